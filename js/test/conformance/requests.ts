/** `requests` and `messages`: whole requests, and the bytes that they sign. */

import { MemoryStore, type Scheme, Verifier } from "../../src/index.js";
import { bytes, type Case, hex, type Json, large, member, optionalText, text, unhex } from "./files.js";
import { ALICE, ENTROPY } from "./keys.js";
import type { Outputs, World } from "./world.js";

const NANOS_PER_MILLI = 1_000_000n;
const NONCE = 1_752_076_800_000_000_000n;

/** A request as a server receives it, through the public `Verifier`. */
export function runRequest(_: World, { case: request, group }: Case): Outputs {
  const settings = member(group, "verifier");
  const verifier = new Verifier({
    receiver: settings["receivers"] as string[],
    store: new MemoryStore({ nothingAcceptedBefore: true, singleProcessAcknowledged: true }),
    maxAgeMs: Number(large(settings, "max_age_ns") / NANOS_PER_MILLI),
    allowedSkewMs: Number(large(settings, "allowed_skew_ns") / NANOS_PER_MILLI),
    schemes: settings["schemes"] as Scheme[],
    ...(typeof settings["body_limit"] === "number" ? { bodyLimit: settings["body_limit"] } : {}),
    dangerousAcceptUnbound: settings["unbound"] === true,
    clock: () => large(request, "now"),
  });
  const caller = verifier.verify({
    headers: request["headers"] as [string, string][],
    method: text(request, "method"),
    target: text(request, "target"),
    body: bytes(request, "body"),
  });
  return { caller: hex(caller.publicKey) };
}

/** The bytes that a client gives to its signer. */
export function runSent({ engine }: World, { case: fields }: Case): Outputs {
  const signer = new engine.RequestSigner(
    text(fields, "scheme"),
    text(fields, "sender"),
    optionalText(fields, "receiver"),
  );
  const [method, target, body] = [text(fields, "method"), text(fields, "target"), bytes(fields, "body")];
  const unsigned = signer.prepare(method, target, body, NONCE, ENTROPY, large(fields, "nonce"));
  return { payload: hex(unsigned.message()) };
}

/** A server does not show the bytes that it verifies: a signature over the expected ones has to hold. */
export function runReceived(world: World, { case: fields }: Case): Outputs {
  return received(world, fields, "", text(fields, "target"), "");
}

/** The same with a target in the parts of an ASGI scope. */
export function runAsgi(world: World, { case: fields }: Case): Outputs {
  const asgi = member(fields, "asgi");
  return received(world, fields, text(asgi, "public_prefix"), text(asgi, "raw_path"), text(asgi, "query_string"));
}

function received(world: World, fields: Json, prefix: string, path: string, query: string): Outputs {
  const { engine, keys } = world;
  const payload = optionalText(fields, "payload") ?? "";
  const sender = text(fields, "sender");
  const receiver = optionalText(fields, "receiver");
  const signature = `0x${hex(keys.of(sender).sign(unhex(payload), ENTROPY))}`;
  const values = ["1", sender, receiver, text(fields, "nonce"), text(fields, "scheme"), signature];
  const headers = engine.headerNames().flatMap((name, index) => {
    const value = values[index];
    return value === undefined ? [] : [name, value];
  });
  const none = undefined;
  // A service is set up with its own address; of a foreign one it only sees that it is not its own.
  const own = [receiver ?? ALICE];
  const both = ["sr25519", "ed25519"];
  const verifier = new engine.Verifier(own, none, none, none, both, none, none, "dangerous");
  const now = payload === "" ? NONCE : large(fields, "nonce");
  const head = verifier.checkHead(headers, now);
  head.update(bytes(fields, "body"));
  head.verify(text(fields, "method"), prefix, path, query).claim(world.anybody, now);
  return { payload };
}
