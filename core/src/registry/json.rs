//! The published form of a snapshot: what one reader writes and many workers read (`spec/05 §8`).

use serde::{Deserialize, Serialize};

use crate::encoding::{decode_hex, encode_hex};
use crate::error::{Error, ErrorCode};
use crate::key::{Coldkey, Hotkey};
use crate::time::UnixNanos;

use super::{BlockRef, ColdkeySwaps, Neuron, Rao, Snapshot, SubnetFacts, SwapScope, SwapStatus};

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    v: u8,
    genesis: Option<String>,
    netuid: u16,
    registered_at: Option<u64>,
    block: Block,
    spec_version: u32,
    tempo: Option<u16>,
    last_epoch: Option<u64>,
    owner_hotkey: Option<String>,
    owner_coldkey: Option<String>,
    coldkey_swaps: Swaps,
    fetched_at_ms: u64,
    neurons: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    number: u64,
    hash: String,
    time_ms: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Swaps {
    scope: String,
    pending: Vec<Swap>,
}

/// Disputed when there is no block.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Swap {
    coldkey: String,
    from_block: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    uid: u16,
    hotkey: String,
    coldkey: Option<String>,
    permit: bool,
    active: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alpha: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tao: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own_alpha: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registered_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_update: Option<u64>,
}

impl Snapshot {
    /// The longest published form in bytes: 8 MiB.
    pub const MAX_JSON_LEN: usize = 8 << 20;

    /// The published form: SS58 addresses, hashes in hex, stakes in rao as decimal text. The same snapshot gives the
    /// same bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let facts = self.facts();
        let pending = facts.coldkey_swaps.pending().iter().map(|(coldkey, status)| Swap {
            coldkey: coldkey.to_ss58(),
            from_block: match status {
                SwapStatus::Pending { from_block } => Some(*from_block),
                _ => None,
            },
        });
        let document = Document {
            v: VERSION,
            genesis: facts.genesis.map(encode_hex),
            netuid: facts.netuid,
            registered_at: facts.registered_at,
            block: Block {
                number: facts.block.number,
                hash: encode_hex(facts.block.hash),
                time_ms: facts.block.time.as_millis(),
            },
            spec_version: facts.spec_version,
            tempo: facts.tempo,
            last_epoch: facts.last_epoch,
            owner_hotkey: facts.owner_hotkey.map(|hotkey| hotkey.to_ss58()),
            owner_coldkey: facts.owner_coldkey.map(|coldkey| coldkey.to_ss58()),
            coldkey_swaps: Swaps { scope: facts.coldkey_swaps.scope().as_str().into(), pending: pending.collect() },
            fetched_at_ms: facts.fetched_at.as_millis(),
            neurons: self.neurons().iter().map(Row::of).collect(),
        };
        serde_json::to_string(&document).expect("texts and numbers have a JSON form")
    }

    /// Reads the published form, strictly.
    ///
    /// # Errors
    /// [`ErrorCode::SnapshotInvalid`] for anything that [`Snapshot::to_json`] does not write.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        if json.len() > Self::MAX_JSON_LEN {
            return Err(invalid("expected at most 8 MiB"));
        }
        let document: Document =
            serde_json::from_slice(json).map_err(|_| invalid("expected the JSON form of a snapshot, version 1"))?;
        if document.v != VERSION {
            return Err(invalid("v: expected 1"));
        }
        let scope = match document.coldkey_swaps.scope.as_str() {
            "nobody" => SwapScope::Nobody,
            "owner" => SwapScope::Owner,
            "everyone" => SwapScope::Everyone,
            _ => return Err(invalid("coldkey_swaps.scope: expected nobody, owner or everyone")),
        };
        let pending: Vec<_> = document
            .coldkey_swaps
            .pending
            .iter()
            .map(|swap| {
                let status =
                    swap.from_block.map_or(SwapStatus::Disputed, |from_block| SwapStatus::Pending { from_block });
                Ok((coldkey(&swap.coldkey)?, status))
            })
            .collect::<Result<_, Error>>()?;
        let facts = SubnetFacts {
            genesis: document.genesis.as_deref().map(hash).transpose()?,
            netuid: document.netuid,
            registered_at: document.registered_at,
            block: BlockRef {
                number: document.block.number,
                hash: hash(&document.block.hash)?,
                time: UnixNanos::from_millis(document.block.time_ms),
            },
            spec_version: document.spec_version,
            tempo: document.tempo,
            last_epoch: document.last_epoch,
            owner_hotkey: document.owner_hotkey.as_deref().map(hotkey).transpose()?,
            owner_coldkey: document.owner_coldkey.as_deref().map(coldkey).transpose()?,
            coldkey_swaps: ColdkeySwaps::new(scope, pending),
            fetched_at: UnixNanos::from_millis(document.fetched_at_ms),
        };
        let neurons: Vec<_> = document.neurons.iter().map(Row::neuron).collect::<Result<_, _>>()?;
        Self::new(facts, neurons)
    }
}

impl Row {
    fn of(neuron: &Neuron) -> Self {
        let rao = |amount: Option<Rao>| amount.map(|Rao(rao)| rao.to_string());
        Self {
            uid: neuron.uid,
            hotkey: neuron.hotkey.to_ss58(),
            coldkey: neuron.coldkey.map(|coldkey| coldkey.to_ss58()),
            permit: neuron.permit,
            active: neuron.active,
            total: rao(neuron.total),
            alpha: rao(neuron.alpha),
            tao: rao(neuron.tao),
            own_alpha: rao(neuron.own_alpha),
            registered_at: neuron.registered_at,
            last_update: neuron.last_update,
        }
    }

    fn neuron(&self) -> Result<Neuron, Error> {
        Ok(Neuron {
            uid: self.uid,
            hotkey: hotkey(&self.hotkey)?,
            coldkey: self.coldkey.as_deref().map(coldkey).transpose()?,
            permit: self.permit,
            active: self.active,
            total: rao(self.total.as_deref())?,
            alpha: rao(self.alpha.as_deref())?,
            tao: rao(self.tao.as_deref())?,
            own_alpha: rao(self.own_alpha.as_deref())?,
            registered_at: self.registered_at,
            last_update: self.last_update,
        })
    }
}

fn hash(text: &str) -> Result<[u8; 32], Error> {
    decode_hex(text).ok_or_else(|| invalid("genesis, block.hash: expected 64 hex digits"))
}

fn hotkey(text: &str) -> Result<Hotkey, Error> {
    Hotkey::from_ss58(text).map_err(|_| invalid("hotkeys: expected canonical SS58 addresses"))
}

fn coldkey(text: &str) -> Result<Coldkey, Error> {
    Coldkey::from_ss58(text).map_err(|_| invalid("coldkeys: expected canonical SS58 addresses"))
}

/// Decimal text without a sign, a point or leading zeros.
fn rao(text: Option<&str>) -> Result<Option<Rao>, Error> {
    let Some(text) = text else { return Ok(None) };
    let amount = text.parse().ok().filter(|amount: &u64| amount.to_string() == text);
    amount.map(|amount| Some(Rao(amount))).ok_or_else(|| invalid("stakes: expected rao as decimal text"))
}

fn invalid(detail: &'static str) -> Error {
    Error::new(ErrorCode::SnapshotInvalid).detail(detail)
}
