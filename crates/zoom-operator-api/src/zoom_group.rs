//! `ZoomGroup`: a group of a Zoom account, and who belongs to it.

#![expect(unreachable_pub, reason = "KubeSchema copies a public struct into a function body")]
#![expect(clippy::duplicated_attributes, reason = "printer columns share attributes' names and values")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::{Attendance, ConnectionReference, Disposal, Members, Membership, NamedPeople, Origin, schemas};

/// A group of a Zoom account, and who belongs to it.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "zoom-operator.dev",
    version = "v1alpha1",
    kind = "ZoomGroup",
    namespaced,
    status = "ZoomGroupStatus",
    derive = "PartialEq",
    shortname = "zg",
    category = "zoom",
    doc = "A ZoomGroup is a group of a Zoom account, and who belongs to it. Only what it declares is managed. Deleting it \
           deletes the group in Zoom if the operator created it, and otherwise leaves it there.",
    printcolumn(name = "Group", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Wanted", type_ = "integer", json_path = ".status.members.wanted"),
    printcolumn(name = "Present", type_ = "integer", json_path = ".status.members.present"),
    printcolumn(name = "Waiting", type_ = "integer", json_path = ".status.members.waiting"),
    printcolumn(name = "Refused", type_ = "integer", json_path = ".status.members.refused"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Membership", type_ = "string", json_path = ".spec.membership", priority = 1),
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
    "connectionRef cannot be changed: delete this ZoomGroup and create one that names the other connection"
))]
#[x_kube(validation = (
    "has(self.connectionRef) && has(self.connectionRef.__namespace__) \
     ? has(oldSelf.connectionRef) && has(oldSelf.connectionRef.__namespace__) \
       && self.connectionRef.__namespace__ == oldSelf.connectionRef.__namespace__ \
     : !(has(oldSelf.connectionRef) && has(oldSelf.connectionRef.__namespace__))",
    "connectionRef cannot be changed: delete this ZoomGroup and create one that names the other connection"
))]
#[x_kube(validation = (
    "self.membership != 'Exclusive' || has(self.members)",
    "with membership: Exclusive nobody else may stay in the group, so write members, or leave membership out"
))]
pub struct ZoomGroupSpec {
    /// The connection of the Zoom account. Cannot be changed, added or taken away later. Absent: the ZoomConnection
    /// `default` in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConnectionReference")]
    pub connection_ref: Option<ConnectionReference>,

    /// The group's name in Zoom; compared without case. A group of this name that is there already is taken over. A change
    /// renames the same group.
    #[schemars(schema_with = "schemas::group_name")]
    pub name: String,

    /// Who belongs to the group. Absent: members are not managed. Empty: nobody is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Members")]
    pub members: Option<Members>,

    /// What becomes of members whom this object does not name. Additive: they stay, and only whom this object once put in
    /// is taken out again. Exclusive: they are taken out, within the limits of the connection. Absent: Additive.
    #[serde(default)]
    pub membership: Membership,

    /// Who administers the group; by name or address alone, so that nobody becomes an administrator by a label. Absent:
    /// administrators are not managed. Empty: nobody is wanted. `membership` decides about administrators whom this object
    /// does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NamedPeople")]
    pub admins: Option<NamedPeople>,

    /// Members whose primary group this is: its settings apply to them before those of their other groups. Zoom
    /// lists the primary group of a person first. Absent or empty: nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NamedPeople")]
    pub primary_for: Option<NamedPeople>,

    /// What becomes of the group in Zoom when this object is deleted. Absent: it is deleted if the operator created it, and
    /// stays if it was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Disposal")]
    pub removal: Option<Disposal>,
}

/// What the operator found and did at last.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoomGroupStatus {
    /// The generation of the spec that this status speaks of; -1 before the operator looked for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation `zoom-operator.dev/requested-at` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_handled_requested_at: Option<String>,
    /// The group's id in Zoom. Absent before it was found or created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// Whether this operator created the group or found it. Absent before either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Origin")]
    pub origin: Option<Origin>,
    /// Present with the value true when the group is about to be created: from then on, one that is found by this name was
    /// created here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub creating: Option<bool>,
    /// The last generation of the spec at which the group was there. If it is missing afterwards, somebody deleted it in Zoom,
    /// and only a newer edit brings it back. Absent before it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub seen_generation: Option<i64>,
    /// How many of the wanted members are in. Absent before the operator looked, or where members are not managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Attendance")]
    pub members: Option<Attendance>,
    /// How many of the wanted administrators administer the group. Absent before the operator looked, or where they are not
    /// managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Attendance")]
    pub admins: Option<Attendance>,
    /// Whom this object put into the group, by their id in Zoom: they are taken out when it does not name them any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub added: Vec<String>,
    /// Whom this object made an administrator of the group, by their e-mail address: Zoom shows no ids of administrators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub added_admins: Vec<String>,
    /// Ready, and while they apply Reconciling, Stalled or Held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
}
