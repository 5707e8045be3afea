//! The account file: what a simulated account holds when it starts.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::account::{Account, License, Profile, Status};
use crate::deliver::WebhookRefusal;
use crate::history::ReadDelay;
use crate::limits::LimitsConfig;
use crate::quirks::{ElsewhereAnswer, Quirks};
use crate::webhooks::WebhookConfig;

/// The most made-up people that an account may have; Zoom's largest customers have fewer.
const MOST_USERS: usize = 1_000_000;

/// A Zoom account to simulate: the content of an account file, or a value built in a test.
///
/// Every field has a default, so that a file says only what matters; an unknown field is refused with its name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AccountConfig {
    /// The account's id, asked for when a token is fetched.
    pub account_id: String,
    /// The server-to-server app's client id.
    pub client_id: String,
    /// The server-to-server app's client secret.
    pub client_secret: String,
    /// What the account pays for; decides rate limits and what is refused as unpaid.
    pub plan: Plan,
    /// The seats that were bought.
    pub seats: Seats,
    /// Domains that the account manages: their people can be created directly and cannot be disassociated.
    pub managed_domains: Vec<String>,
    /// Domains that nobody may be created in (refused with 1107).
    pub blocked_domains: Vec<String>,
    /// If not empty, the only domains that people may be created in (others are refused with 1116).
    pub allowed_domains: Vec<String>,
    /// Whether single sign-on is set up; `ssoCreate` is refused with 2002 without it.
    pub sso: bool,
    /// Whether single sign-on may pre-provision people; `ssoCreate` is refused with 2032 without it.
    pub sso_pre_provisioning: bool,
    /// Whether this is an integration partner's account, which alone may use `custCreate`.
    pub isv: bool,
    /// The account's own name in Zoom's addresses, as in `https://acme.zoom.example`; SCIM needs an approved one.
    /// Absent: none.
    pub vanity_url: Option<String>,
    /// Whether the app is active; without it there are no tokens.
    pub app_active: bool,
    /// The app's scopes, granular or classic. Absent: all that the simulator knows.
    pub scopes: Option<Vec<String>>,
    /// Further server-to-server apps of the account, with credentials and scopes of their own. They share the account's rate limits.
    pub apps: Vec<AppConfig>,
    /// Settings that the account locks for everybody, such as `schedule_meeting.host_video`.
    pub locked_settings: Vec<String>,
    /// What the account asks of passwords beyond what Zoom asks of all.
    pub passwords: PasswordRules,
    /// The role of the person who made the app, by name or id: what it does not permit is refused to the app whatever its scopes
    /// say. Absent: the owner made it.
    pub app_role: Option<String>,
    /// How long reads show the account as it was before a write.
    pub read_delay: ReadDelay,
    /// Rate limits: `on`, `off`, or sharper ones.
    pub limits: LimitsConfig,
    /// The owner's e-mail address. Need not be among `people`.
    pub owner: String,
    /// Who is in the account besides the owner.
    pub people: Vec<PersonConfig>,
    /// How many made-up people are in the account besides, with seats for them; at most a million.
    pub users: usize,
    /// Roles besides Owner, Admin and Member.
    pub roles: Vec<RoleConfig>,
    /// Groups by name.
    pub groups: Vec<GroupConfig>,
    /// Divisions besides the main one, at most 499.
    pub divisions: Vec<DivisionConfig>,
    /// Where webhook events go. Their URLs are not checked before the first event.
    pub webhooks: Vec<WebhookConfig>,
    /// Addresses that have a Zoom account elsewhere.
    pub elsewhere: Vec<ElsewhereConfig>,
    /// E-mail addresses of Zoom Rooms.
    pub rooms: Vec<String>,
    /// Where public sources disagree on Zoom's behaviour, which one to show.
    pub quirks: Quirks,
}

impl Default for AccountConfig {
    /// The small account that the simulator shows without an account file.
    fn default() -> Self {
        Self {
            account_id: "acme".into(),
            client_id: "simulator".into(),
            client_secret: "simulator-secret".into(),
            plan: Plan::Business,
            seats: Seats::default(),
            managed_domains: vec!["acme.example".into()],
            blocked_domains: Vec::new(),
            allowed_domains: Vec::new(),
            sso: true,
            sso_pre_provisioning: true,
            isv: false,
            vanity_url: Some("acme".into()),
            app_active: true,
            scopes: None,
            apps: Vec::new(),
            locked_settings: Vec::new(),
            passwords: PasswordRules::default(),
            app_role: None,
            read_delay: ReadDelay::default(),
            limits: LimitsConfig::default(),
            owner: "owner@acme.example".into(),
            people: Vec::new(),
            users: 0,
            roles: Vec::new(),
            groups: Vec::new(),
            divisions: Vec::new(),
            webhooks: Vec::new(),
            elsewhere: Vec::new(),
            rooms: Vec::new(),
            quirks: Quirks::default(),
        }
    }
}

