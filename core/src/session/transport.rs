//! How tokens travel: as bearers, or in cookies that only the pages of listed origins may use (`spec/04 §8, §11`).

use std::fmt;

use super::cookie::{CookieTokens, SessionCookie};
use crate::error::{Error, ErrorCode, Retry};
use crate::header::{MAX_HEADER_LEN, SignedHeaders, values};
use crate::message::{Site, is_origin};

/// Where the tokens of a grant go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Into the answer's body, for a client that keeps them.
    Body,
    /// Into cookies that no script can read; the body names none.
    Cookie,
}

impl Delivery {
    /// The word of the member `tokens`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Cookie => "cookie",
        }
    }
}

/// How a session token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Carrier {
    /// In `Authorization: Bearer`.
    Bearer,
    /// In the session cookie, from a page that may use it.
    Cookie,
}

impl Carrier {
    /// The word in vectors and bindings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Cookie => "cookie",
        }
    }
}

/// The one session token that a request is judged by; not yet looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct CarriedToken {
    /// How it came.
    pub carrier: Carrier,
    /// The token, as it came.
    pub token: String,
}

impl fmt::Debug for CarriedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CarriedToken({}, …)", self.carrier.as_str())
    }
}

/// Which pages may use the sessions of a service, and whether browsers may hold its tokens in cookies. Built once.
#[derive(Debug, Clone)]
pub struct TokenTransport {
    origins: Vec<String>,
    cookies: CookieUse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CookieUse {
    Enabled,
    Refused,
}

impl TokenTransport {
    /// Bearer tokens only. Pages of the `allowed` origins may use the session routes: with an empty list, of the site.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for anything that is no origin as browsers write it.
    pub fn new<O: AsRef<str>>(site: &Site, allowed: &[O]) -> Result<Self, Error> {
        let mut origins: Vec<String> = allowed.iter().map(|origin| origin.as_ref().to_owned()).collect();
        if origins.is_empty() {
            origins.push(site.origin().to_owned());
        }
        if !origins.iter().all(|origin| is_origin(origin)) {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("allowed origins: expected each as browsers send it, as in https://dash.example.org"));
        }
        Ok(Self { origins, cookies: CookieUse::Refused })
    }

    /// The same with cookies as well, for clients that ask for them.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] for an origin to which browsers give no `Secure` cookie.
    pub fn with_cookies(self) -> Result<Self, Error> {
        if !self.origins.iter().all(|origin| is_trustworthy(origin)) {
            return Err(Error::new(ErrorCode::InvalidConfiguration)
                .detail("cookies: expected https origins, or http on localhost, 127.0.0.1 or [::1] for local work"));
        }
        Ok(Self { cookies: CookieUse::Enabled, ..self })
    }

    /// What every `POST` route asks before it reads the body. A browser says where a page comes from; programs that are
    /// no browser send neither header.
    ///
    /// # Errors
    /// [`ErrorCode::OriginRefused`].
    pub fn check_route<N: AsRef<[u8]>, V: AsRef<[u8]>>(&self, headers: &[(N, V)]) -> Result<(), Error> {
        let is_silent = ["origin", "sec-fetch-site"].iter().all(|name| values(headers, name).next().is_none());
        if is_silent || self.is_allowed(headers) { Ok(()) } else { Err(ErrorCode::OriginRefused.into()) }
    }

