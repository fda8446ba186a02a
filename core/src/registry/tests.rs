use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::error::{Error, ErrorCode};
use crate::key::{Coldkey, Hotkey};
use crate::time::UnixNanos;

const NOW: UnixNanos = UnixNanos::from_secs(1_750_000_000);

/// A snapshot of `block`, read at that block's time.
pub(crate) fn snapshot(block: u64, neurons: impl IntoIterator<Item = Neuron>) -> Snapshot {
    Snapshot::new(facts(block), neurons).expect("distinct rows")
}

pub(crate) fn facts(block: u64) -> SubnetFacts {
    let time = NOW.plus(Duration::from_secs(block * 12));
    SubnetFacts {
        genesis: Some([6; 32]),
        netuid: 7,
        registered_at: Some(1),
        block: BlockRef { number: block, hash: [9; 32], time },
        spec_version: 461,
        tempo: Some(360),
        last_epoch: Some(block.saturating_sub(212)),
        owner_hotkey: Some(hotkey(1)),
        owner_coldkey: Some(coldkey(1)),
        coldkey_swaps: ColdkeySwaps::new(SwapScope::Everyone, []),
        fetched_at: time,
    }
}

pub(crate) fn hotkey(byte: u8) -> Hotkey {
    Hotkey::from_bytes([byte; 32])
}

pub(crate) fn coldkey(byte: u8) -> Coldkey {
    Coldkey::from_bytes([byte; 32])
}

/// Hotkey and coldkey of the same byte.
pub(crate) fn neuron(uid: u16, byte: u8) -> Neuron {
    Neuron { registered_at: Some(100), ..Neuron::registered(uid, hotkey(byte), Some(coldkey(byte))) }
}

fn view(snapshot: Snapshot) -> SubnetView {
    SubnetView::empty(FreshnessLimits::DEFAULT).with_snapshot(Arc::new(snapshot))
}

#[test]
fn weak_keys_are_nobody() {
    let mut facts = facts(0);
    facts.owner_hotkey = Some(hotkey(0));
    facts.owner_coldkey = Some(coldkey(0));
    let mut small_order = [0; 32];
    small_order[0] = 1;
    let rows = [
        neuron(0, 0),
        Neuron { coldkey: Some(coldkey(0)), ..neuron(1, 2) },
        Neuron { hotkey: Hotkey::from_bytes(small_order), ..neuron(2, 3) },
    ];
    let snapshot = Snapshot::new(facts, rows).expect("distinct rows");
    assert_eq!(snapshot.neurons(), [Neuron { coldkey: None, ..neuron(1, 2) }]);
    assert_eq!((snapshot.facts().owner_hotkey, snapshot.facts().owner_coldkey), (None, None));
    assert_eq!(snapshot.owner_swap(), SwapStatus::None);
}

#[test]
fn rows_are_distinct() {
    for rows in [[neuron(1, 2), neuron(1, 3)], [neuron(1, 2), neuron(2, 2)]] {
        let error = Snapshot::new(facts(0), rows).expect_err("twice");
        assert_eq!(error.code(), ErrorCode::SnapshotInvalid);
    }
}

#[test]
fn facts_age_and_end() {
    let view = view(snapshot(0, [neuron(0, 1)]));
    let at = |secs: u64| view.freshness(NOW.plus(Duration::from_secs(secs)));
    assert_eq!(
        [at(0), at(900), at(901), at(1_200), at(1_201)],
        [Freshness::Fresh, Freshness::Fresh, Freshness::Degraded, Freshness::Degraded, Freshness::Expired,]
    );
    assert_eq!(view.lookup(&hotkey(1), NOW), Lookup::Registered(&neuron(0, 1)));
    assert_eq!(view.lookup(&hotkey(2), NOW), Lookup::NotRegistered);
    let late = NOW.plus(Duration::from_secs(1_201));
    assert_eq!(view.lookup(&hotkey(1), late), Lookup::Unknown(Freshness::Expired));
    assert_eq!(view.lookup(&hotkey(2), late), Lookup::Unknown(Freshness::Expired));
    let error = view.usable(late).expect_err("too old");
    assert_eq!(error.message(), "the subnet was last read 1201 s ago; expected at most 1200 s");
}

