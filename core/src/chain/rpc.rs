//! JSON-RPC without a transport: what to send, and what an answer or its absence means (`spec/05 §7`).

use std::time::Duration;

use serde_json::{Value, json};

use crate::encoding::{decode_hex, encode_hex};
use crate::error::{Error, ErrorCode};
use crate::time::UnixNanos;

/// One call. A host sends [`RpcCall::body`], or method and parameters through a client library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcCall {
    /// The method.
    pub method: &'static str,
    /// The parameters, a JSON array.
    pub params: String,
}

impl RpcCall {
    #[expect(clippy::needless_pass_by_value, reason = "call sites build the parameters in place")]
    pub(super) fn new(method: &'static str, params: Value) -> Self {
        Self { method, params: params.to_string() }
    }

    /// A runtime-API call at a block.
    pub(super) fn runtime(function: &str, params: &[u8], block: &[u8; 32]) -> Self {
        Self::new("state_call", json!([function, prefixed(params), prefixed(block)]))
    }

    /// The whole JSON-RPC 2.0 request.
    #[must_use]
    pub fn body(&self, id: u64) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{}","params":{}}}"#, self.method, self.params)
    }
}

/// What came back for one call.
#[derive(Debug, Clone, PartialEq)]
pub struct RpcAnswer(Result<Value, Refusal>);

#[derive(Debug, Clone, PartialEq)]
struct Refusal {
    code: ErrorCode,
    detail: String,
    retry_after: Option<Duration>,
    /// Whether the node says that it does not know the function.
    is_unknown: bool,
}

impl RpcAnswer {
    /// The longest answer in bytes: 8 MiB. Hosts set it as the limit of their transport.
    pub const MAX_LEN: usize = 8 << 20;
    /// How long an endpoint is left alone that refused without saying for how long.
    pub const DEFAULT_PAUSE: Duration = Duration::from_secs(60);
    /// The longest pause that an endpoint can ask for.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(900);

    /// An HTTP answer: its status, the seconds of `Retry-After` if there are any, its body.
    #[must_use]
    pub fn from_http(status: u16, retry_after: Option<u64>, body: &[u8]) -> Self {
        match status {
            200 => Self::from_message(body),
            403 | 429 => Self::limited(retry_after.map(Duration::from_secs)),
            _ => Self::refused(ErrorCode::ChainUnreachable, format!("the node answered with HTTP status {status}")),
        }
    }

    /// A JSON-RPC response, as a WebSocket message or an HTTP body. Which call it belongs to is the host's to know.
    #[must_use]
    pub fn from_message(body: &[u8]) -> Self {
        let invalid = |detail: &str| Self::refused(ErrorCode::ChainAnswerInvalid, detail.into());
        if body.len() > Self::MAX_LEN {
            return invalid("JSON-RPC: expected at most 8 MiB");
        }
        let Ok(Value::Object(mut message)) = serde_json::from_slice(body) else {
            return invalid("JSON-RPC: expected an object");
        };
        match (message.remove("result"), message.remove("error")) {
            (_, Some(error)) if !error.is_null() => Self::failed(&error),
            (Some(result), _) => Self(Ok(result)),
            _ => invalid("JSON-RPC: expected `result` or `error`"),
        }
    }

    /// A WebSocket that was closed, with the code of its close frame if there was one.
    #[must_use]
    pub fn closed(code: Option<u16>) -> Self {
        if code == Some(1008) { Self::limited(None) } else { Self::unreachable() }
    }

    /// No answer: no connection, or none in time.
    #[must_use]
    pub fn unreachable() -> Self {
        Self::refused(ErrorCode::ChainUnreachable, "the node did not answer in time".into())
    }

    /// The `id` of a JSON-RPC response, for hosts with several calls under way.
    #[must_use]
    pub fn id_of(body: &[u8]) -> Option<u64> {
        serde_json::from_slice::<Value>(body).ok()?.get("id")?.as_u64()
    }

    pub(super) fn result(&self, now: UnixNanos) -> Result<&Value, Error> {
        self.0.as_ref().map_err(|refusal| {
            let error = Error::new(refusal.code).detail(refusal.detail.clone());
            match refusal.retry_after {
                Some(pause) => error.retry_at(now.plus(pause.min(Self::LONGEST_PAUSE))),
                None => error,
            }
        })
    }

    /// Whether the node said that it does not know what it was asked for.
    pub(super) fn is_unknown_function(&self) -> bool {
        self.0.as_ref().is_err_and(|refusal| refusal.is_unknown)
    }

    fn failed(error: &Value) -> Self {
        let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
        let data = error.get("data");
        let said = |text: &str| {
            let has = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|said| said.contains(text));
            has(error.get("message")) || has(data)
        };
        if matches!(code, -32_004 | -32_005) {
            return Self::limited(data.and_then(pause));
        }
        if said("State already discarded") {
            return Self::refused(ErrorCode::ChainUnreachable, "the node no longer has the block's state".into());
        }
        let detail = format!("the node answered with the JSON-RPC error {code}");
        let is_unknown = code == -32_601 || said("Exported method") || said("Function to start");
        Self(Err(Refusal { code: ErrorCode::ChainUnreachable, detail, retry_after: None, is_unknown }))
    }

    fn limited(retry_after: Option<Duration>) -> Self {
        Self(Err(Refusal {
            code: ErrorCode::ChainRateLimited,
            detail: "the node refuses to answer for now".into(),
            retry_after: Some(retry_after.unwrap_or(Self::DEFAULT_PAUSE)),
            is_unknown: false,
        }))
    }

    const fn refused(code: ErrorCode, detail: String) -> Self {
        Self(Err(Refusal { code, detail, retry_after: None, is_unknown: false }))
    }
}

/// How long a policy refusal says to wait. Nodes spell it in four ways.
fn pause(data: &Value) -> Option<Duration> {
    let named = |name: &str| data.get(name).and_then(Value::as_f64).filter(|wait| wait.is_finite() && *wait >= 0.0);
    let seconds = ["retry_after", "retryAfter"].iter().find_map(|name| named(name));
    let millis = || ["retry_after_ms", "retryAfterMs"].iter().find_map(|name| named(name));
    let wait = seconds.or_else(|| millis().map(|wait| wait / 1_000.0))?;
    Duration::try_from_secs_f64(wait).ok()
}

/// `0x` and hex.
pub(super) fn prefixed(bytes: &[u8]) -> String {
    format!("0x{}", encode_hex(bytes))
}

/// Bytes of a hex text, with or without `0x`.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()
}

/// A hash of 32 bytes.
pub(super) fn hash(text: &str) -> Option<[u8; 32]> {
    decode_hex(text.strip_prefix("0x").unwrap_or(text))
}
