//! Logging in, staying in, and being thrown out; on both stores.

use std::time::Duration;

use bittensor_auth_server::bittensor_auth::session::Lifetimes;
use bittensor_auth_server::{MemoryStore, Policy, SessionStore, Verifier};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::login::{Dashboard, post};
use crate::support::people::Person;
use crate::support::raw::Answer;
use crate::support::redis::Redis;

/// Runs a scenario on the memory store and on Redis.
macro_rules! on_both_stores {
    ($($name:ident, $lifetimes:expr;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn in_memory() {
                super::scenarios::$name(dashboard(Person::new(), MemoryStore::nothing_accepted_before(), $lifetimes).await).await;
            }

            #[tokio::test]
            async fn on_redis() {
                let Some(redis) = Redis::start(&[]).await else { return };
                let hotkey = Person::new();
                redis.trust(Verifier::new(hotkey.hotkey()).namespace()).await;
                let store = redis.patient_store();
                super::scenarios::$name(dashboard(hotkey, store, $lifetimes).await).await;
            }
        }
    )*};
}

async fn dashboard(hotkey: Person, store: impl SessionStore, lifetimes: Lifetimes) -> Dashboard {
    Dashboard::on(hotkey, store, lifetimes).await
}

fn usual() -> Lifetimes {
    Lifetimes::default()
}

/// A refresh token that was exchanged works no more.
fn without_grace() -> Lifetimes {
    Lifetimes { grace: Duration::ZERO, ..Lifetimes::default() }
}

fn short() -> Lifetimes {
    Lifetimes { access: Duration::from_secs(1), ..Lifetimes::default() }
}

on_both_stores! {
    a_person_logs_in_and_out, usual();
    a_challenge_logs_in_once, usual();
    tabs_that_race_get_the_same_successor, usual();
    a_refresh_token_that_comes_twice_ends_the_session, without_grace();
    a_session_token_ends, short();
    revoking_a_hotkey_ends_every_session, usual();
    the_policy_is_asked_every_time, usual();
}

mod scenarios {
    use super::*;

    pub(super) async fn a_person_logs_in_and_out(service: Dashboard) {
        let person = Person::new();
        let answer = service.log_in(&person).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let grant = answer.json();
        let members =
            ["expires_at", "hotkey", "refresh_expires_at", "refresh_token", "role", "server_time_ms", "session_token"];
        assert_eq!(keys(&grant), members);
        assert_eq!((&grant["hotkey"], &grant["role"]), (&person.hotkey().to_ss58().into(), &Value::Null));
        let now = grant["server_time_ms"].as_u64().expect("a number") / 1_000;
        assert!((899..=901).contains(&(number(&grant, "expires_at") - now)));
        assert!((7_199..=7_201).contains(&(number(&grant, "refresh_expires_at") - now)));

        let token = text(&grant, "session_token");
        assert_eq!(service.get("/me", &token).await.body, person.hotkey().to_ss58());
        assert_eq!(service.get("/session", &token).await.status, 200);
        let refused = service.get("/signed", &token).await;
        assert_eq!(refused.refusal(), (401, "missing_credentials".into()));
        let who = service.get("/auth/session", &token).await;
        assert_eq!((who.status, who.header("cache-control")), (200, Some("no-store")));
        assert_eq!(keys(&who.json()), ["expires_at", "hotkey", "role", "scheme", "server_time_ms"]);
        assert_eq!((&who.json()["scheme"], &who.json()["expires_at"]), (&"sr25519".into(), &grant["expires_at"]));

        let bearer = format!("Bearer {token}");
        let out = post(service.address, "logout", &[("authorization", &bearer)], b"").await;
        assert_eq!((out.status, &out.json()["ended"], keys(&out.json()).len()), (200, &true.into(), 2));
        for path in ["/me", "/auth/session"] {
            assert_eq!(service.get(path, &token).await.refusal(), (401, "session_ended".into()));
        }
        let gone = refresh(&service, &grant).await;
        assert_eq!(gone.refusal(), (401, "session_ended".into()));
        // Whether the session was still there does not show.
        assert_eq!(post(service.address, "logout", &[("authorization", &bearer)], b"").await.status, 200);
    }

    pub(super) async fn a_challenge_logs_in_once(service: Dashboard) {
        let (person, other) = (Person::new(), Person::new());
        for form in ["full", "compact"] {
            let (challenge, sealed) = service.challenge(&person, form).await;
            assert!(challenge.starts_with("dash.example.org wants you to sign in"));
            let hotkey = person.hotkey().to_ss58();
            let login = async |hotkey: &str, signature: String| {
                let fields = json!({"hotkey": hotkey, "sealed": sealed, "signature": signature, "scheme": null});
                service.post("session", &fields).await
            };
            // Neither a wrong signature nor somebody else burns it.
            let wrong = login(&hotkey, other.sign_bytes(challenge.as_bytes())).await;
            assert_eq!(wrong.refusal(), (401, "bad_signature".into()));
            let theirs = login(&other.hotkey().to_ss58(), other.sign_bytes(challenge.as_bytes())).await;
            assert_eq!(theirs.refusal(), (401, "invalid_challenge".into()));
            assert_eq!(login(&hotkey, person.sign_bytes(challenge.as_bytes())).await.status, 200);
            let again = login(&hotkey, person.sign_bytes(challenge.as_bytes())).await;
            assert_eq!(again.refusal(), (401, "challenge_used".into()));
        }
    }

