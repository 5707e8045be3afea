//! The observed state of one Zoom account.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use foldhash::HashMap;
use jiff::Timestamp;

use crate::{
    Attributes, ContactGroup, ContactGroupId, CustomAttributes, Email, Group, GroupId, License, ObservedLicense,
    PersonRef, Phones, RoleId, Seats, State, UserId,
};

/// A person as Zoom showed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Missing on the listing of pending people.
    pub id: Option<UserId>,
    /// Their address.
    pub email: Email,
    /// Where they stand.
    pub state: State,
    /// What they hold.
    pub license: ObservedLicense,
    /// Their role; absent where Zoom did not say.
    pub role: Option<RoleId>,
    /// The groups that they are in, as Zoom orders them; absent where Zoom did not say, as for pending people.
    pub groups: Option<Box<[GroupId]>>,
    /// What the listings show.
    pub attributes: Attributes,
    /// What only a read of this person shows; absent until one was made.
    pub details: Option<Arc<Details>>,
    /// Zoom said that it created them, and has not shown them yet.
    pub presumed: bool,
}

/// What the listings do not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// When it was read.
    pub read_at: Timestamp,
    /// The attributes that are not listed.
    pub attributes: Attributes,
    /// Telephone numbers.
    pub phones: Phones,
    /// Custom attributes.
    pub custom: CustomAttributes,
}

impl Person {
    /// How operations name this person: by id only once the id is there to stay.
    #[must_use]
    pub fn reference(&self) -> PersonRef {
        let id = match self.state {
            State::Active | State::Inactive => self.id.clone(),
            State::Pending => None,
        };
        PersonRef { id, email: self.email.clone() }
    }

    fn is_active_admin(&self) -> bool {
        self.state == State::Active && self.role.as_ref().is_some_and(RoleId::is_admin)
    }

    /// Whether they are in a group; `None` where Zoom did not say.
    #[must_use]
    pub fn is_in(&self, group: &GroupId) -> Option<bool> {
        self.groups.as_ref().map(|groups| groups.contains(group))
    }
}

/// A role of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name, unique in the account.
    pub name: Box<str>,
    /// What it is for.
    pub description: Box<str>,
    /// How many people the listing counts in it; absent where Zoom did not say.
    pub total: Option<u64>,
    /// What it may do; absent until it was read, which is done only where an object asks for it.
    pub privileges: Option<Arc<BTreeSet<Box<str>>>>,
}

/// Which listings were seen whole: pages added up to the totals, nothing twice. Only then does "not there" mean
/// anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Active, inactive and pending people.
    pub people: bool,
    /// Roles.
    pub roles: bool,
    /// Groups; listed only where an object asks for it.
    pub groups: bool,
    /// Contact groups; listed only where an object asks for it.
    pub contact_groups: bool,
}

/// What [`Directory::find`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// They are there.
    Found(&'a Person),
    /// They are not in the account.
    Absent,
    /// The listing was not complete: nothing follows.
    Unknown,
}

/// The people, roles and groups of one account, as last seen and as changed since by proved operations.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// A clone shares the rows, and a row that did not change since is shared with the directory before.
    people: Vec<Arc<Person>>,
    /// Their places in `people`, by address and by id.
    by_email: HashMap<Email, usize>,
    by_id: HashMap<UserId, usize>,
    roles: Vec<Role>,
    groups: Vec<Group>,
    contact_groups: Vec<ContactGroup>,
    complete: Completeness,
    /// People who are there, and whose rows could not be understood.
    unreadable: HashSet<UserId>,
    /// The addresses of people who were taken out since the listings.
    left: HashSet<Email>,
    /// The ids of groups, contact groups and roles that Zoom said it made, and has not shown yet.
    presumed: HashSet<Box<str>>,
    pub(crate) seats: Seats,
}

impl Directory {
    /// A directory from listings. Rows that repeat a person replace the earlier ones.
    #[must_use]
    pub fn new<P: Into<Arc<Person>>>(
        people: impl IntoIterator<Item = P>,
        roles: Vec<Role>,
        complete: Completeness,
    ) -> Self {
        let mut directory = Self { roles, complete, ..Self::default() };
        let people = people.into_iter();
        let (expected, _) = people.size_hint();
        directory.people.reserve(expected);
        directory.by_email.reserve(expected);
        directory.by_id.reserve(expected);
        for person in people {
            directory.put(person);
        }
        directory
    }

    /// The same directory with these groups and contact groups.
    #[must_use]
    pub fn with_groups(mut self, groups: Vec<Group>, contact_groups: Vec<ContactGroup>) -> Self {
        (self.groups, self.contact_groups) = (groups, contact_groups);
        self
    }

