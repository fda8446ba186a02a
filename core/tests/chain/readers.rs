//! What a reader believes from one reading to the next, and single hotkeys.

use bittensor_auth::chain::{Network, PointPlan, StorageKey, SubnetReader, SubnetTarget};
use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::registry::{PointRead, Snapshot};

use super::node::{Node, hotkey, read, snapshot, subnet, target};

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.unwrap_err().code()
}

#[test]
fn the_chain_never_goes_back() {
    let (mut node, mut reader) = (Node::new(), SubnetReader::new(target()));
    read(&mut reader, &mut node).unwrap();
    node.asked.clear();
    assert_eq!(code(read(&mut reader, node.at(999))), ErrorCode::ChainBehind);
    assert_eq!(node.asked.last().unwrap(), "chain_getHeader", "nothing of an old block is read");
    assert!(read(&mut reader, node.at(1_000)).is_ok(), "the same block again");
    assert!(read(&mut reader, node.at(1_001)).is_ok());
}

#[test]
fn a_chain_without_a_name_is_kept_from_the_first_reading_on() {
    let mut reader = SubnetReader::new(SubnetTarget::new(Network::LOCAL, 7));
    read(&mut reader, &mut Node::new()).unwrap();
    let mut other = Node { genesis: [0x61; 32], ..Node::new() };
    assert_eq!(code(read(&mut reader, other.at(1_001))), ErrorCode::ChainMismatch);
}

#[test]
fn a_netuid_that_was_given_away_is_not_read_until_confirmed() {
    let (mut node, mut reader) = (Node::new(), SubnetReader::new(target()));
    read(&mut reader, &mut node).unwrap();
    let strangers = subnet(12);
    node.subnet = Some(super::encode::Subnet { registered_at: 1_010, rows: strangers.rows[6..].to_vec(), ..strangers });
    node.at(1_025);
    let error = read(&mut reader, &mut node).unwrap_err();
    assert_eq!(error.code(), ErrorCode::SubnetReplaced);
    assert!(error.message().contains("block 1010"), "{error}");
    assert_eq!(code(read(&mut reader, node.at(1_050))), ErrorCode::SubnetReplaced, "and again");
    reader.confirm_subnet(1_010);
    let diff = read(&mut reader, &mut node).unwrap().diff.unwrap();
    assert!(diff.other_subnet);
    assert_eq!((diff.left.len(), diff.joined.len()), (10, 6));

    let mut pinned = SubnetReader::new(target().registered_at(100));
    assert_eq!(code(read(&mut pinned, &mut node)), ErrorCode::SubnetReplaced, "from the start");
}

#[test]
fn a_great_loss_has_to_be_read_twice() {
    let (mut node, mut reader) = (Node::new(), SubnetReader::new(target()));
    read(&mut reader, &mut node).unwrap();
    node.at(1_010).subnet.as_mut().unwrap().rows.truncate(8);
    assert_eq!(read(&mut reader, &mut node).unwrap().diff.unwrap().left.len(), 2, "a fifth is no great loss");
    node.at(1_020).subnet.as_mut().unwrap().rows.truncate(5);
    assert_eq!(code(read(&mut reader, &mut node)), ErrorCode::SnapshotSuspicious);
    assert_eq!(read(&mut reader, node.at(1_021)).unwrap().diff.unwrap().left.len(), 3, "two readings agree");
    node.at(1_030).subnet.as_mut().unwrap().rows.clear();
    assert_eq!(code(read(&mut reader, &mut node)), ErrorCode::SnapshotSuspicious);
    node.subnet = Some(subnet(5));
    assert!(read(&mut reader, node.at(1_031)).unwrap().diff.unwrap().is_empty(), "it was the node");
    node.at(1_040).subnet.as_mut().unwrap().rows.clear();
    assert_eq!(code(read(&mut reader, &mut node)), ErrorCode::SnapshotSuspicious, "the doubt was forgotten");
    let other = subnet(10);
    node.subnet = Some(super::encode::Subnet { rows: other.rows[6..].to_vec(), ..other });
    assert_eq!(code(read(&mut reader, node.at(1_041))), ErrorCode::SnapshotSuspicious, "another loss is another doubt");
    assert!(read(&mut reader, &mut node).is_ok());
}

#[test]
fn an_empty_subnet_is_read_twice() {
    let (mut node, mut reader) = (Node { subnet: Some(subnet(0)), ..Node::new() }, SubnetReader::new(target()));
    assert_eq!(code(read(&mut reader, &mut node)), ErrorCode::SnapshotSuspicious);
    assert!(read(&mut reader, &mut node).unwrap().snapshot.neurons().is_empty());
}

