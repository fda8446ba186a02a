//! Header values in spellings that some parser somewhere takes.

use bittensor_auth::error::ErrorCode::{
    MalformedHotkey, MalformedNonce, MalformedSignature, StaleRequest, UnboundRequest, UnknownScheme,
    UnsupportedVersion, WrongReceiver,
};

use super::super::document::Case;
use super::super::forgery::{ss58, two_bytes};
use super::super::keys::Key;
use super::super::messages::BAD_NONCES;
use super::draft::{CRYPTO, Draft, RECEIVER, SIGNATURE, VERSION};
use super::shape::{CRYPTO_HEADER, HEADERS, Header};

const FLAGS: &[&str] = &["header-value"];

pub(super) fn cases() -> Vec<Case> {
    let alice = Key::alice();
    let edges = HEADERS.iter().flat_map(|header| around(header, &alice)).collect();
    [edges, versions(), hotkeys(), receivers(), nonces(), signatures()].concat()
}

pub(super) fn of_crypto() -> Vec<Case> {
    let alice = Key::alice_ed25519();
    let words = [
        ("upper-sr25519", "SR25519"),
        ("capital-sr25519", "Sr25519"),
        ("upper-ed25519", "ED25519"),
        ("0", "0"),
        ("1", "1"),
        ("01", "01"),
        ("hashed", "hashed"),
        ("mldsa", "mldsa"),
        ("ecdsa", "ecdsa"),
        ("ethereum", "ethereum"),
        ("prehashed", "ed25519ph"),
        ("cut", "ed2551"),
        ("both", "ed25519,sr25519"),
        ("none", "none"),
        ("dash", "-"),
    ]
    .map(|(id, word)| {
        let request = Draft::new(&alice).sign(format!("crypto-value-{id}")).set(CRYPTO, word);
        request.refused(UnknownScheme, "Not one of the two exact words", FLAGS)
    });
    around(&CRYPTO_HEADER, &alice).into_iter().chain(words).collect()
}

/// The honest value with something around it.
fn around(Header { word, name, code }: &Header, key: &Key) -> Vec<Case> {
    type Spell = fn(String) -> String;
    let spellings: [(&str, &str, Spell); 9] = [
        ("empty", "An empty value", |_| String::new()),
        ("space-in-front", "A space in front", |value| format!(" {value}")),
        ("space-behind", "A space behind", |value| format!("{value} ")),
        ("tab-behind", "A tab behind", |value| format!("{value}\t")),
        ("zero-byte", "A zero byte behind", |value| format!("{value}\0")),
        ("unicode", "A letter outside ASCII behind", |value| format!("{value}é")),
        ("no-break-space", "A no-break space behind", |value| format!("{value}\u{a0}")),
        ("joined", "Two equal values joined by a comma", |value| format!("{value}, {value}")),
        ("quoted", "In quotes", |value| format!("\"{value}\"")),
    ];
    spellings
        .map(|(id, comment, spell)| {
            let request = Draft::new(key).sign(format!("{word}-{id}"));
            let value = spell(request.value(name));
            request.set(name, value).refused(*code, comment, FLAGS)
        })
        .into()
}

fn versions() -> Vec<Case> {
    let alice = Key::alice();
    [
        ("0", "0"),
        ("2", "2"),
        ("leading-zero", "01"),
        ("fraction", "1.0"),
        ("11", "11"),
        ("v1", "v1"),
        ("minus", "-1"),
        ("plus", "+1"),
        ("word", "one"),
        ("first-line", "btauth/1"),
        ("full-width", "１"),
    ]
    .map(|(id, value)| {
        let request = Draft::new(&alice).sign(format!("version-value-{id}")).set(VERSION, value);
        request.refused(UnsupportedVersion, "Not 1", FLAGS)
    })
    .into()
}