    /// Adds or replaces a person, found again by id or by address.
    pub fn put(&mut self, person: impl Into<Arc<Person>>) {
        let person = person.into();
        drop(self.take(person.id.as_ref(), &person.email));
        self.left.remove(&person.email);
        let place = self.people.len();
        self.people.push(person);
        self.index(place);
    }

    fn index(&mut self, place: usize) {
        let Some(person) = self.people.get(place) else { return };
        self.by_email.insert(person.email.clone(), place);
        if let Some(id) = &person.id {
            self.by_id.insert(id.clone(), place);
        }
    }

    /// Takes a person out: whoever has the id, and whoever has the address.
    pub fn remove(&mut self, id: Option<&UserId>, email: &Email) {
        let taken = self.take(id, email);
        self.left.extend(taken);
    }

    /// Whether somebody with this address was taken out since the listings: by a removal, or because one read did not show
    /// them, which proves less than a listing does.
    #[must_use]
    pub fn has_left(&self, email: &Email) -> bool {
        self.left.contains(email)
    }

    /// Returns the addresses under which somebody was there.
    fn take(&mut self, id: Option<&UserId>, email: &Email) -> impl Iterator<Item = Email> + use<> {
        let by_id = id.and_then(|id| self.by_id.get(id).copied()).map(|place| self.take_at(place));
        let by_email = self.by_email.get(email).copied().map(|place| self.take_at(place));
        by_id.into_iter().chain(by_email).map(|former| former.email.clone())
    }

    /// The last row takes the place.
    fn take_at(&mut self, place: usize) -> Arc<Person> {
        let former = self.people.swap_remove(place);
        self.by_email.remove(&former.email);
        if let Some(id) = &former.id {
            self.by_id.remove(id);
        }
        self.index(place);
        former
    }

