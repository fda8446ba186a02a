/** Both engines, as the package would load them. A test that cannot have both fails. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe } from "vitest";
import { useEngine } from "../src/engine/current.js";
import type { Engine } from "../src/engine/engine.js";
import { loadAddon } from "../src/engine/node.js";
import { instantiateNow } from "../src/engine/wasm.js";

const addon = loadAddon(new URL("../dist-addon/", import.meta.url));
if (addon === undefined) throw new Error("dist-addon has no addon that loads here: run `npm run build:addon`");

const module = new WebAssembly.Module(readFileSync(new URL("../dist-wasm/server/engine.wasm", import.meta.url)));

export const ADDON: Engine = addon;
export const WASM: Engine = instantiateNow(module);
export const ENGINES: readonly { readonly name: string; readonly engine: Engine }[] = [
  { name: "addon", engine: ADDON },
  { name: "wasm", engine: WASM },
];

/** Declares the same tests for both engines. Whatever belongs to an engine has to be made inside. */
export function onBothEngines(tests: (engine: Engine) => void): void {
  describe.each(ENGINES)("$name", ({ engine }) => {
    beforeAll(() => useEngine(engine));
    afterAll(() => useEngine(undefined));
    tests(engine);
  });
}
