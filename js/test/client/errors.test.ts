/** Whatever a wallet, a server or a network does: one typed error, with words that help and tell nothing. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BittensorAuthError, ErrorCode } from "../../src/client/errors.js";
import { errorOf, hotkeyFetch } from "../../src/client/index.js";
import type { Account } from "../../src/client/types.js";
import { Keypair, BittensorAuthError as PackageError } from "../../src/index.js";
import { service as receiver } from "../actors.js";
import { FakeBrowser, type Tab } from "./browser.js";
import { FakeService } from "./fake-service.js";
import { FakeWallet } from "./fake-wallet.js";
import { rejection } from "./refusals.js";

const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
const PAGE = "http://127.0.0.1:8000";
const ROUTES = ["challenge", "session"] as const;
/** What must not be repeated by anybody. */
const SECRETS = [`btas_${"x".repeat(124)}`, `btar_${"y".repeat(124)}`, `0x${"ab".repeat(64)}`, "what-came-in"];
const SAID = SECRETS.join(" ");
/** Nothing a person has to do; or written for the developer, with what was expected in the message. */
const WITHOUT_HINT: readonly string[] = ["client", "configuration"];

interface Registered {
  readonly code: ErrorCode;
  readonly kind: string;
  readonly http_status: number;
  readonly retry: string;
}
const REGISTRY = JSON.parse(readFileSync(new URL("../../../spec/errors.json", import.meta.url), "utf8"))
  .errors as readonly Registered[];

let service: FakeService;
let wallet: FakeWallet;
let window: FakeBrowser;
let tab: Tab;
const unhandled: unknown[] = [];
const remember = (reason: unknown) => unhandled.push(reason);

type Network = (input: string | Request, init?: RequestInit) => Promise<Response>;

/** This route answers that, and all others as they should. */
function faulty(route: string, fault: Network): void {
  tab.network = async (input, init) => {
    const url = input instanceof Request ? input.url : input;
    return url.endsWith(`/${route}`) ? fault(input, init) : service.answer(input, init);
  };
}

async function account(): Promise<Account> {
  const [first] = await tab.auth.connect();
  if (first === undefined) throw new Error("no account");
  return first;
}

/** The error with this code, with words for a person and without what came in. */
async function clear(code: ErrorCode, promise: Promise<unknown>): Promise<BittensorAuthError> {
  const error = await rejection(code, promise);
  const { message, title, hint, kind, stack } = error;
  expect(message).toMatch(/\w+ \w+/);
  expect(title).not.toBe("");
  const speaks = hint !== "" || /expected|: /.test(message);
  expect([code, speaks || code === "aborted"]).toEqual([code, true]);
  if (!WITHOUT_HINT.includes(kind)) expect(hint).not.toBe("");
  const words = [message, title, hint, stack, String(error), JSON.stringify(error)].join(" ");
  for (const secret of SECRETS) expect(words).not.toContain(secret);
  return error;
}

const later = (ms: number) => new Promise((done) => setTimeout(done, ms));
const json = (fields: unknown, status = 200, type = "application/json") =>
  new Response(typeof fields === "string" ? fields : JSON.stringify(fields), {
    status,
    headers: { "content-type": type },
  });
const problem = (code: string, status: number) =>
  json({ code, title: SAID, detail: SAID, hint: SAID, retry: SAID }, status, "application/problem+json");
const page = (status: number) => json(`<html><h1>${SAID}</h1></html>`, status, "text/html");

beforeAll(() => process.on("unhandledRejection", remember));
afterAll(async () => {
  await later(50);
  process.off("unhandledRejection", remember);
});
beforeEach(() => {
  service = new FakeService(PAGE, key.ss58Address);
  window = new FakeBrowser({ page: PAGE, channel: "no channel" });
  wallet = new FakeWallet({ [key.ss58Address]: key });
  window.wallets = { wallet };
  tab = window.open();
  tab.network = (input, init) => service.answer(input, init);
});
afterEach(async () => {
  window.close();
  await later(5);
  expect(unhandled.splice(0)).toEqual([]);
});

