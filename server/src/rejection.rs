//! Errors as HTTP answers: RFC 9457 problem details (`spec/06 §3`).

use std::fmt;

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::nonce::{Entropy as _, OsEntropy};
use bittensor_auth::time::UnixNanos;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use serde::Serialize;

/// Media type of the body of every refusal.
pub const PROBLEM_TYPE: &str = "application/problem+json";

pub(crate) const DEFAULT_REALM: &str = "bittensor";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID_LEN: usize = 64;

/// A request that was refused, with its whole answer: status, problem body, `Cache-Control: no-store`, `X-Request-Id`,
/// and where they belong `WWW-Authenticate` and `Retry-After`.
///
/// Nothing in it repeats what came in.
#[derive(Clone)]
pub struct Rejection(Box<Answer>);

#[derive(Clone)]
struct Answer {
    error: Error,
    request_id: String,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Rejection {
    pub(crate) fn new(error: Error, request: &HeaderMap, realm: &str, now: UnixNanos) -> Self {
        let code = error.code();
        let request_id = request_id_of(request);
        let status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = HeaderMap::with_capacity(5);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REQUEST_ID, text_value(&request_id));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, text_value(&format!("Bittensor realm=\"{realm}\", error=\"{code}\"")));
        }
        if let Some(seconds) = error.retry_after_secs(now) {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        let body = Problem::new(&error, &request_id, now).encode();
        Self(Box::new(Answer { error, request_id, status, headers, body }))
    }

    /// Why the request was refused.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0.error
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.error.code()
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What names this request in the logs: the caller's `X-Request-Id`, or a new one.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The answer.
    #[must_use]
    pub fn into_response<B: From<Bytes>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.0.body));
        *response.status_mut() = self.0.status;
        *response.headers_mut() = self.0.headers;
        response
    }

    /// The answer to a request with this method: to `HEAD` without its body, which HTTP/2 would send.
    pub(crate) fn into_response_to<B: From<Bytes>>(mut self, method: &Method) -> Response<B> {
        if method == Method::HEAD {
            let body = std::mem::take(&mut self.0.body);
            self.0.headers.insert(CONTENT_LENGTH, body.len().into());
        }
        self.into_response()
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("error", &self.0.error)
            .field("request_id", &self.0.request_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.error.fmt(f)
    }
}

impl std::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.error)
    }
}

#[cfg(feature = "axum")]
impl axum::response::IntoResponse for Rejection {
    fn into_response(self) -> axum::response::Response {
        Self::into_response(self)
    }
}

/// The body's members, in the order of the spec.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    hint: &'a str,
    retry: &'a str,
    server_time_ms: u64,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_skew_ms: Option<u64>,
}

impl<'a> Problem<'a> {
    fn new(error: &'a Error, request_id: &'a str, now: UnixNanos) -> Self {
        let (code, age) = (error.code(), error.age());
        Self {
            r#type: format!("urn:bittensor-auth:error:{code}"),
            title: code.title(),
            status: code.http_status(),
            code: code.as_str(),
            detail: error.message(),
            hint: code.hint(),
            retry: code.retry().as_str(),
            server_time_ms: now.as_millis(),
            request_id,
            age_ms: age.map(|age| age.age_ms),
            max_age_ms: age.map(|age| age.max_age_ms),
            allowed_skew_ms: age.map(|age| age.allowed_skew_ms),
        }
    }

    fn encode(&self) -> Bytes {
        serde_json::to_vec(self).expect("text and numbers are JSON").into()
    }
}

/// The caller's `X-Request-Id` if it is well formed, otherwise a new one.
fn request_id_of(headers: &HeaderMap) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let well_formed = |text: &&str| (1..=MAX_REQUEST_ID_LEN).contains(&text.len()) && text.bytes().all(allowed);
    let given = headers.get_all(REQUEST_ID).iter().filter_map(|value| value.to_str().ok()).find(well_formed);
    given.map_or_else(new_request_id, ToOwned::to_owned)
}

fn new_request_id() -> String {
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes[4..]);
    format!("{:024x}", u128::from_be_bytes(bytes))
}

fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("realm, code and request id are printable ASCII")
}

#[cfg(test)]
mod tests {
    use bittensor_auth::time::Window;

    use super::*;

    const NOW: UnixNanos = UnixNanos::from_millis(1_790_000_000_123);

    fn rejected(error: impl Into<Error>, request_id: &'static str) -> Rejection {
        let request = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(request_id))]);
        Rejection::new(error.into(), &request, DEFAULT_REALM, NOW)
    }

    #[test]
    fn every_code_has_the_headers_of_its_status() {
        for &code in ErrorCode::ALL {
            let response: Response<Bytes> = rejected(code, "a-b.C_9").into_response();
            let has = |name| response.headers().contains_key(name);
            assert_eq!(response.status().as_u16(), code.http_status(), "{code}");
            assert_eq!(has(WWW_AUTHENTICATE), code.http_status() == 401, "{code}");
            assert_eq!(has(RETRY_AFTER), code.http_status() == 503, "{code}");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
            assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_TYPE);
            assert_eq!(response.headers()[REQUEST_ID], "a-b.C_9");
            let body: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
            assert_eq!(body["type"], format!("urn:bittensor-auth:error:{code}"));
            assert_eq!((&body["code"], &body["status"]), (&code.as_str().into(), &code.http_status().into()));
            assert_eq!((&body["title"], &body["hint"]), (&code.title().into(), &code.hint().into()));
            assert_eq!((&body["retry"], &body["detail"]), (&code.retry().as_str().into(), &code.title().into()));
            assert_eq!(
                (&body["request_id"], &body["server_time_ms"]),
                (&"a-b.C_9".into(), &1_790_000_000_123_u64.into())
            );
            assert_eq!(body.as_object().map(serde_json::Map::len), Some(9), "{code}");
        }
    }

    #[test]
    fn a_stale_request_says_age_and_limits() {
        let stale = Window::BTAUTH.check(NOW.minus(std::time::Duration::from_secs(11)), NOW).expect_err("too old");
        let response: Response<Bytes> = rejected(stale, "x").into_response();
        let body: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
        assert_eq!((&body["age_ms"], &body["max_age_ms"]), (&11_000.into(), &10_000.into()));
        assert_eq!(body["allowed_skew_ms"], 2_000);
    }

    #[test]
    fn only_a_well_formed_request_id_is_kept() {
        for bad in ["", "a b", "\u{fc}", "a/b", &"a".repeat(65)] {
            let bad = HeaderValue::from_bytes(bad.as_bytes()).expect("a header value");
            let request_id = request_id_of(&HeaderMap::from_iter([(REQUEST_ID, bad)]));
            assert!(request_id.len() == 24 && request_id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{request_id}");
        }
        assert_ne!(request_id_of(&HeaderMap::new()), request_id_of(&HeaderMap::new()));
    }
}
