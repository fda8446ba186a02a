//! Stores: the memory of this process, and the calls that a Redis answers.

use bittensor_auth::replay::{ClaimOutcome, GuardStart, ReplayClaim, ReplayGuard};
use bittensor_auth::session::SessionTable;
use bittensor_auth::store::{self, ClaimReply, Script, ScriptCall};
use bittensor_auth::time::UnixNanos;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::Failure;
use crate::request::Verifier;
use crate::session::{Login, Presented, PresentedRefresh, Read, Rotated, Sessions};
use crate::signing::Drawn;

/// Name of the script, number of keys, keys, arguments: what `EVALSHA` takes, with the name for the hash.
pub(crate) fn call(call: ScriptCall) -> Vec<String> {
    let mut words = vec![call.script.name().to_owned(), call.keys.len().to_string()];
    words.extend(call.keys);
    words.extend(call.args);
    words
}

/// A script's reply: JavaScript has it as numbers, all of them whole and below 2^53.
#[expect(clippy::cast_possible_truncation, reason = "codes and times in ms")]
fn reply(numbers: &[f64]) -> Vec<i64> {
    numbers.iter().map(|&number| number as i64).collect()
}

/// One entry for a replay set.
#[wasm_bindgen]
pub struct Claim(pub(crate) ReplayClaim);

/// Claims that travel together; with none the call warms the store up.
#[wasm_bindgen]
pub struct ClaimBatch {
    batch: store::ClaimBatch,
    namespace: bittensor_auth::replay::Namespace,
}

#[wasm_bindgen]
impl ClaimBatch {
    #[wasm_bindgen(constructor)]
    pub fn new(verifier: &Verifier, now: u64) -> Self {
        let namespace = *verifier.0.namespace();
        let batch = store::ClaimBatch::new(&namespace, verifier.0.window(), UnixNanos::from_nanos(now));
        Self { batch, namespace }
    }

    pub fn push(&mut self, claim: &Claim) {
        self.batch.push(&self.namespace, &claim.0);
    }

    pub fn call(self) -> Vec<String> {
        call(self.batch.into_call())
    }
}

/// A store's answer to a claim.
#[wasm_bindgen]
pub struct Outcome(pub(crate) ClaimOutcome);

#[wasm_bindgen]
impl Outcome {
    pub fn reply(numbers: &[f64], index: u32) -> Self {
        Self(ClaimReply::new(reply(numbers)).outcome(index as usize))
    }

    pub fn unavailable() -> Self {
        Self(ClaimOutcome::Unavailable)
    }
}

#[wasm_bindgen(js_name = claimReadyAt)]
pub fn claim_ready_at(numbers: &[f64]) -> Option<u64> {
    ClaimReply::new(reply(numbers)).ready_at().map(UnixNanos::as_nanos)
}

#[wasm_bindgen(js_name = warmUpSessions)]
pub fn warm_up_sessions(verifier: &Verifier, now: u64) -> Vec<String> {
    call(store::warm_up_sessions(verifier.0.namespace(), UnixNanos::from_nanos(now)))
}

#[wasm_bindgen(js_name = scriptNames)]
pub fn script_names() -> Vec<String> {
    Script::ALL.iter().map(|script| script.name().into()).collect()
}

#[wasm_bindgen(js_name = scriptSources)]
pub fn script_sources() -> Vec<String> {
    Script::ALL.iter().map(|script| script.source().into()).collect()
}

#[wasm_bindgen(js_name = checkRedisInfo)]
pub fn check_redis_info(info: &str) -> Result<(), Failure> {
    Ok(store::check_redis_info(info)?)
}

/// The memory of this process.
#[wasm_bindgen]
pub struct MemoryStore {
    guard: ReplayGuard,
    table: SessionTable,
}

#[wasm_bindgen]
impl MemoryStore {
    #[wasm_bindgen(constructor)]
    pub fn new(
        capacity: Option<u32>,
        session_capacity: Option<u32>,
        started: Option<u64>,
        entropy: &[u8],
    ) -> Result<Self, Failure> {
        let start = started.map_or(GuardStart::NothingAcceptedBefore, |at| GuardStart::At(UnixNanos::from_nanos(at)));
        let capacity = capacity.map_or(ReplayGuard::DEFAULT_CAPACITY, |capacity| capacity as usize);
        let sessions = session_capacity.map_or(SessionTable::DEFAULT_CAPACITY, |capacity| capacity as usize);
        let mut drawn = Drawn::new(entropy);
        let guard = ReplayGuard::new(capacity, start, &mut drawn);
        drawn.enough(Self { guard, table: SessionTable::new(sessions) })
    }

    pub fn claim(&self, claim: Claim, now: u64) -> Outcome {
        Outcome(self.guard.claim(&claim.0, UnixNanos::from_nanos(now)))
    }

    pub fn create(&self, login: &Login, now: u64) -> Outcome {
        Outcome(self.table.create(&self.guard, &login.0, UnixNanos::from_nanos(now)))
    }

    pub fn read(&self, presented: &Presented, now: u64) -> Read {
        Read(self.table.read(&presented.0, UnixNanos::from_nanos(now)))
    }

    pub fn rotate(&self, presented: &PresentedRefresh, sessions: &Sessions, now: u64) -> Rotated {
        Rotated(self.table.rotate(&presented.0, sessions.lifetimes(), UnixNanos::from_nanos(now)))
    }

    pub fn end(&self, presented: Presented) {
        self.table.end(&presented.0.family());
    }

    pub fn revoke(&self, hotkey: &str) -> Result<(), Failure> {
        self.table.revoke(&bittensor_auth::key::Hotkey::from_ss58(hotkey)?);
        Ok(())
    }

    pub fn purge(&self, now: u64) {
        self.guard.purge(UnixNanos::from_nanos(now));
    }

    pub fn claims(&self) -> u32 {
        u32::try_from(self.guard.len()).unwrap_or(u32::MAX)
    }

    pub fn sessions(&self) -> u32 {
        u32::try_from(self.table.len()).unwrap_or(u32::MAX)
    }
}
