//! Replies of any shape, read as what they should be; anything else is no answer.

use std::borrow::Cow;

use ::redis::Value;
use bittensor_auth::session::ReadOutcome;

/// The text of a bulk or a plain string.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes)),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

/// One integer.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

/// A list of integers; empty when it is anything else.
pub(super) fn integers(value: &Value) -> Vec<i64> {
    let Value::Array(values) = value else { return Vec::new() };
    values.iter().map(integer).collect::<Option<_>>().unwrap_or_default()
}

/// A code and a text, as `rotate.lua` answers.
pub(super) fn code_and_text(value: &Value) -> Option<(i64, Cow<'_, str>)> {
    match value {
        Value::Array(values) => match &values[..] {
            [code, record] => Some((integer(code)?, text(record)?)),
            _ => None,
        },
        _ => None,
    }
}

/// What `MGET` answered for `count` sessions: two values for each, either may be nil.
pub(super) fn sessions(value: &Value, count: usize) -> Vec<ReadOutcome> {
    match value {
        Value::Array(values) if values.len() == 2 * count => values
            .chunks_exact(2)
            .map(|pair| ReadOutcome::from_texts(text(&pair[0]).as_deref(), text(&pair[1]).as_deref()))
            .collect(),
        _ => vec![ReadOutcome::Unavailable; count],
    }
}

/// The texts of `INFO`: one, or one for each server of a cluster. What is no text gives an empty one, which no check passes.
pub(super) fn info_texts(value: &Value) -> Vec<Cow<'_, str>> {
    match value {
        Value::Map(servers) if !servers.is_empty() => {
            servers.iter().map(|(_, info)| text(info).unwrap_or_default()).collect()
        }
        value => vec![text(value).unwrap_or_default()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn replies_of_another_shape_are_no_answers() {
        let strange =
            [Value::Nil, Value::Okay, bulk("x"), Value::Array(vec![bulk("1"), Value::Int(1)]), Value::Array(vec![])];
        for value in &strange {
            assert!(integers(value).is_empty(), "{value:?}");
            assert!(code_and_text(value).is_none(), "{value:?}");
            assert_eq!(sessions(value, 2), [ReadOutcome::Unavailable; 2], "{value:?}");
            assert_eq!(integer(value), None);
        }
        assert_eq!(integers(&Value::Array(vec![Value::Int(1), Value::Int(-3)])), [1, -3]);
        assert_eq!(code_and_text(&Value::Array(vec![Value::Int(1), bulk("r")])), Some((1, "r".into())));
    }

    #[test]
    fn info_without_text_passes_no_check() {
        for value in [Value::Nil, Value::Int(1), Value::Map(vec![]), Value::Map(vec![(bulk("node"), Value::Nil)])] {
            let texts = info_texts(&value);
            assert!(!texts.is_empty());
            assert!(texts.iter().all(|text| bittensor_auth::store::check_redis_info(text).is_err()), "{value:?}");
        }
    }
}
