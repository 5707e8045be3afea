//! Rate limits by label and plan, with day budgets (Zoom API reference, Rate limits).

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, de};

use crate::account::Refusal;
use crate::config::Plan;

/// The rate label of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display, serde::Serialize, JsonSchema)]
pub enum Label {
    /// Cheap calls on one thing.
    Light,
    /// Listings.
    Medium,
    /// Reports and account-wide reads; has a day budget on every plan.
    Heavy,
}

/// The account file's `limits`: `on`, `off`, or sharper ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LimitsConfig {
    /// Those of the account's plan.
    #[default]
    On,
    /// None at all.
    Off,
    /// Those of the plan, but for what stands here.
    Sharper(Sharper),
}

/// Limits that replace those of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Sharper {
    /// Light calls.
    pub light: Option<Rate>,
    /// Medium calls.
    pub medium: Option<Rate>,
    /// Heavy calls.
    pub heavy: Option<Rate>,
    /// Calls of `POST /users` with action `create` a day.
    pub creates_per_day: Option<u32>,
    /// Groups created a day.
    pub groups_per_day: Option<u32>,
}

/// How many calls are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    /// In one second.
    pub per_second: u32,
    /// In one day (UTC). Absent: any number.
    #[serde(default)]
    pub per_day: Option<u32>,
}

impl LimitsConfig {
    /// The rate of a label on a plan; that of the plan also where limits are off.
    fn rate(&self, plan: Plan, label: Label) -> Rate {
        let own = match (self, label) {
            (Self::On | Self::Off, _) => None,
            (Self::Sharper(sharper), Label::Light) => sharper.light,
            (Self::Sharper(sharper), Label::Medium) => sharper.medium,
            (Self::Sharper(sharper), Label::Heavy) => sharper.heavy,
        };
        own.unwrap_or_else(|| planned(plan, label))
    }

    /// The headers of a 429 that a fault makes, as they are when a label's budget is spent. Where a label has no day's
    /// budget on the plan, the day's budget is that of Heavy calls.
    pub(crate) fn spent(&self, plan: Plan, label: Label, daily: bool) -> RateHeaders {
        let rate = self.rate(plan, label);
        let day = || rate.per_day.or_else(|| self.rate(plan, Label::Heavy).per_day).unwrap_or(rate.per_second);
        let (kind, limit) = if daily { ("Daily-limit", day()) } else { ("QPS", rate.per_second) };
        headers(label, kind, limit, 0, None)
    }

    /// The first limit that would let nothing through.
    pub(crate) fn zero(&self) -> Option<&'static str> {
        let Self::Sharper(Sharper { light, medium, heavy, creates_per_day, groups_per_day }) = self else {
            return None;
        };
        let second = |rate: &Option<Rate>| rate.map(|rate| rate.per_second);
        let day = |rate: &Option<Rate>| rate.and_then(|rate| rate.per_day);
        let limits = [
            ("limits.light.perSecond", second(light)),
            ("limits.light.perDay", day(light)),
            ("limits.medium.perSecond", second(medium)),
            ("limits.medium.perDay", day(medium)),
            ("limits.heavy.perSecond", second(heavy)),
            ("limits.heavy.perDay", day(heavy)),
            ("limits.createsPerDay", *creates_per_day),
            ("limits.groupsPerDay", *groups_per_day),
        ];
        limits.into_iter().find(|(_, limit)| *limit == Some(0)).map(|(field, _)| field)
    }
}

impl<'de> Deserialize<'de> for LimitsConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LimitsVisitor)
    }
}

impl JsonSchema for LimitsConfig {
    fn schema_name() -> Cow<'static, str> {
        "LimitsConfig".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let sharper = generator.subschema_for::<Sharper>();
        json_schema!({"oneOf": [{"enum": ["on", "off", true, false]}, sharper]})
    }
}

struct LimitsVisitor;

