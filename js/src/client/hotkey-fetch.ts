/** A `fetch` that signs every request (`btauth/1`), for programs that hold a key. */

import { AuthError } from "../auth-error.js";
import type { Signer } from "../signer.js";
import type { Clock } from "../time.js";
import { BittensorAuthError, type ErrorCode } from "./errors.js";
import { misfit, originOf } from "./origins.js";
import { unreachable } from "./wire.js";

/** For whom a program signs. */
export interface HotkeyFetchOptions {
  /** SS58 address of the service's hotkey, or one for each origin. */
  readonly receiver: string | Readonly<Record<string, string>>;
  /** The origins that requests are signed for, as in `https://api.example.org`; those of `receiver` unless said. */
  readonly origins?: readonly string[];
  /** Whether a `stale_request` answer corrects the clock, at most once for a call and by 15 minutes; true unless said. */
  readonly correctClock?: boolean;
  /** Unix time in nanoseconds. */
  readonly clock?: Clock;
  readonly fetch?: typeof fetch;
}

/** What `hotkeyFetch` gives. Rejects with `BittensorAuthError` only; answers are answers, whatever their status. */
export type HotkeyFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` that signs every request for the listed origins and refuses (`signing_refused`) every other.
 *
 * Bodies are read into memory first, so that what is signed is what is sent. Every attempt has its own nonce; a failed
 * one is repeated for idempotent methods, and for all methods when the service says that no handler ran. No redirect
 * is followed to an origin that is not listed.
 */
export function hotkeyFetch(signer: Signer, options: HotkeyFetchOptions): HotkeyFetch {
  const { receiver, origins = typeof receiver === "object" ? Object.keys(receiver) : [] } = options;
  const receivers = new Map(
    origins.map((origin) => [originOf(origin), typeof receiver === "string" ? receiver : receiver[origin]]),
  );
  if (receivers.size === 0 || [...receivers.values()].some((address) => typeof address !== "string")) {
    throw misfit("origins, receiver: expected an origin and an SS58 address for each");
  }
  let machine: HotkeyFetch | undefined;
  return async (input, init) => {
    try {
      machine ??= (await import("./signed-fetch.js")).signedFetch(
        signer,
        receivers as ReadonlyMap<string, string>,
        options,
      );
      return await machine(input, init);
    } catch (cause) {
      throw ours(cause);
    }
  };
}

/** What the signing part of the package throws, as the error of this one. */
function ours(cause: unknown): BittensorAuthError {
  if (cause instanceof BittensorAuthError || !(cause instanceof AuthError)) return unreachable(cause);
  return new BittensorAuthError(cause.code as ErrorCode, cause.message, cause);
}
