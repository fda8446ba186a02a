//! One snapshot as a sequence of calls, all pinned to one finalized block (`spec/05 §7`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::{Error, ErrorCode};
use crate::key::Coldkey;
use crate::registry::{BlockRef, ColdkeySwaps, Snapshot, SubnetFacts, SwapScope, SwapStatus};
use crate::time::UnixNanos;

use super::layout::{Layout, SubnetQuery};
use super::members::Members;
use super::rpc::{self, prefixed};
use super::{Header, RpcAnswer, RpcCall, SelectiveMetagraph, StorageKey, SubnetState, Values};

const VERSION_15: [u8; 4] = [15, 0, 0, 0];

/// What a plan is made for and measured against.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) netuid: u16,
    pub(super) genesis: Option<[u8; 32]>,
    /// The highest block that was read.
    pub(super) last_block: u64,
    pub(super) swaps: SwapScope,
    /// The layout that was checked last, and of which runtime.
    pub(super) layout: Option<(u32, Layout)>,
}

/// Yields one call after the other and takes their answers. After an error it is over: the next reading starts anew.
#[derive(Debug, Clone)]
#[must_use = "a plan reads nothing by itself"]
pub struct SnapshotPlan {
    ask: Ask,
    fetched_at: UnixNanos,
    step: Step,
    genesis: [u8; 32],
    hash: [u8; 32],
    number: u64,
    spec_version: u32,
    layout: Option<Layout>,
    members: Members,
    keys: Vec<StorageKey>,
    snapshot: Option<Snapshot>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Genesis,
    Head,
    Header,
    Version,
    Metadata,
    Query(SubnetQuery),
    Storage,
    Over,
}

impl SnapshotPlan {
    pub(super) fn new(ask: Ask, now: UnixNanos) -> Self {
        Self {
            ask,
            fetched_at: now,
            step: Step::Genesis,
            genesis: [0; 32],
            hash: [0; 32],
            number: 0,
            spec_version: 0,
            layout: None,
            members: Members::default(),
            keys: Vec::new(),
            snapshot: None,
        }
    }

    /// The call to make now; `None` when there is nothing more to ask.
    #[must_use]
    pub fn call(&self) -> Option<RpcCall> {
        let netuid = self.ask.netuid.to_le_bytes();
        Some(match self.step {
            Step::Genesis => RpcCall::new("chain_getBlockHash", json!([0])),
            Step::Head => RpcCall::new("chain_getFinalizedHead", json!([])),
            Step::Header => RpcCall::new("chain_getHeader", json!([prefixed(&self.hash)])),
            Step::Version => RpcCall::new("state_getRuntimeVersion", json!([prefixed(&self.hash)])),
            Step::Metadata => RpcCall::runtime("Metadata_metadata_at_version", &VERSION_15, &self.hash),
            Step::Query(SubnetQuery::Metagraph) => {
                let query = SelectiveMetagraph::QUERY;
                // The compact length of a list of fewer than 64 items.
                let len = u8::try_from(query.len() << 2).expect("16 fields");
                let indexes = query.iter().flat_map(|index| index.to_le_bytes());
                let params: Vec<_> = netuid.into_iter().chain([len]).chain(indexes).collect();
                RpcCall::runtime("SubnetInfoRuntimeApi_get_selective_metagraph", &params, &self.hash)
            }
            Step::Query(SubnetQuery::State) => {
                RpcCall::runtime("SubnetInfoRuntimeApi_get_subnet_state", &netuid, &self.hash)
            }
            Step::Storage => storage_call(&self.keys, &self.hash),
            Step::Over => return None,
        })
    }

    /// Takes the answer to [`SnapshotPlan::call`].
    ///
    /// # Errors
    /// A 503 code that says what an operator can do; the plan is over then. Which endpoint to ask next is for the
    /// host: after `chain_rate_limited` none, after anything else the next one.
    pub fn answer(&mut self, answer: &RpcAnswer, now: UnixNanos) -> Result<(), Error> {
        let next = self.take(answer, now);
        self.step = *next.as_ref().unwrap_or(&Step::Over);
        next.map(drop)
    }