impl AccountConfig {
    /// The account that is served without an account file: the default with a few people in it.
    #[must_use]
    pub fn small() -> Self {
        let named = |email: &str, first: &str, last: &str, license, role: Option<&str>| PersonConfig {
            first_name: first.into(),
            last_name: last.into(),
            license,
            role: role.map(str::to_owned),
            ..PersonConfig::new(email)
        };
        let people = vec![
            named("grace@acme.example", "Grace", "Hopper", License::Licensed, Some("Admin")),
            named("alan@acme.example", "Alan", "Turing", License::Licensed, None),
            named("edsger@acme.example", "Edsger", "Dijkstra", License::Basic, None),
        ];
        Self { people, groups: vec![GroupConfig { name: "Everyone".into(), id: None }], ..Self::default() }
    }

    /// The account's apps; the first is the one that the account's own fields describe.
    pub(crate) fn all_apps(&self) -> impl Iterator<Item = App<'_>> {
        let first = App {
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            scopes: self.scopes.as_deref(),
            role: self.app_role.as_deref(),
            active: self.app_active,
        };
        let others = self.apps.iter().map(|app| App {
            client_id: &app.client_id,
            client_secret: &app.client_secret,
            scopes: app.scopes.as_deref(),
            role: app.role.as_deref(),
            active: true,
        });
        std::iter::once(first).chain(others)
    }

    /// Reads an account file.
    ///
    /// # Errors
    /// When the text is not YAML, or a field is unknown or of the wrong type; the message names field and line.
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        read(text)
    }

    /// The account with the made-up people that its field `users` asks for.
    pub(crate) fn with_its_users(mut self, seed: u64) -> Result<Self, ConfigError> {
        match std::mem::take(&mut self.users) {
            count if count > MOST_USERS => Err(ConfigError::TooManyUsers(count)),
            count => Ok(self.with_users(count, seed)),
        }
    }

    /// Whether the account can be built: every address, role and group fits, and there are seats.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(self) -> Result<(), ConfigError> {
        Account::new(self.with_its_users(0)?, 0, jiff::Timestamp::now()).map(drop)
    }

    /// Reads an account file that describes one account, or several in a list named `accounts`.
    ///
    /// # Errors
    /// As [`AccountConfig::from_yaml`], and when the list is empty.
    pub fn all_from_yaml(text: &str) -> Result<Vec<Self>, ConfigError> {
        /// The one field that tells the two shapes of the file apart.
        #[derive(Deserialize)]
        struct Shape {
            accounts: Option<serde::de::IgnoredAny>,
        }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Several {
            accounts: Vec<AccountConfig>,
        }

        if read::<Shape>(text).is_ok_and(|shape| shape.accounts.is_some()) {
            let accounts = read::<Several>(text)?.accounts;
            let empty = || ConfigError::Unreadable("accounts: found an empty list, at least one is needed".to_owned());
            return if accounts.is_empty() { Err(empty()) } else { Ok(accounts) };
        }
        Ok(vec![read(text)?])
    }
}

/// Reads YAML; what is wrong is told with its field, what was found, what is allowed, and the line.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, ConfigError> {
    let mut field = String::new();
    let read = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            field = error.path().to_string();
            error.into_inner()
        })
    });
    read.map_err(|error| match field.as_str() {
        "" | "." => ConfigError::Unreadable(in_plain_words(&error)),
        field => ConfigError::Unreadable(format!("{field}: {}", in_plain_words(&error))),
    })
}

/// The parser's words in those of somebody who writes an account file and not Rust.
fn in_plain_words(error: &impl std::fmt::Display) -> String {
    const WORDS: [(&str, &str); 4] = [
        ("invalid u32", "allowed are whole numbers from 0 to 4294967295"),
        ("invalid u64", "allowed are whole numbers from 0 on"),
        ("expected sequence start", "allowed is a list"),
        ("expected mapping start", "allowed are fields with values"),
    ];
    WORDS.iter().fold(error.to_string(), |text, (theirs, plain)| text.replace(theirs, plain))
}

