/** Requests with a session: where they go, when they are repeated, and what is left of the session afterwards. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { errorOf } from "../../src/client/index.js";
import { Keypair } from "../../src/index.js";
import { FakeBrowser, type Tab } from "./browser.js";
import { rejection } from "./refusals.js";
import { missing, Service } from "./service.js";

const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
let service: Service;
let window: FakeBrowser;
let tab: Tab;

/** What the service says that it received. */
async function received(response: Response): Promise<Record<string, string>> {
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, string>;
}

/** The next answers are these; after them the service answers. */
function next(...answers: (() => Promise<Response>)[]): void {
  tab.network = (input, init) => answers.shift()?.() ?? fetch(input, init);
}

const away = () => Promise.reject(new TypeError("fetch failed"));
const answer =
  (status: number, headers: Record<string, string> = {}) =>
  async () =>
    new Response("x", { status, headers });
const refusal =
  (code: string, status = 401) =>
  async () =>
    new Response(JSON.stringify({ code }), { status, headers: { "content-type": "application/problem+json" } });

describe.skipIf(missing)("fetch", () => {
  beforeAll(async () => {
    service = await Service.start();
  }, 90_000);
  afterAll(() => service?.stop());
  beforeEach(async () => {
    window = new FakeBrowser({ page: service.origin });
    tab = window.open();
    await tab.auth.loginWith(key, key.ss58Address);
    tab.sent.splice(0);
  });
  afterEach(() => window.close());

  it.each<[string, () => [string | URL | Request, RequestInit?], Record<string, unknown>]>([
    ["a path", () => ["/a?b=c"], { method: "GET", target: "/a?b=c" }],
    ["a path below the base", () => ["a/b"], { target: "/a/b" }],
    ["a URL", () => [new URL(`${service.origin}/u`)], { target: "/u" }],
    [
      "JSON",
      () => ["/j", { method: "POST", body: '{"a":1}', headers: { "content-type": "application/json" } }],
      { body: '{"a":1}', type: "application/json" },
    ],
    [
      "a form",
      () => ["/f", { method: "POST", body: new URLSearchParams({ a: "b c" }) }],
      { body: "a=b+c", type: "application/x-www-form-urlencoded;charset=UTF-8" },
    ],
    ["bytes", () => ["/b", { method: "PUT", body: Uint8Array.of(1, 2, 255) }], { body: "\x01\x02\xff" }],
    [
      "a Request",
      () => [new Request(`${service.origin}/r`, { method: "PATCH", body: "x" })],
      { method: "PATCH", body: "x" },
    ],
  ])("sends %s", async (_, request, expected) => {
    expect(await received(await tab.auth.fetch(...request()))).toMatchObject({ ...expected, via: "session" });
  });

  it("sends a stream once, as it comes", async () => {
    const body = new Blob(["piece"]).stream();
    const init = { method: "PUT", body, duplex: "half" } as RequestInit;
    expect(await received(await tab.auth.fetch("/s", init))).toMatchObject({ body: "piece" });
    next(away);
    const again = new ReadableStream({ start: (out) => out.close() });
    await rejection("network_unreachable", tab.auth.fetch("/s", { ...init, body: again } as RequestInit));
    expect(tab.sent.length).toBe(2);
  });

  it("goes nowhere else with the session", async () => {
    for (const elsewhere of [
      "https://evil.example/",
      "//evil.example/x",
      service.origin.replace("127.0.0.1", "localhost"),
    ]) {
      await rejection("origin_not_allowed", tab.auth.fetch(elsewhere));
    }
    await rejection("origin_not_allowed", tab.auth.fetch(new Request("http://127.0.0.1:1/")));
    expect(tab.sent).toEqual([]);
    const second = window.open({ origins: [service.origin.replace("127.0.0.1", "localhost")] });
    expect((await second.auth.fetch(`${service.origin.replace("127.0.0.1", "localhost")}/x`)).status).toBe(200);
  });

  it.each([301, 302, 303, 307, 308])("follows no redirect (%d), wherever it leads", async (status) => {
    for (const to of ["https://evil.example/", "/score"]) {
      const address = `/redirect?status=${status}&to=${encodeURIComponent(to)}`;
      await rejection("redirect_refused", tab.auth.fetch(address));
      expect((await tab.auth.fetch(address, { redirect: "manual" })).status).toBe(status);
    }
    next(async () => Object.defineProperty(new Response(), "type", { value: "opaqueredirect" }));
    await rejection("redirect_refused", tab.auth.fetch("/x"));
  });

  it("repeats what may be repeated when the network fails, and nothing else", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      next(away, away);
      expect(await received(await tab.auth.fetch("/x", { method }))).toMatchObject({ method });
    }
    tab.network = "off";
    tab.sent.splice(0);
    const error = await rejection("network_unreachable", tab.auth.fetch("/x"));
    expect([tab.sent.length, error.retryable]).toEqual([3, true]);
    await rejection("network_unreachable", tab.auth.fetch("/x", { method: "POST", body: "pay" }));
    await rejection("network_unreachable", tab.auth.fetch("/x", { method: "PATCH", body: "pay" }));
    expect(tab.sent.length).toBe(5);
  }, 15_000);

  it("waits as long as the server asks, within reason", async () => {
    const start = Date.now();
    await service.refuse("/x", 1);
    expect((await tab.auth.fetch("/x")).status).toBe(200);
    expect(Date.now() - start).toBeGreaterThanOrEqual(1_000);
    next(answer(503, { "retry-after": "31" }));
    expect((await tab.auth.fetch("/x")).status).toBe(503);
    await service.refuse("/x", 1);
    expect((await tab.auth.fetch("/x", { method: "POST" })).status).toBe(503);
  });

  it("repeats anything that the service itself put off: no handler ran", async () => {
    next(refusal("store_unavailable", 503));
    expect(await received(await tab.auth.fetch("/x", { method: "POST", body: "pay" }))).toMatchObject({ body: "pay" });
  });

  it("gives every other answer as it is, readable", async () => {
    for (const status of [400, 403, 404, 409, 500]) {
      next(answer(status));
      const response = await tab.auth.fetch("/x");
      expect([response.status, await response.text()]).toEqual([status, "x"]);
    }
    next(refusal("hotkey_denied", 403));
    const response = await tab.auth.fetch("/x");
    expect(await errorOf(response)).toMatchObject({ code: "hotkey_denied", forbidden: true });
    expect(await response.json()).toEqual({ code: "hotkey_denied" });
    expect(await errorOf(new Response("fine"))).toBeUndefined();
    expect(tab.auth.session.getSnapshot().status).toBe("logged-in");
  });

  it("refreshes once when the server says that the token is over, and sends again", async () => {
    next(refusal("session_expired"));
    expect(await received(await tab.auth.fetch("/x", { method: "POST", body: "pay" }))).toMatchObject({ body: "pay" });
    expect(tab.sent.map(({ url }) => new URL(url).pathname)).toEqual(["/x", "/auth/refresh", "/x"]);
    expect(tab.sent[0]?.authorization).not.toBe(tab.sent[2]?.authorization);
    tab.network = async (input, init) =>
      (input instanceof Request ? input.url : input).endsWith("/y") ? refusal("session_expired")() : fetch(input, init);
    tab.sent.splice(0);
    expect((await tab.auth.fetch("/y")).status).toBe(401);
    expect(tab.sent.length).toBe(3);
    expect(tab.events).toEqual([]);
  });

  it("shares one refresh among requests that need it", async () => {
    tab.slept += 850_000;
    await Promise.all([1, 2, 3, 4].map(async () => expect((await tab.auth.fetch("/x")).status).toBe(200)));
    tab.slept += 40_000;
    await tab.auth.fetch("/x");
    const refreshes = () => tab.sent.filter(({ url }) => url.endsWith("/refresh")).length;
    await vi.waitFor(() => expect(refreshes()).toBe(1));
    await new Promise((later) => setTimeout(later, 300));
    await tab.auth.fetch("/x");
    expect(refreshes()).toBe(1);
  });

  it("is not logged out by a 401 of something else", async () => {
    next(answer(401));
    expect((await tab.auth.fetch("/x")).status).toBe(401);
    expect(tab.auth.session.getSnapshot().status).toBe("logged-in");
  });

  it("goes on with the old token while a refresh fails, and recovers when the network is back", async () => {
    tab.slept = -600_000;
    await tab.auth.loginWith(key, key.ss58Address);
    tab.events.splice(0);
    tab.network = async (input, init) =>
      (input instanceof Request ? input.url : input).endsWith("/refresh") ? away() : fetch(input, init);
    tab.wake(800_000);
    await vi.waitFor(() => expect(tab.sent.some(({ url }) => url.endsWith("/refresh"))).toBe(true));
    expect((await tab.auth.fetch("/x")).status).toBe(200);
    tab.slept += 120_000;
    await rejection("network_unreachable", tab.auth.fetch("/x"));
    expect(tab.auth.session.getSnapshot().status).toBe("logged-in");
    tab.network = "on";
    tab.wake(0);
    await vi.waitFor(async () => expect((await tab.auth.fetch("/x")).status).toBe(200));
    expect(tab.events).toEqual([]);
  });

  it("logs out when nobody refreshed in time", async () => {
    tab.wake(7_300_000);
    await vi.waitFor(() => expect(tab.events).toEqual(["expired"]));
    const error = await rejection("login_required", tab.auth.fetch("/x"));
    expect(error.needsLogin).toBe(true);
  });

  it("can be given up at any time", async () => {
    await rejection("aborted", tab.auth.fetch("/x", { signal: AbortSignal.abort() }));
    const person = new AbortController();
    next(answer(503, { "retry-after": "20" }));
    const waiting = tab.auth.fetch("/x", { signal: person.signal });
    setTimeout(() => person.abort(new Error("enough")), 100);
    expect((await rejection("aborted", waiting)).cause).toMatchObject({ message: "enough" });
  });

  it("says what it cannot send", async () => {
    for (const bad of ["http://", "http://user:secret@127.0.0.1/"]) {
      await rejection("invalid_configuration", tab.auth.fetch(bad));
    }
    await rejection("invalid_configuration", tab.auth.fetch("/x", { method: "GET", body: "x" }));
    await rejection("invalid_configuration", tab.auth.fetch("/x", { method: "BAD METHOD" }));
  });

  it("logs out although the server is away, and tells it when the token is over", async () => {
    tab.network = "off";
    await tab.auth.logout();
    expect(tab.events).toEqual(["logout"]);
    await tab.auth.logout();
    tab.network = "on";
    await tab.auth.loginWith(key, key.ss58Address);
    tab.sent.splice(0);
    next(refusal("session_expired"));
    await tab.auth.logout();
    expect(tab.sent.map(({ url }) => new URL(url).pathname)).toEqual(["/auth/logout", "/auth/refresh", "/auth/logout"]);
    expect(tab.events).toEqual(["logout", "logout"]);
  });

  it("survives a listener that throws", async () => {
    tab.auth.on("loggedOut", () => {
      throw new Error("of the page");
    });
    const after = vi.fn();
    tab.auth.on("loggedOut", after);
    await tab.auth.logout();
    expect(after).toHaveBeenCalledOnce();
  });

  it("does nothing after it was disposed of", async () => {
    tab.auth.dispose();
    await rejection("aborted", tab.auth.fetch("/x"));
    await tab.auth.logout();
  });
});
