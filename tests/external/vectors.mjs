/** What the Node makers share: the published development seeds, the installed versions and the file format. */

import { readFileSync, writeFileSync } from "node:fs";

import { hexToU8a } from "@polkadot/util";

const FOLDER = new URL("../../spec/vectors/external/", import.meta.url);

/** The published 32-byte development seeds, by scheme and name. */
export const SEEDS = {
  sr25519: {
    Alice: hexToU8a("0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"),
    Bob: hexToU8a("0x398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89"),
  },
  ed25519: {
    Alice: hexToU8a("0xabf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115"),
    Bob: hexToU8a("0x3b7b60af2abcd57ba401ab398f84f4ca54bd6b2140d2503fbcf3286535fe3ff1"),
  },
};

/** The `source` of a group, with the version that package.json pins. */
export function source(name) {
  const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
  return { name, version: dependencies[name] };
}

/** Writes a file of signature vectors with one group. */
export function writeSignatures(name, notes, source, cases) {
  const document = {
    schema: "../../schema/signatures.json",
    spec: "01-keys.md",
    feature: "signatures",
    count: cases.length,
    notes,
    groups: [{ source, cases }],
  };
  writeFileSync(new URL(`${name}.json`, FOLDER), `${JSON.stringify(document, null, 2)}\n`);
  console.log(`${name}: ${cases.length} cases`);
}
