/** Our adapters for Node's frameworks, from the built package: `node ours_node.mjs FD apps.FRAMEWORK:app`. */

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

// The package finds itself and the frameworks that its tests have.
const load = createRequire(new URL("../../../js/package.json", import.meta.url));
const { HotkeyAuth, MemoryStore } = load("bittensor-auth/server");
const [fd, app] = process.argv.slice(2);
const framework = app.split(/[.:]/)[1];

const { ORIGIN, PUBLIC_PREFIX, RECEIVER, REDIS_URL, SECRET } = process.env;

function store() {
  if (REDIS_URL === undefined) return new MemoryStore({ nothingAcceptedBefore: true });
  const { Redis } = load("ioredis");
  const { RedisStore } = load("bittensor-auth/redis");
  return new RedisStore(new Redis(REDIS_URL), { timeoutMs: 2_000 });
}

const auth = new HotkeyAuth({
  receiver: RECEIVER,
  store: store(),
  schemes: ["sr25519", "ed25519"],
  ...(PUBLIC_PREFIX && { publicPrefix: PUBLIC_PREFIX }),
  ...(ORIGIN && { origin: ORIGIN, secret: SECRET }),
});
await auth.start();

const seen = (caller, method, target, body) => ({
  hotkey: caller.hotkey,
  scheme: caller.scheme,
  method,
  target,
  size: body.length,
  sha256: createHash("sha256").update(body).digest("hex"),
});

/** An idle connection lives longer than any pause between two tests. */
function listen(server) {
  if (ORIGIN) openToSite(server);
  server.keepAliveTimeout = 60_000;
  server.listen({ fd: Number(fd) });
}

/** CORS for pages of the site, which is at another origin. */
function openToSite(server) {
  const [handle] = server.listeners("request");
  server.removeAllListeners("request").on("request", (request, response) => {
    response.setHeader("access-control-allow-origin", ORIGIN);
    if (request.method !== "OPTIONS") return handle.call(server, request, response);
    response.setHeader("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE");
    response.setHeader("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "");
    response.writeHead(204).end();
  });
}

async function whole(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

function express(name) {
  const make = load(name);
  const { callerOf, expressGuard } = load("bittensor-auth/express");
  const guard = expressGuard(auth);
  const server = make();
  server.use(guard.middleware);
  server.get("/open", (_, response) => response.json({ hello: "anybody" }));
  server.all(/^\/echo/, guard.caller, (request, response) => {
    whole(request).then((body) => response.json(seen(callerOf(request), request.method, request.originalUrl, body)));
  });
  listen(createServer(server));
}

async function fastify() {
  const { callerOf, fastifyGuard } = load("bittensor-auth/fastify");
  const guard = fastifyGuard(auth);
  const server = load("fastify")({ routerOptions: { maxParamLength: 10_000 } });
  server.register(guard.plugin);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, _payload, done) => done(null));
  server.get("/open", async () => ({ hello: "anybody" }));
  for (const path of ["/echo", "/echo*"]) {
    server.all(path, { preHandler: guard.caller }, async (request) =>
      seen(callerOf(request), request.method, request.originalUrl, await whole(request.raw)),
    );
  }
  await server.ready();
  listen(server.server);
}

function hono() {
  const { Hono } = load("hono");
  const { createAdaptorServer } = load("@hono/node-server");
  const { honoGuard } = load("bittensor-auth/hono");
  const guard = honoGuard(auth);
  const server = new Hono();
  server.use(guard.middleware);
  server.get("/open", (c) => c.json({ hello: "anybody" }));
  for (const path of ["/echo", "/echo*", "/echo/*"]) {
    server.all(path, guard.caller, async (c) => {
      const body = c.req.method === "GET" ? await whole(c.env.incoming) : Buffer.from(await c.req.arrayBuffer());
      return c.json(seen(c.get("caller"), c.req.method, c.env.incoming.url, body));
    });
  }
  listen(createAdaptorServer({ fetch: server.fetch }));
}

const starts = { express: () => express("express"), express4: () => express("express4"), fastify, hono };
await starts[framework]();
