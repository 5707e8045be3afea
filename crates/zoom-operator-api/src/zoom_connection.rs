//! `ZoomConnection`: one Zoom account, and how it may be changed.

#![expect(unreachable_pub, reason = "KubeSchema copies a public struct into a function body")]
#![expect(clippy::duplicated_attributes, reason = "printer columns share attributes' names and values")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector, Time};
use kube::{CustomResource, KubeSchema};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    Account, Class, Creation, CreationMethod, Drift, Duration, License, LicenseType, PeopleCount, PlanSummary, Seats,
    SecretReference, Spent, schemas,
};

/// How one Zoom account is reached and what may be done to it.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "zoom-operator.dev",
    version = "v1alpha1",
    kind = "ZoomConnection",
    namespaced,
    status = "ZoomConnectionStatus",
    derive = "PartialEq",
    shortname = "zconn",
    category = "zoom",
    doc = "A ZoomConnection is one Zoom account: how to reach it, who is created in it and how, and how many people a \
           mistake may reach. Deleting it removes nobody from Zoom.",
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode"),
    printcolumn(name = "People", type_ = "integer", json_path = ".status.people.managed"),
    printcolumn(name = "Held", type_ = "integer", json_path = ".status.people.held"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountId", priority = 1),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1
    ),
    printcolumn(name = "Last listing", type_ = "date", json_path = ".status.lastListing", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = (
    "!(has(self.cloud) && has(self.endpoints))",
    "write cloud for one of Zoom's own clouds or endpoints for hosts of your own, not both"
))]
pub struct ZoomConnectionSpec {
    /// The id of the Zoom account. Cannot be changed: another account is another ZoomConnection.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = (
        "self == oldSelf",
        "accountId cannot be changed: create another ZoomConnection for the other account"
    ))]
    pub account_id: String,

    /// How the operator proves to Zoom who it is: a server-to-server OAuth app of the account.
    pub credentials: Credentials,

    /// Which of Zoom's clouds the account lives in. Absent: Commercial, or the hosts that `endpoints` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Cloud")]
    pub cloud: Option<Cloud>,

    /// Hosts to speak to instead of Zoom's own, such as a simulator. Only hosts that the operator was started with
    /// permission for are spoken to. Absent: the hosts of `cloud`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Endpoints")]
    pub endpoints: Option<Endpoints>,

    /// Which objects may use this connection, and for what: an object is covered if one of the rules covers all of it. Others
    /// say NotPermitted, and nothing follows from them. Absent: the objects in this namespace, for everything. Empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub access: Option<Vec<AccessRule>>,

    /// How much the operator does. Enforce carries everything out. HoldRemovals holds what takes away until the
    /// mode is changed. Plan reads the account and reports what it would do. Suspend neither reads nor writes. Absent: Enforce.
    #[serde(default)]
    pub mode: Mode,

    /// Which kinds of change are made at all; others are planned and reported, never carried out. Absent: create, update
    /// and deactivate are, delete is not.
    #[serde(default)]
    pub allow: Allow,

    /// How people are created whose ZoomUser does not say it. Absent: nobody is created unless their ZoomUser says how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConnectionCreation")]
    pub creation: Option<ConnectionCreation>,

    /// What people are given whose ZoomUser does not say it, by the labels of the ZoomUser: the first entry whose selector
    /// fits each. These go before `creation` and `removal`. Absent or empty: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub user_defaults: Vec<UserDefault>,

    /// What is done when something that was as declared was changed in Zoom: Correct puts it right, Report says so and
    /// leaves it. Access is never given back. Absent: Correct.
    #[serde(default)]
    pub drift: Drift,

    /// Whether a ZoomUser takes over a person who is in the account already. ByEmail: the person who has its e-mail
    /// address. Never: it says that the address is taken and changes nothing. Absent: ByEmail.
    #[serde(default)]
    pub adoption: Adoption,

    /// What becomes of people whose ZoomUser is deleted and did not say it. Absent: they are deactivated.
    #[serde(default)]
    pub removal: DefaultRemoval,

    /// People from whom nothing is taken, whoever asks or approves: no access, no licence, no role, no address. The
    /// account's owner always is one of them. Absent or empty: the owner alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Protected")]
    pub protected: Option<Protected>,

    /// How many people a wave of changes may reach before a human is asked. Absent: the defaults of its parts.
    #[serde(default)]
    pub guard: Guard,

    /// How many calls may be made. Absent: half of what Zoom gives an account on the Pro plan.
    #[serde(default)]
    pub rate_limit: RateLimit,

    /// How often the account is listed and drift is looked for; at least 30s. Absent: 10m.
    #[serde(default = "ten_minutes")]
    #[x_kube(validation = (
        "self.matches('^([1-9][0-9]*[mhd]|[3-9][0-9]s|[1-9][0-9]{2,}s)$')",
        "write 30s or more, such as 10m: every listing costs calls of Zoom's limits"
    ))]
    pub resync_interval: Duration,
}

