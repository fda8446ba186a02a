//! A service with sessions, and a person's wallet in front of it.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use bittensor_auth_server::bittensor_auth::message::{Network, Site};
use bittensor_auth_server::bittensor_auth::session::{Keyring, Lifetimes, ServerSecret};
use bittensor_auth_server::{Caller, HotkeyAuth, SessionCaller, SessionSettings, SessionStore, SignedCaller, Verifier};
use serde_json::{Value, json};

use super::people::Person;
use super::raw::{Answer, send};
use super::serve;
use crate::cookies;

pub(crate) const ORIGIN: &str = "https://dash.example.org";

pub(crate) struct Dashboard {
    pub(crate) hotkey: Person,
    pub(crate) auth: HotkeyAuth,
    pub(crate) address: SocketAddr,
}

impl Dashboard {
    /// A service with sessions at `/auth`, and `/me`, `/signed` and `/session` that say who is calling.
    pub(crate) async fn on(hotkey: Person, store: impl SessionStore, lifetimes: Lifetimes) -> Self {
        Self::with(hotkey, store, settings().with_lifetimes(lifetimes)).await
    }

    /// The same with any settings of its sessions.
    pub(crate) async fn with(hotkey: Person, store: impl SessionStore, settings: SessionSettings) -> Self {
        let auth =
            HotkeyAuth::builder(Verifier::new(hotkey.hotkey()), store).sessions(settings).build().expect("settings");
        let address = serve(app(&auth)).await;
        Self { hotkey, auth, address }
    }

    pub(crate) async fn post(&self, route: &str, fields: &Value) -> Answer {
        post(self.address, route, &[], fields.to_string().as_bytes()).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        send(self.address, "GET", path, &vec![("authorization".into(), format!("Bearer {token}"))], b"").await
    }

    /// Challenge, wallet, login: the answer to the last.
    pub(crate) async fn log_in(&self, person: &Person) -> Answer {
        let (text, sealed) = self.challenge(person, "full").await;
        let signature = person.sign_bytes(format!("<Bytes>{text}</Bytes>").as_bytes());
        self.post("session", &json!({"hotkey": person.hotkey().to_ss58(), "sealed": sealed, "signature": signature}))
            .await
    }

    /// Text and seal of a challenge.
    pub(crate) async fn challenge(&self, person: &Person, form: &str) -> (String, String) {
        let answer = self.post("challenge", &json!({"hotkey": person.hotkey().to_ss58(), "form": form})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let fields = answer.json();
        let text = |name: &str| fields[name].as_str().expect("a text").to_owned();
        (text("challenge"), text("sealed"))
    }
}

pub(crate) fn settings() -> SessionSettings {
    let secret = ServerSecret::new(b"a secret for tests, 32 bytes long").expect("long enough");
    SessionSettings::new(Site::new(ORIGIN, Network::finney()).expect("an origin"), Keyring::new(secret))
}

pub(crate) fn app(auth: &HotkeyAuth) -> Router {
    Router::new()
        .route("/me", get(|me: Caller| async move { me.hotkey().to_ss58() }))
        .route("/signed", get(|me: SignedCaller| async move { me.hotkey().to_ss58() }))
        .route("/session", get(|me: SessionCaller| async move { me.hotkey().to_ss58() }))
        .merge(cookies::routes())
        .nest("/auth", auth.session_routes().expect("it has sessions"))
        .layer(auth.layer())
}

pub(crate) async fn post(address: SocketAddr, route: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    send(address, "POST", &format!("/auth/{route}"), &headers, body).await
}
