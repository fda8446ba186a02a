/** One request with the session: where it may go, and when it is sent again. */

import type { Environment } from "./environment.js";
import { BittensorAuthError } from "./errors.js";
import type { Keeper } from "./keeper.js";
import { ATTEMPTS, failure, isIdempotent, pause, pauseAfter, requestOf } from "./retry.js";
import { isRedirect, redirectRefused, refusalOf } from "./wire.js";

/** What requests are sent with. */
export interface Sender {
  readonly environment: Environment;
  readonly keeper: Keeper;
  /** Where relative addresses start. */
  readonly base: URL;
  readonly origins: ReadonlySet<string>;
  readonly cookies: boolean;
}

/** Sends, refreshes once and repeats as `HotkeyAuth.fetch` says. */
export async function send(sender: Sender, input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const { environment, keeper, base, origins, cookies } = sender;
  const wantsRedirect = (init.redirect ?? (input instanceof Request && input.redirect)) === "manual";
  // Scripts cannot follow a redirect step by step, and a browser does not tell where it leads.
  const settings = { ...init, redirect: "manual", ...(cookies && { credentials: "include" as const }) } as const;
  const request = requestOf(input, settings, base);
  if (!origins.has(new URL(request.url).origin)) throw new BittensorAuthError("origin_not_allowed");
  const repeatable = !isStream(init.body);
  const idempotent = repeatable && isIdempotent(request.method);
  let renewable = repeatable;
  for (let attempt = 1; ; ) {
    const grant = await keeper.usable();
    const more = repeatable && attempt < ATTEMPTS;
    let response: Response;
    try {
      const copy = more || renewable ? request.clone() : request;
      if (grant.token !== undefined) copy.headers.set("authorization", `Bearer ${grant.token}`);
      response = await environment.fetch(copy);
    } catch (cause) {
      if (request.signal.aborted || !idempotent || !more) throw failure(request, cause);
      await pause(attempt++, 0, request.signal);
      continue;
    }
    if (isRedirect(response) && !wantsRedirect) throw redirectRefused();
    if (response.status === 401 && renewable) {
      renewable = false;
      const { error, coded } = await refusalOf(response);
      if (!coded || !(await keeper.replaced(grant, error))) return response;
      response.body?.cancel().catch(() => {});
    } else {
      const wait = more ? await pauseAfter(response, idempotent) : undefined;
      if (wait === undefined) return response;
      await pause(attempt++, wait, request.signal);
    }
  }
}

function isStream(body: unknown): boolean {
  return typeof body === "object" && body !== null && (body instanceof ReadableStream || Symbol.asyncIterator in body);
}
