/**
 * `hotkeyFetch` of the built package as a filter: a line of JSON for each request, a line of JSON for each answer.
 *
 * `node js_client.mjs SEED SCHEME ORIGIN RECEIVER`
 */

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const load = createRequire(new URL("../../../js/package.json", import.meta.url));
const { Keypair } = load("bittensor-auth");
const { hotkeyFetch } = load("bittensor-auth/client");
const [seed, scheme, origin, receiver] = process.argv.slice(2);

const keypair = Keypair.fromSeed(Buffer.from(seed, "hex"), scheme);
const fetch = hotkeyFetch(keypair, { receiver, origins: [origin] });

for await (const line of createInterface({ input: process.stdin })) {
  const { method, target, body } = JSON.parse(line);
  const bytes = body === null ? undefined : Buffer.from(body, "base64");
  const answer = await fetch(origin + target, { method, body: bytes }).then(
    async (response) => ({ status: response.status, json: await response.json() }),
    (failure) => ({ status: 0, json: { code: failure.code, detail: failure.message } }),
  );
  console.log(JSON.stringify({ ...answer, wire: new URL(origin + target).pathname + new URL(origin + target).search }));
}
