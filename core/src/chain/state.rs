//! `SubnetState`: the oldest stable source of stakes, for runtimes whose metagraph is not known.

use crate::error::Error;

use super::scale::Reader;

/// What `get_subnet_state` answers: the fields that matter for admission, by uid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SubnetState {
    /// Which subnet.
    pub netuid: u16,
    /// Hotkeys.
    pub hotkeys: Vec<[u8; 32]>,
    /// Coldkeys.
    pub coldkeys: Vec<[u8; 32]>,
    /// Whether weights were set within the activity cutoff.
    pub active: Vec<bool>,
    /// Permits.
    pub validator_permit: Vec<bool>,
    /// When weights were set.
    pub last_update: Vec<u64>,
    /// When the uid was taken.
    pub block_at_registration: Vec<u64>,
    /// Rao.
    pub alpha_stake: Vec<u64>,
    /// Rao.
    pub tao_stake: Vec<u64>,
    /// Rao.
    pub total_stake: Vec<u64>,
}

impl SubnetState {
    /// Decodes an answer; `None` for a subnet that is not there.
    ///
    /// # Errors
    /// `chain_answer_invalid` with field and place, when anything is not as it has to be, or when a byte is left.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Error> {
        let mut reader = Reader::new("get_subnet_state", bytes);
        if !reader.option("answer")? {
            return reader.finish().map(|()| None);
        }
        let mut state = Self {
            netuid: reader.compact_u16("netuid")?,
            hotkeys: reader.accounts("hotkeys")?,
            coldkeys: reader.accounts("coldkeys")?,
            active: reader.bools("active")?,
            validator_permit: reader.bools("validator_permit")?,
            ..Self::default()
        };
        reader.skip_compacts("pruning_score")?;
        state.last_update = reader.compacts("last_update")?;
        for skipped in ["emission", "dividends", "incentives", "consensus", "trust", "rank"] {
            reader.skip_compacts(skipped)?;
        }
        state.block_at_registration = reader.compacts("block_at_registration")?;
        state.alpha_stake = reader.compacts("alpha_stake")?;
        state.tao_stake = reader.compacts("tao_stake")?;
        state.total_stake = reader.compacts("total_stake")?;
        reader.skip_list("emission_history", 1, |reader| reader.skip_compacts("emission_history"))?;
        reader.finish()?;
        Ok(Some(state))
    }
}
