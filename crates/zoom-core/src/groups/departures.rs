//! What is taken from the people of groups is written down before it runs, like all that is taken from people: one record
//! for each object and wave.

use std::collections::{HashMap, HashSet};

use super::{
    ContactGroup, Group, Object,
    identity::{Register, Thing, Whereabouts, Wish, deletes},
    plan::Groups,
    roles::holders,
    words::UNREAD,
};
use crate::{
    Class, Email, GroupId, Leaving, LeavingGroup, Mode, NewRecord, ObjectKey, Person, PersonRef, Phase, Plan, Reason,
    Record, RecordReason, Role, RoleId, Source, Standing, Step, Subject, ThingKind, ThingRef, Verdict,
    candidate::{Candidate, Outcome, Paper},
    desk::{Desk, Joins},
    input::Input,
    waves::switch,
};

/// How many people one record names: keeps the object far below what etcd stores.
const PEOPLE_IN_A_RECORD: usize = 1000;

/// The same of groups.
const GROUPS_IN_A_RECORD: usize = 500;

/// What an object wants taken.
pub(super) struct Departure<'a> {
    object: &'a Object,
    edited: bool,
    step: Step,
    thing: ThingRef,
    /// By address.
    people: Vec<PersonRef>,
    /// Groups that leave a contact group.
    pub(super) groups: Vec<LeavingGroup>,
    /// How many people it concerns.
    pub(super) count: usize,
    pub(super) would_empty: bool,
}

/// Which candidates answer for which object.
#[derive(Default)]
pub(crate) struct Departures {
    live: HashMap<(ThingKind, ObjectKey), Vec<usize>>,
    /// What was refused and is not asked for again, by a record.
    refused: HashMap<(ThingKind, ObjectKey), Box<str>>,
    /// Those without a candidate need none.
    deleted: Vec<(ThingKind, ObjectKey, Option<usize>)>,
}

/// Who and what records name already.
#[derive(Default)]
struct Covered {
    people: HashSet<Email>,
    groups: HashSet<GroupId>,
}

impl Covered {
    fn add(&mut self, leaving: &Leaving) {
        self.people.extend(leaving.people.iter().map(|person| person.email.clone()));
        self.groups.extend(leaving.groups.iter().map(|group| group.id.clone()));
    }
}

/// A thing as records know it.
pub(super) trait Leavable: Thing {
    const KIND: ThingKind;
    /// The step that ends it.
    const END: Step;

    fn reference(&self) -> ThingRef {
        ThingRef { kind: Self::KIND, id: self.id().as_ref().into(), name: self.name().into() }
    }
}

impl Leavable for Group {
    const KIND: ThingKind = ThingKind::Group;
    const END: Step = Step::DeleteGroup;
}
impl Leavable for Role {
    const KIND: ThingKind = ThingKind::Role;
    const END: Step = Step::DeleteRole;
}
impl Leavable for ContactGroup {
    const KIND: ThingKind = ThingKind::ContactGroup;
    const END: Step = Step::DeleteContactGroup;
}

impl<'a> Groups<'a> {
    /// Finds each departure's record, or makes one, and asks the objects about every open record.
    pub(crate) fn depart(&self, plan: &Plan, candidates: &mut Vec<Candidate<'a>>) -> Departures {
        let mut answers = Departures::default();
        let mut departures = self.of_live_groups(plan);
        departures.extend(self.of_live_contacts(plan));
        departures.extend(self.of_live_roles(plan));
        let desired = self.input.desired;
        departures.extend(self.of_deleted(&desired.groups, &self.register, &mut answers));
        departures.extend(self.of_deleted(&desired.roles, &self.roles, &mut answers));
        departures.extend(self.of_deleted(&desired.contact_groups, &self.contacts, &mut answers));
        departures.sort_by_cached_key(|departure| {
            (departure.thing.kind, departure.object.key.clone(), departure.step.verb())
        });
        self.open_records(&departures, plan, candidates);
        if self.input.policy.mode != Mode::Plan {
            self.write_records(&departures, candidates, &mut answers);
        }
        answers
    }

