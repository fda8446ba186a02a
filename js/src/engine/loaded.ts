/** Which engine is loaded, for code that must not bring one along. */

import type { Engine } from "./engine.js";

let current: Engine | undefined;

/** The full engine, if something loaded it. */
export function loaded(): Engine | undefined {
  return current;
}

/** Uses this engine from now on. */
export function keepEngine(engine: Engine | undefined): void {
  current = engine;
}
