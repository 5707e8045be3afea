//! What kinds with members have in common.

#![expect(unreachable_pub, reason = "KubeSchema copies a public struct into a function body")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schemas;

/// The most members that one list of an object may name.
pub const MOST_MEMBERS: u32 = 5000;

/// Who belongs to a group: everybody whom at least one of the parts names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Members {
    /// ZoomUsers of the same connection: by name, or as namespace/name in another namespace, as far as the connection's
    /// `access` lets this namespace name them. One that does not exist yet is waited for, and status says so; while one of
    /// another namespace is missing, nobody leaves. Absent or empty: nobody by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::user_names")]
    pub users: Vec<String>,
    /// E-mail addresses of people whom no ZoomUser has to declare; compared without case, so two that differ in case only
    /// are one person. Absent or empty: nobody by address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::emails")]
    pub emails: Vec<String>,
    /// ZoomUsers of the same namespace and connection by their labels. Absent: nobody by label. Empty: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::selector")]
    pub selector: Option<LabelSelector>,
    /// People by what Zoom's own listing shows of them, whether a ZoomUser declares them or not; where the connection's
    /// `access` limits e-mail domains, people in those. Absent: nobody. Cannot be empty.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Match")]
    pub match_: Option<Match>,
}

/// People by what Zoom's own listing shows of them: who fits every part that is written here.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.departments) || has(self.emailDomains)",
    "write departments, emailDomains or both, or leave match out"
))]
pub struct Match {
    /// Who is in one of these departments; compared as they are written. Absent: the department does not matter. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::departments")]
    pub departments: Option<Vec<String>>,
    /// Whose e-mail address is in one of these domains, such as example.com; compared without case, and not the domains
    /// below them. Absent: the domain does not matter. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::email_domains")]
    pub email_domains: Option<Vec<String>>,
}

/// People who are named one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedPeople {
    /// ZoomUsers of the same connection: by name, or as namespace/name in another namespace. One that does not exist yet is
    /// waited for. Absent or empty: nobody by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::user_names")]
    pub users: Vec<String>,
    /// E-mail addresses; compared without case. Absent or empty: nobody by address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::emails")]
    pub emails: Vec<String>,
}

/// What becomes of members whom an object does not name.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum Membership {
    /// They stay.
    #[default]
    Additive,
    /// They are taken out.
    Exclusive,
}

/// What becomes of a group, role or contact group in Zoom when its object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Disposal {
    /// Delete: it is deleted in Zoom too, within the limits of the connection. Retain: it stays in Zoom as it is and is
    /// managed no more.
    pub policy: DisposalPolicy,
}

/// Whether something stays in Zoom when its object is deleted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum DisposalPolicy {
    /// It is deleted in Zoom too.
    Delete,
    /// It stays in Zoom as it is.
    Retain,
}

/// How many of those who are wanted somewhere are there.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendance {
    /// How many the object wants.
    pub wanted: i64,
    /// How many of them are there.
    pub present: i64,
    /// How many of them will be there by themselves: their ZoomUser or they in Zoom do not exist yet, they have not
    /// accepted their invitation, or they are inactive.
    pub waiting: i64,
    /// How many of them Zoom does not take.
    pub refused: i64,
    /// Some of those who are not there, at most 10 that are refused and 10 that are waited for. Absent: nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["who".to_owned()]))]
    pub missing: Vec<Missing>,
}

/// Somebody who is wanted and not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// Their ZoomUser or ZoomGroup as `namespace/name`, or their e-mail address.
    pub who: String,
    /// Waiting: they will be there by themselves. Refused: Zoom does not take them.
    pub state: MissingState,
    /// Why they are not there, and what to do.
    pub why: String,
}

/// Whether somebody who is missing will come by themselves.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum MissingState {
    /// They will be there by themselves.
    Waiting,
    /// Zoom does not take them.
    Refused,
}
