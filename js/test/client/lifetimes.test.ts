/** A session that lives a few seconds: real time, real timers, a real server. */

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { HotkeyAuthOptions, TokenStorage } from "../../src/client/types.js";
import { Keypair } from "../../src/index.js";
import { FakeBrowser, type Tab } from "./browser.js";
import { missing, Service } from "./service.js";

const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
let service: Service;
let window: FakeBrowser;

class Shelf implements TokenStorage {
  readonly kept: Map<string, string> = new Map();
  getItem(name: string): string | null {
    return this.kept.get(name) ?? null;
  }
  async setItem(name: string, value: string): Promise<void> {
    this.kept.set(name, value);
  }
  removeItem(name: string): void {
    this.kept.delete(name);
  }
}

async function loggedIn(options: Partial<HotkeyAuthOptions> = {}): Promise<Tab> {
  const tab = window.open(options);
  await tab.auth.loginWith(key, key.ss58Address);
  return tab;
}

const status = ({ auth }: Tab) => auth.session.getSnapshot().status;
const pause = (ms: number) => new Promise((later) => setTimeout(later, ms));

describe.skipIf(missing)("a session of two seconds", () => {
  beforeAll(async () => {
    service = await Service.start({ access: 2, idle: 4, grace: 1 });
  }, 90_000);
  afterAll(() => service?.stop());
  afterEach(() => window?.close());

  it("refreshes itself, once for all tabs, for as long as one of them lives", async () => {
    window = new FakeBrowser({ page: service.origin });
    const first = await loggedIn();
    const [second, third] = [window.open(), window.open()];
    await Promise.all([second.auth.ready(), third.auth.ready()]);
    const before = await service.report();
    await pause(5_000);
    for (const tab of window.tabs) expect((await tab.auth.fetch("/x")).status).toBe(200);
    const { asked, rotations } = await service.report();
    const refreshes = asked.slice(before.asked.length).filter((line) => line === "POST /auth/refresh").length;
    expect(rotations - before.rotations).toBe(refreshes);
    expect(refreshes).toBeGreaterThanOrEqual(2);
    expect(refreshes).toBeLessThanOrEqual(4);
    first.close();
    second.close();
    await pause(2_500);
    expect((await third.auth.fetch("/x")).status).toBe(200);
    expect(window.tabs.flatMap(({ events }) => events)).toEqual([]);
  }, 20_000);

  it("is not ended for all by a tab that slept through several refreshes", async () => {
    window = new FakeBrowser({ page: service.origin });
    const [awake, sleeper] = [await loggedIn(), window.open()];
    await sleeper.auth.ready();
    sleeper.frozen = true;
    const before = (await service.report()).rotations;
    // Longer than a session lives that nobody refreshes.
    await pause(4_500);
    expect((await service.report()).rotations - before).toBeGreaterThanOrEqual(2);
    sleeper.frozen = false;
    sleeper.wake(0);
    await pause(1_000);
    expect((await sleeper.auth.fetch("/x")).status).toBe(200);
    expect((await awake.auth.fetch("/x")).status).toBe(200);
    expect([awake.events, sleeper.events]).toEqual([[], []]);
  }, 20_000);

  it("ends once, with a reason, when a refresh token is used twice", async () => {
    window = new FakeBrowser({ page: service.origin });
    const tab = await loggedIn({ tokens: new Shelf() });
    const thief = new FakeBrowser({ page: service.origin });
    const shelf = new Shelf();
    const copy = thief.open({ tokens: shelf });
    await copy.auth.loginWith(key, key.ss58Address);
    // The copy holds a token that its owner has exchanged since, and only the copy still uses it.
    const stale = [...shelf.kept.values()][0] as string;
    await vi.waitFor(() => expect([...shelf.kept.values()][0]).not.toBe(stale), 5_000);
    await pause(1_500);
    const { refreshToken } = JSON.parse(stale);
    const body = JSON.stringify({ refresh_token: refreshToken });
    await fetch(`${service.origin}/auth/refresh`, { method: "POST", body });
    await vi.waitFor(() => expect(copy.events).toEqual(["ended"]), 5_000);
    expect(shelf.kept.size).toBe(0);
    expect(tab.events).toEqual([]);
    thief.close();
  }, 20_000);

  it("is over when nobody was there, and says so once in each tab", async () => {
    window = new FakeBrowser({ page: service.origin });
    const [first, second] = [await loggedIn(), window.open()];
    await second.auth.ready();
    for (const tab of window.tabs) tab.network = "off";
    await vi.waitFor(() => expect(window.tabs.map(status)).toEqual(["logged-out", "logged-out"]), 8_000);
    await pause(500);
    expect([first.events, second.events]).toEqual([["expired"], ["expired"]]);
  }, 20_000);

  it("outlives its page in a storage, and leaves it when it ends", async () => {
    window = new FakeBrowser({ page: service.origin });
    const shelf = new Shelf();
    const first = await loggedIn({ tokens: shelf });
    window.close();
    expect(shelf.kept.size).toBe(1);
    window = new FakeBrowser({ page: service.origin });
    const reloaded = window.open({ tokens: shelf });
    await reloaded.auth.ready();
    expect(status(reloaded)).toBe("logged-in");
    expect((await reloaded.auth.fetch("/x")).status).toBe(200);
    await reloaded.auth.logout();
    await vi.waitFor(() => expect(shelf.kept.size).toBe(0));
    expect(first.events).toEqual([]);
    for (const spoilt of ["", "{", "null", "[]", '{"id":1}', '{"id":"a","clock":[1,2]}']) {
      shelf.kept.set(`bittensor-auth ${service.origin}/auth`, spoilt);
      const tab = window.open({ tokens: shelf });
      await tab.auth.ready();
      expect(status(tab)).toBe("logged-out");
    }
  });

  it("does without a storage that fails", async () => {
    window = new FakeBrowser({ page: service.origin });
    const full = () => Promise.reject(new Error("full"));
    const tab = await loggedIn({ tokens: { getItem: full, setItem: full, removeItem: full } });
    await pause(2_500);
    expect((await tab.auth.fetch("/x")).status).toBe(200);
    await tab.auth.logout();
    expect(tab.events).toEqual(["logout"]);
  }, 10_000);
});
