//! Bytes that no honest signer or wallet makes.

use bittensor_auth::key::Scheme;
use blake2::{Blake2b512, Digest as _};
use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use curve25519_dalek::traits::Identity as _;
use sha2::Sha512;

use super::keys::Key;

/// The order L of both groups, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// The prime p = 2^255 − 19, little-endian.
const PRIME: [u8; 32] = {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed;
    bytes[31] = 0x7f;
    bytes
};
/// Schnorrkel sets it in the last byte of every signature.
const MARKER: u8 = 0x80;

/// Byte-wise `a + b`, which must fit 256 bits.
fn sum(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut carry = 0;
    std::array::from_fn(|index| {
        let total = u16::from(a[index]) + u16::from(b[index]) + carry;
        carry = total >> 8;
        total.to_le_bytes()[0]
    })
}

/// Byte-wise `p − a`.
fn from_prime(a: &[u8; 32]) -> [u8; 32] {
    let mut borrow = 0;
    std::array::from_fn(|index| {
        let rest = i16::from(PRIME[index]) - i16::from(a[index]) - borrow;
        borrow = i16::from(rest < 0);
        rest.rem_euclid(256).to_le_bytes()[0]
    })
}

/// A signature cut into its point R and its scalar s, the marker bit apart.
struct Parts {
    point: [u8; 32],
    scalar: [u8; 32],
    marker: u8,
}

impl Parts {
    fn of(scheme: Scheme, signature: &[u8; 64]) -> Self {
        let half = |from: usize| std::array::from_fn(|index| signature[from + index]);
        let (point, mut scalar) = (half(0), half(32));
        let marker = if scheme == Scheme::Sr25519 { MARKER } else { 0 };
        scalar[31] &= !marker;
        Self { point, scalar, marker }
    }

    fn join(mut self) -> [u8; 64] {
        self.scalar[31] |= self.marker;
        std::array::from_fn(|index| if index < 32 { self.point[index] } else { self.scalar[index - 32] })
    }
}

/// s + L: the same scalar, spelled above the order.
pub(super) fn plus_order(scheme: Scheme, signature: &[u8; 64]) -> [u8; 64] {
    let parts = Parts::of(scheme, signature);
    Parts { scalar: sum(&parts.scalar, &ORDER), ..parts }.join()
}

/// The same R with s = L, which is 0 spelled above the order.
pub(super) fn scalar_is_order(scheme: Scheme, signature: &[u8; 64]) -> [u8; 64] {
    Parts { scalar: ORDER, ..Parts::of(scheme, signature) }.join()
}

/// The same R with s = 0.
pub(super) fn scalar_is_zero(scheme: Scheme, signature: &[u8; 64]) -> [u8; 64] {
    Parts { scalar: [0; 32], ..Parts::of(scheme, signature) }.join()
}

/// The same s with another R.
pub(super) fn with_point(scheme: Scheme, signature: &[u8; 64], point: [u8; 32]) -> [u8; 64] {
    Parts { point, ..Parts::of(scheme, signature) }.join()
}

/// The same s with R encoded as the negative of the field element that ristretto allows.
pub(super) fn negated_point(signature: &[u8; 64]) -> [u8; 64] {
    let parts = Parts::of(Scheme::Sr25519, signature);
    Parts { point: from_prime(&parts.point), ..parts }.join()
}

/// A key encoded as the negative of the field element that ristretto allows.
pub(super) fn negated_key(key: &[u8; 32]) -> [u8; 32] {
    from_prime(key)
}

/// The signature as schnorrkel before 0.1.1 wrote it.
pub(super) const fn without_marker(mut signature: [u8; 64]) -> [u8; 64] {
    signature[63] &= !MARKER;
    signature
}

/// s and R in the wrong order.
pub(super) fn halves_swapped(signature: &[u8; 64]) -> [u8; 64] {
    std::array::from_fn(|index| signature[(index + 32) % 64])
}

/// One bit turned over.
pub(super) const fn flipped(mut signature: [u8; 64], bit: usize) -> [u8; 64] {
    signature[bit / 8] ^= 1 << (bit % 8);
    signature
}

/// The sr25519 signature that fits the all-zero key and every message.
pub(super) const fn zero_key_signature() -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[63] = MARKER;
    bytes
}

/// The ed25519 signature that cofactored verification takes for every small-order key and every message:
/// R is the identity, s is 0.
pub(super) const fn small_order_signature() -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[0] = 1;
    bytes
}

/// The eight ed25519 points of small order in their canonical encoding.
pub(super) fn small_order_keys() -> [[u8; 32]; 8] {
    EIGHT_TORSION.map(|point| point.compress().to_bytes())
}

/// ed25519 keys that are not encoded the one way RFC 8032 allows, each with what it is.
pub(super) fn non_canonical_keys() -> Vec<(&'static str, &'static str, [u8; 32])> {
    let signed = |mut key: [u8; 32]| {
        key[31] |= 0x80;
        key
    };
    let large = (2..19).map(above_prime).find(|key| CompressedEdwardsY(*key).decompress().is_some());
    vec![
        ("zero-above-p", "y = p, which is a point of order 4", above_prime(0)),
        ("zero-above-p-signed", "y = p with the sign bit, which is a point of order 4", signed(above_prime(0))),
        ("one-above-p", "y = p + 1, which is the identity", above_prime(1)),
        ("one-above-p-signed", "y = p + 1 with the sign bit, which is the identity", signed(above_prime(1))),
        ("large-above-p", "A point of large order, its y written with p on top", large.expect("y = 3 is on the curve")),
        ("all-ones", "The largest y that 255 bits can hold", above_prime(18)),
    ]
}

