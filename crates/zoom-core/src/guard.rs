//! The guard: looks at a plan as a whole before anything runs.
//!
//! What takes something from a person becomes a record. Records of one class that come together form a wave; a wave is
//! counted once nothing was added to it for the quiet period. Within the limit it runs; over it, it is held whole,
//! until a human approves or deletes it. Held is held: a wave does not run by itself later because it shrank or
//! because the window moved on.

use std::collections::HashMap;

use crate::{
    Mode, ObjectKey, Phase, Plan, Reason, RecordChange, Step, Verdict,
    candidate::{Candidate, Candidates, Outcome, Paper},
    candidates::Answer,
    claims::Claims,
    creations::guard_creations,
    groups::Groups,
    holds::Holds,
    input::Input,
    intent::Intent,
    planned::Live,
    waves::decide,
};

/// Turns intents into records, decides about every open record and every creation, and writes it all into the plan. Gives
/// how many records that are held could free seats.
pub(crate) fn guard<'a>(
    plan: &mut Plan,
    live: &mut [Live<'a>],
    intents: &[Intent<'a>],
    input: &Input<'a>,
    claims: &Claims<'a>,
    holds: &Holds<'a>,
    groups: &Groups<'a>,
) -> usize {
    let mut candidates = Candidates::open(live, intents, input, claims, holds, groups);
    let answers = candidates.answer(intents, input, groups);
    candidates.members = groups.people;
    let departures = groups.depart(plan, &mut candidates.list);
    plan.looks = groups.looks(&candidates.list);
    plan.wake_at = decide(&mut candidates, input, claims);
    plan.let_go.extend(let_go(intents, &candidates.list, &answers));
    departures.report(plan, &candidates.list);
    report(live, &candidates.list, &answers);
    let freeing = held_that_free(&candidates.list);
    publish(plan, candidates.list, input);
    guard_creations(plan, live, input);
    freeing
}

/// A deleted object is let go as soon as its record stands; a refused one has said its piece. What is about to be refused must
/// say so first: it may be the object alone that knows why.
fn let_go<'a>(
    intents: &'a [Intent<'_>],
    candidates: &'a [Candidate<'_>],
    answers: &'a HashMap<&ObjectKey, Answer>,
) -> impl Iterator<Item = ObjectKey> + 'a {
    let stands = |object: &ObjectKey| match answers.get(object) {
        Some(Answer::Open(place)) => candidates
            .get(*place)
            .is_some_and(|candidate| candidate.record().is_some() && candidate.outcome.phase != Phase::Refused),
        Some(Answer::Refused(_)) => true,
        None => false,
    };
    let deleted = intents.iter().map(|intent| intent.object).filter(|object| object.deleting);
    deleted.filter(move |object| stands(&object.object)).map(|object| object.object.clone())
}

/// Tells the live objects what became of what they wanted taken.
fn report(live: &mut [Live<'_>], candidates: &[Candidate<'_>], answers: &HashMap<&ObjectKey, Answer>) {
    for Live { seen, planned } in live.iter_mut().filter(|live| live.planned.taking.is_some()) {
        if planned.verdict.reason == Reason::PlanOnly {
            continue;
        }
        planned.verdict = match answers.get(&seen.object.object) {
            Some(Answer::Refused(message)) => Verdict::new(Reason::Refused, message.clone()),
            Some(Answer::Open(place)) => {
                let Some(candidate) = candidates.get(*place) else { continue };
                let steps = planned.taken().iter().map(Step::to_string).collect::<Vec<_>>().join("; ");
                let message = format!("{steps}: {}", candidate.told());
                match candidate.outcome.phase {
                    Phase::Settling | Phase::Scheduled => Verdict::new(Reason::Settling, message),
                    Phase::Held => Verdict::new(Reason::Held, message),
                    Phase::Refused => Verdict::new(Reason::Refused, message),
                    Phase::Running | Phase::Done | Phase::Cancelled => Verdict::new(Reason::Reconciling, message),
                }
            }
            None => continue,
        };
    }
}

fn held_that_free(candidates: &[Candidate<'_>]) -> usize {
    let frees =
        |step: &Step| matches!(step, Step::Deactivate | Step::Unlink(_) | Step::Delete(_) | Step::SetLicense(_));
    let held = candidates.iter().filter(|candidate| candidate.outcome.phase == Phase::Held);
    held.filter(|candidate| candidate.steps().iter().any(frees)).count()
}

/// Who waits for a seat that something held would free waits for whoever decides about that.
pub(crate) fn tell_dependents(live: &mut [Live<'_>], freeing: usize) {
    if freeing == 0 {
        return;
    }
    for Live { planned, .. } in live.iter_mut().filter(|live| live.planned.verdict.reason == Reason::WaitingForSeat) {
        let message = format!("{}; ZoomRemovals that are held could free seats: {freeing}", planned.verdict.message);
        planned.verdict = Verdict::new(Reason::WaitsForHeld, message);
    }
}

/// Writes the outcome of every candidate into the plan.
fn publish(plan: &mut Plan, candidates: Vec<Candidate<'_>>, input: &Input<'_>) {
    // Whoever is to leave at once does not wait for a wave that runs.
    let mut waves = Vec::new();
    // A wave is told about as a whole, once all of it is written down.
    let is_whole = candidates.iter().all(|candidate| candidate.name().is_some());
    for candidate in candidates {
        let Some(name) = candidate.name().map(Box::<str>::from) else { continue };
        let (phase, reason) = (candidate.outcome.phase, candidate.outcome.reason);
        if phase == Phase::Running && !candidate.frozen {
            if candidate.prompt { plan.running.push(name.clone()) } else { waves.push(name.clone()) }
        }
        let unchanged = candidate.record().is_some_and(|record| {
            let started = phase == Phase::Running && record.started_at.is_some();
            // One that nobody has looked at yet says at least that it is waiting.
            let said = record.reason.is_some();
            (candidate.frozen && said) || (record.phase == phase && (record.reason == Some(reason) || started))
        });
        let cut_short = candidate.is_cut_short(input);
        let at_once = cut_short
            || !candidate.is_uncounted()
            || matches!(phase, Phase::Running | Phase::Cancelled | Phase::Refused);
        // Their sessions are not ended as long as the mode forbids it, and until then nothing else is said.
        let waits = cut_short && input.policy.mode != Mode::Enforce;
        if !unchanged && !waits && (is_whole || at_once) {
            let changes = if cut_short { &mut plan.ending } else { &mut plan.changes };
            let Candidate { outcome: Outcome { message, .. }, count: people, .. } = candidate;
            changes.push(RecordChange { name, phase, reason, message, people });
        }
        if let Paper::New(record) = candidate.paper {
            plan.new_records.push(*record);
        }
    }
    plan.running.append(&mut waves);
}
