//! Of any number of equal requests one passes.

use std::net::SocketAddr;

use bittensor_auth_server::{HotkeyAuth, MemoryStore, Verifier};
use tokio::task::JoinSet;

use crate::support::people::Person;
use crate::support::raw::send;
use crate::support::redis::Redis;
use crate::support::{echo_app, echo_on, serve};

const REQUESTS: usize = 100;
const COPIES: usize = 20;

/// Sends each of many requests many times at once, to the servers in turn, and says how many passed.
async fn race(addresses: &[SocketAddr], hotkey: &Person) -> usize {
    let caller = Person::new();
    let mut racing = JoinSet::new();
    for _ in 0..REQUESTS {
        let signed = caller.sign(hotkey, "POST", "/x", b"body");
        for copy in 0..COPIES {
            let (address, signed) = (addresses[copy % addresses.len()], signed.clone());
            racing.spawn(async move {
                let answer = send(address, "POST", "/x", &signed, b"body").await;
                if answer.status != 200 {
                    assert_eq!(answer.refusal(), (401, "replayed_request".into()));
                }
                answer.status == 200
            });
        }
    }
    racing.join_all().await.into_iter().filter(|&passed| passed).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_memory_store_each_request_passes_once() {
    let service = echo_on(MemoryStore::nothing_accepted_before()).await;
    assert_eq!(race(&[service.address], &service.hotkey).await, REQUESTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_one_redis_each_request_passes_once_at_one_of_three_servers() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let hotkey = Person::new();
    let mut addresses = Vec::new();
    for _ in 0..3 {
        // 2,000 requests at once on a small machine: what waits too long is for `failures`.
        let store = redis.patient_store();
        let verifier = Verifier::new(hotkey.hotkey());
        redis.trust(verifier.namespace()).await;
        let auth = HotkeyAuth::builder(verifier, store).build().expect("settings");
        addresses.push(serve(echo_app(&auth)).await);
        auth.start().await.expect("a safe store");
    }
    let before = redis.calls("evalsha").await;
    assert_eq!(race(&addresses, &hotkey).await, REQUESTS);
    let calls = redis.calls("evalsha").await - before;
    assert!(calls < (REQUESTS * COPIES) as u64, "claims that come together travel together: {calls} calls");
}

#[tokio::test]
async fn a_signed_request_costs_one_call_of_the_store() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let service = echo_on(redis.patient_store()).await;
    redis.trust(service.auth.verifier().namespace()).await;
    let caller = Person::new();
    // The first one starts the store and loads the script.
    for _ in 0..2 {
        let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
        assert_eq!(send(service.address, "GET", "/x", &signed, b"").await.status, 200);
    }
    redis.query::<()>(&["CONFIG", "RESETSTAT"]).await;
    for _ in 0..50 {
        let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
        assert_eq!(send(service.address, "GET", "/x", &signed, b"").await.status, 200);
    }
    assert_eq!((redis.calls("evalsha").await, redis.calls("eval").await), (50, 0));
}
