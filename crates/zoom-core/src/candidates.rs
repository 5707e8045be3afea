//! Which records the guard decides about: those that are open, and those that are wanted.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    Class, DesiredPerson, Mode, ObjectKey, Operation, PersonRef, Phase, Reason, Record, RecordReason, Step,
    candidate::{Candidate, Candidates, NOT_PERMITTED, Outcome, Paper, UNSEEN},
    claims::Claims,
    desk::Desk,
    groups::Groups,
    holds::{Held, Holds},
    input::{Input, Seen},
    intent::{Intent, is_prompt},
    planned::Live,
    record::{Next, RESTORED, held_by, may_be_last_admin, next_as_listed, open_steps, protected_by},
    refused::{protection, refuses},
};

/// What an object asks for at present.
struct Ask<'a> {
    object: &'a DesiredPerson,
    deleting: bool,
    edited: bool,
    /// Whether the connection lets it ask.
    permitted: bool,
    /// Whether it could be found out what it asks for.
    known: bool,
    intent: Option<&'a Intent<'a>>,
}

/// What the objects say to an open record.
enum Word {
    Stands,
    /// It cannot be known at present.
    Unknown,
    /// The connection's access does not cover the object that asked.
    Withdrawn,
    Over(Outcome),
}

/// Which record answers an intent.
pub(crate) enum Answer {
    /// A candidate, by its place.
    Open(usize),
    /// A record that was refused, and the edit is still the same.
    Refused(String),
}

impl<'a> Candidates<'a> {
    /// The open records about single persons; those that have come to an end say so.
    pub(crate) fn open(
        live: &[Live<'a>],
        intents: &[Intent<'a>],
        input: &Input<'a>,
        claims: &Claims<'a>,
        holds: &Holds<'a>,
        groups: &Groups<'a>,
    ) -> Self {
        let asks = asks(live, intents, input);
        let open = input.records().filter(|record| record.phase.is_open() && record.person().is_some());
        let mut list: Vec<_> = open
            .filter(|record| record.class != Class::Creation)
            .map(|record| {
                let asked_by = record.source.as_ref().and_then(|source| asks.get(&*source.uid));
                let word = word_on(record, asked_by, input, claims, holds, groups);
                let frozen = matches!(word, Word::Unknown);
                let outcome = match word {
                    Word::Over(outcome) => outcome,
                    Word::Stands => Outcome::undecided(),
                    Word::Withdrawn => Outcome::new(Phase::Held, RecordReason::NotPermitted, NOT_PERMITTED),
                    Word::Unknown => {
                        let reason = record.reason.unwrap_or(RecordReason::QuietPeriod);
                        Outcome::new(record.phase, reason, UNSEEN)
                    }
                };
                let prompt = asked_by.is_some_and(|ask| is_prompt(ask.deleting, ask.edited, &record.steps));
                Candidate { paper: Paper::Written(record), prompt, frozen, would_empty: false, count: 1, outcome }
            })
            .collect();
        list.sort_by(|left, right| {
            (left.created(input.now), left.name()).cmp(&(right.created(input.now), right.name()))
        });
        Self { list, members: 0 }
    }

    /// Finds each intent's record, or makes one.
    pub(crate) fn answer(
        &mut self,
        intents: &'a [Intent<'a>],
        input: &Input<'a>,
        groups: &Groups<'a>,
    ) -> HashMap<&'a ObjectKey, Answer> {
        // Also those that end in this plan: whether another is needed, the next plan says.
        let subjects: HashMap<&str, &PersonRef> =
            intents.iter().map(|intent| (&*intent.object.uid, &intent.subject)).collect();
        let mut open: HashMap<(&str, Vec<Step>), usize> = HashMap::new();
        for (place, candidate) in self.list.iter().enumerate() {
            if let Some((record, source)) =
                candidate.record().and_then(|record| Some((record, record.source.as_ref()?)))
                && subjects.get(&*source.uid).is_some_and(|subject| record.is_about(subject))
            {
                open.entry((&source.uid, open_steps(record, input.directory))).or_insert(place);
            }
        }
        let mut refused: HashMap<&str, BTreeMap<&str, &Record>> = HashMap::new();
        for record in input.records().filter(|record| record.phase == Phase::Refused) {
            if let Some(source) = &record.source {
                refused.entry(&source.uid).or_default().insert(&record.name, record);
            }
        }
        let mut desk = Desk::of(&self.list, input);
        let mut answers = HashMap::with_capacity(intents.len());
        // Deleted objects first: they wait to be let go.
        let (deleted, others): (Vec<_>, Vec<_>) = intents.iter().partition(|intent| intent.object.deleting);
        for intent in deleted.into_iter().chain(others) {
            let refusal = || {
                let records = refused.get(&*intent.object.uid)?;
                let first = records.len() == 1;
                records.values().find(|record| refuses(record, first, intent, input, groups))
            };
            let answer = if let Some(place) = open.get(&(&*intent.object.uid, intent.taking.steps.clone())) {
                Answer::Open(*place)
            } else if let Some(record) = refusal() {
                Answer::Refused(format!("the ZoomRemoval {} was refused; it says why and what to do", record.name))
            } else if input.policy.mode == Mode::Plan {
                continue;
            } else {
                self.list.push(desk.write(intent, input, groups));
                Answer::Open(self.list.len() - 1)
            };
            answers.insert(&intent.object.object, answer);
        }
        answers
    }
}

