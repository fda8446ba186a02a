/** Browsers, and whatever else can fetch a file next to this one. */

import { instantiateFull } from "./full.js";
import type { Runtime } from "./runtime.js";

export const runtime: Runtime = {
  // The main thread of a browser compiles nothing that is larger than a few kB.
  loadNow: () => undefined,
  load: (wasm = new URL("./full.wasm", import.meta.url)) => instantiateFull(wasm),
  isOnlyProcess: () => true,
};
