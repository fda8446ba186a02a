//! What was changed between signing and receiving, and signatures over almost the right bytes.

use bittensor_auth::error::ErrorCode::BadSignature;
use bittensor_auth::message::Wrapping;
use sha2::{Digest as _, Sha256};

use super::super::document::Case;
use super::super::forgery::ss58;
use super::super::keys::Key;
use super::draft::{Draft, HOTKEY, NONCE, Request, SIGNED_AT};

pub(super) fn cases() -> Vec<Case> {
    [Key::alice(), Key::alice_ed25519()]
        .iter()
        .flat_map(|key| [tampered(key), altered_payload(key), wrapped(key)].concat())
        .collect()
}

fn tampered(key: &Key) -> Vec<Case> {
    type Change = fn(&mut Request);
    let fields: [(&str, &str, Change); 21] = [
        ("method", "Another method", |r| r.method = "PUT".into()),
        ("method-head", "GET and HEAD are two methods", |r| r.method = "HEAD".into()),
        ("path", "Another path", |r| r.target = r.target.replace("jobs", "keys")),
        ("path-case", "A path in another letter case", |r| r.target = r.target.replace("jobs", "Jobs")),
        ("path-slash", "A slash more in the path", |r| r.target = r.target.replace("/jobs", "//jobs")),
        ("path-prefix", "A prefix stripped by a proxy", |r| r.target = r.target.replace("/v1", "")),
        ("path-trailing-slash", "A slash at the end of the path", |r| r.target = r.target.replace('?', "/?")),
        ("path-dots", "A detour in the path", |r| r.target = r.target.replace("/jobs", "/x/../jobs")),
        ("percent-case", "%2f instead of %2F", |r| r.target = r.target.replace("%2F", "%2f")),
        ("percent-decoded", "The percent sign decoded", |r| r.target = r.target.replace("%2F", "/")),
        ("percent-encoded", "A letter percent-encoded", |r| r.target = r.target.replace("jobs", "j%6Fbs")),
        ("query-value", "Another value in the query", |r| r.target = r.target.replace("page=2", "page=3")),
        ("query-order", "The query in another order", |r| r.target = "/v1/jobs/a%2Fb?sort=up&page=2".into()),
        ("query-added", "One parameter more", |r| r.target.push_str("&all=1")),
        ("query-gone", "No query", |r| r.target = "/v1/jobs/a%2Fb".into()),
        ("query-mark", "A ? at the end", |r| r.target.push('?')),
        ("body-byte", "Another byte in the body", |r| r.body[2] ^= 1),
        ("body-space", "The same JSON without its space", |r| r.body.retain(|&byte| byte != b' ')),
        ("body-longer", "A line feed behind the body", |r| r.body.push(b'\n')),
        ("body-gone", "No body", |r| r.body.clear()),
        ("nonce", "A later nonce, as for a replay", |r| {
            *r = r.clone().set(NONCE, (SIGNED_AT + 1).to_string());
        }),
    ];
    let mut cases: Vec<_> = fields
        .into_iter()
        .map(|(id, comment, change)| {
            let mut draft = Draft::new(key);
            if id == "method-head" {
                draft.method = "GET".into();
            }
            let mut request = draft.sign(id_of(key, "tampered", id));
            change(&mut request);
            request.refused(BadSignature, comment, &["tampered"])
        })
        .collect();
    let mut bare = Draft { target: "/x".into(), ..Draft::new(key) }.sign(id_of(key, "tampered", "bare-query"));
    bare.target.push('?');
    cases.push(bare.refused(BadSignature, "A bare ? behind a path that had no query", &["tampered"]));
    let mut dropped = Draft { target: "/x?".into(), ..Draft::new(key) }.sign(id_of(key, "tampered", "bare-query-gone"));
    dropped.target.pop();
    cases.push(dropped.refused(BadSignature, "The bare ? lost on the way in", &["tampered"]));
    let other = Key::bob_of(key.scheme());
    let sender = Draft::new(key).sign(id_of(key, "tampered", "sender")).set(HOTKEY, other.address());
    cases.push(sender.refused(BadSignature, "Another sender", &["tampered"]));
    cases
}

