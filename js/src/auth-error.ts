/** What every error of this package has, whichever table its words come from. */

import type { ErrorKind, Retry } from "./errors.generated.js";

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

export type ErrorRow = readonly [kind: ErrorKind, httpStatus: number, retry: Retry, title: string, hint: string];

export abstract class AuthError<Code extends string> extends Error {
  override readonly name = "BittensorAuthError";
  /** The stable code, as in `spec/errors.json` or of the client's own. */
  declare readonly code: Code;
  /** What the code is about. */
  declare readonly kind: ErrorKind;
  /** The status of an HTTP answer with this code. */
  declare readonly httpStatus: number;
  /** What cures it. */
  declare readonly retry: Retry;
  /** One line: what is wrong. */
  declare readonly title: string;
  /** One line: what to do about it. */
  declare readonly hint: string;
  /** Whole seconds for `Retry-After`, at least 1; only where waiting helps. */
  declare readonly retryAfter: number | undefined;
  /** On `stale_request`: age and limits, as far as they are known. */
  declare readonly age: Age | undefined;

  constructor(code: Code, row: ErrorRow, message: string | undefined, { cause, retryAfter, age }: ErrorDetails = {}) {
    const [kind, httpStatus, retry, title, hint] = row;
    super(message ?? title, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = kind;
    this.httpStatus = httpStatus;
    this.retry = retry;
    this.title = title;
    this.hint = hint;
    this.retryAfter = retryAfter ?? (retry === "after" ? 1 : undefined);
    this.age = age;
  }

  /** Whether the request may be sent again after what `retry` says. */
  get retryable(): boolean {
    return this.retry !== "never";
  }

  /** Whether a login cures it. */
  get needsLogin(): boolean {
    return this.retry === "login";
  }

  /** Whether the clocks of both sides differ too much. */
  get clockSkew(): boolean {
    return this.retry === "resign";
  }

  /** Whether the caller, or the web origin, is known and not welcome. */
  get forbidden(): boolean {
    return this.kind === "authorization";
  }
}
