//! Answers of a runtime, whole or not, and what they say.

use bittensor_auth::error::ErrorCode::{ChainAnswerInvalid, ChainLayoutUnknown};
use serde_json::{Value, json};

use super::document::{Case, Document, Group};
use super::encode::{Row, Subnet};
use super::metadata;
use super::subnets::{hex_key, subnet};

const NOTES: &[(&str, &str)] = &[
    ("bytes", "Something is missing at the end, or left over."),
    ("compact", "The case is about the one form that an integer has."),
    ("later-runtime", "The runtime knows more fields than this standard."),
    ("zero-account", "The account of 32 zero bytes is nobody."),
];
/// What a snapshot is made of.
const QUERY: [u16; 16] = [0, 4, 5, 6, 7, 8, 9, 52, 53, 56, 57, 59, 66, 67, 68, 69];
const FIELDS: u16 = 74;

pub(super) fn document() -> Document {
    let groups = vec![
        Group::new(json!({ "operation": "metagraph" }), metagraphs()),
        Group::new(json!({ "operation": "subnet-state" }), states()),
        Group::new(json!({ "operation": "neurons-lite" }), lites()),
        Group::new(json!({ "operation": "layout" }), layouts()),
    ];
    Document::new("chain-answers", "05-policy.md", NOTES, groups)
}

/// What an answer says of every uid. A key that is nobody is `null`.
fn members(subnet: &Subnet, of: impl Fn(&Row) -> Value) -> Value {
    subnet.rows.iter().map(of).collect()
}

fn key(bytes: [u8; 32]) -> Value {
    if bytes == [0; 32] { Value::Null } else { hex::encode(bytes).into() }
}

fn staked(row: &Row) -> Value {
    json!({
        "hotkey": key(row.hotkey),
        "coldkey": key(row.coldkey),
        "active": row.active,
        "permit": row.permit,
        "last_update": row.last_update,
        "registered_at": row.registered_at,
        "alpha": row.alpha.to_string(),
        "tao": row.tao.to_string(),
        "total": row.total.to_string(),
    })
}

fn answer(id: &str, comment: &str, bytes: &[u8], outputs: Value) -> Case {
    Case::new(id, comment, json!({ "answer": hex::encode(bytes) }), Ok(outputs))
}

fn refused(id: &str, comment: &str, bytes: &[u8]) -> Case {
    Case::new(id, comment, json!({ "answer": hex::encode(bytes) }), Err(ChainAnswerInvalid))
}

fn metagraph(id: &str, comment: &str, subnet: &Subnet, fields: u16) -> Case {
    let outputs = json!({
        "subnet": {
            "netuid": subnet.netuid,
            "registered_at": subnet.registered_at,
            "owner_hotkey": key(subnet.owner_hotkey),
            "owner_coldkey": key(subnet.owner_coldkey),
            "block": subnet.block,
            "tempo": subnet.tempo,
            "last_epoch": subnet.last_step,
        },
        "members": members(subnet, staked),
    });
    answer(id, comment, &subnet.metagraph(&QUERY, fields), outputs)
}

fn metagraphs() -> Vec<Case> {
    let three = subnet(3);
    let whole = three.metagraph(&QUERY, FIELDS);
    let nobody = Subnet {
        owner_hotkey: [0; 32],
        owner_coldkey: [0; 32],
        rows: vec![Row { hotkey: [0; 32], coldkey: [0; 32], ..three.rows[0].clone() }, three.rows[1].clone()],
        ..three.clone()
    };
    let with = |more: &[u8]| [&whole[..], more].concat();
    let replaced = |from: &[u8], to: &[u8]| {
        let at = whole.windows(from.len()).position(|window| window == from).expect("is there");
        [&whole[..at], to, &whole[at + from.len()..]].concat()
    };
    let missing = json!({ "subnet": null, "members": [] });
    vec![
        metagraph("metagraph", "Three members", &three, FIELDS),
        metagraph("metagraph-empty", "No members", &subnet(0), FIELDS),
        metagraph("metagraph-later", "A runtime with three fields more", &three, 77).flags(&["later-runtime"]),
        metagraph("metagraph-nobody", "An owner and a member that are nobody", &nobody, FIELDS)
            .flags(&["zero-account"]),
        answer("metagraph-missing", "No such subnet", &[0], missing),
        refused("metagraph-later-some", "A field of a later runtime that holds something", &with(&[1, 0]))
            .flags(&["later-runtime"]),
        refused("metagraph-nothing", "No bytes", &[]).flags(&["bytes"]),
        refused("metagraph-short", "The last byte is missing", &whole[..whole.len() - 1]).flags(&["bytes"]),
        refused("metagraph-half", "Half of it", &whole[..whole.len() / 2]).flags(&["bytes"]),
        refused("metagraph-missing-more", "No such subnet, and a byte", &[0, 0]).flags(&["bytes"]),
        refused("metagraph-option", "An option that is neither 0 nor 1", &[&[2], &whole[1..]].concat()),
        refused(
            "metagraph-boolean",
            "A permit that is neither 0 nor 1",
            &replaced(&[1, 12, 0, 1, 0], &[1, 12, 0, 2, 0]),
        ),
        refused("metagraph-netuid-form", "The netuid in two bytes", &[&whole[..1], &[0x1d, 0], &whole[2..]].concat())
            .flags(&["compact"]),
        refused("metagraph-netuid-large", "A netuid of 17 bits", &[&whole[..1], &[2, 0, 4, 0], &whole[2..]].concat())
            .flags(&["compact"]),
        refused(
            "metagraph-list",
            "A list that is longer than what follows",
            &replaced(&[12, 1, 1, 1], &[0xfe, 0xff, 3, 0, 1, 1, 1]),
        )
        .flags(&["bytes"]),
        refused(
            "metagraph-huge-list",
            "A list of 2^30 members",
            &replaced(&[12, 1, 1, 1], &[3, 0, 0, 0, 0x40, 1, 1, 1]),
        )
        .flags(&["bytes"]),
    ]
}

