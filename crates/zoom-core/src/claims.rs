//! Which object speaks for a person.

use foldhash::{HashMap, HashMapExt, HashSet};
use jiff::Timestamp;

use crate::{
    Adoption, Claim, Directory, Email, Lookup, ObjectKey, PersonPlan, PersonRef, Reason, Record, UserId,
    input::{Input, Seen},
};

/// The claims of all live objects that are permitted.
pub(crate) struct Claims<'a> {
    /// By the address under which the person is found in Zoom, or else the one that the object names.
    winners: HashMap<&'a Email, Seen<'a>>,
    /// The addresses among them that several objects claim: hardly any, so that most objects need no second look.
    contested: HashSet<&'a Email>,
    /// By everything else that names a person: ids that were not found, addresses that Zoom does not show yet, and
    /// those of before where nobody was ever found.
    ids: HashMap<&'a UserId, &'a ObjectKey>,
    movers: HashMap<&'a Email, Seen<'a>>,
    formers: HashMap<&'a Email, &'a ObjectKey>,
    unreadable: Unreadable<'a>,
    unreadable_objects: HashSet<&'a ObjectKey>,
    directory: &'a Directory,
    /// How many people are managed.
    pub managed: usize,
}

#[derive(Default)]
struct Unreadable<'a> {
    ids: HashMap<&'a UserId, &'a ObjectKey>,
    emails: HashMap<&'a Email, Vec<&'a Claim>>,
}

impl<'a> Claims<'a> {
    pub(crate) fn of(objects: &[Seen<'a>], input: &Input<'a>) -> Self {
        let Input { desired, directory, .. } = *input;
        let mut winners: HashMap<&'a Email, Seen<'a>> = HashMap::with_capacity(objects.len());
        let (mut ids, mut formers) = (HashMap::new(), HashMap::new());
        let mut contested = HashSet::default();
        let mut movers: HashMap<&'a Email, Seen<'a>> = HashMap::new();
        for seen in objects.iter().filter(|seen| !seen.object.deleting && seen.permitted) {
            let (object, row) = (seen.object, seen.row());
            if contend(&mut winners, address(*seen), *seen) {
                contested.insert(address(*seen));
            }
            match row {
                Some(row) if row.email != object.email => {
                    contend(&mut movers, &object.email, *seen);
                }
                Some(_) => {}
                // Who has found their person needs no former addresses any more.
                None if object.remembered.id.is_some() => {}
                None => object.previous_emails.iter().for_each(|email| first(&mut formers, email, &object.object)),
            }
            if let Some(id) =
                object.remembered.id.as_ref().filter(|id| row.and_then(|row| row.id.as_ref()) != Some(*id))
            {
                first(&mut ids, id, &object.object);
            }
        }
        let managed = winners.values().filter(|seen| is_managed(**seen, input)).count();
        let access = &input.policy.access;
        let unreadable = || desired.unreadable.iter().filter(|claim| access.circle_of_unreadable(claim).is_some());
        let unreadable_objects = unreadable().map(|claim| &claim.object).collect();
        for claim in unreadable().filter(|claim| claim.id.is_none()) {
            claim.previous_emails.iter().for_each(|email| first(&mut formers, email, &claim.object));
        }
        let unreadable = Unreadable::of(unreadable());
        Self { winners, contested, ids, movers, formers, unreadable, unreadable_objects, directory, managed }
    }

    /// Whether an object is there but could not be understood.
    pub(crate) fn is_unreadable(&self, object: &ObjectKey) -> bool {
        self.unreadable_objects.contains(object)
    }

    /// The other object that goes before this one, if there is one.
    pub(crate) fn winner(&self, seen: Seen<'a>) -> Option<&'a ObjectKey> {
        let row = seen.row();
        let ids = [seen.object.remembered.id.as_ref(), row.and_then(|row| row.id.as_ref())];
        let emails = [Some(&seen.object.email), row.map(|row| &row.email)];
        let another = |contender: Option<&Seen<'a>>| {
            let winner = &contender?.object.object;
            (*winner != seen.object.object).then_some(winner)
        };
        let moves = row.is_none_or(|row| row.email != seen.object.email);
        self.unreadable
            .claimant(ids, emails, |_| true)
            .or_else(|| self.contested.get(address(seen)).and_then(|email| another(self.winners.get(*email))))
            .or_else(|| another(self.movers.get(&seen.object.email).filter(|_| moves)))
    }

    /// Names the object that speaks for whoever has the address that another object wants for its person.
    pub(crate) fn name_holder(&self, seen: Seen<'a>, mut planned: PersonPlan) -> PersonPlan {
        if planned.verdict.reason != Reason::EmailTaken {
            return planned;
        }
        let (Some(row), Some(holder)) = (seen.row(), self.winners.get(&seen.object.email)) else { return planned };
        let swap = if holder.object.email == row.email {
            "; two people cannot swap their addresses in one step: give one of them a third address first"
        } else {
            ""
        };
        let told = format!("; {} declares that person{swap}", holder.object.object);
        planned.verdict.message.to_mut().push_str(&told);
        planned
    }

    /// The live object that speaks for a person, readable or not: it has their id, or it declares the address that they have
    /// now and does not mean somebody else. Who gets an address of before does not speak for whoever had it.
    pub(crate) fn claimant(&self, person: &PersonRef) -> Option<&'a ObjectKey> {
        let row = match self.directory.find_exactly(person) {
            Lookup::Found(row) => Some(row),
            Lookup::Absent | Lookup::Unknown => None,
        };
        let id = person.id.as_ref().or_else(|| row?.id.as_ref());
        let email = row.map_or(&person.email, |row| &row.email);
        let unreadable =
            || self.unreadable.claimant([id, None], [Some(email), Some(&person.email)], |own| may_be_same(own, id));
        let by_id = || self.ids.get(id?).copied();
        let by_email = || {
            let declared = [self.winners.get(email), self.movers.get(email)];
            let contender = declared.into_iter().flatten().find(|seen| may_be_same(seen.id(), id));
            contender.map(|seen| &seen.object.object).or_else(|| self.formers.get(email).copied())
        };
        unreadable().or_else(by_id).or_else(by_email)
    }

