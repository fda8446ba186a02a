//! The subnet of the vectors: keys of one repeated byte, a snapshot as it is published, an answer as a runtime gives it.

use bittensor_auth::encoding::encode_ss58;
use serde_json::{Value, json};

use super::encode::{Row, Subnet};

/// The time of block 1,000, in seconds.
pub(super) const START: u64 = 1_752_076_800;
pub(super) const BLOCK: u64 = 1_000;

/// The SS58 address of the key that repeats a byte.
pub(super) fn address(byte: u8) -> String {
    encode_ss58(&[byte; 32])
}

/// The same in hex.
pub(super) fn hex_key(byte: u8) -> String {
    hex::encode([byte; 32])
}

/// A member as it is published: hotkey `byte`, owned by `0x80 + byte`.
pub(super) fn member(uid: u16, byte: u8) -> Value {
    json!({
        "uid": uid,
        "hotkey": address(byte),
        "coldkey": address(0x80 + byte),
        "permit": false,
        "active": true,
        "registered_at": 500,
    })
}

/// A snapshot of `block` as it is published, read 20 s after its block.
pub(super) fn published(block: u64, neurons: &[Value]) -> Value {
    let time = (START + (block - BLOCK) * 12) * 1_000;
    json!({
        "v": 1,
        "genesis": hex_key(6),
        "netuid": 7,
        "registered_at": 100,
        "block": { "number": block, "hash": hex_key(9), "time_ms": time },
        "spec_version": 461,
        "tempo": 360,
        "last_epoch": block - 212,
        "owner_hotkey": address(1),
        "owner_coldkey": address(0x81),
        "coldkey_swaps": { "scope": "everyone", "pending": [] },
        "fetched_at_ms": time + 20_000,
        "neurons": neurons,
    })
}

/// A value with some of its members changed.
pub(super) fn with(mut object: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("changes are named") };
    for (name, value) in changes {
        object[name] = value;
    }
    object
}

/// A subnet as a runtime knows it.
pub(super) fn subnet(members: u8) -> Subnet {
    let row = |index: u8| Row {
        hotkey: [index + 1; 32],
        coldkey: [0x81 + index / 2; 32],
        active: index.is_multiple_of(2),
        permit: index == 1,
        last_update: 900 + u64::from(index),
        registered_at: 500,
        alpha: u64::from(index) << 32,
        tao: 2_000_000_000_000,
        total: u64::MAX - u64::from(index),
    };
    Subnet {
        netuid: 7,
        registered_at: 100,
        owner_hotkey: [1; 32],
        owner_coldkey: [0x81; 32],
        block: BLOCK,
        tempo: 360,
        last_step: BLOCK - 212,
        rows: (0..members).map(row).collect(),
    }
}
