//! Fills a new account from its configuration.

use std::collections::HashSet;

use jiff::Timestamp;

use super::person::{Login, Person, Presence, Sessions, State};
use super::privileges::PRIVILEGES;
use super::profile::name_problem;
use super::roles::{MEMBER, OWNER, Role};
use super::{Account, CreateAction, License, Seq, Status, email_problem};
use crate::config::{ConfigError, PersonConfig, RoleConfig};

impl Account {
    pub(super) fn set_up(&mut self, now: Timestamp) -> Result<(), ConfigError> {
        for role in std::mem::take(&mut self.config.roles) {
            let RoleConfig { name, description, id, privileges } = role;
            if let Some(found) = privileges.iter().find(|privilege| !PRIVILEGES.contains(&privilege.as_str())) {
                let (found, known) = (found.clone(), PRIVILEGES.join(", "));
                return Err(ConfigError::Privilege { role: name, found, known });
            }
            let id = id.unwrap_or_else(|| self.new_id());
            self.roles.insert(id.clone(), Role { id, name, description, privileges });
        }
        let mut creators = self.config.all_apps().filter_map(|app| app.role);
        if let Some(role) = creators.find(|role| self.role_by_name_or_id(role).is_none()) {
            let (found, allowed) = (role.to_owned(), "names and ids of the account's roles");
            return Err(ConfigError::Field { field: "appRole, or role of apps", found, allowed });
        }
        drop(creators);
        for group in std::mem::take(&mut self.config.groups) {
            let id = group.id.unwrap_or_else(|| self.new_id());
            self.groups.insert(id, group.name);
        }
        for division in std::mem::take(&mut self.config.divisions) {
            let id = division.id.unwrap_or_else(|| self.new_id());
            self.divisions.insert(id, division.name, division.description);
        }
        let people = std::mem::take(&mut self.config.people);
        let owner = self.config.owner.to_lowercase();
        if !people.iter().any(|person| person.email.to_lowercase() == owner) {
            let named = PersonConfig {
                first_name: "Account".into(),
                last_name: "Owner".into(),
                ..PersonConfig::new(self.config.owner.clone())
            };
            self.put(PersonConfig { license: License::Licensed, ..named }, now)?;
        }
        for person in people {
            self.put(person, now)?;
        }
        self.check_managers()?;
        for room in std::mem::take(&mut self.config.rooms) {
            let named = PersonConfig { first_name: "Room".into(), ..PersonConfig::new(room) };
            let seq = self.put(PersonConfig { license: License::Licensed, ..named }, now)?;
            self.people.edit(seq, |person| person.room = true);
        }
        Ok(())
    }

    /// A manager may stand further down in the account file than those who name them.
    fn check_managers(&self) -> Result<(), ConfigError> {
        let by_name = |person: &&Person| {
            let manager = &person.profile.manager;
            !manager.is_empty() && self.people.by_email(manager).is_none()
        };
        let mut by_name = self.people.all().filter(by_name).peekable();
        if by_name.peek().is_none() {
            return Ok(());
        }
        let names: HashSet<String> = self.people.all().map(Person::shown_name).collect();
        match by_name.find(|person| !names.contains(&person.profile.manager)) {
            Some(person) => Err(no_manager(&person.email, &person.profile.manager)),
            None => Ok(()),
        }
    }

    /// Places somebody into the account as the account file says.
    pub(crate) fn place(&mut self, entry: PersonConfig, now: Timestamp) -> Result<Seq, ConfigError> {
        let manager = &entry.profile.manager;
        if !manager.is_empty() && !self.knows_manager(manager) {
            return Err(no_manager(&entry.email, manager));
        }
        self.put(entry, now)
    }

