//! Values of single storage items. An absent row is `None` and means the item's default, which is no error.

use crate::error::Error;
use crate::key::{Coldkey, Hotkey, is_weak};

use super::scale::Reader;

/// Decoders of storage values, each strict: all bytes used.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Values;

impl Values {
    /// `Uids`: the uid, or no member.
    ///
    /// # Errors
    /// `chain_answer_invalid`, as all of them.
    pub fn uid(value: Option<&[u8]>) -> Result<Option<u16>, Error> {
        Self::optional("Uids", value, |reader| reader.array("uid").map(u16::from_le_bytes))
    }

    /// `Keys`, `SubnetOwnerHotkey`: the hotkey; the zero account and other weak keys are nobody.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn hotkey(value: Option<&[u8]>) -> Result<Option<Hotkey>, Error> {
        Ok(Self::account(value)?.map(Hotkey::from_bytes))
    }

    /// `Owner`, `SubnetOwner`: the coldkey; the zero account and other weak keys are nobody.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn coldkey(value: Option<&[u8]>) -> Result<Option<Coldkey>, Error> {
        Ok(Self::account(value)?.map(Coldkey::from_bytes))
    }

    /// `OwnedHotkeys`: the hotkeys, without weak ones.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn owned_hotkeys(value: Option<&[u8]>) -> Result<Vec<Hotkey>, Error> {
        let accounts = Self::optional("OwnedHotkeys", value, |reader| reader.accounts("hotkeys"))?;
        let strong = accounts.unwrap_or_default().into_iter().filter(|key| !is_weak(key));
        Ok(strong.map(Hotkey::from_bytes).collect())
    }

    /// `ValidatorPermit`: by uid.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn permits(value: Option<&[u8]>) -> Result<Vec<bool>, Error> {
        Ok(Self::optional("ValidatorPermit", value, |reader| reader.bools("permits"))?.unwrap_or_default())
    }

    /// `LastUpdate`: by uid.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn last_update(value: Option<&[u8]>) -> Result<Vec<u64>, Error> {
        let blocks = Self::optional("LastUpdate", value, |reader| {
            reader.list("blocks", 8, |reader| reader.array("block").map(u64::from_le_bytes))
        })?;
        Ok(blocks.unwrap_or_default())
    }

    /// `NetworksAdded`, `IsNetworkMember`: false when absent.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn flag(value: Option<&[u8]>) -> Result<bool, Error> {
        Ok(Self::optional("a flag", value, |reader| reader.bool("value"))?.unwrap_or_default())
    }

    /// `Tempo`, `SubnetworkN`: a number of 16 bits.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn small(value: Option<&[u8]>) -> Result<Option<u16>, Error> {
        Self::optional("a number of 16 bits", value, |reader| reader.array("value").map(u16::from_le_bytes))
    }

    /// `NetworkRegisteredAt`, `Timestamp.Now`: a number of 64 bits.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn large(value: Option<&[u8]>) -> Result<Option<u64>, Error> {
        Self::optional("a number of 64 bits", value, |reader| reader.array("value").map(u64::from_le_bytes))
    }

    /// `ColdkeySwapAnnouncements`: from which block the swap may run.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn announced_swap(value: Option<&[u8]>) -> Result<Option<u64>, Error> {
        Self::optional("ColdkeySwapAnnouncements", value, |reader| {
            let from_block = u32::from_le_bytes(reader.array("block")?);
            reader.take("hash of the new coldkey", 32)?;
            Ok(from_block.into())
        })
    }

    /// `ColdkeySwapDisputes`: since which block.
    ///
    /// # Errors
    /// `chain_answer_invalid`.
    pub fn disputed_swap(value: Option<&[u8]>) -> Result<Option<u64>, Error> {
        Self::optional("ColdkeySwapDisputes", value, |reader| {
            reader.array("block").map(|block| u32::from_le_bytes(block).into())
        })
    }

    fn account(value: Option<&[u8]>) -> Result<Option<[u8; 32]>, Error> {
        let account: Option<[u8; 32]> = Self::optional("an account", value, |reader| reader.array("key"))?;
        Ok(account.filter(|key| !is_weak(key)))
    }

    fn optional<'a, T>(
        what: &'static str,
        value: Option<&'a [u8]>,
        decode: impl FnOnce(&mut Reader<'a>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let Some(bytes) = value else { return Ok(None) };
        let mut reader = Reader::new(what, bytes);
        let decoded = decode(&mut reader)?;
        reader.finish()?;
        Ok(Some(decoded))
    }
}
