/** From a wallet to a session, and everything that can go wrong on the way. */

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Account, LoginSigner } from "../../src/client/types.js";
import { Keypair } from "../../src/index.js";
import { FakeBrowser, type Tab } from "./browser.js";
import { FakeWallet, hex } from "./fake-wallet.js";
import { rejection } from "./refusals.js";
import { missing, Service } from "./service.js";

const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
const edwards = Keypair.fromSeed(new Uint8Array(32).fill(7), "ed25519");
const other = Keypair.fromSeed(new Uint8Array(32).fill(8));
/** `//Alice` at prefix 0, in the two-byte form of prefix 64, and canonical. */
const ALICE = {
  polkadot: "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
  two: "cEaNSpz4PxFcZ7nT1VEKrKewH67rfx6MfcM6yKojyyPz7qaqp",
  canonical: "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
};
const ETHEREUM = { address: "0x52908400098527886E0F7030069857D2E4169EE7", type: "ethereum", name: "eth" };

let service: Service;
let window: FakeBrowser;
let wallet: FakeWallet;
let tab: Tab;

function start(page: string = service.origin): void {
  window?.close();
  window = new FakeBrowser({ page });
  wallet = new FakeWallet({ [key.ss58Address]: key });
  window.wallets = { "polkadot-js": wallet };
  tab = window.open({ baseURL: service.origin });
}

async function account(): Promise<Account> {
  const [first] = await tab.auth.connect();
  if (first === undefined) throw new Error("no account");
  return first;
}

/** What the challenge route answers instead, made from what it does answer. */
function challengeBecomes(change: (answer: Record<string, unknown>) => unknown): void {
  tab.network = async (input, init) => {
    const response = await fetch(input, init);
    if (!String(input instanceof Request ? input.url : input).endsWith("/challenge")) return response;
    return Response.json(change((await response.json()) as Record<string, unknown>));
  };
}

