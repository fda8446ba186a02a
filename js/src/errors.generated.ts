/** Written by `npm run generate` from `spec/errors.json`: never edited by hand. */

/** A stable code for one reason why a check failed. */
export type ErrorCode =
  | "bad_signature"
  | "chain_answer_invalid"
  | "chain_behind"
  | "chain_layout_unknown"
  | "chain_mismatch"
  | "chain_rate_limited"
  | "chain_unreachable"
  | "challenge_expired"
  | "challenge_refused"
  | "challenge_used"
  | "clock_disagreement"
  | "coldkey_not_allowed"
  | "coldkey_not_linked"
  | "coldkey_swap_pending"
  | "cookies_disabled"
  | "duplicate_cookie"
  | "duplicate_header"
  | "header_too_long"
  | "hotkey_denied"
  | "hotkey_not_allowed"
  | "hotkey_not_registered"
  | "invalid_challenge"
  | "invalid_configuration"
  | "invalid_token"
  | "keyfile_encrypted"
  | "keyfile_malformed"
  | "keyfile_mismatch"
  | "keyfile_not_found"
  | "keyfile_permissions"
  | "login_required"
  | "malformed_body"
  | "malformed_coldkey"
  | "malformed_hotkey"
  | "malformed_method"
  | "malformed_nonce"
  | "malformed_signature"
  | "malformed_target"
  | "missing_credentials"
  | "missing_header"
  | "not_subnet_owner"
  | "origin_refused"
  | "payload_too_large"
  | "permit_missing"
  | "redirect_refused"
  | "refresh_reused"
  | "registry_unavailable"
  | "replayed_request"
  | "scheme_not_accepted"
  | "session_ended"
  | "session_expired"
  | "signer_failed"
  | "signing_refused"
  | "snapshot_invalid"
  | "snapshot_suspicious"
  | "stake_too_low"
  | "stale_request"
  | "store_full"
  | "store_unavailable"
  | "store_warming"
  | "subnet_missing"
  | "subnet_replaced"
  | "unbound_request"
  | "unknown_scheme"
  | "unsafe_store"
  | "unsupported_version"
  | "weak_key"
  | "wrong_receiver";

/** What a code is about. */
export type ErrorKind =
  | "authentication"
  | "authorization"
  | "client"
  | "configuration"
  | "store";

/** What a client may do about it. */
export type Retry =
  | "after"
  | "login"
  | "never"
  | "refresh"
  | "resign";

/** Kind, HTTP status, retry word, title, hint. */
export const ERRORS: Readonly<
  Record<ErrorCode, readonly [kind: ErrorKind, httpStatus: number, retry: Retry, title: string, hint: string]>