    /// Whether every answer came and was good.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.snapshot.is_some()
    }

    pub(super) fn into_parts(self) -> Option<(Snapshot, (u32, Layout))> {
        Some((self.snapshot?, (self.spec_version, self.layout?)))
    }

    fn take(&mut self, answer: &RpcAnswer, now: UnixNanos) -> Result<Step, Error> {
        let result = match answer.result(now) {
            Err(_) if answer.is_unknown_function() => return self.not_known(),
            result => result?,
        };
        match self.step {
            Step::Genesis => self.take_genesis(result),
            Step::Head => {
                self.hash = hash(result, "chain_getFinalizedHead")?;
                Ok(Step::Header)
            }
            Step::Header => {
                self.number = header(result, &self.hash)?;
                if self.number < self.ask.last_block {
                    return Err(Error::new(ErrorCode::ChainBehind).detail(format!(
                        "the node's finalized head is block {}; expected at least {}",
                        self.number, self.ask.last_block
                    )));
                }
                Ok(Step::Version)
            }
            Step::Version => {
                self.spec_version = spec_version(result)?;
                match self.ask.layout {
                    Some((spec_version, layout)) if spec_version == self.spec_version => Ok(self.known(layout)),
                    _ => Ok(Step::Metadata),
                }
            }
            Step::Metadata => {
                let layout = Layout::check(&blob(result, "Metadata_metadata_at_version")?)
                    .map_err(|error| at_spec(&error, self.spec_version))?;
                Ok(self.known(layout))
            }
            Step::Query(query) => self.take_members(query, result),
            Step::Storage => {
                let keys = std::mem::take(&mut self.keys);
                let values = storage(result, &keys, &self.hash)?;
                self.snapshot = Some(self.put_together(&values)?);
                Ok(Step::Over)
            }
            Step::Over => Err(invalid("an answer: expected none, the plan is over")),
        }
    }

    fn take_genesis(&mut self, result: &Value) -> Result<Step, Error> {
        self.genesis = hash(result, "chain_getBlockHash")?;
        if self.ask.genesis.is_some_and(|genesis| genesis != self.genesis) {
            return Err(
                Error::new(ErrorCode::ChainMismatch).detail("the node's genesis hash is another one than configured")
            );
        }
        Ok(Step::Head)
    }

    fn known(&mut self, layout: Layout) -> Step {
        self.layout = Some(layout);
        Step::Query(layout.query())
    }

    /// The node does not know the function that it was asked for.
    fn not_known(&self) -> Result<Step, Error> {
        match self.step {
            Step::Metadata | Step::Query(_) => self.fall_back(Error::new(ErrorCode::ChainLayoutUnknown).detail(
                format!("runtime {}: the node does not know the runtime call it was asked for", self.spec_version),
            )),
            _ => Err(Error::new(ErrorCode::ChainUnreachable)
                .detail("the node does not offer the JSON-RPC method it was asked for")),
        }
    }

    /// The other query, once.
    fn fall_back(&self, error: Error) -> Result<Step, Error> {
        match (self.step, self.layout) {
            (Step::Query(SubnetQuery::Metagraph), Some(layout)) if layout.has_state() => {
                Ok(Step::Query(SubnetQuery::State))
            }
            _ => Err(error),
        }
    }

    fn take_members(&mut self, query: SubnetQuery, result: &Value) -> Result<Step, Error> {
        let netuid = self.ask.netuid;
        let decoded = match query {
            SubnetQuery::Metagraph => blob(result, "get_selective_metagraph")
                .and_then(|bytes| SelectiveMetagraph::decode(&bytes))
                .and_then(|graph| graph.map(|graph| Members::from_metagraph(graph, netuid, self.number)).transpose()),
            SubnetQuery::State => blob(result, "get_subnet_state")
                .and_then(|bytes| SubnetState::decode(&bytes))
                .and_then(|state| state.map(|state| Members::from_state(state, netuid)).transpose()),
        };
        match decoded {
            Ok(Some(members)) => self.members = members,
            Ok(None) => return Err(missing(netuid)),
            Err(error) => return self.fall_back(error),
        }
        self.keys = self.storage_keys();
        Ok(Step::Storage)
    }

    fn storage_keys(&self) -> Vec<StorageKey> {
        let netuid = self.ask.netuid;
        let mut keys = vec![
            StorageKey::timestamp(),
            StorageKey::networks_added(netuid),
            StorageKey::network_registered_at(netuid),
            StorageKey::subnet_owner_hotkey(netuid),
            StorageKey::subnet_owner(netuid),
            StorageKey::tempo(netuid),
        ];
        for coldkey in self.watched() {
            keys.push(StorageKey::coldkey_swap_announcement(&coldkey));
            keys.push(StorageKey::coldkey_swap_dispute(&coldkey));
        }
        keys
    }

    fn scope(&self) -> SwapScope {
        // The runtime call for the fallback does not name the owner, so there is nobody to ask about yet.
        let has_owner = self.members.subnet.is_some();
        let scope = if has_owner { self.ask.swaps } else { SwapScope::Nobody };
        if self.layout.is_some_and(|layout| layout.has_swaps()) { scope } else { SwapScope::Nobody }
    }

    fn watched(&self) -> Vec<Coldkey> {
        let owner = self.members.subnet.and_then(|(_, _, coldkey)| coldkey);
        let mut coldkeys = match self.scope() {
            SwapScope::Nobody => return Vec::new(),
            SwapScope::Owner => Vec::new(),
            SwapScope::Everyone => self.members.coldkeys.clone(),
        };
        coldkeys.extend(owner);
        coldkeys.sort_unstable();
        coldkeys.dedup();
        coldkeys
    }

    fn put_together(&mut self, values: &BTreeMap<&StorageKey, Option<Vec<u8>>>) -> Result<Snapshot, Error> {
        let netuid = self.ask.netuid;
        let value = |key: StorageKey| values.get(&key).and_then(Option::as_deref);
        if !Values::flag(value(StorageKey::networks_added(netuid)))? {
            return Err(missing(netuid));
        }
        let millis = Values::large(value(StorageKey::timestamp()))?
            .filter(|millis| *millis > 0)
            .ok_or_else(|| invalid("Timestamp.Now: expected the time of the block"))?;
        let registered_at = Values::large(value(StorageKey::network_registered_at(netuid)))?.unwrap_or_default();
        let owner_hotkey = Values::hotkey(value(StorageKey::subnet_owner_hotkey(netuid)))?;
        let owner_coldkey = Values::coldkey(value(StorageKey::subnet_owner(netuid)))?;
        if self.members.subnet.is_some_and(|said| said != (registered_at, owner_hotkey, owner_coldkey)) {
            return Err(invalid("get_selective_metagraph: expected the subnet's owner and age as in storage"));
        }
        let mut pending = Vec::new();
        for coldkey in self.watched() {
            let announced = Values::announced_swap(value(StorageKey::coldkey_swap_announcement(&coldkey)))?;
            let disputed = Values::disputed_swap(value(StorageKey::coldkey_swap_dispute(&coldkey)))?;
            match (announced, disputed) {
                (_, Some(_)) => pending.push((coldkey, SwapStatus::Disputed)),
                (Some(from_block), None) => pending.push((coldkey, SwapStatus::Pending { from_block })),
                (None, None) => {}
            }
        }
        let stored_tempo = Values::small(value(StorageKey::tempo(netuid)))?;
        let facts = SubnetFacts {
            genesis: Some(self.genesis),
            netuid,
            registered_at: Some(registered_at),
            block: BlockRef { number: self.number, hash: self.hash, time: UnixNanos::from_millis(millis) },
            spec_version: self.spec_version,
            tempo: self.members.tempo.or(stored_tempo),
            last_epoch: self.members.last_epoch,
            owner_hotkey,
            owner_coldkey,
            coldkey_swaps: ColdkeySwaps::new(self.scope(), pending),
            fetched_at: self.fetched_at,
        };
        Snapshot::new(facts, std::mem::take(&mut self.members.neurons))
            .map_err(|error| Error::new(ErrorCode::ChainAnswerInvalid).detail(error.message().to_owned()))
    }
}

