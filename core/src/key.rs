//! Keys and signatures. The only module that names a signature library (`spec/01`).

mod coldkey;
#[cfg(any(test, target_family = "wasm"))]
mod compact;
mod draw;
mod ed25519;
mod signing;
#[cfg(not(target_family = "wasm"))]
mod sr25519;
mod weak;

use std::fmt;
use std::sync::Arc;

use crate::encoding::{SS58_LEN, decode_ss58, encode_ss58};
use crate::error::{Error, ErrorCode};

pub use coldkey::Coldkey;
#[cfg(target_family = "wasm")]
use compact as sr25519;
pub use signing::{SigningKey, check_signer};
pub use weak::is_weak;

/// The signing context of sr25519.
pub const SR25519_CONTEXT: &[u8] = b"substrate";

/// A caller's identity: the 32-byte public key. SS58 text is only a spelling of it (`spec/01 §1`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hotkey([u8; 32]);

impl Hotkey {
    /// The hotkey with this public key.
    #[must_use]
    pub const fn from_bytes(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Reads a canonical SS58 address: prefix 42, 48 characters.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedHotkey`] for every other spelling.
    pub fn from_ss58(address: &str) -> Result<Self, Error> {
        decode_ss58(address).map(Self)
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

impl fmt::Display for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_ss58())
    }
}

/// Shortened to eight characters, as logs should be.
impl fmt::Debug for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hotkey({}…)", &self.to_ss58()[..8])
    }
}

/// A hotkey together with its canonical SS58 text, so that messages need not render it again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Address {
    hotkey: Hotkey,
    text: [u8; SS58_LEN],
}

impl Address {
    /// Reads a canonical SS58 address: prefix 42, 48 characters.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedHotkey`] for every other spelling.
    pub fn from_ss58(address: &str) -> Result<Self, Error> {
        let hotkey = Hotkey::from_ss58(address)?;
        Ok(Self { hotkey, text: address.as_bytes().try_into().expect("a canonical address has 48 characters") })
    }

    /// The hotkey.
    #[must_use]
    pub const fn hotkey(&self) -> Hotkey {
        self.hotkey
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).expect("base58 is ASCII")
    }
}

impl From<Hotkey> for Address {
    fn from(hotkey: Hotkey) -> Self {
        let text = hotkey.to_ss58().as_bytes().try_into().expect("prefix 42 and 32 bytes make 48 characters");
        Self { hotkey, text }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hotkey.fmt(f)
    }
}

