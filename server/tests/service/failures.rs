//! A store that is gone, frozen, restarted or unsafe: 503 in time, or no start, and never a replay.

use std::time::{Duration, Instant};

use bittensor_auth_server::bittensor_auth::replay::GuardStart;
use bittensor_auth_server::store::{MemorySettings, Workers};
use bittensor_auth_server::{ErrorCode, HotkeyAuth, MemoryStore, RedisStore, Verifier};
use tokio::task::JoinSet;

use crate::support::people::Person;
use crate::support::raw::{Answer, send};
use crate::support::redis::Redis;
use crate::support::{Service, echo_app, echo_on, serve, until};

/// The store's 200 ms, and 50 ms for everything else.
const IN_TIME: Duration = Duration::from_millis(250);

async fn started(redis: &Redis) -> (Service, Person) {
    let service = echo_on(RedisStore::new(redis.url()).expect("a URL")).await;
    redis.trust(service.auth.verifier().namespace()).await;
    let caller = Person::new();
    assert_eq!(call(&service, &caller).await.status, 200);
    (service, caller)
}

async fn call(service: &Service, caller: &Person) -> Answer {
    let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
    send(service.address, "GET", "/x", &signed, b"").await
}

/// Fifty requests at once: all refused by this code, none later than the slowest that is returned.
async fn all_refused(service: &Service, caller: &Person, code: &str) -> Duration {
    let mut waiting = JoinSet::new();
    for _ in 0..50 {
        let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
        let address = service.address;
        waiting.spawn(async move {
            let began = Instant::now();
            let answer = send(address, "GET", "/x", &signed, b"").await;
            (answer.refusal(), began.elapsed())
        });
    }
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(|(refusal, _)| *refusal == (503, code.to_owned())), "{answers:?}");
    answers.into_iter().map(|(_, took)| took).max().unwrap_or_default()
}

/// Other tests run at the same time, so the quickest of a few rounds counts.
async fn refused_in_time(service: &Service, caller: &Person, how: &str) {
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        quickest = quickest.min(all_refused(service, caller, "store_unavailable").await);
    }
    eprintln!("{how}: the slowest of 50 at once was refused after {quickest:?}");
    assert!(quickest < IN_TIME, "{quickest:?}");
}

#[tokio::test]
async fn a_killed_store_is_503_at_once_and_warms_up_when_it_is_back() {
    let Some(mut redis) = Redis::start(&[]).await else { return };
    let (service, caller) = started(&redis).await;
    let accepted = caller.sign(&service.hotkey, "GET", "/x", b"");
    assert_eq!(send(service.address, "GET", "/x", &accepted, b"").await.status, 200);

    redis.kill();
    refused_in_time(&service, &caller, "killed").await;

    redis.run().await;
    let back = Instant::now();
    let warming = call(&service, &caller).await;
    assert_eq!(warming.refusal(), (503, "store_warming".into()));
    assert!(
        warming
            .header("retry-after")
            .and_then(|wait| wait.parse().ok())
            .is_some_and(|wait: u64| (3..=5).contains(&wait))
    );
    // The store forgot that it had seen this request; nobody lets it pass again.
    until(Duration::from_secs(8), async || {
        assert_ne!(send(service.address, "GET", "/x", &accepted, b"").await.status, 200);
        call(&service, &caller).await.status == 200
    })
    .await;
    eprintln!("accepting again {:?} after the restart", back.elapsed());
    assert!(back.elapsed() < Duration::from_secs(6));
    assert_ne!(send(service.address, "GET", "/x", &accepted, b"").await.status, 200);
}

#[tokio::test]
async fn a_frozen_store_is_503_in_time_and_goes_on_when_it_wakes() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let (service, caller) = started(&redis).await;
    redis.freeze();
    refused_in_time(&service, &caller, "frozen").await;
    redis.thaw();
    until(Duration::from_secs(2), async || call(&service, &caller).await.status == 200).await;
}

/// One round trip at a time is no reason to wait for two of them.
#[tokio::test]
async fn whoever_waits_for_the_next_round_trip_waits_no_longer() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let (service, caller) = started(&redis).await;
    redis.freeze();
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let later = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let began = Instant::now();
            let refused = call(&service, &caller).await.refusal();
            (refused, began.elapsed())
        };
        let (first, (second, took)) = tokio::join!(call(&service, &caller), later);
        assert_eq!((first.refusal(), second), ((503, "store_unavailable".into()), (503, "store_unavailable".into())));
        quickest = quickest.min(took);
    }
    assert!(quickest < IN_TIME, "{quickest:?}");
}

/// A claim that got no answer may have been made: the same request never passes afterwards.
#[tokio::test]
async fn a_claim_without_an_answer_is_not_sent_again() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let (service, caller) = started(&redis).await;
    let before = redis.calls("evalsha").await;
    let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
    redis.freeze();
    assert_eq!(send(service.address, "GET", "/x", &signed, b"").await.refusal(), (503, "store_unavailable".into()));
    redis.thaw();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(redis.calls("evalsha").await - before, 1, "sent once, before the freeze was noticed");
    assert_eq!(send(service.address, "GET", "/x", &signed, b"").await.refusal(), (401, "replayed_request".into()));
}

#[tokio::test]
async fn lost_scripts_are_sent_again_and_lost_memory_is_noticed() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let (service, caller) = started(&redis).await;
    redis.query::<()>(&["SCRIPT", "FLUSH"]).await;
    assert_eq!(call(&service, &caller).await.status, 200);
    redis.query::<()>(&["FLUSHALL"]).await;
    assert_eq!(call(&service, &caller).await.refusal(), (503, "store_warming".into()));
}

