//! The wire form of a signed request: six headers, each exactly once (`spec/02 §1`).

use crate::error::{Error, ErrorCode};
use crate::key::{Address, Scheme, Signature};
use crate::nonce::Nonce;

/// Longest value that any authentication header may have.
pub const MAX_HEADER_LEN: usize = 512;

const PREFIX: &str = "x-bittensor-";
/// The only value of `X-Bittensor-Version`.
pub const VERSION: &str = "1";

/// Names in the order in which they are emitted; names are matched in any letter case.
pub const HEADER_NAMES: [&str; 6] = [
    "X-Bittensor-Version",
    "X-Bittensor-Hotkey",
    "X-Bittensor-Receiver",
    "X-Bittensor-Nonce",
    "X-Bittensor-Crypto",
    "X-Bittensor-Signature",
];

/// The authentication headers of one request, parsed and not yet checked against anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    pub(crate) scheme: Scheme,
    pub(crate) sender: String,
    pub(crate) receiver: Option<String>,
    pub(crate) nonce: Nonce,
    pub(crate) signature: Signature,
}

impl SignedHeaders {
    /// The headers of a request that was just signed.
    #[must_use]
    pub fn new(
        scheme: Scheme,
        sender: &Address,
        receiver: Option<&Address>,
        nonce: Nonce,
        signature: Signature,
    ) -> Self {
        let text = |address: &Address| address.as_str().to_owned();
        Self { scheme, sender: text(sender), receiver: receiver.map(text), nonce, signature }
    }

    /// Whether any header of a request claims to be a `btauth/1` credential.
    pub fn are_present<N: AsRef<[u8]>>(names: impl IntoIterator<Item = N>) -> bool {
        names.into_iter().any(|name| slot(name.as_ref()).is_some())
    }

    /// Reads the authentication headers among all headers of a request. Lengths come before grammar; unknown names,
    /// the reserved `X-Bittensor-Drand-*` among them, decide nothing.
    ///
    /// # Errors
    /// [`ErrorCode::MissingCredentials`] when none is there; otherwise a code that names the header's fault:
    /// `missing_header`, `duplicate_header`, `header_too_long`, `unsupported_version`, `unknown_scheme`,
    /// `malformed_nonce`, `malformed_signature`, `malformed_hotkey`.
    pub fn parse<N: AsRef<[u8]>, V: AsRef<[u8]>>(headers: impl IntoIterator<Item = (N, V)>) -> Result<Self, Error> {
        let mut texts: [Option<String>; 6] = Default::default();
        for (name, value) in headers {
            let Some(index) = slot(name.as_ref()) else { continue };
            let value = value.as_ref();
            if texts[index].is_some() {
                return Err(about(ErrorCode::DuplicateHeader, index, "expected exactly once"));
            }
            if value.len() > MAX_HEADER_LEN {
                return Err(about(ErrorCode::HeaderTooLong, index, "expected at most 512 bytes"));
            }
            // A byte outside visible ASCII fits no grammar; the header's own check below refuses the replacement.
            let visible = value.iter().all(u8::is_ascii_graphic);
            texts[index] = Some(if visible { String::from_utf8_lossy(value).into_owned() } else { String::new() });
        }
        if texts.iter().all(Option::is_none) {
            return Err(ErrorCode::MissingCredentials.into());
        }
        for index in [0, 1, 3, 5] {
            if texts[index].is_none() {
                return Err(about(ErrorCode::MissingHeader, index, "expected exactly once"));
            }
        }
        let [version, sender, receiver, nonce, scheme, signature] = texts;
        let text = |value: Option<String>| value.unwrap_or_default();
        let sender = text(sender);
        if sender.len() != crate::encoding::SS58_LEN {
            return Err(about(ErrorCode::MalformedHotkey, 1, "expected an SS58 address of 48 characters (prefix 42)"));
        }
        let nonce = Nonce::parse(&text(nonce))?;
        let signature = parse_signature(&text(signature))?;
        if text(version) != VERSION {
            return Err(about(ErrorCode::UnsupportedVersion, 0, "expected 1"));
        }
        let scheme = scheme.map_or(Ok(Scheme::Sr25519), |word| Scheme::from_word(&word))?;
        Ok(Self { scheme, sender, receiver, nonce, signature })
    }

