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

impl Profile {
    /// The first field that is beyond Zoom's limits, with what was found and what is allowed.
    pub(crate) fn problem(&self) -> Option<String> {
        let texts = [
            ("profile.jobTitle", &self.job_title, 128),
            ("profile.company", &self.company, 255),
            ("profile.location", &self.location, 256),
            ("profile.aboutMe", &self.about_me, 150),
        ];
        let counts = [
            ("profile.phoneNumbers", self.phone_numbers.len(), 3),
            ("profile.customAttributes", self.custom_attributes.len(), 5),
            ("profile.divisionIds", self.division_ids.len(), 1),
        ];
        let wrong = |field: &str, found: &str, allowed: &str| format!("{field}: found {found}, allowed are {allowed}");
        let key_fits =
            (6..=10).contains(&self.host_key.len()) && self.host_key.bytes().all(|byte| byte.is_ascii_digit());
        texts
            .into_iter()
            .find_map(|(field, text, most)| too_long(field, text, most))
            .or_else(|| {
                let (field, found, most) = counts.into_iter().find(|(_, found, most)| found > most)?;
                Some(wrong(field, &found.to_string(), &format!("at most {most}")))
            })
            .or_else(|| {
                let fits = matches!(self.pmi, 0 | 1_000_000_000..=9_999_999_999);
                (!fits).then(|| wrong("profile.pmi", &self.pmi.to_string(), "ten digits, or 0 for none"))
            })
            .or_else(|| {
                let fits = self.pronouns_option <= 3;
                (!fits).then(|| wrong("profile.pronounsOption", &self.pronouns_option.to_string(), "0 to 3"))
            })
            .or_else(|| {
                let fits = self.host_key.is_empty() || key_fits;
                (!fits).then(|| wrong("profile.hostKey", &format!("{:?}", self.host_key), "six to ten digits"))
            })
    }
}

/// The first name of a person that is beyond Zoom's limits, as [`Profile::problem`] tells it.
pub(crate) fn name_problem(first_name: &str, last_name: &str, display_name: &str) -> Option<String> {
    let names = [("firstName", first_name, 64), ("lastName", last_name, 64), ("displayName", display_name, 128)];
    names.into_iter().find_map(|(field, name, most)| too_long(field, name, most))
}

/// What is wrong with a text of more than so many characters.
fn too_long(field: &str, text: &str, most: usize) -> Option<String> {
    let found = text.chars().count();
    (found > most).then(|| format!("{field}: found {found} characters, allowed are at most {most}"))
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
