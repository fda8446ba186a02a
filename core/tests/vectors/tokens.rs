//! Single tokens, before any store is asked.

use bittensor_auth::key::AcceptedSchemes;
use bittensor_auth::message::{Network, Site};
use bittensor_auth::replay::Namespace;
use bittensor_auth::session::{Lifetimes, Sessions};
use serde_json::Value;

use super::document::{Verdict, instant, key_text, nanos, text, verdict};
use super::sessions::keyring;

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    let sessions = sessions(&group["service"]);
    let (token, now) = (text(case, "token"), instant(case, "now"));
    vec![match text(case, "kind") {
        "session" => verdict(sessions.present(token, now).map(|presented| {
            [
                ("hotkey", key_text(&presented.hotkey())),
                ("family", presented.family().to_string().into()),
                ("expires_at", nanos(presented.expires_at())),
            ]
        })),
        "refresh" => verdict(sessions.present_refresh(token, now).map(|presented| {
            [
                ("hotkey", key_text(&presented.hotkey())),
                ("family", presented.family().to_string().into()),
                ("rotation", presented.rotation().into()),
            ]
        })),
        kind => panic!("nothing here knows the kind {kind}"),
    }]
}

/// Tokens depend on secrets and namespace alone; site, lifetimes and schemes could be any.
fn sessions(settings: &Value) -> Sessions {
    let site = Site::new("https://example.org", Network::finney()).expect("an origin");
    let namespace = Namespace::new(text(settings, "namespace")).expect("a namespace");
    let keys = keyring(settings).expect("valid secrets");
    Sessions::new(site, namespace, keys, Lifetimes::default(), AcceptedSchemes::SR25519).expect("valid settings")
}