impl ZoomConnectionSpec {
    /// The cloud whose hosts and sign-in are used unless `endpoints` names others.
    #[must_use]
    pub fn cloud(&self) -> Cloud {
        self.cloud.unwrap_or_default()
    }
}

fn ten_minutes() -> Duration {
    Duration::minutes(10)
}

/// Where the credentials are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The Secret with the client id and client secret, in the namespace of the ZoomConnection. A new value takes effect
    /// without a restart.
    pub secret_ref: SecretReference,
}

/// One of Zoom's clouds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Cloud {
    /// zoom.us.
    #[default]
    Commercial,
    /// zoomgov.com.
    Government,
}

/// Hosts other than Zoom's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// The address that tokens are fetched from, such as `https://zoom.example.com/oauth/token`.
    #[schemars(schema_with = "schemas::http_url")]
    pub token: String,
    /// The base address of the REST API with its version, such as `https://zoom.example.com/v2`.
    #[schemars(schema_with = "schemas::http_url")]
    pub api: String,
}

/// Which objects may use a connection, and for what.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRule {
    /// The namespaces of the objects. Absent: the connection's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NamespaceSelection")]
    pub namespaces: Option<NamespaceSelection>,
    /// The domains that the e-mail addresses of people may be in whom they declare or name, compared without case; a subdomain
    /// is another domain. Absent: any. Empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub email_domains: Option<Vec<String>>,
    /// The licences that they may name. Absent: any. Empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub licenses: Option<Vec<LicenseType>>,
    /// The roles that they may give, and that ZoomRoles may be named, compared without case. A role may give rights over the
    /// whole account, so those other than Member have to be listed. Absent: Member. Empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub roles: Option<Vec<String>>,
    /// The names that ZoomGroups and ZoomContactGroups may have, compared without case; a star stands for any text, such as
    /// sales-*. A group that is in the account already is taken over by its name. Absent or empty: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub groups: Vec<String>,
    /// Whether ZoomGroups may name administrators. Absent: false.
    #[serde(default)]
    pub group_admins: bool,
}

/// Namespaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceSelection {
    /// Chooses namespaces by their labels, also as these change. Empty: every namespace that the operator watches.
    pub selector: LabelSelector,
}

/// How people are created whose ZoomUser does not say it, and where.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionCreation {
    /// As in a ZoomUser.
    pub method: CreationMethod,
    /// The domains in which people are created, whoever says how. Absent: in all. Cannot be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schemas::email_domains")]
    pub domains: Option<Vec<String>>,
}

/// What people are given whose ZoomUser does not say it.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserDefault {
    /// The ZoomUsers that it is for, by their labels. Empty: all of them.
    #[schemars(schema_with = "schemas::selector")]
    pub selector: LabelSelector,
    /// Their licence. Absent: not managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "License")]
    pub license: Option<License>,
    /// How they are created. Absent: as the connection says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Creation")]
    pub creation: Option<Creation>,
    /// What becomes of them when their ZoomUser is deleted; Delete cannot be a default. Absent: as the connection says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DefaultRemoval")]
    pub removal: Option<DefaultRemoval>,
}

/// How much the operator does.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr, strum::Display,
)]
pub enum Mode {
    /// Carries everything out.
    #[default]
    Enforce,
    /// Carries out what gives or changes, and holds everything that takes away until the mode is changed.
    HoldRemovals,
    /// Reads the account and reports what it would do, and writes nothing to Zoom.
    Plan,
    /// Neither reads nor writes.
    Suspend,
}

