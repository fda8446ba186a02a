//! The eight signed lines of `btauth/1` (`spec/02 §2`).

use sha2::{Digest as _, Sha256};

use crate::encoding::encode_hex;
use crate::error::{Error, ErrorCode};
use crate::key::{Address, Scheme};
use crate::nonce::Nonce;
use crate::target::{Method, RequestTarget};

/// SHA-256 of a body's bytes as transferred: after de-chunking, before any content decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyHash([u8; 32]);

impl BodyHash {
    /// The hash of a whole body; an empty body has one too.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }

    /// The hash itself.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Hashes a body piece by piece and stops at a limit.
#[derive(Debug, Clone)]
pub struct BodyHasher {
    state: Sha256,
    left: u64,
    limit: u64,
}

impl BodyHasher {
    /// A hasher that takes at most `limit` bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { state: Sha256::new(), left: limit, limit }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// [`ErrorCode::PayloadTooLarge`] once the pieces exceed the limit.
    pub fn update(&mut self, piece: &[u8]) -> Result<(), Error> {
        match self.left.checked_sub(piece.len() as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(
                    Error::new(ErrorCode::PayloadTooLarge).detail(format!("expected at most {} bytes", self.limit))
                );
            }
        }
        self.state.update(piece);
        Ok(())
    }

    /// The hash of everything taken.
    #[must_use]
    pub fn finish(self) -> BodyHash {
        BodyHash(self.state.finalize().into())
    }
}

/// Everything that a request signature covers.
#[derive(Debug, Clone, Copy)]
pub struct RequestMessage<'a> {
    /// The sender's scheme.
    pub scheme: Scheme,
    /// The method.
    pub method: &'a Method,
    /// Path and query as on the request line.
    pub target: &'a RequestTarget,
    /// The body's hash.
    pub body: BodyHash,
    /// The nonce, which is the signed time.
    pub nonce: Nonce,
    /// Who signs.
    pub sender: &'a Address,
    /// For whom; `None` is an unbound request.
    pub receiver: Option<&'a Address>,
}

impl RequestMessage<'_> {
    /// The first of the eight lines: no other text that is signed starts with it.
    pub const FIRST_LINE: &'static str = "btauth/1";
    /// What the last line says when the request is bound to no receiver.
    pub const UNBOUND: &'static str = "-";

    /// The bytes to sign: eight lines joined by LF, no LF at the end.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let receiver = self.receiver.map_or(Self::UNBOUND, Address::as_str);
        let nonce = self.nonce.to_string();
        let body = encode_hex(self.body.as_bytes());
        let lines = [
            Self::FIRST_LINE,
            self.scheme.as_str(),
            self.method.as_str(),
            self.target.as_str(),
            &body,
            &nonce,
            self.sender.as_str(),
            receiver,
        ];
        lines.join("\n").into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_payload_comes_out_byte_for_byte() {
        let alice = Address::from_ss58("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY").expect("an address");
        let bob = Address::from_ss58("5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty").expect("an address");
        let bytes = RequestMessage {
            scheme: Scheme::Sr25519,
            method: &Method::parse("post").expect("a method"),
            target: &RequestTarget::parse(&b"/generate?stream=false"[..]).expect("a target"),
            body: BodyHash::of(br#"{"prompt": "hello"}"#),
            nonce: Nonce::parse("1752076800000000000").expect("a nonce"),
            sender: &alice,
            receiver: Some(&bob),
        }
        .to_bytes();
        assert_eq!(bytes.len(), 227);
        assert_eq!(
            encode_hex(Sha256::digest(&bytes)),
            "baf86fd1c333d473ab47b43f8dbd682d51df91b5db8ec09ee06d86f80f4075fd"
        );
    }

    #[test]
    fn pieces_hash_like_the_whole_and_stop_at_the_limit() {
        let mut hasher = BodyHasher::new(5);
        hasher.update(b"abc").expect("within the limit");
        hasher.update(b"de").expect("at the limit");
        assert_eq!(hasher.clone().update(b"f").map_err(|e| e.code()), Err(ErrorCode::PayloadTooLarge));
        assert_eq!(hasher.finish(), BodyHash::of(b"abcde"));
    }
}
