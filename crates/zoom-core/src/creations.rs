//! The guard over people to be created.

use std::{collections::HashSet, sync::Arc};

use crate::{
    Allowance, Class, DesiredPerson, Email, Lookup, Mode, NewRecord, ObjectKey, Phase, Plan, Reason, Record,
    RecordChange, RecordReason, Step, Subject, Verdict,
    input::{Input, Seen},
    naming::{digest, short},
    planned::Live,
};

/// How many people one record of created people may name: keeps the object far below what etcd stores.
const PEOPLE_IN_A_RECORD: usize = 1000;

/// Holds creations that are too many. Nobody loses anything by waiting, so these need no quiet period, and what is
/// held goes on by itself when the limit or the window allows.
pub(crate) fn guard_creations(plan: &mut Plan, live: &mut [Live<'_>], input: &Input<'_>) {
    if matches!(input.policy.mode, Mode::Plan | Mode::Suspend) {
        return;
    }
    let mut open: Vec<&Record> = creation_records(input).filter(|record| record.phase.is_open()).collect();
    open.sort_unstable_by_key(|record| &record.name);
    let approved: HashSet<&Email> = named(open.iter().copied().filter(|record| record.approved)).collect();
    let asked: HashSet<&Email> = named(open.iter().copied().filter(|record| !record.approved)).collect();
    let unapproved = |live: &Live<'_>| live.planned.creates() && !approved.contains(&live.seen.object.email);

    let wanted = live.iter().filter(|live| unapproved(live)).count();
    let limit = input.policy.guard.limits.creation;
    let allowance = Allowance::new(Class::Creation, limit, plan.managed, created_unasked(input));
    let held = wanted > 0 && !allowance.takes(wanted);
    if held {
        let message = format!(
            "{wanted} people to create are more than the {} allowed without asking ({} created in the window): \
             approve the ZoomRemovals of class Creation, or raise guard.limits.creation on the connection",
            allowance.allowed, allowance.used
        );
        let mut unasked = Vec::new();
        for Live { seen: Seen { object, .. }, planned } in live.iter_mut().filter(|live| unapproved(live)) {
            planned.verdict = Verdict::new(Reason::Held, message.clone());
            if !asked.contains(&object.email) {
                unasked.push((object.object.clone(), object.email.clone()));
            }
        }
        ask_for_creations(plan, &unasked, input);
    }
    settle_creations(plan, &open, held, input);
}

fn creation_records<'a>(input: &Input<'a>) -> impl Iterator<Item = &'a Record> {
    input.records().filter(|record| record.class == Class::Creation)
}

fn named<'a>(records: impl Iterator<Item = &'a Record>) -> impl Iterator<Item = &'a Email> {
    records.flat_map(people).map(|(_, email)| email)
}

fn people(record: &Record) -> &[(ObjectKey, Email)] {
    match &record.subject {
        Subject::People(people) => people,
        Subject::Person(_) | Subject::Members(_) => &[],
    }
}

/// Whether a human has said that this person may be created.
#[must_use]
pub fn may_create<'a, R: IntoIterator<Item = &'a Record>>(records: R, email: &Email) -> bool {
    let approved = records.into_iter().filter(|record| record.class == Class::Creation && record.approved);
    named(approved).any(|named| named == email)
}

/// People who were created in the window without a human's word.
fn created_unasked(input: &Input<'_>) -> usize {
    let since = input.window_start();
    let approved: HashSet<&Email> = named(creation_records(input).filter(|record| record.approved)).collect();
    let recent = |object: &&Arc<DesiredPerson>| object.remembered.created_at.is_some_and(|at| at >= since);
    let told = input.desired.people.iter().filter(recent).filter(|object| !approved.contains(&object.email)).count();
    // Objects may be gone whose people were created.
    told.max(input.ledger.since(Class::Creation, since))
}

fn ask_for_creations(plan: &mut Plan, unasked: &[(ObjectKey, Email)], input: &Input<'_>) {
    let wave = free_wave(unasked, input);
    for (place, people) in unasked.chunks(PEOPLE_IN_A_RECORD).enumerate() {
        let name = format!("create-{wave}-{place}");
        let message = format!(
            "{} people to create are more than is allowed without asking; set spec.decision to Approve",
            unasked.len()
        );
        plan.new_records.push(NewRecord {
            name: name.clone(),
            wave: wave.clone(),
            class: Class::Creation,
            subject: Subject::People(people.to_vec()),
            source: None,
            steps: vec![Step::Create],
            not_before: None,
            hold: None,
            restore: None,
        });
        plan.changes.push(RecordChange {
            name: name.into(),
            phase: Phase::Held,
            reason: RecordReason::OverLimit,
            message,
            people: people.len(),
        });
    }
}

/// The first wave of these people that no record has: asked for again, they are asked for anew.
fn free_wave(unasked: &[(ObjectKey, Email)], input: &Input<'_>) -> String {
    let taken: HashSet<&str> = creation_records(input).map(|record| &*record.wave).collect();
    let emails: Vec<&str> = unasked.iter().map(|(_, email)| email.as_str()).collect();
    let mut earlier = 0_usize;
    loop {
        let digest = digest(&[&[input.connection, "create", &earlier.to_string()], emails.as_slice()].concat());
        let wave = short(&digest, 6);
        if !taken.contains(wave.as_str()) {
            return wave;
        }
        earlier += 1;
    }
}

/// A record of people to create runs as long as one of them waits, and is done when nobody does.
fn settle_creations(plan: &mut Plan, open: &[&Record], held: bool, input: &Input<'_>) {
    if open.is_empty() || !input.desired.complete {
        return;
    }
    let live = input.desired.people.iter().filter(|object| !object.deleting && awaits_creation(object, input));
    let waiting: HashSet<&Email> = live.map(|object| &object.email).collect();
    for record in open {
        let people = people(record);
        let left = people.iter().filter(|(_, email)| waiting.contains(email)).count();
        let (phase, reason, message) = if left == 0 {
            (Phase::Done, RecordReason::Completed, "nobody named here waits to be created any more".to_owned())
        } else if record.approved {
            (Phase::Running, RecordReason::Approved, format!("{left} of {} are still to be created", people.len()))
        } else if held {
            let message = format!("{left} of {} wait; set spec.decision to Approve", people.len());
            (Phase::Held, RecordReason::OverLimit, message)
        } else {
            (Phase::Running, RecordReason::WithinLimit, format!("{left} of {} are within the limit now", people.len()))
        };
        if record.phase != phase || record.reason != Some(reason) {
            let (name, people) = (record.name.clone(), people.len());
            plan.changes.push(RecordChange { name, phase, reason, message, people });
        }
    }
}

/// Whether a person may still be created, also when it cannot be done at present: without a listing, after a refusal,
/// with the day's budget spent.
fn awaits_creation(object: &DesiredPerson, input: &Input<'_>) -> bool {
    let remembered = &object.remembered;
    let gone_for_good = remembered.access_generation.is_some() && !object.access_is_newer();
    match object.find(input.directory) {
        Lookup::Found(_) => false,
        Lookup::Absent => object.wanted.is_active(input.now) && !gone_for_good,
        Lookup::Unknown => object.wanted.is_active(input.now),
    }
}
