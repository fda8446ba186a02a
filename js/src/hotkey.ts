/** Identities. */

import { type Bytes, fixedBytes, text, toBytes } from "./bytes.js";
import { engine } from "./engine/current.js";
import { decide } from "./engine/failure.js";

/** A signature scheme of `btauth/1`. */
export type Scheme = "ed25519" | "sr25519";

const KEY_LENGTH = 32;

/**
 * A caller's identity: the 32-byte public key. SS58 text is only a spelling of it (`spec/01 §1`).
 *
 * `new Hotkey("5F…")` reads a canonical SS58 address (prefix 42, 48 characters) and throws `malformed_hotkey` for every
 * other spelling.
 */
export class Hotkey {
  /** The canonical SS58 address. */
  readonly ss58Address: string;
  readonly #publicKey: Uint8Array;

  constructor(address: string) {
    this.#publicKey = decide(() => engine().decodeSs58(text("address", address)));
    this.ss58Address = address;
  }

  /** The hotkey with this 32-byte public key. */
  static fromPublicKey(publicKey: Uint8Array): Hotkey {
    const key = fixedBytes("publicKey", publicKey, KEY_LENGTH);
    return new Hotkey(decide(() => engine().encodeSs58(key)));
  }

  /** A copy of the 32-byte public key. */
  get publicKey(): Uint8Array {
    return this.#publicKey.slice();
  }

  /** Throws `bad_signature` (or `weak_key`) unless `signature` (64 bytes) is this hotkey's over exactly `message`. */
  verify(message: Bytes, signature: Uint8Array, scheme: Scheme): void {
    const bytes = toBytes("message", message);
    decide(() =>
      engine().verifySignature(text("scheme", scheme), this.#publicKey, bytes, toBytes("signature", signature)),
    );
  }

  /** Whether both name the same key. */
  equals(other: Hotkey): boolean {
    return this.ss58Address === other.ss58Address;
  }

  toString(): string {
    return this.ss58Address;
  }

  toJSON(): string {
    return this.ss58Address;
  }
}
