//! The signer among reqwest's middleware.

use std::collections::HashMap;

use async_trait::async_trait;
use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::header::HEADER_NAMES;
use bittensor_auth::key::SigningKey;
use bittensor_auth::message::BodyHash;
use bittensor_auth::target::{Method, RequestTarget};
use bytes::Bytes;
use http::{Extensions, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use reqwest::{Body, Request, Response, ResponseBuilderExt as _};
use reqwest_middleware::{Middleware, Next, Result};

use super::Correction;
use super::answer::{Advice, is_readable};
use super::destination::Destination;

/// The innermost middleware: what it signs goes to the wire.
pub(super) struct Signing {
    pub(super) key: SigningKey,
    pub(super) destinations: HashMap<String, Destination>,
    pub(super) correction: Correction,
}

#[async_trait]
impl Middleware for Signing {
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let origin = request.url().origin().ascii_serialization();
        let destination = self.destinations.get(&origin).ok_or_else(|| refused(ErrorCode::SigningRefused.into()))?;
        let body = buffer(&mut request).await?;
        if request.url().query() == Some("") {
            // Some servers drop a bare `?`, so it is neither signed nor sent.
            request.url_mut().set_query(None);
        }
        let second = if self.correction == Correction::Once { request.try_clone() } else { None };

        self.sign(destination, &mut request, &body)?;
        let response = next.clone().run(request, extensions).await?;
        let Some(mut request) = second.filter(|_| response.status() == StatusCode::UNAUTHORIZED) else {
            return Ok(response);
        };
        let (response, advice) = read_advice(response).await?;
        if !destination.should_resign(&advice, response.headers()).map_err(refused)? {
            return Ok(response);
        }
        self.sign(destination, &mut request, &body)?;
        next.run(request, extensions).await
    }
}

impl Signing {
    /// Replaces every signed header by those of a new attempt.
    fn sign(&self, destination: &Destination, request: &mut Request, body: &[u8]) -> Result<()> {
        let method = Method::parse(request.method().as_str()).map_err(refused)?;
        let url = request.url();
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let target = RequestTarget::for_signing(&target).map_err(refused)?;
        let signed = destination.sign(&self.key, &method, &target, BodyHash::of(body));
        for name in HEADER_NAMES {
            request.headers_mut().remove(name);
        }
        for (name, value) in signed.to_pairs() {
            let value = HeaderValue::try_from(value).expect("addresses, digits and hex are visible ASCII");
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}

/// The whole body, which stays with the request.
async fn buffer(request: &mut Request) -> Result<Bytes> {
    let Some(body) = request.body_mut().take() else { return Ok(Bytes::new()) };
    let bytes = body.collect().await?.to_bytes();
    *request.body_mut() = Some(Body::from(bytes.clone()));
    Ok(bytes)
}

/// What the answer says about signing again, and the answer as it came.
async fn read_advice(mut response: Response) -> Result<(Response, Advice)> {
    if !is_readable(response.headers()) {
        return Ok((response, Advice::Unreadable));
    }
    let mut whole = http::Response::builder().status(response.status()).version(response.version());
    if let Some(headers) = whole.headers_mut() {
        *headers = std::mem::take(response.headers_mut());
    }
    if let Some(extensions) = whole.extensions_mut() {
        *extensions = std::mem::take(response.extensions_mut());
    }
    let whole = whole.url(response.url().clone());
    let body = response.bytes().await?;
    let advice = Advice::read(&body);
    let whole = whole.body(Body::from(body)).expect("status, version and headers of an answer");
    Ok((Response::from(whole), advice))
}

fn refused(error: Error) -> reqwest_middleware::Error {
    reqwest_middleware::Error::middleware(error)
}
