/** When a request is sent again, and after what pause (`spec/06 §4`). */

import { BittensorAuthError } from "./errors.js";
import { refusalOf, retryAfterOf, unreachable } from "./wire.js";

/** How often a request is sent at most, apart from what a refresh or a corrected clock allows. */
export const ATTEMPTS = 3;

const IDEMPOTENT = /^(?:GET|HEAD|OPTIONS|PUT|DELETE)$/;
const LATER: readonly number[] = [429, 502, 503, 504];
/** The first pause before another attempt, in ms; doubled each time, and up to half of it left to chance. */
const PAUSE = 400;
/** A server that asks for more than this gets no second attempt: its answer goes to the caller. Seconds. */
const LONGEST_PAUSE = 30;

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.test(method);
}

/** How long this answer asks to wait, in ms, or nothing when the request must not be sent again. */
export async function pauseAfter(response: Response, idempotent: boolean): Promise<number | undefined> {
  if (!LATER.includes(response.status)) return undefined;
  const wait = retryAfterOf(response) ?? 0;
  // A refusal with a code is the service's own: no handler ran.
  if (wait > LONGEST_PAUSE || !(idempotent || (await refusalOf(response)).coded)) return undefined;
  response.body?.cancel().catch(() => {});
  return wait * 1_000;
}

/** Waits before attempt `attempt + 1`. */
export async function pause(attempt: number, least: number, signal: AbortSignal): Promise<void> {
  const wait = Math.max(least, PAUSE * 2 ** (attempt - 1) * (1 - Math.random() / 2));
  await new Promise<void>((done) => {
    const timer = setTimeout(done, wait);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
  if (signal.aborted) throw given(signal.reason);
}

/** What `fetch` rejected with. */
export function failure({ signal }: Request, cause: unknown): BittensorAuthError {
  return signal.aborted ? given(cause) : unreachable(cause);
}

/** The request that a caller describes. */
export function requestOf(input: string | URL | Request, init: RequestInit, base?: URL): Request {
  try {
    return new Request(input instanceof Request ? input : new URL(input, base), init);
  } catch (cause) {
    const expected = "fetch: expected an address and settings that fit";
    throw new BittensorAuthError("invalid_configuration", expected, { cause });
  }
}

/** The error of a call that its caller gave up. */
export function given(cause: unknown): BittensorAuthError {
  return new BittensorAuthError("aborted", undefined, { cause });
}
