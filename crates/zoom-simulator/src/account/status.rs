//! Activating, deactivating, accepting an invitation, and changing the address.

use jiff::{SignedDuration, Timestamp};

use super::person::State;
use super::{Account, License, Person, Refusal, email_problem, has_expired};

/// What `PUT /users/{userId}/status` can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum StatusAction {
    Activate,
    Deactivate,
    ClockIn,
    ClockOut,
}

/// How many times a person's address may change in 24 hours.
const EMAIL_CHANGES: usize = 3;

impl Account {
    /// Changes a person's status. Deactivating takes the licence away and activating does not give it back.
    pub(crate) fn set_status(&mut self, key: &str, action: StatusAction, now: Timestamp) -> Result<(), Refusal> {
        let person = self.read(key, now)?;
        let (seq, state) = (person.seq, person.state);
        if person.is_admin() || person.room {
            return Err(Refusal::NotPermitted(
                "Zoom Room and Admin users' status can not be activated or deactivated.".to_owned(),
            ));
        }
        match (action, state) {
            (_, State::Pending { .. }) => {
                Err(Refusal::NotPermitted(format!("The user {} has not accepted the invitation.", person.email)))
            }
            (StatusAction::Activate, State::Inactive { .. }) => {
                self.people.seats().one_more(License::Basic, self.config.seats)?;
                self.people.edit(seq, |person| person.state = State::Active { license: License::Basic });
                Ok(())
            }
            (StatusAction::Deactivate, State::Active { .. }) => {
                let takes_groups = self.config.quirks.deactivation_takes_groups;
                self.people.edit(seq, |person| {
                    person.state = State::Inactive { since: now };
                    person.groups.retain(|_| !takes_groups);
                });
                Ok(())
            }
            (StatusAction::Activate, State::Active { .. })
            | (StatusAction::Deactivate, State::Inactive { .. })
            | (StatusAction::ClockIn | StatusAction::ClockOut, State::Active { .. } | State::Inactive { .. }) => Ok(()),
        }
    }

    /// Gives a person another address inside a managed domain, at most three times in 24 hours.
    pub(crate) fn change_email(&mut self, key: &str, email: &str, now: Timestamp) -> Result<(), Refusal> {
        let person = self.read(key, now)?;
        let (seq, present) = (person.seq, person.email.clone());
        let email = self.kept(email);
        if person.is_admin() {
            return Err(Refusal::StateForbids(format!("An administrator's email cannot be changed: {present}.")));
        }
        if !matches!(person.state, State::Active { .. }) {
            return Err(Refusal::StateForbids(format!(
                "The email of a user who is not active cannot be changed: {present}."
            )));
        }
        if let Some(problem) = email_problem(&email) {
            return Err(Refusal::field("email", problem));
        }
        if !self.manages_domain_of(&email) {
            return Err(Refusal::domain_not_allowed(&email, &self.config.managed_domains));
        }
        if self.people.by_email(&email).is_some() || self.has_account_elsewhere(&email).is_some() {
            return Err(Refusal::AddressUsed(email));
        }
        let day = SignedDuration::from_hours(24);
        let recent = person.email_changes.iter().filter(|at| now.duration_since(**at) < day);
        if recent.count() >= EMAIL_CHANGES {
            return Err(Refusal::EmailChangesSpent(present));
        }
        self.people.edit(seq, |person| {
            person.email_changes.retain(|at| now.duration_since(*at) < day);
            person.email_changes.push(now);
            person.email = email;
        });
        Ok(())
    }

    /// The invited person accepts: they become active with the licence they were invited with.
    pub(crate) fn accept_invitation(&mut self, email: &str, now: Timestamp) -> Result<&Person, Refusal> {
        let person = self.people.find(email).ok_or_else(|| Refusal::UserMissing(email.to_owned()))?;
        let (seq, email) = (person.seq, person.email.clone());
        let State::Pending { license, .. } = person.state else {
            return Err(Refusal::NotPermitted(format!("{email} has no invitation to accept.")));
        };
        if has_expired(person, now) {
            return Err(Refusal::InvitationExpired);
        }
        let id = if self.config.quirks.id_changes_on_acceptance { self.new_id() } else { person.id.clone() };
        self.people.edit(seq, |person| {
            person.id = id;
            person.state = State::Active { license };
            person.joins_from_elsewhere = false;
            person.last_login = Some(now);
        });
        self.elsewhere.remove(&email.to_lowercase());
        self.person(&email)
    }
}
