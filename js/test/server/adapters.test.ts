/** Every adapter on a real server: what is signed is what was on the wire, and nothing else passes. */

import { createHash } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Policy } from "../../src/index.js";
import type { HotkeyAuthOptions } from "../../src/server.js";
import { miner, stranger } from "../actors.js";
import { APPS, type App, type Seen } from "./apps.js";
import { ask } from "./raw-http.js";
import { assertProblem, auth, signed } from "./service.js";

const LIMIT = 1_048_576;
const MEGABYTE = Buffer.alloc(
  1_000_000,
  Uint8Array.from({ length: 256 }, (_, index) => index),
);

/** On the wire in exactly this spelling. */
const TARGETS = [
  "/echo",
  "/echo/",
  "/echo?a=1&b=2",
  "/echo?b=2&a=1&a=3",
  "/echo?a=",
  "/echo?",
  "/echo??",
  "/echo?a=b?c",
  "/echo/a%20b/%7Ec%2Fd?q=%7E&x=a+b",
  "/echo/a%2fb",
  "/echo/100%25",
  "/echo/twice%2525",
  "/echo//a//b",
  "/echo/p//q/./r/../s?b=2&a=1",
  "/echo/%2e%2e/echo/x",
  "/echo/a;b=1?c;d",
  "/echo/it's?q='x'",
  "/echo/u/%E2%9C%93?e=",
  "/mounted/echo",
  "/mounted/echo/sub%20x?y=1",
  "/mounted/echo/a//b?",
  `/echo/${"x".repeat(7_994)}`,
];
/** Frameworks differ in how they route these; nobody is let in by mistake. */
const SPELLINGS = [
  "//caller",
  "///caller",
  "/%2Fcaller",
  "/%63aller",
  "/./caller",
  "/open/../caller",
  "/open/..%2Fcaller",
  "/open/%2e%2e/caller",
  "\\caller",
  "/open\\..\\caller",
  "caller",
  "http://here/caller",
  "http://here//caller",
  "/caller/",
  "/caller;x",
  "/CALLER",
  "/caller%00",
  "*",
];
const BODIES: readonly (readonly [string, Uint8Array | string | readonly (Uint8Array | string)[]])[] = [
  ["empty", ""],
  ["one byte", Uint8Array.of(0)],
  ["line ends", "a\r\nb\n\n"],
  ["not UTF-8", Uint8Array.of(0xff, 0xfe, 0)],
  ["a megabyte", MEGABYTE],
  ["at the limit", Buffer.alloc(LIMIT, "x")],
  ["compressed", gzipSync("compressed")],
  ["chunked", [MEGABYTE.subarray(0, 40_000), MEGABYTE.subarray(40_000, 100_000)]],
  [
    "a chunked megabyte",
    Array.from({ length: 16 }, (_, index) => MEGABYTE.subarray(index * 62_500, (index + 1) * 62_500)),
  ],
  ["chunked in single bytes", [..."0123456789"]],
  ["chunked and empty", []],
];
const bytesOf = (body: (typeof BODIES)[number][1]): Buffer =>
  Buffer.concat((Array.isArray(body) ? (body as string[]) : [body as string]).map((piece) => Buffer.from(piece)));

