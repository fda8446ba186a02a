//! What operators see, and what they must not see.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bittensor_auth_server::{Caller, HotkeyAuth, MemoryStore, Policy, Verifier, telemetry};
use http::Request;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::login::{app, settings};
use crate::support::now;
use crate::support::people::{Headers, Person};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }
}

async fn send(app: &Router, method: &str, path: &str, headers: &Headers, body: String) -> (u16, serde_json::Value) {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(name, value));
    let Ok(answer) = app.clone().oneshot(request.body(Body::from(body)).expect("valid")).await;
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), 100_000).await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// A recorder's metrics as text.
struct Metrics(Vec<(String, DebugValue)>);

impl Metrics {
    fn of(seen: &Snapshotter) -> Self {
        let metrics = seen.snapshot().into_vec().into_iter().map(|(key, _, _, value)| {
            let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            (format!("{}{{{}}}", key.key().name(), labels.join(",")), value)
        });
        Self(metrics.collect())
    }

    fn get(&self, name: &str) -> &DebugValue {
        let found = self.0.iter().find(|(known, _)| known == &format!("bittensor_auth_{name}"));
        &found.unwrap_or_else(|| panic!("no {name} in {:?}", self.0)).1
    }
}

/// What must not be seen anywhere.
type Secrets = Vec<String>;

/// Everything that can happen to a request.
async fn scenario() -> Secrets {
    let (hotkey, person, banned) = (Person::new(), Person::new(), Person::new());
    let verifier = Verifier::new(hotkey.hotkey()).dangerous_accept_unbound();
    let auth = HotkeyAuth::builder(verifier, MemoryStore::nothing_accepted_before())
        .sessions(settings())
        .policy(Policy::any_hotkey().deny([banned.hotkey()]))
        .build()
        .expect("settings");
    let app = app(&auth);

    let signed = person.sign(&hotkey, "GET", "/me", b"");
    assert_eq!(send(&app, "GET", "/me", &signed, String::new()).await.0, 200);
    let named = [signed.clone(), vec![("X-Request-Id".to_owned(), "trace-me-1".to_owned())]].concat();
    assert_eq!(send(&app, "GET", "/me", &named, String::new()).await.0, 401);
    let stale = person.sign_at(&hotkey, "GET", "/me", b"", now().minus(Duration::from_secs(99)));
    assert_eq!(send(&app, "GET", "/me", &stale, String::new()).await.0, 401);
    let unwelcome = banned.sign(&hotkey, "GET", "/me", b"");
    assert_eq!(send(&app, "GET", "/me", &unwelcome, String::new()).await.0, 403);

    let (ss58, none) = (person.hotkey().to_ss58(), Headers::new());
    let challenge = send(&app, "POST", "/auth/challenge", &none, json!({"hotkey": ss58}).to_string()).await.1;
    let signature = person.sign_bytes(challenge["challenge"].as_str().expect("a text").as_bytes());
    let login = json!({"hotkey": ss58, "sealed": challenge["sealed"], "signature": signature}).to_string();
    let grant = send(&app, "POST", "/auth/session", &none, login.clone()).await.1;
    assert_eq!(send(&app, "POST", "/auth/session", &none, login).await.0, 401);
    let token = grant["session_token"].as_str().expect("a token").to_owned();
    let bearer = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
    assert_eq!(send(&app, "GET", "/me", &bearer, String::new()).await.0, 200);
    let refresh = json!({"refresh_token": grant["refresh_token"]}).to_string();
    assert_eq!(send(&app, "POST", "/auth/refresh", &none, refresh).await.0, 200);
    auth.revoke(&person.hotkey()).await.expect("a store");
    assert_eq!(send(&app, "GET", "/me", &bearer, String::new()).await.0, 401);
    let unlayered = Router::new().route("/x", get(|_: Caller| async {}));
    assert_eq!(send(&unlayered, "GET", "/x", &none, String::new()).await.0, 500);

    let signature_of = |headers: &Headers| headers.last().expect("a signature").1.clone();
    let text = |fields: &serde_json::Value, name: &str| fields[name].as_str().expect("a text").to_owned();
    let mut secrets =
        vec![ss58, banned.hotkey().to_ss58(), token, signature, signature_of(&signed), signature_of(&stale)];
    secrets.extend([text(&grant, "refresh_token"), text(&challenge, "sealed"), "wants you to sign in".to_owned()]);
    secrets
}

#[tokio::test]
async fn metrics_and_logs_name_codes_and_never_secrets() {
    let recorder = DebuggingRecorder::new();
    let seen = recorder.snapshotter();
    let _metrics = metrics::set_default_local_recorder(&recorder);
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // For all threads: what tests on other threads log must not settle that nobody listens.
    tracing::subscriber::set_global_default(subscriber).expect("the only one in this process");
    telemetry::describe();
    let secrets = scenario().await;

    let metrics = Metrics::of(&seen);
    for (name, count) in [
        ("requests_total{profile=btauth/1}", 4),
        ("requests_total{profile=session}", 2),
        ("failures_total{profile=btauth/1,code=replayed_request}", 1),
        ("failures_total{profile=btauth/1,code=stale_request}", 1),
        ("failures_total{profile=btauth/1,code=hotkey_denied}", 1),
        ("failures_total{profile=session,code=session_ended}", 1),
        ("policy_denials_total{reason=hotkey_denied}", 1),
        ("logins_total{outcome=ok}", 1),
        ("logins_total{outcome=challenge_used}", 1),
        ("refresh_total{outcome=ok}", 1),
        ("revocations_total{outcome=ok}", 1),
    ] {
        assert_eq!(*metrics.get(name), DebugValue::Counter(count), "{name}");
    }
    for setting in ["dangerous_accept_unbound", "nothing_accepted_before", "single_process_acknowledged"] {
        let gauge = metrics.get(&format!("unsafe_settings_active{{setting={setting}}}"));
        assert_eq!(*gauge, DebugValue::Gauge(1.0.into()), "{setting}");
    }
    assert_eq!(*metrics.get("live_sessions{}"), DebugValue::Gauge(1.0.into()));
    for name in [
        "verify_duration_seconds{profile=btauth/1}",
        "verify_duration_seconds{profile=session}",
        "clock_offset_seconds{profile=btauth/1}",
    ] {
        assert!(matches!(metrics.get(name), DebugValue::Histogram(values) if !values.is_empty()), "{name}");
    }

    let log = log.text();
    for wanted in [
        "code=replayed_request",
        "request_id=\"trace-me-1\"",
        "code=invalid_configuration",
        "ERROR",
        "identify{profile=\"session\"}",
        &secrets[0][..8],
    ] {
        assert!(log.contains(wanted), "{wanted} is not in {log}");
    }
    let shown = format!("{:?}{log}", metrics.0);
    for secret in secrets {
        assert!(!shown.contains(secret.trim_start_matches("0x")), "{secret} is shown");
    }
}
