//! Which of several credentials counts, and how cookies are read.

use bittensor_auth::error::ErrorCode::{
    DuplicateCookie, DuplicateHeader, HeaderTooLong, MissingCredentials, OriginRefused, SessionExpired,
};
use bittensor_auth::session::MAX_COOKIES_LEN;
use serde_json::json;

use super::{Case, HOME, carried, request};

const BOTH: &str = "__Host-btauth-session=a; __Host-btauth-refresh=b";

pub(super) fn by_cookie() -> Vec<Case> {
    let cookie = |id: &str, comment: &str, value: &str, token: &str| {
        request(&format!("read-{id}"), comment, "GET", &[("Cookie", value)], carried("cookie", token))
    };
    let none = |id: &str, comment: &str, value: &str| {
        request(&format!("read-{id}"), comment, "GET", &[("Cookie", value)], Err(MissingCredentials))
            .flags(&["spelling"])
    };
    let twice = |id: &str, comment: &str, headers: &[(&str, &str)]| {
        request(&format!("read-{id}"), comment, "GET", headers, Err(DuplicateCookie)).flags(&["doubled"])
    };
    let padded = |len: usize| format!("a={}; {BOTH}", "x".repeat(len - BOTH.len() - 4));
    let (longest, longer) = (padded(MAX_COOKIES_LEN), padded(MAX_COOKIES_LEN + 1));
    let mut cases = vec![
        cookie("both", "Both cookies", BOTH, "a"),
        cookie("session", "The session cookie alone", "__Host-btauth-session=a", "a"),
        cookie("among-others", "Among other cookies", "x=1; __Host-btauth-session=a; y; z=", "a"),
        cookie("no-space", "Without the space between pairs", "x=1;__Host-btauth-session=a;y=2", "a"),
        cookie("white-space", "Spaces and tabs around pairs", " \t__Host-btauth-session=a \t; ;", "a"),
        cookie("equals-in-value", "The name ends at the first =", "__Host-btauth-session=a=b==", "a=b=="),
        cookie("quoted", "Quotes belong to the value", "__Host-btauth-session=\"a\"", "\"a\"").flags(&["spelling"]),
        cookie("empty", "An empty value is a token, a wrong one", "__Host-btauth-session=", ""),
        cookie("longest", "As many bytes as are read", &longest, "a").flags(&["length"]),
        request("read-longer", "One byte more", "GET", &[("Cookie", &longer)], Err(HeaderTooLong)).flags(&["length"]),
        request(
            "read-longer-together",
            "Two fields that are too long together",
            "GET",
            &[("Cookie", &longest), ("Cookie", "x")],
            Err(HeaderTooLong),
        )
        .flags(&["length"]),
        request(
            "read-split",
            "A list that HTTP/2 split into fields",
            "GET",
            &[("cookie", "x=1"), ("cookie", "__Host-btauth-session=a"), ("cookie", "__Host-btauth-refresh=b")],
            carried("cookie", "a"),
        ),
        none("lower-case", "A name in other letters", "__host-btauth-session=a"),
        none("space-in-name", "A space before the =", "__Host-btauth-session =a"),
        none("nameless", "A pair without a name", "=__Host-btauth-session=a"),
        none("no-equals", "A name without =", "__Host-btauth-session"),
        none("comma", "Commas separate nothing", "x=1,__Host-btauth-session=a"),
        none("inside-value", "The name inside a value", "x=__Host-btauth-session=a"),
        none("bare-prefix", "Another cookie of ours", "__Host-btauth=a"),
        none("planted-plain", "The name without its prefix", "btauth-session=a").flags(&["planted"]),
        none("planted-secure", "The prefix that other hosts may set", "__Secure-btauth-session=a").flags(&["planted"]),
        cookie(
            "planted-beside",
            "Planted names beside ours do no harm",
            "btauth-session=m; __Secure-btauth-session=m; __Host-btauth-session=a; __host-btauth-session=m",
            "a",
        )
        .flags(&["planted"]),
        twice("doubled", "Two session cookies", &[("Cookie", "__Host-btauth-session=a; __Host-btauth-session=b")]),
        twice("doubled-same", "Twice the same", &[("Cookie", "__Host-btauth-session=a; __Host-btauth-session=a")]),
        twice(
            "doubled-fields",
            "In two fields",
            &[("Cookie", "__Host-btauth-session=a"), ("cookie", "__Host-btauth-session=b")],
        ),
        twice("doubled-refresh", "Two refresh cookies", &[("Cookie", &format!("{BOTH}; __Host-btauth-refresh=c"))]),
    ];
    cases.push(request(
        "read-refresh-alone",
        "The session cookie is gone, the refresh cookie is not",
        "GET",
        &[("Cookie", "__Host-btauth-refresh=b")],
        Err(SessionExpired),
    ));
    cases.push(
        request(
            "read-refresh-alone-foreign",
            "The same from a page that may not ask",
            "POST",
            &[("Cookie", "__Host-btauth-refresh=b"), ("Origin", "https://evil.example")],
            Err(OriginRefused),
        )
        .flags(&["cross-origin", "unsafe-method"]),
    );
    cases.push(request("read-nothing", "No credential", "POST", &[("Origin", HOME)], Err(MissingCredentials)));
    cases.extend(beside_bearer());
    cases.extend(beside_signature());
    cases
}