#[test]
fn a_node_that_serves_an_old_head_ends_too() {
    let read_at = |lag: u64| {
        let mut facts = facts(0);
        facts.fetched_at = NOW.plus(Duration::from_secs(lag));
        view(Snapshot::new(facts, [neuron(0, 1)]).expect("one row")).freshness(NOW.plus(Duration::from_secs(lag)))
    };
    assert_eq!(
        [read_at(180), read_at(181), read_at(1_201)],
        [Freshness::Fresh, Freshness::Degraded, Freshness::Expired,]
    );
}

#[test]
fn a_clock_that_went_back_makes_nothing_fresh() {
    let view = view(snapshot(100, [neuron(0, 1)]));
    let read = NOW.plus(Duration::from_secs(1_200));
    assert_eq!(view.freshness(read.minus(Duration::from_secs(5))), Freshness::Fresh);
    assert_eq!(view.freshness(read.minus(Duration::from_secs(6))), Freshness::Expired);
}

#[test]
fn trouble_shows_and_a_replaced_subnet_ends_at_once() {
    let empty = SubnetView::empty(FreshnessLimits::DEFAULT);
    assert_eq!(empty.freshness(NOW), Freshness::Never);
    let unknown = Error::new(ErrorCode::ChainLayoutUnknown);
    assert_eq!(empty.with_trouble(unknown.clone()).freshness(NOW), Freshness::Unsupported);
    let view = view(snapshot(0, [neuron(0, 1)])).with_trouble(unknown);
    assert_eq!(view.freshness(NOW), Freshness::Fresh, "until its age ends it");
    assert_eq!(view.freshness(NOW.plus(Duration::from_secs(1_201))), Freshness::Unsupported);
    let replaced = view.with_trouble(ErrorCode::SubnetReplaced.into());
    assert_eq!(replaced.freshness(NOW), Freshness::Replaced);
    let later = replaced.with_trouble(ErrorCode::ChainUnreachable.into());
    assert_eq!(later.freshness(NOW), Freshness::Replaced, "another failure does not hide it");
    assert_eq!(later.lookup(&hotkey(1), NOW), Lookup::Unknown(Freshness::Replaced));
    let confirmed = later.with_snapshot(Arc::new(snapshot(1, [])));
    assert_eq!(confirmed.trouble(), None);
}

#[test]
fn limits_have_bounds() {
    let new = |soft, hard| FreshnessLimits::new(Duration::from_secs(soft), Duration::from_secs(hard)).is_ok();
    assert!(new(10, 10) && new(0, 86_400));
    assert!(!new(11, 10) && !new(0, 9) && !new(0, 86_401));
}

#[test]
fn a_diff_says_who_left_and_why() {
    let old = snapshot(0, [1, 2, 3, 4, 5, 6, 7].map(|byte| Neuron { permit: byte == 1, ..neuron(byte.into(), byte) }));
    let new = snapshot(
        25,
        [
            Neuron { permit: false, ..neuron(1, 1) },
            Neuron { permit: true, ..neuron(2, 2) },
            // 3 was swapped for 13, 4 was replaced by 14, 5 left, 6 moved to 5's uid, 7 has another owner.
            Neuron { coldkey: Some(coldkey(3)), ..neuron(3, 13) },
            Neuron { registered_at: Some(24), ..neuron(4, 14) },
            neuron(5, 6),
            Neuron { coldkey: Some(coldkey(17)), ..neuron(7, 7) },
        ],
    );
    let change = |uid, old, new| UidChange { uid, old: hotkey(old), new: hotkey(new) };
    assert_eq!(
        SnapshotDiff::between(&old, &new),
        SnapshotDiff {
            other_subnet: false,
            joined: vec![hotkey(13), hotkey(14)],
            left: vec![hotkey(3), hotkey(4), hotkey(5)],
            swapped: vec![change(3, 3, 13)],
            replaced: vec![change(4, 4, 14)],
            permit_gained: vec![hotkey(2)],
            permit_lost: vec![hotkey(1)],
            owner_changed: vec![OwnerChange { hotkey: hotkey(7), old: Some(coldkey(7)), new: Some(coldkey(17)) }],
        }
    );
    assert!(SnapshotDiff::between(&new, &new).is_empty());
}

