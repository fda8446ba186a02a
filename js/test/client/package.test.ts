/** The built client, as a page and as a server that renders one load it: `npm run build` comes first. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** The package finds itself by its own name. */
const cwd = fileURLToPath(new URL("../../", import.meta.url));

function run(source: string, ...flags: readonly string[]): string {
  const all = [...flags, "--disallow-code-generation-from-strings", "--eval", source];
  return execFileSync(process.execPath, all, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

const MODULE = "--input-type=module";
const BROWSER = "--conditions=browser";

it("touches nothing at import and at creation, in either module format", () => {
  const use = `
    const auth = createHotkeyAuth({ baseURL: "/api" });
    hotkeyFetch({ ss58Address: "5F", sign() {} }, { receiver: { "https://a.example": "5F" } });
    console.log(auth.session.getSnapshot().status, typeof errorOf, touched.join());`;
  const names = "createHotkeyAuth, errorOf, hotkeyFetch";
  const trap = `
    const touched = [];
    for (const name of ["window", "document", "location", "fetch", "BroadcastChannel", "localStorage"]) {
      Object.defineProperty(globalThis, name, { configurable: true, get() { touched.push(name); return undefined; } });
    }`;
  expect(run(`${trap} const { ${names} } = await import("bittensor-auth/client"); ${use}`, MODULE, BROWSER)).toBe(
    "starting function",
  );
  expect(run(`${trap} const { ${names} } = require("bittensor-auth/client"); ${use}`)).toBe("starting function");
});

it("loads the small engine and no other in a browser, when it is first needed, and gets by with it", () => {
  const source = `
    import { readFileSync } from "node:fs";
    import { createHotkeyAuth } from "bittensor-auth/client";
    const wasm = readFileSync("dist/engine/lite.wasm");
    const fetched = [];
    globalThis.location = new URL("https://dash.example.org/page");
    globalThis.addEventListener = () => {};
    globalThis.fetch = async (url) => {
      const path = new URL(url).pathname.split("/").at(-1);
      fetched.push(path);
      if (path === "lite.wasm") return new Response(wasm, { headers: { "content-type": "application/wasm" } });
      const hotkey = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
      const second = Math.floor(Date.now() / 1000);
      const challenge = (host) => host + " wants you to sign in with your Bittensor account:\\n" + hotkey +
        "\\nhttps://" + host + "\\n1 finney AAECAwQFBgcICQoLDA0ODw " + second + " " + (second + 120);
      return Response.json(path === "challenge"
        ? { challenge: challenge(globalThis.site), sealed: "s", server_time_ms: Date.now() }
        : { hotkey, session_token: "a", refresh_token: "b", expires_at: second + 900, refresh_expires_at: second + 7200,
            server_time_ms: Date.now() });
    };
    const auth = createHotkeyAuth({ baseURL: "/" });
    console.log(fetched.length);
    const asked = [];
    const signer = { signRaw: async ({ data }) => (asked.push(data), { signature: "0x" + "00".repeat(64) }) };
    const alice = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
    globalThis.site = "evil.example";
    await auth.loginWith(signer, alice).catch((error) => console.log(error.code, asked.length));
    globalThis.site = "dash.example.org";
    const { hotkey } = await auth.loginWith(signer, alice);
    console.log(hotkey, asked.length, fetched.join());
    auth.dispose();`;
  expect(run(source, MODULE, BROWSER).split("\n")).toEqual([
    "0",
    "challenge_refused 0",
    "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY 1 lite.wasm,challenge,challenge,session",
  ]);
});

it("says that the engine could not be loaded, and tries again", () => {
  const source = `
    import { createHotkeyAuth } from "bittensor-auth/client";
    globalThis.location = new URL("https://dash.example.org/page");
    globalThis.addEventListener = () => {};
    let tries = 0;
    globalThis.fetch = async () => (tries++, new Response("", { status: 404 }));
    const auth = createHotkeyAuth({ baseURL: "/" });
    auth.session.subscribe(() => {});
    for (const _ of [1, 2]) await auth.ready().catch((error) => console.log(error.code, error.retryable));
    console.log(tries, auth.session.getSnapshot().status);
    auth.dispose();`;
  expect(run(source, MODULE, BROWSER)).toBe("engine_unavailable true\nengine_unavailable true\n2 logged-out");
});

it("marks the components for browsers", () => {
  expect(run('console.log(Object.keys(await import("bittensor-auth/react")).join())', MODULE)).toBe(
    "ConnectButton,HotkeyAuthProvider,useHotkeyAuth,useSession",
  );
  expect(run('process.stdout.write(require("fs").readFileSync("dist/react.js", "utf8").split("\\n")[0])')).toBe(
    '"use client";',
  );
});