    /// The headers to send, in the canonical order. `X-Bittensor-Crypto` is omitted for sr25519.
    #[must_use]
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let crypto = (self.scheme != Scheme::Sr25519).then(|| self.scheme.to_string());
        let values = [
            Some(VERSION.to_owned()),
            Some(self.sender.clone()),
            self.receiver.clone(),
            Some(self.nonce.to_string()),
            crypto,
            Some(format!("0x{}", crate::encoding::encode_hex(self.signature.as_bytes()))),
        ];
        HEADER_NAMES.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Every value of the header `name`, in any letter case.
pub(crate) fn values<'a, N: AsRef<[u8]>, V: AsRef<[u8]>>(
    headers: &'a [(N, V)],
    name: &'a str,
) -> impl Iterator<Item = &'a [u8]> {
    let named = move |(key, _): &&(N, V)| key.as_ref().eq_ignore_ascii_case(name.as_bytes());
    headers.iter().filter(named).map(|(_, value)| value.as_ref())
}

/// Where in [`HEADER_NAMES`] a name stands.
fn slot(name: &[u8]) -> Option<usize> {
    let (prefix, rest) = name.split_at_checked(PREFIX.len())?;
    if !prefix.eq_ignore_ascii_case(PREFIX.as_bytes()) {
        return None;
    }
    HEADER_NAMES.iter().position(|known| known.as_bytes()[PREFIX.len()..].eq_ignore_ascii_case(rest))
}

/// Hand-written signers leave out `0x` or write upper-case hex; both are read, nothing else is.
fn parse_signature(text: &str) -> Result<Signature, Error> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    crate::encoding::decode_hex(digits)
        .map(Signature::from_bytes)
        .ok_or_else(|| about(ErrorCode::MalformedSignature, 5, "expected 0x and 128 hex digits"))
}

fn about(code: ErrorCode, index: usize, expected: &str) -> Error {
    Error::new(code).detail(format!("{}: {expected}", HEADER_NAMES[index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> Vec<(&'static str, String)> {
        let alice = Address::from_ss58("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY").expect("an address");
        let nonce = Nonce::parse("1752076800000000000").expect("a nonce");
        SignedHeaders::new(Scheme::Ed25519, &alice, Some(&alice), nonce, Signature::from_bytes([0xab; 64])).to_pairs()
    }

    #[test]
    fn what_is_emitted_is_parsed_back_in_any_order_and_letter_case() {
        let parsed = SignedHeaders::parse(pairs()).expect("our own headers");
        assert_eq!(parsed.to_pairs(), pairs());
        let shouted = pairs().into_iter().rev().map(|(name, value)| (name.to_ascii_uppercase(), value));
        assert_eq!(SignedHeaders::parse(shouted).expect("names in any case"), parsed);
    }

    #[test]
    fn other_headers_decide_nothing() {
        let noise = [("Host", "x"), ("X-Bittensor-Drand-Round", "1"), ("X-Bittensor", ""), ("", "")];
        let code = |headers: Vec<(&str, &str)>| SignedHeaders::parse(headers).map_err(|e| e.code());
        assert_eq!(code(noise.to_vec()), Err(ErrorCode::MissingCredentials));
        assert!(!SignedHeaders::are_present(noise.map(|(name, _)| name)));
        let with_noise = pairs().into_iter().chain(noise.map(|(n, v)| (n, v.to_owned())));
        assert!(SignedHeaders::parse(with_noise).is_ok());
    }

    #[test]
    fn a_message_never_repeats_what_came_in() {
        for (index, (name, _)) in pairs().into_iter().enumerate() {
            let mut headers = pairs();
            headers[index] = (name, "marker\u{1}".to_owned());
            let error = SignedHeaders::parse(headers).err();
            assert!(error.is_none_or(|error| !error.to_string().contains("marker")), "{name}");
        }
    }
}
