/** What stands before handlers, in whatever form a framework takes it. */

import type { Caller } from "../caller.js";

/** Which proofs a route takes. */
export type Takes = Readonly<Record<Caller["via"], boolean>>;

export const EITHER: Takes = { signature: true, session: true };
export const SIGNED: Takes = { signature: true, session: false };
export const SESSION: Takes = { signature: false, session: true };

/** What protects handlers. */
export interface Guards<Handler> {
  /** The caller, by signature or session. */
  readonly caller: Handler;
  /** The caller, by a signature over this very request: for what a stolen token must not suffice. */
  readonly signed: Handler;
  /** The caller, by a session token, as bearer or cookie. */
  readonly session: Handler;
}

/** One of each kind. */
export function guards<Handler>(guard: (takes: Takes) => Handler): Guards<Handler> {
  return { caller: guard(EITHER), signed: guard(SIGNED), session: guard(SESSION) };
}
