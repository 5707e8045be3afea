//! `ZoomUser`: a person who should be in a Zoom account.

#![expect(unreachable_pub, reason = "KubeSchema copies a public struct into a function body")]
#![expect(clippy::duplicated_attributes, reason = "printer columns share attributes' names and values")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ConnectionReference, Duration, FormerGroup, schemas};

/// A person who should be in a Zoom account.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "zoom-operator.dev",
    version = "v1alpha1",
    kind = "ZoomUser",
    namespaced,
    status = "ZoomUserStatus",
    derive = "PartialEq",
    shortname = "zu",
    category = "zoom",
    doc = "A ZoomUser is a person who should be in a Zoom account. Only the fields that it declares are managed. \
           Deleting it removes the person as spec.removal says.",
    printcolumn(name = "Email", type_ = "string", json_path = ".spec.email"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "License", type_ = "string", json_path = ".status.license"),
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
    "connectionRef cannot be changed: delete this ZoomUser and create one that names the other connection"
))]
#[x_kube(validation = (
    "!has(self.previousEmails) || !self.previousEmails.exists(former, former.lowerAscii() == self.email.lowerAscii())",
    "previousEmails has the person's present address: write those that they had before"
))]
#[x_kube(validation = (
    "has(self.connectionRef) && has(self.connectionRef.__namespace__) \
     ? has(oldSelf.connectionRef) && has(oldSelf.connectionRef.__namespace__) \
       && self.connectionRef.__namespace__ == oldSelf.connectionRef.__namespace__ \
     : !(has(oldSelf.connectionRef) && has(oldSelf.connectionRef.__namespace__))",
    "connectionRef cannot be changed: delete this ZoomUser and create one that names the other connection"
))]
#[x_kube(validation = (
    "!has(self.removal) || !has(self.removal.heir) \
     || (!has(self.removal.heir.email) || self.removal.heir.email.lowerAscii() != self.email.lowerAscii()) \
     && (!has(self.removal.heir.fallback) || self.removal.heir.fallback.lowerAscii() != self.email.lowerAscii())",
    "removal.heir names the person's own address: write who else receives their data"
))]
pub struct ZoomUserSpec {
    /// The connection of the Zoom account. Cannot be changed, added or taken away later. Absent: the ZoomConnection
    /// `default` in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConnectionReference")]
    pub connection_ref: Option<ConnectionReference>,

    /// The address that the person signs in with; compared without case. A change is a new address of the same person.
    #[schemars(schema_with = "schemas::email")]
    pub email: String,

    /// Addresses that the person had before, at most 10: lets a manifest that was renamed and given another address at once
    /// keep its person. Absent or empty: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::former_emails")]
    pub previous_emails: Vec<String>,

    /// Absent: not managed. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::name")]
    pub first_name: Option<String>,

    /// Absent: not managed. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::name")]
    pub last_name: Option<String>,

    /// Absent: not managed. Empty: Zoom derives it from the first and last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::display_name")]
    pub display_name: Option<String>,

    /// Absent: Basic at creation, and not managed from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "License")]
    pub license: Option<License>,

    /// The role by its name in Zoom, such as Member or Admin; never Owner. Absent: not managed. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::role")]
    pub role: Option<String>,

    /// Whether the person can sign in. False deactivates the person and keeps this object. Absent: true.
    #[serde(default = "active")]
    pub active: bool,

    /// The last day on which the person can sign in, such as 2027-03-31; from midnight UTC after it they are deactivated as
    /// if `active` were false. Absent: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::date")]
    pub active_until: Option<String>,

    /// Absent: nothing of it is managed. Empty: likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Profile")]
    pub profile: Option<Profile>,

    /// How the person is created. Absent: as the connection says; if that says nothing either, the person is not created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Creation")]
    pub creation: Option<Creation>,

    /// What becomes of the person when this object is deleted. Absent: as the connection says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Removal")]
    pub removal: Option<Removal>,

