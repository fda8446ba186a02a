//! One service's authentication, without a framework.

mod builder;
#[cfg(feature = "axum")]
mod fields;
mod request;
#[cfg(feature = "axum")]
mod sessions;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bittensor_auth::error::{Error, ErrorCode, ErrorKind};
use bittensor_auth::key::Hotkey;
use bittensor_auth::policy::Policy;
use bittensor_auth::request::{Caller, Verified, Verifier, Via};
use bittensor_auth::session::{CarriedToken, PresentedSession, Sessions, TokenTransport};
use bittensor_auth::time::UnixNanos;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use metrics::{counter, histogram};

use crate::layer::HotkeyAuthLayer;
use crate::rejection::Rejection;
use crate::store::{AnyReplayStore, AnySessionStore, ReplayStore};
use crate::telemetry::{CLOCK_OFFSET_SECONDS, FAILURES, POLICY_DENIALS, REQUESTS, REVOCATIONS, VERIFY_SECONDS};

pub use builder::{HotkeyAuthBuilder, SessionSettings};
#[cfg(feature = "axum")]
pub(crate) use request::Proof;
pub(crate) use request::RequestState;
#[cfg(feature = "axum")]
pub(crate) use sessions::{MAX_ROUTE_BODY, Route, Served};

type Clock = Arc<dyn Fn() -> UnixNanos + Send + Sync>;

/// How a request proved its hotkey, as metrics call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Session,
    Signature,
}

impl Profile {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Signature => "btauth/1",
        }
    }
}

/// Who calls this service, and may they: settings, policy and store. Built once; clones share it.
///
/// Give it to the application with [`HotkeyAuth::layer`].
#[derive(Clone)]
pub struct HotkeyAuth(Arc<Inner>);

struct Inner {
    verifier: Verifier,
    policy: RwLock<Arc<Policy>>,
    store: Arc<dyn AnyReplayStore>,
    sessions: Option<SessionService>,
    public_prefix: String,
    realm: String,
    clock: Clock,
    started: AtomicBool,
    has_layer: AtomicBool,
}

/// Sessions of one service.
struct SessionService {
    authority: Sessions,
    store: Arc<dyn AnySessionStore>,
    transport: TokenTransport,
}

impl HotkeyAuth {
    /// Starts to build the authentication of a service: what `verifier` says of a request, and what `store` remembers.
    #[must_use]
    pub fn builder<S: ReplayStore>(verifier: Verifier, store: S) -> HotkeyAuthBuilder<S> {
        HotkeyAuthBuilder::new(verifier, store)
    }

    /// The layer that checks requests. Every route with an extractor needs it around itself.
    #[must_use]
    pub fn layer(&self) -> HotkeyAuthLayer {
        self.0.has_layer.store(true, Ordering::Relaxed);
        HotkeyAuthLayer::new(self.clone())
    }

    /// Refuses a deployment that is set up wrongly, before it serves anything: a store that could let a replay pass, or an
    /// application that was built without [`HotkeyAuth::layer`]. Call it between building the application and serving it.
    ///
    /// # Errors
    /// `unsafe_store` or `invalid_configuration`: do not go on. `store_unavailable`: the store cannot be reached; a
    /// service may go on, and answers 503 until the store was reached and found safe.
    pub async fn start(&self) -> Result<(), Error> {
        if !self.0.has_layer.load(Ordering::Relaxed) {
            return Err(missing_layer());
        }
        self.start_store().await
    }

    /// Who is welcome from now on, on every request, sessions included.
    pub fn set_policy(&self, policy: Policy) {
        *self.0.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// Ends every session of a hotkey, now and on all servers. To keep it out, deny it in the policy.
    ///
    /// # Errors
    /// `store_unavailable` when they may still live; `invalid_configuration` for a service without sessions.
    pub async fn revoke(&self, hotkey: &Hotkey) -> Result<(), Error> {
        let revoked = self.revoke_sessions(hotkey).await;
        counter!(REVOCATIONS, "outcome" => outcome(revoked.as_ref().err())).increment(1);
        revoked
    }

    /// What is checked of a request.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    pub(crate) fn public_prefix(&self) -> &str {
        &self.0.public_prefix
    }