    /// The object that asked for a record, applied again: it takes it back also for somebody who has another address in Zoom
    /// by now, as long as it does not mean anybody else.
    pub(crate) fn again(&self, record: &Record) -> Option<&'a ObjectKey> {
        let (person, source) = (record.person()?, record.source.as_ref()?);
        let seen = self.winners.get(&person.email)?;
        (seen.object.object == source.object && may_be_same(seen.id(), person.id.as_ref()))
            .then_some(&seen.object.object)
    }
}

/// Whether two ids may be one person's. Without an id nobody is known yet.
fn may_be_same(one: Option<&UserId>, other: Option<&UserId>) -> bool {
    one.is_none() || other.is_none() || one == other
}

impl<'a> Unreadable<'a> {
    fn of(claims: impl Iterator<Item = &'a Claim>) -> Self {
        let mut unreadable = Self::default();
        for claim @ Claim { object, id, email, previous_emails: _ } in claims {
            if let Some(id) = id {
                first(&mut unreadable.ids, id, object);
            }
            if let Some(email) = email {
                unreadable.emails.entry(email).or_default().push(claim);
            }
        }
        unreadable
    }

    /// `speaks`: whether an object that names an address is listened to, by the id that it names.
    fn claimant(
        &self,
        ids: [Option<&UserId>; 2],
        emails: [Option<&Email>; 2],
        speaks: impl Fn(Option<&UserId>) -> bool,
    ) -> Option<&'a ObjectKey> {
        let by_id = ids.iter().flatten().find_map(|id| self.ids.get(id).copied());
        let named = |email: &&Email| {
            let claims = self.emails.get(email)?.iter().filter(|claim| speaks(claim.id.as_ref()));
            claims.map(|claim| &claim.object).min()
        };
        by_id.or_else(|| emails.iter().flatten().find_map(named))
    }
}

/// Keeps the first object by name, so that the order of the input does not matter.
fn first<'a, K: std::hash::Hash + Eq>(map: &mut HashMap<K, &'a ObjectKey>, key: K, object: &'a ObjectKey) {
    let present = map.entry(key).or_insert(object);
    *present = object.min(present);
}

/// Keeps the one that goes before the others. Whether there are others.
fn contend<'a>(contenders: &mut HashMap<&'a Email, Seen<'a>>, email: &'a Email, seen: Seen<'a>) -> bool {
    let first = contenders.entry(email).or_insert(seen);
    let contested = !std::ptr::eq(first.object, seen.object);
    if contested && precedence(seen) < precedence(*first) {
        *first = seen;
    }
    contested
}

fn address(seen: Seen<'_>) -> &Email {
    seen.row().map_or(&seen.object.email, |row| &row.email)
}

/// Lower goes first: who holds the id, then who never meant somebody else, then who declares the address that the person has,
/// then the older, then by name.
fn precedence(seen: Seen<'_>) -> (bool, bool, bool, Timestamp, &ObjectKey) {
    let remembered = seen.object.remembered.id.as_ref();
    let present = seen.row().and_then(|row| row.id.as_ref());
    let another = seen.row().is_some_and(|row| seen.object.meant_another(row));
    let holds_id = remembered.is_some() && !another && (present.is_none() || remembered == present);
    let former = seen.row().is_some_and(|row| row.email != seen.object.email);
    (!holds_id, another, former, seen.object.created, &seen.object.object)
}

/// Who is there and not left alone. Before the listing is complete, what the object remembers counts.
fn is_managed(seen: Seen<'_>, input: &Input<'_>) -> bool {
    match seen.lookup {
        Lookup::Found(row) => input.policy.adoption == Adoption::ByEmail || seen.object.manages(row),
        Lookup::Unknown => seen.object.remembered.origin.is_some(),
        Lookup::Absent => false,
    }
}
