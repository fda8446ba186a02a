//! The settings of a service, checked when it is built.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::SignedHeaders;
use bittensor_auth::key::{Address, Hotkey, Scheme, Signature};
use bittensor_auth::message::Site;
use bittensor_auth::nonce::Nonce;
use bittensor_auth::policy::Policy;
use bittensor_auth::request::Verifier;
use bittensor_auth::session::{Keyring, Lifetimes, Sessions, TokenTransport};
use bittensor_auth::target::RequestTarget;
use bittensor_auth::time::UnixNanos;
use metrics::gauge;

use super::{Clock, HotkeyAuth, Inner, SessionService, system_time};
use crate::rejection::DEFAULT_REALM;
use crate::store::{AnySessionStore, ReplayStore, SessionStore};
use crate::telemetry::UNSAFE_SETTINGS;

/// Sessions of a service: where people log in, and the secret that makes their tokens.
#[derive(Debug)]
pub struct SessionSettings {
    site: Site,
    keys: Keyring,
    lifetimes: Lifetimes,
    origins: Vec<String>,
    cookies: Cookies,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cookies {
    Enabled,
    Refused,
}

impl SessionSettings {
    /// Sessions for people who log in at `site`. All servers of the service share the secret in `keys`.
    #[must_use]
    pub fn new(site: Site, keys: Keyring) -> Self {
        Self { site, keys, lifetimes: Lifetimes::default(), origins: Vec::new(), cookies: Cookies::Refused }
    }

    /// Sets how long challenges, tokens and sessions live.
    #[must_use]
    pub fn with_lifetimes(self, lifetimes: Lifetimes) -> Self {
        Self { lifetimes, ..self }
    }

    /// Sets the web origins whose pages may use the session routes, each as browsers send it; the default is the site's own.
    #[must_use]
    pub fn with_allowed_origins<O: Into<String>>(self, origins: impl IntoIterator<Item = O>) -> Self {
        Self { origins: origins.into_iter().map(Into::into).collect(), ..self }
    }

    /// Lets a browser that asks for it keep its tokens in cookies that no script can read (`spec/04 §11`). Only pages of the
    /// allowed origins can use them, which have to be `https://`, or `http://` on this machine for local work.
    #[must_use]
    pub fn with_cookies(self) -> Self {
        Self { cookies: Cookies::Enabled, ..self }
    }

    fn into_service(self, verifier: &Verifier, store: Arc<dyn AnySessionStore>) -> Result<SessionService, Error> {
        let transport = TokenTransport::new(&self.site, &self.origins)?;
        let transport = match self.cookies {
            Cookies::Enabled => transport.with_cookies()?,
            Cookies::Refused => transport,
        };
        let authority = Sessions::new(self.site, *verifier.namespace(), self.keys, self.lifetimes, verifier.schemes())?;
        Ok(SessionService { authority, store, transport })
    }
}

/// Builds a [`HotkeyAuth`].
pub struct HotkeyAuthBuilder<S> {
    verifier: Verifier,
    store: Arc<S>,
    sessions: Option<(SessionSettings, Arc<dyn AnySessionStore>)>,
    policy: Policy,
    public_prefix: String,
    realm: String,
    clock: Clock,
}

impl<S: ReplayStore> HotkeyAuthBuilder<S> {
    pub(super) fn new(verifier: Verifier, store: S) -> Self {
        Self {
            verifier,
            store: Arc::new(store),
            sessions: None,
            policy: Policy::any_hotkey(),
            public_prefix: String::new(),
            realm: DEFAULT_REALM.to_owned(),
            clock: Arc::new(system_time),
        }
    }

    /// Sets who is welcome. The default is every hotkey that proves itself.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Lets people log in. Needs a store that remembers sessions.
    #[must_use]
    pub fn sessions(self, settings: SessionSettings) -> Self
    where
        S: SessionStore,
    {
        let store: Arc<dyn AnySessionStore> = Arc::clone(&self.store) as _;
        Self { sessions: Some((settings, store)), ..self }
    }

