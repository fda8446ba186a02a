/** What a store offers to whoever authenticates. */

import type {
  EngineClaim,
  EngineLogin,
  EngineMemoryStore,
  EngineOutcome,
  EnginePresented,
  EnginePresentedRefresh,
  EngineRead,
  EngineRotated,
  EngineSessions,
  EngineVerifier,
} from "./engine/engine.js";
import type { Clock } from "./time.js";

/** A place that remembers accepted requests and live sessions: `MemoryStore`, or `RedisStore` of `bittensor-auth/redis`. */
export interface Store {
  /** Called once by whoever uses the store. */
  open(context: StoreContext): BoundStore;
}

/** What a store needs to know of the service that uses it. */
export interface StoreContext {
  readonly verifier: EngineVerifier;
  readonly clock: Clock;
}

/** A store in use by one service. Nothing rejects for a store that fails, unless it says so: the answer says it. */
export interface BoundStore {
  /** The memory of this process, if that is the store: then everything is decided in one call. */
  readonly memory?: EngineMemoryStore;
  /** Throws `unsafe_store` when this store cannot rule out replays in this deployment. Called before the first claim. */
  start(): Promise<void> | void;
  claim(claim: EngineClaim): Promise<EngineOutcome>;
  create(sessions: EngineSessions, login: EngineLogin): Promise<EngineOutcome>;
  read(sessions: EngineSessions, presented: EnginePresented): Promise<EngineRead>;
  rotate(sessions: EngineSessions, presented: EnginePresentedRefresh): Promise<EngineRotated>;
  /** Rejects with `store_unavailable` when it could not be done. */
  end(sessions: EngineSessions, presented: EnginePresented): Promise<void>;
  /** Rejects with `store_unavailable` when it could not be done. `hotkey`: its canonical address. */
  revoke(sessions: EngineSessions, hotkey: string): Promise<void>;
}
