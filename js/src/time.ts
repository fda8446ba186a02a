/** Clocks and durations on their way to the engine. */

import { BittensorAuthError } from "./errors.js";

/** A clock: Unix time in nanoseconds. */
export type Clock = () => bigint;

const NANOS_PER_MILLI = 1_000_000n;
const LARGEST = (1n << 64n) - 1n;

/** The clock of this machine. It ticks in milliseconds; signers spread their nonces below that by themselves. */
export const systemClock: Clock = () => BigInt(Date.now()) * NANOS_PER_MILLI;

/** An unsigned integer of 64 bits, as the engine takes them. */
export function unsigned(name: string, value: bigint): bigint {
  if (typeof value !== "bigint" || value < 0n || value > LARGEST) {
    throw new BittensorAuthError("invalid_configuration", `${name}: expected a bigint from 0 to 2^64 - 1`);
  }
  return value;
}

/** Unix milliseconds in nanoseconds. */
export function fromMillis(name: string, millis: number): bigint {
  if (!Number.isSafeInteger(millis) || millis < 0) {
    throw new BittensorAuthError("invalid_configuration", `${name}: expected whole milliseconds, zero or more`);
  }
  return BigInt(millis) * NANOS_PER_MILLI;
}

/** The same for a setting that may be left out. */
export function optionalMillis(name: string, millis: number | undefined): bigint | undefined {
  return millis === undefined ? undefined : fromMillis(name, millis);
}
