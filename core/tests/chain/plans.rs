//! A snapshot as a sequence of calls: the right ones, at one block, and every answer that must not be believed.

use bittensor_auth::chain::{RpcAnswer, StorageKey, SubnetReader};
use bittensor_auth::error::ErrorCode;
use bittensor_auth::registry::{Rao, SwapScope, SwapStatus};
use bittensor_auth::time::UnixNanos;
use serde_json::{Value, json};

use super::node::{GENESIS, Node, coldkey, hotkey, known_lines, read, run, snapshot, target};

#[test]
fn a_snapshot_says_what_the_chain_says() {
    let mut node = Node::new();
    let snapshot = snapshot(&mut node);
    let facts = snapshot.facts();
    assert_eq!(facts.genesis, Some(GENESIS));
    assert_eq!((facts.netuid, facts.registered_at, facts.spec_version), (7, Some(100), 461));
    assert_eq!((facts.tempo, facts.last_epoch), (Some(99), Some(950)));
    assert_eq!((facts.owner_hotkey, facts.owner_coldkey), (Some(hotkey(1)), Some(coldkey(0x80))));
    assert_eq!(facts.block.number, 1_000);
    assert_eq!(snapshot.neurons().len(), 10);
    let third = snapshot.neuron(&hotkey(3)).unwrap();
    assert_eq!((third.uid, third.coldkey, third.permit, third.active), (2, Some(coldkey(0x81)), false, true));
    assert_eq!((third.total, third.alpha), (Some(Rao(2_999_999_999_998)), Some(Rao(2_000_000_000))));
    assert_eq!((third.registered_at, third.last_update, third.own_alpha), (Some(502), Some(900), None));
    assert_eq!(snapshot.neuron(&hotkey(99)), None);
}

#[test]
fn the_second_reading_does_without_metadata() {
    let (mut node, mut reader) = (Node::new(), SubnetReader::new(target()));
    read(&mut reader, &mut node).unwrap();
    let first = [
        "chain_getBlockHash",
        "chain_getFinalizedHead",
        "chain_getHeader",
        "state_getRuntimeVersion",
        "state_call",
        "state_call",
        "state_queryStorageAt",
    ];
    assert_eq!(std::mem::take(&mut node.asked), first);
    node.at(1_025);
    let second = read(&mut reader, &mut node).unwrap();
    assert!(second.diff.unwrap().is_empty());
    assert_eq!(node.asked, [&first[..4], &first[5..]].concat());
}

#[test]
fn a_new_runtime_is_checked_and_an_unknown_one_read_no_further() {
    let (mut node, mut reader) = (Node::new(), SubnetReader::new(target()));
    read(&mut reader, &mut node).unwrap();
    node.at(1_025).spec_version = 462;
    read(&mut reader, &mut node).unwrap();
    node.at(1_050).spec_version = 463;
    node.lines = known_lines().iter().map(|line| line.replace("-> u16 Optional", "-> u32 Optional")).collect();
    node.asked.clear();
    let error = read(&mut reader, &mut node).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ChainLayoutUnknown);
    assert!(error.message().starts_with("runtime 463: SubtensorModule.Uids: expected "), "{error}");
    assert_eq!(node.asked.last().unwrap(), "state_call");
    assert_eq!(node.asked.len(), 5);
}

#[test]
fn the_second_query_serves_when_the_first_cannot() {
    let mut node = Node::new();
    node.lines.retain(|line| !line.contains("get_selective_metagraph"));
    let from_state = snapshot(&mut node);
    assert_eq!((from_state.facts().tempo, from_state.facts().last_epoch), (Some(99), None));
    assert_eq!(from_state.facts().owner_hotkey, Some(hotkey(1)));
    assert_eq!(from_state.facts().coldkey_swaps.scope(), SwapScope::Nobody);
    let from_metagraph = snapshot(&mut Node::new());
    assert_eq!(from_state.neurons(), from_metagraph.neurons());

    // The layout is known, and yet the answer cannot be decoded.
    let mut node = Node::new();
    node.fault = |call, mut answer| {
        if call.params.contains("selective") {
            answer["result"] = json!("0x0102");
        }
        answer
    };
    assert_eq!(snapshot(&mut node).neurons(), from_metagraph.neurons());
}

#[test]
fn coldkey_swaps_are_read_as_far_as_they_are_watched() {
    let mut node = Node::new();
    let announced = [&1_500_u32.to_le_bytes()[..], &[9; 32]].concat();
    node.set(&StorageKey::coldkey_swap_announcement(&coldkey(0x80)), &announced);
    node.set(&StorageKey::coldkey_swap_announcement(&coldkey(0x82)), &announced);
    node.set(&StorageKey::coldkey_swap_dispute(&coldkey(0x82)), &1_400_u32.to_le_bytes());
    let pending = SwapStatus::Pending { from_block: 1_500 };
    for (scope, owner, member, disputed, quiet) in [
        (SwapScope::Nobody, SwapStatus::Unknown, SwapStatus::Unknown, SwapStatus::Unknown, SwapStatus::Unknown),
        (SwapScope::Owner, pending, pending, SwapStatus::Unknown, SwapStatus::Unknown),
        (SwapScope::Everyone, pending, pending, SwapStatus::Disputed, SwapStatus::None),
    ] {
        let read = read(&mut SubnetReader::new(target().with_swaps(scope)), &mut node).unwrap().snapshot;
        assert_eq!(read.owner_swap(), owner, "{scope:?}");
        let members = [0x80, 0x82, 0x81].map(|byte| read.member_swap(&coldkey(byte)));
        assert_eq!(members, [member, disputed, quiet], "{scope:?}");
    }
}

