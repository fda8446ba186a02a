//! Texts that a server writes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bittensor_auth::error::ErrorCode::InvalidConfiguration;
use serde_json::{Value, json};

use super::super::document::Case;
use super::super::keys::Key;
use super::{FINNEY, compact, full, stated};

const GENESIS: &str = "0123456789abcdef0123456789abcdef00000000000000000000000000000000";

pub(super) fn cases() -> Vec<Case> {
    [published(), sites(), times(), limits(), settings()].concat()
}

/// One text to build, with what must stand in it.
#[derive(Clone)]
struct Text<'a> {
    origin: &'a str,
    network: (&'a str, &'a str),
    statement: Option<&'a str>,
    key: &'a Key,
    nonce: [u8; 16],
    issued_at: u64,
    expires_at: u64,
    /// The times as the full layout writes them.
    dates: [&'a str; 2],
}

impl<'a> Text<'a> {
    fn new(key: &'a Key) -> Self {
        Self {
            origin: "https://dash.example.org",
            network: FINNEY,
            statement: None,
            key,
            nonce: std::array::from_fn(|index| u8::try_from(index).expect("below 16")),
            issued_at: 1_790_000_000,
            expires_at: 1_790_000_120,
            dates: ["2026-09-21T14:13:20.000Z", "2026-09-21T14:15:20.000Z"],
        }
    }

    fn inputs(&self, form: &str) -> Value {
        let Self { origin, network, statement, key, nonce, issued_at, expires_at, .. } = self;
        json!({
            "site": {
                "origin": origin,
                "network": { "name": network.0, "genesis_hash": network.1 },
                "statement": statement,
            },
            "form": form,
            "hotkey": key.address(),
            "nonce": hex::encode(nonce),
            "issued_at": issued_at,
            "expires_at": expires_at,
        })
    }

    fn domain(&self) -> &'a str {
        self.origin.trim_start_matches("https://").trim_start_matches("http://")
    }

    fn compact(&self) -> String {
        let Self { origin, network, nonce, issued_at, expires_at, .. } = self;
        let nonce = URL_SAFE_NO_PAD.encode(nonce);
        let facts = format!("1 {} {nonce} {issued_at} {expires_at}", network.0);
        compact(self.domain(), &self.key.address(), origin, &facts)
    }

    fn full(&self) -> String {
        let genesis = self.network.1.trim_start_matches("0x").to_lowercase();
        let chain = format!("polkadot:{}", &genesis[..32]);
        let nonce = hex::encode(self.nonce);
        let [issued, expires] = self.dates;
        let text = full(self.domain(), &self.key.address(), self.origin, &chain, &nonce, issued, expires);
        self.statement.map_or_else(|| text.clone(), |statement| stated(&text, statement))
    }

    /// Both layouts of this text.
    fn both(&self, id: &str, comment: &str, flags: &[&'static str]) -> Vec<Case> {
        let case = |form: &'static str, text: String| {
            Case::new(format!("{form}-{id}"), comment, self.inputs(form), Ok(json!({ "text": text })))
                .flags(&[form])
                .flags(flags)
        };
        vec![case("compact", self.compact()), case("full", self.full())]
    }

    fn refused(&self, form: &'static str, id: &str, comment: &str) -> Case {
        Case::new(format!("{form}-{id}"), comment, self.inputs(form), Err(InvalidConfiguration))
            .flags(&["configuration"])
    }
}

fn published() -> Vec<Case> {
    Text::new(&Key::alice()).both("published", "The layout with a recorded hash", &["published"])
}

