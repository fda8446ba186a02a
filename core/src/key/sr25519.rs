//! sr25519: schnorrkel over ristretto255, signing context `substrate`, no pre-hash.

mod known;

use std::sync::LazyLock;

use schnorrkel::context::SigningContext;
use schnorrkel::context::attach_rng;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey, PublicKey, SecretKey, Signature, signing_context};

pub(super) use self::known::Known;
use super::SR25519_CONTEXT as CONTEXT;
use super::draw::Draw;
use crate::error::{Error, ErrorCode};

/// Verifies one signature. The identity key is refused first: one constant signature fits it and every message.
pub(super) fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
    static PREPARED: LazyLock<SigningContext> = LazyLock::new(|| signing_context(CONTEXT));
    check(&parse(key)?, &PREPARED, message, signature)
}

fn parse(key: &[u8; 32]) -> Result<PublicKey, Error> {
    if *key == [0; 32] {
        return Err(ErrorCode::WeakKey.into());
    }
    PublicKey::from_bytes(key).map_err(|_| ErrorCode::BadSignature.into())
}

fn check(key: &PublicKey, context: &SigningContext, message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
    let signature = Signature::from_bytes(signature).map_err(|_| ErrorCode::BadSignature)?;
    key.verify(context.bytes(message), &signature).map_err(|_| ErrorCode::BadSignature.into())
}

/// A key pair, and the start of every transcript that it signs.
pub(super) struct Pair {
    pair: Keypair,
    context: SigningContext,
}

impl Pair {
    /// Expands a mini secret the Substrate way.
    pub(super) fn from_seed(seed: &[u8; 32]) -> Self {
        let mini = MiniSecretKey::from_bytes(seed).expect("32 bytes are a mini secret");
        Self::new(mini.expand_to_keypair(ExpansionMode::Ed25519))
    }

    /// The scalar, then the seed of witnesses. `None` unless the scalar is below L.
    pub(super) fn from_secret(secret: &[u8; 64]) -> Option<Self> {
        SecretKey::from_bytes(secret).ok().map(|secret| Self::new(secret.to_keypair()))
    }

    fn new(pair: Keypair) -> Self {
        Self { pair, context: signing_context(CONTEXT) }
    }

    pub(super) fn public(&self) -> [u8; 32] {
        self.pair.public.to_bytes()
    }

    /// Signs; the witness depends on the secret, the message and `entropy`, so even a repeated `entropy` leaks nothing.
    pub(super) fn sign(&self, message: &[u8], entropy: [u8; 32]) -> [u8; 64] {
        let transcript = self.context.bytes(message);
        self.pair.sign(attach_rng(transcript, Draw(entropy))).to_bytes()
    }
}
