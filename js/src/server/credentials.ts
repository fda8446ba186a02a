/** What a request says about who sends it, besides a signature. */

import { BittensorAuthError } from "../errors.js";
import { type HeadersInput, pairs } from "../headers.js";

const MAX_TOKEN_HEADER = 512;

/** The token of `Authorization: Bearer`, exactly one of it (`spec/04 §8`). */
export function bearer(headers: HeadersInput): string {
  const [value, ...others] = valuesOf(headers, "authorization");
  if (others.length > 0) throw new BittensorAuthError("duplicate_header", "Authorization: expected exactly once");
  if (value === undefined) throw new BittensorAuthError("missing_credentials");
  if (value.length > MAX_TOKEN_HEADER) {
    throw new BittensorAuthError("header_too_long", `Authorization: expected at most ${MAX_TOKEN_HEADER} bytes`);
  }
  const space = value.indexOf(" ");
  if (value.slice(0, Math.max(space, 0)).toLowerCase() !== "bearer") {
    throw new BittensorAuthError("missing_credentials");
  }
  return value.slice(space + 1);
}

/** A browser says where a page comes from; programs that are no browser send neither header. */
export function checkOrigin(headers: HeadersInput, allowed: ReadonlySet<string>): void {
  const [origin, ...others] = valuesOf(headers, "origin");
  if (origin === undefined && valuesOf(headers, "sec-fetch-site").length === 0) return;
  if (origin === undefined || others.length > 0 || !allowed.has(origin)) throw new BittensorAuthError("origin_refused");
}

function valuesOf(headers: HeadersInput, name: string): string[] {
  const values: string[] = [];
  for (const [key, value] of pairs(headers)) if (key.toLowerCase() === name) values.push(value);
  return values;
}
