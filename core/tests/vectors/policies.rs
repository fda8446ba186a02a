//! Who is welcome, by one snapshot.

use std::sync::Arc;

use bittensor_auth::error::Error;
use bittensor_auth::key::{Coldkey, Hotkey};
use bittensor_auth::policy::{Facts, Link, Policy, Role};
use bittensor_auth::registry::{FreshnessLimits, Rao, Snapshot, StakeKind, SubnetView};
use serde_json::Value;

use super::document::{Verdict, instant, key, large, optional_text, text, verdict};

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    vec![verdict(roles(group, case).map(|roles| [("roles", roles)]))]
}

fn roles(group: &Value, case: &Value) -> Result<Value, Error> {
    let mut view = SubnetView::empty(FreshnessLimits::DEFAULT);
    if let Some(document) = optional_text(group, "snapshot") {
        view = view.with_snapshot(Arc::new(Snapshot::from_json(document.as_bytes())?));
    }
    let link = match text(case, "link") {
        "not-asked" => Link::NotAsked,
        "not-linked" => Link::NotLinked,
        "unavailable" => Link::Unavailable,
        coldkey => Link::To(Coldkey::from_bytes(bytes(coldkey))),
    };
    let facts = Facts::of(&view, instant(group, "now")).with_link(link);
    let roles = policy(&case["policy"])?.decide(&key(case, "hotkey"), &facts).into_result()?;
    Ok(roles.as_slice().iter().map(Role::as_str).collect())
}

fn policy(rule: &Value) -> Result<Policy, Error> {
    let keys = |name: &str| -> Vec<[u8; 32]> {
        rule[name].as_array().into_iter().flatten().map(|key| bytes(key.as_str().expect("a key in hex"))).collect()
    };
    let parts =
        || -> Result<Vec<_>, Error> { rule["policies"].as_array().expect("rules").iter().map(policy).collect() };
    let stake =
        || -> Result<_, Error> { Ok((Rao(large(rule, "min_stake")), StakeKind::from_word(text(rule, "kind"))?)) };
    let made = match text(rule, "rule") {
        "any_hotkey" => Policy::any_hotkey(),
        "hotkeys" => Policy::hotkeys(keys("hotkeys").into_iter().map(Hotkey::from_bytes)),
        "coldkeys" => Policy::coldkeys(keys("coldkeys").into_iter().map(Coldkey::from_bytes)),
        "registered" => Policy::registered(),
        "validator" => stake().map(|(least, kind)| Policy::validator(least, kind))?,
        "stake" => stake().map(|(least, kind)| Policy::stake(least, kind))?,
        "subnet_owner" => Policy::subnet_owner(),
        "linked" => Policy::linked(),
        "any_of" => Policy::any_of(parts()?)?,
        "all_of" => Policy::all_of(parts()?)?,
        rule => panic!("nothing here knows the rule {rule}"),
    };
    let made = match optional_text(rule, "role") {
        Some(role) => made.role(Role::new(role)?),
        None => made,
    };
    Ok(made.deny(keys("deny").into_iter().map(Hotkey::from_bytes)))
}

fn bytes(text: &str) -> [u8; 32] {
    hex::decode(text).expect("hex").try_into().expect("32 bytes")
}