it("this test sees a rejection that nobody handles", async () => {
  void Promise.reject(new Error("of this test"));
  await later(5);
  expect(unhandled.splice(0)).toHaveLength(1);
});

describe("a wallet", () => {
  const failing = (error: unknown) => () => {
    wallet.enable = () => Promise.reject(error);
  };
  it.each<[string, ErrorCode, () => void]>([
    ["is not there", "wallet_not_found", () => Object.assign(window, { wallets: { wallet: {} } })],
    ["rejects", "wallet_rejected", failing(new Error("Connection request was rejected by the user."))],
    ["is cancelled", "wallet_rejected", failing(new Error("Connection request was cancelled by the user."))],
    ["asks already", "wallet_busy", failing(new Error("The source x has a pending authorization request"))],
    ["offers nothing, as after a refusal", "wallet_no_accounts", () => Object.assign(wallet, { accounts: [] })],
    ["offers nothing that is known", "wallet_no_accounts", () => Object.assign(wallet, { accounts: [null, {}, 7] })],
    ["offers no list", "wallet_failed", () => Object.assign(wallet, { accounts: SAID })],
    ["fails with secrets", "wallet_failed", failing(new Error(SAID))],
    ["fails with text", "wallet_failed", failing(SAID)],
    ["fails with nothing", "wallet_failed", failing(undefined)],
    ["fails with what has no words", "wallet_failed", failing(Object.create(null))],
    [
      "throws at once",
      "wallet_failed",
      () => {
        wallet.enable = () => {
          throw new Error(SAID);
        };
      },
    ],
    ["gives nothing", "wallet_failed", () => Object.assign(wallet, { enable: async () => undefined })],
    ["gives no accounts", "wallet_failed", () => Object.assign(wallet, { enable: async () => ({}) })],
  ])("that %s when it connects is %s", async (_, code, arrange) => {
    arrange();
    await clear(code, tab.auth.connect());
  });

  it.each<[string, ErrorCode, () => unknown]>([
    ["declines", "wallet_rejected", () => new Error("Cancelled")],
    ["was asked too often", "wallet_busy", () => new Error("Rate limit exceeded. Try again later.")],
    ["is locked", "wallet_failed", () => new Error("Cannot sign with a locked key pair")],
    ["lost the account", "wallet_failed", () => new Error("Unable to find the keypair")],
    ["fails with secrets", "wallet_failed", () => new Error(SAID)],
    ["fails with text", "wallet_failed", () => SAID],
    ["fails with null", "wallet_failed", () => null],
    ["fails with what has no words", "wallet_failed", () => Object.create(null)],
  ])("that %s when it signs is %s", async (_, code, failure) => {
    const one = await account();
    wallet.failing = failure();
    await clear(code, tab.auth.login(one));
    expect(tab.auth.session.getSnapshot()).toEqual({ status: "logged-out" });
  });

  it.each<[string, ErrorCode, unknown]>([
    ["no signature", "wallet_failed", undefined],
    ["words", "wallet_failed", SAID],
    ["an object", "wallet_failed", {}],
    ["too few bytes", "wallet_failed", `0x${"ab".repeat(63)}`],
    ["a signature of something else", "signer_failed", `0x${"ab".repeat(64)}`],
  ])("that signs with %s is %s", async (_, code, answer) => {
    wallet.answering = () => answer;
    await clear(code, tab.auth.login(await account()));
  });

  it.each([undefined, {}, { signer: {} }, { signer: { signRaw: 7 } }])(
    "without a signer (%o) is wallet_failed",
    async (enabled) => {
      const one = await account();
      Object.assign(wallet, { enable: async () => enabled });
      await clear("wallet_failed", tab.auth.login(one));
    },
  );

  it.each(["ethereum", "ecdsa"] as const)("with an account of %s is wallet_unsupported_account", async (type) => {
    await clear("wallet_unsupported_account", tab.auth.login({ ...(await account()), type }));
  });

  it("that answers after it was given up is heard by nobody", async () => {
    const one = await account();
    const stop = new AbortController();
    let fail: (error: Error) => void = () => {};
    wallet.answering = () => new Promise((_, reject) => (fail = reject));
    const login = tab.auth.login(one, { signal: stop.signal });
    await later(50);
    stop.abort(SAID);
    await clear("aborted", login);
    fail(new Error(SAID));
  });

  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error(SAID);
      },
    ],
    ["rejects", () => Promise.reject(new Error(SAID))],
    [
      "cannot be ended",
      () => () => {
        throw new Error(SAID);
      },
    ],
    ["ends with a rejection", async () => () => Promise.reject(new Error(SAID))],
  ])("whose subscription %s does not spoil the login", async (_, subscribe) => {
    const one = await account();
    const enabled = await wallet.enable("page");
    wallet.enable = async () => ({ ...enabled, accounts: { ...enabled.accounts, subscribe } });
    expect((await tab.auth.login(one)).hotkey).toBe(key.ss58Address);
    tab.auth.dispose();
  });
});

