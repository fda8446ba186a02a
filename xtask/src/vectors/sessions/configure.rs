//! Settings at their bounds, and beyond them.

use bittensor_auth::error::ErrorCode::InvalidConfiguration;
use serde_json::json;

use super::super::document::{Case, Verdict};
use super::{Lifetimes, Service};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const MONTH: u64 = 30 * 24 * HOUR;

pub(super) fn cases() -> Vec<Case> {
    let base = Lifetimes::new();
    let lifetimes = [
        ("defaults", "The defaults", base, Ok(())),
        ("challenge-shortest", "A challenge of 30 s", Lifetimes { challenge: 30 * SECOND, ..base }, Ok(())),
        ("challenge-below", "A challenge of less", Lifetimes { challenge: 30 * SECOND - 1, ..base }, Err(())),
        ("challenge-longest", "A challenge of 300 s", Lifetimes { challenge: 300 * SECOND, ..base }, Ok(())),
        ("challenge-above", "A challenge of more", Lifetimes { challenge: 300 * SECOND + 1, ..base }, Err(())),
        ("access-shortest", "A session token of 1 s", Lifetimes { access: SECOND, ..base }, Ok(())),
        ("access-below", "A session token of less", Lifetimes { access: SECOND - 1, ..base }, Err(())),
        ("access-longest", "A session token of 1 h", Lifetimes { access: HOUR, ..base }, Ok(())),
        ("access-above", "A session token of more", Lifetimes { access: HOUR + 1, ..base }, Err(())),
        ("idle-is-access", "Idle as long as access", Lifetimes { idle: base.access, ..base }, Ok(())),
        ("idle-below-access", "Idle shorter than access", Lifetimes { idle: base.access - 1, ..base }, Err(())),
        ("idle-longest", "Idle and absolute of 30 days", Lifetimes { idle: MONTH, absolute: MONTH, ..base }, Ok(())),
        ("idle-above", "Idle of more", Lifetimes { idle: MONTH + 1, absolute: MONTH, ..base }, Err(())),
        ("absolute-is-idle", "Absolute as long as idle", Lifetimes { absolute: base.idle, ..base }, Ok(())),
        ("absolute-below-idle", "Absolute shorter than idle", Lifetimes { absolute: base.idle - 1, ..base }, Err(())),
        ("absolute-above", "Absolute above 30 days", Lifetimes { absolute: MONTH + 1, ..base }, Err(())),
        ("grace-none", "No grace", Lifetimes { grace: 0, ..base }, Ok(())),
        ("grace-longest", "A grace of 60 s", Lifetimes { grace: 60 * SECOND, ..base }, Ok(())),
        ("grace-above", "A grace of more", Lifetimes { grace: 60 * SECOND + 1, ..base }, Err(())),
    ]
    .map(|(id, comment, lifetimes_ms, verdict)| {
        configured(id, comment, &Service { lifetimes_ms, ..Service::new() }, verdict)
    });
    let others = [
        ("secret-shortest", "A secret of 32 bytes", Service { secret: vec![1; 32], ..Service::new() }, Ok(())),
        ("secret-longer", "A secret of 64 bytes", Service { secret: vec![1; 64], ..Service::new() }, Ok(())),
        ("secret-below", "A secret of 31 bytes", Service { secret: vec![1; 31], ..Service::new() }, Err(())),
        ("secret-empty", "No secret", Service { secret: Vec::new(), ..Service::new() }, Err(())),
        ("namespace", "A namespace in upper case", Service { namespace: "Prod".into(), ..Service::new() }, Err(())),
        ("namespace-empty", "No namespace", Service { namespace: String::new(), ..Service::new() }, Err(())),
        ("schemes-none", "No scheme", Service { schemes: &[], ..Service::new() }, Err(())),
        ("origin", "An origin with a path", Service { origin: "https://example.org/x", ..Service::new() }, Err(())),
        ("statement", "A statement of two lines", Service { statement: Some("a\nb"), ..Service::new() }, Err(())),
    ]
    .map(|(id, comment, service, verdict)| configured(id, comment, &service, verdict));
    [&lifetimes[..], &others].concat()
}

fn configured(id: &str, comment: &str, service: &Service, verdict: Result<(), ()>) -> Case {
    let verdict: Verdict = verdict.map(|()| json!({})).map_err(|()| InvalidConfiguration);
    Case::new(format!("configure-{id}"), comment, service.inputs(), verdict).flags(&["configuration"])
}
