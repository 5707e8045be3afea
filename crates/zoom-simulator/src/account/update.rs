//! Changing a person's fields (Zoom API reference, Users: update).

use jiff::Timestamp;

use super::person::State;
use super::{Account, CustomAttribute, License, PhoneNumber, Refusal, Seq};
use crate::quirks::{PendingPatch, PhoneNumbers};

/// A PATCH whose fields are valid each by itself; absent fields stay as they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserPatch {
    pub(crate) license: Option<License>,
    /// A Workplace bundle was asked for.
    pub(crate) wants_bundle: bool,
    /// A phone licence was asked for.
    pub(crate) wants_phone: bool,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) dept: Option<String>,
    pub(crate) job_title: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) cost_center: Option<String>,
    pub(crate) manager: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) pronouns: Option<String>,
    pub(crate) pronouns_option: Option<u8>,
    pub(crate) phone_numbers: Option<Vec<PhoneNumber>>,
    pub(crate) custom_attributes: Option<Vec<CustomAttribute>>,
    pub(crate) pmi: Option<u64>,
    pub(crate) use_pmi: Option<bool>,
    pub(crate) host_key: Option<String>,
    pub(crate) vanity_name: Option<String>,
    pub(crate) division_ids: Option<Vec<String>>,
    /// Puts a pending person into a group.
    pub(crate) group_id: Option<String>,
    pub(crate) cms_user_id: Option<String>,
    pub(crate) about_me: Option<String>,
    pub(crate) linkedin_url: Option<String>,
    /// Only by SCIM.
    pub(crate) employee_unique_id: Option<String>,
}

impl Account {
    /// Changes a person. What it does to somebody pending is a quirk; somebody inactive is refused (ConnId's Zoom
    /// connector).
    pub(crate) fn update(&mut self, key: &str, mut patch: UserPatch, now: Timestamp) -> Result<(), Refusal> {
        let person = self.read(key, now)?;
        let seq = person.seq;
        match person.state {
            State::Pending { .. } => self.update_pending(seq, patch),
            State::Inactive { .. } => Err(Refusal::NotPermitted(format!(
                "The user {} is deactivated; activate the user before changing it.",
                person.email
            ))),
            State::Active { license } => {
                let room = person.room;
                self.check_patch(seq, license, room, &patch)?;
                patch.division_ids = patch.division_ids.map(|ids| self.kept_divisions(ids));
                let numbers = self.config.quirks.phone_numbers;
                self.people.edit(seq, |person| patch.apply(person, numbers));
                Ok(())
            }
        }
    }

    fn update_pending(&mut self, seq: Seq, patch: UserPatch) -> Result<(), Refusal> {
        let quirks = &self.config.quirks;
        let group = patch.group_id.filter(|group| !group.is_empty());
        if let Some(group) = &group {
            self.group(group)?;
        }
        match (group, quirks.pending_patch) {
            (Some(group), _) if quirks.pending_group_id_works => {
                self.people.edit(seq, |person| {
                    if !person.groups.contains(&group) {
                        person.groups.push(group);
                    }
                });
                Ok(())
            }
            (Some(_) | None, PendingPatch::WithoutEffect) => Ok(()),
            (Some(_) | None, PendingPatch::Refused) => {
                Err(Refusal::StateForbids("A user who has not accepted the invitation cannot be updated.".to_owned()))
            }
        }
    }

