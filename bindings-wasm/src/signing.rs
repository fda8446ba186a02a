//! Signing requests.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Hotkey, Scheme, Signature};
use bittensor_auth::message::BodyHash;
use bittensor_auth::nonce::{Entropy, Nonce};
use bittensor_auth::request::{self, UnsignedRequest};
use bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth::time::UnixNanos;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::Failure;
#[cfg(feature = "full")]
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

#[wasm_bindgen]
pub struct RequestSigner(request::RequestSigner);

#[wasm_bindgen]
impl RequestSigner {
    #[wasm_bindgen(constructor)]
    pub fn new(scheme: &str, sender: &str, receiver: Option<String>) -> Result<Self, Failure> {
        let (scheme, sender) = (Scheme::from_word(scheme)?, Hotkey::from_ss58(sender)?);
        Ok(Self(match receiver {
            Some(receiver) => request::RequestSigner::new(scheme, sender, Hotkey::from_ss58(&receiver)?),
            None => request::RequestSigner::dangerous_unbound(scheme, sender),
        }))
    }

    pub fn prepare(
        &mut self,
        method: &str,
        target: &str,
        body: &[u8],
        now: u64,
        entropy: &[u8],
        nonce: Option<u64>,
    ) -> Result<Unsigned, Failure> {
        let mut drawn = Drawn::new(entropy);
        let unsigned = self.unsigned(method, target, body, now, &mut drawn, nonce)?;
        drawn.enough(Unsigned(unsigned))
    }
}

impl RequestSigner {
    fn unsigned(
        &mut self,
        method: &str,
        target: &str,
        body: &[u8],
        now: u64,
        drawn: &mut Drawn<'_>,
        nonce: Option<u64>,
    ) -> Result<UnsignedRequest, Failure> {
        let method = Method::parse(method)?;
        let target = RequestTarget::for_signing(target)?;
        let body = BodyHash::of(body);
        Ok(match nonce {
            Some(nonce) => self.0.prepare_with_nonce(&method, &target, body, Nonce::from_nanos(nonce)?),
            None => self.0.prepare(&method, &target, body, UnixNanos::from_nanos(now), drawn),
        })
    }
}

#[cfg(feature = "full")]
#[wasm_bindgen]
impl RequestSigner {
    #[expect(clippy::too_many_arguments, reason = "the fields of one request")]
    pub fn sign(
        &mut self,
        keypair: &Keypair,
        method: &str,
        target: &str,
        body: &[u8],
        now: u64,
        entropy: &[u8],
        nonce: Option<u64>,
    ) -> Result<Vec<String>, Failure> {
        let mut drawn = Drawn::new(entropy);
        let unsigned = self.unsigned(method, target, body, now, &mut drawn, nonce)?;
        let headers = unsigned.sign(&keypair.0, &mut drawn);
        drawn.enough(flat(&headers))
    }
}

/// One attempt, waiting for its signature.
#[wasm_bindgen]
pub struct Unsigned(UnsignedRequest);

#[wasm_bindgen]
impl Unsigned {
    pub fn message(&self) -> Vec<u8> {
        self.0.message().to_vec()
    }

    pub fn finish(self, scheme: &str, signature: &[u8]) -> Result<Vec<String>, Failure> {
        Ok(flat(&self.0.finish(from_signer(scheme, signature)?)))
    }

    #[cfg(feature = "full")]
    #[wasm_bindgen(js_name = finishChecked)]
    pub fn finish_checked(self, scheme: &str, signature: &[u8]) -> Result<Vec<String>, Failure> {
        Ok(flat(&self.0.finish_checked(from_signer(scheme, signature)?)?))
    }
}

fn from_signer(scheme: &str, signature: &[u8]) -> Result<Signature, Failure> {
    Signature::from_signer(Scheme::from_word(scheme)?, signature).map_err(|_| ErrorCode::SignerFailed.into())
}
