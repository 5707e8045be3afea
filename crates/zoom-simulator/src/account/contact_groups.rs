//! Contact groups: named sets of people and groups that others find in their contacts (Zoom API reference, Contact
//! groups).

use std::collections::BTreeMap;
use std::ops::Bound;

use super::person::State;
use super::{Account, Person, Refusal, Seq};

/// How many people, or groups, one call may add (Zoom API reference, Contact groups: add members).
const MOST_PEOPLE: usize = 50;
const MOST_GROUPS: usize = 3;

/// A contact group. Its name need not be unique: no source speaks of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ContactGroup {
    pub(crate) seq: Seq,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) privacy: u8,
    pub(crate) description: String,
    members: BTreeMap<Seq, Subject>,
    last: u64,
}

/// A person or a group, by their place in the account: an id may change, and who is gone is no member any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Person(Seq),
    Group(Seq),
}

/// A member as a call names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContactMember {
    Person(String),
    Group(String),
}

/// A contact group to create.
#[derive(Clone, Debug)]
pub(crate) struct NewContactGroup {
    pub(crate) name: String,
    pub(crate) privacy: u8,
    pub(crate) description: String,
    pub(crate) members: Vec<ContactMember>,
}

/// A member as a listing shows it.
#[derive(Clone, Debug)]
pub(crate) struct MemberRow {
    pub(crate) seq: Seq,
    /// 1 a person, 2 a group.
    pub(crate) kind: u8,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The contact groups of an account, in the order in which they were created.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ContactGroups {
    rows: BTreeMap<Seq, ContactGroup>,
    last: u64,
}

impl ContactGroups {
    /// Those created after `seq`.
    pub(crate) fn after(&self, seq: Seq) -> impl Iterator<Item = &ContactGroup> {
        self.rows.range((Bound::Excluded(seq), Bound::Unbounded)).map(|(_, group)| group)
    }
}

impl Account {
    /// An unknown contact group is a validation failure (Zoom API reference, Contact groups).
    pub(crate) fn contact_group(&self, id: &str) -> Result<&ContactGroup, Refusal> {
        let found = self.contact_groups.rows.values().find(|group| group.id == id);
        found.ok_or_else(|| Refusal::ContactGroupMissing(id.to_owned()))
    }

    fn contact_group_mut(&mut self, id: &str) -> Result<&mut ContactGroup, Refusal> {
        let seq = self.contact_group(id)?.seq;
        let found = self.contact_groups.rows.get_mut(&seq);
        found.ok_or_else(|| Refusal::ContactGroupMissing(id.to_owned()))
    }

    pub(crate) fn create_contact_group(&mut self, new: NewContactGroup) -> Result<&ContactGroup, Refusal> {
        let NewContactGroup { name, privacy, description, members } = new;
        let subjects = self.subjects(&members)?;
        let id = self.new_id();
        self.contact_groups.last += 1;
        let seq = Seq(self.contact_groups.last);
        let mut group = ContactGroup { seq, id, name, privacy, description, members: BTreeMap::new(), last: 0 };
        for subject in subjects {
            group.add(subject);
        }
        Ok(self.contact_groups.rows.entry(seq).or_insert(group))
    }

    pub(crate) fn change_contact_group(
        &mut self,
        id: &str,
        name: Option<String>,
        privacy: Option<u8>,
        description: Option<String>,
    ) -> Result<(), Refusal> {
        let group = self.contact_group_mut(id)?;
        group.name = name.unwrap_or_else(|| group.name.clone());
        group.privacy = privacy.unwrap_or(group.privacy);
        group.description = description.unwrap_or_else(|| group.description.clone());
        Ok(())
    }

    pub(crate) fn delete_contact_group(&mut self, id: &str) -> Result<(), Refusal> {
        let seq = self.contact_group(id)?.seq;
        self.contact_groups.rows.remove(&seq);
        Ok(())
    }

    /// The members that are still in the account, after `seq` in the order in which they were added.
    pub(crate) fn contact_members(&self, group: &ContactGroup, after: Seq) -> impl Iterator<Item = MemberRow> {
        let members = group.members.range((Bound::Excluded(after), Bound::Unbounded));
        members.filter_map(|(seq, subject)| {
            let (kind, id, name) = match *subject {
                Subject::Person(at) => self.people.at(at).map(|person| (1, person.id.clone(), person.shown_name()))?,
                Subject::Group(at) => self.groups.at(at).map(|group| (2, group.id.clone(), group.name.clone()))?,
            };
            Some(MemberRow { seq: *seq, kind, id, name })
        })
    }

    /// Adds members and tells the ids of those that are new. Who is not active or not there is passed over.
    pub(crate) fn add_contact_members(&mut self, id: &str, members: &[ContactMember]) -> Result<Vec<String>, Refusal> {
        self.contact_group(id)?;
        let subjects = self.subjects(members)?;
        let group = self.contact_group_mut(id)?;
        let before = Seq(group.last);
        for subject in subjects {
            group.add(subject);
        }
        let group = self.contact_group(id)?;
        Ok(self.contact_members(group, before).map(|row| row.id).collect())
    }

    /// Removes members, of whom at least one must remain.
    pub(crate) fn remove_contact_members(&mut self, id: &str, ids: &[String]) -> Result<(), Refusal> {
        let group = self.contact_group(id)?;
        let (gone, kept): (Vec<_>, Vec<_>) =
            self.contact_members(group, Seq::default()).partition(|row| ids.contains(&row.id));
        if let Some(id) = ids.iter().find(|id| gone.iter().all(|row| row.id != **id)) {
            return Err(Refusal::BadRequest(format!("A member with this memberId: {id} does not exist.")));
        }
        if kept.is_empty() {
            return Err(Refusal::BadRequest("A group must have at least one member.".to_owned()));
        }
        let group = self.contact_group_mut(id)?;
        for row in gone {
            group.members.remove(&row.seq);
        }
        Ok(())
    }

    fn subjects(&self, members: &[ContactMember]) -> Result<Vec<Subject>, Refusal> {
        let groups = members.iter().filter(|member| matches!(member, ContactMember::Group(_))).count();
        let too_many = |what: &str, most: usize| {
            Err(Refusal::BadRequest(format!("The maximum number of {what} member per request is {most}.")))
        };
        if members.len() - groups > MOST_PEOPLE {
            return too_many("user", MOST_PEOPLE);
        }
        if groups > MOST_GROUPS {
            return too_many("group", MOST_GROUPS);
        }
        let active = |person: &&Person| matches!(person.state, State::Active { .. });
        let subject = |member: &ContactMember| match member {
            ContactMember::Group(id) => self.groups.get(id).map(|group| Subject::Group(group.seq)),
            ContactMember::Person(id) => {
                let found = self.people.find(id).filter(|person| person.id == *id).filter(active);
                found.map(|person| Subject::Person(person.seq))
            }
        };
        let subjects = members.iter().filter_map(subject).collect();
        Ok(subjects)
    }
}

impl ContactGroup {
    fn add(&mut self, subject: Subject) {
        if self.members.values().all(|member| *member != subject) {
            self.last += 1;
            self.members.insert(Seq(self.last), subject);
        }
    }
}