    fn of_live_groups(&self, plan: &Plan) -> Vec<Departure<'a>> {
        let planned: HashMap<&ObjectKey, _> = plan.groups.iter().map(|planned| (&planned.object, planned)).collect();
        let mut departures = Vec::new();
        for wish in self.input.desired.groups.iter().filter(|wish| !wish.object.deleting) {
            let Some(planned) = planned.get(&wish.object.key) else { continue };
            let Some(group) = planned.group.as_ref().and_then(|id| self.register.by_id(id.as_str())) else { continue };
            let of = |step, people, empties| Departure::of_live(wish, step, group.reference(), people, empties);
            departures.push(of(Step::RemoveMembers, &planned.leaving, planned.empties));
            departures.push(of(Step::RemoveAdmins, &planned.leaving_admins, planned.empties_admins));
        }
        departures.retain(|departure| departure.count > 0);
        departures
    }

    fn of_live_contacts(&self, plan: &Plan) -> Vec<Departure<'a>> {
        let planned: HashMap<&ObjectKey, _> =
            plan.contact_groups.iter().map(|planned| (&planned.object, planned)).collect();
        let live = self.input.desired.contact_groups.iter().filter(|wish| !wish.object.deleting);
        let departures = live.filter_map(|wish| {
            let planned = planned.get(&wish.object.key)?;
            let group = self.input.directory.contact_group(planned.group.as_ref()?)?.reference();
            let people = self.people_in_groups(&planned.leaving_groups);
            let groups = Departure::of_live(wish, Step::RemoveGroups, group.clone(), &[], planned.empties);
            let groups = Departure { groups: planned.leaving_groups.clone(), ..groups.counting(people) };
            let members = Departure::of_live(wish, Step::RemoveMembers, group, &planned.leaving, planned.empties);
            Some([groups, members])
        });
        departures.flatten().filter(|departure| departure.count > 0).collect()
    }

    fn of_live_roles(&self, plan: &Plan) -> Vec<Departure<'a>> {
        let taking: HashMap<&ObjectKey, &RoleId> = (plan.roles.iter().filter(|planned| planned.taking.is_some()))
            .filter_map(|planned| Some((&planned.object, planned.role.as_ref()?)))
            .collect();
        let live = self.input.desired.roles.iter().filter(|wish| !wish.object.deleting);
        let departures = live.filter_map(|wish| {
            let role = taking.get(&wish.object.key)?;
            let role = self.input.directory.roles().iter().find(|known| known.id == **role)?;
            let mut people: Vec<_> = holders(&self.input, role.id.as_str()).map(Person::reference).collect();
            people.sort_by(|left, right| left.email.cmp(&right.email));
            let count = people.len();
            people.truncate(PEOPLE_IN_A_RECORD);
            Some(Departure::of_live(wish, Step::TakePrivileges, role.reference(), &people, false).counting(count))
        });
        departures.collect()
    }

    /// What is to become of the things of deleted objects. One that stays, is not there, or is claimed by another needs
    /// nothing: its object is let go, and so is one whose record has said no.
    fn of_deleted<W: Wish<Thing: Leavable>>(
        &self,
        wishes: &'a [W],
        register: &Register<'a, W>,
        answers: &mut Departures,
    ) -> Vec<Departure<'a>> {
        let mut departures = Vec::new();
        for wish in wishes.iter().filter(|wish| wish.object().deleting) {
            let departure = self.of_deleted_one(wish, register).filter(|departure| {
                let refused = |record: &Record| record.phase == Phase::Refused && departure.answers(record);
                !self.input.records().any(refused)
            });
            match departure {
                Some(departure) => departures.push(departure),
                None => answers.deleted.push((W::Thing::KIND, wish.object().key.clone(), None)),
            }
        }
        departures
    }

    fn of_deleted_one<W: Wish<Thing: Leavable>>(
        &self,
        wish: &'a W,
        register: &Register<'a, W>,
    ) -> Option<Departure<'a>> {
        let Input { policy, desired, .. } = self.input;
        // What a namespace may say is not known as long as not everything was seen; the record waits for that.
        let permitted = policy.access.permits(wish) || !desired.complete;
        if policy.mode == Mode::Plan || !deletes(wish) || !permitted {
            return None;
        }
        let known = wish.memory().id.as_ref().map(AsRef::as_ref);
        let thing = match register.find(wish) {
            Whereabouts::There(thing) => thing.reference(),
            Whereabouts::NotThere => return None,
            Whereabouts::Unknown => {
                ThingRef { kind: W::Thing::KIND, id: known?.into(), name: wish.name().trim().into() }
            }
        };
        let another = known.is_some_and(|known| *known != *thing.id);
        if another || register.claimant(&thing.id, &thing.name).is_some() {
            return None;
        }
        let people = self.people_in(&thing);
        Some(Departure {
            object: wish.object(),
            edited: true,
            step: W::Thing::END,
            count: self.size_of(&thing).max(people.len()),
            people: people.into_iter().take(PEOPLE_IN_A_RECORD).collect(),
            groups: Vec::new(),
            thing,
            would_empty: false,
        })
    }

    fn write_records(
        &self,
        departures: &[Departure<'a>],
        candidates: &mut Vec<Candidate<'a>>,
        answers: &mut Departures,
    ) {
        let mut desk = Desk::of(candidates, &self.input);
        for departure in departures {
            let mut answered = Vec::new();
            let (mut covered, refused) = self.refused(departure);
            for (place, candidate) in candidates.iter().enumerate() {
                let answers = candidate.record().filter(|record| departure.answers(record));
                if let Some(leaving) = answers.filter(|_| candidate.outcome.phase.is_open()).and_then(Record::leaving) {
                    answered.push(place);
                    covered.add(leaving);
                }
            }
            let people: Vec<PersonRef> =
                departure.people.iter().filter(|person| !covered.people.contains(&person.email)).cloned().collect();
            let groups: Vec<LeavingGroup> =
                departure.groups.iter().filter(|group| !covered.groups.contains(&group.id)).cloned().collect();
            let batches: Vec<(&[PersonRef], &[LeavingGroup])> = match departure.is_whole() {
                true if answered.is_empty() && refused.is_none() => vec![(&departure.people, &[])],
                true => Vec::new(),
                false => {
                    let people = people.chunks(PEOPLE_IN_A_RECORD).map(|people| (people, &[][..]));
                    people.chain(groups.chunks(GROUPS_IN_A_RECORD).map(|groups| (&[][..], groups))).collect()
                }
            };
            for (people, groups) in batches {
                answered.push(candidates.len());
                let candidate = self.write(departure, people, groups, candidates, &mut desk);
                candidates.push(candidate);
            }
            let (kind, key) = (departure.thing.kind, departure.object.key.clone());
            if departure.object.deleting {
                answers.deleted.push((kind, key, answered.first().copied()));
            } else {
                answers.refused.extend(refused.map(|name| ((kind, key.clone()), name)));
                answers.live.entry((kind, key)).or_default().extend(answered);
            }
        }
    }

    /// Whom the records of the present edit concern that were refused, and one of them: nothing is gained by asking again.
    /// Who was protected is asked about only once they are not any more.
    fn refused(&self, departure: &Departure<'a>) -> (Covered, Option<Box<str>>) {
        let refuses = |record: &&Record| {
            let refused = record.phase == Phase::Refused && record.reason != Some(RecordReason::Protected);
            let asks = refused && !departure.object.deleting && is_of_edit(record, departure.object);
            asks && departure.answers(record)
        };
        let refused: Vec<_> = self.input.records().filter(refuses).collect();
        let mut covered = Covered::default();
        refused.iter().filter_map(|record| record.leaving()).for_each(|leaving| covered.add(leaving));
        (covered, refused.iter().map(|record| record.name.clone()).min())
    }

    /// How many people are in these groups together, who is in two of them twice.
    pub(super) fn people_in_groups(&self, groups: &[LeavingGroup]) -> usize {
        groups.iter().map(|group| self.size_of_group(&group.id)).fold(0, usize::saturating_add)
    }

    fn write(
        &self,
        departure: &Departure<'a>,
        people: &[PersonRef],
        groups: &[LeavingGroup],
        candidates: &[Candidate<'a>],
        desk: &mut Desk,
    ) -> Candidate<'a> {
        let Departure { object, edited, step, thing, would_empty, .. } = departure;
        let generation = object.generation.to_string();
        let named =
            people.iter().map(|person| person.email.as_str()).chain(groups.iter().map(|group| group.id.as_str()));
        let about: Vec<&str> =
            [self.input.connection, &object.uid, &generation, step.verb()].into_iter().chain(named).collect();
        let (digest, name) = desk.free_name(&object.key.name, &about);
        let joins = if *edited { Joins::Growing } else { Joins::Held };
        let held_back = switch(std::slice::from_ref(step), None, false, &self.input).map(|held| held.reason);
        let wave = desk.wave(Class::Membership, joins, held_back, &digest);
        let count = if departure.is_whole() {
            departure.count
        } else {
            people.len().saturating_add(self.people_in_groups(groups))
        };
        let unread = self.ends_unread(thing, std::slice::from_ref(step));
        let in_use = if departure.ends_thing() { self.in_use(thing, candidates) } else { InUse::Free };
        Candidate {
            prompt: false,
            frozen: unread || departure.ends_thing() && !self.may_take(thing.kind) || in_use.is_waiting(),
            would_empty: *would_empty,
            count,
            outcome: match self.protection(thing, std::slice::from_ref(step)) {
                Some(refused) => refused,
                None if unread => Outcome::new(Phase::Settling, RecordReason::QuietPeriod, UNREAD),
                None => in_use.outcome(),
            },
            paper: Paper::New(Box::new(NewRecord {
                name,
                wave,
                class: Class::Membership,
                subject: Subject::Members(Leaving {
                    thing: thing.clone(),
                    people: people.to_vec(),
                    groups: groups.to_vec(),
                    count,
                }),
                source: Some(Source {
                    object: object.key.clone(),
                    uid: object.uid.clone(),
                    generation: object.generation,
                    deleted: object.deleting,
                }),
                steps: vec![step.clone()],
                not_before: None,
                hold: None,
                restore: None,
            })),
        }
    }

    /// Whether somebody has a role that is to be deleted, and whether they are about to get another one.
    pub(super) fn in_use(&self, thing: &ThingRef, candidates: &[Candidate<'a>]) -> InUse {
        if thing.kind != ThingKind::Role {
            return InUse::Free;
        }
        let holders = holders(&self.input, &thing.id).count();
        let moves = |candidate: &&Candidate<'a>| {
            let asks = candidate.steps().iter().any(|step| matches!(step, Step::SetRole(_)));
            candidate.outcome.phase.is_open() && asks
        };
        let has_role = |person: &PersonRef| match self.input.directory.find_exactly(person) {
            crate::Lookup::Found(row) => row.role.as_ref().is_some_and(|role| role.as_str() == &*thing.id),
            crate::Lookup::Absent | crate::Lookup::Unknown => false,
        };
        let moving =
            candidates.iter().filter(moves).flat_map(Candidate::people).filter(|person| has_role(person)).count();
        match holders {
            0 => InUse::Free,
            holders if holders <= moving => InUse::Moving(holders),
            holders => InUse::By(holders),
        }
    }
}

