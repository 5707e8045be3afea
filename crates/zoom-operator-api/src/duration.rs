//! The one duration format of all resources: a whole number and one unit, such as `30s`, `10m`, `24h` or `30d`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What the API server accepts; [`Duration::from_str`] accepts the same.
const PATTERN: &str = "^(0|[1-9][0-9]{0,5})[smhd]$";

const LARGEST_COUNT: u32 = 999_999;

/// A length of time as it is written in a manifest: a whole number up to 999999 and one unit (`s`, `m`, `h` or `d`).
///
/// It keeps the unit that was written, so reading and writing an object changes nothing in it; two spellings of the same
/// length are different values. Compare lengths by [`Duration::as_std`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration {
    count: u32,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl Unit {
    const fn seconds(self) -> u64 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 60 * 60,
            Self::Days => 24 * 60 * 60,
        }
    }

    const fn suffix(self) -> char {
        match self {
            Self::Seconds => 's',
            Self::Minutes => 'm',
            Self::Hours => 'h',
            Self::Days => 'd',
        }
    }
}

/// A text that is not a [`Duration`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a duration: write a whole number up to {LARGEST_COUNT} and one of s, m, h, d, such as 10m or 30d"
)]
pub struct DurationError {
    text: String,
}

impl Duration {
    pub(crate) const fn seconds(count: u16) -> Self {
        Self { count: count as u32, unit: Unit::Seconds }
    }

    pub(crate) const fn minutes(count: u16) -> Self {
        Self { count: count as u32, unit: Unit::Minutes }
    }

    pub(crate) const fn hours(count: u16) -> Self {
        Self { count: count as u32, unit: Unit::Hours }
    }

    /// The length. A day counts 24 hours.
    #[must_use]
    pub const fn as_std(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.count as u64 * self.unit.seconds())
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| DurationError { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<Duration> {
    let unit = match text.chars().next_back()? {
        's' => Unit::Seconds,
        'm' => Unit::Minutes,
        'h' => Unit::Hours,
        'd' => Unit::Days,
        _ => return None,
    };
    let digits = text.strip_suffix(unit.suffix())?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    let count = digits.parse().ok().filter(|count| plain && *count <= LARGEST_COUNT)?;
    Some(Duration { count, unit })
}

impl TryFrom<String> for Duration {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.suffix())
    }
}

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": 7,
            "x-kubernetes-validations": [{
                "rule": format!("self.matches('{PATTERN}')"),
                "message": "write a whole number and one of s, m, h, d, such as 30s, 10m, 24h or 30d",
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0s", 0)]
    #[case("30s", 30)]
    #[case("10m", 600)]
    #[case("24h", 86_400)]
    #[case("30d", 2_592_000)]
    #[case("999999d", 86_399_913_600)]
    fn a_number_and_a_unit_is_a_duration_that_prints_as_written(#[case] text: &str, #[case] seconds: u64) {
        let duration: Duration = text.parse().unwrap();
        assert_eq!(duration.as_std().as_secs(), seconds);
        assert_eq!(duration.to_string(), text);
    }

    #[rstest]
    #[case("")]
    #[case("s")]
    #[case("10")]
    #[case("-1s")]
    #[case("+1s")]
    #[case("1.5h")]
    #[case("1h30m")]
    #[case("010s")]
    #[case("1000000s")]
    #[case("99999999999s")]
    #[case("10 m")]
    #[case("10µ")]
    #[case("10M")]
    fn anything_else_is_refused_with_an_example(#[case] text: &str) {
        let error = text.parse::<Duration>().unwrap_err().to_string();
        assert!(error.contains("such as 10m") && error.contains(&format!("{text:?}")), "{error}");
    }
}
