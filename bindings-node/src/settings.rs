//! What operators configure: anything that is left out stays what the core says.

use std::time::Duration;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{AcceptedSchemes, Hotkey, Scheme};
use bittensor_auth::session::{Keyring, ServerSecret};
use bittensor_auth::time::Window;

pub(crate) fn schemes(words: Option<Vec<String>>) -> Result<AcceptedSchemes, Error> {
    let Some(words) = words else { return Ok(AcceptedSchemes::SR25519) };
    let invalid = |_| Error::new(ErrorCode::InvalidConfiguration).detail("schemes: expected sr25519 or ed25519");
    let parsed: Result<Vec<_>, _> = words.iter().map(|word| Scheme::from_word(word).map_err(invalid)).collect();
    AcceptedSchemes::new(parsed?)
}

pub(crate) fn window(
    max_age: Option<Duration>,
    skew: Option<Duration>,
    budget: Option<Duration>,
) -> Result<Window, Error> {
    let default = Window::BTAUTH;
    let window = Window::new(max_age.unwrap_or(default.max_age()), skew.unwrap_or(default.allowed_skew()))?;
    match budget {
        Some(budget) => window.with_body_budget(budget),
        None => Ok(window),
    }
}

pub(crate) fn hotkeys(addresses: &[String]) -> Result<Vec<Hotkey>, Error> {
    addresses.iter().map(|address| Hotkey::from_ss58(address)).collect()
}

pub(crate) fn keyring(current: &[u8], previous: Option<&[u8]>) -> Result<Keyring, Error> {
    let ring = Keyring::new(ServerSecret::new(current)?);
    match previous {
        Some(previous) => Ok(ring.with_previous(ServerSecret::new(previous)?)),
        None => Ok(ring),
    }
}
