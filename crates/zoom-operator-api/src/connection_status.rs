//! What the status of a ZoomConnection is made of.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Class;

/// The account as Zoom names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its id.
    pub id: String,
}

/// People who were touched without asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Spent {
    /// Which of the limits they count towards.
    pub class: Class,
    /// When the first of them was.
    pub from: Time,
    /// When the last of them was.
    pub until: Time,
    /// How many.
    pub people: i64,
}

/// How many people a plan would create, update and so on; a person who needs several changes counts in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PlanSummary {
    /// People to create.
    pub create: i64,
    /// People whose names, licence, role, profile or e-mail address are to change.
    pub update: i64,
    /// People to activate again.
    pub activate: i64,
    /// People to deactivate.
    pub deactivate: i64,
    /// People to unlink from the account.
    pub unlink: i64,
    /// People to delete.
    pub delete: i64,
}

/// The seats of the paid licences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seats {
    /// Those of the licence Licensed.
    pub licensed: SeatCount,
}

/// The seats of one licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatCount {
    /// Seats that were bought. Absent: the app lacks the scope to know, `billing:read:plan_usage:admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub bought: Option<i64>,
    /// Seats that are used, by people whom a ZoomUser declares and by others. Who is invited uses one, who is deactivated none.
    pub used: i64,
    /// Seats that are free. Absent: not known, and Zoom has refused none lately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub free: Option<i64>,
    /// People who are to get the licence and do not have it yet.
    pub wanted: i64,
}

/// How many people there are in each situation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PeopleCount {
    /// People that a ZoomUser declares.
    pub managed: i64,
    /// Managed people who are as declared.
    pub ready: i64,
    /// Managed people who have not accepted their invitation yet.
    pub pending: i64,
    /// People who wait for something that nobody has to decide: a seat, a day's budget, their consent, the listing.
    pub waiting: i64,
    /// People in the account whom no ZoomUser declares. The operator leaves them alone.
    pub unmanaged: i64,
    /// People with a change that waits for somebody's decision.
    pub held: i64,
    /// Managed people with a change that Zoom or the operator refused.
    pub refused: i64,
    /// People whose address has a Zoom account elsewhere: they must agree to move first.
    pub waiting_for_consent: i64,
}
