//! The tower layer: checks signed requests before anything parses their bodies.

mod body;
mod target;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bittensor_auth::error::Error;
use bittensor_auth::header::SignedHeaders;
use bittensor_auth::target::Method;
use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use metrics::histogram;
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Instrument as _, debug_span};

use self::body::BoxError;
use crate::auth::{HotkeyAuth, Profile, RequestState, count};
use crate::telemetry::VERIFY_SECONDS;

pub(crate) use body::read_body;

/// Checks the signature of every request that carries one, before anything parses its body; [`HotkeyAuth::layer`] makes
/// it.
///
/// A signed request whose credentials do not hold is refused whatever it asks for. All others go on, signed ones with
/// their body in memory; the extractors then ask policy and store who is calling. Put it outside of everything that
/// changes the URI or decompresses the body.
///
/// An answer to a caller whose session token came in a cookie gets `Cache-Control: no-store`, unless the handler set one.
///
/// # What is verified
///
/// Method, path with query, and body **as received**. Below an axum router the target is its
/// [`OriginalUri`](https://docs.rs/axum/latest/axum/extract/struct.OriginalUri.html), so nested routers see what the client
/// signed; elsewhere it is the request's URI. Of what stood on the request line hyper keeps every byte, a bare `?`
/// included, but a fragment (`#…`), which no client may send. The absolute form of HTTP/1.1 (`GET http://host/path`) is
/// refused: `malformed_target`. Trailers are not signed and do not reach the application behind a signed request.
///
/// # Limits
///
/// The body is read up to the verifier's limit (1 MiB by default, `payload_too_large` beyond) and no longer than the
/// request can be claimed (10 s by default, then `stale_request`). Headers are judged first, so a request that cannot pass
/// is refused before its body is read.
#[derive(Debug, Clone)]
pub struct HotkeyAuthLayer {
    auth: HotkeyAuth,
    callers: Callers,
}

/// Who gets through the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// Requests without credentials as well; handlers ask.
    Any,
    /// Only requests with a caller.
    Known,
}

impl HotkeyAuthLayer {
    pub(crate) const fn new(auth: HotkeyAuth) -> Self {
        Self { auth, callers: Callers::Any }
    }

    /// Lets nothing through without a caller, for services that do not ask by themselves. The service behind it finds a
    /// [`Caller`](bittensor_auth::request::Caller) in the request's extensions. Session routes do not belong behind it.
    #[must_use]
    pub fn require_caller(self) -> Self {
        Self { callers: Callers::Known, ..self }
    }
}

impl<S> Layer<S> for HotkeyAuthLayer {
    type Service = HotkeyAuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HotkeyAuthService { inner, layer: self.clone() }
    }
}

/// What [`HotkeyAuthLayer`] makes of a service.
#[derive(Debug, Clone)]
pub struct HotkeyAuthService<S> {
    inner: S,
    layer: HotkeyAuthLayer,
}

impl<S, B, R> Service<Request<B>> for HotkeyAuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + From<Bytes> + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that is ready is the one to call; its clone may not be.
        let next = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match layer.check(&mut parts, body).await {
                Ok((state, body)) => {
                    let mut answer = ready.call(Request::from_parts(parts, body)).await?;
                    // Shared caches know `Authorization` as a credential, and cookies not (spec/04 §11).
                    if state.is_by_cookie() && !answer.headers().contains_key(CACHE_CONTROL) {
                        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                    }
                    Ok(answer)
                }
                Err(error) => Ok(layer.auth.refuse(error, &parts.headers).into_response_to(&parts.method)),
            }
        })
    }
}

impl HotkeyAuthLayer {
    /// What is known of the request and the body to hand on, once it may go on.
    async fn check<B>(&self, parts: &mut Parts, body: B) -> Result<(Arc<RequestState>, B), Error>
    where
        B: Body + From<Bytes>,
        B::Error: Into<BoxError>,
    {
        let known = parts.extensions.get::<Arc<RequestState>>().filter(|state| state.auth().is(&self.auth));
        let (state, body) = match known {
            Some(state) => (Arc::clone(state), body),
            None => self.check_signature(parts, body).await?,
        };
        if self.callers == Callers::Known {
            let caller = state.identify(parts).await?;
            parts.extensions.insert(caller);
        }
        Ok((state, body))
    }

    async fn check_signature<B>(&self, parts: &mut Parts, body: B) -> Result<(Arc<RequestState>, B), Error>
    where
        B: Body + From<Bytes>,
        B::Error: Into<BoxError>,
    {
        let (state, body) = if SignedHeaders::are_present(parts.headers.keys()) {
            let span = debug_span!(target: "bittensor_auth", "verify");
            let verified = self.verify(parts, body).instrument(span).await;
            verified.inspect_err(|error| count(Profile::Signature, Err(error)))?
        } else {
            (RequestState::unsigned(self.auth.clone()), body)
        };
        let state = Arc::new(state);
        parts.extensions.insert(Arc::clone(&state));
        Ok((state, body))
    }

    async fn verify<B>(&self, parts: &Parts, body: B) -> Result<(RequestState, B), Error>
    where
        B: Body + From<Bytes>,
        B::Error: Into<BoxError>,
    {
        let began = Instant::now();
        let verifier = self.auth.verifier();
        let head = verifier.check_head(&SignedHeaders::parse(&parts.headers)?, self.auth.now())?;
        let mut hasher = verifier.body_hasher();
        let head_took = began.elapsed();

        let late = "the body took too long: expected it within the window";
        let body = read_body(body, verifier.window().longest_age(), |piece| hasher.update(piece))
            .await
            .map_err(|failure| failure.into_error(bittensor_auth::error::ErrorCode::StaleRequest, late))?;

        let began = Instant::now();
        let method = Method::parse(parts.method.as_str())?;
        let target = target::as_received(parts, self.auth.public_prefix())?;
        let verified = head.verify(&method, &target, hasher.finish())?;
        histogram!(VERIFY_SECONDS, "profile" => Profile::Signature.as_str()).record(head_took + began.elapsed());
        Ok((RequestState::signed(self.auth.clone(), verified), B::from(body)))
    }
}