#[tokio::test]
async fn a_store_that_refuses_commands_is_503() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let (service, caller) = started(&redis).await;
    redis.query::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await;
    assert_eq!(call(&service, &caller).await.refusal(), (503, "store_unavailable".into()));
    redis.query::<()>(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(call(&service, &caller).await.status, 200);
}

#[tokio::test]
async fn unsafe_stores_are_refused_at_the_start_and_on_every_request() {
    let Some(primary) = Redis::start(&[]).await else { return };
    let port = primary.port.to_string();
    let unsafe_options: [&[&str]; 3] = [
        &["--maxmemory-policy", "allkeys-lru"],
        &["--maxmemory-policy", "volatile-ttl"],
        &["--replicaof", "127.0.0.1", &port],
    ];
    for options in unsafe_options {
        let Some(redis) = Redis::start(options).await else { return };
        let service = echo_on(RedisStore::new(redis.url()).expect("a URL")).await;
        assert_eq!(
            service.auth.start().await.map_err(|error| error.code()),
            Err(ErrorCode::UnsafeStore),
            "{options:?}"
        );
        assert_eq!(call(&service, &Person::new()).await.refusal(), (500, "unsafe_store".into()), "{options:?}");
    }
}

#[tokio::test]
async fn a_user_without_the_right_to_look_is_refused_too() {
    let Some(redis) = Redis::start(&[]).await else { return };
    redis.query::<()>(&["ACL", "SETUSER", "blind", "on", ">pw", "~*", "+@all", "-info"]).await;
    let url = format!("redis://blind:pw@127.0.0.1:{}/0", redis.port);
    let service = echo_on(RedisStore::new(url).expect("a URL")).await;
    assert_eq!(service.auth.start().await.map_err(|error| error.code()), Err(ErrorCode::UnsafeStore));
}

#[tokio::test]
async fn a_service_may_start_before_its_store() {
    let Some(mut redis) = Redis::prepare(&[]) else { return };
    let service = echo_on(RedisStore::new(redis.url()).expect("a URL")).await;
    assert_eq!(service.auth.start().await.map_err(|error| error.code()), Err(ErrorCode::StoreUnavailable));
    let caller = Person::new();
    assert_eq!(call(&service, &caller).await.refusal(), (503, "store_unavailable".into()));
    redis.run().await;
    redis.trust(service.auth.verifier().namespace()).await;
    assert_eq!(call(&service, &caller).await.status, 200);
}

#[tokio::test]
async fn one_store_serves_one_service() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let store = RedisStore::new(redis.url()).expect("a URL");
    let start = async |store: RedisStore| {
        let auth = HotkeyAuth::builder(Verifier::new(Person::new().hotkey()), store).build().expect("settings");
        let _app = serve(echo_app(&auth)).await;
        auth.start().await.map_err(|error| error.code())
    };
    assert_eq!(start(store.clone()).await, Ok(()));
    assert_eq!(start(store).await, Err(ErrorCode::InvalidConfiguration));
}

#[tokio::test]
async fn a_process_that_just_started_cannot_rule_out_a_replay() {
    let settings = MemorySettings { workers: Workers::SingleProcessAcknowledged, ..MemorySettings::default() };
    let service = echo_on(MemoryStore::with_settings(settings)).await;
    let warming = call(&service, &Person::new()).await;
    assert_eq!(warming.refusal(), (503, "store_warming".into()));
    assert!(matches!(warming.header("retry-after"), Some("3" | "4")), "{warming:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_second_process_on_the_memory_store_is_refused() {
    use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};

    let service = echo_on(MemoryStore::new()).await;
    let namespace = service.auth.verifier().namespace().as_str().to_owned();
    let name = format!("bittensor-auth-{}-{namespace}.lock", rustix::process::getuid().as_raw());
    let path = std::env::temp_dir().join(name);
    let other = open(&path, OFlags::CREATE | OFlags::RDWR, Mode::RUSR | Mode::WUSR).expect("a file");
    flock(&other, FlockOperation::NonBlockingLockExclusive).expect("a lock");
    assert_eq!(service.auth.start().await.map_err(|error| error.code()), Err(ErrorCode::UnsafeStore));
    assert_eq!(call(&service, &Person::new()).await.refusal(), (500, "unsafe_store".into()));
    drop(other);
    assert_eq!(service.auth.start().await, Ok(()));
    std::fs::remove_file(path).expect("a file");
}

#[tokio::test]
async fn a_full_store_is_503_and_forgets_nothing() {
    let start = GuardStart::NothingAcceptedBefore;
    let workers = Workers::SingleProcessAcknowledged;
    let settings = MemorySettings { capacity: 1, start, workers, ..MemorySettings::default() };
    let service = echo_on(MemoryStore::with_settings(settings)).await;
    let caller = Person::new();
    let first = caller.sign(&service.hotkey, "GET", "/x", b"");
    assert_eq!(send(service.address, "GET", "/x", &first, b"").await.status, 200);
    assert_eq!(call(&service, &caller).await.refusal(), (503, "store_full".into()));
    assert_eq!(send(service.address, "GET", "/x", &first, b"").await.refusal(), (401, "replayed_request".into()));
}

#[test]
fn settings_of_the_store_are_checked() {
    let code = |error: bittensor_auth_server::Error| error.code();
    assert_eq!(RedisStore::new("not a url").map(|_| ()).map_err(code), Err(ErrorCode::InvalidConfiguration));
    let store = RedisStore::new("redis://127.0.0.1:1/0").expect("a URL");
    assert_eq!(store.with_timeout(Duration::ZERO).map(|_| ()).map_err(code), Err(ErrorCode::InvalidConfiguration));
}
