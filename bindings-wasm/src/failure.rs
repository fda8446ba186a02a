//! Core errors on their way to `js/src/engine/failure.ts`.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::time::UnixNanos;
use wasm_bindgen::JsValue;

/// A core error, thrown as text of four lines: code; age, largest age and largest skew in ms, or nothing; seconds for
/// `Retry-After`, or nothing; the message.
pub struct Failure(String);

impl Failure {
    /// With the time at which it was found, so that `Retry-After` can be told.
    pub(crate) fn at(error: Error, now: UnixNanos) -> Self {
        let age = error.age().map(|age| format!("{} {} {}", age.age_ms, age.max_age_ms, age.allowed_skew_ms));
        let wait = error.retry_after_secs(now).map(|secs| secs.to_string());
        let [age, wait] = [age, wait].map(Option::unwrap_or_default);
        Self([error.code().as_str(), &age, &wait, error.message()].join("\n"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::at(error, UnixNanos::from_nanos(u64::MAX))
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Error::new(code).into()
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        Self::from_str(&failure.0)
    }
}
