import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { until } from "./until";

/** Which library inside the extension makes the signature. */
export type Signing = "scure" | "wasm";

export interface SigningRequest {
  readonly id: string;
  readonly url: string;
  readonly request: { readonly payload: { readonly address: string; readonly data: string; readonly type: string } };
}

interface ConnectionRequest {
  readonly id: string;
  readonly url: string;
}

/** Debian's browser. The old headless mode has no extensions; as root it does not start with its sandbox. */
export const CHROMIUM = {
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  headless: false,
  args: ["--headless=new", "--no-sandbox"],
};

const PASSWORD = "only for this test";

/** A browser with the extension, and the hand of the person who uses it. */
export class Wallet {
  readonly context: BrowserContext;
  readonly #popup: Page;
  readonly #profile: string;

  private constructor(context: BrowserContext, popup: Page, profile: string) {
    this.context = context;
    this.#popup = popup;
    this.#profile = profile;
  }

  static async start(signing: Signing = "scure"): Promise<Wallet> {
    const extension = fileURLToPath(new URL(`../../../target/browser/extension-${signing}`, import.meta.url));
    const profile = await mkdtemp(join(tmpdir(), "bittensor-auth-browser-"));
    const context = await chromium.launchPersistentContext(profile, {
      ...CHROMIUM,
      args: [...CHROMIUM.args, `--load-extension=${extension}`],
      ignoreDefaultArgs: ["--disable-extensions"],
      viewport: { width: 1280, height: 860 },
    });
    context.setDefaultTimeout(10_000);
    const wallet = new Wallet(context, await context.newPage(), profile);
    await until("the extension answers", () => wallet.#wakes(`chrome-extension://${idOf(extension)}/driver.html`));
    return wallet;
  }

  /** Stops all processes of the browser, as a machine that sleeps does. The answer wakes them. */
  async sleep(): Promise<() => void> {
    const session = await this.context.browser()?.newBrowserCDPSession();
    const { processInfo = [] } = (await session?.send("SystemInfo.getProcessInfo")) ?? {};
    if (processInfo.length < 2) throw new Error("expected the processes of a browser");
    for (const { id } of processInfo) process.kill(id, "SIGSTOP");
    return () => {
      for (const { id } of processInfo) process.kill(id, "SIGCONT");
    };
  }

  async close(): Promise<void> {
    await this.context.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Imports an account by its secret URI. */
  async add(name: string, suri: string, type: "sr25519" | "ed25519" | "ethereum" = "sr25519"): Promise<void> {
    await this.#ask("pri(accounts.create.suri)", { name, password: PASSWORD, suri, type });
  }

  /** Spells addresses with this SS58 prefix from now on. */
  async spell(prefix: number): Promise<void> {
    await this.#popup.evaluate(
      (prefix) => (globalThis as unknown as Driver).chrome.runtime.sendMessage({ type: "prefix", prefix }),
      prefix,
    );
  }

  /** All accounts, of every kind. */
  async accounts(): Promise<readonly { readonly address: string; readonly type: string }[]> {
    return (await this.#ask("pri(accounts.subscribe)")) as { address: string; type: string }[];
  }

  async forget(address: string): Promise<void> {
    await this.#ask("pri(accounts.forget)", { address });
  }

  /** Lets the page that asks see these accounts. */
  async allow(...authorizedAccounts: string[]): Promise<void> {
    const { id } = await until("a page asks to connect", async () => (await this.#connecting())[0]);
    await this.#ask("pri(authorize.approve)", { id, authorizedAccounts });
  }

  async deny(): Promise<void> {
    const { id } = await until("a page asks to connect", async () => (await this.#connecting())[0]);
    await this.#ask("pri(authorize.reject)", id);
  }

  /** Changes which accounts an origin sees that was allowed before. */
  async show(url: string, authorizedAccounts: readonly string[]): Promise<void> {
    await this.#ask("pri(authorize.update)", { url, authorizedAccounts });
  }

  async approve(): Promise<SigningRequest> {
    const request = await until("a page asks for a signature", async () => (await this.signing())[0]);
    await this.#ask("pri(signing.approve.password)", { id: request.id, password: PASSWORD, savePass: false });
    return request;
  }

  async refuse(): Promise<void> {
    const { id } = await until("a page asks for a signature", async () => (await this.signing())[0]);
    await this.#ask("pri(signing.cancel)", { id });
  }

  /** What waits for the person's signature now. */
  signing(): Promise<readonly SigningRequest[]> {
    return this.#ask("pri(signing.requests)") as Promise<readonly SigningRequest[]>;
  }

  #connecting(): Promise<readonly ConnectionRequest[]> {
    return this.#ask("pri(authorize.requests)") as Promise<readonly ConnectionRequest[]>;
  }

  #ask(message: string, request: unknown = null): Promise<unknown> {
    return this.#popup.evaluate(
      ([message, request]) => (globalThis as unknown as Driver).ask(message as string, request),
      [message, request],
    );
  }

  /** The first load races the start of the extension's worker, so it is repeated. */
  async #wakes(url: string): Promise<boolean> {
    await this.#popup.goto(url);
    const late = new Promise<false>((resolve) => setTimeout(resolve, 1000, false));
    return (await Promise.race([this.#ask("pri(ping)").catch(() => false), late])) === true;
  }
}

interface Driver {
  readonly chrome: { readonly runtime: { sendMessage(message: unknown): Promise<unknown> } };
  ask(message: string, request: unknown): Promise<unknown>;
}

/** Chromium names an unpacked extension after its folder. */
function idOf(folder: string): string {
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  return [...digest].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join("");
}
