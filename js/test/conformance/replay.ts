/** `claims` and `replay`: what is remembered of a request, and what the memory of one process answers. */

import type { EngineMemoryStore, EnginePending, EngineVerifier } from "../../src/engine/engine.js";
import { type Case, hex, type Json, large, member, optionalText, small, text, unhex } from "./files.js";
import { BOB, ENTROPY } from "./keys.js";
import { type Outputs, type World, windowed } from "./world.js";

const NANOS_PER_MILLI = 1_000_000n;

/** The claim of a request, as it travels to a Redis: name, and end in whole milliseconds, rounded up. */
export function runClaim(world: World, { case: fields }: Case): Outputs {
  const verifier = windowed(world, text(fields, "namespace"), fields);
  const nonce = large(fields, "signed_at");
  const batch = new world.engine.ClaimBatch(verifier, nonce);
  batch.push(pending(world, verifier, text(fields, "sender"), nonce).claim(world.anybody, nonce));
  const words = batch.call();
  const rounded = (large(fields, "keep_until") + NANOS_PER_MILLI - 1n) / NANOS_PER_MILLI;
  if (words.at(-1) !== rounded.toString()) throw new Error(`keep_until: expected ${rounded}, made ${words.at(-1)}`);
  return { claim: words[3]?.split(":").at(-1), keep_until: fields["keep_until"] };
}

/** The namespace of a receiver that chose none. */
export function runNamespace(world: World, { case: fields }: Case): Outputs {
  const address = world.engine.encodeSs58(unhex(text(fields, "receiver")));
  const none = undefined;
  const verifier = new world.engine.Verifier([address], none, none, none, none, none, none, "refused");
  return { namespace: verifier.namespace() };
}

/** Steps against one empty memory. */
export function startMemory(world: World, { case: fields, group }: Case): (step: Json) => Outputs {
  const guard = member(fields, "guard");
  const started = optionalText(guard, "started_at");
  const store = new world.engine.MemoryStore(
    small(guard, "capacity"),
    undefined,
    started === undefined ? undefined : BigInt(started),
    ENTROPY,
  );
  const [namespace, window] = [text(group, "namespace"), member(fields, "window")];
  return (step) => happen(world, store, namespace, window, member(step, "event"), large(step, "now"));
}

function happen(
  world: World,
  store: EngineMemoryStore,
  namespace: string,
  window: Json,
  event: Json,
  now: bigint,
): Outputs {
  const type = text(event, "type");
  if (type === "purge") {
    store.purge(now);
    return { live: store.claims() };
  }
  const budget = event["body_budget_ns"] === undefined ? undefined : large(event, "body_budget_ns");
  const verifier = windowed(world, namespace, window, budget);
  const nonce = large(event, "signed_at");
  const sender = optionalText(event, "sender") ?? hex(world.engine.decodeSs58(BOB));
  if (type === "arrive") {
    verifier.checkHead(world.keys.signedAt(sender, nonce), now);
  } else if (type === "body_read") {
    pending(world, verifier, sender, nonce).claim(world.anybody, now);
  } else if (type === "claim") {
    const verified = pending(world, verifier, sender, nonce);
    verified.settle(store.claim(verified.claim(world.anybody, nonce), now), now);
  } else {
    throw new Error(`nothing here knows the event ${type}`);
  }
  return {};
}

/** A request that was verified in the nanosecond in which it was signed. */
function pending(world: World, verifier: EngineVerifier, sender: string, nonce: bigint): EnginePending {
  return verifier.checkHead(world.keys.signedAt(sender, nonce), nonce).verify("GET", "", "/", "");
}
