//! The request target, byte for byte, however the application is put together.

use axum::Router;
use axum::routing::any;
use bittensor_auth_server::{Caller, HotkeyAuth, MemoryStore, Verifier};

use crate::support::people::Person;
use crate::support::raw::{exchange, head, send};
use crate::support::{echo, serve};

const AWKWARD: &[&str] = &[
    "/",
    "//",
    "/x?",
    "/x??",
    "/x?a?b",
    "/a%20b/%7Ec%2Fd?q=%7E&x=a+b",
    "/p//q/./r/../s?b=2&a=1",
    "/../etc/passwd",
    "/%2e%2e/%2E%2E",
    "/u/%E2%9C%93?e=",
    "//two/x",
    "///",
    "/a;v=1,2:3@4!$&'()*=",
    "/~tilde/_-.",
    "/a%2fb%2Fb",
    "/bad%zz%",
    "/x?q=a%26b&q=%3D&&",
    "/[0]?b[]=1",
    "/a|b\\c^d?e|f\\g^h`",
    "/\"a\"/{b}?c={d}",
];

#[tokio::test]
async fn every_target_that_can_be_signed_verifies_as_it_was_sent() {
    let service = echo().await;
    let caller = Person::new();
    for target in AWKWARD {
        for method in ["GET", "POST", "DELETE", "PROPFIND", "M-SEARCH"] {
            let body: &[u8] = if method == "POST" { b"body" } else { b"" };
            let signed = caller.sign(&service.hotkey, method, target, body);
            let answer = send(service.address, method, target, &signed, body).await;
            assert_eq!(answer.status, 200, "{method} {target}: {answer:?}");
            assert!(answer.body.starts_with(&caller.hotkey().to_ss58()), "{method} {target}");
        }
    }
}

/// Which bytes hyper reads is its own affair; what it reads verifies, and what it does not read is 400.
#[tokio::test]
async fn every_printable_byte_verifies_or_never_gets_here() {
    let service = echo().await;
    let caller = Person::new();
    let mut unread = Vec::new();
    for byte in (0x21..=0x7e_u8).filter(|&byte| byte != b'#').map(char::from) {
        for target in [format!("/a{byte}b"), format!("/a?b{byte}c")] {
            let signed = caller.sign(&service.hotkey, "GET", &target, b"");
            let answer = send(service.address, "GET", &target, &signed, b"").await;
            match answer.status {
                200 => assert!(answer.body.starts_with(&caller.hotkey().to_ss58()), "{target}"),
                400 if answer.body.is_empty() => unread.push(target),
                _ => panic!("{target}: {answer:?}"),
            }
        }
    }
    assert_eq!(unread.join(" "), "/a?b\"c /a<b /a?b<c /a>b /a?b>c /a`b");
}

#[tokio::test]
async fn no_other_spelling_of_a_target_verifies() {
    let service = echo().await;
    let caller = Person::new();
    for (signed_for, sent) in [
        ("/x", "/x?"),
        ("/x?", "/x"),
        ("/x", "/x/"),
        ("/x", "//x"),
        ("/a/../x", "/x"),
        ("/a b".replace(' ', "%20").as_str(), "/a+b"),
        ("/a%2fb", "/a%2Fb"),
        ("/a/b", "/a%2Fb"),
        ("/x?a=1&b=2", "/x?b=2&a=1"),
        ("/x?a=1", "/x?a=2"),
        ("/x?a=1", "/x"),
        ("/~x", "/%7Ex"),
    ] {
        let signed = caller.sign(&service.hotkey, "GET", signed_for, b"");
        let answer = send(service.address, "GET", sent, &signed, b"").await;
        assert_eq!(answer.refusal(), (401, "bad_signature".into()), "signed {signed_for}, sent {sent}");
    }
    let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
    assert_eq!(send(service.address, "DELETE", "/x", &signed, b"").await.refusal(), (401, "bad_signature".into()));
}