#[test]
fn nobody_swaps_with_nobody() {
    let unowned = |byte| Neuron { coldkey: None, ..neuron(1, byte) };
    let diff = SnapshotDiff::between(&snapshot(0, [unowned(1)]), &snapshot(1, [unowned(2)]));
    assert!(diff.swapped.is_empty(), "two times no owner are not the same owner");
    assert_eq!(diff.left, [hotkey(1)]);
}

#[test]
fn of_another_subnet_everybody_left() {
    let mut other = facts(25);
    other.registered_at = Some(20);
    let new = Snapshot::new(other, [neuron(1, 1)]).expect("one row");
    let diff = SnapshotDiff::between(&snapshot(0, [neuron(1, 1), neuron(2, 2)]), &new);
    assert!(diff.other_subnet);
    assert_eq!((diff.left, diff.joined), (vec![hotkey(1), hotkey(2)], vec![hotkey(1)]), "members of both, too");
}

#[test]
fn single_hotkeys_are_read_seldom() {
    let view = view(snapshot(0, [neuron(0, 1)]));
    let mut reads = PointReads::new();
    let at = |secs: u64| NOW.plus(Duration::from_secs(secs));
    assert_eq!(reads.want(&hotkey(1), &view, NOW), WantedRead::None, "is in the snapshot");
    assert_eq!(reads.want(&hotkey(2), &view, NOW), WantedRead::Read);
    assert_eq!(reads.want(&hotkey(2), &view, NOW), WantedRead::None, "is under way");
    let block = BlockRef { number: 2, hash: [0; 32], time: NOW };
    let nobody = PointRead { hotkey: hotkey(2), neuron: None, block };
    reads.put(nobody, NOW);
    assert_eq!(reads.want(&hotkey(2), &view, at(29)), WantedRead::Known(Box::new(nobody)));
    assert_eq!(reads.want(&hotkey(2), &view, at(30)), WantedRead::Read);
    let member = PointRead { neuron: Some(neuron(9, 2)), ..nobody };
    reads.put(member, at(30));
    assert_eq!(reads.want(&hotkey(2), &view, at(600)), WantedRead::Known(Box::new(member)));
    reads.failed(&hotkey(3), at(30));
    assert_eq!(reads.want(&hotkey(3), &view, at(31)), WantedRead::None);
    let newer = view.with_snapshot(Arc::new(snapshot(2, [])));
    assert_ne!(reads.want(&hotkey(2), &newer, at(60)), WantedRead::Known(Box::new(member)), "the snapshot is newer");

    let mut reads = PointReads::new();
    let wanted = (10..30).filter(|byte| reads.want(&hotkey(*byte), &view, at(40)) == WantedRead::Read);
    assert_eq!(wanted.count(), 5, "in one second");
    assert_eq!(reads.want(&hotkey(40), &view, at(41)), WantedRead::Read);
    assert_eq!(
        reads.want(&hotkey(50), &view, at(1_300)),
        WantedRead::None,
        "there is no usable snapshot to be newer than"
    );
}

#[test]
fn a_thousand_members_take_less_than_a_megabyte() {
    let rows = (0..1_024_u16).map(|uid| {
        let mut key = [7; 32];
        key[..2].copy_from_slice(&uid.to_le_bytes());
        Neuron::registered(uid, Hotkey::from_bytes(key), Some(Coldkey::from_bytes(key)))
    });
    let snapshot = snapshot(0, rows);
    assert_eq!(snapshot.neurons().len(), 1_024);
    assert!(snapshot.size() <= 300_000, "{} bytes", snapshot.size());
}
