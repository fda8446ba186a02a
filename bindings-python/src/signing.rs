//! The client's side: signing requests, checking challenges, keeping a session fresh.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bittensor_auth::error::ErrorCode;
use bittensor_auth::header::SignedHeaders;
use bittensor_auth::key::{Address, Hotkey, Scheme, Signature};
use bittensor_auth::message::{self, BodyHash};
use bittensor_auth::nonce::Entropy as _;
use bittensor_auth::nonce::{Nonce, OsEntropy};
use bittensor_auth::request::{self, UnsignedRequest};
use bittensor_auth::session::{self, RefreshFailure, SessionTimes, Step};
use bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth::time::UnixNanos;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::convert::{instant, seconds};
use crate::error::Failure;
use crate::keys::{self, Keypair};

/// Header names and values in the order to send them.
type Headers = Vec<(&'static str, String)>;

/// Makes the headers of one sender for one receiver; owns their nonces.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct RequestSigner(Mutex<request::RequestSigner>);

#[pymethods]
impl RequestSigner {
    /// Without a receiver the requests are bound to nobody.
    #[new]
    fn new(scheme: &str, sender: &str, receiver: Option<&str>) -> Result<Self, Failure> {
        let (scheme, sender) = (Scheme::from_word(scheme)?, Hotkey::from_ss58(sender)?);
        let signer = match receiver {
            Some(receiver) => request::RequestSigner::new(scheme, sender, Hotkey::from_ss58(receiver)?),
            None => request::RequestSigner::dangerous_unbound(scheme, sender),
        };
        Ok(Self(Mutex::new(signer)))
    }

    /// One attempt for an external signer. Without a nonce it gets a fresh one.
    #[pyo3(signature = (method, target, body, now, nonce = None))]
    fn prepare(
        &self,
        method: &str,
        target: &str,
        body: &[u8],
        now: u64,
        nonce: Option<u64>,
    ) -> Result<Unsigned, Failure> {
        Ok(Unsigned(Mutex::new(Some(self.unsigned(method, target, body, now, nonce)?))))
    }

    /// One attempt, signed by a key of this process.
    #[pyo3(signature = (keypair, method, target, body, now, nonce = None))]
    #[expect(clippy::too_many_arguments, reason = "the fields of one request")]
    fn sign(
        &self,
        py: Python<'_>,
        keypair: &Keypair,
        method: &str,
        target: &str,
        body: &[u8],
        now: u64,
        nonce: Option<u64>,
    ) -> Result<Headers, Failure> {
        let unsigned = self.unsigned(method, target, body, now, nonce)?;
        Ok(py.detach(|| unsigned.sign(&keypair.0, &mut OsEntropy)).to_pairs())
    }
}

impl RequestSigner {
    fn unsigned(
        &self,
        method: &str,
        target: &str,
        body: &[u8],
        now: u64,
        nonce: Option<u64>,
    ) -> Result<UnsignedRequest, Failure> {
        let method = Method::parse(method)?;
        let target = RequestTarget::for_signing(target)?;
        let body = BodyHash::of(body);
        let mut signer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match nonce {
            Some(nonce) => signer.prepare_with_nonce(&method, &target, body, Nonce::from_nanos(nonce)?),
            None => signer.prepare(&method, &target, body, instant(now), &mut OsEntropy),
        })
    }
}

/// One attempt, waiting for its signature.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Unsigned(Mutex<Option<UnsignedRequest>>);

#[pymethods]
impl Unsigned {
    /// The bytes to sign; raises `signer_failed` once it is signed.
    #[getter]
    fn message<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>, Failure> {
        let unsigned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unsigned = unsigned.as_ref().ok_or(ErrorCode::SignerFailed)?;
        Ok(PyBytes::new(py, unsigned.message()))
    }

    /// The headers, with a signature of a signer that was checked before. `signature`: 64 bytes, or 65 with a type byte.
    fn finish(&self, scheme: &str, signature: &[u8]) -> Result<Headers, Failure> {
        self.signed(scheme, signature, |unsigned, signature| Ok(unsigned.finish(signature)))
    }

    /// The same, and the signature is checked first.
    fn finish_checked(&self, py: Python<'_>, scheme: &str, signature: &[u8]) -> Result<Headers, Failure> {
        self.signed(scheme, signature, |unsigned, signature| Ok(py.detach(|| unsigned.finish_checked(signature))?))
    }
}

