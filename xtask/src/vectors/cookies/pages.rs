//! Which pages may use a session.

use bittensor_auth::error::ErrorCode::{self, CookiesDisabled, MalformedBody, OriginRefused};
use serde_json::{Value, json};

use super::{Case, HOME, OTHER, carried, request};

const COOKIE: (&str, &str) = ("Cookie", "__Host-btauth-session=a");
const NAVIGATION: [(&str, &str); 2] = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
/// What is not the site's own origin, however much it looks like it.
const FOREIGN: [(&str, &str, &str); 14] = [
    ("other-site", "https://evil.example", "Another site"),
    ("subdomain", "https://x.dash.example.org", "A host below this one"),
    ("sibling", "https://app.example.org", "A host beside this one"),
    ("parent", "https://example.org", "The host above this one"),
    ("http", "http://dash.example.org", "Without TLS"),
    ("port", "https://dash.example.org:8443", "Another port"),
    ("default-port", "https://dash.example.org:443", "No browser names the default port"),
    ("null", "null", "A sandboxed page, or a redirect"),
    ("empty", "", "Nothing in it"),
    ("slash", "https://dash.example.org/", "A path"),
    ("upper-case", "https://DASH.example.org", "Other letters"),
    ("suffix", "https://dash.example.org.evil.example", "Our name in front of another"),
    ("prefix", "https://evil-dash.example.org", "Our name behind another"),
    ("list", "https://dash.example.org https://evil.example", "Two in one header"),
];