fn hotkeys() -> Vec<Case> {
    let alice = Key::alice();
    let (key, good) = (*alice.hotkey().as_bytes(), alice.address());
    let mut spellings = vec![
        ("two-bytes-of-42", "Prefix 42 in the two-byte form", ss58(&two_bytes(42), &key)),
        ("two-bytes-of-0", "Prefix 0 in the two-byte form", ss58(&two_bytes(0), &key)),
        ("checksum", "A wrong checksum", format!("{}Z", &good[..47])),
        ("47-characters", "47 characters", good[..47].into()),
        ("49-characters", "49 characters", format!("{good}1")),
        ("leading-one", "A leading 1", format!("1{good}")),
        ("wrong-case", "One letter in the other case", good.replacen('w', "W", 1)),
        ("hex", "The key in hex", format!("0x{}", hex::encode(key))),
        ("hex-bare", "The key in hex, without 0x", hex::encode(key)),
        ("inner-space", "A space instead of a character", good.replacen('w', " ", 1)),
        ("not-base58", "A character that base58 leaves out", good.replacen('w', "0", 1)),
        ("account-33", "An account of 33 bytes", ss58(&[42], &[&key[..], &[0]].concat())),
    ];
    let prefixes =
        [("0", ss58(&[0], &key)), ("2", ss58(&[2], &key)), ("46", ss58(&[46], &key)), ("47", ss58(&[47], &key))];
    let prefixes = prefixes.into_iter().chain(
        [("64", 64), ("13116", 13_116), ("16383", 16_383)].map(|(word, prefix)| (word, ss58(&two_bytes(prefix), &key))),
    );
    let prefixes: Vec<_> = prefixes.map(|(word, address)| (format!("prefix-{word}"), address)).collect();
    let accounts: Vec<_> = [1, 2, 4, 8].map(|len| (format!("account-{len}"), ss58(&[42], &key[..len]))).into();
    spellings.extend(prefixes.iter().map(|(id, address)| (id.as_str(), "Another prefix", address.clone())));
    spellings.extend(accounts.iter().map(|(id, address)| (id.as_str(), "A short account", address.clone())));
    spellings
        .into_iter()
        .map(|(id, comment, sender)| {
            // Signed as spelled, so that the spelling is the only fault.
            let request = Draft { sender, ..Draft::new(&alice) }.sign(format!("hotkey-{id}"));
            request.refused(MalformedHotkey, comment, FLAGS)
        })
        .collect()
}

fn receivers() -> Vec<Case> {
    let (alice, bob) = (Key::alice(), Key::bob());
    let key = *bob.hotkey().as_bytes();
    let good = bob.address();
    [
        ("other", "Another hotkey", alice.address()),
        ("other-scheme", "The same person's hotkey of the other scheme", Key::bob_ed25519().address()),
        ("prefix-0", "The own hotkey with prefix 0", ss58(&[0], &key)),
        ("prefix-13116", "The own hotkey with prefix 13116", ss58(&two_bytes(13_116), &key)),
        ("two-bytes-of-42", "The own hotkey in the two-byte form", ss58(&two_bytes(42), &key)),
        ("hex", "The own hotkey in hex", format!("0x{}", hex::encode(key))),
        ("dash", "The dash that stands for nobody in the payload", "-".into()),
        ("lower-case", "The own hotkey in lower case", good.to_lowercase()),
        ("checksum", "The own hotkey with a wrong checksum", format!("{}Z", &good[..47])),
        ("star", "A star", "*".into()),
    ]
    .into_iter()
    .map(|(id, comment, receiver)| {
        let draft = Draft { receiver: Some(receiver), ..Draft::new(&alice) };
        draft.sign(format!("receiver-{id}")).refused(WrongReceiver, comment, &["receiver", "header-value"])
    })
    .chain([
        Draft { receiver: None, ..Draft::new(&alice) }.sign("receiver-none").refused(
            UnboundRequest,
            "Signed for nobody",
            &["receiver", "unbound"],
        ),
        Draft { receiver: None, ..Draft::new(&alice) }.sign("receiver-empty-signed").set(RECEIVER, "").refused(
            WrongReceiver,
            "Signed for nobody, with an empty header, as SDK 11.3.0 sends it",
            &["receiver", "unbound"],
        ),
    ])
    .collect()
}

