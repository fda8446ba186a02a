//! Sequences against one in-memory replay guard: what passes once, and for how long it is remembered.

use std::time::Duration;

use bittensor_auth::error::ErrorCode::{self, ChallengeUsed, ReplayedRequest, StaleRequest, StoreFull, StoreWarming};
use bittensor_auth::time::UnixNanos;
use serde_json::{Value, json};

use super::document::{Case, Document, Group, nanos, step};
use super::keys::{Key, random};

const NOTES: &[(&str, &str)] = &[
    ("body-budget", "The route gives uploads time beyond the window."),
    ("capacity", "The guard is small."),
    ("challenge", "The claims of logins."),
    ("clock", "The server's clock steps."),
    ("edge", "The last instant at which something holds, and the nanosecond after it."),
    ("restart", "Something may have been accepted before this guard began."),
];

const NANO: Duration = Duration::from_nanos(1);
const SIGNED_AT: UnixNanos = UnixNanos::from_nanos(1_752_076_800_123_456_789);

pub(super) fn document() -> Document {
    let cases = [once(), edges(), budgets(), full(), restarts(), clocks(), challenges()].concat();
    Document::new("replay", "03-replay.md", NOTES, vec![Group::new(json!({ "namespace": "vectors" }), cases)])
}

/// A sequence in the making.
struct Sequence {
    capacity: u64,
    started_at: Option<UnixNanos>,
    max_age: u64,
    allowed_skew: u64,
    budget: u64,
    steps: Vec<Value>,
}

impl Sequence {
    /// On an empty guard that is large enough, under the format's own window.
    const fn new() -> Self {
        Self { capacity: 1_000, started_at: None, max_age: 10, allowed_skew: 2, budget: 0, steps: Vec::new() }
    }

    fn of_capacity(capacity: u64) -> Self {
        Self { capacity, ..Self::new() }
    }

    fn started(at: UnixNanos) -> Self {
        Self { started_at: Some(at), ..Self::new() }
    }

    fn with_budget(budget: u64) -> Self {
        Self { budget, ..Self::new() }
    }

    fn step(mut self, now: UnixNanos, event: Value, verdict: Result<Value, ErrorCode>) -> Self {
        self.steps.push(step(now, event, verdict));
        self
    }

    /// The headers of a request arrive.
    fn arrive(self, now: UnixNanos, signed_at: UnixNanos, verdict: Result<(), ErrorCode>) -> Self {
        self.step(now, json!({ "type": "arrive", "signed_at": nanos(signed_at) }), verdict.map(|()| json!({})))
    }

    /// Its body is read; freshness is looked at again.
    fn body_read(self, now: UnixNanos, signed_at: UnixNanos, verdict: Result<(), ErrorCode>) -> Self {
        self.step(now, json!({ "type": "body_read", "signed_at": nanos(signed_at) }), verdict.map(|()| json!({})))
    }

    fn claim(self, now: UnixNanos, key: &Key, signed_at: UnixNanos, verdict: Result<(), ErrorCode>) -> Self {
        let budget = self.budget;
        self.claim_within(budget, now, key, signed_at, verdict)
    }

    fn claim_within(
        self,
        budget: u64,
        now: UnixNanos,
        key: &Key,
        signed_at: UnixNanos,
        verdict: Result<(), ErrorCode>,
    ) -> Self {
        let event = json!({
            "type": "claim",
            "sender": key.public_hex(),
            "signed_at": nanos(signed_at),
            "body_budget_ns": (budget * 1_000_000_000).to_string(),
        });
        self.step(now, event, verdict.map(|()| json!({})))
    }

    fn challenge(self, now: UnixNanos, nonce: &str, issued: UnixNanos, verdict: Result<(), ErrorCode>) -> Self {
        let event = json!({
            "type": "challenge",
            "hotkey": Key::alice().public_hex(),
            "nonce": hex::encode(random::<16>(nonce)),
            "issued_at": nanos(issued),
            "expires_at": nanos(issued.plus(seconds(120))),
        });
        self.step(now, event, verdict.map(|()| json!({})))
    }

