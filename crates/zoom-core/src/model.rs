//! The words of the domain: small types that cannot hold a wrong value.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::Pool;

/// An e-mail address. Kept as written, compared without case: Zoom does not document which case it stores, and its
/// other clients (ConductorOne's connector, midPoint's) compare without case too. A clone shares the text.
#[derive(Clone, Debug)]
pub struct Email(Arc<str>);

/// Why a text is no e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an e-mail address: write local-part@domain, at most 128 characters, without spaces")]
pub struct InvalidEmail(String);

impl Email {
    /// Zoom's limit for an address, in characters (Zoom API reference, Users: create).
    pub const MAX_CHARS: usize = 128;

    /// Parses an address.
    ///
    /// # Errors
    /// If there is not exactly one `@` with text on both sides, if white space or control characters are in it, or if
    /// it is longer than [`Email::MAX_CHARS`].
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        let plausible = text.chars().count() <= Self::MAX_CHARS
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && matches!(text.split_once('@'), Some((local, domain))
                if !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
        if plausible { Ok(Self(text.into())) } else { Err(InvalidEmail(text.to_owned())) }
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for Email {}
impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // In blocks: a hasher is slow at single bytes.
        let mut block = [0_u8; 32];
        for chunk in self.0.as_bytes().chunks(block.len()) {
            let (lower, _) = block.split_at_mut(chunk.len());
            lower.copy_from_slice(chunk);
            lower.make_ascii_lowercase();
            state.write(lower);
        }
        state.write_u8(0xff);
    }
}
impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Email {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(other.folded())
    }
}
impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident($text:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($text);

        impl $name {
            /// `None` for an empty text: Zoom answers with a blank id where it means "none yet".
            #[must_use]
            pub fn new(text: &str) -> Option<Self> {
                (!text.is_empty()).then(|| Self(text.into()))
            }

            /// The id as Zoom writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier! {
    /// A person's id in Zoom, opaque. A person who has not accepted an invitation may have none, or one that changes.
    /// A clone shares the text.
    UserId(Arc<str>)
}
identifier! {
    /// A role's id in Zoom: `0`, `1` and `2` are built in, custom ones are long texts. A clone shares the text: everybody's
    /// row holds one.
    RoleId(Arc<str>)
}
identifier! {
    /// A group's id in Zoom, opaque. A clone shares the text: every member's row holds one.
    GroupId(Arc<str>)
}
identifier! {
    /// A contact group's id in Zoom, opaque.
    ContactGroupId(Box<str>)
}

impl GroupId {
    /// The same id, its text shared with every other one in the pool.
    #[must_use]
    pub fn shared(self, pool: &mut Pool<str>) -> Self {
        Self(pool.share(self.0))
    }
}

impl RoleId {
    /// The same id, its text shared with every other one in the pool.
    #[must_use]
    pub fn shared(self, pool: &mut Pool<str>) -> Self {
        Self(pool.share(self.0))
    }

    /// The account's owner; never given or taken by this operator.
    pub const OWNER: &'static str = "0";
    /// The built-in administrators.
    pub const ADMIN: &'static str = "1";
    /// The floor that everybody has who has no other role.
    pub const MEMBER: &'static str = "2";

    /// The role [`RoleId::MEMBER`].
    #[must_use]
    pub fn member() -> Self {
        Self(Self::MEMBER.into())
    }

    /// Whether this is the account's owner.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        &*self.0 == Self::OWNER
    }

    /// Whether this is the role of the built-in administrators.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        &*self.0 == Self::ADMIN
    }

    /// Whether this is the floor that everybody has.
    #[must_use]
    pub fn is_member(&self) -> bool {
        &*self.0 == Self::MEMBER
    }
}

/// Who is meant: by id once an active or inactive row showed it, else by address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PersonRef {
    /// The id, if one is known for good.
    pub id: Option<UserId>,
    /// The address, as last known.
    pub email: Email,
}

impl PersonRef {
    /// What to put into the path of a call.
    #[must_use]
    pub fn key(&self) -> &str {
        self.id.as_ref().map_or(self.email.as_str(), UserId::as_str)
    }

    /// Whether the same person is meant, as far as both say it: by id, or else by address.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.id, &other.id) {
            (Some(id), Some(other)) => id == other,
            (None, _) | (_, None) => self.email == other.email,
        }
    }
}

