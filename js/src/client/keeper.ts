/** The session of one tab: its grant, its schedule, and what is said when either changes (`spec/04 §7`). */

import type { EngineSchedule, LiteEngine } from "../engine/engine.js";
import type { Environment } from "./environment.js";
import { BittensorAuthError, decide, isRegistered } from "./errors.js";
import { type Grant, isGrant, readGrant } from "./grant.js";
import type { Tabs } from "./tabs.js";
import type { LoggedOutReason, Session, SessionSnapshot, TokenStorage } from "./types.js";
import { type Fields, type Routes, unreachable } from "./wire.js";

const NANOS_PER_MILLI = 1_000_000n;
const MILLIS_PER_SECOND = 1_000;
/** How long another tab may take to answer, in ms. */
const ANSWER = 150;

/** What the keeper works with. */
export interface KeeperParts {
  readonly environment: Environment;
  readonly routes: Routes;
  readonly tabs: Tabs;
  /** Name of the session in a storage. */
  readonly key: string;
  readonly storage: TokenStorage | undefined;
  readonly cookies: boolean;
}

type LoggingIn = Extract<SessionSnapshot, { status: "logging-in" }>;

export class Keeper {
  readonly #parts: KeeperParts;
  readonly #listeners = new Set<() => void>();
  readonly #loggedOut = new Set<(why: LoggedOutReason) => void>();
  /** Sessions that are over, so that no late answer revives them and each is reported once. */
  readonly #ended = new Set<string>();
  #engine: LiteEngine | undefined;
  #grant: Grant | undefined;
  #schedule: EngineSchedule | undefined;
  #snapshot: SessionSnapshot = { status: "starting" };
  #resting: SessionSnapshot = this.#snapshot;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refreshing: Promise<void> | undefined;
  #failure: BittensorAuthError | undefined;
  #heard: (() => void) | undefined;
  #sleepless: (() => void) | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  get grant(): Grant | undefined {
    return this.#grant;
  }

  get snapshot(): SessionSnapshot {
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onLoggedOut(listener: (why: LoggedOutReason) => void): () => void {
    this.#loggedOut.add(listener);
    return () => this.#loggedOut.delete(listener);
  }

  /** Begins: takes over the session of another tab, of the storage or of the cookies, if there is one. */
  async open(engine: LiteEngine): Promise<void> {
    this.#engine = engine;
    const { tabs, environment, cookies } = this.#parts;
    if (this.#sleepless === undefined) {
      this.#sleepless = environment.onWake(() => this.#woken());
      tabs.listen((message) => guarded(() => this.#hear(message)));
    }
    if (cookies && this.#grant === undefined) await this.#refresh();
    else await this.#catchUp();
    if (this.#grant === undefined) this.#rest({ status: "logged-out" });
  }

  /** Nothing could be begun. */
  notOpened(): void {
    if (this.#snapshot.status === "starting") this.#rest({ status: "logged-out" });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#sleepless?.();
    this.#parts.tabs.close();
    this.#listeners.clear();
    this.#loggedOut.clear();
  }

  /** Shows a login that is going on, and whatever was there before when it is over. */
  show(login: LoggingIn | undefined): void {
    this.#set(login ?? this.#resting);
  }

  /** A session to send now. Rejects with `login_required`, or with why the last refresh failed while that matters. */
  async usable(): Promise<Grant> {
    if (this.#step() === "refresh") {
      const refreshed = this.refresh();
      // The old token is good until its own end: nobody waits for the new one before that.
      if (!this.#isUsable()) await refreshed;
    }
    if (this.#step() === "log_in") await this.#expire();
    if (this.#grant === undefined) throw new BittensorAuthError("login_required");
    if (!this.#isUsable()) throw this.#failure;
    return this.#grant;
  }

  /** A server refused `used` with this: whether there is another one to try. */
  async replaced(used: Grant, { retry, code }: BittensorAuthError): Promise<boolean> {
    // Without its cookie a request has no credentials at all; the other cookie may still be there.
    if (this.#grant === used && (retry === "refresh" || code === "missing_credentials")) await this.refresh();
    else if (this.#grant === used) this.end(used.id, "ended");
    return this.#grant !== undefined && this.#grant !== used;
  }

  /** Takes what a login answered. */
  login(fields: Fields, hotkey: string): Session {
    const { environment, cookies } = this.#parts;
    const now = environment.now();
    const grant = readGrant(fields, { id: String(draw()), hotkey }, now, cookies);
    if (!this.#adopt(grant)) throw new BittensorAuthError("aborted");
    this.#share(grant);
    return this.#resting as Session;
  }

  /** Exchanges the refresh token, once for however many ask, in however many tabs. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh()
      .catch(() => {})
      .finally(() => {
        this.#refreshing = undefined;
        this.#plan();
      });
    return this.#refreshing;
  }

  /** Asks the server for the next tokens. */
  exchange(token?: string): Promise<Fields> {
    const { routes, cookies } = this.#parts;
    return routes.ask("refresh", cookies ? { tokens: "cookie" } : { refresh_token: token });
  }

  /** The session with this id is over, in all tabs. */
  end(id: string, reason: LoggedOutReason): void {
    this.#parts.tabs.tell({ v: 1, ended: id, reason });
    this.#over(id, reason);
  }

  /** The server's clock in Unix ns. Throws `stale_request` when the two are more than 15 minutes apart. */
  serverNow(clock: readonly [server: number, local: number]): bigint {
    const [server, local, now] = [...clock, this.#parts.environment.now()].map(nanosOf);
    return decide(() => this.#engine?.correctClock(server ?? 0n, local ?? 0n, now ?? 0n)) ?? 0n;
  }

  /** Without a session, cookies may hold one that no tab knows: only a refresh tells all of it. */
  async #refresh(): Promise<void> {
    const before = this.#grant;
    const { cookies, environment, tabs } = this.#parts;
    await tabs.exclusive(async () => {
      // Whoever had the turn before has refreshed already. Its message may still be on its way, or this tab slept
      // through several: an old refresh token would end the session for all, so the others are asked first.
      if (this.#grant === before) await this.#catchUp();
      if (this.#grant !== before) return;
      try {
        const answer = await this.exchange(before?.refreshToken);
        const now = environment.now();
        const from = before ?? { id: `cookies of ${String(answer["hotkey"])}` };
        const grant = readGrant(answer, from, now, cookies);
        if (this.#adopt(grant)) this.#share(grant);
      } catch (error) {
        if (this.#grant === before) this.#failed(unreachable(error));
      }
    });
  }

  #failed(error: BittensorAuthError): void {
    const grant = this.#grant;
    const { code, kind, retry, retryAfter } = error;
    const coded = isRegistered(code);
    const over = coded && (retry === "login" || code === "missing_credentials");
    if (grant === undefined) {
      if (!over) throw error;
    } else if (over) {
      this.end(grant.id, code === "refresh_reused" ? code : "ended");
    } else if (coded && kind === "authorization" && code !== "origin_refused") {
      this.end(grant.id, "forbidden");
    } else {
      this.#failure = error;
      const wait = retryAfter === undefined ? undefined : nanosOf(retryAfter * MILLIS_PER_SECOND);
      this.#schedule?.failed(this.serverNow(grant.clock), wait, draw());
      this.#rest(this.#describe(grant));
    }
  }

  /** Asks the storage and the other tabs for something newer. */
  async #catchUp(): Promise<void> {
    const { tabs } = this.#parts;
    const before = this.#grant;
    await this.#load();
    if (this.#grant !== before || !tabs.open) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, ANSWER);
      this.#heard = () => {
        clearTimeout(timer);
        done();
      };
      tabs.tell({ v: 1, ask: before && { id: before.id, issued: before.clock[0] } });
    });
    this.#heard = undefined;
  }

  #hear(message: Partial<Record<string, unknown>>): void {
    const { ask, grant, ended, reason } = message;
    if (typeof ended === "string") {
      this.#over(ended, reason as LoggedOutReason);
      this.#heard?.();
    } else if (isGrant(grant, this.#parts.cookies)) {
      if (this.#adopt(grant)) this.#heard?.();
    } else if ("ask" in message) {
      this.#answer(ask as { id?: unknown; issued?: unknown } | undefined);
    }
  }

  #answer(asked: { id?: unknown; issued?: unknown } | undefined): void {
    const grant = this.#grant;
    const isNews = grant?.id !== asked?.id || (grant?.clock[0] ?? 0) > Number(asked?.issued);
    if (grant && isNews) this.#parts.tabs.tell({ v: 1, grant });
  }

  /** Takes a session, unless it is over or there is a later one. */
  #adopt(grant: Grant): boolean {
    const current = this.#grant;
    const engine = this.#engine;
    if (engine === undefined || this.#ended.has(grant.id)) return false;
    if (current?.id === grant.id && current.clock[0] >= grant.clock[0]) return false;
    if (current && current.id !== grant.id && current.loginAt > grant.loginAt) return false;
    this.serverNow(grant.clock);
    const [issued, end, refreshEnd] = [
      grant.clock[0],
      grant.expiresAt * MILLIS_PER_SECOND,
      grant.refreshExpiresAt * MILLIS_PER_SECOND,
    ].map(nanosOf) as [bigint, bigint, bigint];
    const schedule = decide(() => new engine.RefreshSchedule(issued, end, refreshEnd, draw()));
    if (current && current.id !== grant.id) this.#over(current.id, "replaced");
    this.#schedule?.free?.();
    this.#schedule = schedule;
    this.#grant = grant;
    this.#failure = undefined;
    this.#rest(this.#describe(grant));
    this.#plan();
    return true;
  }

  #over(id: string, reason: LoggedOutReason): void {
    this.#ended.add(id);
    if (this.#grant?.id !== id) return;
    clearTimeout(this.#timer);
    this.#schedule?.free?.();
    this.#grant = this.#schedule = this.#failure = undefined;
    void this.#forget(id);
    this.#rest({ status: "logged-out", reason });
    for (const listener of [...this.#loggedOut]) guarded(() => listener(reason));
  }

  /**
   * By what this tab knows the session is over. It may have slept while others kept it alive: it asks them first, and
   * speaks for itself only.
   */
  async #expire(): Promise<void> {
    await this.#catchUp();
    if (this.#grant && this.#step() === "log_in") this.#over(this.#grant.id, "expired");
  }

  #step(): string | undefined {
    const grant = this.#grant;
    return grant && this.#schedule?.step(this.serverNow(grant.clock));
  }

  #isUsable(): boolean {
    const grant = this.#grant;
    return grant !== undefined && this.#schedule?.isUsable(this.serverNow(grant.clock)) === true;
  }

  /**
   * One timer for the next step, always shorter than timers can be: a token lives an hour at most, and `Retry-After`
   * has six digits. It may ring late: what is to be done is decided when it rings.
   */
  #plan(): void {
    clearTimeout(this.#timer);
    const wait = this.#wait();
    if (wait === undefined || this.#refreshing !== undefined) return;
    this.#timer = setTimeout(() => this.#tick(), wait);
    (this.#timer as { unref?(): void }).unref?.();
  }

  #wait(): number | undefined {
    const grant = this.#grant;
    if (grant === undefined) return undefined;
    const now = this.serverNow(grant.clock);
    const until = this.#schedule?.waitUntil(now) ?? now;
    return Number((until - now + NANOS_PER_MILLI - 1n) / NANOS_PER_MILLI);
  }

  #tick(): void {
    const step = this.#step();
    if (step === "refresh") void this.refresh();
    else if (step === "log_in") void this.#expire();
    else this.#plan();
  }

  /** After a sleep, or when the network is back: then a failed refresh does not wait for its turn. */
  #woken(): void {
    if (this.#failure?.code === "network_unreachable" && this.#step() === "wait") void this.refresh();
    else this.#tick();
  }

  #describe({ hotkey, role, clock, expiresAt, refreshExpiresAt }: Grant): Session {
    const ahead = clock[0] - clock[1];
    return {
      status: "logged-in",
      hotkey,
      ...(role !== undefined && { role }),
      expiresAt: expiresAt * MILLIS_PER_SECOND - ahead,
      refreshesAt: this.#parts.environment.now() + (this.#wait() ?? 0),
      refreshExpiresAt: refreshExpiresAt * MILLIS_PER_SECOND - ahead,
    };
  }

  #rest(snapshot: SessionSnapshot): void {
    const showing = this.#snapshot === this.#resting;
    this.#resting = snapshot;
    if (showing) this.#set(snapshot);
  }

  #set(snapshot: SessionSnapshot): void {
    if (snapshot === this.#snapshot) return;
    this.#snapshot = snapshot;
    for (const listener of [...this.#listeners]) guarded(listener);
  }

  #share(grant: Grant): void {
    this.#parts.tabs.tell({ v: 1, grant });
    const { storage, key } = this.#parts;
    if (storage) void attempt(() => storage.setItem(key, JSON.stringify(grant)));
  }

  async #load(): Promise<void> {
    const grant = await this.#stored();
    if (isGrant(grant, false)) guarded(() => this.#adopt(grant));
  }

  async #forget(id: string): Promise<void> {
    const { storage, key } = this.#parts;
    const stored = await this.#stored();
    if ((stored as Grant | undefined)?.id === id) await attempt(() => storage?.removeItem(key));
  }

  async #stored(): Promise<unknown> {
    const { storage, key } = this.#parts;
    return attempt(async () => JSON.parse((await storage?.getItem(key)) ?? "null"));
  }
}

/** Of whole ms. */
function nanosOf(ms: number): bigint {
  return BigInt(ms) * NANOS_PER_MILLI;
}

/** 64 random bits. */
function draw(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
}

/** A storage may be full, forbidden or spoilt: then there is nothing in it. */
async function attempt<T>(work: () => T): Promise<Awaited<T> | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

/** A listener that throws is the page's own matter, and no reason to skip the next one. */
function guarded(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    globalThis.reportError?.(error);
  }
}
