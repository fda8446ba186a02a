/** A login with a wallet and the session that follows. */

import type { LiteEngine } from "../engine/engine.js";
import { loaded } from "../engine/loaded.js";
import { type Environment, surroundings } from "./environment.js";
import { BittensorAuthError, decide } from "./errors.js";
import type { Grant } from "./grant.js";
import { Keeper } from "./keeper.js";
import { type LoginScheme, schemeOf, signLogin } from "./login-signer.js";
import { misfit, originOf } from "./origins.js";
import { given } from "./retry.js";
import { type Sender, send } from "./send.js";
import { Tabs } from "./tabs.js";
import type {
  Account,
  HotkeyAuth,
  HotkeyAuthOptions,
  LoggedOutReason,
  LoginOptions,
  LoginSigner,
  RawSigner,
  Session,
  SessionState,
} from "./types.js";
import { canonical, type EnabledWallet, offered, readAccounts, Wallets } from "./wallets.js";
import { Routes, serverTimeOf, unreachable } from "./wire.js";

/** A client of one API. Touches nothing of the page before it is used. */
export function createHotkeyAuth(options: HotkeyAuthOptions): HotkeyAuth {
  return new Client(options, () => surroundings(options.fetch));
}

/** Who logs in: `address` canonical, `spelling` the signer's own. */
interface Identity {
  readonly address: string;
  readonly spelling: string;
  readonly scheme: LoginScheme;
  readonly signer: LoginSigner;
}

/** What depends on where the page is, and so cannot be there on a server that renders it. */
interface Parts extends Sender {
  readonly routes: Routes;
  readonly wallets: Wallets;
  readonly site: string;
}

/** @internal The same with an environment of the caller's own. Its functions can be passed around by themselves. */
export class Client implements HotkeyAuth {
  readonly #options: HotkeyAuthOptions;
  readonly #environment: () => Environment;
  #parts: Parts | undefined;
  #engine: Promise<LiteEngine> | undefined;
  #login: AbortController | undefined;
  #unwatch: (() => void) | undefined;
  #disposed = false;
  readonly session: SessionState;

  constructor(options: HotkeyAuthOptions, environment: () => Environment) {
    this.#options = checked(options);
    this.#environment = environment;
    this.session = {
      subscribe: (listener) => {
        const stop = this.#here().keeper.subscribe(listener);
        this.#begin();
        return stop;
      },
      getSnapshot: () => this.#parts?.keeper.snapshot ?? STARTING,
    };
  }

  readonly wallets: HotkeyAuth["wallets"] = async () => {
    return this.#here().wallets.list();
  };

