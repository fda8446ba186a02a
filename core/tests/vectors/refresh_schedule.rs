//! When a client refreshes.

use std::time::Duration;

use bittensor_auth::error::ErrorCode;
use bittensor_auth::session::{RefreshFailure, RefreshSchedule, SessionTimes, Step};
use bittensor_auth::time::UnixNanos;
use serde_json::Value;

use super::document::{Verdict, instant, large, nanos, text, verdict};

pub(super) fn run(_: &Value, case: &Value) -> Vec<Verdict> {
    let times = SessionTimes {
        issued_at: instant(case, "issued_at"),
        expires_at: instant(case, "expires_at"),
        refresh_expires_at: instant(case, "refresh_expires_at"),
    };
    let mut schedule = RefreshSchedule::new(times, large(case, "jitter"));
    let steps = case["steps"].as_array().expect("steps");
    steps.iter().map(|step| happen(&mut schedule, &step["event"], instant(step, "now"))).collect()
}

fn happen(schedule: &mut RefreshSchedule, event: &Value, now: UnixNanos) -> Verdict {
    match text(event, "type") {
        "next" => {
            let usable = ("usable", schedule.is_usable(now).into());
            match schedule.next(now) {
                Step::Wait(until) => verdict(Ok([("step", "wait".into()), ("until", nanos(until)), usable])),
                Step::Refresh => verdict(Ok([("step", "refresh".into()), usable])),
                _ => Err(ErrorCode::LoginRequired),
            }
        }
        "failed" => {
            match text(event, "reason") {
                "ended" => schedule.failed(RefreshFailure::Ended, now, 0),
                "passing" => {
                    let asked = event["retry_after_s"].as_u64().map(Duration::from_secs);
                    schedule.failed(RefreshFailure::Passing(asked), now, large(event, "jitter"));
                }
                reason => panic!("nothing here knows the reason {reason}"),
            }
            verdict(Ok([]))
        }
        kind => panic!("nothing here knows the event {kind}"),
    }
}
