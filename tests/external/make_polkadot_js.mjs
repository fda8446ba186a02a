/** Writes `polkadot-js.json`: what browser wallets sign, and which of it is a login or a request. */

import { createHash } from "node:crypto";

import { Keyring } from "@polkadot/keyring";
import { stringToU8a, u8aConcat, u8aToHex, u8aWrapBytes } from "@polkadot/util";
import { cryptoWaitReady } from "@polkadot/util-crypto";

import { SEEDS, source, writeSignatures } from "./vectors.mjs";

const NOTES = {
  login: "Verified as a login, where one <Bytes> wrapping is allowed.",
  plain: "The wallet signed the message itself.",
  request: "Verified as a request, where only the message itself counts.",
  tampered: "Message, key or signature was changed after signing.",
  typed: "The signature has a type byte in front.",
  wrapped: "The wallet signed <Bytes>message</Bytes>, or something like it.",
};

await cryptoWaitReady();

function compactLogin(address) {
  return [
    "dash.example.org wants you to sign in with your Bittensor account:",
    address,
    "https://dash.example.org",
    "1 finney AAECAwQFBgcICQoLDA0ODw 1790000000 1790000120",
  ].join("\n");
}

function siwsLogin(address) {
  return `dash.example.org wants you to sign in with your Bittensor account:
${address}

Sign in to the SN9 dashboard.

URI: https://dash.example.org/login
Version: 1.0.0
Chain ID: polkadot:2f0555cc76fc2840a25a6ea3b9637146
Nonce: 0123456789abcdef0123456789abcdef
Issued At: 2099-01-01T00:00:00.000Z
Expiration Time: 2099-01-01T00:01:00.000Z
Request ID: r1
Resources:
- https://dash.example.org/tos`;
}

