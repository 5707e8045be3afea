//! `ZoomContactGroup`: a group in the contact lists of a Zoom account.

#![expect(unreachable_pub, reason = "KubeSchema copies a public struct into a function body")]
#![expect(clippy::duplicated_attributes, reason = "printer columns share attributes' names and values")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Attendance, ConnectionReference, Disposal, Membership, Origin, schemas};

/// A group in the contact lists of a Zoom account.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "zoom-operator.dev",
    version = "v1alpha1",
    kind = "ZoomContactGroup",
    namespaced,
    status = "ZoomContactGroupStatus",
    derive = "PartialEq",
    shortname = "zcg",
    category = "zoom",
    doc = "A ZoomContactGroup is a group in the contact lists of a Zoom account: who finds whom. Only what it declares is \
           managed. Deleting it deletes the contact group in Zoom if the operator created it, and otherwise leaves it there.",
    printcolumn(name = "Group", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Privacy", type_ = "string", json_path = ".spec.privacy"),
    printcolumn(name = "Wanted", type_ = "integer", json_path = ".status.members.wanted"),
    printcolumn(name = "Present", type_ = "integer", json_path = ".status.members.present"),
    printcolumn(name = "Waiting", type_ = "integer", json_path = ".status.members.waiting"),
    printcolumn(name = "Refused", type_ = "integer", json_path = ".status.members.refused"),
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
    "connectionRef cannot be changed: delete this ZoomContactGroup and create one that names the other connection"
))]
#[x_kube(validation = (
    "has(self.connectionRef) && has(self.connectionRef.__namespace__) \
     ? has(oldSelf.connectionRef) && has(oldSelf.connectionRef.__namespace__) \
       && self.connectionRef.__namespace__ == oldSelf.connectionRef.__namespace__ \
     : !(has(oldSelf.connectionRef) && has(oldSelf.connectionRef.__namespace__))",
    "connectionRef cannot be changed: delete this ZoomContactGroup and create one that names the other connection"
))]
#[x_kube(validation = (
    "self.membership != 'Exclusive' || (has(self.members) && \
     (has(self.members.users) && size(self.members.users) > 0 \
     || has(self.members.emails) && size(self.members.emails) > 0 \
     || has(self.members.groups) && size(self.members.groups) > 0))",
    "with membership: Exclusive nobody else may stay, and Zoom keeps no contact group without a member: name at least one \
     in members, or leave membership out"
))]
pub struct ZoomContactGroupSpec {
    /// The connection of the Zoom account. Cannot be changed, added or taken away later. Absent: the ZoomConnection
    /// `default` in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConnectionReference")]
    pub connection_ref: Option<ConnectionReference>,

    /// The contact group's name in Zoom; compared without case. One of this name that is there already is taken over. A
    /// change renames the same contact group.
    #[schemars(schema_with = "schemas::group_name")]
    pub name: String,

    /// What the contact group is for, for people who look at it in Zoom. Absent: not managed. Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 512))]
    pub description: Option<String>,

    /// Who sees and finds the contact group. Public: anyone. Searchable: members see it, anyone finds it. Private: members
    /// see and find it. Absent: Zoom's choice at creation, and not managed from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Privacy")]
    pub privacy: Option<Privacy>,

    /// Who belongs to the contact group. Absent: members are not managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ContactMembers")]
    pub members: Option<ContactMembers>,

    /// What becomes of members whom this object does not name. Additive: they stay, and only whom this object once put in
    /// is taken out again. Exclusive: they are taken out, within the limits of the connection. Absent: Additive.
    #[serde(default)]
    pub membership: Membership,

    /// What becomes of the contact group in Zoom when this object is deleted. Absent: it is deleted if the operator created
    /// it, and stays if it was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Disposal")]
    pub removal: Option<Disposal>,
}

/// Who sees and finds a contact group.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum Privacy {
    /// Anyone sees and finds it.
    Public,
    /// Members see it, anyone finds it.
    Searchable,
    /// Members see and find it.
    Private,
}

/// Who belongs to a contact group: everybody whom at least one of the parts names. Zoom keeps at least one member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactMembers {
    /// ZoomUsers of the same connection: by name, or as namespace/name in another namespace. One that does not exist yet is
    /// waited for, and status says so. Absent or empty: nobody by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::user_names")]
    pub users: Vec<String>,
    /// E-mail addresses of people whom no ZoomUser has to declare; compared without case. Absent or empty: nobody by
    /// address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::emails")]
    pub emails: Vec<String>,
    /// ZoomGroups of the same namespace and connection by name: all members of the group, present and future. One that does
    /// not exist yet is waited for, and status says so. Absent or empty: no group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::group_names")]
    pub groups: Vec<String>,
}

/// What the operator found and did at last.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoomContactGroupStatus {
    /// The generation of the spec that this status speaks of; -1 before the operator looked for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation `zoom-operator.dev/requested-at` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_handled_requested_at: Option<String>,
    /// The contact group's id in Zoom. Absent before it was found or created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// Whether this operator created the contact group or found it. Absent before either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Origin")]
    pub origin: Option<Origin>,
    /// Present with the value true when the contact group is about to be created: from then on, one that is found by this
    /// name was created here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub creating: Option<bool>,
    /// The last generation of the spec at which the contact group was there. If it is missing afterwards, somebody deleted it in Zoom,
    /// and only a newer edit brings it back. Absent before it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub seen_generation: Option<i64>,
    /// How many of the wanted members are in; a group counts as one. Absent before the operator looked, or where members
    /// are not managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Attendance")]
    pub members: Option<Attendance>,
    /// Whom this object put into the contact group, by their id in Zoom: they are taken out when it does not name them any
    /// more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub added: Vec<String>,
    /// The groups that this object put into the contact group, by their id in Zoom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub added_groups: Vec<String>,
    /// Ready, and while they apply Reconciling, Stalled or Held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
}
