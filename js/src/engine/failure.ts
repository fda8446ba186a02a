/** Failures of an engine become `BittensorAuthError`. */

import { type Age, BittensorAuthError, isErrorCode } from "../errors.js";
import { failureLines } from "./failure-text.js";

/** Calls the engine; what it throws comes out as the error of this package. */
export function decide<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    const [code = "", age = "", wait = "", ...message] = failureLines(thrown);
    if (!isErrorCode(code)) throw thrown;
    throw new BittensorAuthError(code, message.join("\n"), {
      age: readAge(age),
      retryAfter: wait === "" ? undefined : Number(wait),
    });
  }
}

function readAge(words: string): Age | undefined {
  if (words === "") return undefined;
  const [ageMs = 0, maxAgeMs = 0, allowedSkewMs = 0] = words.split(" ").map(Number);
  return { ageMs, maxAgeMs, allowedSkewMs };
}
