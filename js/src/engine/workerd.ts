/** Cloudflare's workerd and what behaves like it: the module is imported compiled, since nothing may be compiled later. */

import type { Runtime } from "./runtime.js";
import module from "./server.wasm";
import { instantiate, instantiateNow } from "./wasm.js";

export const runtime: Runtime = {
  loadNow: () => instantiateNow(module),
  load: (wasm = module) => instantiate(wasm),
  // Isolates of one service run in many places and know nothing of each other.
  isOnlyProcess: () => false,
};