/// Which kinds of change are made at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allow {
    /// People are created. Absent: true.
    #[serde(default = "yes")]
    pub create: bool,
    /// Names, licences, roles and profiles are changed, and people are reactivated. Absent: true.
    #[serde(default = "yes")]
    pub update: bool,
    /// People are deactivated. Absent: true.
    #[serde(default = "yes")]
    pub deactivate: bool,
    /// People are unlinked from the account or deleted, where their own object asks for it. Absent: false.
    #[serde(default)]
    pub delete: bool,
}

impl Default for Allow {
    fn default() -> Self {
        Self { create: true, update: true, deactivate: true, delete: false }
    }
}

fn yes() -> bool {
    true
}

/// Whether people who are in the account already are taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Adoption {
    /// A ZoomUser takes over the person who has its e-mail address.
    #[default]
    ByEmail,
    /// A ZoomUser whose e-mail address is taken says so and changes nothing.
    Never,
}

/// What becomes of people whose ZoomUser is deleted, unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefaultRemoval {
    /// What becomes of the person. Retain: stays as they are. Downgrade: stays with the licence Basic. Deactivate: stays, cannot sign in, and frees the licence.
    /// Unlink: leaves the account and keeps a free Zoom account. Delete cannot be a default; a ZoomUser asks for it by
    /// itself. Absent: Deactivate.
    #[serde(default)]
    pub policy: DefaultRemovalPolicy,
}

/// What may become of people by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DefaultRemovalPolicy {
    /// The person stays as they are and is managed no more.
    Retain,
    /// The person stays with the licence Basic and is managed no more.
    Downgrade,
    /// The person stays in the account but cannot sign in, and their licence is free again.
    #[default]
    Deactivate,
    /// The person leaves the account and keeps a free Zoom account of their own.
    Unlink,
}

/// By hand, for the refusal of `Delete` to say more than that the value is unknown.
impl JsonSchema for DefaultRemovalPolicy {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DefaultRemovalPolicy".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "enum": ["Retain", "Downgrade", "Deactivate", "Unlink", "Delete"],
            "x-kubernetes-validations": [{
                "rule": "self != 'Delete'",
                "message": "Delete cannot be a default, because it destroys people's data: write Retain, Downgrade, \
                            Deactivate or Unlink here, and Delete in spec.removal.policy of the ZoomUser that means it",
            }],
        })
    }
}

/// People from whom nothing is taken.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Protected {
    /// E-mail addresses; `*` stands for any text, and without an `@` the part before it is meant, such as `svc-*`. Compared
    /// without case with the address in Zoom, the declared one and former ones. Absent or empty: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "email_patterns")]
    pub emails: Vec<String>,
    /// Groups by their name in Zoom: everybody who is in one of them. While the account's groups cannot be listed, nothing is
    /// taken from anybody. Absent or empty: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub groups: Vec<String>,
    /// Roles by their name in Zoom. Absent or empty: none but the owner's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 64)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub roles: Vec<String>,
}

fn email_patterns(generator: &mut SchemaGenerator) -> Schema {
    let pattern = schemas::email_pattern(generator);
    json_schema!({"type": "array", "maxItems": 1000, "x-kubernetes-list-type": "set", "items": pattern})
}

/// How many people a wave of changes may reach.
#[derive(KubeSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guard {
    /// How far back changes count towards the limits; more than nothing. Absent: 24h.
    #[serde(default = "one_day")]
    #[x_kube(validation = (
        "!self.startsWith('0')",
        "write how far back changes count, such as 24h: with no time at all the limits would count nothing"
    ))]
    pub window: Duration,
    /// How long nothing must have been added to a wave before it is counted; 0s counts at once. Absent: 30s.
    #[serde(default = "half_a_minute")]
    pub quiet_period: Duration,
    /// How many people each class of change may reach within the window. Absent: the defaults of its parts.
    #[serde(default)]
    pub limits: Limits,
}

impl Default for Guard {
    fn default() -> Self {
        Self { window: one_day(), quiet_period: half_a_minute(), limits: Limits::default() }
    }
}

fn one_day() -> Duration {
    Duration::hours(24)
}

fn half_a_minute() -> Duration {
    Duration::seconds(30)
}

