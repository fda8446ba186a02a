//! The two session cookies: how they are set and how a request's are read (`spec/04 §11`).

use crate::error::{Error, ErrorCode};
use crate::header::values;
use crate::time::UnixNanos;

/// Longest `Cookie` header, all of its fields together.
pub const MAX_COOKIES_LEN: usize = 16_384;

/// One of the two cookies. Both have the prefix `__Host-`: no other host, and no page without TLS, can set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCookie {
    /// Holds the refresh token; stays at home on every request that another site begins.
    Refresh,
    /// Holds the session token; comes along when a person follows a link.
    Session,
}

impl SessionCookie {
    /// The name, matched exactly.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refresh => "__Host-btauth-refresh",
            Self::Session => "__Host-btauth-session",
        }
    }

    /// The value of `SameSite`.
    #[must_use]
    pub const fn same_site(self) -> &'static str {
        match self {
            Self::Refresh => "Strict",
            Self::Session => "Lax",
        }
    }

    /// The `Set-Cookie` value for a token of a grant. The browser forgets it when the token ends.
    #[must_use]
    pub fn set(self, token: &str, expires_at: UnixNanos, now: UnixNanos) -> String {
        let max_age = expires_at.as_secs().saturating_sub(now.as_secs());
        let (name, same_site) = (self.name(), self.same_site());
        format!("{name}={token}; Max-Age={max_age}; Path=/; Secure; HttpOnly; SameSite={same_site}")
    }

    /// The `Set-Cookie` value that deletes it.
    #[must_use]
    pub fn cleared(self) -> String {
        self.set("", UnixNanos::from_secs(0), UnixNanos::from_secs(0))
    }
}

/// What the session cookies of one request say.
#[derive(Default)]
pub(super) struct CookieTokens {
    pub(super) session: Option<String>,
    pub(super) refresh: Option<String>,
}

impl CookieTokens {
    /// Reads all `Cookie` fields as one list: HTTP/2 lets clients split it. Other cookies decide nothing.
    ///
    /// # Errors
    /// [`ErrorCode::HeaderTooLong`] or [`ErrorCode::DuplicateCookie`].
    pub(super) fn read<N: AsRef<[u8]>, V: AsRef<[u8]>>(headers: &[(N, V)]) -> Result<Self, Error> {
        if values(headers, "cookie").map(<[u8]>::len).sum::<usize>() > MAX_COOKIES_LEN {
            return Err(Error::new(ErrorCode::HeaderTooLong).detail("Cookie: expected at most 16,384 bytes"));
        }
        let mut found = Self::default();
        for pair in values(headers, "cookie").flat_map(|field| field.split(|&byte| byte == b';')) {
            let mut halves = pair.trim_ascii().splitn(2, |&byte| byte == b'=');
            let (Some(name), Some(value)) = (halves.next(), halves.next()) else { continue };
            let place = match name {
                name if name == SessionCookie::Session.name().as_bytes() => &mut found.session,
                name if name == SessionCookie::Refresh.name().as_bytes() => &mut found.refresh,
                _ => continue,
            };
            // Nobody can tell which of two the browser was given by this host.
            if place.replace(String::from_utf8_lossy(value).into_owned()).is_some() {
                return Err(ErrorCode::DuplicateCookie.into());
            }
        }
        Ok(found)
    }
}
