//! Sessions in cookies, attacked by pages of other origins and by hosts beside this one.

use std::time::Duration;

use axum::http::header::CACHE_CONTROL;
use axum::routing::{get, post};
use axum::{Extension, Router};
use bittensor_auth_server::bittensor_auth::message::{Network, Site};
use bittensor_auth_server::bittensor_auth::request;
use bittensor_auth_server::bittensor_auth::session::{Keyring, Lifetimes, ServerSecret};
use bittensor_auth_server::{
    Caller, ErrorCode, HotkeyAuth, MemoryStore, Policy, Rejection, SessionCaller, SessionSettings, Verifier,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::browser::{Browser, HOME, REFRESH, SESSION};
use crate::support::login::{Dashboard, ORIGIN, settings};
use crate::support::people::Person;
use crate::support::raw::{Answer, send};
use crate::support::redis::Redis;
use crate::support::{serve, until};

const CLEARED: [&str; 2] = [
    "__Host-btauth-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax",
    "__Host-btauth-refresh=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict",
];
const BY_COOKIE: &str = "/auth/refresh";

async fn dashboard() -> Dashboard {
    with_lifetimes(Lifetimes::default()).await
}

async fn with_lifetimes(lifetimes: Lifetimes) -> Dashboard {
    let settings = settings().with_cookies().with_lifetimes(lifetimes);
    Dashboard::with(Person::new(), MemoryStore::nothing_accepted_before(), settings).await
}

fn sets_nothing(answer: &Answer) -> bool {
    answer.header("set-cookie").is_none()
}

#[tokio::test]
async fn a_session_lives_in_cookies_from_login_to_logout() {
    let service = dashboard().await;
    let mut page = Browser::new(&service);
    let login = page.fetch("POST", "/auth/session", HOME, &page.login_fields(&service).await).await;
    assert_eq!((login.status, login.header("cache-control")), (200, Some("no-store")));
    let grant = login.json();
    let mut members: Vec<_> = grant.as_object().expect("an object").keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["expires_at", "hotkey", "refresh_expires_at", "role", "server_time_ms"]);
    page.keep(&login);
    let (session, refresh) = (page.token(SESSION).to_owned(), page.token(REFRESH).to_owned());
    assert!(session.starts_with("btas_") && refresh.starts_with("btar_"));
    let set: Vec<_> = login.all("set-cookie").collect();
    let left =
        |name: &str| grant[name].as_u64().expect("a time") - grant["server_time_ms"].as_u64().expect("now") / 1_000;
    let (access, idle) = (left("expires_at"), left("refresh_expires_at"));
    assert_eq!(
        set,
        [
            format!("{SESSION}={session}; Max-Age={access}; Path=/; Secure; HttpOnly; SameSite=Lax"),
            format!("{REFRESH}={refresh}; Max-Age={idle}; Path=/; Secure; HttpOnly; SameSite=Strict"),
        ]
    );
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());
    assert_eq!(page.fetch("GET", "/me", &[], &Value::Null).await.body, page.address_of_hotkey());

    assert_eq!(page.refresh().await.status, 200);
    assert!(page.token(REFRESH).starts_with("btar_") && page.token(REFRESH) != refresh);
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());

    let ended = page.fetch("POST", "/auth/logout", HOME, &Value::Null).await;
    assert_eq!((ended.status, &ended.json()["ended"]), (200, &true.into()));
    assert_eq!(ended.all("set-cookie").collect::<Vec<_>>(), CLEARED);
    assert_eq!(page.who_am_i().await, "session_ended");
    page.keep(&ended);
    assert_eq!(page.who_am_i().await, "missing_credentials");
}

