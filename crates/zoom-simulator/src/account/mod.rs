//! The account itself: pure state and the operations on it, without HTTP and without a clock of its own.
//!
//! A person has one row; listings, counts and seats are derived from it.

mod assistants;
mod backgrounds;
mod contact_groups;
mod copies;
mod create;
mod delete;
mod divisions;
mod features;
mod group_settings;
mod groups;
mod password;
mod people;
mod person;
mod portal;
mod portal_groups;
mod privileges;
mod profile;
mod refusal;
mod roles;
mod seats;
mod sessions;
mod settings;
mod setup;
mod status;
mod update;
mod user_settings;

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

pub(crate) use contact_groups::{ContactGroups, ContactMember, NewContactGroup};
pub(crate) use copies::CopyOnWrite;
pub(crate) use create::{CreateAction, NewUser};
pub(crate) use delete::Deletion;
pub(crate) use divisions::{Division, Divisions, MAIN_DIVISION, MOST_DIVISIONS};
pub(crate) use features::{Feature, FeatureChange, FeatureFailure};
pub(crate) use group_settings::Part;
pub(crate) use groups::{GROUP_NAME_MAX, Group, Groups, group_name_fits};
pub(crate) use password::{PasswordProblem, digest};
pub(crate) use people::{Change, People, Selection};
pub(crate) use person::{CLIENT, CLIENT_VERSION, LAST_CLIENT_VERSION, Person, Presence, Seq, State, domain_of};
pub use person::{License, Status};
pub use portal::{PersonEdit, PersonView};
pub use portal_groups::GroupView;
pub(crate) use privileges::PRIVILEGES;
pub use profile::{CustomAttribute, PhoneNumber, Profile};
pub(crate) use profile::{LANGUAGE, TIMEZONE, chinese_characters, is_digits, is_language, is_timezone};
pub(crate) use refusal::{FieldError, Refusal};
pub(crate) use roles::{MEMBER, OWNER, Role, RoleChange};
pub(crate) use seats::Taken;
pub(crate) use settings::{SettingsQuery, Tree, lockable};
pub(crate) use status::StatusAction;
pub(crate) use update::UserPatch;

use crate::config::{AccountConfig, ConfigError};
use crate::mistakes;
use crate::quirks::{ElsewhereAnswer, EmailCase, ForeignUser};

/// How long an invitation can be accepted (Zoom support: thirty days).
const INVITATION_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A Zoom account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// What was bought and set; its people, roles and groups only say how the account started.
    pub(crate) config: AccountConfig,
    pub(crate) people: CopyOnWrite<People>,
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) groups: CopyOnWrite<Groups>,
    pub(crate) contact_groups: ContactGroups,
    pub(crate) divisions: Divisions,
    /// Addresses, in lower case, that have a Zoom account elsewhere.
    elsewhere: HashMap<String, ElsewhereAnswer>,
    /// Of the addresses that the present call names, those, in lower case, that another served account has.
    pub(crate) held_elsewhere: Vec<String>,
    /// What is set for everybody, and what of it is locked.
    settings: Tree,
    locks: Tree,
    /// When features were last changed in bulk.
    features_changed_at: Option<Timestamp>,
    ids: SmallRng,
}

/// Where people and groups were before a call that may be refused on its way.
pub(crate) struct Place {
    groups: CopyOnWrite<Groups>,
    changes: usize,
}

impl Account {
    pub(crate) fn new(config: AccountConfig, seed: u64, now: Timestamp) -> Result<Self, ConfigError> {
        mistakes::check(&config)?;
        let answer = |create: Option<ElsewhereAnswer>| create.unwrap_or(config.quirks.elsewhere);
        let elsewhere = config.elsewhere.iter().map(|entry| (entry.email.to_lowercase(), answer(entry.create)));
        let elsewhere = elsewhere.collect();
        let mut ids = SmallRng::seed_from_u64(seed);
        let mut account = Self {
            people: CopyOnWrite::default(),
            roles: roles::built_in(),
            groups: CopyOnWrite::default(),
            contact_groups: ContactGroups::default(),
            divisions: Divisions::new(new_id(&mut ids)),
            elsewhere,
            held_elsewhere: Vec::new(),
            settings: Tree::new(),
            locks: settings::locked(&config.locked_settings),
            features_changed_at: None,
            ids,
            config,
        };
        account.set_up(now)?;
        account.people.take_changes();
        Ok(account)
    }

