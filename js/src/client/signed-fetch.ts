/** The part of `hotkeyFetch` that needs the full engine, loaded with the first request. */

import { loadEngine } from "../engine/current.js";
import type { Signer } from "../signer.js";
import { RequestSigner } from "../signing.js";
import { type Clock, systemClock } from "../time.js";
import { BittensorAuthError } from "./errors.js";
import type { HotkeyFetch, HotkeyFetchOptions } from "./hotkey-fetch.js";
import { ATTEMPTS, failure, isIdempotent, pause, pauseAfter, requestOf } from "./retry.js";
import { isRedirect, redirectRefused, refusalOf } from "./wire.js";

/** How many redirects among listed origins are followed. */
const REDIRECTS = 5;
const MILLIS_PER_SECOND = 1_000;
const NANOS_PER_MILLI = 1_000_000n;
/** `Date` has whole seconds, and an answer takes its time: what is closer than this is no wrong clock. ms. */
const DATE_TOLERANCE = 2_000;

/** A request whose bytes are known. */
interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

/** One origin that requests are signed for: its receiver and its clock. */
class Destination {
  readonly signer: RequestSigner;
  readonly #clock: Clock;
  /** How far the server's clock is ahead of ours, in ms. */
  #ahead = 0;

  constructor(key: Signer, receiver: string, clock: Clock) {
    this.signer = new RequestSigner(key, { receiver, clock });
    this.#clock = clock;
  }

  /** Whether a 401 says that our clock is wrong. It is corrected then. Throws `stale_request` beyond 15 minutes. */
  async isOurClock(response: Response): Promise<boolean> {
    const { error, coded, serverTime } = await refusalOf(response);
    const date = Date.parse(response.headers.get("date") ?? "") + MILLIS_PER_SECOND / 2;
    const told = serverTime ?? (Number.isNaN(date) ? undefined : date);
    if (told === undefined || (coded && !error.clockSkew)) return false;
    const ahead = told - Number(this.#clock() / NANOS_PER_MILLI);
    // Without a code the answer may mean anything: only a clock that is wrong enough to explain it is worth a second
    // attempt.
    if (!coded && Math.abs(ahead - this.#ahead) <= DATE_TOLERANCE) return false;
    try {
      this.signer.correctClock(told);
    } catch (cause) {
      if (coded) throw cause;
      return false;
    }
    this.#ahead = ahead;
    return true;
  }
}

export function signedFetch(
  key: Signer,
  receivers: ReadonlyMap<string, string>,
  { correctClock = true, clock = systemClock, fetch: send }: HotkeyFetchOptions,
): HotkeyFetch {
  const destinations = new Map<string, Destination>();

  function destination({ origin }: URL): Destination {
    const receiver = receivers.get(origin);
    if (receiver === undefined)
      throw new BittensorAuthError("signing_refused", "this origin gets no signatures: expected one of `origins`");
    const known = destinations.get(origin) ?? new Destination(key, receiver, clock);
    destinations.set(origin, known);
    return known;
  }

  /** One signed attempt. */
  async function attempt({ url, method, body }: Outgoing, request: Request, init: RequestInit): Promise<Response> {
    const signed = await destination(url).signer.signAsync({ method, target: url, body });
    const headers = new Headers(request.headers);
    for (const [name, value] of Object.entries(signed)) headers.set(name, value);
    if (body === undefined) headers.delete("content-type");
    const { signal, credentials, cache } = request;
    const settings = { credentials, cache, ...init, method, headers, signal, redirect: "manual" } as const;
    try {
      return await (send ?? fetch)(url.href, { ...settings, body: body ?? null });
    } catch (cause) {
      throw failure(request, cause);
    }
  }

  /** Attempts until there is an answer to give, with at most one corrected clock. */
  async function answer(outgoing: Outgoing, request: Request, init: RequestInit): Promise<Response> {
    const idempotent = isIdempotent(outgoing.method);
    let correctable = correctClock;
    for (let count = 1; ; ) {
      const more = count < ATTEMPTS;
      let response: Response;
      try {
        response = await attempt(outgoing, request, init);
      } catch (error) {
        const again = idempotent && more && (error as BittensorAuthError).code === "network_unreachable";
        if (!again) throw error;
        await pause(count++, 0, request.signal);
        continue;
      }
      if (response.status === 401 && correctable && (await destination(outgoing.url).isOurClock(response))) {
        correctable = false;
        response.body?.cancel().catch(() => {});
        continue;
      }
      const wait = more ? await pauseAfter(response, idempotent) : undefined;
      if (wait === undefined) return response;
      await pause(count++, wait, request.signal);
    }
  }

  return async (input, init = {}) => {
    await loadEngine();
    const streams = typeof init.body === "object" && init.body instanceof ReadableStream && { duplex: "half" };
    const request = requestOf(input, { ...init, ...streams });
    let outgoing = await read(request, (url) => destination(url));
    for (let followed = 0; ; followed++) {
      const response = await answer(outgoing, request, init);
      if (!isRedirect(response) || request.redirect === "manual") return response;
      outgoing = redirected(outgoing, response, request, followed);
    }
  };

  /** What to send next. Nothing goes to an origin that is not listed. */
  function redirected(from: Outgoing, response: Response, { redirect }: Request, followed: number): Outgoing {
    const location = response.headers.get("location");
    const url = location !== null && URL.canParse(location, from.url) ? wire(new URL(location, from.url)) : undefined;
    const refused = url === undefined || !receivers.has(url.origin) || redirect === "error" || followed >= REDIRECTS;
    if (refused) throw redirectRefused();
    response.body?.cancel().catch(() => {});
    const { status } = response;
    const { method } = from;
    const asGet = (status === 303 && method !== "HEAD") || (status <= 302 && method === "POST");
    return asGet ? { url, method: "GET", body: undefined } : { ...from, url };
  }
}

/** Reads a body once, after `check` has agreed to the address: a `FormData` gets its boundary here, a stream its end. */
async function read(request: Request, check: (url: URL) => void): Promise<Outgoing> {
  const url = wire(new URL(request.url));
  check(url);
  try {
    const body = new Uint8Array(await request.arrayBuffer());
    return { url, method: request.method, body: body.length === 0 ? undefined : body };
  } catch (cause) {
    throw failure(request, cause);
  }
}

/** As it goes over the wire: without a fragment, and without a `?` that nothing follows. */
function wire(url: URL): URL {
  url.hash = "";
  if (url.search === "") url.search = "";
  return url;
}
