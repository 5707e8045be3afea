//! `ZoomRemoval`: a step that takes something away, or adds many people at once, written down before it runs.

#![expect(unreachable_pub, reason = "KubeSchema copies a public struct into a function body")]
#![expect(clippy::duplicated_attributes, reason = "printer columns share attributes' names and values")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Heir, LicenseType, LocalConnectionReference, Step, Transfer, schemas};

/// What a ZoomRemoval says besides the decision, which must decide on the very thing that was looked at.
const DECIDED_BEFORE: &[&str] = &[
    "class",
    "connectionRef",
    "count",
    "groups",
    "heir",
    "hold",
    "notBefore",
    "operations",
    "people",
    "person",
    "restore",
    "source",
    "target",
    "transfer",
];

/// A rule that each of `fields` is as it was. Written out, because the API server cannot estimate the cost of comparing
/// CEL's optional values and refuses them.
fn unchanged(fields: &[&str]) -> String {
    let rules: Vec<_> = fields
        .iter()
        .map(|field| {
            format!(
                "(has(self.{field}) ? has(oldSelf.{field}) && self.{field} == oldSelf.{field} : !has(oldSelf.{field}))"
            )
        })
        .collect();
    rules.join(" && ")
}

/// A step that takes something away, or adds many people at once.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "zoom-operator.dev",
    version = "v1alpha1",
    kind = "ZoomRemoval",
    namespaced,
    status = "ZoomRemovalStatus",
    derive = "PartialEq",
    shortname = "zrm",
    category = "zoom",
    doc = "A ZoomRemoval is a step that takes something away from a person, or adds many people at once, written down \
           before it runs. The operator writes them; a held one runs once its spec.decision is Approve, and deleting it \
           rejects it. One that a human writes removes a person at once.",
    printcolumn(name = "Person", type_ = "string", json_path = ".spec.person.email"),
    printcolumn(name = "Target", type_ = "string", json_path = ".spec.target.name"),
    printcolumn(name = "Count", type_ = "integer", json_path = ".spec.count"),
    printcolumn(name = "Class", type_ = "string", json_path = ".spec.class"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.reason"),
    printcolumn(name = "Wave", type_ = "string", json_path = r".metadata.labels.zoom-operator\.dev/wave"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Source", type_ = "string", json_path = ".spec.source.name", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.message", priority = 1),
    printcolumn(name = "Decision", type_ = "string", json_path = ".spec.decision", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.class == 'Membership' ? !has(self.person) : has(self.person) != has(self.people)",
    "write either person for one or people for several, and not both"
))]
#[x_kube(validation = (
    "self.class == 'Membership' ? has(self.target) && has(self.count) && has(self.source) \
     : !(has(self.target) || has(self.count))",
    "target, count and source go with the class Membership, which the operator alone writes: to take people out of a \
     group, edit or delete its object"
))]
#[x_kube(validation = (
    "self.class == (self.operations.exists(step, step.action in ['Deactivate', 'Unlink', 'Delete']) ? 'Access' \
     : self.operations.exists(step, step.action in ['RemoveMembers', 'RemoveAdmins', 'DeleteGroup', 'DeleteRole', \
     'DeleteContactGroup', 'RemoveGroups', 'TakePrivileges']) ? 'Membership' \
     : self.operations.exists(step, step.action == 'Create') ? 'Creation' \
     : self.operations.exists(step, step.action == 'SetEmail') ? 'Identity' : 'Entitlement')",
    "write the class that the operations belong to: Access with Deactivate, Unlink or Delete, Membership with \
     RemoveMembers, RemoveAdmins, RemoveGroups, TakePrivileges, DeleteGroup, DeleteRole or DeleteContactGroup, Creation \
     with Create, Identity with SetEmail, Entitlement with any other"
))]
#[x_kube(validation = (
    "!has(self.groups) || self.operations.exists(step, step.action == 'RemoveGroups')",
    "groups go with the action RemoveGroups alone"
))]
#[x_kube(validation = (
    "!self.operations.exists(step, step.action == 'Delete') || has(self.heir) || has(self.transfer)",
    "Delete must say what becomes of the person's data: write heir with the e-mail of who receives it, or transfer: \
     None if it may be lost"
))]
#[x_kube(validation = (
    "self.operations.exists(step, step.action in ['Delete', 'Unlink']) || !(has(self.heir) || has(self.transfer))",
    "heir and transfer go with the actions Delete and Unlink alone: leave them out, the person keeps their data"
))]
#[x_kube(validation = (
    "self.class == 'Membership' || has(self.people) == (self.class == 'Creation')",
    "write person with the classes Access, Entitlement and Identity, and people with the class Creation"
))]
#[x_kube(validation = (
    "!(has(self.heir) && has(self.transfer))",
    "write either heir or transfer: None, not both"
))]
#[x_kube(validation = (
    "!has(self.heir) || !has(self.person) || !has(self.heir.email) \
     || self.heir.email.lowerAscii() != self.person.email.lowerAscii()",
    "heir.email is the person's own address: write who else receives their data"
))]
#[x_kube(validation = Rule::new(unchanged(DECIDED_BEFORE)).message(
    "only decision, decidedBy and reason can be changed: delete this ZoomRemoval to reject it, and write another one for \
     another step"
))]
pub struct ZoomRemovalSpec {
    /// The connection of the Zoom account. Absent: the ZoomConnection `default` in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LocalConnectionReference")]
    pub connection_ref: Option<LocalConnectionReference>,

