//! The server's side of signed requests.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::SignedHeaders;
use bittensor_auth::message::BodyHasher;
use bittensor_auth::policy;
use bittensor_auth::replay::Namespace;
use bittensor_auth::request::{self, Admitted, CheckedHead, Verified, Via};
use bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth::time::UnixNanos;
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;

use crate::convert::{instant, optional_duration, unsigned};
use crate::failure::Failure;
use crate::settings::{hotkeys, schemes, window};
use crate::store::{Claim, MemoryStore, Outcome};
use crate::text::pairs;

/// Address, scheme, how it was proved, and the signed time in ns or the session's short name.
pub(crate) fn fields(caller: &request::Caller) -> Vec<String> {
    let (via, mark) = match caller.via() {
        Via::Session { family } => ("session", family.short()),
        Via::Signature { signed_at } => ("signature", signed_at.as_nanos().to_string()),
        _ => ("", String::new()),
    };
    vec![caller.hotkey().to_ss58(), caller.scheme().to_string(), via.into(), mark]
}

#[napi]
pub struct Policy(pub(crate) policy::Policy);

#[napi]
impl Policy {
    #[napi(factory)]
    pub fn any_hotkey() -> Self {
        Self(policy::Policy::any_hotkey())
    }

    #[napi(factory)]
    pub fn hotkeys(addresses: Vec<String>) -> Result<Self, Failure> {
        Ok(Self(policy::Policy::hotkeys(hotkeys(&addresses)?)))
    }

    #[napi]
    pub fn deny(&self, addresses: Vec<String>) -> Result<Policy, Failure> {
        Ok(Self(self.0.clone().deny(hotkeys(&addresses)?)))
    }
}

#[napi]
pub fn is_signed(names: Vec<String>) -> bool {
    SignedHeaders::are_present(names)
}

#[napi]
pub struct Verifier(pub(crate) request::Verifier);

#[napi]
impl Verifier {
    #[napi(constructor)]
    pub fn new(
        receivers: Vec<String>,
        max_age: Option<BigInt>,
        allowed_skew: Option<BigInt>,
        body_budget: Option<BigInt>,
        accepted_schemes: Option<Vec<String>>,
        namespace: Option<String>,
        body_limit: Option<BigInt>,
        unbound: String,
    ) -> Result<Self, Failure> {
        let receivers = hotkeys(&receivers)?;
        let Some((first, others)) = receivers.split_first() else {
            let missing = "receiver: expected this service's hotkey";
            return Err(Error::new(ErrorCode::InvalidConfiguration).detail(missing).into());
        };
        let [max_age, skew] = [optional_duration(max_age)?, optional_duration(allowed_skew)?];
        let mut verifier = request::Verifier::new(*first)
            .with_window(window(max_age, skew, optional_duration(body_budget)?)?)
            .with_schemes(schemes(accepted_schemes)?);
        verifier = others.iter().fold(verifier, |verifier, &other| verifier.also_for(other));
        if let Some(namespace) = namespace {
            verifier = verifier.with_namespace(Namespace::new(&namespace)?);
        }
        if let Some(limit) = body_limit {
            verifier = verifier.with_body_limit(unsigned(limit)?);
        }
        Ok(Self(if unbound == "dangerous" { verifier.dangerous_accept_unbound() } else { verifier }))
    }

    #[napi]
    pub fn namespace(&self) -> String {
        self.0.namespace().as_str().into()
    }

    #[napi]
    pub fn longest_age(&self) -> BigInt {
        u64::try_from(self.0.window().longest_age().as_nanos()).unwrap_or(u64::MAX).into()
    }

    #[napi(catch_unwind)]
    pub fn check_head(&self, headers: Vec<String>, now: BigInt) -> Result<Head, Failure> {
        Ok(Head(Some(self.head(&headers, instant(now)?)?)))
    }

