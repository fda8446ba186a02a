//! What is kept from one reading of a subnet to the next, and which readings are believed (`spec/05 §7`).

use std::sync::Arc;

use crate::error::{Error, ErrorCode};
use crate::key::Hotkey;
use crate::registry::{Snapshot, SnapshotDiff, SwapScope};
use crate::time::UnixNanos;

use super::layout::Layout;
use super::plan::Ask;
use super::point::PointAsk;
use super::{Network, PointPlan, SnapshotPlan};

/// Which subnet is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubnetTarget {
    genesis: Option<[u8; 32]>,
    netuid: u16,
    registered_at: Option<u64>,
    swaps: SwapScope,
}

impl SubnetTarget {
    /// A subnet of a chain.
    #[must_use]
    pub const fn new(network: Network, netuid: u16) -> Self {
        Self { genesis: network.genesis, netuid, registered_at: None, swaps: SwapScope::Owner }
    }

    /// Another chain, by the hash of its first block.
    #[must_use]
    pub const fn with_genesis(self, genesis: [u8; 32]) -> Self {
        Self { genesis: Some(genesis), ..self }
    }

    /// Only the subnet that got the netuid at this block. Without it, the one that has it at the first reading.
    #[must_use]
    pub const fn registered_at(self, block: u64) -> Self {
        Self { registered_at: Some(block), ..self }
    }

    /// Of which coldkeys swaps are watched: what the policy [needs](crate::policy::Needs::swaps).
    #[must_use]
    pub const fn with_swaps(self, swaps: SwapScope) -> Self {
        Self { swaps, ..self }
    }
}

/// A reading that is believed.
#[derive(Debug, Clone)]
pub struct SnapshotRead {
    /// The snapshot, to put in place of the one before.
    pub snapshot: Arc<Snapshot>,
    /// What changed since; `None` for the first one.
    pub diff: Option<SnapshotDiff>,
}

/// Makes the plans for one subnet and judges what they found. One for each subnet, in the task that reads.
#[derive(Debug, Clone)]
pub struct SubnetReader {
    target: SubnetTarget,
    layout: Option<(u32, Layout)>,
    last: Option<Arc<Snapshot>>,
    doubtful: Option<Snapshot>,
}

impl SubnetReader {
    /// A reading that lost more than one member in this many has to be confirmed by a second one.
    pub const DOUBTFUL_LOSS: usize = 5;

    /// Nothing was read yet.
    #[must_use]
    pub const fn new(target: SubnetTarget) -> Self {
        Self { target, layout: None, last: None, doubtful: None }
    }

    /// The calls for the next snapshot. `now` is when it will count as read.
    pub fn snapshot_plan(&self, now: UnixNanos) -> SnapshotPlan {
        let ask = Ask {
            netuid: self.target.netuid,
            genesis: self.target.genesis,
            last_block: self.last.as_ref().map_or(0, |last| last.block().number),
            swaps: self.target.swaps,
            layout: self.layout,
        };
        SnapshotPlan::new(ask, now)
    }

    /// The calls for one hotkey; `None` before the first snapshot. When to read is for
    /// [`PointReads`](crate::registry::PointReads) to say.
    #[must_use]
    pub fn point_plan(&self, hotkey: Hotkey, now: UnixNanos) -> Option<PointPlan> {
        let facts = self.last.as_ref()?.facts();
        let ask = PointAsk {
            netuid: self.target.netuid,
            hotkey,
            block: facts.block.number,
            spec_version: facts.spec_version,
            registered_at: facts.registered_at,
        };
        Some(PointPlan::new(ask, now))
    }

    /// Takes what a finished plan found.
    ///
    /// # Errors
    /// As [`SubnetReader::adopt`]; `chain_unreachable` for a plan that is not finished.
    pub fn accept(&mut self, plan: SnapshotPlan) -> Result<SnapshotRead, Error> {
        let Some((snapshot, layout)) = plan.into_parts() else {
            return Err(Error::new(ErrorCode::ChainUnreachable).detail("the reading was not finished"));
        };
        self.layout = Some(layout);
        self.adopt(snapshot)
    }

    /// Takes a snapshot from anywhere else: published by another process, or made from an SDK's or indexer's answer.
    ///
    /// # Errors
    /// `chain_mismatch`, `snapshot_invalid` (another netuid), `chain_behind`, `subnet_replaced`: ask for
    /// [`SubnetReader::confirm_subnet`]; `snapshot_suspicious`: read again at once.
    pub fn adopt(&mut self, snapshot: Snapshot) -> Result<SnapshotRead, Error> {
        self.check(&snapshot)?;
        self.check_loss(&snapshot)?;
        let facts = snapshot.facts();
        // From here on it has to stay the same chain and the same subnet.
        self.target.genesis = self.target.genesis.or(facts.genesis);
        self.target.registered_at = self.target.registered_at.or(facts.registered_at);
        let snapshot = Arc::new(snapshot);
        let diff = self.last.as_ref().map(|last| SnapshotDiff::between(last, &snapshot));
        self.last = Some(Arc::clone(&snapshot));
        self.doubtful = None;
        Ok(SnapshotRead { snapshot, diff })
    }

    /// An operator says that the subnet that got the netuid at this block is the right one. The next diff says that
    /// everybody of the old one left.
    pub const fn confirm_subnet(&mut self, registered_at: u64) {
        self.target.registered_at = Some(registered_at);
    }

    fn check(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let facts = snapshot.facts();
        let differs = |known: Option<[u8; 32]>| known.is_some() && facts.genesis.is_some() && known != facts.genesis;
        if differs(self.target.genesis) {
            return Err(ErrorCode::ChainMismatch.into());
        }
        if facts.netuid != self.target.netuid {
            return Err(Error::new(ErrorCode::SnapshotInvalid)
                .detail(format!("expected a snapshot of subnet {}", self.target.netuid)));
        }
        if let Some(last) = &self.last
            && facts.block.number < last.block().number
        {
            return Err(Error::new(ErrorCode::ChainBehind).detail(format!(
                "the snapshot is of block {}; expected at least {}",
                facts.block.number,
                last.block().number
            )));
        }
        match (self.target.registered_at, facts.registered_at) {
            (Some(known), Some(found)) if known != found => Err(Error::new(ErrorCode::SubnetReplaced).detail(format!(
                "netuid {} belongs to the subnet that was registered at block {found}; expected the one of block {known}",
                facts.netuid
            ))),
            _ => Ok(()),
        }
    }

    /// One bad answer must not log everybody out.
    fn check_loss(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let before = self.last.as_ref().filter(|last| last.is_same_subnet(snapshot));
        let has_lost = before.is_some_and(|last| lost_many(last, snapshot));
        if !has_lost && !snapshot.neurons().is_empty() {
            return Ok(());
        }
        let agrees = self.doubtful.as_ref().is_some_and(|doubtful| {
            doubtful.neurons().is_empty() == snapshot.neurons().is_empty() && !lost_many(doubtful, snapshot)
        });
        if agrees {
            return Ok(());
        }
        let [was, is] = [before.map_or(0, |last| last.neurons().len()), snapshot.neurons().len()];
        self.doubtful = Some(snapshot.clone());
        Err(Error::new(ErrorCode::SnapshotSuspicious).detail(format!(
            "the subnet went from {was} members to {is} or many others; a second reading has to agree"
        )))
    }
}

fn lost_many(old: &Snapshot, new: &Snapshot) -> bool {
    let lost = old.neurons().iter().filter(|was| new.neuron(&was.hotkey).is_none()).count();
    lost * SubnetReader::DOUBTFUL_LOSS > old.neurons().len()
}
