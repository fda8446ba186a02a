/** What a server learns. */

import type { CallerFields } from "./engine/engine.js";
import { Hotkey, type Scheme } from "./hotkey.js";

/** Which hotkey is calling. */
export class Caller {
  /** The caller's canonical SS58 address (prefix 42). */
  readonly hotkey: string;
  readonly scheme: Scheme;
  /** How the hotkey was proved: by a signature over this request, or by a session. */
  readonly via: "session" | "signature";
  /** When this request was signed, in Unix nanoseconds; `undefined` for a session. */
  readonly signedAtNs: bigint | undefined;
  /** The first eight hex digits of the session's name, for logs; `undefined` for a signed request. */
  readonly sessionId: string | undefined;

  /** @internal */
  constructor(fields: readonly string[]) {
    const [hotkey, scheme, via, mark] = fields as CallerFields;
    this.hotkey = hotkey;
    this.scheme = scheme as Scheme;
    this.via = via as "session" | "signature";
    this.signedAtNs = via === "signature" ? BigInt(mark) : undefined;
    this.sessionId = via === "session" ? mark : undefined;
  }

  /** The caller's 32-byte public key. Key all state by this. */
  get publicKey(): Uint8Array {
    return new Hotkey(this.hotkey).publicKey;
  }

  /** JSON has no integers of 64 bits: the signed time is decimal text there. */
  toJSON(): Record<string, string | undefined> {
    const { hotkey, scheme, via, sessionId } = this;
    return { hotkey, scheme, via, signedAtNs: this.signedAtNs?.toString(), sessionId };
  }
}
