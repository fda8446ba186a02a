//! The server's side of sessions.

use std::time::Duration;

use bittensor_auth::key::{Hotkey, Scheme, Signature};
use bittensor_auth::message::{LoginForm, Network, Site};
use bittensor_auth::replay::Namespace;
use bittensor_auth::session::{self, Grant, Lifetimes, ReadOutcome, RotateOutcome};
use bittensor_auth::store::{SessionKeys, login_call, rotate_call, rotate_outcome};
use bittensor_auth::time::UnixNanos;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::Failure;
use crate::request::{Policy, Verifier, fields};
use crate::settings::keyring;
use crate::signing::Drawn;
use crate::store::{Outcome, call};

/// Session token, its end, refresh token, its end (Unix seconds), hotkey.
fn grant(grant: Grant) -> Vec<String> {
    let Grant { session_token, expires_at, refresh_token, refresh_expires_at, hotkey } = grant;
    let [expires_at, refresh_expires_at] = [expires_at, refresh_expires_at].map(|at| at.as_secs().to_string());
    vec![session_token, expires_at, refresh_token, refresh_expires_at, hotkey.to_ss58()]
}

/// Challenges, logins and tokens of one service.
#[wasm_bindgen]
pub struct Sessions(session::Sessions, Namespace);

#[wasm_bindgen]
impl Sessions {
    #[wasm_bindgen(constructor)]
    #[expect(clippy::too_many_arguments, reason = "settings, called from one place")]
    pub fn new(
        verifier: &Verifier,
        origin: &str,
        secret: &[u8],
        previous_secret: Option<Vec<u8>>,
        statement: Option<String>,
        network: Option<String>,
        genesis_hash: Option<String>,
        challenge: Option<u64>,
        access: Option<u64>,
        idle: Option<u64>,
        absolute: Option<u64>,
        grace: Option<u64>,
    ) -> Result<Self, Failure> {
        let network = match network {
            Some(name) => Network::new(&name, &genesis_hash.unwrap_or_default())?,
            None => Network::finney(),
        };
        let mut site = Site::new(origin, network)?;
        if let Some(statement) = statement {
            site = site.with_statement(&statement)?;
        }
        let default = Lifetimes::default();
        let set = |value: Option<u64>, otherwise| value.map_or(otherwise, Duration::from_nanos);
        let lifetimes = Lifetimes {
            challenge: set(challenge, default.challenge),
            access: set(access, default.access),
            idle: set(idle, default.idle),
            absolute: set(absolute, default.absolute),
            grace: set(grace, default.grace),
        };
        let namespace = *verifier.0.namespace();
        let keys = keyring(secret, previous_secret.as_deref())?;
        Ok(Self(session::Sessions::new(site, namespace, keys, lifetimes, verifier.0.schemes())?, namespace))
    }

