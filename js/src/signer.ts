/** Whatever can sign for a hotkey, recognised by its shape. */

import { toBytes } from "./bytes.js";
import type { EngineUnsigned } from "./engine/engine.js";
import { decide } from "./engine/failure.js";
import { BittensorAuthError } from "./errors.js";
import { Hotkey, type Scheme } from "./hotkey.js";
import { Keypair } from "./keypair.js";

/** 64 bytes (or 65 with a type byte), or hex with or without `0x`. */
export type SignatureLike = Uint8Array | string;

/** A key that lives elsewhere: another process, a vault, a pair of `@polkadot/keyring` or of another library. */
export interface ExternalSigner {
  /** Canonical SS58 address. A pair of `@polkadot/keyring` has `address` instead. */
  readonly ss58Address?: string;
  readonly address?: string;
  /** sr25519 unless said. A pair of `@polkadot/keyring` has `type` instead. */
  readonly scheme?: string;
  readonly type?: string;
  readonly publicKey?: Uint8Array;
  /** A signature over exactly `message`: not hashed, not wrapped. */
  sign(message: Uint8Array): SignatureLike | Promise<SignatureLike>;
}

/** Whatever can sign for a hotkey. */
export type Signer = Keypair | ExternalSigner;

const HEX = /^(?:0x)?(?:[0-9a-f]{2})+$/i;

/** A signer, its address and its scheme. The first signature of an external signer is verified before it is used. */
export class Identity {
  readonly address: string;
  readonly scheme: Scheme;
  readonly keypair: Keypair | undefined;
  readonly #signer: Signer;
  #checked = false;

  constructor(signer: Signer) {
    this.#signer = signer;
    this.keypair = signer instanceof Keypair ? signer : undefined;
    const { address, scheme } = signer instanceof Keypair ? { ...signer, address: signer.ss58Address } : shape(signer);
    this.address = address;
    this.scheme = scheme;
  }

  /** What the signer gives for `message`, or will give. */
  sign(message: Uint8Array): SignatureLike | Promise<SignatureLike> {
    try {
      return this.#signer.sign(message);
    } catch (cause) {
      throw failed("the signer threw an error: expected an unlocked key", cause);
    }
  }

  /** The flat headers with a signature that the signer gave. */
  finish(unsigned: EngineUnsigned, signature: SignatureLike): string[] {
    const bytes = signatureBytes(signature);
    const headers = decide(() =>
      this.#checked ? unsigned.finish(this.scheme, bytes) : unsigned.finishChecked(this.scheme, bytes),
    );
    this.#checked = true;
    return headers;
  }
}

/** Whether a signer is still at work. */
export function isPromise(value: SignatureLike | Promise<SignatureLike>): value is Promise<SignatureLike> {
  return typeof value === "object" && "then" in value;
}

/** `signer_failed`. */
export function failed(message: string, cause?: unknown): BittensorAuthError {
  return cause instanceof BittensorAuthError ? cause : new BittensorAuthError("signer_failed", message, { cause });
}

function shape(signer: ExternalSigner): { address: string; scheme: Scheme } {
  const address = signer?.ss58Address ?? signer?.address;
  if (typeof address !== "string" || typeof signer.sign !== "function") {
    throw new BittensorAuthError(
      "invalid_configuration",
      "signer: expected a Keypair, or an object with ss58Address (or address) and sign(bytes)",
    );
  }
  const scheme = signer.scheme ?? signer.type ?? "sr25519";
  if (scheme !== "sr25519" && scheme !== "ed25519") {
    throw new BittensorAuthError("invalid_configuration", "signer: expected an sr25519 or ed25519 key");
  }
  const { publicKey } = new Hotkey(address);
  // An address and a public key that name different keys mean that the object is not what it seems.
  if (signer.publicKey !== undefined && !publicKey.every((byte, index) => byte === signer.publicKey?.[index])) {
    throw new BittensorAuthError("invalid_configuration", "signer: expected address and public key of the same key");
  }
  return { address, scheme };
}

function signatureBytes(signature: SignatureLike): Uint8Array {
  if (signature instanceof Uint8Array) return toBytes("signature", signature);
  if (typeof signature === "string" && HEX.test(signature)) {
    const digits = signature.replace(/^0x/i, "");
    return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
      Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
    );
  }
  throw failed("sign() gave something else: expected 64 bytes, or 0x and 128 hex digits");
}
