//! A subnet's facts at one finalized block: who is registered, with which permit, stake and owner (`spec/05`).

mod diff;
mod freshness;
#[cfg(feature = "chain")]
mod json;
mod neuron;
mod point;
mod snapshot;
mod view;

pub use diff::{OwnerChange, SnapshotDiff, UidChange};
pub use freshness::{Freshness, FreshnessLimits};
pub use neuron::{Neuron, Rao, StakeKind};
pub use point::{PointRead, PointReads, WantedRead};
pub use snapshot::{BlockRef, ColdkeySwaps, Snapshot, SubnetFacts, SwapScope, SwapStatus};
pub use view::{Lookup, SubnetView};

#[cfg(test)]
pub(crate) mod tests;
