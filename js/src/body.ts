/** Raw bodies, while their request can still be accepted. */

import { BittensorAuthError } from "./errors.js";

/** Gives every piece of a stream to `take`, and waits for no longer than `withinMs`. */
export async function readStream(
  stream: ReadableStream<Uint8Array> | null,
  take: (piece: Uint8Array) => void,
  withinMs: number,
): Promise<void> {
  if (stream === null) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = stream.getReader();
  const late = deadline(withinMs);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read().catch(incomplete), late.passed]);
      if (done) return;
      take(value);
    }
  } catch (refused) {
    // Whoever sends may go on for ever: tell them to stop, and do not wait until they did.
    reader.cancel().catch(() => {});
    throw refused;
  } finally {
    late.clear();
  }
}

/** The sender went away. */
export function incomplete(cause?: unknown): never {
  throw new BittensorAuthError("malformed_body", "expected the whole body", { cause });
}

/** Rejects with `stale_request` after `ms`. */
export function deadline(ms: number): { readonly passed: Promise<never>; clear(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new BittensorAuthError("stale_request", "the body took too long: expected it within the window"));
    }, ms);
  });
  passed.catch(() => {});
  return { passed, clear: () => clearTimeout(timer) };
}

/** The pieces in one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
