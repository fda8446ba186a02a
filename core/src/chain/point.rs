//! One hotkey as a sequence of calls, for a verified caller whom the snapshot does not have yet (`spec/05 §7`).

use serde_json::json;

use crate::error::{Error, ErrorCode};
use crate::key::Hotkey;
use crate::registry::{BlockRef, Neuron, PointRead};
use crate::time::UnixNanos;

use super::plan::{hash, header, invalid, spec_version, storage, storage_call};
use super::rpc::prefixed;
use super::{RpcAnswer, RpcCall, StorageKey, Values};

/// Yields one call after the other and takes their answers. After an error it is over.
#[derive(Debug, Clone)]
#[must_use = "a plan reads nothing by itself"]
pub struct PointPlan {
    ask: PointAsk,
    now: UnixNanos,
    step: Step,
    hash: [u8; 32],
    number: u64,
    neuron: Option<Neuron>,
    keys: Vec<StorageKey>,
    read: Option<PointRead>,
}

/// What a point read is measured against: all of it from the snapshot before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PointAsk {
    pub(super) netuid: u16,
    pub(super) hotkey: Hotkey,
    pub(super) block: u64,
    pub(super) spec_version: u32,
    pub(super) registered_at: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Head,
    Header,
    Version,
    Storage,
    Keys,
    Over,
}

impl PointPlan {
    pub(super) fn new(ask: PointAsk, now: UnixNanos) -> Self {
        let PointAsk { netuid, hotkey, .. } = ask;
        let keys = vec![
            StorageKey::uids(netuid, &hotkey),
            StorageKey::owner(&hotkey),
            StorageKey::network_registered_at(netuid),
        ];
        Self { ask, now, step: Step::Head, hash: [0; 32], number: 0, neuron: None, keys, read: None }
    }

    /// The call to make now; `None` when there is nothing more to ask.
    #[must_use]
    pub fn call(&self) -> Option<RpcCall> {
        Some(match self.step {
            Step::Head => RpcCall::new("chain_getFinalizedHead", json!([])),
            Step::Header => RpcCall::new("chain_getHeader", json!([prefixed(&self.hash)])),
            Step::Version => RpcCall::new("state_getRuntimeVersion", json!([prefixed(&self.hash)])),
            Step::Storage | Step::Keys => storage_call(&self.keys, &self.hash),
            Step::Over => return None,
        })
    }

    /// Takes the answer to [`PointPlan::call`].
    ///
    /// # Errors
    /// As [`SnapshotPlan::answer`](super::SnapshotPlan::answer). A block below the snapshot's is refused: an old block
    /// would bring back who left since.
    pub fn answer(&mut self, answer: &RpcAnswer, now: UnixNanos) -> Result<(), Error> {
        let next = self.take(answer, now);
        self.step = *next.as_ref().unwrap_or(&Step::Over);
        next.map(drop)
    }

    /// What was found; `None` before the last answer.
    #[must_use]
    pub const fn read(&self) -> Option<PointRead> {
        self.read
    }

    fn take(&mut self, answer: &RpcAnswer, now: UnixNanos) -> Result<Step, Error> {
        let result = answer.result(now)?;
        match self.step {
            Step::Head => {
                self.hash = hash(result, "chain_getFinalizedHead")?;
                Ok(Step::Header)
            }
            Step::Header => {
                self.number = header(result, &self.hash)?;
                if self.number < self.ask.block {
                    return Err(Error::new(ErrorCode::ChainBehind).detail(format!(
                        "the node's finalized head is block {}; expected at least {}",
                        self.number, self.ask.block
                    )));
                }
                Ok(Step::Version)
            }
            Step::Version if spec_version(result)? == self.ask.spec_version => Ok(Step::Storage),
            Step::Version => Err(Error::new(ErrorCode::ChainLayoutUnknown)
                .detail("the runtime is a newer one than that of the snapshot, whose layout was checked")),
            Step::Storage => {
                let values = storage(result, &self.keys, &self.hash)?;
                let [uid, owner, registered_at] = [0, 1, 2].map(|index| values[&self.keys[index]].as_deref());
                let registered_at = Values::large(registered_at)?.unwrap_or_default();
                if self.ask.registered_at.is_some_and(|known| known != registered_at) {
                    return Err(ErrorCode::SubnetReplaced.into());
                }
                let owner = Values::coldkey(owner)?;
                let Some(uid) = Values::uid(uid)? else { return Ok(self.found(None)) };
                self.neuron = Some(Neuron::registered(uid, self.ask.hotkey, owner));
                self.keys = vec![StorageKey::keys(self.ask.netuid, uid)];
                Ok(Step::Keys)
            }
            Step::Keys => {
                let values = storage(result, &self.keys, &self.hash)?;
                if Values::hotkey(values[&self.keys[0]].as_deref())? != Some(self.ask.hotkey) {
                    return Err(invalid("Uids and Keys: expected them to agree on the hotkey"));
                }
                Ok(self.found(self.neuron))
            }
            Step::Over => Err(invalid("an answer: expected none, the plan is over")),
        }
    }

    fn found(&mut self, neuron: Option<Neuron>) -> Step {
        let block = BlockRef { number: self.number, hash: self.hash, time: self.now };
        self.read = Some(PointRead { hotkey: self.ask.hotkey, neuron, block });
        Step::Over
    }
}