fn altered_payload(key: &Key) -> Vec<Case> {
    let draft = Draft::new(key);
    let good = draft.payload();
    let digest = hex::encode(Sha256::digest(&draft.body));
    let alias = ss58(&[0], key.hotkey().as_bytes());
    let without_body = hex::encode(Sha256::digest([]));
    let other_scheme = if draft.scheme == "sr25519" { "ed25519" } else { "sr25519" };
    [
        ("trailing-line-feed", "A line feed at the end", format!("{good}\n")),
        ("leading-line-feed", "A line feed in front", format!("\n{good}")),
        ("crlf", "CRLF between the lines", good.replace('\n', "\r\n")),
        ("lower-method", "The method in lower case", good.replace("POST", "post")),
        ("upper-digest", "The body's hash in upper case", good.replace(&digest, &digest.to_uppercase())),
        ("prefixed-digest", "The body's hash with 0x", good.replace(&digest, &format!("0x{digest}"))),
        ("empty-digest", "The hash of no body", good.replace(&digest, &without_body)),
        ("raw-body", "The body instead of its hash", good.replace(&digest, r#"{"prompt": "hello"}"#)),
        ("decoded-target", "The target decoded", good.replace("%2F", "/")),
        ("full-url", "The whole URL as target", good.replace("/v1/", "https://example.org/v1/")),
        ("no-query", "The target without its query", good.replace("?page=2&sort=up", "")),
        ("other-version", "btauth/2 on the first line", good.replace("btauth/1", "btauth/2")),
        ("other-scheme", "The other scheme on the second line", good.replace(draft.scheme, other_scheme)),
        ("no-scheme", "No scheme line", good.replace(&format!("{}\n", draft.scheme), "")),
        ("milliseconds", "The nonce in milliseconds", good.replace(&draft.nonce, &draft.nonce[..13])),
        ("sender-alias", "The sender with prefix 0", good.replace(&draft.sender, &alias)),
        ("sender-hex", "The sender in hex", good.replace(&draft.sender, &key.public_hex())),
        ("no-receiver", "A dash for the receiver", good.replace(&Key::bob().address(), "-")),
        ("seven-lines", "No receiver line", good.replace(&format!("\n{}", Key::bob().address()), "")),
        ("swapped-ends", "Receiver before sender", {
            let (sender, receiver) = (&draft.sender, Key::bob().address());
            good.replace(&format!("{sender}\n{receiver}"), &format!("{receiver}\n{sender}"))
        }),
        ("nothing", "The empty message", String::new()),
    ]
    .map(|(id, comment, payload)| {
        let request = draft.sign_over(id_of(key, "payload", id), payload.as_bytes());
        request.refused(BadSignature, comment, &["altered-payload"])
    })
    .into_iter()
    .chain([draft.sign_over(id_of(key, "payload", "hashed"), &Sha256::digest(&good)).refused(
        BadSignature,
        "The SHA-256 of the payload",
        &["altered-payload"],
    )])
    .collect()
}

fn wrapped(key: &Key) -> Vec<Case> {
    let draft = Draft::new(key);
    let once = Wrapping::Bytes.apply(draft.payload().as_bytes());
    let twice = Wrapping::Bytes.apply(&once);
    [("wrapped", "Wrapped as a wallet wraps it", once), ("wrapped-twice", "Wrapped twice", twice)]
        .map(|(id, comment, bytes)| {
            draft.sign_over(id_of(key, "payload", id), &bytes).refused(BadSignature, comment, &["wrapped"])
        })
        .into()
}

fn id_of(key: &Key, what: &str, id: &str) -> String {
    format!("{}-{what}-{id}", key.scheme())
}
