//! Sessions from challenge to end: sequences against one empty store, and settings that are refused.

mod configure;
mod lives;
mod logins;
mod recorder;

use serde_json::{Value, json};

use super::document::{Case, Document, Group, joined};
use super::keys::random;

const NOTES: &[(&str, &str)] = &[
    ("challenge", "The case is about the challenge."),
    ("configuration", "The case is about the operator's settings."),
    ("edge", "The last instant at which something holds, and the nanosecond after it."),
    ("logout", "A session is ended by its own token."),
    ("refresh", "The case is about refreshing."),
    ("reuse", "A refresh token is used a second time."),
    ("revoke", "All sessions of a hotkey are ended."),
    ("scheme", "The case is about the signature scheme."),
    ("signature", "The case is about the login's signature."),
    ("store", "The store is full."),
    ("wrapped", "The wallet signed <Bytes>text</Bytes>."),
];

pub(super) fn document() -> Document {
    let default = Service::new();
    let both = Service { schemes: &["sr25519", "ed25519"], ..Service::new() };
    let short = Service {
        lifetimes_ms: Lifetimes { challenge: 30_000, access: 1_000, idle: 3_000, absolute: 4_500, grace: 0 },
        ..Service::new()
    };
    let stated = Service { statement: Some("Sign in to the SN9 dashboard."), network: TESTNET, ..Service::new() };
    let groups = vec![
        default.group([logins::of(&default), lives::of(&default)].concat()),
        both.group(logins::of_both_schemes(&both)),
        short.group(lives::of_short_sessions(&short)),
        stated.group(logins::of_a_stated_site(&stated)),
        Group::new(json!({ "operation": "configure" }), configure::cases()),
    ];
    Document::new("sessions", "04-sessions.md", NOTES, groups)
}

const TESTNET: (&str, &str) = ("test", "0123456789abcdef0123456789abcdef00000000000000000000000000000000");

/// Milliseconds.
#[derive(Clone, Copy)]
struct Lifetimes {
    challenge: u64,
    access: u64,
    idle: u64,
    absolute: u64,
    grace: u64,
}

impl Lifetimes {
    /// The defaults.
    const fn new() -> Self {
        Self { challenge: 120_000, access: 900_000, idle: 7_200_000, absolute: 86_400_000, grace: 30_000 }
    }
}

/// How the service of a group is set up.
#[derive(Clone)]
struct Service {
    origin: &'static str,
    network: (&'static str, &'static str),
    statement: Option<&'static str>,
    namespace: String,
    secret: Vec<u8>,
    lifetimes_ms: Lifetimes,
    schemes: &'static [&'static str],
}

impl Service {
    fn new() -> Self {
        Self {
            origin: "https://dash.example.org",
            network: super::login_texts::FINNEY,
            statement: None,
            namespace: "vectors".into(),
            secret: random::<32>("sessions-secret").into(),
            lifetimes_ms: Lifetimes::new(),
            schemes: &["sr25519"],
        }
    }

    fn inputs(&self) -> Value {
        let Self { origin, network, statement, namespace, secret, lifetimes_ms, schemes } = self;
        let Lifetimes { challenge, access, idle, absolute, grace } = *lifetimes_ms;
        json!({
            "service": {
                "site": {
                    "origin": origin,
                    "network": { "name": network.0, "genesis_hash": network.1 },
                    "statement": statement,
                },
                "namespace": namespace,
                "secret": hex::encode(secret),
                "previous_secret": null,
                "lifetimes_ms": {
                    "challenge": challenge, "access": access, "idle": idle, "absolute": absolute, "grace": grace,
                },
                "schemes": schemes,
            },
        })
    }

    fn group(&self, cases: Vec<Case>) -> Group {
        let operation = json!({ "operation": "sequence" });
        Group::new(joined([operation, self.inputs()]), cases)
    }
}
