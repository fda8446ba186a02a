//! What is known of one request's credentials; lives in its extensions.

use std::sync::{Mutex, OnceLock, PoisonError};

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::request::{Caller, Verified};
use bittensor_auth::session::Carrier;
#[cfg(feature = "axum")]
use http::HeaderMap;
use http::request::Parts;
use tokio::sync::OnceCell;
use tracing::{Instrument as _, debug_span};

use super::{HotkeyAuth, Profile, count};
#[cfg(feature = "axum")]
use crate::rejection::Rejection;

/// What a route takes as proof.
#[cfg(feature = "axum")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Either,
    Session,
    Signature,
}

/// Policy and replay claim happen once for each request, however often its caller is asked for.
pub(crate) struct RequestState {
    auth: HotkeyAuth,
    profile: Profile,
    /// A request whose signature holds, until its claim is made.
    verified: Mutex<Option<Verified>>,
    /// How the session token came, once it was looked for and found.
    carrier: OnceLock<Carrier>,
    caller: OnceCell<Result<Caller, Error>>,
}

impl RequestState {
    pub(crate) fn signed(auth: HotkeyAuth, verified: Verified) -> Self {
        Self::new(auth, Profile::Signature, Some(verified))
    }

    pub(crate) fn unsigned(auth: HotkeyAuth) -> Self {
        Self::new(auth, Profile::Session, None)
    }

    fn new(auth: HotkeyAuth, profile: Profile, verified: Option<Verified>) -> Self {
        let verified = Mutex::new(verified);
        Self { auth, profile, verified, carrier: OnceLock::new(), caller: OnceCell::new() }
    }

    pub(crate) const fn auth(&self) -> &HotkeyAuth {
        &self.auth
    }

    /// Whether somebody asked who is calling, and the request was judged by a cookie.
    pub(crate) fn is_by_cookie(&self) -> bool {
        self.carrier.get() == Some(&Carrier::Cookie)
    }

    /// The caller. Asking again gives the same answer.
    pub(crate) async fn identify(&self, request: &Parts) -> Result<Caller, Error> {
        let span = debug_span!(target: "bittensor_auth", "identify", profile = self.profile.as_str());
        self.caller.get_or_init(|| self.prove(request).instrument(span)).await.clone()
    }

    /// The caller, proved by what the route takes; nothing is claimed for any other proof.
    #[cfg(feature = "axum")]
    pub(crate) async fn identify_by(&self, proof: Proof, request: &Parts) -> Result<Caller, Error> {
        let missing = |detail: &'static str| Err(Error::new(ErrorCode::MissingCredentials).detail(detail));
        match (proof, self.profile) {
            (Proof::Session, Profile::Signature) => missing("this route takes a session"),
            (Proof::Signature, Profile::Session) => missing("this route takes a signed request"),
            _ => self.identify(request).await,
        }
    }

    /// As [`RequestState::identify`], with `None` for a request without credentials.
    #[cfg(feature = "axum")]
    pub(crate) async fn identify_if_any(&self, request: &Parts) -> Result<Option<Caller>, Error> {
        match self.identify(request).await {
            Ok(caller) => Ok(Some(caller)),
            Err(error) if error.code() == ErrorCode::MissingCredentials => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[cfg(feature = "axum")]
    pub(crate) fn refuse(&self, error: Error, headers: &HeaderMap) -> Rejection {
        self.auth.refuse(error, headers)
    }

    async fn prove(&self, request: &Parts) -> Result<Caller, Error> {
        let result = match self.profile {
            Profile::Signature => self.claim().await,
            Profile::Session if self.auth.0.sessions.is_some() => self.resume(request).await,
            Profile::Session => Err(ErrorCode::MissingCredentials.into()),
        };
        if !matches!(&result, Err(error) if error.code() == ErrorCode::MissingCredentials) {
            count(self.profile, result.as_ref());
        }
        result
    }

    async fn resume(&self, request: &Parts) -> Result<Caller, Error> {
        let carried = self.auth.session_token(&request.method, &request.headers)?;
        let _ = self.carrier.set(carried.carrier);
        self.auth.resume(&carried.token).await.map(|(caller, _)| caller)
    }

    async fn claim(&self) -> Result<Caller, Error> {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Taken before: whoever asked first was cancelled while the store was at it. That claim is never made again.
        let verified = verified.ok_or(ErrorCode::StoreUnavailable)?;
        self.auth.settle(verified).await
    }
}
