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
const OWN_FACTS = "client 400 never";
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

/** What only a client in JavaScript can run into: title, hint; kind, HTTP status and retry word where they differ. */
const OWN: Readonly<Record<ClientErrorCode, readonly [title: string, hint: string, facts?: string]>> = {
  aborted: ["the call was given up", ""],
  engine_unavailable: ["the engine cannot be loaded", "the page has to allow 'wasm-unsafe-eval'", "client 400 after"],
  forbidden: ["the server refuses this caller", OPERATOR, "authorization 403 never"],
  network_unreachable: [
    "the server cannot be reached",
    "check the connection; the server has to allow this page (CORS)",
    "client 400 after",
  ],
  origin_not_allowed: ["the session does not go to that origin", "add it to `origins`"],
  rate_limited: ["too many requests", LATER, "client 429 after"],
  server_unavailable: ["the server cannot answer now", LATER, "client 503 after"],
  server_unexpected_answer: ["no session route answers so", CHECK_ADDRESS],
  unauthorized: ["the server refuses the credentials", "log in again", "authentication 401 login"],
  wallet_busy: ["the wallet is busy", "answer what it asks, or wait three seconds", "client 400 after"],
  wallet_failed: ["the wallet failed", "unlock the wallet, then try again"],
  wallet_no_accounts: ["the wallet offers no account", "let this site see an account"],
  wallet_not_found: ["no such wallet in this browser", "install or enable it, then reload"],
  wallet_rejected: ["the wallet declined", "approve it there to log in"],
  wallet_unsupported_account: ["this account cannot log in", "choose an sr25519 or ed25519 account"],
};

/** What cures a code of the registry, for a person. */
const HINTS: Readonly<Record<Retry, string>> = {
  after: LATER,
  login: "log in again",
  never: "",
  refresh: "try again",
  resign: "set this machine's clock",
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
  const [title, hint, facts = OWN_FACTS] = isOwn(code)
    ? OWN[code]
    : [code.replaceAll("_", " "), undefined, factsOf(code) ?? NO_FACTS];
  const [kind, status, retry] = facts.split(" ") as [ErrorKind, string, Retry];
  const isRefusal = retry === "never" && kind.startsWith("auth");
  return [kind, Number(status), retry, title, hint ?? (isRefusal ? OPERATOR : HINTS[retry])];
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

/** Whether a server answers this code: those of programs it does not. */
export function isAnswered(word: string): word is RegisteredCode {
  return /^(?!client|configuration)/.test(factsOf(word) ?? "client");
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
