//! Snapshots as they are published, their age, and what changed between two.

use bittensor_auth::error::ErrorCode::SnapshotInvalid;
use serde_json::{Value, json};

use super::document::{Case, Document, Group};
use super::subnets::{START, address, hex_key, member, published, with};

const NOTES: &[(&str, &str)] = &[
    ("edge", "The last moment of one word or the first of the next."),
    ("zero-account", "The account of 32 zero bytes is nobody."),
];

pub(super) fn document() -> Document {
    let groups = vec![
        Group::new(json!({ "operation": "read" }), reads()),
        Group::new(json!({ "operation": "freshness", "soft_s": 900, "hard_s": 1_200 }), ages()),
        Group::new(json!({ "operation": "diff" }), diffs()),
    ];
    Document::new("snapshots", "05-policy.md", NOTES, groups)
}

fn two() -> Value {
    let validator = json!({ "permit": true, "total": "1000000000000", "alpha": "18446744073709551615", "tao": "0" });
    published(1_000, &[member(0, 1), with(member(1, 2), validator)])
}

fn reads() -> Vec<Case> {
    let good = |id: &str, comment: &str, document: &Value, members: &[u8]| {
        let members: Vec<_> = members.iter().copied().map(hex_key).collect();
        let inputs = json!({ "document": document.to_string() });
        Case::new(id, comment, inputs, Ok(json!({ "hotkeys": members })))
    };
    let bad = |id: &str, comment: &str, text: String| {
        Case::new(id, comment, json!({ "document": text }), Err(SnapshotInvalid))
    };
    let changed = |id: &str, comment: &str, changes: Value| bad(id, comment, with(two(), changes).to_string());
    let row = |id: &str, comment: &str, changes: Value| {
        bad(id, comment, published(1_000, &[member(0, 1), with(member(1, 2), changes)]).to_string())
    };
    let nobody = [with(member(0, 1), json!({ "hotkey": address(0) })), member(1, 2)];
    vec![
        good("read", "Two members", &two(), &[1, 2]),
        good("read-empty", "No members", &published(1_000, &[]), &[]),
        good("read-zero", "A member that is nobody is no member", &published(1_000, &nobody), &[2])
            .flags(&["zero-account"]),
        good(
            "read-sparse",
            "A source that says little",
            &with(two(), json!({ "genesis": null, "registered_at": null, "tempo": null, "last_epoch": null })),
            &[1, 2],
        ),
        changed("read-version", "Another version", json!({ "v": 2 })),
        changed("read-more", "A member that is not known", json!({ "more": 1 })),
        changed("read-netuid", "A netuid of 17 bits", json!({ "netuid": 65_536 })),
        changed("read-genesis", "A short hash", json!({ "genesis": "00" })),
        changed("read-scope", "Another scope", json!({ "coldkey_swaps": { "scope": "all", "pending": [] } })),
        changed("read-owner", "An owner that is no address", json!({ "owner_hotkey": "5" })),
        row("read-float", "Stake as a number", json!({ "total": 1_000 })),
        row("read-stake-zero", "Stake with a leading zero", json!({ "total": "01" })),
        row("read-stake-large", "Stake of 65 bits", json!({ "total": "18446744073709551616" })),
        row("read-hotkey", "A hotkey in hex", json!({ "hotkey": hex_key(2) })),
        row("read-twice", "A hotkey twice", json!({ "hotkey": address(1) })),
        row("read-uid-twice", "A uid twice", json!({ "uid": 0 })),
        bad("read-nothing", "No bytes", String::new()),
        bad("read-half", "Half of it", two().to_string()[..300].to_owned()),
    ]
}

fn ages() -> Vec<Case> {
    let case = |id: &str, comment: &str, document: &Value, after: u64, freshness: &str| {
        let now = ((START + after) * 1_000_000_000).to_string();
        let inputs = json!({ "document": document.to_string(), "now": now, "trouble": null });
        Case::new(format!("age-{id}"), comment, inputs, Ok(json!({ "freshness": freshness })))
    };
    let troubled = |id: &str, comment: &str, trouble: &str, after: u64, freshness: &str| {
        let now = ((START + after) * 1_000_000_000).to_string();
        let inputs = json!({ "document": two().to_string(), "now": now, "trouble": trouble });
        Case::new(format!("age-{id}"), comment, inputs, Ok(json!({ "freshness": freshness })))
    };
    let lagging = |secs: u64| with(two(), json!({ "fetched_at_ms": (START + secs) * 1_000 }));
    let two = two();
    vec![
        case("new", "Just read", &two, 20, "fresh"),
        case("soft", "At the soft limit: the block counts", &two, 900, "fresh").flags(&["edge"]),
        case("above-soft", "Above it", &two, 901, "degraded").flags(&["edge"]),
        case("hard", "At the hard limit", &two, 1_200, "degraded").flags(&["edge"]),
        case("above-hard", "Above it", &two, 1_201, "expired").flags(&["edge"]),
        case("clock-back", "A clock 5 s before the reading", &two, 15, "fresh").flags(&["edge"]),
        case("clock-further-back", "A clock 6 s before the reading: no age is known", &two, 14, "expired")
            .flags(&["edge"]),
        case("lag", "A head that was 180 s old", &lagging(180), 200, "fresh").flags(&["edge"]),
        case("greater-lag", "A head that was 181 s old", &lagging(181), 200, "degraded").flags(&["edge"]),
        case("old-head", "A head that was older than the hard limit", &lagging(1_201), 1_201, "expired"),
        troubled("unreachable", "A failure changes nothing before the age does", "chain_unreachable", 20, "fresh"),
        troubled(
            "layout",
            "A layout that is not known, while the facts are young",
            "chain_layout_unknown",
            20,
            "fresh",
        ),
        troubled("layout-old", "And when they are old", "chain_layout_unknown", 1_201, "unsupported"),
        troubled("replaced", "The netuid was given away", "subnet_replaced", 20, "replaced"),
    ]
}