fn sites() -> Vec<Case> {
    let (alice, bob) = (Key::alice(), Key::bob_ed25519());
    let longest = format!("{} ~", "x".repeat(254));
    let base = Text::new(&alice);
    let at = |origin| Text { origin, ..base.clone() };
    let saying = |statement| Text { statement: Some(statement), ..base.clone() };
    [
        at("http://localhost:3000").both("localhost", "Local work over HTTP, with a port", &["site"]),
        at("https://a").both("shortest-host", "A host of one letter", &["site"]),
        at("https://dash.example.org:65535").both("largest-port", "The largest port", &["site"]),
        at("https://dash.example.org:8443").both("port", "A port belongs to the domain", &["site"]),
        at("https://127.0.0.1").both("ipv4", "An address", &["site"]),
        at("https://[::1]:8080").both("ipv6", "An address with colons", &["site"]),
        at("https://[2001:db8::1]").both("ipv6-no-port", "An address with colons, without a port", &["site"]),
        at("https://xn--bcher-kva.example").both("punycode", "An international name in ASCII", &["site"]),
        Text { network: ("test", GENESIS), ..base.clone() }.both("network", "Another network", &["site"]),
        Text { network: ("a-b-0", &format!("0x{}", GENESIS.to_uppercase())), ..base.clone() }.both(
            "network-0x",
            "A genesis hash with 0x, in upper case",
            &["site"],
        ),
        Text { key: &bob, ..base.clone() }.both(
            "ed25519",
            "An ed25519 hotkey: the text does not name the scheme",
            &["account"],
        ),
        Text { nonce: [0; 16], ..base.clone() }.both("zero-nonce", "A nonce of zero bytes", &[]),
        Text { nonce: [0xff; 16], ..base.clone() }.both("ones-nonce", "A nonce of all ones", &[]),
        saying("Sign in to the SN9 dashboard.").both("statement", "A statement, in the full layout only", &["site"]),
        saying("!").both("statement-shortest", "A statement of one character", &["site"]),
        saying(&longest).both("statement-longest", "A statement of 256 characters", &["site"]),
        saying("URI: https://evil.example").both(
            "statement-like-a-line",
            "A statement that looks like a line",
            &["site"],
        ),
    ]
    .concat()
}

