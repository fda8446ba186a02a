//! English BIP-39 words to a mini secret, the Substrate way: from the entropy, not from the BIP-39 seed.

use bip39::{Language, Mnemonic};
use sha2::Sha512;
use zeroize::{Zeroize as _, Zeroizing};

use super::malformed;
use crate::error::Error;

const ROUNDS: u32 = 2048;
/// Hotkeys have no password; one would follow here.
const SALT: &[u8] = b"mnemonic";

/// The mini secret of 12, 15, 18, 21 or 24 words between any white space; sr25519 and ed25519 both start from it.
pub(super) fn mini_secret(phrase: &str) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mnemonic = Mnemonic::parse_in_normalized(Language::English, phrase).map_err(|_| {
        malformed("secretPhrase: expected 12, 15, 18, 21 or 24 English BIP-39 words in lower case, checksum included")
    })?;
    let (mut entropy, len) = mnemonic.to_entropy_array();
    let mut mini = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha512>(&entropy[..len], SALT, ROUNDS, &mut mini[..]);
    entropy.zeroize();
    Ok(mini)
}
