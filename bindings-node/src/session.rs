//! The server's side of sessions.

use bittensor_auth::error::ErrorCode;
use bittensor_auth::key::{Hotkey, Scheme, Signature};
use bittensor_auth::message::{LoginForm, Network, Site};
use bittensor_auth::replay::Namespace;
use bittensor_auth::session::{self, Grant, Lifetimes, ReadOutcome, RotateOutcome};
use bittensor_auth::store::{SessionKeys, login_call, rotate_call, rotate_outcome};
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;

use crate::convert::{instant, optional_duration};
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
#[napi]
pub struct Sessions(session::Sessions, Namespace);

#[napi]
impl Sessions {
    #[napi(constructor)]
    pub fn new(
        verifier: &Verifier,
        origin: String,
        secret: &[u8],
        previous_secret: Option<&[u8]>,
        statement: Option<String>,
        network: Option<String>,
        genesis_hash: Option<String>,
        challenge: Option<BigInt>,
        access: Option<BigInt>,
        idle: Option<BigInt>,
        absolute: Option<BigInt>,
        grace: Option<BigInt>,
    ) -> Result<Self, Failure> {
        let network = match network {
            Some(name) => Network::new(&name, &genesis_hash.unwrap_or_default())?,
            None => Network::finney(),
        };
        let mut site = Site::new(&origin, network)?;
        if let Some(statement) = statement {
            site = site.with_statement(&statement)?;
        }
        let default = Lifetimes::default();
        let lifetimes = Lifetimes {
            challenge: optional_duration(challenge)?.unwrap_or(default.challenge),
            access: optional_duration(access)?.unwrap_or(default.access),
            idle: optional_duration(idle)?.unwrap_or(default.idle),
            absolute: optional_duration(absolute)?.unwrap_or(default.absolute),
            grace: optional_duration(grace)?.unwrap_or(default.grace),
        };
        let namespace = *verifier.0.namespace();
        let keys = keyring(secret, previous_secret)?;
        Ok(Self(session::Sessions::new(site, namespace, keys, lifetimes, verifier.0.schemes())?, namespace))
    }

    #[napi(catch_unwind)]
    pub fn challenge(
        &self,
        hotkey: String,
        form: Option<String>,
        now: BigInt,
        entropy: &[u8],
    ) -> Result<Vec<String>, Failure> {
        let hotkey = Hotkey::from_ss58(&hotkey)?;
        let form = form.map_or(Ok(LoginForm::Full), |form| LoginForm::from_word(&form))?;
        let mut drawn = Drawn::new(entropy);
        let made = self.0.challenge(hotkey, form, instant(now)?, &mut drawn)?;
        drawn.enough(vec![made.text, made.sealed, made.expires_at.as_secs().to_string()])
    }

    #[napi(catch_unwind)]
    pub fn login(
        &self,
        policy: &Policy,
        hotkey: String,
        scheme: Option<String>,
        sealed: String,
        signature: String,
        now: BigInt,
        entropy: &[u8],
    ) -> Result<Login, Failure> {
        let hotkey = Hotkey::from_ss58(&hotkey)?;
        let scheme = scheme.map_or(Ok(Scheme::Sr25519), |scheme| Scheme::from_word(&scheme))?;
        let signature = Signature::from_signer_hex(scheme, &signature)?;
        let mut drawn = Drawn::new(entropy);
        let login = self.0.login(hotkey, scheme, &sealed, &signature, instant(now)?, &mut drawn)?;
        policy.0.check(&hotkey)?;
        drawn.enough(Login(Some(login)))
    }

    #[napi(catch_unwind)]
    pub fn present(&self, token: String, now: BigInt) -> Result<Presented, Failure> {
        Ok(Presented(self.0.present(&token, instant(now)?)?))
    }

    #[napi(catch_unwind)]
    pub fn present_refresh(&self, token: String, now: BigInt) -> Result<PresentedRefresh, Failure> {
        Ok(PresentedRefresh(self.0.present_refresh(&token, instant(now)?)?))
    }