    /// What is done when something that was as declared was changed in Zoom: Correct puts it right, Report says so and leaves
    /// it. Absent: as the connection says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Drift")]
    pub drift: Option<Drift>,

    /// Fields that are left as they are in Zoom once the person is there, by their path in the spec: license, role,
    /// firstName, profile.jobTitle, profile.phoneNumbers, profile.customAttributes[KEY] and so on. Absent or empty: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schemas::field_paths")]
    pub ignore_fields: Vec<String>,

    /// Whether this object is left alone for now: nothing is done to its person, and it says what it knows. Absent: false.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,

    /// A legal hold, by its name or case number: the person is neither unlinked nor deleted, whoever approves it; they are
    /// deactivated instead. It goes with the ZoomRemoval when this object is deleted. Absent: none. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 256))]
    pub hold: Option<String>,
}

fn active() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// What the person may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct License {
    /// Basic has no cost and short meetings, Licensed takes a seat, Unassigned has no meetings at all.
    #[serde(rename = "type")]
    pub type_: LicenseType,
}

/// A licence for meetings.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum LicenseType {
    /// No cost, short meetings.
    Basic,
    /// Takes a seat of the subscription.
    Licensed,
    /// No meetings at all.
    Unassigned,
}

/// What Zoom shows of the person. Every field: absent is not managed. A pending or inactive person's profile cannot be
/// changed in Zoom; it follows when they are active.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub job_title: Option<String>,
    /// Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub department: Option<String>,
    /// Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub company: Option<String>,
    /// Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub location: Option<String>,
    /// Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub cost_center: Option<String>,
    /// The e-mail address of the manager, a person of the same account. Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::email_or_empty")]
    pub manager: Option<String>,
    /// The language of Zoom's own texts, such as en-US. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::language")]
    pub language: Option<String>,
    /// The IANA name of the time zone, such as Europe/London. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::timezone")]
    pub timezone: Option<String>,
    /// Empty: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub pronouns: Option<String>,
    /// Whether others see the pronouns in meetings. Ask: the person is asked each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PronounsOption")]
    pub pronouns_option: Option<PronounsOption>,
    /// The last part of the personal link, such as ada of https://zoom.us/my/ada; nobody else in the account may have it.
    /// Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 40))]
    pub vanity_name: Option<String>,
    /// The personal meeting id, ten digits. People with the license Unassigned have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1_000_000_000_i64, max = 9_999_999_999_i64))]
    pub personal_meeting_id: Option<i64>,
    /// Whether instant meetings have the personal meeting id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_personal_meeting_id: Option<bool>,
    /// The id of the division that the person is in, which `GET /divisions` of Zoom's API lists. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub division_id: Option<String>,
    /// The id of the person in a content management system such as Kaltura. Empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub cms_user_id: Option<String>,
    /// All phone numbers of the person, at most 3. Empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 3))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    #[x_kube(validation = (
        "self.all(one, self.exists_one(other, other.label == one.label && other.number == one.number))",
        "write each phone number once for each label"
    ))]
    pub phone_numbers: Option<Vec<PhoneNumber>>,
    /// The person's values of attributes that the account defines, at most 5. Attributes that are not listed are not
    /// managed, so empty manages none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["key".to_owned()]))]
    pub custom_attributes: Option<Vec<CustomAttribute>>,
}

/// Whether others see somebody's pronouns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
pub enum PronounsOption {
    /// The person is asked each time.
    Ask,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A phone number in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneNumber {
    /// What the number is for.
    pub label: PhoneLabel,
    /// The country in two letters, such as GB.
    #[schemars(schema_with = "schemas::country")]
    pub country: String,
    /// The calling code, such as +44.
    #[schemars(schema_with = "schemas::calling_code")]
    pub code: String,
    /// The digits after the calling code.
    #[schemars(schema_with = "schemas::phone_number")]
    pub number: String,
}

/// What a phone number is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum PhoneLabel {
    /// A mobile phone.
    Mobile,
    /// At work.
    Office,
    /// At home.
    Home,
    /// A fax machine.
    Fax,
}

