/** Written by `npm run generate` from `spec/errors.json`: never edited by hand. */

/** Kind, HTTP status and retry word of the codes that a client meets. */
export const FACTS: readonly (readonly [facts: string, codes: string])[] = [
  [
    "authentication 401 never",
    "bad_signature missing_credentials replayed_request scheme_not_accepted unbound_request weak_key wrong_receiver",
  ],
  [
    "authentication 401 login",
    "challenge_expired challenge_used invalid_challenge invalid_token refresh_reused session_ended",
  ],
  [
    "client 400 never",
    "challenge_refused redirect_refused signing_refused",
  ],
  [
    "store 503 after",
    "clock_disagreement registry_unavailable store_full store_unavailable store_warming",
  ],
  [
    "authorization 403 never",
    "coldkey_not_allowed coldkey_not_linked coldkey_swap_pending hotkey_denied hotkey_not_allowed hotkey_not_registered not_subnet_owner origin_refused permit_missing stake_too_low",
  ],
  [
    "authentication 400 never",
    "cookies_disabled duplicate_cookie duplicate_header header_too_long malformed_body malformed_coldkey malformed_hotkey malformed_method malformed_nonce malformed_signature malformed_target missing_header unknown_scheme unsupported_version",
  ],
  [
    "configuration 500 never",
    "invalid_configuration",
  ],
  [
    "client 401 login",
    "login_required",
  ],
  [
    "authentication 413 never",
    "payload_too_large",
  ],
  [
    "authentication 401 refresh",
    "session_expired",
  ],
  [
    "client 500 never",
    "signer_failed",
  ],
  [
    "authentication 401 resign",
    "stale_request",
  ],
];
