/** A real Redis on a port of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { createClient } from "redis";
import type { Ioredis, NodeRedis } from "../../src/redis.js";

export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "bittensor-auth-redis-"));
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, flags: readonly string[]) {
    this.port = port;
    this.#flags = flags;
  }

  static async start(...flags: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), flags);
    await server.restart();
    return server;
  }

  /** Starts it, empty. */
  async restart(): Promise<void> {
    const settings = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder, "--save", ""];
    this.#process = spawn("redis-server", [...settings, ...this.#flags], { stdio: "ignore" });
    for (let attempt = 0; attempt < 200; attempt += 1) {
      if (await accepts(this.port)) return;
      await sleep(20);
    }
    throw new Error("redis-server did not start");
  }

  async kill(): Promise<void> {
    const ended = this.#process;
    this.#process = undefined;
    if (ended === undefined) return;
    ended.kill("SIGKILL");
    if (ended.exitCode === null && ended.signalCode === null) await once(ended, "exit");
  }

  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Runs one command on a connection of its own. */
  async run(command: string, ...args: string[]): Promise<unknown> {
    const client = new Redis(this.port, "127.0.0.1", { maxRetriesPerRequest: 0 });
    try {
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** How often each command ran; `all` besides those of `ignored`. */
  async calls(): Promise<Readonly<Record<string, number>>> {
    const stats = String(await this.run("INFO", "commandstats"));
    return Object.fromEntries(
      [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, n]) => [name, Number(n)]),
    );
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export interface Client {
  readonly client: Ioredis | NodeRedis;
  close(): void;
}

/** A client as a user makes it; with settings that would do harm, if the store used it as it is. */
export const CLIENTS: Readonly<Record<string, (port: number, user?: string) => Promise<Client>>> = {
  ioredis: async (port, user) => {
    const login = user === undefined ? {} : { username: user, password: user };
    const client = new Redis({ port, host: "127.0.0.1", keyPrefix: "theirs:", stringNumbers: true, db: 3, ...login });
    client.on("error", () => {}).setMaxListeners(0);
    return { client, close: () => client.disconnect() };
  },
  redis: async (port, user) => {
    const login = user === undefined ? "" : `${user}:${user}@`;
    const client = createClient({
      url: `redis://${login}127.0.0.1:${port}/3`,
      keyPrefix: "theirs:",
      commandOptions: { typeMapping: { [36 satisfies number]: Buffer } },
    });
    client.on("error", () => {}).setMaxListeners(0);
    client.connect().catch(() => {});
    return { client, close: () => client.destroy() };
  },
};

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
