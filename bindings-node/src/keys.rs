//! Key pairs, and what a signature proves.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Scheme, Signature, SigningKey, verify};
use bittensor_auth::message::Wrapping;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::failure::Failure;
use crate::signing::Drawn;
use crate::text::public_key;

#[napi]
pub struct Keypair(pub(crate) SigningKey);

#[napi]
impl Keypair {
    #[napi(factory)]
    pub fn from_seed(seed: &[u8], scheme: String) -> Result<Self, Failure> {
        let invalid = |_| Error::new(ErrorCode::InvalidConfiguration).detail("seed: expected 32 bytes");
        let seed = seed.try_into().map_err(invalid)?;
        Ok(Self(SigningKey::from_seed(Scheme::from_word(&scheme)?, seed)))
    }

    #[napi]
    pub fn public_key(&self) -> Uint8Array {
        Uint8Array::new(self.0.hotkey().as_bytes().to_vec())
    }

    #[napi]
    pub fn scheme(&self) -> String {
        self.0.scheme().as_str().into()
    }

    #[napi]
    pub fn sign(&self, message: &[u8], entropy: &[u8]) -> Result<Uint8Array, Failure> {
        let mut drawn = Drawn::new(entropy);
        let signature = self.0.sign(message, &mut drawn);
        drawn.enough(Uint8Array::new(signature.as_bytes().to_vec()))
    }
}

#[napi(catch_unwind)]
pub fn verify_signature(scheme: String, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Failure> {
    let signature = Signature::from_slice(signature)?;
    Ok(verify(Scheme::from_word(&scheme)?, &public_key(key)?, message, &signature)?)
}

#[napi(catch_unwind)]
pub fn verify_login(scheme: String, key: &[u8], text: &[u8], signature: &[u8]) -> Result<(), Failure> {
    let (scheme, key) = (Scheme::from_word(&scheme)?, public_key(key)?);
    let signature = Signature::from_signer(scheme, signature)?;
    let holds = |wrapping: Wrapping| verify(scheme, &key, &wrapping.apply(text), &signature);
    Ok(holds(Wrapping::Plain).or_else(|_| holds(Wrapping::Bytes))?)
}
