//! Tokens in cookies, and which pages may use them.

use bittensor_auth::error::{Error, ErrorCode};
use bittensor_auth::message::{Network, Site};
use bittensor_auth::session::{SessionCookie, TokenTransport};
use bittensor_auth::time::UnixNanos;
use serde_json::{Value, json};

use super::document::{Verdict, instant, number, optional_text, text, verdict};

pub(super) fn run(group: &Value, case: &Value) -> Vec<Verdict> {
    let service = || transport(&group["transport"]).expect("valid settings");
    let headers = headers(case);
    vec![match text(group, "operation") {
        "configure" => verdict(transport(&case["transport"]).map(|_| [])),
        "credential" => verdict(
            service()
                .session_token(text(case, "method"), &headers)
                .map(|carried| [("carrier", carried.carrier.as_str().into()), ("token", carried.token.into())]),
        ),
        "refresh" => verdict(service().refresh_token(&headers).map(|token| [("token", token.into())])),
        "delivery" => {
            let delivery = service().delivery(optional_text(case, "tokens"), &headers);
            verdict(delivery.map(|delivery| [("delivery", delivery.as_str().into())]))
        }
        "route" => verdict(service().check_route(&headers).map(|()| [])),
        "set" => {
            let set = |cookie: SessionCookie, token: &str, ends: &str| {
                cookie.set(text(case, token), UnixNanos::from_secs(number(case, ends)), instant(case, "now"))
            };
            let session = set(SessionCookie::Session, "session_token", "expires_at");
            let refresh = set(SessionCookie::Refresh, "refresh_token", "refresh_expires_at");
            verdict(Ok([("cookies", json!([session, refresh]))]))
        }
        "refused" => {
            let code = ErrorCode::ALL.iter().find(|code| code.as_str() == text(case, "code")).expect("a code");
            verdict(Ok([("cookies", json!(TokenTransport::cookies_after(*code)))]))
        }
        operation => panic!("nothing here knows the operation {operation}"),
    }]
}

fn transport(settings: &Value) -> Result<TokenTransport, Error> {
    let site = Site::new(text(settings, "origin"), Network::finney())?;
    let allowed: Vec<&str> =
        settings["allowed_origins"].as_array().expect("origins").iter().filter_map(Value::as_str).collect();
    let transport = TokenTransport::new(&site, &allowed)?;
    if settings["cookies"] == json!(true) { transport.with_cookies() } else { Ok(transport) }
}

fn headers(case: &Value) -> Vec<(String, String)> {
    let member = |pair: &Value, index: usize| pair[index].as_str().expect("text").to_owned();
    let pairs = case["headers"].as_array().cloned().unwrap_or_default();
    pairs.iter().map(|pair| (member(pair, 0), member(pair, 1))).collect()
}
