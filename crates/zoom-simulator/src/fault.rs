//! Faults: what can go wrong with calls.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rest::Slip;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// The longest wait, in milliseconds: an hour.
const LONGEST_MS: u64 = 3_600_000;

/// Something that happens to calls that match.
///
/// As JSON: `{"method": "POST", "path": "/users", "count": 2, "effect": {"answer": {"status": 503}}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The method; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path as a template, `/users/{userId}` or `/oauth/token`; absent: any, tokens included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many calls; absent: one, or with a probability any number. The largest number stands until faults are
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The share of the matching calls that it hits; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<Probability>,
    /// Decides which calls a probability hits: the same seed hits the same ones of a sequence; absent: 0.
    #[serde(default)]
    pub seed: u64,
    /// What happens.
    pub effect: FaultEffect,
}

/// A share of calls, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// A number that is no share of calls.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("found {0}, a probability is a number from 0 to 1")]
pub struct NoProbability(f64);

impl TryFrom<f64> for Probability {
    type Error = NoProbability;

    fn try_from(share: f64) -> Result<Self, NoProbability> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(NoProbability(share)) }
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> Self {
        probability.0
    }
}

impl std::str::FromStr for Probability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share: f64 = text.parse().map_err(|_| format!("found {text:?}, a probability is a number from 0 to 1"))?;
        Self::try_from(share).map_err(|error| error.to_string())
    }
}

/// What happens to a call.
#[derive(
    Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames, JsonSchema,
)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[strum(serialize_all = "camelCase")]
pub enum FaultEffect {
    /// This answer instead of Zoom's; nothing happens.
    Answer {
        /// HTTP status.
        status: u16,
        /// Headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Body: a JSON value is sent as JSON, a text as it is.
        #[serde(default)]
        body: Value,
    },
    /// 429; nothing happens.
    TooManyRequests {
        /// Whether the `X-RateLimit-…` headers are there.
        #[serde(default)]
        rate_headers: bool,
        /// A day's budget instead of the per-second limit.
        #[serde(default)]
        daily: bool,
        /// The `Retry-After` header; absent: none.
        #[serde(default)]
        retry_after: Option<RetryAfter>,
    },
    /// An HTML page instead of JSON; nothing happens.
    HtmlPage {
        /// HTTP status.
        status: u16,
    },
    /// The call is carried out; its answer is JSON broken by quotes that are not escaped.
    MalformedJson,
    /// The call is carried out; half of its answer arrives and the connection is cut.
    CutBody,
    /// The call is carried out after a pause.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// Nothing happens and no answer comes.
    TimeOutBefore {
        /// Milliseconds until the connection is dropped; 0: at once.
        #[serde(default)]
        hold_ms: u64,
    },
    /// The call is carried out and no answer comes.
    TimeOutAfter {
        /// Milliseconds until the connection is dropped; 0: at once.
        #[serde(default)]
        hold_ms: u64,
    },
    /// The connection is reset; nothing happens.
    Reset,
    /// A write is answered as if it had been carried out; nothing happens.
    WithoutEffect,
    /// A read is answered from the account as it was when this fault was set, or with a probability from the account
    /// as it was before its latest change.
    StaleListing,
    /// A later page of a listing begins with the last row of the page before, as when somebody came in between; size
    /// and total stay.
    RepeatedRow,
    /// A page of a listing leaves out its first row, as when somebody went in between; size and total stay.
    LostRow,
    /// HTTP 200 with a refusal in the body, as Zoom's roles and groups know it, and SCIM does not; nothing happens.
    CodeUnderOk {
        /// Zoom's code.
        code: u32,
        /// Zoom's message.
        message: String,
    },
    /// As if the app had been taken back: the token or the credentials are refused; nothing happens.
    AppRevoked,
    /// As if the app lacked the scope that the call needs; nothing happens.
    ScopeMissing,
    /// As if the token belonged to another account: the next one that is served, or one with only its owner. Nothing
    /// happens in either.
    SwappedAccount,
}

