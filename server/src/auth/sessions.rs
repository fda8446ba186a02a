//! What the session routes do, without a framework (`spec/04 §8`).

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Hotkey, Scheme, Signature};
use bittensor_auth::message::LoginForm;
use bittensor_auth::nonce::OsEntropy;
use bittensor_auth::session::{Carrier, Delivery, Grant, SessionCookie, TokenTransport};
use http::HeaderMap;
use http::request::Parts;
use metrics::counter;
use serde::Serialize;

use super::fields::Fields;
use super::{HotkeyAuth, SessionService, outcome, pairs};
use crate::telemetry::{LOGINS, REFRESH_REUSES, REFRESHES};

/// Largest body of a session route in bytes.
pub(crate) const MAX_ROUTE_BODY: usize = 4_096;

/// The session routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Challenge,
    LogIn,
    LogOut,
    Refresh,
    WhoAmI,
}

impl Route {
    /// Whether the route is for pages of listed origins only.
    const fn checks_origin(self) -> bool {
        !matches!(self, Self::WhoAmI)
    }
}

/// What a route answers, with the members in the order of the spec.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Challenge { challenge: String, sealed: String, expires_at: u64, server_time_ms: u64 },
    Ended { ended: bool, server_time_ms: u64 },
    Granted(GrantAnswer),
    WhoAmI { hotkey: String, scheme: &'static str, role: Option<&'static str>, expires_at: u64, server_time_ms: u64 },
}

/// Without tokens when they travel in cookies.
#[derive(Serialize)]
struct GrantAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
    expires_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    refresh_expires_at: u64,
    hotkey: String,
    role: Option<&'static str>,
    server_time_ms: u64,
}

/// The 200 of a route: JSON, and its `Set-Cookie` values.
pub(crate) struct Served {
    pub(crate) json: Vec<u8>,
    pub(crate) cookies: Vec<String>,
}

impl Served {
    fn new(answer: &Answer) -> Self {
        Self { json: serde_json::to_vec(answer).expect("text and numbers are JSON"), cookies: Vec::new() }
    }
}

/// Why a route refused, and the `Set-Cookie` values of that answer.
pub(crate) struct Refused {
    pub(crate) error: Error,
    pub(crate) cookies: Vec<String>,
}

impl Refused {
    /// A refusal of a request that was judged by a cookie; one by which the session is over takes the cookies away.
    fn by_cookie(error: Error) -> Self {
        Self { cookies: TokenTransport::cookies_after(error.code()), error }
    }
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { error: error.into(), cookies: Vec::new() }
    }
}

impl HotkeyAuth {
    /// Whether this service has session routes.
    pub(crate) fn check_has_sessions(&self) -> Result<(), Error> {
        self.sessions().map(|_| ())
    }

    /// What stands before the body of a route is read.
    pub(crate) fn check_route(&self, route: Route, headers: &HeaderMap) -> Result<(), Error> {
        if route.checks_origin() { self.sessions()?.transport.check_route(&pairs(headers)) } else { Ok(()) }
    }

    /// What a route answers.
    pub(crate) async fn serve(&self, route: Route, request: &Parts, body: &[u8]) -> Result<Served, Refused> {
        match route {
            Route::Challenge => Ok(Served::new(&self.challenge(body)?)),
            Route::LogIn => {
                let granted = self.log_in(&request.headers, body).await;
                counter!(LOGINS, "outcome" => outcome(granted.as_ref().err())).increment(1);
                let (grant, delivery) = granted?;
                Ok(self.granted(grant, delivery))
            }
            Route::LogOut => self.log_out(request).await,
            Route::Refresh => {
                let granted = self.refresh(&request.headers, body).await;
                count_refresh(granted.as_ref().err().map(|refused| &refused.error));
                let (grant, delivery) = granted?;
                Ok(self.granted(grant, delivery))
            }
            Route::WhoAmI => Ok(Served::new(&self.who_am_i(request).await?)),
        }
    }

    /// A text to sign. Writes nothing.
    fn challenge(&self, body: &[u8]) -> Result<Answer, Error> {
        let fields = Fields::parse(body, &["hotkey"], &["form"])?;
        let hotkey = Hotkey::from_ss58(fields.text("hotkey"))?;
        let form = fields.optional("form").map_or(Ok(LoginForm::Full), LoginForm::from_word)?;
        let challenge = self.sessions()?.authority.challenge(hotkey, form, self.now(), &mut OsEntropy)?;
        Ok(Answer::Challenge {
            challenge: challenge.text,
            sealed: challenge.sealed,
            expires_at: challenge.expires_at.as_secs(),
            server_time_ms: self.now().as_millis(),
        })
    }

