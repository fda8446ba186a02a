//! Requests that are as they should be, and how large a body may be.

use bittensor_auth::error::ErrorCode::{MalformedMethod, MalformedTarget, PayloadTooLarge};

use super::super::document::Case;
use super::super::keys::Key;
use super::draft::{CRYPTO, Draft, Request, SIGNATURE};

pub(super) fn by_default() -> Vec<Case> {
    [methods(), targets(), bodies(), headers()].concat()
}

fn methods() -> Vec<Case> {
    let alice = Key::alice();
    let mut cases: Vec<_> = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY", "M-SEARCH"]
        .map(|method| {
            let id = format!("method-{}", method.to_lowercase());
            Draft { method: method.into(), ..Draft::new(&alice) }.sign(id).accepted("The method is signed", &["method"])
        })
        .into();
    let mut lower = Draft::new(&alice).sign("method-lower-case");
    lower.method = "post".into();
    cases.push(lower.accepted("Received in lower case, signed in upper case", &["method"]));
    for (name, method) in [("empty", ""), ("space", "PO ST"), ("line-feed", "POST\n"), ("sharp-s", "poßt")] {
        let mut request = Draft::new(&alice).sign(format!("method-{name}"));
        request.method = method.into();
        cases.push(request.refused(MalformedMethod, "The received method is no token", &["method"]));
    }
    cases
}

fn targets() -> Vec<Case> {
    let alice = Key::alice();
    let mut cases: Vec<_> = [
        ("root", "/"),
        ("double-slash", "//"),
        ("dot-segments", "/a/../b/./c"),
        ("percent-unicode", "/%E4%B8%96"),
        ("percent-line-feed", "/a%0Ab"),
        ("query-bare", "/x?"),
        ("query-marks", "/x??"),
        ("query-odd", "/x?a&b=&=c"),
        ("raw-punctuation", "/\"|'"),
        ("parameters", "/;v=1,2"),
    ]
    .map(|(name, target)| {
        let draft = Draft { target: target.into(), ..Draft::new(&alice) };
        draft.sign(format!("target-{name}")).accepted("The target is signed as it stands", &["target"])
    })
    .into();
    for (name, target) in [
        ("empty", ""),
        ("relative", "v1/jobs"),
        ("asterisk", "*"),
        ("absolute", "http://example.org/v1/jobs"),
        ("fragment", "/v1/jobs#x"),
        ("space", "/v1/jo bs"),
        ("line-feed", "/v1/jobs\nX"),
        ("unicode", "/v1/jöbs"),
    ] {
        let draft = Draft { target: target.into(), ..Draft::new(&alice) };
        let request = draft.sign(format!("target-{name}"));
        cases.push(request.refused(MalformedTarget, "Signed and received in no origin form", &["target"]));
    }
    cases
}

fn bodies() -> Vec<Case> {
    let alice = Key::alice();
    [
        ("empty", Vec::new()),
        ("zero-byte", vec![0]),
        ("line-feeds", b"\n\n".to_vec()),
        ("all-bytes", (0..=255).collect()),
        ("gzip", hex::decode("1f8b0800000000000003cb48cdc9c907008fc2a1a805000000").expect("an even number of digits")),
    ]
    .map(|(name, body)| {
        let draft = Draft { body, ..Draft::new(&alice) };
        draft.sign(format!("body-{name}")).accepted("The body is hashed as transferred", &["body"])
    })
    .into()
}

fn headers() -> Vec<Case> {
    let alice = Key::alice();
    let signed = |id: &str| Draft::new(&alice).sign(id);
    let renamed = |id: &str, rename: fn(&str) -> String| {
        let mut request = signed(id);
        for (name, _) in &mut request.headers {
            *name = rename(name);
        }
        request
    };
    let mut reversed = signed("headers-reversed");
    reversed.headers.reverse();
    let digits = |request: &Request| request.value(SIGNATURE)[2..].to_owned();
    let (upper, bare, bare_upper) =
        (signed("signature-upper"), signed("signature-bare"), signed("signature-bare-upper"));
    let (upper_digits, bare_digits, bare_upper_digits) = (digits(&upper), digits(&bare), digits(&bare_upper));
    let mut among = signed("headers-among-others");
    among.headers.insert(0, ("Host".into(), "example.org".into()));
    let tolerated: &[_] = &["tolerated", "header-value"];
    vec![
        signed("plain").accepted("The request that the other cases change", &[]),
        reversed.accepted("Headers in another order", &["other-headers"]),
        renamed("headers-lower", str::to_lowercase).accepted("Names in lower case", &["other-headers"]),
        renamed("headers-upper", str::to_uppercase).accepted("Names in upper case", &["other-headers"]),
        among
            .add("Content-Type", "application/json")
            .add("Authorization", "Bearer x")
            .accepted("Other headers around them", &["other-headers"]),
        signed("headers-reserved")
            .add("X-Bittensor-Drand-Round", "1")
            .add("X-Bittensor-Drand-Randomness", "00")
            .accepted("The reserved headers decide nothing", &["other-headers"]),
        signed("headers-reserved-twice")
            .add("X-Bittensor-Drand-Round", "1")
            .add("X-Bittensor-Drand-Round", "2")
            .accepted("Not even when they stand there twice", &["other-headers"]),
        signed("headers-underscore")
            .add("X_Bittensor_Hotkey", Key::bob().address())
            .accepted("A name with underscores is another name", &["other-headers"]),
        signed("headers-similar")
            .add("X-Bittensor-Hotkey2", "1")
            .add("X-Bittensor-", "2")
            .add("XX-Bittensor-Nonce", "3")
            .accepted("Names that only look alike", &["other-headers"]),
        upper
            .set(SIGNATURE, format!("0x{}", upper_digits.to_uppercase()))
            .accepted("Upper-case hex in the signature", tolerated),
        bare.set(SIGNATURE, bare_digits).accepted("A signature without 0x", tolerated),
        bare_upper
            .set(SIGNATURE, bare_upper_digits.to_uppercase())
            .accepted("A signature without 0x in upper-case hex", tolerated),
    ]
}

pub(super) fn of_both_schemes() -> Vec<Case> {
    let (alice, ed25519) = (Key::alice(), Key::alice_ed25519());
    let to = |receiver: &Key, key| Draft { receiver: Some(receiver.address()), ..Draft::new(key) };
    vec![
        to(&Key::bob(), &alice).sign("both-sr25519").accepted("sr25519, not named in a header", &["scheme"]),
        to(&Key::bob(), &alice)
            .sign("both-sr25519-named")
            .add(CRYPTO, "sr25519")
            .accepted("sr25519, named in a header", &["scheme", "tolerated"]),
        to(&Key::bob(), &ed25519).sign("both-ed25519").accepted("ed25519, named in a header", &["scheme", "ed25519"]),
        Draft { method: "GET".into(), target: "/".into(), body: Vec::new(), ..to(&Key::bob(), &ed25519) }
            .sign("both-ed25519-get")
            .accepted("A GET without a body", &["ed25519"]),
    ]
}

pub(super) fn with_a_body_limit() -> Vec<Case> {
    let alice = Key::alice();
    let sized = |id: &str, len: usize| Draft { body: vec![b'x'; len], ..Draft::new(&alice) }.sign(id);
    vec![
        sized("limit-0", 0).accepted("No body", &["body"]),
        sized("limit-16", 16).accepted("A body of the limit", &["body"]),
        sized("limit-17", 17).refused(PayloadTooLarge, "One byte above the limit", &["body"]),
        sized("limit-1024", 1_024).refused(PayloadTooLarge, "Far above the limit", &["body"]),
    ]
}
