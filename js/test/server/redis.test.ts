/** `RedisStore` over both clients and a real server that is killed, frozen, emptied and misconfigured. */

import { once } from "node:events";
import { type AddressInfo, createServer, connect as tcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { useEngine as load } from "../../src/engine/current.js";
import { Keypair, RequestSigner } from "../../src/index.js";
import { RedisStore } from "../../src/redis.js";
import type { HotkeyAuth } from "../../src/server.js";
import { miner, refusal, rejection, service } from "../actors.js";
import { ADDON, WASM } from "../engines.js";
import { CLIENTS, type Client, RedisServer } from "./redis-server.js";
import { auth, silent } from "./service.js";

const TIMEOUT = 200;

const unhandled: unknown[] = [];
const remember = (cause: unknown) => void unhandled.push(cause);
beforeAll(() => void process.on("unhandledRejection", remember));
afterAll(() => void process.off("unhandledRejection", remember));
afterEach(() => expect(unhandled).toEqual([]));

const keypair = miner();
let signer: RequestSigner;
beforeAll(() => {
  signer = new RequestSigner(keypair, { receiver: service().ss58Address });
});

function request(): Request {
  const headers = signer.sign({ method: "GET", target: "/x" });
  return new Request("https://api.example.org/x", { headers: { ...headers } });
}

const verdict = (server: HotkeyAuth, of = request()) =>
  server.caller(of).then(
    () => "ok",
    (refused: { code: string }) => refused.code,
  );

describe.each(Object.keys(CLIENTS))("with the client %s", (name) => {
  let redis: RedisServer;
  let client: Client;
  const open: RedisStore[] = [];
  const connect = async (to: { readonly port: number } = redis, user?: string) =>
    (await CLIENTS[name]?.(to.port, user)) as Client;
  const store = (of = client, timeoutMs = TIMEOUT) => {
    const made = new RedisStore(of.client, { timeoutMs, log: silent });
    open.push(made);
    return made;
  };
  const warm = async (server: HotkeyAuth) => {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const answer = await verdict(server);
      if (answer === "ok") return;
      expect(["store_warming", "store_unavailable"]).toContain(answer);
      await sleep(100);
    }
    throw new Error("the store did not warm up");
  };

  beforeAll(async () => {
    redis = await RedisServer.start();
    client = await connect();
    await warm(auth({ store: store() }));
  }, 20_000);
  afterAll(async () => {
    client.close();
    await redis.stop();
  });
  afterEach(() => {
    for (const made of open.splice(0)) made.close();
  });

  it("lets a request pass once, on two servers that share it", async () => {
    const [one, other] = [auth({ store: store() }), auth({ store: store() })];
    for (let round = 0; round < 20; round += 1) {
      const headers = signer.sign({ method: "GET", target: "/x" });
      const again = () => new Request("https://api.example.org/x", { headers: { ...headers } });
      const verdicts = await Promise.all([one, other, one, other].map((server) => verdict(server, again())));
      expect(verdicts.sort()).toEqual(["ok", "replayed_request", "replayed_request", "replayed_request"]);
    }
  });

  it("writes the keys of the standard into the database of its client", async () => {
    const server = auth({ store: store(), namespace: "keys-test" });
    await verdict(server);
    await sleep(0);
    const own = await connect();
    const keys = String(
      await redis.run("EVAL", "redis.call('SELECT', 3) return table.concat(redis.call('KEYS', '*'), ' ')", "0"),
    );
    expect(keys).toContain("bta:{keys-test.0}:e");
    expect(keys).toContain("bta:{keys-test.s}:e");
    expect(keys).not.toContain("theirs:");
    own.close();
  });

  it("takes one round trip and one script for what comes in one tick", async () => {
    const server = auth({ store: store() });
    await verdict(server);
    const before = await redis.calls();
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => verdict(server)));
    const after = await redis.calls();
    expect(new Set(verdicts)).toEqual(new Set(["ok"]));
    expect((after["evalsha"] ?? 0) - (before["evalsha"] ?? 0)).toBe(1);
    expect(after["eval"]).toBe(before["eval"]);
  });

  it("asks once for one request and once for one session", async () => {
    const server = auth({ store: store() });
    await verdict(server);
    const token = await session(server);
    const before = await redis.calls();
    expect(await verdict(server)).toBe("ok");
    await server.session(new Request("https://api.example.org/x", { headers: { authorization: `Bearer ${token}` } }));
    const after = await redis.calls();
    const grown = Object.fromEntries(
      Object.entries(after)
        .map(([command, count]) => [command, count - (before[command] ?? 0)] as const)
        .filter(([command, count]) => count > 0 && /^(evalsha|eval|mget|script|multi|exec)/.test(command)),
    );
    expect(grown).toEqual({ evalsha: 1, mget: 1 });
  });

  it("sends the script again where the server lost it", async () => {
    const server = auth({ store: store() });
    expect(await verdict(server)).toBe("ok");
    await redis.run("SCRIPT", "FLUSH");
    expect(await verdict(server)).toBe("ok");
    await redis.run("SCRIPT", "FLUSH");
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => verdict(server)));
    expect(new Set(verdicts)).toEqual(new Set(["ok"]));
  });

  it("believes nothing that was signed before the memory was lost", async () => {
    const server = auth({ store: store() });
    expect(await verdict(server)).toBe("ok");
    const headers = signer.sign({ method: "GET", target: "/x" });
    const captured = () => new Request("https://api.example.org/x", { headers: { ...headers } });
    expect(await verdict(server, captured())).toBe("ok");
    await redis.run("FLUSHALL");
    expect(await verdict(server, captured())).toBe("store_warming");
    const refused = await rejection("store_warming", server.caller(request()));
    expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
    expect(refused.retryAfter).toBeLessThanOrEqual(5);
    await warm(server);
    expect(await verdict(server, captured())).not.toBe("ok");
  }, 20_000);

  it("answers in time while the server is frozen, then goes on", async () => {
    const server = auth({ store: store() });
    expect(await verdict(server)).toBe("ok");
    redis.freeze();
    const replay = request();
    const started = performance.now();
    const verdicts = await Promise.all([verdict(server, replay), ...Array.from({ length: 50 }, () => verdict(server))]);
    expect(performance.now() - started).toBeLessThan(TIMEOUT + 150);
    expect(new Set(verdicts)).toEqual(new Set(["store_unavailable"]));
    for (let round = 0; round < 3; round += 1) {
      const again = performance.now();
      expect(await verdict(server)).toBe("store_unavailable");
      expect(performance.now() - again).toBeLessThan(TIMEOUT + 150);
    }
    redis.thaw();
    await warm(server);
    expect(await verdict(server, replay), "asking again gives the same answer").toBe("store_unavailable");
    const clients = String(await redis.run("CLIENT", "LIST"))
      .split("\n")
      .filter((line) => line.includes("addr="));
    expect(clients.length, "no connection is left behind").toBeLessThan(8);
  }, 20_000);

  it("answers while the server is away, then goes on", async () => {
    const server = auth({ store: store() });
    expect(await verdict(server)).toBe("ok");
    const headers = signer.sign({ method: "GET", target: "/x" });
    const captured = () => new Request("https://api.example.org/x", { headers: { ...headers } });
    expect(await verdict(server, captured())).toBe("ok");
    await redis.kill();
    const started = performance.now();
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => verdict(server)));
    expect(performance.now() - started).toBeLessThan(TIMEOUT + 150);
    expect(new Set(verdicts)).toEqual(new Set(["store_unavailable"]));
    await redis.restart();
    await sleep(60);
    expect(["store_warming", "store_unavailable"]).toContain(await verdict(server, captured()));
    await warm(server);
    expect(["stale_request", "store_warming", "store_unavailable", "replayed_request"]).toContain(
      await verdict(server, captured()),
    );
  }, 20_000);

  it("starts with the server away, and checks it before it believes it", async () => {
    const elsewhere = await RedisServer.start("--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb");
    await elsewhere.kill();
    const own = await connect(elsewhere);
    const server = auth({ store: store(own) });
    await server.start();
    expect(await verdict(server)).toBe("store_unavailable");
    await elsewhere.restart();
    await sleep(60);
    expect(await verdict(server)).toBe("unsafe_store");
    await elsewhere.run("CONFIG", "SET", "maxmemory-policy", "noeviction");
    await warm(server);
    own.close();
    await elsewhere.stop();
  }, 20_000);

  it("refuses a server that may forget", async () => {
    const evicting = await RedisServer.start("--maxmemory-policy", "allkeys-lru");
    const own = await connect(evicting);
    await rejection("unsafe_store", auth({ store: store(own) }).start());
    own.close();
    const replica = await RedisServer.start("--replicaof", "127.0.0.1", String(evicting.port));
    const other = await connect(replica);
    await rejection("unsafe_store", auth({ store: store(other) }).start());
    other.close();
    await Promise.all([evicting.stop(), replica.stop()]);
  }, 20_000);

  it("finds the new primary behind a name, while the old one lives on as a replica", async () => {
    const [old, next] = [await RedisServer.start(), await RedisServer.start()];
    let target = old.port;
    // Open connections stay where they are.
    const behind = createServer((near) => {
      const far = tcp(target, "127.0.0.1");
      near.on("error", () => far.destroy()).pipe(far);
      far.on("error", () => near.destroy()).pipe(near);
    }).listen(0, "127.0.0.1");
    await once(behind, "listening");
    const own = await connect(behind.address() as AddressInfo);
    const server = auth({ store: store(own) });
    await warm(server);
    target = next.port;
    await old.run("REPLICAOF", "127.0.0.1", String(next.port));
    expect(await verdict(server)).toBe("store_unavailable");
    await warm(server);
    own.close();
    behind.close();
    await Promise.all([old.stop(), next.stop()]);
  }, 20_000);

  it("says what a user of the server lacks", async () => {
    await redis.run("ACL", "SETUSER", "blind", "on", ">blind", "~*", "+@all", "-info");
    const blind = await connect(redis, "blind");
    const refused = await rejection("unsafe_store", auth({ store: store(blind) }).start());
    expect(refused.message).toContain("INFO");
    blind.close();
    await redis.run("ACL", "SETUSER", "mute", "on", ">mute", "~*", "+info", "+select", "+client", "+hello", "+ping");
    const mute = await connect(redis, "mute");
    expect(await verdict(auth({ store: store(mute) }))).toBe("store_unavailable");
    mute.close();
  });

  it("refuses clocks that differ", async () => {
    const ahead = auth({ store: store(), clock: () => BigInt(Date.now() + 5_000) * 1_000_000n });
    const headers = new RequestSigner(keypair, {
      receiver: service().ss58Address,
      clock: () => BigInt(Date.now() + 5_000) * 1_000_000n,
    }).sign({ method: "GET", target: "/x" });
    const made = new Request("https://api.example.org/x", { headers: { ...headers } });
    expect(await verdict(ahead, made)).toBe("clock_disagreement");
  });

  it("ends its connection with its client", async () => {
    const own = await connect();
    const server = auth({ store: store(own) });
    expect(await verdict(server)).toBe("ok");
    const count = async () => String(await redis.run("CLIENT", "LIST")).split("\n").length;
    const before = await count();
    own.close();
    await sleep(100);
    expect(await count()).toBeLessThanOrEqual(before - 1);
    expect(await verdict(server), "it can be used again").toBe("ok");
  });

  it("works over the WebAssembly engine", async () => {
    load(WASM);
    try {
      const wasm = new RequestSigner(Keypair.fromSeed(new Uint8Array(32).fill(2)), {
        receiver: Keypair.fromSeed(new Uint8Array(32).fill(1)).ss58Address,
      });
      const server = auth({ store: store() });
      const headers = wasm.sign({ method: "GET", target: "/x" });
      const made = () => new Request("https://api.example.org/x", { headers: { ...headers } });
      expect(await verdict(server, made())).toBe("ok");
      expect(await verdict(server, made())).toBe("replayed_request");
      expect(await session(server)).toMatch(/^btas_/);
    } finally {
      load(ADDON);
    }
  });
});

it("refuses what is no client, and no time-out", async () => {
  for (const client of [undefined, {}, { call() {}, duplicate() {}, status: "ready", isCluster: true }]) {
    refusal("invalid_configuration", () => new RedisStore(client as never));
  }
  const client = { call: async () => "", duplicate: () => ({}), status: "ready", on: () => {} };
  for (const timeoutMs of [0, -1, Number.NaN]) {
    refusal("invalid_configuration", () => new RedisStore(client, { timeoutMs }));
  }
});

/** A session token, by the routes. */
async function session(server: HotkeyAuth): Promise<string> {
  const post = async (path: string, body: object) => {
    const made = new Request(`https://api.example.org/auth/${path}`, { method: "POST", body: JSON.stringify(body) });
    return (await (await server.handle(made))?.json()) as Record<string, string>;
  };
  const hotkey = keypair.ss58Address;
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const { challenge = "", sealed = "" } = await post("challenge", { hotkey });
    const signature = Buffer.from(miner().sign(challenge)).toString("hex");
    const { session_token: token, code } = await post("session", { hotkey, sealed, signature });
    if (token !== undefined) return token;
    expect(code).toBe("store_warming");
    await sleep(100);
  }
  throw new Error("the slot of sessions did not warm up");
}