/// T70, T71
#[tokio::test]
async fn no_page_of_another_origin_can_use_the_cookies() {
    let service = dashboard().await;
    let mut page = Browser::logged_in(&service).await;
    let before = page.jar.clone();
    let foreign: [&[(&str, &str)]; 11] = [
        &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
        &[("Origin", "null")],
        &[],
        &[("Sec-Fetch-Site", "same-origin"), ("Referer", "https://dash.example.org/")],
        &[("Origin", "https://dash.example.org:8443"), ("Sec-Fetch-Site", "same-site")],
        &[("Origin", "http://dash.example.org")],
        &[("Origin", "https://a.dash.example.org")],
        &[("Origin", "https://dash.example.org.evil.example")],
        &[("Origin", ORIGIN), ("Origin", ORIGIN)],
        &[("Origin", "https://dash.example.org, https://dash.example.org")],
        &[("X-Forwarded-Host", "dash.example.org"), ("X-Forwarded-Origin", ORIGIN)],
    ];
    let stranger = Browser::new(&service);
    for headers in foreign {
        let login = stranger.login_fields(&service).await;
        for (path, fields) in [
            ("/write", Value::Null),
            ("/auth/logout", Value::Null),
            (BY_COOKIE, json!({"tokens": "cookie"})),
            ("/auth/session", login),
        ] {
            let refused = page.fetch("POST", path, headers, &fields).await;
            // Without any origin, whoever has no page of this one is still no page.
            assert_eq!(refused.refusal(), (403, "origin_refused".into()), "{path} {headers:?}");
            assert!(sets_nothing(&refused), "{path} {headers:?}");
        }
    }
    assert_eq!(page.jar, before);
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());
    assert_eq!(page.refresh().await.status, 200, "a refused refresh rotates nothing");
}

