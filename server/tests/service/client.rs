//! The signing client against real servers, friendly and not.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Redirect, Response};
use bittensor_auth_server::bittensor_auth::key::{Scheme, SigningKey};
use bittensor_auth_server::bittensor_auth::nonce::OsEntropy;
use bittensor_auth_server::bittensor_auth::time::UnixNanos;
use bittensor_auth_server::client::{HotkeySigner, refusal};
use bittensor_auth_server::{ErrorCode, Hotkey};
use reqwest_middleware::{ClientWithMiddleware, Middleware, Next};

use crate::support::{echo, now, serve};

fn signer(address: SocketAddr, receiver: Hotkey) -> (Hotkey, HotkeySigner) {
    let key = SigningKey::generate(Scheme::Sr25519, &mut OsEntropy);
    let hotkey = key.hotkey();
    (hotkey, HotkeySigner::new(key).sign_for(&format!("http://{address}"), receiver).expect("an origin"))
}

fn client(signer: HotkeySigner) -> ClientWithMiddleware {
    signer.client(reqwest::Client::builder()).expect("a client")
}

/// The nonces of one request.
type Nonces = Vec<String>;

/// A server that remembers what it got and answers what it is told.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Nonces>>>);

impl Recorder {
    async fn serve<A, F>(&self, answer: A) -> SocketAddr
    where
        A: Fn(usize) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response> + Send,
    {
        let this = self.clone();
        let count = Arc::new(AtomicUsize::new(0));
        serve(Router::new().fallback(move |request: Request| {
            let nonces = request.headers().get_all("x-bittensor-nonce").iter();
            let nonces = nonces.map(|value| value.to_str().expect("digits").to_owned()).collect();
            this.0.lock().expect("no panic").push(nonces);
            answer(count.fetch_add(1, Ordering::Relaxed))
        }))
        .await
    }

    fn seen(&self) -> Vec<Nonces> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

fn problem(status: u16, body: &str) -> Response {
    let response = http::Response::builder().status(status).header("content-type", "application/problem+json");
    response.body(body.to_owned().into()).expect("a response")
}

#[tokio::test]
async fn signed_requests_are_understood() {
    let service = echo().await;
    let (hotkey, signer) = signer(service.address, service.hotkey.hotkey());
    let client = client(signer);
    for target in [
        "/",
        "/x",
        "/x?",
        "/a b?c d",
        "/gr\u{fc}n?\u{2713}",
        "/a/../b//c",
        "/%7E~%2F?q=%26",
        "/x#frag",
        "/[0]?b[]='1'|^",
    ] {
        let url = format!("http://{}{target}", service.address);
        let answer = client.post(&url).body("hello").send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a text"), format!("{hotkey} hello"), "{target}");
    }
    let url = format!("http://{}/json", service.address);
    let streamed = reqwest::Body::wrap_stream(futures_util::stream::iter(["a", "b", "c"].map(Ok::<_, std::io::Error>)));
    let answer = client.put(&url).body(streamed).send().await.expect("an answer");
    assert_eq!(answer.text().await.expect("a text"), format!("{hotkey} abc"));
    let answer = client.delete(&url).send().await.expect("an answer");
    assert_eq!(answer.text().await.expect("a text"), format!("{hotkey} "));
}

#[tokio::test]
async fn nothing_is_sent_to_an_origin_that_is_not_listed() {
    let other = Recorder::default();
    let elsewhere = other.serve(|_| async { "hello".into_response() }).await;
    let service = echo().await;
    let (_, signer) = signer(service.address, service.hotkey.hotkey());
    let client = client(signer);
    for url in [format!("http://{elsewhere}/x"), format!("http://localhost:{}/x", service.address.port())] {
        let error = client.get(&url).send().await.expect_err("refused");
        assert_eq!(refusal(&error).map(bittensor_auth_server::Error::code), Some(ErrorCode::SigningRefused), "{url}");
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn redirects_come_back_as_they_are() {
    let other = Recorder::default();
    let elsewhere = other.serve(|_| async { "hello".into_response() }).await;
    let recorder = Recorder::default();
    let address = recorder
        .serve(move |count| async move {
            match count {
                0 => Redirect::temporary(&format!("http://{elsewhere}/x")).into_response(),
                1 => Redirect::permanent(&format!("http://{elsewhere}/x")).into_response(),
                _ => Redirect::to("/same-origin").into_response(),
            }
        })
        .await;
    let (_, signer) = signer(address, Hotkey::from_bytes([7; 32]));
    // Following redirects is switched off even if the client was told to.
    let followed = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5));
    let client = signer.client(followed).expect("a client");
    for status in [307, 308, 303] {
        let answer = client.post(format!("http://{address}/x")).body("x").send().await.expect("an answer");
        assert_eq!(answer.status(), status);
    }
    assert!(other.seen().is_empty());
    assert_eq!(recorder.seen().len(), 3);
}

/// Sends a second and a third time on 503.
struct Persistent;

#[async_trait::async_trait]
impl Middleware for Persistent {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        for _ in 0..2 {
            let copy = request.try_clone().expect("a body in memory");
            let answer = next.clone().run(copy, extensions).await?;
            if answer.status() != 503 {
                return Ok(answer);
            }
        }
        next.run(request, extensions).await
    }
}

