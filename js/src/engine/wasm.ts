/** The WebAssembly engine with everything in it, wherever its bytes come from. */

import * as glue from "../../dist-wasm/server/engine.js";
import type { Engine } from "./engine.js";
import type { WasmSource } from "./runtime.js";

/** Compiled elsewhere, or small enough to be compiled at once. */
export function instantiateNow(module: WebAssembly.Module): Engine {
  glue.initSync({ module });
  return glue;
}

/** From bytes, a module, or whatever can be fetched. */
export async function instantiate(source: WasmSource): Promise<Engine> {
  const exports = await glue.default({ module_or_path: source });
  if (!("verifier_new" in exports)) throw new TypeError("expected the module of `bittensor-auth/server.wasm`");
  return glue;
}