#[test]
fn nobody_is_never_a_member_or_an_owner() {
    let mut node = Node::new();
    let subnet = node.subnet.as_mut().unwrap();
    subnet.owner_hotkey = [0; 32];
    subnet.owner_coldkey = [0; 32];
    subnet.rows[3].hotkey = [0; 32];
    subnet.rows[4].coldkey = [0; 32];
    let snapshot = snapshot(&mut node);
    assert_eq!((snapshot.facts().owner_hotkey, snapshot.facts().owner_coldkey), (None, None));
    assert_eq!(snapshot.neurons().len(), 9);
    assert_eq!(snapshot.neuron(&hotkey(0)), None);
    assert_eq!(snapshot.neuron(&hotkey(5)).unwrap().coldkey, None);
}

/// What is done to one answer, and what comes of it.
type Fault = (&'static str, &'static str, fn(&mut Value), ErrorCode);

fn shorten(answer: &mut Value) {
    let text = answer["result"].as_str().unwrap();
    answer["result"] = json!(text[..text.len() - 10]);
}

const FAULTS: &[Fault] = &[
    (
        "another chain",
        "chain_getBlockHash",
        |answer| answer["result"] = json!(format!("0x{}", "61".repeat(32))),
        ErrorCode::ChainMismatch,
    ),
    ("no hash", "chain_getFinalizedHead", |answer| answer["result"] = json!("0x00"), ErrorCode::ChainAnswerInvalid),
    ("no head", "chain_getFinalizedHead", |answer| answer["result"] = Value::Null, ErrorCode::ChainAnswerInvalid),
    (
        "another header",
        "chain_getHeader",
        |answer| answer["result"]["number"] = json!("0x3e9"),
        ErrorCode::ChainAnswerInvalid,
    ),
    ("no header", "chain_getHeader", |answer| answer["result"] = Value::Null, ErrorCode::ChainAnswerInvalid),
    (
        "a number without 0x",
        "chain_getHeader",
        |answer| answer["result"]["number"] = json!("1000"),
        ErrorCode::ChainAnswerInvalid,
    ),
    ("no version", "state_getRuntimeVersion", |answer| answer["result"] = json!({}), ErrorCode::ChainAnswerInvalid),
    (
        "a version that does not fit",
        "state_getRuntimeVersion",
        |answer| answer["result"]["specVersion"] = json!(1_u64 << 32),
        ErrorCode::ChainAnswerInvalid,
    ),
    ("bytes missing", "Metadata", shorten, ErrorCode::ChainAnswerInvalid),
    ("no metadata 15", "Metadata", |answer| answer["result"] = json!("0x00"), ErrorCode::ChainLayoutUnknown),
    ("no subnet", "selective", |answer| answer["result"] = json!("0x00"), ErrorCode::SubnetMissing),
    ("odd hex in both", "Info", |answer| answer["result"] = json!("0x0"), ErrorCode::ChainAnswerInvalid),
    ("bytes missing in both", "Info", shorten, ErrorCode::ChainAnswerInvalid),
    (
        "another block",
        "state_queryStorageAt",
        |answer| answer["result"][0]["block"] = json!(format!("0x{}", "01".repeat(32))),
        ErrorCode::ChainAnswerInvalid,
    ),
    (
        "a value less",
        "state_queryStorageAt",
        |answer| drop(answer["result"][0]["changes"].as_array_mut().unwrap().pop()),
        ErrorCode::ChainAnswerInvalid,
    ),
    (
        "a value that is no text",
        "state_queryStorageAt",
        |answer| answer["result"][0]["changes"][0][1] = json!(7),
        ErrorCode::ChainAnswerInvalid,
    ),
    (
        "no time",
        "state_queryStorageAt",
        |answer| answer["result"][0]["changes"][0][1] = Value::Null,
        ErrorCode::ChainAnswerInvalid,
    ),
    (
        "a subnet that is gone",
        "state_queryStorageAt",
        |answer| answer["result"][0]["changes"][1][1] = json!("0x00"),
        ErrorCode::SubnetMissing,
    ),
    (
        "another age",
        "state_queryStorageAt",
        |answer| answer["result"][0]["changes"][2][1] = json!("0x6500000000000000"),
        ErrorCode::ChainAnswerInvalid,
    ),
    (
        "another owner",
        "state_queryStorageAt",
        |answer| answer["result"][0]["changes"][4][1] = json!(format!("0x{}", "05".repeat(32))),
        ErrorCode::ChainAnswerInvalid,
    ),
    (
        "neither result nor error",
        "chain_getHeader",
        |answer| drop(answer.as_object_mut().unwrap().remove("result")),
        ErrorCode::ChainAnswerInvalid,
    ),
];