#[tokio::test]
async fn every_attempt_has_a_nonce_of_its_own() {
    let recorder = Recorder::default();
    let address = recorder
        .serve(|count| async move { if count < 2 { problem(503, "{}") } else { "hello".into_response() } })
        .await;
    let (_, signer) = signer(address, Hotkey::from_bytes([7; 32]));
    let retrying: Arc<dyn Middleware> = Arc::new(Persistent);
    let client = signer.client_behind(reqwest::Client::builder(), [retrying]).expect("a client");
    // A header of an earlier attempt, or of somebody else, is replaced.
    let answer =
        client.get(format!("http://{address}/x")).header("X-Bittensor-Nonce", "1").send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let mut nonces = recorder.seen();
    assert!(nonces.iter().all(|nonces| nonces.len() == 1 && nonces[0] != "1"), "{nonces:?}");
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once() {
    static BEHIND_MS: AtomicU64 = AtomicU64::new(0);
    fn clock() -> UnixNanos {
        now().minus(Duration::from_millis(BEHIND_MS.load(Ordering::Relaxed)))
    }
    let service = echo().await;
    let url = format!("http://{}/x", service.address);

    BEHIND_MS.store(60_000, Ordering::Relaxed);
    let (hotkey, one) = signer(service.address, service.hotkey.hotkey());
    let client = client(one.with_clock(clock));
    for _ in 0..2 {
        let answer = client.post(&url).body("hello").send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a text"), format!("{hotkey} hello"));
    }

    // Off means off; the answer can still be read.
    let (_, two) = signer(service.address, service.hotkey.hotkey());
    let strict = two.with_clock(clock).without_clock_correction().client(reqwest::Client::builder()).expect("a client");
    let answer = strict.get(&url).send().await.expect("an answer");
    assert_eq!(answer.status(), 401);
    assert!(answer.text().await.expect("a text").contains("stale_request"));

    // More than 15 minutes are for the operator.
    BEHIND_MS.store(16 * 60_000, Ordering::Relaxed);
    let (_, three) = signer(service.address, service.hotkey.hotkey());
    let error = self::client(three.with_clock(clock)).get(&url).send().await.expect_err("too far off");
    assert_eq!(refusal(&error).map(bittensor_auth_server::Error::code), Some(ErrorCode::StaleRequest));
}

#[tokio::test]
async fn other_answers_are_returned_whole_and_never_sent_twice() {
    let recorder = Recorder::default();
    let time = now().as_millis();
    let stale = format!("{{\"code\":\"stale_request\",\"server_time_ms\":{time}}}");
    let answers = [
        problem(401, "{\"code\":\"bad_signature\"}"),
        problem(401, "nonsense"),
        problem(401, &stale),
        problem(401, &stale),
    ];
    let answers = Arc::new(Mutex::new(answers.into_iter().collect::<std::collections::VecDeque<_>>()));
    let address = recorder
        .serve(move |_| {
            let answer = answers.lock().expect("no panic").pop_front();
            async move { answer.expect("one for each request") }
        })
        .await;
    let (_, signer) = signer(address, Hotkey::from_bytes([7; 32]));
    let client = client(signer);
    let url = format!("http://{address}/x");
    for (body, sent) in [("{\"code\":\"bad_signature\"}", 1), ("nonsense", 1), (stale.as_str(), 2)] {
        let answer = client.get(&url).send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.url().as_str()), (401, url.as_str()));
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert!(answer.remote_addr().is_some());
        assert_eq!(answer.text().await.expect("a text"), body);
        assert_eq!(recorder.seen().len(), sent, "{body}");
    }
}

#[tokio::test]
async fn a_date_stands_in_for_a_body_that_cannot_be_read() {
    fn slow() -> UnixNanos {
        now().minus(Duration::from_secs(120))
    }
    let recorder = Recorder::default();
    let address = recorder
        .serve(|count| async move {
            if count == 0 { http::StatusCode::UNAUTHORIZED.into_response() } else { "hello".into_response() }
        })
        .await;
    let (_, signer) = signer(address, Hotkey::from_bytes([7; 32]));
    let answer = client(signer.with_clock(slow)).get(format!("http://{address}/x")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let nonces: Vec<u64> = recorder.seen().iter().map(|nonces| nonces[0].parse().expect("digits")).collect();
    assert_eq!(nonces.len(), 2);
    assert!((118..123).contains(&((nonces[1] - nonces[0]) / 1_000_000_000)), "{nonces:?}");
}
