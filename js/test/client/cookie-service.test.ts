/** Cookies hold the tokens (`spec/04 §11`): against real servers, with a browser's cookie jar. */

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Keypair } from "../../src/index.js";
import { nodeExample, pythonExample, type Running } from "../server/processes.js";
import { FakeBrowser, type Tab } from "./browser.js";
import { CookieJar } from "./cookie-jar.js";
import { rejection } from "./refusals.js";
import { missing, Service } from "./service.js";

const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
const REFRESH = "__Host-btauth-refresh";
const SESSION = "__Host-btauth-session";
let service: Service;
let jar = new CookieJar();
let window: FakeBrowser | undefined;

interface Page {
  readonly page?: string;
  readonly baseURL?: string;
  readonly locks?: "web locks" | "no locks";
}

/** The page anew: what was in memory is gone, cookies are not. */
function reload({ page = service.origin, ...rest }: Page = {}): void {
  window?.close();
  window = new FakeBrowser({ page, ...rest });
}

function open({ page = service.origin, baseURL = page }: Page = {}): Tab {
  if (window === undefined) throw new Error("no browser");
  const tab = window.open({ baseURL, tokens: "cookie" });
  online(tab, page);
  return tab;
}

function online(tab: Tab, page: string = service.origin): void {
  tab.network = (input, init) => jar.fetch(page, Date.now() + tab.slept, input, init);
}

const logIn = (tab: Tab) => tab.auth.loginWith(key, key.ss58Address);
const status = ({ auth }: Tab) => auth.session.getSnapshot().status;
const paths = (tab: Tab) => tab.sent.map(({ url }) => new URL(url).pathname);
const post = { method: "POST", body: "{}" };

afterEach(() => {
  window?.close();
  window = undefined;
  jar = new CookieJar();
});