function* schemeCases(scheme) {
  const keyring = new Keyring({ type: scheme, ss58Format: 42 });
  const alice = keyring.addFromSeed(SEEDS[scheme].Alice);
  const bob = keyring.addFromSeed(SEEDS[scheme].Bob);
  const other = new Keyring({ type: scheme === "sr25519" ? "ed25519" : "sr25519" }).addFromSeed(
    SEEDS[scheme].Alice,
  );
  const typeByte = scheme === "sr25519" ? 1 : 0;

  const compact = stringToU8a(compactLogin(alice.address));
  if (scheme === "sr25519") checkSamples(compact, stringToU8a(siwsLogin(alice.address)));
  const wrapped = u8aWrapBytes(compact);
  const typed = { withType: true };
  const retyped = (signature) => u8aConcat([typeByte ^ 1], signature);

  const one = (id, comment, flags, signature, expect = "ok", message = compact, key = alice) => ({
    id: `polkadot-js-${scheme}-${id}`,
    comment,
    flags,
    scheme,
    public_key: u8aToHex(key.publicKey, -1, false),
    message: u8aToHex(message, -1, false),
    form: flags.includes("request") ? "request" : "login",
    signature: u8aToHex(signature, -1, false),
    expect,
  });

  for (const [name, what, text] of [
    ["compact", "A compact sign-in text", compactLogin(alice.address)],
    ["siws", "A full sign-in text", siwsLogin(alice.address)],
    ["legacy", "An older challenge", `bittensor-auth:1790000000:${"0123456789abcdef".repeat(2)}`],
    ["unicode", "Text in several scripts", "Grüße an die 世界 🤖\n"],
    ["longest", "241 bytes, 256 when wrapped", "x".repeat(241)],
    ["inner", "Text with the wrapping's words inside", "a<Bytes>b</Bytes>c"],
    ["empty", "The empty text", ""],
  ]) {
    const message = stringToU8a(text);
    yield one(`${name}-plain`, `${what}, plain`, ["login", "plain"], alice.sign(message), "ok", message);
    yield one(
      `${name}-wrapped`,
      `${what}, wrapped`,
      ["login", "wrapped"],
      alice.sign(u8aWrapBytes(message)),
      "ok",
      message,
    );
  }

  const twice = u8aConcat("<Bytes>", wrapped, "</Bytes>");
  yield one(
    "rewrapped",
    "Wrapping what is wrapped changes nothing",
    ["login", "wrapped"],
    alice.sign(u8aWrapBytes(wrapped)),
  );
  yield one(
    "typed-plain",
    "Plain, with a type byte",
    ["login", "plain", "typed"],
    alice.sign(compact, typed),
  );
  yield one(
    "typed-wrapped",
    "Wrapped, with a type byte",
    ["login", "wrapped", "typed"],
    alice.sign(wrapped, typed),
  );
  yield one("request-plain", "Plain, as a request", ["request", "plain"], alice.sign(compact));

  for (const [id, comment, flags, signature, message, key] of [
    ["request-wrapped", "Wrapped, as a request", ["request", "wrapped"], alice.sign(wrapped)],
    [
      "request-unwrapped",
      "Plain, where the request is the wrapped text",
      ["request", "plain"],
      alice.sign(compact),
      wrapped,
    ],
    ["request-wrapped-twice", "Wrapped twice, as a request", ["request", "wrapped"], alice.sign(twice)],
    ["wrapped-twice", "Wrapped twice", ["login", "wrapped"], alice.sign(twice)],
    ["half-open", "Only the opening half", ["login", "wrapped"], alice.sign(u8aConcat("<Bytes>", compact))],
    [
      "half-closed",
      "Only the closing half",
      ["login", "wrapped"],
      alice.sign(u8aConcat(compact, "</Bytes>")),
    ],
    [
      "lower-case",
      "A wrapping in lower case",
      ["login", "wrapped"],
      alice.sign(u8aConcat("<bytes>", compact, "</bytes>")),
    ],
    [
      "padded",
      "A line feed inside the wrapping",
      ["login", "wrapped"],
      alice.sign(u8aWrapBytes(u8aConcat(compact, "\n"))),
    ],
    [
      "other-text",
      "The same signature for another text",
      ["login", "wrapped", "tampered"],
      alice.sign(wrapped),
      compact.slice(1),
    ],
    ["other-signer", "Signed by somebody else", ["login", "wrapped", "tampered"], bob.sign(wrapped)],
    ["other-scheme", "Signed under the other scheme", ["login", "wrapped", "tampered"], other.sign(wrapped)],
    [
      "other-key",
      "The key of somebody else",
      ["login", "plain", "tampered"],
      alice.sign(compact),
      compact,
      bob,
    ],
    [
      "typed-other-text",
      "Another text, with a type byte",
      ["login", "typed", "tampered"],
      alice.sign(wrapped, typed),
      compact.slice(1),
    ],
    [
      "typed-63-bytes",
      "A type byte and 63 bytes are no 64",
      ["login", "typed", "tampered"],
      alice.sign(wrapped, typed).slice(0, 64),
    ],
  ]) {
    yield one(id, comment, flags, signature, "bad_signature", message, key);
  }

  for (const [id, comment, flags, signature] of [
    ["request-typed", "A type byte, in a request", ["request", "plain", "typed"], alice.sign(compact, typed)],
    [
      "wrong-type",
      "The type byte of the other scheme",
      ["login", "wrapped", "typed"],
      retyped(alice.sign(wrapped)),
    ],
    [
      "type-twice",
      "Two type bytes",
      ["login", "wrapped", "typed"],
      u8aConcat([typeByte], alice.sign(wrapped, typed)),
    ],
    ["63-bytes", "The last byte is gone", ["login", "wrapped", "tampered"], alice.sign(wrapped).slice(0, 63)],
  ]) {
    yield one(id, comment, flags, signature, "malformed_signature");
  }
}

/** The samples must be, byte for byte, the ones whose digests were published with them. */
function checkSamples(compact, siws) {
  const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
  if (
    digest(compact) !== "c3fcb750129cc25cbaf47f646056ee76548092e0a04216e4ffb244df8b74c89f" ||
    digest(siws) !== "bc9d0057256368a441e8ae448d84975137ff67165fcafeebb746e04601bf0773"
  ) {
    throw new Error("a sample text differs from the published one");
  }
}

writeSignatures("polkadot-js", NOTES, source("@polkadot/keyring"), [
  ...schemeCases("sr25519"),
  ...schemeCases("ed25519"),
]);
