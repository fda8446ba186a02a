/** The small engine for browsers: what a page needs whose wallet signs. */

import * as glue from "../../dist-wasm/lite/engine.js";
import type { LiteEngine } from "./engine.js";
import type { WasmSource } from "./runtime.js";

/** From `wasm`, or from the file next to this one. */
export async function loadLite(wasm: WasmSource = new URL("./lite.wasm", import.meta.url)): Promise<LiteEngine> {
  await glue.default({ module_or_path: wasm });
  return glue;
}
