//! Policies: one snapshot, many rules, and what they say of a hotkey.

use bittensor_auth::error::ErrorCode::{
    self, ColdkeyNotAllowed, ColdkeyNotLinked, ColdkeySwapPending, HotkeyDenied, HotkeyNotAllowed, HotkeyNotRegistered,
    InvalidConfiguration, NotSubnetOwner, PermitMissing, RegistryUnavailable, StakeTooLow, StoreUnavailable,
};
use serde_json::{Value, json};

use super::document::{Case, Document, Group};
use super::subnets::{START, address, hex_key, member, published, with};

const NOTES: &[(&str, &str)] = &[
    ("ban", "The case is about the deny list."),
    ("edge", "Exactly the minimum, or one rao less."),
    ("link", "The case is about a linked coldkey."),
    ("swap", "A coldkey is about to be swapped."),
    ("unknown", "Facts are missing, so nothing is guessed."),
];

pub(super) fn document() -> Document {
    let usual = published(1_000, &rows());
    let pending = json!({ "scope": "everyone", "pending": [
        { "coldkey": address(0x81), "from_block": 1_500 },
        { "coldkey": address(0x83), "from_block": null },
    ] });
    let swapping = with(usual.clone(), json!({ "coldkey_swaps": pending }));
    let unwatched = with(usual.clone(), json!({ "coldkey_swaps": { "scope": "nobody", "pending": [] } }));
    let at = |after: u64| ((START + after) * 1_000_000_000).to_string();
    let group = |snapshot: Value, now: String, cases| Group::new(json!({ "snapshot": snapshot, "now": now }), cases);
    let groups = vec![
        group(usual.to_string().into(), at(30), [rules(), combined(), links(), settings()].concat()),
        group(swapping.to_string().into(), at(30), swaps()),
        group(unwatched.to_string().into(), at(30), unwatched_swaps()),
        group(usual.to_string().into(), at(1_201), unknown("expired")),
        group(Value::Null, at(30), unknown("none")),
    ];
    Document::new("policies", "05-policy.md", NOTES, groups)
}

/// 1 owns the subnet, 2 is a validator, 3 and 4 are miners, 4 without an owner. 5 is nobody.
fn rows() -> Vec<Value> {
    vec![
        member(0, 1),
        with(member(1, 2), json!({ "permit": true, "total": "1000000000000", "alpha": "7", "tao": "0" })),
        with(member(2, 3), json!({ "total": "1000000000000", "alpha": "8", "tao": "0" })),
        with(member(3, 4), json!({ "coldkey": null, "total": "0" })),
    ]
}

fn case(id: &str, comment: &str, policy: &Value, byte: u8, verdict: Result<&[&str], ErrorCode>) -> Case {
    let inputs = json!({ "policy": policy, "hotkey": hex_key(byte), "link": "not-asked" });
    Case::new(id, comment, inputs, verdict.map(|roles| json!({ "roles": roles })))
}

fn rule(name: &str) -> Value {
    json!({ "rule": name })
}

fn validator(min_stake: &str) -> Value {
    json!({ "rule": "validator", "min_stake": min_stake, "kind": "total" })
}

fn stake(min_stake: &str, kind: &str) -> Value {
    json!({ "rule": "stake", "min_stake": min_stake, "kind": kind })
}

fn hotkeys(bytes: &[u8]) -> Value {
    let keys: Vec<_> = bytes.iter().copied().map(hex_key).collect();
    json!({ "rule": "hotkeys", "hotkeys": keys })
}

fn coldkeys(bytes: &[u8]) -> Value {
    let keys: Vec<_> = bytes.iter().copied().map(hex_key).collect();
    json!({ "rule": "coldkeys", "coldkeys": keys })
}

fn role(policy: Value, name: &str) -> Value {
    with(policy, json!({ "role": name }))
}

fn denying(policy: Value, bytes: &[u8]) -> Value {
    let keys: Vec<_> = bytes.iter().copied().map(hex_key).collect();
    with(policy, json!({ "deny": keys }))
}

fn any_of(policies: &[Value]) -> Value {
    json!({ "rule": "any_of", "policies": policies })
}

fn all_of(policies: &[Value]) -> Value {
    json!({ "rule": "all_of", "policies": policies })
}

