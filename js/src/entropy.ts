/** Randomness for the engine, which has none. */

/** More than any step of the core draws. */
const LENGTH = 64;

/** Fresh random bytes for one call. */
export function entropy(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(LENGTH));
}
