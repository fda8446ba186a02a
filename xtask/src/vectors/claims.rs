//! Claims: the name under which an accepted request is remembered, and until when.

use bittensor_auth::error::ErrorCode::InvalidConfiguration;
use bittensor_auth::key::Hotkey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::document::{Case, Document, Group, Verdict};
use super::keys::{Key, random};

const NOTES: &[(&str, &str)] = &[
    ("namespace", "The case is about who shares one replay set."),
    ("published", "The check value that the design was written with."),
    ("time", "The case is about times."),
    ("window", "The case is about the settings of the window."),
];

const SECOND: u64 = 1_000_000_000;
/// How far the clocks of two servers may be apart.
const NODE_SKEW: u64 = 2 * SECOND;
const SIGNED_AT: u64 = 1_752_076_800_000_000_000;

pub(super) fn document() -> Document {
    let groups = vec![
        Group::new(json!({ "operation": "request" }), requests()),
        Group::new(json!({ "operation": "challenge" }), challenges()),
        Group::new(json!({ "operation": "namespace" }), namespaces()),
    ];
    Document::new("claims", "03-replay.md", NOTES, groups)
}

/// The first 16 bytes of the hash, written here a second time, apart from the core.
fn claim_id(namespace: &str, key: &Hotkey, signed_at: u64, extra: &[u8]) -> String {
    let len = u8::try_from(namespace.len()).expect("a namespace is short");
    let hash = Sha256::new()
        .chain_update(b"btauth-replay/1\0")
        .chain_update([len])
        .chain_update(namespace)
        .chain_update(key.as_bytes())
        .chain_update(signed_at.to_be_bytes())
        .chain_update(extra)
        .finalize();
    hex::encode(&hash[..16])
}

#[derive(Clone, Copy)]
struct Request<'a> {
    namespace: &'a str,
    sender: Hotkey,
    signed_at: u64,
    max_age: u64,
    allowed_skew: u64,
    body_budget: u64,
}

impl Request<'_> {
    fn inputs(&self) -> Value {
        json!({
            "namespace": self.namespace,
            "sender": hex::encode(self.sender.as_bytes()),
            "signed_at": self.signed_at.to_string(),
            "max_age_ns": self.max_age.to_string(),
            "allowed_skew_ns": self.allowed_skew.to_string(),
            "body_budget_ns": self.body_budget.to_string(),
        })
    }

    fn makes(&self, id: &str, comment: &str, flags: &[&'static str]) -> Case {
        let kept = self.max_age + self.body_budget + 2 * NODE_SKEW;
        let outputs = json!({
            "claim": claim_id(self.namespace, &self.sender, self.signed_at, &[]),
            "keep_until": self.signed_at.saturating_add(kept).to_string(),
        });
        Case::new(id, comment, self.inputs(), Ok(outputs)).flags(flags)
    }

    fn refused(&self, id: &str, comment: &str, flag: &'static str) -> Case {
        Case::new(id, comment, self.inputs(), Err(InvalidConfiguration)).flags(&[flag])
    }
}