fn states() -> Vec<Case> {
    let three = subnet(3);
    let whole = three.state();
    let outputs = |subnet: &Subnet| json!({ "netuid": subnet.netuid, "members": members(subnet, staked) });
    vec![
        answer("state", "Three members", &whole, outputs(&three)),
        answer("state-empty", "No members", &subnet(0).state(), outputs(&subnet(0))),
        answer("state-missing", "No such subnet", &[0], json!({ "netuid": null, "members": [] })),
        refused("state-nothing", "No bytes", &[]).flags(&["bytes"]),
        refused("state-short", "The last byte is missing", &whole[..whole.len() - 1]).flags(&["bytes"]),
        refused("state-more", "A byte too many", &[&whole[..], &[0]].concat()).flags(&["bytes"]),
    ]
}

fn lites() -> Vec<Case> {
    let three = subnet(3);
    let whole = three.neurons_lite();
    let outputs = |subnet: &Subnet| {
        let row = |row: &Row| {
            json!({
                "hotkey": key(row.hotkey),
                "coldkey": key(row.coldkey),
                "active": row.active,
                "permit": row.permit,
                "last_update": row.last_update,
                "own_alpha": row.alpha.to_string(),
            })
        };
        json!({ "members": members(subnet, row) })
    };
    // One row of a fresh local chain, as a node gave it.
    let local = format!(
        "04{zero}{zero}000401{axon}{prometheus}04{zero}02286bee{numbers}00feff0300",
        zero = hex_key(0),
        axon = "00".repeat(34),
        prometheus = "00".repeat(31),
        numbers = "00".repeat(8),
    );
    let nobody = json!({ "members": [{
        "hotkey": null,
        "coldkey": null,
        "active": true,
        "permit": false,
        "last_update": 0,
        "own_alpha": "1000000000",
    }] });
    // Runtimes before 2025 put the list into a list of bytes.
    let wrapped = [super::encode::compact(whole.len() as u128), whole.clone()].concat();
    vec![
        answer("lite", "Three members", &whole, outputs(&three)),
        answer("lite-empty", "No members, and no such subnet", &[0], outputs(&subnet(0))),
        answer("lite-nobody", "The first member of a local chain", &hex::decode(local).expect("hex"), nobody)
            .flags(&["zero-account"]),
        refused("lite-wrapped", "The envelope of old runtimes", &wrapped).flags(&["bytes"]),
        refused("lite-short", "The last byte is missing", &whole[..whole.len() - 1]).flags(&["bytes"]),
        refused("lite-more", "A byte too many", &[&whole[..], &[0]].concat()).flags(&["bytes"]),
    ]
}

fn layouts() -> Vec<Case> {
    let known: Vec<_> = include_str!("../../../core/src/chain/layout/known.txt").lines().map(str::to_owned).collect();
    let without = |entry: &str| -> Vec<_> { known.iter().filter(|line| !line.contains(entry)).cloned().collect() };
    let changed = |from: &str, to: &str| -> Vec<_> { known.iter().map(|line| line.replace(from, to)).collect() };
    let inputs = |lines: &[String]| json!({ "metadata": hex::encode(metadata::answer(lines)) });
    let good = |id: &str, comment: &str, lines: &[String], query: &str, swaps: bool| {
        Case::new(id, comment, inputs(lines), Ok(json!({ "query": query, "has_swaps": swaps })))
    };
    let unknown =
        |id: &str, comment: &str, lines: &[String]| Case::new(id, comment, inputs(lines), Err(ChainLayoutUnknown));
    let raw = |id: &str, comment: &str, bytes: &[u8], code| {
        Case::new(id, comment, json!({ "metadata": hex::encode(bytes) }), Err(code))
    };
    vec![
        good("layout", "Everything that is known", &known, "metagraph", true),
        good("layout-no-swaps", "A runtime without announced swaps", &without("ColdkeySwap"), "metagraph", false),
        good(
            "layout-renamed-field",
            "A field of the metagraph has another name",
            &changed("alpha_stake:Option", "alpha_weight:Option"),
            "subnet-state",
            true,
        ),
        good(
            "layout-later",
            "A later runtime with one more optional field",
            &changed("…", ",collateral_locked:Option<Vec<Compact>>}>"),
            "metagraph",
            true,
        )
        .flags(&["later-runtime"]),
        unknown("layout-uids-missing", "No Uids", &without("SubtensorModule.Uids")),
        unknown(
            "layout-uids-hasher",
            "Uids with another hasher",
            &changed("Blake2_128Concat] (u16", "Twox64Concat] (u16"),
        ),
        unknown("layout-uids-value", "Uids of 32 bits", &changed("-> u16 Optional", "-> u32 Optional")),
        unknown("layout-time", "A time of 32 bits", &changed("Timestamp.Now: () -> u64", "Timestamp.Now: () -> u32")),
        unknown("layout-no-query", "Neither call", &without("SubnetInfoRuntimeApi")),
        raw("layout-none", "No metadata of that version", &[0], ChainLayoutUnknown),
        raw("layout-nothing", "No bytes", &[], ChainAnswerInvalid).flags(&["bytes"]),
        raw("layout-no-magic", "No metadata", &[1, 16, 1, 2, 3, 4], ChainAnswerInvalid),
    ]
}
