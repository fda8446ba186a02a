/** Several servers, in Node and in Python, that share one Redis: `npm run build` and `make setup` come first. */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Keypair, RequestSigner } from "../../src/index.js";
import { nodeExample, pythonExample, type Running } from "./processes.js";
import { type Answer, ask } from "./raw-http.js";
import { RedisServer } from "./redis-server.js";
import { assertProblem, SECRET } from "./service.js";

const ORIGIN = "https://dash.example.org";
const service = Keypair.generate();
const miner = Keypair.generate();
const signer = new RequestSigner(miner, { receiver: service.ss58Address });
let redis: RedisServer;
const servers: Record<string, Running> = {};

beforeAll(async () => {
  redis = await RedisServer.start();
  const settings = {
    RECEIVER: service.ss58Address,
    REDIS_URL: `redis://127.0.0.1:${redis.port}/0`,
    ORIGIN,
    SECRET,
    COOKIES: "1",
  };
  const started = await Promise.all([nodeExample(settings), nodeExample(settings), pythonExample(settings)]);
  ["node", "other", "python"].forEach((name, index) => {
    servers[name] = started[index] as Running;
  });
  for (const name of Object.keys(servers)) await ready(name);
}, 60_000);

afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  for (const [name, server] of Object.entries(servers)) {
    expect(server.output(), name).not.toMatch(/Unhandled|Traceback|ERR_|TypeError/);
  }
  await redis.stop();
});

const port = (name: string): number => servers[name]?.port ?? 0;

const signed = (target = "/score", body = "{}") => ({ ...signer.sign({ method: "POST", target, body }) });

const score = (name: string, headers: Record<string, string> = signed(), body = "{}") =>
  ask(port(name), "POST", "/score", { "content-type": "application/json", ...headers }, body);

async function ready(name: string): Promise<void> {
  for (let attempt = 0; attempt < 80; attempt += 1) {
    if ((await score(name)).status === 200 && (await login(name)).status === 200) return;
    await sleep(100);
  }
  throw new Error(`${name} did not get ready: ${servers[name]?.output()}`);
}

const post = (name: string, path: string, body: unknown, headers = {}) =>
  ask(port(name), "POST", `/auth/${path}`, { "content-type": "application/json", ...headers }, JSON.stringify(body));

async function login(name: string, challengedBy = name): Promise<Answer> {
  const hotkey = miner.ss58Address;
  const { challenge = "", sealed } = (await post(challengedBy, "challenge", { hotkey })).json<Record<string, string>>();
  return post(name, "session", { hotkey, sealed, signature: Buffer.from(miner.sign(challenge)).toString("hex") });
}

const bearer = (grant: Answer) => ({ authorization: `Bearer ${grant.json()["session_token"]}` });

/** Every ordered pair of servers in different processes. */
const PAIRS = [
  ["node", "python"],
  ["python", "node"],
  ["node", "other"],
] as const;

