/** The one error of this package, and the table that it comes from (`spec/06`). */

import { ERRORS, type ErrorCode, type ErrorKind, type Retry } from "./errors.generated.js";

export type { ErrorCode, ErrorKind, Retry };

/** How far a signed time was from the accepted window, in milliseconds. Positive is old, negative is ahead. */
export interface Age {
  readonly ageMs: number;
  readonly maxAgeMs: number;
  readonly allowedSkewMs: number;
}

/** What only some errors know. */
export interface ErrorDetails {
  readonly age?: Age | undefined;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A check that failed. `message` says what was expected and never repeats what came in; decide on `code`.
 *
 * A program that loads this package twice (as ESM and as CommonJS) has two such classes: `code` is the same in both.
 */
export class BittensorAuthError extends Error {
  override readonly name = "BittensorAuthError";
  /** The stable code, as in `spec/errors.json`. */
  readonly code: ErrorCode;
  /** What the code is about. */
  readonly kind: ErrorKind;
  /** The status of an HTTP answer with this code. */
  readonly httpStatus: number;
  /** What cures it. */
  readonly retry: Retry;
  /** One line: what is wrong. */
  readonly title: string;
  /** One line: what to do about it. */
  readonly hint: string;
  /** Whole seconds for `Retry-After`, at least 1; only where waiting helps. */
  readonly retryAfter: number | undefined;
  /** On `stale_request`: age and limits, as far as they are known. */
  readonly age: Age | undefined;

  constructor(code: ErrorCode, message?: string, details: ErrorDetails = {}) {
    const [kind, httpStatus, retry, title, hint] = ERRORS[code];
    super(message ?? title, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.kind = kind;
    this.httpStatus = httpStatus;
    this.retry = retry;
    this.title = title;
    this.hint = hint;
    this.retryAfter = details.retryAfter ?? (retry === "after" ? 1 : undefined);
    this.age = details.age;
  }

  /** Whether the request may be sent again after what `retry` says. */
  get retryable(): boolean {
    return this.retry !== "never";
  }
}

/** Whether a word is a code that this version knows. */
export function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(ERRORS, word);
}
