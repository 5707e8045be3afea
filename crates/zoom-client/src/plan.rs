use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::ZoomClient;
use crate::error::Error;
use crate::lenient::{filled, lenient, one_or_many};
use crate::limiter::RateLabel;
use crate::transport::{Call, Endpoint};

static USAGE: Endpoint = Endpoint::new(Method::GET, "GET /accounts/{accountId}/plans/usage", RateLabel::Heavy);

/// The seats that an account has bought and uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>")]
pub struct PlanUsage {
    /// Meetings licences. Zoom gives one object on most accounts and several on master accounts.
    pub base: Vec<PlanSeats>,
    /// Zoom Workplace bundles.
    pub zoom_one: Vec<PlanSeats>,
    /// Zoom United bundles.
    pub united: Vec<PlanSeats>,
}

/// The seats of one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PlanSeats {
    /// Zoom's name of the plan, such as `monthly`.
    #[serde(rename = "type", deserialize_with = "filled")]
    pub plan_type: Option<String>,
    /// Seats bought.
    #[serde(deserialize_with = "lenient")]
    pub hosts: Option<u64>,
    /// Seats of active hosts; on master accounts.
    #[serde(deserialize_with = "lenient")]
    pub active_hosts: Option<u64>,
    /// Seats in use.
    #[serde(deserialize_with = "lenient")]
    pub usage: Option<u64>,
    /// Seats held by people who have not accepted their invitation yet.
    #[serde(deserialize_with = "lenient")]
    pub pending: Option<u64>,
}

impl TryFrom<BTreeMap<String, Value>> for PlanUsage {
    type Error = &'static str;

    fn try_from(mut plans: BTreeMap<String, Value>) -> Result<Self, Self::Error> {
        if !plans.keys().any(|key| key.starts_with("plan_")) {
            return Err("no plan is named");
        }
        let mut seats = |key| plans.remove(key).map_or_else(|| Ok(Vec::new()), one_or_many);
        let wrong = |_: serde_json::Error| "a plan cannot be read";
        Ok(Self {
            base: seats("plan_base").map_err(wrong)?,
            zoom_one: seats("plan_zoom_one").map_err(wrong)?,
            united: seats("plan_united").map_err(wrong)?,
        })
    }
}

impl ZoomClient {
    /// The seats that the account has bought and uses: a heavy call. Needs `billing:read:plan_usage:admin`; some accounts are
    /// refused nevertheless, and [`user_summary`](Self::user_summary) tells part of it.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn plan_usage(&self) -> Result<PlanUsage, Error> {
        self.transport.fetch(&Call::new(&USAGE, &["accounts", "me", "plans", "usage"])?).await
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn base(json: &str) -> Vec<PlanSeats> {
        serde_json::from_str::<PlanUsage>(json).unwrap().base
    }

    #[rstest]
    #[case::object(r#"{"plan_base":{"type":"monthly","hosts":10,"usage":7,"pending":1}}"#)]
    #[case::array(r#"{"plan_base":[{"type":"monthly","hosts":10,"usage":7,"pending":1}],"plan_united":null}"#)]
    #[case::quoted(r#"{"plan_base":{"type":"monthly","hosts":"10","usage":7,"pending":1,"extra":{}}}"#)]
    fn the_base_plan_is_one_object_or_an_array(#[case] json: &str) {
        let seats = PlanSeats {
            plan_type: Some("monthly".into()),
            hosts: Some(10),
            active_hosts: None,
            usage: Some(7),
            pending: Some(1),
        };
        assert_eq!(base(json), [seats]);
    }

    #[test]
    fn an_account_without_a_base_plan_has_no_base_seats() {
        assert_eq!(base(r#"{"plan_zoom_one":[{"hosts":3}]}"#), []);
    }

    #[test]
    fn an_answer_that_names_no_plan_is_refused() {
        assert!(serde_json::from_str::<PlanUsage>("{}").is_err());
    }
}
