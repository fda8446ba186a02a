//! The one error registry (`spec/06`): every way a check can fail, with its code, HTTP status and advice.

use std::borrow::Cow;
use std::fmt;

use crate::time::UnixNanos;

/// Which family of exceptions a host language files a code under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Who is calling could not be established (400, 401, 413).
    Authentication,
    /// The caller is known and not welcome (403).
    Authorization,
    /// This client refuses to go on; no HTTP answer carries the code.
    Client,
    /// The program is set up wrongly; found when it starts.
    Configuration,
    /// A store, the chain or the registry cannot answer now (503, with `Retry-After`).
    Store,
}

/// What a client may do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// Wait for `Retry-After`, sign again, send again: the handler did not run.
    After,
    /// Log in again.
    Login,
    /// The same request fails again.
    Never,
    /// Exchange the refresh token, then send again.
    Refresh,
    /// Correct the clock, sign again once, send again.
    Resign,
}

macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal,)* }) => {
        impl $type {
            /// The word that stands for this value in `spec/errors.json`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($type::$variant => $word,)* }
            }
        }
    };
}

words!(ErrorKind {
    Authentication => "authentication",
    Authorization => "authorization",
    Client => "client",
    Configuration => "configuration",
    Store => "store",
});

words!(Retry {
    After => "after",
    Login => "login",
    Never => "never",
    Refresh => "refresh",
    Resign => "resign",
});

macro_rules! registry {
    ($($variant:ident $code:literal $kind:ident $status:literal $retry:ident $title:literal $hint:literal;)*) => {
        /// A stable code for one reason why a check failed (`spec/06 §2`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode { $(#[doc = $title] $variant,)* }

        impl ErrorCode {
            /// Every code, in alphabetical order.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            /// The code as it appears on the wire: lower snake case, never reused for another meaning.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$variant => $code,)* }
            }

            /// The family of exceptions this code belongs to.
            #[must_use]
            pub const fn kind(self) -> ErrorKind {
                match self { $(ErrorCode::$variant => ErrorKind::$kind,)* }
            }

            /// The HTTP status of an answer with this code; 500 for a server that is set up wrongly.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(ErrorCode::$variant => $status,)* }
            }

            /// What a client may do about it.
            #[must_use]
            pub const fn retry(self) -> Retry {
                match self { $(ErrorCode::$variant => Retry::$retry,)* }
            }

            /// One line for people: what is wrong.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(ErrorCode::$variant => $title,)* }
            }

            /// One line for people: what to do about it.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self { $(ErrorCode::$variant => $hint,)* }
            }
        }
    };
}

