//! Which records may run: decided wave by wave, the oldest first.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use strum::IntoEnumIterator as _;

use crate::{
    Allowance, Class, Lookup, Mode, PersonRef, Phase, Record, RecordReason, State, Step,
    candidate::{Candidate, Candidates, Outcome},
    claims::Claims,
    input::{Input, after},
    record::{Next, next_as_listed, open_steps},
};

/// Decides about every open record; gives the time at which something happens by itself.
pub(crate) fn decide(all: &mut Candidates<'_>, input: &Input<'_>, claims: &Claims<'_>) -> Option<Timestamp> {
    let over_limit = over_limit_waves(&all.list);
    let mut waves: BTreeMap<(Class, Option<Box<str>>), Vec<usize>> = BTreeMap::new();
    for (place, candidate) in all.list.iter_mut().enumerate() {
        if !candidate.outcome.phase.is_open() || candidate.frozen {
            continue;
        }
        let in_held_wave = over_limit.contains(&(candidate.class(), candidate.wave().into()));
        match before_counting(candidate, in_held_wave, input) {
            Some(outcome) => candidate.outcome = outcome,
            None => waves.entry((candidate.class(), label(candidate))).or_default().push(place),
        }
    }
    let mut books = Books::of(all, &waves.values().flatten().copied().collect::<Vec<_>>(), input, claims);
    let candidates = &mut all.list;
    let mut waves: Vec<_> = waves.into_iter().collect();
    waves.sort_by_cached_key(|((class, label), places)| (*class, born(candidates, places, input.now), label.clone()));
    for ((class, _), places) in waves {
        books.decide_wave(class, &places, candidates, input);
    }
    let scheduled = candidates.iter().filter(|candidate| candidate.outcome.phase == Phase::Scheduled);
    let due = scheduled.filter_map(Candidate::not_before);
    due.chain(books.settle_at).filter(|at| *at > input.now).min()
}

/// What was not counted yet is one wave, whatever it is labelled: a record that was not seen yet when another one began a
/// wave of its own must not split them.
fn label(candidate: &Candidate<'_>) -> Option<Box<str>> {
    (!candidate.is_uncounted()).then(|| candidate.wave().into())
}

