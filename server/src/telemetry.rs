//! What operators see: names and labels of the metrics, and what is in spans and logs.
//!
//! Metrics go through the [`metrics`] facade: install any recorder (as of `metrics-exporter-prometheus`) and they appear;
//! without one they cost next to nothing. No label holds a hotkey, a path or a request id.
//!
//! | metric | kind | labels | counts |
//! |---|---|---|---|
//! | [`REQUESTS`] | counter | `profile` | requests that carried credentials |
//! | [`FAILURES`] | counter | `profile`, `code` | those that were refused, by error code |
//! | [`VERIFY_SECONDS`] | histogram | `profile` | checking a signature or a token, without waiting for body or store |
//! | [`CLOCK_OFFSET_SECONDS`] | histogram | `profile` | signed time minus our time, at the claim or when stale |
//! | [`STORE_SECONDS`] | histogram | `store`, `outcome` | one operation: `answered`, `failed` or `timeout` |
//! | [`STORE_ERRORS`] | counter | `store` | operations without an answer |
//! | [`REPLAY_EPOCHS`] | counter | `store` | times that a store was found to have lost its memory, its first start among them |
//! | [`LIVE_NONCES`], [`LIVE_SESSIONS`] | gauge | – | entries of a `MemoryStore` |
//! | [`LOGINS`], [`REFRESHES`] | counter | `outcome` | `ok`, or the error code |
//! | [`REFRESH_REUSES`] | counter | – | sessions that ended because a refresh token came twice: look at these |
//! | [`REVOCATIONS`] | counter | `outcome` | hotkeys whose sessions were all ended |
//! | [`POLICY_DENIALS`] | counter | `reason` | callers whom the policy refused, by error code |
//! | [`UNSAFE_SETTINGS`] | gauge | `setting` | 1 for each weakened setting in use |
//!
//! `profile` is `btauth/1` for signed requests and `session` for tokens.
//!
//! Spans and events of [`tracing`] have the target `bittensor_auth`. The spans are `verify` (headers, body, signature) and
//! `identify` (policy and store, with the field `profile`), both at `DEBUG`. A refusal is one event with `code` and
//! `request_id`: at `ERROR` for a service that is set up wrongly, at `WARN` for a store that cannot answer, else at
//! `DEBUG`. An accepted request is a `DEBUG` event with the first eight characters of the hotkey. No key, token,
//! signature, body or received text is in any of them.

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// Requests that carried credentials. Label `profile`.
pub const REQUESTS: &str = "bittensor_auth_requests_total";
/// Requests that were refused. Labels `profile`, `code`.
pub const FAILURES: &str = "bittensor_auth_failures_total";
/// Time to check a signature or a token. Label `profile`.
pub const VERIFY_SECONDS: &str = "bittensor_auth_verify_duration_seconds";
/// Signed time minus the server's. Label `profile`.
pub const CLOCK_OFFSET_SECONDS: &str = "bittensor_auth_clock_offset_seconds";
/// Time of one store operation. Labels `store`, `outcome`.
pub const STORE_SECONDS: &str = "bittensor_auth_store_duration_seconds";
/// Store operations without an answer. Label `store`.
pub const STORE_ERRORS: &str = "bittensor_auth_store_errors_total";
/// Losses of memory that were noticed. Label `store`.
pub const REPLAY_EPOCHS: &str = "bittensor_auth_replay_epochs_total";
/// Live replay claims of a `MemoryStore`.
pub const LIVE_NONCES: &str = "bittensor_auth_live_nonces";
/// Live sessions of a `MemoryStore`.
pub const LIVE_SESSIONS: &str = "bittensor_auth_live_sessions";
/// Logins. Label `outcome`.
pub const LOGINS: &str = "bittensor_auth_logins_total";
/// Refreshes. Label `outcome`.
pub const REFRESHES: &str = "bittensor_auth_refresh_total";
/// Sessions ended because a refresh token was used again.
pub const REFRESH_REUSES: &str = "bittensor_auth_refresh_reuse_total";
/// Revocations of all sessions of a hotkey. Label `outcome`.
pub const REVOCATIONS: &str = "bittensor_auth_revocations_total";
/// Callers whom the policy refused. Label `reason`.
pub const POLICY_DENIALS: &str = "bittensor_auth_policy_denials_total";
/// 1 for each weakened setting. Label `setting`.
pub const UNSAFE_SETTINGS: &str = "bittensor_auth_unsafe_settings_active";

/// Gives the recorder a line of help for each metric. Call it once after the recorder was installed.
pub fn describe() {
    use metrics::Unit::Seconds;

    describe_counter!(REQUESTS, "Requests that carried credentials");
    describe_counter!(FAILURES, "Requests whose credentials were refused, by error code");
    describe_histogram!(VERIFY_SECONDS, Seconds, "Time to check a signature or a token");
    describe_histogram!(CLOCK_OFFSET_SECONDS, Seconds, "Signed time minus the server's time");
    describe_histogram!(STORE_SECONDS, Seconds, "Time of one store operation");
    describe_counter!(STORE_ERRORS, "Store operations without an answer");
    describe_counter!(REPLAY_EPOCHS, "Times that a store was found to have lost its memory");
    describe_gauge!(LIVE_NONCES, "Live replay claims in the memory of this process");
    describe_gauge!(LIVE_SESSIONS, "Live sessions in the memory of this process");
    describe_counter!(LOGINS, "Logins, by outcome");
    describe_counter!(REFRESHES, "Refreshes, by outcome");
    describe_counter!(REFRESH_REUSES, "Sessions ended because a refresh token was used again");
    describe_counter!(REVOCATIONS, "Revocations of all sessions of a hotkey, by outcome");
    describe_counter!(POLICY_DENIALS, "Callers refused by the policy, by error code");
    describe_gauge!(UNSAFE_SETTINGS, "1 for each weakened setting in use");
}
