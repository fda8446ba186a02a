/** What people pass where bytes are meant. */

import { BittensorAuthError } from "./errors.js";

/** Bytes, or text that is meant as UTF-8. */
export type Bytes = Uint8Array | ArrayBuffer | string;

const encoder = new TextEncoder();

/** The bytes of a body or message. Throws `invalid_configuration` for anything else, such as a body that was parsed. */
export function toBytes(name: string, value: Bytes): Uint8Array {
  if (typeof value === "string") return encoder.encode(value);
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new BittensorAuthError(
    "invalid_configuration",
    `${name}: expected a Uint8Array, an ArrayBuffer or text: the bytes as they travel, not what was parsed from them`,
  );
}

/** Exactly `length` bytes. */
export function fixedBytes(name: string, value: Uint8Array, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) {
    throw new BittensorAuthError("invalid_configuration", `${name}: expected a Uint8Array of ${length} bytes`);
  }
  return value;
}

/** Text. */
export function text(name: string, value: string): string {
  if (typeof value !== "string") throw new BittensorAuthError("invalid_configuration", `${name}: expected text`);
  return value;
}
