//! sr25519: schnorrkel over ristretto255, signing context `substrate`, no pre-hash.

mod known;

use rand_core_06::{CryptoRng, Error as RngError, RngCore};
use schnorrkel::context::SigningContext;
use schnorrkel::context::attach_rng;
use schnorrkel::{Keypair, PublicKey, Signature, signing_context};

pub(super) use self::known::Known;
use crate::error::{Error, ErrorCode};

/// The signing context.
pub const CONTEXT: &[u8] = b"substrate";

/// Verifies one signature. The identity key is refused first: one constant signature fits it and every message.
pub(super) fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
    check(&parse(key)?, &signing_context(CONTEXT), message, signature)
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
pub(super) struct Signer {
    pair: Keypair,
    context: SigningContext,
}

impl Signer {
    pub(super) fn new(pair: Keypair) -> Self {
        Self { pair, context: signing_context(CONTEXT) }
    }

    pub(super) fn public(&self) -> [u8; 32] {
        self.pair.public.to_bytes()
    }

    /// The witness depends on the secret, the message and `entropy`, so even a repeated `entropy` leaks nothing.
    pub(super) fn sign(&self, message: &[u8], entropy: [u8; 32]) -> [u8; 64] {
        let transcript = self.context.bytes(message);
        self.pair.sign(attach_rng(transcript, Draw(entropy))).to_bytes()
    }
}

/// The 32 random bytes that schnorrkel draws once for each signature.
struct Draw([u8; 32]);

impl RngCore for Draw {
    fn next_u32(&mut self) -> u32 {
        rand_core_06::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core_06::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for (byte, drawn) in dest.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *drawn;
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), RngError> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Draw {}
