/** Sessions in cookies, on every adapter, attacked by pages of other origins (`spec/04 §11`). */

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { engine } from "../../src/engine/current.js";
import { BittensorAuthError, type ErrorCode, type Keypair, Policy, RequestSigner } from "../../src/index.js";
import { nextGuard } from "../../src/next.js";
import { HotkeyAuth, type HotkeyAuthOptions, type Store } from "../../src/server.js";
import { memory, miner, refusal, rejection, service, stranger } from "../actors.js";
import { APPS, type App } from "./apps.js";
import { type Answer, ask } from "./raw-http.js";
import { auth, ORIGIN, read } from "./service.js";

const SESSION = "__Host-btauth-session";
const REFRESH = "__Host-btauth-refresh";
const CLEARED = [
  `${SESSION}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax`,
  `${REFRESH}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict`,
];
const TOKEN = /bta[sr]_/;
const HOME: Pairs = [["Origin", ORIGIN]];
type Pairs = readonly (readonly [string, string])[];

/** A store that gives no answer while it is down. */
class Fragile implements Store {
  down = false;

  open(context: Parameters<Store["open"]>[0]): ReturnType<Store["open"]> {
    const working = memory().open(context);
    return {
      ...working,
      rotate: async (...call) => (this.down ? engine().Rotated.unavailable() : working.rotate(...call)),
      end: async (...call) => {
        if (this.down) throw new BittensorAuthError("store_unavailable");
        await working.end(...call);
      },
    };
  }
}

/** Route handlers of Next.js behind a server. */
async function nextApp(server: HotkeyAuth): Promise<App> {
  const guard = nextGuard(server);
  const via = guard.caller((_, { via }) => Response.json({ via }));
  const routes: Record<string, (request: Request, context: object) => Response | Promise<Response>> = {
    "/caller": via,
    "/twice": via,
    "/session": guard.session((_, { via }) => Response.json({ via })),
    "/signed": guard.signed((_, { via }) => Response.json({ via })),
    "/own": guard.caller(() => Response.json({}, { headers: { "cache-control": "max-age=5" } })),
    "/nowhere": guard.caller(() => Response.redirect("https://elsewhere.example")),
    "/open": () => Response.json({}),
  };
  const fetch = (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/auth/")) return guard[request.method as "GET"](request);
    return routes[pathname]?.(request, {}) ?? new Response(null, { status: 404 });
  };
  const listening = serve({ fetch, port: 0, hostname: "127.0.0.1" }) as Server;
  await new Promise((resolve) => listening.once("listening", resolve));
  const { port } = listening.address() as AddressInfo;
  const close = async () => {
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  };
  return { port, origin: `http://127.0.0.1:${port}`, close };
}

/** A page of the dashboard and the cookies that its browser keeps. Every answer is looked at for tokens. */
class Page {
  readonly port: number;
  readonly keypair: Keypair;
  jar = new Map<string, string>();

  constructor(port: number, keypair = miner()) {
    this.port = port;
    this.keypair = keypair;
  }

