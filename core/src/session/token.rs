//! Tokens: a prefix for secret scanners, a body that the server can check without a store, a checksum for typing
//! errors (`spec/04 §4`).

use sha2::{Digest as _, Sha256};

use super::keyring::Keyring;
use super::record::FamilyId;
use crate::encoding::{decode_base64url, encode_base64url};
use crate::error::{Error, ErrorCode};
use crate::key::Hotkey;
use crate::replay::Namespace;
use crate::time::UnixNanos;

/// How every session token starts.
pub const SESSION_PREFIX: &str = "btas_";
/// How every refresh token starts.
pub const REFRESH_PREFIX: &str = "btar_";

/// What the MAC of every session token starts with.
pub const SESSION_TAG: &[u8] = b"btauth-session/1\0";
/// What the MAC of every refresh token starts with.
pub const REFRESH_TAG: &[u8] = b"btauth-refresh/1\0";
const CHECKSUM_LEN: usize = 4;
const MAC_LEN: usize = 32;
/// Key id, hotkey, family, rotation, expiry.
const BODY_LEN: usize = 1 + 32 + 16 + 4 + 4;
const TOKEN_LEN: usize = BODY_LEN + MAC_LEN + CHECKSUM_LEN;

/// Which of the two tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Refresh,
    Session,
}

impl TokenKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => REFRESH_PREFIX,
            Self::Session => SESSION_PREFIX,
        }
    }

    const fn tag(self) -> &'static [u8] {
        match self {
            Self::Refresh => REFRESH_TAG,
            Self::Session => SESSION_TAG,
        }
    }
}

/// What a token says. Its bytes follow from these claims and the server's secret, so the same refresh always gives the
/// same successor and no token has to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenClaims {
    pub(super) kind: TokenKind,
    pub(super) hotkey: Hotkey,
    pub(super) family: FamilyId,
    pub(super) rotation: u32,
    /// Whole Unix seconds.
    pub(super) expires_at: u32,
}

impl TokenClaims {
    /// The token under the ring's current secret.
    pub(super) fn encode(&self, keys: &Keyring, namespace: &Namespace) -> String {
        let secret = keys.current();
        let body = self.body(secret.id());
        let mac = secret.mac(self.kind.tag(), &[namespace.as_str().as_bytes(), &body]);
        let signed = [&body[..], mac.as_bytes()].concat();
        let prefix = self.kind.prefix();
        format!("{prefix}{}", encode_base64url(&[&signed[..], &checksum(prefix, &signed)].concat()))
    }

    /// Reads a token and checks its MAC; costs no store access, whatever comes in.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidToken`].
    pub(super) fn decode(kind: TokenKind, token: &str, keys: &Keyring, namespace: &Namespace) -> Result<Self, Error> {
        let invalid = || Error::new(ErrorCode::InvalidToken);
        let prefix = kind.prefix();
        let body = token.strip_prefix(prefix).ok_or_else(invalid)?;
        let bytes: [u8; TOKEN_LEN] = decode_base64url(body.as_bytes()).ok_or_else(invalid)?;
        let (signed, sum) = bytes.split_at(TOKEN_LEN - CHECKSUM_LEN);
        let (body, mac) = signed.split_at(BODY_LEN);
        if sum != checksum(prefix, signed) {
            return Err(invalid().detail("the token is damaged: expected it exactly as it was issued"));
        }
        let genuine =
            keys.any(body[0], |secret| secret.mac(kind.tag(), &[namespace.as_str().as_bytes(), body]).matches(mac));
        if !genuine {
            return Err(invalid());
        }
        Ok(Self {
            kind,
            hotkey: Hotkey::from_bytes(part(body, 1)),
            family: FamilyId(part(body, 33)),
            rotation: u32::from_be_bytes(part(body, 49)),
            expires_at: u32::from_be_bytes(part(body, 53)),
        })
    }

    pub(super) const fn expires_at(&self) -> UnixNanos {
        UnixNanos::from_secs(self.expires_at as u64)
    }

    fn body(&self, key_id: u8) -> [u8; BODY_LEN] {
        let mut body = [key_id; BODY_LEN];
        body[1..33].copy_from_slice(self.hotkey.as_bytes());
        body[33..49].copy_from_slice(&self.family.0);
        body[49..53].copy_from_slice(&self.rotation.to_be_bytes());
        body[53..].copy_from_slice(&self.expires_at.to_be_bytes());
        body
    }
}

/// Tells a token that was cut or mistyped from one that was forged, and lets scanners rule out lookalikes.
fn checksum(prefix: &str, signed: &[u8]) -> [u8; CHECKSUM_LEN] {
    part(&Sha256::new().chain_update(prefix).chain_update(signed).finalize(), 0)
}

pub(super) fn part<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
    std::array::from_fn(|index| bytes[from + index])
}
