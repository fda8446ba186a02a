//! What the layer costs an axum service on the memory store, in microseconds of CPU for each request. Prints one JSON object.
//!
//! Requests go through the router without a socket. Takes the number of rounds; the median of each row is printed.
#![expect(clippy::print_stdout, reason = "the result")]

use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::routing::post;
use bittensor_auth_server::bittensor_auth::key::{Scheme, SigningKey};
use bittensor_auth_server::bittensor_auth::message::{BodyHash, Network, Site};
use bittensor_auth_server::bittensor_auth::nonce::OsEntropy;
use bittensor_auth_server::bittensor_auth::request::RequestSigner;
use bittensor_auth_server::bittensor_auth::session::{Keyring, ServerSecret};
use bittensor_auth_server::bittensor_auth::target::{Method, RequestTarget};
use bittensor_auth_server::bittensor_auth::time::UnixNanos;
use bittensor_auth_server::{Caller, HotkeyAuth, MemoryStore, SessionSettings, Verifier};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Of those that a signature is checked for; of all others, ten times as many.
const REQUESTS: usize = 4_000;
const CALLERS: u8 = 64;
const TARGET: &str = "/score?round=7";
const BODY: &[u8] = &[b'x'; 256];
const NOW: UnixNanos = UnixNanos::from_secs(1_790_000_000);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // Cargo adds `--bench`.
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(9);
    let service = SigningKey::from_seed(Scheme::Sr25519, &[200; 32]);
    let secret = ServerSecret::generate(&mut OsEntropy);
    let site = Site::new("https://dash.example.org", Network::finney()).expect("an origin");
    let auth = HotkeyAuth::builder(Verifier::new(service.hotkey()), MemoryStore::nothing_accepted_before())
        .sessions(SessionSettings::new(site, Keyring::new(secret)))
        .clock(|| NOW)
        .build()
        .expect("settings");
    let plain = Router::new().route("/score", post(|body: Bytes| async move { body.len().to_string() }));
    let named = post(|me: Caller, body: Bytes| async move { format!("{} {}", me.hotkey(), body.len()) });
    let open = post(|body: Bytes| async move { body.len().to_string() });
    let app = Router::new()
        .route("/score", named)
        .route("/open", open)
        .nest("/auth", auth.session_routes().expect("it has sessions"))
        .layer(auth.layer());

    let mut signer = Callers::new(&service);
    let bearer = format!("Bearer {}", log_in(&app).await);
    let mut rows: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        let unsigned = |path: &'static str| (0..10 * REQUESTS).map(|_| request(path, &[])).collect::<Vec<_>>();
        rows[0].push(run(&plain, unsigned("/score")).await);
        rows[1].push(run(&app, unsigned("/open")).await);
        rows[2].push(run(&app, (0..REQUESTS).map(|index| signer.request(index)).collect()).await);
        let with_token = [("authorization", bearer.clone())];
        rows[3].push(run(&app, (0..10 * REQUESTS).map(|_| request(TARGET, &with_token)).collect()).await);
    }
    let [plain, open, signed, session] = rows.map(median);
    println!(
        r#"{{"axum-plain": {plain:.2}, "axum-layer-unsigned": {open:.2}, "axum-layer-signed": {signed:.2}, "axum-layer-session": {session:.2}}}"#
    );
}

fn request(target: &str, headers: &[(&str, String)]) -> Request<Body> {
    let request = Request::builder().method("POST").uri(target);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    request.body(Body::from(BODY)).expect("a request")
}

/// CPU time of this thread for each of the requests.
async fn run(app: &Router, requests: Vec<Request<Body>>) -> f64 {
    let (count, began) = (requests.len(), Clock::now());
    for request in requests {
        let Ok(response) = app.clone().oneshot(request).await;
        assert_eq!(response.status(), 200);
    }
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let count = count as f64;
    began.elapsed_us() / count
}

async fn log_in(app: &Router) -> String {
    let person = SigningKey::from_seed(Scheme::Sr25519, &[100; 32]);
    let ask = async |route: &str, fields: Value| {
        let request = Request::builder().method("POST").uri(format!("/auth/{route}"));
        let request = request.body(Body::from(fields.to_string())).expect("a request");
        let Ok(answer) = app.clone().oneshot(request).await;
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.expect("a body");
        serde_json::from_slice::<Value>(&body).expect("JSON")
    };
    let hotkey = person.hotkey().to_ss58();
    let challenge = ask("challenge", json!({"hotkey": hotkey})).await;
    let text = challenge["challenge"].as_str().expect("a text");
    let signature = person.sign(text.as_bytes(), &mut OsEntropy);
    let hex = signature.as_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let grant = ask("session", json!({"hotkey": hotkey, "sealed": challenge["sealed"], "signature": hex})).await;
    grant["session_token"].as_str().expect("a token").to_owned()
}

/// Several callers in turn.
struct Callers(Vec<(SigningKey, RequestSigner)>);

impl Callers {
    fn new(service: &SigningKey) -> Self {
        let callers = (1..=CALLERS).map(|seed| {
            let key = SigningKey::from_seed(Scheme::Sr25519, &[seed; 32]);
            let signer = RequestSigner::new(Scheme::Sr25519, key.hotkey(), service.hotkey());
            (key, signer)
        });
        Self(callers.collect())
    }

    fn request(&mut self, index: usize) -> Request<Body> {
        let count = self.0.len();
        let (key, signer) = &mut self.0[index % count];
        let (method, target) =
            (Method::parse("POST").expect("a method"), RequestTarget::for_signing(TARGET).expect("a target"));
        let unsigned = signer.prepare(&method, &target, BodyHash::of(BODY), NOW, &mut OsEntropy);
        request(TARGET, &unsigned.sign(key, &mut OsEntropy).to_pairs())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// This thread's CPU time where the system tells it, so that neighbours do not count; else the wall's.
enum Clock {
    Cpu(u64),
    Wall(Instant),
}

impl Clock {
    fn now() -> Self {
        cpu_ns().map_or_else(|| Self::Wall(Instant::now()), Self::Cpu)
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds in nanoseconds")]
    fn elapsed_us(&self) -> f64 {
        match self {
            Self::Cpu(began) => cpu_ns().unwrap_or_default().saturating_sub(*began) as f64 / 1_000.0,
            Self::Wall(began) => began.elapsed().as_secs_f64() * 1_000_000.0,
        }
    }
}

fn cpu_ns() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}
