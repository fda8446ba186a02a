/** The two Redis clients that people have, each reduced to one connection. */

import { BittensorAuthError } from "../errors.js";
import { type Connection, Refusal, type Reply } from "./wire.js";

/** A client of the package `ioredis`. */
export interface Ioredis {
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(override?: object): unknown;
  on(event: "end", listener: () => void): unknown;
}

/** A client of the package `redis`. */
export interface NodeRedis {
  readonly isOpen: boolean;
  sendCommand(words: readonly string[]): Promise<unknown>;
  duplicate(overrides?: object): unknown;
  on(event: "end", listener: () => void): unknown;
}

interface IoredisConnection extends Omit<Ioredis, "on"> {
  connect(): Promise<void>;
  disconnect(): void;
  on(event: "error", listener: () => void): unknown;
}

interface NodeRedisConnection extends Omit<NodeRedis, "on"> {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error", listener: () => void): unknown;
}

/** Connects like the user's client, but on a connection that is nobody else's. */
export function connector(client: unknown, timeoutMs: number): () => Promise<Connection> {
  if (isIoredis(client)) return () => connectIoredis(client, timeoutMs);
  if (isNodeRedis(client)) return () => connectNodeRedis(client, timeoutMs);
  throw new BittensorAuthError(
    "invalid_configuration",
    "client: expected a client of one server, from `new Redis(…)` of ioredis or `createClient(…)` of redis",
  );
}

/**
 * Nothing is queued while there is no connection and nothing is sent twice: a claim whose outcome is unknown must not be
 * (`spec/03 §3`). Keys and replies are the standard's, whatever the user's client does to its own.
 */
async function connectIoredis(client: Ioredis, timeoutMs: number): Promise<Connection> {
  const own = client.duplicate({
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    commandTimeout: undefined,
    connectTimeout: timeoutMs,
    disableClientInfo: true,
    disconnectTimeout: 0,
    enableAutoPipelining: false,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    keyPrefix: "",
    lazyConnect: true,
    monitor: false,
    readOnly: false,
    reconnectOnError: null,
    retryStrategy: null,
    stringNumbers: false,
  }) as IoredisConnection;
  own.on("error", () => {});
  const drop = () => own.disconnect();
  const connection: Connection = {
    get alive() {
      return own.status === "ready";
    },
    send: ([command = "", ...args]) => replied(own.call(command, ...args)),
    drop,
  };
  await within(own.connect(), timeoutMs, drop);
  return connection;
}

async function connectNodeRedis(client: NodeRedis, timeoutMs: number): Promise<Connection> {
  const { socket } = (client as { readonly options?: { readonly socket?: object } }).options ?? {};
  const own = client.duplicate({
    commandOptions: {},
    disableOfflineQueue: true,
    pingInterval: undefined,
    readonly: false,
    socket: { ...socket, connectTimeout: timeoutMs, reconnectStrategy: false },
  }) as NodeRedisConnection;
  own.on("error", () => {});
  const drop = () => {
    if (own.isOpen) own.destroy();
  };
  const connection: Connection = {
    get alive() {
      return own.isReady;
    },
    send: (words) => replied(own.sendCommand(words)),
    drop,
  };
  await within(own.connect(), timeoutMs, drop);
  return connection;
}

/** A server that accepts connections and says nothing would keep a connection that nobody waits for. */
async function within(connecting: Promise<unknown>, ms: number, drop: () => void): Promise<void> {
  const timer = setTimeout(drop, ms);
  try {
    await connecting;
  } catch (failed) {
    drop();
    throw failed;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * An error reply leaves the connection usable; any other failure does not, and goes on. So does the word that the server
 * is no longer the primary (`spec/03 §5`): another connection finds the new one. Redis before 7 says it in the middle,
 * when a script ran into it.
 */
async function replied(reply: Promise<unknown>): Promise<Reply> {
  try {
    return (await reply) as Reply;
  } catch (cause) {
    // The clients name the class of such an error differently; the server's word for its kind is in capitals.
    const isReply = cause instanceof Error && /^[A-Z]+ /.test(cause.message);
    if (isReply && !cause.message.includes("READONLY")) return new Refusal(cause);
    throw cause;
  }
}

function isIoredis(client: unknown): client is Ioredis {
  return (
    has(client, ["call", "duplicate"]) && "status" in client && (client as { isCluster?: unknown }).isCluster !== true
  );
}

function isNodeRedis(client: unknown): client is NodeRedis {
  // A client of a cluster or of sentinels takes other arguments.
  return has(client, ["sendCommand", "duplicate"]) && "isReady" in client && !("getSentinelNode" in client);
}

function has(client: unknown, methods: readonly string[]): client is object {
  if (typeof client !== "object" || client === null) return false;
  return methods.every((name) => typeof (client as Record<string, unknown>)[name] === "function");
}
