//! The server's side of sessions.

use std::sync::{Mutex, PoisonError};

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Hotkey, Scheme, Signature};
use bittensor_auth::message::{LoginForm, Network, Site};
use bittensor_auth::nonce::OsEntropy;
use bittensor_auth::replay::Namespace;
use bittensor_auth::session::{self, Grant, Keyring, Lifetimes, ReadOutcome, RotateOutcome, ServerSecret};
use bittensor_auth::store::{SessionKeys, login_call, login_outcome, rotate_call, rotate_outcome};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::convert::{instant, seconds};
use crate::error::Failure;
use crate::keys;
use crate::policy::{Facts, Policy, role_names, with};
use crate::request::{Caller, Verifier};
use crate::store::{Call, Outcome, call};

/// Session token, its end, refresh token, its end (Unix seconds), hotkey.
type GrantFields = (String, u64, String, u64, String);

fn fields(grant: Grant) -> GrantFields {
    let Grant { session_token, expires_at, refresh_token, refresh_expires_at, hotkey } = grant;
    (session_token, expires_at.as_secs(), refresh_token, refresh_expires_at.as_secs(), hotkey.to_ss58())
}

/// Challenges, logins and tokens of one service.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Sessions(pub(crate) session::Sessions, Namespace);

#[pymethods]
impl Sessions {
    #[new]
    #[pyo3(signature = (verifier, *, origin, secrets, statement, network, challenge, access, idle, absolute, grace))]
    #[expect(clippy::too_many_arguments, reason = "keyword-only settings, called from one place")]
    fn new(
        verifier: &Verifier,
        origin: &str,
        secrets: Vec<Vec<u8>>,
        statement: Option<&str>,
        network: Option<(String, String)>,
        challenge: Option<f64>,
        access: Option<f64>,
        idle: Option<f64>,
        absolute: Option<f64>,
        grace: Option<f64>,
    ) -> Result<Self, Failure> {
        let network = match network {
            Some((name, genesis_hash)) => Network::new(&name, &genesis_hash)?,
            None => Network::finney(),
        };
        let mut site = Site::new(origin, network)?;
        if let Some(statement) = statement {
            site = site.with_statement(statement)?;
        }
        let mut lifetimes = Lifetimes::default();
        let settings = [
            (&mut lifetimes.challenge, challenge, "challenge lifetime"),
            (&mut lifetimes.access, access, "access lifetime"),
            (&mut lifetimes.idle, idle, "idle lifetime"),
            (&mut lifetimes.absolute, absolute, "absolute lifetime"),
            (&mut lifetimes.grace, grace, "grace"),
        ];
        for (setting, value, name) in settings {
            if let Some(value) = value {
                *setting = seconds(name, value)?;
            }
        }
        let namespace = *verifier.0.namespace();
        let keys = keyring(&secrets)?;
        Ok(Self(session::Sessions::new(site, namespace, keys, lifetimes, verifier.0.schemes())?, namespace))
    }

    /// Text to sign, seal, end in Unix seconds. Writes nothing anywhere.
    fn challenge(&self, hotkey: &str, form: Option<&str>, now: u64) -> Result<(String, String, u64), Failure> {
        let hotkey = Hotkey::from_ss58(hotkey)?;
        let form = form.map_or(Ok(LoginForm::Full), LoginForm::from_word)?;
        let challenge = self.0.challenge(hotkey, form, instant(now), &mut OsEntropy)?;
        Ok((challenge.text, challenge.sealed, challenge.expires_at.as_secs()))
    }

    /// Checks a login. The policy is asked by `Login.admit`.
    fn login(
        &self,
        py: Python<'_>,
        hotkey: &str,
        scheme: Option<&str>,
        sealed: &str,
        signature: &str,
        now: u64,
    ) -> Result<Login, Failure> {
        let hotkey = Hotkey::from_ss58(hotkey)?;
        let scheme = scheme.map_or(Ok(Scheme::Sr25519), Scheme::from_word)?;
        let signature = Signature::from_signer_hex(scheme, signature)?;
        let now = instant(now);
        let login = py.detach(|| self.0.login(hotkey, scheme, sealed, &signature, now, &mut OsEntropy))?;
        Ok(Login(Mutex::new(Some(login))))
    }

    /// Reads a session token without asking any store.
    fn present(&self, token: &str, now: u64) -> Result<Presented, Failure> {
        Ok(Presented(self.0.present(token, instant(now))?))
    }

    /// Reads a refresh token without asking any store.
    fn present_refresh(&self, token: &str, now: u64) -> Result<PresentedRefresh, Failure> {
        Ok(PresentedRefresh(self.0.present_refresh(token, instant(now))?))
    }

    /// Keys of the session and of the hotkey's generation, for one `MGET`.
    fn keys(&self, presented: &Presented) -> (String, String) {
        let keys = SessionKeys::new(&self.1, &presented.0.hotkey(), &presented.0.family());
        (keys.session, keys.generation)
    }

    /// Key of a hotkey's generation; deleting it ends all its sessions.
    fn generation_key(&self, hotkey: &keys::Hotkey) -> String {
        SessionKeys::generation(&self.1, &hotkey.0)
    }

    /// The call that claims the challenge and creates the session.
    fn login_call(&self, login: &Login, now: u64) -> PyResult<Call> {
        login.with(|login| call(login_call(&self.1, login, instant(now))))
    }

