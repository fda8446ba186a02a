//! When a subnet is read, and from which endpoint: computed here for every language (`spec/05 §7`).

use std::time::Duration;

use crate::error::{Error, ErrorCode};
use crate::time::UnixNanos;

/// Whose node an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndpointKind {
    /// The operator's: asked when others refuse.
    Own,
    /// Anybody's: not asked in place of another that refuses, for that only moves the load.
    Public,
}

/// What a reader should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadStep {
    /// Read from the endpoint of this index.
    Read(usize),
    /// Nothing until this instant.
    Wait(UnixNanos),
}

/// Decides from outcomes and times alone: interval, back-off, pauses and rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadSchedule {
    interval: Duration,
    /// Never empty.
    endpoints: Vec<Endpoint>,
    current: usize,
    next_at: UnixNanos,
    failures: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    kind: EndpointKind,
    paused_until: UnixNanos,
    refusals: u32,
}

impl ReadSchedule {
    /// Between two readings: 300 s.
    pub const INTERVAL: Duration = Duration::from_secs(300);
    /// The shortest and the longest interval.
    pub const INTERVAL_BOUNDS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3_600)];
    /// How much shorter or longer an interval can be, in thousandths of it.
    pub const SPREAD: u32 = 100;
    /// The wait after the first failed reading.
    pub const FIRST_DELAY: Duration = Duration::from_secs(1);
    /// The longest wait after a failed reading, unless every endpoint that may be asked is paused.
    pub const LONGEST_DELAY: Duration = Duration::from_secs(60);
    /// The longest pause of an endpoint that refused again and again.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(900);

    /// The first reading is due at once, from the first endpoint.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for no endpoint, or an interval outside of 1 s to 3,600 s.
    pub fn new(endpoints: impl IntoIterator<Item = EndpointKind>, interval: Duration) -> Result<Self, Error> {
        let free = |kind| Endpoint { kind, paused_until: UnixNanos::from_nanos(0), refusals: 0 };
        let endpoints: Vec<_> = endpoints.into_iter().map(free).collect();
        let [least, most] = Self::INTERVAL_BOUNDS;
        if endpoints.is_empty() || interval < least || interval > most {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("registry: expected at least one endpoint, and an interval of 1 s to 3,600 s"));
        }
        Ok(Self { interval, endpoints, current: 0, next_at: UnixNanos::from_nanos(0), failures: 0 })
    }

    /// What to do at `now`.
    #[must_use]
    pub fn next(&self, now: UnixNanos) -> ReadStep {
        let due = self.next_at.max(self.endpoints[self.current].paused_until);
        if now >= due { ReadStep::Read(self.current) } else { ReadStep::Wait(due) }
    }

    /// A reading was believed at `now`: the next one is due an interval later, spread by `jitter`, any random number.
    pub fn succeeded(&mut self, now: UnixNanos, jitter: u64) {
        self.failures = 0;
        self.endpoints[self.current].refusals = 0;
        self.next_at = now.plus(self.spread(jitter));
    }

    /// A reading failed at `now`, or was not believed.
    pub fn failed(&mut self, error: &Error, now: UnixNanos, jitter: u64) {
        match error.code() {
            ErrorCode::ChainRateLimited => self.refused(error, now),
            // Another node of the same chain says the same, until an operator or the chain changes something.
            ErrorCode::ChainLayoutUnknown | ErrorCode::SubnetMissing | ErrorCode::SubnetReplaced => {
                self.next_at = now.plus(self.spread(jitter));
            }
            _ => {
                let delay = Self::FIRST_DELAY.saturating_mul(1 << self.failures.min(6)).min(Self::LONGEST_DELAY);
                self.failures = self.failures.saturating_add(1);
                self.next_at = now.plus(delay * (500 + part(jitter, 500)) / 1_000);
                self.rotate(now, |_| true);
            }
        }
    }

    /// The endpoint is left alone for as long as it says, twice as long each time. Then only one's own is asked.
    fn refused(&mut self, error: &Error, now: UnixNanos) {
        let endpoint = &mut self.endpoints[self.current];
        let asked = Duration::from_secs(error.retry_after_secs(now).unwrap_or_default());
        let pause = asked.saturating_mul(1 << endpoint.refusals.min(10)).min(Self::LONGEST_PAUSE);
        endpoint.refusals = endpoint.refusals.saturating_add(1);
        endpoint.paused_until = now.plus(pause);
        self.next_at = now;
        self.rotate(now, |endpoint| endpoint.kind == EndpointKind::Own);
    }

    /// The next endpoint that may be asked and is not paused; the same one if there is none.
    fn rotate(&mut self, now: UnixNanos, may: impl Fn(&Endpoint) -> bool) {
        let count = self.endpoints.len();
        let next = (1..count).map(|step| (self.current + step) % count).find(|&index| {
            let endpoint = &self.endpoints[index];
            may(endpoint) && endpoint.paused_until <= now
        });
        self.current = next.unwrap_or(self.current);
    }

    fn spread(&self, jitter: u64) -> Duration {
        self.interval * (1_000 - Self::SPREAD + part(jitter, 2 * Self::SPREAD)) / 1_000
    }
}

