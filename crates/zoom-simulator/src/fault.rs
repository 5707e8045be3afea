//! Faults: what can go wrong with the next calls.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happens to the next calls that match.
///
/// As JSON: `{"method": "POST", "path": "/users", "count": 2, "effect": {"answer": {"status": 503}}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The method; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path as a template, `/users/{userId}` or `/oauth/token`; absent: any, tokens included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many calls; absent: one. The largest number stands until faults are cleared.
    #[serde(default = "one")]
    pub count: u32,
    /// What happens.
    pub effect: FaultEffect,
}

fn one() -> u32 {
    1
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
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
    /// Answers as if the call had been carried out; nothing happens.
    WithoutEffect,
    /// Answers from the account as it was when this fault was set.
    StaleListing,
}

/// A `Retry-After` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum RetryAfter {
    /// As a number of seconds.
    Seconds(u32),
    /// As the ISO 8601 time so many seconds from now on the simulator's clock.
    IsoTimeIn(u32),
}

impl Fault {
    /// Something that happens to the next call, whichever it is.
    #[must_use]
    pub fn next_call(effect: FaultEffect) -> Self {
        Self { method: None, path: None, count: 1, effect }
    }

    /// Something that happens to the next call of that method and path template.
    #[must_use]
    pub fn on(method: &str, path: &str, effect: FaultEffect) -> Self {
        Self { method: Some(method.to_owned()), path: Some(path.to_owned()), count: 1, effect }
    }

    /// The same for so many calls.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { count, ..self }
    }

    pub(crate) fn matches(&self, method: &str, template: &str) -> bool {
        let same_path = |path: &str| path == template || path.strip_prefix("/v2").is_some_and(|path| path == template);
        self.method.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(same_path)
    }
}
