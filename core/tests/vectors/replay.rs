//! Sequences against one replay guard.

use std::time::Duration;

use bittensor_auth::error::ErrorCode;
use bittensor_auth::nonce::SeededEntropy;
use bittensor_auth::replay::{GuardStart, Namespace, ReplayClaim, ReplayGuard};
use bittensor_auth::time::UnixNanos;
use serde_json::Value;

use super::claims::window;
use super::document::{Verdict, array, instant, key, large, number, text, verdict};

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    let namespace = Namespace::new(text(group, "namespace")).expect("a namespace");
    let guard = guard(&case["guard"]);
    let steps = case["steps"].as_array().expect("steps");
    steps.iter().map(|step| happen(&guard, &namespace, &case["window"], &step["event"], instant(step, "now"))).collect()
}

fn guard(settings: &Value) -> ReplayGuard {
    let start = match settings["started_at"] {
        Value::Null => GuardStart::NothingAcceptedBefore,
        _ => GuardStart::At(instant(settings, "started_at")),
    };
    let capacity = usize::try_from(number(settings, "capacity")).expect("a small guard");
    ReplayGuard::new(capacity, start, &mut SeededEntropy::new(0))
}

fn happen(guard: &ReplayGuard, namespace: &Namespace, settings: &Value, event: &Value, now: UnixNanos) -> Verdict {
    let window = window(settings).expect("a valid window");
    match text(event, "type") {
        "arrive" => verdict(window.check(instant(event, "signed_at"), now).map(|()| [])),
        "body_read" => verdict(window.check_at_claim(instant(event, "signed_at"), now).map(|()| [])),
        "claim" => {
            let budget = Duration::from_nanos(large(event, "body_budget_ns"));
            let window = window.with_body_budget(budget).expect("a valid budget");
            let claim =
                ReplayClaim::for_request(namespace, &key(event, "sender"), instant(event, "signed_at"), &window);
            verdict(guard.claim(&claim, now).into_result(ErrorCode::ReplayedRequest).map(|()| []))
        }
        "challenge" => {
            let (issued, expires) = (instant(event, "issued_at"), instant(event, "expires_at"));
            let claim = ReplayClaim::for_challenge(&key(event, "hotkey"), &array(event, "nonce"), issued, expires);
            verdict(guard.claim(&claim, now).into_result(ErrorCode::ChallengeUsed).map(|()| []))
        }
        "purge" => {
            guard.purge(now);
            verdict(Ok([("live", guard.len().into())]))
        }
        kind => panic!("nothing here knows the event {kind}"),
    }
}
