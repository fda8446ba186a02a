/** Verifying a Web-standard `Request`. */

import type { Caller } from "./caller.js";
import type { CheckedHead } from "./checked-head.js";
import { loadEngine } from "./engine/current.js";
import { BittensorAuthError } from "./errors.js";
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
    const body = await readBody(request, head);
    return { caller: await head.verify({ method: request.method, target, publicPrefix }), body };
  } finally {
    head.dispose();
  }
}

/** The normalised path and query of a request. */
function targetOf(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return pathname + search;
}

async function readBody(request: Request, head: CheckedHead): Promise<Uint8Array<ArrayBuffer>> {
  if (request.body === null) return new Uint8Array();
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const late = deadline(head.longestAgeMs);
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.passed]);
      if (done) return joined(pieces);
      head.update(value);
      pieces.push(value);
    }
  } catch (refused) {
    // Whoever sends may go on for ever: tell them to stop, and do not wait until they did.
    reader.cancel().catch(() => {});
    throw refused;
  } finally {
    late.clear();
  }
}

function deadline(ms: number): { passed: Promise<never>; clear(): void } {
  const { promise, reject } = withReject();
  const timer = setTimeout(() => {
    reject(new BittensorAuthError("stale_request", "the body took too long: expected it within the window"));
  }, ms);
  return { passed: promise, clear: () => clearTimeout(timer) };
}

function withReject(): { promise: Promise<never>; reject(reason: unknown): void } {
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  promise.catch(() => {});
  return { promise, reject };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