#[tokio::test]
async fn a_foreign_page_reads_nothing_but_may_link() {
    let service = dashboard().await;
    let page = Browser::logged_in(&service).await;
    let (navigate, document) = (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"));
    let cases: [(&[(&str, &str)], u16); 8] = [
        (&[], 200),
        (&[("Sec-Fetch-Site", "same-origin")], 200),
        (&[("Sec-Fetch-Site", "none")], 200),
        (&[("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")], 403),
        (&[("Sec-Fetch-Site", "cross-site"), navigate, document], 200),
        (&[("Sec-Fetch-Site", "same-site"), navigate, ("Sec-Fetch-Dest", "iframe")], 403),
        (&[("Origin", "https://evil.example")], 403),
        (&[("Origin", "null")], 403),
    ];
    for (headers, status) in cases {
        for (method, path) in [("GET", "/me"), ("HEAD", "/me"), ("GET", "/auth/session")] {
            assert_eq!(page.fetch(method, path, headers, &Value::Null).await.status, status, "{path} {headers:?}");
        }
    }
}

/// A link on a foreign page is a GET; what turns it into another method inside of the layer does not turn it into consent.
#[tokio::test]
async fn a_method_that_is_overridden_is_judged_as_what_it_became() {
    let service = dashboard().await;
    let page = Browser::logged_in(&service).await;
    let link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    assert_eq!(page.fetch("GET", "/overridden", &[], &Value::Null).await.refusal(), (403, "origin_refused".into()));
    assert_eq!(page.fetch("GET", "/overridden", &link, &Value::Null).await.refusal(), (403, "origin_refused".into()));
    assert_eq!(page.fetch("GET", "/overridden", HOME, &Value::Null).await.status, 200);
}

/// T72
#[tokio::test]
async fn what_a_sibling_host_can_set_is_not_looked_at() {
    let service = dashboard().await;
    let (mut victim, attacker) = (Browser::logged_in(&service).await, Browser::logged_in(&service).await);
    let names = ["btauth-session", "__Secure-btauth-session", "__host-btauth-session", "__Host-btauth-session2"];
    let planted = names.map(|name| format!("{name}={}", attacker.token(SESSION))).join("; ");
    let mine = victim.cookie();
    for (cookie, verdict) in [
        (format!("{planted}; {mine}"), victim.address_of_hotkey()),
        (format!("{mine}; {planted}"), victim.address_of_hotkey()),
        (planted, "missing_credentials".to_owned()),
    ] {
        let answer = victim.fetch_with(&[&cookie], "GET", "/auth/session", &[], &Value::Null).await.json();
        assert_eq!(answer["hotkey"].as_str().or(answer["code"].as_str()), Some(verdict.as_str()));
    }
    let swapped = format!("{SESSION}={}; {REFRESH}={}", victim.token(REFRESH), victim.token(SESSION));
    let refused = victim.fetch_with(&[&swapped], "GET", "/me", &[], &Value::Null).await;
    assert_eq!(refused.refusal(), (401, "invalid_token".into()));
    assert!(sets_nothing(&refused), "an ordinary route sets none");
    let refused = victim.fetch_with(&[&swapped], "POST", BY_COOKIE, HOME, &json!({"tokens": "cookie"})).await;
    assert_eq!(refused.refusal(), (401, "invalid_token".into()));
    assert_eq!(refused.all("set-cookie").collect::<Vec<_>>(), CLEARED);
    assert_eq!(victim.refresh().await.status, 200);
}

#[tokio::test]
async fn a_cookie_that_is_there_twice_is_refused() {
    let service = dashboard().await;
    let (victim, attacker) = (Browser::logged_in(&service).await, Browser::logged_in(&service).await);
    let mine = victim.cookie();
    for name in [SESSION, REFRESH] {
        let theirs = format!("{name}={}", attacker.token(name));
        let (first, last) = (format!("{theirs}; {mine}"), format!("{mine}; {theirs}"));
        for cookies in [&[first.as_str()][..], &[&last], &[&theirs, &mine], &[&mine, &theirs]] {
            for (method, path, fields) in [
                ("GET", "/me", Value::Null),
                ("POST", BY_COOKIE, json!({"tokens": "cookie"})),
                ("POST", "/auth/logout", Value::Null),
            ] {
                let refused = victim.fetch_with(cookies, method, path, HOME, &fields).await;
                assert_eq!(refused.refusal(), (400, "duplicate_cookie".into()), "{path}");
                assert!(sets_nothing(&refused), "{path}");
            }
        }
    }
    assert_eq!(victim.who_am_i().await, victim.address_of_hotkey());
}

#[tokio::test]
async fn cookies_of_more_than_16_kib_are_refused_before_anything_is_read() {
    let service = dashboard().await;
    let page = Browser::logged_in(&service).await;
    let padded = |len: usize| format!("a={}; {}", "x".repeat(len - page.cookie().len() - 4), page.cookie());
    for (len, status) in [(16_384, 200), (16_385, 400)] {
        let cookie = padded(len);
        assert_eq!(cookie.len(), len);
        assert_eq!(page.fetch_with(&[&cookie], "GET", "/me", &[], &Value::Null).await.status, status, "{len}");
        let (head, tail) = cookie.split_at(8_000);
        let split = page.fetch_with(&[head, tail], "GET", "/auth/session", &[], &Value::Null).await;
        assert_eq!(split.status, status, "{len} in two fields");
    }
}

/// T73
#[tokio::test]
async fn a_bearer_counts_and_is_not_replaced_by_a_cookie() {
    let service = dashboard().await;
    let page = Browser::logged_in(&service).await;
    let other = Person::new();
    let grant = service.log_in(&other).await.json();
    let good = format!("Bearer {}", grant["session_token"].as_str().expect("a token"));
    let good = &[("Authorization", good.as_str())];
    assert_eq!(page.fetch("POST", "/write", good, &Value::Null).await.body, other.hotkey().to_ss58());
    let wrong = &[("Authorization", "Bearer x"), HOME[0]];
    assert_eq!(page.fetch("POST", "/write", wrong, &Value::Null).await.refusal(), (401, "invalid_token".into()));
    let refused = page.fetch("POST", "/auth/logout", wrong, &Value::Null).await;
    assert_eq!(refused.refusal(), (401, "invalid_token".into()));
    assert!(sets_nothing(&refused), "the cookies are not the bearer's");
    let ended = page.fetch("POST", "/auth/logout", good, &Value::Null).await;
    assert_eq!(ended.status, 200);
    assert!(sets_nothing(&ended));
    assert_eq!(page.fetch("POST", "/write", good, &Value::Null).await.refusal(), (401, "session_ended".into()));
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());
}

