//! Single signatures, as a request and as a login.

use bittensor_auth::error::Error;
use bittensor_auth::key::{Signature, verify};
use bittensor_auth::message::verify_login;
use serde_json::Value;

use super::document::{Verdict, bytes, key, scheme, text, verdict};

pub(super) fn run(_: &Value, case: &Value) -> Vec<Verdict> {
    vec![verdict(decide(case).map(|()| []))]
}

fn decide(case: &Value) -> Result<(), Error> {
    let (scheme, hotkey) = (scheme(case, "scheme"), key(case, "public_key"));
    let (message, signature) = (bytes(case, "message"), bytes(case, "signature"));
    match text(case, "form") {
        "request" => verify(scheme, &hotkey, &message, &Signature::from_slice(&signature)?),
        "login" => verify_login(scheme, &hotkey, &message, &Signature::from_signer(scheme, &signature)?).map(|_| ()),
        form => panic!("nothing here knows the form {form}"),
    }
}