    /// Whether calls find the same in both.
    #[cfg(test)]
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        self.people.all().eq(other.people.all())
            && self.groups.all().eq(other.groups.all())
            && self.roles == other.roles
            && self.contact_groups == other.contact_groups
            && self.divisions == other.divisions
            && self.elsewhere == other.elsewhere
            && (&self.settings, &self.locks) == (&other.settings, &other.locks)
    }

    /// Where the people and groups are, for [`Account::go_back`].
    pub(crate) fn here(&self) -> Place {
        Place { groups: self.groups.clone(), changes: self.people.changed() }
    }

    /// Takes back what became of people and groups since.
    pub(crate) fn go_back(&mut self, to: Place) {
        self.groups = to.groups;
        self.people.take_back(to.changes);
    }

    /// Anybody in the account by id or address, as a call on that person sees them.
    pub(crate) fn person(&self, key: &str) -> Result<&Person, Refusal> {
        self.people.find(key).ok_or_else(|| match self.config.quirks.foreign_user {
            ForeignUser::OtherAccount if self.has_account_elsewhere(key).is_some() => {
                Refusal::OtherAccount(key.to_owned())
            }
            ForeignUser::OtherAccount | ForeignUser::Missing => Refusal::UserMissing(key.to_owned()),
        })
    }

    /// What creating an address answers that has a Zoom account elsewhere.
    fn has_account_elsewhere(&self, email: &str) -> Option<ElsewhereAnswer> {
        let email = email.to_lowercase();
        let served = self.held_elsewhere.contains(&email).then_some(self.config.quirks.elsewhere);
        self.elsewhere.get(&email).copied().or(served)
    }

    /// A person for reading: an expired invitation cannot be read.
    pub(crate) fn read(&self, key: &str, now: Timestamp) -> Result<&Person, Refusal> {
        let person = self.person(key)?;
        if has_expired(person, now) { Err(Refusal::InvitationExpired) } else { Ok(person) }
    }

    /// What the account does by itself as time goes by: it deletes people who were deactivated long ago.
    pub(crate) fn let_time_pass(&mut self, now: Timestamp) {
        while let Some(seq) = self.overdue(now) {
            self.people.remove(seq);
        }
    }

    /// Whether there is something that the account does by itself now.
    pub(crate) fn has_overdue(&self, now: Timestamp) -> bool {
        self.overdue(now).is_some()
    }

    fn overdue(&self, now: Timestamp) -> Option<Seq> {
        let kept_for = SignedDuration::from_hours(24 * i64::from(self.config.quirks.inactive_deleted_after_days?));
        let (since, seq) = self.people.longest_inactive()?;
        (now.duration_since(since) >= kept_for).then_some(seq)
    }

    /// The groups that somebody's rows show.
    pub(crate) fn shown_groups<'a>(&self, person: &'a Person) -> &'a [String] {
        match person.state {
            State::Inactive { .. } if !self.config.quirks.inactive_rows_have_groups => &[],
            State::Inactive { .. } | State::Active { .. } | State::Pending { .. } => &person.groups,
        }
    }

    /// Somebody by the id that their identity provider has for them.
    pub(crate) fn by_unique_id(&self, id: &str) -> Result<&Person, Refusal> {
        let found = self.people.all().find(|person| person.profile.employee_unique_id == id);
        found.filter(|_| !id.is_empty()).ok_or_else(|| Refusal::UserMissing(id.to_owned()))
    }

    /// An e-mail address as the account keeps it.
    fn kept(&self, email: &str) -> String {
        match self.config.quirks.email_case {
            EmailCase::Kept => email.to_owned(),
            EmailCase::Lowered => email.to_lowercase(),
        }
    }

    pub(crate) fn manages_domain_of(&self, email: &str) -> bool {
        let domain = domain_of(email);
        self.config.managed_domains.iter().any(|managed| managed.eq_ignore_ascii_case(domain))
    }

    /// An id that neither somebody nor a group has.
    fn new_id(&mut self) -> String {
        loop {
            let id = new_id(&mut self.ids);
            if !self.people.has_id(&id) && self.groups.get(&id).is_none() {
                return id;
            }
        }
    }
}

/// Opaque 22-character ids; one in 64 starts with `-`, as Zoom's own examples may.
fn new_id(ids: &mut SmallRng) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letter = |ids: &mut SmallRng| ALPHABET.get(ids.random_range(0..ALPHABET.len())).copied().unwrap_or(b'A');
    (0..22).map(|_| char::from(letter(ids))).collect()
}

/// Whether this is an invitation that can no longer be accepted.
fn has_expired(person: &Person, now: Timestamp) -> bool {
    matches!(person.state, State::Pending { invited_at, .. } if now.duration_since(invited_at) > INVITATION_LIFE)
}

/// Checks an e-mail address as far as the simulator cares: one `@`, a domain with a dot, no spaces, at most 128
/// characters.
pub(crate) fn email_problem(email: &str) -> Option<&'static str> {
    let Some((local, domain)) = email.split_once('@') else { return Some("Invalid email address.") };
    let labels_filled = domain.split('.').all(|label| !label.is_empty());
    let clean = !email.chars().any(|c| c.is_whitespace() || c.is_control()) && !domain.contains('@');
    if email.chars().count() > 128 {
        Some("The email address must not exceed 128 characters.")
    } else if local.is_empty() || !domain.contains('.') || !labels_filled || !clean {
        Some("Invalid email address.")
    } else {
        None
    }
}