/// Where a person stands in Zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub enum State {
    /// Invited, not accepted yet.
    Pending,
    /// May sign in.
    Active,
    /// Deactivated: keeps data, has no licence, cannot be changed until activated.
    Inactive,
}

/// A licence that may be asked for, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::Display, strum::EnumString)]
pub enum License {
    /// Without Meetings (Zoom's type 4).
    Unassigned,
    /// Free (type 1).
    Basic,
    /// Paid (type 2).
    Licensed,
}

/// A licence as Zoom shows it: also kinds that cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObservedLicense {
    /// One that may be asked for.
    Known(License),
    /// Another of Zoom's numbers (3 is on-premises, 99 is none).
    Other(i64),
    /// Zoom does not say.
    Unsaid,
}

impl fmt::Display for ObservedLicense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(license) => write!(f, "{license}"),
            Self::Other(number) => write!(f, "Type{number}"),
            Self::Unsaid => f.write_str("Unsaid"),
        }
    }
}

impl ObservedLicense {
    /// Zoom's number for nothing assigned (Zoom API reference, Users: create).
    const NONE: i64 = 99;

    /// Whether it is known to be another one.
    pub(crate) fn differs_from(self, wanted: License) -> bool {
        match self {
            Self::Known(present) => present != wanted,
            Self::Other(_) => true,
            Self::Unsaid => false,
        }
    }

    /// Whether somebody may lose something with it if they get another one instead: what a kind that cannot be asked for is
    /// worth, nobody knows.
    pub(crate) fn is_above(self, wanted: License) -> bool {
        match self {
            Self::Known(present) => present > wanted,
            Self::Other(number) => number != Self::NONE && wanted < License::Licensed,
            Self::Unsaid => false,
        }
    }
}

/// A text that describes a person. In the order in which they are shown.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::Display, strum::EnumIter, strum::EnumString,
)]
#[strum(serialize_all = "camelCase")]
pub enum Attribute {
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// The name that others see.
    DisplayName,
    /// Department.
    Department,
    /// IANA time zone.
    Timezone,
    /// The id of the division.
    DivisionId,
    /// Job title.
    JobTitle,
    /// Company.
    Company,
    /// Location.
    Location,
    /// Cost centre.
    CostCenter,
    /// The manager's address.
    Manager,
    /// Language, such as `en-US`.
    Language,
    /// Pronouns.
    Pronouns,
    /// Whether others see the pronouns: `Ask`, `Always` or `Never`.
    PronounsOption,
    /// The last part of the personal link.
    VanityName,
    /// Ten digits.
    PersonalMeetingId,
    /// Whether instant meetings have the personal meeting id: `true` or `false`.
    UsePersonalMeetingId,
    /// The id in a content management system.
    CmsUserId,
}

impl Attribute {
    /// Whether the listings carry it. The others are only seen by reading one person.
    #[must_use]
    pub fn is_listed(self) -> bool {
        match self {
            Self::FirstName
            | Self::LastName
            | Self::DisplayName
            | Self::Department
            | Self::Timezone
            | Self::DivisionId => true,
            Self::JobTitle
            | Self::Company
            | Self::Location
            | Self::CostCenter
            | Self::Manager
            | Self::Language
            | Self::Pronouns
            | Self::PronounsOption
            | Self::VanityName
            | Self::PersonalMeetingId
            | Self::UsePersonalMeetingId
            | Self::CmsUserId => false,
        }
    }

    /// Whether the call that creates a person takes it (Zoom API reference, Users: create).
    #[must_use]
    pub fn is_creatable(self) -> bool {
        self.is_name()
    }

    /// Whether it is a name of the person.
    fn is_name(self) -> bool {
        matches!(self, Self::FirstName | Self::LastName | Self::DisplayName)
    }

    /// Where the custom resource's spec has it, such as `profile.jobTitle`.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::FirstName | Self::LastName | Self::DisplayName => self.to_string(),
            Self::Department
            | Self::Timezone
            | Self::DivisionId
            | Self::JobTitle
            | Self::Company
            | Self::Location
            | Self::CostCenter
            | Self::Manager
            | Self::Language
            | Self::Pronouns
            | Self::PronounsOption
            | Self::VanityName
            | Self::PersonalMeetingId
            | Self::UsePersonalMeetingId
            | Self::CmsUserId => format!("profile.{self}"),
        }
    }

    /// Whether two values mean the same.
    #[must_use]
    pub fn same(self, left: &str, right: &str) -> bool {
        let (left, right) = (left.trim(), right.trim());
        match self {
            Self::Manager | Self::VanityName => left.eq_ignore_ascii_case(right),
            Self::FirstName
            | Self::LastName
            | Self::DisplayName
            | Self::Department
            | Self::Timezone
            | Self::DivisionId
            | Self::JobTitle
            | Self::Company
            | Self::Location
            | Self::CostCenter
            | Self::Language
            | Self::Pronouns
            | Self::PronounsOption
            | Self::PersonalMeetingId
            | Self::UsePersonalMeetingId
            | Self::CmsUserId => left == right,
        }
    }
}

