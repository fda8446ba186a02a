/** How an engine says what failed. */

/**
 * An engine throws four lines, the addon as the message of an `Error` and the WebAssembly as text: the code; age,
 * largest age and largest skew in ms, or nothing; seconds for `Retry-After`, or nothing; the message.
 */
export function failureLines(thrown: unknown): string[] {
  const text = thrown instanceof Error ? thrown.message : thrown;
  return typeof text === "string" ? text.split("\n") : [];
}
