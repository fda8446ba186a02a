/** One service's authentication, without a framework: requests, sessions and their answers. */

import { runtime } from "#runtime";
import { Caller } from "../caller.js";
import { settle } from "../checked-head.js";
import { engine } from "../engine/current.js";
import type { EnginePending, EngineSessions, EngineTokenTransport, EngineVerifier } from "../engine/engine.js";
import { decide } from "../engine/failure.js";
import { BittensorAuthError } from "../errors.js";
import { credentialOf, flat, type HeadersInput } from "../headers.js";
import { Hotkey } from "../hotkey.js";
import { Policy } from "../policy.js";
import type { BoundStore } from "../store.js";
import { type Clock, systemClock, unsigned } from "../time.js";
import { engineVerifier } from "../verifier.js";
import { type Answer, problem, requestIdOf } from "./answer.js";
import type { Takes } from "./guards.js";
import type { Received } from "./received.js";
import { answerRoute, ROUTES } from "./routes.js";
import {
  basePathOf,
  engineSessions,
  engineTransport,
  type HotkeyAuthOptions,
  type Log,
  NO_ORIGIN,
  secretsOf,
} from "./settings.js";

/** What is known of one request. */
interface Proof {
  /** A signature that holds, waiting for policy and claim. */
  readonly pending: EnginePending | undefined;
  caller?: Promise<Caller>;
}

/** Everything that the adapters share. Built once. */
export class Service {
  /** Who is welcome, on every request, sessions included. Another one takes effect at once. */
  policy: Policy;
  /** Where the session routes are. */
  readonly basePath: string;
  readonly clock: Clock;
  readonly store: BoundStore;
  readonly #verifier: EngineVerifier;
  readonly #sessions: EngineSessions | undefined;
  readonly #hasSecret: boolean;
  readonly #transport: EngineTokenTransport | undefined;
  readonly #publicPrefix: string;
  readonly #realm: string;
  readonly #log: Log;
  readonly #proofs = new WeakMap<object, Promise<Proof>>();
  readonly #byCookie = new WeakSet<object>();
  #started: Promise<void> | undefined;

