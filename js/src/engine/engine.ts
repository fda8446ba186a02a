/**
 * What the compiled core offers to this package. The Node addon (`bindings-node`) and the WebAssembly builds
 * (`bindings-wasm`) implement it alike; nothing outside `src` sees it. Of the three builds *lite* has `LiteEngine`, *full*
 * has `FullEngine` and *server* has all of it, as the addon does.
 *
 * Conventions. Instants are Unix nanoseconds and durations nanoseconds, both `bigint` from 0 to 2^64 − 1: no JavaScript
 * number ever holds one. `now` is the caller's clock and `entropy` fresh random bytes, since an engine has neither; too
 * few bytes are an error. A setting that is `undefined` is the core's default. Headers are flat: name, value, name, value.
 * Everything throws what `failure.ts` reads.
 */
export interface LiteEngine {
  /** The 32-byte public key of a canonical SS58 address. */
  decodeSs58(address: string): Uint8Array;
  /** The canonical SS58 address of a 32-byte public key. */
  encodeSs58(publicKey: Uint8Array): string;
  /** The six names that a signed request may carry, in canonical order and spelling. */
  headerNames(): string[];
  /** Reads the credential among `headers` and writes it in canonical form and order. */
  canonicalHeaders(headers: string[]): string[];
  /** The target that a client signs and sends: without a bare `?`. */
  signingTarget(target: string): string;
  /** Throws `challenge_refused` unless `text` is a login text for this origin and account, made just now. */
  checkLoginText(text: string, origin: string, hotkey: string, now: bigint): void;
  /** The server's time at `now`, by a server whose clock read `server` when ours read `local`. */
  correctClock(server: bigint, local: bigint, now: bigint): bigint;
  readonly RefreshSchedule: new (
    issuedAt: bigint,
    expiresAt: bigint,
    refreshExpiresAt: bigint,
    jitter: bigint,
  ) => EngineSchedule;
  readonly RequestSigner: new (scheme: string, sender: string, receiver?: string) => LiteRequestSigner;
}

