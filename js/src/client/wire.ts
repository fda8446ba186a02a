/** The session routes (`spec/04 §8`) and what answers mean (`spec/06 §3`). */

import type { Environment } from "./environment.js";
import { BittensorAuthError, type ErrorCode, isAnswered } from "./errors.js";

/** Largest answer that is read on this package's own account, in characters. */
const LARGEST_ANSWER = 65_536;
/** How long a session route may take, in ms. A second attempt after that is still within the server's grace. */
const TIMEOUT = 12_000;
/** Unix seconds that no time reaches: the year 2514. */
const LATEST = 2 ** 34;

export type Fields = Readonly<Record<string, unknown>>;

/** What a client reads in a refusal. */
export interface Refusal {
  readonly error: BittensorAuthError;
  /** Whether the service itself refused, and so no handler ran. */
  readonly coded: boolean;
  readonly serverTime: number | undefined;
}

/** The session routes of one server. */
export class Routes {
  readonly #environment: Environment;
  readonly #base: string;
  readonly #credentials: RequestCredentials | undefined;

  constructor(environment: Environment, base: string, credentials: RequestCredentials | undefined) {
    this.#environment = environment;
    this.#base = base;
    this.#credentials = credentials;
  }

  /** The object that a route answers; everything else is thrown as the one error. */
  async ask(route: string, fields?: Fields, token?: string): Promise<Fields> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (fields) headers["content-type"] = "application/json";
    if (token) headers["authorization"] = `Bearer ${token}`;
    try {
      const response = await this.#environment.fetch(`${this.#base}/${route}`, {
        method: "POST",
        headers,
        cache: "no-store",
        redirect: "manual",
        // A page that closes still says goodbye.
        keepalive: route === "logout",
        signal: AbortSignal.timeout(TIMEOUT),
        ...(fields && { body: JSON.stringify(fields) }),
        ...(this.#credentials && { credentials: this.#credentials }),
      });
      if (isRedirect(response)) throw redirectRefused();
      const text = await readText(response);
      if (!response.ok) throw readRefusal(response, text).error;
      const answer = readObject(text);
      if (answer === undefined) throw new BittensorAuthError("server_unexpected_answer");
      return answer;
    } catch (cause) {
      throw unreachable(cause);
    }
  }
}

/** What `fetch` rejects with, as the one error. */
export function unreachable(cause: unknown): BittensorAuthError {
  return cause instanceof BittensorAuthError
    ? cause
    : new BittensorAuthError("network_unreachable", undefined, { cause });
}

export function redirectRefused(): BittensorAuthError {
  return new BittensorAuthError("redirect_refused", "the server redirects: expected the final address");
}

/** Whether an answer sends somewhere else. Browsers do not say where. */
export function isRedirect({ type, status, headers }: Response): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400 && headers.has("location"));
}

/**
 * The typed error in an answer, or nothing when it is none. The answer stays readable.
 *
 * A refusal without a code of the registry is classified by its status.
 */
export async function errorOf(response: Response): Promise<BittensorAuthError | undefined> {
  return response.ok || response.status < 400 ? undefined : (await refusalOf(response)).error;
}

/** The same for an answer that is known to refuse. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const small = isProblem(response) && !response.bodyUsed;
  return readRefusal(response, small ? await readText(response.clone()).catch(() => "") : "");
}

function readRefusal(response: Response, text: string): Refusal {
  const fields = (isProblem(response) && readObject(text)) || {};
  const retryAfter = retryAfterOf(response);
  const code = fields["code"];
  const registered = typeof code === "string" && isAnswered(code) ? code : undefined;
  const error = new BittensorAuthError(registered ?? codeOf(response.status), undefined, { retryAfter });
  return {
    error,
    coded: registered !== undefined,
    serverTime: serverTimeOf(fields),
  };
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 429) return "rate_limited";
  return status >= 500 ? "server_unavailable" : "server_unexpected_answer";
}

/** Seconds, at least 1; only where it is written so. */
export function retryAfterOf({ headers }: Response): number | undefined {
  const value = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(value) ? Math.max(Number(value), 1) : undefined;
}

/** The server's clock in an answer, ms. */
export function serverTimeOf(fields: Fields): number | undefined {
  return wholeNumber(fields["server_time_ms"], LATEST * 1_000);
}

/** Unix seconds in an answer. */
export function secondsOf(fields: Fields, name: string): number | undefined {
  return wholeNumber(fields[name], LATEST);
}

function wholeNumber(value: unknown, below: number): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < below ? value : undefined;
}

function isProblem({ headers }: Response): boolean {
  return /^application\/problem\+json\s*(;|$)/i.test(headers.get("content-type") ?? "");
}

function readObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a body, or as much of a larger one as makes it unreadable. */
async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) return text;
    text += decoder.decode(piece.value, { stream: true });
    if (text.length > LARGEST_ANSWER) {
      reader?.cancel().catch(() => {});
      return "";
    }
  }
}