fn times() -> Vec<Case> {
    let alice = Key::alice();
    [
        ("epoch", 0, 30, ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:30.000Z"]),
        ("leap-day", 951_782_399, 951_782_400, ["2000-02-28T23:59:59.000Z", "2000-02-29T00:00:00.000Z"]),
        ("leap-year", 1_835_395_199, 1_835_395_200, ["2028-02-28T23:59:59.000Z", "2028-02-29T00:00:00.000Z"]),
        ("no-leap-year", 4_107_542_399, 4_107_542_400, ["2100-02-28T23:59:59.000Z", "2100-03-01T00:00:00.000Z"]),
        ("new-year", 1_798_761_599, 1_798_761_600, ["2026-12-31T23:59:59.000Z", "2027-01-01T00:00:00.000Z"]),
        ("last", 4_294_967_294, 4_294_967_295, ["2106-02-07T06:28:14.000Z", "2106-02-07T06:28:15.000Z"]),
    ]
    .into_iter()
    .flat_map(|(id, issued_at, expires_at, dates)| {
        Text { issued_at, expires_at, dates, ..Text::new(&alice) }.both(id, "Times in both layouts", &["time"])
    })
    .collect()
}

fn limits() -> Vec<Case> {
    let alice = Key::alice();
    let [fits, too_long] = [39, 40].map(|len| format!("https://{}", "a".repeat(len)));
    let [full_fits, full_too_long] =
        [61, 62].map(|last| format!("https://{}{}", format!("{}.", "a".repeat(63)).repeat(3), "a".repeat(last)));
    let base = Text::new(&alice);
    let at = |origin| Text { origin, ..base.clone() };
    let both = at(fits.as_str()).both("longest-host", "A host of 39 characters: 240 bytes", &["site"]);
    let full = Text { origin: &full_fits, ..base.clone() }.both("longest-name", "A host of 253 characters", &["site"]);
    let wider = Text { network: ("sixteen-letters-", GENESIS), ..at("https://aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaa") };
    let mut cases = both;
    cases.push(full.into_iter().nth(1).expect("the full layout comes second"));
    cases.extend([
        at(&too_long).refused("compact", "too-long-host", "A host of 40 characters does not fit hardware wallets"),
        wider.refused("compact", "too-long-network", "A longer network name leaves less for the host"),
        at(&full_too_long).refused("full", "too-long-host", "A host of 254 characters"),
    ]);
    cases
}

fn settings() -> Vec<Case> {
    let alice = Key::alice();
    let base = Text::new(&alice);
    let long_label = format!("https://{}.example", "a".repeat(64));
    let origins = [
        ("no-scheme", "dash.example.org"),
        ("no-host", "https://"),
        ("empty", ""),
        ("upper-case", "https://Dash.example.org"),
        ("upper-case-scheme", "HTTPS://dash.example.org"),
        ("trailing-slash", "https://dash.example.org/"),
        ("path", "https://dash.example.org/login"),
        ("query", "https://dash.example.org?x"),
        ("fragment", "https://dash.example.org#x"),
        ("user", "https://me@dash.example.org"),
        ("other-scheme", "ftp://dash.example.org"),
        ("wildcard", "https://*.example.org"),
        ("long-label", &long_label),
        ("empty-label", "https://dash..example.org"),
        ("trailing-point", "https://dash.example.org."),
        ("hyphen-first", "https://-dash.example.org"),
        ("hyphen-last", "https://dash-.example.org"),
        ("underscore", "https://dash_1.example.org"),
        ("hex", "https://0xdash.example.org"),
        ("port-zero", "https://dash.example.org:0"),
        ("port-leading-zero", "https://dash.example.org:080"),
        ("port-too-large", "https://dash.example.org:65536"),
        ("port-empty", "https://dash.example.org:"),
        ("port-word", "https://dash.example.org:http"),
        ("two-ports", "https://dash.example.org:80:80"),
        ("ipv6-long", "https://[0:0:0:0:0:0:0:1]"),
        ("ipv6-upper-case", "https://[2001:DB8::1]"),
        ("ipv6-bare", "https://::1"),
        ("ipv6-open", "https://[::1"),
        ("space", "https://dash example.org"),
        ("line-feed", "https://dash.example.org\nevil.example"),
        ("unicode", "https://bücher.example"),
    ]
    .map(|(id, origin)| {
        let comment = "An origin is https:// or http:// and a lower-case host, perhaps with a port";
        Text { origin, ..base.clone() }.refused("full", &format!("origin-{id}"), comment)
    });
    let short = &GENESIS[1..];
    let long = format!("{GENESIS}0");
    let no_hex = GENESIS.replace('f', "g");
    let networks = [
        ("name-empty", ("", GENESIS)),
        ("name-too-long", ("seventeen-letters", GENESIS)),
        ("name-upper-case", ("Finney", GENESIS)),
        ("name-space", ("fin ney", GENESIS)),
        ("name-underscore", ("fin_ney", GENESIS)),
        ("genesis-empty", ("test", "")),
        ("genesis-short", ("test", short)),
        ("genesis-long", ("test", long.as_str())),
        ("genesis-no-hex", ("test", no_hex.as_str())),
        ("genesis-caip", ("test", "polkadot:0123456789abcdef0123456789abcdef")),
    ]
    .map(|(id, network)| {
        let comment = "A network has a name of 1 to 16 of a-z 0-9 - and a genesis hash of 64 hex digits";
        Text { network, ..base.clone() }.refused("full", &format!("network-{id}"), comment)
    });
    let too_long = "x".repeat(257);
    let statements = [
        ("empty", ""),
        ("too-long", too_long.as_str()),
        ("line-feed", "Hello.\nURI: https://evil.example"),
        ("carriage-return", "Hello.\r"),
        ("tab", "Hello.\tHello."),
        ("delete", "Hello.\u{7f}"),
        ("unicode", "Grüße."),
    ]
    .map(|(id, statement)| {
        let comment = "A statement is one line of 1 to 256 printable ASCII characters";
        Text { statement: Some(statement), ..base.clone() }.refused("full", &format!("statement-{id}"), comment)
    });
    [&origins[..], &networks, &statements].concat()
}
