use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lenient::{filled, lenient, lenient_list, required};
use crate::listing::Row;

/// A user as a listing shows them.
///
/// Unknown fields are ignored, and a field that is null or cannot be read counts as absent. Only the address is always there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UserRow {
    /// The user's id. Pending users may have none, and it may change until they accept their invitation.
    #[serde(default, deserialize_with = "filled")]
    pub id: Option<String>,
    /// The address, in the case in which Zoom gives it. Compare without case.
    #[serde(deserialize_with = "required")]
    pub email: String,
    /// Given name.
    #[serde(default, deserialize_with = "lenient")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, deserialize_with = "lenient")]
    pub last_name: Option<String>,
    /// The name that others see.
    #[serde(default, deserialize_with = "lenient")]
    pub display_name: Option<String>,
    /// The meeting licence.
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub user_type: Option<UserType>,
    /// Absent also when this version does not know the value.
    #[serde(default, deserialize_with = "lenient")]
    pub status: Option<UserStatus>,
    /// The id of the user's role.
    #[serde(default, deserialize_with = "filled")]
    pub role_id: Option<String>,
    /// Department.
    #[serde(default, deserialize_with = "lenient")]
    pub dept: Option<String>,
    /// The ids of the user's groups, the primary one first.
    #[serde(default, deserialize_with = "lenient_list")]
    pub group_ids: Vec<String>,
    /// IANA time zone, such as `Europe/Berlin`.
    #[serde(default, deserialize_with = "lenient")]
    pub timezone: Option<String>,
    /// The id of the user's division, at most one.
    #[serde(default, deserialize_with = "lenient_list")]
    pub division_ids: Vec<String>,
    /// The Zoom United licence, such as `1`.
    #[serde(default, deserialize_with = "filled")]
    pub plan_united_type: Option<String>,
    /// The id that single sign-on gave the user.
    #[serde(default, deserialize_with = "filled")]
    pub employee_unique_id: Option<String>,
    /// When the user came into the account.
    #[serde(default, deserialize_with = "lenient")]
    pub user_created_at: Option<Timestamp>,
    /// The last sign-in, up to three days late.
    #[serde(default, deserialize_with = "lenient")]
    pub last_login_time: Option<Timestamp>,
    /// The account's own attributes; absent when Zoom does not show them.
    #[serde(default, deserialize_with = "lenient")]
    pub custom_attributes: Option<Vec<CustomAttribute>>,
}

impl Row for UserRow {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn email(&self) -> Option<&str> {
        Some(&self.email)
    }
}

/// A user as a single read shows them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    /// What listings show too.
    #[serde(flatten)]
    pub row: UserRow,
    /// Job title.
    #[serde(default, deserialize_with = "lenient")]
    pub job_title: Option<String>,
    /// Company.
    #[serde(default, deserialize_with = "lenient")]
    pub company: Option<String>,
    /// Location.
    #[serde(default, deserialize_with = "lenient")]
    pub location: Option<String>,
    /// The manager's address.
    #[serde(default, deserialize_with = "lenient")]
    pub manager: Option<String>,
    /// Cost centre.
    #[serde(default, deserialize_with = "lenient")]
    pub cost_center: Option<String>,
    /// Language, such as `en-US`.
    #[serde(default, deserialize_with = "lenient")]
    pub language: Option<String>,
    /// Pronouns.
    #[serde(default, deserialize_with = "lenient")]
    pub pronouns: Option<String>,
    /// Whether others see the pronouns.
    #[serde(default, deserialize_with = "lenient")]
    pub pronouns_option: Option<PronounsOption>,
    /// The personal link, such as `https://zoom.us/my/ada`.
    #[serde(default, deserialize_with = "lenient")]
    pub vanity_url: Option<String>,
    /// The personal meeting id, ten digits.
    #[serde(default, deserialize_with = "lenient")]
    pub pmi: Option<u64>,
    /// Whether instant meetings have the personal meeting id.
    #[serde(default, deserialize_with = "lenient")]
    pub use_pmi: Option<bool>,
    /// The id in a content management system.
    #[serde(default, deserialize_with = "lenient")]
    pub cms_user_id: Option<String>,
    /// The name of the user's role.
    #[serde(default, deserialize_with = "lenient")]
    pub role_name: Option<String>,
    /// Phone numbers.
    #[serde(default, deserialize_with = "lenient_list")]
    pub phone_numbers: Vec<PhoneNumber>,
    /// How the user signs in: 100 with a work e-mail, 101 by single sign-on, and others.
    #[serde(default, deserialize_with = "lenient_list")]
    pub login_types: Vec<i64>,
    /// The account that the user is in.
    #[serde(default, deserialize_with = "filled")]
    pub account_id: Option<String>,
}

/// Whether others see a user's pronouns in meetings.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(try_from = "i64", into = "i64")]
pub enum PronounsOption {
    /// 1: the user is asked each time.
    Ask,
    /// 2: always.
    Always,
    /// 3: never.
    Never,
}

