//! Single tokens: whole, changed, of another service, of another secret.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bittensor_auth::error::ErrorCode::{self, InvalidToken, SessionEnded, SessionExpired};
use bittensor_auth::key::{AcceptedSchemes, Scheme};
use bittensor_auth::message::{Network, Site};
use bittensor_auth::replay::Namespace;
use bittensor_auth::session::{
    FamilyId, Generation, Grant, Keyring, Lifetimes, REFRESH_PREFIX, SESSION_PREFIX, ServerSecret, SessionRecord,
    Sessions,
};
use bittensor_auth::time::UnixNanos;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::document::{Case, Document, Group, nanos};
use super::keys::{Key, random};

const NOTES: &[(&str, &str)] = &[
    ("checksum-mended", "The checksum was made to fit the change, so that the MAC has to notice it."),
    ("edge", "The last instant at which something holds, and the nanosecond after it."),
    ("namespace", "The token of another service with the same secret."),
    ("refresh", "A refresh token."),
    ("secret", "The case is about the server's secrets."),
    ("session", "A session token."),
    ("spelling", "Another spelling of a whole token."),
    ("tampered", "Something in the token was changed."),
];

const ISSUED: UnixNanos = UnixNanos::from_secs(1_790_000_000);
const NAMESPACE: &str = "vectors";
const NANO: Duration = Duration::from_nanos(1);
/// Bytes of a token: key id, hotkey, family, rotation, expiry, MAC, checksum.
const FIELDS: [(&str, usize); 7] =
    [("key-id", 0), ("hotkey", 1), ("family", 33), ("rotation", 49), ("expiry", 53), ("mac", 57), ("checksum", 89)];

pub(super) fn document() -> Document {
    let (current, previous) = (secret("current"), secret("previous"));
    let other = secret("other");
    let changing = Group::new(
        service(&current, Some(&previous)),
        [
            of_secret("current", &current, Ok(()), "The token of the current secret"),
            of_secret("previous", &previous, Ok(()), "The token of the secret before it"),
            of_secret("other", &other, Err(InvalidToken), "The token of a third secret"),
        ]
        .concat(),
    );
    let changed = Group::new(
        service(&current, None),
        [
            whole(&current),
            tampered(&current),
            spelled(&current),
            elsewhere(&current),
            of_secret("forgotten", &previous, Err(InvalidToken), "The token of a secret that is no longer believed"),
            of_secret("same-id", &same_id(&current), Err(InvalidToken), "The token of a secret with the same key id"),
        ]
        .concat(),
    );
    Document::new("tokens", "04-sessions.md", NOTES, vec![changed, changing])
}

/// A secret that everybody knows.
fn secret(name: &str) -> [u8; 32] {
    random(&format!("tokens-secret-{name}"))
}

/// Another secret whose one-byte id is the same: the id chooses, it does not check.
fn same_id(secret: &[u8; 32]) -> [u8; 32] {
    let id = |secret: &[u8; 32]| Sha256::new().chain_update(b"btauth-key-id/1\0").chain_update(secret).finalize()[0];
    let candidates = (0..10_000_u32).map(|number| random(&format!("tokens-secret-{number}")));
    candidates.into_iter().find(|other| id(other) == id(secret)).expect("one secret in 256 has the id")
}

fn service(current: &[u8], previous: Option<&[u8; 32]>) -> Value {
    json!({
        "service": {
            "namespace": NAMESPACE,
            "secret": hex::encode(current),
            "previous_secret": previous.map(hex::encode),
        },
    })
}

/// The tokens of one session, as the service with this secret and namespace makes them.
fn grant(secret: &[u8], namespace: &str, rotation: u32) -> Grant {
    let site = Site::new("https://dash.example.org", Network::finney()).expect("an origin");
    let namespace = Namespace::new(namespace).expect("a namespace");
    let keys = Keyring::new(ServerSecret::new(secret).expect("32 bytes"));
    let sessions = Sessions::new(site, namespace, keys, Lifetimes::default(), AcceptedSchemes::SR25519);
    let record = SessionRecord {
        generation: Generation([0; 8]),
        rotation,
        rotated_at: ISSUED,
        refresh_expires_at: ISSUED.plus(Duration::from_secs(7_200)),
        absolute_at: ISSUED.plus(Duration::from_secs(86_400)),
        scheme: Scheme::Sr25519,
    };
    sessions.expect("lifetimes within bounds").grant(Key::alice().hotkey(), family(), &record)
}

