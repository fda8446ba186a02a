//! No bytes make a decoder panic, and no damaged answer is taken for another one.

use bittensor_auth::chain::{
    Header, Layout, RpcAnswer, SelectiveMetagraph, SubnetReader, SubnetState, Values, decode_neuron_lite,
    decode_neurons_lite,
};
use bittensor_auth::registry::Snapshot;
use bittensor_auth::time::UnixNanos;
use proptest::prelude::*;

use super::encode::{Row, Subnet};
use super::metadata;
use super::node::{Node, known_lines, snapshot, subnet, target};
use super::recordings::blob;

/// Everything that reads bytes from outside.
fn read_all(bytes: &[u8]) {
    drop(SelectiveMetagraph::decode(bytes));
    drop(SubnetState::decode(bytes));
    drop(decode_neurons_lite(bytes));
    drop(decode_neuron_lite(bytes));
    drop(Layout::check(bytes));
    drop(Snapshot::from_json(bytes));
    drop(Header::from_json(&String::from_utf8_lossy(bytes)));
    drop(Values::uid(Some(bytes)));
    drop(Values::coldkey(Some(bytes)));
    drop(Values::owned_hotkeys(Some(bytes)));
    drop(Values::permits(Some(bytes)));
    drop(Values::last_update(Some(bytes)));
    drop(Values::flag(Some(bytes)));
    drop(Values::announced_swap(Some(bytes)));
    let now = UnixNanos::from_secs(1);
    let mut plan = SubnetReader::new(target()).snapshot_plan(now);
    drop(plan.answer(&RpcAnswer::from_message(bytes), now));
    let _ = RpcAnswer::id_of(bytes);
}

fn metagraph() -> Vec<u8> {
    subnet(20).metagraph(&SelectiveMetagraph::QUERY, 77)
}

/// The subnet that an answer speaks of; `None` when its lists differ in length.
fn said(graph: &SelectiveMetagraph) -> Option<Subnet> {
    let (hotkeys, coldkeys) = (graph.hotkeys.as_ref()?, graph.coldkeys.as_ref()?);
    let rows = (0..hotkeys.len()).map(|uid| {
        let flag = |list: &Option<Vec<bool>>| list.as_ref()?.get(uid).copied();
        let number = |list: &Option<Vec<u64>>| list.as_ref()?.get(uid).copied();
        Some(Row {
            hotkey: hotkeys[uid],
            coldkey: *coldkeys.get(uid)?,
            active: flag(&graph.active)?,
            permit: flag(&graph.validator_permit)?,
            last_update: number(&graph.last_update)?,
            registered_at: number(&graph.block_at_registration)?,
            alpha: number(&graph.alpha_stake)?,
            tao: number(&graph.tao_stake)?,
            total: number(&graph.total_stake)?,
        })
    });
    let rows: Vec<_> = rows.collect::<Option<_>>()?;
    let subnet = Subnet {
        netuid: graph.netuid,
        registered_at: graph.network_registered_at?,
        owner_hotkey: *graph.owner_hotkey?.as_bytes(),
        owner_coldkey: *graph.owner_coldkey?.as_bytes(),
        block: graph.block?,
        tempo: graph.tempo?,
        last_step: graph.last_step?,
        rows,
    };
    (graph.total_stake.as_ref()?.len() == hotkeys.len()).then_some(subnet)
}

proptest! {
    // What was found once is a test of its own; nothing is written beside the tests.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    #[test]
    fn any_bytes_after_a_good_beginning(keep in 0_usize..1_200, bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        for good in [metagraph(), subnet(20).state(), subnet(20).neurons_lite()] {
            let mut damaged = good[..keep.min(good.len())].to_vec();
            damaged.extend(&bytes);
            read_all(&damaged);
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed_or_says_something_else(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let good = metagraph();
        let mut flipped = good.clone();
        *at.get_mut(&mut flipped) ^= 1 << bit;
        if let Ok(Some(graph)) = SelectiveMetagraph::decode(&flipped)
            && graph.holds_exactly(&SelectiveMetagraph::QUERY)
            && let Some(subnet) = said(&graph)
        {
            prop_assert_eq!(subnet.metagraph(&SelectiveMetagraph::QUERY, 77), flipped);
        }
        let good = subnet(20).neurons_lite();
        let mut flipped = good.clone();
        *at.get_mut(&mut flipped) ^= 1 << bit;
        read_all(&flipped);
    }

    #[test]
    fn damaged_metadata_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut damaged = metadata::answer(&known_lines());
        *at.get_mut(&mut damaged) = byte;
        drop(Layout::check(&damaged));
    }

    #[test]
    fn what_is_encoded_is_decoded(members in 0_u8..40, later in 0_u16..5) {
        let subnet = subnet(members);
        let graph = SelectiveMetagraph::decode(&subnet.metagraph(&SelectiveMetagraph::QUERY, 74 + later)).unwrap().unwrap();
        let state = SubnetState::decode(&subnet.state()).unwrap().unwrap();
        let rows = decode_neurons_lite(&subnet.neurons_lite()).unwrap();
        prop_assert_eq!(graph.hotkeys.as_ref().unwrap(), &state.hotkeys);
        prop_assert_eq!(graph.total_stake.as_ref().unwrap(), &state.total_stake);
        prop_assert_eq!(rows.len(), usize::from(members));
        for (row, expected) in rows.iter().zip(&subnet.rows) {
            prop_assert_eq!(row.hotkey.map(|hotkey| *hotkey.as_bytes()), Some(expected.hotkey));
            prop_assert_eq!(row.own_alpha.unwrap().0, expected.alpha);
        }
    }
}

#[test]
fn every_shorter_answer_is_refused() {
    let (graph, state, rows) = (metagraph(), subnet(20).state(), subnet(20).neurons_lite());
    // The last bytes of a metagraph are fields of a later runtime, which an earlier one does not have.
    for cut in 0..graph.len() - 3 {
        assert!(SelectiveMetagraph::decode(&graph[..cut]).is_err(), "{cut}");
    }
    (0..state.len()).for_each(|cut| assert!(SubnetState::decode(&state[..cut]).is_err(), "{cut}"));
    (0..rows.len()).for_each(|cut| assert!(decode_neurons_lite(&rows[..cut]).is_err(), "{cut}"));
    let json = snapshot(&mut Node::new()).to_json();
    (0..json.len()).for_each(|cut| assert!(Snapshot::from_json(&json.as_bytes()[..cut]).is_err(), "{cut}"));
}

#[test]
fn damaged_recordings_are_refused_or_equal() {
    let names = ["get_neurons_lite", "get_subnet_state", "get_selective_mechagraph_all74"];
    for name in names {
        let Some(good) = blob(&format!("finney_spec343_block6852690_netuid1_{name}.hex")) else { return };
        let decode = |bytes: &[u8]| -> Option<String> {
            match name {
                "get_neurons_lite" => decode_neurons_lite(bytes).ok().map(|rows| format!("{rows:?}")),
                "get_subnet_state" => SubnetState::decode(bytes).ok().map(|state| format!("{state:?}")),
                _ => SelectiveMetagraph::decode(bytes).ok().map(|graph| format!("{graph:?}")),
            }
        };
        assert!(decode(&good).is_some());
        for step in 1..40 {
            let cut = good.len() * step / 40;
            assert_eq!(decode(&good[..cut]), None, "{name} cut to {cut}");
            let mut flipped = good.clone();
            flipped[cut] ^= 1 << (step % 8);
            read_all(&flipped);
        }
        assert_eq!(decode(&[&good[..], &[1]].concat()), None, "{name} with a byte more");
    }
}