    pub fn challenge(
        &self,
        hotkey: &str,
        form: Option<String>,
        now: u64,
        entropy: &[u8],
    ) -> Result<Vec<String>, Failure> {
        let hotkey = Hotkey::from_ss58(hotkey)?;
        let form = form.map_or(Ok(LoginForm::Full), |form| LoginForm::from_word(&form))?;
        let mut drawn = Drawn::new(entropy);
        let made = self.0.challenge(hotkey, form, UnixNanos::from_nanos(now), &mut drawn)?;
        drawn.enough(vec![made.text, made.sealed, made.expires_at.as_secs().to_string()])
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one request")]
    pub fn login(
        &self,
        policy: &Policy,
        hotkey: &str,
        scheme: Option<String>,
        sealed: &str,
        signature: &str,
        now: u64,
        entropy: &[u8],
    ) -> Result<Login, Failure> {
        let hotkey = Hotkey::from_ss58(hotkey)?;
        let scheme = scheme.map_or(Ok(Scheme::Sr25519), |scheme| Scheme::from_word(&scheme))?;
        let signature = Signature::from_signer_hex(scheme, signature)?;
        let mut drawn = Drawn::new(entropy);
        let login = self.0.login(hotkey, scheme, sealed, &signature, UnixNanos::from_nanos(now), &mut drawn)?;
        policy.0.check(&hotkey)?;
        drawn.enough(Login(login))
    }

    pub fn present(&self, token: &str, now: u64) -> Result<Presented, Failure> {
        Ok(Presented(self.0.present(token, UnixNanos::from_nanos(now))?))
    }

    #[wasm_bindgen(js_name = presentRefresh)]
    pub fn present_refresh(&self, token: &str, now: u64) -> Result<PresentedRefresh, Failure> {
        Ok(PresentedRefresh(self.0.present_refresh(token, UnixNanos::from_nanos(now))?))
    }

    pub fn keys(&self, presented: &Presented) -> Vec<String> {
        let keys = SessionKeys::new(&self.1, &presented.0.hotkey(), &presented.0.family());
        vec![keys.session, keys.generation]
    }

    #[wasm_bindgen(js_name = generationKey)]
    pub fn generation_key(&self, hotkey: &str) -> Result<String, Failure> {
        Ok(SessionKeys::generation(&self.1, &Hotkey::from_ss58(hotkey)?))
    }

    #[wasm_bindgen(js_name = loginCall)]
    pub fn login_call(&self, login: &Login, now: u64) -> Vec<String> {
        call(login_call(&self.1, &login.0, UnixNanos::from_nanos(now)))
    }

    pub fn created(&self, login: Login, outcome: Outcome, now: u64) -> Result<Vec<String>, Failure> {
        let created = login.0.created(&self.0, outcome.0);
        Ok(grant(created.map_err(|error| Failure::at(error, UnixNanos::from_nanos(now)))?))
    }

    #[wasm_bindgen(js_name = rotateCall)]
    pub fn rotate_call(&self, presented: &PresentedRefresh, now: u64) -> Vec<String> {
        call(rotate_call(&self.1, &presented.0, self.0.lifetimes(), UnixNanos::from_nanos(now)))
    }

    pub fn rotated(&self, presented: PresentedRefresh, rotated: Rotated) -> Result<Vec<String>, Failure> {
        Ok(grant(presented.0.rotated(&self.0, rotated.0)?))
    }
}

impl Sessions {
    pub(crate) const fn lifetimes(&self) -> &Lifetimes {
        self.0.lifetimes()
    }
}

/// A login whose signature holds.
#[wasm_bindgen]
pub struct Login(pub(crate) session::Login);

/// A genuine session token.
#[wasm_bindgen]
pub struct Presented(pub(crate) session::PresentedSession);

#[wasm_bindgen]
impl Presented {
    #[wasm_bindgen(js_name = expiresAt)]
    pub fn expires_at(&self) -> u64 {
        self.0.expires_at().as_nanos()
    }

    pub fn resume(self, read: Read, policy: &Policy, now: u64) -> Result<Vec<String>, Failure> {
        let now = UnixNanos::from_nanos(now);
        let caller = self.0.resume(read.0, now).map_err(|error| Failure::at(error, now))?;
        policy.0.check(&caller.hotkey())?;
        Ok(fields(&caller))
    }
}

/// A genuine refresh token.
#[wasm_bindgen]
pub struct PresentedRefresh(pub(crate) session::PresentedRefresh);

#[wasm_bindgen]
impl PresentedRefresh {
    pub fn check(&self, policy: &Policy) -> Result<(), Failure> {
        Ok(policy.0.check(&self.0.hotkey())?)
    }
}

/// A store's answer to a read.
#[wasm_bindgen]
pub struct Read(pub(crate) ReadOutcome);

#[wasm_bindgen]
impl Read {
    pub fn found(record: Option<String>, generation: Option<String>) -> Self {
        Self(ReadOutcome::from_texts(record.as_deref(), generation.as_deref()))
    }

    pub fn unavailable() -> Self {
        Self(ReadOutcome::Unavailable)
    }
}

/// A store's answer to a refresh.
#[wasm_bindgen]
pub struct Rotated(pub(crate) RotateOutcome);

#[wasm_bindgen]
impl Rotated {
    pub fn reply(code: i32, record: &str) -> Self {
        Self(rotate_outcome(code.into(), record))
    }

    pub fn unavailable() -> Self {
        Self(RotateOutcome::Unavailable)
    }
}