impl TryFrom<i64> for PronounsOption {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        match value {
            1 => Ok(Self::Ask),
            2 => Ok(Self::Always),
            3 => Ok(Self::Never),
            other => Err(format!("no pronouns_option: {other}")),
        }
    }
}

impl From<PronounsOption> for i64 {
    fn from(option: PronounsOption) -> Self {
        match option {
            PronounsOption::Ask => 1,
            PronounsOption::Always => 2,
            PronounsOption::Never => 3,
        }
    }
}

/// A phone number of a user's profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PhoneNumber {
    /// Country calling code, such as `+49`.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Country, such as `DE`.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// `Mobile`, `Office`, `Home` or `Fax`.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The number without the calling code.
    #[serde(deserialize_with = "required")]
    pub number: String,
}

/// One of the account's own attributes of a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CustomAttribute {
    /// The attribute's key.
    #[serde(deserialize_with = "required")]
    pub key: String,
    /// The attribute's name.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The attribute's value.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Where a user is in their life in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum UserStatus {
    /// Can sign in.
    Active,
    /// Deactivated: cannot sign in, has no licences, cannot be updated.
    Inactive,
    /// Invited and not accepted yet.
    Pending,
}

/// What a user's meeting licence is. Values that this version does not know are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum UserType {
    /// 1: Basic.
    Basic,
    /// 2: Licensed.
    Licensed,
    /// 3: on-premise, a legacy value.
    OnPrem,
    /// 4: Unassigned, without Meetings Basic.
    Unassigned,
    /// 99: none; only for users created through single sign-on.
    None,
    /// Any other value.
    Other(i64),
}

impl From<i64> for UserType {
    fn from(value: i64) -> Self {
        match value {
            1 => Self::Basic,
            2 => Self::Licensed,
            3 => Self::OnPrem,
            4 => Self::Unassigned,
            99 => Self::None,
            other => Self::Other(other),
        }
    }
}

impl From<UserType> for i64 {
    fn from(value: UserType) -> Self {
        match value {
            UserType::Basic => 1,
            UserType::Licensed => 2,
            UserType::OnPrem => 3,
            UserType::Unassigned => 4,
            UserType::None => 99,
            UserType::Other(other) => other,
        }
    }
}

impl fmt::Display for UserType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic => f.write_str("Basic"),
            Self::Licensed => f.write_str("Licensed"),
            Self::OnPrem => f.write_str("OnPrem"),
            Self::Unassigned => f.write_str("Unassigned"),
            Self::None => f.write_str("None"),
            Self::Other(value) => write!(f, "type {value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_row_without_an_id_and_with_unknown_values_parses() {
        let row: UserRow = serde_json::from_str(
            r#"{"email":"New@example.com","type":7,"status":"snoozed","id":"","group_ids":null,"dept":null,
                "role_id":2,"last_login_time":"yesterday","first_name":[],"novelty":{"a":1}}"#,
        )
        .unwrap();
        assert_eq!((row.id.as_deref(), row.email.as_str()), (None, "New@example.com"));
        assert_eq!((row.user_type, row.status), (Some(UserType::Other(7)), None));
        assert_eq!((row.group_ids.len(), row.dept, row.role_id.as_deref()), (0, None, Some("2")));
        assert_eq!((row.last_login_time, row.first_name), (None, None));
    }

    #[test]
    fn a_row_without_an_address_is_of_no_use() {
        assert!(serde_json::from_str::<UserRow>(r#"{"id":"abc","type":1}"#).is_err());
        assert!(serde_json::from_str::<UserRow>(r#"{"id":"abc","email":" "}"#).is_err());
    }

    #[test]
    fn a_single_read_holds_the_row_and_the_profile() {
        let user: User = serde_json::from_str(
            r#"{"id":"-a&b/c","email":"ada@example.com","type":2,"status":"active","job_title":"Analyst",
                "user_created_at":"2026-01-02T03:04:05Z","login_types":[100,101],
                "phone_numbers":[{"country":"DE","code":"+49","number":"123","label":"Office","verified":true}],
                "custom_attributes":[{"key":"k","name":"Badge","value":"7"}]}"#,
        )
        .unwrap();
        assert_eq!(user.row.id.as_deref(), Some("-a&b/c"));
        assert_eq!((user.row.user_type, user.row.status), (Some(UserType::Licensed), Some(UserStatus::Active)));
        assert_eq!(user.row.user_created_at, Some("2026-01-02T03:04:05Z".parse().unwrap()));
        assert_eq!((user.job_title.as_deref(), user.phone_numbers.len()), (Some("Analyst"), 1));
        assert_eq!((user.login_types, user.row.custom_attributes.unwrap().len()), (vec![100, 101], 1));
    }

    #[test]
    fn every_user_type_keeps_its_number() {
        for number in [0, 1, 2, 3, 4, 5, 99, 100] {
            assert_eq!(i64::from(UserType::from(number)), number);
        }
    }
}