fn family() -> FamilyId {
    FamilyId(random("tokens-family"))
}

/// One of the two tokens of a session.
#[derive(Clone)]
struct Token {
    kind: &'static str,
    text: String,
    rotation: u32,
    expires_at: UnixNanos,
}

impl Token {
    /// Session token first, refresh token second.
    fn both(secret: &[u8], namespace: &str, rotation: u32) -> [Self; 2] {
        let grant = grant(secret, namespace, rotation);
        [
            Self { kind: "session", text: grant.session_token, rotation, expires_at: grant.expires_at },
            Self { kind: "refresh", text: grant.refresh_token, rotation, expires_at: grant.refresh_expires_at },
        ]
    }

    fn prefix(&self) -> &'static str {
        if self.kind == "session" { SESSION_PREFIX } else { REFRESH_PREFIX }
    }

    fn bytes(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(&self.text[self.prefix().len()..]).expect("a token is base64url")
    }

    fn with_bytes(&self, bytes: &[u8]) -> Self {
        Self { text: format!("{}{}", self.prefix(), URL_SAFE_NO_PAD.encode(bytes)), ..self.clone() }
    }

    fn with_text(&self, text: String) -> Self {
        Self { text, ..self.clone() }
    }

    /// These bytes with the checksum that fits them.
    fn mended(&self, mut bytes: Vec<u8>) -> Self {
        let end = bytes.len() - 4;
        let sum = Sha256::new().chain_update(self.prefix()).chain_update(&bytes[..end]).finalize();
        bytes[end..].copy_from_slice(&sum[..4]);
        self.with_bytes(&bytes)
    }

    fn outputs(&self) -> Value {
        let mut outputs = json!({ "hotkey": Key::alice().public_hex(), "family": family().to_string() });
        if self.kind == "session" {
            outputs["expires_at"] = nanos(self.expires_at).into();
        } else {
            outputs["rotation"] = self.rotation.into();
        }
        outputs
    }

    fn at(&self, now: UnixNanos, id: &str, comment: &str, flag: &'static str, verdict: Result<(), ErrorCode>) -> Case {
        let inputs = json!({ "kind": self.kind, "token": self.text, "now": nanos(now) });
        let verdict = verdict.map(|()| self.outputs());
        Case::new(format!("{}-{id}", self.kind), comment, inputs, verdict).flags(&[self.kind, flag])
    }

    fn refused(&self, id: &str, comment: &str, flag: &'static str) -> Case {
        self.at(ISSUED, id, comment, flag, Err(InvalidToken))
    }
}

fn of_secret(id: &str, secret: &[u8], verdict: Result<(), ErrorCode>, comment: &str) -> Vec<Case> {
    let id = format!("secret-{id}");
    Token::both(secret, NAMESPACE, 0).map(|token| token.at(ISSUED, &id, comment, "secret", verdict)).into()
}

fn whole(secret: &[u8]) -> Vec<Case> {
    [0, 1, u32::MAX]
        .into_iter()
        .flat_map(|rotation| Token::both(secret, NAMESPACE, rotation))
        .flat_map(|token| {
            let over = if token.kind == "session" { SessionExpired } else { SessionEnded };
            let (id, end) = (format!("rotation-{}", token.rotation), token.expires_at);
            [
                token.at(end.minus(NANO), &format!("{id}-last"), "The last nanosecond of its life", "edge", Ok(())),
                token.at(end, &format!("{id}-end"), "Its end", "edge", Err(over)),
            ]
        })
        .collect()
}

