/** Route handlers of Next.js, and of whatever else takes a function from `Request` to `Response`. */

import type { Caller } from "./caller.js";
import type { HotkeyAuth } from "./server/auth.js";
import type { Guards } from "./server/guards.js";

export { HotkeyAuth, type HotkeyAuthOptions } from "./server.js";

/** A handler that knows who calls. */
export type CallerHandler<R extends Request, C> = (
  request: R,
  caller: Caller,
  context: C,
) => Response | Promise<Response>;

/** A route handler. */
export type RouteHandler<R extends Request, C> = (request: R, context: C) => Promise<Response>;

/** Protects a handler. */
export type Protect = <R extends Request, C>(handler: CallerHandler<R, C>) => RouteHandler<R, C>;

/** What protects an application: the guards go around handlers. */
export interface NextGuard extends Guards<Protect> {
  /** The session routes, for `[...route]/route.ts` in the folder that `basePath` names. */
  readonly GET: (request: Request) => Promise<Response>;
  readonly POST: (request: Request) => Promise<Response>;
}

/** Protects route handlers. Next.js gives them the normalised URL, so that is the target that has to be signed. */
export function nextGuard(auth: HotkeyAuth): NextGuard {
  const route = async (request: Request) => (await auth.handle(request)) ?? new Response(null, { status: 404 });
  const guard =
    (kind: "caller" | "session" | "signed"): Protect =>
    (handler) =>
    async (request, context) => {
      let caller: Caller;
      try {
        caller = await auth[kind](request);
      } catch (failure) {
        return auth.problem(failure, request);
      }
      return auth.keepPrivate(await handler(request, caller, context), request);
    };
  return { GET: route, POST: route, caller: guard("caller"), signed: guard("signed"), session: guard("session") };
}
