//! Which object speaks for a person.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    Adoption, Claim, DesiredPerson, Directory, Email, Lookup, ObjectKey, Person, PersonRef, UserId, plan::Input,
};

/// The claims of all live objects.
pub(crate) struct Claims<'a> {
    /// By the address under which the person is found in Zoom, or else the one that the object names.
    winners: HashMap<&'a Email, &'a DesiredPerson>,
    /// By everything else that names a person: ids in status, addresses in spec.
    ids: HashMap<&'a UserId, &'a ObjectKey>,
    emails: HashMap<&'a Email, &'a ObjectKey>,
    unreadable: Unreadable<'a>,
    unreadable_objects: HashSet<&'a ObjectKey>,
    directory: &'a Directory,
    /// How many people are managed.
    pub managed: usize,
}

#[derive(Default)]
struct Unreadable<'a> {
    ids: HashMap<&'a UserId, &'a ObjectKey>,
    emails: HashMap<&'a Email, &'a ObjectKey>,
}

impl<'a> Claims<'a> {
    pub(crate) fn of(input: &Input<'a>) -> Self {
        let Input { desired, directory, .. } = *input;
        let live = || desired.people.iter().filter(|object| !object.deleting);
        let mut winners: HashMap<&'a Email, &'a DesiredPerson> = HashMap::with_capacity(desired.people.len());
        let mut ids = HashMap::with_capacity(desired.people.len());
        let mut emails = HashMap::new();
        for object in live() {
            let person = found(object, directory);
            let present = winners.entry(address(object, person)).or_insert(object);
            if precedence(object, person) < precedence(present, person) {
                *present = object;
            }
            if person.is_some_and(|person| person.email != object.email) {
                first(&mut emails, &object.email, &object.object);
            }
            if let Some(id) = &object.remembered.id {
                first(&mut ids, id, &object.object);
            }
        }
        let managed = winners.values().filter(|object| is_managed(object, input)).count();
        let unreadable_objects = desired.unreadable.iter().map(|claim| &claim.object).collect();
        let unreadable = Unreadable::of(&desired.unreadable);
        Self { winners, ids, emails, unreadable, unreadable_objects, directory, managed }
    }

    /// Whether an object is there but could not be understood.
    pub(crate) fn is_unreadable(&self, object: &ObjectKey) -> bool {
        self.unreadable_objects.contains(object)
    }

    /// The other object that goes before this one, if there is one.
    pub(crate) fn winner(&self, object: &'a DesiredPerson) -> Option<&'a ObjectKey> {
        let person = found(object, self.directory);
        let ids = [object.remembered.id.as_ref(), person.and_then(|person| person.id.as_ref())];
        let emails = [Some(&object.email), person.map(|person| &person.email)];
        self.unreadable.claimant(ids, emails).or_else(|| {
            let winner = self.winners.get(address(object, person))?;
            (winner.object != object.object).then_some(&winner.object)
        })
    }

    /// The live object that claims a person by id or by address, readable or not.
    pub(crate) fn claimant(&self, person: &PersonRef) -> Option<&'a ObjectKey> {
        let row = match self.directory.find_exactly(person) {
            Lookup::Found(row) => Some(row),
            Lookup::Absent | Lookup::Unknown => None,
        };
        let ids = [person.id.as_ref(), row.and_then(|row| row.id.as_ref())];
        let emails = [Some(&person.email), row.map(|row| &row.email)];
        let by_id = || ids.iter().flatten().find_map(|id| self.ids.get(id).copied());
        let by_email = || {
            emails.iter().flatten().find_map(|email| {
                self.winners.get(email).map(|object| &object.object).or_else(|| self.emails.get(email).copied())
            })
        };
        self.unreadable.claimant(ids, emails).or_else(by_id).or_else(by_email)
    }
}

impl<'a> Unreadable<'a> {
    fn of(claims: &'a [Claim]) -> Self {
        let mut unreadable = Self::default();
        for Claim { object, id, email } in claims {
            if let Some(id) = id {
                first(&mut unreadable.ids, id, object);
            }
            if let Some(email) = email {
                first(&mut unreadable.emails, email, object);
            }
        }
        unreadable
    }

    fn claimant(&self, ids: [Option<&UserId>; 2], emails: [Option<&Email>; 2]) -> Option<&'a ObjectKey> {
        let by_id = ids.iter().flatten().find_map(|id| self.ids.get(id).copied());
        by_id.or_else(|| emails.iter().flatten().find_map(|email| self.emails.get(email).copied()))
    }
}

/// Keeps the first object by name, so that the order of the input does not matter.
fn first<'a, K: std::hash::Hash + Eq>(map: &mut HashMap<K, &'a ObjectKey>, key: K, object: &'a ObjectKey) {
    let present = map.entry(key).or_insert(object);
    *present = object.min(present);
}

fn found<'a>(object: &DesiredPerson, directory: &'a Directory) -> Option<&'a Person> {
    match directory.find(object.remembered.id.as_ref(), &object.email) {
        Lookup::Found(person) => Some(person),
        Lookup::Absent | Lookup::Unknown => None,
    }
}

fn address<'a>(object: &'a DesiredPerson, person: Option<&'a Person>) -> &'a Email {
    person.map_or(&object.email, |person| &person.email)
}

/// Lower goes first: who holds the id, then the older, then by name.
fn precedence<'a>(object: &'a DesiredPerson, person: Option<&Person>) -> (bool, Timestamp, &'a ObjectKey) {
    let remembered = object.remembered.id.as_ref();
    let present = person.and_then(|person| person.id.as_ref());
    let holds_id = remembered.is_some() && (present.is_none() || remembered == present);
    (!holds_id, object.created, &object.object)
}

/// Who is there and not left alone. Before the listing is complete, what the object remembers counts.
fn is_managed(object: &DesiredPerson, input: &Input<'_>) -> bool {
    match input.directory.find(object.remembered.id.as_ref(), &object.email) {
        Lookup::Found(person) => input.policy.adoption == Adoption::ByEmail || object.manages(person),
        Lookup::Unknown => object.remembered.origin.is_some(),
        Lookup::Absent => false,
    }
}
