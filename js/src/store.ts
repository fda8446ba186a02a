/** What a store offers to whoever authenticates. */

import type { EngineClaim, EngineMemoryStore, EngineOutcome, EngineVerifier } from "./engine/engine.js";
import type { Clock } from "./time.js";

/** A place that remembers accepted requests: `MemoryStore`, or `RedisStore` of `bittensor-auth/redis`. */
export interface Store {
  /** Called once by whoever uses the store. */
  open(context: StoreContext): BoundStore;
}

/** What a store needs to know of the service that uses it. */
export interface StoreContext {
  readonly verifier: EngineVerifier;
  readonly clock: Clock;
}

/** A store in use by one service. */
export interface BoundStore {
  /** The memory of this process, if that is the store: then everything is decided in one call. */
  readonly memory?: EngineMemoryStore;
  /** Throws `unsafe_store` when this store cannot rule out replays in this deployment. Called before the first claim. */
  start(): Promise<void> | void;
  /** Never rejects for a store that fails: the outcome says it. */
  claim(claim: EngineClaim): Promise<EngineOutcome>;
}
