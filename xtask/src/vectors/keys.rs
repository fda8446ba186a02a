//! Who signs in the vectors: the public development keys of Substrate.

use bittensor_auth::key::{Hotkey, Scheme, SigningKey};
use bittensor_auth::nonce::{Entropy, SeededEntropy};
use sha2::{Digest as _, Sha256};

/// A key whose seed everybody knows.
pub(super) struct Key {
    secret: SigningKey,
    seed: [u8; 32],
}

impl Key {
    fn new(scheme: Scheme, seed: &str) -> Self {
        let mut bytes = [0; 32];
        hex::decode_to_slice(seed, &mut bytes).expect("a seed has 64 hex digits");
        Self { secret: SigningKey::from_seed(scheme, &bytes), seed: bytes }
    }

    /// `//Alice`, sr25519.
    pub(super) fn alice() -> Self {
        Self::new(Scheme::Sr25519, "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a")
    }

    /// `//Bob`, sr25519: the receiver of most requests.
    pub(super) fn bob() -> Self {
        Self::new(Scheme::Sr25519, "398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89")
    }

    /// `//Alice`, ed25519.
    pub(super) fn alice_ed25519() -> Self {
        Self::new(Scheme::Ed25519, "abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115")
    }

    /// `//Bob`, ed25519.
    pub(super) fn bob_ed25519() -> Self {
        Self::new(Scheme::Ed25519, "3b7b60af2abcd57ba401ab398f84f4ca54bd6b2140d2503fbcf3286535fe3ff1")
    }

    /// The Alice of a scheme.
    pub(super) fn alice_of(scheme: Scheme) -> Self {
        if scheme == Scheme::Ed25519 { Self::alice_ed25519() } else { Self::alice() }
    }

    /// The Bob of a scheme.
    pub(super) fn bob_of(scheme: Scheme) -> Self {
        if scheme == Scheme::Ed25519 { Self::bob_ed25519() } else { Self::bob() }
    }

    pub(super) const fn scheme(&self) -> Scheme {
        self.secret.scheme()
    }

    pub(super) const fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    pub(super) fn hotkey(&self) -> Hotkey {
        self.secret.hotkey()
    }

    pub(super) fn address(&self) -> String {
        self.hotkey().to_ss58()
    }

    pub(super) fn public_hex(&self) -> String {
        hex::encode(self.hotkey().as_bytes())
    }

    /// The signature that this key makes in the case `id`, the same every time.
    pub(super) fn sign(&self, id: &str, message: &[u8]) -> [u8; 64] {
        *self.secret.sign(message, &mut entropy(id)).as_bytes()
    }
}

/// Bytes that belong to one case, so that a new case changes no other.
pub(super) fn entropy(id: &str) -> SeededEntropy {
    let hash = Sha256::digest(id);
    SeededEntropy::new(u64::from_le_bytes(std::array::from_fn(|index| hash[index])))
}

/// The first `N` of those bytes.
pub(super) fn random<const N: usize>(id: &str) -> [u8; N] {
    let mut bytes = [0; N];
    entropy(id).fill(&mut bytes);
    bytes
}
