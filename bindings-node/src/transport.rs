//! How tokens travel: bearers and cookies.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::message::{Network, Site};
use bittensor_auth::session::{self, SessionCookie};
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;

use crate::convert::instant;
use crate::failure::Failure;
use crate::text::pairs;

/// Which pages may use sessions, and whether browsers may hold tokens in cookies.
#[napi]
pub struct TokenTransport(session::TokenTransport);

#[napi]
impl TokenTransport {
    #[napi(constructor)]
    pub fn new(origin: String, allowed_origins: Vec<String>, cookies: String) -> Result<Self, Failure> {
        let transport = session::TokenTransport::new(&Site::new(&origin, Network::finney())?, &allowed_origins)?;
        Ok(Self(if cookies == "enabled" { transport.with_cookies()? } else { transport }))
    }

    #[napi]
    pub fn check_route(&self, headers: Vec<String>) -> Result<(), Failure> {
        Ok(self.0.check_route(&listed(&headers))?)
    }

    #[napi]
    pub fn delivery(&self, tokens: Option<String>, headers: Vec<String>) -> Result<String, Failure> {
        Ok(self.0.delivery(tokens.as_deref(), &listed(&headers))?.as_str().to_owned())
    }

    #[napi]
    pub fn session_token(&self, method: String, headers: Vec<String>) -> Result<Vec<String>, Failure> {
        let carried = self.0.session_token(&method, &listed(&headers))?;
        Ok(vec![carried.carrier.as_str().to_owned(), carried.token])
    }

    #[napi]
    pub fn refresh_token(&self, headers: Vec<String>) -> Result<String, Failure> {
        Ok(self.0.refresh_token(&listed(&headers))?)
    }
}

fn listed(flat: &[String]) -> Vec<(&str, &str)> {
    pairs(flat).collect()
}

#[napi]
pub fn grant_cookies(
    session_token: String,
    expires_at: BigInt,
    refresh_token: String,
    refresh_expires_at: BigInt,
    now: BigInt,
) -> Result<Vec<String>, Failure> {
    let (expires_at, refresh_expires_at, now) = (instant(expires_at)?, instant(refresh_expires_at)?, instant(now)?);
    Ok(vec![
        SessionCookie::Session.set(&session_token, expires_at, now),
        SessionCookie::Refresh.set(&refresh_token, refresh_expires_at, now),
    ])
}

#[napi]
pub fn cleared_cookies() -> Vec<String> {
    session::TokenTransport::cleared_cookies().into()
}

#[napi]
pub fn cookies_after(code: String) -> Result<Vec<String>, Failure> {
    let unknown = || Error::new(ErrorCode::InvalidConfiguration).detail("expected a code of the registry");
    let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code).ok_or_else(unknown)?;
    Ok(session::TokenTransport::cookies_after(*known))
}
