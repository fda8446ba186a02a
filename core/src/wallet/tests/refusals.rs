use super::*;

/// Words, digits and addresses of the files here; no message may repeat one.
const VALUES: [&str; 8] = ["winner", "zoo", "6fa2796b", "ad8a4447", "b25d15f1", "625e2536", "5EHgWw2A", "d1d1d1d1"];

#[track_caller]
fn refused(file: &[u8], code: ErrorCode, start: &str) {
    let error = Keyfile::parse(file).expect_err("a refusal");
    assert_eq!(error.code(), code, "{error}");
    assert!(error.message().starts_with(start), "{error}");
    for value in VALUES {
        assert!(!format!("{error} {error:?}").contains(value), "{error}");
    }
}

#[track_caller]
fn malformed_field(file: &File, field: &str) {
    refused(file.to_json().as_bytes(), ErrorCode::KeyfileMalformed, &format!("{field}: expected "));
}

#[track_caller]
fn mismatch(file: &File, field: &str) {
    refused(file.to_json().as_bytes(), ErrorCode::KeyfileMismatch, &format!("{field}: expected the same key as in "));
}

#[test]
fn encrypted_files_are_known_by_their_first_bytes() {
    for start in ["$NACL", "$ANSIBLE_VAULT;1.1;AES256\n3132", "gAAAAABm"] {
        refused(start.as_bytes(), ErrorCode::KeyfileEncrypted, "the hotkey file is encrypted");
        refused(&[start.as_bytes(), &[0xff; 99]].concat(), ErrorCode::KeyfileEncrypted, "");
    }
    refused(b"$NAC", ErrorCode::KeyfileMalformed, "");
}

#[test]
fn the_limit_is_16_kib() {
    let mut file = File::sr25519().to_json().into_bytes();
    file.resize(Keyfile::MAX_LEN, b' ');
    assert!(Keyfile::parse(&file).is_ok());
    file.push(b' ');
    refused(&file, ErrorCode::KeyfileMalformed, "expected at most 16 KiB");
}

#[test]
fn only_one_json_object_is_a_keyfile() {
    let whole = File::sr25519().to_json();
    let files = [
        "",
        " ",
        "null",
        "1",
        "\"\"",
        "[]",
        "{",
        "{\"\":",
        SEED,
        &SEED[2..],
        PHRASE,
        &format!("[{whole}]"),
        &format!("{whole}{whole}"),
        &format!("{whole},"),
        &format!("\u{feff}{whole}"),
        &format!("{whole}\0"),
        &whole[..whole.len() - 1],
        &whole.replace('"', "'"),
    ];
    for file in files {
        refused(file.as_bytes(), ErrorCode::KeyfileMalformed, "expected one JSON object in UTF-8");
    }
    refused(b"{\"note\":\"\xff\"}", ErrorCode::KeyfileMalformed, "expected one JSON object in UTF-8");
    refused("[".repeat(Keyfile::MAX_LEN).as_bytes(), ErrorCode::KeyfileMalformed, "");
    let deep = format!("{{\"note\":{}", "[".repeat(Keyfile::MAX_LEN - 8));
    refused(deep.as_bytes(), ErrorCode::KeyfileMalformed, "");
}

#[test]
fn no_field_stands_twice() {
    let whole = File::sr25519().to_json();
    for (field, value) in File::sr25519().0 {
        let twice = whole.replacen('{', &format!("{{\"{field}\":{value},"), 1);
        refused(twice.as_bytes(), ErrorCode::KeyfileMalformed, &format!("{field}: expected "));
        let null_first = whole.replacen('{', &format!("{{\"{field}\":null,"), 1);
        refused(null_first.as_bytes(), ErrorCode::KeyfileMalformed, &format!("{field}: expected "));
    }
    let unknown = whole.replacen('{', "{\"note\":1,\"note\":1,", 1);
    refused(unknown.as_bytes(), ErrorCode::KeyfileMalformed, "expected one JSON object in UTF-8, each field once");
    let escaped = whole.replacen('{', &format!("{{\"\\u0073ecretSeed\":\"{SEED}\","), 1);
    refused(escaped.as_bytes(), ErrorCode::KeyfileMalformed, "secretSeed: expected ");
}

#[test]
fn a_public_file_holds_no_secret() {
    let public = File::sr25519().without(&["secretPhrase", "secretSeed", "privateKey"]);
    for file in [public.clone(), public.json("privateKey", "null"), File::empty()] {
        refused(file.to_json().as_bytes(), ErrorCode::KeyfileMalformed, "the file holds no secret: ");
    }
}

#[test]
fn the_crypto_type_is_the_number_0_or_1() {
    let others = ["2", "257", "-1", "-0", "1.0", "1e0", "18446744073709551616", "\"0\"", "\"1\"", "true", "[1]", "{}"];
    for other in others {
        malformed_field(&File::sr25519().json("cryptoType", other), "cryptoType");
    }
    mismatch(&File::sr25519().json("cryptoType", "0").without(&["privateKey"]), "publicKey");
    mismatch(&File::ed25519().json("cryptoType", "1").without(&["privateKey"]), "publicKey");
}

