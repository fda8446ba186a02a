//! The server's side of signed requests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::{HEADER_NAMES, SignedHeaders};
use bittensor_auth::key::Hotkey;
use bittensor_auth::message::BodyHasher;
use bittensor_auth::replay::Namespace;
use bittensor_auth::request::{self, Admitted, CheckedHead, Verified, Via};
use bittensor_auth::target::{Method, RequestTarget};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::convert::{header_bytes, header_pair, instant, window};
use crate::error::Failure;
use crate::keys;
use crate::policy::{self, Facts, Policy, parse_all};
use crate::store::{Claim, MemoryStore, Outcome};

/// Which hotkey is calling.
#[pyclass(frozen, module = "bittensor_auth", eq, hash)]
#[derive(PartialEq, Hash)]
pub(crate) struct Caller(pub(crate) request::Caller);

#[pymethods]
impl Caller {
    /// The caller's canonical SS58 address (prefix 42).
    #[getter]
    fn hotkey(&self) -> String {
        self.0.hotkey().to_ss58()
    }

    /// The caller's 32-byte public key. Key all state by this.
    #[getter]
    fn public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.hotkey().as_bytes())
    }

    /// `"sr25519"` or `"ed25519"`.
    #[getter]
    fn scheme(&self) -> &'static str {
        self.0.scheme().as_str()
    }

    /// How the hotkey was proved: `"signature"` over this request, or `"session"`.
    #[getter]
    fn via(&self) -> &'static str {
        match self.0.via() {
            Via::Session { .. } => "session",
            _ => "signature",
        }
    }

    /// When this request was signed, in Unix nanoseconds; `None` for a session.
    #[getter]
    fn signed_at_ns(&self) -> Option<u64> {
        match self.0.via() {
            Via::Signature { signed_at } => Some(signed_at.as_nanos()),
            _ => None,
        }
    }

    /// The first eight hex digits of the session's name, for logs; `None` for a signed request.
    #[getter]
    fn session_id(&self) -> Option<String> {
        match self.0.via() {
            Via::Session { family } => Some(family.short()),
            _ => None,
        }
    }

    /// The roles that the policy gave for this request, in its order.
    #[getter]
    fn roles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        policy::role_names(py, self.0.roles())
    }

    fn __repr__(&self) -> String {
        format!("Caller(hotkey='{}', scheme='{}', via='{}')", self.hotkey(), self.scheme(), self.via())
    }
}

/// Whether any of the headers, pairs of name and value, claims to be a btauth/1 credential.
#[pyfunction]
pub(crate) fn is_signed(headers: &Bound<'_, PyAny>) -> PyResult<bool> {
    for pair in headers.try_iter()? {
        let (name, _) = header_pair(&pair?)?;
        if SignedHeaders::are_present([header_bytes(&name)?]) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Checks signed requests for one service.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Verifier(pub(crate) request::Verifier);

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (receivers, *, max_age, allowed_skew, body_budget, schemes, namespace, body_limit, unbound))]
    #[expect(clippy::too_many_arguments, reason = "keyword-only settings, called from one place")]
    fn new(
        receivers: Vec<String>,
        max_age: Option<f64>,
        allowed_skew: Option<f64>,
        body_budget: Option<f64>,
        schemes: Option<Vec<String>>,
        namespace: Option<String>,
        body_limit: Option<u64>,
        unbound: &str,
    ) -> Result<Self, Failure> {
        let receivers = parse_all(&receivers)?;
        let Some((first, others)) = receivers.split_first() else {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("receiver: expected this service's hotkey")
                .into());
        };
        let mut verifier = request::Verifier::new(*first)
            .with_window(window(max_age, allowed_skew, body_budget)?)
            .with_schemes(crate::convert::schemes(schemes)?);
        for &other in others {
            verifier = verifier.also_for(other);
        }
        if let Some(namespace) = namespace {
            verifier = verifier.with_namespace(Namespace::new(&namespace)?);
        }
        if let Some(limit) = body_limit {
            verifier = verifier.with_body_limit(limit);
        }
        Ok(Self(if unbound == "dangerous" { verifier.dangerous_accept_unbound() } else { verifier }))
    }

    /// The namespace of claims and sessions.
    #[getter]
    fn namespace(&self) -> &str {
        self.0.namespace().as_str()
    }

    /// How long after its signing a request may still be claimed, in seconds: no body is waited for longer.
    #[getter]
    fn claimable_seconds(&self) -> f64 {
        self.0.window().longest_age().as_secs_f64()
    }

    /// Checks everything that needs no body. `headers`: pairs of name and value, `bytes` or `str`.
    fn check_head(&self, headers: &Bound<'_, PyAny>, now: u64) -> PyResult<Head> {
        let mut relevant = Vec::with_capacity(6);
        for pair in headers.try_iter()? {
            let (name, value) = header_pair(&pair?)?;
            if SignedHeaders::are_present([header_bytes(&name)?]) {
                relevant.push((name, value));
            }
        }
        let mut pairs = Vec::with_capacity(relevant.len());
        for (name, value) in &relevant {
            pairs.push((header_bytes(name)?, header_bytes(value)?));
        }
        let now = instant(now);
        let parsed = SignedHeaders::parse(pairs).map_err(Failure::from)?;
        let head = self.0.check_head(&parsed, now).map_err(|error| Failure::at(error, now))?;
        Ok(Head(Mutex::new(Some((parsed, head, self.0.body_hasher())))))
    }
}

