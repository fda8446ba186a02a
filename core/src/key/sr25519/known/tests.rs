//! A table and schnorrkel must give one verdict on everything, hostile input first; and nobody gets a table for nothing.

use proptest::prelude::*;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey, SecretKey};

use super::super::{Pair, verify};
use super::*;

/// Little-endian ℓ, the order of the group.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn keypair(seed: [u8; 32]) -> Keypair {
    MiniSecretKey::from_bytes(&seed).expect("32 bytes").expand_to_keypair(ExpansionMode::Ed25519)
}

fn sign(pair: &Keypair, message: &[u8], entropy: [u8; 32]) -> [u8; 64] {
    Pair::new(pair.clone()).sign(message, entropy)
}

/// The `number`-th of many.
fn public_key(number: u32) -> [u8; 32] {
    RistrettoPoint::mul_base(&Scalar::from(number + 1)).compress().to_bytes()
}

fn with_secret(scalar: &Scalar) -> Keypair {
    let secret = [scalar.to_bytes(), [9; 32]].concat();
    SecretKey::from_bytes(&secret).expect("a canonical scalar and a nonce").to_keypair()
}

struct Both {
    key: [u8; 32],
    known: KnownKey,
}

impl Both {
    fn new(public: PublicKey) -> Self {
        let known = KnownKey::new(public);
        known.table.get_or_init(|| Box::new(RistrettoBasepointTable::create(public.as_point())));
        Self { key: public.to_bytes(), known }
    }

    /// The one verdict of both.
    fn verdict(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        let plain = verify(&self.key, message, signature);
        assert_eq!(self.known.verify(&signing_context(CONTEXT), message, signature), plain, "{signature:?}");
        plain
    }
}

fn joined(commitment: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    std::array::from_fn(|index| if index < 32 { commitment[index] } else { s[index - 32] })
}

#[test]
fn every_flipped_bit_gets_one_verdict() {
    let pair = keypair([1; 32]);
    let both = Both::new(pair.public);
    let good = sign(&pair, b"message", [2; 32]);
    assert_eq!(both.verdict(b"message", &good), Ok(()));
    for bit in 0..512 {
        let mut bytes = good;
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(both.verdict(b"message", &bytes).is_err(), "bit {bit}");
    }
}

#[test]
fn other_messages_and_other_keys_get_one_verdict() {
    let (pair, other) = (keypair([1; 32]), keypair([2; 32]));
    let both = Both::new(pair.public);
    let good = sign(&pair, b"message", [2; 32]);
    for message in [&b"massage"[..], b"", b"message ", b"<Bytes>message</Bytes>"] {
        assert!(both.verdict(message, &good).is_err());
        assert_eq!(both.verdict(message, &sign(&pair, message, [3; 32])), Ok(()));
        assert!(both.verdict(message, &sign(&other, message, [3; 32])).is_err());
        assert!(Both::new(other.public).verdict(message, &good).is_err());
        let negated = Both::new(PublicKey::from_point(-pair.public.as_point()));
        assert!(negated.verdict(message, &sign(&pair, message, [3; 32])).is_err());
    }
}

