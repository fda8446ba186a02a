//! Hotkey files of Bittensor wallets: bytes to key, and with feature `wallet-fs` the file itself (`spec/01 §5`).
//!
//! Read only, plaintext only, hotkeys only: signing requests needs no coldkey and no password.

mod document;
#[cfg(feature = "wallet-fs")]
mod load;
mod mnemonic;
mod path;
mod secrets;

use std::fmt;

use crate::error::{Error, ErrorCode};
use crate::key::{Hotkey, Scheme, SigningKey};
use document::Document;

#[cfg(feature = "wallet-fs")]
pub use load::load_hotkey;
pub use path::WalletPath;

/// How encrypted keyfiles start: NaCl secretbox, Ansible vault, Fernet token.
const ENCRYPTED: [&[u8]; 3] = [b"$NACL", b"$ANSIBLE_VAULT", b"gAAAAA"];

/// The secret key of a hotkey file whose fields all name the same key. Zeroized when dropped.
#[must_use]
pub struct Keyfile(SigningKey);

impl Keyfile {
    /// The largest file that is read, in bytes. Real ones have about 600.
    pub const MAX_LEN: usize = 16 * 1024;

    /// Reads the bytes of a plaintext hotkey file: one JSON object in UTF-8, at most [`Keyfile::MAX_LEN`] bytes.
    ///
    /// Derives a key from **every** secret in it (`secretPhrase`, `secretSeed`, `privateKey`) and compares them all
    /// with each other and with `publicKey`, `accountId` and `ss58Address`. `null` is the same as absent, unknown
    /// fields are ignored, hex may lack its `0x`. `cryptoType` is the number 0 (ed25519) or 1 (sr25519, the default).
    /// A `secretSeed` that is not 64 hex digits, as one writer makes them from seeds that happen to be text, is passed
    /// over when another secret and `ss58Address` are there to agree. The bytes stay the caller's to zeroize.
    ///
    /// # Errors
    /// [`ErrorCode::KeyfileEncrypted`]; [`ErrorCode::KeyfileMismatch`] when two fields name different keys;
    /// [`ErrorCode::KeyfileMalformed`] for everything else, public files among it. Messages name fields, never values.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > Self::MAX_LEN {
            return Err(malformed("expected at most 16 KiB"));
        }
        if ENCRYPTED.iter().any(|start| bytes.starts_with(start)) {
            return Err(ErrorCode::KeyfileEncrypted.into());
        }
        secrets::agreed_key(&Document::parse(bytes)?).map(Self)
    }

    /// The key, to sign with.
    #[must_use]
    pub fn into_key(self) -> SigningKey {
        self.0
    }

    /// The public key.
    #[must_use]
    pub fn hotkey(&self) -> Hotkey {
        self.0.hotkey()
    }

    /// The scheme that `cryptoType` names.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.0.scheme()
    }
}

/// Shows the public key only.
impl fmt::Debug for Keyfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keyfile").field(&self.0).finish()
    }
}

fn malformed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorCode::KeyfileMalformed).detail(detail)
}

#[cfg(test)]
mod tests;