    fn put(&mut self, mut entry: PersonConfig, now: Timestamp) -> Result<Seq, ConfigError> {
        let email = self.kept(&entry.email);
        let refuse = |reason: String| ConfigError::Person { email: entry.email.clone(), reason };
        if let Some(problem) = email_problem(&email) {
            return Err(refuse(format!("email: found {email:?}, allowed are {ADDRESSES}: {problem}")));
        }
        if self.people.by_email(&email).is_some() {
            return Err(refuse(format!("email: found {email:?} twice, allowed are {OWN_ADDRESSES}")));
        }
        let owner = email.to_lowercase() == self.config.owner.to_lowercase();
        if owner && entry.status != Status::Active {
            return Err(refuse(format!("status: found {:?}, the owner is always active", entry.status)));
        }
        let display_name = entry.display_name.as_deref().unwrap_or_default();
        let problem = name_problem(&entry.first_name, &entry.last_name, display_name);
        if let Some(problem) = problem.or_else(|| entry.profile.problem()) {
            return Err(refuse(problem));
        }
        let role = match &entry.role {
            _ if owner => OWNER.to_owned(),
            None => MEMBER.to_owned(),
            Some(name) => match self.role_by_name_or_id(name) {
                Some(role) if role.id != OWNER => role.id.clone(),
                Some(_) => return Err(refuse("role: the owner is named by the account's field `owner`".to_owned())),
                None => {
                    let known: Vec<_> = self.roles.values().map(|role| role.name.as_str()).collect();
                    return Err(refuse(unknown("role", name, &known)));
                }
            },
        };
        let groups = entry.groups.iter().map(|name| {
            let group = self.group_by_name_or_id(name);
            group.map(|group| group.id.clone()).ok_or_else(|| {
                let known: Vec<_> = self.groups.all().map(|group| group.name.as_str()).collect();
                refuse(unknown("groups", name, &known))
            })
        });
        let groups = groups.collect::<Result<Vec<_>, _>>()?;
        let mut named = groups.iter().zip(&entry.groups).enumerate();
        if let Some((_, (_, name))) =
            named.find(|(place, (id, _))| groups.iter().take(*place).any(|other| other == *id))
        {
            return Err(refuse(format!("groups: found {name:?} twice, allowed are groups that are there once")));
        }
        if let Some(found) = self.unknown_division(&entry.profile.division_ids) {
            let known: Vec<_> = self.divisions.all().map(|division| division.id.as_str()).collect();
            return Err(refuse(unknown("profile.divisionIds", found, &known)));
        }
        self.check_vanity_name(&entry.profile.vanity_name, None)
            .map_err(|refusal| refuse(format!("profile.vanityName: {refusal}")))?;
        if entry.status != Status::Inactive {
            let seat = self.people.seats().one_more(entry.license, self.config.seats);
            seat.map_err(|refusal| refuse(format!("type: found {:?}, but no seat is left: {refusal}", entry.license)))?;
        }
        entry.profile.division_ids = self.kept_divisions(entry.profile.division_ids);
        let person = Person {
            seq: Seq::default(),
            id: self.new_id(),
            email,
            first_name: entry.first_name,
            last_name: entry.last_name,
            display_name: entry.display_name.unwrap_or_default(),
            state: match entry.status {
                Status::Active => State::Active { license: entry.license },
                Status::Inactive => State::Inactive { since: now },
                Status::Pending => State::Pending { license: entry.license, invited_at: now },
            },
            login: Login::WorkEmail,
            role,
            groups,
            administers: Vec::new(),
            refuses_groups: entry.refuses_groups,
            room: false,
            joins_from_elsewhere: false,
            profile: entry.profile,
            created_at: now,
            last_login: (entry.status != Status::Pending).then_some(now),
            email_changes: Vec::new(),
            passwords: Vec::new(),
            creation: CreateAction::Create,
            sessions: Sessions::default(),
            has_picture: false,
            presence: Presence::default(),
            settings: None,
            backgrounds: None,
            assistants: Vec::new(),
        };
        Ok(self.people.insert(person))
    }
}

fn no_manager(email: &str, found: &str) -> ConfigError {
    let reason =
        format!("profile.manager: found {found:?}, allowed are addresses and display names of the account's people");
    ConfigError::Person { email: email.to_owned(), reason }
}

/// What may stand as an address.
pub(super) const ADDRESSES: &str = "e-mail addresses of at most 128 characters";
pub(super) const OWN_ADDRESSES: &str = "addresses that nobody else in the account has";

/// What is wrong with a name of a role or group; of many that are allowed, the first are told.
pub(super) fn unknown(field: &str, found: &str, known: &[&str]) -> String {
    match known.get(..known.len().min(50)) {
        Some([]) | None => format!("{field}: found {found:?}, there are none in the account"),
        Some(known) => format!("{field}: found {found:?}, allowed are {}", known.join(", ")),
    }
}
