//! Sessions: one record and one generation key, both in the slot of their namespace.

use std::time::Duration;

use super::claims::{claim_args, claim_key, guard_args};
use super::{ClaimReply, Script, ScriptCall, slot};
use crate::encoding::encode_hex;
use crate::key::Hotkey;
use crate::replay::{ClaimOutcome, Namespace};
use crate::session::{
    FamilyId, Generation, Lifetimes, Login, PresentedRefresh, ReadOutcome, RotateOutcome, SessionRecord,
};
use crate::time::{UnixNanos, Window};

/// The slot of sessions and of the challenges that open them.
const SHARD: &str = "s";

/// Where a session and its hotkey's generation lie. `MGET session generation` reads both in one round trip;
/// `DEL session` logs out; `DEL generation` revokes every session of the hotkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionKeys {
    /// The session's record.
    pub session: String,
    /// The hotkey's generation.
    pub generation: String,
}

impl SessionKeys {
    /// The keys of a session.
    #[must_use]
    pub fn new(namespace: &Namespace, hotkey: &Hotkey, family: &FamilyId) -> Self {
        let slot = slot(namespace, SHARD);
        Self { session: format!("{slot}:f:{family}"), generation: Self::generation(namespace, hotkey) }
    }

    /// The key of a hotkey's generation.
    #[must_use]
    pub fn generation(namespace: &Namespace, hotkey: &Hotkey) -> String {
        format!("{}:g:{}", slot(namespace, SHARD), encode_hex(hotkey.as_bytes()))
    }

    /// The epoch key of the sessions' slot.
    #[must_use]
    pub fn epoch(namespace: &Namespace) -> String {
        format!("{}:e", slot(namespace, SHARD))
    }
}

/// The call that warms up the slot of sessions when a server starts.
#[must_use]
pub fn warm_up_sessions(namespace: &Namespace, now: UnixNanos) -> ScriptCall {
    let args = guard_args(Window::BTAUTH.node_skew(), now);
    ScriptCall { script: Script::Claim, keys: vec![SessionKeys::epoch(namespace)], args }
}

impl ReadOutcome {
    /// Reads what `MGET session generation` answered. A value that is no record is none.
    #[must_use]
    pub fn from_texts(record: Option<&str>, generation: Option<&str>) -> Self {
        Self::Found {
            record: record.and_then(SessionRecord::from_text),
            generation: generation.and_then(Generation::from_hex),
        }
    }
}

/// The call of `login.lua`, which claims a challenge and creates its session.
#[must_use]
pub fn login_call(namespace: &Namespace, login: &Login, now: UnixNanos) -> ScriptCall {
    let keys = SessionKeys::new(namespace, &login.hotkey(), &login.family());
    let record = login.record();
    let text = record.to_text();
    // The script writes version and generation itself.
    let rest = text.splitn(3, '|').nth(2).unwrap_or_default().to_owned();
    let mut args = guard_args(login.claim().margin, now);
    args.extend(claim_args(login.claim()));
    args.extend([record.generation.to_hex(), rest]);
    args.extend([record.refresh_expires_at, record.absolute_at].map(|at| at.as_millis().to_string()));
    let claim = claim_key(&slot(namespace, SHARD), login.claim());
    let keys = vec![SessionKeys::epoch(namespace), claim, keys.generation, keys.session];
    ScriptCall { script: Script::Login, keys, args }
}

/// What `login.lua` answered; the same shape as a claim's reply.
pub fn login_outcome(reply: Vec<i64>) -> ClaimOutcome {
    ClaimReply::new(reply).outcome(0)
}

/// The call of `rotate.lua`, which exchanges a refresh token.
#[must_use]
pub fn rotate_call(
    namespace: &Namespace,
    presented: &PresentedRefresh,
    lifetimes: &Lifetimes,
    now: UnixNanos,
) -> ScriptCall {
    let keys = SessionKeys::new(namespace, &presented.hotkey(), &presented.family());
    let millis = |duration: Duration| duration.as_millis().to_string();
    ScriptCall {
        script: Script::Rotate,
        keys: vec![keys.session, keys.generation],
        args: vec![
            now.as_millis().to_string(),
            millis(Window::BTAUTH.node_skew()),
            presented.rotation().to_string(),
            millis(lifetimes.grace),
            millis(lifetimes.idle),
        ],
    }
}

/// What `rotate.lua` answered.
#[must_use]
pub fn rotate_outcome(code: i64, record: &str) -> RotateOutcome {
    match (code, SessionRecord::from_text(record)) {
        (1, Some(record)) => RotateOutcome::Rotated(record),
        (0, _) => RotateOutcome::Ended,
        (-3, _) => RotateOutcome::ClockDisagreement,
        (-6, _) => RotateOutcome::Reused,
        _ => RotateOutcome::Unavailable,
    }
}
