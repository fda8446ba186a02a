// Builds the extension, once for each of its two signing libraries, into target/browser/extension-{scure,wasm}.
// A build is kept until a file of this folder or the lock file changes.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import webpack from "webpack";

const here = new URL("./", import.meta.url);
const modules = new URL("../node_modules/", import.meta.url);
const target = new URL("../../../target/browser/", import.meta.url);
const bundled = ["background", "content", "page"];
const copied = ["driver.html", "driver.js", "manifest.json"];

// The newest keyring signs with @scure/sr25519. The release that the extension itself pins signs with wasm-crypto.
const pinned = new URL("@polkadot/extension-base/node_modules/@polkadot/", modules);
const variants = {
  scure: {},
  wasm: Object.fromEntries(
    ["keyring", "util", "util-crypto"].map((name) => [`@polkadot/${name}`, fileURLToPath(new URL(name, pinned))]),
  ),
};

const inputs = createHash("sha256").update(await readFile(new URL("../package-lock.json", here)));
for (const name of (await readdir(here)).sort()) inputs.update(await readFile(new URL(name, here)));
const digest = inputs.digest("hex");

for (const [variant, alias] of Object.entries(variants)) {
  const folder = new URL(`extension-${variant}/`, target);
  const stamp = new URL(`extension-${variant}.sha256`, target);
  if ((await readFile(stamp, "utf8").catch(() => "")) === digest) continue;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of copied) await copyFile(new URL(name, here), new URL(name, folder));
  await bundle(fileURLToPath(folder), alias);
  await writeFile(stamp, digest);
}

function bundle(path, alias) {
  const compiler = webpack({
    mode: "production",
    target: "webworker",
    devtool: false,
    context: fileURLToPath(here),
    entry: Object.fromEntries(bundled.map((name) => [name, `./${name}.js`])),
    output: { path, filename: "[name].js" },
    optimization: { minimize: false },
    performance: false,
    resolve: { alias },
    plugins: [
      // Names of ports and messages start with these; the extension refuses to run without them.
      new webpack.DefinePlugin({
        "process.env": JSON.stringify({ EXTENSION_PREFIX: "pjs", PORT_PREFIX: "t", NODE_ENV: "production" }),
      }),
    ],
  });
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error) reject(error);
      else if (stats.hasErrors()) reject(new Error(stats.toString("errors-only")));
      else compiler.close(() => resolve());
    });
  });
}
