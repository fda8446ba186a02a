/** What the tests of servers share; they run on the addon, unless they say otherwise. */

import { expect } from "vitest";
import { useEngine as load } from "../../src/engine/current.js";
import { type ErrorCode, type Keypair, RequestSigner, type RequestToSign } from "../../src/index.js";
import { HotkeyAuth, type HotkeyAuthOptions, type Log } from "../../src/server.js";
import { memory, miner, service } from "../actors.js";
import { ADDON } from "../engines.js";
import type { Answer } from "./raw-http.js";

load(ADDON);

export const ORIGIN = "https://dash.example.org";
export const SECRET = "0123456789abcdef0123456789abcdef";
export const silent: Log = { error: () => {}, warn: () => {} };

export function auth(settings: Partial<HotkeyAuthOptions> = {}): HotkeyAuth {
  const receiver = service().ss58Address;
  return new HotkeyAuth({ receiver, store: memory(), origin: ORIGIN, secret: SECRET, log: silent, ...settings });
}

export function signed(request: RequestToSign, keypair: Keypair = miner()): Record<string, string> {
  return { ...new RequestSigner(keypair, { receiver: service().ss58Address }).sign(request) };
}

const MEMBERS = ["code", "detail", "hint", "request_id", "retry", "server_time_ms", "status", "title", "type"];

/** The answer is as `spec/06 §3` says. */
export function assertProblem(answer: Answer, status: number, code: ErrorCode): void {
  const body = answer.json();
  expect([answer.status, body["code"]]).toEqual([status, code]);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["x-request-id"]).toBe(body["request_id"]);
  const challenge = status === 401 ? `Bittensor realm="bittensor", error="${code}"` : undefined;
  expect(answer.headers["www-authenticate"]).toBe(challenge);
  if (status === 503) expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  const ages = code === "stale_request" && "age_ms" in body ? ["age_ms", "allowed_skew_ms", "max_age_ms"] : [];
  expect(Object.keys(body).sort()).toEqual([...MEMBERS, ...ages].sort());
}

/** A `Response` in the shape of a raw answer. */
export async function read(response: Response | undefined): Promise<Answer> {
  if (response === undefined) throw new Error("expected an answer");
  const body = await response.text();
  const { status, headers } = response;
  const cookies = headers.getSetCookie();
  return { status, headers: Object.fromEntries(headers), cookies, body, json: () => JSON.parse(body) };
}