    /// What a login or refresh asks for in its member `tokens`. Cookies need an allowed origin, so that no other page
    /// can log its visitor in.
    ///
    /// # Errors
    /// `malformed_body`, `cookies_disabled` or `origin_refused`.
    pub fn delivery<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        word: Option<&str>,
        headers: &[(N, V)],
    ) -> Result<Delivery, Error> {
        match word {
            None | Some("body") => Ok(Delivery::Body),
            Some("cookie") if self.cookies == CookieUse::Refused => Err(ErrorCode::CookiesDisabled.into()),
            Some("cookie") => self.check_page("POST", headers).map(|()| Delivery::Cookie),
            Some(_) => {
                Err(Error::new(ErrorCode::MalformedBody).detail("tokens: expected the word body or the word cookie"))
            }
        }
    }

    /// The session token of a request: the bearer, or else the cookie. One that fails is not replaced by the other. A
    /// signed request has none, whatever it carries.
    ///
    /// # Errors
    /// Bearer: `duplicate_header`, `header_too_long`. Cookie: `header_too_long`, `duplicate_cookie`, `origin_refused`,
    /// `session_expired` when only the refresh cookie is there. Neither, or signed: `missing_credentials`.
    pub fn session_token<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        method: &str,
        headers: &[(N, V)],
    ) -> Result<CarriedToken, Error> {
        if SignedHeaders::are_present(headers.iter().map(|(name, _)| name)) {
            return Err(Error::new(ErrorCode::MissingCredentials).detail("this route takes a session"));
        }
        if let Some(token) = bearer(headers)? {
            return Ok(CarriedToken { carrier: Carrier::Bearer, token });
        }
        if self.cookies == CookieUse::Refused {
            return Err(ErrorCode::MissingCredentials.into());
        }
        let cookies = CookieTokens::read(headers)?;
        if cookies.session.is_none() && cookies.refresh.is_none() {
            return Err(ErrorCode::MissingCredentials.into());
        }
        self.check_page(method, headers)?;
        let expired = || Error::new(ErrorCode::SessionExpired).detail("expected the session cookie: refresh first");
        let token = cookies.session.ok_or_else(expired)?;
        Ok(CarriedToken { carrier: Carrier::Cookie, token })
    }

    /// The refresh token of a request to the refresh route whose [`Delivery`] is the cookie.
    ///
    /// # Errors
    /// `header_too_long`, `duplicate_cookie`, `origin_refused` or `missing_credentials`.
    pub fn refresh_token<N: AsRef<[u8]>, V: AsRef<[u8]>>(&self, headers: &[(N, V)]) -> Result<String, Error> {
        self.delivery(Some("cookie"), headers)?;
        let missing =
            || Error::new(ErrorCode::MissingCredentials).detail("expected the refresh cookie: log in if it is lost");
        CookieTokens::read(headers)?.refresh.ok_or_else(missing)
    }

    /// The `Set-Cookie` values of an answer that refuses a refresh or logout by cookie: both cookies are cleared when
    /// the session is over, and kept when the attempt may be repeated.
    #[must_use]
    pub fn cookies_after(code: ErrorCode) -> Vec<String> {
        if code.retry() == Retry::Login { Self::cleared_cookies().into() } else { Vec::new() }
    }

    /// The `Set-Cookie` values of an answer to a logout by cookie.
    #[must_use]
    pub fn cleared_cookies() -> [String; 2] {
        [SessionCookie::Session, SessionCookie::Refresh].map(SessionCookie::cleared)
    }

    /// Whether the page behind a request with cookies may use them. An unsafe method needs an allowed origin; a safe
    /// one must not be fetched by a foreign page, but a person may follow a link.
    fn check_page<N: AsRef<[u8]>, V: AsRef<[u8]>>(&self, method: &str, headers: &[(N, V)]) -> Result<(), Error> {
        let is_safe = matches!(method, "GET" | "HEAD" | "OPTIONS");
        let names_origin = values(headers, "origin").next().is_some();
        let is_home = || {
            values(headers, "sec-fetch-site").all(|site| matches!(site, b"same-origin" | b"none"))
                || (is_only(headers, "sec-fetch-mode", b"navigate") && is_only(headers, "sec-fetch-dest", b"document"))
        };
        if self.is_allowed(headers) || (is_safe && !names_origin && is_home()) {
            return Ok(());
        }
        Err(Error::new(ErrorCode::OriginRefused)
            .detail("a request with session cookies: expected it from a page of an allowed origin"))
    }

    /// Exactly one `Origin`, and that one listed.
    fn is_allowed<N: AsRef<[u8]>, V: AsRef<[u8]>>(&self, headers: &[(N, V)]) -> bool {
        self.origins.iter().any(|allowed| is_only(headers, "origin", allowed.as_bytes()))
    }
}

