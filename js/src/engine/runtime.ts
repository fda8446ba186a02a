/** What differs between Node, browsers and workers. `#runtime` in package.json names the file for each. */

import type { Engine } from "./engine.js";

/** Where a WebAssembly engine comes from: an address or an answer to it, its bytes, or a compiled module. */
export type WasmSource = string | URL | Response | Promise<Response> | BufferSource | WebAssembly.Module;

export interface Runtime {
  /** The engine, where it can be had without waiting. */
  loadNow(): Engine | undefined;
  /** The engine; from `wasm`, if it is given. */
  load(wasm?: WasmSource): Promise<Engine>;
  /** False when other processes or threads may serve the same requests, so that memory is no replay store. */
  isOnlyProcess(): boolean;
}
