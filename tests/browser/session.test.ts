import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALICE, BOB } from "./support/accounts";
import { Person } from "./support/person";
import { rotations } from "./support/records";
import { type Running, redis } from "./support/servers";
import { type Site, site } from "./support/site";
import { until } from "./support/until";
import { Wallet } from "./support/wallet";

/** Life of a session token in seconds. */
const ACCESS = 6;

let wallet: Wallet;

beforeAll(async () => {
  wallet = await Wallet.start();
  await wallet.add("Alice", "//Alice");
  await wallet.add("Bob", "//Bob");
});

afterAll(() => wallet?.close());

describe.each(["fastapi", "node"] as const)("a session of the %s example with a short life", (language) => {
  let store: Running;
  let place: Site;
  const tabs: Person[] = [];

  const refreshes = () => place.gate.to("POST", "/auth/refresh").length;
  const first = () => tabs[0] as Person;

  beforeAll(async () => {
    store = await redis();
    place = await site(language, { access: ACCESS, redis: store.url });
    const person = await Person.visits(wallet, place.origin);
    tabs.push(person);
    await person.connects(wallet, ALICE, BOB);
    // A new store lets nobody in whose challenge could be older than the store.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await person.signsIn(wallet);
  });

  afterAll(async () => {
    await place?.stop();
    await store?.stop();
  });

  test("refreshes itself before its token ends, and goes on", async () => {
    const begun = Date.now();
    await until("a refresh", async () => refreshes() === 1);
    expect(Date.now() - begun).toBeLessThan(ACCESS * 1_000);
    await until("the first token's end", async () => Date.now() > begun + ACCESS * 1_000);
    expect(JSON.parse(await first().calls("Score"))).toEqual({ hotkey: ALICE, via: "session" });
    await first().page.getByRole("cell", { name: "POST /api/auth/refresh" }).first().waitFor();
    await first().shot(`session-${language}-1-refreshed`);
    expect(place.gate.passed.filter(({ status }) => status === 401)).toEqual([]);
  });

  test("is there in a second tab, which does not ask the wallet", async () => {
    const second = await Person.visits(wallet, place.origin);
    tabs.push(second);
    await second.isSignedIn();
    expect(JSON.parse(await second.calls("Score"))).toEqual({ hotkey: ALICE, via: "session" });
    expect(place.gate.to("POST", "/auth/session")).toHaveLength(1);
    expect(await wallet.signing()).toEqual([]);
    await second.shot(`session-${language}-2-second-tab`);
  });

  test("is refreshed once when ten tabs wake at the same time, and lives on in all", async () => {
    while (tabs.length < 10) tabs.push(await Person.visits(wallet, place.origin));
    await Promise.all(tabs.map((tab) => tab.isSignedIn()));
    // Right after a refresh the next one is far enough away.
    const soFar = refreshes();
    await until("a refresh", async () => refreshes() > soFar);
    const before = { refreshes: refreshes(), rotations: await rotations(store.url) };
    const wake = await wallet.sleep();
    try {
      await new Promise((resolve) => setTimeout(resolve, (ACCESS + 1) * 1_000));
      expect(refreshes(), "a machine that sleeps refreshes nothing").toBe(before.refreshes);
    } finally {
      wake();
    }
    await until("a refresh", async () => refreshes() > before.refreshes);
    // Whoever is late would have asked by now. The next refresh is due after 75 % of the token's life.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(refreshes()).toBe(before.refreshes + 1);
    expect(await rotations(store.url)).toEqual(before.rotations.map((rotation) => rotation + 1));

    const answers = await Promise.all(tabs.map((tab) => tab.calls("Score")));
    expect(answers.map((answer) => JSON.parse(answer).hotkey)).toEqual(tabs.map(() => ALICE));
    expect(place.gate.passed.filter(({ status }) => status >= 400)).toEqual([]);
    await first().shot(`session-${language}-3-ten-tabs-woken`);
  });

  test("ends in all tabs when one logs out", async () => {
    await tabs[3]?.signsOut();
    await Promise.all(tabs.map((tab) => tab.isSignedOut()));
    await first().page.getByRole("main").getByText("You signed out.").waitFor();
    expect(place.gate.to("POST", "/auth/logout")).toHaveLength(1);
    expect(await rotations(store.url)).toEqual([]);
    await first().shot(`session-${language}-4-signed-out-everywhere`);
    await Promise.all(tabs.splice(1).map((tab) => tab.leaves()));
  });

  test("ends when the wallet no longer offers its account", async () => {
    await first().page.reload();
    await first().connects(wallet);
    await first().signsIn(wallet);
    await wallet.show(place.origin, [BOB]);
    await first().isSignedOut();
    await first().page.getByRole("main").getByText("The wallet no longer offers the account").waitFor();
    expect(await rotations(store.url)).toEqual([]);
    await first().shot(`session-${language}-5-account-changed`);
    await first().leaves();
  });

  test("goes on without its account in the wallet where the dashboard is told to keep it", async () => {
    await wallet.show(place.origin, [ALICE, BOB]);
    const person = await Person.visits(wallet, `${place.origin}/?on-account-change=keep`);
    await person.connects(wallet);
    await person.signsIn(wallet);
    await wallet.show(place.origin, [BOB]);
    const before = refreshes();
    await until("a refresh", async () => refreshes() > before);
    expect(JSON.parse(await person.calls("Score"))).toEqual({ hotkey: ALICE, via: "session" });
    await person.signsOut();
    await person.leaves();
  });
});
