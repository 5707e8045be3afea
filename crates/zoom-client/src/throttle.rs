//! What a 429 says: for how long, and for whom.

use jiff::{SignedDuration, Timestamp, civil, fmt::rfc2822, tz::TimeZone};
use reqwest::header::{DATE, HeaderMap};

use crate::limiter::{RateLabel, next_day};

/// No limit of Zoom's lasts longer than a day; a time beyond is a mistake and must not stop a client for years.
const LONGEST: SignedDuration = SignedDuration::from_hours(25);

/// Two clocks agree that are apart by no more: `Date` has whole seconds, and the answer was some time on its way.
const AGREEMENT: SignedDuration = SignedDuration::from_mins(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttle {
    pub(crate) scope: Scope,
    pub(crate) retry_at: Timestamp,
    /// The label that Zoom names, which may differ from the documented one of the call.
    pub(crate) label: Option<RateLabel>,
}

/// Whom a 429 concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Calls of the same label, for a moment.
    Second,
    /// Calls of the same budget, until the day rolls over.
    Day,
    /// Calls on the same user: Zoom runs some of them one at a time.
    Concurrent,
}

impl Throttle {
    /// The times that Zoom names are on its own clock, which the answer's `Date` tells. Where that and ours are apart,
    /// `retry_at` is put on ours, so that a clock that is wrong by hours neither waits for as long nor asks too early.
    pub(crate) fn read(headers: &HeaderMap, message: &str, now: Timestamp) -> Self {
        let date = headers.get(DATE).and_then(|value| value.to_str().ok());
        let theirs = date
            .and_then(|text| rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok())
            .filter(|theirs| now.duration_since(*theirs).abs() > AGREEMENT)
            .unwrap_or(now);
        let throttle = Self::read_at(headers, message, theirs);
        let wait = throttle.retry_at.duration_since(theirs);
        Self { retry_at: now.checked_add(wait).unwrap_or(throttle.retry_at), ..throttle }
    }

    fn read_at(headers: &HeaderMap, message: &str, now: Timestamp) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let named = header("retry-after")
            .and_then(|text| retry_after(text, now))
            .or_else(|| header("x-ratelimit-reset").and_then(|text| reset(text, now)))
            .map(|at| at.clamp(now, now.checked_add(LONGEST).unwrap_or(now)));
        let scope = scope(header("x-ratelimit-type").unwrap_or_default(), message, named, now);
        let retry_at = named.unwrap_or_else(|| match scope {
            Scope::Second | Scope::Concurrent => seconds_from(now, 1).unwrap_or(now),
            Scope::Day => next_day(now),
        });
        let label = header("x-ratelimit-category").and_then(|text| text.parse().ok());
        Self { scope, retry_at, label }
    }
}

fn scope(kind: &str, message: &str, retry_at: Option<Timestamp>, now: Timestamp) -> Scope {
    let (kind, message) = (kind.to_ascii_lowercase(), message.to_ascii_lowercase());
    if message.contains("concurrent") {
        Scope::Concurrent
    } else if kind.contains("daily") {
        Scope::Day
    } else if kind.contains("qps") || message.contains("per-second") || message.contains("per second") {
        Scope::Second
    } else if message.contains("daily") || retry_at.is_some_and(|at| at.duration_since(now).as_mins() >= 5) {
        Scope::Day
    } else {
        Scope::Second
    }
}

/// Seconds, an ISO 8601 date-time (with or without an offset), or an HTTP date. Zoom documents date-times for limits of the
/// day; clients have met seconds too.
fn retry_after(text: &str, now: Timestamp) -> Option<Timestamp> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| {
            let wait = SignedDuration::try_from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())).ok()?;
            now.checked_add(wait).ok()
        })
        .or_else(|| text.parse::<Timestamp>().ok())
        .or_else(|| text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp()))
        .or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}

/// Unix seconds; small numbers are seconds from now.
fn reset(text: &str, now: Timestamp) -> Option<Timestamp> {
    match text.parse::<i64>().ok()? {
        seconds @ 0..1_000_000_000 => seconds_from(now, seconds),
        seconds => Timestamp::from_second(seconds).ok(),
    }
}

