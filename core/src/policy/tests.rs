use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::registry::tests::{coldkey, facts, hotkey, neuron, snapshot};
use crate::registry::{BlockRef, ColdkeySwaps, FreshnessLimits, Neuron, PointRead, Snapshot, SubnetView, SwapStatus};
use crate::time::UnixNanos;

const NOW: UnixNanos = UnixNanos::from_secs(1_750_000_000);

fn view(snapshot: Snapshot) -> SubnetView {
    SubnetView::empty(FreshnessLimits::DEFAULT).with_snapshot(Arc::new(snapshot))
}

/// 1 is the subnet's owner, 2 a validator with 1,000 TAO, 3 a miner; 4 is nobody.
fn usual() -> SubnetView {
    let rows = [
        neuron(0, 1),
        Neuron { permit: true, total: Some(Rao::from_tao(1_000)), alpha: Some(Rao(5)), ..neuron(1, 2) },
        Neuron { total: Some(Rao(999)), ..neuron(2, 3) },
    ];
    view(snapshot(0, rows))
}

fn role(name: &str) -> Role {
    Role::new(name).expect("a name")
}

/// The roles, or the code.
fn says(policy: &Policy, byte: u8, facts: &Facts<'_>) -> Result<Vec<String>, ErrorCode> {
    let roles = policy.decide(&hotkey(byte), facts).into_result().map_err(|error| error.code())?;
    Ok(roles.as_slice().iter().map(ToString::to_string).collect())
}

fn codes(policy: &Policy, view: &SubnetView) -> [Option<ErrorCode>; 4] {
    [1, 2, 3, 4].map(|byte| says(policy, byte, &Facts::of(view, NOW)).err())
}

#[test]
fn deny_wins_over_allow() {
    let [a, b, c] = [1, 2, 3].map(hotkey);
    let policy = Policy::hotkeys([a, b]).deny([b]);
    assert_eq!(policy.check(&a), Ok(()));
    assert_eq!(policy.check(&b).map_err(|e| e.code()), Err(ErrorCode::HotkeyDenied));
    assert_eq!(policy.check(&c).map_err(|e| e.code()), Err(ErrorCode::HotkeyNotAllowed));
    assert_eq!(Policy::any_hotkey().check(&c), Ok(()));
}

#[test]
fn single_rules() {
    use ErrorCode::{ColdkeyNotAllowed, HotkeyNotRegistered, NotSubnetOwner, PermitMissing, StakeTooLow};
    let view = usual();
    assert_eq!(codes(&Policy::registered(), &view), [None, None, None, Some(HotkeyNotRegistered)]);
    let total = StakeKind::Total;
    assert_eq!(
        codes(&Policy::validator(Rao::from_tao(1_000), total), &view),
        [Some(PermitMissing), None, Some(PermitMissing), Some(HotkeyNotRegistered),]
    );
    let more = Policy::validator(Rao(1_000_000_000_001), total);
    assert_eq!(codes(&more, &view)[1], Some(StakeTooLow));
    assert_eq!(
        codes(&Policy::stake(Rao(999), total), &view),
        [Some(ErrorCode::RegistryUnavailable), None, None, Some(HotkeyNotRegistered),]
    );
    assert_eq!(codes(&Policy::stake(Rao(6), StakeKind::Alpha), &view)[1], Some(StakeTooLow), "another kind");
    assert_eq!(codes(&Policy::stake(Rao(1), StakeKind::OwnAlpha), &view)[1], Some(ErrorCode::RegistryUnavailable));
    assert_eq!(codes(&Policy::stake(Rao(0), StakeKind::OwnAlpha), &view)[1], None);
    assert_eq!(
        codes(&Policy::subnet_owner(), &view),
        [None, Some(NotSubnetOwner), Some(NotSubnetOwner), Some(NotSubnetOwner),]
    );
    assert_eq!(
        codes(&Policy::coldkeys([coldkey(3), coldkey(4)]), &view),
        [Some(ColdkeyNotAllowed), Some(ColdkeyNotAllowed), None, Some(HotkeyNotRegistered),]
    );
}

#[test]
fn reasons_say_what_to_do() {
    let mut old = facts(1_000);
    old.fetched_at = old.block.time.plus(Duration::from_secs(20));
    let rows = [Neuron { total: Some(Rao(7)), permit: true, ..neuron(0, 2) }, neuron(1, 3)];
    let view = view(Snapshot::new(old.clone(), rows).expect("two rows"));
    let facts = Facts::of(&view, old.block.time.plus(Duration::from_secs(32)));
    let reason = |policy: &Policy, byte| match policy.decide(&hotkey(byte), &facts) {
        Decision::Deny(error) => error.message().to_owned(),
        other => panic!("{other:?}"),
    };
    let policy = Policy::validator(Rao(8), StakeKind::Total);
    assert_eq!(reason(&policy, 2), "the total stake is 7 rao; expected at least 8 rao");
    assert_eq!(
        reason(&policy, 3),
        "permit missing: the last epoch was 212 blocks ago; there is one about every 360 blocks"
    );
    assert_eq!(reason(&policy, 4), "the hotkey was not registered on subnet 7 at block 1000, 32 s ago");
    let either = Policy::any_of([Policy::subnet_owner(), Policy::registered()]).expect("two");
    assert_eq!(
        reason(&either, 4),
        "this hotkey is not the owner of the subnet; or else: the hotkey was not registered on subnet 7 at block 1000, 32 s ago"
    );
}