/// What a diff says; what is not named is empty.
fn outputs(changes: Value) -> Value {
    let nothing = json!({
        "other_subnet": false,
        "joined": [],
        "left": [],
        "swapped": [],
        "replaced": [],
        "permit_gained": [],
        "permit_lost": [],
        "owner_changed": [],
    });
    with(nothing, changes)
}

fn diffs() -> Vec<Case> {
    let case = |id: &str, comment: &str, new: &[Value], changes: Value| {
        let old = published(1_000, &[member(0, 1), with(member(1, 2), json!({ "permit": true })), member(2, 3)]);
        let inputs = json!({ "old": old.to_string(), "new": published(1_025, new).to_string() });
        Case::new(format!("diff-{id}"), comment, inputs, Ok(outputs(changes)))
    };
    let keys = |bytes: &[u8]| -> Value { bytes.iter().copied().map(hex_key).collect() };
    let change = |uid: u16, old: u8, new: u8| json!([{ "uid": uid, "old": hex_key(old), "new": hex_key(new) }]);
    let validator = || with(member(1, 2), json!({ "permit": true }));
    let other = with(published(1_025, &[member(0, 1)]), json!({ "registered_at": 1_010 }));
    let other_inputs =
        json!({ "old": published(1_000, &[member(0, 1), member(1, 2)]).to_string(), "new": other.to_string() });
    vec![
        case("nothing", "The same members", &[member(0, 1), validator(), member(2, 3)], json!({})),
        case(
            "joined",
            "A member more",
            &[member(0, 1), validator(), member(2, 3), member(3, 4)],
            json!({ "joined": keys(&[4]) }),
        ),
        case("left", "A member less", &[member(0, 1), validator()], json!({ "left": keys(&[3]) })),
        case("renumbered", "Another uid is no change", &[member(0, 1), validator(), member(9, 3)], json!({})),
        case(
            "permit-lost",
            "A permit less",
            &[member(0, 1), member(1, 2), member(2, 3)],
            json!({ "permit_lost": keys(&[2]) }),
        ),
        case(
            "permit-gained",
            "A permit more",
            &[member(0, 1), validator(), with(member(2, 3), json!({ "permit": true }))],
            json!({ "permit_gained": keys(&[3]) }),
        ),
        case(
            "swapped",
            "A hotkey swap: uid, coldkey and registration stay",
            &[member(0, 1), validator(), with(member(2, 4), json!({ "coldkey": address(0x83) }))],
            json!({ "joined": keys(&[4]), "left": keys(&[3]), "swapped": change(2, 3, 4) }),
        ),
        case(
            "replaced",
            "A new registration took the uid",
            &[member(0, 1), validator(), with(member(2, 4), json!({ "registered_at": 1_020 }))],
            json!({ "joined": keys(&[4]), "left": keys(&[3]), "replaced": change(2, 3, 4) }),
        ),
        case(
            "replaced-by-owner",
            "Registered anew by the same coldkey: no swap",
            &[
                member(0, 1),
                validator(),
                with(member(2, 4), json!({ "coldkey": address(0x83), "registered_at": 1_020 })),
            ],
            json!({ "joined": keys(&[4]), "left": keys(&[3]), "replaced": change(2, 3, 4) }),
        ),
        case(
            "owner",
            "A coldkey swap",
            &[member(0, 1), validator(), with(member(2, 3), json!({ "coldkey": address(0x99) }))],
            json!({ "owner_changed": [{ "hotkey": hex_key(3), "old": hex_key(0x83), "new": hex_key(0x99) }] }),
        ),
        case(
            "unowned",
            "Nobody owns it any more",
            &[member(0, 1), validator(), with(member(2, 3), json!({ "coldkey": null }))],
            json!({ "owner_changed": [{ "hotkey": hex_key(3), "old": hex_key(0x83), "new": null }] }),
        ),
        Case::new(
            "diff-other-subnet",
            "The netuid was given to another subnet: everybody left, members of both too",
            other_inputs,
            Ok(outputs(json!({ "other_subnet": true, "joined": keys(&[1]), "left": keys(&[1, 2]) }))),
        ),
    ]
}
