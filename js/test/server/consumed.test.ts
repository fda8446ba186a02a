/** A body that something read before: nobody can say what was signed, so nobody gets in, and the answer says the cure. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import express4 from "express4";
import fastify from "fastify";
import { Hono } from "hono";
import { afterEach, expect, it } from "vitest";
import { expressGuard } from "../../src/express.js";
import { fastifyGuard } from "../../src/fastify.js";
import { honoGuard } from "../../src/hono.js";
import { nextGuard } from "../../src/next.js";
import { miner } from "../actors.js";
import { type Answer, ask } from "./raw-http.js";
import { assertProblem, auth, read, signed } from "./service.js";

const BODY = '{"a":1}';
const JSON_TYPE = { "content-type": "application/json" };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function port(server: Server): Promise<number> {
  if (!server.listening) await once(server, "listening");
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const post = (to: number, headers = signed({ method: "POST", target: "/x", body: BODY })) =>
  ask(to, "POST", "/x", { ...headers, ...JSON_TYPE }, BODY);

function assertCure(answer: Answer, cure: string): void {
  assertProblem(answer, 500, "invalid_configuration");
  expect(answer.json()["detail"]).toContain(cure);
  expect(answer.body).not.toContain(BODY);
}

it.each([
  ["5", express],
  ["4", express4],
])("Express %s", async (_, framework) => {
  const guard = expressGuard(auth());
  const app = framework();
  app.use(framework.json());
  app.use(guard.middleware);
  app.all("/x", guard.caller, (_request, response) => void response.json({ passed: true }));
  const to = await port(createServer(app).listen(0, "127.0.0.1"));
  assertCure(await post(to), "app.use(guard.middleware)");
  const challenge = await ask(
    to,
    "POST",
    "/auth/challenge",
    JSON_TYPE,
    JSON.stringify({ hotkey: miner().ss58Address }),
  );
  assertCure(challenge, "app.use(guard.middleware)");
  const get = await ask(to, "GET", "/x", signed({ method: "GET", target: "/x" }));
  expect(get.status, "nothing to read was read").toBe(200);
  assertProblem(await post(to, {}), 401, "missing_credentials");
});

it("Express, by a stream that has an encoding", async () => {
  const guard = expressGuard(auth());
  const app = express();
  app.use((request, _, next) => {
    request.setEncoding("utf8");
    next();
  });
  app.post("/x", guard.caller, (_request, response) => void response.json({ passed: true }));
  assertCure(await post(await port(createServer(app).listen(0, "127.0.0.1"))), "encoding");
});

it("Express, by a guard alone, which reads the body itself", async () => {
  const guard = expressGuard(auth());
  const app = express();
  app.post("/x", guard.caller, express.json(), (request, response) => void response.json(request.body));
  expect((await post(await port(createServer(app).listen(0, "127.0.0.1")))).json()).toEqual({ a: 1 });
});

it("two services in front of one application", async () => {
  const app = express();
  app.use(expressGuard(auth()).middleware, express.Router().use(expressGuard(auth()).caller));
  const second = expressGuard(auth());
  app.post("/x", second.caller, express.json(), (request, response) => void response.json(request.body));
  expect((await post(await port(createServer(app).listen(0, "127.0.0.1")))).json()).toEqual({ a: 1 });
});

it("Fastify", async () => {
  const guard = fastifyGuard(auth());
  const app = fastify();
  app.post("/x", { preHandler: guard.caller }, async () => ({ passed: true }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  closing.push(() => app.close());
  assertCure(await post((app.server.address() as AddressInfo).port), "guard.plugin");
});

it("Hono", async () => {
  const guard = honoGuard(auth());
  const app = new Hono();
  app.use(async (c, next) => {
    await c.req.json();
    await next();
  });
  app.post("/x", guard.caller, (c) => c.json({ passed: true }));
  const to = await port(serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server);
  assertCure(await post(to), "read");
});

it("Next.js", async () => {
  const guard = nextGuard(auth());
  const handler = guard.caller(async (request, caller) => Response.json([caller.hotkey, await request.json()]));
  const request = () => {
    const headers = { ...signed({ method: "POST", target: "/x", body: BODY }), ...JSON_TYPE };
    return new Request("https://api.example.org/x", { method: "POST", body: BODY, headers });
  };
  expect((await read(await handler(request(), {}))).json()).toEqual([miner().ss58Address, { a: 1 }]);
  const consumed = request();
  await consumed.text();
  assertCure(await read(await handler(consumed, {})), "request.json()");
});
