//! What an administrator sees and does in Zoom's web portal: everything about a person, and edits that bypass the
//! API's rules but never the seats or the uniqueness of addresses.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::person::State;
use super::profile::name_problem;
use super::setup::{ADDRESSES, OWN_ADDRESSES, unknown};
use super::{Account, License, Person, Profile, Refusal, Status, email_problem};

/// Everything about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    /// Zoom's id.
    pub id: String,
    /// The address, with its letters as Zoom keeps them.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The display name that Zoom shows.
    pub display_name: String,
    /// Pending, active or inactive.
    pub status: Status,
    /// The licence; inactive people show as Basic and take no seat.
    #[serde(rename = "type")]
    pub license: License,
    /// The role's name.
    pub role: String,
    /// The role's id.
    pub role_id: String,
    /// Names of groups.
    pub groups: Vec<String>,
    /// Whether this is a Zoom Room.
    pub room: bool,
    /// When they came into the account.
    pub created_at: Timestamp,
    /// When they last signed in; null: never.
    pub last_login: Option<Timestamp>,
    /// Profile fields.
    pub profile: Profile,
}

/// An edit as the administrator in Zoom's portal makes it; absent fields stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PersonEdit {
    /// Another address.
    pub email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Display name; empty: derived from the names.
    pub display_name: Option<String>,
    /// Licence; also of somebody pending, not of somebody inactive.
    #[serde(rename = "type")]
    pub license: Option<License>,
    /// Activates, deactivates, or sets back to pending.
    pub status: Option<Status>,
    /// The role's name or id.
    pub role: Option<String>,
    /// Profile fields, as in [`Profile`]'s JSON; those left out stay.
    pub profile: Map<String, Value>,
    /// Deletes the person for good.
    pub delete: bool,
}

