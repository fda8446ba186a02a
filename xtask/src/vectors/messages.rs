//! The bytes that a request signs, and what cannot be signed.

use bittensor_auth::error::ErrorCode::{self, MalformedHotkey, MalformedMethod, MalformedNonce, MalformedTarget};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::document::{Case, Document, Group, joined};
use super::forgery::{ss58, two_bytes};
use super::keys::Key;

const NOTES: &[(&str, &str)] = &[
    ("asgi", "The target comes in the parts of an ASGI scope."),
    ("body", "The case is about the body."),
    ("method", "The case is about the method."),
    ("nonce", "The case is about the nonce."),
    ("receiver", "The case is about the receiver."),
    ("sender", "The case is about the sender."),
    ("target", "The case is about the request target."),
];

pub(super) fn document() -> Document {
    let received = [lines(), methods(), targets(), nonces(), addresses()].concat();
    let groups = vec![
        Group::new(json!({ "side": "received" }), received),
        Group::new(json!({ "side": "sent" }), sent()),
        Group::new(json!({ "side": "asgi" }), asgi()),
    ];
    Document::new("messages", "02-requests.md", NOTES, groups)
}

/// The fields of one message; `signed_target` is what must stand on its fourth line.
#[derive(Clone)]
struct Fields {
    scheme: &'static str,
    method: String,
    target: Value,
    signed_target: String,
    body: Vec<u8>,
    nonce: String,
    sender: String,
    receiver: Option<String>,
}

impl Fields {
    fn new() -> Self {
        Self { sender: Key::alice().address(), receiver: Some(Key::bob().address()), ..Self::unbound() }
            .target("/generate?stream=false")
    }

    fn unbound() -> Self {
        Self {
            scheme: "sr25519",
            method: "POST".into(),
            target: Value::Null,
            signed_target: String::new(),
            body: br#"{"prompt": "hello"}"#.into(),
            nonce: "1752076800000000000".into(),
            sender: Key::alice().address(),
            receiver: None,
        }
        .target("/")
    }

    fn target(self, target: &str) -> Self {
        Self { target: json!({ "target": target }), signed_target: target.into(), ..self }
    }

    fn inputs(&self) -> Value {
        let Self { scheme, method, target, body, nonce, sender, receiver, .. } = self;
        joined([
            json!({ "scheme": scheme, "method": method }),
            target.clone(),
            json!({ "body": hex::encode(body), "nonce": nonce, "sender": sender, "receiver": receiver }),
        ])
    }

    fn makes(&self, id: &str, comment: &str, flag: &'static str) -> Case {
        let receiver = self.receiver.as_deref().unwrap_or("-");
        let digest = hex::encode(Sha256::digest(&self.body));
        let Self { scheme, method, signed_target, nonce, sender, .. } = self;
        let method = method.to_ascii_uppercase();
        let payload = format!("btauth/1\n{scheme}\n{method}\n{signed_target}\n{digest}\n{nonce}\n{sender}\n{receiver}");
        let outputs = json!({ "payload": hex::encode(payload) });
        Case::new(id, comment, self.inputs(), Ok(outputs)).flags(&[flag])
    }

    fn refused(&self, id: &str, comment: &str, flag: &'static str, code: ErrorCode) -> Case {
        Case::new(id, comment, self.inputs(), Err(code)).flags(&[flag])
    }
}

fn lines() -> Vec<Case> {
    let g1 = Fields::new();
    let ed25519 = Fields { scheme: "ed25519", sender: Key::alice_ed25519().address(), ..g1.clone() };
    let g3 = Fields { method: "GET".into(), body: Vec::new(), receiver: None, ..ed25519.clone() }.target("/");
    let with_body = |body: &[u8]| Fields { body: body.into(), ..g1.clone() };
    vec![
        g1.makes("g1", "The published sr25519 request", "body"),
        ed25519.makes("g2", "The published ed25519 request", "sender"),
        g3.makes("g3", "An unbound ed25519 request without a body", "receiver"),
        Fields::unbound().makes("unbound", "No receiver is written as a dash", "receiver"),
        with_body(b"").makes("body-empty", "The empty body has a hash too", "body"),
        with_body(&[0]).makes("body-zero-byte", "One zero byte", "body"),
        with_body(b"{\"prompt\":\"hello\"}").makes("body-reformatted", "The same JSON in other bytes", "body"),
        with_body("Grüße 🤖\r\n".as_bytes()).makes("body-utf-8", "UTF-8 and CRLF, hashed as they are", "body"),
        with_body(&(0..=255).collect::<Vec<u8>>()).makes("body-all-bytes", "Every byte once", "body"),
        with_body(&[b'x'; 4_096]).makes("body-4096", "4,096 bytes", "body"),
    ]
}

