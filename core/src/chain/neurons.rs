//! `NeuronInfoLite`, for tests and old nodes: its stake is the hotkey's own alpha and nothing else.

use crate::error::Error;
use crate::key::{Coldkey, Hotkey, is_weak};
use crate::registry::{Neuron, Rao};

use super::scale::Reader;

const AXON: usize = 34;
const PROMETHEUS: usize = 31;
/// Keys, numbers of one byte each, flags, endpoints and an empty list of stakes.
const LEAST: usize = 32 + 32 + 1 + 1 + 1 + AXON + PROMETHEUS + 1 + 8 + 1 + 1;

/// One row. The zero account, and every other key that anybody can sign for, is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeuronLite {
    /// Which subnet.
    pub netuid: u16,
    /// Its place.
    pub uid: u16,
    /// Who it is.
    pub hotkey: Option<Hotkey>,
    /// Who owns it.
    pub coldkey: Option<Coldkey>,
    /// Whether weights were set within the activity cutoff.
    pub active: bool,
    /// Permit.
    pub validator_permit: bool,
    /// When weights were set.
    pub last_update: u64,
    /// Alpha on the hotkey itself.
    pub own_alpha: Option<Rao>,
}

impl NeuronLite {
    /// The member; `None` for a row whose hotkey is nobody.
    #[must_use]
    pub fn neuron(&self) -> Option<Neuron> {
        Some(Neuron {
            permit: self.validator_permit,
            active: self.active,
            own_alpha: self.own_alpha,
            last_update: Some(self.last_update),
            ..Neuron::registered(self.uid, self.hotkey?, self.coldkey)
        })
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let hotkey = reader.array("hotkey")?;
        let coldkey = reader.array("coldkey")?;
        let uid = reader.compact_u16("uid")?;
        let netuid = reader.compact_u16("netuid")?;
        let active = reader.bool("active")?;
        reader.take("axon_info", AXON)?;
        reader.take("prometheus_info", PROMETHEUS)?;
        let stakes = reader.list("stake", 33, |reader| {
            reader.take("stake coldkey", 32)?;
            reader.compact_u64("stake")
        })?;
        reader.compact_u16("rank")?;
        reader.compact_u64("emission")?;
        for number in ["incentive", "consensus", "trust", "validator_trust", "dividends"] {
            reader.compact_u16(number)?;
        }
        let last_update = reader.compact_u64("last_update")?;
        let validator_permit = reader.bool("validator_permit")?;
        reader.compact_u16("pruning_score")?;
        let strong = |key: &[u8; 32]| !is_weak(key);
        Ok(Self {
            netuid,
            uid,
            hotkey: Some(hotkey).filter(strong).map(Hotkey::from_bytes),
            coldkey: Some(coldkey).filter(strong).map(Coldkey::from_bytes),
            active,
            validator_permit,
            last_update,
            own_alpha: stakes.first().copied().map(Rao),
        })
    }
}

/// Decodes `get_neurons_lite`. No row is what a subnet that is not there answers, too.
///
/// # Errors
/// `chain_answer_invalid` with field and place, when anything is not as it has to be, or when a byte is left.
pub fn decode_neurons_lite(bytes: &[u8]) -> Result<Vec<NeuronLite>, Error> {
    let mut reader = Reader::new("get_neurons_lite", bytes);
    let rows = reader.list("neurons", LEAST, NeuronLite::read)?;
    reader.finish()?;
    Ok(rows)
}

/// Decodes `get_neuron_lite`; `None` for a uid that nobody has.
///
/// # Errors
/// As [`decode_neurons_lite`].
pub fn decode_neuron_lite(bytes: &[u8]) -> Result<Option<NeuronLite>, Error> {
    let mut reader = Reader::new("get_neuron_lite", bytes);
    let row = if reader.option("answer")? { Some(NeuronLite::read(&mut reader)?) } else { None };
    reader.finish()?;
    Ok(row)
}
