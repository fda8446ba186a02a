//! Addresses: the one spelling of a key, and all the others.

use bittensor_auth::error::ErrorCode;
use serde_json::json;

use super::document::{Case, Document, Group};
use super::forgery::{ss58, two_bytes};
use super::keys::{Key, random};

const NOTES: &[(&str, &str)] = &[
    ("alias", "The address names a known key, in a spelling that is not the canonical one."),
    ("canonical", "Decodes to the key; the key encodes to exactly this address."),
    ("damaged", "A canonical address with one fault in its text."),
    ("account-length", "The account is not 32 bytes long."),
];

pub(super) fn document() -> Document {
    let cases = [canonical(), aliases(), damaged(), other_accounts()].concat();
    Document::new("ss58", "01-keys.md", NOTES, vec![Group::new(json!({}), cases)])
}

fn refused(id: &str, comment: &str, flag: &'static str, address: &str) -> Case {
    Case::new(id, comment, json!({ "address": address }), Err(ErrorCode::MalformedHotkey)).flags(&[flag])
}

fn canonical() -> Vec<Case> {
    let known = [
        ("alice", "//Alice, sr25519", *Key::alice().hotkey().as_bytes()),
        ("bob", "//Bob, sr25519", *Key::bob().hotkey().as_bytes()),
        (
            "alice-ed25519",
            "//Alice, ed25519: an address does not say its scheme",
            *Key::alice_ed25519().hotkey().as_bytes(),
        ),
        ("zero", "Anybody can sign for it, but it has an address", [0; 32]),
        ("ones", "The largest key, which is no point of any group", [0xff; 32]),
        ("random-1", "A random key", random("ss58-random-1")),
        ("random-2", "A random key", random("ss58-random-2")),
        ("random-3", "A random key", random("ss58-random-3")),
    ];
    known
        .map(|(id, comment, key)| {
            let address = ss58(&[42], &key);
            Case::new(id, comment, json!({ "address": address }), Ok(json!({ "public_key": hex::encode(key) })))
                .flags(&["canonical"])
        })
        .into()
}

fn aliases() -> Vec<Case> {
    let alice = *Key::alice().hotkey().as_bytes();
    let one_byte = [0_u8, 2, 5, 41, 43, 46, 47, 63].map(|prefix| {
        refused(&format!("prefix-{prefix}"), &format!("Prefix {prefix}"), "alias", &ss58(&[prefix], &alice))
    });
    let two_byte = [64_u16, 255, 256, 13_116, 16_383].map(|prefix| {
        refused(&format!("prefix-{prefix}"), &format!("Prefix {prefix}"), "alias", &ss58(&two_bytes(prefix), &alice))
    });
    let long_form = [42_u16, 0].map(|prefix| {
        let comment = format!("Prefix {prefix} in the two-byte form, which only prefixes from 64 on have");
        refused(&format!("two-bytes-of-{prefix}"), &comment, "alias", &ss58(&two_bytes(prefix), &alice))
    });
    let reserved = [0x80_u8, 0xff].map(|first| {
        refused(&format!("first-byte-{first}"), "A first byte that no prefix has", "alias", &ss58(&[first], &alice))
    });
    let text = hex::encode(alice);
    let hex = [
        refused("hex", "The key in hex", "alias", &format!("0x{text}")),
        refused("hex-bare", "The key in hex, without 0x", "alias", &text),
    ];
    [&one_byte[..], &two_byte, &long_form, &reserved, &hex].concat()
}

fn damaged() -> Vec<Case> {
    let good = Key::alice().address();
    let (head, tail) = good.split_at(20);
    let case_changed = head.replacen('w', "W", 1);
    [
        ("empty", "No text", String::new()),
        ("checksum", "The last character changed", format!("{}Z", &good[..47])),
        ("checksum-swapped", "Two neighbours swapped", format!("{}rG{}", &good[..1], &good[3..])),
        ("cut", "47 characters", good[..47].into()),
        ("cut-front", "47 characters, the first one missing", good[1..].into()),
        ("longer", "49 characters", format!("{good}1")),
        ("leading-one", "A leading 1, which is a zero byte in base58", format!("1{good}")),
        ("leading-one-cut", "48 characters that start with 1", format!("1{}", &good[..47])),
        ("leading-space", "A leading space", format!(" {good}")),
        ("trailing-space", "A trailing space", format!("{good} ")),
        ("trailing-line-feed", "A trailing line feed", format!("{good}\n")),
        ("inner-space", "48 characters, one of them a space", format!("{head} {}", &tail[1..])),
        ("wrong-case", "One letter in the other case", format!("{case_changed}{tail}")),
        ("lower-case", "All letters in lower case", good.to_lowercase()),
        ("upper-case", "All letters in upper case", good.to_uppercase()),
        ("digit-zero", "A 0, which base58 leaves out", format!("{head}0{}", &tail[1..])),
        ("letter-o", "An O, which base58 leaves out", format!("{head}O{}", &tail[1..])),
        ("letter-i", "An I, which base58 leaves out", format!("{head}I{}", &tail[1..])),
        ("letter-l", "An l, which base58 leaves out", format!("{head}l{}", &tail[1..])),
        ("full-width", "48 bytes with a full-width character among them", format!("{head}５{}", &tail[3..])),
        ("too-large", "48 characters that decode to more than 35 bytes", "z".repeat(48)),
        ("zero-bytes", "48 characters that decode to 48 zero bytes", "1".repeat(48)),
    ]
    .map(|(id, comment, address)| refused(id, comment, "damaged", &address))
    .into()
}

fn other_accounts() -> Vec<Case> {
    let alice = *Key::alice().hotkey().as_bytes();
    [1, 2, 4, 8, 31]
        .map(|len| {
            let comment = format!("An account of {len} bytes");
            refused(&format!("account-{len}"), &comment, "account-length", &ss58(&[42], &alice[..len]))
        })
        .into_iter()
        .chain([refused(
            "account-33",
            "An account of 33 bytes",
            "account-length",
            &ss58(&[42], &[&alice[..], &[0]].concat()),
        )])
        .collect()
}