/** Keys as well: what signs and what checks a signature. */
export interface FullEngine extends LiteEngine {
  readonly RequestSigner: new (scheme: string, sender: string, receiver?: string) => EngineRequestSigner;
  readonly Keypair: { fromSeed(seed: Uint8Array, scheme: string): EngineKeypair };
  /** Throws unless `signature` (64 bytes) is this key's over exactly `message`. */
  verifySignature(scheme: string, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void;
  /** The same over a login text, plain or in one `<Bytes>…</Bytes>`; 65 bytes with a type byte do as well. */
  verifyLogin(scheme: string, publicKey: Uint8Array, text: Uint8Array, signature: Uint8Array): void;
}

/** What a server needs as well: policy, verifier, replay guard and sessions. */
export interface Engine extends FullEngine {
  /** Whether any header with one of these names claims to be a credential. */
  isSigned(names: string[]): boolean;
  readonly Policy: { anyHotkey(): EnginePolicy; hotkeys(addresses: string[]): EnginePolicy };
  readonly Verifier: new (
    receivers: string[],
    maxAge: bigint | undefined,
    allowedSkew: bigint | undefined,
    bodyBudget: bigint | undefined,
    schemes: string[] | undefined,
    namespace: string | undefined,
    bodyLimit: bigint | undefined,
    unbound: "dangerous" | "refused",
  ) => EngineVerifier;
  readonly MemoryStore: new (
    capacity: number | undefined,
    sessionCapacity: number | undefined,
    started: bigint | undefined,
    entropy: Uint8Array,
  ) => EngineMemoryStore;
  readonly Sessions: typeof EngineSessions;
  /** With an empty list the site's own origin is allowed. */
  readonly TokenTransport: new (
    origin: string,
    allowedOrigins: string[],
    cookies: "enabled" | "refused",
  ) => EngineTokenTransport;
  /** The `Set-Cookie` values for the tokens of a grant. */
  grantCookies(
    sessionToken: string,
    expiresAt: bigint,
    refreshToken: string,
    refreshExpiresAt: bigint,
    now: bigint,
  ): string[];
  /** The `Set-Cookie` values after a logout by cookie. */
  clearedCookies(): string[];
  /** The `Set-Cookie` values of an answer that refuses a refresh or logout by cookie with this code. */
  cookiesAfter(code: string): string[];
  readonly ClaimBatch: typeof EngineClaimBatch;
  readonly Outcome: { reply(numbers: Float64Array, index: number): EngineOutcome; unavailable(): EngineOutcome };
  readonly Read: { found(record?: string, generation?: string): EngineRead; unavailable(): EngineRead };
  readonly Rotated: { reply(code: number, record: string): EngineRotated; unavailable(): EngineRotated };
  /** From when on a store can tell about new requests; `undefined` when it gave no answer. */
  claimReadyAt(numbers: Float64Array): bigint | undefined;
  /** The call that makes the slot of sessions remember from now on. */
  warmUpSessions(verifier: EngineVerifier, now: bigint): string[];
  scriptNames(): string[];
  /** In the order of their names. */
  scriptSources(): string[];
  /** Throws `unsafe_store` for a Redis that could forget a live claim. `info`: the text of `INFO`. */
  checkRedisInfo(info: string): void;
}

/** An object whose memory the WebAssembly engine gives back at once, instead of when it is collected. */
export interface Freeable {
  free?(): void;
}

export interface EngineSchedule extends Freeable {
  step(now: bigint): string;
  waitUntil(now: bigint): bigint | undefined;
  isUsable(now: bigint): boolean;
  failed(now: bigint, retryAfter: bigint | undefined, jitter: bigint): void;
  ended(now: bigint): void;
}

export interface LiteRequestSigner extends Freeable {
  /** One attempt for an external signer. Without a nonce it gets a fresh one. */
  prepare(
    method: string,
    target: string,
    body: Uint8Array,
    now: bigint,
    entropy: Uint8Array,
    nonce?: bigint,
  ): LiteUnsigned;
}

export interface LiteUnsigned extends Freeable {
  message(): Uint8Array;
  /** The headers, with a signature that was checked before. 64 bytes, or 65 with a type byte. Works once. */
  finish(scheme: string, signature: Uint8Array): string[];
}

export interface EngineRequestSigner extends Freeable {
  prepare(
    method: string,
    target: string,
    body: Uint8Array,
    now: bigint,
    entropy: Uint8Array,
    nonce?: bigint,
  ): EngineUnsigned;
  sign(
    keypair: EngineKeypair,
    method: string,
    target: string,
    body: Uint8Array,
    now: bigint,
    entropy: Uint8Array,
    nonce?: bigint,
  ): string[];
}

export interface EngineUnsigned extends LiteUnsigned {
  /** The same, and the signature is checked first. */
  finishChecked(scheme: string, signature: Uint8Array): string[];
}

export interface EngineKeypair extends Freeable {
  publicKey(): Uint8Array;
  scheme(): string;
  sign(message: Uint8Array, entropy: Uint8Array): Uint8Array;
}

export interface EnginePolicy extends Freeable {
  deny(addresses: string[]): EnginePolicy;
}

export interface EngineVerifier extends Freeable {
  namespace(): string;
  /** How long after its signing a request may still be claimed. */
  longestAge(): bigint;
  /** Everything that needs no body. */
  checkHead(headers: string[], now: bigint): EngineHead;
  /** All of it in one call: `CallerFields`. */
  verifyInMemory(
    headers: string[],
    method: string,
    target: string,
    body: Uint8Array,
    policy: EnginePolicy,
    store: EngineMemoryStore,
    now: bigint,
  ): string[];
}

export interface EngineHead extends Freeable {
  update(piece: Uint8Array): void;
  /** The target is `prefix` + `path`, and `?` + `query` unless that is empty. Works once. */
  verify(method: string, prefix: string, path: string, query: string): EnginePending;
}

export interface EnginePending extends Freeable {
  /** Asks the policy, then gives the claim to make in a store. */
  claim(policy: EnginePolicy, now: bigint): EngineClaim;
  /** `CallerFields`, if the store said that the claim was the first. Works once and uses up the outcome. */
  settle(outcome: EngineOutcome, now: bigint): string[];
  settleInMemory(policy: EnginePolicy, store: EngineMemoryStore, now: bigint): string[];
}

/** Address, scheme, `signature` or `session`, and the signed time in ns or the session's short name. */
export type CallerFields = readonly [hotkey: string, scheme: string, via: string, mark: string];
/** Times are Unix seconds. */
export type GrantFields = readonly [
  sessionToken: string,
  expiresAt: string,
  refreshToken: string,
  refreshExpiresAt: string,
  hotkey: string,
];

/** One entry for a replay set. */
export type EngineClaim = Freeable;
/** A store's answer to a claim. */
export type EngineOutcome = Freeable;
/** A store's answer to a read. */
export type EngineRead = Freeable;
/** A store's answer to a refresh. */
export type EngineRotated = Freeable;
/** A login whose signature holds. */
export type EngineLogin = Freeable;

export declare class EngineClaimBatch {
  constructor(verifier: EngineVerifier, now: bigint);
  free?: () => void;
  push(claim: EngineClaim): void;
  /** Name of the script, number of keys, keys, arguments. Works once. */
  call(): string[];
}

export interface EngineMemoryStore extends Freeable {
  /** Uses up the claim. */
  claim(claim: EngineClaim, now: bigint): EngineOutcome;
  create(login: EngineLogin, now: bigint): EngineOutcome;
  read(presented: EnginePresented, now: bigint): EngineRead;
  rotate(presented: EnginePresentedRefresh, sessions: EngineSessions, now: bigint): EngineRotated;
  /** Uses up the token. */
  end(presented: EnginePresented): void;
  revoke(hotkey: string): void;
  purge(now: bigint): void;
  /** How many claims are remembered. */
  claims(): number;
  /** How many sessions are. */
  sessions(): number;
}

/** A class, so that its constructor takes the objects of whichever engine made it. */
export declare class EngineSessions {
  constructor(
    verifier: EngineVerifier,
    origin: string,
    secret: Uint8Array,
    previousSecret: Uint8Array | undefined,
    statement: string | undefined,
    network: string | undefined,
    genesisHash: string | undefined,
    challenge: bigint | undefined,
    access: bigint | undefined,
    idle: bigint | undefined,
    absolute: bigint | undefined,
    grace: bigint | undefined,
  );
  free?: () => void;
  /** Text to sign, seal, end in Unix seconds. Writes nothing anywhere. */
  challenge(hotkey: string, form: string | undefined, now: bigint, entropy: Uint8Array): string[];
  /** Checks a login and asks the policy. */
  login(
    policy: EnginePolicy,
    hotkey: string,
    scheme: string | undefined,
    sealed: string,
    signature: string,
    now: bigint,
    entropy: Uint8Array,
  ): EngineLogin;
  present(token: string, now: bigint): EnginePresented;
  presentRefresh(token: string, now: bigint): EnginePresentedRefresh;
  /** Keys of the session and of the hotkey's generation, for one `MGET`. */
  keys(presented: EnginePresented): string[];
  /** Key of a hotkey's generation; deleting it ends all its sessions. */
  generationKey(hotkey: string): string;
  loginCall(login: EngineLogin, now: bigint): string[];
  /** `GrantFields`. Uses up login and outcome. */
  created(login: EngineLogin, outcome: EngineOutcome, now: bigint): string[];
  rotateCall(presented: EnginePresentedRefresh, now: bigint): string[];
  /** `GrantFields`. Uses up both. */
  rotated(presented: EnginePresentedRefresh, rotated: EngineRotated): string[];
}

/** Which pages may use sessions, and whether browsers may hold tokens in cookies. */
export interface EngineTokenTransport extends Freeable {
  /** What every `POST` route asks before it reads the body. */
  checkRoute(headers: string[]): void;
  /** `body` or `cookie`: what the member `tokens` of a login or refresh asks for. */
  delivery(tokens: string | undefined, headers: string[]): string;
  /** `bearer` or `cookie`, and the session token that a request is judged by. */
  sessionToken(method: string, headers: string[]): string[];
  /** The token in the refresh cookie. */
  refreshToken(headers: string[]): string;
}

export interface EnginePresented extends Freeable {
  expiresAt(): bigint;
  /** `CallerFields`, if the session lives and the policy welcomes the hotkey. Uses up token and answer. */
  resume(read: EngineRead, policy: EnginePolicy, now: bigint): string[];
}

export interface EnginePresentedRefresh extends Freeable {
  /** Throws when the policy no longer welcomes the hotkey. */
  check(policy: EnginePolicy): void;
}