/// A batch of storage values at a block.
pub(super) fn storage_call(keys: &[StorageKey], block: &[u8; 32]) -> RpcCall {
    let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
    RpcCall::new("state_queryStorageAt", json!([keys, prefixed(block)]))
}

/// The values of a batch. Every key has to be answered, `null` for an absent row.
pub(super) fn storage<'a>(
    result: &Value,
    keys: &'a [StorageKey],
    block: &[u8; 32],
) -> Result<BTreeMap<&'a StorageKey, Option<Vec<u8>>>, Error> {
    let wrong = || invalid("state_queryStorageAt: expected every key once, at the block that was asked for");
    let Some([set]) = result.as_array().map(Vec::as_slice) else { return Err(wrong()) };
    if set.get("block").and_then(Value::as_str).and_then(rpc::hash) != Some(*block) {
        return Err(wrong());
    }
    let changes = set.get("changes").and_then(Value::as_array).ok_or_else(wrong)?;
    let mut answered = BTreeMap::new();
    for change in changes {
        let (Some(key), Some(value)) = (change.get(0).and_then(Value::as_str), change.get(1)) else {
            return Err(wrong());
        };
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(rpc::bytes(text).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        };
        answered.insert(rpc::bytes(key).ok_or_else(wrong)?, value);
    }
    keys.iter().map(|key| Ok((key, answered.remove(key.as_bytes()).ok_or_else(wrong)?))).collect()
}

/// The number of a header that belongs to the hash.
pub(super) fn header(result: &Value, hash: &[u8; 32]) -> Result<u64, Error> {
    let header = Header::from_value(result).ok_or_else(|| invalid("chain_getHeader: expected a block header"))?;
    if header.hash() != *hash {
        return Err(invalid("chain_getHeader: expected the header of the block that was asked for"));
    }
    Ok(header.number())
}

pub(super) fn hash(result: &Value, method: &str) -> Result<[u8; 32], Error> {
    let hash = result.as_str().and_then(rpc::hash);
    hash.ok_or_else(|| invalid(&format!("{method}: expected a hash of 32 bytes")))
}

pub(super) fn spec_version(result: &Value) -> Result<u32, Error> {
    let version = result.get("specVersion").and_then(Value::as_u64).and_then(|version| version.try_into().ok());
    version.ok_or_else(|| invalid("state_getRuntimeVersion: expected a specVersion"))
}

pub(super) fn invalid(detail: &str) -> Error {
    Error::new(ErrorCode::ChainAnswerInvalid).detail(detail.to_owned())
}

fn blob(result: &Value, what: &str) -> Result<Vec<u8>, Error> {
    let bytes = result.as_str().and_then(rpc::bytes);
    bytes.ok_or_else(|| invalid(&format!("{what}: expected hex")))
}

fn missing(netuid: u16) -> Error {
    Error::new(ErrorCode::SubnetMissing).detail(format!("there is no subnet {netuid} on this chain"))
}

fn at_spec(error: &Error, spec_version: u32) -> Error {
    Error::new(error.code()).detail(format!("runtime {spec_version}: {}", error.message()))
}
