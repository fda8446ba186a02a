//! Tokens in cookies: which credential of a request counts, which page may use it, and what is set.

mod credentials;
mod pages;

use bittensor_auth::error::ErrorCode;
use serde_json::{Value, json};

use super::document::{Case, Document, Group};

const NOTES: &[(&str, &str)] = &[
    ("bearer", "A bearer token is there."),
    ("configuration", "The operator's settings are not valid."),
    ("cross-origin", "The request comes from a page that may not use the session."),
    ("doubled", "Something is there twice."),
    ("length", "The longest that passes, and one byte more."),
    ("planted", "A cookie that a host beside this one could set."),
    ("signed", "A header of a signed request is there."),
    ("spelling", "Another spelling of a name or value."),
    ("unsafe-method", "The method may change something."),
];

pub(super) fn document() -> Document {
    let on = || transport(HOME, &[], true);
    let off = || transport(HOME, &[], false);
    let two = || transport(HOME, &[HOME, OTHER], true);
    let group = |operation: &str, transport: Value, cases| {
        Group::new(json!({ "operation": operation, "transport": transport }), cases)
    };
    let groups = vec![
        Group::new(json!({ "operation": "configure" }), configured()),
        group("credential", on(), credentials::by_cookie()),
        group("credential", off(), credentials::without_cookies()),
        group("credential", on(), pages::safe_and_unsafe()),
        group("credential", two(), pages::listed()),
        group("refresh", on(), credentials::of_refresh()),
        group("delivery", on(), pages::asked()),
        group("delivery", off(), pages::asked_in_vain()),
        group("route", two(), pages::of_routes()),
        Group::new(json!({ "operation": "set" }), set()),
        Group::new(json!({ "operation": "refused" }), refused()),
    ];
    Document::new("cookies", "04-sessions.md", NOTES, groups)
}

/// The site's own origin, and another that may be allowed.
const HOME: &str = "https://dash.example.org";
const OTHER: &str = "https://app.example.org";
const SESSION: &str = "__Host-btauth-session";
const REFRESH: &str = "__Host-btauth-refresh";

fn transport(origin: &str, allowed: &[&str], cookies: bool) -> Value {
    json!({ "origin": origin, "allowed_origins": allowed, "cookies": cookies })
}

fn configured() -> Vec<Case> {
    let case = |id: &str, comment: &str, settings: Value, verdict: Result<(), ErrorCode>| {
        let flags: &[_] = if verdict.is_err() { &["configuration"] } else { &[] };
        Case::new(format!("configure-{id}"), comment, json!({ "transport": settings }), verdict.map(|()| json!({})))
            .flags(flags)
    };
    let bad = || Err(ErrorCode::InvalidConfiguration);
    let listed = |origin: &str| transport(HOME, &[origin], false);
    let local = |origin: &str| transport(origin, &[], true);
    vec![
        case("https", "The site itself", transport(HOME, &[], true), Ok(())),
        case("several", "Several origins", transport(HOME, &[HOME, OTHER], true), Ok(())),
        case("loopback-v4", "Local work by address", local("http://127.0.0.1:8000"), Ok(())),
        case("loopback-v6", "Local work by IPv6 address", local("http://[::1]:8000"), Ok(())),
        case("localhost", "Local work by name", local("http://localhost"), Ok(())),
        case(
            "http-without-cookies",
            "Without TLS and without cookies",
            transport("http://a.example", &[], false),
            Ok(()),
        ),
        case("http", "Without TLS: browsers drop the cookies", local("http://a.example"), bad()),
        case("http-listed", "An allowed origin without TLS", transport(HOME, &["http://a.example"], true), bad()),
        case("http-lookalike", "A name that only begins like localhost", local("http://localhost.example"), bad()),
        case("http-127-0-0-2", "Another loopback address", local("http://127.0.0.2"), bad()),
        case("null", "What a sandboxed page sends", listed("null"), bad()),
        case("star", "Everybody", listed("*"), bad()),
        case("wildcard", "A pattern", listed("https://*.example.org"), bad()),
        case("slash", "A path", listed("https://dash.example.org/"), bad()),
        case("upper-case", "Not as a browser writes it", listed("https://Dash.example.org"), bad()),
        case("no-scheme", "A host", listed("dash.example.org"), bad()),
    ]
}

fn set() -> Vec<Case> {
    let case = |id: &str, comment: &str, now: &str, session_age: u64, refresh_age: u64| {
        let inputs = json!({
            "session_token": "btas_a", "expires_at": 1_790_000_900,
            "refresh_token": "btar_b", "refresh_expires_at": 1_790_007_200, "now": now,
        });
        let cookies = [
            format!("{SESSION}=btas_a; Max-Age={session_age}; Path=/; Secure; HttpOnly; SameSite=Lax"),
            format!("{REFRESH}=btar_b; Max-Age={refresh_age}; Path=/; Secure; HttpOnly; SameSite=Strict"),
        ];
        Case::new(format!("set-{id}"), comment, inputs, Ok(json!({ "cookies": cookies })))
    };
    vec![
        case("whole", "At a whole second", "1790000000000000000", 900, 7200),
        case("rounded", "The last nanosecond of that second", "1790000000999999999", 900, 7200),
        case("next", "The next second", "1790000001000000000", 899, 7199),
        case("session-over", "After the session token's end", "1790000901000000000", 0, 6299),
        case("over", "After both ends", "1790009000000000000", 0, 0),
    ]
}

fn refused() -> Vec<Case> {
    let cleared = [
        format!("{SESSION}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"),
        format!("{REFRESH}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict"),
    ];
    let case = |code: ErrorCode, cookies: &[String]| {
        let word = code.as_str();
        let id = format!("refused-{}", word.replace('_', "-"));
        let comment = if cookies.is_empty() { "The cookies stay" } else { "The session is over" };
        Case::new(id, comment, json!({ "code": word }), Ok(json!({ "cookies": cookies })))
    };
    let over = [ErrorCode::InvalidToken, ErrorCode::RefreshReused, ErrorCode::SessionEnded];
    let kept = [
        ErrorCode::ClockDisagreement,
        ErrorCode::DuplicateCookie,
        ErrorCode::HotkeyDenied,
        ErrorCode::MissingCredentials,
        ErrorCode::OriginRefused,
        ErrorCode::SessionExpired,
        ErrorCode::StoreFull,
        ErrorCode::StoreUnavailable,
        ErrorCode::StoreWarming,
    ];
    over.map(|code| case(code, &cleared)).into_iter().chain(kept.map(|code| case(code, &[]))).collect()
}

/// A case about one request.
fn request(id: &str, comment: &str, method: &str, headers: &[(&str, &str)], verdict: Result<Value, ErrorCode>) -> Case {
    Case::new(id, comment, json!({ "method": method, "headers": headers }), verdict)
}

#[expect(clippy::unnecessary_wraps, reason = "a verdict among others")]
fn carried(carrier: &str, token: &str) -> Result<Value, ErrorCode> {
    Ok(json!({ "carrier": carrier, "token": token }))
}
