//! Replay claims: several travel in one script call.

use std::time::Duration;

use super::{Script, ScriptCall, slot};
use crate::encoding::encode_hex;
use crate::replay::{ClaimOutcome, Namespace, ReplayClaim};
use crate::time::{UnixNanos, Window};

/// The only shard of a store that is no cluster.
const SHARD: &str = "0";

/// Claims that arrived together.
#[derive(Debug, Clone)]
pub struct ClaimBatch {
    call: ScriptCall,
}

impl ClaimBatch {
    /// An empty batch; sent as it is, it warms the store up.
    #[must_use]
    pub fn new(namespace: &Namespace, window: &Window, now: UnixNanos) -> Self {
        let slot = slot(namespace, SHARD);
        Self {
            call: ScriptCall {
                script: Script::Claim,
                keys: vec![format!("{slot}:e")],
                args: guard_args(window.allowed_skew() + window.node_skew(), now),
            },
        }
    }

    /// Adds a claim.
    pub fn push(&mut self, namespace: &Namespace, claim: &ReplayClaim) {
        self.call.keys.push(claim_key(&slot(namespace, SHARD), claim));
        self.call.args.extend(claim_args(claim));
    }

    /// The call to make.
    #[must_use]
    pub fn into_call(self) -> ScriptCall {
        self.call
    }
}

/// What the claim script answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimReply(Vec<i64>);

impl ClaimReply {
    /// The reply as it came.
    #[must_use]
    pub const fn new(reply: Vec<i64>) -> Self {
        Self(reply)
    }

    /// The outcome of the claim at `index` of the batch. A reply of another shape is no answer.
    pub fn outcome(&self, index: usize) -> ClaimOutcome {
        match self.0.first() {
            Some(1) => self.0.get(index + 3).map_or(ClaimOutcome::Unavailable, |&code| self.claimed(code)),
            Some(-1) => ClaimOutcome::Warming(self.line()),
            Some(-3) => ClaimOutcome::ClockDisagreement,
            _ => ClaimOutcome::Unavailable,
        }
    }

    /// From when on the store can tell about new requests; `None` when it gave no answer.
    #[must_use]
    pub fn ready_at(&self) -> Option<UnixNanos> {
        matches!(self.0.first(), Some(1 | -1)).then(|| self.line())
    }

    fn claimed(&self, code: i64) -> ClaimOutcome {
        match code {
            1 => ClaimOutcome::Fresh,
            0 => ClaimOutcome::Replayed,
            -2 => ClaimOutcome::Warming(self.line()),
            -4 => ClaimOutcome::Expired,
            _ => ClaimOutcome::Unavailable,
        }
    }

    fn line(&self) -> UnixNanos {
        let millis = self.0.get(2).copied().and_then(|line| u64::try_from(line).ok());
        UnixNanos::from_millis(millis.unwrap_or_default())
    }
}

/// The guard's arguments for claims whose signed time may lie `margin` ahead of the store's clock.
pub(super) fn guard_args(margin: Duration, now: UnixNanos) -> Vec<String> {
    let node_skew = Window::BTAUTH.node_skew();
    [now.as_millis().into(), node_skew.as_millis(), margin.saturating_sub(node_skew).as_millis()]
        .iter()
        .map(u128::to_string)
        .collect()
}

pub(super) fn claim_key(slot: &str, claim: &ReplayClaim) -> String {
    format!("{slot}:n:{}", encode_hex(claim.id))
}

pub(super) fn claim_args(claim: &ReplayClaim) -> [String; 2] {
    [claim.signed_at.as_millis().to_string(), claim.keep_until.as_millis_ceil().to_string()]
}

#[cfg(test)]
mod tests {
    use ClaimOutcome::{Expired, Fresh, Replayed, Unavailable, Warming};

    use super::*;

    #[test]
    fn replies_of_any_shape_are_read_and_only_one_of_them_is_fresh() {
        let fresh = ClaimReply::new(vec![1, 5, 3, 0, 1, -2, -4, 9]);
        let outcomes: Vec<_> = (0..7).map(|index| fresh.outcome(index)).collect();
        let line = UnixNanos::from_millis(3);
        assert_eq!(outcomes, [Replayed, Fresh, Warming(line), Expired, Unavailable, Unavailable, Unavailable]);
        for reply in [vec![], vec![7, 0, 0, 1], vec![0, 0, 0, 1], vec![-1, 0, -9, 1], vec![-3, 0, 0, 1]] {
            assert_ne!(ClaimReply::new(reply).outcome(0), Fresh);
        }
    }
}
