//! What handlers get, and what they get instead.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::routing::get;
use bittensor_auth_server::bittensor_auth::replay::{ClaimOutcome, ReplayClaim};
use bittensor_auth_server::bittensor_auth::request;
use bittensor_auth_server::bittensor_auth::time::UnixNanos;
use bittensor_auth_server::{
    Caller, Error, ErrorCode, HotkeyAuth, MemoryStore, Policy, Rejection, ReplayStore, SignedCaller, Verifier,
};
use http::{Request, Response};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::support::people::{Headers, Person};
use crate::support::raw::{Answer, send};
use crate::support::{echo, now, serve};

/// A memory store that counts.
struct Counting(MemoryStore, Arc<AtomicUsize>);

impl ReplayStore for Counting {
    async fn start(&self, verifier: &Verifier) -> Result<(), Error> {
        self.0.start(verifier).await
    }

    async fn claim(&self, claim: &ReplayClaim, now: UnixNanos) -> ClaimOutcome {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.claim(claim, now).await
    }
}

struct Fixture {
    hotkey: Person,
    auth: HotkeyAuth,
    claims: Arc<AtomicUsize>,
    address: std::net::SocketAddr,
}

impl Fixture {
    async fn new() -> Self {
        let (hotkey, claims) = (Person::new(), Arc::new(AtomicUsize::new(0)));
        let store = Counting(MemoryStore::nothing_accepted_before(), Arc::clone(&claims));
        let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), store).build().expect("settings");
        let optional = |me: Option<Caller>| async move { me.map_or("nobody".to_owned(), |me| me.hotkey().to_ss58()) };
        let three = |first: Caller, again: Option<Caller>, signed: SignedCaller| async move {
            assert!(again.is_some_and(|again| again == first) && *signed == *first);
            first.hotkey().to_ss58()
        };
        let caught = |me: Result<Caller, Rejection>| async move {
            me.map_or_else(|rejection| rejection.code().to_string(), |me| me.hotkey().to_ss58())
        };
        let app = Router::new()
            .route("/optional", get(optional))
            .route("/three", get(three))
            .route("/caught", get(caught))
            .route("/open", get(|| async { "open" }))
            .layer(auth.layer());
        let address = serve(app).await;
        Self { hotkey, auth, claims, address }
    }

    async fn get(&self, path: &str, headers: &Headers) -> Answer {
        send(self.address, "GET", path, headers, b"").await
    }

    fn claims(&self) -> usize {
        self.claims.swap(0, Ordering::Relaxed)
    }
}

#[tokio::test]
async fn strangers_are_none_and_false_credentials_are_refused() {
    let service = Fixture::new().await;
    let caller = Person::new();
    assert_eq!(service.get("/optional", &vec![]).await.body, "nobody");
    let basic = vec![("Authorization".to_owned(), "Basic dTpw".to_owned())];
    assert_eq!(service.get("/optional", &basic).await.body, "nobody");
    let signed = caller.sign(&service.hotkey, "GET", "/optional", b"");
    assert_eq!(service.get("/optional", &signed).await.body, caller.hotkey().to_ss58());
    assert_eq!(service.get("/optional", &signed).await.refusal(), (401, "replayed_request".into()));
    // Bad credentials are refused whatever the route asks for.
    let elsewhere = caller.sign(&caller, "GET", "/open", b"");
    assert_eq!(service.get("/open", &elsewhere).await.refusal(), (401, "wrong_receiver".into()));
    assert_eq!(service.get("/open", &vec![]).await.body, "open");
}

#[tokio::test]
async fn a_request_is_claimed_once_however_many_extractors_ask() {
    let service = Fixture::new().await;
    let caller = Person::new();
    let signed = caller.sign(&service.hotkey, "GET", "/three", b"");
    assert_eq!(service.get("/three", &signed).await.body, caller.hotkey().to_ss58());
    assert_eq!(service.claims(), 1);
    // Whoever asks for no caller claims nothing.
    let signed = caller.sign(&service.hotkey, "GET", "/open", b"");
    assert_eq!(service.get("/open", &signed).await.body, "open");
    assert_eq!(service.claims(), 0);
}

#[tokio::test]
async fn a_handler_may_look_at_the_rejection() {
    let service = Fixture::new().await;
    assert_eq!(service.get("/caught", &vec![]).await.body, "missing_credentials");
}

