//! Groups: who belongs where, and who administers them (Zoom API reference, Groups).
//!
//! Who is in a group and who administers it stands with the person; counts and listings are derived from there.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use super::group_settings::GroupSettings;
use super::person::State;
use super::{Account, Person, Refusal, Seq};

/// How many groups an account may have (Zoom API reference, Groups: create).
const MOST: usize = 5_000;

/// How many characters a group's name may have (Zoom API reference, Groups: create).
pub(crate) const GROUP_NAME_MAX: usize = 127;

/// Whether a group can have that name.
pub(crate) fn group_name_fits(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= GROUP_NAME_MAX
}

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) seq: Seq,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) settings: GroupSettings,
}

/// The groups of an account, in the order in which they were created.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    rows: BTreeMap<Seq, Group>,
    by_id: HashMap<String, Seq>,
    last: u64,
}

impl Groups {
    /// Adds a group. The caller has made sure that id and name are new.
    pub(crate) fn insert(&mut self, id: String, name: String) {
        self.last += 1;
        let seq = Seq(self.last);
        self.by_id.insert(id.clone(), seq);
        self.rows.insert(seq, Group { seq, id, name, settings: GroupSettings::default() });
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Group> {
        self.by_id.get(id).and_then(|seq| self.rows.get(seq))
    }

    pub(crate) fn at(&self, seq: Seq) -> Option<&Group> {
        self.rows.get(&seq)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.by_id.get(id).and_then(|seq| self.rows.get_mut(seq))
    }

    fn remove(&mut self, id: &str) {
        if let Some(seq) = self.by_id.remove(id) {
            self.rows.remove(&seq);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Group> {
        self.rows.values()
    }

    /// Those created after `seq`.
    pub(crate) fn after(&self, seq: Seq) -> impl Iterator<Item = &Group> {
        self.rows.range((Bound::Excluded(seq), Bound::Unbounded)).map(|(_, group)| group)
    }
}

impl Account {
    pub(crate) fn group(&self, id: &str) -> Result<&Group, Refusal> {
        self.groups.get(id).ok_or_else(|| Refusal::GroupMissing(id.to_owned()))
    }

    pub(crate) fn group_mut(&mut self, id: &str) -> Result<&mut Group, Refusal> {
        self.groups.get_mut(id).ok_or_else(|| Refusal::GroupMissing(id.to_owned()))
    }

    pub(crate) fn group_by_name_or_id(&self, key: &str) -> Option<&Group> {
        self.groups.get(key).or_else(|| self.groups.all().find(|group| group.name == key))
    }

    /// Creates a group and gives its id.
    pub(crate) fn create_group(&mut self, name: &str) -> Result<String, Refusal> {
        self.check_group_name(name, None)?;
        if self.groups.len() >= MOST {
            return Err(Refusal::BadRequest(format!("The account has reached the maximum of {MOST} groups.")));
        }
        let id = self.new_id();
        self.groups.insert(id.clone(), name.to_owned());
        Ok(id)
    }

    pub(crate) fn rename_group(&mut self, id: &str, name: &str) -> Result<(), Refusal> {
        let seq = self.group(id)?.seq;
        self.check_group_name(name, Some(seq))?;
        name.clone_into(&mut self.group_mut(id)?.name);
        Ok(())
    }

    fn check_group_name(&self, name: &str, own: Option<Seq>) -> Result<(), Refusal> {
        let exact = self.config.quirks.case_sensitive_group_names;
        let same = |other: &str| if exact { other == name } else { other.to_lowercase() == name.to_lowercase() };
        let taken = self.groups.all().any(|group| Some(group.seq) != own && same(&group.name));
        if taken { Err(Refusal::GroupNameTaken(name.to_owned())) } else { Ok(()) }
    }

    /// Deletes a group; its members and administrators stay in the account.
    pub(crate) fn delete_group(&mut self, id: &str) -> Result<(), Refusal> {
        self.group(id)?;
        let concerned = self.people.in_group(id).after(Seq::default());
        let concerned: Vec<Seq> =
            concerned.chain(self.people.administering(id).after(Seq::default())).map(|person| person.seq).collect();
        for seq in concerned {
            self.people.edit(seq, |person| {
                person.groups.retain(|group| group != id);
                person.administers.retain(|group| group != id);
            });
        }
        self.groups.remove(id);
        Ok(())
    }

    /// Adds people to a group and tells the ids of those who are newly in it. Whoever is in it already, is not active,
    /// is not in the account or is marked as never joining is passed over: the call succeeds all the same (ConductorOne's
    /// baton-zoom connector).
    pub(crate) fn add_to_group(&mut self, id: &str, keys: &[String]) -> Result<Vec<String>, Refusal> {
        self.group(id)?;
        let mut added = Vec::new();
        for key in keys {
            let Some(person) = self.people.find(key).filter(|person| person.joins_groups()) else { continue };
            if person.groups.iter().all(|group| group != id) {
                added.push(person.id.clone());
                let seq = person.seq;
                self.people.edit(seq, |person| person.groups.push(id.to_owned()));
            }
        }
        Ok(added)
    }

    pub(crate) fn remove_from_group(&mut self, id: &str, key: &str) -> Result<(), Refusal> {
        let seq = self.member(id, key)?.seq;
        self.people.edit(seq, |person| person.groups.retain(|group| group != id));
        Ok(())
    }

    /// Takes a person out of one group and puts them into another, in its place.
    pub(crate) fn move_member(&mut self, id: &str, key: &str, target: &str) -> Result<(), Refusal> {
        let seq = self.member(id, key)?.seq;
        self.group(target)?;
        self.people.edit(seq, |person| {
            let there = person.groups.iter().any(|group| group == target);
            if let Some(place) = person.groups.iter_mut().find(|group| *group == id) {
                if there { place.clear() } else { target.clone_into(place) }
            }
            person.groups.retain(|group| !group.is_empty());
        });
        Ok(())
    }

    /// Makes `target` a person's primary group, whose settings count for them. `id` is the primary group so far, or any that
    /// they are in, as the account's quirks say.
    pub(crate) fn set_primary_group(&mut self, id: &str, key: &str, target: &str) -> Result<(), Refusal> {
        let person = self.member(id, key)?;
        self.group(target)?;
        let from_any = self.config.quirks.primary_from_any_group;
        if !from_any && person.groups.first().is_none_or(|primary| primary != id) {
            return Err(Refusal::BadRequest(format!("The group {id} is not the primary group of {}.", person.email)));
        }
        let place = person.groups.iter().position(|group| group == target);
        let place = place.ok_or_else(|| Refusal::NotAMember(key.to_owned()))?;
        let seq = person.seq;
        self.people.edit(seq, |person| {
            let target = person.groups.remove(place);
            person.groups.insert(0, target);
        });
        Ok(())
    }

    fn member(&self, group: &str, key: &str) -> Result<&Person, Refusal> {
        self.group(group)?;
        let member = self.people.find(key).filter(|person| person.groups.iter().any(|id| id == group));
        member.ok_or_else(|| Refusal::NotAMember(key.to_owned()))
    }

    /// Makes people administrators of a group and tells the ids of those for whom it is new; passes over the others as
    /// [`add_to_group`](Self::add_to_group) does. An administrator of a group need not be in it.
    pub(crate) fn add_group_admins(&mut self, id: &str, keys: &[String]) -> Result<Vec<String>, Refusal> {
        self.group(id)?;
        let mut added = Vec::new();
        for key in keys {
            let Some(person) = self.people.find(key).filter(|person| person.joins_groups()) else { continue };
            if person.administers.iter().all(|group| group != id) {
                added.push(person.id.clone());
                let seq = person.seq;
                self.people.edit(seq, |person| person.administers.push(id.to_owned()));
            }
        }
        Ok(added)
    }

    pub(crate) fn remove_group_admin(&mut self, id: &str, key: &str) -> Result<(), Refusal> {
        self.group(id)?;
        let admin = self.people.find(key).filter(|person| person.administers.iter().any(|group| group == id));
        let seq = admin.ok_or_else(|| Refusal::NotAGroupAdmin(key.to_owned()))?.seq;
        self.people.edit(seq, |person| person.administers.retain(|group| group != id));
        Ok(())
    }
}

impl Person {
    fn joins_groups(&self) -> bool {
        matches!(self.state, State::Active { .. }) && !self.refuses_groups
    }
}
