/** `RedisStore`: one replay set and one set of sessions for all workers, over your own Redis or Valkey client. */

import { BittensorAuthError } from "./errors.js";
import { BoundRedis } from "./redis/bound.js";
import { connector, type Ioredis, type NodeRedis } from "./redis/clients.js";
import { type Connection, Wire } from "./redis/wire.js";
import type { Log } from "./server/settings.js";
import type { BoundStore, Store, StoreContext } from "./store.js";

export type { Ioredis, NodeRedis } from "./redis/clients.js";

/** Settings of `RedisStore`. */
export interface RedisStoreOptions {
  /** How long a request waits for the store until it is answered 503: 200 ms unless said. */
  readonly timeoutMs?: number;
  /** `console` unless said. */
  readonly log?: Log;
}

/**
 * Remembers requests and sessions in Redis ≥ 6.2 or Valkey, with the same keys and values as every other language.
 *
 * `client`: your client of `ioredis` or `redis`. The store makes one connection of its own with the same settings, so
 * that what your client queues, resends, prefixes or maps does not touch it; claims and reads that arrive in one tick of
 * the event loop share one round trip. The connection ends with your client, or with `close()`.
 *
 * Start-up is refused (`unsafe_store`) when the server may evict keys, is a replica or is too old. A server that does
 * not answer within `timeoutMs` means `store_unavailable` (503).
 */
export class RedisStore implements Store {
  readonly #connect: () => Promise<Connection>;
  readonly #timeoutMs: number;
  readonly #log: Log;
  readonly #wires: Wire[] = [];

  constructor(client: Ioredis | NodeRedis, { timeoutMs = 200, log = console }: RedisStoreOptions = {}) {
    if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) {
      throw new BittensorAuthError("invalid_configuration", "timeoutMs: expected milliseconds above 0");
    }
    this.#connect = connector(client, timeoutMs);
    this.#timeoutMs = timeoutMs;
    this.#log = log;
    client.on("end", () => this.close());
  }

  /** Called once by whoever uses the store. */
  open(context: StoreContext): BoundStore {
    const wire = new Wire(this.#connect, this.#timeoutMs, (message) => this.#log.warn(`bittensor-auth: ${message}`));
    this.#wires.push(wire);
    return new BoundRedis(context, wire, (what, why) => {
      this.#log.error(`bittensor-auth: redis refused ${what}: ${why}`);
    });
  }

  /** Ends the connection of the store. */
  close(): void {
    for (const wire of this.#wires) wire.close();
  }
}
