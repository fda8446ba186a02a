//! Whole requests and the verdict on each.

mod accepted;
mod altered;
mod draft;
mod identity;
mod shape;
mod spelling;
mod window;

use serde_json::{Value, json};

use super::document::{Case, Document, Group};
use super::keys::Key;

const NOTES: &[(&str, &str)] = &[
    ("altered-payload", "The signature stands over bytes that are almost the canonical payload."),
    ("body", "The case is about the body."),
    ("ed25519", "The sender signs with ed25519."),
    ("forged", "Made without the secret key."),
    ("header-missing", "A header was taken away after signing."),
    ("header-too-long", "A header value is at the limit of 512 bytes, or above."),
    ("header-twice", "A header stands there twice."),
    ("header-value", "A header value is spelled in another way than the one accepted."),
    ("method", "The case is about the method."),
    ("other-headers", "Headers that decide nothing are there too."),
    ("receiver", "The case is about who the request is for."),
    ("scheme", "The case is about the signature scheme."),
    ("signature", "The signature's bytes are not what the signer made."),
    ("tampered", "Something that the signature covers was changed after signing."),
    ("target", "The case is about the request target."),
    ("tolerated", "A spelling that signers do not emit and verifiers accept."),
    ("unbound", "The request names no receiver."),
    ("weak-key", "Anybody can sign for this key."),
    ("window", "The case is about the age of the request."),
    ("wrapped", "The signature stands over the payload inside <Bytes>…</Bytes>, as wallets sign."),
];

pub(super) fn document() -> Document {
    let default = Settings::new();
    let both = Settings { schemes: &["sr25519", "ed25519"], ..Settings::new() };
    let groups = vec![
        default.group(
            [accepted::by_default(), shape::cases(), spelling::cases(), window::by_default(), identity::by_default()]
                .concat(),
        ),
        both.group(
            [
                accepted::of_both_schemes(),
                shape::of_crypto(),
                spelling::of_crypto(),
                altered::cases(),
                identity::of_both_schemes(),
            ]
            .concat(),
        ),
        Settings { schemes: &["ed25519"], ..Settings::new() }.group(identity::of_ed25519_only()),
        Settings { unbound: true, schemes: &["sr25519", "ed25519"], ..Settings::new() }
            .group(identity::when_unbound_is_accepted()),
        Settings { receivers: vec![Key::bob().address(), Key::bob_ed25519().address()], ..Settings::new() }
            .group(identity::of_two_receivers()),
        Settings { max_age_ns: 1_000_000_000, allowed_skew_ns: 0, ..Settings::new() }.group(window::narrow()),
        Settings { max_age_ns: 300_000_000_000, allowed_skew_ns: 300_000_000_000, ..Settings::new() }
            .group(window::widest()),
        Settings { body_limit: Some(16), ..Settings::new() }.group(accepted::with_a_body_limit()),
    ];
    Document::new("requests", "02-requests.md", NOTES, groups)
}

/// How the verifier of a group is set up.
#[derive(Clone)]
struct Settings {
    receivers: Vec<String>,
    max_age_ns: u64,
    allowed_skew_ns: u64,
    schemes: &'static [&'static str],
    unbound: bool,
    body_limit: Option<u64>,
}

impl Settings {
    /// The defaults of the format, for Bob.
    fn new() -> Self {
        Self {
            receivers: vec![Key::bob().address()],
            max_age_ns: 10_000_000_000,
            allowed_skew_ns: 2_000_000_000,
            schemes: &["sr25519"],
            unbound: false,
            body_limit: None,
        }
    }

    fn group(self, cases: Vec<Case>) -> Group {
        let mut verifier = json!({
            "receivers": self.receivers,
            "max_age_ns": self.max_age_ns.to_string(),
            "allowed_skew_ns": self.allowed_skew_ns.to_string(),
            "schemes": self.schemes,
            "unbound": self.unbound,
        });
        if let Some(limit) = self.body_limit {
            verifier["body_limit"] = Value::from(limit);
        }
        Group::new(json!({ "verifier": verifier }), cases)
    }
}
