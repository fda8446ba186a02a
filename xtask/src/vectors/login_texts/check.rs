//! Texts that a client is asked to sign.

use bittensor_auth::error::ErrorCode::{ChallengeRefused, InvalidConfiguration};
use bittensor_auth::time::UnixNanos;
use serde_json::json;

use super::super::document::{Case, Verdict, nanos};
use super::super::forgery::ss58;
use super::super::keys::Key;
use super::{compact, full, stated};

const ORIGIN: &str = "https://dash.example.org";
const DOMAIN: &str = "dash.example.org";
const CHAIN: &str = "polkadot:2f0555cc76fc2840a25a6ea3b9637146";
const ISSUED: u64 = 1_790_000_000;
const FACTS: &str = "1 finney AAECAwQFBgcICQoLDA0ODw 1790000000 1790000120";
/// How far the clocks of a client and a server may be apart.
const REACH: u64 = 15 * 60;

pub(super) fn cases() -> Vec<Case> {
    [accepted(), sites(), accounts(), times(), layouts(), injections()].concat()
}

/// A check by a client of `ORIGIN` whose person chose Alice.
struct Check<'a> {
    text: &'a str,
    origin: &'a str,
    hotkey: String,
    now: u64,
}

impl<'a> Check<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, origin: ORIGIN, hotkey: Key::alice().address(), now: ISSUED + 10 }
    }

    fn case(self, id: &str, comment: &str, flag: &'static str, verdict: Verdict) -> Case {
        let inputs = json!({
            "text": self.text,
            "origin": self.origin,
            "hotkey": self.hotkey,
            "now": nanos(UnixNanos::from_secs(self.now)),
        });
        Case::new(format!("check-{id}"), comment, inputs, verdict).flags(&[flag])
    }

    fn signs(self, id: &str, comment: &str, flag: &'static str) -> Case {
        self.case(id, comment, flag, Ok(json!({})))
    }

    fn refuses(self, id: &str, comment: &str, flag: &'static str) -> Case {
        self.case(id, comment, flag, Err(ChallengeRefused))
    }
}

fn good_compact() -> String {
    compact(DOMAIN, &Key::alice().address(), ORIGIN, FACTS)
}

fn good_full() -> String {
    let nonce = "000102030405060708090a0b0c0d0e0f";
    let (issued, expires) = ("2026-09-21T14:13:20.000Z", "2026-09-21T14:15:20.000Z");
    full(DOMAIN, &Key::alice().address(), ORIGIN, CHAIN, nonce, issued, expires)
}

fn accepted() -> Vec<Case> {
    let (compact, full) = (good_compact(), good_full());
    let with_statement = stated(&full, "Sign in to the SN9 dashboard.");
    let like_a_line = stated(&full, "Nonce: 1");
    let testnet = compact.replace("finney", "test");
    let other_chain = full.replace(CHAIN, "polkadot:0123456789abcdef0123456789abcdef");
    vec![
        Check::new(&compact).signs("compact", "The compact layout", "compact"),
        Check::new(&full).signs("full", "The full layout", "full"),
        Check::new(&with_statement).signs("statement", "The full layout with a statement", "full"),
        Check::new(&like_a_line).signs("statement-like-a-line", "A statement is one line, whatever it says", "full"),
        Check::new(&testnet).signs("compact-network", "The server chooses the network", "compact"),
        Check::new(&other_chain).signs("full-network", "The server chooses the network", "full"),
    ]
}

fn sites() -> Vec<Case> {
    let mut cases: Vec<_> = [("compact", good_compact()), ("full", good_full())]
        .into_iter()
        .flat_map(|(form, good)| {
            let swapped = |domain: &str| good.replacen(DOMAIN, domain, 1);
            let uri = |uri: &str| good.replacen(ORIGIN, uri, 1);
            [
                ("other-domain", "Another domain", good.replace(DOMAIN, "evil.example")),
                ("other-domain-line", "Another domain on the first line", swapped("evil.example")),
                ("other-uri", "Another URI", uri("https://evil.example")),
                ("subdomain", "A domain below this one", good.replace(DOMAIN, "x.dash.example.org")),
                (
                    "longer-domain",
                    "A domain that begins like this one",
                    good.replace(DOMAIN, "dash.example.org.evil.example"),
                ),
                ("upper-case-domain", "The domain in another letter case", swapped("Dash.example.org")),
                ("http", "Another scheme", uri("http://dash.example.org")),
                ("port", "A port", good.replace(DOMAIN, "dash.example.org:443")),
                ("path", "A path behind the origin", uri("https://dash.example.org/login")),
                ("slash", "A slash behind the origin", uri("https://dash.example.org/")),
            ]
            .map(|(id, comment, text)| Check::new(&text).refuses(&format!("{form}-{id}"), comment, "site"))
        })
        .collect();
    let good = good_compact();
    for (id, origin) in [("empty", ""), ("no-scheme", DOMAIN), ("slash", "https://dash.example.org/")] {
        let check = Check { origin, ..Check::new(&good) };
        let comment = "The client itself is not set up with an origin";
        cases.push(check.case(&format!("client-origin-{id}"), comment, "configuration", Err(InvalidConfiguration)));
    }
    cases
}