describe.each(PAIRS)("%s and %s", (one, other) => {
  it("let a request pass once between them", async () => {
    for (let round = 0; round < 10; round += 1) {
      const headers = signed();
      const first = await score(one, headers);
      expect([first.status, first.json()]).toEqual([200, { hotkey: miner.ss58Address, via: "signature" }]);
      assertProblem(await score(other, headers), 401, "replayed_request");
      assertProblem(await score(one, headers), 401, "replayed_request");
    }
  });

  it("use each other's challenges", async () => {
    expect((await login(one, other)).status).toBe(200);
    const hotkey = miner.ss58Address;
    const { challenge = "", sealed } = (await post(one, "challenge", { hotkey })).json<Record<string, string>>();
    const body = { hotkey, sealed, signature: Buffer.from(miner.sign(challenge)).toString("hex") };
    const answers = await Promise.all([post(one, "session", body), post(other, "session", body)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    assertProblem(answers.find(({ status }) => status === 401) as Answer, 401, "challenge_used");
  });

  it("use, refresh and end each other's sessions", async () => {
    const grant = await login(one);
    expect((await score(other, bearer(grant))).json()).toEqual({ hotkey: miner.ss58Address, via: "session" });
    const who = await ask(port(other), "GET", "/auth/session", bearer(grant));
    expect(who.json()).toMatchObject({ hotkey: miner.ss58Address, scheme: "sr25519", role: null });
    const token = { refresh_token: grant.json()["refresh_token"] };
    const [here, there] = await Promise.all([post(one, "refresh", token), post(other, "refresh", token)]);
    expect([here?.status, there?.status]).toEqual([200, 200]);
    const tokens = ({ json }: Answer) => [json()["session_token"], json()["refresh_token"], json()["expires_at"]];
    expect(tokens(here as Answer), "both give the same successor").toEqual(tokens(there as Answer));
    expect((await score(one, bearer(there as Answer))).status).toBe(200);
    expect((await post(other, "logout", {}, bearer(there as Answer))).json()).toMatchObject({ ended: true });
    assertProblem(await score(one, bearer(grant)), 401, "session_ended");
    assertProblem(
      await post(one, "refresh", { refresh_token: (here as Answer).json()["refresh_token"] }),
      401,
      "session_ended",
    );
  });

  it("use, refresh and end each other's sessions in cookies", async () => {
    const origin = { origin: ORIGIN };
    const jar = (answer: Answer) => ({ cookie: answer.cookies.map((value) => value.split(";", 1)[0]).join("; ") });
    const hotkey = miner.ss58Address;
    const { challenge = "", sealed } = (await post(one, "challenge", { hotkey })).json<Record<string, string>>();
    const signature = Buffer.from(miner.sign(challenge)).toString("hex");
    const first = await post(one, "session", { hotkey, sealed, signature, tokens: "cookie" }, origin);
    expect([first.status, first.body]).toEqual([200, expect.not.stringMatching(/bta[sr]_/)]);
    const by = (name: string, headers: object) => score(name, { ...headers, ...origin });
    expect((await by(other, jar(first))).json()).toEqual({ hotkey, via: "session" });
    assertProblem(await score(other, jar(first)), 403, "origin_refused");

    const exchange = (name: string, held: Answer) =>
      post(name, "refresh", { tokens: "cookie" }, { ...jar(held), ...origin });
    const [here, there] = [await exchange(one, first), await exchange(other, first)];
    const attributes = ({ cookies }: Answer) => cookies.map((value) => value.replace(/Max-Age=\d+/, ""));
    expect(attributes(here), "both give the same successor").toEqual(attributes(there));
    expect((await by(one, jar(there))).status).toBe(200);

    const out = await post(other, "logout", {}, { ...jar(here), ...origin });
    assertProblem(await by(one, jar(first)), 401, "session_ended");
    const refused = await exchange(one, here);
    assertProblem(refused, 401, "session_ended");
    expect([out.status, out.cookies]).toEqual([200, refused.cookies]);
    expect(refused.cookies.map((value) => value.split(";", 2).join(";"))).toEqual([
      "__Host-btauth-session=; Max-Age=0",
      "__Host-btauth-refresh=; Max-Age=0",
    ]);
  });

  it("answer alike, member by member", async () => {
    const shape = (answer: Answer) => ({
      status: answer.status,
      members: Object.keys(answer.json()),
      type: answer.headers["content-type"],
      challenge: answer.headers["www-authenticate"],
      retry: answer.headers["retry-after"],
      control: answer.headers["cache-control"],
    });
    const fixed = ({ body }: Answer) =>
      body.replace(/"(server_time_ms|age_ms|expires_at)":-?\d+/g, "").replace(/"request_id":"[^"]+"|\d+ ms old/g, "");
    const stale = {
      ...signer.sign({ method: "POST", target: "/score", body: "{}", nonce: BigInt(Date.now() - 60_000) * 1_000_000n }),
    };
    const asks: ((name: string) => Promise<Answer>)[] = [
      (name) => score(name, {}),
      (name) => score(name, stale),
      (name) => score(name, signed("/other")),
      (name) => score(name, { authorization: "Bearer btas_x" }),
      (name) => score(name, { ...signed(), "x-bittensor-version": "2" }),
      (name) => post(name, "challenge", {}),
      (name) => post(name, "challenge", { hotkey: "5F" }),
      (name) => post(name, "refresh", { refresh_token: "x" }),
      (name) => post(name, "challenge", { hotkey: miner.ss58Address }, { origin: "https://evil.example" }),
    ];
    for (const asking of asks) {
      const [here, there] = [await asking(one), await asking(other)];
      expect(shape(here)).toEqual(shape(there));
      expect(fixed(here)).toBe(fixed(there));
    }
    const challenges = [
      await post(one, "challenge", { hotkey: miner.ss58Address }),
      await post(other, "challenge", { hotkey: miner.ss58Address }),
    ];
    expect(Object.keys(challenges[0]?.json() ?? {})).toEqual(Object.keys(challenges[1]?.json() ?? {}));
  });
});

it("a storm of replays passes each request once, whichever server it hits", async () => {
  const names = Object.keys(servers);
  let passed = 0;
  for (let round = 0; round < 20; round += 1) {
    const requests = Array.from({ length: 5 }, () => signed());
    const storms = requests.map((headers) =>
      Promise.all(Array.from({ length: 12 }, (_, index) => score(names[index % names.length] as string, headers))),
    );
    for (const answers of await Promise.all(storms)) {
      const good = answers.filter(({ status }) => status === 200).length;
      const unknown = answers.filter(({ status }) => status === 503);
      for (const answer of answers) if (answer.status === 401) assertProblem(answer, 401, "replayed_request");
      for (const answer of unknown) assertProblem(answer, 503, "store_unavailable");
      expect(good + unknown.length, "the claim that was the first").toBeGreaterThanOrEqual(1);
      expect(good).toBeLessThanOrEqual(1);
      passed += good;
    }
  }
  // A busy machine may be too late for a claim now and then.
  expect(passed).toBeGreaterThan(80);
}, 30_000);

it("a browser on a development port may call the Node example, and no other origin", async () => {
  const preflight = (origin: string) =>
    fetch(`http://127.0.0.1:${port("node")}/score`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });
  const allowed = await preflight("http://127.0.0.1:5173");
  expect(allowed.headers.get("access-control-allow-origin")).toBe("http://127.0.0.1:5173");
  expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
  const refused = await fetch(`http://127.0.0.1:${port("node")}/score`, {
    method: "POST",
    headers: { origin: "http://127.0.0.1:5173" },
  });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, "http://127.0.0.1:5173"]);
});

it("the loss of the store is survived by all, without a replay", async () => {
  const headers = signed();
  expect((await score("node", headers)).status).toBe(200);
  await redis.kill();
  for (const name of Object.keys(servers)) assertProblem(await score(name), 503, "store_unavailable");
  await redis.restart();
  await sleep(100);
  for (const name of Object.keys(servers)) expect((await score(name, headers)).status).toBe(503);
  for (const name of Object.keys(servers)) await ready(name);
  for (const name of Object.keys(servers)) expect((await score(name, headers)).status).not.toBe(200);
}, 30_000);
