/** The snippets of `docs/guide/node.md`, on the built package: `npm run build` comes first. */

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Keypair, RequestSigner } from "../../src/index.js";
import { nodeServer, type Running } from "./processes.js";
import { ask } from "./raw-http.js";
import { RedisServer } from "./redis-server.js";
import { SECRET } from "./service.js";

const GUIDE = readFileSync(new URL("../../../docs/guide/node.md", import.meta.url), "utf8");
const RECEIVER = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
const WARM = 4_500;
const miner = Keypair.generate();
const BODY = '{"answer":42}';
const ANSWER = { hotkey: miner.ss58Address, answer: 42 };
const signed = (method: string, target: string, body = "") => ({
  ...new RequestSigner(miner, { receiver: RECEIVER }).sign({ method, target, body }),
  "content-type": "application/json",
});

function snippet(name: string): string {
  const found = GUIDE.match(
    new RegExp(`<!-- test: ${name.replace(/[[\].]/g, "\\$&")} -->\n\`\`\`js\n([^]*?)\n\`\`\``),
  )?.[1];
  if (found === undefined) throw new Error(`the guide has no snippet ${name}`);
  return found.replaceAll("8000", "Number(process.env.PORT)");
}

const LISTEN = "port: Number(process.env.PORT), hostname: '127.0.0.1'";
/** What makes servers of exported handlers. */
const WEB = `
import { serve } from "@hono/node-server";
serve({ fetch: handler, ${LISTEN} });`;
const NEXT = `
import { serve } from "@hono/node-server";
import * as auth from "./app/api/auth/[...route]/route.js";
import * as score from "./app/api/score/route.js";
const route = (request) => (request.url.includes("/api/auth/") ? auth : score)[request.method];
serve({ fetch: async (request) => route(request)?.(request, {}) ?? new Response(null, { status: 405 }), ${LISTEN} });`;
const FILES = ["lib/auth.js", "app/api/auth/[...route]/route.js", "app/api/score/route.js"];

const NAMES = ["cookies", "express", "fastify", "hono", "next", "sessions", "web"] as const;
const servers = new Map<string, Running>();
beforeAll(async () => {
  const settings = { SECRET };
  const next = Object.fromEntries(FILES.map((file) => [file, snippet(`next ${file}`)]));
  const start = (name: string) => {
    if (name === "next") return nodeServer(NEXT, settings, next);
    return nodeServer(snippet(name) + (name === "web" ? WEB : ""), settings);
  };
  await Promise.all(NAMES.map(async (name) => void servers.set(name, await start(name))));
  await sleep(WARM);
}, 60_000);
afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

it.each(["express", "fastify", "hono", "next", "web"])("%s", async (name) => {
  const port = servers.get(name)?.port ?? 0;
  const target = name === "next" ? "/api/score" : "/score";
  const headers = signed("POST", target, BODY);
  expect((await ask(port, "POST", target, headers, BODY)).json()).toEqual(ANSWER);
  expect((await ask(port, "POST", target, headers, BODY)).json()["code"]).toBe("replayed_request");
  expect((await ask(port, "POST", target, {}, BODY)).json()["code"]).toBe("missing_credentials");
});

it.each(["sessions", "next"])("the session routes of %s", async (name) => {
  const port = servers.get(name)?.port ?? 0;
  const [base, me] = name === "next" ? ["/api/auth", "/api/auth/session"] : ["/auth", "/me"];
  const post = (path: string, body: object) => ask(port, "POST", `${base}/${path}`, {}, JSON.stringify(body));
  const hotkey = miner.ss58Address;
  const { challenge = "", sealed } = (await post("challenge", { hotkey })).json<Record<string, string>>();
  expect(challenge).toContain("dash.example.org wants you to sign in");
  const signature = Buffer.from(miner.sign(challenge)).toString("hex");
  const token = (await post("session", { hotkey, sealed, signature })).json()["session_token"];
  expect((await ask(port, "GET", me, { authorization: `Bearer ${token}` })).json()).toMatchObject({ hotkey });
  expect((await post("nothing", {})).status).toBe(404);
});

it("cookies", async () => {
  const port = servers.get("cookies")?.port ?? 0;
  const origin = "https://dash.example.org";
  const hotkey = miner.ss58Address;
  const post = (path: string, body: object, headers = {}) =>
    ask(port, "POST", path, { origin, ...headers }, JSON.stringify(body));
  const { challenge = "", sealed } = (await post("/auth/challenge", { hotkey })).json<Record<string, string>>();
  const signature = Buffer.from(miner.sign(challenge)).toString("hex");
  const login = await post("/auth/session", { hotkey, sealed, signature, tokens: "cookie" });
  const cookie = login.cookies.map((value) => value.split(";", 1)[0]).join("; ");
  const answer = await post("/me", {}, { cookie });
  expect([answer.json(), answer.headers["cache-control"]]).toEqual([{ hotkey }, "no-store"]);
  const foreign = await post("/me", {}, { cookie, origin: "https://evil.example" });
  expect(foreign.json()["code"]).toBe("origin_refused");
});

it("redis", async () => {
  const redis = await RedisServer.start();
  const serving = `
    import express from "express";
    import { expressGuard } from "bittensor-auth/express";
    const app = express();
    app.get("/score", expressGuard(auth).caller, (request, response) => response.json({ passed: true }));
    app.listen(Number(process.env.PORT), "127.0.0.1", () => undefined);
`;
  const source = snippet("redis").replace("6379", String(redis.port)) + serving;
  const server = await nodeServer(source, {});
  for (let attempt = 0; ; attempt += 1) {
    expect(attempt).toBeLessThan(60);
    const answer = await ask(server.port, "GET", "/score", signed("GET", "/score"));
    if (answer.status === 200) break;
    expect(answer.json()["code"]).toBe("store_warming");
    await sleep(100);
  }
  await redis.stop();
  expect((await ask(server.port, "GET", "/score", signed("GET", "/score"))).json()["code"]).toBe("store_unavailable");
  await server.stop();
}, 20_000);