#[test]
fn published_snapshots_are_judged_alike() {
    let mut node = Node::new();
    let first = snapshot(&mut node);
    let later = snapshot(node.at(1_100));
    let json = later.to_json();
    assert_eq!(Snapshot::from_json(json.as_bytes()).unwrap(), later);
    let mut worker = SubnetReader::new(target());
    worker.adopt(Snapshot::from_json(json.as_bytes()).unwrap()).unwrap();
    assert_eq!(code(worker.adopt(first)), ErrorCode::ChainBehind);
    let changed = |from: &str, to: &str| Snapshot::from_json(json.replace(from, to).as_bytes()).unwrap();
    assert_eq!(code(worker.adopt(changed(r#""netuid":7"#, r#""netuid":8"#))), ErrorCode::SnapshotInvalid);
    assert_eq!(code(worker.adopt(changed(&"60".repeat(32), &"61".repeat(32)))), ErrorCode::ChainMismatch);
    assert_eq!(
        code(worker.adopt(changed(r#""registered_at":100,"block""#, r#""registered_at":101,"block""#))),
        ErrorCode::SubnetReplaced
    );
}

#[test]
fn published_snapshots_are_read_strictly() {
    let json = snapshot(&mut Node::new()).to_json();
    for (from, to) in [
        (r#""v":1"#, r#""v":2"#),
        (r#""v":1"#, r#""v":1,"more":0"#),
        (r#""netuid":7"#, r#""netuid":65536"#),
        (r#""netuid":7,"#, ""),
        (r#""scope":"owner""#, r#""scope":"all""#),
        (r#""total":"3000000000000""#, r#""total":3000000000000"#),
        (r#""total":"3000000000000""#, r#""total":"03""#),
        (r#""total":"3000000000000""#, r#""total":"+3""#),
        (r#""total":"3000000000000""#, r#""total":"18446744073709551616""#),
        (r#""uid":3"#, r#""uid":4"#),
        (&hotkey(4).to_ss58(), &hotkey(5).to_ss58()),
        (&hotkey(4).to_ss58(), "5"),
        ("}]}", "}]}}"),
    ] {
        let changed = json.replacen(from, to, 1);
        assert_ne!(changed, json, "{from} is there");
        let error = Snapshot::from_json(changed.as_bytes()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::SnapshotInvalid, "{from} → {to}");
        assert!(to.len() < 6 || !error.message().contains(to), "{error}");
    }
}

fn point(plan: &mut PointPlan, node: &mut Node) -> Result<Option<PointRead>, Error> {
    while let Some(call) = plan.call() {
        plan.answer(&node.answer(&call), node.now())?;
    }
    Ok(plan.read())
}

#[test]
fn one_hotkey_is_read_by_itself() {
    let (mut node, mut reader) = (Node::new(), SubnetReader::new(target()));
    assert!(reader.point_plan(hotkey(1), node.now()).is_none(), "not before the first snapshot");
    read(&mut reader, &mut node).unwrap();
    node.at(1_002).subnet = Some(super::encode::Subnet { block: 1_002, ..subnet(11) });
    let found = point(&mut reader.point_plan(hotkey(11), node.now()).unwrap(), &mut node).unwrap().unwrap();
    let neuron = found.neuron.unwrap();
    assert_eq!((neuron.uid, neuron.permit, neuron.total), (10, false, None));
    assert_eq!((found.block.number, found.hotkey), (1_002, hotkey(11)));
    let nobody = point(&mut reader.point_plan(hotkey(12), node.now()).unwrap(), &mut node).unwrap().unwrap();
    assert_eq!(nobody.neuron, None);

    let fails = |change: &dyn Fn(&mut Node)| {
        let mut node = Node { subnet: Some(subnet(11)), ..Node::new() };
        node.at(1_002);
        change(&mut node);
        code(point(&mut reader.point_plan(hotkey(11), node.now()).unwrap(), &mut node))
    };
    assert_eq!(fails(&|node| node.number = 999), ErrorCode::ChainBehind);
    assert_eq!(fails(&|node| node.spec_version = 462), ErrorCode::ChainLayoutUnknown);
    assert_eq!(fails(&|node| node.subnet.as_mut().unwrap().registered_at = 101), ErrorCode::SubnetReplaced);
    assert_eq!(fails(&|node| node.set(&StorageKey::keys(7, 10), &[3; 32])), ErrorCode::ChainAnswerInvalid);
    assert_eq!(fails(&|node| node.set(&StorageKey::uids(7, &hotkey(11)), &[3])), ErrorCode::ChainAnswerInvalid);
}
