/** The same service as `fastapi_service.py` on Node: `node node_service.mjs express|fastify|hono`. */

import { createRequire } from "node:module";

// The built package finds itself, the frameworks and the Redis client that its tests have.
const load = createRequire(new URL("../../js/package.json", import.meta.url));
const { HotkeyAuth, Policy } = load("bittensor-auth/server");
const { RedisStore } = load("bittensor-auth/redis");
const { Redis } = load("ioredis");
const { DENIED, ORIGIN, RECEIVER, REDIS_URL, SECRET } = process.env;
const where = { port: Number(process.env.PORT), host: "127.0.0.1" };

const auth = new HotkeyAuth({
  receiver: RECEIVER,
  store: new RedisStore(new Redis(REDIS_URL), { timeoutMs: Number(process.env.STORE_TIMEOUT_MS) }),
  policy: Policy.anyHotkey().deny([DENIED]),
  origin: ORIGIN,
  secret: SECRET,
  cookies: true,
});
await auth.start();
const open = { hello: "anybody" };
const shown = ({ hotkey, via }) => ({ hotkey, via });

const frameworks = {
  express() {
    const { callerOf, expressGuard } = load("bittensor-auth/express");
    const guard = expressGuard(auth);
    const app = load("express")();
    app.use(guard.middleware);
    app.get("/", (_, response) => response.json(open));
    app.use(guard.caller, (request, response) => response.json(shown(callerOf(request))));
    app.listen(where.port, where.host);
  },

  async fastify() {
    const { callerOf, fastifyGuard } = load("bittensor-auth/fastify");
    const guard = fastifyGuard(auth);
    const app = load("fastify")();
    app.register(guard.plugin);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.get("/", async () => open);
    app.all("/*", { preHandler: guard.caller }, async (request) => shown(callerOf(request)));
    await app.listen(where);
  },

  hono() {
    const { Hono } = load("hono");
    const { serve } = load("@hono/node-server");
    const { honoGuard } = load("bittensor-auth/hono");
    const guard = honoGuard(auth);
    const app = new Hono();
    app.use(guard.middleware);
    app.get("/", (c) => c.json(open));
    app.all("/*", guard.caller, (c) => c.json(shown(c.get("caller"))));
    serve({ fetch: app.fetch, port: where.port, hostname: where.host });
  },
};
await frameworks[process.argv[2]]();
