/** What a page sees of `bittensor-auth/client`. */

import type { WasmSource } from "../engine/runtime.js";
import type { SignatureLike } from "../signer.js";

/** Settings of `createHotkeyAuth`. */
export interface HotkeyAuthOptions {
  /** Where the API is: `https://api.example.org`, or a path on the page's own origin. */
  readonly baseURL: string | URL;
  /** Where its session routes are, below `baseURL`; `/auth` unless said. */
  readonly authPath?: string;
  /** Further origins that may get the session token. Everywhere else `fetch` refuses to go. */
  readonly origins?: readonly string[];
  /** What wallets show as the name of this application; the page's host unless said. */
  readonly appName?: string;
  /** Where tokens are kept: `"memory"` unless said, which all tabs of this origin share; a reload of the only tab logs out. */
  readonly tokens?: "memory" | "cookie" | TokenStorage;
  /** What happens when the wallet no longer offers the account that is logged in; `"log-out"` unless said. */
  readonly onAccountChange?: "log-out" | "keep";
  /** `"compact"` asks for the login text of at most 241 bytes that old hardware wallets can sign. */
  readonly form?: "full" | "compact";
  /** The origin that login texts have to name where no page has one (Node, a desktop shell); `baseURL`'s unless said. */
  readonly loginOrigin?: string;
  /** Where `bittensor-auth/lite.wasm` is, for bundlers that do not find it by themselves. */
  readonly wasm?: WasmSource;
  readonly fetch?: typeof fetch;
}

/** A place for tokens that outlives the page, such as `sessionStorage`. Scripts of the page can read it. */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** A wallet in this browser. */
export interface Wallet {
  readonly name: string;
  readonly version: string;
}

/** An account that a wallet offers. */
export interface Account {
  /** Canonical SS58 address (prefix 42): what servers know. An account of type `ethereum` has only the wallet's. */
  readonly address: string;
  /** The same as the wallet spells it. */
  readonly walletAddress: string;
  readonly name?: string;
  readonly wallet: string;
  /** Only `sr25519` and `ed25519` can log in. */
  readonly type: "sr25519" | "ed25519" | "ecdsa" | "ethereum";
}

/** The signer that an extension injects. */
export interface RawSigner {
  signRaw?: (payload: { address: string; data: string; type: "bytes" }) => Promise<{ signature: string }>;
}

/** A `PolkadotSigner` of polkadot-api. */
export interface BytesSigner {
  readonly publicKey?: Uint8Array;
  signBytes(message: Uint8Array): Promise<Uint8Array>;
}

/** A key pair: of this package, of `@polkadot/keyring`, or your own. */
export interface PairSigner {
  readonly publicKey?: Uint8Array;
  sign(message: Uint8Array): SignatureLike | Promise<SignatureLike>;
}

/** Whatever can sign a login text. */
export type LoginSigner =
  | RawSigner
  | { readonly signer: RawSigner }
  | BytesSigner
  | PairSigner
  | ((message: Uint8Array) => SignatureLike | Promise<SignatureLike>);

export interface LoginOptions {
  /** Gives up: the wallet's question may stay open, its answer is not used. */
  readonly signal?: AbortSignal | undefined;
}

export interface LoginWithOptions extends LoginOptions {
  /** Of the key; `sr25519` unless said. */
  readonly scheme?: "sr25519" | "ed25519";
}

/** Why a session is over. */
export type LoggedOutReason =
  /** `logout()`, here or in another tab. */
  | "logout"
  /** Nobody refreshed it in time, or it reached its longest life. */
  | "expired"
  /** The server ended it: revoked, or unknown there. */
  | "ended"
  /** A refresh token was used twice: somebody may have a copy. */
  | "refresh_reused"
  /** The server no longer welcomes this hotkey. */
  | "forbidden"
  /** The wallet no longer offers the account. */
  | "account_changed"
  /** Another login took its place. */
  | "replaced";

/** A live session. Times are ms since 1970 on this machine's clock, corrected for the server's. */
export interface Session {
  readonly status: "logged-in";
  /** Canonical SS58 address. */
  readonly hotkey: string;
  readonly role?: string;
  /** End of the session token, which is refreshed before. */
  readonly expiresAt: number;
  /** When this tab will refresh it, unless another does so before. */
  readonly refreshesAt: number;
  /** End of the session unless it is refreshed. */
  readonly refreshExpiresAt: number;
}

/** The state of a client. The object is the same until something changes. */
export type SessionSnapshot =
  | { readonly status: "starting" }
  | { readonly status: "logged-out"; readonly reason?: LoggedOutReason }
  | { readonly status: "logging-in"; readonly step: "challenge" | "wallet" | "server"; readonly account: string }
  | Session;

/** The state in the shape that `useSyncExternalStore` takes. */
export interface SessionState {
  subscribe(listener: () => void): () => void;
  getSnapshot(): SessionSnapshot;
}

/** A login with a wallet and the session that follows, in all tabs of a page's origin. */
export interface HotkeyAuth {
  /** The wallets in this browser; waits a moment for those that arrive late. */
  wallets(): Promise<readonly Wallet[]>;
  /** Asks a wallet, the first one unless named, for its accounts. Nothing to offer is `wallet_no_accounts`. */
  connect(wallet?: string): Promise<readonly Account[]>;
  /** Lets the wallet sign the server's challenge. A login that is still going on is `aborted`. */
  login(account: Account, options?: LoginOptions): Promise<Session>;
  /** The same with a signer of your own. `address`: SS58, as the signer spells it. */
  loginWith(signer: LoginSigner, address: string, options?: LoginWithOptions): Promise<Session>;
  /** Ends the session here, in all tabs and at the server. Never rejects: a server that is away is told nothing. */
  logout(): Promise<void>;
  readonly session: SessionState;
  /**
   * `fetch` with the session. Relative addresses are below `baseURL`. Answers are answers, whatever their status:
   * `errorOf` reads what a refusal says. Rejects with `BittensorAuthError` only.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Called exactly once for a session in each tab that had it. Gives the function that ends the subscription. */
  on(event: "loggedOut", listener: (why: LoggedOutReason) => void): () => void;
  /** Loads the engine and takes over a session of another tab or the storage. Everything else waits for it by itself. */
  ready(): Promise<void>;
  /** Ends timers and listeners. The session goes on in other tabs. */
  dispose(): void;
}
