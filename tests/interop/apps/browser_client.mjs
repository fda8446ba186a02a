/**
 * The package's browser build in headless Chromium as a filter, a line of JSON each way:
 * `node browser_client.mjs SEED SCHEME SITE`.
 *
 * The page is at SITE, which this program serves; the APIs are elsewhere, so all requests are cross-origin with CORS.
 */

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const load = createRequire(new URL("../../browser/package.json", import.meta.url));
const { chromium } = load("playwright-core");
const [seed, scheme, site] = process.argv.slice(2);
const folders = { dist: new URL("../../../js/", import.meta.url), apps: new URL("../", import.meta.url) };
const types = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm" };
const imports = {
  "#runtime": "/dist/engine/browser.js",
  "#lite": "/dist/engine/lite.js",
  "bittensor-auth": "/dist/index.js",
  "bittensor-auth/client": "/dist/client.js",
};
const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;

const files = createServer(async (request, response) => {
  const folder = folders[request.url.split("/")[1]];
  if (folder === undefined) return response.setHeader("content-type", "text/html").end(page);
  const content = await readFile(new URL(`.${request.url}`, folder));
  response.setHeader("content-type", types[request.url.split(".").at(-1)]).end(content);
});
files.listen(Number(new URL(site).port), "localhost");
await once(files, "listening");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const tab = await browser.newPage();
await tab.goto(`${site}/`);
await tab.evaluate(
  async (settings) => {
    const { Keypair, ready } = await import("bittensor-auth");
    const client = await import("bittensor-auth/client");
    const { hotkeyProgram } = await import("/apps/hotkey_program.mjs");
    await ready();
    globalThis.run = hotkeyProgram({ Keypair, ...client }, settings);
  },
  { seed, scheme, site },
);

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await tab.evaluate((order) => globalThis.run(order), JSON.parse(line))));
}
await browser.close();
files.close();
