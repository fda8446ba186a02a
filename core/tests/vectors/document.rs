//! Reading cases, and comparing what they say with what the core says.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Address, Hotkey, Scheme};
use bittensor_auth::nonce::Entropy;
use bittensor_auth::time::UnixNanos;
use serde_json::{Map, Value};

/// What the core says: its outputs by name, or the code of its error.
pub(super) type Verdict = Result<Map<String, Value>, ErrorCode>;

/// A verdict from a result whose outputs are named.
pub(super) fn verdict<T: IntoIterator<Item = (&'static str, Value)>>(result: Result<T, Error>) -> Verdict {
    result
        .map(|outputs| outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        .map_err(|error| error.code())
}

/// Where a case, or the steps of a sequence, say something else than the core does.
pub(super) fn differences(case: &Value, verdicts: Vec<Verdict>) -> impl Iterator<Item = String> {
    let places = case["steps"].as_array().cloned().unwrap_or_else(|| vec![case.clone()]);
    let counts =
        (places.len() != verdicts.len()).then(|| format!("{} places, {} verdicts", places.len(), verdicts.len()));
    let compared = places.into_iter().zip(verdicts).enumerate();
    let differing = compared.filter_map(|(index, (place, verdict))| {
        difference(&place, verdict).map(|what| format!("step {index}: {what}"))
    });
    counts.into_iter().chain(differing)
}

fn difference(place: &Value, verdict: Verdict) -> Option<String> {
    let expected = text(place, "expect");
    let known = expected == "ok" || ErrorCode::ALL.iter().any(|code| code.as_str() == expected);
    if !known {
        return Some(format!("no code is called {expected}"));
    }
    match verdict {
        Err(code) if code.as_str() != expected => Some(format!("expected {expected}, decided {code}")),
        Ok(_) if expected != "ok" => Some(format!("expected {expected}, accepted")),
        Ok(outputs) => outputs
            .into_iter()
            .find(|(name, value)| place[name] != *value)
            .map(|(name, value)| format!("{name}: expected {}, made {value}", place[&name])),
        Err(_) => None,
    }
}

/// A text member.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("{name}: expected text in {object}"))
}

/// A text member that may be null.
pub(super) fn optional_text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object[name].as_str()
}

/// A small number.
pub(super) fn number(object: &Value, name: &str) -> u64 {
    object[name].as_u64().unwrap_or_else(|| panic!("{name}: expected a whole number in {object}"))
}

/// A large number, which is text.
pub(super) fn large(object: &Value, name: &str) -> u64 {
    text(object, name).parse().unwrap_or_else(|_| panic!("{name}: expected decimal text in {object}"))
}

/// An instant in nanoseconds.
pub(super) fn instant(object: &Value, name: &str) -> UnixNanos {
    UnixNanos::from_nanos(large(object, name))
}

/// An instant as cases write it.
pub(super) fn nanos(at: UnixNanos) -> Value {
    at.as_nanos().to_string().into()
}

/// Bytes in hex.
pub(super) fn bytes(object: &Value, name: &str) -> Vec<u8> {
    hex::decode(text(object, name)).unwrap_or_else(|_| panic!("{name}: expected hex in {object}"))
}

/// Exactly `N` bytes in hex.
pub(super) fn array<const N: usize>(object: &Value, name: &str) -> [u8; N] {
    bytes(object, name).try_into().unwrap_or_else(|_| panic!("{name}: expected {N} bytes in {object}"))
}

/// A public key in hex.
pub(super) fn key(object: &Value, name: &str) -> Hotkey {
    Hotkey::from_bytes(array(object, name))
}

/// A public key as cases write it.
pub(super) fn key_text(hotkey: &Hotkey) -> Value {
    hex::encode(hotkey.as_bytes()).into()
}

/// A canonical address.
pub(super) fn address(object: &Value, name: &str) -> Address {
    Address::from_ss58(text(object, name)).unwrap_or_else(|_| panic!("{name}: expected an address in {object}"))
}

/// A scheme by its word.
pub(super) fn scheme(object: &Value, name: &str) -> Scheme {
    Scheme::from_word(text(object, name)).unwrap_or_else(|_| panic!("{name}: expected a scheme in {object}"))
}

/// Several schemes by their words.
pub(super) fn schemes(object: &Value, name: &str) -> Vec<Scheme> {
    let words = object[name].as_array().unwrap_or_else(|| panic!("{name}: expected schemes in {object}"));
    words.iter().map(|word| Scheme::from_word(word.as_str().unwrap_or_default()).expect("a scheme")).collect()
}

/// Randomness that a case states: exactly these bytes, in this order.
pub(super) struct Given(pub(super) Vec<u8>);

impl Entropy for Given {
    fn fill(&mut self, bytes: &mut [u8]) {
        let left = self.0.split_off(bytes.len());
        bytes.copy_from_slice(&std::mem::replace(&mut self.0, left));
    }
}
