//! Where public sources disagree on Zoom's behaviour, or leave it open: one choice each.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where public sources disagree on Zoom's behaviour, or leave it open, which behaviour to show.
///
/// In an account file they stand under `quirks:`, such as `quirks: {statusReply: noContent}`. The default is the
/// behaviour that is harder to cope with, save where the sources call the easier one the ordinary case, or the harder one
/// would make an account unusable for a rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Quirks {
    /// The status that refuses a token call: Zoom's S2S documentation shows 400, some clients expect 401.
    pub token_refusal: TokenRefusal,
    /// The status of 124, for a token that is not good: 401 in practice, 400 in Zoom's API reference.
    pub invalid_token: InvalidToken,
    /// How 4711 names the scopes that a token lacks: several clients met JSON that their quotes had broken.
    pub missing_scope: MissingScope,
    /// What a running create keeps other calls from (Zoom's rate limit documents name the create, not whom it locks).
    pub running_create_locks: CreateLock,
    /// The largest page of people and of group members: 2,000 in Zoom's reference since October 2024, 300 before and in its
    /// guide to pagination. Larger requests are cut to it, and the answer says so.
    pub page_size: usize,
    /// What a listing says on its last page; Zoom's reference shows an empty token, some clients expect none.
    pub last_page_token: LastPageToken,
    /// Letters of an e-mail address as they were given, or in lower case; addresses are told apart without case
    /// either way.
    pub email_case: EmailCase,
    /// What creating an address answers that has a Zoom account elsewhere, where the account file does not say: also
    /// of people who were disassociated.
    pub elsewhere: ElsewhereAnswer,
    /// The status of 1009: 400 in Zoom's API reference, 409 seen by a PowerShell module.
    pub active_elsewhere: ActiveElsewhere,
    /// What reading somebody answers whose address has an account elsewhere: clients take 1001 and 1010 alike.
    pub foreign_user: ForeignUser,
    /// Whether somebody created by `create` is active at once instead of pending, as the developer forum reports of
    /// some accounts since May 2026.
    pub instant_activation: bool,
    /// Whether accepting an invitation gives a new id.
    pub id_changes_on_acceptance: bool,
    /// What changing somebody pending does: SailPoint's connector saw it succeed without effect, ConnId's says that it
    /// cannot be done.
    pub pending_patch: PendingPatch,
    /// Whether `group_id`, in a change of somebody pending, puts them into the group.
    pub pending_group_id_works: bool,
    /// Whether an invitation that has expired can be deleted, or answers 1120 to that as well.
    pub expired_invitation: ExpiredInvitation,
    /// What an empty text does to a field that has a value.
    pub empty_text: EmptyText,
    /// What null does to a field that has a value.
    pub null: EmptyText,
    /// Whether the phone numbers of a change replace those that are there or are added to them.
    pub phone_numbers: PhoneNumbers,
    /// What changing a locked setting does.
    pub locked_settings: LockedSettings,
    /// What a change of status answers: 200 in Zoom's present reference, 204 in older ones.
    pub status_reply: StatusReply,
    /// Which deactivated people can be deleted: the reference knows a refusal for some and does not say for whom.
    pub inactive_deletion: InactiveDeletion,
    /// After how many days the account itself deletes deactivated people. Absent: never.
    pub inactive_deleted_after_days: Option<u32>,
    /// Whether deactivating somebody takes them out of their groups: no source says.
    pub deactivation_takes_groups: bool,
    /// Whether rows and reads of deactivated people show their groups.
    pub inactive_rows_have_groups: bool,
    /// Whether taking the Admin role from somebody is refused to the app, as to an admin who is not the owner. Not by
    /// default: the reference asks for the owner or the permission for role management.
    pub demoting_needs_owner: bool,
    /// Whether rows and reads of people who are in no other division show the main one: everybody is in one, and no source says
    /// whether it shows.
    pub main_division_in_rows: bool,
    /// Whether group names that differ in case alone are different names.
    pub case_sensitive_group_names: bool,
    /// Whether `set_primary` may be asked of any group that somebody is in, or of their primary group alone: the reference
    /// says of which group the new one is named, not to which group the call goes.
    pub primary_from_any_group: bool,
    /// What creating and changing a role answers.
    pub role_reply: RoleReply,
    /// What reading, changing and deleting an unknown role answers.
    pub missing_role: MissingRole,
    /// What deleting a role does that people hold.
    pub held_role: HeldRole,
    /// The shape of `plan_base` in the plan usage.
    pub plan_base: PlanBase,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            token_refusal: TokenRefusal::default(),
            invalid_token: InvalidToken::default(),
            missing_scope: MissingScope::default(),
            running_create_locks: CreateLock::default(),
            page_size: 2_000,
            last_page_token: LastPageToken::default(),
            email_case: EmailCase::default(),
            elsewhere: ElsewhereAnswer::default(),
            active_elsewhere: ActiveElsewhere::default(),
            foreign_user: ForeignUser::default(),
            instant_activation: false,
            id_changes_on_acceptance: true,
            pending_patch: PendingPatch::default(),
            pending_group_id_works: false,
            expired_invitation: ExpiredInvitation::default(),
            empty_text: EmptyText::Clears,
            null: EmptyText::Ignored,
            phone_numbers: PhoneNumbers::default(),
            locked_settings: LockedSettings::default(),
            status_reply: StatusReply::default(),
            inactive_deletion: InactiveDeletion::default(),
            inactive_deleted_after_days: Some(365),
            deactivation_takes_groups: false,
            inactive_rows_have_groups: false,
            demoting_needs_owner: false,
            main_division_in_rows: true,
            case_sensitive_group_names: false,
            primary_from_any_group: false,
            role_reply: RoleReply::default(),
            missing_role: MissingRole::default(),
            held_role: HeldRole::default(),
            plan_base: PlanBase::default(),
        }
    }
}