    pub(crate) fn now(&self) -> UnixNanos {
        (self.0.clock)()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn sessions(&self) -> Result<&SessionService, Error> {
        self.0.sessions.as_ref().ok_or_else(|| {
            Error::new(ErrorCode::InvalidConfiguration)
                .detail("this service has no sessions: expected them in its builder")
        })
    }

    async fn revoke_sessions(&self, hotkey: &Hotkey) -> Result<(), Error> {
        let sessions = self.sessions()?;
        self.start_store().await?;
        sessions.store.revoke(hotkey).await
    }

    /// The policy of this moment; a request is judged by one.
    fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.0.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn check_policy(&self, hotkey: &Hotkey) -> Result<(), Error> {
        self.policy().check(hotkey).inspect_err(count_denial)
    }

    async fn start_store(&self) -> Result<(), Error> {
        if !self.0.started.load(Ordering::Acquire) {
            self.0.store.start(&self.0.verifier).await?;
            self.0.started.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Policy and replay claim of a request whose signature holds.
    async fn settle(&self, verified: Verified) -> Result<Caller, Error> {
        let admitted = self.policy().admit(verified).inspect_err(count_denial)?;
        self.start_store().await?;
        let now = self.now();
        let outcome = self.0.store.claim(&admitted.claim(now)?, now).await;
        let caller = admitted.claimed(outcome)?;
        if let Via::Signature { signed_at } = caller.via() {
            histogram!(CLOCK_OFFSET_SECONDS, "profile" => Profile::Signature.as_str())
                .record(signed_at.since(now).as_secs_f64() - now.since(signed_at).as_secs_f64());
        }
        Ok(caller)
    }

    /// The session token that a request is judged by.
    fn session_token(&self, method: &Method, headers: &HeaderMap) -> Result<CarriedToken, Error> {
        self.sessions()?.transport.session_token(method.as_str(), &pairs(headers))
    }

    /// The caller of a session token, and the token.
    async fn resume(&self, token: &str) -> Result<(Caller, PresentedSession), Error> {
        let sessions = self.sessions()?;
        let began = Instant::now();
        let presented = sessions.authority.present(token, self.now())?;
        histogram!(VERIFY_SECONDS, "profile" => Profile::Session.as_str()).record(began.elapsed());
        self.start_store().await?;
        let read = sessions.store.read(&presented, self.now()).await;
        let caller = presented.resume(read, self.now())?;
        self.check_policy(&caller.hotkey())?;
        Ok((caller, presented))
    }

    /// The answer to a request that was refused.
    pub(crate) fn refuse(&self, error: Error, request: &HeaderMap) -> Rejection {
        let rejection = Rejection::new(error, request, &self.0.realm, self.now());
        log(&rejection);
        rejection
    }
}

impl fmt::Debug for HotkeyAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HotkeyAuth")
            .field("verifier", &self.0.verifier)
            .field("has_sessions", &self.0.sessions.is_some())
            .finish_non_exhaustive()
    }
}

pub(crate) fn missing_layer() -> Error {
    Error::new(ErrorCode::InvalidConfiguration)
        .detail("HotkeyAuthLayer is missing: expected `.layer(auth.layer())` on the router that holds this route")
}

/// Logs a refusal by code and request id only.
pub(crate) fn log(rejection: &Rejection) {
    let (code, request_id) = (rejection.code(), rejection.request_id());
    if rejection.status().as_u16() == 500 {
        // Set-up errors repeat no input: their detail names the setting.
        tracing::error!(target: "bittensor_auth", %code, request_id, detail = rejection.error().message(), "refused");
    } else if code.kind() == ErrorKind::Store {
        tracing::warn!(target: "bittensor_auth", %code, request_id, "refused");
    } else {
        tracing::debug!(target: "bittensor_auth", %code, request_id, "refused");
    }
}

/// Counts a request with credentials, and what became of it.
pub(crate) fn count(profile: Profile, result: Result<&Caller, &Error>) {
    counter!(REQUESTS, "profile" => profile.as_str()).increment(1);
    match result {
        Ok(caller) => tracing::debug!(
            target: "bittensor_auth", profile = profile.as_str(), hotkey = ?caller.hotkey(), "accepted"
        ),
        Err(error) => {
            counter!(FAILURES, "profile" => profile.as_str(), "code" => error.code().as_str()).increment(1);
            if let Some(timing) = error.age() {
                #[expect(clippy::cast_precision_loss, reason = "milliseconds of a clock that is off")]
                let offset = -(timing.age_ms as f64) / 1_000.0;
                histogram!(CLOCK_OFFSET_SECONDS, "profile" => profile.as_str()).record(offset);
            }
        }
    }
}

/// All headers of a request, one pair for each time that a name is there.
fn pairs(headers: &HeaderMap) -> Vec<(&HeaderName, &HeaderValue)> {
    headers.iter().collect()
}

fn count_denial(error: &Error) {
    counter!(POLICY_DENIALS, "reason" => error.code().as_str()).increment(1);
}

fn outcome(error: Option<&Error>) -> &'static str {
    error.map_or("ok", |error| error.code().as_str())
}

pub(crate) fn system_time() -> UnixNanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixNanos::from_nanos(0).plus(since)
}
