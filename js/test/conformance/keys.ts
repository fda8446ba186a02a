/** Who signs in the vectors: the public development keys of Substrate. */

import type { Engine, EngineKeypair } from "../../src/engine/engine.js";
import { hex, unhex } from "./files.js";

const SEEDS: readonly (readonly [scheme: string, seed: string])[] = [
  ["sr25519", "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"],
  ["sr25519", "398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89"],
  ["ed25519", "abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115"],
  ["ed25519", "3b7b60af2abcd57ba401ab398f84f4ca54bd6b2140d2503fbcf3286535fe3ff1"],
];
export const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
export const BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

/** Enough for any call; nothing in the vectors depends on it where it is used. */
export const ENTROPY: Uint8Array = new Uint8Array(64).fill(7);

/** The development keys in one engine. */
export class Keys {
  readonly #engine: Engine;
  readonly #byAddress = new Map<string, EngineKeypair>();

  constructor(engine: Engine) {
    this.#engine = engine;
    for (const [scheme, seed] of SEEDS) {
      const keypair = engine.Keypair.fromSeed(unhex(seed), scheme);
      this.#byAddress.set(engine.encodeSs58(keypair.publicKey()), keypair);
    }
  }

  /** The key of this address; Alice's for everybody else. */
  of(address: string): EngineKeypair {
    const keypair = this.#byAddress.get(address) ?? this.#byAddress.get(ALICE);
    if (keypair === undefined) throw new Error("expected Alice");
    return keypair;
  }

  /** Headers of `GET /` for Bob, signed by this public key at this instant. */
  signedAt(publicKey: string, nonce: bigint): string[] {
    const engine = this.#engine;
    const address = engine.encodeSs58(unhex(publicKey));
    const keypair = this.of(address);
    if (hex(keypair.publicKey()) !== publicKey) throw new Error("expected a development key");
    const signer = new engine.RequestSigner(keypair.scheme(), address, BOB);
    return signer.sign(keypair, "GET", "/", new Uint8Array(), nonce, ENTROPY, nonce);
  }
}