describe.each(Object.keys(APPS))("%s", (name) => {
  const start = (settings?: Partial<HotkeyAuthOptions>) => APPS[name]?.(auth(settings)) as Promise<App>;
  let app: App;
  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.close());

  it.each(TARGETS)("verifies %s", async (target) => {
    const answer = await ask(app.port, "GET", target, signed({ method: "GET", target }));
    // A client signs and sends no bare `?`; whoever writes one to the wire has to have signed it.
    const bare = target.endsWith("?") && target.indexOf("?") === target.length - 1;
    if (bare) return assertProblem(answer, 401, "bad_signature");
    expect(answer.status, answer.body).toBe(200);
    expect(answer.json<Seen>()).toMatchObject({ hotkey: miner().ss58Address, via: "signature", method: "GET", target });
  });

  it.each(TARGETS)("refuses a signature for another target than %s", async (target) => {
    const other = target.includes("?") ? `${target}z` : `${target}?z`;
    const answer = await ask(app.port, "GET", target, signed({ method: "GET", target: other }));
    assertProblem(answer, 401, "bad_signature");
  });

  it.each(["http://here/echo", "/echo#f", "*", "echo"])("has nobody in at %s", async (target) => {
    const answer = await ask(app.port, "GET", target, signed({ method: "GET", target: "/echo" }));
    expect([400, 401, 404]).toContain(answer.status);
    if (answer.body.includes("request_id"))
      expect(["bad_signature", "malformed_target"]).toContain(answer.json()["code"]);
  });

  it.each(SPELLINGS)("is not talked into its handler by %s", async (target) => {
    expect([400, 401, 404]).toContain((await ask(app.port, "GET", target)).status);
  });

  it.each(["GET", "POST", "PUT", "PATCH", "DELETE"])("verifies %s with a body", async (method) => {
    const body = '{"prompt":"hello"}';
    const headers = signed({ method, target: "/echo?stream=false", body });
    const answer = await ask(app.port, method, "/echo?stream=false", headers, body);
    expect(answer.status, answer.body).toBe(200);
    expect(answer.json<Seen>()).toMatchObject({ method, size: body.length });
    const changed = signed({ method, target: "/echo?stream=false", body });
    assertProblem(await ask(app.port, method, "/echo?stream=false", changed, `${body} `), 401, "bad_signature");
    const without = signed({ method, target: "/echo" });
    assertProblem(await ask(app.port, method, "/echo", without, "smuggled"), 401, "bad_signature");
    const chunked = signed({ method, target: "/echo" });
    assertProblem(await ask(app.port, method, "/echo", chunked, ["smuggled"]), 401, "bad_signature");
  });

  it("verifies HEAD", async () => {
    const headers = signed({ method: "HEAD", target: "/echo" });
    expect((await ask(app.port, "HEAD", "/echo", headers)).status).toBe(200);
    expect((await ask(app.port, "HEAD", "/echo", signed({ method: "GET", target: "/echo" }))).status).toBe(401);
  });

  it.each(BODIES)("hands on a body that is %s", async (_, body) => {
    const bytes = bytesOf(body);
    const headers = signed({ method: "POST", target: "/echo", body: bytes });
    const answer = await ask(app.port, "POST", "/echo", headers, body);
    expect(answer.status, answer.body).toBe(200);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(answer.json<Seen>()).toMatchObject({ size: bytes.length, sha256 });
  });

  it.each([
    ["whole", '{"a":1}', { a: 1 }],
    ["chunked", ['{"a"', ":1}"], { a: 1 }],
  ])("leaves JSON to the framework's parser: %s", async (_, body, parsed) => {
    const bytes = bytesOf(body);
    const headers = { ...signed({ method: "POST", target: "/json", body: bytes }), "content-type": "application/json" };
    const answer = await ask(app.port, "POST", "/json", headers, body);
    expect([answer.status, answer.json()]).toEqual([200, { hotkey: miner().ss58Address, parsed }]);
  });

  it.each([
    ["without a body", ""],
    ["with an empty chunked body", []],
  ])("does not hang a parser %s", async (_, body) => {
    const headers = { ...signed({ method: "POST", target: "/json" }), "content-type": "application/json" };
    const answer = await ask(app.port, "POST", "/json", headers, body);
    // What is no JSON is the parser's to refuse.
    expect(answer.status).toBe(name.startsWith("express") ? 200 : 400);
  });

  it("verifies a compressed body as it came, and leaves it to whoever inflates", async () => {
    const body = gzipSync('{"a":1}');
    const type = { "content-type": "application/json", "content-encoding": "gzip" };
    const answer = await ask(
      app.port,
      "POST",
      "/json",
      { ...signed({ method: "POST", target: "/json", body }), ...type },
      body,
    );
    if (name.startsWith("express")) expect(answer.json()).toMatchObject({ parsed: { a: 1 } });
    else expect(answer.status).toBe(400);
    const inflated = signed({ method: "POST", target: "/json", body: '{"a":1}' });
    assertProblem(await ask(app.port, "POST", "/json", { ...inflated, ...type }, body), 401, "bad_signature");
  });

  it.each([
    ["whole", Buffer.alloc(LIMIT + 1)],
    ["far too large", Buffer.alloc(8 * LIMIT)],
    ["chunked", Array.from({ length: 40 }, () => Buffer.alloc(65_536))],
  ])("refuses a body beyond the limit, and its sender gets to read that: %s", async (_, body) => {
    const headers = signed({ method: "POST", target: "/echo", body: bytesOf(body) });
    assertProblem(await ask(app.port, "POST", "/echo", headers, body), 413, "payload_too_large");
  });

  it("waits for no body longer than for its request", async () => {
    const impatient = await start({ maxAgeMs: 1_000, allowedSkewMs: 0 });
    const head = Object.entries(signed({ method: "POST", target: "/echo", body: "never" }));
    const lines = ["POST /echo HTTP/1.1", "Host: here", "Content-Length: 5", ...head.map((pair) => pair.join(": "))];
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(impatient.port, "127.0.0.1", () => socket.write(`${lines.join("\r\n")}\r\n\r\nnev`));
      socket.once("data", (piece) => {
        socket.destroy();
        resolve(piece.toString());
      });
    });
    expect(answer).toContain("401");
    expect(answer).toContain("stale_request");
    await impatient.close();
  });

  it("outlives clients that go away in the middle of a body", async () => {
    const head = Object.entries(signed({ method: "POST", target: "/echo", body: "never" }));
    const lines = ["POST /echo HTTP/1.1", "Host: here", "Content-Length: 5", ...head.map((pair) => pair.join(": "))];
    for (let count = 0; count < 5; count += 1) {
      await new Promise<void>((resolve) => {
        const socket = connect(app.port, "127.0.0.1", () => {
          socket.write(`${lines.join("\r\n")}\r\n\r\nnev`, () => {
            socket.destroy();
            resolve();
          });
        });
      });
    }
    await sleep(50);
    expect((await ask(app.port, "GET", "/echo", signed({ method: "GET", target: "/echo" }))).status).toBe(200);
  });

  it("lets a request pass once, also when many come at once", async () => {
    const headers = signed({ method: "POST", target: "/echo", body: "x" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(app.port, "POST", "/echo", headers, "x")));
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
    for (const answer of answers) if (answer.status !== 200) assertProblem(answer, 401, "replayed_request");
  });

  it("asks the store once, however many guards a route has", async () => {
    const answer = await ask(app.port, "GET", "/twice", signed({ method: "GET", target: "/twice" }));
    expect([answer.status, answer.json()]).toEqual([200, { via: "signature" }]);
  });

  it("says what a refused request lacks", async () => {
    assertProblem(await ask(app.port, "GET", "/caller"), 401, "missing_credentials");
    const changed = { ...signed({ method: "GET", target: "/caller" }), "X-Bittensor-Version": "2" };
    assertProblem(await ask(app.port, "GET", "/caller", changed), 400, "unsupported_version");
    const pairs = Object.entries(signed({ method: "GET", target: "/caller" }));
    assertProblem(await ask(app.port, "GET", "/caller", [...pairs, ...pairs]), 400, "duplicate_header");
    const old = { method: "GET", target: "/caller", nonce: BigInt(Date.now() - 20_000) * 1_000_000n };
    assertProblem(await ask(app.port, "GET", "/caller", signed(old)), 401, "stale_request");
    const traced = await ask(app.port, "GET", "/caller", { "X-Request-Id": "trace-1.a_B" });
    expect(traced.json()["request_id"]).toBe("trace-1.a_B");
    const forged = await ask(app.port, "GET", "/caller", { "X-Request-Id": "<script>" });
    expect(forged.json()["request_id"]).toMatch(/^[0-9a-f]{24}$/);
  });

  it("refuses credentials that do not hold on open routes too", async () => {
    expect((await ask(app.port, "GET", "/open")).json()).toEqual({ hello: "anybody" });
    const elsewhere = signed({ method: "GET", target: "/elsewhere" });
    assertProblem(await ask(app.port, "GET", "/open", elsewhere), 401, "bad_signature");
  });

  it("takes only what a route takes", async () => {
    const to = (target: string) => ask(app.port, "GET", target, signed({ method: "GET", target }));
    expect((await to("/signed")).status).toBe(200);
    assertProblem(await to("/session"), 401, "missing_credentials");
    const token = { Authorization: "Bearer x" };
    assertProblem(await ask(app.port, "GET", "/session", token), 401, "invalid_token");
    assertProblem(await ask(app.port, "GET", "/signed", token), 401, "missing_credentials");
    assertProblem(await ask(app.port, "GET", "/session", { Authorization: "Basic x" }), 401, "missing_credentials");
    const twice = [
      ["Authorization", "Bearer x"],
      ["Authorization", "Bearer y"],
    ] as const;
    assertProblem(await ask(app.port, "GET", "/session", twice), 400, "duplicate_header");
    const long = { Authorization: `Bearer ${"x".repeat(600)}` };
    assertProblem(await ask(app.port, "GET", "/session", long), 400, "header_too_long");
  });

  it("asks the policy after the signature", async () => {
    const closed = await start({ policy: Policy.hotkeys([stranger().ss58Address]) });
    const request = { method: "GET", target: "/caller" };
    assertProblem(await ask(closed.port, "GET", "/caller", signed(request)), 403, "hotkey_not_allowed");
    expect((await ask(closed.port, "GET", "/caller", signed(request, stranger()))).status).toBe(200);
    await closed.close();
  });

  it("puts back what a proxy took from the path", async () => {
    const behind = await start({ publicPrefix: "/api" });
    const headers = signed({ method: "GET", target: "/api/caller?x" });
    expect((await ask(behind.port, "GET", "/caller?x", headers)).status).toBe(200);
    assertProblem(
      await ask(behind.port, "GET", "/caller?x", signed({ method: "GET", target: "/caller?x" })),
      401,
      "bad_signature",
    );
    await behind.close();
  });
});
