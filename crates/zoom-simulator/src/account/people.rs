//! The people of an account, with every index derived from the one row that a person has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::person::{License, Person, Seq, State, Status};
use super::seats::SeatUse;

/// People by order of arrival. A row changes only through [`People::insert`], [`People::edit`] and
/// [`People::remove`], which keep the indexes and the seat count in step.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    rows: BTreeMap<Seq, Arc<Person>>,
    by_email: HashMap<String, Seq>,
    by_id: HashMap<String, Seq>,
    by_status: HashMap<Status, BTreeSet<Seq>>,
    by_role: HashMap<String, BTreeSet<Seq>>,
    by_group: HashMap<String, BTreeSet<Seq>>,
    by_administered: HashMap<String, BTreeSet<Seq>>,
    /// By the division they are in; the empty text stands for the main one.
    by_division: HashMap<String, BTreeSet<Seq>>,
    by_vanity_name: HashMap<String, Seq>,
    by_deactivation: BTreeSet<(Timestamp, Seq)>,
    seats: SeatUse,
    last: u64,
    changes: Vec<Change>,
}

/// What became of somebody: added without a `before`, removed without an `after`.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) before: Option<Arc<Person>>,
    pub(crate) after: Option<Arc<Person>>,
}

impl People {
    /// Adds a person. The caller has made sure that id and address are new.
    pub(crate) fn insert(&mut self, mut person: Person) -> Seq {
        self.last += 1;
        let seq = Seq(self.last);
        person.seq = seq;
        self.index(&person);
        let person = Arc::new(person);
        self.rows.insert(seq, Arc::clone(&person));
        self.changes.push(Change { before: None, after: Some(person) });
        seq
    }

    /// Changes a person in place.
    pub(crate) fn edit(&mut self, seq: Seq, change: impl FnOnce(&mut Person)) {
        let Some(before) = self.rows.get(&seq).cloned() else { return };
        let mut person = Person::clone(&before);
        change(&mut person);
        person.seq = seq;
        self.unindex(&before);
        self.index(&person);
        let after = Arc::new(person);
        self.rows.insert(seq, Arc::clone(&after));
        self.changes.push(Change { before: Some(before), after: Some(after) });
    }

    pub(crate) fn remove(&mut self, seq: Seq) {
        if let Some(before) = self.rows.remove(&seq) {
            self.unindex(&before);
            self.changes.push(Change { before: Some(before), after: None });
        }
    }

    /// What changed since this was asked last, in order.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// How many changes there were since they were taken last.
    pub(super) fn changed(&self) -> usize {
        self.changes.len()
    }

    /// Takes back every change but the first `kept`, the latest first.
    pub(super) fn take_back(&mut self, kept: usize) {
        while self.changes.len() > kept {
            let Some(Change { before, after }) = self.changes.pop() else { return };
            if let Some(after) = after {
                self.rows.remove(&after.seq);
                self.unindex(&after);
            }
            if let Some(before) = before {
                self.index(&before);
                self.rows.insert(before.seq, before);
            }
        }
    }

    /// Finds a person by id or, without regard to case, by address.
    pub(crate) fn find(&self, key: &str) -> Option<&Person> {
        let seq = self.by_id.get(key).or_else(|| self.by_email.get(&key.to_lowercase()))?;
        self.rows.get(seq).map(Arc::as_ref)
    }

    pub(crate) fn by_email(&self, email: &str) -> Option<&Person> {
        self.by_email.get(&email.to_lowercase()).and_then(|seq| self.rows.get(seq)).map(Arc::as_ref)
    }

    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    pub(crate) fn vanity_name_holder(&self, name: &str) -> Option<Seq> {
        self.by_vanity_name.get(&name.to_lowercase()).copied()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Person> {
        self.rows.values().map(Arc::as_ref)
    }

    pub(crate) fn with_status(&self, status: Status) -> Selection<'_> {
        Selection { people: self, chosen: self.by_status.get(&status) }
    }

