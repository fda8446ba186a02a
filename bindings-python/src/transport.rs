//! How tokens travel: bearers and cookies.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::message::{Network, Site};
use bittensor_auth::session::{self, Delivery, SessionCookie};
use bittensor_auth::time::UnixNanos;
use pyo3::prelude::*;

use crate::convert::{header_bytes, header_pair, instant};
use crate::error::Failure;

/// Which pages may use the sessions of a service, and whether browsers may hold its tokens in cookies.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct TokenTransport(session::TokenTransport);

#[pymethods]
impl TokenTransport {
    #[new]
    #[pyo3(signature = (*, origin, allowed_origins, cookies))]
    fn new(origin: &str, allowed_origins: Vec<String>, cookies: &str) -> Result<Self, Failure> {
        let transport = session::TokenTransport::new(&Site::new(origin, Network::finney())?, &allowed_origins)?;
        Ok(Self(if cookies == "enabled" { transport.with_cookies()? } else { transport }))
    }

    /// What every `POST` route asks before it reads the body.
    fn check_route(&self, headers: &Bound<'_, PyAny>) -> PyResult<()> {
        let found = collected(headers)?;
        Ok(self.0.check_route(&bytes(&found)?).map_err(Failure::from)?)
    }

    /// `"body"` or `"cookie"`: what the member `tokens` of a login or refresh asks for.
    fn delivery(&self, tokens: Option<&str>, headers: &Bound<'_, PyAny>) -> PyResult<&'static str> {
        let found = collected(headers)?;
        Ok(self.0.delivery(tokens, &bytes(&found)?).map(Delivery::as_str).map_err(Failure::from)?)
    }

    /// `"bearer"` or `"cookie"`, and the session token that a request is judged by.
    fn session_token(&self, method: &str, headers: &Bound<'_, PyAny>) -> PyResult<(&'static str, String)> {
        let found = collected(headers)?;
        let carried = self.0.session_token(method, &bytes(&found)?).map_err(Failure::from)?;
        Ok((carried.carrier.as_str(), carried.token))
    }

    /// The token in the refresh cookie.
    fn refresh_token(&self, headers: &Bound<'_, PyAny>) -> PyResult<String> {
        let found = collected(headers)?;
        Ok(self.0.refresh_token(&bytes(&found)?).map_err(Failure::from)?)
    }

    /// The `Set-Cookie` values for the tokens of a grant; ends in Unix seconds.
    #[staticmethod]
    fn cookies(
        session_token: &str,
        expires_at: u64,
        refresh_token: &str,
        refresh_expires_at: u64,
        now: u64,
    ) -> Vec<String> {
        let set = |cookie: SessionCookie, token, ends| cookie.set(token, UnixNanos::from_secs(ends), instant(now));
        vec![
            set(SessionCookie::Session, session_token, expires_at),
            set(SessionCookie::Refresh, refresh_token, refresh_expires_at),
        ]
    }

    /// The `Set-Cookie` values after a logout by cookie.
    #[staticmethod]
    fn cleared_cookies() -> Vec<String> {
        session::TokenTransport::cleared_cookies().into()
    }

    /// The `Set-Cookie` values of an answer that refuses a refresh or logout by cookie.
    #[staticmethod]
    fn cookies_after(code: &str) -> Result<Vec<String>, Failure> {
        let unknown = || Error::new(ErrorCode::InvalidConfiguration).detail("expected a code of the registry");
        let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code).ok_or_else(unknown)?;
        Ok(session::TokenTransport::cookies_after(*known))
    }
}

type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

fn collected<'py>(headers: &Bound<'py, PyAny>) -> PyResult<Vec<Pair<'py>>> {
    headers.try_iter()?.map(|pair| header_pair(&pair?)).collect()
}

fn bytes<'a>(pairs: &'a [Pair<'_>]) -> PyResult<Vec<(&'a [u8], &'a [u8])>> {
    pairs.iter().map(|(name, value)| Ok((header_bytes(name)?, header_bytes(value)?))).collect()
}
