//! Reading Zoom's answers without tripping over one field: null, another type and an unknown value count as absent.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
use serde_json::Value;

/// A field that is absent when it cannot be read. Numbers in quotes are read as numbers, and numbers as text.
pub(crate) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let other = match &value {
        Value::String(text) => text.trim().parse().ok().map(Value::Number),
        Value::Number(number) => Some(Value::String(number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(T::deserialize(value).ok().or_else(|| T::deserialize(other?).ok()))
}

/// A list that is empty when it is absent or cannot be read.
pub(crate) fn lenient_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Vec<T>, D::Error> {
    Ok(lenient(d)?.unwrap_or_default())
}

/// Text that is absent when it is blank.
pub(crate) fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(lenient::<D, String>(deserializer)?.filter(|text| !text.trim().is_empty()))
}

/// Text without which the rest is of no use.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    filled(deserializer)?.ok_or_else(|| serde::de::Error::custom("a field that must hold text is blank"))
}

/// One or several: some of Zoom's fields are an object on one account and an array on another.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Vec<T>, D::Error> {
    let value = Value::deserialize(d)?;
    let values = if let Value::Array(values) = value { values } else { vec![value] };
    Ok(values.into_iter().filter_map(|value| T::deserialize(value).ok()).collect())
}
