//! What the operator does with a plan.

use zoom_core::*;

use super::*;

impl World {
    /// Plans and carries it out.
    pub(crate) fn round(&mut self) -> Plan {
        let plan = self.plan();
        self.write_records(&plan);
        self.run_records(&plan);
        self.run_people(&plan);
        self.run_rejoins(&plan);
        self.report(&plan);
        plan
    }

    /// Rounds with time passing, until a wave that began now would have been counted.
    pub(crate) fn settle(&mut self) -> Plan {
        // Many records take several rounds.
        while !self.round().new_records.is_empty() {}
        self.pass_time(seconds(31));
        self.round();
        self.round()
    }

    pub(crate) fn write_records(&mut self, plan: &Plan) {
        for new in &plan.new_records {
            let taken = self.records.iter().find(|record| *record.name == *new.name);
            assert!(
                taken.is_none_or(|record| record.phase.is_open()),
                "{} is the name of a record that ended",
                new.name
            );
            if taken.is_none() {
                self.records.push(written(new, self.now));
            }
            if let Some(source) = new.deleted_source() {
                self.objects.remove(&source.object);
            }
        }
        for change in plan.changes.iter().chain(&plan.ending) {
            let record = self.records.iter_mut().find(|record| record.name == change.name).unwrap();
            let lifts = record.hold.is_some() && change.phase == Phase::Cancelled;
            assert!(record.phase.is_open() || lifts, "{} had ended", record.name);
            if change.phase == Phase::Scheduled && record.phase != Phase::Scheduled {
                record.scheduled_at = Some(self.now);
            }
            record.phase = change.phase;
            record.reason = Some(change.reason);
            record.was_approved |= record.approved;
            record.ended_at = (!change.phase.is_open()).then_some(self.now);
            if let Subject::Members(leaving) = &mut record.subject {
                leaving.count = leaving.count.max(change.people);
            }
        }
        for object in &plan.let_go {
            self.objects.remove(object);
        }
    }

    pub(crate) fn run_records(&mut self, plan: &Plan) {
        for name in &plan.running {
            let place = self.records.iter().position(|record| record.name == *name).unwrap();
            loop {
                let record = self.records[place].clone();
                let Some(who) = record.person() else { break };
                let directory = self.directory();
                let row = match directory.find_exactly(who) {
                    Lookup::Found(row) => Some(row),
                    Lookup::Absent | Lookup::Unknown => None,
                };
                match record.next(row, &directory, &self.policy, self.now) {
                    Next::Run(operation) => {
                        // The next plan says so.
                        if operation.is_for_good() && kept_by_hold(&record, &self.records, &directory).is_some() {
                            break;
                        }
                        assert!(record.hold.is_none() || !operation.is_for_good(), "{operation} under a hold");
                        let row = row.unwrap();
                        assert!(who.id.is_none() || who.id == row.id, "{operation} for {who:?} meets {row:?}");
                        assert!(!operation.is_for_good() || !self.is_on_hold(row), "{operation} under a hold");
                        let approved = !record.is_unasked();
                        assert!(approved || !self.is_left_of_held_wave(&record), "{} of a held wave runs", record.name);
                        if !approved && record.started_at.is_none() {
                            self.ledger.note(record.class, record.people(), self.now, self.policy.guard.window);
                        }
                        let written = &mut self.records[place];
                        written.started_at.get_or_insert(self.now);
                        written.was_approved = approved;
                        self.taken.push((self.now, record.class, who.email.clone(), approved));
                        self.apply(&operation);
                    }
                    Next::Wait(_) => {
                        self.records[place].scheduled_at.get_or_insert(self.now);
                        self.records[place].phase = Phase::Scheduled;
                        self.records[place].reason = Some(RecordReason::NotBefore);
                        break;
                    }
                    Next::End(phase, reason, _) => {
                        self.records[place].phase = phase;
                        self.records[place].reason = Some(reason);
                        self.records[place].ended_at = Some(self.now);
                        break;
                    }
                }
            }
        }
    }

    /// Whether a record that was not cancelled keeps this very person.
    fn is_on_hold(&self, row: &Person) -> bool {
        let holds = |record: &&Record| record.hold.is_some() && record.phase != Phase::Cancelled;
        let kept = self.records.iter().filter(holds).filter_map(Record::person);
        let is_same = |person: &PersonRef| match (&person.id, &row.id) {
            (Some(kept), Some(present)) => kept == present,
            (None, _) | (_, None) => person.email == row.email,
        };
        kept.into_iter().any(is_same)
    }

