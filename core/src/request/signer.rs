//! Signing requests: the bytes, the nonces and the one bounded clock correction (`spec/02 §6`).

use std::time::Duration;

use crate::error::{Error, ErrorCode};
use crate::header::SignedHeaders;
use crate::key::{Address, Hotkey, Scheme, Signature, SigningKey, check_signer};
use crate::message::{BodyHash, RequestMessage};
use crate::nonce::{Entropy, Nonce, NonceSource};
use crate::target::{Method, RequestTarget};
use crate::time::UnixNanos;

/// How far the local clock is from a server's, as that server's answers said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockOffset {
    ahead: Duration,
    behind: Duration,
}

impl ClockOffset {
    /// The largest correction that is made; a clock that is further off needs its operator.
    pub const LIMIT: Duration = Duration::from_secs(15 * 60);

    /// The offset of a server whose clock reads `server` when ours reads `local`.
    ///
    /// # Errors
    /// [`ErrorCode::StaleRequest`] beyond [`ClockOffset::LIMIT`].
    pub fn between(server: UnixNanos, local: UnixNanos) -> Result<Self, Error> {
        let offset = Self { ahead: server.since(local), behind: local.since(server) };
        if offset.ahead.max(offset.behind) > Self::LIMIT {
            return Err(Error::new(ErrorCode::StaleRequest)
                .detail("this clock and the server's differ by more than 15 minutes: expected a synchronised clock"));
        }
        Ok(offset)
    }

    /// The server's time when the local clock reads `local`.
    #[must_use]
    pub const fn apply(&self, local: UnixNanos) -> UnixNanos {
        local.plus(self.ahead).minus(self.behind)
    }
}

/// Makes the headers for one sender and one receiver. Owns its nonces: every call signs a different message.
#[derive(Debug)]
pub struct RequestSigner {
    scheme: Scheme,
    sender: Address,
    receiver: Option<Address>,
    nonces: NonceSource,
}

impl RequestSigner {
    /// A signer of requests from `sender` to the service that answers as `receiver`.
    #[must_use]
    pub fn new(scheme: Scheme, sender: Hotkey, receiver: Hotkey) -> Self {
        Self { receiver: Some(receiver.into()), ..Self::dangerous_unbound(scheme, sender) }
    }

    /// A signer of requests bound to nobody, which whoever receives them can pass on.
    #[must_use]
    pub fn dangerous_unbound(scheme: Scheme, sender: Hotkey) -> Self {
        Self { scheme, sender: sender.into(), receiver: None, nonces: NonceSource::default() }
    }

    /// The bytes that the key must sign for one attempt. A retry calls this again: it needs a new nonce.
    pub fn prepare(
        &mut self,
        method: &Method,
        target: &RequestTarget,
        body: BodyHash,
        now: UnixNanos,
        entropy: &mut dyn Entropy,
    ) -> UnsignedRequest {
        let nonce = self.nonces.next(now, entropy);
        self.prepare_with_nonce(method, target, body, nonce)
    }

    /// The same with a nonce of the caller's, for vectors and for callers that keep their own.
    #[must_use]
    pub fn prepare_with_nonce(
        &self,
        method: &Method,
        target: &RequestTarget,
        body: BodyHash,
        nonce: Nonce,
    ) -> UnsignedRequest {
        let (sender, receiver, scheme) = (self.sender, self.receiver, self.scheme);
        let message =
            RequestMessage { scheme, method, target, body, nonce, sender: &sender, receiver: receiver.as_ref() };
        UnsignedRequest { message: message.to_bytes(), scheme, sender, receiver, nonce }
    }
}

/// One attempt, waiting for its signature.
#[derive(Debug)]
pub struct UnsignedRequest {
    message: Vec<u8>,
    scheme: Scheme,
    sender: Address,
    receiver: Option<Address>,
    nonce: Nonce,
}

impl UnsignedRequest {
    /// The bytes to sign: no hash, no wrapper.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The headers, with a signature of a key that this process holds.
    #[must_use]
    pub fn sign(self, key: &SigningKey, entropy: &mut dyn Entropy) -> SignedHeaders {
        let signature = key.sign(&self.message, entropy);
        self.finish(signature)
    }

    /// The headers, with a signature that an external signer returned and that is checked first.
    ///
    /// # Errors
    /// [`ErrorCode::SignerFailed`] when it is no signature of the sender over [`UnsignedRequest::message`].
    pub fn finish_checked(self, signature: Signature) -> Result<SignedHeaders, Error> {
        check_signer(self.scheme, &self.sender.hotkey(), &self.message, &signature)?;
        Ok(self.finish(signature))
    }

    /// The headers, with a signature of a signer that was checked before.
    #[must_use]
    pub fn finish(self, signature: Signature) -> SignedHeaders {
        SignedHeaders::new(self.scheme, &self.sender, self.receiver.as_ref(), self.nonce, signature)
    }
}