#[tokio::test]
async fn a_signature_counts_before_a_cookie_and_nothing_replaces_it() {
    let service = dashboard().await;
    let page = Browser::logged_in(&service).await;
    let caller = Person::new();
    let sign = |path: &str| {
        let mut signed = caller.sign(&service.hotkey, "POST", path, b"");
        signed.extend([("Cookie".to_owned(), page.cookie()), ("Origin".to_owned(), ORIGIN.to_owned())]);
        signed
    };
    let answer = send(service.address, "POST", "/write", &sign("/write"), b"").await;
    assert_eq!(answer.body, caller.hotkey().to_ss58());
    assert_eq!(answer.header("cache-control"), None);
    let altered = send(service.address, "POST", "/write", &sign("/other"), b"").await;
    assert_eq!(altered.refusal(), (401, "bad_signature".into()));
    let out = send(service.address, "POST", "/auth/logout", &sign("/auth/logout"), b"").await;
    assert_eq!(out.refusal(), (401, "missing_credentials".into()));
    assert!(sets_nothing(&out));
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());
}

/// T74
#[tokio::test]
async fn a_token_in_a_cookie_never_comes_into_a_body() {
    let service = dashboard().await;
    let page = Browser::logged_in(&service).await;
    for fields in [
        json!({}),
        json!({"tokens": "body"}),
        json!({"tokens": null}),
        json!({"tokens": "cookie", "refresh_token": page.token(REFRESH)}),
        json!({"tokens": "Cookie"}),
        json!({"tokens": ["cookie"]}),
        json!([]),
        json!("cookie"),
    ] {
        let refused = page.fetch("POST", BY_COOKIE, HOME, &fields).await;
        assert_eq!(refused.refusal(), (400, "malformed_body".into()), "{fields}");
        assert!(sets_nothing(&refused), "{fields}");
    }
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());
}

#[tokio::test]
async fn a_hundred_tabs_refresh_at_once() {
    let service = dashboard().await;
    let mut page = Browser::logged_in(&service).await;
    let mut tabs = JoinSet::new();
    for _ in 0..100 {
        let tab = page.clone();
        tabs.spawn(async move { tab.fetch("POST", BY_COOKIE, HOME, &json!({"tokens": "cookie"})).await });
    }
    let answers = tabs.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let pairs = |answer: &Answer| {
        let first = |value: &str| value.split(';').next().unwrap_or_default().to_owned();
        answer.all("set-cookie").map(first).collect::<Vec<_>>()
    };
    assert!(answers.iter().all(|answer| pairs(answer) == pairs(&answers[0])));
    let before = page.jar.clone();
    page.keep(&answers[57]);
    assert_ne!(page.jar, before);
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());
    assert_eq!(page.refresh().await.status, 200);
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());
}

#[tokio::test]
async fn a_refresh_cookie_that_turns_up_later_ends_the_session_and_its_cookies() {
    let service = with_lifetimes(Lifetimes { grace: Duration::ZERO, ..Lifetimes::default() }).await;
    let mut page = Browser::logged_in(&service).await;
    let mut thief = page.clone();
    assert_eq!(page.refresh().await.status, 200);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let refused = thief.refresh().await;
    assert_eq!(refused.refusal(), (401, "refresh_reused".into()));
    assert_eq!(refused.all("set-cookie").collect::<Vec<_>>(), CLEARED);
    assert!(thief.jar.is_empty());
    assert_eq!(page.who_am_i().await, "session_ended");
    let refused = page.refresh().await;
    assert_eq!(refused.refusal(), (401, "session_ended".into()));
    assert_eq!(refused.all("set-cookie").collect::<Vec<_>>(), CLEARED);
}