    pub(super) async fn tabs_that_race_get_the_same_successor(service: Dashboard) {
        let grant = service.log_in(&Person::new()).await.json();
        let mut tabs = JoinSet::new();
        for _ in 0..20 {
            let (address, body) = (service.address, json!({"refresh_token": grant["refresh_token"]}).to_string());
            tabs.spawn(async move { post(address, "refresh", &[], body.as_bytes()).await });
        }
        let answers = tabs.join_all().await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        let tokens = |answer: &Answer| (text(&answer.json(), "session_token"), text(&answer.json(), "refresh_token"));
        let successor = tokens(&answers[0]);
        assert!(answers.iter().all(|answer| tokens(answer) == successor));
        assert_ne!(successor.1, text(&grant, "refresh_token"));
        for token in [&successor.0, &text(&grant, "session_token")] {
            assert_eq!(service.get("/me", token).await.status, 200);
        }
    }

    pub(super) async fn a_refresh_token_that_comes_twice_ends_the_session(service: Dashboard) {
        let grant = service.log_in(&Person::new()).await.json();
        let next = refresh(&service, &grant).await.json();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(refresh(&service, &grant).await.refusal(), (401, "refresh_reused".into()));
        assert_eq!(refresh(&service, &next).await.refusal(), (401, "session_ended".into()));
        for token in [text(&grant, "session_token"), text(&next, "session_token")] {
            assert_eq!(service.get("/me", &token).await.refusal(), (401, "session_ended".into()));
        }
    }

    pub(super) async fn a_session_token_ends(service: Dashboard) {
        let grant = service.log_in(&Person::new()).await.json();
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let expired = service.get("/me", &text(&grant, "session_token")).await;
        assert_eq!(expired.refusal(), (401, "session_expired".into()));
        assert_eq!(expired.json()["retry"], "refresh");
        let next = refresh(&service, &grant).await.json();
        assert_eq!(service.get("/me", &text(&next, "session_token")).await.status, 200);
    }

    pub(super) async fn revoking_a_hotkey_ends_every_session(service: Dashboard) {
        let (person, other) = (Person::new(), Person::new());
        let mut grants = Vec::new();
        for _ in 0..3 {
            grants.push(service.log_in(&person).await.json());
        }
        let untouched = service.log_in(&other).await.json();
        service.auth.revoke(&person.hotkey()).await.expect("a store");
        for grant in &grants {
            assert_eq!(
                service.get("/me", &text(grant, "session_token")).await.refusal(),
                (401, "session_ended".into())
            );
            assert_eq!(refresh(&service, grant).await.refusal(), (401, "session_ended".into()));
        }
        assert_eq!(service.get("/me", &text(&untouched, "session_token")).await.status, 200);
        let anew = service.log_in(&person).await.json();
        assert_eq!(service.get("/me", &text(&anew, "session_token")).await.status, 200);
        assert_eq!(
            service.get("/me", &text(&grants[0], "session_token")).await.refusal(),
            (401, "session_ended".into())
        );
    }

    pub(super) async fn the_policy_is_asked_every_time(service: Dashboard) {
        let person = Person::new();
        let grant = service.log_in(&person).await.json();
        let (challenge, sealed) = service.challenge(&person, "full").await;
        service.auth.set_policy(Policy::any_hotkey().deny([person.hotkey()]));
        let token = text(&grant, "session_token");
        for path in ["/me", "/auth/session"] {
            assert_eq!(service.get(path, &token).await.refusal(), (403, "hotkey_denied".into()));
        }
        assert_eq!(refresh(&service, &grant).await.refusal(), (403, "hotkey_denied".into()));
        let signature = person.sign_bytes(challenge.as_bytes());
        let login = json!({"hotkey": person.hotkey().to_ss58(), "sealed": sealed, "signature": signature});
        assert_eq!(service.post("session", &login).await.refusal(), (403, "hotkey_denied".into()));
        service.auth.set_policy(Policy::any_hotkey());
        assert_eq!(service.post("session", &login).await.status, 200, "nothing was used up");
    }
}

#[tokio::test]
async fn one_round_trip_for_each_session_request() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let hotkey = Person::new();
    redis.trust(Verifier::new(hotkey.hotkey()).namespace()).await;
    let service = dashboard(hotkey, redis.patient_store(), usual()).await;
    let token = text(&service.log_in(&Person::new()).await.json(), "session_token");
    redis.query::<()>(&["CONFIG", "RESETSTAT"]).await;
    for _ in 0..50 {
        assert_eq!(service.get("/me", &token).await.status, 200);
    }
    let calls = [redis.calls("mget").await, redis.calls("evalsha").await, redis.calls("get").await];
    assert_eq!(calls, [50, 0, 0]);
}

async fn refresh(service: &Dashboard, grant: &Value) -> Answer {
    service.post("refresh", &json!({"refresh_token": grant["refresh_token"]})).await
}

fn text(fields: &Value, name: &str) -> String {
    fields[name].as_str().expect("a text").to_owned()
}

fn number(fields: &Value, name: &str) -> u64 {
    fields[name].as_u64().expect("a number")
}

fn keys(fields: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = fields.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}
