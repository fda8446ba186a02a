/** Verifying a Web-standard `Request`. */

import { joined, readStream } from "./body.js";
import type { Caller } from "./caller.js";
import { loadEngine } from "./engine/current.js";
import type { HeadersInput } from "./headers.js";
import type { Verifier } from "./verifier.js";

/** What a server knows better than its `Request`. */
export interface VerifyRequestOptions {
  /**
   * Path and query exactly as on the request line. A `Request` only has the normalised URL, where dot segments are
   * gone, so a signature over anything else fails; on Node pass `incoming.url`.
   */
  readonly target?: string;
  /** What a proxy in front stripped from the path that the client signed. */
  readonly publicPrefix?: string;
  /** The headers as received, where doubled ones are still apart; on Node pass `incoming.rawHeaders`. */
  readonly headers?: HeadersInput;
}

/** A request that was verified. */
export interface VerifiedRequest {
  readonly caller: Caller;
  /** The body that the signature covers: the request's own was read. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * Verifies a request and reads its body, within the limits of the verifier.
 *
 * Rejects with `BittensorAuthError`. A request whose headers do not hold is refused before its body is read.
 */
export async function verifyRequest(
  request: Request,
  verifier: Verifier,
  options: VerifyRequestOptions = {},
): Promise<VerifiedRequest> {
  await loadEngine();
  const { target = targetOf(request), publicPrefix = "" } = options;
  const head = verifier.checkHead(options.headers ?? request.headers);
  try {
    const pieces: Uint8Array[] = [];
    const take = (piece: Uint8Array) => {
      head.update(piece);
      pieces.push(piece);
    };
    await readStream(request.body, take, head.longestAgeMs);
    return { caller: await head.verify({ method: request.method, target, publicPrefix }), body: joined(pieces) };
  } finally {
    head.dispose();
  }
}

/** The normalised path and query of a request. */
export function targetOf(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return pathname + search;
}
