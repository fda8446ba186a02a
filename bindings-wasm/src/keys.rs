//! Key pairs, and what a signature proves.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::key::{Scheme, Signature, SigningKey, verify};
use bittensor_auth::message::Wrapping;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::Failure;
use crate::signing::Drawn;
use crate::text::public_key;

#[wasm_bindgen]
pub struct Keypair(pub(crate) SigningKey);

#[wasm_bindgen]
impl Keypair {
    #[wasm_bindgen(js_name = fromSeed)]
    pub fn from_seed(seed: &[u8], scheme: &str) -> Result<Self, Failure> {
        let invalid = |_| Error::new(ErrorCode::InvalidConfiguration).detail("seed: expected 32 bytes");
        let seed = seed.try_into().map_err(invalid)?;
        Ok(Self(SigningKey::from_seed(Scheme::from_word(scheme)?, seed)))
    }

    #[wasm_bindgen(js_name = publicKey)]
    pub fn public_key(&self) -> Vec<u8> {
        self.0.hotkey().as_bytes().to_vec()
    }

    pub fn scheme(&self) -> String {
        self.0.scheme().as_str().into()
    }

    pub fn sign(&self, message: &[u8], entropy: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut drawn = Drawn::new(entropy);
        let signature = self.0.sign(message, &mut drawn);
        drawn.enough(signature.as_bytes().to_vec())
    }
}

#[wasm_bindgen(js_name = verifySignature)]
pub fn verify_signature(scheme: &str, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Failure> {
    let signature = Signature::from_slice(signature)?;
    Ok(verify(Scheme::from_word(scheme)?, &public_key(key)?, message, &signature)?)
}

#[wasm_bindgen(js_name = verifyLogin)]
pub fn verify_login(scheme: &str, key: &[u8], text: &[u8], signature: &[u8]) -> Result<(), Failure> {
    let (scheme, key) = (Scheme::from_word(scheme)?, public_key(key)?);
    let signature = Signature::from_signer(scheme, signature)?;
    let holds = |wrapping: Wrapping| verify(scheme, &key, &wrapping.apply(text), &signature);
    Ok(holds(Wrapping::Plain).or_else(|_| holds(Wrapping::Bytes))?)
}
