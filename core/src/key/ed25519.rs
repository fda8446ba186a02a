//! Ed25519 (RFC 8032), strict: canonical encodings only, no point of small order.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::error::{Error, ErrorCode};

/// Verifies one signature; small-order keys are refused, because one constant signature fits them and every message.
pub(super) fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
    if !is_canonical(key) {
        return Err(ErrorCode::BadSignature.into());
    }
    let public = VerifyingKey::from_bytes(key).map_err(|_| ErrorCode::BadSignature)?;
    if public.is_weak() {
        return Err(ErrorCode::WeakKey.into());
    }
    public.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| ErrorCode::BadSignature.into())
}

/// Whether the y coordinate is below p = 2^255 − 19; the library would reduce it and give one key two spellings.
fn is_canonical(key: &[u8; 32]) -> bool {
    let high = key[31] & 0x7f;
    let all_ones = high == 0x7f && key[1..31].iter().all(|&byte| byte == 0xff);
    !(all_ones && key[0] >= 0xed)
}
