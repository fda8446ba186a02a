/** Secret keys that this process holds. */

import { type Bytes, fixedBytes, text, toBytes } from "./bytes.js";
import { engine } from "./engine/current.js";
import type { EngineKeypair } from "./engine/engine.js";
import { decide } from "./engine/failure.js";
import { entropy } from "./entropy.js";
import type { Scheme } from "./hotkey.js";

const SEED_LENGTH = 32;

/** A secret key. It cannot be read, copied, printed or serialised: what shows is its address. */
export class Keypair {
  /** The canonical SS58 address. */
  readonly ss58Address: string;
  readonly scheme: Scheme;
  readonly #key: EngineKeypair;

  private constructor(key: EngineKeypair) {
    this.#key = key;
    this.ss58Address = decide(() => engine().encodeSs58(key.publicKey()));
    this.scheme = key.scheme() as Scheme;
  }

  /** The key pair of a 32-byte seed ("mini secret"), expanded the Substrate way for sr25519. The seed is not kept. */
  static fromSeed(seed: Uint8Array, scheme: Scheme = "sr25519"): Keypair {
    const bytes = fixedBytes("seed", seed, SEED_LENGTH);
    return new Keypair(decide(() => engine().Keypair.fromSeed(bytes, text("scheme", scheme))));
  }

  /** A new random key pair. */
  static generate(scheme: Scheme = "sr25519"): Keypair {
    const seed = crypto.getRandomValues(new Uint8Array(SEED_LENGTH));
    try {
      return Keypair.fromSeed(seed, scheme);
    } finally {
      seed.fill(0);
    }
  }

  /** The 32-byte public key. */
  get publicKey(): Uint8Array {
    return decide(() => this.#key.publicKey());
  }

  /** Signs exactly these bytes and gives 64: no hash, no wrapper. */
  sign(message: Bytes): Uint8Array {
    const bytes = toBytes("message", message);
    return decide(() => this.#key.sign(bytes, entropy()));
  }

  /** @internal What signs without a copy of the message. */
  static engineKey(keypair: Keypair): EngineKeypair {
    return keypair.#key;
  }

  toString(): string {
    return `Keypair(${this.ss58Address}, ${this.scheme})`;
  }
}
