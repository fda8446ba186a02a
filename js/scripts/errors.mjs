/** Writes the tables of errors from `spec/errors.json`; with `--check` it only says whether that is needed. */

import { readFileSync, writeFileSync } from "node:fs";

const { errors } = JSON.parse(readFileSync(new URL("../../spec/errors.json", import.meta.url), "utf8"));

const union = (values) =>
  [...new Set(values)]
    .sort()
    .map((value) => `\n  | ${JSON.stringify(value)}`)
    .join("");
const row = ({ code, kind, http_status, retry, title, hint }) =>
  `  ${code}: [${[kind, http_status, retry].map((value) => JSON.stringify(value)).join(", ")},\n` +
  `    ${JSON.stringify(title)},\n    ${JSON.stringify(hint)}],`;

const text = `/** Written by \`npm run generate\` from \`spec/errors.json\`: never edited by hand. */

/** A stable code for one reason why a check failed. */
export type ErrorCode =${union(errors.map(({ code }) => code))};

/** What a code is about. */
export type ErrorKind =${union(errors.map(({ kind }) => kind))};

/** What a client may do about it. */
export type Retry =${union(errors.map(({ retry }) => retry))};

/** Kind, HTTP status, retry word, title, hint. */
export const ERRORS: Readonly<
  Record<ErrorCode, readonly [kind: ErrorKind, httpStatus: number, retry: Retry, title: string, hint: string]>
> = {
${errors.map(row).join("\n")}
};
`;

const met = new Map();
for (const { code, kind, http_status, retry } of errors) {
  // No page reads key files or opens stores.
  if (kind === "configuration" && code !== "invalid_configuration") continue;
  // `spec/06 §3`: no caller sees these.
  if (/^(chain|snapshot|subnet)_/.test(code)) continue;
  const row = `${kind} ${http_status} ${retry}`;
  met.set(row, [...(met.get(row) ?? []), code]);
}
const facts = `/** Written by \`npm run generate\` from \`spec/errors.json\`: never edited by hand. */

/** Kind, HTTP status and retry word of the codes that a client meets. */
export const FACTS: readonly (readonly [facts: string, codes: string])[] = [
${[...met].map(([facts, codes]) => `  [\n    "${facts}",\n    "${codes.join(" ")}",\n  ],`).join("\n")}
];
`;

for (const [name, content] of [
  ["src/errors.generated.ts", text],
  ["src/client/facts.generated.ts", facts],
]) {
  const target = new URL(`../${name}`, import.meta.url);
  if (!process.argv.includes("--check")) {
    writeFileSync(target, content);
  } else if (readFileSync(target, "utf8") !== content) {
    console.error(`${name} is not what spec/errors.json says: run \`npm run generate\``);
    process.exitCode = 1;
  }
}
