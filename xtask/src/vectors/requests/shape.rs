//! Which headers are there, how often, and how long they are.

use bittensor_auth::error::ErrorCode::{
    self, DuplicateHeader, HeaderTooLong, MalformedHotkey, MalformedNonce, MalformedSignature, MissingCredentials,
    MissingHeader, UnboundRequest, UnknownScheme, UnsupportedVersion, WrongReceiver,
};

use super::super::document::Case;
use super::super::keys::Key;
use super::draft::{CRYPTO, Draft, HOTKEY, NONCE, RECEIVER, Request, SIGNATURE, SIGNED_AT, VERSION};

/// One header: the word for it in ids, its name, and the code for a value that does not fit its grammar.
pub(super) struct Header {
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    pub(super) code: ErrorCode,
}

/// The headers that an sr25519 request has.
pub(super) const HEADERS: [Header; 5] = [
    Header { word: "version", name: VERSION, code: UnsupportedVersion },
    Header { word: "hotkey", name: HOTKEY, code: MalformedHotkey },
    Header { word: "receiver", name: RECEIVER, code: WrongReceiver },
    Header { word: "nonce", name: NONCE, code: MalformedNonce },
    Header { word: "signature", name: SIGNATURE, code: MalformedSignature },
];

/// The header that names another scheme.
pub(super) const CRYPTO_HEADER: Header = Header { word: "crypto", name: CRYPTO, code: UnknownScheme };

pub(super) fn cases() -> Vec<Case> {
    let alice = Key::alice();
    let each = HEADERS.iter().flat_map(|header| twice(header, &alice).into_iter().chain(long(header, &alice)));
    missing().into_iter().chain(each).collect()
}

pub(super) fn of_crypto() -> Vec<Case> {
    let alice = Key::alice_ed25519();
    let removed = Draft::new(&alice).sign("crypto-missing").without(CRYPTO).refused(
        ErrorCode::BadSignature,
        "Without the header the key is taken for sr25519",
        &["header-missing", "ed25519"],
    );
    [vec![removed], twice(&CRYPTO_HEADER, &alice), long(&CRYPTO_HEADER, &alice)].concat()
}

fn missing() -> Vec<Case> {
    let alice = Key::alice();
    let signed = |id: String| Draft::new(&alice).sign(id);
    let mut cases: Vec<_> = HEADERS
        .iter()
        .map(|Header { word, name, .. }| {
            let code = if *name == RECEIVER { UnboundRequest } else { MissingHeader };
            let comment = format!("{name} is not there");
            signed(format!("{word}-missing")).without(name).refused(code, &comment, &["header-missing"])
        })
        .collect();
    for Header { word, name, .. } in &HEADERS {
        let mut request = signed(format!("{word}-alone"));
        request.headers.retain(|(known, _)| known == name);
        let comment = format!("Only {name} is there");
        cases.push(request.refused(MissingHeader, &comment, &["header-missing"]));
    }
    let mut crypto = signed("crypto-alone".into());
    crypto.headers = vec![(CRYPTO.into(), "ed25519".into())];
    cases.push(crypto.refused(MissingHeader, "Only X-Bittensor-Crypto is there", &["header-missing"]));
    let bare = |id: &str, headers: &[(&str, &str)]| {
        let mut request = signed(id.into());
        request.headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        request
    };
    let similar = [("X_Bittensor_Hotkey", "x"), ("X-Bittensor", "x"), ("Bittensor-Nonce", "1")];
    let reserved = [("X-Bittensor-Drand-Round", "1"), ("X-Bittensor-Drand-Randomness", "00")];
    let renamed = |id: &str, from: &str, to: &str| {
        let request = signed(id.into());
        let value = request.value(from);
        request.without(from).add(to, value)
    };
    cases.extend([
        bare("no-headers", &[]).refused(MissingCredentials, "No header at all", &["header-missing"]),
        bare("other-headers-only", &[("Host", "example.org"), ("Authorization", "Bearer x")]).refused(
            MissingCredentials,
            "Only headers of others",
            &["header-missing", "other-headers"],
        ),
        bare("similar-headers-only", &similar).refused(
            MissingCredentials,
            "Only names that look alike",
            &["header-missing", "other-headers"],
        ),
        bare("reserved-headers-only", &reserved).refused(
            MissingCredentials,
            "Only reserved headers",
            &["header-missing", "other-headers"],
        ),
        renamed("hotkey-underscores", HOTKEY, "X_Bittensor_Hotkey").refused(
            MissingHeader,
            "A name with underscores is another name",
            &["header-missing"],
        ),
        renamed("nonce-space", NONCE, "X-Bittensor-Nonce ").refused(
            MissingHeader,
            "A name with a space behind is another name",
            &["header-missing"],
        ),
        renamed("signature-old-name", SIGNATURE, "X-Epistula-Signature").refused(
            MissingHeader,
            "The name of another format",
            &["header-missing"],
        ),
    ]);
    cases
}

fn twice(header: &Header, key: &Key) -> Vec<Case> {
    let Header { word, name, .. } = header;
    let other = match *name {
        VERSION => "2".to_owned(),
        HOTKEY | RECEIVER => Key::bob_ed25519().address(),
        NONCE => (SIGNED_AT + 1).to_string(),
        CRYPTO => "sr25519".to_owned(),
        _ => Draft::new(key).sign(format!("{word}-second")).value(SIGNATURE),
    };
    let signed = |id: &str| Draft::new(key).sign(format!("{word}-twice-{id}"));
    let behind = |id: &str, name: &str, value: Option<&str>| {
        let request = signed(id);
        let value = value.map_or_else(|| request.value(header.name), Into::into);
        request.add(name, value)
    };
    let in_front = |id: &str, name: &str, value: &str| {
        let mut request = signed(id);
        request.headers.insert(0, (name.into(), value.into()));
        request
    };
    let refused = |request: Request, what: &str| {
        request.refused(DuplicateHeader, &format!("{name} twice: {what}"), &["header-twice"])
    };
    vec![
        refused(behind("same", name, None), "the same value"),
        refused(behind("other", name, Some(&other)), "another value behind"),
        refused(behind("case-same", &name.to_lowercase(), None), "the same value under the lower-case name"),
        refused(
            in_front("case-other", &name.to_uppercase(), &other),
            "another value in front, under the upper-case name",
        ),
    ]
}

fn long(header: &Header, key: &Key) -> Vec<Case> {
    let Header { word, name, code } = header;
    let sized = |len: usize| {
        let request = Draft::new(key).sign(format!("{word}-{len}-bytes"));
        let honest = request.value(name);
        let filler = "1".repeat(len - honest.len());
        request.set(name, honest + &filler)
    };
    vec![
        sized(512).refused(*code, "512 bytes fit the limit, not the grammar", &["header-too-long"]),
        sized(513).refused(HeaderTooLong, "513 bytes", &["header-too-long"]),
        sized(4_096).refused(HeaderTooLong, "4,096 bytes", &["header-too-long"]),
    ]
}
