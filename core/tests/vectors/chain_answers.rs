//! What a runtime answers.

use bittensor_auth::chain::{Layout, SelectiveMetagraph, SubnetQuery, SubnetState, decode_neurons_lite};
use bittensor_auth::error::Error;
use bittensor_auth::key::is_weak;
use serde_json::{Value, json};

use super::document::{Verdict, bytes, text, verdict};

type Outputs = Vec<(&'static str, Value)>;

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    let answer = |name| bytes(case, name);
    vec![verdict(match text(group, "operation") {
        "metagraph" => metagraph(&answer("answer")),
        "subnet-state" => state(&answer("answer")),
        "neurons-lite" => lite(&answer("answer")),
        "layout" => layout(&answer("metadata")),
        operation => panic!("nothing here knows the operation {operation}"),
    })]
}

/// One list for each fact, in the order of uids.
struct Lists<'a> {
    hotkeys: &'a [[u8; 32]],
    coldkeys: &'a [[u8; 32]],
    flags: [&'a [bool]; 2],
    blocks: [&'a [u64]; 2],
    stakes: [&'a [u64]; 3],
}

impl Lists<'_> {
    fn members(&self) -> Value {
        let ([active, permit], [last_update, registered_at], [alpha, tao, total]) =
            (self.flags, self.blocks, self.stakes);
        let row = |uid: usize| {
            json!({
                "hotkey": known(&self.hotkeys[uid]),
                "coldkey": known(&self.coldkeys[uid]),
                "active": active[uid],
                "permit": permit[uid],
                "last_update": last_update[uid],
                "registered_at": registered_at[uid],
                "alpha": alpha[uid].to_string(),
                "tao": tao[uid].to_string(),
                "total": total[uid].to_string(),
            })
        };
        (0..self.hotkeys.len()).map(row).collect()
    }
}

fn known(key: &[u8; 32]) -> Option<String> {
    (!is_weak(key)).then(|| hex::encode(key))
}

fn metagraph(answer: &[u8]) -> Result<Outputs, Error> {
    let Some(graph) = SelectiveMetagraph::decode(answer)? else {
        return Ok(vec![("subnet", Value::Null), ("members", json!([]))]);
    };
    let subnet = json!({
        "netuid": graph.netuid,
        "registered_at": graph.network_registered_at,
        "owner_hotkey": graph.owner_hotkey.map(|hotkey| hex::encode(hotkey.as_bytes())),
        "owner_coldkey": graph.owner_coldkey.map(|coldkey| hex::encode(coldkey.as_bytes())),
        "block": graph.block,
        "tempo": graph.tempo,
        "last_epoch": graph.last_step,
    });
    let lists = Lists {
        hotkeys: graph.hotkeys.as_deref().expect("asked for"),
        coldkeys: graph.coldkeys.as_deref().expect("asked for"),
        flags: [&graph.active, &graph.validator_permit].map(|flags| flags.as_deref().expect("asked for")),
        blocks: [&graph.last_update, &graph.block_at_registration].map(|list| list.as_deref().expect("asked for")),
        stakes: [&graph.alpha_stake, &graph.tao_stake, &graph.total_stake]
            .map(|list| list.as_deref().expect("asked for")),
    };
    Ok(vec![("subnet", subnet), ("members", lists.members())])
}

fn state(answer: &[u8]) -> Result<Outputs, Error> {
    let Some(state) = SubnetState::decode(answer)? else {
        return Ok(vec![("netuid", Value::Null), ("members", json!([]))]);
    };
    let lists = Lists {
        hotkeys: &state.hotkeys,
        coldkeys: &state.coldkeys,
        flags: [&state.active, &state.validator_permit],
        blocks: [&state.last_update, &state.block_at_registration],
        stakes: [&state.alpha_stake, &state.tao_stake, &state.total_stake],
    };
    Ok(vec![("netuid", state.netuid.into()), ("members", lists.members())])
}

fn lite(answer: &[u8]) -> Result<Outputs, Error> {
    let rows = decode_neurons_lite(answer)?;
    let row = |row: &bittensor_auth::chain::NeuronLite| {
        json!({
            "hotkey": row.hotkey.map(|hotkey| hex::encode(hotkey.as_bytes())),
            "coldkey": row.coldkey.map(|coldkey| hex::encode(coldkey.as_bytes())),
            "active": row.active,
            "permit": row.validator_permit,
            "last_update": row.last_update,
            "own_alpha": row.own_alpha.map(|own| own.0.to_string()),
        })
    };
    Ok(vec![("members", rows.iter().map(row).collect())])
}

fn layout(metadata: &[u8]) -> Result<Outputs, Error> {
    let layout = Layout::check(metadata)?;
    let query = match layout.query() {
        SubnetQuery::Metagraph => "metagraph",
        SubnetQuery::State => "subnet-state",
        other => panic!("{other:?} has no word"),
    };
    Ok(vec![("query", query.into()), ("has_swaps", layout.has_swaps().into())])
}