impl FaultEffect {
    /// One or more effects of every class, each mild enough that a patient caller gets through.
    #[must_use]
    pub fn of_every_class() -> Vec<Self> {
        let too_many = |rate_headers, daily, retry_after| Self::TooManyRequests { rate_headers, daily, retry_after };
        let message = "No permission.".to_owned();
        vec![
            Self::Answer { status: 500, headers: BTreeMap::new(), body: Value::Null },
            Self::Answer {
                status: 503,
                headers: BTreeMap::new(),
                body: serde_json::json!({"code": 503, "message": ""}),
            },
            too_many(true, false, None),
            too_many(false, false, None),
            too_many(true, true, Some(RetryAfter::IsoTimeIn(1))),
            Self::HtmlPage { status: 502 },
            Self::MalformedJson,
            Self::CutBody,
            Self::Delay { ms: 100 },
            Self::TimeOutBefore { hold_ms: 100 },
            Self::TimeOutAfter { hold_ms: 100 },
            Self::Reset,
            Self::WithoutEffect,
            Self::StaleListing,
            Self::RepeatedRow,
            Self::LostRow,
            Self::CodeUnderOk { code: 200, message },
            Self::AppRevoked,
            Self::ScopeMissing,
            Self::SwappedAccount,
        ]
    }

    /// Refuses answers that HTTP does not know, and waits that nobody waits for.
    fn check(&self) -> Result<(), String> {
        let longest = |field: &str, ms: u64| match ms {
            0..=LONGEST_MS => Ok(()),
            _ => Err(format!("effect.{field}: found {ms}, allowed are 0 to {LONGEST_MS}, an hour")),
        };
        let status = |field: &str, status: u16| match status {
            200..=599 => Ok(()),
            _ => Err(format!("effect.{field}.status: found {status}, allowed are 200 to 599")),
        };
        match self {
            Self::Answer { status: code, headers, .. } => {
                status("answer", *code)?;
                let sendable = |(name, value): &(&String, &String)| {
                    HeaderName::try_from(*name).is_ok() && HeaderValue::try_from(*value).is_ok()
                };
                match headers.iter().find(|header| !sendable(header)) {
                    Some((name, value)) => Err(format!(
                        "effect.answer.headers: found {name:?}: {value:?}, allowed are headers as HTTP knows them"
                    )),
                    None => Ok(()),
                }
            }
            Self::HtmlPage { status: code } => status("htmlPage", *code),
            Self::Delay { ms } => longest("delay.ms", *ms),
            Self::TimeOutBefore { hold_ms } => longest("timeOutBefore.holdMs", *hold_ms),
            Self::TimeOutAfter { hold_ms } => longest("timeOutAfter.holdMs", *hold_ms),
            Self::TooManyRequests { .. }
            | Self::MalformedJson
            | Self::CutBody
            | Self::Reset
            | Self::WithoutEffect
            | Self::StaleListing
            | Self::RepeatedRow
            | Self::LostRow
            | Self::CodeUnderOk { .. }
            | Self::AppRevoked
            | Self::ScopeMissing
            | Self::SwappedAccount => Ok(()),
        }
    }

    /// Whether it can happen to such a call at all.
    fn fits(&self, method: &str, template: &str) -> bool {
        let (reads, token) = (method == "GET", template == "/oauth/token");
        match self {
            Self::WithoutEffect => !reads && !token,
            Self::StaleListing => reads,
            Self::RepeatedRow | Self::LostRow => reads && crate::rest::is_paged(template),
            Self::CodeUnderOk { .. } => !crate::rest::is_scim(template),
            Self::ScopeMissing | Self::SwappedAccount => !token,
            Self::Answer { .. }
            | Self::TooManyRequests { .. }
            | Self::HtmlPage { .. }
            | Self::MalformedJson
            | Self::CutBody
            | Self::Delay { .. }
            | Self::TimeOutBefore { .. }
            | Self::TimeOutAfter { .. }
            | Self::Reset
            | Self::AppRevoked => true,
        }
    }