/// The status that refuses a token call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TokenRefusal {
    /// 400.
    #[default]
    BadRequest,
    /// 401.
    Unauthorized,
}

impl TokenRefusal {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
        }
    }
}

/// The status of 124.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InvalidToken {
    /// 401. Not the harder one, but what clients that call Zoom have met, and what many of them fetch another token on.
    #[default]
    Unauthorized,
    /// 400, as in Zoom's API reference.
    BadRequest,
}

/// How 4711 names the scopes that a token lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MissingScope {
    /// With quotes that are not escaped, so that the answer is not JSON.
    #[default]
    BrokenJson,
    /// In JSON.
    Json,
}

/// What a running create keeps other calls from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CreateLock {
    /// The person who is created.
    Person,
    /// Everybody in the account.
    #[default]
    Account,
}

/// What a listing says on its last page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LastPageToken {
    /// No `next_page_token`.
    #[default]
    Missing,
    /// An empty one.
    Empty,
}

/// How an e-mail address is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EmailCase {
    /// As it was given.
    #[default]
    Kept,
    /// In lower case.
    Lowered,
}

/// What creating an address answers that has a Zoom account elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ElsewhereAnswer {
    /// 201 with a blank id: the person is invited to join and is pending until they accept.
    #[default]
    Invited,
    /// Refused with 1009.
    ActiveElsewhere,
    /// Refused with 409/1005.
    AddressUsed,
}

/// The status of 1009.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ActiveElsewhere {
    /// 409, as for an address of the account itself.
    #[default]
    Conflict,
    /// 400.
    BadRequest,
}

/// What reading somebody answers whose address has an account elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ForeignUser {
    /// 400/1010: belongs to another account.
    #[default]
    OtherAccount,
    /// 404/1001: does not exist.
    Missing,
}

/// What changing somebody pending does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PendingPatch {
    /// It succeeds without effect.
    #[default]
    WithoutEffect,
    /// It is refused with 1000.
    Refused,
}

/// What can be done with an invitation that has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExpiredInvitation {
    /// It can be deleted. Not the harder one: with the other, nobody could ever be invited again.
    #[default]
    Deletable,
    /// Deleting it is refused with 1120.
    Refused,
}

/// What an empty value does to a field that has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EmptyText {
    /// The field becomes empty.
    Clears,
    /// The field stays.
    Ignored,
}

/// What the phone numbers of a change do to those that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PhoneNumbers {
    /// They take their place. Not the harder one: with the other, no number could ever be taken away.
    #[default]
    Replaced,
    /// They are added, or take the place of the one with the same label.
    Merged,
}

/// What changing a locked setting does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LockedSettings {
    /// It succeeds and the setting stays as it was.
    #[default]
    Kept,
    /// It is refused with 300.
    Refused,
}

/// The success status of `PUT /users/{userId}/status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StatusReply {
    /// 200 with an empty body.
    #[default]
    Ok,
    /// 204.
    NoContent,
}

/// Which deactivated people can be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InactiveDeletion {
    /// All.
    Allowed,
    /// All but every tenth one, by the order in which they came into the account: those are refused with 400/200. The
    /// reference calls them "some" and does not say which.
    #[default]
    RefusedForSome,
}

/// What creating and changing a role answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoleReply {
    /// 200 and an empty object, also for a new role, as the current reference says: its id has to be looked up.
    #[default]
    Bare,
    /// 201 with the role when it is new, and 204, as older versions of the reference say.
    Full,
}

/// What reading, changing and deleting an unknown role answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MissingRole {
    /// Code 200 under HTTP 200.
    #[default]
    UnderOk,
    /// 400/1034.
    Refused,
}

/// What deleting a role does that people hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HeldRole {
    /// Makes them Members without a word.
    #[default]
    Demotes,
    /// Refused with 400/300.
    Refused,
}

/// The shape of `plan_base` in the plan usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PlanBase {
    /// An object, as in the examples of Zoom's reference.
    #[default]
    Object,
    /// An array of one, as in its older schema and for master accounts.
    Array,
}
