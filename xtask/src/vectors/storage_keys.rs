//! Storage keys: constants that were measured, and BLAKE2b a second time.

use blake2::digest::consts::U16;
use blake2::{Blake2b, Digest as _};
use serde_json::{Value, json};

use super::document::{Case, Document, Group};
use super::keys::Key;
use super::subnets::hex_key;

const NOTES: &[(&str, &str)] = &[("recorded", "The key stands in recorded traffic of a public node.")];
const SUBTENSOR: &str = "658faa385070e074c85bf6b568cf0555";
/// XXH64 of Alice's key with seed 0, little-endian.
const ALICE_TWOX: &str = "518366b5b1bc7c99";

pub(super) fn document() -> Document {
    Document::new("storage-keys", "05-policy.md", NOTES, vec![Group::new(json!({}), cases())])
}

fn blake(key: &str) -> String {
    let bytes = hex::decode(key).expect("a key in hex");
    format!("{}{key}", hex::encode(Blake2b::<U16>::digest(&bytes)))
}

fn case(id: &str, item: &str, hash: &str, arguments: Value, hashed: &str) -> Case {
    let inputs = super::document::joined([json!({ "item": item }), arguments]);
    let key = format!("{SUBTENSOR}{hash}{hashed}");
    Case::new(id, format!("SubtensorModule.{item}"), inputs, Ok(json!({ "key": key })))
}

fn cases() -> Vec<Case> {
    let alice = hex::encode(Key::alice().hotkey().as_bytes());
    let recorded = "1a33474e4a857009da52aaa4080f176465f99c09763e03b9cd5ee038cec4093e";
    let uids = "aab1b4e78e1ea8305462ee53b3686dc8";
    let blake_alice = blake(&alice);
    vec![
        case("uids", "Uids", uids, json!({ "netuid": 1, "hotkey": alice }), &format!("0100{blake_alice}")),
        case(
            "uids-recorded",
            "Uids",
            uids,
            json!({ "netuid": 14, "hotkey": recorded }),
            "0e005d3e588dc49748e3395ac2bc5a2343741a33474e4a857009da52aaa4080f176465f99c09763e03b9cd5ee038cec4093e",
        )
        .flags(&["recorded"]),
        case(
            "uids-root",
            "Uids",
            uids,
            json!({ "netuid": 0, "hotkey": hex_key(0) }),
            &format!("0000{}", blake(&hex_key(0))),
        ),
        case(
            "uids-last-subnet",
            "Uids",
            uids,
            json!({ "netuid": 65_535, "hotkey": hex_key(0xff) }),
            &format!("ffff{}", blake(&hex_key(0xff))),
        ),
        case("keys", "Keys", "9f99a2ce711f3a31b2fc05604c93f179", json!({ "netuid": 1, "uid": 0 }), "01000000")
            .flags(&["recorded"]),
        case("keys-last", "Keys", "9f99a2ce711f3a31b2fc05604c93f179", json!({ "netuid": 1, "uid": 1_023 }), "0100ff03"),
        case("owner", "Owner", "eca6b7a1fdc9f689184ecb4f359c0518", json!({ "hotkey": alice }), &blake_alice),
        case(
            "owned-hotkeys",
            "OwnedHotkeys",
            "882f0d11afa27a40918e90f095800125",
            json!({ "coldkey": alice }),
            &blake_alice,
        ),
        case(
            "is-network-member",
            "IsNetworkMember",
            "ea6aa4e81a33d2c120ef55203e0eb560",
            json!({ "hotkey": alice, "netuid": 1 }),
            &format!("{blake_alice}0100"),
        ),
        case("validator-permit", "ValidatorPermit", "56af5b07ace59da2c9d7f0d48bc93143", json!({ "netuid": 1 }), "0100"),
        case("last-update", "LastUpdate", "696e262a16e52255a69d8acd79354146", json!({ "netuid": 1 }), "0100")
            .flags(&["recorded"]),
        case("subnetwork-n", "SubnetworkN", "a1048e9d244171852dfe8db314dc68ca", json!({ "netuid": 1 }), "0100")
            .flags(&["recorded"]),
        case("networks-added", "NetworksAdded", "0e30450fc4d507a846032a7fa65d9a43", json!({ "netuid": 1 }), "0100")
            .flags(&["recorded"]),
        case(
            "network-registered-at",
            "NetworkRegisteredAt",
            "271d29b9b717ce3d8c571f1cbc180fa2",
            json!({ "netuid": 1 }),
            "0100",
        ),
        case("tempo", "Tempo", "7641384bb339f3758acddfd7053d3317", json!({ "netuid": 1 }), "0100").flags(&["recorded"]),
        case(
            "subnet-owner-hotkey",
            "SubnetOwnerHotkey",
            "68b7553499633fe05caf4d8a51aefe5c",
            json!({ "netuid": 1 }),
            "0100",
        ),
        case("subnet-owner", "SubnetOwner", "36e3e82152c8758267395fe524fbbd16", json!({ "netuid": 1 }), "0100")
            .flags(&["recorded"]),
        case(
            "last-hotkey-swap",
            "LastHotkeySwapOnNetuid",
            "4415bf51b98c975c834afe9f5e33bd4f",
            json!({ "netuid": 1, "coldkey": alice }),
            &format!("0100{blake_alice}"),
        ),
        case(
            "coldkey-swap-announcement",
            "ColdkeySwapAnnouncements",
            "22728d437b9d3b8c63d994de955b15af",
            json!({ "coldkey": alice }),
            &format!("{ALICE_TWOX}{alice}"),
        ),
        case(
            "coldkey-swap-dispute",
            "ColdkeySwapDisputes",
            "76186cfb3064f06480e4a48060032c0c",
            json!({ "coldkey": alice }),
            &format!("{ALICE_TWOX}{alice}"),
        ),
        case(
            "mechanism-count",
            "MechanismCountCurrent",
            "604fb97037feb8522bf37d42d54fa6e9",
            json!({ "netuid": 1 }),
            "f1577fbf1d628fdd0100",
        )
        .flags(&["recorded"]),
    ]
}