/// Headers that hold; the body follows piece by piece.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Head(Mutex<Option<(SignedHeaders, CheckedHead, BodyHasher)>>);

#[pymethods]
impl Head {
    /// Takes the next piece of the body; raises `payload_too_large` past the limit.
    fn update(&self, piece: &[u8]) -> Result<(), Failure> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.as_mut().map_or(Ok(()), |(_, _, hasher)| Ok(hasher.update(piece)?))
    }

    /// Checks the signature over the method, the target as received and every piece taken. Works once.
    fn verify(
        &self,
        py: Python<'_>,
        method: &str,
        prefix: &[u8],
        raw_path: &[u8],
        query: &[u8],
    ) -> Result<Pending, Failure> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (headers, head, hasher) = taken.ok_or(ErrorCode::ReplayedRequest)?;
        let method = Method::parse(method)?;
        let target = RequestTarget::from_asgi_behind(prefix, raw_path, query)?;
        let verified = py.detach(|| head.verify(&method, &target, hasher.finish()))?;
        Ok(Pending { state: Mutex::new(State::Verified(verified)), headers })
    }
}

/// A verified request on its way through policy and replay claim.
#[pyclass(frozen, module = "bittensor_auth._core")]
pub(crate) struct Pending {
    state: Mutex<State>,
    headers: SignedHeaders,
}

enum State {
    Admitted(Admitted),
    Spent,
    Verified(Verified),
}

#[pymethods]
impl Pending {
    /// Whose signature holds. Only for a registry that has to read the hotkey: a caller it becomes by `settle`.
    fn sender(&self) -> Result<keys::Hotkey, Failure> {
        let sender = self.headers.to_pairs().into_iter().find(|(name, _)| *name == HEADER_NAMES[1]);
        let (_, address) = sender.ok_or(ErrorCode::MalformedHotkey)?;
        Ok(keys::Hotkey(Hotkey::from_ss58(&address)?))
    }

    /// Asks the policy, then returns the claim to make in a store.
    #[pyo3(signature = (policy, now, facts = None))]
    fn claim(&self, policy: &Policy, now: u64, facts: Option<&Facts>) -> Result<Claim, Failure> {
        let admitted = self.admit(policy, facts, now)?;
        let now = instant(now);
        let claim = admitted.claim(now).map_err(|error| Failure::at(error, now))?;
        *self.lock() = State::Admitted(admitted);
        Ok(Claim(claim))
    }

    /// The caller, if the store said that the claim was the first.
    fn settle(&self, outcome: &Outcome, now: u64) -> Result<Caller, Failure> {
        let State::Admitted(admitted) = self.take() else { return Err(ErrorCode::ReplayedRequest.into()) };
        Ok(Caller(admitted.claimed(outcome.0).map_err(|error| Failure::at(error, instant(now)))?))
    }

    /// Policy, claim and caller in one call, for the store of this process.
    #[pyo3(signature = (policy, store, now, facts = None))]
    fn settle_in_memory(
        &self,
        policy: &Policy,
        store: &MemoryStore,
        now: u64,
        facts: Option<&Facts>,
    ) -> Result<Caller, Failure> {
        let admitted = self.admit(policy, facts, now)?;
        let now = instant(now);
        let settle = || {
            let claim = admitted.claim(now)?;
            let outcome = store.guard.claim(&claim, now);
            admitted.claimed(outcome)
        };
        Ok(Caller(settle().map_err(|error| Failure::at(error, now))?))
    }
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> State {
        std::mem::replace(&mut *self.lock(), State::Spent)
    }

    /// A request can be admitted once: afterwards it is a caller, or refused.
    fn admit(&self, policy: &Policy, facts: Option<&Facts>, now: u64) -> Result<Admitted, Failure> {
        let State::Verified(verified) = self.take() else { return Err(ErrorCode::ReplayedRequest.into()) };
        Ok(policy::with(facts, now, |facts| policy.0.admit_with(verified, facts))?)
    }
}
