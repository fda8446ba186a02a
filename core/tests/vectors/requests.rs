//! Whole requests, through every check of a server.

use std::time::Duration;

use bittensor_auth::error::Error;
use bittensor_auth::header::SignedHeaders;
use bittensor_auth::key::{AcceptedSchemes, Hotkey};
use bittensor_auth::nonce::SeededEntropy;
use bittensor_auth::policy::Policy;
use bittensor_auth::replay::{GuardStart, ReplayGuard};
use bittensor_auth::request::{Caller, Verifier};
use bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth::time::Window;
use serde_json::Value;

use super::document::{Verdict, bytes, instant, key_text, large, schemes, text, verdict};

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    let verifier = verifier(&group["verifier"]);
    vec![verdict(decide(&verifier, case).map(|caller| [("caller", key_text(&caller.hotkey()))]))]
}

fn verifier(settings: &Value) -> Verifier {
    let duration = |name: &str| Duration::from_nanos(large(settings, name));
    let window = Window::new(duration("max_age_ns"), duration("allowed_skew_ns")).expect("a valid window");
    let accepted = AcceptedSchemes::new(schemes(settings, "schemes")).expect("at least one scheme");
    let mut receivers = settings["receivers"]
        .as_array()
        .expect("receivers")
        .iter()
        .map(|receiver| Hotkey::from_ss58(receiver.as_str().unwrap_or_default()).expect("a receiver"));
    let first = receivers.next().expect("at least one receiver");
    let verifier = receivers.fold(Verifier::new(first), Verifier::also_for).with_window(window).with_schemes(accepted);
    let verifier = settings["body_limit"].as_u64().into_iter().fold(verifier, Verifier::with_body_limit);
    if settings["unbound"] == true { verifier.dangerous_accept_unbound() } else { verifier }
}

/// Every check of a server, in its order, up to the caller.
fn decide(verifier: &Verifier, case: &Value) -> Result<Caller, Error> {
    let now = instant(case, "now");
    let headers: Vec<(String, String)> = serde_json::from_value(case["headers"].clone()).expect("pairs of text");
    let signed = SignedHeaders::parse(headers)?;
    let method = Method::parse(text(case, "method"))?;
    let target = RequestTarget::parse(text(case, "target").as_bytes())?;
    let head = verifier.check_head(&signed, now)?;
    let mut hasher = verifier.body_hasher();
    hasher.update(&bytes(case, "body"))?;
    let verified = head.verify(&method, &target, hasher.finish())?;
    let admitted = Policy::any_hotkey().admit(verified)?;
    let guard = ReplayGuard::new(1, GuardStart::NothingAcceptedBefore, &mut SeededEntropy::new(0));
    let outcome = guard.claim(&admitted.claim(now)?, now);
    admitted.claimed(outcome)
}
