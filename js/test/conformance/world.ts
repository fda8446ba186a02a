/** What the runners of all features share. */

import type { Engine, EnginePolicy, EngineVerifier } from "../../src/engine/engine.js";
import { type Json, large } from "./files.js";
import { BOB, Keys } from "./keys.js";

/** What a step gives: its outputs by name. A step that fails throws. */
export type Outputs = Json;

/** One engine, and who signs with it. */
export interface World {
  readonly engine: Engine;
  readonly keys: Keys;
  readonly anybody: EnginePolicy;
}

export function worldOf(engine: Engine): World {
  return { engine, keys: new Keys(engine), anybody: engine.Policy.anyHotkey() };
}

/** A verifier for Bob with the window that a case sets up. */
export function windowed(world: World, namespace: string | undefined, window: Json, budget?: bigint): EngineVerifier {
  return new world.engine.Verifier(
    [BOB],
    large(window, "max_age_ns"),
    large(window, "allowed_skew_ns"),
    budget ?? large(window, "body_budget_ns"),
    ["sr25519", "ed25519"],
    namespace,
    undefined,
    "refused",
  );
}