fn tampered(secret: &[u8]) -> Vec<Case> {
    let [session, refresh] = Token::both(secret, NAMESPACE, 1);
    [session, refresh]
        .iter()
        .flat_map(|token| {
            let flip = move |at: usize| {
                let mut bytes = token.bytes();
                bytes[at] ^= 1;
                bytes
            };
            let plain = FIELDS.map(|(field, at)| {
                let comment = format!("A bit of the {field} changed");
                token.with_bytes(&flip(at)).refused(&format!("bit-{field}"), &comment, "tampered")
            });
            let mended = FIELDS[..6].iter().map(move |(field, at)| {
                let comment = format!("A bit of the {field} changed, the checksum mended");
                let id = format!("mended-{field}");
                token.mended(flip(*at)).refused(&id, &comment, "tampered").flags(&["checksum-mended"])
            });
            let longer_life = {
                let mut bytes = token.bytes();
                bytes[53..57].copy_from_slice(&u32::MAX.to_be_bytes());
                token.mended(bytes).refused("endless", "An expiry far away, the checksum mended", "tampered")
            };
            let no_mac = {
                let mut bytes = token.bytes();
                bytes[57..89].fill(0);
                token.mended(bytes).refused("no-mac", "A MAC of zero bytes, the checksum mended", "tampered")
            };
            plain.into_iter().chain(mended).chain([longer_life, no_mac].map(|case| case.flags(&["checksum-mended"])))
        })
        .collect()
}

fn spelled(secret: &[u8]) -> Vec<Case> {
    Token::both(secret, NAMESPACE, 0)
        .iter()
        .flat_map(|token| {
            let (text, bytes, prefix) = (&token.text, token.bytes(), token.prefix());
            let other = if token.kind == "session" { REFRESH_PREFIX } else { SESSION_PREFIX };
            let body = &text[prefix.len()..];
            [
                ("empty", "No text", String::new()),
                ("prefix-only", "The prefix alone", prefix.into()),
                ("no-prefix", "No prefix", body.into()),
                ("other-prefix", "The prefix of the other kind", format!("{other}{body}")),
                ("upper-prefix", "The prefix in upper case", format!("{}{body}", prefix.to_uppercase())),
                ("prefix-twice", "The prefix twice", format!("{prefix}{text}")),
                ("bearer", "With the word Bearer", format!("Bearer {text}")),
                ("space-in-front", "A space in front", format!(" {text}")),
                ("space-behind", "A space behind", format!("{text} ")),
                ("line-feed-behind", "A line feed behind", format!("{text}\n")),
                ("padded", "base64 with padding", format!("{prefix}{}=", URL_SAFE.encode(&bytes))),
                ("cut", "The last character missing", text[..text.len() - 1].into()),
                ("cut-bytes", "A byte less", token.with_bytes(&bytes[..92]).text),
                ("longer", "A character more", format!("{text}A")),
                ("longer-bytes", "A byte more", token.with_bytes(&[&bytes[..], &[0]].concat()).text),
                ("hex", "The bytes in hex", format!("{prefix}{}", hex::encode(&bytes))),
                ("quoted", "In quotes", format!("\"{text}\"")),
                ("unicode", "A letter outside ASCII", format!("{}é", &text[..text.len() - 2])),
                ("standard-alphabet", "The alphabet with + and /", {
                    let standard = STANDARD_NO_PAD.encode(&bytes);
                    assert_ne!(standard, *body, "some character differs between the alphabets");
                    format!("{prefix}{standard}")
                }),
            ]
            .map(|(id, comment, text)| token.with_text(text).refused(id, comment, "spelling"))
        })
        .collect()
}

fn elsewhere(secret: &[u8]) -> Vec<Case> {
    let mut cases: Vec<_> = ["other", "vector", "vectors2"]
        .into_iter()
        .flat_map(|namespace| Token::both(secret, namespace, 0).map(|token| (namespace, token)))
        .map(|(namespace, token)| {
            token.refused(&format!("namespace-{namespace}"), "The token of another namespace", "namespace")
        })
        .collect();
    let [session, refresh] = Token::both(secret, NAMESPACE, 0);
    let kinds = [(&session, &refresh), (&refresh, &session)].map(|(kind, given)| {
        kind.with_text(given.text.clone()).refused("other-kind", "A token of the other kind", "spelling")
    });
    let renamed = [(&session, &refresh), (&refresh, &session)].map(|(kind, given)| {
        let renamed = kind.mended(given.bytes());
        renamed
            .refused("other-kind-renamed", "The other kind's token with this prefix, the checksum mended", "tampered")
            .flags(&["checksum-mended"])
    });
    cases.extend(kinds);
    cases.extend(renamed);
    cases
}