  get cookie(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  token(name: string): string {
    return this.jar.get(name) ?? "";
  }

  /** From a page of the dashboard, unless `headers` say otherwise. */
  async fetch(
    method: string,
    path: string,
    body?: unknown,
    headers: Pairs = method === "GET" ? [] : HOME,
    cookie = this.cookie,
  ): Promise<Answer> {
    const sent = cookie === "" ? headers : [...headers, ["Cookie", cookie] as const];
    const answer = await ask(this.port, method, path, sent, body === undefined ? "" : JSON.stringify(body));
    expect(answer.body, "a token in a body").not.toMatch(TOKEN);
    return answer;
  }

  /** What a browser does with `Set-Cookie`. */
  keep(answer: Answer): Answer {
    for (const value of answer.cookies) {
      const [, name = "", content = ""] = /^([^=]+)=([^;]*)/.exec(value) ?? [];
      this.jar.delete(name);
      if (content !== "") this.jar.set(name, content);
    }
    return answer;
  }

  async loginFields(): Promise<Record<string, unknown>> {
    const hotkey = this.keypair.ss58Address;
    const { challenge, sealed } = (await this.fetch("POST", "/auth/challenge", { hotkey })).json<{
      challenge: string;
      sealed: string;
    }>();
    const signature = Buffer.from(this.keypair.sign(challenge)).toString("hex");
    return { hotkey, sealed, signature, tokens: "cookie" };
  }

  async logIn(): Promise<Answer> {
    const answer = this.keep(await this.fetch("POST", "/auth/session", await this.loginFields()));
    expect(answer.status, answer.body).toBe(200);
    return answer;
  }

  async refresh(headers?: Pairs, cookie?: string): Promise<Answer> {
    return this.keep(await this.fetch("POST", "/auth/refresh", { tokens: "cookie" }, headers, cookie));
  }

  /** Whose session it is, or why it is nobody's. */
  async whoami(cookie?: string): Promise<unknown> {
    const answer = (await this.fetch("GET", "/auth/session", undefined, [], cookie)).json();
    return answer["hotkey"] ?? answer["code"];
  }

  /** A grant that a program keeps. */
  async bearer(): Promise<Pairs> {
    const { tokens: _, ...fields } = await this.loginFields();
    const answer = await ask(this.port, "POST", "/auth/session", {}, JSON.stringify(fields));
    expect(answer.cookies).toEqual([]);
    return [["Authorization", `Bearer ${answer.json()["session_token"]}`]];
  }
}

/** The code, and that nothing happens to the cookies unless it is said. */
function expectRefusal(answer: Answer, status: number, code: ErrorCode, cookies: readonly string[] = []): void {
  expect([answer.status, answer.json()["code"], answer.cookies]).toEqual([status, code, cookies]);
}

const FOREIGN: Readonly<Record<string, Pairs>> = {
  "other site": [
    ["Origin", "https://evil.example"],
    ["Sec-Fetch-Site", "cross-site"],
  ],
  null: [["Origin", "null"]],
  missing: [],
  "missing, same-origin": [
    ["Sec-Fetch-Site", "same-origin"],
    ["Referer", `${ORIGIN}/`],
  ],
  "other port": [["Origin", `${ORIGIN}:8443`]],
  "other scheme": [["Origin", ORIGIN.replace("https", "http")]],
  "other case": [["Origin", ORIGIN.toUpperCase()]],
  below: [["Origin", ORIGIN.replace("//", "//a.")]],
  suffix: [["Origin", `${ORIGIN}.evil.example`]],
  twice: [...HOME, ...HOME],
  "two in one": [["Origin", `${ORIGIN}, ${ORIGIN}`]],
  "a forwarded one": [
    ["X-Forwarded-Host", ORIGIN.slice(8)],
    ["X-Forwarded-Origin", ORIGIN],
  ],
};

describe.each(Object.entries({ ...APPS, next: nextApp }))("on %s", (_, build) => {
  let late = 0n;
  let app: App;
  let server: HotkeyAuth;
  let page: Page;
  const store = new Fragile();
  const logged: string[] = [];
  const said = (text: string) => void logged.push(text);
  const clock = () => BigInt(Date.now()) * 1_000_000n + late;
  const advance = (seconds: number) => {
    late += BigInt(seconds) * 1_000_000_000n;
  };
  beforeAll(async () => {
    server = auth({ store, clock, cookies: true, log: { error: said, warn: said } });
    app = await build(server);
  });
  afterAll(async () => {
    await app.close();
    expect(logged.join("\n")).not.toMatch(TOKEN);
  });
  beforeEach(async () => {
    page = new Page(app.port);
    await page.logIn();
  });

  it("a session lives in cookies from login to logout", async () => {
    page.jar.clear();
    const login = await page.logIn();
    expect(Object.keys(login.json()).sort()).toEqual([
      "expires_at",
      "hotkey",
      "refresh_expires_at",
      "role",
      "server_time_ms",
    ]);
    expect(login.cookies.map((value) => value.replace(/=bta[sr]_[\w-]{124};/, "=…;"))).toEqual([
      `${SESSION}=…; Max-Age=900; Path=/; Secure; HttpOnly; SameSite=Lax`,
      `${REFRESH}=…; Max-Age=7200; Path=/; Secure; HttpOnly; SameSite=Strict`,
    ]);
    expect(login.headers["cache-control"]).toBe("no-store");
    expect(await page.whoami()).toBe(miner().ss58Address);
    for (const path of ["/caller", "/session", "/twice"]) {
      expect((await page.fetch("GET", path)).json()).toEqual({ via: "session" });
    }
    expectRefusal(await page.fetch("GET", "/signed"), 401, "missing_credentials");
    const before = new Map(page.jar);
    advance(700);
    expect((await page.refresh()).status).toBe(200);
    for (const [name, value] of before) expect(page.token(name)).not.toBe(value);
    advance(700);
    expect(await page.whoami()).toBe(miner().ss58Address);
    const ended = await page.fetch("POST", "/auth/logout");
    expect([ended.status, ended.json()["ended"], ended.cookies]).toEqual([200, true, CLEARED]);
    expect(await page.whoami()).toBe("session_ended");
    page.keep(ended);
    expect(await page.whoami()).toBe("missing_credentials");
  });

  it.each(Object.keys(FOREIGN))("no page of another origin can use the cookies: %s", async (name) => {
    const headers = FOREIGN[name] ?? [];
    const before = page.cookie;
    const intruder = new Page(app.port, stranger());
    for (const answer of [
      await page.fetch("POST", "/auth/logout", undefined, headers),
      await page.refresh(headers),
      await intruder.fetch("POST", "/auth/session", await intruder.loginFields(), headers),
    ]) {
      expectRefusal(answer, 403, "origin_refused");
    }
    if (build !== nextApp)
      expectRefusal(await page.fetch("POST", "/caller", undefined, headers), 403, "origin_refused");
    expect(page.cookie).toBe(before);
    advance(60);
    expect(await page.whoami()).toBe(miner().ss58Address);
    expect((await page.refresh()).status, "a refused refresh rotates nothing").toBe(200);
  });

  it("a foreign page reads nothing, but may link", async () => {
    const cases: [Pairs, number][] = [
      [[], 200],
      [[["Sec-Fetch-Site", "same-origin"]], 200],
      [[["Sec-Fetch-Site", "none"]], 200],
      [fetched("same-site", "no-cors", "image"), 403],
      [fetched("cross-site", "navigate", "document"), 200],
      [fetched("same-site", "navigate", "iframe"), 403],
      [[["Origin", "https://evil.example"]], 403],
      [[["Origin", "null"]], 403],
    ];
    for (const [headers, status] of cases) {
      for (const path of ["/caller", "/auth/session"]) {
        expect((await page.fetch("GET", path, undefined, headers)).status, String(headers)).toBe(status);
      }
    }
  });

  it("what a sibling host can set is not looked at", async () => {
    const attacker = new Page(app.port, stranger());
    await attacker.logIn();
    const names = ["btauth-session", "__Secure-btauth-session", "__host-btauth-session", "__Host-btauth-session2"];
    const planted = names.map((name) => `${name}=${attacker.token(SESSION)}`).join("; ");
    expect(await page.whoami(`${planted}; ${page.cookie}`)).toBe(miner().ss58Address);
    expect(await page.whoami(`${page.cookie}; ${planted}`)).toBe(miner().ss58Address);
    expect(await page.whoami(planted)).toBe("missing_credentials");
    const swapped = `${SESSION}=${page.token(REFRESH)}; ${REFRESH}=${page.token(SESSION)}`;
    expect(await page.whoami(swapped)).toBe("invalid_token");
    expectRefusal(await page.refresh(HOME, swapped), 401, "invalid_token", CLEARED);
  });

  it("a cookie that is there twice is refused", async () => {
    const attacker = new Page(app.port, stranger());
    await attacker.logIn();
    for (const name of [SESSION, REFRESH]) {
      const theirs = `${name}=${attacker.token(name)}`;
      for (const cookie of [`${theirs}; ${page.cookie}`, `${page.cookie}; ${theirs}`]) {
        for (const [method, path, body] of [
          ["GET", "/caller"],
          ["POST", "/auth/refresh", { tokens: "cookie" }],
          ["POST", "/auth/logout"],
        ] as const) {
          expectRefusal(await page.fetch(method, path, body, undefined, cookie), 400, "duplicate_cookie");
        }
      }
      const split = await page.fetch("GET", "/caller", undefined, [["Cookie", theirs]]);
      expectRefusal(split, 400, "duplicate_cookie");
    }
    expect(await page.whoami()).toBe(miner().ss58Address);
  });

  it("a bearer counts, and is not replaced by a cookie", async () => {
    const other = new Page(app.port, stranger());
    const good = await other.bearer();
    const who = await page.fetch("GET", "/auth/session", undefined, good);
    expect(who.json()).toMatchObject({ hotkey: stranger().ss58Address });
    const wrong: Pairs = [["Authorization", "Bearer x"], ...HOME];
    expectRefusal(await page.fetch("GET", "/caller", undefined, wrong), 401, "invalid_token");
    expectRefusal(await page.fetch("POST", "/auth/logout", undefined, wrong), 401, "invalid_token");
    const twice = await page.fetch("GET", "/caller", undefined, [...good, ...good]);
    // A `Request` has doubled headers joined.
    if (build === nextApp) expectRefusal(twice, 401, "invalid_token");
    else expectRefusal(twice, 400, "duplicate_header");
    const out = await page.fetch("POST", "/auth/logout", undefined, good);
    expect([out.status, out.cookies], "the cookies are not the bearer's").toEqual([200, []]);
    expect(await page.whoami()).toBe(miner().ss58Address);
  });

  it("a signature counts before a cookie", async () => {
    const signer = new RequestSigner(stranger(), { receiver: service().ss58Address, clock });
    const signed = (target: string) => Object.entries({ ...signer.sign({ method: "GET", target }) });
    const headers = signed("/caller");
    expect((await page.fetch("GET", "/caller", undefined, headers)).json()).toEqual({ via: "signature" });
    expectRefusal(await page.fetch("GET", "/caller", undefined, signed("/other")), 401, "bad_signature");
  });

  it("a token in a cookie never comes into a body", async () => {
    const bodies = [
      {},
      { tokens: "body" },
      { tokens: null },
      { tokens: "cookie", refresh_token: page.token(REFRESH) },
      { tokens: "Cookie" },
      { tokens: ["cookie"] },
      [],
      "cookie",
    ];
    for (const body of bodies) {
      expectRefusal(await page.fetch("POST", "/auth/refresh", body), 400, "malformed_body");
    }
    expectRefusal(await page.refresh(HOME, "a=b"), 401, "missing_credentials");
    expect(await page.whoami()).toBe(miner().ss58Address);
  });

  it("a hundred tabs refresh at once", async () => {
    const { cookie } = page;
    const tab = () => page.fetch("POST", "/auth/refresh", { tokens: "cookie" }, HOME, cookie);
    const answers = await Promise.all(Array.from({ length: 100 }, tab));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    // `Max-Age` counts down meanwhile.
    const tokens = answers.map(({ cookies }) => cookies.map((value) => value.split(";", 1)[0]).join());
    expect(new Set(tokens).size).toBe(1);
    page.keep(answers[57] as Answer);
    expect(page.cookie).not.toBe(cookie);
    expect(await page.whoami()).toBe(miner().ss58Address);
    expect((await page.refresh()).status).toBe(200);
  });

  it("a refresh cookie that turns up later ends the session and its cookies", async () => {
    const thief = new Page(app.port);
    thief.jar = new Map(page.jar);
    expect((await page.refresh()).status).toBe(200);
    advance(31);
    expectRefusal(await thief.refresh(), 401, "refresh_reused", CLEARED);
    expect(thief.jar.size).toBe(0);
    expect(await page.whoami()).toBe("session_ended");
    expectRefusal(await page.refresh(), 401, "session_ended", CLEARED);
  });

  it("a revocation logs every browser out", async () => {
    const other = new Page(app.port, stranger());
    await other.logIn();
    await server.revoke(miner().ss58Address);
    expect(await page.whoami()).toBe("session_ended");
    expectRefusal(await page.refresh(), 401, "session_ended", CLEARED);
    expect(await other.whoami()).toBe(stranger().ss58Address);
  });

  it("a refusal that may pass keeps the cookies", async () => {
    server.policy = Policy.anyHotkey().deny([miner().ss58Address]);
    const denied = await page.refresh();
    server.policy = Policy.anyHotkey();
    expectRefusal(denied, 403, "hotkey_denied");
    store.down = true;
    const failed = [await page.refresh(), await page.fetch("POST", "/auth/logout")];
    store.down = false;
    for (const answer of failed) expectRefusal(answer, 503, "store_unavailable");
    expect(logged.join()).toContain("store_unavailable");
    expect((await page.refresh()).status).toBe(200);
  });

  it("a browser that slept refreshes with what is left", async () => {
    advance(901);
    page.jar.delete(SESSION); // as `Max-Age` says
    const refused = await page.fetch("GET", "/caller");
    expectRefusal(refused, 401, "session_expired");
    expect(refused.json()["retry"]).toBe("refresh");
    expect((await page.refresh()).status).toBe(200);
    expect((await page.fetch("GET", "/caller")).status).toBe(200);
  });

  it("answers to a cookie stay out of shared caches, unless the handler says otherwise", async () => {
    const control = async (path: string, headers?: Pairs, cookie?: string) =>
      (await page.fetch("GET", path, undefined, headers, cookie)).headers["cache-control"];
    expect(await control("/caller")).toBe("no-store");
    expect(await control("/twice")).toBe("no-store");
    expect(await control("/nowhere"), "what no handler answered").toBe("no-store");
    expect(await control("/own")).toBe("max-age=5");
    expect(await control("/open")).toBeUndefined();
    const bearer = await page.bearer();
    expect(await control("/caller", bearer)).toBeUndefined();
  });
});

function fetched(site: string, mode: string, destination: string): Pairs {
  return [
    ["Sec-Fetch-Site", site],
    ["Sec-Fetch-Mode", mode],
    ["Sec-Fetch-Dest", destination],
  ];
}

describe("a service without cookies", () => {
  it("neither gives nor takes them", async () => {
    const store = memory();
    const [open, plain] = [auth({ store, cookies: true }), auth({ store })];
    const handle = async (server: HotkeyAuth, path: string, body: unknown, cookie = "") => {
      const headers = { origin: ORIGIN, cookie };
      const request = new Request(`${ORIGIN}/auth/${path}`, { method: "POST", body: JSON.stringify(body), headers });
      return read(await server.handle(request));
    };
    const fields = async () => {
      const hotkey = miner().ss58Address;
      const answer = await handle(open, "challenge", { hotkey });
      const { challenge, sealed } = answer.json<{ challenge: string; sealed: string }>();
      return { hotkey, sealed, signature: Buffer.from(miner().sign(challenge)).toString("hex") };
    };
    const login = await handle(open, "session", { ...(await fields()), tokens: "cookie" });
    const cookie = login.cookies.map((value) => value.split(";")[0]).join("; ");
    const again = await fields();
    expectRefusal(await handle(plain, "session", { ...again, tokens: "cookie" }), 400, "cookies_disabled");
    expectRefusal(await handle(plain, "refresh", { tokens: "cookie" }, cookie), 400, "cookies_disabled");
    const request = () => new Request(ORIGIN, { headers: { cookie } });
    await rejection("missing_credentials", plain.session(request()));
    expect((await handle(plain, "session", again)).status, "the refusal burnt nothing").toBe(200);

    const asked = request();
    expect((await open.session(asked)).hotkey).toBe(miner().ss58Address);
    expect(open.keepPrivate(new Response("x"), asked).headers.get("cache-control")).toBe("no-store");
    expect(open.keepPrivate(new Response("x"), request()).headers.get("cache-control")).toBeNull();
  });

  it("is what settings that no browser would follow give", () => {
    const build = (settings: Partial<HotkeyAuthOptions>) => () =>
      new HotkeyAuth({ receiver: service().ss58Address, store: memory(), cookies: true, ...settings });
    const because = (settings: Partial<HotkeyAuthOptions>) => refusal("invalid_configuration", build(settings)).message;
    expect(because({})).toContain("cookies need an origin");
    expect(because({ origin: "http://dash.example.org" })).toContain("https");
    expect(because({ origin: "https://a", allowedOrigins: ["http://b"] })).toContain("https");
    expect(because({ origin: "https://a", allowedOrigins: ["*"] })).toContain("browsers send");
    expect(build({ origin: "https://a" })()).toBeInstanceOf(HotkeyAuth);
  });
});
