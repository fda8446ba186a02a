//! Claims: the identity of an accepted request and the instant until which it must be remembered.

use std::fmt;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorCode};
use crate::key::Hotkey;
use crate::time::{UnixNanos, Window};

/// What the hash of every claim starts with.
pub const CLAIM_TAG: &[u8] = b"btauth-replay/1\0";
/// The namespace of the claims of login challenges.
pub const CHALLENGE_NAMESPACE: &str = "btauth-challenge";

/// Who shares one replay set: 1 to 32 characters `a-z 0-9 -`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Namespace {
    bytes: [u8; Self::MAX_LEN],
    len: u8,
}

impl Namespace {
    /// Longest name.
    pub const MAX_LEN: usize = 32;

    /// Reads a name.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`].
    pub fn new(name: &str) -> Result<Self, Error> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        match u8::try_from(name.len()) {
            Ok(len @ 1..=32) if name.bytes().all(allowed) => {
                let mut bytes = [0; Self::MAX_LEN];
                bytes[..name.len()].copy_from_slice(name.as_bytes());
                Ok(Self { bytes, len })
            }
            _ => Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("namespace: expected 1 to 32 characters of a-z, 0-9 and -")),
        }
    }

    /// The default: one namespace for each receiver, so that two services on one store never refuse each other's
    /// callers. It is the hex of the first 16 bytes of the receiver's key.
    #[must_use]
    pub fn for_receiver(receiver: &Hotkey) -> Self {
        Self::new(&crate::encoding::encode_hex(&receiver.as_bytes()[..16])).expect("32 hex digits are a namespace")
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("a namespace is ASCII")
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Namespace({})", self.as_str())
    }
}

/// 16 bytes that stand for one accepted request.
pub type ClaimId = [u8; 16];

/// One entry of the replay set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct ReplayClaim {
    /// The first 16 bytes of a SHA-256 over namespace, sender key, signed time and what else identifies it.
    pub id: ClaimId,
    /// The signed time.
    pub signed_at: UnixNanos,
    /// Until when the entry must be remembered. Absolute, from the signed time: nobody configures it.
    pub keep_until: UnixNanos,
    /// How far ahead of a store's clock the signed time of an accepted request can be.
    pub margin: Duration,
}

impl ReplayClaim {
    /// The claim of a signed request (`spec/03 §2`).
    pub fn for_request(namespace: &Namespace, sender: &Hotkey, signed_at: UnixNanos, window: &Window) -> Self {
        let id = claim_id(namespace.as_str(), sender, signed_at, &[]);
        Self {
            id,
            signed_at,
            keep_until: window.keep_until(signed_at),
            margin: window.allowed_skew() + window.node_skew(),
        }
    }

    /// The claim of a login challenge, made with the session that it opens (`spec/04 §3`).
    pub fn for_challenge(hotkey: &Hotkey, nonce: &[u8; 16], issued_at: UnixNanos, expires_at: UnixNanos) -> Self {
        let skew = Window::BTAUTH.node_skew();
        let id = claim_id(CHALLENGE_NAMESPACE, hotkey, issued_at, nonce);
        Self { id, signed_at: issued_at, keep_until: expires_at.plus(skew).plus(skew), margin: skew }
    }
}

fn claim_id(namespace: &str, key: &Hotkey, signed_at: UnixNanos, extra: &[u8]) -> ClaimId {
    let len = u8::try_from(namespace.len()).expect("a namespace has at most 32 characters");
    let hash = Sha256::new()
        .chain_update(CLAIM_TAG)
        .chain_update([len])
        .chain_update(namespace)
        .chain_update(key.as_bytes())
        .chain_update(signed_at.as_nanos().to_be_bytes())
        .chain_update(extra)
        .finalize();
    std::array::from_fn(|index| hash[index])
}

/// What a replay store answered to a claim (`spec/03 §3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "an outcome that is not looked at is a replay that is not noticed"]
pub enum ClaimOutcome {
    /// The clocks of this server and its store are too far apart to tell.
    ClockDisagreement,
    /// The claim came after its own end.
    Expired,
    /// First seen; remembered now.
    Fresh,
    /// No room; nothing was remembered or forgotten.
    Full,
    /// Seen before.
    Replayed,
    /// No answer; the claim may or may not have been remembered.
    Unavailable,
    /// The store lost its memory and cannot tell about anything signed up to this instant.
    Warming(UnixNanos),
}

impl ClaimOutcome {
    /// Nothing for [`ClaimOutcome::Fresh`], otherwise the error; `replayed` is the code for a second use.
    ///
    /// # Errors
    /// `replayed`, `stale_request`, `clock_disagreement`, `store_full`, `store_unavailable` or `store_warming`.
    pub fn into_result(self, replayed: ErrorCode) -> Result<(), Error> {
        match self {
            Self::Fresh => Ok(()),
            Self::Replayed => Err(replayed.into()),
            Self::Expired => Err(ErrorCode::StaleRequest.into()),
            Self::ClockDisagreement => Err(ErrorCode::ClockDisagreement.into()),
            Self::Full => Err(ErrorCode::StoreFull.into()),
            Self::Unavailable => Err(ErrorCode::StoreUnavailable.into()),
            Self::Warming(until) => Err(Error::new(ErrorCode::StoreWarming).retry_at(until)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_claim_id_comes_out() {
        let alice = Hotkey::from_ss58("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY").expect("an address");
        let signed_at = UnixNanos::from_nanos(1_752_076_800_000_000_000);
        let namespace = Namespace::new("prod").expect("a namespace");
        let claim = ReplayClaim::for_request(&namespace, &alice, signed_at, &Window::BTAUTH);
        assert_eq!(crate::encoding::encode_hex(claim.id), "b3fd3d368481de64209c257048f960fa");
    }

    #[test]
    fn namespaces_are_short_and_plain() {
        for bad in ["", "A", "a b", "a.b", "a}b", &"a".repeat(33)] {
            assert!(Namespace::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Namespace::new(&"a".repeat(32)).expect("32 characters").as_str().len(), 32);
        assert_eq!(Namespace::for_receiver(&Hotkey::from_bytes([0xab; 32])).as_str(), "ab".repeat(16));
    }
}
