/** Both engines offer the same. That each name does the same is for all other tests, which run on both. */

import { describe, expect, it } from "vitest";
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
