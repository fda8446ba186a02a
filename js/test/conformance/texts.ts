/** `login-texts`, `ss58`, `signatures` and `refresh-schedule`: functions of their arguments alone. */

import { decide } from "../../src/engine/failure.js";
import { BittensorAuthError, Hotkey, type Scheme } from "../../src/index.js";
import { bytes, type Case, hex, type Json, large, member, small, text } from "./files.js";
import { startService } from "./sessions.js";
import type { Outputs, World } from "./world.js";

const SECOND = 1_000_000_000n;

/** A text that a client is asked to sign. */
export function runCheck({ engine }: World, { case: fields }: Case): Outputs {
  engine.checkLoginText(text(fields, "text"), text(fields, "origin"), text(fields, "hotkey"), large(fields, "now"));
  return {};
}

/**
 * A text that a server writes. A challenge with a life that no server may have is rebuilt by the client's check only,
 * which takes the text apart and puts it together again to the byte.
 */
export function runBuild(world: World, { case: fields }: Case): Outputs {
  const [issued, expires] = [small(fields, "issued_at"), small(fields, "expires_at")];
  const site = member(fields, "site");
  const life = (expires - issued) * 1_000;
  const served = life >= 30_000 && life <= 300_000;
  const settings: Json = { site, namespace: "vectors", secret: "00".repeat(32), previous_secret: null };
  const service = startService(world, served ? { ...settings, lifetimes_ms: { challenge: life } } : settings);
  const hotkey = text(fields, "hotkey");
  const now = BigInt(issued) * SECOND;
  const made = served
    ? challenge(() => service.challenge(hotkey, text(fields, "form"), now, bytes(fields, "nonce")))
    : [];
  world.engine.checkLoginText(text(fields, "text"), text(site, "origin"), hotkey, now);
  return { text: served ? made[0] : fields["text"] };
}

/** The operator cannot know which form a caller will ask for, so then it is the caller's fault. */
function challenge(make: () => string[]): string[] {
  try {
    return decide(make);
  } catch (refused) {
    if (!(refused instanceof BittensorAuthError) || refused.code !== "malformed_body") throw refused;
    throw new BittensorAuthError("invalid_configuration");
  }
}

/** An address and the key that it spells. */
export function runAddress(_: World, { case: fields }: Case): Outputs {
  const { publicKey } = new Hotkey(text(fields, "address"));
  return { public_key: hex(publicKey), address: Hotkey.fromPublicKey(publicKey).ss58Address };
}

/** A signature over exactly the message. */
export function runSignature(_: World, { case: fields }: Case): Outputs {
  const hotkey = Hotkey.fromPublicKey(bytes(fields, "public_key"));
  hotkey.verify(bytes(fields, "message"), bytes(fields, "signature"), text(fields, "scheme") as Scheme);
  return {};
}

/** A wallet's signature over a text, plain or wrapped. */
export function runLoginSignature({ engine }: World, { case: fields }: Case): Outputs {
  const [key, message, signature] = ["public_key", "message", "signature"].map((name) => bytes(fields, name)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  engine.verifyLogin(text(fields, "scheme"), key, message, signature);
  return {};
}

/** A client that asks when to refresh. */
export function startSchedule({ engine }: World, { case: fields }: Case): (step: Json) => Outputs {
  const schedule = new engine.RefreshSchedule(
    large(fields, "issued_at"),
    large(fields, "expires_at"),
    large(fields, "refresh_expires_at"),
    large(fields, "jitter"),
  );
  return (step) => {
    const [event, now] = [member(step, "event"), large(step, "now")];
    const kind = [event["type"], event["reason"]].filter(Boolean).join("/");
    if (kind === "next") {
      const next = schedule.step(now);
      if (next === "log_in") throw new BittensorAuthError("login_required");
      const until = schedule.waitUntil(now);
      return {
        step: next,
        usable: schedule.isUsable(now),
        ...(until === undefined ? {} : { until: until.toString() }),
      };
    }
    if (kind === "failed/passing") {
      const asked = event["retry_after_s"] === null ? undefined : BigInt(small(event, "retry_after_s")) * SECOND;
      schedule.failed(now, asked, large(event, "jitter"));
    } else if (kind === "failed/ended") {
      schedule.ended(now);
    } else {
      throw new Error(`nothing here knows the event ${kind}`);
    }
    return {};
  };
}
