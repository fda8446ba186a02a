/** The built package in browsers, workers and Node: `npm run build` comes first. `tests/packaging` installs it. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A project that has the package, with or without its addon. */
function project(addon: "with addon" | "without addon"): string {
  const folder = mkdtempSync(join(tmpdir(), "bittensor-auth-"));
  folders.push(folder);
  const installed = join(folder, "node_modules/bittensor-auth");
  mkdirSync(installed, { recursive: true });
  cpSync(join(PACKAGE, "package.json"), join(installed, "package.json"));
  cpSync(join(PACKAGE, "dist"), join(installed, "dist"), {
    recursive: true,
    filter: (name) => addon === "with addon" || !name.endsWith(".node"),
  });
  return folder;
}

/** Runs a module (or a script, for CommonJS) in a project and gives what it prints. */
function run(folder: string, source: string, flags: readonly string[] = [], type = "module"): string {
  return execFileSync(process.execPath, [...flags, `--input-type=${type}`, "--eval", source], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
}

const ROUND_TRIP = `
  const service = Keypair.generate(), miner = Keypair.generate("ed25519");
  const request = { method: "POST", target: "/x", body: "body" };
  const headers = new RequestSigner(miner, { receiver: service.ss58Address }).sign(request);
  const store = new MemoryStore({ nothingAcceptedBefore: true, singleProcessAcknowledged: true });
  const verifier = new Verifier({ receiver: service.ss58Address, store, schemes: ["ed25519"] });
  const caller = verifier.verify({ ...request, headers });
  let again; try { verifier.verify({ ...request, headers }) } catch (error) { again = error.code }
  const addons = process.report.getReport().sharedObjects.filter((name) => name.endsWith(".node")).length;
  console.log(caller.hotkey === miner.ss58Address, again, addons);
`;
/** What an engine without a verifier can do. */
const SIGNATURES = `
  const keypair = Keypair.generate("sr25519");
  const hotkey = new Hotkey(keypair.ss58Address);
  const signature = keypair.sign("message");
  hotkey.verify("message", signature, "sr25519");
  const codes = [() => hotkey.verify("massage", signature, "sr25519"), () => new MemoryStore(), () => Policy.anyHotkey()]
    .map((call) => { try { call() } catch (error) { return error.code } });
  console.log(codes.join());
`;
const SIGNATURES_HOLD = "bad_signature,invalid_configuration,invalid_configuration";
const NAMES = "Hotkey, Keypair, Policy, MemoryStore, ready, RequestSigner, Verifier";
const ESM = `import { ${NAMES} } from "bittensor-auth";`;
const bytesOf = (build: string): string => `import { readFileSync } from "node:fs";
  const bytes = readFileSync(new URL(import.meta.resolve("bittensor-auth/${build}.wasm")));`;
const BYTES = bytesOf("full");
/** What a page with a strict content security policy does not allow. */
const NO_EVAL = "--disallow-code-generation-from-strings";

describe("Node", () => {
  const whole = project("with addon");

  it("takes a given WebAssembly in place of the addon", () => {
    expect(run(whole, `${ESM} ${bytesOf("server")} await ready(bytes); ${ROUND_TRIP}`)).toBe("true replayed_request 0");
    const wrong = `${ESM} ${BYTES} await ready(bytes).catch((error) => console.log(error.code, error.cause.message))`;
    expect(run(whole, wrong)).toMatch(/^invalid_configuration .*server\.wasm/);
  });

  it("loads nothing at import", () => {
    const source = `${ESM} console.log(process.report.getReport().sharedObjects.filter((name) => name.endsWith(".node")).length)`;
    expect(run(whole, source)).toBe("0");
  });
});

describe("a browser", () => {
  const folder = project("without addon");
  const browser = ["--conditions=browser", NO_EVAL];

  it("touches neither window nor network at import, and says what is missing", () => {
    const source = `
      globalThis.fetch = () => { throw new Error("fetched") };
      const { Keypair } = await import("bittensor-auth");
      try { Keypair.generate() } catch (error) { console.log(error.code, error.message.includes("ready()")) }`;
    expect(run(folder, source, browser)).toBe("invalid_configuration true");
  });

  it("fetches the file next to its code when it is told to get ready, once", () => {
    const source = `${ESM} ${BYTES}
      const fetched = [];
      globalThis.fetch = async (url) => {
        fetched.push(String(url).split("/").at(-1));
        return new Response(bytes, { headers: { "content-type": "application/wasm" } });
      };
      await Promise.all([ready(), ready()]);
      console.log(fetched.join());
      ${SIGNATURES}`;
    expect(run(folder, source, browser)).toBe(`full.wasm\n${SIGNATURES_HOLD}`);
  });

  it("says that the engine could not be loaded, and tries again", () => {
    const source = `${ESM} ${BYTES}
      globalThis.fetch = async () => new Response("", { status: 404 });
      await ready().catch((error) => console.log(error.code, error.cause instanceof Error));
      globalThis.fetch = async () => new Response(bytes, { headers: { "content-type": "application/wasm" } });
      await ready();
      ${SIGNATURES}`;
    expect(run(folder, source, browser)).toBe(`invalid_configuration true\n${SIGNATURES_HOLD}`);
  });

  it("takes the bytes from whoever has them", () => {
    expect(run(folder, `${ESM} ${BYTES} await ready(bytes); ${SIGNATURES}`, browser)).toBe(SIGNATURES_HOLD);
  });
});

describe("workerd", () => {
  it("imports the module compiled, and is ready at once", () => {
    const folder = project("without addon");
    // Node compiles no module at import, so a hook does what workerd does by itself.
    const hook = `export const load = async (url, context, next) => url.endsWith(".wasm")
      ? { format: "module", shortCircuit: true, source:
          'import { readFileSync } from "node:fs";' +
          'export default new WebAssembly.Module(readFileSync(new URL(' + JSON.stringify(url) + ')))' }
      : next(url, context)`;
    const register = `import { register } from "node:module"; register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));`;
    const source = `${register} const { ${NAMES} } = await import("bittensor-auth"); ${ROUND_TRIP}`;
    expect(run(folder, source, ["--conditions=workerd", NO_EVAL])).toBe("true replayed_request 0");
    const unsafe = source.replace(", singleProcessAcknowledged: true", "");
    expect(() => run(folder, unsafe, ["--conditions=workerd"])).toThrow(/unsafe_store/);
  });
});

describe("the files", () => {
  it("evaluate no text, and name no machine", () => {
    for (const name of readdirSync(join(PACKAGE, "dist"), { recursive: true, encoding: "utf8" })) {
      if (!/\.(?:c?js|d\.c?ts|wasm)$/.test(name)) continue;
      const content = readFileSync(join(PACKAGE, "dist", name), "latin1");
      expect(content, name).not.toMatch(/\beval\s*\(|new Function|\/root\/|\/home\/|registry\/src/);
    }
  });
});