    #[napi(catch_unwind)]
    pub fn verify_in_memory(
        &self,
        headers: Vec<String>,
        method: String,
        target: String,
        body: &[u8],
        policy: &Policy,
        store: &MemoryStore,
        now: BigInt,
    ) -> Result<Vec<String>, Failure> {
        let now = instant(now)?;
        let (head, mut hasher) = self.head(&headers, now)?;
        hasher.update(body)?;
        State::Verified(verify(head, hasher, &method, "", &target, "")?).settle(policy, store, now)
    }
}

impl Verifier {
    fn head(&self, headers: &[String], now: UnixNanos) -> Result<(CheckedHead, BodyHasher), Failure> {
        let parsed = SignedHeaders::parse(pairs(headers))?;
        let head = self.0.check_head(&parsed, now).map_err(|error| Failure::at(error, now))?;
        Ok((head, self.0.body_hasher()))
    }
}

fn verify(
    head: CheckedHead,
    hasher: BodyHasher,
    method: &str,
    prefix: &str,
    path: &str,
    query: &str,
) -> Result<Verified, Failure> {
    let method = Method::parse(method)?;
    let target = RequestTarget::from_asgi_behind(prefix.as_bytes(), path.as_bytes(), query.as_bytes())?;
    Ok(head.verify(&method, &target, hasher.finish())?)
}

/// Headers that hold; the body follows piece by piece. Nothing once the signature was looked at.
#[napi]
pub struct Head(Option<(CheckedHead, BodyHasher)>);

#[napi]
impl Head {
    #[napi(catch_unwind)]
    pub fn update(&mut self, piece: &[u8]) -> Result<(), Failure> {
        let (_, hasher) = self.0.as_mut().ok_or(ErrorCode::ReplayedRequest)?;
        Ok(hasher.update(piece)?)
    }

    #[napi(catch_unwind)]
    pub fn verify(&mut self, method: String, prefix: String, path: String, query: String) -> Result<Pending, Failure> {
        let (head, hasher) = self.0.take().ok_or(ErrorCode::ReplayedRequest)?;
        Ok(Pending(State::Verified(verify(head, hasher, &method, &prefix, &path, &query)?)))
    }
}

/// A verified request on its way through policy and replay claim.
#[napi]
pub struct Pending(State);

enum State {
    Admitted(Admitted),
    Spent,
    Verified(Verified),
}

#[napi]
impl Pending {
    #[napi(catch_unwind)]
    pub fn claim(&mut self, policy: &Policy, now: BigInt) -> Result<Claim, Failure> {
        self.0.claim(policy, instant(now)?)
    }

    #[napi(catch_unwind)]
    pub fn settle(&mut self, outcome: &Outcome, now: BigInt) -> Result<Vec<String>, Failure> {
        self.0.claimed(outcome, instant(now)?)
    }

    #[napi(catch_unwind)]
    pub fn settle_in_memory(
        &mut self,
        policy: &Policy,
        store: &MemoryStore,
        now: BigInt,
    ) -> Result<Vec<String>, Failure> {
        self.0.settle(policy, store, instant(now)?)
    }
}

impl State {
    fn claim(&mut self, policy: &Policy, now: UnixNanos) -> Result<Claim, Failure> {
        let Self::Verified(verified) = std::mem::replace(self, Self::Spent) else {
            return Err(ErrorCode::ReplayedRequest.into());
        };
        let admitted = policy.0.admit(verified)?;
        let claim = admitted.claim(now).map_err(|error| Failure::at(error, now))?;
        *self = Self::Admitted(admitted);
        Ok(Claim(claim))
    }

    /// A request can be claimed once: afterwards it is a caller, or refused.
    fn claimed(&mut self, outcome: &Outcome, now: UnixNanos) -> Result<Vec<String>, Failure> {
        let Self::Admitted(admitted) = std::mem::replace(self, Self::Spent) else {
            return Err(ErrorCode::ReplayedRequest.into());
        };
        Ok(fields(&admitted.claimed(outcome.0).map_err(|error| Failure::at(error, now))?))
    }

    fn settle(&mut self, policy: &Policy, store: &MemoryStore, now: UnixNanos) -> Result<Vec<String>, Failure> {
        let claim = self.claim(policy, now)?;
        self.claimed(&store.outcome(&claim, now), now)
    }
}
