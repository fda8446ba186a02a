/** `cookies`: functions of their arguments alone. */

import type { EngineTokenTransport } from "../../src/engine/engine.js";
import { type Case, type Json, large, list, member, optionalText, small, text } from "./files.js";
import type { Outputs, World } from "./world.js";

const SECOND = 1_000_000_000n;

function transport({ engine }: World, settings: Json): EngineTokenTransport {
  const allowed = settings["allowed_origins"] as string[];
  return new engine.TokenTransport(text(settings, "origin"), allowed, settings["cookies"] ? "enabled" : "refused");
}

function headers(fields: Json): string[] {
  return list(fields, "headers").flat() as unknown as string[];
}

/** An operator's settings. */
export function runTransport(world: World, { case: fields }: Case): Outputs {
  transport(world, member(fields, "transport"));
  return {};
}

/** The session token that counts in a request. */
export function runCredential(world: World, { case: fields, group }: Case): Outputs {
  const service = transport(world, member(group, "transport"));
  const [carrier, token] = service.sessionToken(text(fields, "method"), headers(fields));
  return { carrier, token };
}

/** The token in a refresh cookie. */
export function runRefresh(world: World, { case: fields, group }: Case): Outputs {
  return { token: transport(world, member(group, "transport")).refreshToken(headers(fields)) };
}

/** Where a client wants its tokens. */
export function runDelivery(world: World, { case: fields, group }: Case): Outputs {
  const service = transport(world, member(group, "transport"));
  return { delivery: service.delivery(optionalText(fields, "tokens"), headers(fields)) };
}

/** Whose page calls a session route. */
export function runRoute(world: World, { case: fields, group }: Case): Outputs {
  transport(world, member(group, "transport")).checkRoute(headers(fields));
  return {};
}

/** The cookies of a grant. */
export function runSet({ engine }: World, { case: fields }: Case): Outputs {
  const ends = (name: string) => BigInt(small(fields, name)) * SECOND;
  const [session, refresh] = [text(fields, "session_token"), text(fields, "refresh_token")];
  const now = large(fields, "now");
  return {
    cookies: engine.grantCookies(session, ends("expires_at"), refresh, ends("refresh_expires_at"), now),
  };
}

/** The cookies of a refusal. */
export function runRefused({ engine }: World, { case: fields }: Case): Outputs {
  return { cookies: engine.cookiesAfter(text(fields, "code")) };
}
