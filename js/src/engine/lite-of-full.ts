/** Where size does not matter (Node, workers), clients use the full engine. It verifies what wallets sign. */

import { loadEngine } from "./current.js";
import type { LiteEngine } from "./engine.js";
import type { WasmSource } from "./runtime.js";

/** Where the small one is does not matter here. */
export function loadLite(_lite?: WasmSource): Promise<LiteEngine> {
  return loadEngine();
}
