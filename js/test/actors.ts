/** Who plays in the tests, and what time it is. Made anew for each engine. */

import { expect } from "vitest";
import {
  BittensorAuthError,
  type ErrorCode,
  Keypair,
  MemoryStore,
  Verifier,
  type VerifierOptions,
} from "../src/index.js";

/** An odd number of nanoseconds that no JavaScript number can hold. */
export const NOW = 1_752_076_800_123_456_789n;
export const SECOND = 1_000_000_000n;

export const miner = (): Keypair => Keypair.fromSeed(new Uint8Array(32).fill(2));
export const service = (): Keypair => Keypair.fromSeed(new Uint8Array(32).fill(1));
export const stranger = (): Keypair => Keypair.fromSeed(new Uint8Array(32).fill(9));

export const memory = (): MemoryStore =>
  new MemoryStore({ nothingAcceptedBefore: true, singleProcessAcknowledged: true });

export function verifier(settings: Partial<VerifierOptions> = {}): Verifier {
  return new Verifier({ receiver: service().ss58Address, store: memory(), clock: () => NOW, ...settings });
}

/** What was thrown, which has to be the error of this package with this code. */
export function refusal(code: ErrorCode, act: () => unknown): BittensorAuthError {
  try {
    act();
  } catch (thrown) {
    return checked(code, thrown);
  }
  throw new Error(`expected ${code}, nothing was thrown`);
}

export async function rejection(code: ErrorCode, promise: Promise<unknown>): Promise<BittensorAuthError> {
  return promise.then(
    () => {
      throw new Error(`expected ${code}, the promise was kept`);
    },
    (thrown: unknown) => checked(code, thrown),
  );
}

function checked(code: ErrorCode, thrown: unknown): BittensorAuthError {
  if (!(thrown instanceof BittensorAuthError)) throw thrown;
  expect(thrown.code).toBe(code);
  return thrown;
}