impl Account {
    pub(crate) fn view(&self, person: &Person) -> PersonView {
        let name_of = |id: &String| self.groups.get(id).map_or_else(|| id.clone(), |group| group.name.clone());
        PersonView {
            id: person.id.clone(),
            email: person.email.clone(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            display_name: person.shown_name(),
            status: person.status(),
            license: person.license(),
            role: self.roles.get(&person.role).map(|role| role.name.clone()).unwrap_or_default(),
            role_id: person.role.clone(),
            groups: person.groups.iter().map(name_of).collect(),
            room: person.room,
            created_at: person.created_at,
            last_login: person.last_login,
            profile: person.profile.clone(),
        }
    }

    /// Edits a person past the API's rules. The owner stays the owner, addresses stay unique, and seats must be there.
    pub(crate) fn edit_in_portal(
        &mut self,
        key: &str,
        edit: PersonEdit,
        now: Timestamp,
    ) -> Result<Option<PersonView>, Refusal> {
        let present = self.people.find(key).ok_or_else(|| Refusal::UserMissing(key.to_owned()))?;
        let seq = present.seq;
        let is_owner = present.is_owner();
        if is_owner && edit.delete {
            return Err(Refusal::mistake("delete", true, "people who are not the owner"));
        }
        if let Some(status) = edit.status.filter(|status| is_owner && *status != Status::Active) {
            return Err(Refusal::mistake("status", status, "active, for the owner"));
        }
        if let Some(role) = edit.role.as_ref().filter(|role| is_owner && **role != present.role && *role != "Owner") {
            return Err(Refusal::mistake("role", role, "Owner, for the owner"));
        }
        if edit.delete {
            self.people.remove(seq);
            return Ok(None);
        }
        let edited = self.edited(present, edit, now)?;
        if edited.state != present.state && !edited.room {
            self.check_seat(present, edited.license(), edited.status())?;
        }
        if is_owner {
            edited.email.clone_into(&mut self.config.owner);
        }
        let id = edited.id.clone();
        self.people.edit(seq, |person| *person = edited);
        Ok(self.people.find(&id).map(|person| self.view(person)))
    }

    fn edited(&self, present: &Person, edit: PersonEdit, now: Timestamp) -> Result<Person, Refusal> {
        let PersonEdit { email, first_name, last_name, display_name, license, status, role, profile, delete: _ } = edit;
        let mut person = present.clone();
        if let Some(email) = email.map(|email| self.kept(&email)) {
            if email_problem(&email).is_some() {
                return Err(Refusal::mistake("email", email, ADDRESSES));
            }
            if self.people.by_email(&email).is_some_and(|holder| holder.seq != present.seq) {
                return Err(Refusal::mistake("email", email, OWN_ADDRESSES));
            }
            person.email = email;
        }
        person.first_name = first_name.unwrap_or(person.first_name);
        person.last_name = last_name.unwrap_or(person.last_name);
        person.display_name = display_name.unwrap_or(person.display_name);
        if let Some(problem) = name_problem(&person.first_name, &person.last_name, &person.display_name) {
            return Err(Refusal::BadRequest(problem));
        }
        let given = license.unwrap_or_else(|| present.license());
        person.state = match (status.unwrap_or_else(|| present.status()), present.state) {
            (Status::Active, _) => State::Active { license: given },
            (Status::Inactive, State::Inactive { since }) => State::Inactive { since },
            (Status::Inactive, State::Active { .. } | State::Pending { .. }) => State::Inactive { since: now },
            (Status::Pending, State::Pending { invited_at, .. }) => State::Pending { license: given, invited_at },
            (Status::Pending, State::Active { .. } | State::Inactive { .. }) => {
                State::Pending { license: given, invited_at: now }
            }
        };
        if let Some(wanted) = license.filter(|wanted| *wanted != present.license())
            && matches!(status.unwrap_or_else(|| present.status()), Status::Inactive)
        {
            return Err(Refusal::mistake("type", wanted, "Basic, for somebody inactive: they have no licence"));
        }
        if let Some(role) = role.filter(|_| !present.is_owner()) {
            let found = self.role_by_name_or_id(&role).filter(|role| role.id != super::OWNER);
            let known = self.roles.values().filter(|role| role.id != super::OWNER);
            let known: Vec<_> = known.map(|role| role.name.as_str()).collect();
            person.role = found.ok_or_else(|| Refusal::BadRequest(unknown("role", &role, &known)))?.id.clone();
        }
        person.profile = merged(&person.profile, profile)?;
        self.check_vanity_name(&person.profile.vanity_name, Some(present.seq))?;
        if let Some(found) = self.unknown_division(&person.profile.division_ids) {
            let known: Vec<_> = self.divisions.all().map(|division| division.id.as_str()).collect();
            return Err(Refusal::BadRequest(unknown("profile.divisionIds", found, &known)));
        }
        person.profile.division_ids = self.kept_divisions(person.profile.division_ids);
        let manager = &person.profile.manager;
        if *manager != present.profile.manager && !manager.is_empty() && !self.knows_manager(manager) {
            return Err(Refusal::mistake(
                "profile.manager",
                manager,
                "addresses and display names of the account's people",
            ));
        }
        Ok(person)
    }

    fn check_seat(&self, present: &Person, license: License, status: Status) -> Result<(), Refusal> {
        let holds = present.status() != Status::Inactive && present.license() == license;
        if status == Status::Inactive || holds {
            return Ok(());
        }
        self.people.seats().one_more(license, self.config.seats)
    }
}

fn merged(profile: &Profile, edit: Map<String, Value>) -> Result<Profile, Refusal> {
    let mut value = serde_json::to_value(profile).map_err(|error| Refusal::BadRequest(error.to_string()))?;
    if let Some(fields) = value.as_object_mut() {
        fields.extend(edit);
    }
    let profile: Profile = serde_path_to_error::deserialize(&value)
        .map_err(|error| Refusal::BadRequest(format!("profile.{}: {}", error.path(), error.inner())))?;
    match profile.problem() {
        Some(problem) => Err(Refusal::BadRequest(problem)),
        None => Ok(profile),
    }
}
