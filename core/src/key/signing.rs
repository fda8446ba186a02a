//! Secret keys that this process holds.

use std::fmt;

use zeroize::Zeroizing;

use super::{Hotkey, Scheme, Signature, sr25519, verify};
use crate::error::{Error, ErrorCode};
use crate::nonce::Entropy;

/// A secret key. Zeroized when dropped; cannot be cloned, printed or serialised.
pub struct SigningKey(Secret);

enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sr25519(Box<sr25519::Pair>),
}

impl SigningKey {
    /// The key of a 32-byte seed ("mini secret"), expanded the Substrate way for sr25519 (`spec/01 §5`).
    #[must_use]
    pub fn from_seed(scheme: Scheme, seed: &[u8; 32]) -> Self {
        match scheme {
            Scheme::Ed25519 => Self(Secret::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed)))),
            Scheme::Sr25519 => Self(Secret::Sr25519(Box::new(sr25519::Pair::from_seed(seed)))),
        }
    }

    /// The sr25519 key of a 64-byte secret in schnorrkel's own form: scalar, then nonce (`spec/01 §5`).
    ///
    /// # Errors
    /// [`ErrorCode::KeyfileMalformed`] when the first half is not a scalar.
    pub fn from_sr25519_secret(secret: &[u8; 64]) -> Result<Self, Error> {
        let pair = sr25519::Pair::from_secret(secret).ok_or_else(|| {
            Error::new(ErrorCode::KeyfileMalformed).detail("privateKey: expected an sr25519 scalar and nonce")
        })?;
        Ok(Self(Secret::Sr25519(Box::new(pair))))
    }

    /// A new random key.
    #[must_use]
    pub fn generate(scheme: Scheme, entropy: &mut dyn Entropy) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        entropy.fill(&mut seed[..]);
        Self::from_seed(scheme, &seed)
    }

    /// The public key.
    #[must_use]
    pub fn hotkey(&self) -> Hotkey {
        Hotkey::from_bytes(match &self.0 {
            Secret::Ed25519(key) => key.verifying_key().to_bytes(),
            Secret::Sr25519(pair) => pair.public(),
        })
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match self.0 {
            Secret::Ed25519(_) => Scheme::Ed25519,
            Secret::Sr25519(_) => Scheme::Sr25519,
        }
    }

    /// Signs exactly these bytes: no hash, no wrapper. sr25519 mixes in 32 bytes of `entropy`; ed25519 uses none.
    #[must_use]
    pub fn sign(&self, message: &[u8], entropy: &mut dyn Entropy) -> Signature {
        Signature::from_bytes(match &self.0 {
            Secret::Ed25519(key) => ed25519_dalek::Signer::sign(&**key, message).to_bytes(),
            Secret::Sr25519(pair) => {
                let mut draw = [0; 32];
                entropy.fill(&mut draw);
                pair.sign(message, draw)
            }
        })
    }
}

/// Shows the public key only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("scheme", &self.scheme())
            .field("hotkey", &self.hotkey())
            .finish_non_exhaustive()
    }
}

/// Checks what an external signer returned for `message` before it is used anywhere (`spec/02 §6`).
///
/// # Errors
/// [`ErrorCode::SignerFailed`] when it does not verify under the signer's own key.
pub fn check_signer(scheme: Scheme, hotkey: &Hotkey, message: &[u8], signature: &Signature) -> Result<(), Error> {
    verify(scheme, hotkey, message, signature).map_err(|_| {
        Error::new(ErrorCode::SignerFailed)
            .detail("expected a signature over exactly the given bytes by the key that the signer's address names")
    })
}
