//! `ZoomRole`: a role of a Zoom account, and what it permits.

#![expect(unreachable_pub, reason = "KubeSchema copies a public struct into a function body")]
#![expect(clippy::duplicated_attributes, reason = "printer columns share attributes' names and values")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::{Disposal, LocalConnectionReference, Origin, schemas};

/// A role of a Zoom account, and what it permits.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "zoom-operator.dev",
    version = "v1alpha1",
    kind = "ZoomRole",
    namespaced,
    status = "ZoomRoleStatus",
    derive = "PartialEq",
    shortname = "zr",
    category = "zoom",
    doc = "A ZoomRole is a role of a Zoom account, and what it permits. Who holds it is said by spec.role of the ZoomUsers. \
           Deleting it deletes the role in Zoom if the operator created it and nobody holds it any more.",
    printcolumn(name = "Role", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Holders", type_ = "integer", json_path = ".status.holders"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Id", type_ = "string", json_path = ".status.id", priority = 1),
    printcolumn(name = "Connection", type_ = "string", json_path = ".spec.connectionRef.name", priority = 1),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "(has(self.connectionRef) ? self.connectionRef.name : 'default') \
     == (has(oldSelf.connectionRef) ? oldSelf.connectionRef.name : 'default')",
    "connectionRef cannot be changed: delete this ZoomRole and create one that names the other connection"
))]
pub struct ZoomRoleSpec {
    /// The connection of the Zoom account, in the same namespace: what a role permits is decided where the account is. Cannot
    /// be changed, added or taken away later. Absent: the ZoomConnection `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LocalConnectionReference")]
    pub connection_ref: Option<LocalConnectionReference>,

    /// The role's name in Zoom; compared without case. Not one of Zoom's own: Owner, Admin, Member. A role of this name that
    /// is there already is taken over. A change renames the same role.
    #[schemars(schema_with = "schemas::custom_role_name")]
    pub name: String,

    /// What the role is for, for people who look at it in Zoom. Absent: not managed. Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 512))]
    pub description: Option<String>,

    /// What the role permits, as Zoom names it, such as User:Read. All of it: what is not written here is taken away.
    /// Absent: not managed, and nothing at creation. Empty: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::privileges")]
    pub privileges: Option<Vec<String>>,

    /// What becomes of the role in Zoom when this object is deleted. Absent: it is deleted if the operator created it, and
    /// stays if it was there before. A role that people hold is never deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Disposal")]
    pub removal: Option<Disposal>,
}

/// What the operator found and did at last.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoomRoleStatus {
    /// The generation of the spec that this status speaks of; -1 before the operator looked for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation `zoom-operator.dev/requested-at` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_handled_requested_at: Option<String>,
    /// The role's id in Zoom. Absent before it was found or created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// Whether this operator created the role or found it. Absent before either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Origin")]
    pub origin: Option<Origin>,
    /// Present with the value true when the role is about to be created: from then on, one that is found by this name was
    /// created here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub creating: Option<bool>,
    /// The last generation of the spec at which the role was there. If it is missing afterwards, somebody deleted it in Zoom,
    /// and only a newer edit brings it back. Absent before it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub seen_generation: Option<i64>,
    /// How many people hold the role in Zoom. Absent before the operator looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub holders: Option<i64>,
    /// Ready, and while they apply Reconciling, Stalled or Held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
}
