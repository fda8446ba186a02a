/** The engine of browsers: it signs and verifies signatures, and checks no requests of others. */

import * as glue from "../../dist-wasm/full/engine.js";
import { BittensorAuthError } from "../errors.js";
import type { Engine, FullEngine } from "./engine.js";
import type { WasmSource } from "./runtime.js";

/** What an engine for servers has and this one has not. */
export const SERVER_ONLY: Readonly<Record<Exclude<keyof Engine, keyof FullEngine>, true>> = {
  ClaimBatch: true,
  MemoryStore: true,
  Outcome: true,
  Policy: true,
  Read: true,
  Rotated: true,
  Sessions: true,
  TokenTransport: true,
  Verifier: true,
  checkRedisInfo: true,
  claimReadyAt: true,
  clearedCookies: true,
  cookiesAfter: true,
  grantCookies: true,
  isSigned: true,
  scriptNames: true,
  scriptSources: true,
  warmUpSessions: true,
};

/** From bytes, a module, or whatever can be fetched. Whoever asks it for more than it has is told so. */
export async function instantiateFull(source: WasmSource): Promise<Engine> {
  await glue.default({ module_or_path: source });
  const engine: FullEngine = { ...glue };
  for (const name of Object.keys(SERVER_ONLY)) {
    Object.defineProperty(engine, name, { get: () => refuse(name) });
  }
  return engine as Engine;
}

function refuse(name: string): never {
  throw new BittensorAuthError(
    "invalid_configuration",
    `the engine for browsers has no ${name}: requests and sessions are checked on a server (Node, Deno, Bun, workerd)`,
  );
}
