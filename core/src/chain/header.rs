//! Block headers: the number, and that header and hash belong together.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use serde::Deserialize;

/// A header as JSON-RPC gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    number: u32,
    parent_hash: [u8; 32],
    state_root: [u8; 32],
    extrinsics_root: [u8; 32],
    logs: Vec<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    parent_hash: String,
    number: String,
    state_root: String,
    extrinsics_root: String,
    digest: Digest,
}

#[derive(Deserialize)]
struct Digest {
    logs: Vec<String>,
}

impl Header {
    /// Reads the JSON object; `None` for anything else.
    #[must_use]
    pub fn from_json(json: &str) -> Option<Self> {
        Self::from_text(&serde_json::from_str(json).ok()?)
    }

    pub(super) fn from_value(value: &serde_json::Value) -> Option<Self> {
        Self::from_text(&Text::deserialize(value).ok()?)
    }

    fn from_text(text: &Text) -> Option<Self> {
        let number = text.number.strip_prefix("0x")?;
        Some(Self {
            number: u32::from_str_radix(number, 16).ok()?,
            parent_hash: super::rpc::hash(&text.parent_hash)?,
            state_root: super::rpc::hash(&text.state_root)?,
            extrinsics_root: super::rpc::hash(&text.extrinsics_root)?,
            logs: text.digest.logs.iter().map(|log| super::rpc::bytes(log)).collect::<Option<_>>()?,
        })
    }

    /// The block's number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number.into()
    }

    /// The block's hash: BLAKE2b-256 of the encoded header.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Blake2b::<U32>::new();
        hash.update(self.parent_hash);
        hash.update(compact(self.number));
        hash.update(self.state_root);
        hash.update(self.extrinsics_root);
        // No answer has 2^30 logs.
        hash.update(compact(u32::try_from(self.logs.len()).unwrap_or(u32::MAX)));
        self.logs.iter().for_each(|log| hash.update(log));
        hash.finalize().into()
    }
}

/// The shortest SCALE form of a number.
fn compact(value: u32) -> Vec<u8> {
    match value {
        0..0x40 => vec![u8::try_from(value << 2).expect("six bits")],
        0x40..0x4000 => u16::try_from(value << 2 | 1).expect("14 bits").to_le_bytes().into(),
        0x4000..0x4000_0000 => (value << 2 | 2).to_le_bytes().into(),
        _ => [&[3][..], &value.to_le_bytes()].concat(),
    }
}