/// ed25519 keys whose y is canonical and whose x is 0 with the sign bit set, each with what it is.
pub(super) fn negative_zero_keys() -> [(&'static str, &'static str, [u8; 32]); 2] {
    let mut identity = [0; 32];
    (identity[0], identity[31]) = (1, 0x80);
    let mut order_two = PRIME;
    (order_two[0], order_two[31]) = (PRIME[0] - 1, 0xff);
    [
        ("identity-signed", "The identity with the sign bit", identity),
        ("order-two-signed", "The point of order 2 with the sign bit", order_two),
    ]
}

/// 32 bytes that decode to no point of the scheme's group.
pub(super) fn no_point(scheme: Scheme) -> [u8; 32] {
    if scheme == Scheme::Sr25519 {
        return [0xff; 32];
    }
    let small = |low: u8| std::array::from_fn(|index| if index == 0 { low } else { 0 });
    let found = (2..255).map(small).find(|key| CompressedEdwardsY(*key).decompress().is_none());
    found.expect("half of all y are on no point")
}

/// y = p + `low`.
fn above_prime(low: u8) -> [u8; 32] {
    std::array::from_fn(|index| if index == 0 { PRIME[0] + low } else { PRIME[index] })
}

fn encoded(point: &EdwardsPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

/// An ed25519 signer that does not follow the rules.
pub(super) struct Ed25519Forger {
    scalar: Scalar,
    key: EdwardsPoint,
}

impl Ed25519Forger {
    /// Signs with the honest key of `key`'s seed.
    pub(super) fn honest_key(key: &Key) -> Self {
        let hash = Sha512::digest(key.seed());
        let scalar = Scalar::from_bytes_mod_order(clamp_integer(std::array::from_fn(|index| hash[index])));
        Self { scalar, key: &scalar * ED25519_BASEPOINT_TABLE }
    }

    /// Signs with that key plus a point of order 8.
    pub(super) fn mixed_key(key: &Key) -> Self {
        let honest = Self::honest_key(key);
        Self { key: honest.key + EIGHT_TORSION[1], ..honest }
    }

    pub(super) fn public_key(&self) -> [u8; 32] {
        encoded(&self.key)
    }

    /// A signature whose R is the identity. The equation holds; only strict verifiers refuse it.
    pub(super) fn sign_with_identity(&self, message: &[u8]) -> [u8; 64] {
        self.sign(Scalar::ZERO, encoded(&EdwardsPoint::identity()), message)
    }

    /// The same with R encoded as y = p + 1. The equation holds for the point, not for its bytes.
    pub(super) fn sign_with_identity_above_p(&self, message: &[u8]) -> [u8; 64] {
        self.sign(Scalar::ZERO, above_prime(1), message)
    }

    /// A signature whose R is a point of order 8. The equation holds after multiplication by the cofactor.
    pub(super) fn sign_with_torsion(&self, message: &[u8]) -> [u8; 64] {
        self.sign(Scalar::ZERO, encoded(&EIGHT_TORSION[1]), message)
    }

    /// A signature with an honest R over the first of `messages` whose challenge has a fitting remainder by 8.
    pub(super) fn sign_first(&self, messages: &[Vec<u8>], fits: fn(u8) -> bool) -> (Vec<u8>, [u8; 64]) {
        let nonce = Scalar::from(0x0123_4567_89ab_cdef_u64);
        let point = encoded(&(&nonce * ED25519_BASEPOINT_TABLE));
        let found = messages.iter().find(|message| fits(self.challenge(&point, message).as_bytes()[0] % 8));
        let message = found.expect("a few hundred challenges have every remainder");
        (message.clone(), self.sign(nonce, point, message))
    }

    fn sign(&self, nonce: Scalar, point: [u8; 32], message: &[u8]) -> [u8; 64] {
        let scalar = nonce + self.challenge(&point, message) * self.scalar;
        Parts { point, scalar: scalar.to_bytes(), marker: 0 }.join()
    }

    fn challenge(&self, point: &[u8; 32], message: &[u8]) -> Scalar {
        let hash = Sha512::new().chain_update(point).chain_update(self.public_key()).chain_update(message).finalize();
        Scalar::from_bytes_mod_order_wide(&std::array::from_fn(|index| hash[index]))
    }
}

/// An address with any prefix bytes and any account, as an address book or an attacker may write one.
pub(super) fn ss58(prefix: &[u8], account: &[u8]) -> String {
    let payload = [prefix, account].concat();
    let hash = Blake2b512::new().chain_update(b"SS58PRE").chain_update(&payload).finalize();
    // The registry gives short accounts one byte of checksum.
    let checksum = if account.len() < 32 { 1 } else { 2 };
    bs58::encode([&payload[..], &hash[..checksum]].concat()).into_string()
}

/// The two-byte form of a prefix below 16,384.
pub(super) fn two_bytes(prefix: u16) -> [u8; 2] {
    let [high, low] = prefix.to_be_bytes();
    [low >> 2 | 0x40, high | (low & 3) << 6]
}
