use super::*;
use crate::nonce::SeededEntropy;

const ALICE_SEED: &str = "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";

fn alice() -> SigningKey {
    SigningKey::from_seed(Scheme::Sr25519, &crate::encoding::decode_hex(ALICE_SEED).expect("hex"))
}

#[test]
fn seeds_expand_the_substrate_way() {
    assert_eq!(alice().hotkey().to_ss58(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
}

#[test]
fn each_scheme_verifies_its_own_signatures_only() {
    let mut entropy = SeededEntropy::new(1);
    for &scheme in Scheme::ALL {
        let key = SigningKey::generate(scheme, &mut entropy);
        let signature = key.sign(b"message", &mut entropy);
        for &claimed in Scheme::ALL {
            let verdict = verify(claimed, &key.hotkey(), b"message", &signature);
            assert_eq!(verdict.is_ok(), claimed == scheme, "{scheme} claimed as {claimed}");
        }
        assert!(verify(scheme, &key.hotkey(), b"massage", &signature).is_err());
        assert!(check_signer(scheme, &key.hotkey(), b"message", &signature).is_ok());
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let mut entropy = SeededEntropy::new(2);
    let key = alice();
    let signature = key.sign(b"message", &mut entropy);
    for bit in 0..512 {
        let mut bytes = *signature.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let verdict = verify(Scheme::Sr25519, &key.hotkey(), b"message", &Signature::from_bytes(bytes));
        assert_eq!(verdict.map_err(|e| e.code()), Err(ErrorCode::BadSignature), "bit {bit}");
    }
}

#[test]
fn keys_that_fit_every_signature_are_weak() {
    let mut forged = [0; 64];
    forged[63] = 0x80;
    let verdict = verify(Scheme::Sr25519, &Hotkey::from_bytes([0; 32]), b"anything", &Signature::from_bytes(forged));
    assert_eq!(verdict.map_err(|e| e.code()), Err(ErrorCode::WeakKey));
}

#[test]
fn typed_signatures_lose_their_type_byte_only_when_it_matches() {
    let bytes = [7; 64];
    let typed = |first: u8| [&[first], &bytes[..]].concat();
    for &scheme in Scheme::ALL {
        for first in 0..=3 {
            let read = Signature::from_signer(scheme, &typed(first));
            assert_eq!(read.is_ok(), first == scheme.type_byte(), "{scheme} {first}");
        }
        assert!(Signature::from_signer(scheme, &bytes[..63]).is_err());
        assert!(Signature::from_signer(scheme, &[1; 66]).is_err());
    }
}

#[test]
fn debug_output_shows_no_secret_and_no_signature() {
    let key = alice();
    let signature = key.sign(b"m", &mut SeededEntropy::new(3));
    let shown = format!("{key:?} {:?} {signature:?} {:?}", key.hotkey(), Scheme::Sr25519);
    let seed_bytes: [u8; 32] = crate::encoding::decode_hex(ALICE_SEED).expect("hex");
    assert!(!shown.contains(ALICE_SEED) && !shown.contains(&format!("{seed_bytes:?}")[1..20]));
    assert!(!shown.contains(&hex::encode(signature.as_bytes())[..16]));
    assert!(shown.contains("Signature(…)"));
}
