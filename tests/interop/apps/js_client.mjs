/** The built package in Node as a filter, a line of JSON each way: `node js_client.mjs SEED SCHEME SITE`. */

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { hotkeyProgram } from "./hotkey_program.mjs";

const load = createRequire(new URL("../../../js/package.json", import.meta.url));
const [seed, scheme, site] = process.argv.slice(2);
const run = hotkeyProgram({ ...load("bittensor-auth"), ...load("bittensor-auth/client") }, { seed, scheme, site });

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line))));
}
