/** What a browser fetches, in kB (1,000 bytes) compressed, as one JSON object. Bundled and minified as a page would. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const js = fileURLToPath(new URL("../../js/", import.meta.url));
const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length / 1000;

const [full, lite] = ["full", "lite"].map((name) => gzip(readFileSync(`${js}dist-wasm/${name}/engine.wasm`)));
const sizes = { "wasm-full-size": full, "wasm-lite-size": lite };

const client = `${js}dist/client.js`;
if (existsSync(client)) {
  const { outputFiles, metafile } = await build({
    entryPoints: [client],
    absWorkingDir: js,
    outdir: "out",
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2022",
    conditions: ["browser"],
    external: ["*.wasm"],
    logLevel: "error",
  });
  const bytes = new Map(outputFiles.map(({ path, contents }) => [path.slice(js.length), contents]));
  const fetched = new Set();
  const follow = (name) => {
    if (fetched.has(name)) return;
    fetched.add(name);
    for (const { path, kind } of metafile.outputs[name].imports) if (kind === "import-statement") follow(path);
  };
  follow("out/client.js");
  const sum = (names, size) => names.reduce((total, name) => total + size(bytes.get(name)), 0);
  sizes["client-size"] = sum([...fetched], (one) => brotliCompressSync(one).length / 1000);
  const glue = [...bytes.keys()].find((name) => /\/lite-/.test(name));
  if (glue === undefined) throw new Error("expected the client to import the small engine as a chunk of its own");
  follow(glue);
  sizes["login-path-size"] = sum([...fetched], gzip) + lite;
}
console.log(JSON.stringify(sizes));