fn accounts() -> Vec<Case> {
    let alice = Key::alice();
    let alias = ss58(&[0], alice.hotkey().as_bytes());
    [("compact", good_compact()), ("full", good_full())]
        .into_iter()
        .flat_map(|(form, good)| {
            let (bob, address) = (Key::bob().address(), alice.address());
            [
                ("other-hotkey", "Another hotkey", good.replace(&address, &bob)),
                ("alias", "The same hotkey with prefix 0", good.replace(&address, &alias)),
                ("hotkey-hex", "The same hotkey in hex", good.replace(&address, &format!("0x{}", alice.public_hex()))),
                (
                    "two-hotkeys",
                    "A second hotkey below the first",
                    good.replace(&address, &format!("{address}\n{bob}")),
                ),
                ("no-hotkey", "No hotkey", good.replace(&format!("{address}\n"), "")),
            ]
            .map(|(id, comment, text)| Check::new(&text).refuses(&format!("{form}-{id}"), comment, "account"))
        })
        .collect()
}

fn times() -> Vec<Case> {
    let (compact, full) = (good_compact(), good_full());
    let at = |now| Check { now, ..Check::new(&compact) };
    let (first, last) = (ISSUED + 120 - REACH, ISSUED + REACH);
    let mut cases = vec![
        at(first).signs("time-first", "The clock 15 min behind the text's end", "time"),
        at(first - 1).refuses("time-before-first", "One second more", "time"),
        at(last).signs("time-last", "The clock 15 min ahead of the text's start", "time"),
        at(last + 1).refuses("time-after-last", "One second more", "time"),
    ];
    let altered = [
        ("compact-ends-first", "An end before the start", compact.replace("1790000120", "1789999999")),
        ("compact-no-life", "An end at the start", compact.replace("1790000120", "1790000000")),
        ("compact-long-life", "An end far away", compact.replace("1790000120", "1790086400")),
        ("compact-old", "A start far back", compact.replace("1790000000", "1789900000")),
        ("compact-milliseconds", "Times in milliseconds", compact.replace("0 1790000120", "0000 1790000120000")),
        ("compact-leading-zero", "A leading zero", compact.replace("1790000120", "01790000120")),
        ("compact-plus", "A plus sign", compact.replace("1790000120", "+1790000120")),
        ("full-long-life", "An end far away", full.replace("14:15:20", "18:15:20")),
        ("full-no-life", "An end at the start", full.replace("14:15:20", "14:13:20")),
        ("full-no-milliseconds", "No milliseconds", full.replace(".000Z", "Z")),
        ("full-odd-milliseconds", "Milliseconds that are not 0", full.replace("14:15:20.000Z", "14:15:20.001Z")),
        ("full-offset", "An offset instead of Z", full.replace("14:15:20.000Z", "14:15:20.000+00:00")),
        ("full-no-such-second", "Second 80 of a minute", full.replace("14:15:20", "14:14:80")),
        ("full-no-such-day", "A 51st of August", full.replace("2026-09-21T14:15", "2026-08-52T14:15")),
        ("full-lower-case", "The letters in lower case", full.replace("T14:15:20.000Z", "t14:15:20.000z")),
    ];
    cases.extend(altered.map(|(id, comment, text)| Check::new(&text).refuses(id, comment, "time")));
    cases
}