/// What the objects behind the open records ask for, by uid.
fn asks<'i>(live: &[Live<'i>], intents: &'i [Intent<'_>], input: &Input<'i>) -> HashMap<&'i str, Ask<'i>> {
    let open = input.records().filter(|record| record.phase.is_open());
    let sources: HashSet<&str> = open.filter_map(|record| Some(&*record.source.as_ref()?.uid)).collect();
    let mut asks = HashMap::with_capacity(sources.len());
    if sources.is_empty() {
        return asks;
    }
    let suspended = input.policy.mode == Mode::Suspend;
    for Live { seen: seen @ Seen { object, .. }, planned } in
        live.iter().filter(|live| sources.contains(&*live.seen.object.uid))
    {
        // A refusal hides what else it wants.
        let refusal = object.remembered.refusal.as_ref();
        let unseen = matches!(planned.verdict.reason, Reason::WaitingForListing | Reason::Suspicious)
            || matches!(planned.operations.as_slice(), [Operation::Read(_)])
            || refusal.is_some_and(|refusal| refusal.reason == planned.verdict.reason);
        let (edited, permitted) = (object.is_edited(), seen.permitted);
        let known = !suspended && permitted && !unseen;
        asks.insert(&*object.uid, Ask { object, deleting: false, edited, permitted, known, intent: None });
    }
    // What a deleted object asks for is always known: who is let go is not asked for any more.
    for object in input.desired.people.iter().filter(|object| object.deleting) {
        let edited = object.is_edited();
        asks.insert(&*object.uid, Ask { object, deleting: true, edited, permitted: true, known: true, intent: None });
    }
    for intent in intents {
        if let Some(ask) = asks.get_mut(&*intent.object.uid) {
            ask.intent = Some(intent);
        }
    }
    asks
}

/// Modes in which nothing is written to Zoom.
fn is_at_rest(mode: Mode) -> bool {
    match mode {
        Mode::Plan | Mode::Suspend => true,
        Mode::Enforce | Mode::HoldRemovals => false,
    }
}

/// Whether an open record still stands: not true already, not taken back, not reclaimed.
fn word_on(
    record: &Record,
    asked_by: Option<&Ask<'_>>,
    input: &Input<'_>,
    claims: &Claims<'_>,
    holds: &Holds<'_>,
    groups: &Groups<'_>,
) -> Word {
    let claimant = || record.person().and_then(|person| claims.claimant(person)).or_else(|| claims.again(record));
    // Whatever else is not known yet: the object may be gone then, and its addresses with it.
    if let Some(ask) = asked_by
        && let Some(person) = record.person()
        && record.is_about(&ask.object.reference())
        && (ask.intent.is_some() || (ask.deleting && claimant().is_none()))
        && let Some(refused) = protection(ask.object, person, input, groups)
    {
        return Word::Over(refused);
    }
    if may_be_last_admin(record, input.directory) {
        return Word::Unknown;
    }
    if let Some(Next::End(phase, reason, message)) = next_as_listed(record, input) {
        return Word::Over(Outcome::new(phase, reason, message));
    }
    if let Some(why) = record.person().and_then(|person| groups.protects_as_declared(person)) {
        return Word::Over(Outcome::new(Phase::Refused, RecordReason::Protected, protected_by(why)));
    }
    match holds.over(record) {
        Held::Free => {}
        Held::Unknown => return Word::Unknown,
        Held::By(other) => return Word::Over(Outcome::new(Phase::Refused, RecordReason::LegalHold, held_by(other))),
    }
    let over = |phase, reason, message: String| Word::Over(Outcome::new(phase, reason, message));
    let unclaimed = if input.desired.complete { Word::Stands } else { Word::Unknown };
    let at_rest = is_at_rest(input.policy.mode);
    let reclaimed = |claimant: &ObjectKey| {
        over(Phase::Cancelled, RecordReason::Reclaimed, format!("{claimant} declares the person again"))
    };
    match (&record.source, asked_by) {
        (None, _) => claimant().map_or(unclaimed, |claimant| {
            let message = format!("{claimant} declares this person: change or delete that object instead");
            over(Phase::Refused, RecordReason::Declared, message)
        }),
        (Some(source), Some(ask)) => {
            if let Some(claimant) = claimant().filter(|_| ask.deleting) {
                return reclaimed(claimant);
            }
            // What a namespace may say is not known as long as not everything was seen.
            if !ask.permitted && input.desired.complete {
                return Word::Withdrawn;
            }
            let asked_for = ask.intent.is_some_and(|intent| {
                record.is_about(&intent.subject) && intent.taking.steps == open_steps(record, input.directory)
            });
            match (ask.known, asked_for) {
                (false, _) if at_rest => Word::Stands,
                (false, _) => Word::Unknown,
                (true, false) => {
                    let message = format!("{} does not ask for this any more", source.object);
                    over(Phase::Cancelled, RecordReason::TakenBack, message)
                }
                (true, true) if ask.deleting => unclaimed,
                (true, true) => Word::Stands,
            }
        }
        (Some(source), None) if claims.is_unreadable(&source.object) => Word::Unknown,
        (Some(source), None) => match claimant() {
            Some(claimant) => reclaimed(claimant),
            None if !source.deleted && record.class != Class::Access && input.desired.complete => {
                let message = format!("{} is gone, and its edit with it", source.object);
                over(Phase::Cancelled, RecordReason::TakenBack, message)
            }
            None if input.desired.complete && !input.policy.access.covers(&source.object.namespace) => Word::Withdrawn,
            // What there is to do is not known before the person was seen.
            None if record.copied && next_as_listed(record, input).is_none() => Word::Unknown,
            None if record.copied => over(Phase::Refused, RecordReason::Restored, RESTORED.to_owned()),
            None => unclaimed,
        },
    }
}