impl Unsigned {
    fn signed(
        &self,
        scheme: &str,
        signature: &[u8],
        finish: impl FnOnce(UnsignedRequest, Signature) -> Result<SignedHeaders, Failure>,
    ) -> Result<Headers, Failure> {
        let signature = Signature::from_signer(Scheme::from_word(scheme)?, signature)
            .map_err(|_| Failure::from(ErrorCode::SignerFailed))?;
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(finish(taken.ok_or(ErrorCode::SignerFailed)?, signature)?.to_pairs())
    }
}

/// The target that a client signs and sends: without a bare `?`.
#[pyfunction]
pub(crate) fn signing_target(target: &str) -> Result<String, Failure> {
    Ok(RequestTarget::for_signing(target)?.as_str().to_owned())
}

/// How far the local clock is from a server's.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct ClockOffset(request::ClockOffset);

#[pymethods]
impl ClockOffset {
    /// No offset.
    #[staticmethod]
    fn none() -> Self {
        Self(request::ClockOffset::default())
    }

    /// The offset of a server whose clock reads `server_ms` when ours reads `now`; raises beyond 15 minutes.
    #[staticmethod]
    fn between(server_ms: u64, now: u64) -> Result<Self, Failure> {
        Ok(Self(request::ClockOffset::between(UnixNanos::from_millis(server_ms), instant(now))?))
    }

    /// The server's time in Unix ns.
    fn apply(&self, now: u64) -> u64 {
        self.0.apply(instant(now)).as_nanos()
    }
}

/// Raises `challenge_refused` unless `text` is a login text for this origin and account, made just now.
#[pyfunction]
pub(crate) fn check_login_text(text: &str, origin: &str, hotkey: &str, now: u64) -> Result<(), Failure> {
    Ok(message::check_login_text(text, origin, &Address::from_ss58(hotkey)?, instant(now))?)
}

/// Checks a wallet's signature over a login text and says which form was signed: `"plain"` or `"bytes"`.
///
/// `signature`: 64 bytes, or 65 with the type byte of the scheme.
#[pyfunction]
pub(crate) fn verify_login(
    py: Python<'_>,
    hotkey: &keys::Hotkey,
    text: &[u8],
    signature: &[u8],
    scheme: &str,
) -> Result<&'static str, Failure> {
    let scheme = Scheme::from_word(scheme)?;
    let signature = Signature::from_signer(scheme, signature)?;
    Ok(match py.detach(|| message::verify_login(scheme, &hotkey.0, text, &signature))? {
        message::Wrapping::Plain => "plain",
        _ => "bytes",
    })
}

/// When to refresh a session. Times are Unix ns on the server's clock.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct RefreshSchedule(Mutex<session::RefreshSchedule>);

#[pymethods]
impl RefreshSchedule {
    #[new]
    #[pyo3(signature = (issued_at, expires_at, refresh_expires_at, *, jitter = None))]
    fn new(issued_at: u64, expires_at: u64, refresh_expires_at: u64, jitter: Option<u64>) -> Self {
        let times = SessionTimes {
            issued_at: instant(issued_at),
            expires_at: instant(expires_at),
            refresh_expires_at: instant(refresh_expires_at),
        };
        Self(Mutex::new(session::RefreshSchedule::new(times, jitter.unwrap_or_else(random))))
    }

    /// `("wait", until)`, `("refresh", None)` or `("log_in", None)`.
    fn next(&self, now: u64) -> (&'static str, Option<u64>) {
        match self.lock().next(instant(now)) {
            Step::Wait(until) => ("wait", Some(until.as_nanos())),
            Step::Refresh => ("refresh", None),
            _ => ("log_in", None),
        }
    }

    /// Whether the session token still works.
    fn is_usable(&self, now: u64) -> bool {
        self.lock().is_usable(instant(now))
    }

    /// A refresh failed for a reason that may pass; `retry_after` in seconds if the server asked for it.
    #[pyo3(signature = (now, *, retry_after = None, jitter = None))]
    fn failed(&self, now: u64, retry_after: Option<f64>, jitter: Option<u64>) -> Result<(), Failure> {
        let asked: Option<Duration> = retry_after.map(|value| seconds("retry_after", value)).transpose()?;
        self.lock().failed(RefreshFailure::Passing(asked), instant(now), jitter.unwrap_or_else(random));
        Ok(())
    }

    /// The server said that the session is over.
    fn ended(&self, now: u64) {
        self.lock().failed(RefreshFailure::Ended, instant(now), 0);
    }
}

impl RefreshSchedule {
    fn lock(&self) -> std::sync::MutexGuard<'_, session::RefreshSchedule> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
