//! When a client refreshes its session.

use std::time::Duration;

use bittensor_auth::session::{self, RefreshFailure, SessionTimes, Step};
use bittensor_auth::time::UnixNanos;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub struct RefreshSchedule(session::RefreshSchedule);

#[wasm_bindgen]
impl RefreshSchedule {
    #[wasm_bindgen(constructor)]
    pub fn new(issued_at: u64, expires_at: u64, refresh_expires_at: u64, jitter: u64) -> Self {
        let times = SessionTimes {
            issued_at: UnixNanos::from_nanos(issued_at),
            expires_at: UnixNanos::from_nanos(expires_at),
            refresh_expires_at: UnixNanos::from_nanos(refresh_expires_at),
        };
        Self(session::RefreshSchedule::new(times, jitter))
    }

    pub fn step(&self, now: u64) -> String {
        match self.0.next(UnixNanos::from_nanos(now)) {
            Step::Wait(_) => "wait",
            Step::Refresh => "refresh",
            _ => "log_in",
        }
        .into()
    }

    #[wasm_bindgen(js_name = waitUntil)]
    pub fn wait_until(&self, now: u64) -> Option<u64> {
        match self.0.next(UnixNanos::from_nanos(now)) {
            Step::Wait(until) => Some(until.as_nanos()),
            _ => None,
        }
    }

    #[wasm_bindgen(js_name = isUsable)]
    pub fn is_usable(&self, now: u64) -> bool {
        self.0.is_usable(UnixNanos::from_nanos(now))
    }

    pub fn failed(&mut self, now: u64, retry_after: Option<u64>, jitter: u64) {
        let failure = RefreshFailure::Passing(retry_after.map(Duration::from_nanos));
        self.0.failed(failure, UnixNanos::from_nanos(now), jitter);
    }

    pub fn ended(&mut self, now: u64) {
        self.0.failed(RefreshFailure::Ended, UnixNanos::from_nanos(now), 0);
    }
}
