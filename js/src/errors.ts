/** The one error of this package, and the table that it comes from (`spec/06`). */

import { type Age, AuthError, type ErrorDetails } from "./auth-error.js";
import { ERRORS, type ErrorCode, type ErrorKind, type Retry } from "./errors.generated.js";

export type { Age, ErrorCode, ErrorDetails, ErrorKind, Retry };

/**
 * A check that failed. `message` says what was expected and never repeats what came in; decide on `code`.
 *
 * A program that loads this package twice (as ESM and as CommonJS) has two such classes: `code` is the same in both.
 */
export class BittensorAuthError extends AuthError<ErrorCode> {
  constructor(code: ErrorCode, message?: string, details?: ErrorDetails) {
    super(code, ERRORS[code], message, details);
  }
}

/** Whether a word is a code that this version knows. */
export function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(ERRORS, word);
}
