//! What a store holds of a session. No token and no part of one is in it.

use std::fmt;

use crate::encoding::{decode_hex, encode_hex};
use crate::key::Scheme;
use crate::time::UnixNanos;

const VERSION: &str = "1";

/// Names one session through all its refreshes: 16 random bytes. A token needs the server's secret besides, and the
/// secret alone needs this: so it is not for logs. [`FamilyId::short`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FamilyId(pub [u8; 16]);

impl FamilyId {
    /// The first eight hex digits, for logs.
    #[must_use]
    pub fn short(&self) -> String {
        encode_hex(&self.0[..4])
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(self.0))
    }
}

impl fmt::Debug for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FamilyId({}…)", self.short())
    }
}

/// Stands for "all sessions of a hotkey since its last revocation": random, never counted, absent means revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(pub [u8; 8]);

impl Generation {
    /// Lowercase hex, 16 digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        encode_hex(self.0)
    }

    /// Reads [`Generation::to_hex`].
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        decode_hex(text).map(Self)
    }
}

/// One session as the store holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRecord {
    /// The hotkey's generation when the session began.
    pub generation: Generation,
    /// How often it was refreshed.
    pub rotation: u32,
    /// When it was last refreshed, or began. Whole milliseconds.
    pub rotated_at: UnixNanos,
    /// Until when the current refresh token works.
    pub refresh_expires_at: UnixNanos,
    /// When the session ends however often it is refreshed.
    pub absolute_at: UnixNanos,
    /// The scheme of the key that logged in.
    pub scheme: Scheme,
}

impl SessionRecord {
    /// The stored text: `1|generation|rotation|rotated|refresh expiry|absolute expiry|scheme`, times in Unix ms.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { generation, rotation, scheme, .. } = self;
        format!(
            "{VERSION}|{}|{rotation}|{}|{}|{}|{scheme}",
            generation.to_hex(),
            self.rotated_at.as_millis(),
            self.refresh_expires_at.as_millis(),
            self.absolute_at.as_millis(),
        )
    }

    /// Reads [`SessionRecord::to_text`]; anything else is no record.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split('|').collect();
        let [VERSION, generation, rotation, rotated_at, refresh_expires_at, absolute_at, scheme] = fields[..] else {
            return None;
        };
        let millis = |text: &str| text.parse().ok().map(UnixNanos::from_millis);
        Some(Self {
            generation: Generation::from_hex(generation)?,
            rotation: rotation.parse().ok()?,
            rotated_at: millis(rotated_at)?,
            refresh_expires_at: millis(refresh_expires_at)?,
            absolute_at: millis(absolute_at)?,
            scheme: Scheme::from_word(scheme).ok()?,
        })
    }
}

/// What a store answered to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadOutcome {
    /// The session and the hotkey's generation as they are now; either may be gone.
    Found {
        /// The record, unless the session ended.
        record: Option<SessionRecord>,
        /// The generation, unless the hotkey was revoked.
        generation: Option<Generation>,
    },
    /// No answer.
    Unavailable,
}

/// What a store answered to a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotateOutcome {
    /// The clocks of this server and its store are too far apart to tell.
    ClockDisagreement,
    /// The session is over.
    Ended,
    /// The token was exchanged, now or a moment ago by another tab: both get the same successor.
    Rotated(SessionRecord),
    /// The token is older than that; the session was ended.
    Reused,
    /// No answer.
    Unavailable,
}
