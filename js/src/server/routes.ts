/** The session routes (`spec/04 §8`). */

import { joined } from "../body.js";
import { engine } from "../engine/current.js";
import type { EngineSessions, EngineTokenTransport, GrantFields } from "../engine/engine.js";
import { decide } from "../engine/failure.js";
import { entropy } from "../entropy.js";
import { BittensorAuthError } from "../errors.js";
import { flat } from "../headers.js";
import { Policy } from "../policy.js";
import { type Answer, success } from "./answer.js";
import type { Received } from "./received.js";
import type { Service } from "./service.js";

/** Largest body of a session route in bytes. */
const MAX_ROUTE_BODY = 4096;
/** How long such a body may take, in ms. */
const ROUTE_BODY_WITHIN = 10_000;
const SECOND = 1_000_000_000n;

type Members = Readonly<Record<string, unknown>>;

/** A request to a route, whole. */
interface Asked {
  readonly service: Service;
  readonly sessions: EngineSessions;
  readonly transport: EngineTokenTransport;
  /** As the engine takes them. */
  readonly headers: string[];
  readonly body: Uint8Array;
}

/** What a 200 says, and the cookies that it sets. */
interface Said {
  readonly members: Members;
  readonly cookies?: readonly string[];
}

type Handler = (asked: Asked) => Promise<Said>;

/** Method and path of each route below the base path. */
export const ROUTES: readonly (readonly [method: string, path: string, handle: Handler])[] = [
  ["POST", "/challenge", challenge],
  ["POST", "/session", logIn],
  ["POST", "/refresh", refresh],
  ["POST", "/logout", logOut],
  ["GET", "/session", whoami],
];

/** Answers a request to one of the routes, problems included. */
export async function answerRoute(service: Service, handle: Handler, received: Received): Promise<Answer> {
  try {
    // A request that claims to be signed is judged by that, here too.
    await service.checkSignature(received);
    const { members, cookies } = await handle(await asked(service, received));
    return success({ ...members, server_time_ms: service.nowMs() }, cookies);
  } catch (failure) {
    if (!(failure instanceof ByCookie)) return service.refusal(failure, received.headers);
    const { code } = failure.refused;
    return { ...service.refusal(failure.refused, received.headers), cookies: engine().cookiesAfter(code) };
  }
}

async function asked(service: Service, { method, headers: given, readBody }: Received): Promise<Asked> {
  const { sessions, transport } = service;
  const headers = flat(given);
  if (method === "POST") decide(() => transport.checkRoute(headers));
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
  return { service, sessions, transport, headers, body: joined(pieces) };
}

/** A text to sign. Writes nothing. */
async function challenge({ service, sessions, body }: Asked): Promise<Said> {
  const { hotkey, form } = fieldsOf(body, ["hotkey"], ["form"]);
  const [text, sealed, expiresAt] = decide(() => sessions.challenge(hotkey, form, service.clock(), entropy()));
  return { members: { challenge: text, sealed, expires_at: Number(expiresAt) } };
}

/** A session for a signed challenge. */
async function logIn({ service, sessions, transport, headers, body }: Asked): Promise<Said> {
  const fields = fieldsOf(body, ["hotkey", "sealed", "signature"], ["scheme", "tokens"]);
  const { hotkey, sealed, signature, scheme, tokens } = fields;
  const delivery = decide(() => transport.delivery(tokens, headers));
  const policy = Policy.enginePolicy(service.policy);
  const login = decide(() => sessions.login(policy, hotkey, scheme, sealed, signature, service.clock(), entropy()));
  await service.start();
  const outcome = await service.store.create(sessions, login);
  return granted(
    service,
    delivery,
    decide(() => sessions.created(login, outcome, service.clock())),
  );
}

/** The successor of a refresh token. */
async function refresh({ service, sessions, transport, headers, body }: Asked): Promise<Said> {
  const { refresh_token: given, tokens } = fieldsOf(body, [], ["refresh_token", "tokens"]);
  const delivery = decide(() => transport.delivery(tokens, headers));
  if ((delivery === "cookie") === (given !== undefined)) {
    throw new BittensorAuthError("malformed_body", "expected either the text field refresh_token or tokens: cookie");
  }
  const token = given ?? decide(() => transport.refreshToken(headers));
  return judged(delivery, async () => {
    const presented = decide(() => sessions.presentRefresh(token, service.clock()));
    decide(() => presented.check(Policy.enginePolicy(service.policy)));
    await service.start();
    const rotated = await service.store.rotate(sessions, presented);
    return granted(
      service,
      delivery,
      decide(() => sessions.rotated(presented, rotated)),
    );
  });
}

/** Ends the session of the token. */
async function logOut({ service, sessions, transport, headers }: Asked): Promise<Said> {
  const [carrier, token = ""] = decide(() => transport.sessionToken("POST", headers));
  return judged(carrier, async () => {
    const presented = decide(() => sessions.present(token, service.clock()));
    await service.start();
    await service.store.end(sessions, presented);
    return { members: { ended: true }, cookies: carrier === "cookie" ? engine().clearedCookies() : [] };
  });
}

/** Whose session the token is. */
async function whoami({ service, transport, headers }: Asked): Promise<Said> {
  const [, token = ""] = decide(() => transport.sessionToken("GET", headers));
  const { caller, expiresAt } = await service.resume(token);
  return { members: { hotkey: caller.hotkey, scheme: caller.scheme, role: null, expires_at: expiresAt } };
}

/** A refusal of a token that came in a cookie: where the session is over, its cookies go. */
class ByCookie {
  readonly refused: BittensorAuthError;

  constructor(refused: BittensorAuthError) {
    this.refused = refused;
  }
}

async function judged(carrier: string | undefined, judge: () => Promise<Said>): Promise<Said> {
  try {
    return await judge();
  } catch (failure) {
    throw carrier === "cookie" && failure instanceof BittensorAuthError ? new ByCookie(failure) : failure;
  }
}

function granted(service: Service, delivery: string, fields: readonly string[]): Said {
  const [sessionToken, expiresAt, refreshToken, refreshExpiresAt, hotkey] = fields as GrantFields;
  const members = {
    expires_at: Number(expiresAt),
    refresh_expires_at: Number(refreshExpiresAt),
    hotkey,
    role: null,
  };
  if (delivery !== "cookie") {
    return { members: { session_token: sessionToken, refresh_token: refreshToken, ...members } };
  }
  const [ends, refreshEnds] = [BigInt(expiresAt) * SECOND, BigInt(refreshExpiresAt) * SECOND];
  const now = service.clock();
  const cookies = decide(() => engine().grantCookies(sessionToken, ends, refreshToken, refreshEnds, now));
  return { members, cookies };
}

function fieldsOf<Required extends string, Optional extends string = never>(
  body: Uint8Array,
  required: readonly Required[],
  optional: readonly Optional[] = [],
): Record<Required, string> & Partial<Record<Optional, string>> {
  const given = parsed(body);
  if (given === undefined || !required.every((name) => typeof given[name] === "string")) {
    const named = required.length > 0 ? ` with the text fields ${required.join(", ")}` : "";
    throw new BittensorAuthError("malformed_body", `expected a JSON object${named}`);
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
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isAscii(text: string): boolean {
  return new TextEncoder().encode(text).length === text.length;
}