registry! {
    BadSignature "bad_signature" Authentication 401 Never
        "the signature does not match this request"
        "sign the exact bytes on the wire: method, path with query, raw body, nonce, sender, receiver; a proxy that rewrites the path or the body breaks the signature";
    ChainAnswerInvalid "chain_answer_invalid" Store 503 After
        "a node's answer cannot be read as what it should be"
        "operator: read from another node; if all answer alike, update this software";
    ChainBehind "chain_behind" Store 503 After
        "the node is behind a block that was read before"
        "operator: wait until the node has caught up, or read from another one";
    ChainLayoutUnknown "chain_layout_unknown" Store 503 After
        "the chain's runtime lays out its facts in a way this release does not know"
        "operator: update this software; nothing is read from a layout that is not known";
    ChainMismatch "chain_mismatch" Store 503 After
        "the node serves another chain"
        "operator: correct the endpoint or the genesis hash";
    ChainRateLimited "chain_rate_limited" Store 503 After
        "the node refuses to answer for now"
        "operator: wait as long as it says, read less often, or run a node";
    ChainUnreachable "chain_unreachable" Store 503 After
        "the node did not answer"
        "operator: check the endpoint, or read from another one";
    ChallengeExpired "challenge_expired" Authentication 401 Login
        "the login challenge has expired"
        "ask for a new challenge and sign that one";
    ChallengeRefused "challenge_refused" Client 400 Never
        "the login challenge is not one this client signs"
        "check that the server's configured domain, URI and hotkey are the ones you meant to log in to; never sign a text made for another site";
    ChallengeUsed "challenge_used" Authentication 401 Login
        "this login challenge was already used"
        "a challenge logs in once: ask for a new one";
    ClockDisagreement "clock_disagreement" Store 503 After
        "the server's clock and its store's clock disagree"
        "operator: synchronise the clocks of the server and the store; caller: wait, sign again, send again";
    ColdkeyNotAllowed "coldkey_not_allowed" Authorization 403 Never
        "the coldkey that owns this hotkey is not on the list of those allowed here"
        "ask the operator of this service to add your coldkey";
    ColdkeyNotLinked "coldkey_not_linked" Authorization 403 Never
        "the coldkey that owns this hotkey is not linked to an account"
        "link the coldkey to your account first";
    ColdkeySwapPending "coldkey_swap_pending" Authorization 403 Never
        "the coldkey is about to be swapped, so its rights are frozen"
        "wait until the swap was executed or cleared, then link the new coldkey";
    CookiesDisabled "cookies_disabled" Authentication 400 Never
        "this service gives no tokens in cookies"
        "leave out `tokens` and keep the tokens of the answer; operator: enable cookies";
    DuplicateCookie "duplicate_cookie" Authentication 400 Never
        "a session cookie appears more than once"
        "delete the cookies of this site and log in again; let no proxy join or repeat the Cookie header";
    DuplicateHeader "duplicate_header" Authentication 400 Never
        "an authentication header appears more than once"
        "send each X-Bittensor-* header and Authorization exactly once, and let no proxy join or repeat them";
    HeaderTooLong "header_too_long" Authentication 400 Never
        "an authentication header is longer than its format allows"
        "send the value that the signer made, unchanged";
    HotkeyDenied "hotkey_denied" Authorization 403 Never
        "this hotkey is on the deny list"
        "ask the operator of this service";
    HotkeyNotAllowed "hotkey_not_allowed" Authorization 403 Never
        "this hotkey is not on the list of those allowed here"
        "ask the operator of this service to add your hotkey";
    HotkeyNotRegistered "hotkey_not_registered" Authorization 403 Never
        "this hotkey is not registered on the subnet"
        "register the hotkey on the subnet, then call again after the next block or two";
    InvalidChallenge "invalid_challenge" Authentication 401 Login
        "the sealed challenge was not made by this server for this hotkey"
        "send back `sealed` exactly as it came, to the same service, for the same hotkey";
    InvalidConfiguration "invalid_configuration" Configuration 500 Never
        "the configuration is not valid"
        "correct the named setting and start again";
    InvalidToken "invalid_token" Authentication 401 Login
        "the token was not issued by this service"
        "send the token exactly as it was issued; log in again if it is lost";
    KeyfileEncrypted "keyfile_encrypted" Configuration 500 Never
        "the hotkey file is encrypted"
        "store the hotkey unencrypted for unattended signing, or pass a signer that has unlocked it";
    KeyfileMalformed "keyfile_malformed" Configuration 500 Never
        "the hotkey file cannot be read as a Bittensor keyfile"
        "regenerate the hotkey file from its mnemonic with btcli";
    KeyfileMismatch "keyfile_mismatch" Configuration 500 Never
        "the fields of the hotkey file name different keys"
        "do not use this file: regenerate it from its mnemonic and compare the address";
    KeyfileNotFound "keyfile_not_found" Configuration 500 Never
        "there is no such hotkey file"
        "check wallet path, wallet name and hotkey name; `btcli wallet list` shows what exists";
    KeyfilePermissions "keyfile_permissions" Configuration 500 Never
        "the hotkey file can be read by every user of this machine"
        "run `chmod 600` on the hotkey file";
    LoginRequired "login_required" Client 401 Login
        "the session is over"
        "log in again";
    MalformedBody "malformed_body" Authentication 400 Never
        "the body is not the JSON object this route takes"
        "send a JSON object with the documented fields, all of them strings";
    MalformedColdkey "malformed_coldkey" Authentication 400 Never
        "the coldkey is not a canonical SS58 address"
        "write the address with prefix 42: 48 characters, the first one a 5";
    MalformedHotkey "malformed_hotkey" Authentication 400 Never
        "the hotkey is not a canonical SS58 address"
        "write the address with prefix 42: 48 characters, the first one a 5";
    MalformedMethod "malformed_method" Authentication 400 Never
        "the method is not an HTTP method"
        "use an RFC 9110 token of at most 32 characters";
    MalformedNonce "malformed_nonce" Authentication 400 Never
        "the nonce is not a time in nanoseconds"
        "send Unix time in nanoseconds: 1 to 20 ASCII digits, no sign, no leading zero";
    MalformedSignature "malformed_signature" Authentication 400 Never
        "the signature is not 64 bytes in hex"
        "send 0x and 128 hex digits";
    MalformedTarget "malformed_target" Authentication 400 Never
        "the request target cannot be signed"
        "use the origin form: one path that starts with /, printable ASCII, no #, at most 8,192 bytes";
    MissingCredentials "missing_credentials" Authentication 401 Never
        "the request carries no credentials"
        "sign the request with your hotkey (btauth/1) or send a session token as Authorization: Bearer";
    MissingHeader "missing_header" Authentication 400 Never
        "an authentication header is missing"
        "send every header that the signer made";
    NotSubnetOwner "not_subnet_owner" Authorization 403 Never
        "this hotkey is not the owner of the subnet"
        "call with the subnet's owner hotkey";
    OriginRefused "origin_refused" Authorization 403 Never
        "this web origin may not use sessions here"
        "operator: add the origin of your dashboard to the allowed origins; programs: send the token as Authorization: Bearer";
    PayloadTooLarge "payload_too_large" Authentication 413 Never
        "the body is larger than this service accepts"
        "send a smaller body, or ask the operator to raise the limit of this route";
    PermitMissing "permit_missing" Authorization 403 Never
        "this hotkey has no validator permit on the subnet"
        "raise the stake above the threshold and wait for the next epoch";
    RedirectRefused "redirect_refused" Client 400 Never
        "the server redirects a signed request to another origin"
        "call the final address directly, and add its origin to the signer only if you trust it";
    RefreshReused "refresh_reused" Authentication 401 Login
        "this refresh token was used before, so its whole session was ended"
        "log in again; if you did not use the token twice, somebody else has a copy";
    RegistryUnavailable "registry_unavailable" Store 503 After
        "it is not known now who is registered on the subnet"
        "wait, sign again, send again; operator: see why the chain cannot be read";
    ReplayedRequest "replayed_request" Authentication 401 Never
        "this request was accepted before"
        "sign every attempt afresh, retries too; never send the same headers twice";
    SchemeNotAccepted "scheme_not_accepted" Authentication 401 Never
        "this service does not accept the key type of this hotkey"
        "call with a key of a scheme that the service accepts (sr25519 unless the operator says more)";
    SessionEnded "session_ended" Authentication 401 Login
        "the session was ended"
        "log in again";
    SessionExpired "session_expired" Authentication 401 Refresh
        "the session token has expired"
        "exchange the refresh token for a new session token";
    SignerFailed "signer_failed" Client 500 Never
        "the signer did not give a valid signature of its own key"
        "pass an unlocked sr25519 or ed25519 signer with `ss58_address` and `sign(bytes)`";
    SigningRefused "signing_refused" Client 400 Never
        "this signer does not sign for that origin"
        "add the origin (scheme, host and port) to the signer's allowed origins if you mean to call it";
    SnapshotInvalid "snapshot_invalid" Store 503 After
        "the snapshot of the subnet cannot be used"
        "operator: publish a snapshot of this chain and subnet, made by a release that this one knows";
    SnapshotSuspicious "snapshot_suspicious" Store 503 After
        "the subnet lost so many members at once that a second reading has to agree"
        "operator: nothing, if the next reading agrees; otherwise find out which node is wrong";
    StakeTooLow "stake_too_low" Authorization 403 Never
        "the stake of this hotkey is below the minimum"
        "raise the stake of the hotkey on this subnet";
    StaleRequest "stale_request" Authentication 401 Resign
        "the request was signed outside the accepted time window"
        "synchronise your clock (NTP) or correct it by `server_time_ms`, then sign again";
    StoreFull "store_full" Store 503 After
        "the store cannot remember more requests right now"
        "wait, sign again, send again; operator: raise the capacity or add servers";
    StoreUnavailable "store_unavailable" Store 503 After
        "the store did not answer in time"
        "wait, sign again, send again: the handler did not run";
    StoreWarming "store_warming" Store 503 After
        "the store has just started and cannot yet rule out a replay"
        "wait, sign again, send again: this lasts a few seconds after a restart";
    SubnetMissing "subnet_missing" Store 503 After
        "there is no such subnet on this chain"
        "operator: correct the netuid or the endpoint";
    SubnetReplaced "subnet_replaced" Store 503 After
        "the netuid now belongs to another subnet"
        "operator: find out whose subnet it is now, then confirm its registration block or change the netuid";
    UnboundRequest "unbound_request" Authentication 401 Never
        "the request names no receiver"
        "sign for this service's hotkey (X-Bittensor-Receiver)";
    UnknownScheme "unknown_scheme" Authentication 400 Never
        "the signature scheme is not known"
        "omit X-Bittensor-Crypto for sr25519 or send ed25519";
    UnsafeStore "unsafe_store" Configuration 500 Never
        "this store cannot rule out replays in this deployment"
        "use one Redis or Valkey with `maxmemory-policy noeviction` for all workers, or run one worker";
    UnsupportedVersion "unsupported_version" Authentication 400 Never
        "the request format version is not supported"
        "send X-Bittensor-Version: 1";
    WeakKey "weak_key" Authentication 401 Never
        "anybody can sign for this key, so it proves nothing"
        "use a key that was generated, not a special point";
    WrongReceiver "wrong_receiver" Authentication 401 Never
        "the request was signed for another receiver"
        "sign for the hotkey of the service you call";
}