impl<'de> de::Visitor<'de> for LimitsVisitor {
    type Value = LimitsConfig;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("`on`, `off`, or a map of sharper limits")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<LimitsConfig, E> {
        Ok(if on { LimitsConfig::On } else { LimitsConfig::Off })
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<LimitsConfig, E> {
        match word {
            "on" => Ok(LimitsConfig::On),
            "off" => Ok(LimitsConfig::Off),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<LimitsConfig, A::Error> {
        Sharper::deserialize(MapAccessDeserializer::new(map)).map(LimitsConfig::Sharper)
    }
}

/// The rate of a label on a plan.
fn planned(plan: Plan, label: Label) -> Rate {
    let (per_second, per_day) = match (plan, label) {
        (Plan::Free, Label::Light) => (4, Some(6_000)),
        (Plan::Free, Label::Medium) => (2, Some(2_000)),
        (Plan::Free, Label::Heavy) => (1, Some(1_000)),
        (Plan::Pro, Label::Light) => (30, None),
        (Plan::Pro, Label::Medium) => (20, None),
        (Plan::Pro, Label::Heavy) => (10, Some(30_000)),
        (Plan::Business, Label::Light) => (80, None),
        (Plan::Business, Label::Medium) => (60, None),
        (Plan::Business, Label::Heavy) => (40, Some(60_000)),
    };
    Rate { per_second, per_day }
}

fn planned_creates(plan: Plan) -> u32 {
    match plan {
        Plan::Free => 50,
        Plan::Pro => 1_500,
        Plan::Business => 10_000,
    }
}

/// A day's cap on one kind of call, beside its label's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cap {
    /// `POST /users` with action `create`.
    Invitations,
    /// `POST /groups`: 100 on every plan (Zoom API reference, Groups: create).
    Groups,
}

impl Cap {
    fn limit(self, plan: Plan, sharper: &Sharper) -> u32 {
        match self {
            Self::Invitations => sharper.creates_per_day.unwrap_or_else(|| planned_creates(plan)),
            Self::Groups => sharper.groups_per_day.unwrap_or(100),
        }
    }
}

/// The headers that tell a caller where it stands.
pub(crate) type RateHeaders = Vec<(&'static str, String)>;

/// Counts calls against the limits.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    seconds: HashMap<Label, (i64, u32)>,
    days: HashMap<Label, (Date, u32)>,
    capped: HashMap<Cap, (Date, u32)>,
}

impl Limits {
    /// Lets a call in and counts it, or refuses it; the headers belong on the answer either way. A capped
    /// call's headers tell its cap, but a refusal of groups comes without any (Zoom API reference, Groups: create).
    pub(crate) fn admit(
        &mut self,
        config: &LimitsConfig,
        plan: Plan,
        label: Label,
        cap: Option<Cap>,
        now: Timestamp,
    ) -> (RateHeaders, Result<(), Refusal>) {
        let sharper = match config {
            LimitsConfig::Off => return (Vec::new(), Ok(())),
            LimitsConfig::On => &Sharper::default(),
            LimitsConfig::Sharper(sharper) => sharper,
        };
        let rate = config.rate(plan, label);
        let today = now.to_zoned(TimeZone::UTC).date();

        let mut seen = self.seconds.get(&label).filter(|(at, _)| *at == now.as_second()).map_or(0, |(_, count)| *count);
        if seen >= rate.per_second {
            return (headers(label, "QPS", rate.per_second, 0, None), Err(Refusal::PerSecondLimit));
        }
        seen += 1;
        self.seconds.insert(label, (now.as_second(), seen));

        if let Some(limit) = rate.per_day {
            let used = self.days.get(&label).filter(|(day, _)| *day == today).map_or(0, |(_, count)| *count);
            if used >= limit {
                return (headers(label, "Daily-limit", limit, 0, Some(now)), Err(Refusal::PerDayLimit));
            }
            self.days.insert(label, (today, used + 1));
        }
        if let Some(cap) = cap {
            let limit = cap.limit(plan, sharper);
            let used = self.capped.get(&cap).filter(|(day, _)| *day == today).map_or(0, |(_, count)| *count);
            if used >= limit {
                return match cap {
                    Cap::Invitations => (headers(label, "Daily-limit", limit, 0, Some(now)), Err(Refusal::PerDayLimit)),
                    Cap::Groups => (Vec::new(), Err(Refusal::GroupsOfTheDaySpent(limit))),
                };
            }
            self.capped.insert(cap, (today, used + 1));
            return (headers(label, "Daily-limit", limit, limit - used - 1, None), Ok(()));
        }
        (headers(label, "QPS", rate.per_second, rate.per_second - seen, None), Ok(()))
    }
}

/// `retry_from` adds when the day's budget is new again, as a date-time.
fn headers(label: Label, kind: &str, limit: u32, remaining: u32, retry_from: Option<Timestamp>) -> RateHeaders {
    let mut headers = vec![
        ("x-ratelimit-category", label.to_string()),
        ("x-ratelimit-type", kind.to_owned()),
        ("x-ratelimit-limit", limit.to_string()),
        ("x-ratelimit-remaining", remaining.to_string()),
    ];
    if let Some(at) = retry_from.and_then(next_midnight) {
        headers.push(("retry-after", at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
    }
    headers
}

fn next_midnight(now: Timestamp) -> Option<Timestamp> {
    let tomorrow = now.to_zoned(TimeZone::UTC).date().checked_add(1.day()).ok()?;
    tomorrow.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
}
