//! The server's side of signed requests.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::SignedHeaders;
use bittensor_auth::message::BodyHasher;
use bittensor_auth::policy;
use bittensor_auth::replay::Namespace;
use bittensor_auth::request::{self, Admitted, CheckedHead, Verified, Via};
use bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth::time::UnixNanos;
use wasm_bindgen::prelude::wasm_bindgen;

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

#[wasm_bindgen]
pub struct Policy(pub(crate) policy::Policy);

#[wasm_bindgen]
impl Policy {
    #[wasm_bindgen(js_name = anyHotkey)]
    pub fn any_hotkey() -> Self {
        Self(policy::Policy::any_hotkey())
    }

    pub fn hotkeys(addresses: Vec<String>) -> Result<Self, Failure> {
        Ok(Self(policy::Policy::hotkeys(hotkeys(&addresses)?)))
    }

    pub fn deny(&self, addresses: Vec<String>) -> Result<Self, Failure> {
        Ok(Self(self.0.clone().deny(hotkeys(&addresses)?)))
    }
}

#[wasm_bindgen(js_name = isSigned)]
pub fn is_signed(names: Vec<String>) -> bool {
    SignedHeaders::are_present(names)
}

#[wasm_bindgen]
pub struct Verifier(pub(crate) request::Verifier);

#[wasm_bindgen]
impl Verifier {
    #[wasm_bindgen(constructor)]
    #[expect(clippy::too_many_arguments, reason = "settings, called from one place")]
    pub fn new(
        receivers: Vec<String>,
        max_age: Option<u64>,
        allowed_skew: Option<u64>,
        body_budget: Option<u64>,
        schemes_accepted: Option<Vec<String>>,
        namespace: Option<String>,
        body_limit: Option<u64>,
        unbound: &str,
    ) -> Result<Self, Failure> {
        let receivers = hotkeys(&receivers)?;
        let Some((first, others)) = receivers.split_first() else {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("receiver: expected this service's hotkey")
                .into());
        };
        let mut verifier = request::Verifier::new(*first)
            .with_window(window(max_age, allowed_skew, body_budget)?)
            .with_schemes(schemes(schemes_accepted)?);
        verifier = others.iter().fold(verifier, |verifier, &other| verifier.also_for(other));
        if let Some(namespace) = namespace {
            verifier = verifier.with_namespace(Namespace::new(&namespace)?);
        }
        if let Some(limit) = body_limit {
            verifier = verifier.with_body_limit(limit);
        }
        Ok(Self(if unbound == "dangerous" { verifier.dangerous_accept_unbound() } else { verifier }))
    }

    pub fn namespace(&self) -> String {
        self.0.namespace().as_str().into()
    }

    #[wasm_bindgen(js_name = longestAge)]
    pub fn longest_age(&self) -> u64 {
        u64::try_from(self.0.window().longest_age().as_nanos()).unwrap_or(u64::MAX)
    }

    #[wasm_bindgen(js_name = checkHead)]
    pub fn check_head(&self, headers: Vec<String>, now: u64) -> Result<Head, Failure> {
        self.head(&headers, UnixNanos::from_nanos(now))
    }

    #[wasm_bindgen(js_name = verifyInMemory)]
    #[expect(clippy::too_many_arguments, reason = "the fields of one request")]
    pub fn verify_in_memory(
        &self,
        headers: Vec<String>,
        method: &str,
        target: &str,
        body: &[u8],
        policy: &Policy,
        store: &MemoryStore,
        now: u64,
    ) -> Result<Vec<String>, Failure> {
        let mut head = self.head(&headers, UnixNanos::from_nanos(now))?;
        head.update(body)?;
        head.verify(method, "", target, "")?.settle_in_memory(policy, store, now)
    }
}

impl Verifier {
    fn head(&self, headers: &[String], now: UnixNanos) -> Result<Head, Failure> {
        let parsed = SignedHeaders::parse(pairs(headers))?;
        let head = self.0.check_head(&parsed, now).map_err(|error| Failure::at(error, now))?;
        Ok(Head { head, hasher: self.0.body_hasher() })
    }
}

/// Headers that hold; the body follows piece by piece.
#[wasm_bindgen]
pub struct Head {
    head: CheckedHead,
    hasher: BodyHasher,
}

#[wasm_bindgen]
impl Head {
    pub fn update(&mut self, piece: &[u8]) -> Result<(), Failure> {
        Ok(self.hasher.update(piece)?)
    }

    pub fn verify(self, method: &str, prefix: &str, path: &str, query: &str) -> Result<Pending, Failure> {
        let method = Method::parse(method)?;
        let target = RequestTarget::from_asgi_behind(prefix.as_bytes(), path.as_bytes(), query.as_bytes())?;
        Ok(Pending(State::Verified(self.head.verify(&method, &target, self.hasher.finish())?)))
    }
}

/// A verified request on its way through policy and replay claim.
#[wasm_bindgen]
pub struct Pending(State);

enum State {
    Admitted(Admitted),
    Spent,
    Verified(Verified),
}

#[wasm_bindgen]
impl Pending {
    pub fn claim(&mut self, policy: &Policy, now: u64) -> Result<Claim, Failure> {
        let now = UnixNanos::from_nanos(now);
        let admitted = self.admit(policy)?;
        let claim = admitted.claim(now).map_err(|error| Failure::at(error, now))?;
        self.0 = State::Admitted(admitted);
        Ok(Claim(claim))
    }

    pub fn settle(self, outcome: Outcome, now: u64) -> Result<Vec<String>, Failure> {
        let State::Admitted(admitted) = self.0 else { return Err(ErrorCode::ReplayedRequest.into()) };
        let settled = admitted.claimed(outcome.0);
        Ok(fields(&settled.map_err(|error| Failure::at(error, UnixNanos::from_nanos(now)))?))
    }

    #[wasm_bindgen(js_name = settleInMemory)]
    pub fn settle_in_memory(mut self, policy: &Policy, store: &MemoryStore, now: u64) -> Result<Vec<String>, Failure> {
        let claim = self.claim(policy, now)?;
        self.settle(store.claim(claim, now), now)
    }
}

impl Pending {
    /// A request can be admitted once: afterwards it is a caller, or refused.
    fn admit(&mut self, policy: &Policy) -> Result<Admitted, Failure> {
        let State::Verified(verified) = std::mem::replace(&mut self.0, State::Spent) else {
            return Err(ErrorCode::ReplayedRequest.into());
        };
        Ok(policy.0.admit(verified)?)
    }
}
