/** The engine of this process: loaded when it is first needed, never at import. */

import { runtime } from "#runtime";
import { BittensorAuthError } from "../errors.js";
import type { Engine } from "./engine.js";
import { keepEngine, loaded } from "./loaded.js";
import type { WasmSource } from "./runtime.js";

export { keepEngine as useEngine };

let loading: Promise<Engine> | undefined;

/**
 * The engine.
 *
 * Throws `invalid_configuration` where it can only be loaded asynchronously (browsers) and `ready()` was not awaited.
 */
export function engine(): Engine {
  const current = loaded() ?? runtime.loadNow();
  if (current === undefined) {
    throw new BittensorAuthError(
      "invalid_configuration",
      "the engine is not loaded: expected `await ready()` before anything else in a browser",
    );
  }
  keepEngine(current);
  return current;
}

/**
 * Loads the engine, once; from `wasm`, if it is given and nothing was loaded before.
 *
 * Rejects with `invalid_configuration` when it cannot be had; the next call tries again.
 */
export async function loadEngine(wasm?: WasmSource): Promise<Engine> {
  const current = loaded();
  if (current !== undefined) return current;
  loading ??= runtime.load(wasm).catch((cause: unknown) => {
    loading = undefined;
    throw new BittensorAuthError("invalid_configuration", "the engine could not be loaded", { cause });
  });
  const engine = await loading;
  keepEngine(engine);
  return engine;
}
