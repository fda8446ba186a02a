use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

fn valid_file() -> impl Strategy<Value = String> {
    let whole = [File::sr25519(), File::ed25519()];
    // Mostly without the phrase: its 2048 rounds are slow.
    let cheap = whole.clone().map(|file| file.without(&["secretPhrase"]).to_json());
    let bare = whole.clone().map(|file| file.only(&["cryptoType", "privateKey", "ss58Address"]).to_json());
    prop_oneof![
        1 => prop::sample::select(whole.map(|file| file.to_json()).to_vec()),
        4 => prop::sample::select(cheap.to_vec()),
        4 => prop::sample::select(bare.to_vec()),
    ]
}

/// What damage a file takes; places count modulo its length.
#[derive(Debug, Clone)]
enum Edit {
    Cut(usize),
    Insert(usize, u8),
    Remove(usize, usize),
    Replace(usize, u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"\"\\{}[]:,0123456789abcdefxnul ".to_vec())];
    let at = 0..900_usize;
    prop_oneof![
        1 => at.clone().prop_map(Edit::Cut),
        4 => (at.clone(), byte.clone()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        4 => (at.clone(), 1..40_usize).prop_map(|(at, len)| Edit::Remove(at, len)),
        8 => (at, byte).prop_map(|(at, byte)| Edit::Replace(at, byte)),
    ]
}

fn apply(edit: &Edit, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    match *edit {
        Edit::Cut(at) => bytes.truncate(at % len),
        Edit::Insert(at, byte) => bytes.insert(at % len, byte),
        Edit::Remove(at, run) => drop(bytes.drain(at % len..(at % len + run).min(len))),
        Edit::Replace(at, byte) => bytes[at % len] = byte,
    }
}

/// The same cases in every run; `PROPTEST_CASES` makes more of them.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Keyfile::parse(&bytes).is_err());
    }

    #[test]
    fn no_text_in_a_field_makes_it_panic(field in 0..7_usize, text in "\\PC{0,80}", number in any::<i64>()) {
        let (name, _) = File::sr25519().0[field];
        let quoted = serde_json::to_string(&text).expect("a text is JSON");
        for value in [quoted, number.to_string()] {
            _ = File::sr25519().without(&["secretPhrase"]).json(name, &value).parse();
        }
    }

    /// Damage in one place is noticed or harmless. (In two it can hide the address and then change the secret.)
    #[test]
    fn damage_in_one_place_never_gives_another_key(file in valid_file(), edit in edit()) {
        let mut bytes = file.clone().into_bytes();
        apply(&edit, &mut bytes);
        if let Ok(damaged) = Keyfile::parse(&bytes) {
            let whole = Keyfile::parse(file.as_bytes()).expect("a valid file");
            prop_assert_eq!(damaged.hotkey(), whole.hotkey());
        }
    }

    #[test]
    fn damage_anywhere_gives_no_other_errors(file in valid_file(), edits in prop::collection::vec(edit(), 1..6)) {
        let mut bytes = file.into_bytes();
        for edit in &edits {
            apply(edit, &mut bytes);
        }
        if let Err(error) = Keyfile::parse(&bytes) {
            let codes = [ErrorCode::KeyfileMalformed, ErrorCode::KeyfileMismatch];
            prop_assert!(codes.contains(&error.code()), "{}", error);
        }
    }

    #[test]
    fn what_a_wallet_would_write_is_read(seed in any::<[u8; 32]>(), ed25519 in any::<bool>()) {
        let (scheme, number) = if ed25519 { (Scheme::Ed25519, "0") } else { (Scheme::Sr25519, "1") };
        let hotkey = SigningKey::from_seed(scheme, &seed).hotkey();
        let file = File::empty()
            .text("secretSeed", &format!("0x{}", hex::encode(seed)))
            .text("publicKey", &format!("0x{}", hex::encode(hotkey.as_bytes())))
            .text("ss58Address", &hotkey.to_ss58())
            .json("cryptoType", number);
        let read = file.parse().expect("a valid file");
        prop_assert_eq!((read.hotkey(), read.scheme()), (hotkey, scheme));
    }
}