/// A number from 0 to `most`.
fn part(jitter: u64, most: u32) -> u32 {
    u32::try_from(jitter % (u64::from(most) + 1)).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use EndpointKind::{Own, Public};

    const NOW: UnixNanos = UnixNanos::from_secs(1_750_000_000);

    fn schedule(endpoints: &[EndpointKind]) -> ReadSchedule {
        ReadSchedule::new(endpoints.iter().copied(), ReadSchedule::INTERVAL).expect("within bounds")
    }

    fn after(millis: u64) -> UnixNanos {
        NOW.plus(Duration::from_millis(millis))
    }

    fn limited(seconds: u64) -> Error {
        Error::new(ErrorCode::ChainRateLimited).retry_at(NOW.plus(Duration::from_secs(seconds)))
    }

    #[test]
    fn readings_come_at_intervals() {
        let mut schedule = schedule(&[Public, Public]);
        assert_eq!(schedule.next(NOW), ReadStep::Read(0));
        for (jitter, millis) in [(0, 270_000), (100, 300_000), (200, 330_000), (201, 270_000)] {
            schedule.succeeded(NOW, jitter);
            assert_eq!(schedule.next(NOW), ReadStep::Wait(after(millis)), "{jitter}");
        }
        assert_eq!(schedule.next(after(300_000)), ReadStep::Read(0));
        assert!(ReadSchedule::new([], ReadSchedule::INTERVAL).is_err());
        assert!(ReadSchedule::new([Own], Duration::ZERO).is_err());
    }

    #[test]
    fn failures_back_off_and_rotate() {
        let mut schedule = schedule(&[Public, Public]);
        let unreachable = Error::new(ErrorCode::ChainUnreachable);
        for (endpoint, seconds) in [(1, 1), (0, 2), (1, 4), (0, 8), (1, 16), (0, 32), (1, 60), (0, 60)] {
            schedule.failed(&unreachable, NOW, 500);
            assert_eq!(schedule.next(NOW), ReadStep::Wait(after(seconds * 1_000)));
            assert_eq!(schedule.next(after(seconds * 1_000)), ReadStep::Read(endpoint));
        }
        schedule.failed(&unreachable, NOW, 0);
        assert_eq!(schedule.next(NOW), ReadStep::Wait(after(30_000)), "jitter takes up to half");
        schedule.succeeded(NOW, 0);
        schedule.failed(&unreachable, NOW, 500);
        assert_eq!(schedule.next(NOW), ReadStep::Wait(after(1_000)), "success forgets");
    }

    #[test]
    fn who_refuses_is_left_alone_and_no_other_public_node_asked() {
        let mut public = schedule(&[Public, Public]);
        for pause in [20, 40, 80] {
            public.failed(&limited(20), NOW, 0);
            assert_eq!(public.next(NOW), ReadStep::Wait(after(pause * 1_000)));
        }
        assert_eq!(public.next(after(80_000)), ReadStep::Read(0));
        (0..9).for_each(|_| public.failed(&limited(20), NOW, 0));
        assert_eq!(public.next(NOW), ReadStep::Wait(after(900_000)), "15 minutes at most");

        let mut with_own = schedule(&[Public, Public, Own]);
        with_own.failed(&limited(20), NOW, 0);
        assert_eq!(with_own.next(NOW), ReadStep::Read(2), "one's own at once");
        with_own.failed(&Error::new(ErrorCode::ChainUnreachable), NOW, 500);
        assert_eq!(with_own.next(after(1_000)), ReadStep::Read(1), "the first one is paused");
    }

    #[test]
    fn what_other_nodes_would_say_too_waits_for_the_interval() {
        for code in [ErrorCode::ChainLayoutUnknown, ErrorCode::SubnetMissing, ErrorCode::SubnetReplaced] {
            let mut schedule = schedule(&[Public, Public]);
            schedule.failed(&code.into(), NOW, 100);
            assert_eq!(schedule.next(NOW), ReadStep::Wait(after(300_000)));
            assert_eq!(schedule.next(after(300_000)), ReadStep::Read(0));
        }
    }
}