    /// The tokens of a login that the store created.
    fn created(&self, login: &Login, outcome: &Outcome, now: u64) -> Result<GrantFields, Failure> {
        let login = login.take().ok_or(ErrorCode::ChallengeUsed)?;
        Ok(fields(login.created(&self.0, outcome.0).map_err(|error| Failure::at(error, instant(now)))?))
    }

    /// The call that exchanges a refresh token.
    fn rotate_call(&self, presented: &PresentedRefresh, now: u64) -> Call {
        call(rotate_call(&self.1, &presented.0, self.0.lifetimes(), instant(now)))
    }

    /// The successor's tokens.
    fn rotated(&self, presented: &PresentedRefresh, rotated: &Rotated) -> Result<GrantFields, Failure> {
        Ok(fields(presented.0.rotated(&self.0, rotated.0)?))
    }
}

fn roles<'py>(
    py: Python<'py>,
    policy: &Policy,
    hotkey: &Hotkey,
    now: u64,
    facts: Option<&Facts>,
) -> PyResult<Bound<'py, PyTuple>> {
    let decision = with(facts, now, |facts| policy.0.decide(hotkey, facts));
    role_names(py, &decision.into_result().map_err(Failure::from)?)
}

fn keyring(secrets: &[Vec<u8>]) -> Result<Keyring, Error> {
    match secrets {
        [] => Ok(Keyring::new(ServerSecret::generate(&mut OsEntropy))),
        [current] => Ok(Keyring::new(ServerSecret::new(current)?)),
        [current, previous] => {
            Ok(Keyring::new(ServerSecret::new(current)?).with_previous(ServerSecret::new(previous)?))
        }
        _ => {
            Err(Error::new(ErrorCode::InvalidConfiguration).detail("secret: expected one, or the new and the old one"))
        }
    }
}

/// A login whose signature holds.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Login(Mutex<Option<session::Login>>);

impl Login {
    fn take(&self) -> Option<session::Login> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn with<T>(&self, read: impl FnOnce(&session::Login) -> T) -> PyResult<T> {
        let login = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        login.as_ref().map(read).ok_or_else(|| Failure::from(ErrorCode::ChallengeUsed).into())
    }
}

#[pymethods]
impl Login {
    /// The hotkey whose signature holds.
    #[getter]
    fn hotkey(&self) -> PyResult<keys::Hotkey> {
        self.with(|login| keys::Hotkey(login.hotkey()))
    }

    /// The roles, if the policy welcomes the hotkey.
    #[pyo3(signature = (policy, now, facts = None))]
    fn admit<'py>(
        &self,
        py: Python<'py>,
        policy: &Policy,
        now: u64,
        facts: Option<&Facts>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let hotkey = self.with(session::Login::hotkey)?;
        roles(py, policy, &hotkey, now, facts)
    }

    /// The outcome in `login.lua`'s reply.
    #[staticmethod]
    fn outcome(reply: Vec<i64>) -> Outcome {
        Outcome(login_outcome(reply))
    }
}

/// A genuine, unexpired session token.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Presented(pub(crate) session::PresentedSession);

#[pymethods]
impl Presented {
    /// When the token ends, in Unix seconds.
    #[getter]
    fn expires_at(&self) -> u64 {
        self.0.expires_at().as_secs()
    }

    /// The hotkey that the token names.
    #[getter]
    fn hotkey(&self) -> keys::Hotkey {
        keys::Hotkey(self.0.hotkey())
    }

    /// The caller, if the session lives and the policy welcomes the hotkey.
    #[pyo3(signature = (read, policy, now, facts = None))]
    fn resume(&self, read: &Read, policy: &Policy, now: u64, facts: Option<&Facts>) -> Result<Caller, Failure> {
        let at = instant(now);
        let caller = self.0.resume(read.0, at).map_err(|error| Failure::at(error, at))?;
        Ok(Caller(with(facts, now, |facts| policy.0.welcome(caller, facts))?))
    }
}

/// A genuine refresh token.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct PresentedRefresh(pub(crate) session::PresentedRefresh);

#[pymethods]
impl PresentedRefresh {
    /// The hotkey that the token names.
    #[getter]
    fn hotkey(&self) -> keys::Hotkey {
        keys::Hotkey(self.0.hotkey())
    }

    /// The roles; raises when the policy no longer welcomes the hotkey.
    #[pyo3(signature = (policy, now, facts = None))]
    fn admit<'py>(
        &self,
        py: Python<'py>,
        policy: &Policy,
        now: u64,
        facts: Option<&Facts>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        roles(py, policy, &self.0.hotkey(), now, facts)
    }
}

/// A store's answer to a read.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Read(pub(crate) ReadOutcome);

#[pymethods]
impl Read {
    /// What `MGET session generation` answered; anything that is no text is nothing.
    #[staticmethod]
    fn found(record: Option<&str>, generation: Option<&str>) -> Self {
        Self(ReadOutcome::from_texts(record, generation))
    }

    /// The answer of a store that gave none.
    #[staticmethod]
    fn unavailable() -> Self {
        Self(ReadOutcome::Unavailable)
    }
}

/// A store's answer to a refresh.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Rotated(pub(crate) RotateOutcome);

#[pymethods]
impl Rotated {
    /// What `rotate.lua` answered.
    #[staticmethod]
    fn reply(code: i64, record: &str) -> Self {
        Self(rotate_outcome(code, record))
    }

    /// The answer of a store that gave none.
    #[staticmethod]
    fn unavailable() -> Self {
        Self(RotateOutcome::Unavailable)
    }
}