#[tokio::test]
async fn a_revocation_logs_every_browser_out() {
    let service = dashboard().await;
    let (mut page, stranger) = (Browser::logged_in(&service).await, Browser::logged_in(&service).await);
    service.auth.revoke(&page.person.hotkey()).await.expect("a store");
    assert_eq!(page.who_am_i().await, "session_ended");
    assert_eq!(page.refresh().await.all("set-cookie").collect::<Vec<_>>(), CLEARED);
    assert_eq!(stranger.who_am_i().await, stranger.address_of_hotkey());
}

#[tokio::test]
async fn a_refusal_that_may_pass_keeps_the_cookies() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let hotkey = Person::new();
    redis.trust(Verifier::new(hotkey.hotkey()).namespace()).await;
    let service = Dashboard::with(hotkey, redis.patient_store(), settings().with_cookies()).await;
    let mut page = Browser::logged_in(&service).await;

    service.auth.set_policy(Policy::any_hotkey().deny([page.person.hotkey()]));
    let denied = page.refresh().await;
    assert_eq!(denied.refusal(), (403, "hotkey_denied".into()));
    service.auth.set_policy(Policy::any_hotkey());

    redis.freeze();
    let (mut tab, other) = (page.clone(), page.clone());
    let (refreshed, out) = tokio::join!(tab.refresh(), other.fetch("POST", "/auth/logout", HOME, &Value::Null));
    redis.thaw();
    for refused in [refreshed, out] {
        assert_eq!(refused.refusal(), (503, "store_unavailable".into()));
        assert!(sets_nothing(&refused));
    }
    assert!(sets_nothing(&denied));
    // The calls of before may have been done, so what is shown is that the cookies lead to one verdict again.
    until(Duration::from_secs(5), async || page.who_am_i().await != "store_unavailable").await;
    assert!([page.address_of_hotkey(), "session_ended".into()].contains(&page.who_am_i().await));
}

#[tokio::test]
async fn a_browser_that_slept_refreshes_with_what_is_left() {
    let service = dashboard().await;
    let mut page = Browser::logged_in(&service).await;
    page.jar.retain(|(name, _)| name == REFRESH);
    let refused = page.fetch("GET", "/me", &[], &Value::Null).await;
    assert_eq!(refused.refusal(), (401, "session_expired".into()));
    assert_eq!(refused.json()["retry"], "refresh");
    assert_eq!(page.refresh().await.status, 200);
    assert_eq!(page.who_am_i().await, page.address_of_hotkey());
}

#[tokio::test]
async fn a_server_without_cookies_neither_gives_nor_takes_them() {
    let hotkey = Person::new();
    let store = MemoryStore::nothing_accepted_before();
    let plain = Dashboard::with(hotkey.clone(), store, settings()).await;
    let page = Browser::new(&plain);
    let mut fields = page.login_fields(&plain).await;
    let refused = page.fetch("POST", "/auth/session", HOME, &fields).await;
    assert_eq!(refused.refusal(), (400, "cookies_disabled".into()));
    assert!(sets_nothing(&refused));
    let refused = page.fetch("POST", BY_COOKIE, HOME, &json!({"tokens": "cookie"})).await;
    assert_eq!(refused.refusal(), (400, "cookies_disabled".into()));
    fields["tokens"] = Value::Null;
    let grant = plain.post("session", &fields).await;
    assert_eq!(grant.status, 200, "the refusal burnt nothing");
    let token = grant.json()["session_token"].as_str().expect("a token").to_owned();
    let genuine = format!("{SESSION}={token}");
    let refused = page.fetch_with(&[&genuine], "GET", "/me", HOME, &Value::Null).await;
    assert_eq!(refused.refusal(), (401, "missing_credentials".into()));
}

