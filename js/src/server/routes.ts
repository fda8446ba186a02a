/** The session routes (`spec/04 §8`). */

import { joined } from "../body.js";
import type { EngineSessions, GrantFields } from "../engine/engine.js";
import { decide } from "../engine/failure.js";
import { entropy } from "../entropy.js";
import { BittensorAuthError } from "../errors.js";
import type { HeadersInput } from "../headers.js";
import { Policy } from "../policy.js";
import { type Answer, success } from "./answer.js";
import { bearer, checkOrigin } from "./credentials.js";
import type { Received } from "./received.js";
import type { Service } from "./service.js";

/** Largest body of a session route in bytes. */
const MAX_ROUTE_BODY = 4096;
/** How long such a body may take, in ms. */
const ROUTE_BODY_WITHIN = 10_000;

type Members = Readonly<Record<string, unknown>>;
type Handler = (
  service: Service,
  sessions: EngineSessions,
  headers: HeadersInput,
  body: Uint8Array,
) => Promise<Members>;

/** Method and path of each route below the base path. */
export const ROUTES: readonly (readonly [method: string, path: string, handle: Handler])[] = [
  ["POST", "/challenge", challenge],
  ["POST", "/session", logIn],
  ["POST", "/refresh", refresh],
  ["POST", "/logout", logOut],
  ["GET", "/session", whoami],
];

/** Answers a request to one of the routes, or rejects. */
export async function answerRoute(
  service: Service,
  origins: ReadonlySet<string>,
  handle: Handler,
  { method, headers, readBody }: Received,
): Promise<Answer> {
  if (method === "POST") checkOrigin(headers, origins);
  const pieces: Uint8Array[] = [];
  let length = 0;
  const take = (piece: Uint8Array) => {
    length += piece.length;
    if (length > MAX_ROUTE_BODY) {
      throw new BittensorAuthError("payload_too_large", `expected at most ${MAX_ROUTE_BODY} bytes`);
    }
    pieces.push(piece);
  };
  await readBody(take, ROUTE_BODY_WITHIN);
  const members = await handle(service, service.sessions, headers, joined(pieces));
  return success({ ...members, server_time_ms: service.nowMs() });
}

/** A text to sign. Writes nothing. */
async function challenge(service: Service, sessions: EngineSessions, _: HeadersInput, body: Uint8Array) {
  const { hotkey, form } = fieldsOf(body, ["hotkey"], ["form"]);
  const [text, sealed, expiresAt] = decide(() => sessions.challenge(hotkey, form, service.clock(), entropy()));
  return { challenge: text, sealed, expires_at: Number(expiresAt) };
}

/** A session for a signed challenge. */
async function logIn(service: Service, sessions: EngineSessions, _: HeadersInput, body: Uint8Array) {
  const { hotkey, sealed, signature, scheme } = fieldsOf(body, ["hotkey", "sealed", "signature"], ["scheme"]);
  const policy = Policy.enginePolicy(service.policy);
  const login = decide(() => sessions.login(policy, hotkey, scheme, sealed, signature, service.clock(), entropy()));
  await service.start();
  const outcome = await service.store.create(sessions, login);
  return grant(decide(() => sessions.created(login, outcome, service.clock())));
}

/** The successor of a refresh token. */
async function refresh(service: Service, sessions: EngineSessions, _: HeadersInput, body: Uint8Array) {
  const { refresh_token: token } = fieldsOf(body, ["refresh_token"]);
  const presented = decide(() => sessions.presentRefresh(token, service.clock()));
  decide(() => presented.check(Policy.enginePolicy(service.policy)));
  await service.start();
  const rotated = await service.store.rotate(sessions, presented);
  return grant(decide(() => sessions.rotated(presented, rotated)));
}

/** Ends the session of the token. */
async function logOut(service: Service, sessions: EngineSessions, headers: HeadersInput) {
  const token = bearer(headers);
  const presented = decide(() => sessions.present(token, service.clock()));
  await service.start();
  await service.store.end(sessions, presented);
  return { ended: true };
}

/** Whose session the token is. */
async function whoami(service: Service, _: EngineSessions, headers: HeadersInput) {
  const { caller, expiresAt } = await service.resume(headers);
  return { hotkey: caller.hotkey, scheme: caller.scheme, role: null, expires_at: expiresAt };
}

function grant(fields: readonly string[]): Members {
  const [sessionToken, expiresAt, refreshToken, refreshExpiresAt, hotkey] = fields as GrantFields;
  return {
    session_token: sessionToken,
    expires_at: Number(expiresAt),
    refresh_token: refreshToken,
    refresh_expires_at: Number(refreshExpiresAt),
    hotkey,
    role: null,
  };
}

function fieldsOf<Required extends string, Optional extends string = never>(
  body: Uint8Array,
  required: readonly Required[],
  optional: readonly Optional[] = [],
): Record<Required, string> & Partial<Record<Optional, string>> {
  const given = parsed(body);
  if (given === undefined || !required.every((name) => typeof given[name] === "string")) {
    const expected = `expected a JSON object with the text fields ${required.join(", ")}`;
    throw new BittensorAuthError("malformed_body", expected);
  }
  const fields: Record<string, string> = {};
  for (const name of [...required, ...optional]) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "string" || !isAscii(value)) {
      throw new BittensorAuthError("malformed_body", "expected ASCII text in every field");
    }
    fields[name] = value;
  }
  return fields as Record<Required, string> & Partial<Record<Optional, string>>;
}

function parsed(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isAscii(text: string): boolean {
  return new TextEncoder().encode(text).length === text.length;
}