fn rules() -> Vec<Case> {
    let (registered, owner) = (rule("registered"), rule("subnet_owner"));
    let exact = validator("1000000000000");
    vec![
        case("any", "Anybody", &rule("any_hotkey"), 5, Ok(&[])),
        case("listed", "On the list, registered or not", &hotkeys(&[5]), 5, Ok(&[])),
        case("not-listed", "Not on the list", &hotkeys(&[5]), 1, Err(HotkeyNotAllowed)),
        case("registered", "A member", &registered, 4, Ok(&[])),
        case("not-registered", "No member", &registered, 5, Err(HotkeyNotRegistered)),
        case("validator", "A permit and exactly the stake", &exact, 2, Ok(&[])).flags(&["edge"]),
        case("validator-stake", "One rao more is asked for", &validator("1000000000001"), 2, Err(StakeTooLow))
            .flags(&["edge"]),
        case("validator-permit", "The stake and no permit", &exact, 3, Err(PermitMissing)),
        case("validator-nobody", "No member", &exact, 5, Err(HotkeyNotRegistered)),
        case("permit-alone", "No minimum: the permit alone", &validator("0"), 2, Ok(&[])),
        case("stake", "Stake without a permit", &stake("1000000000000", "total"), 3, Ok(&[])).flags(&["edge"]),
        case("stake-kind", "Another kind", &stake("8", "alpha"), 2, Err(StakeTooLow)).flags(&["edge"]),
        case("stake-zero", "No stake", &stake("1", "total"), 4, Err(StakeTooLow)).flags(&["edge"]),
        case(
            "stake-unsaid",
            "A kind that the source does not say",
            &stake("1", "own_alpha"),
            2,
            Err(RegistryUnavailable),
        )
        .flags(&["unknown"]),
        case("owner", "The subnet's owner", &owner, 1, Ok(&[])),
        case("not-owner", "A member", &owner, 2, Err(NotSubnetOwner)),
        case("coldkey", "One of its hotkeys", &coldkeys(&[0x82, 0x83]), 3, Ok(&[])),
        case("not-coldkey", "A hotkey of another", &coldkeys(&[0x82, 0x83]), 1, Err(ColdkeyNotAllowed)),
        case("coldkey-nobody", "A hotkey that nobody owns", &coldkeys(&[0, 4]), 4, Err(ColdkeyNotAllowed)),
        case("coldkey-not-registered", "No member", &coldkeys(&[0x85]), 5, Err(HotkeyNotRegistered)),
        case("banned", "Banned", &denying(rule("any_hotkey"), &[1, 2]), 2, Err(HotkeyDenied)).flags(&["ban"]),
        case("not-banned", "Somebody else is", &denying(rule("any_hotkey"), &[1, 2]), 3, Ok(&[])).flags(&["ban"]),
        case("banned-and-listed", "A ban is stronger than a list", &denying(hotkeys(&[2]), &[2]), 2, Err(HotkeyDenied))
            .flags(&["ban"]),
    ]
}

fn combined() -> Vec<Case> {
    let roles = any_of(&[
        role(validator("1"), "validator"),
        role(rule("registered"), "member"),
        role(rule("subnet_owner"), "owner"),
    ]);
    let both = all_of(&[role(rule("registered"), "member"), role(rule("subnet_owner"), "owner")]);
    let ban = any_of(&[rule("any_hotkey"), denying(rule("registered"), &[2])]);
    vec![
        case("roles-validator", "The roles of all rules that allow", &roles, 2, Ok(&["validator", "member"])),
        case("roles-owner", "In the order of the policy", &roles, 1, Ok(&["member", "owner"])),
        case(
            "roles-outer",
            "And of the rule around them",
            &role(roles.clone(), "caller"),
            3,
            Ok(&["member", "caller"]),
        ),
        case("roles-none", "The code of the first rule", &roles, 5, Err(HotkeyNotRegistered)),
        case("roles-once", "A role is named once", &role(role(rule("registered"), "x"), "x"), 1, Ok(&["x"])),
        case("all", "Both", &both, 1, Ok(&["member", "owner"])),
        case("all-one", "One of them", &both, 2, Err(NotSubnetOwner)),
        case("ban-in-a-branch", "A ban holds for the whole policy", &ban, 2, Err(HotkeyDenied)).flags(&["ban"]),
        case("ban-in-a-branch-other", "And for nobody else", &ban, 5, Ok(&[])).flags(&["ban"]),
        case(
            "any-unknown-allow",
            "Allowed, although one rule cannot tell",
            &any_of(&[stake("1", "own_alpha"), rule("registered")]),
            2,
            Ok(&[]),
        )
        .flags(&["unknown"]),
        case(
            "any-unknown-deny",
            "One rule denies, one cannot tell",
            &any_of(&[hotkeys(&[1]), stake("1", "own_alpha")]),
            2,
            Err(RegistryUnavailable),
        )
        .flags(&["unknown"]),
        case(
            "all-unknown-deny",
            "Denied, although one rule cannot tell",
            &all_of(&[stake("1", "own_alpha"), hotkeys(&[1])]),
            2,
            Err(HotkeyNotAllowed),
        )
        .flags(&["unknown"]),
        case(
            "all-unknown-allow",
            "One rule allows, one cannot tell",
            &all_of(&[stake("1", "own_alpha"), rule("registered")]),
            2,
            Err(RegistryUnavailable),
        )
        .flags(&["unknown"]),
        case(
            "nested",
            "Validators or the owner, on a list",
            &all_of(&[hotkeys(&[2, 3]), any_of(&[validator("1"), rule("subnet_owner")])]),
            3,
            Err(PermitMissing),
        ),
    ]
}

