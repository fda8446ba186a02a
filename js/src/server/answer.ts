/** Answers of this package, before a framework sends them. */

import type { BittensorAuthError } from "../errors.js";
import { type HeadersInput, pairs } from "../headers.js";

/** A whole response. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Values of `Set-Cookie`, each a header of its own. */
  readonly cookies: readonly string[];
}

/** A 200 of a session route; tokens are in it, so nobody may keep it. */
export function success(members: Readonly<Record<string, unknown>>, cookies: readonly string[] = []): Answer {
  return { ...json(200, "application/json", { "cache-control": "no-store" }, members), cookies };
}

/** Who refuses, and when. */
export interface Refusing {
  readonly realm: string;
  readonly nowMs: number;
  readonly requestId: string;
}

/** The answer to a request that was refused: RFC 9457 problem details (`spec/06 §3`). */
export function problem(failure: BittensorAuthError, { realm, nowMs, requestId }: Refusing): Answer {
  const { code, title, httpStatus: status, hint, retry, age, retryAfter } = failure;
  const headers: Record<string, string> = { "cache-control": "no-store", "x-request-id": requestId };
  if (status === 401) headers["www-authenticate"] = `Bittensor realm="${realm}", error="${code}"`;
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  return json(status, "application/problem+json", headers, {
    type: `urn:bittensor-auth:error:${code}`,
    title,
    status,
    code,
    detail: failure.message,
    hint,
    retry,
    server_time_ms: nowMs,
    request_id: requestId,
    ...(age && { age_ms: age.ageMs, max_age_ms: age.maxAgeMs, allowed_skew_ms: age.allowedSkewMs }),
  });
}

/** The caller's `X-Request-Id` if it is well formed, otherwise a new one. */
export function requestIdOf(headers: HeadersInput): string {
  for (const [name, value] of pairs(headers)) {
    if (name.toLowerCase() === "x-request-id" && /^[A-Za-z0-9._-]{1,64}$/.test(value)) return value;
  }
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function json(status: number, type: string, headers: Record<string, string>, members: object): Answer {
  const body = JSON.stringify(members);
  const length = String(new TextEncoder().encode(body).length);
  return { status, headers: { "content-type": type, "content-length": length, ...headers }, body, cookies: [] };
}

/** The same as a Web-standard `Response`. */
export function toResponse({ status, headers, body, cookies }: Answer): Response {
  const response = new Response(body, { status, headers });
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}

/** The same response, with `no-store` if it says nothing of caches. */
export function keptPrivate(response: Response): Response {
  if (response.headers.has("cache-control")) return response;
  // The headers of what `fetch` and `Response.redirect` give cannot be changed.
  const copy = new Response(response.body, response);
  copy.headers.set("cache-control", "no-store");
  return copy;
}
