//! What is taken from the people of groups is written down before it runs, like all that is taken from people: one record
//! for each object and wave.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    DesiredGroup, GroupPlan, Object,
    identity::{Whereabouts, deletes},
    plan::Groups,
};
use crate::{
    Class, Email, Leaving, Mode, NewRecord, ObjectKey, Person, PersonRef, Phase, Plan, Reason, Record, RecordReason,
    Source, Step, Subject, ThingKind, ThingRef, Verdict,
    candidates::{Candidate, Desk, Outcome, Paper},
};

/// How many people one record names: keeps the object far below what etcd stores.
const PEOPLE_IN_A_RECORD: usize = 1000;

/// What an object wants taken.
struct Departure<'a> {
    object: &'a Object,
    edited: bool,
    step: Step,
    thing: ThingRef,
    people: Vec<PersonRef>,
    /// How many people it concerns.
    count: usize,
    would_empty: bool,
}

/// Which candidates answer for which object.
#[derive(Default)]
pub(crate) struct Departures {
    live: HashMap<ObjectKey, Vec<usize>>,
    deleted: Vec<(ObjectKey, Option<usize>)>,
}

impl<'a> Groups<'a> {
    /// Finds each departure's record, or makes one, and asks the objects about every open record.
    pub(crate) fn depart(&self, plans: &[GroupPlan], candidates: &mut Vec<Candidate<'a>>) -> Departures {
        let wishes: HashMap<&ObjectKey, &DesiredGroup> =
            self.input.desired.groups.iter().map(|wish| (&wish.object.key, wish)).collect();
        let mut departures: Vec<Departure<'a>> = Vec::new();
        for planned in plans {
            if let Some(wish) = wishes.get(&planned.object) {
                departures.extend(self.of_live(wish, planned));
            }
        }
        let mut answers = Departures::default();
        for wish in wishes.values().filter(|wish| wish.object.deleting) {
            match self.of_deleted(wish) {
                Some(departure) => departures.push(departure),
                None => answers.deleted.push((wish.object.key.clone(), None)),
            }
        }
        departures
            .sort_by(|left, right| (&left.object.key, left.step.verb()).cmp(&(&right.object.key, right.step.verb())));
        let known: HashMap<&str, bool> = plans
            .iter()
            .filter_map(|planned| Some((&*wishes.get(&planned.object)?.object.uid, is_known(planned))))
            .chain(wishes.values().filter(|wish| wish.object.deleting).map(|wish| (&*wish.object.uid, true)))
            .collect();
        self.open_records(&departures, &known, candidates);
        if self.input.policy.mode != Mode::Plan {
            self.write_records(&departures, candidates, &mut answers);
        }
        answers
    }

