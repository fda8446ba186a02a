/** Signing requests. */

import { type Bytes, text, toBytes } from "./bytes.js";
import { engine, loadEngine } from "./engine/current.js";
import type { EngineRequestSigner, EngineUnsigned } from "./engine/engine.js";
import { decide } from "./engine/failure.js";
import { entropy } from "./entropy.js";
import { BittensorAuthError } from "./errors.js";
import { Keypair } from "./keypair.js";
import { failed, Identity, isPromise, type SignatureLike, type Signer } from "./signer.js";
import { type Clock, fromMillis, systemClock, unsigned } from "./time.js";

/** Whom a signer signs for. */
export type RequestSignerOptions = {
  /** Unix time in nanoseconds. */
  readonly clock?: Clock;
} & (
  | {
      /** SS58 address of the service's hotkey. */
      readonly receiver: string;
    }
  | {
      /** Signs for nobody in particular: whoever receives such a request can pass it on. */
      readonly dangerousUnbound: true;
    }
);

/** A request as it will be sent. */
export interface RequestToSign {
  readonly method: string;
  /** Path and query exactly as on the request line, or the `URL` that is called. */
  readonly target: string | URL;
  readonly body?: Bytes | undefined;
  /** A nonce of the caller's own, in Unix nanoseconds; without it a fresh one is made. Never use one twice. */
  readonly nonce?: bigint;
}

/** The headers to send: five or six, by name. */
export type SignedHeaders = Readonly<Record<string, string>>;

/** Makes `btauth/1` headers from one hotkey to one receiver. Owns its nonces. */
export class RequestSigner {
  readonly #identity: Identity;
  readonly #receiver: string | undefined;
  readonly #clock: Clock;
  #signer: EngineRequestSigner;
  /** The server's clock and ours when it was read. */
  #correction: readonly [server: bigint, local: bigint] | undefined;

  constructor(signer: Signer, options: RequestSignerOptions) {
    this.#receiver = "receiver" in options ? text("receiver", options.receiver) : undefined;
    if ((this.#receiver === undefined) !== ("dangerousUnbound" in options && options.dangerousUnbound === true)) {
      const expected = "receiver: expected the SS58 address of the service's hotkey";
      throw new BittensorAuthError("invalid_configuration", expected);
    }
    const { clock = systemClock } = options;
    this.#clock = () => unsigned("clock", clock());
    this.#identity = new Identity(signer);
    this.#signer = this.#withNewNonces();
  }

  /** The SS58 address that signs. */
  get hotkey(): string {
    return this.#identity.address;
  }

  /** Headers for one attempt. A retry signs again. Throws `signer_failed` for a signer that gives a promise. */
  sign(request: RequestToSign): SignedHeaders {
    const { keypair } = this.#identity;
    if (keypair !== undefined) return this.#signed(keypair, request);
    const unsigned = this.#prepared(request);
    const signature = this.#identity.sign(unsigned.message());
    if (isPromise(signature)) {
      signature.catch(() => {});
      unsigned.free?.();
      throw failed("this signer is asynchronous: expected `await signAsync(…)`");
    }
    return named(this.#identity.finish(unsigned, signature));
  }

  /** The same for signers whose `sign` may give a promise. */
  async signAsync(request: RequestToSign): Promise<SignedHeaders> {
    const { keypair } = this.#identity;
    if (keypair !== undefined) return this.#signed(keypair, request);
    const unsigned = this.#prepared(request);
    let signature: SignatureLike;
    try {
      signature = await this.#identity.sign(unsigned.message());
    } catch (cause) {
      unsigned.free?.();
      throw failed("the signer rejected: expected an unlocked key", cause);
    }
    return named(this.#identity.finish(unsigned, signature));
  }

  /**
   * Signs from now on by the server's clock, as `server_time_ms` of its answers tells it.
   *
   * Throws `stale_request` when that is more than 15 minutes off: then this clock has to be repaired.
   */
  correctClock(serverTimeMs: number): void {
    const [server, local] = [fromMillis("serverTimeMs", serverTimeMs), this.#clock()];
    decide(() => engine().correctClock(server, local, local));
    this.#correction = [server, local];
    // Nonces only rise, so those of a clock that was ahead would stay ahead.
    this.#signer = this.#withNewNonces();
  }

  #withNewNonces(): EngineRequestSigner {
    const { scheme, address } = this.#identity;
    return decide(() => new (engine().RequestSigner)(scheme, address, this.#receiver));
  }

  #now(): bigint {
    const now = this.#clock();
    const correction = this.#correction;
    return correction === undefined ? now : decide(() => engine().correctClock(...correction, now));
  }

  #signed(keypair: Keypair, request: RequestToSign): SignedHeaders {
    const [method, target, body, nonce] = parts(request);
    const key = Keypair.engineKey(keypair);
    return named(decide(() => this.#signer.sign(key, method, target, body, this.#now(), entropy(), nonce)));
  }

  #prepared(request: RequestToSign): EngineUnsigned {
    const [method, target, body, nonce] = parts(request);
    return decide(() => this.#signer.prepare(method, target, body, this.#now(), entropy(), nonce));
  }
}

/** Headers for one request: `new RequestSigner(signer, { receiver }).signAsync(request)`. */
export async function signRequest(
  signer: Signer,
  request: RequestToSign & { readonly receiver: string },
): Promise<SignedHeaders> {
  await loadEngine();
  return new RequestSigner(signer, { receiver: request.receiver }).signAsync(request);
}

function parts({ method, target, body, nonce }: RequestToSign): [string, string, Uint8Array, bigint | undefined] {
  const path = target instanceof URL ? target.pathname + target.search : text("target", target);
  return [
    text("method", method),
    path,
    toBytes("body", body ?? ""),
    nonce === undefined ? undefined : unsigned("nonce", nonce),
  ];
}

function named(flat: readonly string[]): SignedHeaders {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) headers[flat[index] ?? ""] = flat[index + 1] ?? "";
  return headers;
}
