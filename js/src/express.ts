/** Express 5 and 4, and whatever else takes their middleware. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "./caller.js";
import { HotkeyAuth } from "./server/auth.js";
import { type Guards, guards } from "./server/guards.js";
import * as node from "./server/node.js";

export { HotkeyAuth, type HotkeyAuthOptions } from "./server.js";

/** A handler as Express takes it. */
export type ExpressHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (failure?: unknown) => void,
) => void;

/** What protects an application: the guards stand before handlers. */
export interface ExpressGuard extends Guards<ExpressHandler> {
  /** For `app.use`, before any body parser: serves the session routes and checks every signature over the raw body. */
  readonly middleware: ExpressHandler;
}

/** Protects an Express application. The body stays unread for `express.json()` and its like behind the middleware. */
export function expressGuard(auth: HotkeyAuth): ExpressGuard {
  const service = HotkeyAuth.service(auth);
  const checking =
    (check: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>): ExpressHandler =>
    (request, response, next) => {
      const refuse = (failure: unknown) => node.send(request, response, service.refusal(failure, request.rawHeaders));
      check(request, response).then(
        () => next(),
        (failure) => Promise.resolve(failure).then(refuse).catch(next),
      );
    };
  const checkSignature = checking((request) => service.checkSignature(received(request)));
  const middleware: ExpressHandler = (request, response, next) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const answer = service.answer(request.method ?? "", path, () => received(request));
    if (answer === undefined) return checkSignature(request, response, next);
    answer.then((made) => node.send(request, response, made)).catch(next);
  };
  const guard = guards((takes) =>
    checking(async (request, response) => {
      node.setCaller(request, await service.identify(received(request), takes));
      if (service.isByCookie(request)) node.keepPrivate(response);
    }),
  );
  return { middleware, ...guard };
}

/** Who sends a request that a guard let through. */
export const callerOf: (request: IncomingMessage) => Caller = node.callerOf;

/** Mounted routers see a shortened `url`. */
function received(request: IncomingMessage & { readonly originalUrl?: string }) {
  const cure = "put `app.use(guard.middleware)` before express.json() and every other body parser";
  return node.receivedByNode(request, request.originalUrl ?? request.url ?? "", cure);
}
