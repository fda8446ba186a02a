/** Writes `src/errors.generated.ts` from `spec/errors.json`; with `--check` it only says whether that is needed. */

import { readFileSync, writeFileSync } from "node:fs";

const target = new URL("../src/errors.generated.ts", import.meta.url);
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

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("src/errors.generated.ts is not what spec/errors.json says: run `npm run generate`");
  process.exitCode = 1;
}