    /// Whether a record is to begin without a word although its wave was found too large. An edit to `active: false` or of the
    /// address may go before its wave.
    fn is_left_of_held_wave(&self, record: &Record) -> bool {
        let is_too_large = |other: &Record| {
            let is_held = other.phase == Phase::Held && other.reason == Some(RecordReason::OverLimit);
            is_held && (other.class, &other.wave) == (record.class, &record.wave)
        };
        let is_edit = record.source.as_ref().is_some_and(|source| !source.deleted);
        !is_edit && record.started_at.is_none() && self.records.iter().any(is_too_large)
    }

    fn run_rejoins(&mut self, plan: &Plan) {
        for rejoin in &plan.rejoins {
            assert!((1..=GroupOperation::MEMBERS).contains(&rejoin.people.len()));
            self.rejoined.push((rejoin.group.name.to_string(), rejoin.people.len()));
            for (_, person) in &rejoin.people {
                let row = self.zoom.get_mut(&person.email).unwrap();
                assert_eq!(row.state, State::Active);
                row.groups = Some(row.groups.iter().flatten().cloned().chain(rejoin.group.id.clone()).collect());
            }
        }
    }

    pub(crate) fn run_people(&mut self, plan: &Plan) {
        for planned in plan.people.iter().filter(|planned| planned.is_runnable()) {
            if planned.restore.is_some() {
                self.objects.get_mut(&planned.object).unwrap().remembered.restore = planned.restore.clone();
            }
            for operation in &planned.operations {
                if self.refuses_seat(operation) {
                    return;
                }
                if let Operation::Create(_) = operation {
                    let now = self.now;
                    let remembered = &mut self.objects.get_mut(&planned.object).unwrap().remembered;
                    remembered.origin = Some(Origin::Created);
                    remembered.created_at = Some(now);
                    if !may_create(&self.records, &self.objects[&planned.object].email) {
                        self.ledger.note(Class::Creation, 1, now, self.policy.guard.window);
                    }
                }
                self.apply(operation);
            }
        }
    }

    fn report(&mut self, plan: &Plan) {
        let directory = self.directory();
        for planned in &plan.people {
            let Some(object) = self.objects.get_mut(&planned.object) else { continue };
            let found = object.find(&directory);
            let remembered = &mut object.remembered;
            if planned.verdict.reason == Reason::WaitingForListing {
                continue;
            }
            remembered.observed_generation = Some(object.generation);
            let left_alone = [Reason::AdoptionRefused, Reason::ClaimedByAnother, Reason::EmailDiffers];
            if left_alone.contains(&planned.verdict.reason) {
                continue;
            }
            match found {
                Lookup::Found(row) => {
                    remembered.origin.get_or_insert(Origin::Adopted);
                    remembered.id = row.reference().id.or(remembered.id.take());
                    remembered.email = Some(row.email.clone());
                    remembered.restore = planned.restore.clone().or(remembered.restore.take());
                    if row.state != State::Inactive {
                        let goes = !object.wanted.is_active(self.now);
                        remembered.restore =
                            remembered.restore.take().filter(|_| !goes).and_then(|had| left(&had, row));
                    }
                    let invited_elsewhere = row.state == State::Pending && row.email != object.email;
                    if (row.state != State::Inactive) == object.wanted.is_active(self.now) && !invited_elsewhere {
                        remembered.access_generation = Some(object.generation);
                    }
                }
                Lookup::Absent if !object.wanted.is_active(self.now) => {
                    remembered.access_generation = Some(object.generation);
                }
                Lookup::Absent | Lookup::Unknown => {}
            }
        }
    }
}

/// What somebody who is back does not have yet of what they had.
fn left(had: &Restore, row: &Person) -> Option<Restore> {
    let license = had.license.filter(|license| row.license != ObservedLicense::Known(*license));
    let groups: Box<_> = had.groups.iter().filter(|group| row.is_in(&group.id) != Some(true)).cloned().collect();
    (license.is_some() || !groups.is_empty()).then_some(Restore { license, groups })
}
