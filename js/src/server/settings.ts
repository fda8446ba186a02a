/** What the operator of a service configures. */

import { type Bytes, toBytes } from "../bytes.js";
import { engine } from "../engine/current.js";
import type { EngineSessions, EngineTokenTransport, EngineVerifier } from "../engine/engine.js";
import { decide } from "../engine/failure.js";
import { BittensorAuthError } from "../errors.js";
import { optionalMillis } from "../time.js";
import type { VerifierOptions } from "../verifier.js";

/** Where failures that an operator has to know of are written. Neither keys nor tokens are among what is written. */
export type Log = Pick<Console, "error" | "warn">;

/** Settings of `HotkeyAuth`. What is left out is the standard's default. */
export interface HotkeyAuthOptions extends VerifierOptions {
  /** The origin that people log in to, as in `https://dash.example.org`. Without it there are no sessions. */
  readonly origin?: string;
  /**
   * At least 32 random bytes that all workers share (text is taken as UTF-8), or the new and the old ones while they
   * change. Without it the sessions of a single process end with it, and several are refused.
   */
  readonly secret?: Bytes | readonly Bytes[];
  /** The web origins that may use the session routes: the origin itself unless said. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Lets a browser keep its tokens in `__Host-` cookies if its page asks for that: `false` unless said. Only pages of
   * `allowedOrigins` can use them. Handlers of GET, HEAD and OPTIONS must not change anything.
   */
  readonly cookies?: boolean;
  /** One line of the login text, printable ASCII. */
  readonly statement?: string;
  /** The network that the login text names: finney unless said. */
  readonly network?: { readonly name: string; readonly genesisHash: string };
  /** From the challenge to the login: 120,000 ms unless said. */
  readonly challengeLifetimeMs?: number;
  /** Of a session token: 900,000 ms unless said. */
  readonly accessLifetimeMs?: number;
  /** From one refresh to the next: 7,200,000 ms unless said. */
  readonly idleLifetimeMs?: number;
  /** Of a session, however often it is refreshed: 86,400,000 ms unless said. */
  readonly absoluteLifetimeMs?: number;
  /** How long an exchanged refresh token gives the same successor: 30,000 ms unless said. */
  readonly refreshGraceMs?: number;
  /** Where the session routes are: `/auth` unless said. */
  readonly basePath?: string;
  /** What a proxy strips from the path that clients sign. */
  readonly publicPrefix?: string;
  /** The name of the service in `WWW-Authenticate`: `bittensor` unless said. */
  readonly realm?: string;
  /** `console` unless said. */
  readonly log?: Log;
}

const SECRET_LENGTH = 32;
export const NO_ORIGIN = "origin: expected the origin that people log in to, as in https://dash.example.org";

/** Secrets for the sessions of one process, in place of none. */
export function secretsOf({ secret }: HotkeyAuthOptions): readonly Uint8Array[] {
  if (secret === undefined) return [];
  const several = Array.isArray(secret) ? (secret as readonly Bytes[]) : [secret as Bytes];
  if (several.length === 1 || several.length === 2) return several.map((one) => toBytes("secret", one));
  throw new BittensorAuthError("invalid_configuration", "secret: expected one, or the new and the old one");
}

/** The sessions of a service, if it has an origin to log in to. */
export function engineSessions(
  verifier: EngineVerifier,
  options: HotkeyAuthOptions,
  secrets: readonly Uint8Array[],
): EngineSessions | undefined {
  const { origin, statement, network } = options;
  if (origin === undefined) return undefined;
  const [secret = crypto.getRandomValues(new Uint8Array(SECRET_LENGTH)), previous] = secrets;
  const lifetime = (
    name: "absoluteLifetimeMs" | "accessLifetimeMs" | "challengeLifetimeMs" | "idleLifetimeMs" | "refreshGraceMs",
  ) => optionalMillis(name, options[name]);
  return decide(
    () =>
      new (engine().Sessions)(
        verifier,
        origin,
        secret,
        previous,
        statement,
        network?.name,
        network?.genesisHash,
        lifetime("challengeLifetimeMs"),
        lifetime("accessLifetimeMs"),
        lifetime("idleLifetimeMs"),
        lifetime("absoluteLifetimeMs"),
        lifetime("refreshGraceMs"),
      ),
  );
}

/** How session tokens travel, if a service has an origin to log in to. */
export function engineTransport(options: HotkeyAuthOptions): EngineTokenTransport | undefined {
  const { origin, allowedOrigins = [], cookies = false } = options;
  if (origin !== undefined) {
    const use = cookies ? "enabled" : "refused";
    return decide(() => new (engine().TokenTransport)(origin, [...allowedOrigins], use));
  }
  if (cookies) throw new BittensorAuthError("invalid_configuration", `cookies need an origin. ${NO_ORIGIN}`);
  return undefined;
}

/** The path of the session routes, with a slash in front and none at the end. */
export function basePathOf({ basePath = "/auth" }: HotkeyAuthOptions): string {
  if (typeof basePath === "string" && /^(\/[^/?#]+)*$/.test(basePath)) return basePath;
  throw new BittensorAuthError("invalid_configuration", "basePath: expected a path as in /auth");
}
