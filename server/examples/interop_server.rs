//! The application of `tests/interop` on axum. It takes a listening socket as its standard input, and its settings from the
//! environment: `RECEIVER`, and perhaps `ORIGIN` with `SECRET` (sessions), `PUBLIC_PREFIX` and `REDIS_URL`.

use std::env;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use bittensor_auth_server::bittensor_auth::key::{AcceptedSchemes, Scheme};
use bittensor_auth_server::bittensor_auth::message::{BodyHash, Network, Site};
use bittensor_auth_server::bittensor_auth::session::{Keyring, ServerSecret};
use bittensor_auth_server::{
    Caller, Hotkey, HotkeyAuth, MemoryStore, RedisStore, SessionSettings, SessionStore, Verifier,
};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = match env::var("REDIS_URL") {
        // What these tests are about is not how fast a busy machine answers.
        Ok(url) => service(RedisStore::new(url)?.with_timeout(Duration::from_secs(2))?)?,
        Err(_) => service(MemoryStore::nothing_accepted_before())?,
    };
    let mut app = Router::new().route("/open", get(|| async { Json(json!({"hello": "anybody"})) })).fallback(echo);
    if env::var_os("ORIGIN").is_some() {
        app = app.nest("/auth", auth.session_routes()?);
    }
    let app = app.layer(auth.layer()).layer(from_fn(open_to_site));
    auth.start().await?;

    let listener = TcpListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    listener.set_nonblocking(true)?;
    Ok(axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await?)
}

fn service(store: impl SessionStore) -> Result<HotkeyAuth, Box<dyn std::error::Error>> {
    let receiver = Hotkey::from_ss58(&env::var("RECEIVER")?)?;
    let verifier = Verifier::new(receiver).with_schemes(AcceptedSchemes::new(Scheme::ALL.iter().copied())?);
    let mut auth = HotkeyAuth::builder(verifier, store).public_prefix(env::var("PUBLIC_PREFIX").unwrap_or_default());
    if let Ok(origin) = env::var("ORIGIN") {
        let keys = Keyring::new(ServerSecret::new(env::var("SECRET")?.as_bytes())?);
        auth = auth.sessions(SessionSettings::new(Site::new(&origin, Network::finney())?, keys));
    }
    Ok(auth.build()?)
}

/// CORS for pages of the site, which is at another origin.
async fn open_to_site(request: Request, next: Next) -> Response {
    let Ok(site) = env::var("ORIGIN") else { return next.run(request).await };
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        let methods = [(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE")];
        (StatusCode::NO_CONTENT, methods).into_response()
    } else {
        next.run(request).await
    };
    let origin = HeaderValue::from_str(&site).expect("an origin is a header value");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response.headers_mut().extend(asked.map(|names| (header::ACCESS_CONTROL_ALLOW_HEADERS, names)));
    response
}

/// What was let through. Every path that starts with `/echo` leads here.
async fn echo(me: Caller, method: Method, OriginalUri(uri): OriginalUri, body: Bytes) -> Response {
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    if !target.starts_with("/echo") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut digest = String::new();
    for byte in BodyHash::of(&body).as_bytes() {
        write!(digest, "{byte:02x}").expect("a string takes everything");
    }
    let seen: Value = json!({
        "hotkey": me.hotkey().to_ss58(),
        "scheme": me.scheme().as_str(),
        "method": method.as_str(),
        "target": target,
        "size": body.len(),
        "sha256": digest,
    });
    Json(seen).into_response()
}
