//! Nonces: strictly increasing nanosecond times for signers, random ones for challenges (`spec/02 §4`).

use std::fmt;
use std::time::Duration;

use crate::error::{Error, ErrorCode};
use crate::time::UnixNanos;

/// Where random bytes come from. The core never asks the operating system by itself.
pub trait Entropy {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// Randomness from the operating system.
#[cfg(feature = "os-entropy")]
#[derive(Debug, Default, Clone, Copy)]
pub struct OsEntropy;

#[cfg(feature = "os-entropy")]
impl Entropy for OsEntropy {
    /// # Panics
    /// When the operating system has no randomness to give: nothing safe can go on without it.
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system provides randomness");
    }
}

/// Repeatable bytes for tests and vectors. Never for keys or tokens that anybody relies on.
#[derive(Debug, Clone)]
pub struct SeededEntropy(u64);

impl SeededEntropy {
    /// The sequence of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        // SplitMix64: a public, well spread sequence.
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = self.0;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A request's nonce, which is also its signed time: Unix time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(u64);

impl Nonce {
    /// Digits of the largest nonce, 2^64 − 1.
    pub const MAX_DIGITS: usize = 20;

    /// The nonce with this value.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedNonce`] for 0, which has no canonical spelling.
    pub fn from_nanos(nanos: u64) -> Result<Self, Error> {
        if nanos == 0 { Err(malformed()) } else { Ok(Self(nanos)) }
    }

    /// Reads `[1-9][0-9]{0,19}`. Twenty digits above 2^64 − 1 are the largest nonce: well formed, and never fresh.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedNonce`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let canonical = text.len() <= Self::MAX_DIGITS
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.bytes().next().is_some_and(|first| first != b'0');
        if canonical { Ok(Self(text.parse().unwrap_or(u64::MAX))) } else { Err(malformed()) }
    }

    /// The signed time.
    #[must_use]
    pub const fn signed_at(self) -> UnixNanos {
        UnixNanos::from_nanos(self.0)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn malformed() -> Error {
    Error::new(ErrorCode::MalformedNonce)
        .detail("X-Bittensor-Nonce: expected 1 to 20 ASCII digits without a leading zero (Unix time in nanoseconds)")
}

/// Gives one signer its nonces: strictly increasing, and spread below a millisecond because some clocks tick in
/// milliseconds and several processes may sign for one hotkey.
#[derive(Debug, Default)]
pub struct NonceSource {
    last: u64,
}

impl NonceSource {
    /// How far before `now` a nonce may lie.
    pub const SPREAD: Duration = Duration::from_millis(1);

    /// The next nonce: `max(last + 1, now − random(0..1 ms))`.
    pub fn next(&mut self, now: UnixNanos, entropy: &mut dyn Entropy) -> Nonce {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        let spread = Duration::from_nanos(u64::from_le_bytes(random) % 1_000_000);
        debug_assert!(spread < Self::SPREAD);
        self.last = now.minus(spread).as_nanos().max(self.last.saturating_add(1));
        Nonce(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_rise_even_when_the_clock_stands_or_falls() {
        let (mut source, mut entropy) = (NonceSource::default(), SeededEntropy::new(4));
        let now = UnixNanos::from_secs(1_752_076_800);
        let mut last = 0;
        for step in 0..10_000_u64 {
            let now = if step < 5_000 { now } else { now.minus(Duration::from_secs(9)) };
            let nonce = source.next(now, &mut entropy).signed_at().as_nanos();
            assert!(nonce > last);
            last = nonce;
        }
    }

    #[test]
    fn a_nonce_is_never_ahead_of_the_clock_and_less_than_a_millisecond_behind() {
        let now = UnixNanos::from_secs(1_752_076_800);
        for seed in 0..100 {
            let nonce = NonceSource::default().next(now, &mut SeededEntropy::new(seed)).signed_at();
            assert!(nonce <= now && now.since(nonce) < NonceSource::SPREAD);
        }
    }

    #[test]
    fn only_the_canonical_spelling_is_a_nonce() {
        for text in ["", "0", "01", "+1", "-1", " 1", "1 ", "1_0", "1e3", "0x1", "1.0", "١", "123456789012345678901"] {
            assert!(Nonce::parse(text).is_err(), "{text}");
        }
        assert_eq!(Nonce::parse("99999999999999999999"), Ok(Nonce(u64::MAX)));
        assert_eq!(Nonce::parse("18446744073709551615").map(|n| n.to_string()), Ok("18446744073709551615".into()));
    }
}
