//! Cluster and Sentinel, as small as they come, through the user's own connections.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bittensor_auth_server::bittensor_auth::session::Lifetimes;
use bittensor_auth_server::{RedisStore, SessionStore};
use redis::cluster::ClusterClientBuilder;
use redis::sentinel::{SentinelClient, SentinelServerType};
use tokio::sync::Mutex;

use crate::support::login::Dashboard;
use crate::support::people::Person;
use crate::support::raw::send;
use crate::support::redis::Redis;
use crate::support::until;

/// Signed requests and a session on this store.
async fn check(redis: &Redis, store: impl SessionStore) {
    let service = Dashboard::on(Person::new(), store, Lifetimes::default()).await;
    redis.trust(service.auth.verifier().namespace()).await;
    service.auth.start().await.expect("a safe store");
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
    let client = ClusterClientBuilder::new([redis.url()]).retries(0).build().expect("a cluster");
    let store = RedisStore::over(move || {
        let client = client.clone();
        async move { client.get_async_connection().await }
    });
    check(&redis, store).await;
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
    let client = SentinelClient::build(sentinels, "auth".into(), None, SentinelServerType::Master).expect("settings");
    let client = Arc::new(Mutex::new(client));
    let store = RedisStore::over(move || {
        let client = Arc::clone(&client);
        async move { client.lock().await.get_async_connection().await }
    });
    check(&redis, store).await;
    process.kill().expect("a process of ours");
    process.wait().expect("a process of ours");
}
