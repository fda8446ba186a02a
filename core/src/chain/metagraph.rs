//! `SelectiveMetagraph`: one row for each field, each an `Option` that holds something when it was asked for.

use crate::error::Error;
use crate::key::{Coldkey, Hotkey, is_weak};

use super::scale::Reader;

/// What `get_selective_metagraph` and `get_selective_mechagraph` answer: the fields that matter for admission. Fields
/// that were not asked for are `None`; all others are decoded too, so that every byte is accounted for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SelectiveMetagraph {
    /// Which subnet (field 0).
    pub netuid: u16,
    /// Since which block the netuid belongs to it (4).
    pub network_registered_at: Option<u64>,
    /// Its owner's hotkey (5); the zero account is nobody.
    pub owner_hotkey: Option<Hotkey>,
    /// Its owner's coldkey (6); the zero account is nobody.
    pub owner_coldkey: Option<Coldkey>,
    /// The block (7).
    pub block: Option<u64>,
    /// Blocks between two epochs (8).
    pub tempo: Option<u16>,
    /// The block of the last epoch (9).
    pub last_step: Option<u64>,
    /// By uid (52).
    pub hotkeys: Option<Vec<[u8; 32]>>,
    /// By uid (53).
    pub coldkeys: Option<Vec<[u8; 32]>>,
    /// By uid (56).
    pub active: Option<Vec<bool>>,
    /// By uid (57).
    pub validator_permit: Option<Vec<bool>>,
    /// By uid (59).
    pub last_update: Option<Vec<u64>>,
    /// By uid (66).
    pub block_at_registration: Option<Vec<u64>>,
    /// By uid, rao (67).
    pub alpha_stake: Option<Vec<u64>>,
    /// By uid, rao (68).
    pub tao_stake: Option<Vec<u64>>,
    /// By uid, rao (69).
    pub total_stake: Option<Vec<u64>>,
    /// One bit for each field that holds something.
    present: u128,
}

const WHAT: &str = "get_selective_metagraph";
/// The fields that are known, 0 among them. Whatever a later runtime appends has to be an empty `Option`.
const FIELDS: u8 = 74;
const AXON: usize = 34;

impl SelectiveMetagraph {
    /// The fields that a snapshot is made of.
    pub const QUERY: [u16; 16] = [0, 4, 5, 6, 7, 8, 9, 52, 53, 56, 57, 59, 66, 67, 68, 69];

    /// Decodes an answer; `None` for a subnet that is not there.
    ///
    /// # Errors
    /// `chain_answer_invalid` with field and place, when anything is not as it has to be, or when a byte is left.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Error> {
        let mut reader = Reader::new(WHAT, bytes);
        if !reader.option("answer")? {
            return reader.finish().map(|()| None);
        }
        let mut graph = Self { netuid: reader.compact_u16("netuid")?, present: 1, ..Self::default() };
        for index in 1..FIELDS {
            if reader.option("field")? {
                graph.present |= 1 << index;
                graph.field(index, &mut reader)?;
            }
        }
        if reader.rest().iter().any(|&byte| byte != 0) {
            return Err(reader.wrong("fields of a later runtime", "none of them to hold anything"));
        }
        Ok(Some(graph))
    }

    /// Whether exactly these fields hold something. An answer to a question holds what was asked for and nothing else:
    /// one field more, and each list after it could stand for another one.
    #[must_use]
    pub fn holds_exactly(&self, fields: &[u16]) -> bool {
        let asked = fields.iter().fold(0_u128, |asked, index| asked | 1_u128.checked_shl((*index).into()).unwrap_or(0));
        self.present == asked
    }

    fn field(&mut self, index: u8, reader: &mut Reader<'_>) -> Result<(), Error> {
        match index {
            4 => self.network_registered_at = Some(reader.compact_u64("network_registered_at")?),
            5 => self.owner_hotkey = strong(reader.array("owner_hotkey")?).map(Hotkey::from_bytes),
            6 => self.owner_coldkey = strong(reader.array("owner_coldkey")?).map(Coldkey::from_bytes),
            7 => self.block = Some(reader.compact_u64("block")?),
            8 => self.tempo = Some(reader.compact_u16("tempo")?),
            9 => self.last_step = Some(reader.compact_u64("last_step")?),
            52 => self.hotkeys = Some(reader.accounts("hotkeys")?),
            53 => self.coldkeys = Some(reader.accounts("coldkeys")?),
            56 => self.active = Some(reader.bools("active")?),
            57 => self.validator_permit = Some(reader.bools("validator_permit")?),
            59 => self.last_update = Some(reader.compacts("last_update")?),
            66 => self.block_at_registration = Some(reader.compacts("block_at_registration")?),
            67 => self.alpha_stake = Some(reader.compacts("alpha_stake")?),
            68 => self.tao_stake = Some(reader.compacts("tao_stake")?),
            69 => self.total_stake = Some(reader.compacts("total_stake")?),
            _ => skip(index, reader)?,
        }
        Ok(())
    }
}

/// Fields that nobody here needs, checked all the same.
fn skip(index: u8, reader: &mut Reader<'_>) -> Result<(), Error> {
    match index {
        1 | 2 => reader.skip_compacts("name or symbol"),
        3 => {
            if reader.option("identity")? {
                skip_texts(8, reader)?;
            }
            Ok(())
        }
        10..=20 | 22..=33 | 36..=45 | 47 | 49..=51 => reader.compact("number").map(drop),
        21 => reader.take("moving_price", 16).map(drop),
        34 | 35 | 46 | 48 => reader.bool("flag").map(drop),
        54 => reader.skip_list("identities", 1, |reader| {
            if reader.option("identity")? {
                skip_texts(7, reader)?;
            }
            Ok(())
        }),
        55 => reader.skip_list("axons", AXON, |reader| reader.take("axon", AXON).map(drop)),
        58 | 60..=65 | 72 => reader.skip_compacts("numbers by uid"),
        70 | 71 => reader.skip_list("dividends", 33, |reader| {
            reader.take("hotkey", 32)?;
            reader.compact("dividend").map(drop)
        }),
        73 => reader.skip_list("commitments", 33, |reader| {
            reader.take("hotkey", 32)?;
            reader.skip_compacts("commitment")
        }),
        _ => Err(reader.wrong("field", "one of the known fields")),
    }
}

fn skip_texts(count: usize, reader: &mut Reader<'_>) -> Result<(), Error> {
    for _ in 0..count {
        reader.skip_bytes("text")?;
    }
    Ok(())
}

fn strong(key: [u8; 32]) -> Option<[u8; 32]> {
    (!is_weak(&key)).then_some(key)
}