fn methods() -> Vec<Case> {
    let with = |method: &str| Fields { method: method.into(), ..Fields::new() };
    let longest = "A".repeat(32);
    let good = [
        ("get", "GET"),
        ("lower-case", "post"),
        ("mixed-case", "pAtCh"),
        ("dash", "M-SEARCH"),
        ("punctuation", "!#$%&'*+-.^_`|~09"),
        ("longest", &longest),
    ]
    .map(|(id, method)| with(method).makes(&format!("method-{id}"), "ASCII letters become upper case", "method"));
    let too_long = "A".repeat(33);
    let bad = [
        ("empty", ""),
        ("inner-space", "GE T"),
        ("leading-space", " GET"),
        ("trailing-space", "GET "),
        ("line-feed", "GET\n"),
        ("line", "GET\n/other"),
        ("carriage-return", "GET\r"),
        ("zero-byte", "GET\0"),
        ("comma", "GET,POST"),
        ("slash", "G/T"),
        ("colon", "GET:"),
        ("quotes", "\"GET\""),
        ("sharp-s", "gruß"),
        ("dotless-i", "optıons"),
        ("full-width", "ＧＥＴ"),
        ("too-long", &too_long),
    ]
    .map(|(id, method)| {
        with(method).refused(&format!("method-{id}"), "No RFC 9110 token of 1 to 32 bytes", "method", MalformedMethod)
    });
    [&good[..], &bad].concat()
}

fn targets() -> Vec<Case> {
    let longest = format!("/{}", "a".repeat(8_191));
    let good = [
        ("root", "/"),
        ("double-slash", "//two"),
        ("dot-segments", "/a/./b/../c"),
        ("space-encoded", "/a%20b?q=%20"),
        ("percent-upper", "/a%2Fb"),
        ("percent-lower", "/a%2fb"),
        ("percent-broken", "/a%2"),
        ("unreserved-encoded", "/%7Euser"),
        ("query-order", "/x?b=2&a=1&b=1"),
        ("query-bare", "/x?"),
        ("query-twice", "/x?a?b"),
        ("plus", "/x?q=a+b"),
        ("raw-punctuation", "/\"|'<>[]{}\\^`"),
        ("semicolon", "/a;b=c/d"),
        ("longest", &longest),
    ]
    .map(|(id, target)| {
        Fields::new().target(target).makes(&format!("target-{id}"), "Signed as it stands on the request line", "target")
    });
    let too_long = format!("/{}", "a".repeat(8_192));
    let bad = [
        ("empty", ""),
        ("asterisk", "*"),
        ("relative", "x"),
        ("query-only", "?q=1"),
        ("absolute", "http://example.org/x"),
        ("authority", "example.org:443"),
        ("fragment", "/x#f"),
        ("space", "/a b"),
        ("tab", "/a\tb"),
        ("line-feed", "/x\n"),
        ("line", "/x\n/y"),
        ("carriage-return", "/x\r"),
        ("zero-byte", "/x\0"),
        ("delete", "/x\u{7f}"),
        ("unicode", "/é"),
        ("unicode-line", "/x\u{2028}"),
        ("backslash", "\\x"),
        ("leading-space", " /x"),
        ("too-long", &too_long),
    ]
    .map(|(id, target)| {
        let comment = "Not the origin form of at most 8,192 visible ASCII characters";
        Fields::new().target(target).refused(&format!("target-{id}"), comment, "target", MalformedTarget)
    });
    [&good[..], &bad].concat()
}

fn nonces() -> Vec<Case> {
    let with = |nonce: &str| Fields { nonce: nonce.into(), ..Fields::new() };
    let good = [
        ("one", "1"),
        ("beyond-2-53", "9007199254740993"),
        ("beyond-2-63", "9223372036854775809"),
        ("largest", "18446744073709551615"),
    ]
    .map(|(id, nonce)| with(nonce).makes(&format!("nonce-{id}"), "Decimal, digit for digit", "nonce"));
    let bad = BAD_NONCES.map(|(id, nonce)| {
        with(nonce).refused(
            &format!("nonce-{id}"),
            "Not 1 to 20 ASCII digits without a leading zero",
            "nonce",
            MalformedNonce,
        )
    });
    [&good[..], &bad].concat()
}

