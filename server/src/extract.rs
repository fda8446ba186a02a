//! Extractors for axum.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use bittensor_auth::request;
use bittensor_auth::time::UnixNanos;
use http::request::Parts;

use crate::auth::{Proof, RequestState, log, missing_layer, system_time};
use crate::rejection::{DEFAULT_REALM, Rejection};

/// Which hotkey is calling, by a signed request or a session token.
///
/// `Option<Caller>` is for routes that also serve strangers: it is `None` for a request without credentials. Credentials
/// that do not hold are refused either way.
///
/// The first extractor of a request asks the policy and makes the replay claim; all others get the same answer. Without
/// [`HotkeyAuth::layer`](crate::HotkeyAuth::layer) around the route every request is refused with `invalid_configuration`
/// (500), which says what to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(request::Caller);

/// Which hotkey is calling, by a signature over this very request: for routes where a stolen token must not suffice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCaller(request::Caller);

/// Which hotkey is calling, by a session token: for routes that people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCaller(request::Caller);

macro_rules! extractor {
    ($type:ident, $proof:expr) => {
        impl $type {
            /// The caller without the proof's type.
            #[must_use]
            pub fn into_inner(self) -> request::Caller {
                self.0
            }
        }

        impl Deref for $type {
            type Target = request::Caller;

            fn deref(&self) -> &request::Caller {
                &self.0
            }
        }

        impl<S: Send + Sync> FromRequestParts<S> for $type {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
                let state = state_of(parts)?;
                let caller = state.identify_by($proof, parts).await;
                caller.map(Self).map_err(|error| state.refuse(error, &parts.headers))
            }
        }
    };
}

extractor!(Caller, Proof::Either);
extractor!(SignedCaller, Proof::Signature);
extractor!(SessionCaller, Proof::Session);

impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        let state = state_of(parts)?;
        let caller = state.identify_if_any(parts).await;
        caller.map(|caller| caller.map(Self)).map_err(|error| state.refuse(error, &parts.headers))
    }
}

fn state_of(parts: &Parts) -> Result<Arc<RequestState>, Rejection> {
    parts.extensions.get::<Arc<RequestState>>().cloned().ok_or_else(|| {
        let now: UnixNanos = system_time();
        let rejection = Rejection::new(missing_layer(), &parts.headers, DEFAULT_REALM, now);
        log(&rejection);
        rejection
    })
}