    /// Sets what a proxy in front strips from the path that the client signed, as `/api`. Never take it from a header.
    #[must_use]
    pub fn public_prefix(self, prefix: impl Into<String>) -> Self {
        Self { public_prefix: prefix.into(), ..self }
    }

    /// Sets the service's name in `WWW-Authenticate`; the default is `bittensor`.
    #[must_use]
    pub fn realm(self, realm: impl Into<String>) -> Self {
        Self { realm: realm.into(), ..self }
    }

    /// Sets the clock; the default is the system's. For tests.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> UnixNanos + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// `invalid_configuration` names the setting.
    pub fn build(self) -> Result<HotkeyAuth, Error> {
        check_prefix(&self.public_prefix)?;
        if !self.realm.bytes().all(|byte| (0x20..=0x7e).contains(&byte) && !b"\"\\".contains(&byte)) {
            return Err(invalid("realm: expected printable ASCII without \" and \\"));
        }
        if accepts_unbound(&self.verifier) {
            gauge!(UNSAFE_SETTINGS, "setting" => "dangerous_accept_unbound").set(1);
            tracing::warn!(
                target: "bittensor_auth",
                "unsafe setting: dangerous_accept_unbound lets others pass on requests that name no receiver"
            );
        }
        let sessions = match self.sessions {
            Some((settings, store)) => Some(settings.into_service(&self.verifier, store)?),
            None => None,
        };
        Ok(HotkeyAuth(Arc::new(Inner {
            verifier: self.verifier,
            policy: RwLock::new(Arc::new(self.policy)),
            store: self.store,
            sessions,
            public_prefix: self.public_prefix,
            realm: self.realm,
            clock: self.clock,
            started: AtomicBool::new(false),
            has_layer: AtomicBool::new(false),
        })))
    }
}

fn check_prefix(prefix: &str) -> Result<(), Error> {
    let is_path = RequestTarget::parse(prefix.as_bytes()).is_ok() && !prefix.ends_with('/') && !prefix.contains('?');
    if prefix.is_empty() || is_path {
        return Ok(());
    }
    Err(invalid("public_prefix: expected a path that starts and does not end with a slash, as in /api"))
}

/// Whether the verifier lets a request pass that names no receiver: it is asked about one.
fn accepts_unbound(verifier: &Verifier) -> bool {
    let nobody = Address::from(Hotkey::from_bytes([0; 32]));
    let nonce = Nonce::from_nanos(1).expect("1 is a nonce");
    Scheme::ALL.iter().any(|&scheme| {
        let headers = SignedHeaders::new(scheme, &nobody, None, nonce, Signature::from_bytes([0; 64]));
        verifier.check_head(&headers, nonce.signed_at()).is_ok()
    })
}

fn invalid(detail: &'static str) -> Error {
    Error::new(ErrorCode::InvalidConfiguration).detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn builder() -> HotkeyAuthBuilder<MemoryStore> {
        HotkeyAuth::builder(Verifier::new(Hotkey::from_bytes([7; 32])), MemoryStore::nothing_accepted_before())
    }

    #[test]
    fn settings_are_checked_when_the_service_is_built() {
        for prefix in ["api", "/api/", "/a?b", "/a b", "/"] {
            let code = builder().public_prefix(prefix).build().map_err(|error| error.code()).err();
            assert_eq!(code, Some(ErrorCode::InvalidConfiguration), "{prefix}");
        }
        for realm in ["a\"b", "a\\b", "a\r\nSet-Cookie: x", "ü"] {
            assert!(builder().realm(realm).build().is_err(), "{realm}");
        }
        assert!(builder().public_prefix("/api/v1").realm("my subnet").build().is_ok());
    }

    #[test]
    fn a_verifier_that_accepts_unbound_requests_is_recognised() {
        let verifier = Verifier::new(Hotkey::from_bytes([7; 32]));
        assert!(!accepts_unbound(&verifier));
        assert!(accepts_unbound(&verifier.dangerous_accept_unbound()));
    }
}
