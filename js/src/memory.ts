/** The store of one process. */

import { runtime } from "#runtime";
import { engine } from "./engine/current.js";
import type { EngineMemoryStore } from "./engine/engine.js";
import { decide } from "./engine/failure.js";
import { entropy } from "./entropy.js";
import { BittensorAuthError } from "./errors.js";
import type { BoundStore, Store, StoreContext } from "./store.js";
import { systemClock, unsigned } from "./time.js";

/** Settings of `MemoryStore`. */
export interface MemoryStoreOptions {
  /** How many live requests are remembered; 1,000,000 unless said. Beyond it the answer is `store_full` (503). */
  readonly capacity?: number;
  /** How many live sessions are; 100,000 unless said. */
  readonly sessionCapacity?: number;
  /** There was no process before this one, as in a demo or a test. */
  readonly nothingAcceptedBefore?: boolean;
  /** This is the only process, whatever it looks like. */
  readonly singleProcessAcknowledged?: boolean;
}

const LARGEST_CAPACITY = 0xffff_ffff;

/**
 * Remembers requests and sessions in the memory of this process, exactly and within bounds.
 *
 * For one process: with several workers the same request would pass once in each, so cluster workers, worker threads,
 * `WEB_CONCURRENCY` above 1 and isolates are refused (`unsafe_store`) unless `singleProcessAcknowledged` says that the
 * check is mistaken.
 *
 * A process cannot know what the one before it accepted, so for the first 4 s (skew and clock margin) everything that
 * could be a replay is answered `store_warming` (503). `nothingAcceptedBefore` says that there was none.
 */
export class MemoryStore implements Store {
  readonly #memory: EngineMemoryStore;
  readonly #acknowledged: boolean;

  constructor(options: MemoryStoreOptions = {}) {
    const started = options.nothingAcceptedBefore ? undefined : systemClock();
    const [capacity, sessions] = [
      count("capacity", options.capacity),
      count("sessionCapacity", options.sessionCapacity),
    ];
    this.#memory = decide(() => new (engine().MemoryStore)(capacity, sessions, started, entropy()));
    this.#acknowledged = options.singleProcessAcknowledged === true;
  }

  /** How many requests are remembered. */
  get size(): number {
    return this.#memory.claims();
  }

  /** Gives back the memory of everything that ended before `now`, Unix nanoseconds. Claims do so by themselves. */
  purge(now: bigint = systemClock()): void {
    decide(() => this.#memory.purge(unsigned("now", now)));
  }

  /** Called once by whoever uses the store. */
  open({ clock }: StoreContext): BoundStore {
    const memory = this.#memory;
    return {
      memory,
      start: () => this.#checkSingleProcess(),
      claim: async (claim) => decide(() => memory.claim(claim, clock())),
      create: async (_, login) => decide(() => memory.create(login, clock())),
      read: async (_, presented) => decide(() => memory.read(presented, clock())),
      rotate: async (sessions, presented) => decide(() => memory.rotate(presented, sessions, clock())),
      end: async (_, presented) => decide(() => memory.end(presented)),
      revoke: async (_, hotkey) => decide(() => memory.revoke(hotkey)),
    };
  }

  #checkSingleProcess(): void {
    if (this.#acknowledged || runtime.isOnlyProcess()) return;
    throw new BittensorAuthError(
      "unsafe_store",
      "MemoryStore: expected one process for this receiver, found several; use RedisStore",
    );
  }
}

function count(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= LARGEST_CAPACITY)) return value;
  throw new BittensorAuthError("invalid_configuration", `${name}: expected a whole number`);
}