    #[napi]
    pub fn keys(&self, presented: &Presented) -> Vec<String> {
        let keys = SessionKeys::new(&self.1, &presented.0.hotkey(), &presented.0.family());
        vec![keys.session, keys.generation]
    }

    #[napi]
    pub fn generation_key(&self, hotkey: String) -> Result<String, Failure> {
        Ok(SessionKeys::generation(&self.1, &Hotkey::from_ss58(&hotkey)?))
    }

    #[napi]
    pub fn login_call(&self, login: &Login, now: BigInt) -> Result<Vec<String>, Failure> {
        Ok(call(login_call(&self.1, login.get()?, instant(now)?)))
    }

    #[napi]
    pub fn created(&self, login: &mut Login, outcome: &Outcome, now: BigInt) -> Result<Vec<String>, Failure> {
        let now = instant(now)?;
        let login = login.0.take().ok_or(ErrorCode::ChallengeUsed)?;
        Ok(grant(login.created(&self.0, outcome.0).map_err(|error| Failure::at(error, now))?))
    }

    #[napi]
    pub fn rotate_call(&self, presented: &PresentedRefresh, now: BigInt) -> Result<Vec<String>, Failure> {
        Ok(call(rotate_call(&self.1, &presented.0, self.0.lifetimes(), instant(now)?)))
    }

    #[napi]
    pub fn rotated(&self, presented: &PresentedRefresh, rotated: &Rotated) -> Result<Vec<String>, Failure> {
        Ok(grant(presented.0.rotated(&self.0, rotated.0)?))
    }
}

impl Sessions {
    pub(crate) const fn lifetimes(&self) -> &Lifetimes {
        self.0.lifetimes()
    }
}

/// A login whose signature holds; nothing once its session was created.
#[napi]
pub struct Login(Option<session::Login>);

impl Login {
    pub(crate) fn get(&self) -> Result<&session::Login, Failure> {
        Ok(self.0.as_ref().ok_or(ErrorCode::ChallengeUsed)?)
    }
}

/// A genuine session token.
#[napi]
pub struct Presented(pub(crate) session::PresentedSession);

#[napi]
impl Presented {
    #[napi]
    pub fn expires_at(&self) -> BigInt {
        self.0.expires_at().as_nanos().into()
    }

    #[napi(catch_unwind)]
    pub fn resume(&self, read: &Read, policy: &Policy, now: BigInt) -> Result<Vec<String>, Failure> {
        let now = instant(now)?;
        let caller = self.0.resume(read.0, now).map_err(|error| Failure::at(error, now))?;
        policy.0.check(&caller.hotkey())?;
        Ok(fields(&caller))
    }
}

/// A genuine refresh token.
#[napi]
pub struct PresentedRefresh(pub(crate) session::PresentedRefresh);

#[napi]
impl PresentedRefresh {
    #[napi]
    pub fn check(&self, policy: &Policy) -> Result<(), Failure> {
        Ok(policy.0.check(&self.0.hotkey())?)
    }
}

/// A store's answer to a read.
#[napi]
pub struct Read(pub(crate) ReadOutcome);

#[napi]
impl Read {
    #[napi(factory)]
    pub fn found(record: Option<String>, generation: Option<String>) -> Self {
        Self(ReadOutcome::from_texts(record.as_deref(), generation.as_deref()))
    }

    #[napi(factory)]
    pub fn unavailable() -> Self {
        Self(ReadOutcome::Unavailable)
    }
}

/// A store's answer to a refresh.
#[napi]
pub struct Rotated(pub(crate) RotateOutcome);

#[napi]
impl Rotated {
    #[napi(factory)]
    pub fn reply(code: i32, record: String) -> Self {
        Self(rotate_outcome(code.into(), &record))
    }

    #[napi(factory)]
    pub fn unavailable() -> Self {
        Self(RotateOutcome::Unavailable)
    }
}