/// Whether a role can be deleted.
pub(super) enum InUse {
    Free,
    /// All who have it are about to get another one.
    Moving(usize),
    By(usize),
}

impl InUse {
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self, Self::Moving(_))
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Free => Outcome::undecided(),
            Self::Moving(holders) => {
                let message = format!("waits until {holders} people have another role");
                Outcome::new(Phase::Settling, RecordReason::QuietPeriod, message)
            }
            Self::By(holders) => {
                let message = format!(
                    "{holders} people have this role: give them another one first, then create and delete the object again"
                );
                Outcome::new(Phase::Refused, RecordReason::RoleInUse, message)
            }
        }
    }
}

impl<'a> Departure<'a> {
    fn of_live<W: Wish>(wish: &'a W, step: Step, thing: ThingRef, people: &[PersonRef], would_empty: bool) -> Self {
        let object = wish.object();
        let edited = wish.memory().observed_generation != Some(object.generation);
        let (people, count) = (people.to_vec(), people.len());
        Self { object, edited, step, thing, people, groups: Vec::new(), count, would_empty }
    }

    fn counting(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// Whether a record is about this: the same object and step, and somebody or a group that it names is still to leave.
    pub(super) fn answers(&self, record: &Record) -> bool {
        let of_object = record.source.as_ref().is_some_and(|source| source.uid == self.object.uid);
        let of_step = record.steps.as_slice() == std::slice::from_ref(&self.step);
        let leaving = record.leaving().filter(|leaving| of_object && of_step && leaving.thing.id == self.thing.id);
        leaving.is_some_and(|leaving| match (self.ends_thing(), self.is_whole()) {
            (true, _) => true,
            // What is agreed to is this edit.
            (false, true) => is_of_edit(record, self.object),
            (false, false) => {
                let named = leaving.people.iter().any(|person| self.names(&person.email));
                named || leaving.groups.iter().any(|group| self.takes(&group.id))
            }
        })
    }

    /// Whether it is about the thing and not about each person or group by name, so that one record says it.
    pub(super) fn is_whole(&self) -> bool {
        is_whole(std::slice::from_ref(&self.step))
    }

    fn names(&self, email: &Email) -> bool {
        self.people.binary_search_by(|person| person.email.cmp(email)).is_ok()
    }

    pub(super) fn takes(&self, group: &GroupId) -> bool {
        self.groups.iter().any(|leaving| leaving.id == *group)
    }

    fn ends_thing(&self) -> bool {
        ends_thing(std::slice::from_ref(&self.step))
    }
}

/// Whether the present edit of an object asked for a record.
fn is_of_edit(record: &Record, object: &Object) -> bool {
    record.source.as_ref().is_some_and(|source| source.generation == object.generation)
}

/// Whether a record is about a thing and not about each person or group by name.
pub(super) fn is_whole(steps: &[Step]) -> bool {
    ends_thing(steps) || matches!(steps, [Step::TakePrivileges])
}

/// Whether the thing itself goes.
pub(super) fn ends_thing(steps: &[Step]) -> bool {
    matches!(steps, [Step::DeleteGroup | Step::DeleteRole | Step::DeleteContactGroup])
}

impl Departures {
    /// Tells the objects what became of what they wanted taken, and lets deleted ones go whose record stands.
    pub(crate) fn report(self, plan: &mut Plan, candidates: &[Candidate<'_>]) {
        let answer = |kind, object: &ObjectKey| {
            let places = self.live.get(&(kind, object.clone()))?;
            let found = places.iter().filter_map(|place| candidates.get(*place));
            found.max_by_key(|candidate| urgency(candidate.outcome.phase))
        };
        for planned in &mut plan.roles {
            if let Some(candidate) = answer(ThingKind::Role, &planned.object) {
                let who = format!("{} people are to lose privileges", candidate.count);
                tell(&mut planned.verdict, planned.runnable, &who, candidate);
            }
        }
        for planned in &mut plan.groups {
            if let Some(candidate) = answer(ThingKind::Group, &planned.object) {
                let (members, admins) = (planned.leaving.len(), planned.leaving_admins.len());
                let who = format!("{members} members and {admins} administrators are to leave");
                tell(&mut planned.verdict, planned.runnable, &who, candidate);
            }
        }
        for planned in &mut plan.contact_groups {
            if let Some(candidate) = answer(ThingKind::ContactGroup, &planned.object) {
                let (people, groups) = (planned.leaving.len(), planned.leaving_groups.len());
                let who = format!("{people} members and {groups} groups are to leave");
                tell(&mut planned.verdict, planned.runnable, &who, candidate);
            }
        }
        for ((kind, object), name) in &self.refused {
            let verdict = match kind {
                ThingKind::Group => {
                    plan.groups.iter_mut().find(|one| one.object == *object).map(|one| &mut one.verdict)
                }
                ThingKind::Role => plan.roles.iter_mut().find(|one| one.object == *object).map(|one| &mut one.verdict),
                ThingKind::ContactGroup => {
                    plan.contact_groups.iter_mut().find(|one| one.object == *object).map(|one| &mut one.verdict)
                }
            };
            if let Some(verdict) = verdict.filter(|verdict| verdict.reason.standing() != Standing::Stalled) {
                let message = format!("the ZoomRemoval {name} was refused; it says why and what to do");
                *verdict = Verdict::new(Reason::Refused, message);
            }
        }
        let stands = |place: Option<usize>| match place {
            Some(place) => candidates.get(place).is_some_and(|candidate| candidate.record().is_some()),
            None => true,
        };
        for (kind, object, _) in self.deleted.into_iter().filter(|(_, _, place)| stands(*place)) {
            match kind {
                ThingKind::Group => plan.let_go_groups.push(object),
                ThingKind::Role => plan.let_go_roles.push(object),
                ThingKind::ContactGroup => plan.let_go_contact_groups.push(object),
            }
        }
        for list in [&mut plan.let_go_groups, &mut plan.let_go_roles, &mut plan.let_go_contact_groups] {
            list.sort();
        }
    }
}

/// What a human has to know first.
fn urgency(phase: Phase) -> u8 {
    match phase {
        Phase::Held => 3,
        Phase::Refused => 2,
        Phase::Settling | Phase::Scheduled => 1,
        Phase::Running | Phase::Done | Phase::Cancelled => 0,
    }
}

/// What is still to be given, and what a human has to do first, is said before what is to be taken.
fn tell(verdict: &mut Verdict, runnable: bool, who: &str, candidate: &Candidate<'_>) {
    if runnable || verdict.reason.standing() == Standing::Stalled {
        return;
    }
    let reason = match candidate.outcome.phase {
        Phase::Held => Reason::Held,
        Phase::Settling | Phase::Scheduled => Reason::Settling,
        Phase::Refused => Reason::Refused,
        Phase::Running | Phase::Done | Phase::Cancelled => Reason::Reconciling,
    };
    let message = format!("{who}: {}", candidate.told());
    *verdict = Verdict::new(reason, message);
}
