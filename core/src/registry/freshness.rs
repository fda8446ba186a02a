//! How old facts may be (`spec/05 §4`).

use std::time::Duration;

use crate::error::{Error, ErrorCode};

/// Whether facts can be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Freshness {
    /// Used, with a warning: older than the soft limit, or read from a node that lagged.
    Degraded,
    /// Not used: older than the hard limit.
    Expired,
    /// Used.
    Fresh,
    /// There are none yet.
    Never,
    /// Not used: the netuid belongs to another subnet now, and nobody confirmed it.
    Replaced,
    /// Not used: too old, and the runtime has a layout that this release does not know.
    Unsupported,
}

impl Freshness {
    /// Whether a policy may decide on such facts.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Degraded | Self::Fresh)
    }

    /// The word in health answers, logs and vectors.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Degraded => "degraded",
            Self::Expired => "expired",
            Self::Fresh => "fresh",
            Self::Never => "never",
            Self::Replaced => "replaced",
            Self::Unsupported => "unsupported",
        }
    }
}

/// From which age facts are a warning, and from which they are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshnessLimits {
    soft: Duration,
    hard: Duration,
}

impl FreshnessLimits {
    /// 900 s and 1,200 s.
    pub const DEFAULT: Self = Self { soft: Duration::from_secs(900), hard: Duration::from_secs(1_200) };
    /// The smallest and the largest hard limit.
    pub const HARD_BOUNDS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(86_400)];
    /// How far a node's head may lie behind the clock before its facts are a warning.
    pub const MAX_LAG: Duration = Duration::from_secs(180);
    /// How far the clock may be behind the instant at which facts were read; further, their age is not known.
    pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

    /// Limits of one's own.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] unless `soft ≤ hard` and 10 s ≤ `hard` ≤ 86,400 s.
    pub fn new(soft: Duration, hard: Duration) -> Result<Self, Error> {
        let [least, most] = Self::HARD_BOUNDS;
        if soft > hard || hard < least || hard > most {
            return Err(Error::new(ErrorCode::InvalidConfiguration).detail(
                "freshness: expected a soft limit of at most the hard one, and that between 10 s and 86,400 s",
            ));
        }
        Ok(Self { soft, hard })
    }

    /// From here on facts are a warning.
    #[must_use]
    pub const fn soft(&self) -> Duration {
        self.soft
    }

    /// From here on they are not used.
    #[must_use]
    pub const fn hard(&self) -> Duration {
        self.hard
    }
}

impl Default for FreshnessLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
