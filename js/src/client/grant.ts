/** A session as its owner knows it: what tabs tell each other and what a storage keeps. */

import { BittensorAuthError } from "./errors.js";
import { type Fields, secondsOf, serverTimeOf } from "./wire.js";

export interface Grant {
  /** Names this login among the tabs of a browser. */
  readonly id: string;
  /** When that was, on the server's clock in ms: the latest login counts. */
  readonly loginAt: number;
  readonly hotkey: string;
  readonly role?: string;
  /** Both absent where cookies hold them. */
  readonly token?: string;
  readonly refreshToken?: string;
  /** The server's clock and this machine's when the tokens were made, in ms. */
  readonly clock: readonly [server: number, local: number];
  /** Unix seconds on the server's clock. */
  readonly expiresAt: number;
  readonly refreshExpiresAt: number;
}

const TOKEN = /^[A-Za-z0-9_-]{1,512}$/;

/** What a login or a refresh answered. `from`: the login that it belongs to. */
export function readGrant(
  fields: Fields,
  from: { readonly id: string; readonly loginAt?: number; readonly hotkey?: string },
  now: number,
  cookies: boolean,
): Grant {
  const { hotkey, role, session_token: token, refresh_token: refreshToken } = fields;
  const [expiresAt, refreshExpiresAt] = [secondsOf(fields, "expires_at"), secondsOf(fields, "refresh_expires_at")];
  const server = serverTimeOf(fields) ?? now;
  const grant = {
    id: from.id,
    loginAt: from.loginAt ?? server,
    hotkey,
    ...(typeof role === "string" && { role }),
    ...(!cookies && { token, refreshToken }),
    clock: [server, now],
    expiresAt,
    refreshExpiresAt,
  };
  if (!isGrant(grant, cookies) || grant.hotkey !== (from.hotkey ?? hotkey)) {
    throw new BittensorAuthError("server_unexpected_answer");
  }
  return grant;
}

/** Whether what came from another tab or a storage is a session of this form. */
export function isGrant(value: unknown, cookies: boolean): value is Grant {
  const { id, loginAt, hotkey, role, token, refreshToken, clock, expiresAt, refreshExpiresAt } = (value ??
    {}) as Record<string, unknown>;
  const texts = [id, hotkey, role ?? "", ...(cookies ? [] : [token, refreshToken])];
  return (
    texts.every((text) => typeof text === "string") &&
    (cookies || [token, refreshToken].every((text) => TOKEN.test(text as string))) &&
    Array.isArray(clock) &&
    [loginAt, expiresAt, refreshExpiresAt, clock[0], clock[1]].every((time) => Number.isSafeInteger(time))
  );
}
