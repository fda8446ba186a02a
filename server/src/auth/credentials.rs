//! What a request shows besides signed headers: its session token, and the web page it comes from (`spec/04 §8`).

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::MAX_HEADER_LEN;
use http::HeaderMap;
use http::header::AUTHORIZATION;
#[cfg(feature = "axum")]
use http::{HeaderName, header::ORIGIN};

#[cfg(feature = "axum")]
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The token of `Authorization: Bearer`, exactly one of it.
pub(super) fn bearer(headers: &HeaderMap) -> Result<String, Error> {
    let mut found = headers.get_all(AUTHORIZATION).iter();
    let value = found.next().ok_or(ErrorCode::MissingCredentials)?.as_bytes();
    if found.next().is_some() {
        return Err(Error::new(ErrorCode::DuplicateHeader).detail("Authorization: expected exactly once"));
    }
    if value.len() > MAX_HEADER_LEN {
        return Err(Error::new(ErrorCode::HeaderTooLong).detail("Authorization: expected at most 512 bytes"));
    }
    let word = value.iter().position(|&byte| byte == b' ').unwrap_or(value.len());
    if !value[..word].eq_ignore_ascii_case(b"bearer") {
        return Err(ErrorCode::MissingCredentials.into());
    }
    // A byte that is no text fits no token; its replacement fits none either.
    Ok(String::from_utf8_lossy(value.get(word + 1..).unwrap_or_default()).into_owned())
}

/// Refuses pages of other origins. A browser says where a page comes from; programs that are no browser send neither header.
#[cfg(feature = "axum")]
pub(super) fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Error> {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) if !headers.contains_key(SEC_FETCH_SITE) => Ok(()),
        (Some(origin), None) if allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()) => Ok(()),
        _ => Err(ErrorCode::OriginRefused.into()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        }
        headers
    }

    #[test]
    fn one_bearer_token_is_read_unchanged() {
        for (value, token) in [("Bearer t", "t"), ("bEARER t u", "t u"), ("Bearer", ""), ("Bearer  t", " t")] {
            assert_eq!(bearer(&headers(&[("authorization", value)])).as_deref(), Ok(token), "{value}");
        }
        let long = format!("Bearer {}", "x".repeat(506));
        let refused = [
            (vec![], ErrorCode::MissingCredentials),
            (vec![("authorization", "Basic dTpw")], ErrorCode::MissingCredentials),
            (vec![("authorization", "Bearer t"), ("authorization", "Bearer t")], ErrorCode::DuplicateHeader),
            (vec![("authorization", long.as_str())], ErrorCode::HeaderTooLong),
        ];
        for (pairs, code) in refused {
            assert_eq!(bearer(&headers(&pairs)).map_err(|error| error.code()), Err(code));
        }
        assert_eq!(bearer(&headers(&[("authorization", "Bearer \u{e9}")])).as_deref(), Ok("\u{e9}"));
    }

    #[cfg(feature = "axum")]
    #[test]
    fn only_listed_pages_and_programs_that_are_no_browser_pass() {
        let allowed = ["https://dash.example.org".to_owned()];
        let passes = |pairs: &[(&'static str, &str)]| check_origin(&headers(pairs), &allowed).is_ok();
        assert!(passes(&[]));
        assert!(passes(&[("origin", "https://dash.example.org"), ("sec-fetch-site", "same-origin")]));
        assert!(!passes(&[("origin", "https://evil.example.org")]));
        assert!(!passes(&[("origin", "null")]));
        assert!(!passes(&[("origin", "https://dash.example.org/")]));
        assert!(!passes(&[("sec-fetch-site", "cross-site")]));
        assert!(!passes(&[("origin", "https://dash.example.org"), ("origin", "https://dash.example.org")]));
    }
}