fn is_only<N: AsRef<[u8]>, V: AsRef<[u8]>>(headers: &[(N, V)], name: &str, expected: &[u8]) -> bool {
    let mut found = values(headers, name);
    found.next() == Some(expected) && found.next().is_none()
}

/// The token of `Authorization: Bearer`; none when another word, or no such header, is there.
fn bearer<N: AsRef<[u8]>, V: AsRef<[u8]>>(headers: &[(N, V)]) -> Result<Option<String>, Error> {
    let mut found = values(headers, "authorization");
    let Some(value) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(Error::new(ErrorCode::DuplicateHeader).detail("Authorization: expected exactly once"));
    }
    if value.len() > MAX_HEADER_LEN {
        return Err(Error::new(ErrorCode::HeaderTooLong).detail("Authorization: expected at most 512 bytes"));
    }
    let mut halves = value.splitn(2, |&byte| byte == b' ');
    let word = halves.next().unwrap_or_default();
    let token = String::from_utf8_lossy(halves.next().unwrap_or_default()).into_owned();
    Ok(word.eq_ignore_ascii_case(b"bearer").then_some(token))
}

/// Whether browsers keep a `Secure` cookie of this origin: TLS, or a host that is always this machine.
fn is_trustworthy(origin: &str) -> bool {
    let Some(domain) = origin.strip_prefix("http://") else { return true };
    let rest = ["localhost", "127.0.0.1", "[::1]"].iter().find_map(|host| domain.strip_prefix(host));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Network;
    use crate::time::UnixNanos;

    fn transport() -> TokenTransport {
        let site = Site::new("https://dash.example.org", Network::finney()).expect("an origin");
        TokenTransport::new(&site, &[] as &[&str]).and_then(TokenTransport::with_cookies).expect("valid settings")
    }

    #[test]
    fn what_is_set_is_read_back() {
        let (now, ends) = (UnixNanos::from_secs(1_000), UnixNanos::from_secs(1_900));
        let set = [SessionCookie::Session, SessionCookie::Refresh].map(|cookie| cookie.set("a-token", ends, now));
        let sent = set.map(|value| value.split_once(';').expect("attributes").0.to_owned()).join("; ");
        let headers = [("Cookie", sent.as_str()), ("Origin", "https://dash.example.org")];
        let carried = transport().session_token("POST", &headers).expect("a cookie");
        assert_eq!((carried.carrier, carried.token.as_str()), (Carrier::Cookie, "a-token"));
        assert_eq!(transport().refresh_token(&headers).as_deref(), Ok("a-token"));
        assert!(!format!("{carried:?}").contains("a-token"));
    }

    #[test]
    fn no_header_bytes_panic_or_come_back_in_a_message() {
        let junk: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte; usize::from(byte) * 3]).collect();
        for value in &junk {
            let mut marked = b"__Host-btauth-session=marker; __Host-btauth-session=".to_vec();
            marked.extend(value);
            for name in ["cookie", "origin", "authorization", "sec-fetch-site"] {
                let headers = [(name, value.as_slice()), ("Cookie", marked.as_slice())];
                let refused = transport().session_token("POST", &headers).expect_err("two session cookies");
                assert!(!refused.to_string().contains("marker"), "{name}");
                let _ = transport().refresh_token(&headers[..1]);
                let _ = transport().check_route(&headers);
            }
        }
    }

    #[test]
    fn only_hosts_of_this_machine_may_do_without_tls() {
        for good in ["https://a", "http://localhost:80", "http://127.0.0.1:8000", "http://[::1]", "http://[::1]:8000"] {
            assert!(is_trustworthy(good), "{good}");
        }
        for bad in ["http://a", "http://127.0.0.2", "http://[::2]:1", "http://localhost.example.org"] {
            assert!(!is_trustworthy(bad), "{bad}");
        }
    }
}
