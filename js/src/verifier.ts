/** Verifying requests. */

import { type Bytes, text, toBytes } from "./bytes.js";
import { Caller } from "./caller.js";
import { CheckedHead } from "./checked-head.js";
import { engine } from "./engine/current.js";
import type { EnginePolicy, EngineVerifier } from "./engine/engine.js";
import { decide } from "./engine/failure.js";
import { BittensorAuthError } from "./errors.js";
import { credentialOf, type HeadersInput } from "./headers.js";
import type { Scheme } from "./hotkey.js";
import { Policy } from "./policy.js";
import type { BoundStore, Store } from "./store.js";
import { type Clock, optionalMillis, systemClock, unsigned } from "./time.js";

/** Settings of `Verifier`. What is left out is the format's default. */
export interface VerifierOptions {
  /** SS58 address of this service's hotkey, or several while it moves. Requests for anybody else are refused. */
  readonly receiver: string | readonly string[];
  /** Remembers what was accepted. */
  readonly store: Store;
  /** Who is welcome: any hotkey that proves itself unless you say more. */
  readonly policy?: Policy;
  /** How old a request may be: 10,000 ms unless said, at most 300,000. */
  readonly maxAgeMs?: number;
  /** How far ahead of this clock it may be: 2,000 ms unless said. */
  readonly allowedSkewMs?: number;
  /** How much longer a body may take: 0 ms unless said, at most 300,000. */
  readonly bodyBudgetMs?: number;
  /** Accepted key types: sr25519 unless said. The request never chooses among more. */
  readonly schemes?: readonly Scheme[];
  /** Who shares one replay set: made from the receiver unless said. */
  readonly namespace?: string;
  /** Largest body in bytes: 1 MiB unless said. */
  readonly bodyLimit?: number;
  /** Accepts requests that name no receiver. Whoever receives one can pass it on to any other service that does. */
  readonly dangerousAcceptUnbound?: boolean;
  /** Unix time in nanoseconds. */
  readonly clock?: Clock;
}

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query exactly as on the request line: `req.originalUrl` in Express, `req.url` in plain Node. */
  readonly target: string;
  readonly headers: HeadersInput;
  /** The raw body, before anything parsed or inflated it. */
  readonly body?: Bytes | undefined;
}

/** Decides who signed a request. Built once, with the store that remembers what was accepted. */
export class Verifier {
  readonly #verifier: EngineVerifier;
  readonly #policy: EnginePolicy;
  readonly #store: BoundStore;
  readonly #clock: Clock;
  #started: Promise<void> | "yes" | undefined;

  constructor(options: VerifierOptions) {
    const { store, clock = systemClock } = options;
    this.#clock = () => unsigned("clock", clock());
    this.#policy = Policy.enginePolicy(options.policy ?? Policy.anyHotkey());
    this.#verifier = engineVerifier(options);
    this.#store = store.open({ verifier: this.#verifier, clock: this.#clock });
  }

  /**
   * The caller of a request whose body is here. Needs `MemoryStore`; with another store use `verifyAsync`.
   *
   * Throws `BittensorAuthError`: `missing_credentials` for a request that is not signed, otherwise the first check of
   * `spec/02 §5` that failed.
   */
  verify(request: ReceivedRequest): Caller {
    const { memory } = this.#store;
    if (memory === undefined) {
      throw new BittensorAuthError("invalid_configuration", "this store is asynchronous: expected `verifyAsync(…)`");
    }
    this.#startNow();
    const { method, target } = request;
    const [headers, body] = [credentialOf(request.headers), toBytes("body", request.body ?? "")];
    const fields = decide(() =>
      this.#verifier.verifyInMemory(
        headers,
        text("method", method),
        text("target", target),
        body,
        this.#policy,
        memory,
        this.#clock(),
      ),
    );
    return new Caller(fields);
  }

  /** The same with any store. */
  async verifyAsync(request: ReceivedRequest): Promise<Caller> {
    if (this.#store.memory !== undefined) return this.verify(request);
    const head = this.checkHead(request.headers);
    try {
      head.update(toBytes("body", request.body ?? ""));
      return await head.verify(request);
    } finally {
      head.dispose();
    }
  }

  /**
   * The first half, which needs no body and costs next to nothing: for servers that read the body piece by piece, and
   * not at all for a request that fails here.
   */
  checkHead(headers: HeadersInput): CheckedHead {
    const credential = credentialOf(headers);
    const head = decide(() => this.#verifier.checkHead(credential, this.#clock()));
    return new CheckedHead(head, {
      policy: this.#policy,
      store: this.#store,
      clock: this.#clock,
      longestAgeMs: Number(this.#verifier.longestAge() / 1_000_000n),
      start: () => this.#start(),
    });
  }

  #startNow(): void {
    if (this.#started === "yes") return;
    const started = this.#store.start();
    if (started === undefined) this.#started = "yes";
  }

  /** A store that refuses is asked again for the next request: the operator may have repaired it. */
  async #start(): Promise<void> {
    if (this.#started === "yes") return;
    this.#started ??= Promise.resolve(this.#store.start()).catch((refused: unknown) => {
      this.#started = undefined;
      throw refused;
    });
    await this.#started;
    this.#started = "yes";
  }
}

/** The settings that every verifier takes, as the engine wants them. */
export function engineVerifier(options: VerifierOptions): EngineVerifier {
  const { receiver, bodyLimit: limit } = options;
  const [maxAge, skew, budget] = (["maxAgeMs", "allowedSkewMs", "bodyBudgetMs"] as const).map((name) =>
    optionalMillis(name, options[name]),
  );
  return decide(
    () =>
      new (engine().Verifier)(
        typeof receiver === "string" ? [receiver] : [...receiver],
        maxAge,
        skew,
        budget,
        options.schemes && [...options.schemes],
        options.namespace,
        limit === undefined ? undefined : wholeBytes(limit),
        options.dangerousAcceptUnbound === true ? "dangerous" : "refused",
      ),
  );
}

function wholeBytes(limit: number): bigint {
  if (Number.isSafeInteger(limit) && limit >= 0) return BigInt(limit);
  throw new BittensorAuthError("invalid_configuration", "bodyLimit: expected a whole number of bytes");
}