#[test]
fn without_usable_facts_nothing_is_guessed() {
    let policies = [
        Policy::registered(),
        Policy::validator(Rao(0), StakeKind::Total),
        Policy::stake(Rao(0), StakeKind::Total),
        Policy::subnet_owner(),
        Policy::coldkeys([coldkey(1)]),
        Policy::linked(),
    ];
    let (usual, empty) = (usual(), SubnetView::empty(FreshnessLimits::DEFAULT));
    let late = NOW.plus(Duration::from_secs(1_201));
    for policy in &policies {
        for facts in [Facts::NONE, Facts::of(&empty, NOW), Facts::of(&usual, late)] {
            for byte in 1..5 {
                let decision = policy.decide(&hotkey(byte), &facts.with_link(Link::To(coldkey(byte))));
                let Decision::Unknown(error) = decision else { panic!("{policy:?}: {decision:?}") };
                assert_eq!((error.code(), error.code().http_status()), (ErrorCode::RegistryUnavailable, 503));
            }
        }
        assert!(policy.needs().subnet);
    }
    let listed = Policy::hotkeys([hotkey(1)]).deny([hotkey(2)]);
    assert_eq!(listed.needs(), Needs::default());
    assert_eq!(listed.check(&hotkey(1)), Ok(()));
}

/// Allow, deny, unknown.
fn three() -> [Policy; 3] {
    [Policy::any_hotkey(), Policy::hotkeys([]), Policy::registered()]
}

#[test]
fn three_values_combine_as_in_kleenes_logic() {
    let value = |policy: &Policy| match policy.decide(&hotkey(1), &Facts::NONE) {
        Decision::Allow(_) => 2,
        Decision::Unknown(_) => 1,
        Decision::Deny(_) => 0,
    };
    for a in three() {
        for b in three() {
            let pair = [a.clone(), b.clone()];
            assert_eq!(value(&Policy::any_of(pair.clone()).expect("two")), value(&a).max(value(&b)));
            assert_eq!(value(&Policy::all_of(pair).expect("two")), value(&a).min(value(&b)));
        }
    }
}

#[test]
fn a_ban_holds_even_when_nothing_is_known() {
    let banned = Policy::registered().deny([hotkey(1)]);
    assert_eq!(says(&banned, 1, &Facts::NONE), Err(ErrorCode::HotkeyDenied));
    let nested = Policy::any_of([Policy::any_hotkey(), banned.clone()]).expect("two");
    assert_eq!(says(&nested, 1, &Facts::NONE), Err(ErrorCode::HotkeyDenied), "in every branch");
    let deeper = Policy::any_of([Policy::any_hotkey(), Policy::all_of([nested]).expect("one")]).expect("two");
    assert_eq!(says(&deeper, 1, &Facts::NONE), Err(ErrorCode::HotkeyDenied));
    assert_eq!(says(&deeper, 2, &Facts::NONE), Ok(vec![]));
}

#[test]
fn no_policy_is_no_permission() {
    for empty in [Policy::any_of([]), Policy::all_of([])] {
        assert_eq!(empty.map(drop).map_err(|error| error.code()), Err(ErrorCode::InvalidConfiguration));
    }
}

#[test]
fn roles_are_those_of_the_rules_that_allow() {
    let policy = Policy::any_of([
        Policy::all_of([Policy::registered().role(role("member")), Policy::hotkeys([hotkey(9)])]).expect("two"),
        Policy::validator(Rao(1), StakeKind::Total).role(role("validator")),
        Policy::registered().role(role("miner")),
        Policy::subnet_owner().role(role("owner")),
    ])
    .expect("four")
    .role(role("caller"));
    let view = usual();
    let says = |byte| says(&policy, byte, &Facts::of(&view, NOW));
    assert_eq!(says(1), Ok(vec!["miner".into(), "owner".into(), "caller".into()]), "none of a branch that refused");
    assert_eq!(says(2), Ok(vec!["validator".into(), "miner".into(), "caller".into()]));
    assert_eq!(says(4), Err(ErrorCode::HotkeyNotRegistered));
    for name in ["", "Validator", "a b", "é", &"a".repeat(33)] {
        assert!(Role::new(name).is_err(), "{name}");
    }
}