#[tokio::test]
async fn answers_to_a_cookie_stay_out_of_shared_caches() {
    let service = dashboard().await;
    let page = Browser::logged_in(&service).await;
    let cache = async |path: &str| {
        let answer = page.fetch("GET", path, &[], &Value::Null).await;
        (answer.status, answer.all("cache-control").map(ToOwned::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(cache("/me").await, (200, vec!["no-store".to_owned()]));
    assert_eq!(cache("/own").await, (200, vec!["max-age=5".to_owned()]));
    assert_eq!(cache("/open").await, (200, vec![]), "nobody asked who is calling");
    let bearer = service.log_in(&Person::new()).await.json()["session_token"].as_str().expect("a token").to_owned();
    assert_eq!(service.get("/me", &bearer).await.header("cache-control"), None);
    // A handler may answer a cookie that is refused by itself.
    let cookie = format!("{SESSION}=x");
    let lenient = page.fetch_with(&[&cookie], "GET", "/lenient", &[], &Value::Null).await;
    assert_eq!((lenient.status, lenient.body.as_str()), (200, "invalid_token"));
    assert_eq!(lenient.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_service_without_extractors_takes_cookies_too() {
    let hotkey = Person::new();
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), MemoryStore::nothing_accepted_before())
        .sessions(settings().with_cookies())
        .build()
        .expect("settings");
    let who = |Extension(me): Extension<request::Caller>| async move { me.hotkey().to_ss58() };
    let behind = Router::new().route("/private", get(who).post(who)).layer(auth.layer().require_caller());
    let routes = Router::new().nest("/auth", auth.session_routes().expect("sessions")).layer(auth.layer());
    let service = Dashboard { hotkey, address: serve(behind.merge(routes)).await, auth };
    let page = Browser::logged_in(&service).await;
    let answer = page.fetch("GET", "/private", &[], &Value::Null).await;
    assert_eq!(
        (answer.body.as_str(), answer.header("cache-control")),
        (page.address_of_hotkey().as_str(), Some("no-store"))
    );
    assert_eq!(page.fetch("POST", "/private", &[], &Value::Null).await.refusal(), (403, "origin_refused".into()));
    assert_eq!(page.fetch("POST", "/private", HOME, &Value::Null).await.status, 200);
}

#[test]
fn settings_that_no_browser_would_follow_are_refused() {
    let build = |origin: &str, allowed: &[&str], cookies: bool| {
        let secret = ServerSecret::new(&[7; 32]).expect("long enough");
        let site = Site::new(origin, Network::finney()).expect("an origin");
        let settings = SessionSettings::new(site, Keyring::new(secret)).with_allowed_origins(allowed.iter().copied());
        let settings = if cookies { settings.with_cookies() } else { settings };
        let builder = HotkeyAuth::builder(Verifier::new(Person::new().hotkey()), MemoryStore::new());
        builder.sessions(settings).build().map(|_| ()).map_err(|error| error.code())
    };
    let refused = Err(ErrorCode::InvalidConfiguration);
    assert_eq!(build("http://dash.example.org", &[], true), refused);
    assert_eq!(build("https://a", &["http://b"], true), refused);
    assert_eq!(build("https://a", &["*"], false), refused);
    assert_eq!(build("https://a", &["https://a/"], false), refused);
    assert_eq!(build("http://dash.example.org", &[], false), Ok(()));
    assert_eq!(build("http://127.0.0.1:8000", &[], true), Ok(()));
    assert_eq!(build("https://a", &["https://b"], true), Ok(()));
}

/// Routes that only these tests need, beside those of every dashboard.
pub(crate) fn routes() -> Router {
    let who = |me: Caller| async move { me.hotkey().to_ss58() };
    let own = |me: SessionCaller| async move { ([(CACHE_CONTROL, "max-age=5")], me.hotkey().to_ss58()) };
    let lenient = |me: Result<Caller, Rejection>| async move {
        me.map_or_else(|refused| refused.code().to_string(), |me| me.hotkey().to_ss58())
    };
    Router::new()
        .route("/write", post(who))
        .route("/own", get(own))
        .route("/open", get(|| async { "hello" }))
        .route("/lenient", get(lenient))
        .route("/overridden", get(overridden))
}

async fn overridden(mut request: axum::extract::Request) -> axum::response::Response {
    *request.method_mut() = axum::http::Method::POST;
    let write = post(|me: Caller| async move { me.hotkey().to_ss58() });
    let Ok(answer) = tower::ServiceExt::oneshot(write, request).await;
    answer
}
