import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALICE, ALICE_AT_0, ALICE_ED25519, BOB, PHRASE } from "./support/accounts";
import { Person } from "./support/person";
import { lookalike, type Site, site } from "./support/site";
import { Wallet } from "./support/wallet";

let wallet: Wallet;
let place: Site;

beforeAll(async () => {
  [wallet, place] = await Promise.all([Wallet.start(), site("fastapi")]);
  await wallet.add("Alice", "//Alice");
  await wallet.add("Bob", "//Bob");
  const person = await tab("first");
  await person.connects(wallet, ALICE, BOB);
  await person.leaves();
});

afterAll(async () => {
  await wallet?.close();
  await place?.stop();
});

/** A tab of its own: the wallet counts signatures by the page's address. */
function tab(name: string): Promise<Person> {
  return Person.visits(wallet, `${place.origin}/?${name}`);
}

const asked = () => place.gate.to("POST", "/auth/challenge").length;
const sent = () => place.gate.to("POST", "/auth/session").length;

describe("a person who says no", () => {
  test("to the connection gets a typed error, and then a wallet without accounts", async () => {
    const other = await lookalike(place, { forge: false });
    const person = await Person.visits(wallet, other.origin);
    await person.page.getByRole("button", { name: /polkadot-js/ }).click();
    await wallet.deny();
    await person.sees("wallet_rejected");
    await person.shot("refusals-1-connection");
    await person.page.getByRole("button", { name: /polkadot-js/ }).click();
    await person.sees("wallet_no_accounts");
    await person.shot("refusals-2-no-accounts");
    expect(other.gate.passed).toEqual([]);
    await person.leaves();
    await other.stop();
  });

  test("to the signature gets a typed error, and nothing reaches the server", async () => {
    const person = await tab("refuse");
    await person.connects(wallet);
    await person.asksToSignIn();
    await wallet.refuse();
    await person.sees("wallet_rejected");
    await person.shot("refusals-3-signature");
    expect(sent()).toBe(0);

    // Two requests in three seconds: the wallet refuses the second by itself, and nobody tries a third time.
    const before = asked();
    await person.asksToSignIn();
    expect(await person.sees("wallet_busy")).toContain("three seconds");
    await person.shot("refusals-4-rate-limit");
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect(asked()).toBe(before + 1);
    expect(await wallet.signing()).toEqual([]);
    await person.signsIn(wallet);
    await person.signsOut();
    await person.leaves();
  });

  test("in the dashboard while the wallet waits is not logged in by a late yes", async () => {
    const person = await tab("cancel");
    await person.connects(wallet);
    const before = sent();
    await person.asksToSignIn();
    await person.page.getByRole("button", { name: "Cancel" }).click();
    await person.page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    await wallet.approve();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await person.isSignedOut();
    expect(sent()).toBe(before);
    expect(await person.page.getByRole("alert").count()).toBe(0);
    await person.leaves();
  });
});

describe("an account", () => {
  test("that the wallet spells in its own way is signed for in the canonical one", async () => {
    await wallet.forget(ALICE);
    await wallet.spell(0);
    await wallet.add("Alice", "//Alice");
    await wallet.show(place.origin, [ALICE_AT_0]);
    const person = await tab("prefix");
    await person.connects(wallet);
    await person.asksToSignIn();
    const { request } = await wallet.approve();
    await person.isSignedIn();
    expect(request.payload.address).toBe(ALICE_AT_0);
    const text = Buffer.from(request.payload.data.slice(2), "hex").toString();
    expect(text.split("\n")[1]).toBe(ALICE);
    await person.page.getByText(ALICE, { exact: true }).waitFor();
    await person.signsOut();
    await person.leaves();
    await wallet.spell(42);
  });

  test("with an ed25519 key is refused by a server for sr25519", async () => {
    await wallet.add("Ledger", "//Alice", "ed25519");
    await wallet.show(place.origin, [ALICE_ED25519]);
    const person = await tab("ed25519");
    await person.connects(wallet);
    await person.asksToSignIn();
    await wallet.approve();
    await person.sees("scheme_not_accepted");
    await person.shot("refusals-5-ed25519");
    await person.leaves();
  });

  test("of an Ethereum chain is refused before the wallet is asked", async () => {
    await wallet.add("Ether", PHRASE, "ethereum");
    const { address } = (await wallet.accounts()).find(({ type }) => type === "ethereum") ?? { address: "" };
    await wallet.show(place.origin, [address]);
    const person = await tab("ethereum");
    await person.connects(wallet);
    const before = asked();
    await person.asksToSignIn();
    await person.sees("wallet_unsupported_account");
    await person.shot("refusals-6-ethereum");
    expect(asked()).toBe(before);
    expect(await wallet.signing()).toEqual([]);
    await wallet.show(place.origin, [BOB]);
    await person.leaves();
  });
});

describe("a site that is not the one it serves logins for", () => {
  test("cannot have the real server's challenge signed, even with a forged origin", async () => {
    const hostile = await lookalike(place, { forge: true });
    const person = await Person.visits(wallet, hostile.origin);
    await person.connects(wallet, BOB);
    await person.asksToSignIn();
    await person.sees("challenge_refused");
    await person.shot("refusals-7-phishing");
    expect(hostile.gate.to("POST", "/auth/challenge").map(({ status }) => status)).toEqual([200]);
    expect(await wallet.signing()).toEqual([]);
    expect(hostile.gate.to("POST", "/auth/session")).toEqual([]);
    await person.leaves();
    await hostile.stop();
  });

  test("gets no challenge when it does not forge it", async () => {
    const other = await lookalike(place, { forge: false });
    const person = await Person.visits(wallet, other.origin);
    await person.connects(wallet, BOB);
    await person.asksToSignIn();
    await person.sees("origin_refused");
    await person.shot("refusals-8-origin");
    expect(await wallet.signing()).toEqual([]);
    await person.leaves();
    await other.stop();
  });
});

describe("what is away is named as the cause, at the login and in a session", () => {
  test.each([
    { what: "server", code: "server_unavailable" },
    { what: "network", code: "network_unreachable" },
  ])("the $what", async ({ what, code }) => {
    const { target } = place.gate;
    const isThere = async (there: boolean) => {
      if (what === "network") await wallet.context.setOffline(!there);
      else place.gate.target = there ? target : undefined;
    };
    const person = await tab(`away-${what}`);
    await person.connects(wallet);
    await isThere(false);
    await person.asksToSignIn();
    await person.sees(code);
    await person.shot(`refusals-9-${what}-away`);
    await isThere(true);
    await person.signsIn(wallet);
    await isThere(false);
    await person.page.getByRole("button", { name: "Score" }).click();
    await person.sees(code);
    await isThere(true);
    expect(JSON.parse(await person.calls("Score"))).toEqual({ hotkey: BOB, via: "session" });
    await person.signsOut();
    await person.leaves();
  });
});
