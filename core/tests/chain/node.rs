//! A node that answers like the chain would, and lies when a test says so.

use std::collections::HashMap;
use std::fmt::Write as _;

use bittensor_auth::chain::{
    Header, Network, RpcAnswer, RpcCall, SnapshotPlan, StorageKey, SubnetReader, SubnetTarget,
};
use bittensor_auth::error::Error;
use bittensor_auth::key::{Coldkey, Hotkey};
use bittensor_auth::registry::Snapshot;
use bittensor_auth::time::UnixNanos;
use serde_json::{Value, json};

use super::encode::{Row, Subnet};
use super::metadata;

pub(super) const GENESIS: [u8; 32] = [0x60; 32];
/// The time of block 0; blocks come every 12 s.
pub(super) const START: UnixNanos = UnixNanos::from_secs(1_750_000_000);

pub(super) struct Node {
    pub(super) genesis: [u8; 32],
    pub(super) subnet: Option<Subnet>,
    pub(super) spec_version: u32,
    pub(super) lines: Vec<String>,
    pub(super) storage: HashMap<Vec<u8>, Vec<u8>>,
    pub(super) number: u64,
    /// Changes an answer on its way out.
    pub(super) fault: fn(&RpcCall, Value) -> Value,
    pub(super) asked: Vec<String>,
}

/// Hotkeys 1, 2, …, owned by coldkeys 0x80, 0x81, … in pairs.
pub(super) fn subnet(members: u8) -> Subnet {
    let row = |index: u8| Row {
        hotkey: [index + 1; 32],
        coldkey: [0x80 + index / 2; 32],
        active: index.is_multiple_of(2),
        permit: index < 2,
        last_update: 900,
        registered_at: 500 + u64::from(index),
        alpha: 1_000_000_000 * u64::from(index),
        tao: 2_000_000_000_000,
        total: 3_000_000_000_000 - u64::from(index),
    };
    Subnet {
        netuid: 7,
        registered_at: 100,
        owner_hotkey: [1; 32],
        owner_coldkey: [0x80; 32],
        block: 1_000,
        tempo: 99,
        last_step: 950,
        rows: (0..members).map(row).collect(),
    }
}

/// The lines that this release knows.
pub(super) fn known_lines() -> Vec<String> {
    include_str!("../../src/chain/layout/known.txt").lines().map(str::to_owned).collect()
}

pub(super) fn hotkey(byte: u8) -> Hotkey {
    Hotkey::from_bytes([byte; 32])
}

pub(super) fn coldkey(byte: u8) -> Coldkey {
    Coldkey::from_bytes([byte; 32])
}

pub(super) fn target() -> SubnetTarget {
    SubnetTarget::new(Network { name: "test", genesis: Some(GENESIS), endpoints: &[] }, 7)
}

impl Node {
    pub(super) fn new() -> Self {
        Self {
            genesis: GENESIS,
            subnet: Some(subnet(10)),
            spec_version: 461,
            lines: known_lines(),
            storage: HashMap::new(),
            number: 1_000,
            fault: |_, answer| answer,
            asked: Vec::new(),
        }
    }

    pub(super) fn set(&mut self, key: &StorageKey, value: &[u8]) {
        self.storage.insert(key.as_bytes().into(), value.into());
    }

    /// The time by the clock of whoever reads now.
    pub(super) fn now(&self) -> UnixNanos {
        UnixNanos::from_millis(START.as_millis() + self.number * 12_000 + 20_000)
    }

    pub(super) fn at(&mut self, number: u64) -> &mut Self {
        self.number = number;
        if let Some(subnet) = &mut self.subnet {
            subnet.block = number;
        }
        self
    }

    /// Answers one call.
    pub(super) fn answer(&mut self, call: &RpcCall) -> RpcAnswer {
        RpcAnswer::from_message(self.answer_text(call).as_bytes())
    }

    pub(super) fn answer_text(&mut self, call: &RpcCall) -> String {
        self.asked.push(call.method.to_owned());
        let request: Value = serde_json::from_str(&call.body(7)).unwrap();
        assert_eq!((&request["jsonrpc"], &request["id"]), (&json!("2.0"), &json!(7)));
        (self.fault)(call, self.response(&request)).to_string()
    }

    fn response(&self, request: &Value) -> Value {
        let params = &request["params"];
        let result = match request["method"].as_str().unwrap() {
            "chain_getBlockHash" => json!(hex(&self.genesis)),
            "chain_getFinalizedHead" => json!(hex(&self.header().1)),
            "chain_getHeader" => {
                assert_eq!(params[0], json!(hex(&self.header().1)));
                self.header().0
            }
            "state_getRuntimeVersion" => json!({ "specName": "node-subtensor", "specVersion": self.spec_version }),
            "state_call" => match self.runtime(params) {
                Some(bytes) => json!(hex(&bytes)),
                None => {
                    return json!({ "jsonrpc": "2.0", "id": 7, "error": { "code": -32_000,
                    "message": "Client error: Exported method is not found" } });
                }
            },
            "state_queryStorageAt" => self.batch(params),
            method => panic!("{method} is not offered"),
        };
        json!({ "jsonrpc": "2.0", "id": 7, "result": result })
    }