/// The person's value of an attribute that the account defines.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomAttribute {
    /// The attribute's key in Zoom.
    #[schemars(length(min = 1, max = 256))]
    pub key: String,
    /// The attribute's name in Zoom.
    #[schemars(length(min = 1, max = 256))]
    pub name: String,
    /// Empty: cleared.
    #[schemars(length(max = 256))]
    pub value: String,
}

/// How a person is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Creation {
    /// Invite: Zoom sends a mail, and the person is pending until they accept. AutoCreate: active at once, needs a managed
    /// domain. Sso: active at once, needs single sign-on with pre-provisioning. NoLogin: cannot sign in, for integrators.
    /// Wait: not created here; the operator waits for the person to appear.
    pub method: CreationMethod,
}

/// Zoom's ways to create a person.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum CreationMethod {
    /// Zoom sends an invitation; the person is pending until they accept it.
    Invite,
    /// Active at once with a password that nobody knows; needs a managed domain.
    AutoCreate,
    /// Active at once and signs in by single sign-on; needs it to be set up with pre-provisioning.
    Sso,
    /// Active at once and cannot sign in; for integrators whose account has this right.
    NoLogin,
    /// Not created: somebody else, such as single sign-on, does it, and the operator waits for the person to appear.
    Wait,
}

/// What becomes of a person whose object is deleted.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "self.policy != 'Delete' || has(self.heir) || has(self.transfer)",
    "Delete must say what becomes of the person's data: write heir with the e-mail of who receives it, or transfer: \
     None if it may be lost"
))]
#[x_kube(validation = (
    "self.policy in ['Delete', 'Unlink'] || !(has(self.heir) || has(self.transfer))",
    "heir and transfer go with the policies Delete and Unlink alone: leave them out, the person keeps their data"
))]
#[x_kube(validation = (
    "!(has(self.heir) && has(self.transfer))",
    "write either heir or transfer: None, not both"
))]
#[x_kube(validation = (
    "self.policy in ['Delete', 'Unlink'] || !has(self.after)",
    "after goes with the policies Delete and Unlink alone: leave it out"
))]
pub struct Removal {
    /// Retain: the person stays as they are and is managed no more. Downgrade: stays with the licence Basic. Deactivate: stays, cannot sign in, and frees the
    /// licence. Unlink: leaves the account and keeps a free Zoom account of their own. Delete: the person and their data
    /// are deleted for good. For Unlink and Delete the connection must allow delete.
    pub policy: RemovalPolicy,
    /// How long the person is deactivated before they are unlinked or deleted, such as 30d; with Delete and Unlink alone.
    /// Declaring the person again in that time brings them back. Absent: they go at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub after: Option<Duration>,
    /// Who receives the person's data; with Delete and Unlink alone. Absent: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Heir")]
    pub heir: Option<Heir>,
    /// None says that the data of the person may be lost. Absent: with Delete, `heir` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Transfer")]
    pub transfer: Option<Transfer>,
}

/// What becomes of a person.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum RemovalPolicy {
    /// The person stays as they are and is managed no more.
    Retain,
    /// The person stays with the licence Basic, which frees the seat, and is managed no more.
    Downgrade,
    /// The person stays in the account but cannot sign in, and their licence is free again.
    Deactivate,
    /// The person leaves the account and keeps a free Zoom account of their own. The connection must allow delete.
    Unlink,
    /// The person and their data are deleted for good. The connection must allow delete.
    Delete,
}

/// Who receives a person's data. They must be active in the account when the person goes.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "has(self.email) != (has(self.manager) && self.manager)",
    "write either email or manager: true"
))]
pub struct Heir {
    /// The e-mail address of a person of the same account. Absent: `manager` says who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::email")]
    pub email: Option<String>,
    /// Whether it is the person's manager, as Zoom shows them when the person goes. Absent: false.
    #[serde(default, skip_serializing_if = "is_false")]
    pub manager: bool,
    /// The e-mail address of whoever receives it if the one named first is not active in the account then. Absent: nobody,
    /// and the person is not removed before the one named first is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::email")]
    pub fallback: Option<String>,
    /// What they receive. Absent: all of it. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub receives: Option<Vec<Data>>,
}

