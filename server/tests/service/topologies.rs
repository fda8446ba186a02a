//! Cluster, Sentinel and a primary that moves, as small as they come.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use bittensor_auth_server::bittensor_auth::session::Lifetimes;
use bittensor_auth_server::{RedisStore, SessionStore};
use redis::sentinel::{SentinelClient, SentinelServerType};
use tokio::net::{TcpListener, TcpStream};

use crate::support::login::Dashboard;
use crate::support::people::Person;
use crate::support::raw::send;
use crate::support::redis::Redis;
use crate::support::{echo_on, until};

/// Signed requests and a session on this store.
async fn check(redis: &Redis, store: impl SessionStore) {
    let service = Dashboard::on(Person::new(), store, Lifetimes::default()).await;
    redis.trust(service.auth.verifier().namespace()).await;
    until(Duration::from_secs(8), async || service.auth.start().await.is_ok()).await;
    let caller = Person::new();
    let signed = caller.sign(&service.hotkey, "GET", "/signed", b"");
    assert_eq!(send(service.address, "GET", "/signed", &signed, b"").await.status, 200);
    let replayed = send(service.address, "GET", "/signed", &signed, b"").await;
    assert_eq!(replayed.refusal(), (401, "replayed_request".into()));
    let grant = service.log_in(&caller).await.json();
    let token = grant["session_token"].as_str().expect("a token");
    assert_eq!(service.get("/session", token).await.body, caller.hotkey().to_ss58());
    assert_eq!(
        service.post("refresh", &serde_json::json!({"refresh_token": grant["refresh_token"]})).await.status,
        200
    );
    service.auth.revoke(&caller.hotkey()).await.expect("a store");
    assert_eq!(service.get("/session", token).await.refusal(), (401, "session_ended".into()));
}

#[tokio::test]
async fn a_cluster_serves_requests_and_sessions() {
    let Some(redis) = Redis::start(&["--cluster-enabled", "yes"]).await else { return };
    redis.query::<()>(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
    until(Duration::from_secs(10), async || {
        redis.query::<String>(&["CLUSTER", "INFO"]).await.contains("cluster_state:ok")
    })
    .await;
    let url = format!("redis+cluster://127.0.0.1:{}", redis.port);
    check(&redis, RedisStore::new(url).expect("a URL")).await;
}

#[tokio::test]
async fn sentinel_names_the_primary() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let Some(sentinel) = Redis::prepare(&[]) else { return };
    let file = sentinel.folder().join("sentinel.conf");
    let settings =
        format!("port {}\nbind 127.0.0.1\nsentinel monitor auth 127.0.0.1 {} 1\n", sentinel.port, redis.port);
    std::fs::write(&file, settings).expect("a file");
    let mut process = Command::new("redis-server")
        .arg(&file)
        .arg("--sentinel")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server starts");
    let sentinels = vec![format!("redis://127.0.0.1:{}", sentinel.port)];
    until(Duration::from_secs(10), async || {
        let client = SentinelClient::build(sentinels.clone(), "auth".into(), None, SentinelServerType::Master);
        client.expect("settings").get_async_connection().await.is_ok()
    })
    .await;
    // The first Sentinel of the list is gone, the second takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent = silent.local_addr().map(|address| (address.port(), silent)).expect("an address");
    let url = format!("redis+sentinel://127.0.0.1:1,127.0.0.1:{},127.0.0.1:{}/auth", silent.0, sentinel.port);
    check(&redis, RedisStore::new(url).expect("a URL")).await;
    process.kill().expect("a process of ours");
    process.wait().expect("a process of ours");
}

/// A name that leads to one server after another, as a service address does. Open connections stay where they are.
async fn name_for(first: u16, delay: Duration) -> (u16, Arc<AtomicU16>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (port, target) = (listener.local_addr().expect("an address").port(), Arc::new(AtomicU16::new(first)));
    let leads_to = Arc::clone(&target);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let port = leads_to.load(Ordering::Relaxed);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                let mut far = TcpStream::connect(("127.0.0.1", port)).await.expect("a server");
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    (port, target)
}

#[tokio::test]
async fn a_primary_that_was_made_a_replica_is_left_for_the_new_one() {
    let (Some(old), Some(new)) = (Redis::start(&[]).await, Redis::start(&[]).await) else { return };
    let (port, name) = name_for(old.port, Duration::ZERO).await;
    let service = echo_on(RedisStore::new(format!("redis://127.0.0.1:{port}/0")).expect("a URL")).await;
    let namespace = *service.auth.verifier().namespace();
    old.trust(&namespace).await;
    let caller = Person::new();
    let call = async || {
        let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
        send(service.address, "GET", "/x", &signed, b"").await
    };
    assert_eq!(call().await.status, 200);

    old.query::<()>(&["REPLICAOF", "127.0.0.1", &new.port.to_string()]).await;
    // The first replica of a primary begins a new epoch; it is not what this is about.
    until(Duration::from_secs(10), async || old.info("master_link_status").await == "up").await;
    new.trust(&namespace).await;
    name.store(new.port, Ordering::Relaxed);
    assert_eq!(call().await.refusal(), (503, "store_unavailable".into()));
    until(Duration::from_secs(2), async || call().await.status == 200).await;
}

/// An operation may take 200 ms; to connect may take longer.
#[tokio::test]
async fn a_server_that_is_slow_to_connect_to_is_reached() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let (port, _) = name_for(redis.port, Duration::from_millis(700)).await;
    let service = echo_on(RedisStore::new(format!("redis://127.0.0.1:{port}/0")).expect("a URL")).await;
    redis.trust(service.auth.verifier().namespace()).await;
    let caller = Person::new();
    until(Duration::from_secs(5), async || {
        let signed = caller.sign(&service.hotkey, "GET", "/x", b"");
        send(service.address, "GET", "/x", &signed, b"").await.status == 200
    })
    .await;
}