    /// Which of the connection's limits the step counts towards. Access: operations with Deactivate, Unlink or Delete.
    /// Membership: operations with RemoveMembers, RemoveGroups, RemoveAdmins, TakePrivileges, DeleteGroup, DeleteRole or
    /// DeleteContactGroup. Creation: operations with Create. Identity: operations with SetEmail. Entitlement: all others.
    pub class: Class,

    /// The person, where it is one. Absent: `people` says who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Person")]
    pub person: Option<Person>,

    /// The people, where they are several, such as those of a wave to be created. Absent: `person` says who. Cannot be
    /// empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub people: Option<Vec<ListedPerson>>,

    /// The groups that leave the target, a contact group, with everybody in them. Absent: with other actions than
    /// RemoveGroups. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 500))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub groups: Option<Vec<ListedGroup>>,

    /// The group, role or contact group that the people leave, or that goes itself. Absent: with other classes than
    /// Membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Target")]
    pub target: Option<Target>,

    /// How many people leave the target, or are in it if it goes itself: then `people` names some of them. What was counted
    /// later stands in `status.people`. Absent: with other classes than Membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64", range(min = 0))]
    pub count: Option<i64>,

    /// The object whose edit or deletion asked for the step. Absent: a human wrote this ZoomRemoval, or it is of the
    /// class Creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Source")]
    pub source: Option<Source>,

    /// What is done to each person, in this order. Cannot be empty.
    #[schemars(length(min = 1, max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub operations: Vec<Step>,

    /// Who receives the person's data; with Delete and Unlink alone. Absent: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Heir")]
    pub heir: Option<Heir>,

    /// None says that the data of the person may be lost. Absent: with Delete, `heir` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Transfer")]
    pub transfer: Option<Transfer>,

    /// Unlink and Delete do not run before this time, and where there is neither, nothing does. Absent: as soon as it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub not_before: Option<Time>,

    /// A legal hold of the person: Unlink and Delete never run, whoever approves. Absent: none. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 256))]
    pub hold: Option<String>,

    /// What the person had when this was written, for giving it back when the removal is taken back after it ran; what
    /// `status.restore` says goes before it. Absent: nothing was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Restore")]
    pub restore: Option<Restore>,

    /// A human's word that a held step may run. Absent: none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Decision")]
    pub decision: Option<Decision>,

    /// Who decided. Absent or empty: they did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 256))]
    pub decided_by: Option<String>,

    /// Why it was decided so. Absent or empty: they did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 1024))]
    pub reason: Option<String>,
}

/// The kinds of change that are counted and limited.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::Display,
    strum::VariantArray,
)]
pub enum Class {
    /// Somebody is deactivated, unlinked or deleted.
    Access,
    /// A licence or role is taken away.
    Entitlement,
    /// An e-mail address is changed.
    Identity,
    /// Somebody is taken out of a group.
    Membership,
    /// Somebody is created.
    Creation,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The person's id in Zoom. Absent: found by the e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 64))]
    pub id: Option<String>,
    /// The person's e-mail address; compared without case.
    #[schemars(schema_with = "schemas::email")]
    pub email: String,
}

/// A group, role or contact group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Which of them.
    pub kind: TargetKind,
    /// Its id in Zoom.
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// Its name in Zoom.
    #[schemars(length(max = 512))]
    pub name: String,
}

/// What people can be in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum TargetKind {
    /// A group.
    Group,
    /// A role.
    Role,
    /// A contact group.
    ContactGroup,
}

