/** The snippets of `docs/guide/dashboards.md` and of `examples/clients`, against a real FastAPI service. */

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "tsdown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepEngine } from "../../src/engine/loaded.js";
import { service as receiver } from "../actors.js";
import { WASM } from "../engines.js";
import { missing, PYTHON, Service } from "./service.js";

keepEngine(WASM);
/** The package finds itself by its own name: `npm run build` comes first. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GUIDE = readFileSync(new URL("../../../docs/guide/dashboards.md", import.meta.url), "utf8");
const EXAMPLES = new URL("../../../examples/clients/", import.meta.url);
const RECEIVER = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
const HOTKEY = "hotkey: '5";
let service: Service;
let folder: string;

function snippet(name: string): string {
  const found = GUIDE.match(new RegExp(`<!-- test: ${name} -->\n\`\`\`jsx?\n([^]*?)\n\`\`\``));
  if (found?.[1] === undefined) throw new Error(`the guide has no snippet ${name}`);
  return found[1].replaceAll("https://api.example.org", service.origin).replaceAll(RECEIVER, receiver().ss58Address);
}

/** A page with a wallet, as far as a snippet needs one. */
const page = () => `
  import { Keypair } from "bittensor-auth";
  globalThis.location = new URL("${service.origin}/page");
  globalThis.addEventListener = () => {};
  const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
  const signRaw = async ({ data }) => ({
    signature: "0x" + Buffer.from(key.sign(Buffer.concat([
      Buffer.from("<Bytes>"), Buffer.from(data.slice(2), "hex"), Buffer.from("</Bytes>"),
    ]))).toString("hex"),
  });
  const accounts = { get: async () => [{ address: key.ss58Address, type: "sr25519" }], subscribe: () => () => {} };
  globalThis.injectedWeb3 = { wallet: { version: "1", enable: async () => ({ accounts, signer: { signRaw } }) } };
`;

async function run(source: string): Promise<string> {
  const file = join(folder, `snippet-${Math.random()}.mjs`);
  writeFileSync(file, source);
  return (await promisify(execFile)(process.execPath, [file], { cwd: ROOT })).stdout.trim();
}

describe.skipIf(missing)("the guide", () => {
  beforeAll(async () => {
    service = await Service.start();
    // Inside the package, so that it is found by its name.
    folder = mkdtempSync(join(ROOT, "dist-size-"));
  }, 90_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await service?.stop();
  });

  it("logs in and calls", async () => {
    expect(await run(`${page()}${snippet("login")}\nauth.dispose();`)).toContain(HOTKEY);
  });

  it("signs every request of a program", async () => {
    expect(await run(snippet("program"))).toContain("via: 'signature'");
  });

  it("renders", async () => {
    const typescript = await import("typescript");
    const { ScriptTarget, JsxEmit, ModuleKind } = typescript.default;
    const { outputText } = typescript.default.transpileModule(snippet("react"), {
      compilerOptions: { jsx: JsxEmit.ReactJSX, target: ScriptTarget.ES2022, module: ModuleKind.ESNext },
    });
    const render = `
      import { createElement } from "react";
      import { renderToString } from "react-dom/server";
      console.log(renderToString(createElement(App)));`;
    expect(await run(`${outputText}\n${render}`)).toContain("<p>starting</p>");
  });

  /** Sends with `score` of `example` twice, the second time with a token that the server no longer takes. */
  async function works(example: string): Promise<void> {
    const use = `
      import { createHotkeyAuth } from "bittensor-auth/client";
      const auth = createHotkeyAuth({ baseURL: "${service.origin}" });
      await auth.login((await auth.connect())[0]);
      const before = await score(auth, "${service.origin}");
      const refused = globalThis.fetch;
      let once = true;
      globalThis.fetch = async (input, init) => {
        if (!once || !(input instanceof Request)) return refused(input, init);
        once = false;
        const headers = { "content-type": "application/problem+json" };
        return new Response(JSON.stringify({ code: "session_expired" }), { status: 401, headers });
      };
      console.log(before, await score(auth, "${service.origin}"), once);
      auth.dispose();`;
    const printed = await run(`${page()}${example}\n${use}`);
    expect(printed.split(HOTKEY).length).toBe(3);
    expect(printed).toMatch(/false$/);
  }

  it.each(["openapi-fetch", "axios"])("works with %s", async (name) => {
    await works(readFileSync(new URL(`${name}.js`, EXAMPLES), "utf8"));
  });

  // `npm ci` in `examples/clients` brings the generators.
  it.skipIf(!existsSync(new URL("node_modules", EXAMPLES))).each(["hey-api", "orval"])(
    "works with what %s generates from openapi.json of the FastAPI example",
    async (name) => {
      const clients = fileURLToPath(EXAMPLES);
      const print = "import json; from app import app; print(json.dumps(app.openapi()))";
      const { stdout } = await promisify(execFile)(PYTHON, ["-B", "-c", print], {
        cwd: fileURLToPath(new URL("../fastapi/", EXAMPLES)),
        env: { ...process.env, RECEIVER },
      });
      writeFileSync(join(clients, "openapi.json"), stdout);
      rmSync(join(clients, name), { recursive: true, force: true });
      await promisify(execFile)("npm", ["run", "--silent", name], { cwd: clients });
      // What is generated is TypeScript for a bundler.
      await build({
        config: false,
        entry: { [name]: join(clients, `${name}.js`) },
        format: "esm",
        dts: false,
        clean: false,
        outDir: folder,
        logLevel: "error",
      });
      await works(`import { score } from "./${name}.mjs";`);
    },
    60_000,
  );
});
