/** Decides every signature again with Node libraries: @scure/sr25519 for sr25519, OpenSSL for ed25519. */

import { createHash, createPublicKey, verify as opensslVerify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

import { stringToU8a, u8aConcat } from "@polkadot/util";
import { decodeAddress } from "@polkadot/util-crypto";
import { verify as scureVerify } from "@scure/sr25519";

const FOLDER = new URL("../../spec/vectors/external/", import.meta.url);
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));

function holds(scheme, publicKey, message, signature) {
  if (signature.length !== 64) return false;
  if (scheme === "sr25519") {
    try {
      return scureVerify(message, signature, publicKey);
    } catch {
      return false;
    }
  }
  const x = Buffer.from(publicKey).toString("base64url");
  return opensslVerify(
    null,
    message,
    createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }),
    signature,
  );
}

/** The verdict on a signature case: every code of that feature but the one for weak keys. */
function signatureVerdict({ scheme, public_key, message, form, signature }) {
  const plain = bytes(message);
  const messages = form === "login" ? [plain, u8aConcat("<Bytes>", plain, "</Bytes>")] : [plain];
  const typed =
    form === "login" && signature.length === 130 && signature.startsWith(scheme === "sr25519" ? "01" : "00");
  const given = bytes(typed ? signature.slice(2) : signature);
  if (given.length !== 64) return "malformed_signature";
  return messages.some((m) => holds(scheme, bytes(public_key), m, given)) ? "ok" : "bad_signature";
}

/** The verdict on a request whose only possible fault is its signature. */
function requestVerdict({ headers, method, target, body, caller }) {
  const header = Object.fromEntries(
    headers.map(([name, value]) => [name.toLowerCase().replace("x-bittensor-", ""), value]),
  );
  const digest = createHash("sha256").update(bytes(body)).digest("hex");
  const scheme = header.crypto ?? "sr25519";
  const lines = [
    "btauth/1",
    scheme,
    method.toUpperCase(),
    target,
    digest,
    header.nonce,
    header.hotkey,
    header.receiver ?? "-",
  ];
  const publicKey = decodeAddress(header.hotkey);
  if (caller !== undefined && Buffer.from(publicKey).toString("hex") !== caller) return "another caller";
  const signature = bytes(header.signature.replace(/^0x/, ""));
  return holds(scheme, publicKey, stringToU8a(lines.join("\n")), signature) ? "ok" : "bad_signature";
}

let decided = 0;
const disagreed = [];
for (const file of readdirSync(FOLDER).sort()) {
  const { feature, groups } = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  for (const one of groups.flatMap((group) => group.cases)) {
    if (
      one.expect === "weak_key" ||
      (feature === "requests" && !["ok", "bad_signature"].includes(one.expect))
    )
      continue;
    const verdict = feature === "requests" ? requestVerdict(one) : signatureVerdict(one);
    decided += 1;
    if (verdict !== one.expect) disagreed.push(`${one.id}: expected ${one.expect}, decided ${verdict}`);
  }
}
console.log(disagreed.join("\n") || `${decided} cases: agreed`);
process.exitCode = disagreed.length > 0 || decided === 0 ? 1 : 0;
