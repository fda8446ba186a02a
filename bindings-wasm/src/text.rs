//! Addresses, targets, headers and login texts: functions of their arguments alone.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::{HEADER_NAMES, SignedHeaders};
use bittensor_auth::key::{Address, Hotkey};
use bittensor_auth::message;
use bittensor_auth::request::ClockOffset;
use bittensor_auth::target::RequestTarget;
use bittensor_auth::time::UnixNanos;
use wasm_bindgen::prelude::wasm_bindgen;

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

#[wasm_bindgen(js_name = decodeSs58)]
pub fn decode_ss58(address: &str) -> Result<Vec<u8>, Failure> {
    Ok(Hotkey::from_ss58(address)?.as_bytes().to_vec())
}

#[wasm_bindgen(js_name = encodeSs58)]
pub fn encode_ss58(key: &[u8]) -> Result<String, Failure> {
    Ok(public_key(key)?.to_ss58())
}

#[wasm_bindgen(js_name = headerNames)]
pub fn header_names() -> Vec<String> {
    HEADER_NAMES.iter().map(|&name| name.into()).collect()
}

#[wasm_bindgen(js_name = canonicalHeaders)]
pub fn canonical_headers(headers: Vec<String>) -> Result<Vec<String>, Failure> {
    Ok(flat(&SignedHeaders::parse(pairs(&headers))?))
}

#[wasm_bindgen(js_name = signingTarget)]
pub fn signing_target(target: &str) -> Result<String, Failure> {
    Ok(RequestTarget::for_signing(target)?.as_str().to_owned())
}

#[wasm_bindgen(js_name = checkLoginText)]
pub fn check_login_text(text: &str, origin: &str, hotkey: &str, now: u64) -> Result<(), Failure> {
    let hotkey = Address::from_ss58(hotkey)?;
    Ok(message::check_login_text(text, origin, &hotkey, UnixNanos::from_nanos(now))?)
}

#[wasm_bindgen(js_name = correctClock)]
pub fn correct_clock(server: u64, local: u64, now: u64) -> Result<u64, Failure> {
    let offset = ClockOffset::between(UnixNanos::from_nanos(server), UnixNanos::from_nanos(local))?;
    Ok(offset.apply(UnixNanos::from_nanos(now)).as_nanos())
}
