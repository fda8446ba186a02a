//! What clients do to a connection, and what applications do to a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use bittensor_auth_server::bittensor_auth::replay::{ClaimOutcome, ReplayClaim};
use bittensor_auth_server::bittensor_auth::time::UnixNanos;
use bittensor_auth_server::{Caller, Error, HotkeyAuth, MemoryStore, ReplayStore, Verifier};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::people::{Headers, Person};
use crate::support::raw::{connect, exchange, head, read, send};
use crate::support::{Service, echo, serve, until};

async fn service(app: Router, store: impl ReplayStore) -> Service {
    let hotkey = Person::new();
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), store).build().expect("settings");
    let address = serve(app.layer(auth.layer())).await;
    Service { hotkey, auth, address }
}

fn quick() -> MemoryStore {
    MemoryStore::nothing_accepted_before()
}

#[tokio::test]
async fn head_is_a_method_of_its_own_and_its_refusal_has_no_body() {
    let who = |me: Caller| async move { me.hotkey().to_ss58() };
    let service = service(Router::new().route("/x", get(who)), quick()).await;
    let caller = Person::new();
    let signed = caller.sign(&service.hotkey, "HEAD", "/x", b"");
    let answer = send(service.address, "HEAD", "/x", &signed, b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let replayed = send(service.address, "HEAD", "/x", &signed, b"").await;
    assert_eq!((replayed.status, replayed.body.as_str()), (401, ""));
    assert!(replayed.header("www-authenticate").is_some_and(|value| value.contains("replayed_request")));

    let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
    let other = send(service.address, "HEAD", "/x", &signed, b"").await;
    assert_eq!((other.status, other.body.as_str()), (401, ""));
    assert!(other.header("content-length").is_some_and(|length| length != "0"), "{other:?}");
    assert_eq!(send(service.address, "GET", "/x", &signed, b"").await.status, 200);

    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    for path in ["/x", "/nowhere"] {
        let answer = client.head(format!("http://{}{path}", service.address));
        let answer = answer.header("x-bittensor-version", "1").send().await.expect("an answer");
        assert_eq!(answer.status(), 400);
        assert!(answer.bytes().await.expect("no body").is_empty());
    }
}

/// A browser asks first, without credentials: that is for the application's CORS layer.
#[tokio::test]
async fn a_preflight_reaches_the_application() {
    let app = Router::new().route("/x", post(|_: Caller| async {}).options(|| async { "ask away" }));
    let service = service(app, quick()).await;
    let asks: Headers = vec![
        ("Origin".into(), "https://dash.example.org".into()),
        ("Access-Control-Request-Headers".into(), "x-bittensor-hotkey,x-bittensor-signature".into()),
    ];
    let answer = send(service.address, "OPTIONS", "/x", &asks, b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ask away"));
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on_only_when_its_headers_hold() {
    let service = echo().await;
    let caller = Person::new();
    let ask = |signed: &Headers| {
        [head("POST", "/x", signed), b"expect: 100-continue\r\ncontent-length: 5\r\n\r\n".to_vec()].concat()
    };
    let mut stream = connect(service.address).await;
    stream.write_all(&ask(&caller.sign(&service.hotkey, "POST", "/x", b"hello"))).await.expect("it reads");
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.expect("an interim answer");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").await.expect("it reads");
    assert_eq!(read(&mut stream).await.body, format!("{} hello", caller.hotkey()));

    let elsewhere = caller.sign(&caller, "POST", "/x", b"hello");
    let answer = exchange(service.address, &ask(&elsewhere)).await;
    assert_eq!(answer.refusal(), (401, "wrong_receiver".into()), "at once, and no interim answer");
}

/// What nobody signed does not reach a handler that trusts the signature.
#[tokio::test]
async fn trailers_of_a_signed_request_are_dropped() {
    let count = |request: Request| async move {
        let whole = request.into_body().collect().await.expect("a body");
        let trailers = whole.trailers().map_or(0, http::HeaderMap::len);
        format!("{} {trailers}", whole.to_bytes().len())
    };
    let service = service(Router::new().fallback(count), quick()).await;
    let body = b"transfer-encoding: chunked\r\ntrailer: x-role\r\n\r\n5\r\nhello\r\n0\r\nx-role: owner\r\n\r\n";
    let signed = Person::new().sign(&service.hotkey, "POST", "/x", b"hello");
    let request = [head("POST", "/x", &signed), body.to_vec()].concat();
    assert_eq!(exchange(service.address, &request).await.body, "5 0");
    let request = [head("POST", "/x", &vec![]), body.to_vec()].concat();
    assert_eq!(exchange(service.address, &request).await.body, "5 1", "or this shows nothing");
}

/// A body that was refused unread is never taken for the next request of its connection.
#[tokio::test]
async fn an_unread_body_is_no_request() {
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hits);
    let app = Router::new().route(
        "/hit",
        get(move || async move {
            counted.fetch_add(1, Ordering::Relaxed);
        }),
    );
    let service = service(app, quick()).await;
    let inner = b"GET /hit HTTP/1.1\r\nhost: service\r\n\r\n".repeat(2_000);
    let caller = Person::new();
    for framing in ["content-length", "chunked"] {
        let mut request = b"POST /x HTTP/1.1\r\nhost: service\r\n".to_vec();
        for (name, value) in caller.sign(&caller, "POST", "/x", &inner) {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if framing == "chunked" {
            request.extend_from_slice(format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n", inner.len()).as_bytes());
        } else {
            request.extend_from_slice(format!("content-length: {}\r\n\r\n", inner.len()).as_bytes());
        }
        request.extend_from_slice(&inner);
        let mut stream = connect(service.address).await;
        let _ = stream.write_all(&request).await;
        stream.shutdown().await.ok();
        let answer = read(&mut stream).await;
        assert_eq!(answer.status, 401, "{framing}: {answer:?}");
    }
    assert_eq!(hits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_handler_that_panics_leaves_the_service_and_its_memory_intact() {
    let app =
        Router::new().route("/panic", get(bug)).route("/x", get(|me: Caller| async move { me.hotkey().to_ss58() }));
    let service = service(app, quick()).await;
    let caller = Person::new();
    let signed = caller.sign(&service.hotkey, "GET", "/panic", b"");
    assert_eq!(send(service.address, "GET", "/panic", &signed, b"").await.status, 0, "axum closes the connection");
    let again = send(service.address, "GET", "/panic", &signed, b"").await;
    assert_eq!(again.refusal(), (401, "replayed_request".into()));
    let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
    assert_eq!(send(service.address, "GET", "/x", &signed, b"").await.status, 200);
}

async fn bug(_: Caller) {
    panic!("a bug of the application")
}

/// A store of somebody's own, which is slow, or has a bug.
struct Odd {
    inner: MemoryStore,
    claims: Arc<AtomicUsize>,
    panics: bool,
}

impl ReplayStore for Odd {
    async fn start(&self, verifier: &Verifier) -> Result<(), Error> {
        self.inner.start(verifier).await
    }

    async fn claim(&self, claim: &ReplayClaim, now: UnixNanos) -> ClaimOutcome {
        self.claims.fetch_add(1, Ordering::Relaxed);
        assert!(!self.panics, "a bug of the store");
        let outcome = self.inner.claim(claim, now).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        outcome
    }
}

/// The claim may have been made, so the request is used up, and a copy of it never passes.
#[tokio::test]
async fn a_client_that_hangs_up_during_the_claim_gets_no_second_one() {
    let (claims, handled) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&handled);
    let app = Router::new().fallback(move |_: Caller| async move {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let service = service(app, Odd { inner: quick(), claims: Arc::clone(&claims), panics: false }).await;
    let signed = Person::new().sign(&service.hotkey, "GET", "/x", b"");
    let mut stream = connect(service.address).await;
    stream.write_all(&[head("GET", "/x", &signed), b"\r\n".to_vec()].concat()).await.expect("it reads");
    until(Duration::from_secs(2), async || claims.load(Ordering::Relaxed) == 1).await;
    drop(stream);
    let copy = send(service.address, "GET", "/x", &signed, b"").await;
    assert_eq!(copy.refusal(), (401, "replayed_request".into()));
    assert_eq!(handled.load(Ordering::Relaxed), 0, "nobody is there to answer");
}

#[tokio::test]
async fn a_store_that_panics_lets_nothing_pass() {
    let claims = Arc::new(AtomicUsize::new(0));
    let app = Router::new().fallback(|_: Caller, _: Body| async { "passed" });
    let service = service(app, Odd { inner: quick(), claims: Arc::clone(&claims), panics: true }).await;
    let signed = Person::new().sign(&service.hotkey, "GET", "/x", b"");
    for _ in 0..2 {
        assert_eq!(send(service.address, "GET", "/x", &signed, b"").await.status, 0);
    }
    assert_eq!(claims.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn http_2_bodies_have_the_same_limit() {
    let hotkey = Person::new();
    let verifier = Verifier::new(hotkey.hotkey()).with_body_limit(100_000);
    let auth = HotkeyAuth::builder(verifier, quick()).build().expect("settings");
    let len = |_: Caller, body: axum::body::Bytes| async move { body.len().to_string() };
    let address = serve(Router::new().fallback(len).layer(auth.layer())).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let caller = Person::new();
    for (len, status) in [(100_000, 200), (100_001, 413)] {
        let body = vec![b'x'; len];
        let mut request = client.post(format!("http://{address}/x"));
        for (name, value) in caller.sign(&hotkey, "POST", "/x", &body) {
            request = request.header(name, value);
        }
        // Without a length.
        let pieces = futures_util::stream::iter(vec![
            Ok::<_, std::io::Error>(body[..50_000].to_vec()),
            Ok(body[50_000..].to_vec()),
        ]);
        let answer = request.body(reqwest::Body::wrap_stream(pieces)).send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{len}");
    }
    let doubled = client.get(format!("http://{address}/x"));
    let doubled = doubled.header("x-bittensor-nonce", "1").header("x-bittensor-nonce", "1").send().await;
    assert!(doubled.expect("an answer").text().await.expect("a text").contains("duplicate_header"));
}
