/**
 * The same error with a table that is small enough for a page: of the registry's codes it knows what they mean for a
 * program, and what a code of the client's own means for a person.
 */

import { AuthError, type ErrorDetails, type ErrorRow } from "../auth-error.js";
import { failureLines } from "../engine/failure-text.js";
import type { ErrorKind, ErrorCode as RegisteredCode, Retry } from "../errors.generated.js";
import { FACTS } from "./facts.generated.js";

export type { ErrorKind, Retry };

const CHECK_ADDRESS = "check `baseURL` and `authPath`";
const NO_FACTS = "configuration 500 never";
const LATER = "wait, then try again";
const OPERATOR = "ask the operator of this service";

/** A code that no server answers. */
export type ClientErrorCode =
  | "aborted"
  | "engine_unavailable"
  | "forbidden"
  | "network_unreachable"
  | "origin_not_allowed"
  | "rate_limited"
  | "server_unavailable"
  | "server_unexpected_answer"
  | "unauthorized"
  | "wallet_busy"
  | "wallet_failed"
  | "wallet_no_accounts"
  | "wallet_not_found"
  | "wallet_rejected"
  | "wallet_unsupported_account";

/** What only a client in JavaScript can run into: kind and HTTP status, retry word, title, hint. */
const OWN: Readonly<Record<ClientErrorCode, readonly [facts: string, title: string, hint: string]>> = {
  aborted: ["client 400 never", "the call was given up", ""],
  engine_unavailable: [
    "client 400 after",
    "the engine could not be loaded",
    "reload; the page's security policy has to allow 'wasm-unsafe-eval'",
  ],
  forbidden: ["authorization 403 never", "the server refuses this caller", OPERATOR],
  network_unreachable: [
    "client 400 after",
    "the server cannot be reached",
    "check the connection; a server elsewhere has to allow this page (CORS)",
  ],
  origin_not_allowed: ["client 400 never", "the session does not go to that origin", "add it to `origins`"],
  rate_limited: ["client 429 after", "too many requests", LATER],
  server_unavailable: ["client 503 after", "the server cannot answer now", LATER],
  server_unexpected_answer: ["client 400 never", "the answer is not one of the session routes", CHECK_ADDRESS],
  unauthorized: ["authentication 401 login", "the server refuses the credentials", "log in again"],
  wallet_busy: ["client 400 after", "the wallet is busy", "answer what it asks, or wait three seconds, then try again"],
  wallet_failed: ["client 400 never", "the wallet failed", "unlock the wallet, then try again"],
  wallet_no_accounts: [
    "client 400 never",
    "the wallet offers no account",
    "let this site see an account, then try again",
  ],
  wallet_not_found: [
    "client 400 never",
    "there is no such Polkadot wallet in this browser",
    "install or enable one, then reload the page",
  ],
  wallet_rejected: ["client 400 never", "the wallet declined", "approve it there to log in"],
  wallet_unsupported_account: [
    "client 400 never",
    "this kind of account cannot log in",
    "choose an sr25519 or ed25519 account",
  ],
};

/** What cures a code of the registry, for a person. */
const HINTS: Readonly<Record<Retry, string>> = {
  after: LATER,
  login: "log in again",
  never: "",
  refresh: "try again",
  resign: "set the clock of this machine",
};

/** A stable code for one reason why something failed: of the registry, or of the client's own. */
export type ErrorCode = RegisteredCode | ClientErrorCode;

/**
 * Something that did not work. `message` says what was expected and never repeats what came in; decide on `code`, or on
 * `retryable`, `needsLogin`, `clockSkew` and `forbidden`.
 */
export class BittensorAuthError extends AuthError<ErrorCode> {
  constructor(code: ErrorCode, message?: string, details?: ErrorDetails) {
    super(code, rowOf(code), message, details);
  }
}

function rowOf(code: ErrorCode): ErrorRow {
  const [facts, title, hint] = isOwn(code)
    ? OWN[code]
    : [factsOf(code) ?? NO_FACTS, code.replaceAll("_", " "), undefined];
  const [kind, status, retry] = facts.split(" ") as [ErrorKind, string, Retry];
  return [kind, Number(status), retry, title, hint ?? (kind === "authorization" ? OPERATOR : HINTS[retry])];
}

function isOwn(code: ErrorCode): code is ClientErrorCode {
  return Object.hasOwn(OWN, code);
}

function factsOf(code: string): string | undefined {
  return FACTS.find(([, codes]) => codes.split(" ").includes(code))?.[0];
}

/** Whether a word is a code of the registry that a client can meet. */
export function isRegistered(word: string): word is RegisteredCode {
  return factsOf(word) !== undefined;
}

/** Calls the engine; what it throws comes out as the error of this package. */
export function decide<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    const [code = "", , , message] = failureLines(thrown);
    throw isRegistered(code) ? new BittensorAuthError(code, message) : thrown;
  }
}
