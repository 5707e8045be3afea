//! Who may schedule meetings for whom (Zoom API reference, Users: assistants and schedulers).

use jiff::Timestamp;

use super::person::State;
use super::{Account, License, Person, Refusal};
use crate::config::Plan;

impl Account {
    /// A person's assistants, with whether each may manage private events.
    pub(crate) fn assistants<'a>(&'a self, person: &'a Person) -> impl Iterator<Item = (&'a Person, bool)> {
        person.assistants.iter().filter_map(|(seq, private)| Some((self.people.at(*seq)?, *private)))
    }

    /// Those for whom a person may schedule.
    pub(crate) fn schedulers(&self, person: &Person) -> impl Iterator<Item = &Person> {
        let seq = person.seq;
        self.people.all().filter(move |other| other.assistants.iter().any(|(assistant, _)| *assistant == seq))
    }

    /// Makes people somebody's assistants, all or none, and tells their ids.
    pub(crate) fn add_assistants(
        &mut self,
        key: &str,
        assistants: &[(String, bool)],
        now: Timestamp,
    ) -> Result<Vec<String>, Refusal> {
        let person = self.read(key, now)?;
        if self.config.plan == Plan::Free {
            return Err(Refusal::NotPermitted(format!("Current account must be paid account: {key}.")));
        }
        check_licensed(person)?;
        let mut added = Vec::new();
        let mut ids = Vec::new();
        for (email, private) in assistants {
            let assistant = self.people.find(email);
            let assistant = assistant.ok_or_else(|| Refusal::NotPermitted(format!("Can't find user {email}.")))?;
            if assistant.seq == person.seq {
                return Err(Refusal::NotPermitted("Can't assign scheduling privilege to yourself.".to_owned()));
            }
            let known = person.assistants.iter().chain(&added).any(|(seq, _)| *seq == assistant.seq);
            if known {
                let message = format!("User {email} has already granted scheduling privilege.");
                return Err(Refusal::NotPermitted(message));
            }
            check_licensed(assistant)?;
            added.push((assistant.seq, *private));
            ids.push(assistant.id.clone());
        }
        let seq = person.seq;
        self.people.edit(seq, |person| person.assistants.extend(added));
        Ok(ids)
    }

    /// Takes one assistant, or all, from somebody.
    pub(crate) fn remove_assistants(&mut self, key: &str, one: Option<&str>, now: Timestamp) -> Result<(), Refusal> {
        let seq = self.read(key, now)?.seq;
        let one = one.map(|key| self.person(key).map(|assistant| assistant.seq)).transpose()?;
        self.people
            .edit(seq, |person| person.assistants.retain(|(assistant, _)| one.is_some_and(|one| one != *assistant)));
        Ok(())
    }

    /// Ends that somebody schedules for one person, or for all.
    pub(crate) fn remove_schedulers(&mut self, key: &str, one: Option<&str>, now: Timestamp) -> Result<(), Refusal> {
        let person = self.read(key, now)?;
        let assistant = person.seq;
        let chosen = match one {
            Some(key) => vec![self.person(key)?.seq],
            None => self.schedulers(person).map(|scheduler| scheduler.seq).collect(),
        };
        for seq in chosen {
            self.people.edit(seq, |person| person.assistants.retain(|(seq, _)| *seq != assistant));
        }
        Ok(())
    }
}

fn check_licensed(person: &Person) -> Result<(), Refusal> {
    match person.state {
        State::Active { license: License::Licensed } => Ok(()),
        State::Active { .. } | State::Pending { .. } | State::Inactive { .. } => Err(Refusal::NotPermitted(format!(
            "The user must either be a Licensed user or an On-prem user: {}.",
            person.email
        ))),
    }
}
