//! What a client takes from a refusal (`spec/06 §3`).

use bittensor_auth::error::{ErrorCode, Retry};
use bittensor_auth::time::UnixNanos;
use http::HeaderMap;
use http::header::{AsHeaderName, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE};
use serde::Deserialize;

use crate::rejection::PROBLEM_TYPE;

/// Largest body of an answer that is read on our own account.
const MAX_ANSWER: u64 = 64 * 1_024;
const MAX_CODE_LEN: usize = 64;
/// The year 2527; in nanoseconds it still fits 64 bits.
const LATEST_MS: u64 = 1 << 44;

/// What a 401 says about signing again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// A problem that signing again does not cure.
    Other,
    /// Sign again, by this time if the server said one.
    Resign(Option<UnixNanos>),
    /// No problem that can be read.
    Unreadable,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    retry: serde_json::Value,
    #[serde(default)]
    server_time_ms: serde_json::Value,
}

impl Advice {
    /// Reads the body of a 401 that [`is_readable`].
    pub(super) fn read(body: &[u8]) -> Self {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
        let problem = serde_json::from_slice::<Problem>(body)
            .ok()
            .filter(|problem| (1..=MAX_CODE_LEN).contains(&problem.code.len()) && problem.code.bytes().all(allowed));
        let Some(problem) = problem else { return Self::Unreadable };
        let known = ErrorCode::ALL.iter().find(|code| code.as_str() == problem.code);
        let resign = match known {
            Some(code) => code.retry() == Retry::Resign,
            None => problem.retry == Retry::Resign.as_str(),
        };
        if !resign {
            return Self::Other;
        }
        let time = problem.server_time_ms.as_u64().filter(|time| (1..LATEST_MS).contains(time));
        Self::Resign(time.map(UnixNanos::from_millis))
    }
}

/// Whether a problem body is announced that is small.
pub(super) fn is_readable(headers: &HeaderMap) -> bool {
    let media_type = text(headers, CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    let is_plain = matches!(text(headers, CONTENT_ENCODING).trim(), "" | "identity");
    let length = text(headers, CONTENT_LENGTH).parse::<u64>();
    media_type.eq_ignore_ascii_case(PROBLEM_TYPE) && is_plain && length.is_ok_and(|length| length <= MAX_ANSWER)
}

/// The middle of the second that `Date` names.
pub(super) fn date(headers: &HeaderMap) -> Option<UnixNanos> {
    let date = httpdate::parse_http_date(text(headers, DATE)).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(UnixNanos::from_millis(u64::try_from(since.as_millis()).ok()?.checked_add(500)?))
}

fn text(headers: &HeaderMap, name: impl AsHeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_resign_answer_asks_for_a_second_attempt() {
        let at = |ms| Advice::Resign(Some(UnixNanos::from_millis(ms)));
        for (body, advice) in [
            (r#"{"code":"stale_request","server_time_ms":5}"#, at(5)),
            (r#"{"code":"stale_request","retry":"never","server_time_ms":5}"#, at(5)),
            (r#"{"code":"stale_request"}"#, Advice::Resign(None)),
            (r#"{"code":"stale_request","server_time_ms":"5"}"#, Advice::Resign(None)),
            (r#"{"code":"stale_request","server_time_ms":-1}"#, Advice::Resign(None)),
            (r#"{"code":"stale_request","server_time_ms":17592186044416}"#, Advice::Resign(None)),
            (r#"{"code":"future_code","retry":"resign","server_time_ms":5}"#, at(5)),
            (r#"{"code":"future_code","retry":7}"#, Advice::Other),
            (r#"{"code":"bad_signature","retry":"resign"}"#, Advice::Other),
            (r#"{"code":"Stale"}"#, Advice::Unreadable),
            (r#"{"code":""}"#, Advice::Unreadable),
            (r#"{"code":7}"#, Advice::Unreadable),
            ("[]", Advice::Unreadable),
            ("", Advice::Unreadable),
        ] {
            assert_eq!(Advice::read(body.as_bytes()), advice, "{body}");
        }
    }

    #[test]
    fn only_small_plain_problems_are_read() {
        let readable = |media_type: &'static str, length: &'static str, encoding: &'static str| {
            let pairs = [(CONTENT_TYPE, media_type), (CONTENT_LENGTH, length), (CONTENT_ENCODING, encoding)];
            is_readable(&pairs.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect())
        };
        assert!(readable("application/problem+json", "65536", ""));
        assert!(readable("Application/Problem+JSON; charset=utf-8", "0", "identity"));
        assert!(!readable("application/json", "5", ""));
        assert!(!readable("application/problem+json", "65537", ""));
        assert!(!readable("application/problem+json", "-1", ""));
        assert!(!readable("application/problem+json", "5", "gzip"));
        assert!(!is_readable(&HeaderMap::new()));
    }

    #[test]
    fn a_date_is_the_middle_of_its_second() {
        let read = |value| date(&HeaderMap::from_iter([(DATE, HeaderValue::from_static(value))]));
        assert_eq!(read("Mon, 21 Sep 2026 14:13:20 GMT"), Some(UnixNanos::from_millis(1_790_000_000_500)));
        assert_eq!(read("yesterday"), None);
    }
}
