/** Whatever can sign a login text, recognised by its shape. */

import type { SignatureLike } from "../signer.js";
import { fromHex, toHex } from "./bytes.js";
import { BittensorAuthError } from "./errors.js";
import type { LoginSigner, RawSigner } from "./types.js";
import { walletError } from "./wallets.js";

const SIGNATURE_LENGTH = 64;
/** What precedes a signature that says its own kind. */
const TYPE_BYTES = { ed25519: 0, sr25519: 1 } as const;

export type LoginScheme = keyof typeof TYPE_BYTES;

/** The signature over `text`: 64 bytes in `0x` hex. `address`: as the signer spells it. */
export async function signLogin(
  signer: LoginSigner,
  address: string,
  text: Uint8Array,
  scheme: LoginScheme,
): Promise<{ bytes: Uint8Array; hex: string }> {
  const sign = signing(signer, address);
  let answer: unknown;
  try {
    answer = await sign(text);
  } catch (cause) {
    throw walletError(cause);
  }
  const bytes = typeof answer === "string" ? fromHex(answer) : answer;
  if (bytes instanceof Uint8Array) {
    const typed = bytes.length === SIGNATURE_LENGTH + 1 && bytes[0] === TYPE_BYTES[scheme];
    const plain = typed ? bytes.slice(1) : bytes;
    if (plain.length === SIGNATURE_LENGTH) return { bytes: plain, hex: toHex(plain) };
  }
  throw new BittensorAuthError("wallet_failed", "the wallet gave no signature: expected 64 bytes or their hex");
}

/** Throws `wallet_unsupported_account` for anything that no hotkey is. */
export function schemeOf(type: unknown): LoginScheme {
  if (type !== "sr25519" && type !== "ed25519") throw new BittensorAuthError("wallet_unsupported_account");
  return type;
}

type Sign = (text: Uint8Array) => SignatureLike | Promise<SignatureLike>;

function signing(signer: LoginSigner, address: string): Sign {
  const shape = signer as Partial<Record<"signRaw" | "signBytes" | "sign" | "signer", unknown>> | undefined;
  // An injected signer has no own keys: its methods are looked at on the object and called on it.
  if (typeof shape?.signRaw === "function") return raw(signer as RawSigner, address);
  if (shape?.signer) return signing(shape.signer as RawSigner, address);
  if (typeof shape?.signBytes === "function") return (text) => (signer as { signBytes: Sign }).signBytes(text);
  if (typeof shape?.sign === "function") return (text) => (signer as { sign: Sign }).sign(text);
  if (typeof signer === "function") return signer;
  throw new BittensorAuthError("invalid_configuration", "signer: expected signRaw, signBytes, sign or a function");
}

/** `0x` hex, because extensions decode text that looks like it. */
function raw(signer: RawSigner, address: string): Sign {
  return async (text) => {
    const answer = await signer.signRaw?.({ address, data: toHex(text), type: "bytes" });
    return answer?.signature as SignatureLike;
  };
}
