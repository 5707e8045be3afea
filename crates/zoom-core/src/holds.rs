//! Legal holds: they outlive what was done to the person when they were written down.

use foldhash::HashMap;

use crate::{
    DesiredPerson, Directory, Email, Lookup, ObjectKey, PersonRef, Phase, Plan, Record, RecordChange, RecordReason,
    Step, UserId,
    claims::Claims,
    input::{Input, Seen},
    record::{held_by, open_steps},
};

/// The records with a legal hold, by everything that names their people. Whatever became of the record, the hold stands
/// until it is deleted or cancelled.
pub(crate) struct Holds<'a> {
    ids: HashMap<&'a UserId, Vec<&'a Record>>,
    emails: HashMap<&'a Email, Vec<&'a Record>>,
    directory: &'a Directory,
}

/// What holds say about a record.
pub(crate) enum Held<'a> {
    Free,
    /// It cannot be known at present whether somebody under a hold is meant.
    Unknown,
    By(&'a Record),
}

impl<'a> Holds<'a> {
    pub(crate) fn of(records: impl IntoIterator<Item = &'a Record>, directory: &'a Directory) -> Self {
        let (mut ids, mut emails) = (HashMap::<_, Vec<_>>::default(), HashMap::<_, Vec<_>>::default());
        for record in records.into_iter().filter(|record| holds(record)) {
            let Some(person) = record.person() else { continue };
            if let Some(id) = &person.id {
                ids.entry(id).or_default().push(record);
            }
            emails.entry(&person.email).or_default().push(record);
        }
        Self { ids, emails, directory }
    }

    /// The hold that another record has over the person of this one, once the next step takes them away for good: until
    /// then they are deactivated as everybody is. Whoever may write records may also write that an object asks for one, so
    /// that does not make a difference.
    pub(crate) fn over(&self, record: &Record) -> Held<'a> {
        if self.emails.is_empty() || !open_steps(record, self.directory).first().is_some_and(Step::is_for_good) {
            return Held::Free;
        }
        record.person().map_or(Held::Free, |person| self.on(person, |other| other.name != record.name))
    }

    /// Whether somebody may have to be kept from being taken away for good.
    pub(crate) fn keeps(&self, person: &PersonRef) -> bool {
        !self.emails.is_empty() && !matches!(self.on(person, |_| true), Held::Free)
    }

    fn on(&self, person: &PersonRef, counts: impl Fn(&Record) -> bool) -> Held<'a> {
        let row = match self.directory.find_exactly(person) {
            Lookup::Found(row) => Some(row),
            // They may be known under another address.
            Lookup::Unknown if person.id.is_none() => return Held::Unknown,
            Lookup::Absent | Lookup::Unknown => None,
        };
        let known = PersonRef {
            id: person.id.clone().or_else(|| row.and_then(|row| row.reference().id)),
            email: person.email.clone(),
        };
        let by_id = known.id.iter().filter_map(|id| self.ids.get(id));
        let emails = [Some(&person.email), row.map(|row| &row.email)];
        let by_email = emails.into_iter().flatten().filter_map(|email| self.emails.get(email));
        let about = |other: &&&Record| {
            let Some(held) = other.person().filter(|_| counts(other)) else { return false };
            held.id.is_none() || known.id.is_none() || held.id == known.id
        };
        by_id.chain(by_email).flatten().find(about).map_or(Held::Free, |other| Held::By(other))
    }
}

/// Why the person of a record may not be unlinked or deleted, if one of `records` says so. Ask right before each such
/// operation: the plan looked at the first step that was open, and another record may have run since.
#[must_use]
pub fn kept_by_hold<'a>(
    record: &Record,
    records: impl IntoIterator<Item = &'a Record>,
    directory: &'a Directory,
) -> Option<String> {
    match Holds::of(records, directory).on(record.person()?, |other| other.name != record.name) {
        Held::Free => None,
        Held::Unknown => Some("it cannot be seen whether a legal hold keeps the person".to_owned()),
        Held::By(other) => Some(held_by(other)),
    }
}

fn holds(record: &Record) -> bool {
    record.hold.is_some() && record.phase != Phase::Cancelled
}

/// Ends the holds of records that ended before: a live object declares that very person without one.
pub(crate) fn lift(plan: &mut Plan, objects: &[Seen<'_>], input: &Input<'_>, claims: &Claims<'_>) {
    let declares_without = |object: &ObjectKey, person: &PersonRef| {
        let place = objects.binary_search_by(|seen| seen.object.object.cmp(object)).ok();
        let Some(seen) = place.and_then(|place| objects.get(place)) else { return false };
        let DesiredPerson { deleting, suspended, ref hold, .. } = *seen.object;
        // Who only may be the same is not set free.
        let is_meant = person.id.is_none() || seen.id() == person.id.as_ref();
        is_meant && !deleting && !suspended && hold.is_none()
    };
    let mut ended: Vec<_> = input.records().filter(|record| holds(record) && !record.phase.is_open()).collect();
    ended.sort_unstable_by_key(|record| &record.name);
    for record in ended {
        let Some(person) = record.person() else { continue };
        if let Some(claimant) = claims.claimant(person).filter(|claimant| declares_without(claimant, person)) {
            plan.changes.push(RecordChange {
                name: record.name.clone(),
                phase: Phase::Cancelled,
                reason: RecordReason::Reclaimed,
                message: format!("{claimant} declares the person again, without a hold"),
                people: record.people(),
            });
        }
    }
}
