//! When a client refreshes: sequences of questions and failures.

use bittensor_auth::error::ErrorCode::LoginRequired;
use bittensor_auth::time::UnixNanos;
use serde_json::{Value, json};

use super::document::{Case, Document, Group, Verdict, nanos, step};

const NOTES: &[(&str, &str)] = &[
    ("clock", "The client's clock steps, or the machine slept."),
    ("edge", "The last instant at which something holds, and the nanosecond after it."),
    ("end", "The session is over."),
    ("failure", "Refreshes fail."),
    ("jitter", "The case is about the random number that spreads clients."),
];

const SECOND: u64 = 1_000_000_000;
const ISSUED: u64 = 1_790_000_000 * SECOND;

pub(super) fn document() -> Document {
    let cases = [first_refresh(), edges(), failures(), ends(), odd_times()].concat();
    Document::new("refresh-schedule", "04-sessions.md", NOTES, vec![Group::new(json!({}), cases)])
}

/// A sequence in the making. Instants are nanoseconds after the tokens were issued.
struct Sequence {
    life: u64,
    refresh_life: u64,
    jitter: u64,
    steps: Vec<Value>,
}

fn at(after: u64) -> UnixNanos {
    UnixNanos::from_nanos(ISSUED + after)
}

impl Sequence {
    /// Tokens of 15 minutes and 2 hours.
    const fn new(jitter: u64) -> Self {
        Self::of(900 * SECOND, 7_200 * SECOND, jitter)
    }

    const fn of(life: u64, refresh_life: u64, jitter: u64) -> Self {
        Self { life, refresh_life, jitter, steps: Vec::new() }
    }

    fn step(mut self, after: u64, event: Value, verdict: Verdict) -> Self {
        self.steps.push(step(at(after), event, verdict));
        self
    }

    fn waits(self, after: u64, until: u64) -> Self {
        let usable = after < self.life;
        let outputs = json!({ "step": "wait", "until": nanos(at(until)), "usable": usable });
        self.step(after, json!({ "type": "next" }), Ok(outputs))
    }

    fn refreshes(self, after: u64) -> Self {
        let usable = after < self.life;
        self.step(after, json!({ "type": "next" }), Ok(json!({ "step": "refresh", "usable": usable })))
    }

    fn logs_in(self, after: u64) -> Self {
        self.step(after, json!({ "type": "next" }), Err(LoginRequired))
    }

    /// A refresh fails for a reason that may pass.
    fn fails(self, after: u64, retry_after_s: Option<u64>, jitter: u64) -> Self {
        let event = json!({
            "type": "failed", "reason": "passing", "retry_after_s": retry_after_s, "jitter": jitter.to_string(),
        });
        self.step(after, event, Ok(json!({})))
    }

    /// A refresh fails because the server says that the session is over.
    fn over(self, after: u64) -> Self {
        self.step(after, json!({ "type": "failed", "reason": "ended" }), Ok(json!({})))
    }

