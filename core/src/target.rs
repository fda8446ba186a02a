//! What of an HTTP request is signed besides its body: the method and the request target (`spec/02 §3`).

use std::borrow::Cow;

use crate::error::{Error, ErrorCode};

/// An upper-case HTTP method: an RFC 9110 token of at most 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Method(String);

impl Method {
    /// Longest method that is signed or verified.
    pub const MAX_LEN: usize = 32;

    /// Reads a method; ASCII letters become upper case.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedMethod`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(token) {
            return Err(
                Error::new(ErrorCode::MalformedMethod).detail("expected an RFC 9110 token of 1 to 32 ASCII characters")
            );
        }
        Ok(Self(text.to_ascii_uppercase()))
    }

    /// The method in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request target in origin form, byte for byte as on the request line: `/path?query`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestTarget(String);

impl RequestTarget {
    /// Longest target that is signed or verified.
    pub const MAX_LEN: usize = 8_192;

    /// Reads a target: first byte `/`, then bytes 0x21 to 0x7E except `#`, at most 8,192 in all.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedTarget`]; the absolute form, the authority form and `*` are refused as well.
    pub fn parse<'a>(target: impl Into<Cow<'a, [u8]>>) -> Result<Self, Error> {
        let target = target.into();
        let allowed = |&byte: &u8| (0x21..=0x7e).contains(&byte) && byte != b'#';
        if target.first() != Some(&b'/') || target.len() > Self::MAX_LEN || !target.iter().all(allowed) {
            return Err(malformed());
        }
        String::from_utf8(target.into_owned()).map(Self).map_err(|_| malformed())
    }

    /// The target of an ASGI scope: `raw_path`, and `?` with `query_string` unless that is empty.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedTarget`].
    pub fn from_asgi(raw_path: &[u8], query_string: &[u8]) -> Result<Self, Error> {
        Self::from_asgi_behind(b"", raw_path, query_string)
    }

    /// The same behind a proxy that strips `public_prefix` from the path the client signed.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedTarget`].
    pub fn from_asgi_behind(public_prefix: &[u8], raw_path: &[u8], query_string: &[u8]) -> Result<Self, Error> {
        if query_string.is_empty() {
            return Self::parse([public_prefix, raw_path].concat());
        }
        Self::parse([public_prefix, raw_path, b"?", query_string].concat())
    }

    /// The target a client signs *and sends*: without the bare `?` that some servers drop on the way in.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedTarget`].
    pub fn for_signing(target: &str) -> Result<Self, Error> {
        Self::parse(target.strip_suffix('?').filter(|rest| !rest.contains('?')).unwrap_or(target).as_bytes())
    }

    /// The target.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn malformed() -> Error {
    Error::new(ErrorCode::MalformedTarget)
        .detail("expected the origin form: a path that starts with /, printable ASCII, no #, at most 8,192 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_origin_form_is_a_target() {
        for target in ["/", "//two", "/a%20b?q=1&q=2", "/p/../q", "/x?", "/\"|'"] {
            assert_eq!(RequestTarget::parse(target.as_bytes()).expect("origin form").as_str(), target);
        }
        for target in ["", "*", "x", "http://h/x", "/a b", "/a#b", "/a\n", "/é", "/\u{7f}"] {
            assert!(RequestTarget::parse(target.as_bytes()).is_err(), "{target:?}");
        }
        assert!(RequestTarget::parse(vec![b'/'; RequestTarget::MAX_LEN]).is_ok());
        assert!(RequestTarget::parse(vec![b'/'; RequestTarget::MAX_LEN + 1]).is_err());
        assert!(RequestTarget::parse(&[b'/', 0xff][..]).is_err());
    }

    #[test]
    fn a_signer_drops_a_bare_question_mark_and_nothing_else() {
        for (given, signed) in [("/x?", "/x"), ("/x??", "/x??"), ("/x?a?", "/x?a?"), ("/?", "/"), ("/x?a=", "/x?a=")] {
            assert_eq!(RequestTarget::for_signing(given).expect("a target").as_str(), signed);
        }
    }

    #[test]
    fn methods_are_ascii_tokens() {
        assert_eq!(Method::parse("get").expect("a token").as_str(), "GET");
        for method in ["", "GE T", "GET\n", "gruß", &"A".repeat(33)] {
            assert!(Method::parse(method).is_err(), "{method:?}");
        }
    }
}
