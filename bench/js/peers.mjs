/** What people would use instead. Each verifies signatures of its own making. */

import { generateKeyPairSync, sign, verify } from "node:crypto";
import { sr25519_keypair_from_seed, sr25519_sign, sr25519_verify } from "@polkadot-labs/schnorrkel-wasm";
import { sr25519PairFromSeed, sr25519Sign, sr25519Verify } from "@polkadot/util-crypto";
import * as wasmCrypto from "@polkadot/wasm-crypto";
import { cpuOfEach, HOTKEYS, MESSAGE, seeds, serve } from "./serve.mjs";

await wasmCrypto.waitReady();

const utilCrypto = seeds().map((seed) => {
  const pair = sr25519PairFromSeed(seed);
  return { key: pair.publicKey, signature: sr25519Sign(MESSAGE, pair) };
});
const polkadot = seeds().map((seed) => {
  const pair = wasmCrypto.sr25519KeypairFromSeed(seed);
  const [secret, key] = [pair.slice(0, 64), pair.slice(64)];
  return { key, signature: wasmCrypto.sr25519Sign(key, secret, MESSAGE) };
});
const labs = seeds().map((seed) => {
  const pair = sr25519_keypair_from_seed(seed);
  const [secret, key] = [pair.slice(0, 64), pair.slice(64)];
  return { key, signature: sr25519_sign(key, secret, MESSAGE) };
});
const openssl = Array.from({ length: HOTKEYS }, () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { key: publicKey, signature: sign(null, MESSAGE, privateKey) };
});

function holds(verdict) {
  if (verdict !== true) throw new Error("a signature did not verify");
}

await serve({
  "util-crypto": cpuOfEach(utilCrypto, (one) => holds(sr25519Verify(MESSAGE, one.signature, one.key)), 200),
  "wasm-crypto": cpuOfEach(
    polkadot,
    (one) => holds(wasmCrypto.sr25519Verify(one.signature, MESSAGE, one.key)),
    2_000,
  ),
  "schnorrkel-wasm": cpuOfEach(labs, (one) => holds(sr25519_verify(one.key, MESSAGE, one.signature)), 2_000),
  "node:crypto": cpuOfEach(openssl, (one) => holds(verify(null, MESSAGE, one.key, one.signature)), 2_000),
});
