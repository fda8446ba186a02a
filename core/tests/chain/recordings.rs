//! Recorded answers of public nodes. They stand beside the repository and not in it: without them these tests say so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bittensor_auth::chain::{
    Header, Layout, SelectiveMetagraph, StorageKey, SubnetQuery, SubnetState, Values, decode_neurons_lite,
};
use bittensor_auth::key::Hotkey;
use serde_json::Value;

const SELECTIVE: &str = "finney_spec343_block6852690_netuid1_get_selective_mechagraph_all74.hex";
const SUBSET: &str = "derived/finney_spec343_block6852690_netuid1_selective_subset16.hex";
const STATE: &str = "finney_spec343_block6852690_netuid1_get_subnet_state.hex";
const LITE: &str = "finney_spec343_block6852690_netuid1_get_neurons_lite.hex";

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/chain");
    if !folder.is_dir() {
        eprintln!("skipped: the recordings are not here");
        return None;
    }
    Some(folder)
}

pub(super) fn blob(name: &str) -> Option<Vec<u8>> {
    let text = std::fs::read_to_string(folder()?.join(name)).unwrap();
    Some(hex::decode(text.trim().strip_prefix("0x").unwrap()).unwrap())
}

fn json(name: &str) -> Option<Value> {
    Some(serde_json::from_slice(&std::fs::read(folder()?.join(name)).unwrap()).unwrap())
}

#[test]
fn three_calls_agree_on_a_thousand_members() {
    let (Some(selective), Some(subset), Some(state), Some(lite)) =
        (blob(SELECTIVE), blob(SUBSET), blob(STATE), blob(LITE))
    else {
        return;
    };
    let graph = SelectiveMetagraph::decode(&selective).unwrap().unwrap();
    let state = SubnetState::decode(&state).unwrap().unwrap();
    let rows = decode_neurons_lite(&lite).unwrap();
    assert_eq!((graph.netuid, state.netuid, graph.block, graph.tempo), (1, 1, Some(6_852_690), Some(99)));
    let [hotkeys, coldkeys] = [graph.hotkeys.as_ref().unwrap(), graph.coldkeys.as_ref().unwrap()];
    let permits = graph.validator_permit.as_ref().unwrap();
    assert_eq!((hotkeys, coldkeys, permits), (&state.hotkeys, &state.coldkeys, &state.validator_permit));
    assert_eq!(rows.len(), 1_024);
    assert_eq!(permits.iter().filter(|permit| **permit).count(), 12);
    assert_eq!(graph.active.as_ref().unwrap().iter().filter(|active| **active).count(), 10);
    assert_eq!(graph.total_stake.as_ref(), Some(&state.total_stake));
    assert_eq!(graph.alpha_stake.as_ref(), Some(&state.alpha_stake));
    assert_eq!(graph.tao_stake.as_ref(), Some(&state.tao_stake));
    assert_eq!(graph.block_at_registration.as_ref(), Some(&state.block_at_registration));
    assert_eq!(graph.last_update.as_ref(), Some(&state.last_update));
    for (uid, row) in rows.iter().enumerate() {
        assert_eq!(usize::from(row.uid), uid);
        assert_eq!(row.hotkey.unwrap().as_bytes(), &hotkeys[uid]);
        assert_eq!(row.coldkey.unwrap().as_bytes(), &coldkeys[uid]);
        assert_eq!(row.validator_permit, permits[uid]);
        assert_eq!((row.active, row.last_update), (state.active[uid], state.last_update[uid]));
    }
    let differing = rows.iter().enumerate().filter(|(uid, row)| row.own_alpha.unwrap().0 != state.alpha_stake[*uid]);
    assert_eq!(differing.count(), 11, "own alpha is another kind of stake");
    assert_eq!(rows[24].hotkey.unwrap().to_ss58(), "5HbScNssaEfioJHXjcXdpyqo1AKnYjymidGF8opcF9rTFZdT");
    assert_eq!(rows[24].coldkey.unwrap().to_ss58(), "5F4XcaiEBkE3ARx2kG29KJ8e94nFfUZQYC4c7zfticastxiD");
    assert_eq!(rows[24].own_alpha.unwrap().0, 959_873_144_507);
    let stakes = [state.total_stake[24], state.alpha_stake[24], state.tao_stake[24]];
    assert_eq!(stakes, [58_036_807_815_746, 11_468_722_629_709, 258_711_584_460_575]);

    let few = SelectiveMetagraph::decode(&subset).unwrap().unwrap();
    assert_eq!(few.last_step, None, "was not asked for");
    let asked = [0, 4, 5, 6, 7, 8, 36, 52, 53, 56, 57, 59, 66, 67, 68, 69];
    assert!(few.holds_exactly(&asked) && !few.holds_exactly(&asked[1..]) && !graph.holds_exactly(&asked));
    assert!(graph.holds_exactly(&(0..74).collect::<Vec<_>>()));
    assert_eq!((few.netuid, few.network_registered_at), (graph.netuid, graph.network_registered_at));
    assert_eq!((few.owner_hotkey, few.owner_coldkey), (graph.owner_hotkey, graph.owner_coldkey));
    assert_eq!((few.hotkeys, few.coldkeys), (graph.hotkeys, graph.coldkeys));
    assert_eq!((few.active, few.validator_permit), (graph.active, graph.validator_permit));
    assert_eq!((few.last_update, few.block_at_registration), (graph.last_update, graph.block_at_registration));
    assert_eq!(
        (few.alpha_stake, few.tao_stake, few.total_stake),
        (graph.alpha_stake, graph.tao_stake, graph.total_stake)
    );
    assert!(SelectiveMetagraph::decode(&[&subset[..], &[0, 0, 0]].concat()).is_ok(), "three fields of a later runtime");
    assert!(SelectiveMetagraph::decode(&[&subset[..], &[1]].concat()).is_err());
}