fn born(candidates: &[Candidate<'_>], places: &[usize], now: Timestamp) -> Option<Timestamp> {
    places.iter().filter_map(|place| candidates.get(*place)).map(|candidate| candidate.created(now)).min()
}

fn over_limit_waves(candidates: &[Candidate<'_>]) -> HashSet<(Class, Box<str>)> {
    let held = candidates.iter().filter(|candidate| candidate.is_over_limit());
    held.map(|candidate| (candidate.class(), candidate.wave().into())).collect()
}

/// What is decided without counting, if it is.
pub(crate) fn before_counting(candidate: &Candidate<'_>, in_held_wave: bool, input: &Input<'_>) -> Option<Outcome> {
    let record = candidate.record();
    let by_hand = record.is_some_and(|record| record.source.is_none());
    let approved = record.is_some_and(|record| record.approved);
    // Before anything else lets it run: nobody counted it, or it was counted and found too large.
    if record.is_some_and(Record::is_withdrawn) {
        return Some(Outcome::new(Phase::Held, RecordReason::OverLimit, WITHDRAWN));
    }
    if candidate.is_over_limit() {
        return Some(held_over_limit(candidate));
    }
    if candidate.outcome.phase == Phase::Running {
        return Some(candidate.outcome.clone());
    }
    let due = waits_until(candidate, input);
    let is_agreed = record.is_some_and(is_agreed);
    // It needs its switch only when its time has come.
    if let Some(due) = due.filter(|_| is_agreed) {
        return Some(scheduled(due));
    }
    if let Some(held) = held_by_switch(candidate, input) {
        return Some(held);
    }
    let is_begun = record.is_some_and(|record| record.started_at.is_some());
    if let Some(due) = due.filter(|_| by_hand || is_begun) {
        return Some(scheduled(due));
    }
    // The objects have said so.
    if candidate.outcome.phase == Phase::Held {
        return Some(candidate.outcome.clone());
    }
    if !approved && may_be_protected(candidate, input) {
        return Some(Outcome::new(Phase::Held, RecordReason::Protected, MAY_BE_PROTECTED));
    }
    if let Some(due) = due.filter(|_| approved) {
        return Some(scheduled(due));
    }
    if by_hand {
        return Some(Outcome::new(Phase::Running, RecordReason::Requested, "written by hand"));
    }
    if approved {
        let by = record.and_then(|record| record.decided_by.as_deref()).filter(|by| !by.is_empty());
        let message = by.map_or_else(|| "approved".to_owned(), |by| format!("approved by {by}"));
        return Some(Outcome::new(Phase::Running, RecordReason::Approved, message));
    }
    if candidate.would_empty {
        let message = "nobody would be left of those whom the object wants, or its selector or match finds nobody: set \
                       spec.decision to Approve if that is meant, or correct the object";
        return Some(Outcome::new(Phase::Held, RecordReason::WouldEmpty, message));
    }
    // Who puts labels back one by one is not to be overtaken: who is left then is asked for anew, and settles.
    if record.is_some_and(|record| record.phase == Phase::Held && record.reason == Some(RecordReason::WouldEmpty)) {
        let message = "somebody is left by now; who is to leave all the same is written down anew";
        return Some(Outcome::new(Phase::Cancelled, RecordReason::TakenBack, message));
    }
    if is_agreed || record.is_some_and(|record| is_counted(record, input)) {
        return Some(Outcome::new(Phase::Running, RecordReason::WithinLimit, "within the limit"));
    }
    in_held_wave.then(|| held_over_limit(candidate))
}

/// Why a record waits that was approved once.
const WITHDRAWN: &str = "its approval was withdrawn, so nothing more of it runs: set spec.decision to Approve again, or delete \
                         this object";

/// What was agreed to before it began to wait does not need to be agreed to again: it was counted, or is approved still.
fn is_agreed(record: &Record) -> bool {
    record.phase == Phase::Scheduled && record.source.is_some()
}

fn scheduled(due: Timestamp) -> Outcome {
    Outcome::new(Phase::Scheduled, RecordReason::NotBefore, format!("runs at {due}"))
}

/// When the next step may run, if that is later.
fn waits_until(candidate: &Candidate<'_>, input: &Input<'_>) -> Option<Timestamp> {
    let Some(record) = candidate.record() else {
        let put_off = candidate.steps().first().is_some_and(Step::is_for_good);
        return candidate.not_before().filter(|at| *at > input.now && put_off);
    };
    match next_as_listed(record, input) {
        Some(Next::Wait(at)) => Some(at),
        Some(Next::Run(_) | Next::End(..)) => None,
        None => {
            let first = open_steps(record, input.directory);
            let put_off = first.first().is_some_and(|step| record.is_put_off(step));
            record.not_before.filter(|at| *at > input.now && (put_off || record.phase == Phase::Scheduled))
        }
    }
}

/// The mode or switch of the connection that holds a record back, or the doubt about its account.
pub(crate) fn held_by_switch(candidate: &Candidate<'_>, input: &Input<'_>) -> Option<Outcome> {
    let is_meant = input.suspicion.is_some() && is_meant_and_seen(candidate, input);
    switch(candidate.steps(), candidate.not_before(), is_meant, input)
}

/// The same by what a record is about. `is_meant`: whether a human named the person, and the listing shows them.
pub(crate) fn switch(
    steps: &[Step],
    not_before: Option<Timestamp>,
    is_meant: bool,
    input: &Input<'_>,
) -> Option<Outcome> {
    let policy = input.policy;
    let held = |reason, message: &str| Some(Outcome::new(Phase::Held, reason, message));
    match policy.mode {
        Mode::Suspend => return held(RecordReason::Suspended, "the connection is suspended"),
        Mode::HoldRemovals => return held(RecordReason::RemovalsHeld, "the connection's mode is HoldRemovals"),
        Mode::Plan => return held(RecordReason::RemovalsHeld, "the connection's mode is Plan"),
        Mode::Enforce => {}
    }
    if let Some(message) = input.suspicion.filter(|_| !is_meant) {
        return held(RecordReason::Suspicious, message);
    }
    if policy.protected.is_unknown(input.directory) {
        let message =
            "the connection protects people by their group, and the groups of the account were not listed completely";
        return held(RecordReason::Suspicious, message);
    }
    // What waits for its time needs its switch only then.
    let later = |step: &Step| not_before.is_some_and(|at| at > input.now) && step.is_for_good() && steps.len() > 1;
    let forbidden = steps.iter().filter(|step| !later(step)).find_map(|step| match step {
        Step::Deactivate => (!policy.allow.deactivate).then_some("deactivate"),
        Step::Unlink(_) | Step::Delete(_) => (!policy.allow.delete).then_some("delete"),
        Step::SetLicense(_)
        | Step::SetRole(_)
        | Step::SetEmail(_)
        | Step::RemoveMembers
        | Step::RemoveAdmins
        | Step::DeleteGroup
        | Step::DeleteRole
        | Step::DeleteContactGroup
        | Step::RemoveGroups
        | Step::TakePrivileges => (!policy.allow.update).then_some("update"),
        Step::Create => (!policy.allow.create).then_some("create"),
    })?;
    held(RecordReason::NotAllowed, &format!("the connection's allow.{forbidden} is false"))
}

const MAY_BE_PROTECTED: &str = "the connection protects people by their group, and Zoom does not say in which groups somebody \
                                is who is not active: set spec.decision to Approve if nobody protected is meant";

/// Whether somebody would go for good of whom it is not known whether a group protects them. Who is deactivated has nothing
/// else to lose.
fn may_be_protected(candidate: &Candidate<'_>, input: &Input<'_>) -> bool {
    let groups = &input.policy.protected.groups;
    if groups.is_empty() || !candidate.steps().iter().any(Step::is_for_good) || candidate.tells_what_they_had() {
        return false;
    }
    candidate.people().iter().any(|person| match input.directory.find_exactly(person) {
        Lookup::Found(row) => row.state == State::Inactive && row.groups.is_none(),
        Lookup::Unknown => true,
        Lookup::Absent => false,
    })
}

fn held_over_limit(candidate: &Candidate<'_>) -> Outcome {
    let message = format!(
        "wave {} is larger than what may run without asking; set spec.decision to Approve to let this run, or delete \
         this object",
        candidate.wave()
    );
    Outcome::new(Phase::Held, RecordReason::OverLimit, message)
}

/// Whether a human named this one person, and the listing shows them: nothing is concluded from it then.
fn is_meant_and_seen(candidate: &Candidate<'_>, input: &Input<'_>) -> bool {
    let by_hand = candidate.record().filter(|record| record.source.is_none()).and_then(Record::person);
    by_hand.is_some_and(|person| matches!(input.directory.find_exactly(person), Lookup::Found(_)))
}

/// What may still be taken.
struct Books {
    /// The managed people as they were before those left who are counted now.
    base: usize,
    /// Those who can lose a membership: also people whom no object declares.
    members: usize,
    used: HashMap<Class, usize>,
    /// When waves settle.
    settle_at: Vec<Timestamp>,
}

impl Books {
    fn of(candidates: &Candidates<'_>, uncounted: &[usize], input: &Input<'_>, claims: &Claims<'_>) -> Self {
        let Candidates { list: candidates, members } = candidates;
        let mut taken: HashMap<Class, HashSet<&PersonRef>> = HashMap::new();
        let mut used: HashMap<Class, usize> = HashMap::new();
        for record in input.records().filter(|record| is_counted(record, input)) {
            taken.entry(record.class).or_default().extend(record.subject.people());
            *used.entry(record.class).or_default() += record.subject.unnamed();
        }
        for (class, people) in &taken {
            *used.entry(*class).or_default() += people.len();
        }
        for class in Class::iter() {
            let used = used.entry(class).or_default();
            *used = (*used).max(input.ledger.since(class, input.window_start()));
        }
        let leaving = uncounted.iter().filter_map(|place| candidates.get(*place));
        let leaving = leaving.filter(|candidate| candidate.class() == Class::Access).flat_map(Candidate::people);
        let mut left = taken.remove(&Class::Access).unwrap_or_default();
        left.extend(leaving);
        let left = left.into_iter().filter(|person| claims.claimant(person).is_none()).count();
        let base = claims.managed.saturating_add(left);
        Self { base, members: base.max(*members), used, settle_at: Vec::new() }
    }

    fn decide_wave(&mut self, class: Class, places: &[usize], candidates: &mut [Candidate<'_>], input: &Input<'_>) {
        let guard = &input.policy.guard;
        let limit = guard.limits.of(class);
        let used = self.used.entry(class).or_default();
        let base = if class == Class::Membership { self.members } else { self.base };
        let allowance = Allowance::new(class, limit, base, *used);
        let at_once = Allowance::at_once(class, limit, base, *used);
        let prompt: Vec<usize> =
            places.iter().copied().filter(|place| candidates.get(*place).is_some_and(|one| one.prompt)).collect();
        // Who is to leave at once does not wait for what settles beside them.
        let at_once = at_once.takes(people(candidates, &prompt));
        let people = people(candidates, places);
        let settles_at = settles_at(candidates, places, input);
        self.settle_at.push(settles_at);
        let counted_at = settles_at.to_string();
        for place in places {
            let Some(candidate) = candidates.get_mut(*place) else { continue };
            let settled = settles_at <= input.now;
            candidate.outcome = if (settled && allowance.takes(people)) || (candidate.prompt && at_once) {
                *used = used.saturating_add(candidate.count);
                let within = || Outcome::new(Phase::Running, RecordReason::WithinLimit, "within the limit");
                waits_until(candidate, input).map_or_else(within, scheduled)
            } else if settled {
                over_limit(candidate, allowance, people)
            } else {
                let wave = candidate.wave();
                let message = format!("counted with its wave {wave} at {counted_at}, unless more is added");
                Outcome::new(Phase::Settling, RecordReason::QuietPeriod, message)
            };
        }
    }
}

/// How many people a wave is: one who leaves several groups is one.
fn people(candidates: &[Candidate<'_>], places: &[usize]) -> usize {
    let wave = || places.iter().filter_map(|place| candidates.get(*place));
    let named: HashSet<&PersonRef> = wave().flat_map(Candidate::people).collect();
    let unnamed = wave().map(|candidate| candidate.count.saturating_sub(candidate.people().len()));
    named.len().saturating_add(unnamed.sum())
}

/// When nothing was added for the quiet period, or three of them after the first: who keeps adding must not keep a wave from
/// being counted. What was there long before, because something held it back, is not the first of those who are added now.
fn settles_at(candidates: &[Candidate<'_>], places: &[usize], input: &Input<'_>) -> Timestamp {
    let quiet = input.policy.guard.quiet_period;
    let longest = quiet.saturating_mul(3);
    let added = places.iter().filter_map(|place| candidates.get(*place)).map(|one| one.created(input.now));
    let mut added: Vec<_> = added.collect();
    added.sort_unstable();
    let last = added.last().copied().unwrap_or(input.now);
    let mut first = last;
    for earlier in added.into_iter().rev() {
        if after(earlier, longest) <= first {
            break;
        }
        first = earlier;
    }
    after(last, quiet).min(after(first, longest))
}

/// Whether a record took something in the window, or may be about to, without a human's word. What only waits for its time
/// counts from when that was agreed.
fn is_counted(record: &Record, input: &Input<'_>) -> bool {
    let may_have_run = match record.phase {
        Phase::Running => true,
        // One step that was refused took nothing; of several, some may have run.
        Phase::Refused if record.steps.len() <= 1 => false,
        Phase::Scheduled if record.started_at.is_none() => {
            !record.approved && record.scheduled_at.unwrap_or(record.created) >= input.window_start()
        }
        Phase::Settling | Phase::Held | Phase::Scheduled | Phase::Done | Phase::Refused | Phase::Cancelled => {
            record.started_at.is_some_and(|at| at >= input.window_start())
        }
    };
    may_have_run && record.is_unasked()
}

fn over_limit(candidate: &Candidate<'_>, allowance: Allowance, people: usize) -> Outcome {
    let message = format!(
        "wave {}: {people} {} are more than the {} allowed without asking ({} used in the window); set \
         spec.decision to Approve to let this run, or delete this object",
        candidate.wave(),
        if people == 1 { "person" } else { "people" },
        allowance.allowed,
        allowance.used
    );
    Outcome::new(Phase::Held, RecordReason::OverLimit, message)
}