    /// Active and inactive people of a role; a pending person's role counts once they accept.
    pub(crate) fn with_role(&self, role: &str) -> Selection<'_> {
        Selection { people: self, chosen: self.by_role.get(role) }
    }

    pub(crate) fn in_group(&self, group: &str) -> Selection<'_> {
        Selection { people: self, chosen: self.by_group.get(group) }
    }

    pub(crate) fn administering(&self, group: &str) -> Selection<'_> {
        Selection { people: self, chosen: self.by_administered.get(group) }
    }

    /// Those in a division; the empty text stands for the main one.
    pub(crate) fn in_division(&self, division: &str) -> Selection<'_> {
        Selection { people: self, chosen: self.by_division.get(division) }
    }

    pub(crate) fn at(&self, seq: Seq) -> Option<&Person> {
        self.rows.get(&seq).map(Arc::as_ref)
    }

    /// Who has been inactive for longest, and since when.
    pub(crate) fn longest_inactive(&self) -> Option<(Timestamp, Seq)> {
        self.by_deactivation.first().copied()
    }

    pub(crate) fn seats(&self) -> SeatUse {
        self.seats
    }

    fn index(&mut self, person: &Person) {
        let seq = person.seq;
        self.by_email.insert(person.email.to_lowercase(), seq);
        self.by_id.insert(person.id.clone(), seq);
        self.by_status.entry(person.status()).or_default().insert(seq);
        if person.status() != Status::Pending {
            self.by_role.entry(person.role.clone()).or_default().insert(seq);
        }
        for group in &person.groups {
            self.by_group.entry(group.clone()).or_default().insert(seq);
        }
        for group in &person.administers {
            self.by_administered.entry(group.clone()).or_default().insert(seq);
        }
        self.by_division.entry(division_of(person).to_owned()).or_default().insert(seq);
        if !person.profile.vanity_name.is_empty() {
            self.by_vanity_name.insert(person.profile.vanity_name.to_lowercase(), seq);
        }
        if let State::Inactive { since } = person.state {
            self.by_deactivation.insert((since, seq));
        }
        if let Some(count) = seat_of(&mut self.seats, person) {
            *count += 1;
        }
    }

    fn unindex(&mut self, person: &Person) {
        let seq = person.seq;
        self.by_email.remove(&person.email.to_lowercase());
        self.by_id.remove(&person.id);
        forget(&mut self.by_status, &person.status(), seq);
        forget(&mut self.by_role, &person.role, seq);
        for group in &person.groups {
            forget(&mut self.by_group, group, seq);
        }
        for group in &person.administers {
            forget(&mut self.by_administered, group, seq);
        }
        forget(&mut self.by_division, division_of(person), seq);
        if !person.profile.vanity_name.is_empty() {
            self.by_vanity_name.remove(&person.profile.vanity_name.to_lowercase());
        }
        if let State::Inactive { since } = person.state {
            self.by_deactivation.remove(&(since, seq));
        }
        if let Some(count) = seat_of(&mut self.seats, person) {
            *count = count.saturating_sub(1);
        }
    }
}

fn division_of(person: &Person) -> &str {
    person.profile.division_ids.first().map_or("", String::as_str)
}

fn forget<K, Q>(index: &mut HashMap<K, BTreeSet<Seq>>, key: &Q, seq: Seq)
where
    K: std::hash::Hash + Eq + std::borrow::Borrow<Q>,
    Q: std::hash::Hash + Eq + ?Sized,
{
    if let Some(chosen) = index.get_mut(key) {
        chosen.remove(&seq);
    }
}

/// The counter that a person's seat is counted in, if they take one.
fn seat_of<'a>(seats: &'a mut SeatUse, person: &Person) -> Option<&'a mut u32> {
    if person.room {
        return Some(&mut seats.rooms);
    }
    match person.state {
        State::Active { license: License::Licensed } => Some(&mut seats.licensed.active),
        State::Active { license: License::Basic } => Some(&mut seats.basic.active),
        State::Pending { license: License::Licensed, .. } => Some(&mut seats.licensed.pending),
        State::Pending { license: License::Basic, .. } => Some(&mut seats.basic.pending),
        State::Active { license: License::Unassigned | License::None }
        | State::Pending { license: License::Unassigned | License::None, .. }
        | State::Inactive { .. } => None,
    }
}

/// Some of the people, in order of arrival.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'a> {
    people: &'a People,
    chosen: Option<&'a BTreeSet<Seq>>,
}

impl<'a> Selection<'a> {
    pub(crate) fn len(self) -> usize {
        self.chosen.map_or(0, BTreeSet::len)
    }

    /// Those who came after `seq`.
    pub(crate) fn after(self, seq: Seq) -> impl Iterator<Item = &'a Person> {
        self.chosen
            .into_iter()
            .flat_map(move |chosen| chosen.range((std::ops::Bound::Excluded(seq), std::ops::Bound::Unbounded)))
            .filter_map(move |seq| self.people.rows.get(seq).map(Arc::as_ref))
    }
}
