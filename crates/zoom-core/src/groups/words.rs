//! What the objects of groups, roles and contact groups say to the records that are open.

use std::collections::{BTreeSet, HashSet};

use super::{
    ContactId, ContactRef, Kept, NamedClaim,
    departures::{Departure, ends_thing, is_whole},
    doubt::Doubts,
    plan::Groups,
    roster::in_order,
};
use crate::{
    ContactGroupId, Desired, Email, GroupId, Leaving, LeavingGroup, Mode, ObjectKey, Person, PersonRef, Phase, Plan,
    Record, RecordReason, Step, ThingKind, ThingRef,
    candidate::{Candidate, NOT_PERMITTED, Outcome, Paper},
    record::RESTORED,
};

/// Whether an object asks for what a record says.
#[derive(Clone, Copy)]
enum Stance<'p> {
    Asks,
    /// Not any more. These stay although it does not want them: the connection protects them.
    TakesBack(&'p [Kept]),
    /// It cannot be known at present.
    Unknown,
}

/// Why a record waits whose contact group was not read.
pub(super) const UNREAD: &str = "waits until it was read who is in the contact group";

impl<'a> Groups<'a> {
    pub(super) fn open_records(&self, departures: &[Departure<'a>], plan: &Plan, candidates: &mut Vec<Candidate<'a>>) {
        let (known, doubts) = (self.known(), Doubts::of(plan));
        let open = self.input.records().filter(|record| record.phase.is_open());
        let mut found: Vec<Candidate<'a>> = open
            .filter_map(|record| Some((record, record.leaving()?)))
            .map(|(record, leaving)| {
                let asked = departures.iter().find(|departure| departure.answers(record));
                let now = asked.map_or(0, |departure| self.asked_of(departure, leaving));
                let in_use = self.in_use(&leaving.thing, candidates);
                let stance = match asked {
                    Some(_) => Stance::Asks,
                    None if self.is_in_doubt(record, leaving, &doubts) => Stance::Unknown,
                    None => Stance::TakesBack(kept_by(plan, record, leaving)),
                };
                let word = self.word_on(record, leaving, stance, &known);
                let unread = self.ends_unread(&leaving.thing, &record.steps);
                let frozen = word.is_none() || unread || (ends_thing(&record.steps) && in_use.is_waiting());
                let waiting = |message: &str| {
                    let reason = record.reason.unwrap_or(RecordReason::QuietPeriod);
                    Outcome::new(record.phase, reason, message)
                };
                let outcome = match word {
                    Some(outcome) if unread && outcome.phase.is_open() => waiting(UNREAD),
                    Some(outcome) if ends_thing(&record.steps) && outcome.phase == Phase::Settling => {
                        self.protection(&leaving.thing, &record.steps).unwrap_or_else(|| in_use.outcome())
                    }
                    Some(outcome) => outcome,
                    None => waiting("waits until all objects and people were seen"),
                };
                let present = if ends_thing(&record.steps) { self.size_of(&leaving.thing) } else { 0 };
                Candidate {
                    paper: Paper::Written(record),
                    prompt: false,
                    frozen,
                    would_empty: asked.is_some_and(|departure| departure.would_empty),
                    count: leaving.count.max(leaving.people.len()).max(present).max(now),
                    outcome,
                }
            })
            .collect();
        let age =
            |candidate: &Candidate<'a>| (candidate.created(self.input.now), candidate.name().map(ToOwned::to_owned));
        found.sort_by_cached_key(age);
        candidates.extend(found);
    }

    /// How many people something concerns by now that a record names and that is still asked for.
    fn asked_of(&self, departure: &Departure<'a>, leaving: &Leaving) -> usize {
        if departure.is_whole() {
            return departure.count;
        }
        let groups: Vec<_> = leaving.groups.iter().filter(|group| departure.takes(&group.id)).cloned().collect();
        self.people_in_groups(&groups)
    }

    /// The uids of all objects that are there.
    fn known(&self) -> HashSet<&'a str> {
        let Desired { groups, roles, contact_groups, .. } = self.input.desired;
        let objects = groups.iter().map(|wish| &wish.object).chain(roles.iter().map(|wish| &wish.object));
        objects.chain(contact_groups.iter().map(|wish| &wish.object)).map(|object| &*object.uid).collect()
    }

