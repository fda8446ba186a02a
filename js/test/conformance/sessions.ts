/** `sessions` and `tokens`: to the byte, since an engine draws only the randomness that it is given. */

import type { EngineMemoryStore, EngineSessions } from "../../src/engine/engine.js";
import { bytes, type Case, hex, type Json, large, member, optionalText, small, text, unhex } from "./files.js";
import { ALICE, ENTROPY } from "./keys.js";
import type { Outputs, World } from "./world.js";

const SECOND = 1_000_000_000n;
const MILLISECOND = 1_000_000n;

/** The sessions of a service; what is not said is the default. */
export function startService({ engine }: World, settings: Json): EngineSessions {
  const none = undefined;
  const schemes = settings["schemes"] as string[] | undefined;
  const namespace = text(settings, "namespace");
  const verifier = new engine.Verifier([ALICE], none, none, none, schemes, namespace, none, "refused");
  const site = settings["site"] === undefined ? { origin: "https://dash.example.org" } : member(settings, "site");
  const network = "network" in site ? member(site, "network") : undefined;
  const lifetimes = settings["lifetimes_ms"] === undefined ? {} : member(settings, "lifetimes_ms");
  const life = (name: string) =>
    (lifetimes as Json)[name] === undefined ? undefined : BigInt(small(lifetimes, name)) * MILLISECOND;
  const previous = optionalText(settings, "previous_secret");
  return new engine.Sessions(
    verifier,
    text(site, "origin"),
    bytes(settings, "secret"),
    previous === undefined ? undefined : unhex(previous),
    optionalText(site, "statement"),
    network && text(network, "name"),
    network && text(network, "genesis_hash"),
    life("challenge"),
    life("access"),
    life("idle"),
    life("absolute"),
    life("grace"),
  );
}

/** An operator's settings. */
export function runSettings(world: World, { case: fields }: Case): Outputs {
  startService(world, member(fields, "service"));
  return {};
}

/** What one token says. No call shows it, but the keys and arguments of the store's calls do. */
export function runToken(world: World, { case: fields, group }: Case): Outputs {
  const [token, now] = [text(fields, "token"), large(fields, "now")];
  const sessions = startService(world, member(group, "service"));
  const last = (key: string | undefined) => key?.split(":").at(-1);
  if (text(fields, "kind") === "session") {
    const presented = sessions.present(token, now);
    const [session, generation] = sessions.keys(presented);
    return { hotkey: last(generation), family: last(session), expires_at: presented.expiresAt().toString() };
  }
  const [, , session, generation, , , rotation] = sessions.rotateCall(sessions.presentRefresh(token, now), now);
  return { hotkey: last(generation), family: last(session), rotation: Number(rotation) };
}

/** Steps against one empty store. */
export function startSequence(world: World, { case: fields, group }: Case): (step: Json) => Outputs {
  const sessions = startService(world, member(group, "service"));
  const capacity = small(member(fields, "store"), "capacity");
  const store = new world.engine.MemoryStore(undefined, capacity, undefined, ENTROPY);
  return (step) => happen(world, sessions, store, member(step, "event"), large(step, "now"));
}

function happen(world: World, sessions: EngineSessions, store: EngineMemoryStore, event: Json, now: bigint): Outputs {
  const token = (name: string) => text(event, name);
  const type = text(event, "type");
  switch (type) {
    case "challenge": {
      const made = sessions.challenge(text(event, "hotkey"), text(event, "form"), now, bytes(event, "entropy"));
      return { text: made[0], sealed: made[1], expires_at: nanos(made[2]) };
    }
    case "login": {
      const [hotkey, scheme, sealed] = [text(event, "hotkey"), text(event, "scheme"), text(event, "sealed")];
      const [signature, entropy] = [text(event, "signature"), bytes(event, "entropy")];
      const login = sessions.login(world.anybody, hotkey, scheme, sealed, signature, now, entropy);
      return granted(sessions.created(login, store.create(login, now), now));
    }
    case "call": {
      const presented = sessions.present(token("session_token"), now);
      const [hotkey = ""] = presented.resume(store.read(presented, now), world.anybody, now);
      return { caller: hex(world.engine.decodeSs58(hotkey)) };
    }
    case "refresh": {
      const presented = sessions.presentRefresh(token("refresh_token"), now);
      return granted(sessions.rotated(presented, store.rotate(presented, sessions, now)));
    }
    case "logout":
      store.end(sessions.present(token("session_token"), now));
      return {};
    case "revoke":
      store.revoke(text(event, "hotkey"));
      return {};
    default:
      throw new Error(`nothing here knows the event ${type}`);
  }
}

function granted([session, expiresAt, refresh, refreshExpiresAt]: string[]): Outputs {
  return {
    session_token: session,
    expires_at: nanos(expiresAt),
    refresh_token: refresh,
    refresh_expires_at: nanos(refreshExpiresAt),
  };
}

/** Unix seconds in ns. */
function nanos(seconds: string | undefined): string {
  return (BigInt(seconds ?? "") * SECOND).toString();
}