/// A signature scheme of `btauth/1` (`spec/01 §3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// RFC 8032 Ed25519, strictly verified.
    Ed25519,
    /// Schnorrkel with the signing context `substrate`.
    Sr25519,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: &'static [Self] = &[Self::Ed25519, Self::Sr25519];

    /// The word in the signed payload and in `X-Bittensor-Crypto`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sr25519 => "sr25519",
        }
    }

    /// Reads the exact lower-case word.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownScheme`].
    pub fn from_word(word: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|scheme| scheme.as_str() == word)
            .ok_or_else(|| Error::new(ErrorCode::UnknownScheme).detail("expected the word sr25519 or ed25519"))
    }

    /// The first byte of a 65-byte signature of this scheme, as signers of extrinsics make them.
    #[must_use]
    pub const fn type_byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0,
            Self::Sr25519 => 1,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which schemes a verifier accepts. The request only says which one it used (`spec/01 §3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedSchemes(u8);

impl AcceptedSchemes {
    /// The default: sr25519 alone.
    pub const SR25519: Self = Self(1 << Scheme::Sr25519 as u8);

    /// A set of schemes.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for an empty set.
    pub fn new(schemes: impl IntoIterator<Item = Scheme>) -> Result<Self, Error> {
        let set = schemes.into_iter().fold(0, |set, scheme| set | 1 << scheme as u8);
        if set == 0 {
            return Err(Error::new(ErrorCode::InvalidConfiguration).detail("schemes: expected at least one"));
        }
        Ok(Self(set))
    }

    /// Whether `scheme` is in the set.
    #[must_use]
    pub const fn contains(self, scheme: Scheme) -> bool {
        self.0 & (1 << scheme as u8) != 0
    }

    pub(crate) fn check(self, scheme: Scheme) -> Result<(), Error> {
        if self.contains(scheme) { Ok(()) } else { Err(ErrorCode::SchemeNotAccepted.into()) }
    }
}

/// 64 signature bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// The signature with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Reads exactly 64 bytes.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedSignature`] for any other length.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        bytes.try_into().map(Self).map_err(|_| malformed("expected 64 bytes"))
    }

    /// Reads what wallets and external signers return: 64 bytes, or 65 with the type byte of `scheme` in front.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedSignature`] for any other length or type byte.
    pub fn from_signer(scheme: Scheme, bytes: &[u8]) -> Result<Self, Error> {
        match bytes {
            [first, rest @ ..] if rest.len() == 64 => {
                if *first == scheme.type_byte() {
                    Self::from_slice(rest)
                } else {
                    Err(malformed("expected the type byte of the signer's own scheme before 64 bytes"))
                }
            }
            _ => Self::from_slice(bytes),
        }
    }

    /// Reads hex with or without `0x`, either case: 64 bytes, or 65 as [`Signature::from_signer`] takes them.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedSignature`].
    pub fn from_signer_hex(scheme: Scheme, text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if !matches!(digits.len(), 128 | 130) {
            return Err(malformed("expected 0x and 128 hex digits"));
        }
        let bytes = hex::decode(digits).map_err(|_| malformed("expected 0x and 128 hex digits"))?;
        Self::from_signer(scheme, &bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// Never shows the bytes.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

fn malformed(detail: &'static str) -> Error {
    Error::new(ErrorCode::MalformedSignature).detail(detail)
}

/// Verifies a signature over exactly these bytes under one scheme (`spec/01 §4`).
///
/// # Errors
/// [`ErrorCode::WeakKey`] for keys that anybody can sign for, [`ErrorCode::BadSignature`] for everything else that
/// does not hold: other message, other key, cleared marker bit, `s ≥ L`, a key that is not a point.
pub fn verify(scheme: Scheme, hotkey: &Hotkey, message: &[u8], signature: &Signature) -> Result<(), Error> {
    match scheme {
        Scheme::Ed25519 => ed25519::verify(&hotkey.0, message, &signature.0),
        Scheme::Sr25519 => sr25519::verify(&hotkey.0, message, &signature.0),
    }
}

/// Verifies like [`verify`], and faster for the keys of callers, which it remembers: parsed, and with a table for those
/// that call often. Shared between threads.
#[derive(Clone)]
pub(crate) struct KnownKeys(Arc<sr25519::Known>);

impl KnownKeys {
    pub(crate) fn new() -> Self {
        Self(Arc::new(sr25519::Known::new()))
    }

    /// The same verdict as [`verify`].
    pub(crate) fn verify(
        &self,
        scheme: Scheme,
        hotkey: &Hotkey,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), Error> {
        match scheme {
            Scheme::Ed25519 => ed25519::verify(&hotkey.0, message, &signature.0),
            Scheme::Sr25519 => self.0.verify(&hotkey.0, message, &signature.0),
        }
    }

    /// Counts a call of this key that was let in.
    pub(crate) fn called(&self, scheme: Scheme, hotkey: &Hotkey) {
        if scheme == Scheme::Sr25519 {
            self.0.called(&hotkey.0);
        }
    }

    #[cfg(test)]
    pub(crate) fn knows(&self, hotkey: &Hotkey) -> bool {
        self.0.knows(&hotkey.0)
    }
}

impl fmt::Debug for KnownKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownKeys(…)")
    }
}

#[cfg(test)]
mod tests;
