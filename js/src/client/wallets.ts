/** The wallets that extensions inject into a page. */

import type { LiteEngine } from "../engine/engine.js";
import { keyOfAddress } from "./bytes.js";
import type { Environment } from "./environment.js";
import { BittensorAuthError, decide } from "./errors.js";
import type { Account, RawSigner, Wallet } from "./types.js";

/** One entry of `window.injectedWeb3`. */
export interface InjectedWallet {
  readonly version?: string;
  enable?(application: string): Promise<EnabledWallet>;
}

/** A wallet that the person allowed this site to use. */
export interface EnabledWallet {
  readonly accounts: {
    get(): Promise<readonly InjectedAccount[]>;
    subscribe?(listener: (accounts: readonly InjectedAccount[]) => void): unknown;
  };
  readonly signer: Required<RawSigner>;
}

export interface InjectedAccount {
  readonly address: string;
  readonly name?: string | null;
  readonly type?: string;
}

const TYPES: readonly string[] = ["sr25519", "ed25519", "ecdsa", "ethereum"] satisfies Account["type"][];
/** How long extensions may take to inject themselves, and how often to look, in ms: there is no event for it. */
const INJECTION = 1_000;
const LOOK = 50;
/** A page may ask for one signature in this many seconds. */
const PAUSE = 3;

/** The wallets of one page. */
export class Wallets {
  readonly #environment: Environment;
  readonly #connecting = new Map<string, Promise<EnabledWallet>>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  async list(): Promise<readonly Wallet[]> {
    const { now, injected } = this.#environment;
    for (const end = now() + INJECTION; now() < end; await new Promise((later) => setTimeout(later, LOOK))) {
      const found = Object.entries(injected() ?? {}).filter(([, wallet]) => typeof wallet?.enable === "function");
      if (found.length > 0) return found.map(([name, { version }]) => ({ name, version: String(version ?? "") }));
      if (this.#environment.page === undefined) break;
    }
    return [];
  }

  /** The wallet, after the person allowed it. A second call while that is asked waits for the same answer. */
  async enable(name: string | undefined, application: string): Promise<[string, EnabledWallet]> {
    const wallet = name ?? (await this.list())[0]?.name ?? "";
    let asked = this.#connecting.get(wallet);
    if (asked === undefined) {
      asked = this.#ask(wallet, application).finally(() => this.#connecting.delete(wallet));
      this.#connecting.set(wallet, asked);
    }
    return [wallet, await asked];
  }

  async #ask(name: string, application: string): Promise<EnabledWallet> {
    const injected = this.#environment.injected();
    const wallet = injected && Object.hasOwn(injected, name) ? injected[name] : undefined;
    if (typeof wallet?.enable !== "function") throw new BittensorAuthError("wallet_not_found");
    try {
      return await wallet.enable(application);
    } catch (cause) {
      throw walletError(cause);
    }
  }
}

/** What a wallet offers, as it says it. */
export async function offered(wallet: EnabledWallet): Promise<unknown> {
  try {
    return await wallet.accounts.get();
  } catch (cause) {
    throw walletError(cause);
  }
}

/** The accounts of a wallet that this package can name; those of other chains' kinds are left out. */
export function readAccounts(engine: LiteEngine, wallet: string, injected: unknown): readonly Account[] {
  if (!Array.isArray(injected)) throw new BittensorAuthError("wallet_failed");
  return injected.flatMap((account: InjectedAccount | undefined) => {
    const { address: walletAddress, name } = account ?? {};
    if (typeof walletAddress !== "string") return [];
    const type = account?.type ?? (walletAddress.startsWith("0x") ? "ethereum" : "sr25519");
    const address = type === "ethereum" ? walletAddress : canonical(engine, walletAddress);
    if (address === undefined || !TYPES.includes(type)) return [];
    return [
      { address, walletAddress, wallet, type: type as Account["type"], ...(typeof name === "string" && { name }) },
    ];
  });
}

/** The canonical spelling of an SS58 address of any prefix, or nothing. */
export function canonical(engine: LiteEngine, address: string): string | undefined {
  const key = keyOfAddress(address);
  return key && decide(() => engine.encodeSs58(key));
}

/** What a wallet rejects with, as the one error. Wallets have no codes, so their words decide. */
export function walletError(cause: unknown): BittensorAuthError {
  if (cause instanceof BittensorAuthError) return cause;
  const message: unknown = (cause as Error | undefined)?.message ?? cause;
  const words = typeof message === "string" ? message : "";
  const isBusy = /rate limit|pending authorization/i.test(words);
  const isRefusal = /reject|cancel|denied|declined/i.test(words);
  const code = isBusy ? "wallet_busy" : isRefusal ? "wallet_rejected" : "wallet_failed";
  return new BittensorAuthError(code, undefined, { retryAfter: isBusy ? PAUSE : undefined, cause });
}
