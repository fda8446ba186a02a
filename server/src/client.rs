//! A client whose every request is signed: [`HotkeySigner`] for `reqwest`.
//!
//! ```no_run
//! use bittensor_auth_server::Hotkey;
//! use bittensor_auth_server::bittensor_auth::key::{Scheme, SigningKey};
//! use bittensor_auth_server::client::HotkeySigner;
//!
//! # async fn example(seed: [u8; 32]) -> Result<(), Box<dyn std::error::Error>> {
//! let service = Hotkey::from_ss58("5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty")?;
//! let client = HotkeySigner::new(SigningKey::from_seed(Scheme::Sr25519, &seed))
//!     .sign_for("http://127.0.0.1:8000", service)?
//!     .client(reqwest::Client::builder())?;
//!
//! let answer = client.post("http://127.0.0.1:8000/score?round=7").body("{}").send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The key comes from a seed, from a hotkey file (feature `wallet-fs` of the crate `bittensor-auth`) or from
//! [`SigningKey::generate`](bittensor_auth::key::SigningKey::generate). For `https://` enable a TLS feature of the crate
//! `reqwest`, as `rustls`.
//!
//! # Rules
//!
//! - Requests go signed to the listed origins only; any other is `signing_refused`, and nothing is sent.
//! - Each attempt has its own nonce. Middleware that retries belongs in front of the signer: [`HotkeySigner::client_behind`].
//! - A redirect is returned as it came and never followed, so no signature reaches another place.
//! - A server that answers `stale_request` says what time it is. The clock is corrected for that origin, by 15 minutes at
//!   most, and the request is signed and sent once more.
//! - The whole body is read into memory before it is signed.

mod answer;
mod destination;
mod middleware;

use std::collections::HashMap;
use std::sync::Arc;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Hotkey, SigningKey};
use bittensor_auth::time::UnixNanos;
use reqwest::Url;
use reqwest_middleware::{ClientWithMiddleware, Middleware};

use self::destination::Destination;
use self::middleware::Signing;
use crate::auth::system_time;

/// Signs requests from one hotkey to the services at the listed origins.
#[derive(Debug)]
pub struct HotkeySigner {
    key: SigningKey,
    receivers: HashMap<String, Hotkey>,
    clock: fn() -> UnixNanos,
    correction: Correction,
}

/// What becomes of a `stale_request` answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Correction {
    Off,
    Once,
}

impl HotkeySigner {
    /// A signer that signs for no origin yet.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self { key, receivers: HashMap::new(), clock: system_time, correction: Correction::Once }
    }

    /// Signs requests to `origin` (scheme, host and perhaps port) for the service that answers as `receiver`. Take the
    /// receiver from where you trust it, as the chain, and never from an answer of the service.
    ///
    /// # Errors
    /// `invalid_configuration` for anything that is more or less than an origin.
    pub fn sign_for(mut self, origin: &str, receiver: Hotkey) -> Result<Self, Error> {
        self.receivers.insert(read_origin(origin)?, receiver);
        Ok(self)
    }

    /// Returns `stale_request` answers as they come, and signs by this machine's clock only.
    #[must_use]
    pub fn without_clock_correction(self) -> Self {
        Self { correction: Correction::Off, ..self }
    }

    /// Sets the clock; the default is the system's. For tests.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> UnixNanos) -> Self {
        Self { clock, ..self }
    }

    /// The client. Redirects and retries of `http` itself are switched off: they would send a signature a second time.
    ///
    /// # Errors
    /// What [`reqwest::ClientBuilder::build`] returns.
    pub fn client(self, http: reqwest::ClientBuilder) -> reqwest::Result<ClientWithMiddleware> {
        self.client_behind(http, [])
    }

    /// The same behind other middleware, outermost first: what retries there has each attempt signed anew.
    ///
    /// # Errors
    /// What [`reqwest::ClientBuilder::build`] returns.
    pub fn client_behind(
        self,
        http: reqwest::ClientBuilder,
        outer: impl IntoIterator<Item = Arc<dyn Middleware>>,
    ) -> reqwest::Result<ClientWithMiddleware> {
        let http = http.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never()).build()?;
        let Self { key, receivers, clock, correction } = self;
        let destinations =
            receivers.into_iter().map(|(origin, receiver)| (origin, Destination::new(&key, receiver, clock))).collect();
        let signing: Arc<dyn Middleware> = Arc::new(Signing { key, destinations, correction });
        Ok(ClientWithMiddleware::new(http, outer.into_iter().chain([signing]).collect::<Vec<_>>()))
    }
}

/// Why this client refused to go on, if that is what `error` says: `signing_refused` (nothing was sent) or `stale_request`
/// (the clocks differ by more than 15 minutes).
#[must_use]
pub fn refusal(error: &reqwest_middleware::Error) -> Option<&Error> {
    match error {
        reqwest_middleware::Error::Middleware(cause) => cause.downcast_ref(),
        reqwest_middleware::Error::Reqwest(_) => None,
    }
}

fn read_origin(text: &str) -> Result<String, Error> {
    let origin = Url::parse(text).ok().filter(|url| {
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && bare && anonymous
    });
    origin.map(|url| url.origin().ascii_serialization()).ok_or_else(|| {
        Error::new(ErrorCode::InvalidConfiguration)
            .detail("expected an origin: scheme, host and perhaps port, without a path, as in https://api.example.org")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (text, origin) in [
            ("https://API.example.org", "https://api.example.org"),
            ("https://api.example.org:443/", "https://api.example.org"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://[::0001]:80", "http://[::1]"),
        ] {
            assert_eq!(read_origin(text).as_deref(), Ok(origin), "{text}");
        }
        for text in
            ["", "api.example.org", "ftp://h", "https://h/path", "https://h/?q", "https://h/#f", "https://u@h", "*"]
        {
            assert_eq!(read_origin(text).map_err(|error| error.code()), Err(ErrorCode::InvalidConfiguration), "{text}");
        }
    }
}
