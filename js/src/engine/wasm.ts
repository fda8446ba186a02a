/** The WebAssembly engine, wherever its bytes come from. */

import * as glue from "../../dist-wasm/full/engine.js";
import type { Engine } from "./engine.js";
import type { WasmSource } from "./runtime.js";

/** Compiled elsewhere, or small enough to be compiled at once. */
export function instantiateNow(module: WebAssembly.Module): Engine {
  glue.initSync({ module });
  return glue;
}

/** From bytes, a module, or whatever can be fetched. */
export async function instantiate(source: WasmSource): Promise<Engine> {
  await glue.default({ module_or_path: source });
  return glue;
}