  constructor(options: HotkeyAuthOptions) {
    const { clock = systemClock } = options;
    const secrets = secretsOf(options);
    this.clock = () => unsigned("clock", clock());
    this.policy = options.policy ?? Policy.anyHotkey();
    this.basePath = basePathOf(options);
    this.#verifier = engineVerifier(options);
    this.#hasSecret = secrets.length > 0;
    this.#sessions = engineSessions(this.#verifier, options, secrets);
    this.#transport = engineTransport(options);
    this.#publicPrefix = options.publicPrefix ?? "";
    this.#realm = options.realm ?? "bittensor";
    this.#log = options.log ?? console;
    this.store = options.store.open({ verifier: this.#verifier, clock: this.clock });
    if (options.dangerousAcceptUnbound === true) {
      this.#log.warn("unsafe setting: dangerousAcceptUnbound lets others pass on requests that name no receiver");
    }
  }

  /** The sessions, if this service has an origin to log in to. */
  get sessions(): EngineSessions {
    if (this.#sessions !== undefined) return this.#sessions;
    throw new BittensorAuthError("invalid_configuration", NO_ORIGIN);
  }

  /** How their tokens travel. */
  get transport(): EngineTokenTransport {
    if (this.#transport !== undefined) return this.#transport;
    throw new BittensorAuthError("invalid_configuration", NO_ORIGIN);
  }

  /** Checks the deployment, once; a store that was away or was repaired is asked again at the next request. */
  async start(): Promise<void> {
    this.#started ??= this.#start().catch((refused: unknown) => {
      this.#started = undefined;
      throw refused;
    });
    await this.#started;
  }

  async #start(): Promise<void> {
    if (this.#sessions !== undefined && !this.#hasSecret && !this.store.memory && !runtime.isOnlyProcess()) {
      const message = "secret: expected one when several workers share a session store";
      throw new BittensorAuthError("invalid_configuration", message);
    }
    await this.store.start();
  }

  /** The time in Unix milliseconds. */
  nowMs(): number {
    return Number(this.clock() / 1_000_000n);
  }

  /**
   * Verifies the signature of a request that carries one; policy and claim follow when the caller is asked for.
   *
   * A request whose credentials do not hold is refused whatever it asks for.
   */
  checkSignature(received: Received): Promise<Proof> {
    const { request } = received;
    const known = this.#proofs.get(request);
    if (known !== undefined) return known;
    const proof = this.#verified(received).then((pending): Proof => ({ pending }));
    this.#proofs.set(request, proof);
    return proof;
  }

  async #verified({ method, target, headers, readBody }: Received): Promise<EnginePending | undefined> {
    const credential = credentialOf(headers);
    if (!engine().isSigned(credential.filter((_, index) => index % 2 === 0))) return undefined;
    const head = decide(() => this.#verifier.checkHead(credential, this.clock()));
    try {
      const withinMs = Number(this.#verifier.longestAge() / 1_000_000n);
      await readBody((piece) => decide(() => head.update(piece)), withinMs);
    } catch (refused) {
      head.free?.();
      throw refused;
    }
    return decide(() => head.verify(method, this.#publicPrefix, target, ""));
  }

  /** The caller of a request, proved by what is allowed here. Asking again gives the same answer. */
  async identify(received: Received, takes: Takes): Promise<Caller> {
    const proof = await this.checkSignature(received);
    // Before anything is claimed: a proof that is not taken here may be good elsewhere.
    if (!takes[proof.pending === undefined ? "session" : "signature"]) {
      const taken = takes.session ? "a session" : "a signed request";
      throw new BittensorAuthError("missing_credentials", `this route takes ${taken}`);
    }
    if (proof.pending === undefined && this.#sessions === undefined)
      throw new BittensorAuthError("missing_credentials");
    proof.caller ??= proof.pending === undefined ? this.#resumed(received) : this.#settled(proof.pending);
    return proof.caller;
  }

  async #resumed({ request, method, headers }: Received): Promise<Caller> {
    const [carrier, token = ""] = decide(() => this.transport.sessionToken(method, flat(headers)));
    const { caller } = await this.resume(token);
    if (carrier === "cookie") this.#byCookie.add(request);
    return caller;
  }

  /** Whether the caller of this request was proved by a cookie: shared caches do not know those as a credential. */
  isByCookie(request: object): boolean {
    return this.#byCookie.has(request);
  }

  #settled(pending: EnginePending): Promise<Caller> {
    const { store, clock } = this;
    return settle(pending, { policy: Policy.enginePolicy(this.policy), store, clock, start: () => this.start() });
  }

  /** The caller of a session token, and when the token ends in Unix seconds. */
  async resume(token: string): Promise<{ readonly caller: Caller; readonly expiresAt: number }> {
    const presented = decide(() => this.sessions.present(token, this.clock()));
    const expiresAt = Number(presented.expiresAt() / 1_000_000_000n);
    await this.start();
    const read = await this.store.read(this.sessions, presented);
    const policy = Policy.enginePolicy(this.policy);
    return { caller: new Caller(decide(() => presented.resume(read, policy, this.clock()))), expiresAt };
  }

  /** The answer of a session route, problems included; nothing for any other request. `path`: without its query. */
  answer(method: string, path: string, received: () => Received): Promise<Answer> | undefined {
    const route = ROUTES.find(([verb, end]) => verb === method && path === this.basePath + end);
    if (route === undefined || this.#sessions === undefined) return undefined;
    return answerRoute(this, route[2], received());
  }

  /** Ends every session of a hotkey, now and on all servers: one write. */
  async revoke(hotkey: string): Promise<void> {
    const { ss58Address } = new Hotkey(hotkey);
    await this.start();
    await this.store.revoke(this.sessions, ss58Address);
  }

  /** The answer to a failed check. What is no failure of this package is thrown on. */
  refusal(failure: unknown, headers: HeadersInput): Answer {
    if (!(failure instanceof BittensorAuthError)) throw failure;
    const requestId = requestIdOf(headers);
    const { code, httpStatus, kind, message } = failure;
    if (httpStatus === 500) this.#log.error(`bittensor-auth: ${code}: ${message} (request ${requestId})`);
    else if (kind === "store") this.#log.warn(`bittensor-auth: ${code} (request ${requestId})`);
    return problem(failure, { realm: this.#realm, nowMs: this.nowMs(), requestId });
  }
}
