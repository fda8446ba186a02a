/** The vector files, and how to read a case. */

import { readdirSync, readFileSync } from "node:fs";

export type Json = { readonly [name: string]: unknown };

/** One case, with the group that it stands in. */
export interface Case {
  readonly file: string;
  readonly feature: string;
  readonly group: Json;
  readonly case: Json;
}

const FOLDER = new URL("../../../spec/vectors/", import.meta.url);

/** Own files, and those that other implementations made. */
export const FILES: readonly string[] = ["", "external/"].flatMap((folder) =>
  readdirSync(new URL(folder, FOLDER))
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => folder + name),
);

export function read(file: string): Json {
  return JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
}

export function list(object: Json, name: string): readonly Json[] {
  const value = object[name];
  if (!Array.isArray(value)) throw new TypeError(`${name}: expected a list`);
  return value;
}

export function member(object: Json, name: string): Json {
  const value = object[name];
  if (value === null || typeof value !== "object") throw new TypeError(`${name}: expected an object`);
  return value as Json;
}

export function text(object: Json, name: string): string {
  const value = object[name];
  if (typeof value !== "string") throw new TypeError(`${name}: expected text`);
  return value;
}

/** Text that may be null or left out. */
export function optionalText(object: Json, name: string): string | undefined {
  return object[name] === null || object[name] === undefined ? undefined : text(object, name);
}

/** A number below 2^53: everything larger is text. */
export function small(object: Json, name: string): number {
  const value = object[name];
  if (!Number.isSafeInteger(value)) throw new TypeError(`${name}: expected a small number`);
  return value as number;
}

/** Decimal text. */
export function large(object: Json, name: string): bigint {
  return BigInt(text(object, name));
}

/** Hex. */
export function bytes(object: Json, name: string): Uint8Array {
  return unhex(text(object, name));
}

export function unhex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString("hex");
}

/** All cases of all files. */
export function cases(): Case[] {
  return FILES.flatMap((file) => {
    const document = read(file);
    const feature = text(document, "feature");
    return list(document, "groups").flatMap((group) =>
      list(group, "cases").map((one) => ({ file, feature, group, case: one })),
    );
  });
}

/** The feature, and the part of it where its cases differ in kind. */
export function partOf({ feature, group, case: one }: Case): string {
  if (feature === "replay") {
    const claimsChallenge = list(one, "steps").some((step) => member(step, "event")["type"] === "challenge");
    return claimsChallenge ? "replay/challenge" : "replay/request";
  }
  const kind = group["operation"] ?? group["side"] ?? one["form"];
  return kind === undefined ? feature : `${feature}/${kind}`;
}

/** A case without steps is its own only step. */
export function stepsOf(one: Json): readonly Json[] {
  return one["steps"] === undefined ? [one] : list(one, "steps");
}
