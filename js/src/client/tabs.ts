/** The tabs of one browser that share a session: what they tell each other, and who works alone. */

import type { Channel, Environment } from "./environment.js";
import type { Grant } from "./grant.js";
import type { LoggedOutReason } from "./types.js";

/** What one tab tells the others. `v` is raised when an old tab could misread a message. */
export type Message =
  /** Who has a session, or a newer one than this? */
  | { readonly v: 1; readonly ask: { readonly id: string; readonly issued: number } | undefined }
  /** This is the session now. */
  | { readonly v: 1; readonly grant: Grant }
  | { readonly v: 1; readonly ended: string; readonly reason: LoggedOutReason };

/** How long a tab waits for its turn, in ms. Whoever works longer hangs, and the server's grace has to do. */
const TURN = 20_000;

export class Tabs {
  readonly #environment: Environment;
  readonly #name: string;
  #channel: Channel | undefined;

  constructor(environment: Environment, name: string) {
    this.#environment = environment;
    this.#name = name;
  }

  /** Whether there may be others. */
  get open(): boolean {
    return this.#channel !== undefined;
  }

  listen(listener: (message: Partial<Record<string, unknown>>) => void): void {
    this.#channel = this.#environment.openChannel(this.#name);
    if (this.#channel === undefined) return;
    this.#channel.onmessage = ({ data }: MessageEvent) => {
      if (data?.v === 1) listener(data);
    };
  }

  tell(message: Message): void {
    this.#channel?.postMessage(message);
  }

  /** Runs `work` while no other tab does, as far as that can be had: without Web Locks the server's grace has to do. */
  async exclusive(work: () => Promise<void>): Promise<void> {
    const { locks } = this.#environment;
    if (locks === undefined) return work();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), TURN);
    let begun = false;
    try {
      await locks.request(this.#name, { signal: patience.signal }, () => {
        begun = true;
        return work();
      });
    } catch (error) {
      if (begun) throw error;
      await work();
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
