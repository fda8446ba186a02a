//! What the tests share.

pub(crate) mod browser;
pub(crate) mod login;
pub(crate) mod people;
pub(crate) mod raw;
pub(crate) mod redis;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use bittensor_auth_server::bittensor_auth::time::UnixNanos;
use bittensor_auth_server::{Caller, HotkeyAuth, MemoryStore, ReplayStore, Verifier};

use self::people::Person;

/// Serves an application on a port of its own until the test ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A service with its own hotkey.
pub(crate) struct Service {
    pub(crate) hotkey: Person,
    pub(crate) auth: HotkeyAuth,
    pub(crate) address: SocketAddr,
}

/// A service on a memory store, whose every path answers who is calling and what the body was.
pub(crate) async fn echo() -> Service {
    echo_on(MemoryStore::nothing_accepted_before()).await
}

/// The same on any store.
pub(crate) async fn echo_on(store: impl ReplayStore) -> Service {
    let hotkey = Person::new();
    let auth = HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), store).build().expect("settings");
    let address = serve(echo_app(&auth)).await;
    Service { hotkey, auth, address }
}

/// Every path answers `<hotkey> <body>`.
pub(crate) fn echo_app(auth: &HotkeyAuth) -> Router {
    let answer = |me: Caller, body: String| async move { format!("{} {body}", me.hotkey()) };
    Router::new().fallback(answer).layer(auth.layer())
}

pub(crate) fn now() -> UnixNanos {
    UnixNanos::from_nanos(0).plus(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970"))
}

/// Waits until `ready` says so, at most `limit`.
pub(crate) async fn until(limit: Duration, mut ready: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + limit;
    while !ready().await {
        assert!(tokio::time::Instant::now() < deadline, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