/// Spellings that other parsers take for a number.
pub(super) const BAD_NONCES: [(&str, &str); 21] = [
    ("empty", ""),
    ("zero", "0"),
    ("zeros", "00"),
    ("leading-zero", "01752076800000000000"),
    ("plus", "+1752076800000000000"),
    ("minus", "-1752076800000000000"),
    ("leading-space", " 1752076800000000000"),
    ("trailing-space", "1752076800000000000 "),
    ("line-feed", "1752076800000000000\n"),
    ("underscore", "1_752_076_800_000_000_000"),
    ("comma", "1,752,076,800"),
    ("exponent", "1e18"),
    ("hex", "0x1850a2d3e5f80000"),
    ("fraction", "1752076800.0"),
    ("trailing-point", "1752076800000000000."),
    ("suffix", "1752076800000000000n"),
    ("arabic-indic", "١٧٥٢٠٧٦٨٠٠"),
    ("full-width", "１７５２０７６８００"),
    ("word", "now"),
    ("iso-time", "2025-07-09T16:00:00Z"),
    ("21-digits", "175207680000000000000"),
];

fn addresses() -> Vec<Case> {
    let alice = *Key::alice().hotkey().as_bytes();
    let good = Key::alice().address();
    let aliases = [
        ("prefix-0", "Prefix 0", ss58(&[0], &alice)),
        ("two-bytes-of-42", "Prefix 42 in the two-byte form", ss58(&two_bytes(42), &alice)),
        ("hex", "The key in hex", format!("0x{}", hex::encode(alice))),
        ("line-feed", "A line feed behind the address", format!("{good}\n")),
        ("dash", "A dash", "-".into()),
        ("empty", "No text", String::new()),
    ];
    let sender = aliases.clone().map(|(id, comment, sender)| {
        Fields { sender, ..Fields::new() }.refused(&format!("sender-{id}"), comment, "sender", MalformedHotkey)
    });
    let receiver = aliases.map(|(id, comment, receiver)| {
        Fields { receiver: Some(receiver), ..Fields::new() }.refused(
            &format!("receiver-{id}"),
            comment,
            "receiver",
            MalformedHotkey,
        )
    });
    let both = Fields { receiver: Some(good), ..Fields::new() };
    [&sender[..], &receiver, &[both.makes("receiver-is-sender", "A service may call itself", "receiver")]].concat()
}

fn sent() -> Vec<Case> {
    let pairs = [
        ("bare-query", "/x?", "/x"),
        ("bare-query-root", "/?", "/"),
        ("bare-query-long", "/a/b%3F?", "/a/b%3F"),
        ("two-marks", "/x??", "/x??"),
        ("query-ends-with-mark", "/x?a?", "/x?a?"),
        ("empty-value", "/x?a=", "/x?a="),
        ("lone-ampersand", "/x?&", "/x?&"),
        ("no-query", "/x", "/x"),
    ];
    let good = pairs.map(|(id, target, signed)| {
        Fields { signed_target: signed.into(), ..Fields::new().target(target) }.makes(
            &format!("sent-{id}"),
            "A client drops a bare ? before it signs and sends, and nothing else",
            "target",
        )
    });
    let bad = [("fragment", "/x#f"), ("mark-only", "?"), ("absolute", "https://example.org/x?"), ("empty", "")].map(
        |(id, target)| {
            let comment = "A client signs the origin form only";
            Fields::new().target(target).refused(&format!("sent-{id}"), comment, "target", MalformedTarget)
        },
    );
    [&good[..], &bad].concat()
}

fn asgi() -> Vec<Case> {
    let fields = |prefix: &str, path: &str, query: &str, signed: &str| Fields {
        target: json!({ "asgi": { "public_prefix": prefix, "raw_path": path, "query_string": query } }),
        signed_target: signed.into(),
        ..Fields::new()
    };
    let good = [
        ("path", "", "/a%20b", "", "/a%20b"),
        ("query", "", "/x", "b=2&a=1", "/x?b=2&a=1"),
        ("query-mark", "", "/x", "?", "/x??"),
        ("prefix", "/api", "/x", "", "/api/x"),
        ("prefix-query", "/api/v1", "/x", "q=1", "/api/v1/x?q=1"),
        ("root", "", "/", "", "/"),
    ]
    .map(|(id, prefix, path, query, signed)| {
        let comment = "Prefix, raw path, and the query behind a ? unless it is empty";
        fields(prefix, path, query, signed).makes(&format!("asgi-{id}"), comment, "asgi")
    });
    let bad = [
        ("no-path", "", "", "q=1"),
        ("decoded-path", "", "/a b", ""),
        ("relative-prefix", "api", "/x", ""),
        ("fragment-in-query", "", "/x", "a#b"),
        ("unicode-query", "", "/x", "é"),
    ]
    .map(|(id, prefix, path, query)| {
        let comment = "The parts do not make an origin form";
        fields(prefix, path, query, "").refused(&format!("asgi-{id}"), comment, "asgi", MalformedTarget)
    });
    [&good[..], &bad].concat()
}
