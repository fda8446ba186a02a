//! Addresses, targets, headers and login texts: functions of their arguments alone.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::{HEADER_NAMES, SignedHeaders};
use bittensor_auth::key::{Address, Hotkey};
use bittensor_auth::message;
use bittensor_auth::request::ClockOffset;
use bittensor_auth::target::RequestTarget;
use napi::bindgen_prelude::{BigInt, Uint8Array};
use napi_derive::napi;

use crate::convert::instant;
use crate::failure::Failure;

/// Name, value, name, value … as `bittensor_auth::header` takes pairs.
pub(crate) fn pairs(flat: &[String]) -> impl Iterator<Item = (&str, &str)> {
    flat.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str()))
}

/// The same back.
pub(crate) fn flat(headers: &SignedHeaders) -> Vec<String> {
    headers.to_pairs().into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
}

pub(crate) fn public_key(bytes: &[u8]) -> Result<Hotkey, Failure> {
    let invalid = |_| Error::new(ErrorCode::InvalidConfiguration).detail("publicKey: expected 32 bytes");
    Ok(bytes.try_into().map(Hotkey::from_bytes).map_err(invalid)?)
}

#[napi]
pub fn decode_ss58(address: String) -> Result<Uint8Array, Failure> {
    Ok(Uint8Array::new(Hotkey::from_ss58(&address)?.as_bytes().to_vec()))
}

#[napi]
pub fn encode_ss58(key: &[u8]) -> Result<String, Failure> {
    Ok(public_key(key)?.to_ss58())
}

#[napi]
pub fn header_names() -> Vec<String> {
    HEADER_NAMES.iter().map(|&name| name.into()).collect()
}

#[napi]
pub fn canonical_headers(headers: Vec<String>) -> Result<Vec<String>, Failure> {
    Ok(flat(&SignedHeaders::parse(pairs(&headers))?))
}

#[napi]
pub fn signing_target(target: String) -> Result<String, Failure> {
    Ok(RequestTarget::for_signing(&target)?.as_str().to_owned())
}

#[napi]
pub fn check_login_text(text: String, origin: String, hotkey: String, now: BigInt) -> Result<(), Failure> {
    let hotkey = Address::from_ss58(&hotkey)?;
    Ok(message::check_login_text(&text, &origin, &hotkey, instant(now)?)?)
}

#[napi]
pub fn correct_clock(server: BigInt, local: BigInt, now: BigInt) -> Result<BigInt, Failure> {
    let offset = ClockOffset::between(instant(server)?, instant(local)?)?;
    Ok(offset.apply(instant(now)?).as_nanos().into())
}