    /// What it does to the rows of a page.
    pub(crate) fn slip(&self) -> Option<Slip> {
        match self {
            Self::RepeatedRow => Some(Slip::Repeat),
            Self::LostRow => Some(Slip::Skip),
            Self::Answer { .. }
            | Self::TooManyRequests { .. }
            | Self::HtmlPage { .. }
            | Self::MalformedJson
            | Self::CutBody
            | Self::Delay { .. }
            | Self::TimeOutBefore { .. }
            | Self::TimeOutAfter { .. }
            | Self::Reset
            | Self::WithoutEffect
            | Self::StaleListing
            | Self::CodeUnderOk { .. }
            | Self::AppRevoked
            | Self::ScopeMissing
            | Self::SwappedAccount => None,
        }
    }
}

/// A `Retry-After` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum RetryAfter {
    /// As a number of seconds.
    Seconds(u32),
    /// As the ISO 8601 time so many seconds from now on the simulator's clock.
    IsoTimeIn(u32),
}

impl Fault {
    /// Something that happens to the next call that it can happen to.
    #[must_use]
    pub fn next_call(effect: FaultEffect) -> Self {
        Self { method: None, path: None, count: None, probability: None, seed: 0, effect }
    }

    /// Something that happens to the next call of that method and path template.
    #[must_use]
    pub fn on(method: &str, path: &str, effect: FaultEffect) -> Self {
        Self { method: Some(method.to_owned()), path: Some(path.to_owned()), ..Self::next_call(effect) }
    }

    /// The same for so many calls.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { count: Some(count), ..self }
    }

    /// The same for that share of the calls, which ones is up to the seed.
    #[must_use]
    pub fn at(self, probability: Probability, seed: u64) -> Self {
        Self { probability: Some(probability), seed, ..self }
    }

    /// Every class of faults, each hitting that share of the calls that it can happen to.
    #[must_use]
    pub fn of_every_class(probability: Probability, seed: u64) -> Vec<Self> {
        let seeds = seed.wrapping_mul(1000)..;
        let effects = FaultEffect::of_every_class().into_iter().zip(seeds);
        effects.map(|(effect, seed)| Self::next_call(effect).at(probability, seed)).collect()
    }

    /// Refuses what no call ever meets.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(method) = &self.method
            && !METHODS.iter().any(|known| known.eq_ignore_ascii_case(method))
        {
            return Err(format!("method: found {method:?}, allowed are {}", METHODS.join(", ")));
        }
        let mut templates: Vec<_> = crate::rest::templates().chain(["/oauth/token", "unknown"]).collect();
        templates.sort_unstable();
        templates.dedup();
        if let Some(path) = &self.path
            && !templates.iter().any(|template| is_template(path, template))
        {
            return Err(format!("path: found {path:?}, allowed are {}", templates.join(", ")));
        }
        if self.count == Some(0) {
            return Err("count: found 0, allowed are 1 or more".to_owned());
        }
        self.effect.check()?;
        let known = crate::rest::endpoints().map(|endpoint| (endpoint.method.as_str(), endpoint.template));
        let others = METHODS.map(|method| (method, "unknown"));
        if known.chain([("POST", "/oauth/token")]).chain(others).any(|(method, path)| self.matches(method, path)) {
            return Ok(());
        }
        let (effect, any): (&str, _) = ((&self.effect).into(), "any".to_owned());
        let (method, path) = (self.method.as_ref().unwrap_or(&any), self.path.as_ref().unwrap_or(&any));
        Err(format!(
            "effect: found {effect:?} for the method {method} and the path {path}, which can happen to no such call; \
             allowed is one that can: repeatedRow and lostRow to listings with pages, staleListing to GET, withoutEffect to \
             the others"
        ))
    }

    pub(crate) fn matches(&self, method: &str, template: &str) -> bool {
        self.effect.fits(method, template)
            && self.method.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|path| is_template(path, template))
    }
}

fn is_template(path: &str, template: &str) -> bool {
    path == template || path.strip_prefix("/v2").is_some_and(|path| path == template)
}