#[tokio::test]
async fn forms_that_nobody_signs_are_refused() {
    let service = echo().await;
    let caller = Person::new();
    for target in ["http://service/x", "http://service", "https://service:1/x?y", "*", "/gr\u{fc}n", "/x?\u{2713}"] {
        let signed = caller.sign(&service.hotkey, "OPTIONS", "/x", b"");
        let answer = exchange(service.address, &[head("OPTIONS", target, &signed), b"\r\n".to_vec()].concat()).await;
        assert_eq!(answer.refusal(), (400, "malformed_target".into()), "{target}");
    }
    let long = format!("/{}", "a".repeat(8_192));
    let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
    assert_eq!(send(service.address, "GET", &long, &signed, b"").await.refusal(), (400, "malformed_target".into()));
    // What hyper cannot read at all never gets here.
    for target in ["x", "/a\u{7f}"] {
        let answer = exchange(service.address, &[head("GET", target, &signed), b"\r\n".to_vec()].concat()).await;
        assert_eq!(answer.status, 400, "{target}");
    }
}

#[tokio::test]
async fn a_fragment_is_dropped_before_anybody_sees_it() {
    let service = echo().await;
    let caller = Person::new();
    let signed = caller.sign(&service.hotkey, "GET", "/frag?a", b"");
    assert_eq!(send(service.address, "GET", "/frag?a#z", &signed, b"").await.status, 200);
}

/// Routers that hold others shorten the URI; the layer may stand outside or inside of them, or both.
#[tokio::test]
async fn nested_routers_verify_what_the_client_signed() {
    let hotkey = Person::new();
    let store = MemoryStore::nothing_accepted_before();
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), store).build().expect("settings");
    let who = |me: Caller| async move { me.hotkey().to_ss58() };
    let leaf = || Router::new().route("/{*rest}", any(who)).route("/", any(who));
    let inside = Router::new()
        .nest("/middle", Router::new().nest("/deep", leaf()).layer(auth.layer()))
        .nest("/innermost", Router::new().nest("/deep", leaf().layer(auth.layer())))
        .nest_service("/service", Router::new().nest("/deep", leaf().layer(auth.layer())))
        .nest("/both", Router::new().nest("/deep", leaf().layer(auth.layer())).layer(auth.layer()));
    let outside = Router::new().nest("/all", Router::new().nest("/deep", leaf())).layer(auth.layer());
    let address = serve(inside.merge(outside)).await;
    let caller = Person::new();
    for mount in ["middle", "innermost", "service", "both", "all"] {
        for rest in ["x", "sub%20x?y=1", "a%2Fb//c", "x?", "%7E?"] {
            let target = format!("/{mount}/deep/{rest}");
            let signed = caller.sign(&hotkey, "GET", &target, b"");
            let answer = send(address, "GET", &target, &signed, b"").await;
            assert_eq!((answer.status, answer.body), (200, caller.hotkey().to_ss58()), "{target}");
            for shortened in [format!("/{rest}"), format!("/deep/{rest}")] {
                let signed = caller.sign(&hotkey, "GET", &shortened, b"");
                let answer = send(address, "GET", &target, &signed, b"").await;
                assert_eq!(answer.refusal(), (401, "bad_signature".into()), "{target}, signed without its mount");
            }
        }
    }
}

#[tokio::test]
async fn a_configured_prefix_stands_in_front_and_forwarded_headers_do_not() {
    let hotkey = Person::new();
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), MemoryStore::nothing_accepted_before())
        .public_prefix("/api/v1")
        .build()
        .expect("settings");
    let address = serve(crate::support::echo_app(&auth)).await;
    let caller = Person::new();
    let signed = caller.sign(&hotkey, "GET", "/api/v1/x?y", b"");
    assert_eq!(send(address, "GET", "/x?y", &signed, b"").await.status, 200);
    let mut forwarded = caller.sign(&hotkey, "GET", "/elsewhere/x?y", b"");
    forwarded.push(("X-Forwarded-Prefix".into(), "/elsewhere".into()));
    forwarded.push(("X-Forwarded-Uri".into(), "/elsewhere/x?y".into()));
    assert_eq!(send(address, "GET", "/x?y", &forwarded, b"").await.refusal(), (401, "bad_signature".into()));
}

/// In HTTP/2 the path travels alone, so a whole URI is the usual form there.
#[tokio::test]
async fn http_2_verifies_its_path() {
    let service = echo().await;
    let caller = Person::new();
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    for target in ["/x%20y?a=b", "/x", "/a//b/%2F?c=%7E"] {
        let mut request = client.post(format!("http://{}{target}", service.address)).body("hello");
        for (name, value) in caller.sign(&service.hotkey, "POST", target, b"hello") {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        assert_eq!(answer.text().await.expect("a text"), format!("{} hello", caller.hotkey()), "{target}");
    }
}
