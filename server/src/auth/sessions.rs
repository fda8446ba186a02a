//! What the session routes do, without a framework (`spec/04 §8`).

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Hotkey, Scheme, Signature};
use bittensor_auth::message::LoginForm;
use bittensor_auth::nonce::OsEntropy;
use bittensor_auth::session::Grant;
use http::HeaderMap;
use metrics::counter;
use serde::Serialize;

use super::fields::Fields;
use super::{HotkeyAuth, SessionService, credentials, outcome};
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

#[derive(Serialize)]
struct GrantAnswer {
    session_token: String,
    expires_at: u64,
    refresh_token: String,
    refresh_expires_at: u64,
    hotkey: String,
    role: Option<&'static str>,
    server_time_ms: u64,
}

impl HotkeyAuth {
    /// Whether this service has session routes.
    pub(crate) fn check_has_sessions(&self) -> Result<(), Error> {
        self.sessions().map(|_| ())
    }

    /// What stands before the body of a route is read.
    pub(crate) fn check_route(&self, route: Route, headers: &HeaderMap) -> Result<(), Error> {
        if route.checks_origin() { credentials::check_origin(headers, &self.sessions()?.origins) } else { Ok(()) }
    }

    /// The JSON that a route answers.
    pub(crate) async fn serve(&self, route: Route, headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = match route {
            Route::Challenge => self.challenge(body)?,
            Route::LogIn => {
                let grant = self.log_in(body).await;
                counter!(LOGINS, "outcome" => outcome(grant.as_ref().err())).increment(1);
                self.granted(grant?)
            }
            Route::LogOut => self.log_out(headers).await?,
            Route::Refresh => {
                let grant = self.refresh(body).await;
                count_refresh(grant.as_ref().err());
                self.granted(grant?)
            }
            Route::WhoAmI => self.who_am_i(headers).await?,
        };
        Ok(serde_json::to_vec(&answer).expect("text and numbers are JSON"))
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
    async fn log_in(&self, body: &[u8]) -> Result<Grant, Error> {
        let fields = Fields::parse(body, &["hotkey", "sealed", "signature"], &["scheme"])?;
        let hotkey = Hotkey::from_ss58(fields.text("hotkey"))?;
        let scheme = fields.optional("scheme").map_or(Ok(Scheme::Sr25519), Scheme::from_word)?;
        let signature = Signature::from_signer_hex(scheme, fields.text("signature"))?;
        let SessionService { authority, store, .. } = self.sessions()?;
        let login = authority.login(hotkey, scheme, fields.text("sealed"), &signature, self.now(), &mut OsEntropy)?;
        self.check_policy(&hotkey)?;
        self.start_store().await?;
        let outcome = store.create(&login, self.now()).await;
        login.created(authority, outcome)
    }

    /// The successor of a refresh token.
    async fn refresh(&self, body: &[u8]) -> Result<Grant, Error> {
        let fields = Fields::parse(body, &["refresh_token"], &[])?;
        let SessionService { authority, store, .. } = self.sessions()?;
        let presented = authority.present_refresh(fields.text("refresh_token"), self.now())?;
        self.check_policy(&presented.hotkey())?;
        self.start_store().await?;
        let rotated = store.rotate(&presented, authority.lifetimes(), self.now()).await;
        presented.rotated(authority, rotated)
    }

    /// Ends the session of the token.
    async fn log_out(&self, headers: &HeaderMap) -> Result<Answer, Error> {
        let SessionService { authority, store, .. } = self.sessions()?;
        let presented = authority.present(&credentials::bearer(headers)?, self.now())?;
        self.start_store().await?;
        store.end(&presented).await?;
        Ok(Answer::Ended { ended: true, server_time_ms: self.now().as_millis() })
    }

    /// Whose session the token is.
    async fn who_am_i(&self, headers: &HeaderMap) -> Result<Answer, Error> {
        let (caller, presented) = self.resume(headers).await?;
        Ok(Answer::WhoAmI {
            hotkey: caller.hotkey().to_ss58(),
            scheme: caller.scheme().as_str(),
            role: None,
            expires_at: presented.expires_at().as_secs(),
            server_time_ms: self.now().as_millis(),
        })
    }

    fn granted(&self, grant: Grant) -> Answer {
        Answer::Granted(GrantAnswer {
            session_token: grant.session_token,
            expires_at: grant.expires_at.as_secs(),
            refresh_token: grant.refresh_token,
            refresh_expires_at: grant.refresh_expires_at.as_secs(),
            hotkey: grant.hotkey.to_ss58(),
            role: None,
            server_time_ms: self.now().as_millis(),
        })
    }
}

fn count_refresh(error: Option<&Error>) {
    counter!(REFRESHES, "outcome" => outcome(error)).increment(1);
    if error.is_some_and(|error| error.code() == ErrorCode::RefreshReused) {
        counter!(REFRESH_REUSES).increment(1);
    }
}
