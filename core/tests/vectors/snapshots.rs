//! Snapshots as they are published, their age, and what changed between two.

use std::sync::Arc;
use std::time::Duration;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::Hotkey;
use bittensor_auth::registry::{FreshnessLimits, Snapshot, SnapshotDiff, SubnetView, UidChange};
use serde_json::{Value, json};

use super::document::{Verdict, instant, key_text, number, optional_text, text, verdict};

type Outputs = Vec<(&'static str, Value)>;

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    vec![verdict(match text(group, "operation") {
        "read" => read(text(case, "document")),
        "freshness" => freshness(group, case),
        "diff" => diff(text(case, "old"), text(case, "new")),
        operation => panic!("nothing here knows the operation {operation}"),
    })]
}

fn read(document: &str) -> Result<Outputs, Error> {
    let snapshot = Snapshot::from_json(document.as_bytes())?;
    assert_eq!(Snapshot::from_json(snapshot.to_json().as_bytes()), Ok(snapshot.clone()), "written and read again");
    Ok(vec![("hotkeys", snapshot.neurons().iter().map(|neuron| key_text(&neuron.hotkey)).collect())])
}

fn freshness(group: &Value, case: &Value) -> Result<Outputs, Error> {
    let seconds = |name| Duration::from_secs(number(group, name));
    let limits = FreshnessLimits::new(seconds("soft_s"), seconds("hard_s"))?;
    let snapshot = Snapshot::from_json(text(case, "document").as_bytes())?;
    let mut view = SubnetView::empty(limits).with_snapshot(Arc::new(snapshot));
    if let Some(trouble) = optional_text(case, "trouble") {
        let code = ErrorCode::ALL.iter().find(|code| code.as_str() == trouble).expect("a code");
        view = view.with_trouble((*code).into());
    }
    Ok(vec![("freshness", view.freshness(instant(case, "now")).as_str().into())])
}

fn diff(old: &str, new: &str) -> Result<Outputs, Error> {
    let [old, new] = [Snapshot::from_json(old.as_bytes())?, Snapshot::from_json(new.as_bytes())?];
    let diff = SnapshotDiff::between(&old, &new);
    let keys = |hotkeys: &[Hotkey]| -> Value { hotkeys.iter().map(key_text).collect() };
    let uids = |changes: &[UidChange]| -> Value {
        changes
            .iter()
            .map(|change| json!({ "uid": change.uid, "old": key_text(&change.old), "new": key_text(&change.new) }))
            .collect()
    };
    let owner = |coldkey: Option<bittensor_auth::key::Coldkey>| coldkey.map(|coldkey| hex::encode(coldkey.as_bytes()));
    let owners: Value = diff
        .owner_changed
        .iter()
        .map(|change| json!({ "hotkey": key_text(&change.hotkey), "old": owner(change.old), "new": owner(change.new) }))
        .collect();
    Ok(vec![
        ("other_subnet", diff.other_subnet.into()),
        ("joined", keys(&diff.joined)),
        ("left", keys(&diff.left)),
        ("swapped", uids(&diff.swapped)),
        ("replaced", uids(&diff.replaced)),
        ("permit_gained", keys(&diff.permit_gained)),
        ("permit_lost", keys(&diff.permit_lost)),
        ("owner_changed", owners),
    ])
}
