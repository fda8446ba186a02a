/** The life of a session over HTTP, on the memory of a process and on Redis (`spec/04`). */

import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Keypair, Policy } from "../../src/index.js";
import { RedisStore } from "../../src/redis.js";
import { HotkeyAuth, type HotkeyAuthOptions } from "../../src/server.js";
import { memory, miner, refusal, rejection, service, stranger } from "../actors.js";
import { APPS } from "./apps.js";
import { type Answer, ask } from "./raw-http.js";
import { RedisServer } from "./redis-server.js";
import { assertProblem, auth, ORIGIN, read, SECRET, signed, silent } from "./service.js";

const API = "https://api.example.org";
type Grant = Record<"hotkey" | "refresh_token" | "session_token", string> & Record<string, unknown>;

/** One service, called as a browser's dashboard calls it. */
class Dashboard {
  readonly server: HotkeyAuth;

  constructor(server: HotkeyAuth) {
    this.server = server;
  }

  async post(path: string, body: unknown, headers: HeadersInit = {}): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return read(await this.server.handle(new Request(`${API}/auth/${path}`, { method: "POST", body: text, headers })));
  }

  async challenge(by: Keypair = miner(), form?: string): Promise<Record<string, string>> {
    const answer = await this.post("challenge", { hotkey: by.ss58Address, form });
    expect(answer.status, answer.body).toBe(200);
    return answer.json();
  }

  async login(by: Keypair = miner()): Promise<Answer> {
    const { challenge = "", sealed } = await this.challenge(by);
    return this.post("session", { hotkey: by.ss58Address, sealed, signature: hex(by.sign(challenge)) });
  }

  async grant(by: Keypair = miner()): Promise<Grant> {
    const answer = await this.login(by);
    expect(answer.status, answer.body).toBe(200);
    return answer.json<Grant>();
  }

  refresh({ refresh_token }: Grant): Promise<Answer> {
    return this.post("refresh", { refresh_token });
  }

  use({ session_token: token }: Grant): Promise<string> {
    return this.server.session(new Request(API, { headers: { authorization: `Bearer ${token}` } })).then(
      (caller) => caller.hotkey,
      (refused: { code: string }) => refused.code,
    );
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe.each(["memory", "redis"])("on %s", (kind) => {
  let redis: RedisServer | undefined;
  let client: Redis | undefined;
  beforeAll(async () => {
    if (kind === "memory") return;
    redis = await RedisServer.start();
    client = new Redis(redis.port, "127.0.0.1");
    client.setMaxListeners(0);
    const server = auth({ store: new RedisStore(client, { log: silent }) });
    const request = () => new Request(API, { headers: signed({ method: "GET", target: "/" }) });
    const warm = () =>
      server.signed(request()).then(
        () => true,
        () => false,
      );
    for (let tries = 0; (await new Dashboard(server).login()).status !== 200 || !(await warm()); tries += 1) {
      expect(tries).toBeLessThan(60);
      await sleep(100);
    }
  }, 20_000);
  afterAll(async () => {
    client?.disconnect();
    await redis?.stop();
  });

  const made = (settings: Partial<HotkeyAuthOptions> = {}) => {
    const store = client === undefined ? memory() : new RedisStore(client, { log: silent });
    return new Dashboard(auth({ store, ...settings }));
  };
  let dashboard: Dashboard;
  beforeEach(() => {
    dashboard = made();
  });

  it("goes from a challenge to a logout", async () => {
    const first = await dashboard.grant();
    expect(Object.keys(first)).toEqual([
      "session_token",
      "refresh_token",
      "expires_at",
      "refresh_expires_at",
      "hotkey",
      "role",
      "server_time_ms",
    ]);
    expect(await dashboard.use(first)).toBe(miner().ss58Address);
    const bearer = { authorization: `Bearer ${first.session_token}` };
    const who = await read(await dashboard.server.handle(new Request(`${API}/auth/session`, { headers: bearer })));
    expect(who.json()).toMatchObject({ hotkey: miner().ss58Address, scheme: "sr25519", role: null });
    expect(who.headers).toMatchObject({ "cache-control": "no-store", "content-type": "application/json" });
    expect(who.json()["expires_at"]).toBe(first["expires_at"]);
    const second = (await dashboard.refresh(first)).json<Grant>();
    expect(second.session_token).not.toBe(first.session_token);
    expect([await dashboard.use(first), await dashboard.use(second)]).toEqual(Array(2).fill(miner().ss58Address));
    const out = await dashboard.post("logout", "", { authorization: `Bearer ${second.session_token}` });
    expect(out.json()).toMatchObject({ ended: true });
    expect([await dashboard.use(first), await dashboard.use(second)]).toEqual(Array(2).fill("session_ended"));
    assertProblem(await dashboard.refresh(second), 401, "session_ended");
  });

  it("burns a challenge with its first login only", async () => {
    const { challenge = "", sealed } = await dashboard.challenge();
    const login = { hotkey: miner().ss58Address, sealed };
    const forged = { ...login, signature: hex(stranger().sign(challenge)) };
    assertProblem(await dashboard.post("session", forged), 401, "bad_signature");
    const signature = hex(miner().sign(challenge));
    expect((await dashboard.post("session", { ...login, signature })).status).toBe(200);
    assertProblem(await dashboard.post("session", { ...login, signature }), 401, "challenge_used");
  });

  it("takes what wallets make: wrapped, typed and prefixed", async () => {
    const { challenge = "", sealed } = await dashboard.challenge(miner(), "compact");
    const signature = `0x01${hex(miner().sign(`<Bytes>${challenge}</Bytes>`))}`;
    const answer = await dashboard.post("session", { hotkey: miner().ss58Address, sealed, signature, scheme: null });
    expect(answer.status, answer.body).toBe(200);
  });

  it("gives one successor to all who refresh at once", async () => {
    const first = await dashboard.grant();
    const answers = await Promise.all(Array.from({ length: 20 }, () => dashboard.refresh(first)));
    const tokens = new Set(answers.map((answer) => answer.json<Grant>().refresh_token));
    expect([tokens.size, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([200])]);
  });

  it("ends a session whose refresh token turns up late", async () => {
    const strict = made({ refreshGraceMs: 0 });
    const first = await strict.grant();
    const second = (await strict.refresh(first)).json<Grant>();
    await sleep(5);
    assertProblem(await strict.refresh(first), 401, "refresh_reused");
    expect(await strict.use(second)).toBe("session_ended");
    assertProblem(await strict.refresh(second), 401, "session_ended");
  });

  it("revokes all sessions of a hotkey and nobody else's", async () => {
    const mine = [await dashboard.grant(), await dashboard.grant()];
    const theirs = await dashboard.grant(stranger());
    await dashboard.server.revoke(miner().ss58Address);
    for (const grant of mine) {
      expect(await dashboard.use(grant)).toBe("session_ended");
      assertProblem(await dashboard.refresh(grant), 401, "session_ended");
    }
    expect(await dashboard.use(theirs)).toBe(stranger().ss58Address);
    expect(await dashboard.use(await dashboard.grant())).toBe(miner().ss58Address);
    await rejection("malformed_hotkey", dashboard.server.revoke("5F"));
  });

  it("asks the policy at login, at each use and at each refresh", async () => {
    const grant = await dashboard.grant();
    dashboard.server.policy = Policy.anyHotkey().deny([miner().ss58Address]);
    expect(await dashboard.use(grant)).toBe("hotkey_denied");
    assertProblem(await dashboard.refresh(grant), 403, "hotkey_denied");
    assertProblem(await dashboard.login(), 403, "hotkey_denied");
    dashboard.server.policy = Policy.anyHotkey();
    expect(await dashboard.use(grant)).toBe(miner().ss58Address);
  });

  it("ends tokens at their time", async () => {
    let late = 0n;
    const clock = () => BigInt(Date.now()) * 1_000_000n + late;
    const slow = made({ clock, accessLifetimeMs: 60_000 });
    const grant = await slow.grant();
    late = 61_000_000_000n;
    expect(await slow.use(grant)).toBe("session_expired");
    late = 7_300_000_000_000n;
    assertProblem(await slow.refresh(grant), 401, "session_ended");
    late = 0n;
    const { challenge = "", sealed } = await slow.challenge();
    late = 121_000_000_000n;
    const login = { hotkey: miner().ss58Address, sealed, signature: hex(miner().sign(challenge)) };
    assertProblem(await slow.post("session", login), 401, "challenge_expired");
  });

  it("believes tokens of the old secret while it changes, and of no other", async () => {
    const grant = await dashboard.grant();
    const fresh = "f".repeat(32);
    const sharing = (secret: HotkeyAuthOptions["secret"]) => {
      const { store } = { store: client === undefined ? shared : new RedisStore(client, { log: silent }) };
      return new Dashboard(auth({ store, ...(secret === undefined ? {} : { secret }) }));
    };
    const shared = memory();
    const old = kind === "memory" ? await sharing(SECRET).grant() : grant;
    expect(await sharing([fresh, SECRET]).use(old)).toBe(miner().ss58Address);
    expect(await sharing(fresh).use(old)).toBe("invalid_token");
  });

  it("takes bodies that are JSON objects of ASCII text, and no others", async () => {
    const hotkey = miner().ss58Address;
    const malformed = [
      "",
      "x",
      "[]",
      "null",
      '"text"',
      "{}",
      '{"hotkey":1}',
      `{"hotkey":"é"}`,
      `{"hotkey":["${hotkey}"]}`,
    ];
    const deep = "[".repeat(4_000);
    for (const body of [...malformed, `{"hotkey":"${hotkey}","form":1}`, '{"__proto__":{"hotkey":"x"}}', deep]) {
      assertProblem(await dashboard.post("challenge", body), 400, "malformed_body");
    }
    assertProblem(await dashboard.post("challenge", { hotkey, form: "other" }), 400, "malformed_body");
    assertProblem(await dashboard.post("challenge", { hotkey: "5F" }), 400, "malformed_hotkey");
    assertProblem(await dashboard.post("challenge", " ".repeat(4_097)), 413, "payload_too_large");
    const padded = `{"hotkey":"${hotkey}","form":null,"unknown":[1]}`.padEnd(4_096);
    expect((await dashboard.post("challenge", padded)).status).toBe(200);
    const bytes = new Request(`${API}/auth/challenge`, { method: "POST", body: Uint8Array.of(0x7b, 0xff, 0x7d) });
    assertProblem(await read(await dashboard.server.handle(bytes)), 400, "malformed_body");
    assertProblem(await dashboard.post("challenge", `\uFEFF${JSON.stringify({ hotkey })}`), 400, "malformed_body");
    assertProblem(await dashboard.post("refresh", { refresh_token: "btar_x" }), 401, "invalid_token");
  });

  it("lets only the listed origins use its routes", async () => {
    const body = { hotkey: miner().ss58Address };
    expect((await dashboard.post("challenge", body, { origin: ORIGIN })).status).toBe(200);
    assertProblem(await dashboard.post("challenge", body, { origin: "https://evil.example" }), 403, "origin_refused");
    assertProblem(await dashboard.post("challenge", body, { origin: "null" }), 403, "origin_refused");
    const other = made({ allowedOrigins: ["https://other.example"] });
    assertProblem(await other.post("challenge", body, { origin: ORIGIN }), 403, "origin_refused");
    const raw = [
      ["Origin", ORIGIN],
      ["Origin", ORIGIN],
    ] as const;
    const request = new Request(`${API}/auth/challenge`, { method: "POST", body: JSON.stringify(body) });
    assertProblem(await read(await dashboard.server.handle(request, { headers: raw })), 403, "origin_refused");
    const fetched = new Request(`${API}/auth/challenge`, { method: "POST", body: JSON.stringify(body) });
    const site = [["Sec-Fetch-Site", "same-origin"]] as const;
    assertProblem(await read(await dashboard.server.handle(fetched, { headers: site })), 403, "origin_refused");
  });

  it("makes no claim for a signed request where only sessions are taken", async () => {
    const headers = signed({ method: "GET", target: "/x" });
    const request = () => new Request(`${API}/x`, { headers });
    const refused = await rejection("missing_credentials", dashboard.server.session(request()));
    expect(refused.message).toContain("a session");
    expect((await dashboard.server.caller(request())).via).toBe("signature");
    await rejection("replayed_request", dashboard.server.caller(request()));
  });

  it("judges a request to its routes by its signature, if it has one", async () => {
    const grant = await dashboard.grant();
    const ask = async (target: string) => {
      const bearer = { authorization: `Bearer ${grant.session_token}` };
      const headers = { ...signed({ method: "GET", target }), ...bearer };
      return read(await dashboard.server.handle(new Request(`${API}/auth/session`, { headers })));
    };
    assertProblem(await ask("/auth/session"), 401, "missing_credentials");
    assertProblem(await ask("/other"), 401, "bad_signature");
  });

  it("answers nothing but its routes", async () => {
    for (const [method, path] of [
      ["GET", "/auth/challenge"],
      ["POST", "/auth/challenge/"],
      ["POST", "/x"],
      ["PUT", "/auth/session"],
    ]) {
      expect(await dashboard.server.handle(new Request(API + path, { method: method as string }))).toBeUndefined();
    }
  });

  it.each(Object.keys(APPS))("is served by %s", async (name) => {
    const server = made().server;
    const app = await APPS[name]?.(server);
    if (app === undefined) throw new Error("no such application");
    const post = (path: string, body: unknown, headers = {}) =>
      ask(app.port, "POST", `/auth/${path}`, headers, JSON.stringify(body));
    const { challenge = "", sealed } = (await post("challenge", { hotkey: miner().ss58Address })).json<
      Record<string, string>
    >();
    const login = { hotkey: miner().ss58Address, sealed, signature: hex(miner().sign(challenge)) };
    const granted = await post("session", login, { "content-type": "application/json" });
    expect(granted.headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" });
    const bearer = { authorization: `Bearer ${granted.json<Grant>().session_token}` };
    for (const path of ["/caller", "/session", "/twice"]) {
      expect((await ask(app.port, "GET", path, bearer)).json()).toEqual({ via: "session" });
    }
    assertProblem(await ask(app.port, "GET", "/signed", bearer), 401, "missing_credentials");
    expect((await ask(app.port, "GET", "/auth/session", bearer)).json()).toMatchObject({ hotkey: miner().ss58Address });
    assertProblem(await post("challenge", {}, { origin: "https://evil.example" }), 403, "origin_refused");
    const both = [...Object.entries(bearer), ...Object.entries(signed({ method: "GET", target: "/caller" }))] as const;
    expect((await ask(app.port, "GET", "/caller", both)).json()).toEqual({ via: "signature" });
    const spoiled = [...Object.entries(bearer), ...Object.entries(signed({ method: "GET", target: "/x" }))] as const;
    assertProblem(await ask(app.port, "GET", "/caller", spoiled), 401, "bad_signature");
    const oversized = await ask(app.port, "POST", "/auth/challenge", {}, "x".repeat(100_000));
    assertProblem(oversized, 413, "payload_too_large");
    expect((await post("logout", {}, bearer)).json()).toMatchObject({ ended: true });
    assertProblem(await ask(app.port, "GET", "/caller", bearer), 401, "session_ended");
    await app.close();
  });
});

describe("settings", () => {
  it("are refused when they cannot work", () => {
    const bad: Partial<HotkeyAuthOptions>[] = [
      { secret: "short" },
      { secret: [] },
      { secret: [SECRET, SECRET.toUpperCase(), SECRET] },
      { secret: 7 as never },
      { origin: "https://dash.example.org/path" },
      { origin: "dash.example.org" },
      { statement: "two\nlines" },
      { network: { name: "finney", genesisHash: "x" } },
      { accessLifetimeMs: 0 },
      { challengeLifetimeMs: 1_000 },
      { absoluteLifetimeMs: 1 },
      { refreshGraceMs: 61_000 },
      { idleLifetimeMs: 1.5 },
      { basePath: "auth" },
      { basePath: "/auth/" },
      { bodyLimit: -1 },
    ];
    for (const settings of bad) refusal("invalid_configuration", () => auth(settings));
  });

  it("without an origin mean no sessions", async () => {
    const server = new HotkeyAuth({ receiver: service().ss58Address, store: memory() });
    expect(await server.handle(new Request(`${API}/auth/challenge`, { method: "POST" }))).toBeUndefined();
    await rejection("invalid_configuration", server.revoke(miner().ss58Address));
    const request = new Request(API, { headers: { authorization: "Bearer x" } });
    await rejection("missing_credentials", server.caller(request));
  });

  it("without a secret mean sessions that end with the process", async () => {
    const { secret: _, ...rest } = {
      secret: undefined,
      receiver: service().ss58Address,
      origin: ORIGIN,
      store: memory(),
    };
    const [one, other] = [new Dashboard(new HotkeyAuth(rest)), new Dashboard(new HotkeyAuth(rest))];
    const grant = await one.grant();
    expect([await one.use(grant), await other.use(grant)]).toEqual([miner().ss58Address, "invalid_token"]);
  });

  it("that are unsafe are named at the start", () => {
    const said: string[] = [];
    auth({ dangerousAcceptUnbound: true, log: { error: () => {}, warn: (text: string) => void said.push(text) } });
    expect(said.join()).toContain("dangerousAcceptUnbound");
  });
});
