//! The members of a subnet from the answer of either runtime call.

use crate::error::Error;
use crate::key::{Coldkey, Hotkey};
use crate::registry::{Neuron, Rao};

use super::plan::invalid;
use super::{SelectiveMetagraph, SubnetState};

/// What the runtime call said.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    pub(super) neurons: Vec<Neuron>,
    /// Distinct, for the question about swaps.
    pub(super) coldkeys: Vec<Coldkey>,
    pub(super) tempo: Option<u16>,
    pub(super) last_epoch: Option<u64>,
    /// Repeated in storage, where it has to be the same.
    pub(super) subnet: Option<(u64, Option<Hotkey>, Option<Coldkey>)>,
}

impl Members {
    pub(super) fn from_metagraph(graph: SelectiveMetagraph, netuid: u16, block: u64) -> Result<Self, Error> {
        let wrong = |expected: &str| invalid(&format!("get_selective_metagraph: expected {expected}"));
        let asked = || wrong("the fields that were asked for and no others");
        if graph.netuid != netuid || graph.block != Some(block) {
            return Err(wrong("the subnet and the block that were asked for"));
        }
        if !graph.holds_exactly(&SelectiveMetagraph::QUERY) {
            return Err(asked());
        }
        let registered_at = graph.network_registered_at.ok_or_else(asked)?;
        let columns = Columns {
            hotkeys: graph.hotkeys.ok_or_else(asked)?,
            coldkeys: graph.coldkeys.ok_or_else(asked)?,
            active: graph.active.ok_or_else(asked)?,
            permits: graph.validator_permit.ok_or_else(asked)?,
            last_update: graph.last_update.ok_or_else(asked)?,
            registered_at: graph.block_at_registration.ok_or_else(asked)?,
            alpha: graph.alpha_stake.ok_or_else(asked)?,
            tao: graph.tao_stake.ok_or_else(asked)?,
            total: graph.total_stake.ok_or_else(asked)?,
        };
        let members = columns.into_members().ok_or_else(|| wrong("lists of one length"))?;
        let last_epoch = graph.last_step;
        let subnet = Some((registered_at, graph.owner_hotkey, graph.owner_coldkey));
        Ok(Self { tempo: graph.tempo, last_epoch, subnet, ..members })
    }

    pub(super) fn from_state(state: SubnetState, netuid: u16) -> Result<Self, Error> {
        if state.netuid != netuid {
            return Err(invalid("get_subnet_state: expected the subnet that was asked for"));
        }
        let columns = Columns {
            hotkeys: state.hotkeys,
            coldkeys: state.coldkeys,
            active: state.active,
            permits: state.validator_permit,
            last_update: state.last_update,
            registered_at: state.block_at_registration,
            alpha: state.alpha_stake,
            tao: state.tao_stake,
            total: state.total_stake,
        };
        columns.into_members().ok_or_else(|| invalid("get_subnet_state: expected lists of one length"))
    }
}

/// One list for each fact, in the order of uids.
struct Columns {
    hotkeys: Vec<[u8; 32]>,
    coldkeys: Vec<[u8; 32]>,
    active: Vec<bool>,
    permits: Vec<bool>,
    last_update: Vec<u64>,
    registered_at: Vec<u64>,
    alpha: Vec<u64>,
    tao: Vec<u64>,
    total: Vec<u64>,
}

impl Columns {
    /// `None` unless all lists have one length. Weak keys are sorted out by [`Snapshot::new`].
    fn into_members(self) -> Option<Members> {
        let len = self.hotkeys.len();
        let others = [
            self.coldkeys.len(),
            self.active.len(),
            self.permits.len(),
            self.last_update.len(),
            self.registered_at.len(),
            self.alpha.len(),
            self.tao.len(),
            self.total.len(),
        ];
        if others.iter().any(|&other| other != len) {
            return None;
        }
        let row = |index: usize| {
            let uid = u16::try_from(index).ok()?;
            let hotkey = Hotkey::from_bytes(self.hotkeys[index]);
            let coldkey = Coldkey::from_bytes(self.coldkeys[index]);
            Some(Neuron {
                permit: self.permits[index],
                active: self.active[index],
                total: Some(Rao(self.total[index])),
                alpha: Some(Rao(self.alpha[index])),
                tao: Some(Rao(self.tao[index])),
                registered_at: Some(self.registered_at[index]),
                last_update: Some(self.last_update[index]),
                ..Neuron::registered(uid, hotkey, Some(coldkey))
            })
        };
        let neurons = (0..len).map(row).collect::<Option<_>>()?;
        let mut coldkeys: Vec<_> = self.coldkeys.iter().copied().map(Coldkey::from_bytes).collect();
        coldkeys.sort_unstable();
        coldkeys.dedup();
        Some(Members { neurons, coldkeys, ..Members::default() })
    }
}
