/** What a browser fetches, in kB (1,000 bytes) compressed, as one JSON object; bundled as for `npm run size` in ../../js. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const js = fileURLToPath(new URL("../../js/", import.meta.url));
const read = (name) => readFileSync(`${js}${name}`);
const gzip = (name) => gzipSync(read(name), { level: 9 }).length / 1000;

execFileSync(process.execPath, ["scripts/bundle.mjs"], { cwd: js, stdio: ["ignore", "ignore", "inherit"] });
const lite = gzip("dist/engine/lite.wasm");
console.log(
  JSON.stringify({
    "wasm-full-size": gzip("dist/engine/full.wasm"),
    "wasm-lite-size": lite,
    "client-size": brotliCompressSync(read("dist-size/client.js")).length / 1000,
    "login-path-size": gzip("dist-size/client.js") + gzip("dist-size/lite.js") + lite,
  }),
);
