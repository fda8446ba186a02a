/** Failures of an engine become `BittensorAuthError`. */

import { type Age, BittensorAuthError, isErrorCode } from "../errors.js";

/** Calls the engine; what it throws comes out as the error of this package. */
export function decide<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw translated(thrown);
  }
}

/**
 * An engine throws four lines, the addon as the message of an `Error` and the WebAssembly as text: the code; age,
 * largest age and largest skew in ms, or nothing; seconds for `Retry-After`, or nothing; the message.
 */
function translated(thrown: unknown): unknown {
  const text = thrown instanceof Error ? thrown.message : thrown;
  if (typeof text !== "string") return thrown;
  const [code = "", age = "", wait = "", ...message] = text.split("\n");
  if (!isErrorCode(code)) return thrown;
  return new BittensorAuthError(code, message.join("\n"), {
    age: readAge(age),
    retryAfter: wait === "" ? undefined : Number(wait),
  });
}

function readAge(words: string): Age | undefined {
  if (words === "") return undefined;
  const [ageMs = 0, maxAgeMs = 0, allowedSkewMs = 0] = words.split(" ").map(Number);
  return { ageMs, maxAgeMs, allowedSkewMs };
}