describe.skipIf(missing)("a login", () => {
  beforeAll(async () => {
    service = await Service.start();
  }, 90_000);
  afterAll(() => service?.stop());
  afterEach(() => window?.close());

  it("lists wallets, also those that arrive late", async () => {
    start();
    window.wallets = {};
    setTimeout(() => {
      window.wallets = { talisman: wallet };
    }, 120);
    expect(await tab.auth.wallets()).toEqual([{ name: "talisman", version: "0.62.3" }]);
  });

  it("says what is missing: no wallet, another wallet, no account", async () => {
    start();
    await rejection("wallet_not_found", tab.auth.connect("toString"));
    wallet.accounts = [];
    await rejection("wallet_no_accounts", tab.auth.connect());
    window.wallets = {};
    expect(await tab.auth.wallets()).toEqual([]);
    await rejection("wallet_not_found", tab.auth.connect());
  });

  it("asks the wallet once, however often it is told to connect", async () => {
    start();
    await Promise.all([tab.auth.connect(), tab.auth.connect("polkadot-js")]);
    expect(wallet.enabled).toBe(1);
  });

  it("knows what a wallet means when it does not connect", async () => {
    start();
    wallet.connecting = "rejects";
    await rejection("wallet_rejected", tab.auth.connect());
    wallet.connecting = "cancels";
    await rejection("wallet_rejected", tab.auth.connect());
    wallet.enable = () => Promise.reject(new Error(`The source ${service.origin} has a pending authorization request`));
    expect((await rejection("wallet_busy", tab.auth.connect())).retryable).toBe(true);
    wallet.enable = async () => ({}) as never;
    await rejection("wallet_failed", tab.auth.connect());
    for (const odd of [undefined, null, "closed", { code: 7 }, new Error("")]) {
      wallet.enable = () => Promise.reject(odd);
      await rejection("wallet_failed", tab.auth.connect());
    }
  });

  it("spells accounts canonically and keeps the wallet's spelling", async () => {
    start();
    wallet.accounts = [
      { address: ALICE.polkadot, name: "Alice" },
      { address: ALICE.two, type: "sr25519" },
      { address: ALICE.canonical, type: "ecdsa" },
      ETHEREUM,
      { address: "not an address" },
      { address: ALICE.canonical, type: "unheard of" },
    ];
    expect(await tab.auth.connect()).toEqual([
      {
        address: ALICE.canonical,
        walletAddress: ALICE.polkadot,
        name: "Alice",
        wallet: "polkadot-js",
        type: "sr25519",
      },
      { address: ALICE.canonical, walletAddress: ALICE.two, wallet: "polkadot-js", type: "sr25519" },
      { address: ALICE.canonical, walletAddress: ALICE.canonical, wallet: "polkadot-js", type: "ecdsa" },
      {
        address: ETHEREUM.address,
        walletAddress: ETHEREUM.address,
        name: "eth",
        wallet: "polkadot-js",
        type: "ethereum",
      },
    ]);
  });

  it("names the account to the wallet as the wallet spells it, and to the server canonically", async () => {
    start();
    // Any other spelling of this key has to be made here: prefix 0 begins with a zero byte.
    const spelled = respelled(key.ss58Address);
    window.wallets = { w: new FakeWallet({ [spelled]: key }) };
    const session = await tab.auth.login(await account());
    expect(session.hotkey).toBe(key.ss58Address);
    const asked = (window.wallets["w"] as FakeWallet).asked[0];
    expect(asked?.address).toBe(spelled);
    expect(asked?.text.split("\n")[1]).toBe(key.ss58Address);
  });

  it("refuses Ethereum and ECDSA accounts before anything is asked", async () => {
    start();
    const one = await account();
    for (const type of ["ethereum", "ecdsa"] as const) {
      const error = await rejection("wallet_unsupported_account", tab.auth.login({ ...one, type }));
      expect(error.hint).toContain("sr25519");
    }
    expect(tab.sent).toEqual([]);
  });

  it("takes ed25519 accounts where the server does", async () => {
    start();
    window.wallets = { w: new FakeWallet({ [edwards.ss58Address]: edwards }) };
    expect((await tab.auth.login(await account())).hotkey).toBe(edwards.ss58Address);
  });

  it("takes a signature with the byte that names its type, and no other one", async () => {
    start();
    wallet.answering = (signature) => hex(Uint8Array.of(1, ...signature));
    await tab.auth.login(await account());
    for (const wrong of [
      (signature: Uint8Array) => hex(Uint8Array.of(0, ...signature)),
      (signature: Uint8Array) => hex(signature.slice(1)),
      () => "0x",
      () => "text",
      () => 7,
      () => undefined,
    ]) {
      wallet.answering = wrong;
      await rejection("wallet_failed", tab.auth.login(await account()));
    }
  });

  it("verifies what the wallet signed before anything is sent", async () => {
    start();
    window.wallets = { w: new FakeWallet({ [key.ss58Address]: other }) };
    await rejection("signer_failed", tab.auth.login(await account()));
    expect(tab.sent.map(({ url }) => new URL(url).pathname)).toEqual(["/auth/challenge"]);
  });

  it.each([
    ["a text for another site", (text: string) => text.replaceAll(new URL(service.origin).host, "evil.example")],
    ["another first line", (text: string) => `evil.example${text.slice(text.indexOf(" "))}`],
    ["another hotkey", (text: string) => text.replace(key.ss58Address, other.ss58Address)],
    ["a line more", (text: string) => `${text}\nI give you my keys`],
    ["a request", () => "btauth/1\nPOST\n/transfer"],
    ["a constant", () => "sign me"],
    ["nothing", () => ""],
    ["no text", () => 7 as unknown as string],
  ])("refuses %s before the wallet is asked", async (_, change) => {
    start();
    const one = await account();
    challengeBecomes((answer) => ({ ...answer, challenge: change(answer["challenge"] as string) }));
    await rejection("challenge_refused", tab.auth.login(one));
    expect(wallet.asked).toEqual([]);
    expect(tab.auth.session.getSnapshot()).toEqual({ status: "logged-out" });
  });

  it("refuses a real challenge of a server that works for another site", async () => {
    start("http://localhost:1");
    await rejection("challenge_refused", tab.auth.login(await account()));
    expect(wallet.asked).toEqual([]);
  });

  it("corrects its clock by the server's, and says so when that is too far off", async () => {
    start();
    tab.slept = 600_000;
    const session = await tab.auth.login(await account());
    expect(session.expiresAt - (Date.now() + 600_000)).toBeGreaterThan(890_000);
    start();
    tab.slept = 3_600_000;
    expect((await rejection("stale_request", tab.auth.login(await account()))).clockSkew).toBe(true);
    expect(wallet.asked).toEqual([]);
  });

  it("knows what a wallet means when it does not sign", async () => {
    start();
    const one = await account();
    wallet.signing = "cancels";
    await rejection("wallet_rejected", tab.auth.login(one));
    wallet.failing = new Error("Rate limit exceeded. Try again later.");
    const busy = await rejection("wallet_busy", tab.auth.login(one));
    expect([busy.retryAfter, busy.retryable]).toEqual([3, true]);
    wallet.failing = new Error("Cannot sign with a locked key pair");
    await rejection("wallet_failed", tab.auth.login(one));
    expect(tab.events).toEqual([]);
  });

  it("can be given up while the wallet waits, and begun anew", async () => {
    start();
    const one = await account();
    wallet.signing = "walks away";
    const person = new AbortController();
    const first = tab.auth.login(one, { signal: person.signal });
    await vi.waitFor(() =>
      expect(tab.auth.session.getSnapshot()).toMatchObject({ step: "wallet", account: one.address }),
    );
    person.abort();
    await rejection("aborted", first);
    expect(tab.auth.session.getSnapshot()).toEqual({ status: "logged-out" });
    const second = tab.auth.login(one);
    await vi.waitFor(() => expect(wallet.asked.length).toBe(2));
    wallet.signing = "approves";
    const third = tab.auth.login(one);
    await rejection("aborted", second);
    expect((await third).hotkey).toBe(key.ss58Address);
    await rejection("aborted", tab.auth.login(one, { signal: AbortSignal.abort() }));
    expect(tab.auth.session.getSnapshot().status).toBe("logged-in");
  });

  it("passes on what the server refuses", async () => {
    start();
    const one = await account();
    for (const [status, code] of [
      [403, "hotkey_not_allowed"],
      [503, "store_warming"],
      [401, "challenge_used"],
    ] as const) {
      tab.network = async (input, init) =>
        String(input).endsWith("/session") ? problem(status, code, `btas_${"x".repeat(124)}`) : fetch(input, init);
      const error = await rejection(code, tab.auth.login(one));
      expect([error.forbidden, error.retryable]).toEqual([status === 403, status !== 403]);
    }
  });

  it.each([
    ["no server", "network_unreachable", () => Promise.reject(new TypeError("fetch failed"))],
    ["a page", "server_unexpected_answer", async () => new Response("<html>", { status: 200 })],
    ["an array", "server_unexpected_answer", async () => Response.json([])],
    ["far too much", "server_unexpected_answer", async () => Response.json({ a: "x".repeat(100_000) })],
    ["not found", "server_unexpected_answer", async () => new Response("", { status: 404 })],
    ["an error", "server_unavailable", async () => new Response("oops", { status: 500 })],
    ["a limit", "rate_limited", async () => new Response("", { status: 429, headers: { "retry-after": "7" } })],
    ["a wall", "forbidden", async () => new Response("blocked", { status: 403 })],
    ["an unknown code", "unauthorized", async () => problem(401, "of the future", "")],
    ["a code of programs", "unauthorized", async () => problem(401, "signing_refused", "")],
    ["another place", "redirect_refused", async () => new Response("", { status: 302, headers: { location: "/x" } })],
  ] as const)("has a word for %s", async (_, code, network) => {
    start();
    const one = await account();
    tab.network = network;
    const error = await rejection(code, tab.auth.login(one));
    expect(error.title).not.toBe("");
    if (code === "rate_limited") expect(error.retryAfter).toBe(7);
  });

  it("takes no session of anybody else", async () => {
    start();
    const one = await account();
    tab.network = async (input, init) => {
      const response = await fetch(input, init);
      if (!String(input).endsWith("/session")) return response;
      return Response.json({ ...((await response.json()) as object), hotkey: other.ss58Address });
    };
    await rejection("server_unexpected_answer", tab.auth.login(one));
    expect(tab.auth.session.getSnapshot()).toEqual({ status: "logged-out" });
  });

  describe("with a signer of one's own", () => {
    it.each<[string, () => LoginSigner]>([
      ["an injected signer", () => ({ signRaw: async ({ data }) => ({ signature: hex(key.sign(wrapped(data))) }) })],
      [
        "an object that has one",
        () => ({ signer: { signRaw: async ({ data }) => ({ signature: hex(key.sign(wrapped(data))) }) } }),
      ],
      ["polkadot-api", () => ({ publicKey: key.publicKey, signBytes: async (bytes) => key.sign(bytes) })],
      ["a key pair", () => key],
      ["a function", () => (bytes) => key.sign(bytes)],
      ["a function that gives hex later", () => async (bytes) => hex(key.sign(bytes))],
    ])("%s", async (_, signer) => {
      start();
      expect((await tab.auth.loginWith(signer(), respelled(key.ss58Address))).hotkey).toBe(key.ss58Address);
    });

    it("says which shapes there are, and what an address is", async () => {
      start();
      await rejection("invalid_configuration", tab.auth.loginWith({} as LoginSigner, key.ss58Address));
      await rejection(
        "invalid_configuration",
        tab.auth.loginWith(undefined as unknown as LoginSigner, key.ss58Address),
      );
      for (const bad of [
        "",
        "0x00",
        ETHEREUM.address,
        "5Grw",
        `${key.ss58Address}1111`,
        undefined as unknown as string,
      ]) {
        await rejection("malformed_hotkey", tab.auth.loginWith(key, bad));
      }
    });
  });

  describe("when the wallet changes its accounts", () => {
    it("ends, unless told to go on", async () => {
      for (const [onAccountChange, events] of [
        [undefined, ["account_changed"]],
        ["keep", []],
      ] as const) {
        start();
        tab = window.open({ baseURL: service.origin, ...(onAccountChange && { onAccountChange }) });
        const one = await account();
        await tab.auth.login(one);
        wallet.offer([...wallet.accounts, { address: other.ss58Address, type: "sr25519" }]);
        wallet.offer([{ address: respelled(key.ss58Address), type: "sr25519" }]);
        expect(tab.auth.session.getSnapshot().status).toBe("logged-in");
        wallet.offer([{ address: other.ss58Address, type: "sr25519" }]);
        expect(tab.events).toEqual(events);
      }
    });
  });
});

function problem(status: number, code: string, detail: string): Response {
  const headers = { "content-type": "application/problem+json", "retry-after": "2" };
  return new Response(JSON.stringify({ code, detail, title: detail, hint: detail, retry: "login" }), {
    status,
    headers,
  });
}

function wrapped(data: string): Uint8Array {
  return Buffer.concat([Buffer.from("<Bytes>"), Buffer.from(data.slice(2), "hex"), Buffer.from("</Bytes>")]);
}

/** The same key at prefix 0; the checksum is left wrong on purpose, since only a wallet reads it. */
function respelled(address: string): string {
  const digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let number = 0n;
  for (const digit of address) number = number * 58n + BigInt(digits.indexOf(digit));
  number &= (1n << 272n) - 1n;
  let text = "";
  for (; number > 0n; number /= 58n) text = digits[Number(number % 58n)] + text;
  return `1${text}`;
}
