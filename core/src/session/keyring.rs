//! The server's own secret, and the one before it while servers change over.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode};
use crate::nonce::Entropy;

/// What the hash of a secret starts with whose first byte names the secret in what it made.
pub const KEY_ID_TAG: &[u8] = b"btauth-key-id/1\0";

/// A secret of at least 32 bytes that every server of one service shares. Zeroized when dropped.
pub struct ServerSecret {
    bytes: Zeroizing<Vec<u8>>,
    id: u8,
}

impl ServerSecret {
    /// Fewest bytes of a secret.
    pub const MIN_LEN: usize = 32;

    /// The secret with these bytes.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] below 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() < Self::MIN_LEN {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("secret: expected at least 32 random bytes, as from `openssl rand -hex 32`"));
        }
        let id = Sha256::new().chain_update(KEY_ID_TAG).chain_update(bytes).finalize()[0];
        Ok(Self { bytes: Zeroizing::new(bytes.to_vec()), id })
    }

    /// A secret that only this process knows: sessions end with it.
    #[must_use]
    pub fn generate(entropy: &mut dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut bytes[..]);
        Self::new(&bytes[..]).expect("32 bytes are enough")
    }

    /// HMAC-SHA256 over a domain tag and length-prefixed parts, so that no two lists of parts give the same bytes.
    pub(super) fn mac(&self, tag: &[u8], parts: &[&[u8]]) -> Mac {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes).expect("HMAC takes keys of any length");
        mac.update(tag);
        for part in parts {
            let len = u32::try_from(part.len()).expect("parts are short");
            mac.update(&len.to_be_bytes());
            mac.update(part);
        }
        Mac(mac.finalize().into_bytes().into())
    }

    /// Which key made a value: a hint for the choice among two, not a check.
    pub(super) const fn id(&self) -> u8 {
        self.id
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// A MAC, compared in constant time.
pub(super) struct Mac([u8; 32]);

impl Mac {
    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `presented` is this MAC, or its first bytes.
    pub(super) fn matches(&self, presented: &[u8]) -> bool {
        use subtle::ConstantTimeEq as _;
        presented.len() <= self.0.len() && bool::from(self.0[..presented.len()].ct_eq(presented))
    }
}

/// The secret that makes new values, and the one before it, which is still believed.
#[derive(Debug)]
pub struct Keyring {
    current: ServerSecret,
    previous: Option<ServerSecret>,
}

impl Keyring {
    /// A ring with one secret.
    #[must_use]
    pub const fn new(current: ServerSecret) -> Self {
        Self { current, previous: None }
    }

    /// Believes values of `previous` too, as during a change of secrets.
    #[must_use]
    pub fn with_previous(self, previous: ServerSecret) -> Self {
        Self { previous: Some(previous), ..self }
    }

    pub(super) const fn current(&self) -> &ServerSecret {
        &self.current
    }

    /// Whether any secret with this id accepts.
    pub(super) fn any(&self, id: u8, accepts: impl Fn(&ServerSecret) -> bool) -> bool {
        std::iter::once(&self.current).chain(&self.previous).any(|secret| secret.id == id && accepts(secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_secret_byte() {
        let ring = Keyring::new(ServerSecret::new(&[0x5a; 32]).expect("32 bytes"));
        let shown = format!("{ring:?}");
        assert!(!shown.contains("90") && !shown.contains("5a"), "{shown}");
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let secret = ServerSecret::new(&[1; 32]).expect("32 bytes");
        assert_ne!(secret.mac(b"t", &[b"ab", b"c"]).as_bytes(), secret.mac(b"t", &[b"a", b"bc"]).as_bytes());
        assert!(ServerSecret::new(&[1; 31]).is_err());
    }
}
