//! What a subnet's facts cost: decoding an answer, a snapshot in memory, a lookup, a decision. Prints one JSON object.
//!
//! Reads the recording beside the repository if it is there, otherwise an answer of the same size made here. Takes the
//! number of rounds; the round with the median time is printed.
#![expect(clippy::print_stdout, reason = "the result")]
#![expect(clippy::cast_possible_truncation, clippy::unwrap_used, reason = "encoders of known values")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bittensor_auth::chain::SelectiveMetagraph;
use bittensor_auth::key::{Coldkey, Hotkey};
use bittensor_auth::policy::{Facts, Policy, Role};
use bittensor_auth::registry::{
    BlockRef, ColdkeySwaps, FreshnessLimits, Neuron, Rao, Snapshot, StakeKind, SubnetFacts, SubnetView, SwapScope,
};
use bittensor_auth::time::UnixNanos;

#[path = "../tests/support/encode.rs"]
#[expect(unreachable_pub, dead_code, reason = "shared with tests")]
mod encode;

const MEMBERS: u16 = 1_024;
const NOW: UnixNanos = UnixNanos::from_secs(1_790_000_000);
const ROUNDS: usize = 21;
const LOOKUPS: usize = 100_000;

fn main() {
    // Cargo adds `--bench`.
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let answer = recorded().unwrap_or_else(made);
    let decode = median(rounds, || {
        black_box(SelectiveMetagraph::decode(black_box(&answer)).unwrap());
        1
    });
    let snapshot = snapshot(&answer);
    let (members, bytes) = (snapshot.neurons().len(), snapshot.size());
    let hotkeys: Vec<_> = snapshot.neurons().iter().map(|neuron| neuron.hotkey).collect();
    let json = snapshot.to_json();
    let view = SubnetView::empty(FreshnessLimits::DEFAULT).with_snapshot(Arc::new(snapshot));
    let lookup = median(rounds, || {
        for index in 0..LOOKUPS {
            black_box(view.lookup(black_box(&hotkeys[index * 7 % hotkeys.len()]), NOW));
        }
        LOOKUPS
    });
    let policy = policy();
    let facts = Facts::of(&view, NOW);
    let decision = |hotkeys: &[Hotkey]| {
        median(rounds, || {
            for index in 0..LOOKUPS {
                let _ = black_box(policy.decide(black_box(&hotkeys[index * 7 % hotkeys.len()]), &facts));
            }
            LOOKUPS
        })
    };
    let (allowed, refused): (Vec<_>, Vec<_>) =
        hotkeys.iter().partition(|hotkey| policy.decide(hotkey, &facts).into_result().is_ok());
    let (allow, deny) = (decision(&allowed), decision(&refused));
    let published = median(rounds, || {
        black_box(Snapshot::from_json(black_box(json.as_bytes())).unwrap());
        1
    });
    println!(
        r#"{{"chain-members": {members}, "chain-decode-us": {:.1}, "snapshot-bytes": {bytes}, "snapshot-json-bytes": {}, "snapshot-json-read-us": {:.1}, "snapshot-lookup-us": {lookup:.4}, "policy-allow-us": {allow:.4}, "policy-deny-us": {deny:.4}}}"#,
        decode,
        json.len(),
        published,
    );
}

/// Microseconds for each operation of the median round.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn median(rounds: usize, mut round: impl FnMut() -> usize) -> f64 {
    let mut times: Vec<_> = (0..rounds.max(1))
        .map(|_| {
            let began = Instant::now();
            let operations = round();
            began.elapsed().as_secs_f64() * 1e6 / operations as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn recorded() -> Option<Vec<u8>> {
    let file = "../../shared/data/chain/finney_spec343_block6852690_netuid1_get_selective_mechagraph_all74.hex";
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).ok()?;
    hex::decode(text.trim().strip_prefix("0x")?).ok()
}

fn made() -> Vec<u8> {
    let key = |uid: u16, kind: u8| {
        let mut key = [kind; 32];
        key[..2].copy_from_slice(&uid.to_le_bytes());
        key
    };
    let row = |uid: u16| encode::Row {
        hotkey: key(uid, 7),
        coldkey: key(uid / 10, 9),
        active: uid < 10,
        permit: uid < 12,
        last_update: 6_852_600,
        registered_at: 6_000_000 + u64::from(uid),
        alpha: 11_468_722_629_709 + u64::from(uid),
        tao: 258_711_584_460_575,
        total: 58_036_807_815_746,
    };
    let subnet = encode::Subnet {
        netuid: 1,
        registered_at: 100,
        owner_hotkey: key(0, 7),
        owner_coldkey: key(0, 9),
        block: 6_852_690,
        tempo: 99,
        last_step: 6_852_600,
        rows: (0..MEMBERS).map(row).collect(),
    };
    subnet.metagraph(&SelectiveMetagraph::QUERY, 77)
}

fn snapshot(answer: &[u8]) -> Snapshot {
    let graph = SelectiveMetagraph::decode(answer).unwrap().unwrap();
    let facts = SubnetFacts {
        genesis: None,
        netuid: graph.netuid,
        registered_at: graph.network_registered_at,
        block: BlockRef { number: graph.block.unwrap(), hash: [0; 32], time: NOW },
        spec_version: 343,
        tempo: graph.tempo,
        last_epoch: graph.last_step,
        owner_hotkey: graph.owner_hotkey,
        owner_coldkey: graph.owner_coldkey,
        coldkey_swaps: ColdkeySwaps::new(SwapScope::Owner, []),
        fetched_at: NOW,
    };
    let (hotkeys, coldkeys) = (graph.hotkeys.unwrap(), graph.coldkeys.unwrap());
    let (permits, stakes) = (graph.validator_permit.unwrap(), graph.total_stake.unwrap());
    let rows = (0..hotkeys.len()).map(|uid| Neuron {
        permit: permits[uid],
        total: Some(Rao(stakes[uid])),
        ..Neuron::registered(uid as u16, Hotkey::from_bytes(hotkeys[uid]), Some(Coldkey::from_bytes(coldkeys[uid])))
    });
    Snapshot::new(facts, rows).unwrap()
}

/// Validators with 1,000 stake, or the owner, but not those on a list.
fn policy() -> Policy {
    let validators = Policy::validator(Rao::from_tao(1_000), StakeKind::Total).role(Role::new("validator").unwrap());
    let either = Policy::any_of([validators, Policy::subnet_owner().role(Role::new("owner").unwrap())]).unwrap();
    either.deny((0..100).map(|byte| Hotkey::from_bytes([byte; 32])))
}
