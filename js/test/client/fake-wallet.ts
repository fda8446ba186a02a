/** An extension as a page sees one. What it signs and what it rejects with was measured at a real one. */

import type { EnabledWallet, InjectedAccount, InjectedWallet } from "../../src/client/wallets.js";
import type { Keypair } from "../../src/index.js";

const PREFIX = new TextEncoder().encode("<Bytes>");
const SUFFIX = new TextEncoder().encode("</Bytes>");

/** What a person does with the questions of the wallet. */
export type Person = "approves" | "cancels" | "rejects" | "walks away";

type Listener = (accounts: readonly InjectedAccount[]) => void;

export class FakeWallet implements InjectedWallet {
  readonly version = "0.62.3";
  accounts: readonly InjectedAccount[];
  /** Every text it was asked to sign. */
  readonly asked: { address: string; text: string }[] = [];
  enabled = 0;
  connecting: Person = "approves";
  signing: Person = "approves";
  /** What `signRaw` throws instead of asking. */
  failing: unknown;
  /** What becomes of the signature on its way to the page. */
  answering: (signature: Uint8Array) => unknown = hex;
  readonly #keys: ReadonlyMap<string, Keypair>;
  readonly #listeners = new Set<Listener>();

  constructor(keys: Readonly<Record<string, Keypair>>) {
    this.#keys = new Map(Object.entries(keys));
    this.accounts = Object.entries(keys).map(([address, { scheme }]) => ({
      address,
      name: "an account",
      type: scheme,
    }));
  }

  async enable(_application: string): Promise<EnabledWallet> {
    this.enabled += 1;
    if (this.connecting === "rejects") throw new Error("Connection request was rejected by the user.");
    if (this.connecting === "cancels") throw new Error("Connection request was cancelled by the user.");
    if (this.connecting === "walks away") await new Promise(() => {});
    return {
      accounts: {
        get: async () => this.accounts,
        subscribe: (listener: Listener) => {
          this.#listeners.add(listener);
          listener(this.accounts);
          return () => this.#listeners.delete(listener);
        },
      },
      signer: new FakeSigner(this),
    };
  }

  /** The person changes which accounts this site may see. */
  offer(accounts: readonly InjectedAccount[]): void {
    this.accounts = accounts;
    for (const listener of this.#listeners) listener(accounts);
  }

  async sign(address: string, data: string): Promise<{ id: number; signature: unknown }> {
    if (this.failing !== undefined) throw this.failing;
    const decoded = /^0x(?:[0-9a-f]{2})*$/i.test(data) ? Buffer.from(data.slice(2), "hex") : Buffer.from(data);
    this.asked.push({ address, text: decoded.toString() });
    if (this.signing === "cancels" || this.signing === "rejects") throw new Error("Cancelled");
    if (this.signing === "walks away") await new Promise(() => {});
    const key = this.#keys.get(address);
    if (key === undefined) throw new Error("Unable to find the keypair");
    return { id: 1, signature: this.answering(key.sign(Buffer.concat([PREFIX, decoded, SUFFIX]))) };
  }
}

/** A signer has no own keys: `signRaw` lies on its prototype. */
class FakeSigner {
  readonly #wallet: FakeWallet;
  constructor(wallet: FakeWallet) {
    this.#wallet = wallet;
  }
  async signRaw({ address, data }: { address: string; data: string }): Promise<{ signature: string }> {
    return this.#wallet.sign(address, data) as Promise<{ signature: string }>;
  }
}

export function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
