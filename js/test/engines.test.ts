/**
 * Both engines offer the same, and the smaller builds less. That each name does the same is for all other tests, which
 * run on both.
 */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as full from "../dist-wasm/full/engine.js";
import * as lite from "../dist-wasm/lite/engine.js";
import type { Engine } from "../src/engine/engine.js";
import { instantiateFull, SERVER_ONLY } from "../src/engine/full.js";
import { BittensorAuthError } from "../src/errors.js";
import { ADDON, WASM } from "./engines.js";

const LOADING = new Set(["default", "initSync"]);
const LIFECYCLE = new Set(["constructor", "free", "__destroy_into_raw"]);

type Members = Readonly<Record<string, readonly string[]>>;

/** Functions and classes by name, and what a class has. */
function members(engine: object): Members {
  const names = Object.keys(engine)
    .filter((name) => !LOADING.has(name))
    .sort();
  return Object.fromEntries(names.map((name) => [name, methods(Reflect.get(engine, name))]));
}

function methods(exported: unknown): string[] {
  if (typeof exported !== "function" || exported.prototype === undefined) return [];
  const own = Object.getOwnPropertyNames(exported.prototype).filter((name) => !LIFECYCLE.has(name));
  const factories = Object.getOwnPropertyNames(exported).filter(
    (name) => !["arguments", "caller", "length", "name", "prototype"].includes(name) && !name.startsWith("__"),
  );
  return [...own, ...factories.map((name) => `static ${name}`)].sort();
}

describe("both engines", () => {
  it("have the same functions, classes and methods", () => {
    expect(members(ADDON)).toEqual(members(WASM));
  });

  it.each([
    ["addon", ADDON],
    ["wasm", WASM],
  ] as const)("%s says when it was given too little randomness", (_, engine) => {
    const [seed, message, short] = [new Uint8Array(32), new Uint8Array(1), new Uint8Array(31)];
    const keypair = engine.Keypair.fromSeed(seed, "sr25519");
    expect(() => keypair.sign(message, short)).toThrow(/entropy/);
    expect(() => new engine.MemoryStore(1, 1, undefined, new Uint8Array(15))).toThrow(/entropy/);
    const signer = new engine.RequestSigner("sr25519", engine.encodeSs58(keypair.publicKey()));
    expect(() => signer.prepare("GET", "/", message, 1n, new Uint8Array(7))).toThrow(/entropy/);
    expect(keypair.sign(message, new Uint8Array(32)).length).toBe(64);
  });
});

/** Names that `few` has and `many` has not, or has with other members. */
function without(few: Members, many: Members): string[] {
  return Object.keys(few).filter((name) => !few[name]?.every((member) => many[name]?.includes(member)));
}

function moduleOf(build: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(`../dist-wasm/${build}/engine.wasm`, import.meta.url)));
}

describe("the smaller builds", () => {
  it("have nothing that the large one has not", () => {
    expect(without(members(lite), members(full))).toEqual([]);
    expect(without(members(full), members(WASM))).toEqual([]);
  });

  it("sign and verify for both schemes, and say what only a server has", async () => {
    const engine = await instantiateFull(moduleOf("full"));
    const message = new Uint8Array([1, 2, 3]);
    for (const scheme of ["sr25519", "ed25519"]) {
      const keypair = engine.Keypair.fromSeed(new Uint8Array(32).fill(7), scheme);
      const signature = keypair.sign(message, new Uint8Array(32).fill(9));
      expect(signature).toEqual(
        ADDON.Keypair.fromSeed(new Uint8Array(32).fill(7), scheme).sign(message, new Uint8Array(32).fill(9)),
      );
      engine.verifySignature(scheme, keypair.publicKey(), message, signature);
      expect(() => engine.verifySignature(scheme, keypair.publicKey(), message.subarray(1), signature)).toThrow(
        /^bad_signature/,
      );
    }
    const missing = Object.keys(SERVER_ONLY) as (keyof Engine)[];
    expect(missing.filter((name) => name in full || !(name in WASM))).toEqual([]);
    for (const name of missing) expect(() => engine[name], name).toThrow(BittensorAuthError);
  });
});
