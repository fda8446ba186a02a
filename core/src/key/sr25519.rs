//! sr25519: schnorrkel over ristretto255, signing context `substrate`, no pre-hash.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use schnorrkel::context::SigningContext;
use schnorrkel::context::attach_rng;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey, PublicKey, SecretKey, Signature, signing_context};

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

/// Keys that signed before, parsed: the same few hundred hotkeys call again and again, and parsing is an eighth of a
/// verification. Only a key whose signature held gets in, so strangers cannot push callers out.
pub(super) struct Known {
    context: SigningContext,
    keys: RwLock<HashMap<[u8; 32], PublicKey>>,
}

impl Known {
    /// Below 300 kB; one subnet has 256 hotkeys or a few times that.
    const CAPACITY: usize = 1_024;

    pub(super) fn new() -> Self {
        Self { context: signing_context(CONTEXT), keys: RwLock::default() }
    }

    /// As [`verify`], with the same verdict for every input.
    pub(super) fn verify(&self, key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key).copied();
        if let Some(public) = known {
            return check(&public, &self.context, message, signature);
        }
        let public = parse(key)?;
        check(&public, &self.context, message, signature)?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= Self::CAPACITY {
            keys.clear();
        }
        keys.insert(*key, public);
        Ok(())
    }
}

/// A key pair.
pub(super) struct Pair(Keypair);

impl Pair {
    /// Expands a mini secret the Substrate way.
    pub(super) fn from_seed(seed: &[u8; 32]) -> Self {
        let mini = MiniSecretKey::from_bytes(seed).expect("32 bytes are a mini secret");
        Self(mini.expand_to_keypair(ExpansionMode::Ed25519))
    }

    /// The scalar, then the seed of witnesses. `None` unless the scalar is below L.
    pub(super) fn from_secret(secret: &[u8; 64]) -> Option<Self> {
        SecretKey::from_bytes(secret).ok().map(|secret| Self(secret.to_keypair()))
    }

    pub(super) fn public(&self) -> [u8; 32] {
        self.0.public.to_bytes()
    }

    /// Signs; the witness depends on the secret, the message and `entropy`, so even a repeated `entropy` leaks nothing.
    pub(super) fn sign(&self, message: &[u8], entropy: [u8; 32]) -> [u8; 64] {
        let transcript = signing_context(CONTEXT).bytes(message);
        self.0.sign(attach_rng(transcript, Draw(entropy))).to_bytes()
    }
}
