//! Every secret of a keyfile becomes a key, and all of them have to be the same one.

use zeroize::Zeroizing;

use super::document::{Document, Text};
use super::{malformed, mnemonic};
use crate::error::{Error, ErrorCode};
use crate::key::{Hotkey, Scheme, SigningKey};

/// The one key that every field of the file names, derived from the first of phrase, seed and private key.
pub(super) fn agreed_key(document: &Document<'_>) -> Result<SigningKey, Error> {
    let mut keys = derive_all(document)?.into_iter();
    let (source, key) = keys.next().ok_or_else(|| {
        malformed("the file holds no secret: expected secretPhrase, secretSeed or privateKey (not a pub.txt file)")
    })?;
    let hotkey = key.hotkey();
    let others = keys.map(|(field, key)| (field, key.hotkey())).chain(document.public.iter().copied());
    for (field, other) in others {
        if other != hotkey {
            return Err(
                Error::new(ErrorCode::KeyfileMismatch).detail(format!("{field}: expected the same key as in {source}"))
            );
        }
    }
    Ok(key)
}

/// The keys of all secrets, in the order in which wallets prefer them.
fn derive_all(document: &Document<'_>) -> Result<Vec<(&'static str, SigningKey)>, Error> {
    let mut keys = Vec::with_capacity(3);
    if let Some(text) = document.secret_phrase {
        let phrase = text.plain().ok_or_else(|| malformed("secretPhrase: expected words without escapes"))?;
        keys.push(("secretPhrase", SigningKey::from_seed(document.scheme, &*mnemonic::mini_secret(phrase)?)));
    }
    let seed = document.secret_seed.map(decode_secret::<32>);
    if let Some(Some(seed)) = &seed {
        keys.push(("secretSeed", SigningKey::from_seed(document.scheme, seed)));
    }
    if let Some(text) = document.private_key {
        keys.push(("privateKey", private_key(document.scheme, text)?));
    }
    // A seed that cannot be read proves nothing, so the address has to vouch for the secret that is used instead.
    let vouched = document.has_address && !keys.is_empty();
    if matches!(seed, Some(None)) && !vouched {
        return Err(malformed("secretSeed: expected 0x and 64 hex digits"));
    }
    Ok(keys)
}

fn private_key(scheme: Scheme, text: Text<'_>) -> Result<SigningKey, Error> {
    match scheme {
        Scheme::Ed25519 => decode_secret(text)
            .map(|seed| SigningKey::from_seed(scheme, &seed))
            .ok_or_else(|| malformed("privateKey: expected 0x and 64 hex digits for ed25519")),
        Scheme::Sr25519 => {
            // 32 bytes would be a seed: wallets that take them end up with another key, silently.
            let secret = decode_secret(text)
                .ok_or_else(|| malformed("privateKey: expected 0x and 128 hex digits for sr25519"))?;
            let key = SigningKey::from_sr25519_secret(&secret)?;
            if key.hotkey() == Hotkey::from_bytes([0; 32]) {
                return Err(malformed("privateKey: expected an sr25519 scalar other than zero"));
            }
            Ok(key)
        }
    }
}

/// Decodes exactly `N` bytes of hex straight into memory that is zeroized.
fn decode_secret<const N: usize>(text: Text<'_>) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(text.hex_digits()?, &mut bytes[..]).ok()?;
    Some(bytes)
}