/// One of several people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedPerson {
    /// The person's id in Zoom. Absent: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 64))]
    pub id: Option<String>,
    /// The person's e-mail address; compared without case.
    #[schemars(schema_with = "schemas::email")]
    pub email: String,
    /// The ZoomUser that declares the person, as `namespace/name`. Absent: none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 317))]
    pub source: Option<String>,
}

/// One of several groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedGroup {
    /// Its id in Zoom.
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// Its name in Zoom.
    #[schemars(length(max = 512))]
    pub name: String,
}

/// The object whose edit or deletion asked for a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Its kind, such as ZoomUser.
    #[schemars(length(min = 1, max = 63))]
    pub kind: String,
    /// Its namespace.
    #[schemars(length(min = 1, max = 63))]
    pub namespace: String,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Its uid: an object of the same name that is created later is another one.
    #[schemars(length(min = 1, max = 64))]
    pub uid: String,
    /// The generation of its spec that asked.
    #[schemars(range(min = 1))]
    pub generation: i64,
    /// Whether it was deleted; otherwise its edit asks, as long as that stands. Absent: false.
    #[serde(default)]
    pub deleted: bool,
}

/// What a person had before a step. A role is never given back by itself.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Restore {
    /// The licence. Absent: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LicenseType")]
    pub license: Option<LicenseType>,
    /// The groups, in Zoom's order, at most 100. Absent: none, or not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".to_owned()]))]
    pub groups: Vec<FormerGroup>,
}

/// A group that a person was in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FormerGroup {
    /// Its id in Zoom.
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// Its name at that time, for people. Absent: the groups of the account were not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 256))]
    pub name: Option<String>,
}

/// A human's word on a held step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Decision {
    /// It may run. To reject, delete the ZoomRemoval.
    Approve,
}

/// How far a step is.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoomRemovalStatus {
    /// The generation of the spec that this status speaks of; -1 before the operator looked for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub observed_generation: Option<i64>,
    /// How far the step is. Settling: until nothing is added to its wave any more. Held: until somebody decides.
    /// Scheduled: until its time. Running: it is being carried out. Done: it was carried out. Refused: it cannot be.
    /// Cancelled: it is not wanted any more. Absent before the operator looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Phase")]
    pub phase: Option<Phase>,
    /// Why it is there, as one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// Why it is there, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub message: Option<String>,
    /// How many people the step turned out to concern, where that is more than `spec.count`: so many count towards the
    /// limits. Absent: no more than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub people: Option<i64>,
    /// Which person in Zoom had the address of `spec.person` when the first step ran: the later steps are for nobody else.
    /// Absent: `spec.person.id` says it, nothing ran yet, or Zoom had no id for them yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// What the person had right before their access was taken, for giving it back should they return. Absent: as
    /// `spec.restore` says, or they had no access any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Restore")]
    pub restore: Option<Restore>,
    /// When it was agreed that it runs at `spec.notBefore`; from then on the step counts towards the limits. Absent before, and
    /// where it did not have to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub scheduled_at: Option<Time>,
    /// When the first call to Zoom was made; from then on the step counts towards the limits. Absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub started_at: Option<Time>,
    /// When it came to its end. Absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub ended_at: Option<Time>,
    /// Whether a human has approved it, also where that was withdrawn. Absent: nobody did, or it was not told yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub approved: Option<bool>,
    /// Who decided, as `spec.decidedBy` said when the step ran. Absent: nobody, or they did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub decided_by: Option<String>,
    /// Ready, and while they apply Reconciling or Stalled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
}

/// How far a step is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum Phase {
    /// Waits until nothing is added to its wave any more.
    Settling,
    /// Waits for a decision.
    Held,
    /// Waits for its time.
    Scheduled,
    /// Is being carried out.
    Running,
    /// Was carried out.
    Done,
    /// Cannot be carried out.
    Refused,
    /// Is not wanted any more.
    Cancelled,
}

impl Phase {
    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Settling | Self::Held | Self::Scheduled | Self::Running => false,
            Self::Done | Self::Refused | Self::Cancelled => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_besides_the_decision_is_decided_before() {
        let crd = <ZoomRemoval as kube::CustomResourceExt>::crd();
        let schema = serde_json::to_value(&crd.spec.versions[0].schema).unwrap();
        let fields = schema["openAPIV3Schema"]["properties"]["spec"]["properties"].as_object().unwrap();
        let mut fields: Vec<_> = fields.keys().map(String::as_str).collect();
        fields.retain(|field| !["decision", "decidedBy", "reason"].contains(field));
        fields.sort_unstable();
        assert_eq!(fields, DECIDED_BEFORE);
    }
}