#[test]
fn linked_needs_the_link_the_chain_and_no_swap() {
    let policy = Policy::linked();
    assert_eq!(policy.needs(), Needs { subnet: true, link: true, swaps: SwapScope::Everyone });
    let view = usual();
    let facts = Facts::of(&view, NOW);
    let with = |link| says(&policy, 3, &facts.with_link(link)).map_err(|code| (code, code.http_status()));
    assert_eq!(facts.owner_of(&hotkey(3)), Some(coldkey(3)));
    assert_eq!(with(Link::To(coldkey(3))), Ok(vec![]));
    assert_eq!(with(Link::To(coldkey(2))), Err((ErrorCode::ColdkeyNotLinked, 403)), "somebody else's");
    assert_eq!(with(Link::NotLinked), Err((ErrorCode::ColdkeyNotLinked, 403)));
    assert_eq!(with(Link::NotAsked), Err((ErrorCode::StoreUnavailable, 503)));
    assert_eq!(with(Link::Unavailable), Err((ErrorCode::StoreUnavailable, 503)));
    assert_eq!(says(&policy, 4, &facts.with_link(Link::To(coldkey(4)))), Err(ErrorCode::HotkeyNotRegistered));

    let unowned = self::view(snapshot(0, [Neuron { coldkey: None, ..neuron(0, 3) }]));
    let zero = Facts::of(&unowned, NOW).with_link(Link::To(coldkey(0)));
    assert_eq!(says(&policy, 3, &zero), Err(ErrorCode::ColdkeyNotLinked), "nobody's hotkey");

    for (swaps, code) in [
        (ColdkeySwaps::new(SwapScope::Owner, []), ErrorCode::RegistryUnavailable),
        (
            ColdkeySwaps::new(SwapScope::Everyone, [(coldkey(3), SwapStatus::Pending { from_block: 9 })]),
            ErrorCode::ColdkeySwapPending,
        ),
        (ColdkeySwaps::new(SwapScope::Everyone, [(coldkey(3), SwapStatus::Disputed)]), ErrorCode::ColdkeySwapPending),
    ] {
        let mut facts = facts_with(swaps);
        facts.owner_hotkey = None;
        let view = self::view(Snapshot::new(facts, [neuron(0, 3)]).expect("one row"));
        assert_eq!(says(&policy, 3, &Facts::of(&view, NOW).with_link(Link::To(coldkey(3)))), Err(code));
    }
}

fn facts_with(coldkey_swaps: ColdkeySwaps) -> crate::registry::SubnetFacts {
    crate::registry::SubnetFacts { coldkey_swaps, ..facts(0) }
}

#[test]
fn the_owner_waits_while_the_coldkey_is_swapped() {
    let pending = [(coldkey(1), SwapStatus::Pending { from_block: 9 })];
    for (swaps, code) in [
        (ColdkeySwaps::new(SwapScope::Owner, []), None),
        (ColdkeySwaps::new(SwapScope::Owner, pending), Some(ErrorCode::ColdkeySwapPending)),
        (ColdkeySwaps::default(), Some(ErrorCode::RegistryUnavailable)),
    ] {
        let view = view(Snapshot::new(facts_with(swaps), [neuron(0, 1)]).expect("one row"));
        assert_eq!(codes(&Policy::subnet_owner(), &view)[0], code);
        assert_eq!(codes(&Policy::registered(), &view)[0], None, "authentication goes on");
    }
}

#[test]
fn a_point_read_counts_when_it_is_newer() {
    let view = usual();
    let read = |number, byte, time| PointRead {
        hotkey: hotkey(byte),
        neuron: Some(Neuron::registered(9, hotkey(byte), Some(coldkey(byte)))),
        block: BlockRef { number, hash: [0; 32], time },
    };
    let with = |policy: &Policy, read: &PointRead| says(policy, 4, &Facts::of(&view, NOW).with_point(read)).err();
    let (registered, validator) = (Policy::registered(), Policy::validator(Rao(0), StakeKind::Total));
    assert_eq!(with(&registered, &read(1, 4, NOW)), None);
    assert_eq!(with(&registered, &read(0, 4, NOW)), Some(ErrorCode::HotkeyNotRegistered), "no newer than the snapshot");
    assert_eq!(with(&registered, &read(1, 5, NOW)), Some(ErrorCode::HotkeyNotRegistered), "somebody else's");
    let long_ago = NOW.minus(Duration::from_secs(1_201));
    assert_eq!(with(&registered, &read(1, 4, long_ago)), Some(ErrorCode::HotkeyNotRegistered));
    assert_eq!(with(&validator, &read(1, 4, NOW)), Some(ErrorCode::PermitMissing));
    assert_eq!(with(&Policy::stake(Rao(1), StakeKind::Total), &read(1, 4, NOW)), Some(ErrorCode::RegistryUnavailable));
    let stale = self::view(snapshot(0, []));
    let late = Facts::of(&stale, NOW.plus(Duration::from_secs(1_201)));
    let fresh = read(1, 4, NOW.plus(Duration::from_secs(1_201)));
    assert_eq!(says(&registered, 4, &late.with_point(&fresh)), Err(ErrorCode::RegistryUnavailable));
}
