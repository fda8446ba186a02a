//! Numbers that JavaScript holds as `bigint`.

use std::time::Duration;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::time::UnixNanos;
use napi::bindgen_prelude::BigInt;

use crate::failure::Failure;

/// An unsigned integer of 64 bits.
pub(crate) fn unsigned(value: BigInt) -> Result<u64, Failure> {
    match value.get_u64() {
        (false, value, true) => Ok(value),
        _ => Err(Error::new(ErrorCode::InvalidConfiguration).detail("expected an integer from 0 to 2^64 - 1").into()),
    }
}

/// An instant in Unix ns.
pub(crate) fn instant(value: BigInt) -> Result<UnixNanos, Failure> {
    unsigned(value).map(UnixNanos::from_nanos)
}

/// An instant that may be left out.
pub(crate) fn optional_instant(value: Option<BigInt>) -> Result<Option<UnixNanos>, Failure> {
    value.map(instant).transpose()
}

/// A duration in ns that may be left out.
pub(crate) fn optional_duration(value: Option<BigInt>) -> Result<Option<Duration>, Failure> {
    Ok(value.map(unsigned).transpose()?.map(Duration::from_nanos))
}
