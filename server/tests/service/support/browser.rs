//! A page of the dashboard, and the cookies that its browser keeps.

use std::net::SocketAddr;

use bittensor_auth_server::bittensor_auth::session::SessionCookie;
use serde_json::{Value, json};

use super::login::{Dashboard, ORIGIN};
use super::people::Person;
use super::raw::{Answer, send};

pub(crate) const SESSION: &str = SessionCookie::Session.name();
pub(crate) const REFRESH: &str = SessionCookie::Refresh.name();
/// What a page of the dashboard says where it comes from.
pub(crate) const HOME: &[(&str, &str)] = &[("Origin", ORIGIN)];

#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) person: Person,
    pub(crate) jar: Vec<(String, String)>,
    address: SocketAddr,
}

impl Browser {
    pub(crate) fn new(service: &Dashboard) -> Self {
        Self { person: Person::new(), jar: Vec::new(), address: service.address }
    }

    /// One that has logged in.
    pub(crate) async fn logged_in(service: &Dashboard) -> Self {
        let mut page = Self::new(service);
        let fields = page.login_fields(service).await;
        let answer = page.fetch("POST", "/auth/session", HOME, &fields).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        page.keep(&answer);
        page
    }

    pub(crate) async fn login_fields(&self, service: &Dashboard) -> Value {
        let (text, sealed) = service.challenge(&self.person, "full").await;
        let signature = self.person.sign_bytes(text.as_bytes());
        let hotkey = self.person.hotkey().to_ss58();
        json!({"hotkey": hotkey, "sealed": sealed, "signature": signature, "tokens": "cookie"})
    }

    pub(crate) fn cookie(&self) -> String {
        self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn token(&self, name: &str) -> &str {
        self.jar.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// With the cookies of the jar. No body that comes back may hold a token.
    pub(crate) async fn fetch(&self, method: &str, path: &str, headers: &[(&str, &str)], fields: &Value) -> Answer {
        self.fetch_with(&[self.cookie().as_str()], method, path, headers, fields).await
    }

    /// With these `Cookie` fields.
    pub(crate) async fn fetch_with(
        &self,
        cookies: &[&str],
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        fields: &Value,
    ) -> Answer {
        let cookies = cookies.iter().filter(|cookie| !cookie.is_empty()).map(|&cookie| ("Cookie", cookie));
        let headers = headers.iter().copied().chain(cookies);
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = if fields.is_null() { String::new() } else { fields.to_string() };
        let answer = send(self.address, method, path, &headers, body.as_bytes()).await;
        assert!(!answer.body.contains("btas_") && !answer.body.contains("btar_"), "a token in a body");
        answer
    }

    /// What a browser does with `Set-Cookie`.
    pub(crate) fn keep(&mut self, answer: &Answer) {
        for value in answer.all("set-cookie") {
            let (name, content) = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.jar.retain(|(known, _)| known != name);
            if !content.is_empty() {
                self.jar.push((name.to_owned(), content.to_owned()));
            }
        }
    }

    pub(crate) async fn refresh(&mut self) -> Answer {
        let answer = self.fetch("POST", "/auth/refresh", HOME, &json!({"tokens": "cookie"})).await;
        self.keep(&answer);
        answer
    }

    /// Whose session it is, or why it is nobody's.
    pub(crate) async fn who_am_i(&self) -> String {
        let answer = self.fetch("GET", "/auth/session", &[], &Value::Null).await.json();
        answer["hotkey"].as_str().or(answer["code"].as_str()).expect("one of both").to_owned()
    }

    pub(crate) fn address_of_hotkey(&self) -> String {
        self.person.hotkey().to_ss58()
    }
}
