/** A request between its headers and its caller. */

import { text } from "./bytes.js";
import { Caller } from "./caller.js";
import type { EngineHead, EnginePending, EnginePolicy } from "./engine/engine.js";
import { decide } from "./engine/failure.js";
import type { BoundStore } from "./store.js";
import type { Clock } from "./time.js";

/** @internal What a head needs of its verifier. */
export interface Settlement {
  readonly policy: EnginePolicy;
  readonly store: BoundStore;
  readonly clock: Clock;
  readonly longestAgeMs: number;
  start(): Promise<void>;
}

/** Headers that hold; the body follows piece by piece. */
export class CheckedHead {
  #head: EngineHead | undefined;
  readonly #settlement: Settlement;

  /** @internal */
  constructor(head: EngineHead, settlement: Settlement) {
    this.#head = head;
    this.#settlement = settlement;
  }

  /** How long after its signing a request may still be accepted: no body is worth waiting for longer. */
  get longestAgeMs(): number {
    return this.#settlement.longestAgeMs;
  }

  /** Takes the next piece of the raw body. Throws `payload_too_large` past the limit. */
  update(piece: Uint8Array): void {
    const head = this.#head;
    if (head !== undefined) decide(() => head.update(piece));
  }

  /**
   * The caller: checks the signature over every piece taken, asks the policy, makes the replay claim. Works once.
   *
   * `target`: path and query exactly as on the request line, without what a proxy stripped; that is `publicPrefix`.
   */
  async verify(request: { method: string; target: string; publicPrefix?: string }): Promise<Caller> {
    const [method, target] = [text("method", request.method), text("target", request.target)];
    return settle(this.#verified(method, target, request.publicPrefix), this.#settlement);
  }

  /** Gives back the memory of a head that is not verified. */
  dispose(): void {
    this.#head?.free?.();
    this.#head = undefined;
  }

  #verified(method: string, target: string, prefix = ""): EnginePending {
    const head = this.#head;
    this.#head = undefined;
    if (head === undefined) throw new TypeError("a request is verified once");
    return decide(() => head.verify(method, prefix, target, ""));
  }
}

/** Policy and replay claim of a request whose signature holds. */
export async function settle(pending: EnginePending, settlement: Omit<Settlement, "longestAgeMs">): Promise<Caller> {
  return new Caller(decide(await claim(pending, settlement)));
}

/** Makes the replay claim. What it gives settles the request, and by that the engine uses up what is pending. */
async function claim(pending: EnginePending, settlement: Omit<Settlement, "longestAgeMs">): Promise<() => string[]> {
  const { policy, store, clock, start } = settlement;
  const { memory } = store;
  try {
    await start();
    if (memory !== undefined) return settleAt(clock(), (now) => pending.settleInMemory(policy, memory, now));
    const outcome = await store.claim(decide(() => pending.claim(policy, clock())));
    return settleAt(clock(), (now) => pending.settle(outcome, now));
  } catch (refused) {
    pending.free?.();
    throw refused;
  }
}

function settleAt(now: bigint, settle: (now: bigint) => string[]): () => string[] {
  return () => settle(now);
}