    /// A session for a signed challenge.
    async fn log_in(&self, headers: &HeaderMap, body: &[u8]) -> Result<(Grant, Delivery), Error> {
        let fields = Fields::parse(body, &["hotkey", "sealed", "signature"], &["scheme", "tokens"])?;
        let SessionService { authority, store, transport } = self.sessions()?;
        let delivery = transport.delivery(fields.optional("tokens"), &pairs(headers))?;
        let hotkey = Hotkey::from_ss58(fields.text("hotkey"))?;
        let scheme = fields.optional("scheme").map_or(Ok(Scheme::Sr25519), Scheme::from_word)?;
        let signature = Signature::from_signer_hex(scheme, fields.text("signature"))?;
        let login = authority.login(hotkey, scheme, fields.text("sealed"), &signature, self.now(), &mut OsEntropy)?;
        self.check_policy(&hotkey)?;
        self.start_store().await?;
        let outcome = store.create(&login, self.now()).await;
        Ok((login.created(authority, outcome)?, delivery))
    }

    /// The successor of a refresh token, which comes and goes in bodies or in cookies.
    async fn refresh(&self, headers: &HeaderMap, body: &[u8]) -> Result<(Grant, Delivery), Refused> {
        let fields = Fields::parse(body, &[], &["refresh_token", "tokens"])?;
        let transport = &self.sessions()?.transport;
        let delivery = transport.delivery(fields.optional("tokens"), &pairs(headers))?;
        match (delivery, fields.optional("refresh_token")) {
            (Delivery::Body, Some(token)) => Ok((self.rotate(token).await?, delivery)),
            (Delivery::Cookie, None) => {
                let token = transport.refresh_token(&pairs(headers))?;
                Ok((self.rotate(&token).await.map_err(Refused::by_cookie)?, delivery))
            }
            _ => Err(Error::new(ErrorCode::MalformedBody)
                .detail("expected either the text field refresh_token or tokens: cookie")
                .into()),
        }
    }

    async fn rotate(&self, token: &str) -> Result<Grant, Error> {
        let SessionService { authority, store, .. } = self.sessions()?;
        let presented = authority.present_refresh(token, self.now())?;
        self.check_policy(&presented.hotkey())?;
        self.start_store().await?;
        let rotated = store.rotate(&presented, authority.lifetimes(), self.now()).await;
        presented.rotated(authority, rotated)
    }

    /// Ends the session of the token, and takes its cookies away.
    async fn log_out(&self, request: &Parts) -> Result<Served, Refused> {
        let carried = self.session_token(&request.method, &request.headers)?;
        let ended = self.end(&carried.token).await;
        if carried.carrier == Carrier::Cookie {
            let cookies = TokenTransport::cleared_cookies().into();
            return Ok(Served { cookies, ..ended.map_err(Refused::by_cookie)? });
        }
        Ok(ended?)
    }

    async fn end(&self, token: &str) -> Result<Served, Error> {
        let SessionService { authority, store, .. } = self.sessions()?;
        let presented = authority.present(token, self.now())?;
        self.start_store().await?;
        store.end(&presented).await?;
        Ok(Served::new(&Answer::Ended { ended: true, server_time_ms: self.now().as_millis() }))
    }

    /// Whose session the token is.
    async fn who_am_i(&self, request: &Parts) -> Result<Answer, Error> {
        let carried = self.session_token(&request.method, &request.headers)?;
        let (caller, presented) = self.resume(&carried.token).await?;
        Ok(Answer::WhoAmI {
            hotkey: caller.hotkey().to_ss58(),
            scheme: caller.scheme().as_str(),
            role: None,
            expires_at: presented.expires_at().as_secs(),
            server_time_ms: self.now().as_millis(),
        })
    }

    fn granted(&self, grant: Grant, delivery: Delivery) -> Served {
        let now = self.now();
        let mut answer = GrantAnswer {
            session_token: None,
            expires_at: grant.expires_at.as_secs(),
            refresh_token: None,
            refresh_expires_at: grant.refresh_expires_at.as_secs(),
            hotkey: grant.hotkey.to_ss58(),
            role: None,
            server_time_ms: now.as_millis(),
        };
        if delivery == Delivery::Cookie {
            let cookies = vec![
                SessionCookie::Session.set(&grant.session_token, grant.expires_at, now),
                SessionCookie::Refresh.set(&grant.refresh_token, grant.refresh_expires_at, now),
            ];
            return Served { cookies, ..Served::new(&Answer::Granted(answer)) };
        }
        (answer.session_token, answer.refresh_token) = (Some(grant.session_token), Some(grant.refresh_token));
        Served::new(&Answer::Granted(answer))
    }
}

fn count_refresh(error: Option<&Error>) {
    counter!(REFRESHES, "outcome" => outcome(error)).increment(1);
    if error.is_some_and(|error| error.code() == ErrorCode::RefreshReused) {
        counter!(REFRESH_REUSES).increment(1);
    }
}
