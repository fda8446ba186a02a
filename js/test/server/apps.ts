/** The same application in every framework, on a real server. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express, { type Express, type Request as ExpressRequest, type Response as ExpressResponse } from "express";
import express4 from "express4";
import fastify, { type FastifyReply } from "fastify";
import { Hono } from "hono";
import * as onExpress from "../../src/express.js";
import * as onFastify from "../../src/fastify.js";
import * as onHono from "../../src/hono.js";
import type { Caller } from "../../src/index.js";
import type { HotkeyAuth } from "../../src/server.js";

export interface App {
  readonly port: number;
  readonly origin: string;
  close(): Promise<void>;
}

/** What a handler saw of a request that was let through. */
export interface Seen {
  readonly hotkey: string;
  readonly via: string;
  readonly method: string;
  readonly target: string;
  readonly size: number;
  readonly sha256: string;
}

const KINDS = ["caller", "signed", "session"] as const;

function seen(caller: Caller, method: string, target: string, body: Uint8Array): Seen {
  const { hotkey, via } = caller;
  return { hotkey, via, method, target, size: body.length, sha256: createHash("sha256").update(body).digest("hex") };
}

async function whole(request: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

function expressApp(framework: typeof express): (auth: HotkeyAuth) => Promise<App> {
  return (auth) => {
    const guard = onExpress.expressGuard(auth);
    const app: Express = framework();
    app.use(guard.middleware);
    const echo = (request: ExpressRequest, response: ExpressResponse) => {
      const answer = (body: Buffer) =>
        response.json(seen(onExpress.callerOf(request), request.method, request.originalUrl, body));
      whole(request).then(answer, () => response.destroy());
    };
    const routes = framework.Router();
    routes.use("/echo", guard.caller, echo);
    const parsed = (request: ExpressRequest, response: ExpressResponse) => {
      response.json({ hotkey: onExpress.callerOf(request).hotkey, parsed: request.body ?? null });
    };
    app.post("/json", framework.json(), guard.caller, parsed);
    app.get("/open", (_, response) => void response.json({ hello: "anybody" }));
    app.get("/unguarded", (request, response) => void response.json(onExpress.callerOf(request)));
    app.get("/own", guard.caller, (_, response) => void response.set("cache-control", "max-age=5").json({}));
    app.use("/nowhere", guard.caller);
    for (const kind of KINDS) {
      app.all(`/${kind}`, guard[kind], (request, response) => {
        response.json({ via: onExpress.callerOf(request).via });
      });
    }
    app.all("/twice", guard.caller, guard.caller, (request, response) => {
      response.json({ via: onExpress.callerOf(request).via });
    });
    app.use("/mounted", routes);
    app.use(routes);
    return listening(createServer(app));
  };
}

async function fastifyApp(auth: HotkeyAuth): Promise<App> {
  const guard = onFastify.fastifyGuard(auth);
  const app = fastify();
  app.register(guard.plugin);
  app.get("/open", async () => ({ hello: "anybody" }));
  app.get("/unguarded", async (request) => onFastify.callerOf(request));
  const own = async (_: unknown, reply: FastifyReply) => reply.header("cache-control", "max-age=5").send({});
  app.get("/own", { onRequest: guard.caller }, own);
  app.get("/nowhere", { onRequest: guard.caller }, async (_, reply) => reply.callNotFound());
  app.post("/json", { preHandler: guard.caller }, async (request) => ({
    hotkey: onFastify.callerOf(request).hotkey,
    parsed: request.body ?? null,
  }));
  for (const kind of KINDS) {
    app.all(`/${kind}`, { preHandler: guard[kind] }, async (request) => ({ via: onFastify.callerOf(request).via }));
  }
  app.all("/twice", { onRequest: guard.caller, preHandler: guard.caller }, async (request) => ({
    via: onFastify.callerOf(request).via,
  }));
  for (const prefix of ["", "/mounted"]) {
    app.register(
      async (routes) => {
        routes.removeAllContentTypeParsers();
        routes.addContentTypeParser("*", (_request, _payload, done) => done(null));
        routes.addHook("preHandler", guard.caller);
        for (const path of ["/echo", "/echo*"]) {
          routes.all(path, async (request) => {
            const body = await whole(request.raw);
            return seen(onFastify.callerOf(request), request.method, request.originalUrl, body);
          });
        }
      },
      { prefix },
    );
  }
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  return { port, origin: `http://127.0.0.1:${port}`, close: () => app.close() };
}

async function honoApp(auth: HotkeyAuth): Promise<App> {
  type Incoming = { Bindings: { incoming: IncomingMessage } };
  const guard = onHono.honoGuard(auth);
  const app = new Hono<Incoming>();
  app.use(guard.middleware);
  app.get("/open", (c) => c.json({ hello: "anybody" }));
  app.get("/unguarded", (c) => c.json(c.get("caller" as never) ?? { code: "nobody" }));
  app.get("/own", guard.caller, (c) => c.json({}, 200, { "cache-control": "max-age=5" }));
  app.get("/nowhere", guard.caller, (c) => c.notFound());
  app.post("/json", guard.caller, async (c) => {
    const parsed = await c.req.json().catch(() => undefined);
    return c.json({ hotkey: c.get("caller").hotkey, parsed: parsed ?? null }, parsed === undefined ? 400 : 200);
  });
  for (const kind of KINDS) app.all(`/${kind}`, guard[kind], (c) => c.json({ via: c.get("caller").via }));
  app.all("/twice", guard.caller, guard.caller, (c) => c.json({ via: c.get("caller").via }));
  const routes = new Hono<Incoming>();
  for (const path of ["/echo", "/echo*", "/echo/*"]) {
    routes.all(path, guard.caller, async (c) => {
      // A `Request` hides a body that came with GET.
      const bare = ["GET", "HEAD"].includes(c.req.method);
      const body = bare ? await whole(c.env.incoming) : new Uint8Array(await c.req.arrayBuffer());
      return c.json(seen(c.get("caller"), c.req.method, c.env.incoming.url ?? "", body));
    });
  }
  app.route("/mounted", routes);
  app.route("/", routes);
  return listening(serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server);
}

async function listening(server: Server): Promise<App> {
  if (!server.listening) {
    if (server.address() === null) server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, origin: `http://127.0.0.1:${port}`, close };
}

export const APPS: Readonly<Record<string, (auth: HotkeyAuth) => Promise<App>>> = {
  "express 5": expressApp(express),
  "express 4": expressApp(express4),
  fastify: fastifyApp,
  hono: honoApp,
};
