//! The request target as the client sent it.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::target::RequestTarget;
use http::request::Parts;
use http::{Uri, Version};

/// Path and query as received, with what a proxy stripped in front.
pub(super) fn as_received(parts: &Parts, public_prefix: &str) -> Result<RequestTarget, Error> {
    let uri = original_uri(parts);
    // In HTTP/2 and 3 scheme and authority travel apart from the path. In HTTP/1.1 they are there only if the request line
    // had them, which no signer signs.
    if parts.version <= Version::HTTP_11 && (uri.scheme().is_some() || uri.authority().is_some()) {
        return Err(Error::new(ErrorCode::MalformedTarget)
            .detail("expected the origin form on the request line: a path that starts with /, not a whole URL"));
    }
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    if public_prefix.is_empty() {
        return RequestTarget::parse(target.as_bytes());
    }
    RequestTarget::parse([public_prefix, target].concat().into_bytes())
}

/// Routers that hold nested ones shorten the request's own URI.
#[cfg(feature = "axum")]
fn original_uri(parts: &Parts) -> &Uri {
    parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0)
}

#[cfg(not(feature = "axum"))]
fn original_uri(parts: &Parts) -> &Uri {
    &parts.uri
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn received(uri: &str, version: Version, public_prefix: &str) -> Option<String> {
        let uri = Uri::try_from(uri.as_bytes().to_vec()).expect("what hyper reads");
        let (parts, ()) = Request::builder().uri(uri).version(version).body(()).expect("a request").into_parts();
        as_received(&parts, public_prefix).ok().map(|target| target.as_str().to_owned())
    }

    #[test]
    fn nothing_is_decoded_normalised_or_lost_but_a_fragment() {
        for target in
            ["/", "/x?", "/a%20b/%7Ec%2Fd?q=%7E&x=a+b", "/p//q/./r/../s?b=2&a=1", "//two/x", "/u/%E2%9C%93?e=", "/x??a"]
        {
            assert_eq!(received(target, Version::HTTP_11, "").as_deref(), Some(target));
            assert_eq!(received(target, Version::HTTP_11, "/api"), Some(format!("/api{target}")));
        }
        assert_eq!(received("/frag?a#z", Version::HTTP_11, "").as_deref(), Some("/frag?a"));
    }

    #[test]
    fn other_forms_are_no_targets() {
        for uri in ["http://h/x", "http://h", "*", "host:443", "/\u{fc}"] {
            assert_eq!(received(uri, Version::HTTP_11, ""), None, "{uri}");
        }
        assert_eq!(received("https://h/x?", Version::HTTP_2, "").as_deref(), Some("/x?"));
    }
}
