//! Stores: the memory of this process, and the calls that a Redis answers.

use bittensor_auth::nonce::OsEntropy;
use bittensor_auth::replay::{ClaimOutcome, GuardStart, Namespace, ReplayClaim, ReplayGuard};
use bittensor_auth::session::SessionTable;
use bittensor_auth::store::{self, ClaimBatch, ClaimReply, Script, ScriptCall};
use bittensor_auth::time::UnixNanos;
use pyo3::prelude::*;

use crate::convert::instant;
use crate::error::Failure;
use crate::request::Verifier;
use crate::session::{Login, Presented, PresentedRefresh, Read, Rotated, Sessions};

/// Script name, keys, arguments.
pub(crate) type Call = (&'static str, Vec<String>, Vec<String>);

pub(crate) fn call(call: ScriptCall) -> Call {
    (call.script.name(), call.keys, call.args)
}

/// One entry for a replay set.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Claim(pub(crate) ReplayClaim);

/// A store's answer to a claim.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Outcome(pub(crate) ClaimOutcome);

#[pymethods]
impl Outcome {
    /// The answer of a store that gave none.
    #[staticmethod]
    fn unavailable() -> Self {
        Self(ClaimOutcome::Unavailable)
    }
}

/// The memory of this process.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct MemoryStore {
    pub(crate) guard: ReplayGuard,
    pub(crate) table: SessionTable,
}

#[pymethods]
impl MemoryStore {
    /// `started`: Unix nanoseconds up to which an earlier process may have accepted requests; `None` if there was none.
    #[new]
    #[pyo3(signature = (*, capacity, session_capacity, started))]
    fn new(capacity: Option<usize>, session_capacity: Option<usize>, started: Option<u64>) -> Self {
        let start = started.map_or(GuardStart::NothingAcceptedBefore, |at| GuardStart::At(instant(at)));
        let capacity = capacity.unwrap_or(ReplayGuard::DEFAULT_CAPACITY);
        Self {
            guard: ReplayGuard::new(capacity, start, &mut OsEntropy),
            table: SessionTable::new(session_capacity.unwrap_or(SessionTable::DEFAULT_CAPACITY)),
        }
    }

    fn claim(&self, claim: &Claim, now: u64) -> Outcome {
        Outcome(self.guard.claim(&claim.0, instant(now)))
    }

    fn create(&self, login: &Login, now: u64) -> PyResult<Outcome> {
        login.with(|login| Outcome(self.table.create(&self.guard, login, instant(now))))
    }

    fn read(&self, presented: &Presented, now: u64) -> Read {
        Read(self.table.read(&presented.0, instant(now)))
    }

    fn rotate(&self, presented: &PresentedRefresh, sessions: &Sessions, now: u64) -> Rotated {
        Rotated(self.table.rotate(&presented.0, sessions.0.lifetimes(), instant(now)))
    }

    fn end(&self, presented: &Presented) {
        self.table.end(&presented.0.family());
    }

    fn revoke(&self, hotkey: &crate::keys::Hotkey) {
        self.table.revoke(&hotkey.0);
    }

    fn purge(&self, now: u64) {
        self.guard.purge(instant(now));
    }

    /// Live claims and live sessions.
    fn sizes(&self) -> (usize, usize) {
        (self.guard.len(), self.table.len())
    }
}

/// The scripts by name.
#[pyfunction]
pub(crate) fn script_sources() -> Vec<(&'static str, &'static str)> {
    Script::ALL.iter().map(|script| (script.name(), script.source())).collect()
}

/// The call that makes these claims; with none it warms the store up.
#[pyfunction]
pub(crate) fn claim_call(verifier: &Verifier, claims: Vec<PyRef<'_, Claim>>, now: u64) -> Call {
    let namespace: &Namespace = verifier.0.namespace();
    let mut batch = ClaimBatch::new(namespace, verifier.0.window(), instant(now));
    for claim in &claims {
        batch.push(namespace, &claim.0);
    }
    call(batch.into_call())
}

/// The calls that make a store remember from now on, when a server starts.
#[pyfunction]
pub(crate) fn warm_up_calls(verifier: &Verifier, now: u64) -> [Call; 2] {
    let (namespace, now) = (verifier.0.namespace(), instant(now));
    let claims = ClaimBatch::new(namespace, verifier.0.window(), now).into_call();
    [call(claims), call(store::warm_up_sessions(namespace, now))]
}

/// The outcomes of `count` claims.
#[pyfunction]
pub(crate) fn claim_outcomes(reply: Vec<i64>, count: usize) -> Vec<Outcome> {
    let reply = ClaimReply::new(reply);
    (0..count).map(|index| Outcome(reply.outcome(index))).collect()
}

/// From when on (Unix ns) the store can tell about new requests; `None` when it gave no answer.
#[pyfunction]
pub(crate) fn claim_ready_at(reply: Vec<i64>) -> Option<u64> {
    ClaimReply::new(reply).ready_at().map(UnixNanos::as_nanos)
}

/// Raises `unsafe_store` for a Redis that could forget a live claim. `info`: the text of `INFO`.
#[pyfunction]
pub(crate) fn check_redis_info(info: &str) -> Result<(), Failure> {
    Ok(store::check_redis_info(info)?)
}
