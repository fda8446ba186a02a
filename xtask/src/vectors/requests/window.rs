//! How old and how far ahead a request may be.

use bittensor_auth::error::ErrorCode::StaleRequest;

use super::super::document::Case;
use super::super::keys::Key;
use super::draft::{Draft, Request, SIGNED_AT};

const SECOND: i128 = 1_000_000_000;

pub(super) fn by_default() -> Vec<Case> {
    let edges = edges("window", 10 * SECOND, 2 * SECOND);
    let far = [
        ("minute-old", "A minute old", 60 * SECOND),
        ("day-old", "A day old", 86_400 * SECOND),
        ("minute-ahead", "A minute ahead", -60 * SECOND),
        ("year-ahead", "A year ahead", -31_536_000 * SECOND),
    ]
    .map(|(id, comment, age)| stale(&format!("window-{id}"), comment, age));
    let now = at("window-now", 0).accepted("Received in the nanosecond of its signature", &["window"]);
    edges.into_iter().chain(far).chain([now]).collect()
}

pub(super) fn narrow() -> Vec<Case> {
    edges("window-narrow", SECOND, 0)
}

pub(super) fn widest() -> Vec<Case> {
    edges("window-widest", 300 * SECOND, 300 * SECOND)
}

/// Both edges, and one nanosecond to each side of them.
fn edges(id: &str, max_age: i128, allowed_skew: i128) -> Vec<Case> {
    let fresh = [
        ("oldest-but-1", "One nanosecond younger than the oldest", max_age - 1),
        ("oldest", "As old as may be", max_age),
        ("furthest-ahead", "As far ahead as may be", -allowed_skew),
        ("furthest-but-1", "One nanosecond less than the furthest ahead", 1 - allowed_skew),
    ]
    .map(|(name, comment, age)| at(&format!("{id}-{name}"), age).accepted(comment, &["window"]));
    let stale = [
        ("too-old", "One nanosecond too old", max_age + 1),
        ("too-far-ahead", "One nanosecond too far ahead", -allowed_skew - 1),
    ]
    .map(|(name, comment, age)| stale(&format!("{id}-{name}"), comment, age));
    fresh.into_iter().chain(stale).collect()
}

fn stale(id: &str, comment: &str, age: i128) -> Case {
    at(id, age).refused(StaleRequest, comment, &["window"])
}

/// A request that is `age` nanoseconds old when it is received.
fn at(id: &str, age: i128) -> Request {
    let mut request = Draft::new(&Key::alice()).sign(id);
    let now = i128::from(SIGNED_AT) + age;
    request.now = u64::try_from(now).expect("a time after 1970");
    request
}
