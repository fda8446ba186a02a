//! The session routes as an axum router (`spec/04 §8`).

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{get, post};
use bittensor_auth::error::{Error, ErrorCode};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::auth::{HotkeyAuth, MAX_ROUTE_BODY, Route, Served};
use crate::layer::read_body;

/// How long the small body of a route may take.
const BODY_TIME: Duration = Duration::from_secs(10);

impl HotkeyAuth {
    /// The session routes: `POST` challenge, session, refresh and logout, and `GET` session. Nest them where you like, as
    /// `.nest("/auth", auth.session_routes()?)`.
    ///
    /// # Errors
    /// `invalid_configuration` for a service that was built without sessions.
    pub fn session_routes<S: Clone + Send + Sync + 'static>(&self) -> Result<Router<S>, Error> {
        self.check_has_sessions()?;
        let serve = |route: Route| {
            let auth = self.clone();
            move |request: Request| async move { answer(&auth, route, request).await }
        };
        Ok(Router::new()
            .route("/challenge", post(serve(Route::Challenge)))
            .route("/session", post(serve(Route::LogIn)).merge(get(serve(Route::WhoAmI))))
            .route("/refresh", post(serve(Route::Refresh)))
            .route("/logout", post(serve(Route::LogOut))))
    }
}

async fn answer(auth: &HotkeyAuth, route: Route, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let served = async {
        auth.check_route(route, &parts.headers)?;
        let body = read_route_body(body).await?;
        auth.serve(route, &parts, &body).await
    };
    match served.await {
        Ok(Served { json, cookies }) => {
            let mut response = Response::new(Body::from(json));
            // Tokens are in it, so nobody may keep it.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            set_cookies(response.headers_mut(), cookies);
            response
        }
        Err(refused) => {
            let mut response: Response = auth.refuse(refused.error, &parts.headers).into_response();
            set_cookies(response.headers_mut(), refused.cookies);
            response
        }
    }
}

/// One `Set-Cookie` for each; marked, so that no log of headers shows a token.
fn set_cookies(headers: &mut HeaderMap, cookies: Vec<String>) {
    for cookie in cookies {
        let mut value = HeaderValue::from_str(&cookie).expect("names, tokens and attributes are printable ASCII");
        value.set_sensitive(true);
        headers.append(SET_COOKIE, value);
    }
}

async fn read_route_body(body: Body) -> Result<Bytes, Error> {
    let mut left = MAX_ROUTE_BODY;
    let take = |piece: &[u8]| {
        left = left.checked_sub(piece.len()).ok_or_else(|| {
            Error::new(ErrorCode::PayloadTooLarge).detail(format!("expected at most {MAX_ROUTE_BODY} bytes"))
        })?;
        Ok(())
    };
    let late = "the body took too long: expected it within 10 s";
    read_body(body, BODY_TIME, take).await.map_err(|failure| failure.into_error(ErrorCode::MalformedBody, late))
}