    /// Everything that ended is dropped; `live` claims are left.
    fn purge(self, now: UnixNanos, live: u64) -> Self {
        self.step(now, json!({ "type": "purge" }), Ok(json!({ "live": live })))
    }

    fn case(self, id: &str, comment: &str, flags: &[&'static str]) -> Case {
        let nanoseconds = |secs: u64| (secs * 1_000_000_000).to_string();
        let inputs = json!({
            "window": {
                "max_age_ns": nanoseconds(self.max_age),
                "allowed_skew_ns": nanoseconds(self.allowed_skew),
                "body_budget_ns": nanoseconds(self.budget),
            },
            "guard": { "capacity": self.capacity, "started_at": self.started_at.map(nanos) },
            "steps": self.steps,
        });
        Case::sequence(id, comment, inputs).flags(flags)
    }
}

const fn seconds(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn after(secs: u64) -> UnixNanos {
    SIGNED_AT.plus(seconds(secs))
}

fn once() -> Vec<Case> {
    let (alice, bob) = (Key::alice(), Key::bob());
    let every_second = (0..=13)
        .fold(Sequence::new().claim(SIGNED_AT, &alice, SIGNED_AT, Ok(())), |sequence, second| {
            sequence.claim(after(second), &alice, SIGNED_AT, Err(ReplayedRequest))
        });
    vec![
        Sequence::new()
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(SIGNED_AT, &alice, SIGNED_AT, Err(ReplayedRequest))
            .case("once", "A request passes once", &[]),
        Sequence::new()
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &bob, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &alice, SIGNED_AT.plus(NANO), Ok(()))
            .claim(SIGNED_AT, &bob, SIGNED_AT, Err(ReplayedRequest))
            .claim(SIGNED_AT, &alice, SIGNED_AT.plus(NANO), Err(ReplayedRequest))
            .case("other-sender", "Another sender or another nanosecond is another request", &[]),
        every_second.case("every-second", "A replay in every second of the claim's life", &[]),
        Sequence::new()
            .claim(SIGNED_AT.minus(seconds(2)), &alice, SIGNED_AT, Ok(()))
            .claim(after(10), &alice, SIGNED_AT, Err(ReplayedRequest))
            .case("signed-ahead", "Accepted two seconds early, replayed as late as can be", &["edge"]),
    ]
}

fn edges() -> Vec<Case> {
    let alice = Key::alice();
    vec![
        Sequence::new()
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(after(10), &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(after(10).plus(NANO), &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(after(14).minus(NANO), &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(after(14), &alice, SIGNED_AT, Err(StaleRequest))
            .case("end", "Remembered beyond the window, until twice the node skew after it", &["edge"]),
        Sequence::new()
            .claim(after(14).minus(NANO), &alice, SIGNED_AT, Ok(()))
            .claim(after(14).minus(NANO), &alice, SIGNED_AT, Err(ReplayedRequest))
            .case("last-claim", "The last nanosecond in which a claim can be made", &["edge"]),
        Sequence::new()
            .claim(after(14), &alice, SIGNED_AT, Err(StaleRequest))
            .claim(after(60), &alice, SIGNED_AT, Err(StaleRequest))
            .case("too-late", "A claim after its own end is refused, seen before or not", &["edge"]),
        Sequence::new()
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .purge(after(14), 1)
            .purge(after(14).plus(NANO), 0)
            .claim(after(14).plus(NANO), &alice, SIGNED_AT, Err(StaleRequest))
            .case("purge", "Dropped only after its end", &["edge"]),
        Sequence::new()
            .arrive(SIGNED_AT.minus(seconds(2)), SIGNED_AT, Ok(()))
            .arrive(SIGNED_AT.minus(seconds(2)).minus(NANO), SIGNED_AT, Err(StaleRequest))
            .arrive(after(10), SIGNED_AT, Ok(()))
            .arrive(after(10).plus(NANO), SIGNED_AT, Err(StaleRequest))
            .body_read(after(10), SIGNED_AT, Ok(()))
            .body_read(after(10).plus(NANO), SIGNED_AT, Err(StaleRequest))
            .case("freshness", "Fresh when the headers arrive and again when the body is read", &["edge"]),
    ]
}

fn budgets() -> Vec<Case> {
    let alice = Key::alice();
    vec![
        Sequence::with_budget(60)
            .arrive(after(10), SIGNED_AT, Ok(()))
            .arrive(after(10).plus(NANO), SIGNED_AT, Err(StaleRequest))
            .body_read(after(70), SIGNED_AT, Ok(()))
            .body_read(after(70).plus(NANO), SIGNED_AT, Err(StaleRequest))
            .case("budget-freshness", "The headers have 10 s, the body 60 s more", &["body-budget", "edge"]),
        Sequence::with_budget(60)
            .claim(after(70), &alice, SIGNED_AT, Ok(()))
            .claim(after(70), &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(after(74).minus(NANO), &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(after(74), &alice, SIGNED_AT, Err(StaleRequest))
            .case("budget-end", "The claim lives longer by the budget", &["body-budget", "edge"]),
        Sequence::with_budget(60)
            .claim_within(0, SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(after(5), &alice, SIGNED_AT, Err(ReplayedRequest))
            .case("budget-shared", "Routes with and without a budget share one memory", &["body-budget"]),
    ]
}

fn full() -> Vec<Case> {
    let (alice, bob, carol) = (Key::alice(), Key::bob(), Key::alice_ed25519());
    vec![
        Sequence::of_capacity(2)
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &bob, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &carol, SIGNED_AT, Err(StoreFull))
            .claim(SIGNED_AT, &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(SIGNED_AT, &bob, SIGNED_AT, Err(ReplayedRequest))
            .claim(SIGNED_AT, &carol, SIGNED_AT, Err(StoreFull))
            .case("full", "A full guard refuses newcomers and forgets nobody", &["capacity"]),
        Sequence::of_capacity(2)
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &bob, SIGNED_AT, Ok(()))
            .purge(after(15), 0)
            .claim(after(15), &carol, after(15), Ok(()))
            .case("full-recovers", "What ended makes room", &["capacity"]),
        Sequence::of_capacity(1)
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(SIGNED_AT, &alice, SIGNED_AT, Err(ReplayedRequest))
            .purge(SIGNED_AT, 1)
            .case("replays-need-no-room", "A replay takes no room", &["capacity"]),
        Sequence::of_capacity(1)
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &bob, SIGNED_AT.minus(seconds(20)), Err(StaleRequest))
            .case("full-stale", "What came after its own end is stale, room or not", &["capacity"]),
    ]
}

fn restarts() -> Vec<Case> {
    let alice = Key::alice();
    let line = SIGNED_AT.plus(seconds(4));
    vec![
        Sequence::started(SIGNED_AT)
            .claim(SIGNED_AT, &alice, SIGNED_AT, Err(StoreWarming))
            .claim(SIGNED_AT, &alice, SIGNED_AT.minus(seconds(10)), Err(StoreWarming))
            .claim(after(2), &alice, line, Err(StoreWarming))
            .claim(after(4), &alice, line, Err(StoreWarming))
            .claim(after(4), &alice, line.plus(NANO), Ok(()))
            .claim(after(4), &alice, line.plus(NANO), Err(ReplayedRequest))
            .case("restart", "What an earlier process may have accepted is refused", &["restart", "edge"]),
        Sequence::started(SIGNED_AT)
            .claim(after(10), &alice, SIGNED_AT.plus(NANO), Err(StoreWarming))
            .claim(after(15), &alice, SIGNED_AT.plus(NANO), Err(StaleRequest))
            .case("restart-late", "It stays refused until it is stale", &["restart"]),
        Sequence { allowed_skew: 0, ..Sequence::started(SIGNED_AT) }
            .claim(after(2), &alice, after(2), Err(StoreWarming))
            .claim(after(2), &alice, after(2).plus(NANO), Ok(()))
            .case(
                "restart-no-skew",
                "The line lies where the window could reach: skew and node skew",
                &["restart", "edge"],
            ),
        Sequence { max_age: 300, allowed_skew: 300, ..Sequence::started(SIGNED_AT) }
            .claim(after(302), &alice, after(302), Err(StoreWarming))
            .claim(after(302), &alice, after(302).plus(NANO), Ok(()))
            .case("restart-widest", "The line of the widest window", &["restart", "edge"]),
        Sequence::started(SIGNED_AT)
            .challenge(after(2), "replay-warming", after(2), Err(StoreWarming))
            .challenge(after(2), "replay-warming", after(2).plus(NANO), Ok(()))
            .challenge(after(3), "replay-warming", after(2).plus(NANO), Err(ChallengeUsed))
            .case(
                "restart-challenge",
                "Challenges are never issued ahead: their line is the node skew",
                &["restart", "challenge", "edge"],
            ),
    ]
}

fn clocks() -> Vec<Case> {
    let alice = Key::alice();
    vec![
        Sequence::new()
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .purge(after(60), 0)
            .claim(SIGNED_AT, &alice, SIGNED_AT, Err(StaleRequest))
            .claim(after(1), &alice, after(1), Err(StaleRequest))
            .claim(after(1), &alice, after(47), Ok(()))
            .case("clock-back", "A clock that steps back revives nothing", &["clock"]),
        Sequence::new()
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(SIGNED_AT.minus(seconds(60)), &alice, SIGNED_AT, Err(ReplayedRequest))
            .claim(SIGNED_AT.minus(seconds(60)), &alice, SIGNED_AT.minus(seconds(60)), Err(StaleRequest))
            .case("clock-back-early", "What is remembered stays remembered", &["clock"]),
        Sequence::new()
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .claim(after(3_600), &alice, after(3_600), Ok(()))
            .claim(after(3_600), &alice, SIGNED_AT, Err(StaleRequest))
            .claim(SIGNED_AT, &Key::bob(), SIGNED_AT, Err(StaleRequest))
            .case("clock-forward", "A clock that steps forward refuses, it never accepts twice", &["clock"]),
    ]
}

fn challenges() -> Vec<Case> {
    let alice = Key::alice();
    vec![
        Sequence::new()
            .challenge(after(5), "replay-a", SIGNED_AT, Ok(()))
            .challenge(after(5), "replay-a", SIGNED_AT, Err(ChallengeUsed))
            .challenge(after(5), "replay-b", SIGNED_AT, Ok(()))
            .case("challenge", "A challenge logs in once", &["challenge"]),
        Sequence::new()
            .challenge(after(120), "replay-a", SIGNED_AT, Ok(()))
            .challenge(after(124).minus(NANO), "replay-a", SIGNED_AT, Err(ChallengeUsed))
            .challenge(after(124), "replay-a", SIGNED_AT, Err(StaleRequest))
            .case("challenge-end", "It is remembered until twice the node skew after its end", &["challenge", "edge"]),
        Sequence::new()
            .challenge(SIGNED_AT, "replay-a", SIGNED_AT, Ok(()))
            .claim(SIGNED_AT, &alice, SIGNED_AT, Ok(()))
            .challenge(SIGNED_AT, "replay-a", SIGNED_AT, Err(ChallengeUsed))
            .claim(SIGNED_AT, &alice, SIGNED_AT, Err(ReplayedRequest))
            .case("challenge-and-request", "Challenges and requests do not meet", &["challenge"]),
    ]
}
