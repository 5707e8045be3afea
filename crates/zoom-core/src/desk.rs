//! Where new records are written, and which waves they join.

use std::collections::{HashMap, HashSet};

use crate::{
    Class, DesiredPerson, NewRecord, PersonRef, Record, RecordReason, Restore, Subject,
    candidate::{Candidate, Outcome, Paper, UNSEEN},
    groups::Groups,
    input::{Input, after},
    intent::{Intent, is_prompt},
    naming::{digest, short, truncated},
    refused::protection,
    waves::{before_counting, held_by_switch, switch},
};

/// Where new records are written: knows the names that are taken and the waves that are open.
pub(crate) struct Desk {
    names: HashSet<Box<str>>,
    /// Those that were not counted yet; apart from them those that a switch or a doubt holds back, by what it is.
    uncounted: HashMap<(Class, Option<RecordReason>), String>,
    over_limit: HashMap<Class, String>,
    /// Of these, those to which something was added within the quiet period: what made them too large still goes on.
    growing: HashMap<Class, String>,
    /// How many records may still be drawn up in this plan.
    drafts: usize,
}

/// How many records a plan draws up, beside those for whoever is to leave at once: a few seconds' worth of writing.
const DRAFTS: usize = 250;

/// Which wave that waits for a decision takes a new record in.
#[derive(Clone, Copy)]
pub(crate) enum Joins {
    /// None: whoever is to leave at once waits for nobody.
    None,
    /// One that was still growing when it was found too large, or what comes after it would be counted as little.
    Growing,
    /// Any. What is asked for again although nothing was edited was there before: reactivated in Zoom, or somebody deleted
    /// the record to reject it, and rejecting must not let it run.
    Held,
}