/// Texts by attribute: a short sorted list, because an account holds a hundred thousand of them. A clone shares the texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attributes(Vec<(Attribute, Arc<str>)>);

impl Attributes {
    /// The value, if there is one.
    #[must_use]
    pub fn get(&self, attribute: Attribute) -> Option<&str> {
        let at = self.0.binary_search_by_key(&attribute, |(key, _)| *key).ok()?;
        self.0.get(at).map(|(_, value)| &**value)
    }

    /// Sets or replaces a value.
    pub fn set(&mut self, attribute: Attribute, value: impl Into<Arc<str>>) {
        match self.0.binary_search_by_key(&attribute, |(key, _)| *key) {
            Ok(at) => self.0.splice(at..=at, [(attribute, value.into())]).for_each(drop),
            Err(at) => self.0.insert(at, (attribute, value.into())),
        }
    }

    /// All values in the order of the attributes.
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, &str)> {
        self.0.iter().map(|(attribute, value)| (*attribute, &**value))
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Shares the texts that many people have in common, such as their department, with every other one in the pool.
    pub fn share(&mut self, pool: &mut Pool<str>) {
        for (_, text) in self.0.iter_mut().filter(|(attribute, _)| !attribute.is_name()) {
            *text = pool.share(Arc::clone(text));
        }
    }

    /// Drops the spare capacity.
    pub fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl<V: Into<Arc<str>>> FromIterator<(Attribute, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (Attribute, V)>>(iter: I) -> Self {
        let mut attributes = Self::default();
        for (attribute, value) in iter {
            attributes.set(attribute, value);
        }
        attributes.shrink();
        attributes
    }
}

/// A telephone number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone {
    /// `Mobile`, `Office`, `Home` or `Fax`.
    pub label: Box<str>,
    /// ISO 3166 country, two letters; absent: not compared.
    pub country: Option<Box<str>>,
    /// Country code with plus sign.
    pub code: Box<str>,
    /// Digits.
    pub number: Box<str>,
}

/// What a custom attribute holds; its key stands in the map around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomAttribute {
    /// The attribute's name in the account.
    pub name: Box<str>,
    /// Its value for this person.
    pub value: Box<str>,
}

/// Telephone numbers, compared as a set.
pub type Phones = BTreeSet<Phone>;
/// Custom attributes by key.
pub type CustomAttributes = BTreeMap<Box<str>, CustomAttribute>;

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ada@example.com")]
    #[case("a+b/c'd@sub.example.com")]
    #[case("ädä@example.com")]
    fn addresses_are_taken(#[case] text: &str) {
        assert_eq!(Email::parse(text).unwrap().as_str(), text);
    }

    #[rstest]
    #[case("")]
    #[case("ada")]
    #[case("@example.com")]
    #[case("ada@")]
    #[case("ada@b@example.com")]
    #[case("a da@example.com")]
    fn other_texts_are_refused(#[case] text: &str) {
        assert!(Email::parse(text).is_err());
    }

    #[test]
    fn addresses_are_compared_without_case() {
        let (upper, lower) = (Email::parse("ADA@Example.com").unwrap(), Email::parse("ada@example.COM").unwrap());
        assert_eq!(upper, lower);
        assert_eq!(upper.cmp(&lower), std::cmp::Ordering::Equal);
        assert!(std::collections::HashSet::from([upper]).contains(&lower));
    }

    #[test]
    fn attributes_keep_one_value_each() {
        let mut attributes: Attributes =
            [(Attribute::LastName, "Lovelace"), (Attribute::FirstName, "Ada")].into_iter().collect();
        attributes.set(Attribute::LastName, "King");
        assert_eq!(
            attributes.iter().collect::<Vec<_>>(),
            [(Attribute::FirstName, "Ada"), (Attribute::LastName, "King")]
        );
    }
}