pub(super) fn safe_and_unsafe() -> Vec<Case> {
    let mut cases = Vec::new();
    for (id, origin, comment) in FOREIGN {
        for method in ["GET", "POST"] {
            let id = format!("origin-{id}-{}", method.to_lowercase());
            let headers = [COOKIE, ("Origin", origin)];
            cases.push(of_method(
                method,
                request(&id, comment, method, &headers, Err(OriginRefused)).flags(&["cross-origin"]),
            ));
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "get", "TRACE"] {
        let name = if method == "get" { "lower-case-get".into() } else { method.to_lowercase() };
        let at_home = [COOKIE, ("Origin", HOME)];
        let silent = [COOKIE, ("Sec-Fetch-Site", "same-origin"), ("Referer", "https://dash.example.org/")];
        cases.push(of_method(
            method,
            request(&format!("home-{name}"), "From the site itself", method, &at_home, passes()),
        ));
        let case =
            request(&format!("no-origin-{name}"), "Nothing but Origin counts", method, &silent, Err(OriginRefused));
        cases.push(of_method(method, case.flags(&["cross-origin"])));
    }
    for method in ["GET", "HEAD", "OPTIONS"] {
        let id = format!("no-origin-{}", method.to_lowercase());
        cases.push(request(&id, "A safe method without any origin", method, &[COOKIE], passes()));
    }
    let doubled = [COOKIE, ("Origin", HOME), ("origin", HOME)];
    cases.push(request("origin-twice", "Twice the site itself", "POST", &doubled, Err(OriginRefused)).flags(&[
        "cross-origin",
        "doubled",
        "unsafe-method",
    ]));
    cases.push(
        request("origin-twice-get", "The same, to read", "GET", &doubled, Err(OriginRefused))
            .flags(&["cross-origin", "doubled"]),
    );
    cases.extend(fetched());
    cases
}

/// Safe methods without an origin, by what browsers say about the fetch.
fn fetched() -> Vec<Case> {
    let case = |id: &str, comment: &str, extra: &[(&str, &str)], verdict: Result<Value, ErrorCode>| {
        let refused = verdict.is_err();
        let case = request(&format!("fetch-{id}"), comment, "GET", &[&[COOKIE], extra].concat(), verdict);
        if refused { case.flags(&["cross-origin"]) } else { case }
    };
    let site = |value| ("Sec-Fetch-Site", value);
    let [navigate, document] = NAVIGATION;
    let no_cors = ("Sec-Fetch-Mode", "no-cors");
    vec![
        case("same-origin", "A page of the site", &[site("same-origin")], passes()),
        case("none", "A person typed the address", &[site("none"), navigate, document], passes()),
        case("same-site", "A host beside this one", &[site("same-site"), no_cors], Err(OriginRefused)),
        case("cross-site", "Another site", &[site("cross-site"), no_cors], Err(OriginRefused)),
        case("unknown", "A word of another day", &[site("same-planet")], Err(OriginRefused)),
        case("upper-case", "Other letters", &[site("Same-Origin")], Err(OriginRefused)),
        case("twice", "Two words", &[site("same-origin"), site("cross-site")], Err(OriginRefused)).flags(&["doubled"]),
        case("link", "A person followed a link", &[site("cross-site"), navigate, document], passes()),
        case("link-same-site", "A link beside this host", &[site("same-site"), navigate, document], passes()),
        case(
            "frame",
            "A frame in another page",
            &[site("cross-site"), navigate, ("Sec-Fetch-Dest", "iframe")],
            Err(OriginRefused),
        ),
        case("no-destination", "A navigation to nowhere", &[site("cross-site"), navigate], Err(OriginRefused)),
        case("no-mode", "A document that nobody navigates to", &[site("cross-site"), document], Err(OriginRefused)),
        case("two-modes", "Two modes", &[site("cross-site"), navigate, no_cors, document], Err(OriginRefused))
            .flags(&["doubled"]),
        case(
            "link-with-origin",
            "A link does not say null",
            &[("Origin", "null"), navigate, document],
            Err(OriginRefused),
        ),
    ]
}

pub(super) fn listed() -> Vec<Case> {
    let case = |id: &str, comment: &str, method: &str, origin: &str, verdict| {
        let site = ("Sec-Fetch-Site", "same-site");
        of_method(
            method,
            request(&format!("listed-{id}"), comment, method, &[COOKIE, ("Origin", origin), site], verdict),
        )
    };
    vec![
        case("other-post", "The second origin of the list", "POST", OTHER, passes()),
        case("other-get", "The same, to read", "GET", OTHER, passes()),
        case("home", "The first", "POST", HOME, passes()),
        case("third", "One that is not on it", "POST", "https://example.org", Err(OriginRefused))
            .flags(&["cross-origin"]),
    ]
}

pub(super) fn asked() -> Vec<Case> {
    let mut cases = vec![
        asks("nothing", "Nobody asks", None, &[], Ok("body")),
        asks("body", "The default, by its name", Some("body"), &[], Ok("body")),
        asks("cookie", "From the site itself", Some("cookie"), &[("Origin", HOME)], Ok("cookie")),
        asks("cookie-no-origin", "From no page", Some("cookie"), &[], Err(OriginRefused)).flags(&["cross-origin"]),
        asks("upper-case", "Other letters", Some("Cookie"), &[("Origin", HOME)], Err(MalformedBody))
            .flags(&["spelling"]),
        asks("unknown", "Another word", Some("both"), &[("Origin", HOME)], Err(MalformedBody)).flags(&["spelling"]),
        asks("empty", "No word", Some(""), &[("Origin", HOME)], Err(MalformedBody)).flags(&["spelling"]),
    ];
    for (id, origin, comment) in FOREIGN {
        let id = format!("cookie-{id}");
        let headers = [("Origin", origin)];
        cases.push(asks(&id, comment, Some("cookie"), &headers, Err(OriginRefused)).flags(&["cross-origin"]));
    }
    cases
}

pub(super) fn asked_in_vain() -> Vec<Case> {
    vec![
        asks("disabled", "A server without cookies", Some("cookie"), &[("Origin", HOME)], Err(CookiesDisabled)),
        asks("disabled-body", "Bodies are always there", Some("body"), &[], Ok("body")),
    ]
}

/// What every `POST` route asks, whoever calls it.
pub(super) fn of_routes() -> Vec<Case> {
    let case = |id: &str, comment: &str, headers: &[(&str, &str)], verdict: Result<(), ErrorCode>| {
        let flags: &[_] = if verdict.is_err() { &["cross-origin"] } else { &[] };
        let inputs = json!({ "headers": headers });
        Case::new(format!("route-{id}"), comment, inputs, verdict.map(|()| json!({}))).flags(flags)
    };
    vec![
        case("program", "A program says nothing", &[("User-Agent", "a")], Ok(())),
        case("home", "The site itself", &[("Origin", HOME), ("Sec-Fetch-Site", "same-origin")], Ok(())),
        case("other", "Another listed origin", &[("Origin", OTHER), ("Sec-Fetch-Site", "same-site")], Ok(())),
        case("foreign", "A foreign page", &[("Origin", "https://evil.example")], Err(OriginRefused)),
        case("null", "A sandboxed page", &[("Origin", "null")], Err(OriginRefused)),
        case(
            "page-without-origin",
            "A page that hides where it comes from",
            &[("Sec-Fetch-Site", "none")],
            Err(OriginRefused),
        ),
        case("twice", "Two origins", &[("Origin", HOME), ("Origin", OTHER)], Err(OriginRefused)).flags(&["doubled"]),
    ]
}

fn asks(
    id: &str,
    comment: &str,
    word: Option<&str>,
    headers: &[(&str, &str)],
    verdict: Result<&str, ErrorCode>,
) -> Case {
    let inputs = json!({ "tokens": word, "headers": headers });
    Case::new(format!("delivery-{id}"), comment, inputs, verdict.map(|delivery| json!({ "delivery": delivery })))
}

fn passes() -> Result<Value, ErrorCode> {
    carried("cookie", "a")
}

fn of_method(method: &str, case: Case) -> Case {
    if method == "GET" { case } else { case.flags(&["unsafe-method"]) }
}
