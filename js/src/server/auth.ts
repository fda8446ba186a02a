/** Which hotkey calls a service, over Web-standard requests. */

import type { Caller } from "../caller.js";
import { BittensorAuthError } from "../errors.js";
import type { Policy } from "../policy.js";
import { keptPrivate, toResponse } from "./answer.js";
import { EITHER, SESSION, SIGNED } from "./guards.js";
import { type RawRequest, received } from "./received.js";
import { Service } from "./service.js";
import type { HotkeyAuthOptions } from "./settings.js";

/**
 * Which hotkey calls this service. Built once, and given to an adapter (`bittensor-auth/express`, `/fastify`, `/hono`,
 * `/next`) or used with Web-standard requests as it is.
 *
 * Every check rejects with `BittensorAuthError`; `problem` makes the answer of it.
 */
export class HotkeyAuth {
  readonly #service: Service;

  constructor(options: HotkeyAuthOptions) {
    this.#service = new Service(options);
  }

  /** Who is welcome, on every request, sessions included. Another one takes effect at once. */
  get policy(): Policy {
    return this.#service.policy;
  }

  set policy(policy: Policy) {
    this.#service.policy = policy;
  }

  /**
   * Checks the deployment before it serves anything: rejects with `unsafe_store` or `invalid_configuration` for one that
   * could let a replay pass. A store that cannot be reached is no reason: requests are answered 503 until it can.
   */
  async start(): Promise<void> {
    await this.#service.start().catch((refused: unknown) => {
      if (!(refused instanceof BittensorAuthError && refused.kind === "store")) throw refused;
    });
  }

  /** Answers a request to a session route, problems included; nothing for any other request. */
  async handle(request: Request, raw?: RawRequest): Promise<Response | undefined> {
    const { pathname } = new URL(request.url);
    const answer = await this.#service.answer(request.method, pathname, () => received(request, raw));
    return answer && toResponse(answer);
  }

  /** The caller, by signature or session. Asking again for the same request gives the same answer; its body stays. */
  caller(request: Request, raw?: RawRequest): Promise<Caller> {
    return this.#service.identify(received(request, raw), EITHER);
  }

  /** The caller, by a signature over this very request: for what a stolen token must not suffice. */
  signed(request: Request, raw?: RawRequest): Promise<Caller> {
    return this.#service.identify(received(request, raw), SIGNED);
  }

  /** The caller, by a session token, as bearer or cookie. */
  session(request: Request, raw?: RawRequest): Promise<Caller> {
    return this.#service.identify(received(request, raw), SESSION);
  }

  /** The answer to a request that was refused: problem details. What is no failure of this package is thrown on. */
  problem(failure: unknown, request: Request): Response {
    return toResponse(this.#service.refusal(failure, request.headers));
  }

  /**
   * What a handler answers to a caller that was proved by a cookie needs a `Cache-Control`: adds `no-store` where there
   * is none. Other answers stay as they are. Only needed with `cookies`, and done by the adapters.
   */
  keepPrivate(response: Response, request: Request): Response {
    return this.#service.isByCookie(request) ? keptPrivate(response) : response;
  }

  /** Ends every session of a hotkey (its SS58 address), now and on all servers: one write. */
  revoke(hotkey: string): Promise<void> {
    return this.#service.revoke(hotkey);
  }

  /** @internal */
  static service(auth: HotkeyAuth): Service {
    return auth.#service;
  }
}
