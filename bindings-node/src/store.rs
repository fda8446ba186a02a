//! Stores: the memory of this process, and the calls that a Redis answers.

use bittensor_auth::key::Hotkey;
use bittensor_auth::replay::{ClaimOutcome, GuardStart, Namespace, ReplayClaim, ReplayGuard};
use bittensor_auth::session::SessionTable;
use bittensor_auth::store::{self, ClaimReply, Script, ScriptCall};
use bittensor_auth::time::UnixNanos;
use napi::bindgen_prelude::{BigInt, Either, Undefined};
use napi_derive::napi;

use crate::convert::{instant, optional_instant};
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
#[napi]
pub struct Claim(pub(crate) ReplayClaim);

/// Claims that travel together; with none the call warms the store up.
#[napi]
pub struct ClaimBatch {
    batch: store::ClaimBatch,
    namespace: Namespace,
}

#[napi]
impl ClaimBatch {
    #[napi(constructor)]
    pub fn new(verifier: &Verifier, now: BigInt) -> Result<Self, Failure> {
        let namespace = *verifier.0.namespace();
        Ok(Self { batch: store::ClaimBatch::new(&namespace, verifier.0.window(), instant(now)?), namespace })
    }

    #[napi]
    pub fn push(&mut self, claim: &Claim) {
        self.batch.push(&self.namespace, &claim.0);
    }

    #[napi]
    pub fn call(&self) -> Vec<String> {
        call(self.batch.clone().into_call())
    }
}

/// A store's answer to a claim.
#[napi]
pub struct Outcome(pub(crate) ClaimOutcome);

#[napi]
impl Outcome {
    #[napi(factory)]
    pub fn reply(numbers: &[f64], index: u32) -> Self {
        Self(ClaimReply::new(reply(numbers)).outcome(index as usize))
    }

    #[napi(factory)]
    pub fn unavailable() -> Self {
        Self(ClaimOutcome::Unavailable)
    }
}

#[napi]
pub fn claim_ready_at(numbers: &[f64]) -> Either<BigInt, Undefined> {
    let ready_at = ClaimReply::new(reply(numbers)).ready_at();
    ready_at.map_or(Either::B(()), |at| Either::A(at.as_nanos().into()))
}

#[napi]
pub fn warm_up_sessions(verifier: &Verifier, now: BigInt) -> Result<Vec<String>, Failure> {
    Ok(call(store::warm_up_sessions(verifier.0.namespace(), instant(now)?)))
}

#[napi]
pub fn script_names() -> Vec<String> {
    Script::ALL.iter().map(|script| script.name().into()).collect()
}

#[napi]
pub fn script_sources() -> Vec<String> {
    Script::ALL.iter().map(|script| script.source().into()).collect()
}

#[napi]
pub fn check_redis_info(info: String) -> Result<(), Failure> {
    Ok(store::check_redis_info(&info)?)
}

/// The memory of this process.
#[napi]
pub struct MemoryStore {
    guard: ReplayGuard,
    table: SessionTable,
}

#[napi]
impl MemoryStore {
    #[napi(constructor)]
    pub fn new(
        capacity: Option<u32>,
        session_capacity: Option<u32>,
        started: Option<BigInt>,
        entropy: &[u8],
    ) -> Result<Self, Failure> {
        let start = optional_instant(started)?.map_or(GuardStart::NothingAcceptedBefore, GuardStart::At);
        let capacity = capacity.map_or(ReplayGuard::DEFAULT_CAPACITY, |capacity| capacity as usize);
        let sessions = session_capacity.map_or(SessionTable::DEFAULT_CAPACITY, |capacity| capacity as usize);
        let mut drawn = Drawn::new(entropy);
        let guard = ReplayGuard::new(capacity, start, &mut drawn);
        drawn.enough(Self { guard, table: SessionTable::new(sessions) })
    }

    #[napi]
    pub fn claim(&self, claim: &Claim, now: BigInt) -> Result<Outcome, Failure> {
        Ok(self.outcome(claim, instant(now)?))
    }

    #[napi]
    pub fn create(&self, login: &Login, now: BigInt) -> Result<Outcome, Failure> {
        Ok(Outcome(self.table.create(&self.guard, login.get()?, instant(now)?)))
    }

    #[napi]
    pub fn read(&self, presented: &Presented, now: BigInt) -> Result<Read, Failure> {
        Ok(Read(self.table.read(&presented.0, instant(now)?)))
    }

    #[napi]
    pub fn rotate(&self, presented: &PresentedRefresh, sessions: &Sessions, now: BigInt) -> Result<Rotated, Failure> {
        Ok(Rotated(self.table.rotate(&presented.0, sessions.lifetimes(), instant(now)?)))
    }

    #[napi]
    pub fn end(&self, presented: &Presented) {
        self.table.end(&presented.0.family());
    }

    #[napi]
    pub fn revoke(&self, hotkey: String) -> Result<(), Failure> {
        self.table.revoke(&Hotkey::from_ss58(&hotkey)?);
        Ok(())
    }

    #[napi]
    pub fn purge(&self, now: BigInt) -> Result<(), Failure> {
        self.guard.purge(instant(now)?);
        Ok(())
    }

    #[napi]
    pub fn claims(&self) -> u32 {
        u32::try_from(self.guard.len()).unwrap_or(u32::MAX)
    }

    #[napi]
    pub fn sessions(&self) -> u32 {
        u32::try_from(self.table.len()).unwrap_or(u32::MAX)
    }
}

impl MemoryStore {
    pub(crate) fn outcome(&self, claim: &Claim, now: UnixNanos) -> Outcome {
        Outcome(self.guard.claim(&claim.0, now))
    }
}