impl Desk {
    pub(crate) fn of(candidates: &[Candidate<'_>], input: &Input<'_>) -> Self {
        let quiet = input.policy.guard.quiet_period;
        let over_limit: Vec<_> = waves(candidates.iter().filter(|one| one.is_over_limit())).collect();
        let held: HashSet<_> = over_limit.iter().copied().collect();
        let is_held = |one: &Candidate<'_>| held.contains(&(one.class(), one.wave()));
        let open = || candidates.iter().filter(|one| one.outcome.phase.is_open() && !one.is_by_hand());
        let mut uncounted = HashMap::new();
        for one in open().filter(|one| one.is_uncounted() && !is_held(one)) {
            let held_back = held_by_switch(one, input).map(|held| held.reason);
            let key = (one.class(), held_back);
            let waits = || match held_back {
                Some(reason) => one.is_told_at_most(reason),
                None => !uncounted.contains_key(&key) && before_counting(one, false, input).is_none(),
            };
            // The latest of those that are held back: an earlier one may have waited for something else before.
            if waits() {
                uncounted.insert(key, one.wave().to_owned());
            }
        }
        let growing = open().filter(|one| is_held(one) && after(one.created(input.now), quiet) > input.now);
        Self {
            names: input.records().map(|record| record.name.clone()).collect(),
            uncounted,
            growing: oldest(waves(growing)),
            over_limit: oldest(over_limit.into_iter()),
            drafts: DRAFTS,
        }
    }

    /// Draws up the record of an intent; of very many only the first, or planning would take longer than writing.
    pub(crate) fn write<'a>(
        &mut self,
        intent: &'a Intent<'a>,
        input: &Input<'a>,
        groups: &Groups<'a>,
    ) -> Candidate<'a> {
        let Intent { object, subject, taking } = intent;
        let frozen = object.deleting && !input.desired.complete;
        let prompt = is_prompt(object.deleting, object.is_edited(), &taking.steps);
        let joins = match (prompt, !object.deleting && !object.is_edited()) {
            (true, _) => Joins::None,
            (false, true) => Joins::Held,
            (false, false) => Joins::Growing,
        };
        let held_back = switch(&taking.steps, taking.not_before, false, input).map(|held| held.reason);
        let paper = match self.known_wave(taking.class, joins, held_back) {
            Some(wave) if self.drafts == 0 && !prompt => Paper::Later(intent, wave.clone()),
            Some(_) | None => {
                self.drafts = self.drafts.saturating_sub(1);
                Paper::New(Box::new(self.draft(intent, joins, held_back, input)))
            }
        };
        Candidate {
            would_empty: false,
            count: 1,
            prompt,
            frozen,
            outcome: protection(object, subject, input, groups).unwrap_or_else(|| Outcome {
                message: if frozen { UNSEEN.to_owned() } else { String::new() },
                ..Outcome::undecided()
            }),
            paper,
        }
    }

    fn draft(
        &mut self,
        intent: &Intent<'_>,
        joins: Joins,
        held_back: Option<RecordReason>,
        input: &Input<'_>,
    ) -> NewRecord {
        let Intent { object, subject, taking } = intent;
        let (generation, steps) = (object.generation.to_string(), format!("{:?}", taking.steps));
        let about = [input.connection, &object.uid, &generation, &steps];
        let (digest, name) = self.free_name(&object.object.name, &about);
        NewRecord {
            name,
            wave: self.wave(taking.class, joins, held_back, &digest),
            class: taking.class,
            subject: Subject::Person(subject.clone()),
            source: Some(intent.source()),
            steps: taking.steps.clone(),
            not_before: taking.not_before,
            hold: object.hold.clone(),
            restore: Restore::of(subject, input.directory).or_else(|| earlier_restore(subject, object, input)),
        }
    }

    /// The wave of a new record, as far as there is one. `held_back`: the switch or doubt that keeps it waiting, if one does.
    fn known_wave(&self, class: Class, joins: Joins, held_back: Option<RecordReason>) -> Option<&String> {
        let held = match joins {
            Joins::None => None,
            Joins::Growing => self.growing.get(&class),
            Joins::Held => self.over_limit.get(&class),
        };
        held.or_else(|| self.uncounted.get(&(class, held_back)))
    }

    /// The wave of a new record, which may begin one.
    pub(crate) fn wave(&mut self, class: Class, joins: Joins, held_back: Option<RecordReason>, digest: &str) -> String {
        if let Some(wave) = self.known_wave(class, joins, held_back) {
            return wave.clone();
        }
        self.uncounted.entry((class, held_back)).or_insert_with(|| short(digest, 6)).clone()
    }

    /// The first name that no record has, and the digest that it is made of; it is taken from now on. Only a record that
    /// ended, or another one about the same, can have had it.
    pub(crate) fn free_name(&mut self, object: &str, about: &[&str]) -> (String, String) {
        let mut earlier = 0_usize;
        loop {
            let digest = digest(&[about, &[&earlier.to_string()]].concat());
            let name = format!("{}-{}", truncated(object, 200), short(&digest, 8));
            if self.names.insert(name.as_str().into()) {
                return (digest, name);
            }
            earlier += 1;
        }
    }
}

fn waves<'a>(candidates: impl Iterator<Item = &'a Candidate<'a>>) -> impl Iterator<Item = (Class, &'a str)> {
    candidates.map(|candidate| (candidate.class(), candidate.wave()))
}

/// The first wave of each class; candidates are sorted by age.
fn oldest<W: Into<String>>(waves: impl Iterator<Item = (Class, W)>) -> HashMap<Class, String> {
    let mut oldest = HashMap::new();
    for (class, wave) in waves {
        oldest.entry(class).or_insert_with(|| wave.into());
    }
    oldest
}

/// What somebody had who was deactivated before, where it matters for whether they are protected.
fn earlier_restore(person: &PersonRef, object: &DesiredPerson, input: &Input<'_>) -> Option<Restore> {
    if input.policy.protected.groups.is_empty() {
        return None;
    }
    let ran =
        |record: &&Record| record.class == Class::Access && record.started_at.is_some() && record.is_about(person);
    let last = input.records().filter(ran).max_by_key(|record| record.started_at);
    last.and_then(|record| record.restore.clone()).or_else(|| object.remembered.restore.clone())
}