    fn check_patch(&self, seq: Seq, license: License, room: bool, patch: &UserPatch) -> Result<(), Refusal> {
        if patch.wants_bundle {
            return Err(Refusal::NoWorkplaceSeat);
        }
        if patch.wants_phone {
            return Err(Refusal::NoPhoneLicense);
        }
        if let Some(wanted) = patch.license.filter(|wanted| *wanted != license) {
            if room {
                return Err(Refusal::NotPermitted(
                    "A Zoom Room user cannot be updated to another user type.".to_owned(),
                ));
            }
            self.people.seats().one_more(wanted, self.config.seats)?;
        }
        if patch.license.unwrap_or(license) == License::Unassigned
            && (patch.pmi.is_some() || patch.use_pmi == Some(true))
        {
            return Err(Refusal::TypeForbids("a personal meeting id needs a meetings license".to_owned()));
        }
        if let Some(manager) = patch.manager.as_deref().filter(|manager| !manager.is_empty())
            && !self.knows_manager(manager)
        {
            return Err(Refusal::field("manager", format!("The manager {manager} is not a user of this account.")));
        }
        if let Some(unknown) = self.unknown_division(patch.division_ids.as_deref().unwrap_or_default()) {
            return Err(Refusal::field("division_ids", format!("The division {unknown} does not exist.")));
        }
        self.check_vanity_name(patch.vanity_name.as_deref().unwrap_or_default(), Some(seq))
    }

    /// Refuses the name of a personal link that somebody else has; empty means none.
    pub(super) fn check_vanity_name(&self, name: &str, own: Option<Seq>) -> Result<(), Refusal> {
        match self.people.vanity_name_holder(name) {
            Some(holder) if Some(holder) != own => Err(Refusal::VanityNameTaken(name.to_owned())),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether that is somebody's address or display name.
    pub(super) fn knows_manager(&self, manager: &str) -> bool {
        self.people.by_email(manager).is_some()
            || (!manager.contains('@') && self.people.all().any(|person| person.shown_name() == manager))
    }
}

impl UserPatch {
    fn apply(self, person: &mut super::Person, numbers: PhoneNumbers) {
        let Self {
            license,
            wants_bundle: _,
            wants_phone: _,
            first_name,
            last_name,
            display_name,
            dept,
            job_title,
            company,
            location,
            cost_center,
            manager,
            language,
            timezone,
            pronouns,
            pronouns_option,
            phone_numbers,
            custom_attributes,
            pmi,
            use_pmi,
            host_key,
            vanity_name,
            division_ids,
            group_id: _,
            cms_user_id,
            about_me,
            linkedin_url,
            employee_unique_id,
        } = self;
        if let Some(license) = license {
            person.state = State::Active { license };
        }
        set(&mut person.first_name, first_name);
        set(&mut person.last_name, last_name);
        set(&mut person.display_name, display_name);
        let profile = &mut person.profile;
        set(&mut profile.dept, dept);
        set(&mut profile.job_title, job_title);
        set(&mut profile.company, company);
        set(&mut profile.location, location);
        set(&mut profile.cost_center, cost_center);
        set(&mut profile.manager, manager);
        set(&mut profile.language, language);
        set(&mut profile.timezone, timezone);
        set(&mut profile.pronouns, pronouns);
        set(&mut profile.pronouns_option, pronouns_option);
        if let Some(given) = phone_numbers {
            profile.phone_numbers = match numbers {
                PhoneNumbers::Replaced => given,
                PhoneNumbers::Merged => with_numbers(std::mem::take(&mut profile.phone_numbers), given),
            };
        }
        set(&mut profile.custom_attributes, custom_attributes);
        set(&mut profile.pmi, pmi);
        set(&mut profile.use_pmi, use_pmi);
        set(&mut profile.host_key, host_key);
        set(&mut profile.vanity_name, vanity_name);
        set(&mut profile.division_ids, division_ids);
        set(&mut profile.cms_user_id, cms_user_id);
        set(&mut profile.about_me, about_me);
        set(&mut profile.linkedin_url, linkedin_url);
        set(&mut profile.employee_unique_id, employee_unique_id);
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Each given number takes the place of the one with its label, or is added while there is room for a third.
fn with_numbers(mut present: Vec<PhoneNumber>, given: Vec<PhoneNumber>) -> Vec<PhoneNumber> {
    for number in given {
        if let Some(other) = present.iter_mut().find(|other| other.label == number.label) {
            *other = number;
        } else if present.len() < 3 {
            present.push(number);
        }
    }
    present
}