fn seconds_from(now: Timestamp, seconds: i64) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_secs(seconds)).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;

    const PER_SECOND: &str = "You have reached the maximum per-second rate limit for this API. Try again later.";
    const DAILY: &str = "You have reached the maximum daily rate limit for this API. Refer to the response header.";
    const LOCKED: &str = "Too many concurrent requests. A request to disassociate this user has already been made.";

    fn now() -> Timestamp {
        "2026-05-04T22:00:00Z".parse().unwrap()
    }

    #[rstest]
    #[case::seconds(&[("retry-after", "3")], PER_SECOND, Scope::Second, "2026-05-04T22:00:03Z")]
    #[case::fraction(&[("retry-after", "0.5")], PER_SECOND, Scope::Second, "2026-05-04T22:00:00.5Z")]
    #[case::iso_of_a_day(&[("retry-after", "2026-05-05T00:00:00Z"), ("x-ratelimit-type", "Daily-limit")], "", Scope::Day, "2026-05-05T00:00:00Z")]
    #[case::iso_without_offset(&[("retry-after", "2026-05-05T00:00:00")], DAILY, Scope::Day, "2026-05-05T00:00:00Z")]
    #[case::iso_with_offset(&[("retry-after", "2026-05-05T02:00:00+02:00")], DAILY, Scope::Day, "2026-05-05T00:00:00Z")]
    #[case::http_date(&[("retry-after", "Tue, 05 May 2026 00:00:00 GMT")], DAILY, Scope::Day, "2026-05-05T00:00:00Z")]
    #[case::reset(&[("x-ratelimit-reset", "1777939200"), ("x-ratelimit-type", "Daily-limit")], "", Scope::Day, "2026-05-05T00:00:00Z")]
    #[case::reset_from_now(&[("x-ratelimit-reset", "2"), ("x-ratelimit-type", "QPS")], "", Scope::Second, "2026-05-04T22:00:02Z")]
    #[case::retry_after_wins(&[("retry-after", "1"), ("x-ratelimit-reset", "9")], PER_SECOND, Scope::Second, "2026-05-04T22:00:01Z")]
    #[case::no_header_daily(&[], DAILY, Scope::Day, "2026-05-05T00:00:00Z")]
    #[case::no_header_per_second(&[], PER_SECOND, Scope::Second, "2026-05-04T22:00:01Z")]
    #[case::nothing_at_all(&[], "", Scope::Second, "2026-05-04T22:00:01Z")]
    #[case::far_away_and_untyped(&[("retry-after", "3600")], "", Scope::Day, "2026-05-04T23:00:00Z")]
    #[case::user_locked(&[], LOCKED, Scope::Concurrent, "2026-05-04T22:00:01Z")]
    #[case::past(&[("retry-after", "2026-05-04T21:00:00Z")], PER_SECOND, Scope::Second, "2026-05-04T22:00:00Z")]
    #[case::absurd(&[("retry-after", "99999999999999")], DAILY, Scope::Day, "2026-05-05T23:00:00Z")]
    #[case::negative(&[("retry-after", "-5")], PER_SECOND, Scope::Second, "2026-05-04T22:00:00Z")]
    #[case::not_a_number(&[("retry-after", "NaN")], PER_SECOND, Scope::Second, "2026-05-04T22:00:01Z")]
    #[case::zooms_clock_is_ahead(&[("date", "Tue, 05 May 2026 00:00:00 GMT"), ("retry-after", "2026-05-05T00:00:01Z")], DAILY, Scope::Day, "2026-05-04T22:00:01Z")]
    #[case::zooms_clock_is_behind(&[("date", "Mon, 04 May 2026 20:00:00 GMT"), ("retry-after", "2026-05-04T20:00:01Z")], DAILY, Scope::Day, "2026-05-04T22:00:01Z")]
    #[case::zooms_day_ends_earlier(&[("date", "Mon, 04 May 2026 23:30:00 GMT")], DAILY, Scope::Day, "2026-05-04T22:30:00Z")]
    #[case::seconds_on_any_clock(&[("date", "Tue, 05 May 2026 00:00:00 GMT"), ("retry-after", "3")], PER_SECOND, Scope::Second, "2026-05-04T22:00:03Z")]
    #[case::clocks_that_agree(&[("date", "Mon, 04 May 2026 22:00:50 GMT"), ("retry-after", "2026-05-04T22:01:00Z")], DAILY, Scope::Day, "2026-05-04T22:01:00Z")]
    #[case::no_date(&[("date", "today"), ("retry-after", "2026-05-04T22:00:01Z")], DAILY, Scope::Day, "2026-05-04T22:00:01Z")]
    #[case::unreadable(&[("retry-after", "soon")], PER_SECOND, Scope::Second, "2026-05-04T22:00:01Z")]
    fn a_429_is_read_in_every_form(
        #[case] headers: &[(&'static str, &'static str)],
        #[case] message: &str,
        #[case] scope: Scope,
        #[case] retry_at: Timestamp,
    ) {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        assert_eq!(Throttle::read(&headers, message, now()), Throttle { scope, retry_at, label: None });
    }

    #[rstest]
    #[case("Light", Some(RateLabel::Light))]
    #[case("HEAVY", Some(RateLabel::Heavy))]
    #[case("Resource-intensive", Some(RateLabel::ResourceIntensive))]
    #[case("Novel", None)]
    fn the_label_is_the_one_that_zoom_names(#[case] text: &'static str, #[case] label: Option<RateLabel>) {
        let headers = [(HeaderName::from_static("x-ratelimit-category"), HeaderValue::from_static(text))];
        assert_eq!(Throttle::read(&headers.into_iter().collect(), "", now()).label, label);
    }
}