    /// What the objects say to an open record; `None` if it cannot be known at present.
    fn word_on(
        &self,
        record: &Record,
        leaving: &Leaving,
        stance: Stance<'_>,
        known: &HashSet<&str>,
    ) -> Option<Outcome> {
        let thing = &leaving.thing;
        let over = |phase, reason, message: String| Some(Outcome::new(phase, reason, message));
        let Some(source) = &record.source else {
            let message = "only an object can have people taken out: edit or delete the object".to_owned();
            return over(Phase::Refused, RecordReason::Declared, message);
        };
        if self.is_gone(thing) {
            return over(Phase::Done, done(record), format!("{:?} is not in the account", thing.name));
        }
        if matches!(self.input.policy.mode, Mode::Plan | Mode::Suspend) {
            return Some(Outcome::undecided());
        }
        match known.contains(&*source.uid).then_some(stance) {
            Some(Stance::Asks) if ends_thing(&record.steps) => self.may_take(thing.kind).then(Outcome::undecided),
            Some(Stance::Asks) => Some(Outcome::undecided()),
            Some(Stance::Unknown) => None,
            Some(Stance::TakesBack(kept)) => {
                if record.started_at.is_some() || self.all_left(leaving, &record.steps) {
                    return over(Phase::Done, done(record), format!("nobody is left to remove from {:?}", thing.name));
                }
                let kept = if is_whole(&record.steps) { kept.to_vec() } else { self.kept_of(leaving, kept) };
                if !kept.is_empty() {
                    let message = format!("something would be taken from {}", Kept::told(&kept));
                    return over(Phase::Refused, RecordReason::Protected, message);
                }
                let message = format!("{} does not ask for this any more", source.object);
                over(Phase::Cancelled, RecordReason::TakenBack, message)
            }
            None if self.input.desired.complete && !self.input.policy.access.covers(&source.object.namespace) => {
                over(Phase::Held, RecordReason::NotPermitted, NOT_PERMITTED.to_owned())
            }
            None if self.is_unreadable(thing.kind, &source.object) || !self.input.desired.complete => None,
            None if ends_thing(&record.steps) => match self.claimant(thing) {
                Some(claimant) => {
                    let message = format!("{claimant} declares {:?} again", thing.name);
                    over(Phase::Cancelled, RecordReason::Reclaimed, message)
                }
                None if record.copied => over(Phase::Refused, RecordReason::Restored, RESTORED.to_owned()),
                None => self.may_take(thing.kind).then(Outcome::undecided),
            },
            None => {
                let message = format!("{} is gone, and its edit with it", source.object);
                over(Phase::Cancelled, RecordReason::TakenBack, message)
            }
        }
    }

