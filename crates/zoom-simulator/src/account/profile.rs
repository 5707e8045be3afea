//! The profile fields of a person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Profile fields; an empty text or list, or a zero, means not set.
///
/// Limits as in Zoom's API reference (Users: update).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Profile {
    /// Department; the only one of these that listings show.
    pub dept: String,
    /// Job title, at most 128 characters.
    pub job_title: String,
    /// Company, at most 255 characters.
    pub company: String,
    /// Location, at most 256 characters.
    pub location: String,
    /// Cost centre.
    pub cost_center: String,
    /// The manager, as it was given: an e-mail address or a display name.
    pub manager: String,
    /// Language, such as `en-US`.
    pub language: String,
    /// Time zone, an IANA id.
    pub timezone: String,
    /// Pronouns.
    pub pronouns: String,
    /// When to share pronouns: 1 ask, 2 always, 3 never; 0 not set.
    pub pronouns_option: u8,
    /// Phone numbers, at most three.
    pub phone_numbers: Vec<PhoneNumber>,
    /// Custom attributes, at most five.
    pub custom_attributes: Vec<CustomAttribute>,
    /// Personal meeting id, ten digits; 0 not set.
    pub pmi: u64,
    /// Whether instant meetings use the personal meeting id.
    pub use_pmi: bool,
    /// Host key, six to ten digits.
    pub host_key: String,
    /// Name of the personal link; unique in the account.
    pub vanity_name: String,
    /// Divisions, at most one.
    pub division_ids: Vec<String>,
    /// Id in a content management system.
    pub cms_user_id: String,
    /// About the person, at most 150 characters.
    pub about_me: String,
    /// LinkedIn page.
    pub linkedin_url: String,
    /// The identity provider's id of a single sign-on user.
    pub employee_unique_id: String,
}

/// A phone number of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneNumber {
    /// Country calling code, such as `+1`.
    #[serde(default)]
    pub code: String,
    /// Country, two letters.
    #[serde(default)]
    pub country: String,
    /// `Mobile`, `Office`, `Home` or `Fax`.
    #[serde(default)]
    pub label: String,
    /// The number.
    pub number: String,
    /// Whether the person confirmed it.
    #[serde(default)]
    pub verified: bool,
}

/// A custom attribute of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomAttribute {
    /// The attribute's key.
    pub key: String,
    /// The attribute's name.
    #[serde(default)]
    pub name: String,
    /// The value.
    #[serde(default)]
    pub value: String,
}