/// Why an account cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The account file is not YAML of the expected shape.
    #[error("cannot read the account file: {0}")]
    Unreadable(String),
    /// A field's value is not allowed.
    #[error("{field}: found {found:?}, allowed are {allowed}")]
    Field {
        /// The field.
        field: &'static str,
        /// What was found.
        found: String,
        /// What may stand there.
        allowed: &'static str,
    },
    /// Too many made-up people are asked for.
    #[error("users: found {0}, allowed are 0 to {MOST_USERS}")]
    TooManyUsers(usize),
    /// Two accounts have the same id.
    #[error("accountId: found {0:?} twice, each account needs an id of its own")]
    AccountTwice(String),
    /// A webhook endpoint is not to be used.
    #[error("webhooks: {0}")]
    Webhook(#[from] WebhookRefusal),
    /// A role permits what Zoom does not know.
    #[error("roles: {role}: privileges: found {found:?}, which Zoom does not know; its privileges are {known}")]
    Privilege {
        /// The role's name.
        role: String,
        /// What was found.
        found: String,
        /// What there is.
        known: String,
    },
    /// A person cannot be placed into the account.
    #[error("cannot place {email} into the account: {reason}")]
    Person {
        /// Whose entry it is.
        email: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What an account pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Plan {
    /// Nothing: roles, groups and plan usage are refused.
    Free,
    /// Pro.
    Pro,
    /// Business, Education and Enterprise, which share their limits.
    Business,
}

/// The seats that an account bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Seats {
    /// How many people may be Licensed, pending ones included.
    pub licensed: u32,
    /// How many people may be Basic, pending ones included. Absent: any number.
    pub basic: Option<u32>,
}

impl Default for Seats {
    fn default() -> Self {
        Self { licensed: 100, basic: None }
    }
}

/// A server-to-server app besides the first.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppConfig {
    /// Its client id, unlike those of the account's other apps.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: String,
    /// Its scopes, granular or classic. Absent: all that the simulator knows.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// The role of the person who made it, by name or id. Absent: the owner made it.
    #[serde(default)]
    pub role: Option<String>,
}

/// One of an account's apps.
#[derive(Clone, Copy)]
pub(crate) struct App<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) scopes: Option<&'a [String]>,
    pub(crate) role: Option<&'a str>,
    pub(crate) active: bool,
}

/// What an account asks of passwords beyond what Zoom asks of all (Zoom API reference, Users: update a user's password).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PasswordRules {
    /// A special character (without one: 1127).
    pub special_character: bool,
    /// None of the last so many passwords (1129); 0: any but the present one.
    pub not_one_of_last: u8,
    /// Nothing easy to guess (1136).
    pub not_easy: bool,
}

/// Somebody in the account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonConfig {
    /// The e-mail address; unique in the account without regard to case.
    pub email: String,
    /// First name; absent: empty.
    #[serde(default)]
    pub first_name: String,
    /// Last name; absent: empty.
    #[serde(default)]
    pub last_name: String,
    /// Display name; absent: first and last name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The licence; absent: Basic. Ignored for inactive people, who have none.
    #[serde(default = "basic", rename = "type")]
    pub license: License,
    /// Pending, active or inactive; absent: active.
    #[serde(default = "active")]
    pub status: Status,
    /// The role's name or id; absent: Member.
    #[serde(default)]
    pub role: Option<String>,
    /// Names of groups.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Whether Zoom answers that it added this person to a group, and does not: for people whom it drops silently.
    #[serde(default)]
    pub refuses_groups: bool,
    /// The fields of a profile.
    #[serde(default)]
    pub profile: Profile,
}

impl PersonConfig {
    /// Somebody active and Basic with that address, and nothing else.
    #[must_use]
    pub fn new(email: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            first_name: String::new(),
            last_name: String::new(),
            display_name: None,
            license: License::Basic,
            status: Status::Active,
            role: None,
            groups: Vec::new(),
            refuses_groups: false,
            profile: Profile::default(),
        }
    }
}

fn basic() -> License {
    License::Basic
}

fn active() -> Status {
    Status::Active
}

/// A role besides the built-in ones.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleConfig {
    /// The role's name.
    pub name: String,
    /// What it is for; absent: empty.
    #[serde(default)]
    pub description: String,
    /// Its id; absent: made up.
    #[serde(default)]
    pub id: Option<String>,
    /// What it allows, such as `User:Read`; absent: nothing.
    #[serde(default)]
    pub privileges: Vec<String>,
}

/// A group.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupConfig {
    /// The group's name.
    pub name: String,
    /// Its id; absent: made up.
    #[serde(default)]
    pub id: Option<String>,
}

/// A division besides the main one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DivisionConfig {
    /// The division's name, unique without regard to case.
    pub name: String,
    /// Its id, for `profile.divisionIds` of people; absent: made up.
    #[serde(default)]
    pub id: Option<String>,
    /// What it is for; absent: empty.
    #[serde(default)]
    pub description: String,
}

/// An address that has a Zoom account elsewhere, and what creating it answers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ElsewhereConfig {
    /// The address.
    pub email: String,
    /// What creating it answers; absent: as [`Quirks::elsewhere`] says.
    #[serde(default)]
    pub create: Option<ElsewhereAnswer>,
}
