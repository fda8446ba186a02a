//! What a host swaps as one pointer: the last snapshot, and what went wrong since.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorCode};
use crate::key::Hotkey;
use crate::time::UnixNanos;

use super::{Freshness, FreshnessLimits, Neuron, Snapshot};

/// What is known of a hotkey's membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// A member.
    Registered(&'a Neuron),
    /// No member at the snapshot's block.
    NotRegistered,
    /// There are no facts to tell by: 503, never a guess.
    Unknown(Freshness),
}

/// One moment's knowledge of a subnet. Readers hold one view for a whole decision; writers put a new one in its place.
#[derive(Debug, Clone)]
pub struct SubnetView {
    snapshot: Option<Arc<Snapshot>>,
    limits: FreshnessLimits,
    trouble: Option<Error>,
}

impl SubnetView {
    /// Nothing is known yet.
    #[must_use]
    pub const fn empty(limits: FreshnessLimits) -> Self {
        Self { snapshot: None, limits, trouble: None }
    }

    /// The view after a snapshot was read.
    #[must_use]
    pub fn with_snapshot(&self, snapshot: Arc<Snapshot>) -> Self {
        Self { snapshot: Some(snapshot), limits: self.limits, trouble: None }
    }

    /// The view after reading failed. The old snapshot stays until its age ends it, unless the netuid was given away.
    #[must_use]
    pub fn with_trouble(&self, trouble: Error) -> Self {
        let replaced = self.trouble.as_ref().filter(|known| known.code() == ErrorCode::SubnetReplaced);
        Self { trouble: Some(replaced.cloned().unwrap_or(trouble)), ..self.clone() }
    }

    /// The last snapshot, however old.
    #[must_use]
    pub const fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.snapshot.as_ref()
    }

    /// Why the last reading failed, for logs and health answers.
    #[must_use]
    pub const fn trouble(&self) -> Option<&Error> {
        self.trouble.as_ref()
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &FreshnessLimits {
        &self.limits
    }

    /// How old the facts are: the longer of the time since they were asked for and the time since their block.
    #[must_use]
    pub fn age(&self, now: UnixNanos) -> Option<Duration> {
        self.snapshot.as_ref().map(|snapshot| {
            let facts = snapshot.facts();
            now.since(facts.fetched_at).max(now.since(facts.block.time))
        })
    }

    /// Whether the facts can be used at `now`.
    #[must_use]
    pub fn freshness(&self, now: UnixNanos) -> Freshness {
        let trouble = self.trouble.as_ref().map(Error::code);
        if trouble == Some(ErrorCode::SubnetReplaced) {
            return Freshness::Replaced;
        }
        let unusable = |otherwise| {
            if trouble == Some(ErrorCode::ChainLayoutUnknown) { Freshness::Unsupported } else { otherwise }
        };
        let (Some(snapshot), Some(age)) = (&self.snapshot, self.age(now)) else {
            return unusable(Freshness::Never);
        };
        let facts = snapshot.facts();
        // A clock that went back makes every age too small.
        let clock_went_back = facts.fetched_at.since(now) > FreshnessLimits::CLOCK_SKEW;
        if age > self.limits.hard() || clock_went_back {
            return unusable(Freshness::Expired);
        }
        let lagged = facts.fetched_at.since(facts.block.time) > FreshnessLimits::MAX_LAG;
        if age > self.limits.soft() || lagged { Freshness::Degraded } else { Freshness::Fresh }
    }

    /// The snapshot, if it can be used at `now`.
    ///
    /// # Errors
    /// [`ErrorCode::RegistryUnavailable`] with the reason.
    pub fn usable(&self, now: UnixNanos) -> Result<&Snapshot, Error> {
        match (&self.snapshot, self.freshness(now)) {
            (Some(snapshot), freshness) if freshness.is_usable() => Ok(snapshot),
            (_, freshness) => Err(self.unavailable(freshness, now)),
        }
    }

    /// What is known of a hotkey at `now`.
    #[must_use]
    pub fn lookup(&self, hotkey: &Hotkey, now: UnixNanos) -> Lookup<'_> {
        let freshness = self.freshness(now);
        match &self.snapshot {
            Some(snapshot) if freshness.is_usable() => {
                snapshot.neuron(hotkey).map_or(Lookup::NotRegistered, Lookup::Registered)
            }
            _ => Lookup::Unknown(freshness),
        }
    }

    fn unavailable(&self, freshness: Freshness, now: UnixNanos) -> Error {
        let old = || self.age(now).unwrap_or_default().as_secs();
        let detail = match freshness {
            Freshness::Replaced => "the netuid was given to another subnet, and no operator confirmed it".into(),
            Freshness::Never => "the subnet was not read yet".into(),
            Freshness::Unsupported => "the chain's runtime has a layout that this service does not know yet".into(),
            _ => {
                format!("the subnet was last read {} s ago; expected at most {} s", old(), self.limits.hard().as_secs())
            }
        };
        Error::new(ErrorCode::RegistryUnavailable).detail(detail)
    }
}