    fn of_live(&self, wish: &'a DesiredGroup, planned: &GroupPlan) -> Vec<Departure<'a>> {
        let Some(group) = planned.group.as_ref().and_then(|id| self.input.directory.group(id)) else {
            return Vec::new();
        };
        let thing = || ThingRef { kind: ThingKind::Group, id: group.id.as_str().into(), name: group.name.clone() };
        let departure = |step, people: &[PersonRef], would_empty| Departure {
            object: &wish.object,
            edited: wish.memory.observed_generation != Some(wish.object.generation),
            step,
            thing: thing(),
            people: people.to_vec(),
            count: people.len(),
            would_empty,
        };
        let members = departure(Step::RemoveMembers, &planned.leaving, planned.empties);
        let admins = departure(Step::RemoveAdmins, &planned.leaving_admins, false);
        [members, admins].into_iter().filter(|departure| !departure.people.is_empty()).collect()
    }

    /// What is to become of the group of a deleted object. Nothing if it stays, is not there, or is claimed by another.
    fn of_deleted(&self, wish: &'a DesiredGroup) -> Option<Departure<'a>> {
        if self.input.policy.mode == Mode::Plan || !deletes(wish) {
            return None;
        }
        let (id, name, total) = match self.register.find(wish) {
            Whereabouts::There(group) => (group.id.clone(), group.name.clone(), group.total),
            Whereabouts::NotThere => return None,
            Whereabouts::Unknown => (wish.memory.id.clone()?, wish.name.clone(), None),
        };
        if wish.memory.id.as_ref().is_some_and(|known| *known != id)
            || self.register.claimant(id.as_str(), &name).is_some()
        {
            return None;
        }
        let members = self.members(&id);
        let total = total.map_or(0, |total| usize::try_from(total).unwrap_or(usize::MAX));
        Some(Departure {
            object: &wish.object,
            edited: true,
            step: Step::DeleteGroup,
            thing: ThingRef { kind: ThingKind::Group, id: id.as_str().into(), name },
            people: members.iter().take(PEOPLE_IN_A_RECORD).map(|person| person.reference()).collect(),
            count: members.len().max(total),
            would_empty: false,
        })
    }

    fn open_records(
        &self,
        departures: &[Departure<'a>],
        known: &HashMap<&str, bool>,
        candidates: &mut Vec<Candidate<'a>>,
    ) {
        let open = self.input.records.iter().filter(|record| record.phase.is_open());
        let of_groups = open.filter_map(|record| {
            let leaving = record.leaving().filter(|leaving| leaving.thing.kind == ThingKind::Group)?;
            Some((record, leaving))
        });
        let mut found: Vec<Candidate<'a>> = of_groups
            .map(|(record, leaving)| {
                let asked = departures.iter().find(|departure| departure.answers(record));
                let outcome = self.word_on(record, leaving, asked, known);
                let members = self.members_of(leaving);
                let count = if record.steps == [Step::DeleteGroup] { members.len() } else { 0 };
                Candidate {
                    paper: Paper::Written(record),
                    prompt: false,
                    frozen: outcome.is_none(),
                    would_empty: asked.is_some_and(|departure| departure.would_empty),
                    count: leaving.count.max(leaving.people.len()).max(count),
                    outcome: outcome.unwrap_or_else(|| {
                        let reason = record.reason.unwrap_or(RecordReason::QuietPeriod);
                        Outcome::new(record.phase, reason, "waits until all objects and people were seen")
                    }),
                }
            })
            .collect();
        found.sort_by(|left, right| {
            (left.created(self.input.now), left.name()).cmp(&(right.created(self.input.now), right.name()))
        });
        candidates.extend(found);
    }

    fn members_of(&self, leaving: &Leaving) -> &[&'a Person] {
        crate::GroupId::new(&leaving.thing.id).map_or(&[], |id| self.members(&id))
    }

    /// What the objects say to an open record; `None` if it cannot be known at present.
    fn word_on(
        &self,
        record: &Record,
        leaving: &Leaving,
        asked: Option<&Departure<'a>>,
        known: &HashMap<&str, bool>,
    ) -> Option<Outcome> {
        let over = |phase, reason, message: String| Some(Outcome::new(phase, reason, message));
        let stands = || Some(Outcome::undecided());
        let Some(source) = &record.source else {
            let message = "only an object can have people taken out of groups: edit or delete the ZoomGroup".to_owned();
            return over(Phase::Refused, RecordReason::Declared, message);
        };
        let at_rest = matches!(self.input.policy.mode, Mode::Plan | Mode::Suspend);
        let group_is_listed = self.input.directory.groups().iter().any(|group| group.id.as_str() == &*leaving.thing.id);
        if !group_is_listed && self.input.directory.complete().groups {
            return over(
                Phase::Done,
                done(record),
                format!("the group {:?} is not in the account", leaving.thing.name),
            );
        }
        let is_unreadable =
            || self.input.desired.unreadable_things.groups.iter().any(|claim| claim.object == source.object);
        match (known.get(&*source.uid), asked) {
            _ if at_rest => stands(),
            (Some(false), _) => None,
            (Some(true), Some(_)) if record.steps == [Step::DeleteGroup] => self.may_take().then(Outcome::undecided),
            (Some(true), Some(_)) => stands(),
            (Some(true), None) => {
                let left: BTreeSet<_> = self.members_of(leaving).iter().map(|person| &person.email).collect();
                let stayed = leaving.people.iter().filter(|person| left.contains(&person.email)).count();
                if record.started_at.is_some() || stayed == 0 {
                    return over(
                        Phase::Done,
                        done(record),
                        format!("nobody is left to remove from {:?}", leaving.thing.name),
                    );
                }
                let message = format!("{} does not ask for this any more", source.object);
                over(Phase::Cancelled, RecordReason::TakenBack, message)
            }
            (None, _) if is_unreadable() || !self.input.desired.complete => None,
            (None, _) if record.steps == [Step::DeleteGroup] => {
                match self.register.claimant(&leaving.thing.id, &leaving.thing.name) {
                    Some(claimant) => {
                        over(Phase::Cancelled, RecordReason::Reclaimed, format!("{claimant} declares the group again"))
                    }
                    None => self.may_take().then(Outcome::undecided),
                }
            }
            (None, _) => {
                let message = format!("{} is gone, and its edit with it", source.object);
                over(Phase::Cancelled, RecordReason::TakenBack, message)
            }
        }
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
            let mut covered: HashSet<Email> = HashSet::new();
            for (place, candidate) in candidates.iter().enumerate() {
                let answers = candidate.record().is_some_and(|record| departure.answers(record));
                if answers && candidate.outcome.phase.is_open() {
                    answered.push(place);
                    covered.extend(candidate.people().iter().map(|person| person.email.clone()));
                }
            }
            let deletes = departure.step == Step::DeleteGroup;
            let uncovered = departure.people.iter().filter(|person| !covered.contains(&person.email));
            let people: Vec<PersonRef> = uncovered.cloned().collect();
            let mut batches: Vec<&[PersonRef]> =
                if deletes { Vec::new() } else { people.chunks(PEOPLE_IN_A_RECORD).collect() };
            if deletes && answered.is_empty() {
                batches.push(&departure.people);
            }
            for batch in batches {
                answered.push(candidates.len());
                candidates.push(self.write(departure, batch, &mut desk));
            }
            if departure.object.deleting {
                answers.deleted.push((departure.object.key.clone(), answered.first().copied()));
            } else {
                answers.live.entry(departure.object.key.clone()).or_default().extend(answered);
            }
        }
    }

    fn write(&self, departure: &Departure<'a>, people: &[PersonRef], desk: &mut Desk) -> Candidate<'a> {
        let Departure { object, edited, step, thing, would_empty, .. } = departure;
        let deletes = *step == Step::DeleteGroup;
        let (generation, emails) = (object.generation.to_string(), people.iter().map(|person| person.email.as_str()));
        let about: Vec<&str> =
            [self.input.connection, &object.uid, &generation, step.verb()].into_iter().chain(emails).collect();
        let (digest, name) = desk.free_name(&object.key.name, &about);
        let wave = desk.wave(Class::Membership, !edited, &digest);
        let count = if deletes { departure.count } else { people.len() };
        Candidate {
            prompt: false,
            frozen: deletes && !self.may_take(),
            would_empty: *would_empty,
            count,
            outcome: Outcome::undecided(),
            paper: Paper::New(Box::new(NewRecord {
                name,
                wave,
                class: Class::Membership,
                subject: Subject::Members(Leaving { thing: thing.clone(), people: people.to_vec(), count }),
                source: Some(Source {
                    object: object.key.clone(),
                    uid: object.uid.clone(),
                    generation: object.generation,
                    deleted: object.deleting,
                }),
                steps: vec![step.clone()],
                not_before: None,
                hold: None,
                restore_license: None,
            })),
        }
    }
}

impl Departure<'_> {
    /// Whether a record is about this: the same object and step, and somebody whom it names is still to leave.
    fn answers(&self, record: &Record) -> bool {
        let of_object = record.source.as_ref().is_some_and(|source| source.uid == self.object.uid);
        let of_step = record.steps.as_slice() == std::slice::from_ref(&self.step);
        let leaving = record.leaving().filter(|leaving| of_object && of_step && leaving.thing.id == self.thing.id);
        leaving.is_some_and(|leaving| {
            self.step == Step::DeleteGroup || leaving.people.iter().any(|person| self.names(&person.email))
        })
    }

    /// They are sorted by address.
    fn names(&self, email: &Email) -> bool {
        self.people.binary_search_by(|person| person.email.cmp(email)).is_ok()
    }
}

/// Whether it could be found out what a live object wants.
fn is_known(planned: &GroupPlan) -> bool {
    !matches!(planned.verdict.reason, Reason::Suspended | Reason::WaitingForListing)
}

fn done(record: &Record) -> RecordReason {
    if record.started_at.is_some() { RecordReason::Completed } else { RecordReason::AlreadyDone }
}

impl Departures {
    /// Tells the objects what became of what they wanted taken, and lets deleted ones go whose record stands.
    pub(crate) fn report(self, plan: &mut Plan, candidates: &[Candidate<'_>]) {
        for planned in &mut plan.groups {
            let Some(places) = self.live.get(&planned.object) else { continue };
            if planned.runnable || planned.verdict.reason.standing() == crate::Standing::Stalled {
                continue;
            }
            let found = places.iter().filter_map(|place| candidates.get(*place));
            if let Some(candidate) = found.max_by_key(|candidate| urgency(candidate.outcome.phase)) {
                planned.verdict = told(planned, candidate);
            }
        }
        let stands = |place: &Option<usize>| match place {
            Some(place) => candidates.get(*place).is_some_and(|candidate| candidate.record().is_some()),
            None => true,
        };
        plan.let_go_groups =
            self.deleted.into_iter().filter(|(_, place)| stands(place)).map(|(object, _)| object).collect();
        plan.let_go_groups.sort();
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

fn told(planned: &GroupPlan, candidate: &Candidate<'_>) -> Verdict {
    let (members, admins) = (planned.leaving.len(), planned.leaving_admins.len());
    let message = format!(
        "{members} members and {admins} administrators are to leave: ZoomRemoval {}: {}",
        candidate.name(),
        candidate.outcome.message
    );
    match candidate.outcome.phase {
        Phase::Held => Verdict::new(Reason::Held, message),
        Phase::Settling | Phase::Scheduled => Verdict::new(Reason::Settling, message),
        Phase::Refused => Verdict::new(Reason::Refused, message),
        Phase::Running | Phase::Done | Phase::Cancelled => Verdict::new(Reason::Reconciling, message),
    }
}
