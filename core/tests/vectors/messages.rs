//! The bytes that a request signs.

use bittensor_auth::error::Error;
use bittensor_auth::key::Address;
use bittensor_auth::message::{BodyHash, RequestMessage};
use bittensor_auth::nonce::Nonce;
use bittensor_auth::target::{Method, RequestTarget};
use serde_json::Value;

use super::document::{Verdict, bytes, optional_text, scheme, text, verdict};

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    vec![verdict(payload(group, case).map(|payload| [("payload", hex::encode(payload).into())]))]
}

fn payload(group: &Value, case: &Value) -> Result<Vec<u8>, Error> {
    let receiver = optional_text(case, "receiver").map(Address::from_ss58).transpose()?;
    let message = RequestMessage {
        scheme: scheme(case, "scheme"),
        method: &Method::parse(text(case, "method"))?,
        target: &target(group, case)?,
        body: BodyHash::of(&bytes(case, "body")),
        nonce: Nonce::parse(text(case, "nonce"))?,
        sender: &Address::from_ss58(text(case, "sender"))?,
        receiver: receiver.as_ref(),
    };
    Ok(message.to_bytes())
}

fn target(group: &Value, case: &Value) -> Result<RequestTarget, Error> {
    match text(group, "side") {
        "received" => RequestTarget::parse(text(case, "target").as_bytes()),
        "sent" => RequestTarget::for_signing(text(case, "target")),
        "asgi" => {
            let [prefix, path, query] =
                ["public_prefix", "raw_path", "query_string"].map(|name| text(&case["asgi"], name).as_bytes());
            RequestTarget::from_asgi_behind(prefix, path, query)
        }
        side => panic!("nothing here knows the side {side}"),
    }
}
