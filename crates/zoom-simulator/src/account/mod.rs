//! The account itself: pure state and the operations on it, without HTTP and without a clock of its own.
//!
//! A person has one row; listings, counts and seats are derived from it.

mod contact_groups;
mod copies;
mod create;
mod delete;
mod group_settings;
mod groups;
mod people;
mod person;
mod portal;
mod portal_groups;
mod profile;
mod refusal;
mod roles;
mod seats;
mod setup;
mod status;
mod update;

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

pub(crate) use contact_groups::{ContactGroups, ContactMember, NewContactGroup};
pub(crate) use copies::CopyOnWrite;
pub(crate) use create::{CreateAction, NewUser};
pub(crate) use delete::Deletion;
pub(crate) use group_settings::{OPTIONS, Part, Tree};
pub(crate) use groups::{Group, Groups};
pub(crate) use people::{People, Selection};
pub use person::{License, Status};
pub(crate) use person::{Person, Seq, State, domain_of};
pub use portal::{PersonEdit, PersonView};
pub use portal_groups::GroupView;
pub use profile::{CustomAttribute, PhoneNumber, Profile};
pub(crate) use refusal::{FieldError, Refusal};
pub(crate) use roles::{OWNER, PRIVILEGES, Role, RoleChange};
pub(crate) use status::StatusAction;
pub(crate) use update::UserPatch;

use crate::config::{AccountConfig, ConfigError, ElsewhereAnswer};

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
    elsewhere: HashMap<String, ElsewhereAnswer>,
    ids: SmallRng,
}

impl Account {
    pub(crate) fn new(config: AccountConfig, seed: u64, now: Timestamp) -> Result<Self, ConfigError> {
        let elsewhere = config.elsewhere.iter().map(|entry| (entry.email.to_lowercase(), entry.create)).collect();
        let mut account = Self {
            people: CopyOnWrite::default(),
            roles: roles::built_in(),
            groups: CopyOnWrite::default(),
            contact_groups: ContactGroups::default(),
            elsewhere,
            ids: SmallRng::seed_from_u64(seed),
            config,
        };
        account.set_up(now)?;
        Ok(account)
    }

    /// Anybody in the account by id or address, as a call on that person sees them.
    pub(crate) fn person(&self, key: &str) -> Result<&Person, Refusal> {
        self.people.find(key).ok_or_else(|| Refusal::UserMissing(key.to_owned()))
    }

    /// A person for reading: an expired invitation cannot be read.
    pub(crate) fn read(&self, key: &str, now: Timestamp) -> Result<&Person, Refusal> {
        let person = self.person(key)?;
        match person.state {
            State::Pending { invited_at, .. } if now.duration_since(invited_at) > INVITATION_LIFE => {
                Err(Refusal::InvitationExpired(person.email.clone()))
            }
            State::Pending { .. } | State::Active { .. } | State::Inactive => Ok(person),
        }
    }

    pub(crate) fn manages_domain_of(&self, email: &str) -> bool {
        let domain = domain_of(email);
        self.config.managed_domains.iter().any(|managed| managed.eq_ignore_ascii_case(domain))
    }

    /// Opaque 22-character ids; one in 64 starts with `-`, as Zoom's own examples may.
    fn new_id(&mut self) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        loop {
            let id: String = (0..22)
                .map(|_| char::from(ALPHABET.get(self.ids.random_range(0..ALPHABET.len())).copied().unwrap_or(b'A')))
                .collect();
            if !self.people.has_id(&id) && self.groups.get(&id).is_none() {
                return id;
            }
        }
    }
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
