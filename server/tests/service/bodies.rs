//! Bodies in every shape, friendly and not.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::post;
use bittensor_auth_server::bittensor_auth::time::Window;
use bittensor_auth_server::{Caller, HotkeyAuth, MemoryStore, Verifier};
use tokio::io::AsyncWriteExt as _;

use crate::support::people::Person;
use crate::support::raw::{connect, exchange, head, read, send};
use crate::support::{Service, echo, serve};

fn chunked(head: Vec<u8>, chunks: &[&[u8]]) -> Vec<u8> {
    let mut request = [head, b"transfer-encoding: chunked\r\n\r\n".to_vec()].concat();
    for chunk in chunks {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    request
}

async fn service(verifier: impl FnOnce(Verifier) -> Verifier) -> Service {
    let hotkey = Person::new();
    let verifier = verifier(Verifier::new(hotkey.hotkey()));
    let auth = HotkeyAuth::builder(verifier, MemoryStore::nothing_accepted_before()).build().expect("settings");
    let len = |_: Caller, body: Bytes| async move { body.len().to_string() };
    let open = |body: Body| async move {
        let body = axum::body::to_bytes(body, usize::MAX).await.map(|body| body.len()).unwrap_or_default();
        body.to_string()
    };
    let app = Router::new()
        .route("/len", post(len).layer(axum::extract::DefaultBodyLimit::disable()))
        .route("/open", post(open))
        .layer(auth.layer());
    let address = serve(app).await;
    Service { hotkey, auth, address }
}

#[tokio::test]
async fn streamed_bodies_verify_and_reach_the_handler_whole() {
    let service = echo().await;
    let caller = Person::new();
    let signed = caller.sign(&service.hotkey, "POST", "/x", b"one two three");
    let request = chunked(head("POST", "/x", &signed), &[b"one", b" ", b"two th", b"ree"]);
    assert_eq!(exchange(service.address, &request).await.body, format!("{} one two three", caller.hotkey()));

    // Byte by byte, as slow networks do.
    let bytes: Vec<&[u8]> = b"slowly".chunks(1).collect();
    let signed = caller.sign(&service.hotkey, "POST", "/x", b"slowly");
    let request = chunked(head("POST", "/x", &signed), &bytes);
    let mut stream = connect(service.address).await;
    for byte in request.chunks(1) {
        stream.write_all(byte).await.expect("it reads");
    }
    assert_eq!(read(&mut stream).await.body, format!("{} slowly", caller.hotkey()));

    let signed = caller.sign(&service.hotkey, "POST", "/x", b"");
    assert_eq!(exchange(service.address, &chunked(head("POST", "/x", &signed), &[])).await.status, 200);
}

#[tokio::test]
async fn no_other_body_verifies() {
    let service = echo().await;
    let caller = Person::new();
    for (signed_for, sent) in [(&b"a"[..], &b"b"[..]), (b"a", b""), (b"", b"a"), (b"a", b"a "), (b"{}", b"{ }")] {
        let signed = caller.sign(&service.hotkey, "POST", "/x", signed_for);
        let answer = send(service.address, "POST", "/x", &signed, sent).await;
        assert_eq!(answer.refusal(), (401, "bad_signature".into()));
    }
}

#[tokio::test]
async fn the_limit_holds_with_and_without_a_length() {
    let service = service(|verifier| verifier.with_body_limit(100_000)).await;
    let caller = Person::new();
    for (len, status) in [(100_000, 200), (100_001, 413), (3_000_000, 413)] {
        let body = vec![b'x'; len];
        let signed = caller.sign(&service.hotkey, "POST", "/len", &body);
        let answer = send(service.address, "POST", "/len", &signed, &body).await;
        assert_eq!(answer.status, status, "{len}: {answer:?}");
        let signed = caller.sign(&service.hotkey, "POST", "/len", &body);
        let chunks: Vec<&[u8]> = body.chunks(1_000).collect();
        let answer = exchange(service.address, &chunked(head("POST", "/len", &signed), &chunks)).await;
        assert_eq!(answer.status, status, "{len} in chunks: {answer:?}");
        if status == 413 {
            assert_eq!(answer.refusal(), (413, "payload_too_large".into()));
        }
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let service = service(|verifier| verifier.with_body_limit(100_000)).await;
    let signed = Person::new().sign(&service.hotkey, "POST", "/len", b"");
    let mut stream = connect(service.address).await;
    let head = [head("POST", "/len", &signed), b"transfer-encoding: chunked\r\n\r\n".to_vec()].concat();
    stream.write_all(&head).await.expect("it reads");
    let chunk = [b"2710\r\n".to_vec(), vec![b'x'; 10_000], b"\r\n".to_vec()].concat();
    let mut sent = 0_u32;
    while stream.write_all(&chunk).await.is_ok() {
        sent += 1;
        assert!(sent < 10_000, "nobody stops it");
    }
}

#[tokio::test]
async fn a_body_that_dribbles_is_not_waited_for() {
    let window = Window::new(Duration::from_secs(1), Duration::from_secs(1)).expect("bounds");
    let service = service(|verifier| verifier.with_window(window)).await;
    let signed = Person::new().sign(&service.hotkey, "POST", "/len", b"never all of this");
    let mut stream = connect(service.address).await;
    let head = [head("POST", "/len", &signed), b"content-length: 17\r\n\r\nnever".to_vec()].concat();
    stream.write_all(&head).await.expect("it reads");
    let began = Instant::now();
    assert_eq!(read(&mut stream).await.refusal(), (401, "stale_request".into()));
    assert!((900..2_500).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn headers_are_judged_before_the_body_is_read() {
    let service = service(|verifier| verifier).await;
    let (caller, stranger) = (Person::new(), Person::new());
    let mut wrong_version = caller.sign(&service.hotkey, "POST", "/len", b"");
    wrong_version[0].1 = "2".into();
    for (signed, refusal) in [
        (caller.sign(&stranger, "POST", "/len", b""), (401, "wrong_receiver")),
        (wrong_version, (400, "unsupported_version")),
    ] {
        let mut stream = connect(service.address).await;
        let head = [head("POST", "/len", &signed), b"content-length: 900000\r\n\r\n".to_vec()].concat();
        stream.write_all(&head).await.expect("it reads");
        let answer = tokio::time::timeout(Duration::from_secs(2), read(&mut stream)).await.expect("at once");
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.to_owned()));
    }
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let service = echo().await;
    let caller = Person::new();
    let signed = caller.sign(&service.hotkey, "POST", "/x", b"whole body");
    let mut stream = connect(service.address).await;
    let head = [head("POST", "/x", &signed), b"content-length: 10\r\n\r\nwhole".to_vec()].concat();
    stream.write_all(&head).await.expect("it reads");
    drop(stream);
    // The nonce was not claimed: the same signed request passes when it comes whole.
    assert_eq!(send(service.address, "POST", "/x", &signed, b"whole body").await.status, 200);
}

#[tokio::test]
async fn bodies_of_unsigned_requests_pass_untouched() {
    let service = service(|verifier| verifier.with_body_limit(10)).await;
    let body = vec![b'x'; 3_000_000];
    let answer = send(service.address, "POST", "/open", &vec![], &body).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "3000000"));
}
