/** Hono 4, on Node and on workers. */

import type { IncomingMessage } from "node:http";
import type { Context, MiddlewareHandler } from "hono";
import type { Caller } from "./caller.js";
import { toResponse } from "./server/answer.js";
import { HotkeyAuth } from "./server/auth.js";
import { type Guards, guards } from "./server/guards.js";
import { receivedByNode } from "./server/node.js";
import { type Received, received } from "./server/received.js";

export { HotkeyAuth, type HotkeyAuthOptions } from "./server.js";

/** Middleware that sets `c.get("caller")`. */
export type CallerMiddleware = MiddlewareHandler<{ Variables: { caller: Caller } }>;

/** What protects an application: the guards stand before handlers. */
export interface HonoGuard extends Guards<CallerMiddleware> {
  /** For `app.use`, before anything reads a body: serves the session routes and checks every signature. */
  readonly middleware: MiddlewareHandler;
}

/** Protects a Hono application. On workers the target is the normalised URL: a signer there has to sign that form. */
export function honoGuard(auth: HotkeyAuth): HonoGuard {
  const service = HotkeyAuth.service(auth);
  const refused = (c: Context) => (failure: unknown) => toResponse(service.refusal(failure, receivedBy(c).headers));
  const middleware: MiddlewareHandler = async (c, next) => {
    const answer = service.answer(c.req.method, c.req.path, () => receivedBy(c));
    if (answer !== undefined) return toResponse(await answer);
    const refusal = await service.checkSignature(receivedBy(c)).then(() => undefined, refused(c));
    return refusal ?? next();
  };
  const guard = guards<CallerMiddleware>((takes) => async (c, next) => {
    const caller = await service.identify(receivedBy(c), takes).catch(refused(c));
    if (caller instanceof Response) return caller;
    c.set("caller", caller);
    await next();
    if (service.isByCookie(c.req) && !c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
    return undefined;
  });
  return { middleware, ...guard };
}

function receivedBy(c: Context): Received {
  const { incoming } = (c.env ?? {}) as { readonly incoming?: IncomingMessage };
  if (incoming?.rawHeaders === undefined) return { ...received(c.req.raw), request: c.req };
  const raw = receivedByNode(incoming, incoming.url ?? "", "put `app.use(guard.middleware)` before what reads it");
  const web = received(c.req.raw, raw);
  // A `Request` with one of these methods has no body, whatever the client sent.
  return { ...web, request: c.req, readBody: /^(GET|HEAD)$/.test(raw.method) ? raw.readBody : web.readBody };
}
