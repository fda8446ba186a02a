/** Fastify 5. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "./caller.js";
import type { Answer } from "./server/answer.js";
import { HotkeyAuth } from "./server/auth.js";
import { type Guards, guards } from "./server/guards.js";
import * as node from "./server/node.js";

export { HotkeyAuth, type HotkeyAuthOptions } from "./server.js";

/** A hook as Fastify takes it. */
export type FastifyHook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** What protects an application: the guards are `onRequest` of routes, before anything is parsed, or `preHandler`. */
export interface FastifyGuard extends Guards<FastifyHook> {
  /** For `app.register`: serves the session routes and checks every signature over the raw body. */
  readonly plugin: (app: FastifyInstance) => Promise<void>;
}

/** Protects a Fastify application. Content type parsers run behind the checks, as ever. */
export function fastifyGuard(auth: HotkeyAuth): FastifyGuard {
  const service = HotkeyAuth.service(auth);
  const refused = (request: FastifyRequest, reply: FastifyReply) => (failure: unknown) =>
    send(request, reply, service.refusal(failure, request.raw.rawHeaders));
  const plugin = async (app: FastifyInstance) => {
    app.addHook("onReady", () => auth.start());
    app.addHook("onRequest", async (request, reply) => {
      const [path = ""] = request.url.split("?", 1);
      const answer = service.answer(request.method, path, () => received(request));
      if (answer !== undefined) return send(request, reply, await answer);
      return service.checkSignature(received(request)).then(() => undefined, refused(request, reply));
    });
  };
  // Hooks have to reach the routes beside this plugin.
  Object.assign(plugin, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "bittensor-auth",
  });
  const guard = guards<FastifyHook>((takes) => async (request, reply) => {
    const found = (caller: Caller) => {
      node.setCaller(request.raw, caller);
      if (service.isByCookie(request.raw)) node.keepPrivate(reply.raw);
    };
    return service.identify(received(request), takes).then(found, refused(request, reply));
  });
  return { plugin, ...guard };
}

/** Who sends a request that a guard let through. */
export const callerOf: (request: FastifyRequest) => Caller = ({ raw }) => node.callerOf(raw);

function received({ originalUrl, raw }: FastifyRequest) {
  return node.receivedByNode(raw, originalUrl, "register `guard.plugin`, or use the guard as `onRequest`");
}

function send({ raw }: FastifyRequest, reply: FastifyReply, { status, headers, body, cookies }: Answer): FastifyReply {
  raw.resume();
  for (const cookie of cookies) reply.header("set-cookie", cookie);
  // Text would get a charset, which JSON has not.
  return reply.code(status).headers(headers).send(Buffer.from(body));
}