#[test]
fn all_other_fields_are_texts_without_escapes() {
    for (field, value) in File::sr25519().0.into_iter().filter(|(field, _)| *field != "cryptoType") {
        for other in ["1", "true", "[]", "{}", "[0]"] {
            malformed_field(&File::sr25519().json(field, other), field);
        }
        if field != "secretSeed" {
            let escaped = format!("\"\\u{:04x}{}", value.as_bytes()[1], &value[2..]);
            malformed_field(&File::sr25519().json(field, &escaped), field);
        }
    }
}

#[test]
fn phrases_are_english_lower_case_and_checked() {
    let wrong = [
        "",
        " ",
        "legal",
        &PHRASE.replace("yellow", "zoo"),
        &PHRASE.replace("yellow", "yelow"),
        &PHRASE.to_uppercase(),
        &PHRASE.replace("legal", "Legal"),
        &format!("{PHRASE} legal"),
        &format!("{PHRASE}//hk"),
        &format!("{PHRASE}///password"),
        &"abandon ".repeat(9),
        &PHRASE.replace(' ', ","),
        &format!("{}legal", "abandon ".repeat(26)),
        "であるこ おくさま",
    ];
    for phrase in wrong {
        malformed_field(&File::sr25519().text("secretPhrase", phrase), "secretPhrase");
        malformed_field(&File::ed25519().text("secretPhrase", phrase), "secretPhrase");
    }
}

#[test]
fn private_keys_have_the_length_and_the_form_of_their_scheme() {
    let polkadot_js = "6855243a7233f3c3579fb58ab6869f1c90df0865251ac5cf1583e8b51e88865c";
    let nonce = &PRIVATE[66..];
    let not_sr25519 = [
        "",
        "0x",
        SEED,
        &PRIVATE[..129],
        &format!("{PRIVATE}00"),
        &PRIVATE.replace("0xad", "0Xad"),
        &PRIVATE.replace("0xad", "0xzz"),
        &format!("0x{polkadot_js}{nonce}"),
        &format!("0x{}{nonce}", "ff".repeat(32)),
        &format!("0x{}{nonce}", "00".repeat(32)),
        &format!("0x{}", "00".repeat(64)),
    ];
    for private in not_sr25519 {
        malformed_field(&File::sr25519().text("privateKey", private), "privateKey");
    }
    for private in ["", "0x", PRIVATE, &SEED[..65], &format!("{SEED}{}", &ED25519_PUBLIC[2..])] {
        malformed_field(&File::ed25519().text("privateKey", private), "privateKey");
    }
}

#[test]
fn public_fields_are_read_strictly() {
    for field in ["publicKey", "accountId"] {
        for wrong in ["", "0x", &PUBLIC[..65], &format!("{PUBLIC}00"), &PUBLIC.replace("0x62", "0xgg"), ADDRESS] {
            malformed_field(&File::sr25519().text(field, wrong), field);
        }
    }
    let prefix_0 = "13DyfGHEWo6GF98AxoBbovBHy82rrr4H3LrWaxggtEpgku8o";
    for wrong in ["", PUBLIC, &ADDRESS[..47], &ADDRESS.replace("bAe", "bAE"), prefix_0] {
        malformed_field(&File::sr25519().text("ss58Address", wrong), "ss58Address");
    }
}

#[test]
fn every_contradiction_is_noticed() {
    let whole = File::sr25519();
    let other_seed = format!("0x{}", "d1".repeat(32));
    let other_phrase = format!("{}about", "abandon ".repeat(11));
    let alice = "0x33a6f3093f158a7109f679410bef1a0c54168145e0cecb4df006c1c2fffb1f09\
                 925a225d97aa00682d6a59b95b18780c10d7032336e88f3442b42361f4a66011";
    mismatch(&whole.clone().text("secretSeed", &other_seed), "secretSeed");
    mismatch(&whole.clone().text("secretPhrase", &other_phrase), "secretSeed");
    mismatch(&whole.clone().text("privateKey", alice), "privateKey");
    for (field, other) in
        [("publicKey", ED25519_PUBLIC), ("accountId", ED25519_PUBLIC), ("ss58Address", ED25519_ADDRESS)]
    {
        mismatch(&whole.clone().text(field, other), field);
        for secret in ["secretPhrase", "secretSeed", "privateKey"] {
            mismatch(&whole.clone().text(field, other).only(&[field, secret]), field);
        }
    }
    mismatch(&whole.clone().text("secretSeed", "raw").text("ss58Address", ED25519_ADDRESS), "ss58Address");
    mismatch(&File::ed25519().text("privateKey", &other_seed), "privateKey");
    mismatch(&File::ed25519().text("accountId", PUBLIC), "accountId");
}