fn layouts() -> Vec<Case> {
    let both = [("compact", good_compact()), ("full", good_full())].into_iter().flat_map(|(form, good)| {
        [
            ("line-feed-behind", "A line feed at the end", format!("{good}\n")),
            ("space-behind", "A space at the end", format!("{good} ")),
            ("space-in-front", "A space in front", format!(" {good}")),
            ("line-feed-in-front", "A line feed in front", format!("\n{good}")),
            ("byte-order-mark", "A byte order mark", format!("\u{feff}{good}")),
            ("crlf", "CRLF between the lines", good.replace('\n', "\r\n")),
            ("wrapped", "Wrapped in <Bytes>…</Bytes> already", format!("<Bytes>{good}</Bytes>")),
            ("hex", "The text in hex", format!("0x{}", hex::encode(&good))),
            ("cut", "The last character missing", good[..good.len() - 1].into()),
            ("first-line-only", "Only the first line", good.lines().next().unwrap_or_default().into()),
            (
                "other-chain-name",
                "Another word on the first line",
                good.replacen("Bittensor account", "Ethereum account", 1),
            ),
        ]
        .map(|(id, comment, text)| Check::new(&text).refuses(&format!("{form}-{id}"), comment, "wrong-layout"))
    });
    let (compact, full) = (good_compact(), good_full());
    let single = [
        ("empty", "No text", String::new()),
        ("compact-other-version", "Another version", compact.replace("\n1 ", "\n2 ")),
        ("compact-two-spaces", "Two spaces", compact.replace("1 finney", "1  finney")),
        ("compact-extra-word", "One word more", format!("{compact} x")),
        ("compact-word-missing", "One word less", compact.replace(" 1790000120", "")),
        (
            "compact-nonce-hex",
            "The nonce in hex",
            compact.replace("AAECAwQFBgcICQoLDA0ODw", "000102030405060708090a0b0c0d0e0f"),
        ),
        ("compact-nonce-padded", "The nonce padded", compact.replace("ODw ", "ODw== ")),
        (
            "compact-nonce-short",
            "A nonce of 15 bytes",
            compact.replace("AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0O"),
        ),
        ("compact-nonce-bits", "Unused bits of the nonce set", compact.replace("ODw ", "ODx ")),
        ("full-other-version", "Another version", full.replace("1.0.0", "1")),
        ("full-nonce-upper-case", "The nonce in upper case", full.replace("0a0b0c", "0A0B0C")),
        ("full-nonce-short", "A nonce of 15 bytes", full.replace("0e0f", "0e")),
        ("full-no-chain", "No chain", full.replace(&format!("Chain ID: {CHAIN}\n"), "")),
        (
            "full-other-order",
            "Two lines swapped",
            full.replace("Version: 1.0.0\nChain ID: ", "Chain ID: ").replace("6\nNonce", "6\nVersion: 1.0.0\nNonce"),
        ),
        ("full-no-end", "No end", full[..full.rfind('\n').unwrap_or_default()].into()),
        ("full-no-empty-line", "No empty line behind the hotkey", full.replace("\n\nURI", "\nURI")),
        ("full-three-empty-lines", "An empty statement", full.replace("\n\nURI", "\n\n\n\nURI")),
        ("request", "The eight lines of a request", {
            let (alice, bob) = (Key::alice().address(), Key::bob().address());
            let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
            format!("btauth/1\nsr25519\nGET\n/\n{digest}\n1790000000000000000\n{alice}\n{bob}")
        }),
        ("legacy", "An older challenge", "bittensor-auth:1790000000:000102030405060708090a0b0c0d0e0f".into()),
    ]
    .map(|(id, comment, text)| Check::new(&text).refuses(id, comment, "wrong-layout"));
    both.chain(single).collect()
}

fn injections() -> Vec<Case> {
    let (compact, full) = (good_compact(), good_full());
    let override_lines = "URI: https://evil.example\nVersion: 1.0.0";
    [
        ("statement-two-lines", "A statement of two lines", stated(&full, "Hello.\nHello.")),
        (
            "statement-blank-line",
            "A statement with an empty line and false lines",
            stated(&full, &format!("Hello.\n\n{override_lines}")),
        ),
        ("statement-unicode", "A statement outside ASCII", stated(&full, "Hello\u{202e}.")),
        ("statement-control", "A statement with a control character", stated(&full, "Hello.\u{8}")),
        ("statement-too-long", "A statement of 257 characters", stated(&full, &"x".repeat(257))),
        ("two-statements", "Two statements", stated(&stated(&full, "One."), "Two.")),
        ("second-nonce", "A second nonce", full.replace("\nIssued", "\nNonce: 1\nIssued")),
        ("second-uri", "A second URI", full.replace("\nVersion", "\nURI: https://evil.example\nVersion")),
        ("resources", "Lines behind the last one", format!("{full}\nResources:\n- https://evil.example")),
        ("not-before", "A line that the layout does not have", format!("{full}\nNot Before: 2026-09-21T14:13:20.000Z")),
        ("second-text", "A second text behind an empty line", format!("{full}\n\n{full}")),
        ("chain-spaces", "A chain that is a sentence", full.replace(CHAIN, "polkadot. You agree to pay 100 TAO")),
        (
            "chain-carriage-return",
            "A chain with a carriage return",
            full.replace(CHAIN, &format!("{CHAIN}\rURI: https://ok.example")),
        ),
        ("chain-other-kind", "A chain of another kind", full.replace(CHAIN, "eip155:1")),
        ("chain-upper-case", "A chain in upper case", full.replace("2f0555cc", "2F0555CC")),
        ("chain-short", "A chain of 31 digits", full.replace("637146\n", "63714\n")),
        (
            "network-sentence",
            "A network name that is no word",
            compact.replace("finney", "finney\u{a0}pays\u{a0}100\u{a0}TAO"),
        ),
        ("network-carriage-return", "A network name with a carriage return", compact.replace("finney", "finney\revil")),
        ("network-upper-case", "A network name in another letter case", compact.replace("finney", "Finney")),
        ("network-too-long", "A network name of 17 characters", compact.replace("finney", "seventeen-letters")),
        ("network-empty", "No network name", compact.replace("finney", "")),
        ("compact-fifth-line", "A fifth line", format!("{compact}\nand more")),
    ]
    .map(|(id, comment, text)| Check::new(&text).refuses(id, comment, "injection"))
    .into()
}