#[test]
fn an_old_envelope_is_an_error_and_not_an_empty_subnet() {
    let Some(wrapped) = blob("spec208_block3264157_netuid23_get_neurons_lite_wrapped.hex") else { return };
    assert!(decode_neurons_lite(&wrapped).is_err());
}

#[test]
fn the_zero_account_of_a_local_chain_is_nobody() {
    let Some(one) = blob("localnet_spec461_block67_netuid1_get_neurons_lite.hex") else { return };
    let rows = decode_neurons_lite(&one).unwrap();
    let [row] = &rows[..] else { panic!("one row") };
    assert_eq!((row.hotkey, row.coldkey, row.netuid), (None, None, 1));
    assert_eq!(row.own_alpha.unwrap().0, 1_000_000_000);
    assert_eq!(row.neuron(), None);
}

#[test]
fn headers_hash_to_their_blocks() {
    let Some(folder) = folder() else { return };
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(session) = path.extension().filter(|kind| *kind == "json").map(|_| std::fs::read(&path).unwrap())
        else {
            continue;
        };
        let session: Value = serde_json::from_slice(&session).unwrap();
        let golden = session.get("block").and_then(|block| Some((block.get("header")?, block.get("block_hash")?)));
        let asked = session["exchanges"].as_array().into_iter().flatten().filter_map(|exchange| {
            let hash = &exchange["params"][0];
            (exchange["method"] == "chain_getHeader" && hash.is_string()).then_some((&exchange["result"], hash))
        });
        for (header, hash) in asked.chain(golden) {
            let parsed = Header::from_json(&header.to_string()).unwrap();
            assert_eq!(format!("0x{}", hex::encode(parsed.hash())), hash.as_str().unwrap(), "{}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 5, "{checked} headers");
}

#[test]
fn recorded_layouts_are_told_apart() {
    let Some(folder) = folder() else { return };
    let metadata = |name: &str| std::fs::read(folder.join("metadata").join(name)).unwrap();
    let local = Layout::check(&metadata("localnet_spec461_v15.scale")).unwrap();
    assert_eq!((local.query(), local.has_state(), local.has_swaps()), (SubnetQuery::Metagraph, true, true));
    let finney = Layout::check(&metadata("finney_spec365_v16.scale")).unwrap();
    assert_eq!((finney.query(), finney.has_state(), finney.has_swaps()), (SubnetQuery::Metagraph, true, false));
    let error = Layout::check(&metadata("finney_spec219_v14.scale")).unwrap_err();
    assert!(error.message().contains("SubnetOwnerHotkey: expected"), "{error}");

    let layouts = json("derived/layouts.json").unwrap();
    let files = [
        ("219", "finney_spec219_v14.scale"),
        ("365", "finney_spec365_v16.scale"),
        ("461", "localnet_spec461_v15.scale"),
    ];
    let mut compared = 0;
    for (spec, file) in files {
        let bytes = metadata(file);
        for (entry, line) in layouts["by_spec_version"][spec]["entries"].as_object().unwrap() {
            assert_eq!(Layout::line(&bytes, entry).unwrap().as_deref(), line.as_str(), "{spec} {entry}");
            compared += 1;
        }
    }
    assert!(compared > 90, "{compared}");
}

/// Storage values as nodes gave them, by their keys.
#[test]
fn recorded_values_decode() {
    let read = |name: &str| json(name).map(|session| stored(&session));
    let (Some(scan), Some(uid), Some(old_uid), Some(updates), Some(members)) = (
        read("finney_spec315_block6522130_is_network_member_scan.json"),
        read("finney_spec315_block6522269_netuid14_uids_and_get_neuron.json"),
        read("spec208_block3264149_netuid23_uids.json"),
        read("finney_spec320_block6553223_netuid1_last_update.json"),
        read("finney_spec315_netuid1_subnetwork_n.json"),
    ) else {
        return;
    };
    let hotkey = Hotkey::from_ss58("5Cf4LPRv6tiyuFsfLRQaFYEEn3zJRGi4bAE9DwbbKmbCSHpV").unwrap();
    let of = |values: &BTreeMap<String, Vec<u8>>, key: &StorageKey| values[&key.to_string()].clone();
    let is_member = |netuid: u16| {
        let value = scan.get(&StorageKey::is_network_member(&hotkey, netuid).to_string());
        value.map(|value| Values::flag(Some(value)).unwrap())
    };
    let rows: Vec<_> = (0..=u16::MAX).filter_map(|netuid| Some((netuid, is_member(netuid)?))).collect();
    let member_of: Vec<_> = rows.iter().filter(|(_, is_member)| *is_member).collect();
    assert_eq!((rows.len(), member_of), (100, vec![&(14, true)]), "false rows are stored: presence proves nothing");
    assert_eq!(Values::uid(Some(&of(&uid, &StorageKey::uids(14, &hotkey)))).unwrap(), Some(29));
    let old = Hotkey::from_ss58("5DkzsviNQr4ZePXMmEfNPDcE7cQ9cVyepmQbgUw6YT3odcwh").unwrap();
    assert_eq!(Values::uid(Some(&of(&old_uid, &StorageKey::uids(23, &old)))).unwrap(), Some(5));
    let last_update = Values::last_update(Some(&of(&updates, &StorageKey::last_update(1)))).unwrap();
    assert_eq!(last_update.len(), 1_024);
    assert!(Values::flag(Some(&of(&updates, &StorageKey::networks_added(1)))).unwrap());
    assert_eq!(Values::small(Some(&of(&members, &StorageKey::subnetwork_n(1)))).unwrap(), Some(1_024));
}

/// Keys and values of a session, from single and batched questions.
fn stored(session: &Value) -> BTreeMap<String, Vec<u8>> {
    let bytes = |text: &Value| hex::decode(&text.as_str().unwrap()[2..]).unwrap();
    let mut values = BTreeMap::new();
    for exchange in session["exchanges"].as_array().unwrap() {
        let result = &exchange["result"];
        match exchange["method"].as_str().unwrap() {
            "state_getStorageAt" | "state_getStorage" if !result.is_null() => {
                values.insert(exchange["params"][0].as_str().unwrap().to_owned(), bytes(result));
            }
            "state_queryStorageAt" => {
                for change in result[0]["changes"].as_array().unwrap() {
                    values.insert(change[0].as_str().unwrap().to_owned(), bytes(&change[1]));
                }
            }
            _ => {}
        }
    }
    values
}
