/** Headers in every shape that servers have them, as the engine takes them. */

import { engine } from "./engine/current.js";
import { BittensorAuthError } from "./errors.js";

/**
 * Headers as received: `Headers`, pairs, Node's `rawHeaders` (name, value, name, value), or an object such as Node's
 * `headers`. Prefer a form that keeps doubled headers apart.
 */
export type HeadersInput =
  | Headers
  | Iterable<readonly [name: string, value: string]>
  | readonly string[]
  | Readonly<Record<string, string | readonly string[] | undefined>>;

let credentialNames: ReadonlySet<string> | undefined;

/** Names and values in turn, of those headers only that are a credential. */
export function credentialOf(headers: HeadersInput): string[] {
  credentialNames ??= new Set(
    engine()
      .headerNames()
      .map((name) => name.toLowerCase()),
  );
  const names = credentialNames;
  const credential: string[] = [];
  for (const [name, value] of pairs(headers)) {
    if (typeof name !== "string" || !names.has(name.toLowerCase())) continue;
    if (typeof value !== "string") throw unreadable();
    credential.push(name, value);
  }
  return credential;
}

/** Names and values in turn. */
export function flat(headers: HeadersInput): string[] {
  const all: string[] = [];
  for (const [name, value] of pairs(headers)) {
    if (typeof name !== "string" || typeof value !== "string") throw unreadable();
    all.push(name, value);
  }
  return all;
}

/** Whether a request claims to be signed, whatever its headers say. */
export function isSigned(headers: HeadersInput): boolean {
  return engine().isSigned(credentialOf(headers).filter((_, index) => index % 2 === 0));
}

/** Name and value of each header. */
export function* pairs(headers: HeadersInput): Generator<readonly [string, string]> {
  if (headers === null || typeof headers !== "object") throw unreadable();
  if (isFlat(headers)) {
    for (let index = 0; index < headers.length; index += 2) yield [headers[index] ?? "", headers[index + 1] ?? ""];
  } else if (Symbol.iterator in headers) {
    yield* headers as Iterable<readonly [string, string]>;
  } else {
    for (const [name, value] of Object.entries(headers as Record<string, string | readonly string[] | undefined>)) {
      if (Array.isArray(value)) for (const one of value as readonly string[]) yield [name, one];
      else if (value !== undefined) yield [name, value as string];
    }
  }
}

function isFlat(headers: HeadersInput): headers is readonly string[] {
  return Array.isArray(headers) && typeof headers[0] === "string";
}

function unreadable(): BittensorAuthError {
  return new BittensorAuthError(
    "invalid_configuration",
    "headers: expected Headers, pairs of name and value, Node's rawHeaders, or an object of text",
  );
}
