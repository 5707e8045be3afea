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
    /// Ids of divisions, at most one; none means the main division.
    pub division_ids: Vec<String>,
    /// Id in a content management system.
    pub cms_user_id: String,
    /// About the person, at most 150 characters.
    pub about_me: String,
    /// LinkedIn page.
    pub linkedin_url: String,
    /// The identity provider's id of a single sign-on user.
    pub employee_unique_id: String,
    /// What the person's own status message says; no call shows it.
    pub personal_notes: String,
}

/// A field, its text, whether a text can be one of the field's, and what can.
type Shape<'a> = (&'static str, &'a str, fn(&str) -> bool, &'static str);

impl Profile {
    /// The first field that is beyond Zoom's limits, with what was found and what is allowed.
    pub(crate) fn problem(&self) -> Option<String> {
        let texts = [
            ("profile.jobTitle", &self.job_title, 128),
            ("profile.company", &self.company, 255),
            ("profile.location", &self.location, 256),
            ("profile.manager", &self.manager, 256),
            ("profile.pronouns", &self.pronouns, 60),
            ("profile.vanityName", &self.vanity_name, 40),
            ("profile.cmsUserId", &self.cms_user_id, 128),
            ("profile.aboutMe", &self.about_me, 150),
            ("profile.linkedinUrl", &self.linkedin_url, 1024),
        ];
        let shapes: [Shape<'_>; 3] = [
            ("profile.language", &self.language, is_language, LANGUAGE),
            ("profile.timezone", &self.timezone, is_timezone, TIMEZONE),
            ("profile.hostKey", &self.host_key, |key| is_digits(key, 6..=10), "six to ten digits"),
        ];
        let counts = [
            ("profile.phoneNumbers", self.phone_numbers.len(), 3),
            ("profile.customAttributes", self.custom_attributes.len(), 5),
            ("profile.divisionIds", self.division_ids.len(), 1),
        ];
        let wrong = |field: &str, found: &str, allowed: &str| format!("{field}: found {found}, allowed are {allowed}");
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
                let misshapen = |(_, text, fits, _): &Shape<'_>| !text.is_empty() && !fits(text);
                let (field, found, _, allowed) = shapes.into_iter().find(misshapen)?;
                Some(wrong(field, &format!("{found:?}"), allowed))
            })
            .or_else(|| {
                let (part, found, allowed) = self.phone_numbers.iter().flat_map(PhoneNumber::problems).next()?;
                Some(wrong(&format!("profile.phoneNumbers.{part}"), &format!("{found:?}"), allowed))
            })
            .or_else(|| {
                let keyless = self.custom_attributes.iter().any(|attribute| attribute.key.is_empty());
                keyless.then(|| wrong("profile.customAttributes.key", "\"\"", "the key of an attribute"))
            })
    }
}

/// What [`is_language`] and [`is_timezone`] ask for.
pub(crate) const LANGUAGE: &str = "a language such as en-US";
pub(crate) const TIMEZONE: &str = "a time zone such as Europe/Paris";

pub(crate) fn is_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit())
}

pub(crate) fn is_language(text: &str) -> bool {
    text.split_once('-').is_some_and(|(language, region)| {
        (2..=3).contains(&language.len())
            && (2..=4).contains(&region.len())
            && language.chars().all(|c| c.is_ascii_lowercase())
            && region.chars().all(|c| c.is_ascii_alphabetic())
    })
}

/// By shape alone: the simulator has no time zone database.
pub(crate) fn is_timezone(text: &str) -> bool {
    let shaped = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+'));
    shaped
        && (matches!(text, "UTC" | "GMT") || text.split('/').count() >= 2)
        && text.split('/').all(|part| !part.is_empty())
}

/// How many characters of a text are Chinese: names may have few of them (Zoom API reference, Users: update).
pub(crate) fn chinese_characters(text: &str) -> usize {
    text.chars().filter(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')).count()
}

/// The first name of a person that is beyond Zoom's limits, as [`Profile::problem`] tells it.
pub(crate) fn name_problem(first_name: &str, last_name: &str, display_name: &str) -> Option<String> {
    let names =
        [("firstName", first_name, 64, 5), ("lastName", last_name, 64, 5), ("displayName", display_name, 128, 10)];
    names.into_iter().find_map(|(field, name, most, most_chinese)| {
        let chinese = chinese_characters(name);
        let too_chinese =
            || format!("{field}: found {chinese} Chinese characters, allowed are at most {most_chinese} of them");
        too_long(field, name, most).or_else(|| (chinese > most_chinese).then(too_chinese))
    })
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

impl PhoneNumber {
    /// The parts that cannot be, each with what was found and what is allowed.
    pub(crate) fn problems(&self) -> Vec<(&'static str, &str, &'static str)> {
        let Self { code, country, label, number, verified: _ } = self;
        let digits = number.replace([' ', '-', '(', ')', '+'], "");
        let two_letters = country.len() == 2 && country.chars().all(|c| c.is_ascii_uppercase());
        let labelled = label.is_empty() || matches!(label.as_str(), "Mobile" | "Office" | "Home" | "Fax");
        let coded = code.is_empty() || code.strip_prefix('+').is_some_and(|code| is_digits(code, 1..=4));
        let parts = [
            (labelled, "label", label, "Mobile, Office, Home or Fax"),
            (is_digits(&digits, 1..=20), "number", number, "a phone number"),
            (coded, "code", code, "a country code such as +1"),
            (country.is_empty() || two_letters, "country", country, "a country such as US"),
        ];
        let wrong = parts.into_iter().filter(|(fits, ..)| !fits);
        wrong.map(|(_, part, found, allowed)| (part, found.as_str(), allowed)).collect()
    }
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
