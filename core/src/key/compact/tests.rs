//! Both implementations of sr25519, one against the other.

use proptest::array::{uniform4, uniform32};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{Pair, verify};
use crate::error::ErrorCode;
use crate::key::sr25519;

/// The order of the group, little end first.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn same_verdict(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), ErrorCode> {
    let verdict = verify(key, message, signature).map_err(|error| error.code());
    assert_eq!(verdict, sr25519::verify(key, message, signature).map_err(|error| error.code()));
    verdict
}

proptest! {
    #[test]
    fn signatures_are_the_same_bytes(seed: [u8; 32], entropy: [u8; 32], message in vec(any::<u8>(), 0..600)) {
        let (ours, theirs) = (Pair::from_seed(&seed), sr25519::Pair::from_seed(&seed));
        prop_assert_eq!(ours.public(), theirs.public());
        let signature = ours.sign(&message, entropy);
        prop_assert_eq!(signature, theirs.sign(&message, entropy));
        prop_assert!(same_verdict(&ours.public(), &message, &signature).is_ok());
    }

    #[test]
    fn secrets_are_read_alike(half in uniform32(any::<u8>()), seed: [u8; 32], top in 0_u8..0x20) {
        let mut secret = [half, seed].concat();
        secret[31] = top;
        let secret = secret.try_into().expect("64 bytes");
        let (ours, theirs) = (Pair::from_secret(&secret), sr25519::Pair::from_secret(&secret));
        prop_assert_eq!(ours.as_ref().map(Pair::public), theirs.as_ref().map(sr25519::Pair::public));
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            prop_assert_eq!(ours.sign(b"message", seed), theirs.sign(b"message", seed));
        }
    }

    #[test]
    fn verdicts_are_the_same_on_noise(key: [u8; 32], halves in uniform4(any::<[u8; 16]>()), message: [u8; 4]) {
        let mut signature: [u8; 64] = halves.concat().try_into().expect("64 bytes");
        signature[63] |= 0x80;
        prop_assert!(same_verdict(&key, &message, &signature).is_err());
        // Below L, so that the equation is looked at.
        signature[63] = 0x80 | signature[63] & 0x0f;
        prop_assert!(same_verdict(&key, &message, &signature).is_err());
    }

    #[test]
    fn verdicts_are_the_same_near_a_signature(seed: [u8; 32], entropy: [u8; 32], at in 0_usize..64, flip in 1_u8..) {
        let pair = Pair::from_seed(&seed);
        let signature = pair.sign(b"message", entropy);
        let mut broken = signature;
        broken[at] ^= flip;
        prop_assert!(same_verdict(&pair.public(), b"message", &broken).is_err());
        let mut other = pair.public();
        other[at / 2] ^= flip;
        prop_assert!(same_verdict(&other, b"message", &signature).is_err());
        prop_assert!(same_verdict(&pair.public(), b"massage", &signature).is_err());
    }
}

#[test]
fn edges_of_the_encodings_get_the_same_verdict() {
    let pair = Pair::from_seed(&[7; 32]);
    let signature = pair.sign(b"message", [9; 32]);
    let mut longer = signature;
    longer[63] &= 0x7f;
    let mut carry = 0;
    for (byte, order) in longer[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    longer[63] |= 0x80;
    assert_eq!(same_verdict(&pair.public(), b"message", &longer), Err(ErrorCode::BadSignature), "s + L");

    let p_minus = |less: u8| {
        let mut key = [0xff; 32];
        (key[0], key[31]) = (0xed - less, 0x7f);
        key
    };
    let mut negative = pair.public();
    negative[0] |= 1;
    let mut high = pair.public();
    high[31] |= 0x80;
    for key in [p_minus(0), p_minus(1), p_minus(2), [0xff; 32], negative, high, [1; 32]] {
        assert_eq!(same_verdict(&key, b"message", &signature), Err(ErrorCode::BadSignature));
    }
    let mut forged = [0; 64];
    forged[63] = 0x80;
    assert_eq!(same_verdict(&[0; 32], b"message", &forged), Err(ErrorCode::WeakKey));
    assert_eq!(same_verdict(&pair.public(), b"message", &forged), Err(ErrorCode::BadSignature));
}
