//! Signing requests.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::SignedHeaders;
use bittensor_auth::key::{Hotkey, Scheme, Signature};
use bittensor_auth::message::BodyHash;
use bittensor_auth::nonce::{Entropy, Nonce};
use bittensor_auth::request::{self, UnsignedRequest};
use bittensor_auth::target::{Method, RequestTarget};
use napi::bindgen_prelude::{BigInt, Uint8Array};
use napi_derive::napi;

use crate::convert::{instant, unsigned};
use crate::failure::Failure;
use crate::keys::Keypair;
use crate::text::flat;

/// Random bytes that the host drew for one call. What is made from too few of them is thrown away.
pub(crate) struct Drawn<'a> {
    left: &'a [u8],
    short: bool,
}

impl<'a> Drawn<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, short: false }
    }

    /// What was made, unless the bytes did not suffice.
    pub(crate) fn enough<T>(&self, made: T) -> Result<T, Failure> {
        if self.short {
            return Err(Error::new(ErrorCode::InvalidConfiguration).detail("entropy: expected more bytes").into());
        }
        Ok(made)
    }
}

impl Entropy for Drawn<'_> {
    fn fill(&mut self, bytes: &mut [u8]) {
        match self.left.split_at_checked(bytes.len()) {
            Some((drawn, left)) => {
                bytes.copy_from_slice(drawn);
                self.left = left;
            }
            None => self.short = true,
        }
    }
}

#[napi]
pub struct RequestSigner(request::RequestSigner);

#[napi]
impl RequestSigner {
    #[napi(constructor)]
    pub fn new(scheme: String, sender: String, receiver: Option<String>) -> Result<Self, Failure> {
        let (scheme, sender) = (Scheme::from_word(&scheme)?, Hotkey::from_ss58(&sender)?);
        Ok(Self(match receiver {
            Some(receiver) => request::RequestSigner::new(scheme, sender, Hotkey::from_ss58(&receiver)?),
            None => request::RequestSigner::dangerous_unbound(scheme, sender),
        }))
    }

    #[napi]
    pub fn prepare(
        &mut self,
        method: String,
        target: String,
        body: &[u8],
        now: BigInt,
        entropy: &[u8],
        nonce: Option<BigInt>,
    ) -> Result<Unsigned, Failure> {
        let mut drawn = Drawn::new(entropy);
        let unsigned = self.unsigned(&method, &target, body, now, &mut drawn, nonce)?;
        drawn.enough(Unsigned(Some(unsigned)))
    }

    #[napi]
    pub fn sign(
        &mut self,
        keypair: &Keypair,
        method: String,
        target: String,
        body: &[u8],
        now: BigInt,
        entropy: &[u8],
        nonce: Option<BigInt>,
    ) -> Result<Vec<String>, Failure> {
        let mut drawn = Drawn::new(entropy);
        let unsigned = self.unsigned(&method, &target, body, now, &mut drawn, nonce)?;
        let headers = unsigned.sign(&keypair.0, &mut drawn);
        drawn.enough(flat(&headers))
    }
}

impl RequestSigner {
    fn unsigned(
        &mut self,
        method: &str,
        target: &str,
        body: &[u8],
        now: BigInt,
        drawn: &mut Drawn<'_>,
        nonce: Option<BigInt>,
    ) -> Result<UnsignedRequest, Failure> {
        let method = Method::parse(method)?;
        let target = RequestTarget::for_signing(target)?;
        let body = BodyHash::of(body);
        Ok(match nonce {
            Some(nonce) => self.0.prepare_with_nonce(&method, &target, body, Nonce::from_nanos(unsigned(nonce)?)?),
            None => self.0.prepare(&method, &target, body, instant(now)?, drawn),
        })
    }
}

/// One attempt, waiting for its signature; nothing once it has it.
#[napi]
pub struct Unsigned(Option<UnsignedRequest>);

#[napi]
impl Unsigned {
    #[napi]
    pub fn message(&self) -> Result<Uint8Array, Failure> {
        let unsigned = self.0.as_ref().ok_or(ErrorCode::SignerFailed)?;
        Ok(Uint8Array::new(unsigned.message().to_vec()))
    }

    #[napi]
    pub fn finish(&mut self, scheme: String, signature: &[u8]) -> Result<Vec<String>, Failure> {
        self.signed(&scheme, signature, |unsigned, signature| Ok(unsigned.finish(signature)))
    }

    #[napi]
    pub fn finish_checked(&mut self, scheme: String, signature: &[u8]) -> Result<Vec<String>, Failure> {
        self.signed(&scheme, signature, UnsignedRequest::finish_checked)
    }
}

impl Unsigned {
    fn signed(
        &mut self,
        scheme: &str,
        signature: &[u8],
        finish: impl FnOnce(UnsignedRequest, Signature) -> Result<SignedHeaders, Error>,
    ) -> Result<Vec<String>, Failure> {
        let signature = Signature::from_signer(Scheme::from_word(scheme)?, signature);
        let signature = signature.map_err(|_| ErrorCode::SignerFailed)?;
        let unsigned = self.0.take().ok_or(ErrorCode::SignerFailed)?;
        Ok(flat(&finish(unsigned, signature)?))
    }
}