describe("a server", () => {
  it.each(REGISTRY)("that answers $code ($http_status, $kind)", async ({ code, kind, http_status: status, retry }) => {
    // `spec/06 §3`: some are for logs only.
    const isOurs = !["client", "configuration"].includes(kind) && !/^(chain|snapshot|subnet)_/.test(code);
    const byStatus =
      status === 401 ? "unauthorized" : status >= 500 ? "server_unavailable" : "server_unexpected_answer";
    for (const route of ROUTES) {
      faulty(route, async () => problem(code, status));
      const error = await clear(isOurs ? code : byStatus, tab.auth.login(await account()));
      if (!isOurs) continue;
      expect(error).toMatchObject({ kind, retry, httpStatus: status, retryable: retry !== "never" });
      expect([error.needsLogin, error.clockSkew]).toEqual([retry === "login", retry === "resign"]);
      expect(error.forbidden).toBe(kind === "authorization");
      expect(error.retryAfter === undefined).toBe(retry !== "after");
    }
    await tab.auth.login(await loginable());
    faulty("score", async () => problem(code, status));
    const answer = await tab.auth.fetch("/score", { method: "POST", body: "x" });
    expect((await errorOf(answer))?.code).toBe(isOurs ? code : byStatus);
  });

  /** An account, with all routes as they should be. */
  async function loginable(): Promise<Account> {
    tab.network = (input, init) => service.answer(input, init);
    return account();
  }

  it.each<[string, ErrorCode, () => Response]>([
    ["a page", "server_unexpected_answer", () => page(200)],
    ["nothing", "server_unexpected_answer", () => new Response(null, { status: 204 })],
    ["broken JSON", "server_unexpected_answer", () => json(`{"challenge": "${SAID}`)],
    ["JSON that is no object", "server_unexpected_answer", () => json([SAID])],
    ["bytes that are no text", "server_unexpected_answer", () => new Response(Uint8Array.of(0xff, 0xfe, 0))],
    ["too much", "server_unexpected_answer", () => json({ a: SAID.repeat(400) })],
    ["404 and a page", "server_unexpected_answer", () => page(404)],
    ["405", "server_unexpected_answer", () => page(405)],
    ["a wall", "forbidden", () => page(403)],
    ["a password", "unauthorized", () => page(401)],
    ["429", "rate_limited", () => page(429)],
    ["500", "server_unavailable", () => page(500)],
    ["502 of a proxy", "server_unavailable", () => page(502)],
    ["503 of a proxy", "server_unavailable", () => page(503)],
    ["504 of a proxy", "server_unavailable", () => page(504)],
    ["a refusal of another content type", "server_unavailable", () => json({ code: "store_warming" }, 503)],
    ["a refusal that is broken", "unauthorized", () => json('{"code":"sess', 401, "application/problem+json")],
    ["a code that is no text", "forbidden", () => problem({ a: SAID } as unknown as string, 403)],
    ["a code that objects have", "forbidden", () => problem("constructor", 403)],
    ["a code of the future", "forbidden", () => problem(SAID, 403)],
    ["a redirect", "redirect_refused", () => new Response(null, { status: 307, headers: { location: `/${SAID}` } })],
    ["a redirect that browsers hide", "redirect_refused", () => hidden("opaqueredirect")],
    ["an answer that CORS hides", "server_unexpected_answer", () => hidden("opaque")],
  ])("that answers %s is %s", async (_, code, answer) => {
    for (const route of ROUTES) {
      faulty(route, async () => answer());
      await clear(code, tab.auth.login(await account()));
      expect(tab.auth.session.getSnapshot()).toEqual({ status: "logged-out" });
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ["a grant without tokens", { session_token: undefined }],
    ["a token that is none", { session_token: `${SAID}\r\nx: y` }],
    ["times that are none", { expires_at: "soon" }],
    ["the session of somebody else", { hotkey: receiver().ss58Address }],
  ])("that gives %s is server_unexpected_answer", async (_, change) => {
    faulty("session", async (input, init) => {
      const grant = (await (await service.answer(input, init)).json()) as object;
      return json({ ...grant, ...change });
    });
    await clear("server_unexpected_answer", tab.auth.login(await account()));
  });

  it.each([undefined, 7, "", SAID, "sign me"])("whose challenge is %o is challenge_refused", async (challenge) => {
    faulty("challenge", async () => json({ challenge, sealed: "s", server_time_ms: Date.now() }));
    await clear("challenge_refused", tab.auth.login(await account()));
    expect(wallet.asked).toEqual([]);
  });

  it("whose clock is an hour off is stale_request", async () => {
    faulty("challenge", async () => json({ challenge: SAID, sealed: "s", server_time_ms: Date.now() - 3_600_000 }));
    expect((await clear("stale_request", tab.auth.login(await account()))).clockSkew).toBe(true);
  });
});

function hidden(type: "opaque" | "opaqueredirect"): Response {
  const answer = new Response(null);
  for (const [name, value] of Object.entries({ type, status: 0, ok: false })) {
    Object.defineProperty(answer, name, { value });
  }
  return answer;
}

describe("a network", () => {
  const servers: Server[] = [];
  /** A server that answers these bytes and hangs up. */
  async function raw(bytes: string, end: "end" | "reset" = "end"): Promise<string> {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => (end === "end" ? socket.end(bytes) : socket.resetAndDestroy()));
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  const FAULTS: readonly (readonly [string, () => Promise<string>])[] = [
    ["no such name", async () => "http://no-such-host.invalid"],
    ["a port that nobody listens at", async () => "http://127.0.0.1:1"],
    ["TLS that is none", async () => `https://${await raw("HTTP/1.1 400 Bad Request\r\n\r\n")}`],
    ["a connection that is cut", async () => `http://${await raw("", "reset")}`],
    ["an answer that is no HTTP", async () => `http://${await raw(`${SAID}\r\n\r\n`)}`],
  ];
  const CUT: readonly (readonly [string, () => Promise<string>])[] = [
    ["a body that is cut", async () => `http://${await raw(`${HEAD}content-length: 9999\r\n\r\n{"a":"${SAID}`)}`],
    [
      "a body in pieces that is cut",
      async () => `http://${await raw(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"a":`)}`,
    ],
    [
      "a body that is not compressed as it says",
      async () => `http://${await raw(`${HEAD}content-encoding: gzip\r\ncontent-length: 5\r\n\r\n{"a":`)}`,
    ],
  ];

  it.each([...FAULTS, ...CUT])("with %s is network_unreachable to a login", async (_, where) => {
    const there = await where();
    for (const route of ROUTES) {
      faulty(route, (__, init) => fetch(there, init));
      expect((await clear("network_unreachable", tab.auth.login(await account()))).retryable).toBe(true);
    }
  });

  it.each(FAULTS)("with %s is network_unreachable to a request, with a session or signed", async (_, where) => {
    const there = await where();
    await tab.auth.login(await account());
    faulty("score", () => fetch(there));
    const post = { method: "POST", body: "x" };
    await clear("network_unreachable", tab.auth.fetch("/score", post));
    const { origin } = new URL(there);
    const send = hotkeyFetch(key, { receiver: receiver().ss58Address, origins: [origin] });
    await clear("network_unreachable", send(`${origin}/score`, post));
    expect(tab.auth.session.getSnapshot().status).toBe("logged-in");
  });

  it.each<[string, ErrorCode, unknown]>([
    ["CORS refuses", "network_unreachable", new TypeError("Failed to fetch")],
    ["CORS refuses in another browser", "network_unreachable", new TypeError("NetworkError when attempting to fetch.")],
    ["it takes too long", "network_unreachable", new DOMException("The operation timed out.", "TimeoutError")],
    ["it fails with secrets", "network_unreachable", new Error(SAID)],
    ["it fails with nothing", "network_unreachable", undefined],
  ])("in which %s is %s", async (_, code, failure) => {
    for (const route of ROUTES) {
      faulty(route, () => Promise.reject(failure));
      await clear(code, tab.auth.login(await account()));
    }
    tab.network = (input, init) => service.answer(input, init);
    await tab.auth.login(await account());
    faulty("score", () => Promise.reject(failure));
    await clear(code, tab.auth.fetch("/score", { method: "POST", body: "x" }));
    tab.network = () => Promise.reject(failure);
    await tab.auth.logout();
    expect(tab.events).toEqual(["logout"]);
  });

  it("that the caller gives up is aborted", async () => {
    await tab.auth.login(await account());
    faulty("score", (input) => fetch("http://127.0.0.1:1", { signal: (input as Request).signal }));
    await clear("aborted", tab.auth.fetch("/score", { signal: AbortSignal.abort(new Error(SAID)) }));
    const send = hotkeyFetch(key, { receiver: receiver().ss58Address, origins: ["http://127.0.0.1:1"] });
    await clear("aborted", send("http://127.0.0.1:1/", { signal: AbortSignal.abort(new Error(SAID)) }));
  });
});

describe("a caller", () => {
  it.each<[string, ErrorCode, () => Promise<unknown>]>([
    ["an origin that is not listed", "origin_not_allowed", () => tab.auth.fetch(`https://evil.example/${SAID}`)],
    ["no address", "invalid_configuration", () => tab.auth.fetch(`http://[${SAID}`)],
    ["a method that is none", "invalid_configuration", () => tab.auth.fetch("/", { method: SAID })],
    ["no session", "login_required", () => tab.auth.fetch("/score")],
    ["no signer", "invalid_configuration", () => tab.auth.loginWith({}, key.ss58Address)],
    ["no hotkey", "malformed_hotkey", () => tab.auth.loginWith(key, SAID)],
    ["a wallet that is none", "wallet_not_found", () => tab.auth.connect("__proto__")],
    ["a signed request elsewhere", "signing_refused", () => signed()("https://evil.example/")],
    ["a key that is none", "invalid_configuration", () => signed({} as Keypair)(PAGE)],
    ["a receiver that is none", "malformed_hotkey", () => signed(key, SAID)(PAGE)],
    ["a key that fails", "signer_failed", () => signed(broken)(PAGE)],
  ])("with %s gets %s", async (_, code, act) => {
    await clear(code, act());
  });

  const broken = { ss58Address: key.ss58Address, sign: () => Promise.reject(new Error(SAID)) };
  const signed = (signer: Keypair | typeof broken = key, to: string = receiver().ss58Address) =>
    hotkeyFetch(signer, { receiver: to, origins: [PAGE] });
});

it("the error is the same in a log", () => {
  expect(inspect(new PackageError("store_warming"))).toContain("store_warming");
});
