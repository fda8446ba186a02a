/** Node, Deno and Bun: the addon where it is there and loads, otherwise WebAssembly. */

import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
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
  const here = new URL("./", import.meta.url);
  return loadAddon(here) ?? instantiateNow(new WebAssembly.Module(readFileSync(new URL("server.wasm", here))));
}

/** The addon of this platform in `folder`, or nothing where there is none or it does not load. */
export function loadAddon(folder: URL): Engine | undefined {
  const load = createRequire(import.meta.url);
  // Of the two for Linux the wrong one fails to load; asking which C library runs would take longer.
  for (const abi of platform === "linux" ? ["-gnu", "-musl"] : [""]) {
    try {
      return load(fileURLToPath(new URL(`bittensor-auth.${platform}-${arch}${abi}.node`, folder))) as Engine;
    } catch {}
  }
  return undefined;
}