describe.skipIf(missing)("a session in cookies", () => {
  beforeAll(async () => {
    service = await Service.start({ cookies: true });
  }, 90_000);
  afterAll(() => service?.stop());

  it("shows no token to the page", async () => {
    reload();
    const tab = open();
    await logIn(tab);
    for (const request of [undefined, post]) {
      expect(await (await tab.auth.fetch("/score", request)).json()).toMatchObject({
        hotkey: key.ss58Address,
        via: "session",
      });
    }
    tab.wake(840_000);
    await vi.waitFor(() => expect(paths(tab)).toContain("/auth/refresh"));
    expect((await tab.auth.fetch("/score")).status).toBe(200);
    expect([...jar.cookies.keys()]).toEqual([SESSION, REFRESH]);
    expect(jar.received.every((line) => /; Secure; HttpOnly;/.test(line))).toBe(true);
    expect(jar.shown).toContain(key.ss58Address);
    expect(jar.shown).not.toMatch(/bta[sr]_/);
    expect(tab.sent.map(({ authorization }) => authorization).filter(Boolean)).toEqual([]);
  });

  it("is there again after a reload, with one call, and other tabs ask nobody", async () => {
    reload();
    await logIn(open());
    reload();
    const tab = open();
    await tab.auth.ready();
    expect(tab.auth.session.getSnapshot()).toMatchObject({ status: "logged-in", hotkey: key.ss58Address });
    expect(paths(tab)).toEqual(["/auth/refresh"]);
    const second = open();
    await second.auth.ready();
    expect([status(second), second.sent.length]).toEqual(["logged-in", 0]);
    expect((await second.auth.fetch("/score")).status).toBe(200);
  });

  it.each(["web locks", "no locks"] as const)("is rotated once by ten tabs that wake up (%s)", async (locks) => {
    reload({ locks });
    const tabs = Array.from({ length: 10 }, () => open());
    await logIn(tabs[0] as Tab);
    await Promise.all(tabs.map(({ auth }) => auth.ready()));
    await vi.waitFor(() => expect(tabs.map(status)).toEqual(Array(10).fill("logged-in")));
    const before = (await service.report()).rotations;
    for (const tab of tabs) tab.wake(840_000);
    await Promise.all(tabs.map(async ({ auth }) => expect((await auth.fetch("/score", post)).status).toBe(200)));
    await new Promise((later) => setTimeout(later, 500));
    expect((await service.report()).rotations - before).toBe(1);
    expect(tabs.flatMap(({ events }) => events)).toEqual([]);
  });

  it("is one session for ten tabs that a browser restores at once", async () => {
    reload();
    await logIn(open());
    reload();
    const before = (await service.report()).rotations;
    const tabs = Array.from({ length: 10 }, () => open());
    await Promise.all(tabs.map(({ auth }) => auth.ready()));
    await vi.waitFor(() => expect(tabs.map(status)).toEqual(Array(10).fill("logged-in")));
    await Promise.all(tabs.map(async ({ auth }) => expect((await auth.fetch("/score")).status).toBe(200)));
    expect((await service.report()).rotations - before).toBe(1);
    expect(tabs.flatMap(({ events }) => events)).toEqual([]);
  });

  it("ends everywhere with a logout: tabs, cookies and server", async () => {
    reload();
    const [first, second] = [open(), open()];
    await Promise.all([first.auth.ready(), second.auth.ready()]);
    await logIn(first);
    await vi.waitFor(() => expect(status(second)).toBe("logged-in"));
    const kept = [...jar.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
    await second.auth.logout();
    await vi.waitFor(() => expect([first.events, second.events]).toEqual([["logout"], ["logout"]]));
    expect(jar.cookies.size).toBe(0);
    expect((await fetch(`${service.origin}/score`, { headers: { cookie: kept } })).status).toBe(401);
    reload();
    const tab = open();
    await tab.auth.ready();
    expect([status(tab), tab.events]).toEqual(["logged-out", []]);
    await rejection("login_required", tab.auth.fetch("/score"));
  });

  it("outlives a logout that the server never heard of", async () => {
    reload();
    const tab = open();
    await logIn(tab);
    tab.network = "off";
    await tab.auth.logout();
    expect([status(tab), tab.events]).toEqual(["logged-out", ["logout"]]);
    await rejection("login_required", tab.auth.fetch("/score"));
    expect(jar.cookies.size).toBe(2);
    reload();
    const next = open();
    await next.auth.ready();
    expect(status(next)).toBe("logged-in");
  });

  it("is not used from a page that the server does not allow", async () => {
    reload();
    await logIn(open());
    const answer = await jar
      .fetch("http://127.0.0.1:1", Date.now(), `${service.origin}/score`, {
        ...post,
        credentials: "include",
      })
      .catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(TypeError);
    reload({ page: "http://127.0.0.1:1" });
    const elsewhere = open({ page: "http://127.0.0.1:1", baseURL: service.origin });
    await rejection("network_unreachable", elsewhere.auth.ready());
    expect(jar.cookies.size).toBe(2);
  });
});

describe.skipIf(missing)("a session of two seconds in cookies", () => {
  beforeAll(async () => {
    service = await Service.start({ cookies: true, access: 2, idle: 4, grace: 1 });
  }, 90_000);
  afterAll(() => service?.stop());

  it("refreshes itself, and is there again after a pause that the short cookie did not survive", async () => {
    reload();
    const first = open();
    await logIn(first);
    await new Promise((later) => setTimeout(later, 5_000));
    expect((await first.auth.fetch("/score", post)).status).toBe(200);
    expect(paths(first).filter((path) => path === "/auth/refresh").length).toBeGreaterThanOrEqual(2);
    window?.close();
    await new Promise((later) => setTimeout(later, 2_200));
    reload();
    const second = open();
    expect((await second.auth.fetch("/score", post)).status).toBe(200);
    expect([first.events, second.events]).toEqual([[], []]);
  }, 15_000);

  it("is over when nobody was there, and logs in again", async () => {
    reload();
    const tab = open();
    await logIn(tab);
    tab.network = "off";
    await vi.waitFor(() => expect(tab.events).toEqual(["expired"]), 8_000);
    online(tab);
    await rejection("login_required", tab.auth.fetch("/score"));
    reload();
    const next = open();
    await next.auth.ready();
    expect([status(next), next.events]).toEqual(["logged-out", []]);
    await logIn(next);
    expect((await next.auth.fetch("/score")).status).toBe(200);
  }, 15_000);

  it("is ended at the server by a logout after the short cookie is gone", async () => {
    reload();
    const tab = open();
    await logIn(tab);
    tab.frozen = true;
    await new Promise((later) => setTimeout(later, 2_100));
    jar.cookies.delete(SESSION);
    await tab.auth.logout();
    expect(jar.cookies.size).toBe(0);
    expect(tab.events).toEqual(["logout"]);
  }, 15_000);
});

/** The examples are for pages on another port: their answers have to allow that (CORS). */
describe.skipIf(missing).each([
  ["FastAPI", pythonExample],
  ["Node", nodeExample],
])("the %s example", (_, start) => {
  const page = "http://127.0.0.1:5173";
  let running: Running | undefined;

  async function origin(more: Record<string, string> = {}): Promise<string> {
    // Two processes with one receiver need a Redis, and other tests run at the same time.
    const { ss58Address: RECEIVER } = Keypair.fromSeed(crypto.getRandomValues(new Uint8Array(32)));
    running = await start({
      RECEIVER,
      ORIGIN: page,
      SECRET: "a secret of this test, at least 32 bytes",
      FIRST_START: "1",
      ...more,
    });
    return `http://127.0.0.1:${running.port}`;
  }

  async function comesBack(baseURL: string): Promise<void> {
    reload({ page });
    const tab = open({ page, baseURL });
    await logIn(tab);
    const score = await tab.auth.fetch("score", post);
    expect(await score.json()).toEqual({ hotkey: key.ss58Address, via: "session" });
    reload({ page });
    const next = open({ page, baseURL });
    await next.auth.ready();
    expect(status(next)).toBe("logged-in");
    await next.auth.logout();
    expect([jar.cookies.size, jar.received.length]).toEqual([0, 6]);
    expect(jar.shown).not.toMatch(/bta[sr]_/);
  }

  afterEach(() => running?.stop());

  it("keeps a session with tokens in memory, for all tabs", async () => {
    const baseURL = await origin();
    reload({ page });
    const tabs = [1, 2, 3].map(() => window?.open({ baseURL }) as Tab);
    await Promise.all(tabs.map(({ auth }) => auth.ready()));
    await logIn(tabs[0] as Tab);
    await vi.waitFor(() => expect(tabs.map(status)).toEqual(Array(3).fill("logged-in")));
    const score = async ({ auth }: Tab) => (await auth.fetch("/score", post)).json();
    const caller = { hotkey: key.ss58Address, via: "session" };
    expect(await Promise.all(tabs.map(score))).toEqual(Array(3).fill(caller));
    for (const tab of tabs) tab.wake(840_000);
    await vi.waitFor(() => expect(tabs.flatMap(paths)).toContain("/auth/refresh"));
    expect(await Promise.all(tabs.map(score))).toEqual(Array(3).fill(caller));
    await new Promise((later) => setTimeout(later, 300));
    expect(tabs.flatMap(paths).filter((path) => path === "/auth/refresh")).toHaveLength(1);
    const { authorization } = tabs[1]?.sent.at(-1) ?? {};
    await tabs[1]?.auth.logout();
    await vi.waitFor(() => expect(tabs.map(({ events }) => events)).toEqual(Array(3).fill(["logout"])));
    const answer = await fetch(`${baseURL}/score`, { ...post, headers: { authorization: authorization ?? "" } });
    expect([answer.status, (await answer.json()).code]).toEqual([401, "session_ended"]);
  }, 30_000);

  it("keeps a session in cookies for a page on its own origin", async () => {
    jar.behind = await origin({ COOKIES: "1" });
    await comesBack(page);
  }, 30_000);

  it("keeps a session in cookies for a page on another port", async () => {
    const baseURL = await origin({ COOKIES: "1" });
    const ask = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
    const preflight = await fetch(`${baseURL}/score`, { method: "OPTIONS", headers: { origin: page, ...ask } });
    expect(preflight.ok).toBe(true);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(page);
    expect(preflight.headers.get("access-control-allow-credentials")).toBe("true");
    await comesBack(baseURL);
  }, 30_000);
});