    /// Looks a person up by id, else by address.
    #[must_use]
    pub fn find(&self, id: Option<&UserId>, email: &Email) -> Lookup<'_> {
        let by_id = id.and_then(|id| self.by_id(id));
        let by_email = || self.at(*self.by_email.get(email)?);
        by_id.or_else(by_email).map_or_else(|| self.not_found(id), Lookup::Found)
    }

    /// Looks one certain person up: where an id is known, somebody else with the same address is not them.
    #[must_use]
    pub fn find_exactly(&self, person: &PersonRef) -> Lookup<'_> {
        match self.find(person.id.as_ref(), &person.email) {
            Lookup::Found(found) if person.id.is_some() && person.id != found.id => self.not_found(person.id.as_ref()),
            lookup @ (Lookup::Found(_) | Lookup::Absent | Lookup::Unknown) => lookup,
        }
    }

    /// The same person by the address that they have now, as far as the directory knows them by their id.
    #[must_use]
    pub fn as_seen(&self, person: &PersonRef) -> PersonRef {
        let row = person.id.as_ref().and_then(|id| self.by_id(id));
        PersonRef { id: person.id.clone(), email: row.map_or(&person.email, |row| &row.email).clone() }
    }

    fn not_found(&self, id: Option<&UserId>) -> Lookup<'_> {
        let unreadable = id.is_some_and(|id| self.unreadable.contains(id));
        if self.complete.people && !unreadable { Lookup::Absent } else { Lookup::Unknown }
    }

    /// Notes that nothing is known of this person, also not that they are absent: their row could not be understood, or
    /// nobody looked for them whom the listing lacks.
    pub fn put_unreadable(&mut self, id: UserId) {
        self.unreadable.insert(id);
    }

    /// The person with this id, if the directory holds them.
    #[must_use]
    pub fn by_id(&self, id: &UserId) -> Option<&Person> {
        self.at(*self.by_id.get(id)?)
    }

    fn at(&self, place: usize) -> Option<&Person> {
        self.people.get(place).map(|row| &**row)
    }

    /// Everybody, in no order.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &Person> {
        self.people.iter().map(|row| &**row)
    }

    /// A row as it is; this directory's own where that says the same. An account that did not change is held once, however
    /// often it is listed.
    #[must_use]
    pub fn shared(&self, row: Person) -> Arc<Person> {
        let place = row.id.as_ref().and_then(|id| self.by_id.get(id)).or_else(|| self.by_email.get(&row.email));
        let same = |known: &&Arc<Person>| ***known == row && known.email.as_str() == row.email.as_str();
        let known = place.and_then(|place| self.people.get(*place)).filter(same).map(Arc::clone);
        known.unwrap_or_else(|| Arc::new(row))
    }

    /// How many people hold a licence. Who is inactive holds none; who is pending does.
    #[must_use]
    pub fn taken(&self, license: License) -> usize {
        let holds = |row: &&Person| row.state != State::Inactive && row.license == ObservedLicense::Known(license);
        self.people().filter(holds).count()
    }

    /// All roles.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Whether a person is the only active one with the role Admin; the owner does not count. `None` where the listing was
    /// not complete, and another may be there.
    #[must_use]
    pub fn is_last_admin(&self, person: &Person) -> Option<bool> {
        let others = || self.people().filter(|other| other.email != person.email);
        if !person.is_active_admin() || others().any(Person::is_active_admin) {
            return Some(false);
        }
        self.complete.people.then_some(true)
    }

    /// The role with this name; names are compared without case.
    #[must_use]
    pub fn role_named(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name.trim().eq_ignore_ascii_case(name.trim()))
    }

    /// The name of a role, or its id where the name is not known.
    #[must_use]
    pub fn role_name<'a>(&'a self, id: &'a RoleId) -> &'a str {
        self.roles.iter().find(|role| role.id == *id).map_or(id.as_str(), |role| &role.name)
    }

    /// Adds or replaces a role.
    pub fn put_role(&mut self, role: Role) {
        self.remove_role(&role.id);
        self.presumed.remove(role.id.as_str());
        self.roles.push(role);
    }

    /// Takes a role out.
    pub fn remove_role(&mut self, id: &RoleId) {
        self.roles.retain(|role| role.id != *id);
    }

    /// All groups.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group with this id, if the directory holds it.
    #[must_use]
    pub fn group(&self, id: &GroupId) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == *id)
    }

    /// Adds or replaces a group.
    pub fn put_group(&mut self, group: Group) {
        self.remove_group(&group.id);
        self.presumed.remove(group.id.as_str());
        self.groups.push(group);
    }

    /// Takes a group out. It may still stand in people's rows, where it means nothing any more.
    pub fn remove_group(&mut self, id: &GroupId) {
        self.groups.retain(|group| group.id != *id);
    }

    /// All contact groups.
    #[must_use]
    pub fn contact_groups(&self) -> &[ContactGroup] {
        &self.contact_groups
    }

    /// The contact group with this id, if the directory holds it.
    #[must_use]
    pub fn contact_group(&self, id: &ContactGroupId) -> Option<&ContactGroup> {
        self.contact_groups.iter().find(|group| group.id == *id)
    }

    /// Adds or replaces a contact group.
    pub fn put_contact_group(&mut self, group: ContactGroup) {
        self.remove_contact_group(&group.id);
        self.presumed.remove(group.id.as_str());
        self.contact_groups.push(group);
    }

    /// Takes a contact group out.
    pub fn remove_contact_group(&mut self, id: &ContactGroupId) {
        self.contact_groups.retain(|group| group.id != *id);
    }

    /// Notes of a group, contact group or role that was put that it is there by Zoom's word alone, until it is put again: a
    /// call may be answered well and not be carried out.
    pub fn presume(&mut self, id: Box<str>) {
        self.presumed.insert(id);
    }

    /// Whether a group, contact group or role is there by Zoom's word alone.
    pub(crate) fn is_presumed(&self, id: &str) -> bool {
        self.presumed.contains(id)
    }

    /// Notes that a person joined a group or left it. Somebody whom the directory does not hold is passed over.
    pub fn set_member(&mut self, person: &UserId, group: &GroupId, is_member: bool) {
        let Some(row) = self.row_mut(person) else { return };
        let others = row.groups.iter().flatten().filter(|present| *present != group).cloned();
        row.groups = Some(match (row.is_in(group), is_member) {
            (Some(true), true) => return,
            (_, true) => others.chain([group.clone()]).collect(),
            (_, false) => others.collect(),
        });
    }

    fn row_mut(&mut self, person: &UserId) -> Option<&mut Person> {
        self.people.get_mut(*self.by_id.get(person)?).map(Arc::make_mut)
    }

    /// Notes that a group is a member's first one.
    pub fn set_primary(&mut self, person: &UserId, group: &GroupId) {
        let Some(row) = self.row_mut(person) else { return };
        if let Some(groups) = row.groups.as_mut()
            && let Some(place) = groups.iter().position(|known| known == group)
            && let Some(first) = groups.get_mut(..=place)
        {
            first.rotate_right(1);
        }
    }

    /// Takes back that the people were listed whole: from now on nobody who is not there is taken for absent.
    pub fn doubt(&mut self) {
        self.complete.people = false;
    }

    /// Which listings were whole.
    #[must_use]
    pub fn complete(&self) -> &Completeness {
        &self.complete
    }
}
