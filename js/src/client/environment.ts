/** The world around a client. Tests bring their own, one for each tab. */

import type { LiteEngine } from "../engine/engine.js";
import { loaded } from "../engine/loaded.js";
import type { WasmSource } from "../engine/runtime.js";
import type { InjectedWallet } from "./wallets.js";

/** A `BroadcastChannel`, as far as it is used. */
export interface Channel {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface Environment {
  /** ms since 1970. */
  now(): number;
  fetch(input: string | Request, init?: RequestInit): Promise<Response>;
  /** Of the page; `undefined` where there is none, and then this client shares nothing with others. */
  readonly page: URL | undefined;
  readonly locks: Pick<LockManager, "request"> | undefined;
  openChannel(name: string): Channel | undefined;
  /** Calls whenever timers may have slept or a network come back. Gives the function that ends it. */
  onWake(listener: () => void): () => void;
  /** The engine that is there, or else the small one. */
  loadEngine(wasm: WasmSource | undefined): Promise<LiteEngine>;
  /** What extensions put into the page. */
  injected(): Readonly<Record<string, InjectedWallet>> | undefined;
}

/** The world as this program finds it, looked at when it is first needed and not at import. */
export function surroundings(send: typeof fetch | undefined): Environment {
  const { location, document, navigator } = globalThis as Partial<typeof globalThis>;
  const page = location && /^https?:$/.test(location.protocol) ? new URL(location.href) : undefined;
  return {
    now: Date.now,
    fetch: (input, init) => (send ?? globalThis.fetch)(input, init),
    page,
    locks: page && navigator?.locks,
    // Without a page the other clients of this process may belong to other people.
    openChannel: (name) => (page && "BroadcastChannel" in globalThis ? new BroadcastChannel(name) : undefined),
    onWake: (listener) => {
      const stop = new AbortController();
      const { signal } = stop;
      if (page) for (const event of ["online", "pageshow"]) globalThis.addEventListener(event, listener, { signal });
      document?.addEventListener("visibilitychange", listener, { signal });
      return () => stop.abort();
    },
    loadEngine: async (wasm) => loaded() ?? (await import("#lite")).loadLite(wasm),
    injected: () => (globalThis as { injectedWeb3?: Record<string, InjectedWallet> }).injectedWeb3,
  };
}
