/** Requests as they were received, before anything changed them. */

import { readStream } from "../body.js";
import { BittensorAuthError } from "../errors.js";
import type { HeadersInput } from "../headers.js";
import { targetOf } from "../verify-request.js";

/** A request of whatever server. */
export interface Received {
  /** What stands for this request wherever it is asked for again. */
  readonly request: object;
  readonly method: string;
  /** Path and query exactly as on the request line. */
  readonly target: string;
  /** As received, where doubled ones are still apart. */
  readonly headers: HeadersInput;
  /** Gives every piece of the raw body to `take`, and leaves the body to be read by whoever comes next. */
  readBody(take: (piece: Uint8Array) => void, withinMs: number): Promise<void>;
}

/** What a server knows better than its `Request`. */
export interface RawRequest {
  /**
   * Path and query exactly as on the request line. A `Request` only has the normalised URL, where dot segments are
   * gone, so a signature over anything else fails.
   */
  readonly target?: string;
  /** The headers as received, where doubled ones are still apart. */
  readonly headers?: HeadersInput;
}

/** A Web-standard request. Its body is read from a clone. */
export function received(request: Request, raw: RawRequest = {}): Received {
  return {
    request,
    method: request.method,
    target: raw.target ?? targetOf(request),
    headers: raw.headers ?? request.headers,
    readBody: async (take, withinMs) => {
      if (request.bodyUsed) throw consumed("ask for the caller before anything reads `request.json()` or the like");
      await readStream(request.body === null ? null : request.clone().body, take, withinMs);
    },
  };
}

/** The body is gone, so nobody can say what was signed. */
export function consumed(cure: string): BittensorAuthError {
  return new BittensorAuthError("invalid_configuration", `the raw body was read before it was verified: ${cure}`);
}
