//! The observed state of one Zoom account.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use crate::{Attributes, CustomAttributes, Email, ObservedLicense, PersonRef, Phones, RoleId, State, UserId};

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
    /// What the listings show.
    pub attributes: Attributes,
    /// What only a read of this person shows; absent until one was made.
    pub details: Option<Arc<Details>>,
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
}

/// A role of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name, unique in the account.
    pub name: Box<str>,
}

/// Which listings were seen whole: pages added up to the totals, nothing twice. Only then does "not there" mean
/// anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Active, inactive and pending people.
    pub people: bool,
    /// Roles.
    pub roles: bool,
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

/// The people and roles of one account, as last seen and as changed since by proved operations.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    people: HashMap<Email, Person>,
    emails: HashMap<UserId, Email>,
    roles: Vec<Role>,
    complete: Completeness,
}

impl Directory {
    /// A directory from listings. Rows that repeat a person replace the earlier ones.
    #[must_use]
    pub fn new(people: impl IntoIterator<Item = Person>, roles: Vec<Role>, complete: Completeness) -> Self {
        let mut directory = Self { roles, complete, ..Self::default() };
        for person in people {
            directory.put(person);
        }
        directory
    }

    /// Adds or replaces a person, found again by id or by address.
    pub fn put(&mut self, person: Person) {
        self.remove(person.id.as_ref(), &person.email);
        if let Some(id) = &person.id {
            self.emails.insert(id.clone(), person.email.clone());
        }
        self.people.insert(person.email.clone(), person);
    }

    /// Takes a person out: whoever has the id, and whoever has the address.
    pub fn remove(&mut self, id: Option<&UserId>, email: &Email) {
        if let Some(email) = id.and_then(|id| self.emails.remove(id)) {
            self.people.remove(&email);
        }
        if let Some(id) = self.people.remove(email).and_then(|former| former.id) {
            self.emails.remove(&id);
        }
    }

    /// Looks a person up by id, else by address.
    #[must_use]
    pub fn find(&self, id: Option<&UserId>, email: &Email) -> Lookup<'_> {
        let by_id = id.and_then(|id| self.emails.get(id)).and_then(|email| self.people.get(email));
        by_id.or_else(|| self.people.get(email)).map_or_else(|| self.not_found(), Lookup::Found)
    }

    /// Looks one certain person up: where an id is known, somebody else with the same address is not them.
    #[must_use]
    pub fn find_exactly(&self, person: &PersonRef) -> Lookup<'_> {
        match self.find(person.id.as_ref(), &person.email) {
            Lookup::Found(found) if person.id.is_some() && person.id != found.id => self.not_found(),
            lookup @ (Lookup::Found(_) | Lookup::Absent | Lookup::Unknown) => lookup,
        }
    }

    fn not_found(&self) -> Lookup<'_> {
        if self.complete.people { Lookup::Absent } else { Lookup::Unknown }
    }

    /// The person with this id, if the directory holds them.
    #[must_use]
    pub fn by_id(&self, id: &UserId) -> Option<&Person> {
        self.emails.get(id).and_then(|email| self.people.get(email))
    }

    /// Everybody, in no order.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &Person> {
        self.people.values()
    }

    /// All roles.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
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
