//! A request on its way from fields over a signature to a case, with room for one fault anywhere.

use bittensor_auth::error::ErrorCode;
use bittensor_auth::header::HEADER_NAMES;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::super::document::{Case, Verdict};
use super::super::keys::Key;

pub(super) const VERSION: &str = HEADER_NAMES[0];
pub(super) const HOTKEY: &str = HEADER_NAMES[1];
pub(super) const RECEIVER: &str = HEADER_NAMES[2];
pub(super) const NONCE: &str = HEADER_NAMES[3];
pub(super) const CRYPTO: &str = HEADER_NAMES[4];
pub(super) const SIGNATURE: &str = HEADER_NAMES[5];

/// When requests are signed and, unless a case says otherwise, received.
pub(super) const SIGNED_AT: u64 = 1_752_076_800_123_456_789;

/// What a signer is about to sign. Addresses and nonces are text here, so that they can be wrong.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    pub(super) key: &'a Key,
    pub(super) scheme: &'static str,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) body: Vec<u8>,
    pub(super) nonce: String,
    pub(super) sender: String,
    pub(super) receiver: Option<String>,
}

impl<'a> Draft<'a> {
    /// A POST to Bob, signed by `key`.
    pub(super) fn new(key: &'a Key) -> Self {
        Self {
            key,
            scheme: key.scheme().as_str(),
            method: "POST".into(),
            target: "/v1/jobs/a%2Fb?page=2&sort=up".into(),
            body: br#"{"prompt": "hello"}"#.into(),
            nonce: SIGNED_AT.to_string(),
            sender: key.address(),
            receiver: Some(Key::bob().address()),
        }
    }

    /// The eight lines, written here a second time, apart from the core.
    pub(super) fn payload(&self) -> String {
        let Self { scheme, method, target, nonce, sender, .. } = self;
        let digest = hex::encode(Sha256::digest(&self.body));
        let receiver = self.receiver.as_deref().unwrap_or("-");
        format!("btauth/1\n{scheme}\n{method}\n{target}\n{digest}\n{nonce}\n{sender}\n{receiver}")
    }

    /// The request with an honest signature of the case `id`.
    pub(super) fn sign(&self, id: impl Into<String>) -> Request {
        let payload = self.payload();
        self.sign_over(id, payload.as_bytes())
    }

    /// The request with a signature over other bytes.
    pub(super) fn sign_over(&self, id: impl Into<String>, bytes: &[u8]) -> Request {
        let id = id.into();
        let signature = self.key.sign(&format!("requests-{id}"), bytes);
        self.with_signature(id, &signature)
    }

    /// The request with these signature bytes.
    pub(super) fn with_signature(&self, id: impl Into<String>, signature: &[u8]) -> Request {
        let crypto = (self.scheme != "sr25519").then(|| self.scheme.to_owned());
        let values = [
            Some("1".to_owned()),
            Some(self.sender.clone()),
            self.receiver.clone(),
            Some(self.nonce.clone()),
            crypto,
            Some(format!("0x{}", hex::encode(signature))),
        ];
        let headers =
            HEADER_NAMES.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?))).collect();
        Request {
            id: id.into(),
            headers,
            method: self.method.clone(),
            target: self.target.clone(),
            body: self.body.clone(),
            now: SIGNED_AT,
            caller: self.key.public_hex(),
        }
    }
}

/// A request as a server receives it.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) id: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) body: Vec<u8>,
    pub(super) now: u64,
    caller: String,
}

impl Request {
    /// The value of a header, empty when it is not there.
    pub(super) fn value(&self, name: &str) -> String {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Sets a header; one that is not there comes last.
    pub(super) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        match self.headers.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value.into(),
            None => self.headers.push((name.into(), value.into())),
        }
        self
    }

    /// Adds a header behind the others.
    pub(super) fn add(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Takes a header away.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// The case in which this request is accepted.
    pub(super) fn accepted(self, comment: &str, flags: &[&'static str]) -> Case {
        let outputs = json!({ "caller": self.caller });
        self.case(comment, flags, Ok(outputs))
    }

    /// The case in which this request has one fault.
    pub(super) fn refused(self, code: ErrorCode, comment: &str, flags: &[&'static str]) -> Case {
        self.case(comment, flags, Err(code))
    }

    fn case(self, comment: &str, flags: &[&'static str], verdict: Verdict) -> Case {
        let inputs = json!({
            "headers": self.headers,
            "method": self.method,
            "target": self.target,
            "body": hex::encode(self.body),
            "now": self.now.to_string(),
        });
        Case::new(self.id, comment, inputs, verdict).flags(flags)
    }
}
