//! Instants and windows. The core has no clock: `now` is always an argument.

use std::time::Duration;

use crate::error::{Error, ErrorCode, Timing};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// An instant: nanoseconds since the Unix epoch (until the year 2554).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixNanos(u64);

impl UnixNanos {
    /// The instant `nanos` nanoseconds after the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The instant `millis` milliseconds after the epoch; the largest instant when that does not fit.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// The instant `secs` seconds after the epoch; the largest instant when that does not fit.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_millis(secs.saturating_mul(1_000))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / NANOS_PER_MILLI
    }

    /// Milliseconds since the epoch, rounded up.
    #[must_use]
    pub const fn as_millis_ceil(self) -> u64 {
        self.0.div_ceil(NANOS_PER_MILLI)
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// This instant and `duration` more, or the largest instant.
    #[must_use]
    pub const fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// This instant less `duration`, or the epoch.
    #[must_use]
    pub const fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }

    /// How long after `earlier` this instant is; zero when it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A duration in nanoseconds, saturating: durations here are seconds to days.
const fn nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 {
        u64::MAX
    } else {
        duration.as_secs() * 1_000_000_000 + duration.subsec_nanos() as u64
    }
}

/// When a signed time is fresh, and how long it must be remembered (`spec/02 §5`, `spec/03 §2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    max_age: Duration,
    allowed_skew: Duration,
    node_skew: Duration,
    body_budget: Duration,
}

impl Window {
    /// The longest `max_age` that can be configured.
    pub const MAX_AGE_LIMIT: Duration = Duration::from_secs(300);
    /// The defaults of `btauth/1`: 10 s back, 2 s ahead; server clocks within 2 s of each other.
    pub const BTAUTH: Self = Self {
        max_age: Duration::from_secs(10),
        allowed_skew: Duration::from_secs(2),
        node_skew: Duration::from_secs(2),
        body_budget: Duration::ZERO,
    };

    /// A window of `max_age` back and `allowed_skew` ahead.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] unless `allowed_skew ≤ max_age ≤ 300 s` and `max_age` is not zero.
    pub fn new(max_age: Duration, allowed_skew: Duration) -> Result<Self, Error> {
        if max_age.is_zero() || max_age > Self::MAX_AGE_LIMIT || allowed_skew > max_age {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("max_age: expected more than 0 s and at most 300 s, and allowed_skew at most max_age"));
        }
        Ok(Self { max_age, allowed_skew, ..Self::BTAUTH })
    }

    /// Lets the replay claim come up to `budget` after `max_age`, for routes with long uploads.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] above 300 s.
    pub fn with_body_budget(self, budget: Duration) -> Result<Self, Error> {
        if budget > Self::MAX_AGE_LIMIT {
            return Err(Error::new(ErrorCode::InvalidConfiguration).detail("body_budget: expected at most 300 s"));
        }
        Ok(Self { body_budget: budget, ..self })
    }

    /// The oldest age that passes, inclusive.
    #[must_use]
    pub const fn max_age(&self) -> Duration {
        self.max_age
    }

    /// The oldest age at which a replay claim can still be made: `max_age` and the body budget.
    #[must_use]
    pub fn longest_age(&self) -> Duration {
        self.max_age + self.body_budget
    }

    /// How far ahead of the server a signed time may be, inclusive.
    #[must_use]
    pub const fn allowed_skew(&self) -> Duration {
        self.allowed_skew
    }

    /// How far the clocks of two servers or of a server and its store may be apart.
    #[must_use]
    pub const fn node_skew(&self) -> Duration {
        self.node_skew
    }

    /// Until when an accepted request must be remembered: its signed time and everything that could let it pass again.
    #[must_use]
    pub const fn keep_until(&self, signed_at: UnixNanos) -> UnixNanos {
        signed_at.plus(self.max_age).plus(self.body_budget).plus(self.node_skew).plus(self.node_skew)
    }

    /// Checks freshness when the headers arrive. Both edges pass.
    ///
    /// # Errors
    /// [`ErrorCode::StaleRequest`] with age and limits.
    pub fn check(&self, signed_at: UnixNanos, now: UnixNanos) -> Result<(), Error> {
        self.check_age(signed_at, now, self.max_age)
    }

    /// Checks freshness again when the replay claim is made, after the body was read.
    ///
    /// # Errors
    /// [`ErrorCode::StaleRequest`] with age and limits.
    pub fn check_at_claim(&self, signed_at: UnixNanos, now: UnixNanos) -> Result<(), Error> {
        self.check_age(signed_at, now, self.longest_age())
    }

    fn check_age(&self, signed_at: UnixNanos, now: UnixNanos, max_age: Duration) -> Result<(), Error> {
        if now.since(signed_at) <= max_age && signed_at.since(now) <= self.allowed_skew {
            return Ok(());
        }
        Err(stale(signed_at, now, max_age, self.allowed_skew))
    }
}

fn stale(signed_at: UnixNanos, now: UnixNanos, max_age: Duration, allowed_skew: Duration) -> Error {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let behind = millis(now.since(signed_at));
    let ahead = millis(signed_at.since(now));
    let (max_age_ms, allowed_skew_ms) = (millis(max_age), millis(allowed_skew));
    let signed = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    let detail = if ahead > 0 {
        format!("the request is signed {ahead} ms ahead of the server's clock; expected at most {allowed_skew_ms} ms")
    } else {
        format!("the request is {behind} ms old; expected at most {max_age_ms} ms")
    };
    Error::new(ErrorCode::StaleRequest).detail(detail).timing(Timing {
        age_ms: signed(behind) - signed(ahead),
        max_age_ms,
        allowed_skew_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: UnixNanos = UnixNanos::from_nanos(1_752_076_800_000_000_000);

    #[test]
    fn both_edges_pass_and_one_nanosecond_more_fails() {
        let window = Window::BTAUTH;
        let oldest = SIGNED.plus(Duration::from_secs(10));
        let earliest = SIGNED.minus(Duration::from_secs(2));
        let tick = Duration::from_nanos(1);
        assert!(window.check(SIGNED, oldest).is_ok());
        assert!(window.check(SIGNED, earliest).is_ok());
        assert!(window.check(SIGNED, oldest.plus(tick)).is_err());
        assert!(window.check(SIGNED, earliest.minus(tick)).is_err());
    }

    #[test]
    fn a_claim_outlives_the_last_instant_at_which_the_request_could_pass() {
        let window = Window::BTAUTH.with_body_budget(Duration::from_secs(30)).expect("within bounds");
        let last = SIGNED.plus(Duration::from_secs(40));
        assert!(window.check_at_claim(SIGNED, last).is_ok());
        assert!(window.keep_until(SIGNED) >= last.plus(window.node_skew()));
    }

    #[test]
    fn far_away_times_do_not_overflow() {
        let now = UnixNanos::from_nanos(u64::MAX);
        assert!(Window::BTAUTH.check(UnixNanos::from_nanos(0), now).is_err());
        assert!(Window::BTAUTH.check(now, UnixNanos::from_nanos(0)).is_err());
        assert_eq!(Window::BTAUTH.keep_until(now), now);
    }
}