#[tokio::test]
async fn the_policy_stands_before_the_claim_and_changes_at_once() {
    let service = Fixture::new().await;
    let (friend, stranger) = (Person::new(), Person::new());
    service.auth.set_policy(Policy::hotkeys([friend.hotkey()]));
    for (person, status) in [(&friend, 200), (&stranger, 403)] {
        let answer = service.get("/three", &person.sign(&service.hotkey, "GET", "/three", b"")).await;
        assert_eq!(answer.status, status);
        assert_eq!(service.claims(), usize::from(status == 200), "an unwelcome caller writes nothing");
    }
    service.auth.set_policy(Policy::any_hotkey().deny([friend.hotkey()]));
    let answer = service.get("/three", &friend.sign(&service.hotkey, "GET", "/three", b"")).await;
    assert_eq!(answer.refusal(), (403, "hotkey_denied".into()));
}

#[tokio::test]
async fn each_header_counts_and_none_may_come_twice() {
    let service = Fixture::new().await;
    let caller = Person::new();
    for index in 0..5 {
        let mut signed = caller.sign(&service.hotkey, "GET", "/three", b"");
        let doubled = [signed.clone(), vec![(signed[index].0.to_uppercase(), signed[index].1.clone())]].concat();
        assert_eq!(service.get("/three", &doubled).await.refusal(), (400, "duplicate_header".into()));
        let (name, _) = signed.remove(index);
        let expected = if name.ends_with("Receiver") { (401, "unbound_request") } else { (400, "missing_header") };
        assert_eq!(service.get("/three", &signed).await.refusal(), (expected.0, expected.1.to_owned()), "{name}");
    }
    let mut joined = caller.sign(&service.hotkey, "GET", "/three", b"");
    joined[3].1 = format!("{0}, {0}", joined[3].1);
    assert_eq!(service.get("/three", &joined).await.refusal(), (400, "malformed_nonce".into()));
    let mut long = caller.sign(&service.hotkey, "GET", "/three", b"");
    long[1].1 = "5".repeat(9_000);
    assert_eq!(service.get("/three", &long).await.refusal(), (400, "header_too_long".into()));
    assert_eq!(service.claims(), 0);
}

#[tokio::test]
async fn a_stale_request_says_by_how_much() {
    let service = Fixture::new().await;
    let caller = Person::new();
    for (at, age) in [
        (now().minus(Duration::from_secs(60)), 59_000..62_000),
        (now().plus(Duration::from_secs(60)), -61_000..-58_000),
    ] {
        let signed = caller.sign_at(&service.hotkey, "GET", "/three", b"", at);
        let answer = service.get("/three", &signed).await;
        assert_eq!(answer.refusal(), (401, "stale_request".into()));
        let problem = answer.json();
        assert!(age.contains(&problem["age_ms"].as_i64().expect("a number")), "{problem}");
        assert_eq!((&problem["max_age_ms"], &problem["allowed_skew_ms"]), (&10_000.into(), &2_000.into()));
        assert_eq!(problem["retry"], "resign");
    }
}

#[tokio::test]
async fn a_route_without_the_layer_says_what_is_missing() {
    let hotkey = Person::new();
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), MemoryStore::nothing_accepted_before());
    let auth = auth.build().expect("settings");
    let app = Router::new().route("/x", get(|me: Caller| async move { me.hotkey().to_ss58() }));
    let forgotten = auth.start().await.expect_err("no layer was made");
    assert_eq!(forgotten.code(), ErrorCode::InvalidConfiguration);
    assert!(forgotten.message().contains(".layer(auth.layer())"));

    let address = serve(app.clone()).await;
    let signed = Person::new().sign(&hotkey, "GET", "/x", b"");
    let answer = send(address, "GET", "/x", &signed, b"").await;
    assert_eq!(answer.refusal(), (500, "invalid_configuration".into()));
    assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains(".layer(auth.layer())")));

    let address = serve(app.layer(auth.layer())).await;
    auth.start().await.expect("the layer is there");
    assert_eq!(send(address, "GET", "/x", &signed, b"").await.status, 200);
}

