//! The JSON of a keyfile: which fields are there, and the public ones parsed. Secrets stay where the caller put them.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::malformed;
use crate::encoding::decode_hex;
use crate::error::Error;
use crate::key::{Hotkey, Scheme};

const FIELDS: [&str; 7] =
    ["accountId", "cryptoType", "privateKey", "publicKey", "secretPhrase", "secretSeed", "ss58Address"];

/// The fields of a keyfile; secrets are slices of the text that was parsed, so there is no copy to zeroize.
///
/// One exception: the JSON reader unescapes a text with a backslash in a buffer of its own. No writer escapes a
/// secret, but for seeds that are not hex either.
pub(super) struct Document<'a> {
    pub(super) scheme: Scheme,
    pub(super) secret_phrase: Option<Text<'a>>,
    pub(super) secret_seed: Option<Text<'a>>,
    pub(super) private_key: Option<Text<'a>>,
    /// What the file says about its public key, field by field.
    pub(super) public: Vec<(&'static str, Hotkey)>,
    /// Whether `ss58Address` is among them.
    pub(super) has_address: bool,
}

/// A JSON text.
#[derive(Clone, Copy)]
pub(super) enum Text<'a> {
    /// As it stands in the file.
    Plain(&'a str),
    /// With a backslash in it: nothing that this reader knows is written so.
    Escaped,
}

impl<'a> Text<'a> {
    pub(super) fn plain(self) -> Option<&'a str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Escaped => None,
        }
    }

    /// The text without the `0x` that usually stands in front of hex.
    pub(super) fn hex_digits(self) -> Option<&'a str> {
        self.plain().map(|text| text.strip_prefix("0x").unwrap_or(text))
    }
}

impl<'a> Document<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let raw = read_json(bytes)?;
        let scheme = match raw.crypto_type {
            Some(0) => Scheme::Ed25519,
            None | Some(1) => Scheme::Sr25519,
            Some(_) => return Err(unexpected("cryptoType")),
        };
        let mut public = Vec::with_capacity(3);
        for (field, text) in [("publicKey", raw.public_key), ("accountId", raw.account_id)] {
            if let Some(text) = text {
                let key = text
                    .hex_digits()
                    .and_then(decode_hex)
                    .ok_or_else(|| malformed(format!("{field}: expected 0x and 64 hex digits")))?;
                public.push((field, Hotkey::from_bytes(key)));
            }
        }
        if let Some(text) = raw.ss58_address {
            let address = text.plain().and_then(|text| Hotkey::from_ss58(text).ok());
            let address = address.ok_or_else(|| malformed("ss58Address: expected an SS58 address with prefix 42"))?;
            public.push(("ss58Address", address));
        }
        Ok(Self {
            scheme,
            secret_phrase: raw.secret_phrase,
            secret_seed: raw.secret_seed,
            private_key: raw.private_key,
            public,
            has_address: raw.ss58_address.is_some(),
        })
    }
}

#[derive(Default)]
struct Raw<'a> {
    crypto_type: Option<u64>,
    account_id: Option<Text<'a>>,
    private_key: Option<Text<'a>>,
    public_key: Option<Text<'a>>,
    secret_phrase: Option<Text<'a>>,
    secret_seed: Option<Text<'a>>,
    ss58_address: Option<Text<'a>>,
}

/// Reads one JSON object and nothing after it. serde's own messages quote what they met, so none of them gets out.
fn read_json(bytes: &[u8]) -> Result<Raw<'_>, Error> {
    let not_json = || malformed("expected one JSON object in UTF-8, each field once");
    let text = std::str::from_utf8(bytes).map_err(|_| not_json())?;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut field = None;
    let raw = json
        .deserialize_map(ObjectVisitor { field: &mut field })
        .map_err(|_| field.map_or_else(not_json, unexpected))?;
    json.end().map_err(|_| not_json())?;
    Ok(raw)
}

fn unexpected(field: &'static str) -> Error {
    let expected = if field == "cryptoType" { "the number 0 or 1" } else { "a text" };
    malformed(format!("{field}: expected {expected}, once"))
}

struct ObjectVisitor<'f> {
    /// The known field that is being read, for the error message.
    field: &'f mut Option<&'static str>,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut raw = Raw::default();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            *self.field = FIELDS.into_iter().find(|field| *field == name);
            match name.as_str() {
                // Repeated fields are where two readers come to different keys.
                _ if seen.contains(&name) => return Err(A::Error::custom("repeated")),
                "accountId" => raw.account_id = map.next_value()?,
                "cryptoType" => raw.crypto_type = map.next_value()?,
                "privateKey" => raw.private_key = map.next_value()?,
                "publicKey" => raw.public_key = map.next_value()?,
                "secretPhrase" => raw.secret_phrase = map.next_value()?,
                "secretSeed" => raw.secret_seed = map.next_value()?,
                "ss58Address" => raw.ss58_address = map.next_value()?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
            *self.field = None;
            seen.insert(name);
        }
        Ok(raw)
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text::Plain(text))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Text::Escaped)
    }
}
