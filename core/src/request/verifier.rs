//! The checks of a signed request, in the order of `spec/02 §5`.

use super::caller::{Caller, Verified, Via};
use crate::error::{Error, ErrorCode};
use crate::header::SignedHeaders;
use crate::key::{AcceptedSchemes, Address, Hotkey, KnownKeys, Scheme, Signature};
use crate::message::{BodyHash, BodyHasher, RequestMessage};
use crate::nonce::Nonce;
use crate::replay::{Namespace, ReplayClaim};
use crate::target::{Method, RequestTarget};
use crate::time::{UnixNanos, Window};

/// Decides whether a request was signed by the hotkey it names, for this service, now. Built once.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// Never empty.
    receivers: Vec<Address>,
    unbound: Unbound,
    namespace: Namespace,
    schemes: AcceptedSchemes,
    window: Window,
    body_limit: u64,
    known: KnownKeys,
}

/// What happens to a request that names no receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unbound {
    Accepted,
    Refused,
}

impl Verifier {
    /// The default body limit: 1 MiB.
    pub const DEFAULT_BODY_LIMIT: u64 = 1 << 20;

    /// A verifier for the service that answers as `receiver`: sr25519 only, 10 s back, 2 s ahead, bodies to 1 MiB.
    #[must_use]
    pub fn new(receiver: Hotkey) -> Self {
        Self {
            receivers: vec![receiver.into()],
            unbound: Unbound::Refused,
            namespace: Namespace::for_receiver(&receiver),
            schemes: AcceptedSchemes::SR25519,
            window: Window::BTAUTH,
            body_limit: Self::DEFAULT_BODY_LIMIT,
            known: KnownKeys::new(),
        }
    }

    /// Accepts requests bound to nobody too. Whoever receives such a request can pass it on to any other service that
    /// accepts unbound requests, for as long as it is fresh.
    #[must_use]
    pub const fn dangerous_accept_unbound(mut self) -> Self {
        self.unbound = Unbound::Accepted;
        self
    }

    /// Answers as `receiver` too, as while a service moves from one hotkey to another.
    #[must_use]
    pub fn also_for(mut self, receiver: Hotkey) -> Self {
        self.receivers.push(receiver.into());
        self
    }

    /// Sets how old and how far ahead a request may be.
    #[must_use]
    pub const fn with_window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// Sets the accepted schemes. The request never chooses among more than these.
    #[must_use]
    pub const fn with_schemes(mut self, schemes: AcceptedSchemes) -> Self {
        self.schemes = schemes;
        self
    }

    /// Sets the namespace of replay claims; the default is made from the receiver.
    #[must_use]
    pub const fn with_namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = namespace;
        self
    }

    /// Sets the largest body in bytes.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The window.
    #[must_use]
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// The namespace of replay claims.
    #[must_use]
    pub const fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The accepted schemes.
    #[must_use]
    pub const fn schemes(&self) -> AcceptedSchemes {
        self.schemes
    }

    /// A hasher that stops at the body limit.
    #[must_use]
    pub fn body_hasher(&self) -> BodyHasher {
        BodyHasher::new(self.body_limit)
    }

    /// Everything that can be checked before the body is read: scheme, receiver, freshness, the sender's spelling.
    ///
    /// # Errors
    /// `scheme_not_accepted`, `unbound_request`, `wrong_receiver`, `stale_request` or `malformed_hotkey`.
    pub fn check_head(&self, headers: &SignedHeaders, now: UnixNanos) -> Result<CheckedHead, Error> {
        self.schemes.check(headers.scheme)?;
        let receiver = self.check_receiver(headers.receiver.as_deref())?;
        self.window.check(headers.nonce.signed_at(), now)?;
        Ok(CheckedHead {
            scheme: headers.scheme,
            sender: Address::from_ss58(&headers.sender)?,
            receiver,
            nonce: headers.nonce,
            signature: headers.signature,
            namespace: self.namespace,
            window: self.window,
            known: self.known.clone(),
        })
    }

    /// The whole check for hosts that hold the body already.
    ///
    /// # Errors
    /// What [`Verifier::check_head`] and [`CheckedHead::verify`] return.
    pub fn verify(
        &self,
        headers: &SignedHeaders,
        method: &Method,
        target: &RequestTarget,
        body: BodyHash,
        now: UnixNanos,
    ) -> Result<Verified, Error> {
        self.check_head(headers, now)?.verify(method, target, body)
    }

    fn check_receiver(&self, named: Option<&str>) -> Result<Option<Address>, Error> {
        match (named, self.unbound) {
            (None, Unbound::Accepted) => Ok(None),
            (None, Unbound::Refused) => Err(ErrorCode::UnboundRequest.into()),
            (Some(named), _) => {
                let own = self.receivers.iter().find(|own| own.as_str() == named);
                own.copied().map(Some).ok_or_else(|| self.wrong_receiver())
            }
        }
    }

    /// The receiver is public, so the message may say whom to sign for.
    fn wrong_receiver(&self) -> Error {
        let own = self.receivers[0].as_str();
        Error::new(ErrorCode::WrongReceiver)
            .detail(format!("X-Bittensor-Receiver: expected this service's hotkey, {own}"))
    }
}

/// A request whose headers hold; body and signature are still to check.
#[derive(Debug)]
#[must_use = "the signature is not checked yet"]
pub struct CheckedHead {
    scheme: Scheme,
    sender: Address,
    receiver: Option<Address>,
    nonce: Nonce,
    signature: Signature,
    namespace: Namespace,
    window: Window,
    known: KnownKeys,
}

impl CheckedHead {
    /// Checks the signature over what was *received*: one scheme, one form, never wrapped.
    ///
    /// # Errors
    /// `weak_key` or `bad_signature`.
    pub fn verify(self, method: &Method, target: &RequestTarget, body: BodyHash) -> Result<Verified, Error> {
        let message = RequestMessage {
            scheme: self.scheme,
            method,
            target,
            body,
            nonce: self.nonce,
            sender: &self.sender,
            receiver: self.receiver.as_ref(),
        };
        let hotkey = self.sender.hotkey();
        self.known.verify(self.scheme, &hotkey, &message.to_bytes(), &self.signature)?;
        let signed_at = self.nonce.signed_at();
        Ok(Verified {
            caller: Caller::new(hotkey, self.scheme, Via::Signature { signed_at }),
            signed_at,
            claim: ReplayClaim::for_request(&self.namespace, &hotkey, signed_at, &self.window),
            window: self.window,
            known: self.known,
        })
    }
}
