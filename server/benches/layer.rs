//! What the layer adds to a request of an axum service on the memory store, in microseconds of CPU.
//!
//! `cargo bench -p bittensor-auth-server --all-features --bench layer -- ROUNDS` prints rows of `target/bench.json` as a JSON
//! list: `ours` is what the layer adds, `peer` what the same request costs the same axum without it. Requests go through the
//! router without a socket and are made before the clock starts. Each round measures all sides; medians of the rounds count.
#![expect(clippy::print_stdout, reason = "the result")]

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
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Signed ones in each round; of all others, ten times as many.
const REQUESTS: usize = 4_000;
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
    let without = Router::new().route("/score", post(|body: Bytes| async move { body.len().to_string() }));
    let named = post(|me: Caller, body: Bytes| async move { format!("{} {}", me.hotkey(), body.len()) });
    let app = Router::new()
        .route("/score", named)
        .nest("/auth", auth.session_routes().expect("it has sessions"))
        .layer(auth.layer());

    let mut signer = Callers::new(&service);
    let bearer = format!("Bearer {}", log_in(&app).await);
    let (mut plain, mut signed, mut session) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let base = run(&without, (0..10 * REQUESTS).map(|_| request(TARGET, &[])).collect()).await;
        plain.push(base);
        signed.push(run(&app, (0..REQUESTS).map(|index| signer.request(index)).collect()).await - base);
        let with_token = [("authorization", bearer.clone())];
        session.push(run(&app, (0..10 * REQUESTS).map(|_| request(TARGET, &with_token)).collect()).await - base);
    }
    let plain = median(plain);
    let rows = [
        row("axum-layer-signed-memory", median(signed), plain, 80.0),
        row("axum-layer-session-memory", median(session), plain, 25.0),
    ];
    println!("{}", Value::from_iter(rows));
}

fn row(name: &str, ours: f64, peer: f64, limit: f64) -> Value {
    let rounded = |value: f64| (value * 1_000.0).round() / 1_000.0;
    json!({
        "name": name,
        "ours": rounded(ours),
        "peer": rounded(peer),
        "unit": "µs CPU per request",
        "ratio": rounded(ours / peer),
        "target": format!("ours <= {limit}"),
        "holds": ours <= limit,
    })
}

fn request(target: &str, headers: &[(&str, String)]) -> Request<Body> {
    let request = Request::builder().method("POST").uri(target);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    request.body(Body::from(BODY)).expect("a request")
}

/// CPU time for each of the requests. They were made, and signed, before; what a client does is no part of it.
async fn run(app: &Router, requests: Vec<Request<Body>>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let count = requests.len() as f64;
    let began = cpu_us();
    for request in requests {
        let Ok(response) = app.clone().oneshot(request).await;
        assert_eq!(response.status(), 200);
    }
    (cpu_us() - began) / count
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
        let callers = (0..=u8::MAX).map(|seed| {
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

/// CPU time of this thread, so that neighbours do not count.
fn cpu_us() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "seconds in nanoseconds")]
    let nanoseconds = {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        (now.tv_sec * 1_000_000_000 + now.tv_nsec) as f64
    };
    nanoseconds / 1_000.0
}
