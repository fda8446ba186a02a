//! sr25519 where each byte is fetched over a network: the same verdicts and signatures as `sr25519`, over the curve
//! that Ed25519 uses already and without its tables. WebAssembly alone uses it (`docs/adr/0003`).

use std::sync::OnceLock;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint, VartimeRistrettoPrecomputation};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimePrecomputedMultiscalarMul as _;
use merlin::Transcript;
use rand_core_06::RngCore as _;
use sha2::{Digest as _, Sha512};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::SR25519_CONTEXT;
use super::draw::Draw;
use crate::error::{Error, ErrorCode};

/// The bit that tells an sr25519 signature from one of Ed25519.
const MARKER: u8 = 0x80;

/// Verifies one signature. The identity key is refused first: one constant signature fits it and every message.
pub(super) fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
    if *key == [0; 32] {
        return Err(ErrorCode::WeakKey.into());
    }
    if holds(key, message, signature).unwrap_or(false) { Ok(()) } else { Err(ErrorCode::BadSignature.into()) }
}

/// Whether R = sB − kA. `None`: the key is no canonical point, the marker is missing, or s ≥ L.
fn holds(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Option<bool> {
    let (commitment, response) = signature.split_first_chunk::<32>()?;
    let mut response: [u8; 32] = response.try_into().ok()?;
    if response[31] & MARKER == 0 {
        return None;
    }
    response[31] &= !MARKER;
    let response = Option::<Scalar>::from(Scalar::from_canonical_bytes(response))?;
    let point = CompressedRistretto(*key).decompress()?;
    let challenge = challenge(&mut transcript(key, message), commitment);
    let expected = basepoint().vartime_mixed_multiscalar_mul([response], [challenge], [-point]);
    Some(expected.compress().as_bytes() == commitment)
}

/// Some multiples of B, computed at the first verification: they make each verification a tenth faster.
fn basepoint() -> &'static VartimeRistrettoPrecomputation {
    static MULTIPLES: OnceLock<VartimeRistrettoPrecomputation> = OnceLock::new();
    MULTIPLES.get_or_init(|| VartimeRistrettoPrecomputation::new([RISTRETTO_BASEPOINT_POINT]))
}

/// A verifier's memory of keys, which has nothing to remember here: tables are what this does without.
#[cfg(not(test))]
pub(super) struct Known;

#[cfg(not(test))]
impl Known {
    pub(super) const fn new() -> Self {
        Self
    }

    /// As [`verify`].
    #[expect(clippy::unused_self, reason = "where there are tables, they are in it")]
    pub(super) fn verify(&self, key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        verify(key, message, signature)
    }

    /// A call that was let in.
    #[expect(clippy::unused_self, reason = "where there are tables, it is counted")]
    pub(super) const fn called(&self, _: &[u8; 32]) {}
}

/// What both sides hash before the commitment.
fn transcript(key: &[u8; 32], message: &[u8]) -> Transcript {
    static CONTEXT: OnceLock<Transcript> = OnceLock::new();
    let context = CONTEXT.get_or_init(|| {
        let mut context = Transcript::new(b"SigningContext");
        context.append_message(b"", SR25519_CONTEXT);
        context
    });
    let mut transcript = context.clone();
    transcript.append_message(b"sign-bytes", message);
    transcript.append_message(b"proto-name", b"Schnorr-sig");
    transcript.append_message(b"sign:pk", key);
    transcript
}

fn challenge(transcript: &mut Transcript, commitment: &[u8; 32]) -> Scalar {
    transcript.append_message(b"sign:R", commitment);
    let mut wide = [0; 64];
    transcript.challenge_bytes(b"sign:c", &mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// A secret scalar, the seed of its witnesses, and the public key.
pub(super) struct Pair {
    scalar: Scalar,
    seed: [u8; 32],
    public: [u8; 32],
}

impl Pair {
    /// Expands a mini secret the Substrate way: as Ed25519 would, divided by the cofactor.
    pub(super) fn from_seed(seed: &[u8; 32]) -> Self {
        let mut hash = Zeroizing::new([0; 64]);
        Sha512::new_with_prefix(seed).finalize_into((&mut *hash).into());
        hash[0] &= 0xf8;
        hash[31] = hash[31] & 0x3f | 0x40;
        let mut carry = 0;
        for byte in hash[..32].iter_mut().rev() {
            (*byte, carry) = (*byte >> 3 | carry, *byte << 5);
        }
        Self::from_secret(&hash).expect("below 2^252, so a scalar")
    }

    /// The scalar, then the seed. `None` unless the scalar is below L.
    pub(super) fn from_secret(secret: &[u8; 64]) -> Option<Self> {
        let (scalar, seed) = secret.split_first_chunk::<32>()?;
        let scalar = Option::<Scalar>::from(Scalar::from_canonical_bytes(*scalar))?;
        let public = RistrettoPoint::mul_base(&scalar).compress().to_bytes();
        Some(Self { scalar, seed: seed.try_into().ok()?, public })
    }

    pub(super) const fn public(&self) -> [u8; 32] {
        self.public
    }

    /// Signs; the witness depends on the secret, the message and `entropy`, so even a repeated `entropy` leaks nothing.
    pub(super) fn sign(&self, message: &[u8], entropy: [u8; 32]) -> [u8; 64] {
        let mut transcript = transcript(&self.public, message);
        let mut wide = Zeroizing::new([0; 64]);
        let witnesses = transcript.build_rng().rekey_with_witness_bytes(b"signing", &self.seed);
        witnesses.finalize(&mut Draw(entropy)).fill_bytes(&mut *wide);
        let witness = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&wide));
        let commitment = RistrettoPoint::mul_base(&witness).compress();
        let response = challenge(&mut transcript, commitment.as_bytes()) * self.scalar + *witness;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(commitment.as_bytes());
        signature[32..].copy_from_slice(response.as_bytes());
        signature[63] |= MARKER;
        signature
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.scalar.zeroize();
        self.seed.zeroize();
    }
}

impl ZeroizeOnDrop for Pair {}

#[cfg(test)]
mod tests;
