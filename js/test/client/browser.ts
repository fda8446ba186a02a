/** A browser with tabs, in one process: channels are real, locks and extensions are not, and each tab can sleep. */

import { Client } from "../../src/client/auth.js";
import type { Channel, Environment } from "../../src/client/environment.js";
import type { HotkeyAuthOptions } from "../../src/client/types.js";
import type { InjectedWallet } from "../../src/client/wallets.js";
import type { LiteEngine } from "../../src/engine/engine.js";
import { keepEngine } from "../../src/engine/loaded.js";
import { WASM } from "../engines.js";

// Keys of the tests are made before any tab loads an engine.
keepEngine(WASM);

let browsers = 0;

export interface BrowserSettings {
  readonly locks?: "web locks" | "no locks";
  readonly channel?: "channel" | "no channel";
  readonly engine?: LiteEngine;
  /** Where the page is. */
  readonly page: string;
}

export class FakeBrowser {
  readonly #settings: BrowserSettings;
  readonly #id = ++browsers;
  readonly #locks = new QueuedLocks();
  readonly tabs: Tab[] = [];
  wallets: Record<string, InjectedWallet> = {};

  constructor(settings: BrowserSettings) {
    this.#settings = settings;
  }

  open(options: Partial<HotkeyAuthOptions> = {}): Tab {
    const { page, locks = "web locks", channel = "channel", engine = WASM } = this.#settings;
    const tab = new Tab({ baseURL: page, ...options }, (own) => ({
      now: () => Date.now() + own.slept,
      fetch: (input, init) => own.send(input, init),
      page: new URL(page),
      locks: locks === "web locks" ? own.locks(this.#locks) : undefined,
      openChannel: (name) => (channel === "channel" ? own.channel(`${this.#id} ${name}`) : undefined),
      onWake: (listener) => {
        own.wakes.add(listener);
        return () => own.wakes.delete(listener);
      },
      loadEngine: async () => engine,
      injected: () => this.wallets,
    }));
    this.tabs.push(tab);
    return tab;
  }

  close(): void {
    for (const tab of this.tabs) tab.close();
  }
}

export class Tab {
  readonly auth: Client;
  /** How far this tab's clock went on without it, in ms. */
  slept = 0;
  readonly wakes: Set<() => void> = new Set();
  readonly events: string[] = [];
  /** While it is, nothing of what other tabs say arrives and nothing begins. */
  frozen = false;
  /** Whether the network is there, or what is in its place. */
  network: "on" | "off" | ((input: string | Request, init?: RequestInit) => Promise<Response>) = "on";
  /** Everything that left this tab. */
  readonly sent: { url: string; authorization: string | null; credentials: string }[] = [];

  constructor(options: HotkeyAuthOptions, environment: (tab: Tab) => Environment) {
    this.auth = new Client(options, () => environment(this));
    this.auth.on("loggedOut", (why) => this.events.push(why));
  }

  /** Time passes while no timer of this tab runs; then it wakes up. */
  wake(ms: number): void {
    this.slept += ms;
    for (const listener of [...this.wakes]) listener();
  }

  locks(shared: FakeLocks): FakeLocks {
    return {
      request: async (name, options, work) => {
        while (this.frozen) await new Promise((later) => setTimeout(later, 20));
        return shared.request(name, options, work);
      },
    };
  }

  channel(name: string): Channel {
    const real = new BroadcastChannel(name);
    const channel: Channel = {
      onmessage: null,
      postMessage: (message) => real.postMessage(message),
      close: () => real.close(),
    };
    real.onmessage = (event) => this.frozen || channel.onmessage?.(event as MessageEvent);
    return channel;
  }

  send(input: string | Request, init?: RequestInit): Promise<Response> {
    const request = input instanceof Request ? input : new Request(input, init);
    const { url, headers, credentials } = request;
    this.sent.push({ url, authorization: headers.get("authorization"), credentials });
    if (this.network === "off") return Promise.reject(new TypeError("fetch failed"));
    return this.network === "on" ? fetch(input, init) : this.network(input, init);
  }

  close(): void {
    this.auth.dispose();
  }
}

/** Exclusive locks in the order in which they were asked for. */
interface FakeLocks {
  request<T>(name: string, options: unknown, callback?: unknown): Promise<T>;
}

class QueuedLocks implements FakeLocks {
  readonly #last = new Map<string, Promise<unknown>>();

  async request<T>(name: string, options: unknown, callback?: unknown): Promise<T> {
    const [{ signal }, work] = [options as LockOptions, callback as () => Promise<T>];
    const before = this.#last.get(name) ?? Promise.resolve();
    const gone = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
    const turn = Promise.race([before.catch(() => {}), gone]).then(() => work());
    this.#last.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  }
}
