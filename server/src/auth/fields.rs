//! The JSON bodies of the session routes (`spec/04 §8`).

use std::collections::BTreeMap;
use std::fmt;

use bittensor_auth::error::{Error, ErrorCode};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// Members that some route takes; all others are ignored, whatever they hold.
const NAMES: [&str; 7] = ["form", "hotkey", "refresh_token", "scheme", "sealed", "signature", "tokens"];

/// A JSON object, reduced to the members that mean something here. Of equal names the last one counts.
pub(super) struct Fields(BTreeMap<&'static str, Value>);

impl Fields {
    /// Reads a body that must have the `required` members as text. Members in `optional` may be null.
    pub(super) fn parse(body: &[u8], required: &[&str], optional: &[&str]) -> Result<Self, Error> {
        let wrong = || {
            let with = if required.is_empty() { "" } else { " with the text fields " };
            Error::new(ErrorCode::MalformedBody).detail(format!("expected a JSON object{with}{}", required.join(", ")))
        };
        let fields: Self = serde_json::from_slice(body).map_err(|_| wrong())?;
        if !required.iter().all(|name| fields.0.get(name).is_some_and(Value::is_string)) {
            return Err(wrong());
        }
        let is_text = |value: &Value| value.is_null() || value.as_str().is_some_and(str::is_ascii);
        if !required.iter().chain(optional).all(|name| fields.0.get(name).is_none_or(is_text)) {
            return Err(Error::new(ErrorCode::MalformedBody).detail("expected ASCII text in every field"));
        }
        Ok(fields)
    }

    /// The text of a required member.
    pub(super) fn text(&self, name: &str) -> &str {
        self.optional(name).unwrap_or_default()
    }

    /// The text of an optional one.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    match NAMES.into_iter().find(|name| *name == key) {
                        Some(name) => {
                            fields.insert(name, map.next_value()?);
                        }
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<ErrorCode> {
        Fields::parse(body.as_bytes(), &["hotkey"], &["form"]).err().map(|error| error.code())
    }

    #[test]
    fn only_an_object_with_its_texts_is_read() {
        for body in [
            r#"{"hotkey":"5"}"#,
            r#" {"hotkey":"5","form":null} "#,
            r#"{"hotkey":1,"hotkey":"5"}"#,
            r#"{"hotkey":"5","other":1e999,"sealed":7}"#,
            &format!(r#"{{"hotkey":"5","deep":{}{}}}"#, "[".repeat(1_500), "]".repeat(1_500)),
        ] {
            assert_eq!(code(body), None, "{body}");
        }
        for body in [
            "",
            "[]",
            "null",
            "{",
            "5",
            r#"{"form":"full"}"#,
            r#"{"hotkey":null}"#,
            r#"{"hotkey":5}"#,
            r#"{"hotkey":["5"]}"#,
            r#"{"hotkey":"ü"}"#,
            r#"{"hotkey":"5","form":5}"#,
            r#"{"hotkey":"5","form":"ü"}"#,
            r#"{"hotkey":"5"}x"#,
            r#"{"hotkey":"\ud800"}"#,
        ] {
            assert_eq!(code(body), Some(ErrorCode::MalformedBody), "{body}");
        }
    }

    #[test]
    fn no_answer_repeats_what_came_in() {
        for body in [r#"{"hotkey":"marker\u00fc"}"#, r#"{"marker":1}"#, "marker"] {
            let error = Fields::parse(body.as_bytes(), &["hotkey"], &[]).err().expect("refused");
            assert!(!error.to_string().contains("marker"));
        }
    }
}