/// One of the six names makes a signed request. None of these is complete: that is for the check of its signature.
fn beside_signature() -> Vec<Case> {
    let case = |id: &str, comment: &str, headers: &[(&str, &str)]| {
        request(&format!("signed-{id}"), comment, "GET", headers, Err(MissingCredentials)).flags(&["signed"])
    };
    let cookie = ("Cookie", "__Host-btauth-session=a");
    let bearer = ("Authorization", "Bearer t");
    vec![
        case("and-bearer", "The token is not looked at", &[bearer, ("X-Bittensor-Version", "1")]),
        case("and-cookie", "The cookie is not looked at", &[cookie, ("X-Bittensor-Signature", "0x")]),
        case("lower-case", "The name in other letters", &[bearer, cookie, ("x-bittensor-hotkey", "")]),
        case("and-two-bearers", "Two tokens that nobody looks at", &[bearer, bearer, ("X-Bittensor-Nonce", "1")])
            .flags(&["doubled"]),
        request(
            "signed-reserved-name",
            "A name that decides nothing",
            "GET",
            &[bearer, ("X-Bittensor-Drand-Round", "1")],
            carried("bearer", "t"),
        )
        .flags(&["signed"]),
    ]
}

fn beside_bearer() -> Vec<Case> {
    let doubled = "__Host-btauth-session=a; __Host-btauth-session=b";
    let long = format!("Bearer {}", "x".repeat(506));
    let case = |id: &str, comment: &str, headers: &[(&str, &str)], verdict| {
        request(&format!("bearer-{id}"), comment, "POST", headers, verdict).flags(&["bearer"])
    };
    vec![
        case("alone", "A bearer needs no origin", &[("Authorization", "Bearer t")], carried("bearer", "t")),
        case(
            "and-cookie",
            "The bearer counts",
            &[("Cookie", BOTH), ("Authorization", "bearer t")],
            carried("bearer", "t"),
        ),
        case(
            "and-doubled-cookie",
            "Cookies are not looked at",
            &[("Cookie", doubled), ("Authorization", "BEARER t")],
            carried("bearer", "t"),
        ),
        case(
            "empty-and-cookie",
            "A wrong bearer is not replaced by the cookie",
            &[("Cookie", BOTH), ("Origin", HOME), ("Authorization", "Bearer ")],
            carried("bearer", ""),
        ),
        case(
            "other-word-and-cookie",
            "A word that is not ours, as of a proxy's password",
            &[("Cookie", BOTH), ("Origin", HOME), ("Authorization", "Basic dGVzdA==")],
            carried("cookie", "a"),
        ),
        case(
            "twice-and-cookie",
            "Two words, one of them ours",
            &[("Cookie", BOTH), ("Origin", HOME), ("Authorization", "Basic x"), ("Authorization", "Bearer t")],
            Err(DuplicateHeader),
        )
        .flags(&["doubled"]),
        case(
            "too-long",
            "A header of 513 bytes",
            &[("Cookie", BOTH), ("Origin", HOME), ("Authorization", &long)],
            Err(HeaderTooLong),
        )
        .flags(&["length"]),
    ]
}

pub(super) fn without_cookies() -> Vec<Case> {
    let case = |id: &str, comment: &str, headers: &[(&str, &str)], verdict| {
        request(&format!("disabled-{id}"), comment, "GET", headers, verdict)
    };
    vec![
        case("cookie", "Cookies are not looked at", &[("Cookie", BOTH), ("Origin", HOME)], Err(MissingCredentials)),
        case("bearer", "Bearers are", &[("Cookie", BOTH), ("Authorization", "Bearer t")], carried("bearer", "t"))
            .flags(&["bearer"]),
        case("nothing", "No credential", &[], Err(MissingCredentials)),
    ]
}

pub(super) fn of_refresh() -> Vec<Case> {
    let case = |id: &str, comment: &str, headers: &[(&str, &str)], verdict| {
        Case::new(format!("refresh-{id}"), comment, json!({ "headers": headers }), verdict)
    };
    let home = ("Origin", HOME);
    let token = || Ok(json!({ "token": "b" }));
    vec![
        case("both", "Both cookies", &[("Cookie", BOTH), home], token()),
        case("alone", "The refresh cookie alone", &[("Cookie", "__Host-btauth-refresh=b"), home], token()),
        case(
            "beside-bearer",
            "A bearer is not looked at",
            &[("Cookie", BOTH), home, ("Authorization", "Bearer t")],
            token(),
        )
        .flags(&["bearer"]),
        case(
            "missing",
            "The session cookie alone",
            &[("Cookie", "__Host-btauth-session=a"), home],
            Err(MissingCredentials),
        ),
        case("no-cookie", "No cookie", &[home], Err(MissingCredentials)),
        case(
            "doubled",
            "Two refresh cookies",
            &[("Cookie", "__Host-btauth-refresh=b; __Host-btauth-refresh=b"), home],
            Err(DuplicateCookie),
        )
        .flags(&["doubled"]),
        case("no-origin", "No origin", &[("Cookie", BOTH)], Err(OriginRefused)).flags(&["cross-origin"]),
        case("foreign", "A foreign page", &[("Cookie", BOTH), ("Origin", "https://evil.example")], Err(OriginRefused))
            .flags(&["cross-origin"]),
    ]
}
