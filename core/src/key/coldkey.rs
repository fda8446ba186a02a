//! Coldkeys: who owns a hotkey. They never sign requests.

use std::fmt;

use crate::encoding::{decode_ss58, encode_ss58};
use crate::error::{Error, ErrorCode};

/// The 32-byte public key that owns hotkeys. A type of its own, so that nobody compares it with a hotkey by accident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coldkey([u8; 32]);

impl Coldkey {
    /// The coldkey with this public key.
    #[must_use]
    pub const fn from_bytes(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Reads a canonical SS58 address: prefix 42, 48 characters.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedColdkey`] for every other spelling.
    pub fn from_ss58(address: &str) -> Result<Self, Error> {
        decode_ss58(address).map(Self).map_err(|_| ErrorCode::MalformedColdkey.into())
    }

    /// The canonical SS58 address.
    #[must_use]
    pub fn to_ss58(&self) -> String {
        encode_ss58(&self.0)
    }

    /// The public key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Coldkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_ss58())
    }
}

/// Shortened to eight characters, as logs should be.
impl fmt::Debug for Coldkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Coldkey({}…)", &self.to_ss58()[..8])
    }
}
