//! Conversions that several modules need.

use std::time::Duration;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{AcceptedSchemes, Scheme};
use bittensor_auth::time::{UnixNanos, Window};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::error::Failure;

pub(crate) const fn instant(unix_nanos: u64) -> UnixNanos {
    UnixNanos::from_nanos(unix_nanos)
}

pub(crate) fn schemes(words: Option<Vec<String>>) -> Result<AcceptedSchemes, Error> {
    let Some(words) = words else { return Ok(AcceptedSchemes::SR25519) };
    let invalid = |_| Error::new(ErrorCode::InvalidConfiguration).detail("schemes: expected sr25519 or ed25519");
    let parsed: Result<Vec<_>, _> = words.iter().map(|word| Scheme::from_word(word).map_err(invalid)).collect();
    AcceptedSchemes::new(parsed?)
}

/// Seconds as Python writes them.
pub(crate) fn seconds(name: &'static str, seconds: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        Error::new(ErrorCode::InvalidConfiguration).detail(format!("{name}: expected seconds, zero or more"))
    })
}

pub(crate) fn window(max_age: Option<f64>, skew: Option<f64>, budget: Option<f64>) -> Result<Window, Failure> {
    let default = Window::BTAUTH;
    let max_age = max_age.map_or(Ok(default.max_age()), |value| seconds("max_age", value))?;
    let skew = skew.map_or(Ok(default.allowed_skew()), |value| seconds("allowed_skew", value))?;
    let window = Window::new(max_age, skew)?;
    Ok(match budget {
        Some(budget) => window.with_body_budget(seconds("body_budget", budget)?)?,
        None => window,
    })
}

/// `bytes`, or `str` in ASCII. Any other text becomes a byte that no grammar allows.
pub(crate) fn header_bytes<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    const UNREADABLE: &[u8] = b"\xff";
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes());
    }
    let text = value.cast::<PyString>()?;
    Ok(text.to_str().map_or(UNREADABLE, str::as_bytes))
}

/// Name and value of one header: a tuple from most ASGI servers, a list from some.
pub(crate) fn header_pair<'py>(pair: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    match pair.cast::<PyTuple>() {
        Ok(tuple) => Ok((tuple.get_item(0)?, tuple.get_item(1)?)),
        Err(_) => Ok((pair.get_item(0)?, pair.get_item(1)?)),
    }
}
