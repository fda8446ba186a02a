/** Writes `scure-sr25519.json`: sr25519 signatures made without schnorrkel's own code, and broken ones. */

import { getPublicKey, secretFromSeed, sign } from "@scure/sr25519";
import { stringToU8a, u8aConcat, u8aToHex } from "@polkadot/util";

import { SEEDS, source, writeSignatures } from "./vectors.mjs";

const NOTES = {
  binary: "The message is no text.",
  encoding: "The signature's bytes no longer are those of a signature.",
  login: "Verified as a login, where one <Bytes> wrapping is allowed.",
  tampered: "Message, key or signature was changed after signing.",
  text: "The message is UTF-8 text.",
};

const alice = secretFromSeed(SEEDS.sr25519.Alice);
const bob = secretFromSeed(SEEDS.sr25519.Bob);
const text = stringToU8a("Grüße an die 世界 🤖\n");
const bytes = (length) => Uint8Array.from({ length }, (_, i) => (i * 7) % 256);

/** A case with Alice's signature over the message, then with `change` in place of what was made. */
function signed(id, comment, flags, message, change = {}) {
  const made = { key: getPublicKey(alice), message, form: "request", signature: sign(alice, message) };
  const shown = { ...made, expect: "ok", ...change };
  return {
    id: `scure-sr25519-${id}`,
    comment,
    flags,
    scheme: "sr25519",
    public_key: u8aToHex(shown.key, -1, false),
    message: u8aToHex(shown.message, -1, false),
    form: shown.form,
    signature: u8aToHex(shown.signature, -1, false),
    expect: shown.expect,
  };
}

/** A copy of the bytes with these bits of one byte flipped. */
function flipped(bytes, index, bits) {
  const copy = bytes.slice();
  copy[index] ^= bits;
  return copy;
}

const refused = (change) => ({ expect: "bad_signature", ...change });
const malformed = (signature) => ({ expect: "malformed_signature", signature });
const message = bytes(120);
const good = sign(alice, message);

writeSignatures("scure-sr25519", NOTES, source("@scure/sr25519"), [
  signed("empty", "The empty message", ["binary"], bytes(0)),
  ...[1, 32, 120, 256, 1000].map((n) =>
    signed(`length-${n}`, `A message of ${n} bytes`, ["binary"], bytes(n)),
  ),
  signed("unicode", "Text in several scripts", ["text"], text),
  signed(
    "bytes-text",
    "A message that holds the wrapping's own words",
    ["text"],
    stringToU8a("a<Bytes>b</Bytes>c"),
  ),
  signed("bob", "Another key", ["binary"], message, {
    key: getPublicKey(bob),
    signature: sign(bob, message),
  }),
  signed("login", "A login, signed plainly", ["login", "text"], text, { form: "login" }),
  signed(
    "message-bit",
    "One bit of the message flipped",
    ["tampered"],
    message,
    refused({ message: flipped(message, 60, 4) }),
  ),
  signed(
    "message-longer",
    "A zero byte after the message",
    ["tampered"],
    message,
    refused({ message: u8aConcat(message, [0]) }),
  ),
  signed("message-gone", "The message became empty", ["tampered"], message, refused({ message: bytes(0) })),
  signed(
    "point-bit",
    "A bit flipped in the first half",
    ["tampered"],
    message,
    refused({ signature: flipped(good, 0, 2) }),
  ),
  signed(
    "scalar-bit",
    "A bit flipped in the second half",
    ["tampered"],
    message,
    refused({ signature: flipped(good, 32, 1) }),
  ),
  signed(
    "other-key",
    "The key of another signer",
    ["tampered"],
    message,
    refused({ key: getPublicKey(bob) }),
  ),
  signed(
    "marker",
    "The marker bit cleared",
    ["encoding"],
    message,
    refused({ signature: flipped(good, 63, 0x80) }),
  ),
  signed("zero", "64 zero bytes", ["encoding"], message, refused({ signature: new Uint8Array(64) })),
  signed("63-bytes", "The last byte is gone", ["encoding"], message, malformed(good.subarray(0, 63))),
  signed("65-bytes", "One byte too many", ["encoding"], message, malformed(u8aConcat(good, [0]))),
  signed(
    "typed",
    "A type byte in front, in a request",
    ["encoding"],
    message,
    malformed(u8aConcat([1], good)),
  ),
  signed("no-bytes", "An empty signature", ["encoding"], message, malformed(bytes(0))),
]);
