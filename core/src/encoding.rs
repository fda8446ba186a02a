//! Strict text forms: hex, base64url and SS58. Lengths are checked before anything is decoded.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use blake2::{Blake2b512, Digest as _};

use crate::error::{Error, ErrorCode};

/// Characters of an SS58 address with prefix 42 and a 32-byte key. It always starts with `5`.
pub const SS58_LEN: usize = 48;
/// The only accepted SS58 prefix: generic Substrate, which Bittensor uses.
pub const SS58_PREFIX: u8 = 42;

const SS58_DECODED_LEN: usize = 35;
const SS58_CONTEXT: &[u8] = b"SS58PRE";

/// Decodes exactly `N` bytes of hex, either case, without a `0x`.
pub(crate) fn decode_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // The crate checks that the text has 2·N digits before it reads them.
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// Lowercase hex without a `0x`.
pub(crate) fn encode_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

/// base64url without padding (RFC 4648 §5).
pub(crate) fn encode_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes exactly `N` bytes of unpadded base64url; anything but the one canonical spelling is refused.
pub(crate) fn decode_base64url<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != (N * 4).div_ceil(3) {
        return None;
    }
    let mut bytes = [0; N];
    let written = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (written == N).then_some(bytes)
}

/// The canonical SS58 address of a 32-byte public key: prefix 42, 48 characters (`spec/01 §2`).
#[must_use]
pub fn encode_ss58(key: &[u8; 32]) -> String {
    let mut bytes = [0; SS58_DECODED_LEN];
    bytes[0] = SS58_PREFIX;
    bytes[1..33].copy_from_slice(key);
    let checksum = ss58_checksum(&bytes[..33]);
    bytes[33..].copy_from_slice(&checksum);
    bs58::encode(bytes).into_string()
}

/// Decodes a canonical SS58 address; every other spelling of the same key is refused (`spec/01 §2`).
///
/// # Errors
/// [`ErrorCode::MalformedHotkey`]: not 48 characters, not base58, another prefix, or a wrong checksum.
pub fn decode_ss58(text: &str) -> Result<[u8; 32], Error> {
    // Base58 takes quadratic time, so the length comes first.
    if text.len() != SS58_LEN {
        return Err(malformed("expected an SS58 address of 48 characters (prefix 42)"));
    }
    let mut bytes = [0; SS58_DECODED_LEN];
    let written = bs58::decode(text).onto(&mut bytes[..]).map_err(|_| malformed("expected base58 text"))?;
    // Prefix 42 leaves no room for a second spelling: 35 bytes without leading zeros have one base58 form.
    if written != SS58_DECODED_LEN || bytes[0] != SS58_PREFIX {
        return Err(malformed("expected an address with SS58 prefix 42 (it starts with 5)"));
    }
    if bytes[33..] != ss58_checksum(&bytes[..33]) {
        return Err(malformed("the SS58 checksum does not match: expected the address unchanged"));
    }
    let mut key = [0; 32];
    key.copy_from_slice(&bytes[1..33]);
    Ok(key)
}

fn ss58_checksum(payload: &[u8]) -> [u8; 2] {
    let hash = Blake2b512::new().chain_update(SS58_CONTEXT).chain_update(payload).finalize();
    [hash[0], hash[1]]
}

fn malformed(detail: &'static str) -> Error {
    Error::new(ErrorCode::MalformedHotkey).detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    /// SS58 with any prefix below 16,384, in its shortest or its two-byte form.
    fn encode_with(prefix: &[u8], key: &[u8; 32]) -> String {
        let payload = [prefix, key].concat();
        bs58::encode([&payload[..], &ss58_checksum(&payload)].concat()).into_string()
    }

    #[test]
    #[allow(clippy::cast_possible_truncation, reason = "the SS58 rule cuts the prefix into bytes")]
    fn one_key_has_one_address() {
        let key = decode_ss58(ALICE).expect("a canonical address");
        assert_eq!(encode_ss58(&key), ALICE);
        for prefix in 0..16_384_u16 {
            let two = [((prefix & 0xfc) >> 2) as u8 | 0x40, (prefix >> 8) as u8 | ((prefix & 3) << 6) as u8];
            assert!(decode_ss58(&encode_with(&two, &key)).is_err(), "two-byte form of {prefix}");
            if prefix < 64 {
                let accepted = decode_ss58(&encode_with(&[prefix as u8], &key)).is_ok();
                assert_eq!(accepted, prefix == 42, "one-byte prefix {prefix}");
            }
        }
    }

    #[test]
    fn hex_and_base64url_have_one_length() {
        assert_eq!(decode_hex::<2>("00fF"), Some([0, 255]));
        assert_eq!(decode_hex::<2>("00f"), None);
        assert_eq!(decode_hex::<2>("00fg"), None);
        let text = encode_base64url(&[1, 2, 3, 4]);
        assert_eq!(decode_base64url::<4>(text.as_bytes()), Some([1, 2, 3, 4]));
        assert_eq!(decode_base64url::<3>(text.as_bytes()), None);
        // The last character carries two unused bits: only zero bits are canonical.
        assert_eq!(decode_base64url::<4>(b"AQIDBB"), None);
    }
}
