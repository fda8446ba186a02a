//! Public test keys throughout; the files are the ones that bittensor-wallet 4.1.1 and bittensor-core 0.1.5 write.

use super::*;

mod properties;
mod refusals;

const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const SEED: &str = "0x6fa2796b0071cac425d8a7851038318c2c37dcebfe4bae73197ce93e75909bd2";
const PRIVATE: &str = "0xad8a44476e667ef8eab356d1d6f09303f21ba1ac44a3f8b96210bdd603d1900b\
                       b25d15f130020fffc3261f584f84168e7a6f0009f6c3abb2f3fa460f493b0595";
const PUBLIC: &str = "0x625e25364c7b68e0a83065ccb40afed43f8fe933e669b24f3d69a57eddb3b715";
const ADDRESS: &str = "5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe";
const ED25519_PUBLIC: &str = "0x7b4344ead732d6beeeded95d39e330ef0c16ae806046b296737dababb8a0b80d";
const ED25519_ADDRESS: &str = "5ErKjJLUyc8TTU2vNKrj5UciogZho2MDawb6nN2KG44aU1aB";

/// A keyfile: texts by field name, edited before it is parsed.
#[derive(Clone)]
struct File(Vec<(&'static str, String)>);

impl File {
    /// No fields.
    fn empty() -> Self {
        Self(Vec::new())
    }

    /// Every field of an sr25519 key.
    fn sr25519() -> Self {
        Self::empty()
            .text("ss58Address", ADDRESS)
            .json("cryptoType", "1")
            .text("privateKey", PRIVATE)
            .text("accountId", PUBLIC)
            .text("publicKey", PUBLIC)
            .text("secretPhrase", PHRASE)
            .text("secretSeed", SEED)
    }

    /// Every field of the ed25519 key with the same phrase.
    fn ed25519() -> Self {
        Self::sr25519()
            .json("cryptoType", "0")
            .text("privateKey", SEED)
            .text("accountId", ED25519_PUBLIC)
            .text("publicKey", ED25519_PUBLIC)
            .text("ss58Address", ED25519_ADDRESS)
    }

    fn text(self, field: &'static str, value: &str) -> Self {
        self.json(field, &format!("\"{value}\""))
    }

    fn json(mut self, field: &'static str, value: &str) -> Self {
        match self.0.iter_mut().find(|(name, _)| *name == field) {
            Some((_, old)) => value.clone_into(old),
            None => self.0.push((field, value.into())),
        }
        self
    }

    fn without(mut self, fields: &[&str]) -> Self {
        self.0.retain(|(name, _)| !fields.contains(name));
        self
    }

    fn only(mut self, fields: &[&str]) -> Self {
        self.0.retain(|(name, _)| fields.contains(name));
        self
    }

    fn to_json(&self) -> String {
        let fields: Vec<_> = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    }

    fn parse(&self) -> Result<Keyfile, Error> {
        Keyfile::parse(self.to_json().as_bytes())
    }

    #[track_caller]
    fn address(&self) -> String {
        self.parse().expect("a valid file").hotkey().to_ss58()
    }
}

#[test]
fn the_phrase_has_the_mini_secret_and_the_address_of_the_other_implementations() {
    let mini = mnemonic::mini_secret(PHRASE).expect("a valid phrase");
    assert_eq!(hex::encode(*mini), SEED[2..]);
    assert_eq!(SigningKey::from_seed(Scheme::Sr25519, &mini).hotkey().to_ss58(), ADDRESS);
    assert_eq!(SigningKey::from_seed(Scheme::Ed25519, &mini).hotkey().to_ss58(), ED25519_ADDRESS);
}

#[test]
fn files_of_both_schemes_are_read() {
    let file = File::sr25519().parse().expect("a valid file");
    assert_eq!((file.hotkey().to_ss58().as_str(), file.scheme()), (ADDRESS, Scheme::Sr25519));
    let key = file.into_key();
    assert_eq!((key.hotkey().to_ss58().as_str(), key.scheme()), (ADDRESS, Scheme::Sr25519));

    let file = File::ed25519().parse().expect("a valid file");
    assert_eq!((file.hotkey().to_ss58().as_str(), file.scheme()), (ED25519_ADDRESS, Scheme::Ed25519));
}

#[test]
fn one_secret_is_enough() {
    for field in ["secretPhrase", "secretSeed", "privateKey"] {
        assert_eq!(File::sr25519().only(&[field]).address(), ADDRESS, "{field}");
        assert_eq!(File::ed25519().only(&["cryptoType", field]).address(), ED25519_ADDRESS, "{field}");
    }
}

#[test]
fn a_key_of_a_derivation_path_has_only_its_private_key() {
    let private = "0x33a6f3093f158a7109f679410bef1a0c54168145e0cecb4df006c1c2fffb1f09\
                   925a225d97aa00682d6a59b95b18780c10d7032336e88f3442b42361f4a66011";
    let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    assert_eq!(File::empty().text("privateKey", private).text("ss58Address", alice).address(), alice);
}

#[test]
fn spellings_that_wallets_write_or_read_are_read() {
    let whole = File::sr25519();
    for crypto_type in ["1", "null"] {
        assert_eq!(whole.clone().json("cryptoType", crypto_type).address(), ADDRESS);
    }
    assert_eq!(whole.clone().without(&["cryptoType"]).address(), ADDRESS);
    let nulls = ["secretSeed", "privateKey", "accountId", "publicKey", "ss58Address"];
    let nulled = nulls.into_iter().fold(whole.clone(), |file, field| file.json(field, "null"));
    assert_eq!(nulled.address(), ADDRESS);
    assert_eq!(whole.clone().text("secretSeed", &SEED[2..].to_uppercase()).address(), ADDRESS);
    assert_eq!(whole.clone().text("secretPhrase", &format!(" {} ", PHRASE.replace(' ', "  "))).address(), ADDRESS);
    assert_eq!(whole.clone().json("note", r#"{"secretSeed":[0,"\n\u0000"]}"#).address(), ADDRESS);
    let spaced = format!("\n{}\r\n", whole.to_json().replace(':', " : "));
    assert!(Keyfile::parse(spaced.as_bytes()).is_ok());
    let escaped_name = whole.to_json().replace("secretSeed", "secret\\u0053eed");
    assert!(Keyfile::parse(escaped_name.as_bytes()).is_ok());
}

#[test]
fn phrases_have_12_to_24_words() {
    // Entropy of zeros only: HMAC pads with zeros, so every length makes the same key (bittensor-core 0.1.5 agrees).
    let zeros = "5EPCUjPxiHAcNooYipQFWr9NmmXJKpNG5RhcntXwbtUySrgH";
    for (count, last) in [(11, "about"), (14, "address"), (17, "agent"), (20, "admit"), (23, "art")] {
        let phrase = format!("{}{last}", "abandon ".repeat(count));
        assert_eq!(File::empty().text("secretPhrase", &phrase).address(), zeros, "{count}");
    }
}

#[test]
fn a_seed_written_raw_is_passed_over_when_the_address_vouches_for_another_secret() {
    for raw in ["0xabcdefghijklmnopqrstuvwxyzABCDEF", "0x\\u0001\\t\\\"abcdefghijklmnopqrstuvwxyzA", "", "0x00"] {
        let file = File::sr25519().text("secretSeed", raw);
        assert_eq!(file.address(), ADDRESS, "{raw}");
        assert_eq!(file.clone().only(&["secretSeed", "privateKey", "ss58Address"]).address(), ADDRESS, "{raw}");
        for missing in [&["ss58Address"][..], &["secretPhrase", "privateKey"]] {
            let error = file.clone().without(missing).parse().expect_err("nothing vouches for the key");
            assert_eq!(error.code(), ErrorCode::KeyfileMalformed, "{raw}");
            assert!(error.message().starts_with("secretSeed: "), "{raw}");
        }
    }
}

#[test]
fn debug_output_shows_the_public_key_only() {
    for file in [File::sr25519(), File::ed25519()] {
        let shown = format!("{:?}", file.parse().expect("a valid file"));
        assert!(shown.starts_with("Keyfile(SigningKey"), "{shown}");
        for secret in [SEED, PRIVATE] {
            let bytes = hex::decode(&secret[2..]).expect("hex");
            for half in bytes.chunks(32) {
                assert!(!shown.contains(&hex::encode(&half[..4])), "{shown}");
                assert!(!shown.contains(format!("{half:?}")[1..20].trim()), "{shown}");
            }
        }
        assert!(!shown.contains("winner"), "{shown}");
    }
}
