//! Addresses.

use bittensor_auth::key::Hotkey;
use serde_json::Value;

use super::document::{Verdict, key_text, text, verdict};

pub(super) fn run(_: &Value, case: &Value) -> Vec<Verdict> {
    let decoded = Hotkey::from_ss58(text(case, "address"));
    let outputs = decoded.map(|hotkey| [("public_key", key_text(&hotkey)), ("address", hotkey.to_ss58().into())]);
    vec![verdict(outputs)]
}