/// Data of a person that Zoom can hand over.
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
pub enum Data {
    /// Meetings to come.
    Meetings,
    /// Webinars to come.
    Webinars,
    /// Cloud recordings.
    Recordings,
    /// Whiteboards.
    Whiteboards,
    /// Clips.
    Clips,
    /// Notes.
    Notes,
    /// Visitor invitations.
    Visitors,
    /// Docs.
    Docs,
}

/// What is handed over where there is no heir.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Transfer {
    /// Nothing: the data may be lost.
    None,
}

/// What the operator found and did at last.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoomUserStatus {
    /// The generation of the spec that this status speaks of; -1 before the operator looked for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation `zoom-operator.dev/requested-at` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_handled_requested_at: Option<String>,
    /// The person's id in Zoom. Absent before they were found as an active or inactive person; an invited one has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub id: Option<String>,
    /// The e-mail address that the person had in Zoom when last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub email: Option<String>,
    /// Whether this operator created the person or found them. Absent before either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Origin")]
    pub origin: Option<Origin>,
    /// How the person stands in Zoom. Creating: about to be created. Pending: invited, has not accepted yet. Active: can
    /// sign in. Inactive: in the account, cannot sign in. Absent: not in the account. The field is absent before the
    /// operator looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "State")]
    pub state: Option<State>,
    /// The licence that the person had in Zoom when last seen. Absent if it is none that this version knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LicenseType")]
    pub license: Option<LicenseType>,
    /// The name of the role that the person had in Zoom when last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub role: Option<String>,
    /// The last generation of the spec whose wish for access (that the person exists, that they are active) was carried
    /// out. A person found inactive or gone afterwards was disabled in Zoom, and only a newer edit brings them back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub access_generation: Option<i64>,
    /// The last generation of the spec that Zoom was seen to hold whole. What differs while it is the present one was changed
    /// in Zoom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub synced_generation: Option<i64>,
    /// Since when the person has been seen as pending. Absent if they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub pending_since: Option<Time>,
    /// What was changed in Zoom. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Drifted")]
    pub drift: Option<Drifted>,
    /// When this operator created the person. Absent for adopted people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub created_at: Option<Time>,
    /// The licence that the person had before they were deactivated, until they have it again. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LicenseType")]
    pub restore: Option<LicenseType>,
    /// The groups that the person was in before they were deactivated, until they are in them again. Absent otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".to_owned()]))]
    pub restore_groups: Vec<FormerGroup>,
    /// The licence that `userDefaults` of the connection gave when Zoom was last seen to hold the object whole: if they give
    /// another one now, that is no drift. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LicenseType")]
    pub default_license: Option<LicenseType>,
    /// Whether the person has a Zoom account elsewhere and was asked to move. Absent: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// Fields that Zoom accepted without effect, by their path in the spec, such as `profile.pronouns`. They are not sent
    /// again before an edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub not_applied: Vec<String>,
    /// Ready, and while they apply Reconciling or Stalled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
}

/// What is done when something that was as declared was changed in Zoom.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum Drift {
    /// It is put right.
    #[default]
    Correct,
    /// It is said, and left.
    Report,
}

/// What was changed in Zoom.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drifted {
    /// The fields, by their path in the spec.
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub fields: Vec<String>,
    /// Since when these fields have been seen to differ.
    pub since: Time,
}

/// How a person came under the care of an object.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum Origin {
    /// This operator created the person for this object.
    Created,
    /// The person was in the account already.
    Adopted,
}

/// How a person stands in Zoom.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum State {
    /// Written before the call that creates the person: from then on, who is found at the address was created here.
    Creating,
    /// Invited, has not accepted yet.
    Pending,
    /// Can sign in.
    Active,
    /// In the account, cannot sign in.
    Inactive,
    /// Not in the account.
    Absent,
}
