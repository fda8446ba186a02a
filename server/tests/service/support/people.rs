//! Callers who sign by hand, so that a test can send what no honest client sends.

use std::sync::{Arc, Mutex};

use bittensor_auth_server::Hotkey;
use bittensor_auth_server::bittensor_auth::key::{Scheme, SigningKey};
use bittensor_auth_server::bittensor_auth::message::BodyHash;
use bittensor_auth_server::bittensor_auth::nonce::{Nonce, NonceSource, OsEntropy};
use bittensor_auth_server::bittensor_auth::request::RequestSigner;
use bittensor_auth_server::bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth_server::bittensor_auth::time::UnixNanos;

use super::now;

pub(crate) type Headers = Vec<(String, String)>;

/// Somebody with a new sr25519 key.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) key: Arc<SigningKey>,
    nonces: Arc<Mutex<NonceSource>>,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self::with(SigningKey::generate(Scheme::Sr25519, &mut OsEntropy))
    }

    pub(crate) fn with(key: SigningKey) -> Self {
        Self { key: Arc::new(key), nonces: Arc::default() }
    }

    pub(crate) fn hotkey(&self) -> Hotkey {
        self.key.hotkey()
    }

    /// Signed headers for one request, now.
    pub(crate) fn sign(&self, receiver: &Self, method: &str, target: &str, body: &[u8]) -> Headers {
        let nonce = self.nonces.lock().expect("no panic").next(now(), &mut OsEntropy);
        self.sign_at(receiver, method, target, body, nonce.signed_at())
    }

    /// Signed headers for one request at a time.
    pub(crate) fn sign_at(&self, receiver: &Self, method: &str, target: &str, body: &[u8], at: UnixNanos) -> Headers {
        let nonce = Nonce::from_nanos(at.as_nanos()).expect("after 1970");
        let method = Method::parse(method).expect("a method");
        let target = RequestTarget::parse(target.as_bytes()).expect("a target");
        let signer = RequestSigner::new(self.key.scheme(), self.hotkey(), receiver.hotkey());
        let unsigned = signer.prepare_with_nonce(&method, &target, BodyHash::of(body), nonce);
        let signed = unsigned.sign(&self.key, &mut OsEntropy).to_pairs();
        signed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// A signature over bytes, as a wallet makes it.
    pub(crate) fn sign_bytes(&self, message: &[u8]) -> String {
        let signature = self.key.sign(message, &mut OsEntropy);
        signature.as_bytes().iter().fold("0x".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
    }
}