    fn case(self, id: &str, comment: &str, flags: &[&'static str]) -> Case {
        let inputs = json!({
            "issued_at": nanos(at(0)),
            "expires_at": nanos(at(self.life)),
            "refresh_expires_at": nanos(at(self.refresh_life)),
            "jitter": self.jitter.to_string(),
            "steps": self.steps,
        });
        Case::sequence(id, comment, inputs).flags(flags)
    }
}

fn first_refresh() -> Vec<Case> {
    [(0, 750), (1, 751), (50, 800), (99, 849), (100, 850), (101, 750), (1_000_000_007, 767), (u64::MAX, 828)]
        .map(|(jitter, thousandths)| {
            let due = 900 * SECOND * thousandths / 1_000;
            Sequence::new(jitter).waits(0, due).waits(due - 1, due).refreshes(due).case(
                &format!("jitter-{jitter}"),
                "The refresh comes at 75 % of the token's life and jitter mod 101 thousandths more",
                &["jitter", "edge"],
            )
        })
        .into()
}

fn edges() -> Vec<Case> {
    let (life, end) = (900 * SECOND, 7_200 * SECOND);
    vec![
        Sequence::new(0).refreshes(life - 1).refreshes(life).refreshes(end - 1).logs_in(end).case(
            "token-end",
            "The token's end makes it unusable, the refresh token's end makes a login",
            &["edge", "end"],
        ),
        Sequence::of(1_001, 1_000_000, 3).waits(0, 753).refreshes(753).case(
            "rounding",
            "1,001 ns · 753 / 1000, rounded down",
            &["edge", "jitter"],
        ),
        Sequence::of(600 * SECOND, 600 * SECOND, 0)
            .waits(0, 450 * SECOND)
            .refreshes(450 * SECOND)
            .logs_in(600 * SECOND)
            .case("equal-ends", "Both tokens end together", &["end"]),
        Sequence::of(900 * SECOND, 100 * SECOND, 0)
            .waits(0, 100 * SECOND)
            .waits(100 * SECOND - 1, 100 * SECOND)
            .logs_in(100 * SECOND)
            .case("refresh-ends-first", "Never waits beyond the refresh token's end", &["end", "edge"]),
    ]
}

fn failures() -> Vec<Case> {
    let start = 700 * SECOND;
    let backing_off = |jitter: u64, thousandths: u64| {
        [1, 2, 4, 8, 16, 32, 60, 60, 60].into_iter().fold(Sequence::new(0), |sequence, delay| {
            let until = start + delay * SECOND * thousandths / 1_000;
            sequence.fails(start, None, jitter).waits(start, until).refreshes(until)
        })
    };
    vec![
        backing_off(0, 500).case("back-off-shortest", "Half of 1, 2, 4 … 60 s", &["failure", "jitter"]),
        backing_off(500, 1_000).case("back-off-longest", "All of 1, 2, 4 … 60 s", &["failure", "jitter"]),
        backing_off(501, 500).case(
            "back-off-again",
            "jitter mod 501 thousandths more than half",
            &["failure", "jitter"],
        ),
        backing_off(123, 623).case("back-off-between", "623 thousandths", &["failure", "jitter"]),
        Sequence::new(0)
            .fails(start, Some(90), 0)
            .waits(start, start + 90 * SECOND)
            .refreshes(start + 90 * SECOND)
            .case("retry-after", "Never before the server's Retry-After", &["failure"]),
        Sequence::new(0).fails(start, Some(0), 500).waits(start, start + SECOND).case(
            "retry-after-zero",
            "A Retry-After of 0 shortens nothing",
            &["failure"],
        ),
        Sequence::new(0).fails(start, Some(100_000), 0).waits(start, 7_200 * SECOND).logs_in(7_200 * SECOND).case(
            "retry-after-too-long",
            "A wait that the refresh token does not survive",
            &["failure", "end"],
        ),
        Sequence::new(0)
            .fails(7_199 * SECOND, None, 500)
            .waits(7_199 * SECOND, 7_200 * SECOND)
            .fails(7_199 * SECOND, None, 500)
            .waits(7_199 * SECOND, 7_200 * SECOND)
            .logs_in(7_200 * SECOND)
            .case("failing-to-the-end", "Failures up to the end", &["failure", "end"]),
        Sequence::new(0)
            .fails(100 * SECOND, None, 0)
            .waits(100 * SECOND, 100 * SECOND + SECOND / 2)
            .refreshes(101 * SECOND)
            .case("failed-early", "A refresh that failed before it was due is tried again", &["failure"]),
    ]
}

fn ends() -> Vec<Case> {
    vec![
        Sequence::new(0).over(700 * SECOND).logs_in(700 * SECOND).logs_in(0).logs_in(10_000 * SECOND).case(
            "ended",
            "Once the server says so, the session is over for good",
            &["end"],
        ),
        Sequence::new(0)
            .fails(700 * SECOND, None, 0)
            .over(701 * SECOND)
            .fails(702 * SECOND, Some(60), 0)
            .logs_in(702 * SECOND)
            .case("ended-after-failure", "A later failure brings nothing back", &["end", "failure"]),
        Sequence::new(0).logs_in(7_200 * SECOND).logs_in(1_000_000 * SECOND).case(
            "long-gone",
            "Tokens of long ago",
            &["end", "clock"],
        ),
    ]
}

fn odd_times() -> Vec<Case> {
    let due = 675 * SECOND;
    vec![
        Sequence::new(0).waits(0, due).refreshes(3_600 * SECOND).case(
            "slept",
            "A machine that slept refreshes when it wakes",
            &["clock"],
        ),
        Sequence::new(0).refreshes(due).waits(10 * SECOND, due).refreshes(due).case(
            "clock-back",
            "Decided from the time alone, so a clock that steps back waits again",
            &["clock"],
        ),
        Sequence::of(0, 7_200 * SECOND, 0).refreshes(0).case("no-life", "A token that ends at once", &["edge"]),
        Sequence::of(0, 0, 0).logs_in(0).case("no-life-at-all", "Both tokens end at once", &["edge", "end"]),
    ]
}