fn nonces() -> Vec<Case> {
    let alice = Key::alice();
    let malformed =
        BAD_NONCES.into_iter().filter(|(id, _)| !matches!(*id, "empty" | "leading-space" | "trailing-space"));
    let malformed = malformed.map(|(id, nonce)| {
        let request = Draft { nonce: nonce.into(), ..Draft::new(&alice) }.sign(format!("nonce-{id}"));
        request.refused(MalformedNonce, "Not 1 to 20 ASCII digits without a leading zero", FLAGS)
    });
    let stale = [
        ("seconds", "Unix time in seconds", "1752076800"),
        ("milliseconds", "Unix time in milliseconds", "1752076800123"),
        ("microseconds", "Unix time in microseconds", "1752076800123456"),
        ("one", "The smallest nonce", "1"),
        ("20-digits", "Ten times too large", "17520768001234567890"),
        ("largest", "2^64 − 1", "18446744073709551615"),
        ("above-64-bits", "2^64: well formed, and never fresh", "18446744073709551616"),
        ("20-nines", "The largest number of 20 digits", "99999999999999999999"),
    ];
    let stale = stale.map(|(id, comment, nonce)| {
        let request = Draft { nonce: nonce.into(), ..Draft::new(&alice) }.sign(format!("nonce-{id}"));
        request.refused(StaleRequest, comment, &["window"])
    });
    malformed.chain(stale).collect()
}

fn signatures() -> Vec<Case> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    type Spell = fn(&[u8]) -> String;
    let spellings: [(&str, &str, Spell); 17] = [
        ("capital-0x", "0X in front", |bytes| format!("0X{}", hex::encode(bytes))),
        ("0x-twice", "0x twice", |bytes| format!("0x0x{}", hex::encode(bytes))),
        ("0x-alone", "0x and nothing else", |_| "0x".into()),
        ("63-bytes", "63 bytes", |bytes| format!("0x{}", hex::encode(&bytes[..63]))),
        ("65-bytes-00", "The type byte 00 in front", |bytes| format!("0x00{}", hex::encode(bytes))),
        ("65-bytes-01", "The type byte 01 in front", |bytes| format!("0x01{}", hex::encode(bytes))),
        ("65-bytes-behind", "A zero byte behind", |bytes| format!("0x{}00", hex::encode(bytes))),
        ("66-bytes", "Two bytes in front", |bytes| format!("0x0101{}", hex::encode(bytes))),
        ("127-digits", "127 digits", |bytes| format!("0x{}", &hex::encode(bytes)[..127])),
        ("129-digits", "129 digits", |bytes| format!("0x{}0", hex::encode(bytes))),
        ("inner-space", "A space between two bytes", |bytes| {
            format!("0x{} {}", hex::encode(&bytes[..32]), hex::encode(&bytes[32..]))
        }),
        ("inner-space-128", "A space instead of a digit", |bytes| format!("0x{} ", &hex::encode(bytes)[..127])),
        ("inner-line-feed", "A line feed between two bytes", |bytes| {
            format!("0x{}\n{}", hex::encode(&bytes[..32]), hex::encode(&bytes[32..]))
        }),
        ("not-hex", "A letter behind f", |bytes| format!("0x{}g", &hex::encode(bytes)[..127])),
        ("full-width", "A full-width digit", |bytes| format!("0x{}０", &hex::encode(bytes)[..125])),
        ("base64", "base64", |bytes| STANDARD.encode(bytes)),
        ("colon", "A scheme word in front", |bytes| format!("sr25519:0x{}", hex::encode(bytes))),
    ];
    let alice = Key::alice();
    spellings
        .map(|(id, comment, spell)| {
            let request = Draft::new(&alice).sign(format!("signature-{id}"));
            let bytes = hex::decode(&request.value(SIGNATURE)[2..]).expect("the draft writes hex");
            request.set(SIGNATURE, spell(&bytes)).refused(MalformedSignature, comment, FLAGS)
        })
        .into()
}