impl ErrorCode {
    /// Whether a request may be sent again after doing what [`ErrorCode::retry`] says.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        !matches!(self.retry(), Retry::Never)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a signed time was from the accepted window, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Server time minus signed time: positive is old, negative is ahead.
    pub age_ms: i64,
    /// The oldest age that passes.
    pub max_age_ms: u64,
    /// How far ahead of the server a signed time may be.
    pub allowed_skew_ms: u64,
}

/// A failed check: a code, a sentence that says what was expected, and what a client needs to recover.
///
/// Nothing in it repeats what came in, so it can be logged and sent as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    detail: Cow<'static, str>,
    timing: Option<Timing>,
    retry_at: Option<UnixNanos>,
}

impl Error {
    /// An error whose detail is the registry's title.
    #[must_use]
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, detail: Cow::Borrowed(code.title()), timing: None, retry_at: None }
    }

    /// The same error with a sentence that says what was expected. It must not repeat input.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    pub(crate) const fn timing(mut self, timing: Timing) -> Self {
        self.timing = Some(timing);
        self
    }

    pub(crate) const fn retry_at(mut self, at: UnixNanos) -> Self {
        self.retry_at = Some(at);
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The sentence for people; never what was received.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.detail
    }

    /// Age and limits, on [`ErrorCode::StaleRequest`].
    #[must_use]
    pub const fn age(&self) -> Option<Timing> {
        self.timing
    }

    /// Seconds for `Retry-After`: at least 1 for codes that a wait can cure, `None` for all others.
    #[must_use]
    pub fn retry_after_secs(&self, now: UnixNanos) -> Option<u64> {
        if self.code.retry() != Retry::After {
            return None;
        }
        let wait = self.retry_at.map_or(0, |at| at.as_nanos().saturating_sub(now.as_nanos()));
        Some(wait.div_ceil(1_000_000_000).max(1))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Error {}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_unique_and_snake_case() {
        let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert!(codes.is_sorted_by(|a, b| a < b));
        for code in codes {
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
        }
    }

    #[test]
    fn every_wait_has_a_retry_after_and_nothing_else_has() {
        let now = UnixNanos::from_millis(1_000);
        for &code in ErrorCode::ALL {
            let waits = Error::new(code).retry_after_secs(now).is_some();
            assert_eq!(waits, code.http_status() == 503, "{code}");
        }
        let late = Error::new(ErrorCode::StoreWarming).retry_at(UnixNanos::from_millis(3_001));
        assert_eq!(late.retry_after_secs(now), Some(3));
    }
}
