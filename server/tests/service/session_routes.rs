//! Session routes and tokens in the hands of strangers.

use bittensor_auth_server::MemoryStore;
use bittensor_auth_server::bittensor_auth::key::{Scheme, SigningKey};
use bittensor_auth_server::bittensor_auth::nonce::OsEntropy;
use bittensor_auth_server::bittensor_auth::session::Lifetimes;
use serde_json::json;

use crate::support::login::{Dashboard, ORIGIN, post};
use crate::support::people::Person;
use crate::support::raw::send;

async fn dashboard() -> Dashboard {
    Dashboard::on(Person::new(), MemoryStore::nothing_accepted_before(), Lifetimes::default()).await
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_before_their_body_is_read() {
    let service = dashboard().await;
    let body = json!({"hotkey": Person::new().hotkey().to_ss58()}).to_string();
    for (headers, status) in [
        (&[("Origin", ORIGIN)][..], 200),
        (&[("Origin", ORIGIN), ("Sec-Fetch-Site", "same-origin")], 200),
        (&[("Origin", "https://evil.example.org")], 403),
        (&[("Origin", "null")], 403),
        (&[("Sec-Fetch-Site", "cross-site")], 403),
        (&[("Origin", ORIGIN), ("Origin", ORIGIN)], 403),
    ] {
        assert_eq!(post(service.address, "challenge", headers, body.as_bytes()).await.status, status, "{headers:?}");
    }
    for route in ["challenge", "session", "refresh", "logout"] {
        let refused = post(service.address, route, &[("Origin", "https://evil.example.org")], &[b'x'; 5_000]).await;
        assert_eq!(refused.refusal(), (403, "origin_refused".into()), "{route}");
    }
}

#[tokio::test]
async fn hostile_bodies_get_an_answer_and_nothing_of_theirs_back() {
    let service = dashboard().await;
    let nested = format!("{{\"hotkey\":{}", "[".repeat(4_000));
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"marker\"",
        "{\"marker\":1}",
        "{\"hotkey\":5}",
        "{\"hotkey\":\"m\u{e4}rker\"}",
        &nested,
    ] {
        for route in ["challenge", "session", "refresh"] {
            let answer = post(service.address, route, &[], body.as_bytes()).await;
            assert_eq!(answer.refusal(), (400, "malformed_body".into()), "{route} {body}");
            assert!(!answer.body.contains("marker"));
        }
    }
    let hotkey = Person::new().hotkey().to_ss58();
    for (fields, refusal) in [
        (json!({"hotkey": "marker"}), (400, "malformed_hotkey")),
        (json!({"hotkey": hotkey, "form": "marker"}), (400, "malformed_body")),
    ] {
        let answer = service.post("challenge", &fields).await;
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.to_owned()));
        assert!(!answer.body.contains("marker"));
    }
    for (changed, value, refusal) in [
        ("scheme", "rsa", (400, "unknown_scheme")),
        ("scheme", "ed25519", (401, "scheme_not_accepted")),
        ("signature", "0x00", (400, "malformed_signature")),
        ("sealed", "AAAA", (401, "invalid_challenge")),
    ] {
        let mut fields = json!({"hotkey": hotkey, "sealed": "A".repeat(52), "signature": "0".repeat(128)});
        fields[changed] = value.into();
        assert_eq!(service.post("session", &fields).await.refusal(), (refusal.0, refusal.1.to_owned()), "{changed}");
    }
    let exactly = |len: usize| format!("{{\"hotkey\":\"{hotkey}\",\"x\":\"{}\"}}", "y".repeat(len - 68));
    assert_eq!(exactly(4_096).len(), 4_096);
    assert_eq!(post(service.address, "challenge", &[], exactly(4_096).as_bytes()).await.status, 200);
    for route in ["challenge", "session", "refresh", "logout"] {
        let large = post(service.address, route, &[], exactly(4_097).as_bytes()).await;
        assert_eq!(large.refusal(), (413, "payload_too_large".into()), "{route}");
    }
    for token in ["", "x", "btas_", &format!("btas_{}", "A".repeat(124)), "btar_x", &"x".repeat(505)] {
        assert_eq!(service.get("/me", token).await.refusal(), (401, "invalid_token".into()), "{token}");
    }
    assert_eq!(service.get("/me", &"x".repeat(506)).await.refusal(), (400, "header_too_long".into()));
}

#[tokio::test]
async fn a_signed_request_is_judged_by_its_signature_whatever_token_it_carries() {
    let service = dashboard().await;
    let (person, caller) = (Person::new(), Person::new());
    let token = service.log_in(&person).await.json()["session_token"].clone();
    let mut both = caller.sign(&service.hotkey, "GET", "/me", b"");
    both.push(("Authorization".into(), format!("Bearer {}", token.as_str().expect("a token"))));
    assert_eq!(send(service.address, "GET", "/me", &both, b"").await.body, caller.hotkey().to_ss58());
    let mut broken = caller.sign(&service.hotkey, "GET", "/other", b"");
    broken.push(("Authorization".into(), format!("Bearer {}", token.as_str().expect("a token"))));
    assert_eq!(send(service.address, "GET", "/me", &broken, b"").await.refusal(), (401, "bad_signature".into()));
    let signed = caller.sign(&service.hotkey, "GET", "/session", b"");
    let refused = send(service.address, "GET", "/session", &signed, b"").await;
    assert_eq!(refused.refusal(), (401, "missing_credentials".into()));
}

#[tokio::test]
async fn an_ed25519_key_is_refused_unless_it_is_listed() {
    let service = dashboard().await;
    let person = Person::with(SigningKey::generate(Scheme::Ed25519, &mut OsEntropy));
    let signed = person.sign(&service.hotkey, "GET", "/me", b"");
    let refused = send(service.address, "GET", "/me", &signed, b"").await;
    assert_eq!(refused.refusal(), (401, "scheme_not_accepted".into()));
}