fn linked(id: &str, comment: &str, byte: u8, link: &str, verdict: Result<&[&str], ErrorCode>) -> Case {
    let inputs = json!({ "policy": rule("linked"), "hotkey": hex_key(byte), "link": link });
    Case::new(id, comment, inputs, verdict.map(|roles| json!({ "roles": roles }))).flags(&["link"])
}

fn links() -> Vec<Case> {
    vec![
        linked("linked", "The owner is linked", 3, &hex_key(0x83), Ok(&[])),
        linked("linked-other", "Another coldkey is", 3, &hex_key(0x82), Err(ColdkeyNotLinked)),
        linked("not-linked", "None is", 3, "not-linked", Err(ColdkeyNotLinked)),
        linked("linked-nobody", "Nobody owns the hotkey", 4, &hex_key(0), Err(ColdkeyNotLinked)),
        linked("linked-not-registered", "No member", 5, &hex_key(0x85), Err(HotkeyNotRegistered)),
        linked("link-not-asked", "Nobody asked", 3, "not-asked", Err(StoreUnavailable)).flags(&["unknown"]),
        linked("link-unavailable", "No answer", 3, "unavailable", Err(StoreUnavailable)).flags(&["unknown"]),
    ]
}

fn swaps() -> Vec<Case> {
    let flagged = |case: Case| case.flags(&["swap"]);
    vec![
        flagged(case("swap-owner", "The owner's coldkey", &rule("subnet_owner"), 1, Err(ColdkeySwapPending))),
        flagged(case("swap-member", "Authentication goes on", &rule("registered"), 1, Ok(&[]))),
        flagged(linked("swap-linked", "Announced", 1, &hex_key(0x81), Err(ColdkeySwapPending))),
        flagged(linked("swap-disputed", "Disputed", 3, &hex_key(0x83), Err(ColdkeySwapPending))),
        flagged(linked("swap-other", "Somebody else's", 2, &hex_key(0x82), Ok(&[]))),
    ]
}

fn unwatched_swaps() -> Vec<Case> {
    let flagged = |case: Case| case.flags(&["swap", "unknown"]);
    vec![
        flagged(case(
            "unwatched-owner",
            "Whether there is a swap is not known",
            &rule("subnet_owner"),
            1,
            Err(RegistryUnavailable),
        )),
        flagged(linked(
            "unwatched-linked",
            "Whether there is a swap is not known",
            3,
            &hex_key(0x83),
            Err(RegistryUnavailable),
        )),
    ]
}

/// Whatever takes facts cannot tell; what takes none still can.
fn unknown(id: &str) -> Vec<Case> {
    let named = |name: &str| format!("{id}-{name}");
    let unavailable = |name: &str, policy: &Value| {
        case(&named(name), "No usable facts", policy, 2, Err(RegistryUnavailable)).flags(&["unknown"])
    };
    vec![
        unavailable("registered", &rule("registered")),
        unavailable("validator", &validator("1")),
        unavailable("owner", &rule("subnet_owner")),
        unavailable("coldkeys", &coldkeys(&[0x82])),
        unavailable("linked", &rule("linked")),
        case(&named("listed"), "A list needs no facts", &hotkeys(&[2]), 2, Ok(&[])).flags(&["unknown"]),
        case(&named("banned"), "Nor does a ban", &denying(rule("registered"), &[2]), 2, Err(HotkeyDenied))
            .flags(&["ban", "unknown"]),
        case(&named("either"), "Listed or registered", &any_of(&[rule("registered"), hotkeys(&[2])]), 2, Ok(&[]))
            .flags(&["unknown"]),
        case(
            &named("both"),
            "Listed and registered, but not on the list",
            &all_of(&[rule("registered"), hotkeys(&[3])]),
            2,
            Err(HotkeyNotAllowed),
        )
        .flags(&["unknown"]),
    ]
}

fn settings() -> Vec<Case> {
    vec![
        case("empty-any", "No rule", &any_of(&[]), 1, Err(InvalidConfiguration)),
        case("empty-all", "No rule would be everybody", &all_of(&[]), 1, Err(InvalidConfiguration)),
        case("role-empty", "A role without a name", &role(rule("registered"), ""), 1, Err(InvalidConfiguration)),
        case("role-upper", "A role in capitals", &role(rule("registered"), "Admin"), 1, Err(InvalidConfiguration)),
        case(
            "role-long",
            "A role of 33 characters",
            &role(rule("registered"), &"a".repeat(33)),
            1,
            Err(InvalidConfiguration),
        ),
    ]
}