fn requests() -> Vec<Case> {
    let base = Request {
        namespace: "prod",
        sender: Key::alice().hotkey(),
        signed_at: SIGNED_AT,
        max_age: 10 * SECOND,
        allowed_skew: 2 * SECOND,
        body_budget: 0,
    };
    let window = |max_age, allowed_skew, body_budget| Request { max_age, allowed_skew, body_budget, ..base };
    let longest = "a".repeat(32);
    let too_long = "a".repeat(33);
    let named = |namespace| Request { namespace, ..base };
    let mut cases = vec![
        base.makes("recorded", "Alice, namespace prod", &["published"]),
        Request { sender: Key::bob().hotkey(), ..base }.makes("other-sender", "The same time, another sender", &[]),
        Request { signed_at: SIGNED_AT + 1, ..base }.makes("next-nanosecond", "One nanosecond later", &["time"]),
        Request { signed_at: 1, ..base }.makes("first-nanosecond", "The smallest nonce", &["time"]),
        Request { signed_at: u64::MAX, ..base }.makes(
            "last-nanosecond",
            "The largest nonce: the end is the largest instant",
            &["time"],
        ),
        named("staging").makes("other-namespace", "Another namespace", &["namespace"]),
        named("a").makes("shortest-namespace", "A namespace of one character", &["namespace"]),
        named(&longest).makes("longest-namespace", "A namespace of 32 characters", &["namespace"]),
        window(30 * SECOND, 2 * SECOND, 0).makes(
            "max-age",
            "A longer window keeps longer, under the same id",
            &["window"],
        ),
        window(10 * SECOND, 0, 0).makes("no-skew", "Nothing ahead of the clock", &["window"]),
        window(10 * SECOND, 2 * SECOND, 60 * SECOND).makes("body-budget", "A minute for the body", &["window"]),
        window(300 * SECOND, 300 * SECOND, 300 * SECOND).makes("widest", "The widest window there is", &["window"]),
        window(1, 0, 0).makes("narrowest", "The narrowest window there is", &["window"]),
    ];
    cases.extend(
        [
            ("max-age-zero", "max_age must not be 0", window(0, 0, 0)),
            ("max-age-above", "max_age is at most 300 s", window(300 * SECOND + 1, 0, 0)),
            ("skew-above-age", "allowed_skew is at most max_age", window(10 * SECOND, 10 * SECOND + 1, 0)),
            ("budget-above", "The body budget is at most 300 s", window(10 * SECOND, 0, 300 * SECOND + 1)),
        ]
        .map(|(id, comment, request)| request.refused(id, comment, "window")),
    );
    cases.extend(
        [
            ("empty", ""),
            ("too-long", &too_long),
            ("upper-case", "Prod"),
            ("space", "pro d"),
            ("point", "pro.d"),
            ("underscore", "pro_d"),
            ("colon", "a:b"),
            ("brace", "a}b"),
            ("unicode", "größe"),
        ]
        .map(|(id, namespace)| {
            let comment = "A namespace has 1 to 32 characters of a-z, 0-9 and -";
            named(namespace).refused(&format!("namespace-{id}"), comment, "namespace")
        }),
    );
    cases
}

fn challenges() -> Vec<Case> {
    let issued = SIGNED_AT;
    let case = |id: &str, comment: &str, key: &Key, nonce: [u8; 16], issued: u64, life: u64| {
        let hotkey = key.hotkey();
        let inputs = json!({
            "hotkey": hex::encode(hotkey.as_bytes()),
            "nonce": hex::encode(nonce),
            "issued_at": issued.to_string(),
            "expires_at": (issued + life).to_string(),
        });
        let outputs = json!({
            "claim": claim_id("btauth-challenge", &hotkey, issued, &nonce),
            "keep_until": (issued + life + 2 * NODE_SKEW).to_string(),
        });
        Case::new(format!("challenge-{id}"), comment, inputs, Ok(outputs))
    };
    let (alice, bob, nonce) = (Key::alice(), Key::bob(), random("claims-challenge"));
    vec![
        case("alice", "A challenge for Alice", &alice, nonce, issued, 120 * SECOND),
        case("bob", "The same nonce for Bob", &bob, nonce, issued, 120 * SECOND),
        case("other-nonce", "Another nonce in the same second", &alice, random("claims-other"), issued, 120 * SECOND),
        case("zero-nonce", "A nonce of zero bytes", &alice, [0; 16], issued, 120 * SECOND),
        case("later", "A second later", &alice, nonce, issued + SECOND, 120 * SECOND).flags(&["time"]),
        case("longest-life", "A life of 300 s: another end, the same id", &alice, nonce, issued, 300 * SECOND)
            .flags(&["time"]),
    ]
}

fn namespaces() -> Vec<Case> {
    [
        ("bob", "Bob's own namespace", Key::bob().hotkey()),
        ("bob-ed25519", "That of his other key", Key::bob_ed25519().hotkey()),
        ("same-half", "Only the first 16 bytes of a key count", {
            let mut bytes = *Key::bob().hotkey().as_bytes();
            bytes[16..].fill(0);
            Hotkey::from_bytes(bytes)
        }),
    ]
    .map(|(id, comment, receiver)| {
        let outputs: Verdict = Ok(json!({ "namespace": hex::encode(&receiver.as_bytes()[..16]) }));
        let inputs = json!({ "receiver": hex::encode(receiver.as_bytes()) });
        Case::new(format!("receiver-{id}"), comment, inputs, outputs).flags(&["namespace"])
    })
    .into()
}
