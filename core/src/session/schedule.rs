//! When a client refreshes its session: computed here for every language (`spec/04 §7`).

use std::time::Duration;

use crate::time::UnixNanos;

/// The times that come with tokens, on the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// When the tokens were issued (`server_time_ms` of the answer).
    pub issued_at: UnixNanos,
    /// When the session token ends.
    pub expires_at: UnixNanos,
    /// When the refresh token ends.
    pub refresh_expires_at: UnixNanos,
}

/// What a client should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The session is over: ask the person, or the key, to log in.
    LogIn,
    /// Exchange the refresh token now.
    Refresh,
    /// Nothing until this instant.
    Wait(UnixNanos),
}

/// Why a refresh failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshFailure {
    /// The server says that the session is over.
    Ended,
    /// Anything that may pass: no network, 429, 503; with the server's `Retry-After` if it gave one.
    Passing(Option<Duration>),
}

/// Decides from times alone, so a machine that slept, a tab that was frozen and a test all get the right answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshSchedule {
    times: SessionTimes,
    refresh_at: UnixNanos,
    failures: u32,
    ended: Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    No,
    Yes,
}

impl RefreshSchedule {
    /// When the refresh comes at the earliest, in thousandths of the session token's life.
    pub const EARLIEST: u32 = 750;
    /// How much later it may come, in thousandths of that life.
    pub const SPREAD: u32 = 100;
    /// How long a client waits after the first failed refresh.
    pub const FIRST_DELAY: Duration = Duration::from_secs(1);
    /// The longest wait after a failed refresh, unless the server asks for more.
    pub const LONGEST_DELAY: Duration = Duration::from_secs(60);

    /// A schedule for fresh tokens: the refresh comes at 75 to 85 % of the session token's life, spread by `jitter`,
    /// any random number.
    #[must_use]
    pub fn new(times: SessionTimes, jitter: u64) -> Self {
        let life = times.expires_at.since(times.issued_at);
        let refresh_at = times.issued_at.plus(thousandths(life, Self::EARLIEST + spread(jitter, Self::SPREAD)));
        Self { times, refresh_at, failures: 0, ended: Ended::No }
    }

    /// What to do at `now`.
    #[must_use]
    pub fn next(&self, now: UnixNanos) -> Step {
        if self.ended == Ended::Yes || now >= self.times.refresh_expires_at {
            Step::LogIn
        } else if now >= self.refresh_at {
            Step::Refresh
        } else {
            Step::Wait(self.refresh_at.min(self.times.refresh_expires_at))
        }
    }

    /// Whether the session token still works at `now`.
    #[must_use]
    pub fn is_usable(&self, now: UnixNanos) -> bool {
        self.ended == Ended::No && now < self.times.expires_at
    }

    /// A refresh failed at `now`: wait 1, 2, 4 … 60 s, of which `jitter` takes up to half, and never less than the
    /// server asked for.
    pub fn failed(&mut self, failure: RefreshFailure, now: UnixNanos, jitter: u64) {
        match failure {
            RefreshFailure::Ended => self.ended = Ended::Yes,
            RefreshFailure::Passing(asked) => {
                let doubled = Self::FIRST_DELAY.saturating_mul(1 << self.failures.min(6)).min(Self::LONGEST_DELAY);
                let delay = thousandths(doubled, 500 + spread(jitter, 500));
                self.failures = self.failures.saturating_add(1);
                self.refresh_at = now.plus(delay.max(asked.unwrap_or_default()));
            }
        }
    }
}

/// A number from 0 to `most`.
fn spread(jitter: u64, most: u32) -> u32 {
    u32::try_from(jitter % (u64::from(most) + 1)).unwrap_or(most)
}

/// `duration · thousandths / 1000` in whole nanoseconds: no floating point, so that every language agrees.
fn thousandths(duration: Duration, thousandths: u32) -> Duration {
    let nanos = duration.as_nanos() * u128::from(thousandths) / 1_000;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixNanos = UnixNanos::from_secs(1_790_000_000);

    fn schedule(jitter: u64) -> RefreshSchedule {
        let after = |secs| START.plus(Duration::from_secs(secs));
        RefreshSchedule::new(
            SessionTimes { issued_at: START, expires_at: after(900), refresh_expires_at: after(7_200) },
            jitter,
        )
    }

    #[test]
    fn the_refresh_comes_between_three_quarters_and_85_percent() {
        for jitter in 0..1_000 {
            let Step::Wait(until) = schedule(jitter).next(START) else { panic!("fresh tokens wait") };
            assert!((675..=765).contains(&until.since(START).as_secs()), "{jitter}");
        }
    }

    #[test]
    fn failures_back_off_and_the_end_is_final() {
        let mut schedule = schedule(0);
        let now = START.plus(Duration::from_secs(700));
        let mut last = Duration::ZERO;
        for _ in 0..8 {
            schedule.failed(RefreshFailure::Passing(None), now, 500);
            let Step::Wait(until) = schedule.next(now) else { panic!("a failure waits") };
            assert!(until.since(now) >= last && until.since(now) <= Duration::from_secs(60));
            last = until.since(now);
        }
        schedule.failed(RefreshFailure::Passing(Some(Duration::from_secs(120))), now, 0);
        assert_eq!(schedule.next(now), Step::Wait(now.plus(Duration::from_secs(120))));
        assert!(schedule.is_usable(now));
        schedule.failed(RefreshFailure::Ended, now, 0);
        assert_eq!(schedule.next(START), Step::LogIn);
        assert!(!schedule.is_usable(now));
    }

    #[test]
    fn a_machine_that_slept_refreshes_or_logs_in_when_it_wakes() {
        let schedule = schedule(7);
        assert_eq!(schedule.next(START.plus(Duration::from_secs(3_600))), Step::Refresh);
        assert_eq!(schedule.next(START.plus(Duration::from_secs(7_200))), Step::LogIn);
    }
}