#[test]
fn wrong_answers_end_the_reading() {
    for (what, call, change, code) in FAULTS {
        let (mut node, mut reader) = (Node::new(), SubnetReader::new(target()));
        let mut plan = reader.snapshot_plan(node.now());
        let (mut refused, now) = (None, node.now());
        while let Some(asked) = plan.call() {
            let body = node.answer_text(&asked);
            let mut body: Value = serde_json::from_str(&body).unwrap();
            if asked.method.contains(call) || asked.params.contains(call) {
                change(&mut body);
            }
            if let Err(error) = plan.answer(&RpcAnswer::from_message(body.to_string().as_bytes()), now) {
                refused = Some(error);
            }
        }
        let error = refused.unwrap_or_else(|| panic!("{what}: the reading went on"));
        assert_eq!(error.code(), *code, "{what}: {error}");
        assert!(!plan.is_complete(), "{what}");
        assert!(reader.accept(plan).is_err(), "{what}");
    }
}

#[test]
fn a_field_that_was_not_asked_for_is_refused() {
    // Field 72, `validators`, as an empty list: one byte more, and nothing else looks wrong.
    let mut node = Node::new();
    node.lines.retain(|line| !line.contains("get_subnet_state"));
    node.fault = |call, mut answer| {
        if call.params.contains("selective") {
            let text = answer["result"].as_str().unwrap();
            answer["result"] = json!(format!("{}0100{}", &text[..text.len() - 10], &text[text.len() - 8..]));
        }
        answer
    };
    let error = read(&mut SubnetReader::new(target()), &mut node).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ChainAnswerInvalid);
    assert!(error.message().contains("and no others"), "{error}");
}

#[test]
fn repeated_hotkeys_are_refused() {
    let mut node = Node::new();
    node.subnet.as_mut().unwrap().rows[5].hotkey = [1; 32];
    let error = read(&mut SubnetReader::new(target()), &mut node).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ChainAnswerInvalid);
}

#[test]
fn refusals_of_a_node_say_how_long_to_wait() {
    use ErrorCode::{ChainAnswerInvalid, ChainRateLimited, ChainUnreachable};
    let now = UnixNanos::from_secs(1_000);
    let wait = |answer: RpcAnswer| {
        let mut plan = SubnetReader::new(target()).snapshot_plan(now);
        let error = plan.answer(&answer, now).unwrap_err();
        assert_eq!(plan.call(), None);
        (error.code(), error.retry_after_secs(now).unwrap())
    };
    let error = |error: Value| RpcAnswer::from_message(json!({ "id": 1, "error": error }).to_string().as_bytes());
    for (answer, code, seconds) in [
        (RpcAnswer::from_http(429, Some(17), b""), ChainRateLimited, 17),
        (RpcAnswer::from_http(403, None, b"<html>"), ChainRateLimited, 60),
        (RpcAnswer::from_http(429, Some(86_400), b""), ChainRateLimited, 900),
        (RpcAnswer::from_http(502, None, b""), ChainUnreachable, 1),
        (RpcAnswer::from_http(200, None, b"<html>"), ChainAnswerInvalid, 1),
        (RpcAnswer::closed(Some(1008)), ChainRateLimited, 60),
        (RpcAnswer::closed(None), ChainUnreachable, 1),
        (RpcAnswer::unreachable(), ChainUnreachable, 1),
        (error(json!({ "code": -32_004, "message": "storage work rate limit exceeded" })), ChainRateLimited, 60),
        (error(json!({ "code": -32_005, "data": { "policy": "x", "retry_after": 5 } })), ChainRateLimited, 5),
        (error(json!({ "code": -32_005, "data": { "retryAfter": 2.5 } })), ChainRateLimited, 3),
        (error(json!({ "code": -32_005, "data": { "retry_after_ms": 4_001 } })), ChainRateLimited, 5),
        (error(json!({ "code": -32_005, "data": { "retryAfterMs": 1e300 } })), ChainRateLimited, 60),
        (error(json!({ "code": -32_005, "data": { "retry_after": -1 } })), ChainRateLimited, 60),
        (
            error(json!({ "code": 4_003, "message": "Client error: State already discarded for 0x00" })),
            ChainUnreachable,
            1,
        ),
        (error(json!({ "code": -32_601, "message": "Method not found" })), ChainUnreachable, 1),
        (error(json!("broken")), ChainUnreachable, 1),
    ] {
        assert_eq!(wait(answer.clone()), (code, seconds), "{answer:?}");
    }
}

#[test]
fn a_plan_that_is_over_takes_nothing() {
    let (mut node, reader) = (Node::new(), SubnetReader::new(target()));
    let mut plan = reader.snapshot_plan(node.now());
    run(&mut plan, &mut node).unwrap();
    assert!(plan.is_complete());
    assert!(plan.answer(&RpcAnswer::from_message(br#"{"result":null}"#), node.now()).is_err());
}
