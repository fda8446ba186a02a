/** Sessions against a real FastAPI service: login, refresh, tabs, logout. */

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Session } from "../../src/client/types.js";
import { Keypair } from "../../src/index.js";
import { FakeBrowser, type Tab } from "./browser.js";
import { FakeWallet } from "./fake-wallet.js";
import { rejection } from "./refusals.js";
import { missing, Service } from "./service.js";

const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
const open: FakeBrowser[] = [];
let service: Service;

function browser(settings: Partial<ConstructorParameters<typeof FakeBrowser>[0]> = {}): FakeBrowser {
  const made = new FakeBrowser({ page: service.origin, ...settings });
  made.wallets = { "polkadot-js": new FakeWallet({ [key.ss58Address]: key }) };
  open.push(made);
  return made;
}

async function logIn(tab: Tab): Promise<Session> {
  const [account] = await tab.auth.connect();
  if (account === undefined) throw new Error("no account");
  return tab.auth.login(account);
}

const status = (tab: Tab) => tab.auth.session.getSnapshot().status;

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

describe.skipIf(missing)("a session", () => {
  beforeAll(async () => {
    service = await Service.start();
  }, 90_000);
  afterAll(() => service?.stop());

  it("begins with a login and is sent with every request", async () => {
    const tab = browser().open();
    const seen: string[] = [];
    tab.auth.session.subscribe(() => {
      const snapshot = tab.auth.session.getSnapshot();
      seen.push(snapshot.status === "logging-in" ? snapshot.step : snapshot.status);
    });
    const session = await logIn(tab);
    expect(session.hotkey).toBe(key.ss58Address);
    expect(session.expiresAt - Date.now()).toBeGreaterThan(895_000);
    expect(session.expiresAt - Date.now()).toBeLessThanOrEqual(900_500);
    expect(session.refreshesAt).toBeLessThan(session.expiresAt);
    expect(seen).toEqual(["logged-out", "challenge", "wallet", "server", "logged-in"]);
    expect(tab.auth.session.getSnapshot()).toBe(tab.auth.session.getSnapshot());
    const answer = await tab.auth.fetch("/score?a=1");
    expect(await answer.json()).toMatchObject({ hotkey: key.ss58Address, via: "session", target: "/score?a=1" });
  });

  it("is taken over by a new tab without a call to the server", async () => {
    const window = browser();
    await logIn(window.open());
    const second = window.open();
    await second.auth.ready();
    expect(status(second)).toBe("logged-in");
    expect(second.sent).toEqual([]);
    expect((await second.auth.fetch("/score")).status).toBe(200);
  });

  it("comes to tabs that are open already", async () => {
    const window = browser();
    const [first, second] = [window.open(), window.open()];
    await Promise.all([first.auth.ready(), second.auth.ready()]);
    expect(status(second)).toBe("logged-out");
    await logIn(first);
    await vi.waitFor(() => expect(status(second)).toBe("logged-in"));
  });

  it("is refreshed once when ten tabs wake up together, and nobody is logged out", async () => {
    const window = browser();
    const tabs = Array.from({ length: 10 }, () => window.open());
    await Promise.all(tabs.map(({ auth }) => auth.ready()));
    await logIn(tabs[0] as Tab);
    await vi.waitFor(() => expect(tabs.map(status)).toEqual(Array(10).fill("logged-in")));
    const [before, calls] = [(await service.report()).rotations, await service.count("POST /auth/refresh")];
    for (const tab of tabs) tab.wake(840_000);
    await vi.waitFor(() => {
      for (const { auth } of tabs) {
        const snapshot = auth.session.getSnapshot();
        expect(snapshot.status === "logged-in" && snapshot.expiresAt > Date.now() + 1_000_000).toBe(true);
      }
    }, 5_000);
    await Promise.all(tabs.map(async ({ auth }) => expect((await auth.fetch("/score")).status).toBe(200)));
    expect((await service.report()).rotations - before).toBe(1);
    expect((await service.count("POST /auth/refresh")) - calls).toBe(1);
    expect(tabs.flatMap(({ events }) => events)).toEqual([]);
  });

  it("survives the same without Web Locks: the server's grace gives all the same successor", async () => {
    const window = browser({ locks: "no locks" });
    const tabs = Array.from({ length: 10 }, () => window.open());
    await logIn(tabs[0] as Tab);
    await Promise.all(tabs.map(({ auth }) => auth.ready()));
    await vi.waitFor(() => expect(tabs.map(status)).toEqual(Array(10).fill("logged-in")));
    const before = (await service.report()).rotations;
    for (const tab of tabs) tab.wake(840_000);
    await Promise.all(tabs.map(({ auth }) => auth.fetch("/score")));
    await new Promise((later) => setTimeout(later, 500));
    expect(tabs.map(status)).toEqual(Array(10).fill("logged-in"));
    expect((await service.report()).rotations - before).toBe(1);
  });

  it("ends in all tabs when one logs out, with one event in each and the server told", async () => {
    const window = browser();
    const tabs = [window.open(), window.open(), window.open()];
    await Promise.all(tabs.map(({ auth }) => auth.ready()));
    await logIn(tabs[0] as Tab);
    await vi.waitFor(() => expect(tabs.map(status)).toEqual(["logged-in", "logged-in", "logged-in"]));
    await (tabs[1] as Tab).auth.fetch("/score");
    const bearer = (tabs[1] as Tab).sent.at(-1)?.authorization as string;
    await (tabs[1] as Tab).auth.logout();
    await vi.waitFor(() => expect(tabs.map(status)).toEqual(["logged-out", "logged-out", "logged-out"]));
    expect(tabs.map(({ events }) => events)).toEqual([["logout"], ["logout"], ["logout"]]);
    expect((await fetch(`${service.origin}/score`, { headers: { authorization: bearer } })).status).toBe(401);
    await rejection("login_required", (tabs[2] as Tab).auth.fetch("/score"));
  });

  it("ends with one event when the server revoked it", async () => {
    const window = browser();
    const [first, second] = [window.open(), window.open()];
    await Promise.all([first.auth.ready(), second.auth.ready()]);
    await logIn(first);
    await vi.waitFor(() => expect(status(second)).toBe("logged-in"));
    await first.auth.fetch("/revoke", { method: "POST" });
    const answers = await Promise.all([1, 2, 3].map(() => first.auth.fetch("/score")));
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401]);
    expect(await (answers[0] as Response).json()).toMatchObject({ code: "session_ended" });
    await vi.waitFor(() => expect(second.events).toEqual(["ended"]));
    expect(first.events).toEqual(["ended"]);
    expect(first.auth.session.getSnapshot()).toEqual({ status: "logged-out", reason: "ended" });
  });

  it("moves to the account that logged in last, everywhere", async () => {
    const other = Keypair.fromSeed(new Uint8Array(32).fill(8));
    const window = browser();
    const [first, second] = [window.open(), window.open()];
    await Promise.all([first.auth.ready(), second.auth.ready()]);
    await logIn(first);
    await vi.waitFor(() => expect(status(second)).toBe("logged-in"));
    await first.auth.fetch("/score");
    const bearer = first.sent.at(-1)?.authorization as string;
    await second.auth.loginWith(other, other.ss58Address);
    await vi.waitFor(() => expect(first.auth.session.getSnapshot()).toMatchObject({ hotkey: other.ss58Address }));
    expect([first.events, second.events]).toEqual([["replaced"], ["replaced"]]);
    await vi.waitFor(async () =>
      expect((await fetch(`${service.origin}/score`, { headers: { authorization: bearer } })).status).toBe(401),
    );
  });
});