#[tokio::test]
async fn a_service_without_extractors_finds_the_caller_in_the_extensions() {
    let hotkey = Person::new();
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), MemoryStore::nothing_accepted_before());
    let auth = auth.realm("my subnet").build().expect("settings");
    let answer = |request: Request<Body>| async move {
        let caller = request.extensions().get::<request::Caller>().map(|caller| caller.hotkey().to_ss58());
        Ok::<_, Infallible>(Response::new(Body::from(caller.unwrap_or_default())))
    };
    let service = ServiceBuilder::new().layer(auth.layer().require_caller()).service(service_fn(answer));
    let caller = Person::new();
    let request = |headers: &Headers| {
        let request = Request::builder().uri("/x?y");
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .body(Body::empty())
            .expect("valid")
    };
    let Ok(refused) = service.clone().oneshot(request(&vec![])).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["www-authenticate"], "Bittensor realm=\"my subnet\", error=\"missing_credentials\"");
    let signed = caller.sign(&hotkey, "GET", "/x?y", b"");
    let Ok(answer) = service.clone().oneshot(request(&signed)).await;
    let body = axum::body::to_bytes(answer.into_body(), 100).await.expect("a body");
    assert_eq!(body, caller.hotkey().to_ss58());
    let Ok(replayed) = service.oneshot(request(&signed)).await;
    assert_eq!(replayed.status(), 401);
}

#[tokio::test]
async fn unbound_requests_pass_only_where_that_is_meant() {
    use bittensor_auth_server::bittensor_auth::message::BodyHash;
    use bittensor_auth_server::bittensor_auth::nonce::OsEntropy;
    use bittensor_auth_server::bittensor_auth::request::RequestSigner;
    use bittensor_auth_server::bittensor_auth::target::{Method, RequestTarget};

    let strict = echo().await;
    let verifier = Verifier::new(strict.hotkey.hotkey()).dangerous_accept_unbound();
    let auth = HotkeyAuth::builder(verifier, MemoryStore::nothing_accepted_before()).build().expect("settings");
    let lenient = serve(crate::support::echo_app(&auth)).await;
    let caller = Person::new();
    let (method, target) =
        (Method::parse("GET").expect("a method"), RequestTarget::parse(&b"/x"[..]).expect("a target"));
    let signed = RequestSigner::dangerous_unbound(caller.key.scheme(), caller.hotkey())
        .prepare(&method, &target, BodyHash::of(b""), now(), &mut OsEntropy)
        .sign(&caller.key, &mut OsEntropy);
    let headers = signed.to_pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(send(strict.address, "GET", "/x", &headers, b"").await.refusal(), (401, "unbound_request".into()));
    assert_eq!(send(lenient, "GET", "/x", &headers, b"").await.status, 200);
}

/// Layers that stand inside of each other check once and claim once.
#[tokio::test]
async fn a_layer_inside_of_a_layer_changes_nothing() {
    let hotkey = Person::new();
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), MemoryStore::nothing_accepted_before());
    let auth = auth.build().expect("settings");
    let who = |me: Caller| async move { me.hotkey().to_ss58() };
    let app = Router::new().route("/x", get(who)).layer(auth.layer()).layer(auth.layer().require_caller());
    let address = serve(app).await;
    let caller = Person::new();
    let signed = caller.sign(&hotkey, "GET", "/x", b"");
    assert_eq!(send(address, "GET", "/x", &signed, b"").await.body, caller.hotkey().to_ss58());
    assert_eq!(send(address, "GET", "/x", &vec![], b"").await.refusal(), (401, "missing_credentials".into()));
}

/// Takes its time, and counts.
struct Slow(Counting);

impl ReplayStore for Slow {
    async fn start(&self, verifier: &Verifier) -> Result<(), Error> {
        self.0.start(verifier).await
    }

    async fn claim(&self, claim: &ReplayClaim, now: UnixNanos) -> ClaimOutcome {
        let outcome = self.0.claim(claim, now).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        outcome
    }
}

#[tokio::test]
async fn a_claim_that_was_given_up_is_never_made_again() {
    let (hotkey, claims) = (Person::new(), Arc::new(AtomicUsize::new(0)));
    let store = Slow(Counting(MemoryStore::nothing_accepted_before(), Arc::clone(&claims)));
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), store).build().expect("settings");
    let impatient = |request: axum::extract::Request| async move {
        let (mut parts, _) = request.into_parts();
        let first = Caller::from_request_parts(&mut parts, &());
        assert!(tokio::time::timeout(Duration::from_millis(20), first).await.is_err());
        Caller::from_request_parts(&mut parts, &()).await.map(|me| me.hotkey().to_ss58())
    };
    let address = serve(Router::new().fallback(impatient).layer(auth.layer())).await;
    let signed = Person::new().sign(&hotkey, "GET", "/x", b"");
    assert_eq!(send(address, "GET", "/x", &signed, b"").await.refusal(), (503, "store_unavailable".into()));
    assert_eq!(claims.load(Ordering::Relaxed), 1);
}