#[test]
fn odd_commitments_and_scalars_get_one_verdict() {
    let pair = keypair([1; 32]);
    let both = Both::new(pair.public);
    let (mut below, mut beyond) = (ORDER, ORDER);
    below[0] -= 1;
    beyond[0] += 1;
    // p − 2 and p, where p = 2^255 − 19, encode 2 and 0 a second time or no point; odd encodings are negative.
    let (mut high, mut prime) = ([0xff; 32], [0xff; 32]);
    (high[0], high[31], prime[0], prime[31]) = (0xeb, 0x7f, 0xed, 0x7f);
    for commitment in [[0; 32], [1; 32], [0xff; 32], high, prime, ORDER, both.key] {
        for s in [[0; 32], below, ORDER, beyond, [0x7f; 32], [0xff; 32]] {
            for marker in [0, 0x80] {
                let mut bytes = joined(commitment, s);
                bytes[63] |= marker;
                assert!(both.verdict(b"message", &bytes).is_err());
            }
        }
    }
    // s + ℓ is the same scalar in another spelling.
    let mut shifted = sign(&pair, b"message", [2; 32]);
    shifted[63] &= 0x7f;
    let mut carry = 0;
    for (byte, order) in shifted[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    shifted[63] |= 0x80;
    assert!(both.verdict(b"message", &shifted).is_err());
}

#[test]
fn signers_who_choose_their_numbers_get_one_verdict() {
    let secrets =
        [Scalar::ONE, -Scalar::ONE, Scalar::from(8_u8), -Scalar::from(16_u8), Scalar::from_bytes_mod_order([0x77; 32])];
    for secret in secrets {
        let pair = with_secret(&secret);
        let both = Both::new(pair.public);
        // The products s·B and k·A are equal, opposite, or s·B is nothing.
        for nonce in [Scalar::ZERO, secret, -secret, Scalar::ONE] {
            let commitment = RistrettoPoint::mul_base(&nonce).compress();
            let mut transcript = signing_context(CONTEXT).bytes(b"message");
            transcript.proto_name(b"Schnorr-sig");
            transcript.commit_point(b"sign:pk", pair.public.as_compressed());
            transcript.commit_point(b"sign:R", &commitment);
            let challenge = transcript.challenge_scalar(b"sign:c");
            for (s, holds) in [(challenge * secret + nonce, true), (nonce, false), (-challenge * secret, false)] {
                let mut bytes = joined(commitment.to_bytes(), s.to_bytes());
                bytes[63] |= 0x80;
                assert_eq!(both.verdict(b"message", &bytes).is_ok(), holds);
            }
        }
    }
}

fn has_table(known: &Known, key: &[u8; 32]) -> bool {
    known.keys.read().expect("never poisoned").get(key).is_some_and(|known| known.table.get().is_some())
}

#[test]
fn a_key_gets_its_table_when_it_was_let_in_often() {
    let known = Known::new();
    let pair = keypair([3; 32]);
    let key = pair.public.to_bytes();
    let good = sign(&pair, b"message", [4; 32]);
    for _ in 0..3 * KnownKey::OFTEN {
        assert_eq!(known.verify(&key, b"message", &good), Ok(()));
    }
    assert!(!known.knows(&key), "signatures alone earn nothing");
    for _ in 0..KnownKey::OFTEN {
        assert!(known.verify(&key, b"massage", &good).is_err());
        assert_eq!(known.verify(&key, b"message", &good), Ok(()));
        assert!(!has_table(&known, &key));
        known.called(&key);
    }
    assert!(known.verify(&key, b"massage", &good).is_err());
    assert!(!has_table(&known, &key), "a bad signature makes no table");
    for _ in 0..3 {
        assert_eq!(known.verify(&key, b"message", &good), Ok(()));
        assert!(has_table(&known, &key));
        assert!(known.verify(&key, b"massage", &good).is_err());
        known.called(&key);
    }
}

#[test]
fn keys_that_are_weak_or_no_point_are_never_known() {
    let known = Known::new();
    let mut negative = public_key(0);
    negative[0] ^= 1;
    for key in [[0; 32], [1; 32], [0xff; 32], ORDER, negative] {
        known.called(&key);
        assert!(!known.knows(&key));
        let code = if key == [0; 32] { ErrorCode::WeakKey } else { ErrorCode::BadSignature };
        let mut forged = [0; 64];
        forged[63] = 0x80;
        assert_eq!(known.verify(&key, b"message", &forged).map_err(|error| error.code()), Err(code));
    }
}

#[test]
fn crowds_push_nobody_out_who_calls_now_and_then() {
    let known = Known::new();
    let keys: Vec<_> = (0..256).map(public_key).collect();
    for key in &keys {
        known.called(key);
    }
    let (regular, away) = keys.split_at(100);
    let mut crowd = (1_000..).map(public_key);
    // Each key of the crowd calls once; one in a hundred calls is a regular's.
    let mut call = |calls: u32| {
        for number in 0..calls {
            match number % 100 {
                0 => known.called(&regular[usize::try_from(number / 100).expect("small") % regular.len()]),
                _ => known.called(&crowd.next().expect("endless")),
            }
            assert!(known.keys.read().expect("never poisoned").len() <= Known::CAPACITY);
        }
    };
    call(Known::PERIOD - 256);
    assert!(keys.iter().all(|key| known.knows(key)), "a full period has to pass first");
    call(3 * Known::PERIOD);
    assert!(regular.iter().all(|key| known.knows(key)));
    assert!(!away.iter().any(|key| known.knows(key)));
}

#[test]
fn threads_agree_while_a_table_is_made() {
    let known = Known::new();
    let pair = keypair([5; 32]);
    let key = pair.public.to_bytes();
    let good = sign(&pair, b"message", [4; 32]);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..KnownKey::OFTEN {
                    assert_eq!(known.verify(&key, b"message", &good), Ok(()));
                    assert!(known.verify(&key, b"massage", &good).is_err());
                    known.called(&key);
                }
            });
        }
    });
    assert_eq!(known.verify(&key, b"message", &good), Ok(()));
    assert!(has_table(&known, &key));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn good_tampered_and_random_signatures_get_one_verdict(
        seed in any::<[u8; 32]>(), message in any::<Vec<u8>>(), entropy in any::<[u8; 32]>(),
        noise in any::<[u8; 32]>(), more_noise in any::<[u8; 32]>(),
    ) {
        let pair = keypair(seed);
        let both = Both::new(pair.public);
        let good = sign(&pair, &message, entropy);
        prop_assert_eq!(both.verdict(&message, &good), Ok(()));
        let (mut commitment, mut s) = ([0; 32], [0; 32]);
        commitment.copy_from_slice(&good[..32]);
        s.copy_from_slice(&good[32..]);
        for bytes in [joined(noise, s), joined(commitment, noise), joined(noise, more_noise)] {
            prop_assert!(both.verdict(&message, &bytes).is_err());
        }
    }
}