    fn header(&self) -> (Value, [u8; 32]) {
        let hash = |byte: u8| hex(&[byte; 32]);
        let header = json!({
            "parentHash": hash(1),
            "number": format!("{:#x}", self.number),
            "stateRoot": hash(2),
            "extrinsicsRoot": hash(3),
            "digest": { "logs": ["0x0601020304", "0x05"] },
        });
        let hash = Header::from_json(&header.to_string()).unwrap().hash();
        (header, hash)
    }

    fn runtime(&self, params: &Value) -> Option<Vec<u8>> {
        assert_eq!(params[2], json!(hex(&self.header().1)), "pinned to the block");
        let argument = hex::decode(&params[1].as_str().unwrap()[2..]).unwrap();
        let name = params[0].as_str().unwrap();
        if name == "Metadata_metadata_at_version" {
            assert_eq!(argument, [15, 0, 0, 0]);
            return Some(metadata::answer(&self.lines));
        }
        if !self.lines.iter().any(|line| line.starts_with(name)) {
            return None;
        }
        assert_eq!(argument[..2], [7, 0]);
        let Some(subnet) = &self.subnet else { return Some(vec![0]) };
        Some(match name {
            "SubnetInfoRuntimeApi_get_selective_metagraph" => {
                let asked: Vec<_> =
                    argument[3..].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                assert_eq!(usize::from(argument[2] >> 2), asked.len());
                subnet.metagraph(&asked, 77)
            }
            "SubnetInfoRuntimeApi_get_subnet_state" => subnet.state(),
            _ => panic!("{name} is not offered"),
        })
    }

    fn batch(&self, params: &Value) -> Value {
        assert_eq!(params[1], json!(hex(&self.header().1)), "pinned to the block");
        let changes: Vec<_> = params[0]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| {
                json!([key, self.value(&hex::decode(&key.as_str().unwrap()[2..]).unwrap()).map(|value| hex(&value))])
            })
            .collect();
        json!([{ "block": hex(&self.header().1), "changes": changes }])
    }

    fn value(&self, key: &[u8]) -> Option<Vec<u8>> {
        if let Some(value) = self.storage.get(key) {
            return Some(value.clone());
        }
        let is = |known: StorageKey| known.as_bytes() == key;
        if is(StorageKey::timestamp()) {
            return Some((START.as_millis() + self.number * 12_000).to_le_bytes().into());
        }
        let subnet = self.subnet.as_ref()?;
        if is(StorageKey::networks_added(7)) {
            return Some(vec![1]);
        }
        if is(StorageKey::network_registered_at(7)) {
            return Some(subnet.registered_at.to_le_bytes().into());
        }
        if is(StorageKey::subnet_owner_hotkey(7)) {
            return Some(subnet.owner_hotkey.into());
        }
        if is(StorageKey::subnet_owner(7)) {
            return Some(subnet.owner_coldkey.into());
        }
        if is(StorageKey::tempo(7)) {
            return Some(subnet.tempo.to_le_bytes().into());
        }
        subnet.rows.iter().zip(0_u16..).find_map(|(row, uid)| {
            let hotkey = Hotkey::from_bytes(row.hotkey);
            if is(StorageKey::uids(7, &hotkey)) {
                return Some(uid.to_le_bytes().into());
            }
            if is(StorageKey::owner(&hotkey)) {
                return Some(row.coldkey.into());
            }
            is(StorageKey::keys(7, uid)).then(|| row.hotkey.into())
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Runs a plan to its end.
pub(super) fn run(plan: &mut SnapshotPlan, node: &mut Node) -> Result<(), Error> {
    let now = node.now();
    while let Some(call) = plan.call() {
        plan.answer(&node.answer(&call), now)?;
    }
    Ok(())
}

/// One reading.
pub(super) fn read(reader: &mut SubnetReader, node: &mut Node) -> Result<bittensor_auth::chain::SnapshotRead, Error> {
    let mut plan = reader.snapshot_plan(node.now());
    run(&mut plan, node)?;
    reader.accept(plan)
}

/// The first snapshot of a node.
pub(super) fn snapshot(node: &mut Node) -> Snapshot {
    (*read(&mut SubnetReader::new(target()), node).unwrap().snapshot).clone()
}
