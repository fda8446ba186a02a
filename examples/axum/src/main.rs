//! An axum service that knows which hotkey calls, with the routes of `examples/fastapi`. Settings come from the environment,
//! so that the tests can run it as it is.

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::routing::{get, post};
use axum::{Json, Router};
use bittensor_auth_server::bittensor_auth::message::{Network, Site};
use bittensor_auth_server::bittensor_auth::nonce::OsEntropy;
use bittensor_auth_server::bittensor_auth::request::Via;
use bittensor_auth_server::bittensor_auth::session::{Keyring, ServerSecret};
use bittensor_auth_server::bittensor_auth::time::UnixNanos;
use bittensor_auth_server::{
    Caller, Error, ErrorCode, Hotkey, HotkeyAuth, MemoryStore, RedisStore, SessionSettings, SessionStore, Verifier,
};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = env::var("PORT").as_deref().unwrap_or("8000").parse()?;
    let patience = env::var("STORE_TIMEOUT_MS").as_deref().unwrap_or("200").parse().map(Duration::from_millis)?;
    let auth = match env::var("REDIS_URL") {
        Ok(url) => service(RedisStore::new(url)?.with_timeout(patience)?)?,
        Err(_) if env::var_os("FIRST_START").is_some() => service(MemoryStore::nothing_accepted_before())?,
        Err(_) => service(MemoryStore::new())?,
    };
    let app = Router::new()
        .route("/", get(open_to_all))
        .route("/score", post(score))
        .nest("/auth", auth.session_routes()?)
        .layer(auth.layer());

    match auth.start().await {
        // Requests are answered 503 until the store can be reached and checked.
        Err(error) if error.code() != ErrorCode::StoreUnavailable => return Err(error.into()),
        _ => {}
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn open_to_all() -> Json<Value> {
    Json(json!({"hello": "anybody"}))
}

async fn score(me: Caller) -> Json<Value> {
    let via = if matches!(me.via(), Via::Signature { .. }) { "signature" } else { "session" };
    Json(json!({"hotkey": me.hotkey().to_ss58(), "via": via}))
}

fn service(store: impl SessionStore) -> Result<HotkeyAuth, Box<dyn std::error::Error>> {
    let receiver = Hotkey::from_ss58(&env::var("RECEIVER")?)?;
    let origin = env::var("ORIGIN").unwrap_or_else(|_| "http://127.0.0.1:8000".to_owned());
    let settings = SessionSettings::new(Site::new(&origin, Network::finney())?, Keyring::new(secret()?));
    let settings = if env::var_os("COOKIES").is_some() { settings.with_cookies() } else { settings };
    let clock = clock()?;
    Ok(HotkeyAuth::builder(Verifier::new(receiver), store).sessions(settings).clock(clock).build()?)
}

/// All servers of one service share it. A single one may make its own.
fn secret() -> Result<ServerSecret, Error> {
    env::var("SECRET")
        .map_or_else(|_| Ok(ServerSecret::generate(&mut OsEntropy)), |text| ServerSecret::new(text.as_bytes()))
}

/// The system's clock; a test may ask for a wrong one.
fn clock() -> Result<impl Fn() -> UnixNanos, std::num::ParseIntError> {
    let shift_ms: i64 = env::var("TEST_ONLY_CLOCK_SHIFT_MS").as_deref().unwrap_or("0").parse()?;
    let shift = Duration::from_millis(shift_ms.unsigned_abs());
    Ok(move || {
        let now = UnixNanos::from_nanos(0).plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        if shift_ms < 0 { now.minus(shift) } else { now.plus(shift) }
    })
}
