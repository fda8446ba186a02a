/** Node, Deno and Bun: the addon where it is there and loads, otherwise WebAssembly. */

import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import module from "node:module";
import { arch, env, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import type { Engine } from "./engine.js";
import type { Runtime } from "./runtime.js";
import { instantiate, instantiateNow } from "./wasm.js";

export const runtime: Runtime = {
  loadNow,
  load: async (wasm) => (wasm === undefined ? loadNow() : instantiate(wasm)),
  isOnlyProcess: () => isMainThread && !cluster.isWorker && !(Number(env["WEB_CONCURRENCY"]) > 1),
};

function loadNow(): Engine {
  // In this form a bundler takes the file along. It leaves the addon behind, and WebAssembly takes its place.
  const wasm = new URL("server.wasm", import.meta.url);
  return loadAddon(wasm) ?? instantiateNow(new WebAssembly.Module(readFileSync(wasm)));
}

/** The addon of this platform beside a file, or nothing where there is none or it does not load. */
export function loadAddon(beside: URL): Engine | undefined {
  // Bundlers try to follow a `createRequire` that was imported by its name.
  const load = module.createRequire(import.meta.url);
  // Of the two for Linux the wrong one fails to load; asking which C library runs would take longer.
  for (const abi of platform === "linux" ? ["-gnu", "-musl"] : [""]) {
    try {
      return load(fileURLToPath(new URL(`bittensor-auth.${platform}-${arch}${abi}.node`, beside))) as Engine;
    } catch {}
  }
  return undefined;
}
