/** No JavaScript number ever holds a nonce or an instant: 2^53 ns passed in April 1970. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { useEngine } from "../src/engine/current.js";
import type { Engine } from "../src/engine/engine.js";
import { MemoryStore, Policy, RequestSigner, signRequest, Verifier } from "../src/index.js";
import { miner, NOW, service } from "./actors.js";
import { ENGINES } from "./engines.js";

const REQUEST = { method: "POST", target: "/x", body: "body" };

type Call = (...given: unknown[]) => unknown;

const ORIGINALS = new WeakMap<object, object>();

/** The same object of an engine, or the engine itself, which tells every value that crosses its border. */
function watched<T extends object>(original: T, seen: (value: unknown) => void): T {
  const out = (value: unknown): unknown => {
    for (const one of Array.isArray(value) ? value : [value]) seen(one);
    const ofEngine = typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value);
    return ofEngine ? watched(value, seen) : value;
  };
  const into = (given: unknown[]) => given.map((value) => ORIGINALS.get(value as object) ?? value);
  const callable = (owner: object, call: Call): unknown =>
    new Proxy(() => {}, {
      apply(_, __, given) {
        given.forEach(seen);
        return out(Reflect.apply(call, owner, into(given)));
      },
      get: (_, name) => callable(call, Reflect.get(call, name) as Call),
    });
  const constructible = (make: new (...given: unknown[]) => object): unknown => {
    const construct = (given: unknown[]) => {
      given.forEach(seen);
      return out(Reflect.construct(make, into(given))) as object;
    };
    return new Proxy(class {}, {
      construct: (_, given) => construct(given),
      get: (_, name) => callable(make, Reflect.get(make, name) as Call),
    });
  };
  const proxy = new Proxy(
    {},
    {
      get(_, name) {
        const member: unknown = Reflect.get(original, name);
        if (typeof member !== "function") return member;
        const isClass = typeof name === "string" && /^[A-Z]/.test(name);
        return isClass ? constructible(member as never) : callable(original, member as Call);
      },
    },
  );
  ORIGINALS.set(proxy, original);
  return proxy as T;
}

/** Everything that a client and a server do, once. */
async function everything(): Promise<void> {
  const receiver = service().ss58Address;
  const clock = () => NOW;
  const client = new RequestSigner(miner(), { receiver, clock });
  client.correctClock(Number(NOW / 1_000_000n));
  const keypair = miner();
  const external = { ss58Address: keypair.ss58Address, sign: (message: Uint8Array) => keypair.sign(message) };
  const attempts = [
    client.sign({ ...REQUEST, nonce: NOW }),
    client.sign(REQUEST),
    await new RequestSigner(external, { receiver, clock }).signAsync(REQUEST),
  ];
  const store = new MemoryStore({ nothingAcceptedBefore: true, singleProcessAcknowledged: true });
  const server = new Verifier({ receiver, store, clock, policy: Policy.anyHotkey() });
  const [exact, ...others] = attempts.map((headers) => server.verify({ ...REQUEST, headers }));
  expect(exact?.signedAtNs).toBe(NOW);
  expect(others.length).toBe(2);
  const again = client.sign({ ...REQUEST, nonce: NOW + 1n });
  expect(
    (await server
      .checkHead(again)
      .verify({ ...REQUEST, target: "/x" })
      .catch(() => undefined)) ?? "refused",
  ).toBe("refused");
  store.purge();
  await signRequest(miner(), { ...REQUEST, receiver });
}

describe.each(ENGINES)("$name", ({ engine }) => {
  it("takes and gives whole small numbers only, and every instant as a bigint or as text", async () => {
    const numbers: number[] = [];
    let bigints = 0;
    useEngine(
      watched<Engine>(engine, (value) => {
        if (typeof value === "number") numbers.push(value);
        if (typeof value === "bigint") bigints += 1;
        if (value instanceof Float64Array) numbers.push(...value);
      }),
    );
    try {
      await everything();
    } finally {
      useEngine(undefined);
    }
    expect(bigints).toBeGreaterThan(10);
    for (const number of numbers) expect(number).toBeLessThan(2 ** 32);
  });

  it("refuses a number where an instant is meant", () => {
    const number = Number(NOW) as unknown as bigint;
    expect(() => engine.checkLoginText("", "https://a", service().ss58Address, number)).toThrow();
    expect(() => new engine.RefreshSchedule(number, number, number, number)).toThrow();
  });
});

describe("the sources", () => {
  it("convert to numbers in the places that this list knows", () => {
    const folder = new URL("../src/", import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const conversions = files.flatMap((name) => {
      const source = readFileSync(new URL(name, folder), "utf8");
      return [...source.matchAll(/.*\b(?:Number\(|map\(Number\)|parseInt|parseFloat|\+\w+\.nonce).*/g)].map(
        ([line]) => `${name}: ${line.trim()}`,
      );
    });
    expect(conversions.sort()).toEqual([
      "client/bytes.ts: return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));",
      "client/errors.ts: return [kind, Number(status), retry, title, hint ?? (isRefusal ? OPERATOR : HINTS[retry])];",
      "client/keeper.ts: const isNews = grant?.id !== asked?.id || (grant?.clock[0] ?? 0) > Number(asked?.issued);",
      "client/keeper.ts: return Number((until - now + NANOS_PER_MILLI - 1n) / NANOS_PER_MILLI);",
      "client/signed-fetch.ts: const ahead = told - Number(this.#clock() / NANOS_PER_MILLI);",
      "client/wire.ts: return /^\\d{1,6}$/.test(value) ? Math.max(Number(value), 1) : undefined;",
      'engine/failure.ts: const [ageMs = 0, maxAgeMs = 0, allowedSkewMs = 0] = words.split(" ").map(Number);',
      'engine/failure.ts: retryAfter: wait === "" ? undefined : Number(wait),',
      'engine/node.ts: isOnlyProcess: () => isMainThread && !cluster.isWorker && !(Number(env["WEB_CONCURRENCY"]) > 1),',
      'server/node.ts: return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;',
      "server/routes.ts: expires_at: Number(expiresAt),",
      "server/routes.ts: refresh_expires_at: Number(refreshExpiresAt),",
      "server/routes.ts: return { members: { challenge: text, sealed, expires_at: Number(expiresAt) } };",
      "server/service.ts: const expiresAt = Number(presented.expiresAt() / 1_000_000_000n);",
      "server/service.ts: const withinMs = Number(this.#verifier.longestAge() / 1_000_000n);",
      "server/service.ts: return Number(this.clock() / 1_000_000n);",
      "signer.ts: Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),",
      "verifier.ts: longestAgeMs: Number(this.#verifier.longestAge() / 1_000_000n),",
    ]);
  });
});
