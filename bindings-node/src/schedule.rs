//! When a client refreshes its session.

use bittensor_auth::session::{self, RefreshFailure, SessionTimes, Step};
use napi::bindgen_prelude::{BigInt, Either, Undefined};
use napi_derive::napi;

use crate::convert::{instant, optional_duration, unsigned};
use crate::failure::Failure;

#[napi]
pub struct RefreshSchedule(session::RefreshSchedule);

#[napi]
impl RefreshSchedule {
    #[napi(constructor)]
    pub fn new(
        issued_at: BigInt,
        expires_at: BigInt,
        refresh_expires_at: BigInt,
        jitter: BigInt,
    ) -> Result<Self, Failure> {
        let times = SessionTimes {
            issued_at: instant(issued_at)?,
            expires_at: instant(expires_at)?,
            refresh_expires_at: instant(refresh_expires_at)?,
        };
        Ok(Self(session::RefreshSchedule::new(times, unsigned(jitter)?)))
    }

    #[napi]
    pub fn step(&self, now: BigInt) -> Result<String, Failure> {
        Ok(match self.0.next(instant(now)?) {
            Step::Wait(_) => "wait",
            Step::Refresh => "refresh",
            _ => "log_in",
        }
        .into())
    }

    #[napi]
    pub fn wait_until(&self, now: BigInt) -> Result<Either<BigInt, Undefined>, Failure> {
        Ok(match self.0.next(instant(now)?) {
            Step::Wait(until) => Either::A(until.as_nanos().into()),
            _ => Either::B(()),
        })
    }

    #[napi]
    pub fn is_usable(&self, now: BigInt) -> Result<bool, Failure> {
        Ok(self.0.is_usable(instant(now)?))
    }

    #[napi]
    pub fn failed(&mut self, now: BigInt, retry_after: Option<BigInt>, jitter: BigInt) -> Result<(), Failure> {
        let failure = RefreshFailure::Passing(optional_duration(retry_after)?);
        self.0.failed(failure, instant(now)?, unsigned(jitter)?);
        Ok(())
    }

    #[napi]
    pub fn ended(&mut self, now: BigInt) -> Result<(), Failure> {
        self.0.failed(RefreshFailure::Ended, instant(now)?, 0);
        Ok(())
    }
}
