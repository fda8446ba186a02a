//! Texts that a server writes and a client checks.

use bittensor_auth::error::Error;
use bittensor_auth::message::{LoginForm, LoginMessage, Network, Site, check_login_text};
use serde_json::Value;

use super::document::{Verdict, address, array, instant, number, optional_text, text, verdict};

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    vec![match text(group, "operation") {
        "build" => verdict(build(case).map(|text| [("text", text.into())])),
        "check" => {
            let hotkey = address(case, "hotkey");
            let checked = check_login_text(text(case, "text"), text(case, "origin"), &hotkey, instant(case, "now"));
            verdict(checked.map(|()| []))
        }
        operation => panic!("nothing here knows the operation {operation}"),
    }]
}

fn build(case: &Value) -> Result<String, Error> {
    let site = site(&case["site"])?;
    let form = LoginForm::from_word(text(case, "form"))?;
    if form == LoginForm::Compact {
        site.check_compact()?;
    }
    let message = LoginMessage {
        site: &site,
        form,
        hotkey: &address(case, "hotkey"),
        nonce: array(case, "nonce"),
        issued_at: number(case, "issued_at"),
        expires_at: number(case, "expires_at"),
    };
    Ok(message.text())
}

/// The site that a case or a service describes.
pub(super) fn site(settings: &Value) -> Result<Site, Error> {
    let network = &settings["network"];
    let network = Network::new(text(network, "name"), text(network, "genesis_hash"))?;
    let site = Site::new(text(settings, "origin"), network)?;
    match optional_text(settings, "statement") {
        Some(statement) => site.with_statement(statement),
        None => Ok(site),
    }
}