    /// Who administers a group; nothing while it was not read.
    fn admins_of(&self, thing: &ThingRef) -> Option<&'a BTreeSet<Email>> {
        let group = GroupId::new(&thing.id).and_then(|id| self.input.directory.group(&id));
        group?.admins.as_deref()
    }

    /// Whether nobody and nothing that a record names is in the thing any more.
    fn all_left(&self, leaving: &Leaving, steps: &[Step]) -> bool {
        if is_whole(steps) {
            return false;
        }
        let here: HashSet<Email> = match (steps, self.admins_of(&leaving.thing)) {
            ([Step::RemoveAdmins], Some(admins)) => admins.iter().cloned().collect(),
            ([Step::RemoveAdmins], None) => return false,
            _ => self.people_in(&leaving.thing).into_iter().map(|person| person.email).collect(),
        };
        let inside = self.contacts_of(&leaving.thing);
        let is_in = |group: &LeavingGroup| inside.is_some_and(|all| all.contains(&ContactId::Group(group.id.clone())));
        !leaving.people.iter().any(|person| here.contains(&person.email)) && !leaving.groups.iter().any(is_in)
    }

    /// Those of the protected people whom an object does not want whom a record names, alone or with a group.
    fn kept_of(&self, leaving: &Leaving, kept: &[Kept]) -> Vec<Kept> {
        let groups = leaving.groups.iter().flat_map(|group| self.protected_in(&group.id));
        let named = leaving.people.iter().map(|person| person.email.clone());
        let named: HashSet<Email> = named.chain(groups.map(|kept| kept.email)).collect();
        kept.iter().filter(|kept| named.contains(&kept.email)).cloned().collect()
    }

    /// Whether the listing shows for sure that a thing is not there.
    fn is_gone(&self, thing: &ThingRef) -> bool {
        let directory = self.input.directory;
        let complete = directory.complete();
        match thing.kind {
            ThingKind::Group => {
                complete.groups && !directory.groups().iter().any(|group| group.id.as_str() == &*thing.id)
            }
            ThingKind::Role => complete.roles && !directory.roles().iter().any(|role| role.id.as_str() == &*thing.id),
            ThingKind::ContactGroup => {
                let groups = directory.contact_groups();
                complete.contact_groups && !groups.iter().any(|group| group.id.as_str() == &*thing.id)
            }
        }
    }

    fn claimant(&self, thing: &ThingRef) -> Option<&'a ObjectKey> {
        match thing.kind {
            ThingKind::Group => self.register.claimant(&thing.id, &thing.name),
            ThingKind::Role => self.roles.claimant(&thing.id, &thing.name),
            ThingKind::ContactGroup => self.contacts.claimant(&thing.id, &thing.name),
        }
    }

    fn is_unreadable(&self, kind: ThingKind, object: &ObjectKey) -> bool {
        let things = &self.input.desired.unreadable_things;
        let claims: &[NamedClaim] = match kind {
            ThingKind::Group => &things.groups,
            ThingKind::Role => &things.roles,
            ThingKind::ContactGroup => &things.contact_groups,
        };
        claims.iter().any(|claim| claim.object == *object)
    }

    /// The people in a thing, by address. Roles have holders, and nobody is taken out of them.
    pub(super) fn people_in(&self, thing: &ThingRef) -> Vec<PersonRef> {
        match thing.kind {
            ThingKind::Group => {
                let members = GroupId::new(&thing.id).map_or(&[][..], |id| self.members(&id));
                in_order(members.to_vec()).into_iter().map(Person::reference).collect()
            }
            ThingKind::Role => Vec::new(),
            ThingKind::ContactGroup => {
                let people = self.contacts_of(thing).into_iter().flatten().filter_map(|member| match member {
                    ContactId::User(id) => self.input.directory.by_id(id),
                    ContactId::Group(_) => None,
                });
                let mut people: Vec<PersonRef> = people.map(Person::reference).collect();
                people.sort_by(|left, right| left.email.cmp(&right.email));
                people
            }
        }
    }

    /// How many people are in a thing, by the listing's own count or by their rows.
    pub(super) fn size_of(&self, thing: &ThingRef) -> usize {
        let listed = match thing.kind {
            ThingKind::Group => GroupId::new(&thing.id).map_or(0, |id| self.size_of_group(&id)),
            ThingKind::ContactGroup => {
                let inside = self.contacts_of(thing).into_iter().flatten().filter_map(|member| match member {
                    ContactId::Group(id) => Some(self.size_of_group(id)),
                    ContactId::User(_) => None,
                });
                return inside.fold(self.people_in(thing).len(), usize::saturating_add);
            }
            ThingKind::Role => 0,
        };
        listed.max(self.people_in(thing).len())
    }

    /// Who and what is in a contact group; nothing while it was not read.
    pub(super) fn contacts_of(&self, thing: &ThingRef) -> Option<&'a BTreeSet<ContactId>> {
        let group = ContactGroupId::new(&thing.id).and_then(|id| self.input.directory.contact_group(&id));
        group?.members.as_deref()
    }

    /// Whether it has to be read first whom the end of a thing concerns.
    pub(super) fn ends_unread(&self, thing: &ThingRef, steps: &[Step]) -> bool {
        matches!(steps, [Step::DeleteContactGroup]) && self.contacts_of(thing).is_none()
    }

    /// The contact groups that are to be read for these records.
    pub(crate) fn looks(&self, candidates: &[Candidate<'a>]) -> Vec<ContactRef> {
        let open = candidates.iter().filter(|candidate| candidate.outcome.phase.is_open());
        let unread = open.filter_map(|candidate| {
            let thing = &candidate.leaving()?.thing;
            let id = ContactGroupId::new(&thing.id).filter(|_| self.ends_unread(thing, candidate.steps()))?;
            let group = self.input.directory.contact_group(&id)?;
            Some(ContactRef { id: Some(group.id.clone()), name: group.name.clone() })
        });
        let looks: Vec<_> = unread.collect();
        if self.input.policy.mode == Mode::Suspend { Vec::new() } else { looks }
    }

    /// The same of a group, whether an object manages it or not.
    pub(super) fn size_of_group(&self, group: &GroupId) -> usize {
        let listed = self.register.by_id(group.as_str()).and_then(|group| group.total);
        let listed = listed.map_or(0, |total| usize::try_from(total).unwrap_or(usize::MAX));
        let seen = self.managed_members(group).map_or_else(|| self.in_group(group).count(), <[_]>::len);
        listed.max(seen)
    }
}

/// Who stays in a record's thing although the record's object does not want them.
fn kept_by<'p>(plan: &'p Plan, record: &Record, leaving: &Leaving) -> &'p [Kept] {
    let Some(source) = &record.source else { return &[] };
    let kept: Option<&Vec<Kept>> = match leaving.thing.kind {
        ThingKind::Group => plan.groups.iter().find(|one| one.object == source.object).map(|planned| &planned.kept),
        ThingKind::Role => plan.roles.iter().find(|one| one.object == source.object).map(|planned| &planned.kept),
        ThingKind::ContactGroup => {
            plan.contact_groups.iter().find(|one| one.object == source.object).map(|planned| &planned.kept)
        }
    };
    kept.map_or(&[], Vec::as_slice)
}

fn done(record: &Record) -> RecordReason {
    if record.started_at.is_some() { RecordReason::Completed } else { RecordReason::AlreadyDone }
}