  readonly connect: HotkeyAuth["connect"] = async (wallet) => {
    // The wallet is asked at once: some only open their window while a click is handled.
    const [[name, enabled], engine] = await Promise.all([this.#enable(wallet), this.#loaded()]);
    const accounts = readAccounts(engine, name, await offered(enabled));
    if (accounts.length === 0) throw new BittensorAuthError("wallet_no_accounts");
    return accounts;
  };

  readonly login: HotkeyAuth["login"] = async (account, options = {}) => {
    const scheme = schemeOf(account.type);
    const [[, enabled], engine] = await Promise.all([this.#enable(account.wallet), this.#loaded()]);
    const { address, walletAddress: spelling } = account;
    // A wallet without a signer is a wallet that failed, and not a setting of the page.
    const signer: RawSigner = { signRaw: (payload) => enabled.signer.signRaw(payload) };
    const session = await this.#logIn({ address, spelling, scheme, signer }, options);
    const { grant } = this.#here().keeper;
    if (grant && this.#options.onAccountChange !== "keep") this.#watch(enabled, account, grant.id, engine);
    return session;
  };

  readonly loginWith: HotkeyAuth["loginWith"] = async (signer, spelling, options = {}) => {
    const address = canonical(await this.ready().then(() => this.#loaded()), String(spelling));
    if (address === undefined) throw new BittensorAuthError("malformed_hotkey", "address: expected an SS58 address");
    const pair = signer as { scheme?: unknown; type?: unknown } | undefined;
    const kind = options.scheme ?? pair?.scheme ?? pair?.type;
    return this.#logIn({ address, spelling, scheme: schemeOf(kind ?? "sr25519"), signer }, options);
  };

  readonly logout: HotkeyAuth["logout"] = async () => {
    this.#login?.abort();
    await this.ready().catch(() => {});
    await this.#end("logout");
  };

  readonly fetch: HotkeyAuth["fetch"] = async (input, init) => {
    try {
      const parts = this.#here();
      await this.ready();
      return await send(parts, input, init);
    } catch (cause) {
      throw unreachable(cause);
    }
  };

  readonly on: HotkeyAuth["on"] = (_event, listener) => {
    const stop = this.#here().keeper.onLoggedOut(listener);
    this.#begin();
    return stop;
  };

  readonly ready: HotkeyAuth["ready"] = async () => {
    await this.#loaded();
  };

  readonly dispose: HotkeyAuth["dispose"] = () => {
    this.#disposed = true;
    this.#login?.abort();
    this.#unwatch?.();
    this.#parts?.keeper.close();
  };

  async #enable(wallet: string | undefined): Promise<[string, EnabledWallet]> {
    const { wallets, environment } = this.#here();
    return wallets.enable(wallet, this.#options.appName ?? environment.page?.host ?? "bittensor-auth");
  }

  async #logIn({ address, spelling, scheme, signer }: Identity, { signal }: LoginOptions): Promise<Session> {
    this.#login?.abort();
    const login = new AbortController();
    this.#login = login;
    const aborted = new Promise<never>((_, reject) => {
      login.signal.addEventListener("abort", () => reject(new BittensorAuthError("aborted")));
    });
    aborted.catch(() => {});
    const unlessAborted = <T>(work: Promise<T>): Promise<T> => Promise.race([work, aborted]);
    const stop = () => login.abort();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    const { keeper, routes, site, cookies, environment } = this.#here();
    const show = (step: "challenge" | "wallet" | "server") => {
      if (login.signal.aborted) throw new BittensorAuthError("aborted");
      keeper.show({ status: "logging-in", step, account: address });
    };
    try {
      show("challenge");
      const engine = await this.#loaded();
      const fields = { hotkey: address, form: this.#options.form };
      const { challenge, sealed, ...asked } = await unlessAborted(routes.ask("challenge", fields));
      const text = String(challenge);
      const now = environment.now();
      const serverNow = keeper.serverNow([serverTimeOf(asked) ?? now, now]);
      // Nothing else that a server says is ever shown to a wallet (`spec/04 §9`).
      decide(() => engine.checkLoginText(text, site, address, serverNow));
      show("wallet");
      const bytes = new TextEncoder().encode(text);
      const signature = await unlessAborted(signLogin(signer, spelling, bytes, scheme));
      verify(address, scheme, bytes, signature.bytes);
      show("server");
      const before = keeper.grant;
      const answer = await unlessAborted(
        routes.ask("session", {
          hotkey: address,
          sealed,
          signature: signature.hex,
          scheme,
          ...(cookies && { tokens: "cookie" }),
        }),
      );
      const session = keeper.login(answer, address);
      if (before?.token !== undefined) void this.#tellServer(before);
      return session;
    } catch (cause) {
      throw login.signal.aborted ? given(cause) : unreachable(cause);
    } finally {
      signal?.removeEventListener("abort", stop);
      if (this.#login === login) {
        this.#login = undefined;
        keeper.show(undefined);
      }
    }
  }

  /** Ends the session here and in all tabs at once, and then tells the server. */
  async #end(reason: LoggedOutReason): Promise<void> {
    const { keeper } = this.#here();
    const { grant } = keeper;
    if (grant === undefined) return;
    keeper.end(grant.id, reason);
    await this.#tellServer(grant);
  }

  async #tellServer({ token, refreshToken }: Grant): Promise<void> {
    const { routes, keeper } = this.#here();
    try {
      await routes.ask("logout", undefined, token).catch(async (error: unknown) => {
        // A server ends a session for a live token only.
        if (unreachable(error).retry !== "refresh") return;
        const answer = await keeper.exchange(refreshToken);
        await routes.ask("logout", undefined, answer["session_token"] as string | undefined);
      });
    } catch {}
  }

  /** Ends the session with this id when the wallet stops offering its account. */
  #watch({ accounts }: EnabledWallet, { wallet, address }: Account, id: string, engine: LiteEngine): void {
    this.#unwatch?.();
    let seen = false;
    const subscribed = (async () =>
      accounts.subscribe?.((offered) => {
        const there =
          Array.isArray(offered) && readAccounts(engine, wallet, offered).some((one) => one.address === address);
        if (seen && !there && this.#here().keeper.grant?.id === id) void this.#end("account_changed");
        seen ||= there;
      }))();
    // Some wallets promise the function that ends a subscription. One that fails is not watched.
    const quiet = () => {};
    subscribed.catch(quiet);
    this.#unwatch = () => {
      subscribed.then((end) => typeof end === "function" && end()).catch(quiet);
    };
  }

  #here(): Parts {
    if (this.#parts) return this.#parts;
    const { baseURL, authPath = "/auth", tokens, origins = [], loginOrigin } = this.#options;
    const environment = this.#environment();
    const base = baseOf(baseURL, environment.page);
    const prefix = new URL(authPath.replace(/^\/*/, "").replace(/\/*$/, ""), base).href;
    const cookies = tokens === "cookie";
    const routes = new Routes(environment, prefix, cookies ? "include" : undefined);
    const key = `bittensor-auth ${prefix}`;
    const storage = typeof tokens === "object" ? tokens : undefined;
    const tabs = new Tabs(environment, key);
    this.#parts = {
      environment,
      routes,
      cookies,
      base,
      keeper: new Keeper({ environment, routes, tabs, key, storage, cookies }),
      wallets: new Wallets(environment),
      origins: new Set([base.origin, ...origins.map(originOf)]),
      site: environment.page?.origin ?? loginOrigin ?? base.origin,
    };
    return this.#parts;
  }

  #begin(): void {
    void this.ready().catch(() => {});
  }

  #loaded(): Promise<LiteEngine> {
    if (this.#disposed) return Promise.reject(new BittensorAuthError("aborted"));
    this.#engine ??= this.#open().catch((cause: unknown) => {
      this.#engine = undefined;
      this.#parts?.keeper.notOpened();
      throw unreachable(cause);
    });
    return this.#engine;
  }

  async #open(): Promise<LiteEngine> {
    const { environment, keeper } = this.#here();
    const engine = await environment
      .loadEngine(this.#options.wasm)
      .catch((cause: unknown) => Promise.reject(new BittensorAuthError("engine_unavailable", undefined, { cause })));
    await keeper.open(engine);
    if (this.#disposed) keeper.close();
    return engine;
  }
}

const BASE = "baseURL: expected an http or https address, or a path of the page";
const STARTING = { status: "starting" } as const;

/** What can be said without a page. */
function checked(options: HotkeyAuthOptions): HotkeyAuthOptions {
  const { baseURL, origins = [], tokens = "memory" } = options ?? {};
  if (typeof baseURL !== "string" && !(baseURL instanceof URL)) throw misfit(BASE);
  const isKnown = tokens === "memory" || tokens === "cookie" || typeof tokens?.getItem === "function";
  if (!isKnown) throw misfit("tokens: expected memory, cookie or a storage");
  for (const origin of origins) originOf(origin);
  return options;
}

function baseOf(address: string | URL, page: URL | undefined): URL {
  const base = URL.canParse(address, page) ? new URL(address, page) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol) || base.username || base.search || base.hash) {
    throw misfit(BASE);
  }
  base.pathname = base.pathname.replace(/\/*$/, "/");
  return base;
}

/** A local look at what the wallet signed, where the engine that can do that is loaded. */
function verify(address: string, scheme: LoginScheme, text: Uint8Array, signature: Uint8Array): void {
  const full = loaded();
  if (full === undefined) return;
  try {
    full.verifyLogin(scheme, full.decodeSs58(address), text, signature);
  } catch (cause) {
    const message = "the signature is not of the chosen account: choose that one in the wallet";
    throw new BittensorAuthError("signer_failed", message, { cause });
  }
}
