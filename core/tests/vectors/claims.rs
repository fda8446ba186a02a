//! The names under which requests and challenges are remembered.

use std::time::Duration;

use bittensor_auth::error::Error;
use bittensor_auth::replay::{Namespace, ReplayClaim};
use bittensor_auth::time::Window;
use serde_json::Value;

use super::document::{Verdict, array, instant, key, large, nanos, text, verdict};

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    let claimed =
        |claim: ReplayClaim| [("claim", hex::encode(claim.id).into()), ("keep_until", nanos(claim.keep_until))];
    vec![match text(group, "operation") {
        "request" => verdict(request(case).map(claimed)),
        "challenge" => verdict(Ok(claimed(ReplayClaim::for_challenge(
            &key(case, "hotkey"),
            &array(case, "nonce"),
            instant(case, "issued_at"),
            instant(case, "expires_at"),
        )))),
        "namespace" => {
            let namespace = Namespace::for_receiver(&key(case, "receiver"));
            verdict(Ok([("namespace", namespace.as_str().into())]))
        }
        operation => panic!("nothing here knows the operation {operation}"),
    }]
}

fn request(case: &Value) -> Result<ReplayClaim, Error> {
    let namespace = Namespace::new(text(case, "namespace"))?;
    Ok(ReplayClaim::for_request(&namespace, &key(case, "sender"), instant(case, "signed_at"), &window(case)?))
}

/// The window that a case sets up.
pub(super) fn window(settings: &Value) -> Result<Window, Error> {
    let duration = |name: &str| Duration::from_nanos(large(settings, name));
    Window::new(duration("max_age_ns"), duration("allowed_skew_ns"))?.with_body_budget(duration("body_budget_ns"))
}