> = {
  bad_signature: ["authentication", 401, "never",
    "the signature does not match this request",
    "sign the exact bytes on the wire: method, path with query, raw body, nonce, sender, receiver; a proxy that rewrites the path or the body breaks the signature"],
  chain_answer_invalid: ["store", 503, "after",
    "a node's answer cannot be read as what it should be",
    "operator: read from another node; if all answer alike, update this software"],
  chain_behind: ["store", 503, "after",
    "the node is behind a block that was read before",
    "operator: wait until the node has caught up, or read from another one"],
  chain_layout_unknown: ["store", 503, "after",
    "the chain's runtime lays out its facts in a way this release does not know",
    "operator: update this software; nothing is read from a layout that is not known"],
  chain_mismatch: ["store", 503, "after",
    "the node serves another chain",
    "operator: correct the endpoint or the genesis hash"],
  chain_rate_limited: ["store", 503, "after",
    "the node refuses to answer for now",
    "operator: wait as long as it says, read less often, or run a node"],
  chain_unreachable: ["store", 503, "after",
    "the node did not answer",
    "operator: check the endpoint, or read from another one"],
  challenge_expired: ["authentication", 401, "login",
    "the login challenge has expired",
    "ask for a new challenge and sign that one"],
  challenge_refused: ["client", 400, "never",
    "the login challenge is not one this client signs",
    "check that the server's configured domain, URI and hotkey are the ones you meant to log in to; never sign a text made for another site"],
  challenge_used: ["authentication", 401, "login",
    "this login challenge was already used",
    "a challenge logs in once: ask for a new one"],
  clock_disagreement: ["store", 503, "after",
    "the server's clock and its store's clock disagree",
    "operator: synchronise the clocks of the server and the store; caller: wait, sign again, send again"],
  coldkey_not_allowed: ["authorization", 403, "never",
    "the coldkey that owns this hotkey is not on the list of those allowed here",
    "ask the operator of this service to add your coldkey"],
  coldkey_not_linked: ["authorization", 403, "never",
    "the coldkey that owns this hotkey is not linked to an account",
    "link the coldkey to your account first"],
  coldkey_swap_pending: ["authorization", 403, "never",
    "the coldkey is about to be swapped, so its rights are frozen",
    "wait until the swap was executed or cleared, then link the new coldkey"],
  cookies_disabled: ["authentication", 400, "never",
    "this service gives no tokens in cookies",
    "leave out `tokens` and keep the tokens of the answer; operator: enable cookies"],
  duplicate_cookie: ["authentication", 400, "never",
    "a session cookie appears more than once",
    "delete the cookies of this site and log in again; let no proxy join or repeat the Cookie header"],
  duplicate_header: ["authentication", 400, "never",
    "an authentication header appears more than once",
    "send each X-Bittensor-* header and Authorization exactly once, and let no proxy join or repeat them"],
  header_too_long: ["authentication", 400, "never",
    "an authentication header is longer than its format allows",
    "send the value that the signer made, unchanged"],
  hotkey_denied: ["authorization", 403, "never",
    "this hotkey is on the deny list",
    "ask the operator of this service"],
  hotkey_not_allowed: ["authorization", 403, "never",
    "this hotkey is not on the list of those allowed here",
    "ask the operator of this service to add your hotkey"],
  hotkey_not_registered: ["authorization", 403, "never",
    "this hotkey is not registered on the subnet",
    "register the hotkey on the subnet, then call again after the next block or two"],
  invalid_challenge: ["authentication", 401, "login",
    "the sealed challenge was not made by this server for this hotkey",
    "send back `sealed` exactly as it came, to the same service, for the same hotkey"],
  invalid_configuration: ["configuration", 500, "never",
    "the configuration is not valid",
    "correct the named setting and start again"],
  invalid_token: ["authentication", 401, "login",
    "the token was not issued by this service",
    "send the token exactly as it was issued; log in again if it is lost"],
  keyfile_encrypted: ["configuration", 500, "never",
    "the hotkey file is encrypted",
    "store the hotkey unencrypted for unattended signing, or pass a signer that has unlocked it"],
  keyfile_malformed: ["configuration", 500, "never",
    "the hotkey file cannot be read as a Bittensor keyfile",
    "regenerate the hotkey file from its mnemonic with btcli"],
  keyfile_mismatch: ["configuration", 500, "never",
    "the fields of the hotkey file name different keys",
    "do not use this file: regenerate it from its mnemonic and compare the address"],
  keyfile_not_found: ["configuration", 500, "never",
    "there is no such hotkey file",
    "check wallet path, wallet name and hotkey name; `btcli wallet list` shows what exists"],
  keyfile_permissions: ["configuration", 500, "never",
    "the hotkey file can be read by every user of this machine",
    "run `chmod 600` on the hotkey file"],
  login_required: ["client", 401, "login",
    "the session is over",
    "log in again"],
  malformed_body: ["authentication", 400, "never",
    "the body is not the JSON object this route takes",
    "send a JSON object with the documented fields, all of them strings"],
  malformed_coldkey: ["authentication", 400, "never",
    "the coldkey is not a canonical SS58 address",
    "write the address with prefix 42: 48 characters, the first one a 5"],
  malformed_hotkey: ["authentication", 400, "never",
    "the hotkey is not a canonical SS58 address",
    "write the address with prefix 42: 48 characters, the first one a 5"],
  malformed_method: ["authentication", 400, "never",
    "the method is not an HTTP method",
    "use an RFC 9110 token of at most 32 characters"],
  malformed_nonce: ["authentication", 400, "never",
    "the nonce is not a time in nanoseconds",
    "send Unix time in nanoseconds: 1 to 20 ASCII digits, no sign, no leading zero"],
  malformed_signature: ["authentication", 400, "never",
    "the signature is not 64 bytes in hex",
    "send 0x and 128 hex digits"],
  malformed_target: ["authentication", 400, "never",
    "the request target cannot be signed",
    "use the origin form: one path that starts with /, printable ASCII, no #, at most 8,192 bytes"],
  missing_credentials: ["authentication", 401, "never",
    "the request carries no credentials",
    "sign the request with your hotkey (btauth/1) or send a session token as Authorization: Bearer"],
  missing_header: ["authentication", 400, "never",
    "an authentication header is missing",
    "send every header that the signer made"],
  not_subnet_owner: ["authorization", 403, "never",
    "this hotkey is not the owner of the subnet",
    "call with the subnet's owner hotkey"],
  origin_refused: ["authorization", 403, "never",
    "this web origin may not use sessions here",
    "operator: add the origin of your dashboard to the allowed origins; programs: send the token as Authorization: Bearer"],
  payload_too_large: ["authentication", 413, "never",
    "the body is larger than this service accepts",
    "send a smaller body, or ask the operator to raise the limit of this route"],
  permit_missing: ["authorization", 403, "never",
    "this hotkey has no validator permit on the subnet",
    "raise the stake above the threshold and wait for the next epoch"],
  redirect_refused: ["client", 400, "never",
    "the server redirects a signed request to another origin",
    "call the final address directly, and add its origin to the signer only if you trust it"],
  refresh_reused: ["authentication", 401, "login",
    "this refresh token was used before, so its whole session was ended",
    "log in again; if you did not use the token twice, somebody else has a copy"],
  registry_unavailable: ["store", 503, "after",
    "it is not known now who is registered on the subnet",
    "wait, sign again, send again; operator: see why the chain cannot be read"],
  replayed_request: ["authentication", 401, "never",
    "this request was accepted before",
    "sign every attempt afresh, retries too; never send the same headers twice"],
  scheme_not_accepted: ["authentication", 401, "never",
    "this service does not accept the key type of this hotkey",
    "call with a key of a scheme that the service accepts (sr25519 unless the operator says more)"],
  session_ended: ["authentication", 401, "login",
    "the session was ended",
    "log in again"],
  session_expired: ["authentication", 401, "refresh",
    "the session token has expired",
    "exchange the refresh token for a new session token"],
  signer_failed: ["client", 500, "never",
    "the signer did not give a valid signature of its own key",
    "pass an unlocked sr25519 or ed25519 signer with `ss58_address` and `sign(bytes)`"],
  signing_refused: ["client", 400, "never",
    "this signer does not sign for that origin",
    "add the origin (scheme, host and port) to the signer's allowed origins if you mean to call it"],
  snapshot_invalid: ["store", 503, "after",
    "the snapshot of the subnet cannot be used",
    "operator: publish a snapshot of this chain and subnet, made by a release that this one knows"],
  snapshot_suspicious: ["store", 503, "after",
    "the subnet lost so many members at once that a second reading has to agree",
    "operator: nothing, if the next reading agrees; otherwise find out which node is wrong"],
  stake_too_low: ["authorization", 403, "never",
    "the stake of this hotkey is below the minimum",
    "raise the stake of the hotkey on this subnet"],
  stale_request: ["authentication", 401, "resign",
    "the request was signed outside the accepted time window",
    "synchronise your clock (NTP) or correct it by `server_time_ms`, then sign again"],
  store_full: ["store", 503, "after",
    "the store cannot remember more requests right now",
    "wait, sign again, send again; operator: raise the capacity or add servers"],
  store_unavailable: ["store", 503, "after",
    "the store did not answer in time",
    "wait, sign again, send again: the handler did not run"],
  store_warming: ["store", 503, "after",
    "the store has just started and cannot yet rule out a replay",
    "wait, sign again, send again: this lasts a few seconds after a restart"],
  subnet_missing: ["store", 503, "after",
    "there is no such subnet on this chain",
    "operator: correct the netuid or the endpoint"],
  subnet_replaced: ["store", 503, "after",
    "the netuid now belongs to another subnet",
    "operator: find out whose subnet it is now, then confirm its registration block or change the netuid"],
  unbound_request: ["authentication", 401, "never",
    "the request names no receiver",
    "sign for this service's hotkey (X-Bittensor-Receiver)"],
  unknown_scheme: ["authentication", 400, "never",
    "the signature scheme is not known",
    "omit X-Bittensor-Crypto for sr25519 or send ed25519"],
  unsafe_store: ["configuration", 500, "never",
    "this store cannot rule out replays in this deployment",
    "use one Redis or Valkey with `maxmemory-policy noeviction` for all workers, or run one worker"],
  unsupported_version: ["authentication", 400, "never",
    "the request format version is not supported",
    "send X-Bittensor-Version: 1"],
  weak_key: ["authentication", 401, "never",
    "anybody can sign for this key, so it proves nothing",
    "use a key that was generated, not a special point"],
  wrong_receiver: ["authentication", 401, "never",
    "the request was signed for another receiver",
    "sign for the hotkey of the service you call"],
};
