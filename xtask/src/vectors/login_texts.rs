//! Login texts: what a server writes, and what a client lets its wallet sign.

mod build;
mod check;

use serde_json::json;

use super::document::{Document, Group};

const NOTES: &[(&str, &str)] = &[
    ("account", "The case is about whose text it is."),
    ("compact", "The layout for hardware wallets."),
    ("configuration", "The operator's settings are not valid."),
    ("full", "The layout that wallets recognise."),
    ("injection", "The text tries to say more than its layout lets it."),
    ("published", "A text with a recorded hash."),
    ("site", "The case is about the site that the text names."),
    ("time", "The case is about the text's times."),
    ("wrong-layout", "The text is almost one of the two layouts."),
];

pub(super) fn document() -> Document {
    let groups = vec![
        Group::new(json!({ "operation": "build" }), build::cases()),
        Group::new(json!({ "operation": "check" }), check::cases()),
    ];
    Document::new("login-texts", "04-sessions.md", NOTES, groups)
}

/// Bittensor's main network.
pub(super) const FINNEY: (&str, &str) = ("finney", "2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03");

/// The text of the compact layout, written here a second time, apart from the core.
fn compact(domain: &str, address: &str, origin: &str, facts: &str) -> String {
    format!("{domain} wants you to sign in with your Bittensor account:\n{address}\n{origin}\n{facts}")
}

/// The text of the full layout, without a statement.
fn full(domain: &str, address: &str, origin: &str, chain: &str, nonce: &str, issued: &str, expires: &str) -> String {
    format!(
        "{domain} wants you to sign in with your Bittensor account:\n{address}\n\nURI: {origin}\nVersion: 1.0.0\n\
         Chain ID: {chain}\nNonce: {nonce}\nIssued At: {issued}\nExpiration Time: {expires}"
    )
}

/// The same with a statement behind the address.
fn stated(text: &str, statement: &str) -> String {
    text.replacen("\n\nURI: ", &format!("\n\n{statement}\n\nURI: "), 1)
}
