//! How tokens travel: bearers and cookies.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::message::{Network, Site};
use bittensor_auth::session::{self, SessionCookie};
use bittensor_auth::time::UnixNanos;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::Failure;
use crate::text::pairs;

/// Which pages may use sessions, and whether browsers may hold tokens in cookies.
#[wasm_bindgen]
pub struct TokenTransport(session::TokenTransport);

#[wasm_bindgen]
impl TokenTransport {
    #[wasm_bindgen(constructor)]
    pub fn new(origin: &str, allowed_origins: Vec<String>, cookies: &str) -> Result<Self, Failure> {
        let transport = session::TokenTransport::new(&Site::new(origin, Network::finney())?, &allowed_origins)?;
        Ok(Self(if cookies == "enabled" { transport.with_cookies()? } else { transport }))
    }

    #[wasm_bindgen(js_name = checkRoute)]
    pub fn check_route(&self, headers: Vec<String>) -> Result<(), Failure> {
        Ok(self.0.check_route(&listed(&headers))?)
    }

    pub fn delivery(&self, tokens: Option<String>, headers: Vec<String>) -> Result<String, Failure> {
        Ok(self.0.delivery(tokens.as_deref(), &listed(&headers))?.as_str().to_owned())
    }

    #[wasm_bindgen(js_name = sessionToken)]
    pub fn session_token(&self, method: &str, headers: Vec<String>) -> Result<Vec<String>, Failure> {
        let carried = self.0.session_token(method, &listed(&headers))?;
        Ok(vec![carried.carrier.as_str().to_owned(), carried.token])
    }

    #[wasm_bindgen(js_name = refreshToken)]
    pub fn refresh_token(&self, headers: Vec<String>) -> Result<String, Failure> {
        Ok(self.0.refresh_token(&listed(&headers))?)
    }
}

fn listed(flat: &[String]) -> Vec<(&str, &str)> {
    pairs(flat).collect()
}

#[wasm_bindgen(js_name = grantCookies)]
pub fn grant_cookies(
    session_token: &str,
    expires_at: u64,
    refresh_token: &str,
    refresh_expires_at: u64,
    now: u64,
) -> Vec<String> {
    let [expires_at, refresh_expires_at, now] = [expires_at, refresh_expires_at, now].map(UnixNanos::from_nanos);
    vec![
        SessionCookie::Session.set(session_token, expires_at, now),
        SessionCookie::Refresh.set(refresh_token, refresh_expires_at, now),
    ]
}

#[wasm_bindgen(js_name = clearedCookies)]
pub fn cleared_cookies() -> Vec<String> {
    session::TokenTransport::cleared_cookies().into()
}

#[wasm_bindgen(js_name = cookiesAfter)]
pub fn cookies_after(code: &str) -> Result<Vec<String>, Failure> {
    let unknown = || Error::new(ErrorCode::InvalidConfiguration).detail("expected a code of the registry");
    let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code).ok_or_else(unknown)?;
    Ok(session::TokenTransport::cookies_after(*known))
}
