/** The built package on the runtimes themselves, each installed by npm. `npm run build` in js/ comes first. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../../js/", import.meta.url));
const HELD = "true replayed_request, true replayed_request";

const folders = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A project that has the package, with or without its addon. */
function project(addon) {
  const folder = mkdtempSync(join(tmpdir(), "bittensor-auth-"));
  folders.push(folder);
  const installed = join(folder, "node_modules/bittensor-auth");
  mkdirSync(installed, { recursive: true });
  copyFileSync(join(PACKAGE, "package.json"), join(installed, "package.json"));
  cpSync(join(PACKAGE, "dist"), join(installed, "dist"), {
    recursive: true,
    filter: (name) => addon === "with addon" || !name.endsWith(".node"),
  });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { "bittensor-auth": "*" } }));
  for (const name of ["main.mjs", "round-trip.mjs", "worker.mjs", "workerd.capnp"]) {
    copyFileSync(join(HERE, name), join(folder, name));
  }
  return folder;
}

function run(folder, runtime, ...args) {
  const binary = join(HERE, "node_modules/.bin", runtime);
  return execFileSync(binary, args, { cwd: folder, encoding: "utf8", timeout: 60_000, stdio: ["ignore", "pipe", "pipe"] });
}

const DENO = ["run", "--quiet", "--no-remote", "--cached-only", "--node-modules-dir=manual", "--allow-read", "--allow-env", "main.mjs"];

test("Deno takes WebAssembly where it may not load an addon, and the addon where it may", () => {
  assert.equal(run(project("without addon"), "deno", ...DENO).trim(), HELD);
  assert.equal(run(project("with addon"), "deno", ...DENO).trim(), HELD);
  assert.equal(run(project("with addon"), "deno", "run", "--allow-ffi", ...DENO.slice(1)).trim(), HELD);
});

test("Bun takes the addon, and WebAssembly without it", () => {
  assert.equal(run(project("with addon"), "bun", "main.mjs").trim(), HELD);
  assert.equal(run(project("without addon"), "bun", "main.mjs").trim(), HELD);
});

test("workerd imports the module compiled", async () => {
  const folder = project("without addon");
  const out = join(folder, "worker");
  await build({
    absWorkingDir: folder,
    entryPoints: ["worker.mjs"],
    outfile: join(out, "worker.mjs"),
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd"],
    external: ["*.wasm"],
    logLevel: "error",
  });
  copyFileSync(join(PACKAGE, "dist/engine/server.wasm"), join(out, "server.wasm"));
  copyFileSync(join(folder, "workerd.capnp"), join(out, "workerd.capnp"));
  const server = spawn(join(HERE, "node_modules/.bin/workerd"), ["serve", "workerd.capnp", "--control-fd=3"], {
    cwd: out,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  try {
    const [line] = await once(server.stdio[3], "data");
    const { port } = JSON.parse(String(line).split("\n")[0]);
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(await answer.text(), `${HELD}, evaluates no text`);
  } finally {
    server.kill();
    await once(server, "exit");
  }
});