/// How many people each class of change may reach within the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// People deactivated, unlinked or deleted. Absent: percent 2, floor 5.
    #[serde(default = "access_limit")]
    pub access: Limit,
    /// People whose licence or role is taken away. Absent: percent 5, floor 10.
    #[serde(default = "entitlement_limit")]
    pub entitlement: Limit,
    /// People whose e-mail address is changed: what they sign in with. Absent: percent 2, floor 5.
    #[serde(default = "identity_limit")]
    pub identity: Limit,
    /// People taken out of groups and contact groups, or members of groups that are deleted. Absent: percent 10, floor 20.
    #[serde(default = "membership_limit")]
    pub membership: Limit,
    /// People created; an invitation cannot be called back. Absent: percent 10, floor 100.
    #[serde(default = "creation_limit")]
    pub creation: Limit,
}

impl Limits {
    /// The limit of a class.
    #[must_use]
    pub const fn of(&self, class: Class) -> Limit {
        match class {
            Class::Access => self.access,
            Class::Entitlement => self.entitlement,
            Class::Identity => self.identity,
            Class::Membership => self.membership,
            Class::Creation => self.creation,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            access: access_limit(),
            entitlement: entitlement_limit(),
            identity: identity_limit(),
            membership: membership_limit(),
            creation: creation_limit(),
        }
    }
}

fn access_limit() -> Limit {
    Limit { percent: 2, floor: 5 }
}

fn entitlement_limit() -> Limit {
    Limit { percent: 5, floor: 10 }
}

fn identity_limit() -> Limit {
    Limit { percent: 2, floor: 5 }
}

fn membership_limit() -> Limit {
    Limit { percent: 10, floor: 20 }
}

fn creation_limit() -> Limit {
    Limit { percent: 10, floor: 100 }
}

/// A number of people: the larger of `percent` of the managed people, and `floor` or half of the managed people,
/// whichever of the two is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limit {
    /// Of the people that the connection manages, in percent; of membership, of everybody in managed groups if they are more.
    #[schemars(range(min = 0, max = 100))]
    pub percent: i32,
    /// So many in any case, but, creation aside, never more than half of the managed people. 0 with percent 0 holds everything.
    #[schemars(range(min = 0, max = 100_000))]
    pub floor: i32,
}

/// How many calls may be made. Zoom counts the calls of all apps of an account together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// The plan of the account, which decides Zoom's limits. Absent: Pro.
    #[serde(default)]
    pub plan: ZoomPlan,
    /// How much of Zoom's limits the operator may use, in percent; the rest is for the account's other apps. Absent: 50.
    #[serde(default = "half")]
    #[schemars(range(min = 1, max = 100))]
    pub share_percent: i32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { plan: ZoomPlan::default(), share_percent: half() }
    }
}

fn half() -> i32 {
    50
}

/// Zoom's plans, as far as their limits differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ZoomPlan {
    /// Free.
    Free,
    /// Pro.
    #[default]
    Pro,
    /// Business, Education, Enterprise and partners.
    Business,
}

/// What the operator found and did at last.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoomConnectionStatus {
    /// The generation of the spec that this status speaks of; -1 before the operator looked for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation `zoom-operator.dev/requested-at` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_handled_requested_at: Option<String>,
    /// The account that answered and proved to be the one of `spec.accountId`. Absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Account")]
    pub account: Option<Account>,
    /// What is still to be done, in people. Absent before the first plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PlanSummary")]
    pub plan: Option<PlanSummary>,
    /// How many people there are in each situation. Absent before the first plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PeopleCount")]
    pub people: Option<PeopleCount>,
    /// The seats of the paid licences, and how many are wanted. Absent where no ZoomUser asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Seats")]
    pub seats: Option<Seats>,
    /// What was done within `spec.guard.window` without asking anybody, summed up: deleting a ZoomRemoval or a ZoomUser takes
    /// nothing back of it. Empty or absent: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub spent: Vec<Spent>,
    /// Scopes that the app lacks for what is declared. Empty or absent: none is known to lack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub missing_scopes: Vec<String>,
    /// Entries of `spec.protected` that fit nobody in the account, such as `emails: svc-*`: likely a slip of the pen. At most
    /// ten. Absent: none, or the account was not listed yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub idle_protection: Vec<String>,
    /// When the last complete listing of the account ended. Absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub last_listing: Option<Time>,
    /// Ready, and while they apply Reconciling or Stalled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
}
