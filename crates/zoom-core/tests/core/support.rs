//! A small world for the tests: objects, an account that behaves like Zoom, and an operator that carries plans out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use zoom_core::*;

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

pub(crate) fn address(name: &str) -> Email {
    email(&format!("{name}@example.com"))
}

pub(crate) fn id(text: &str) -> UserId {
    UserId::new(text).unwrap()
}

pub(crate) fn key(name: &str) -> ObjectKey {
    ObjectKey::new("team", name)
}

pub(crate) fn role_id(text: &str) -> RoleId {
    RoleId::new(text).unwrap()
}

pub(crate) fn start() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

/// All listings were whole.
pub(crate) fn everything() -> Completeness {
    Completeness { people: true, roles: true, groups: true, contact_groups: true }
}

/// A person who has been in Zoom for a while; the id is the name in capitals.
pub(crate) fn person(name: &str, state: State) -> Person {
    Person {
        id: (state != State::Pending).then(|| id(&name.to_uppercase())),
        email: address(name),
        state,
        license: ObservedLicense::Known(License::Basic),
        role: (state != State::Pending).then(|| role_id(RoleId::MEMBER)),
        groups: (state != State::Pending).then(Box::default),
        attributes: Attributes::default(),
        details: None,
        presumed: false,
    }
}

/// A new object that asks for access and nothing else.
pub(crate) fn object(name: &str) -> DesiredPerson {
    DesiredPerson {
        object: key(name),
        uid: format!("uid-{name}").into(),
        created: start() - seconds(3600),
        generation: 1,
        deleting: false,
        labels: Labels::default(),
        email: address(name),
        previous_emails: Box::default(),
        wanted: Wanted::default(),
        default_license: None,
        creation: None,
        removal: None,
        drift: None,
        ignored: Box::default(),
        suspended: false,
        hold: None,
        remembered: Remembered::default(),
    }
}

/// An object whose active person is managed and reported on.
pub(crate) fn managed(name: &str) -> DesiredPerson {
    let mut object = object(name);
    object.remembered = Remembered {
        id: Some(id(&name.to_uppercase())),
        email: Some(address(name)),
        origin: Some(Origin::Adopted),
        access_generation: Some(1),
        observed_generation: Some(1),
        ..Remembered::default()
    };
    object
}

pub(crate) fn roles() -> Vec<Role> {
    [("0", "Owner"), ("1", "Admin"), ("2", "Member"), ("long", "Helpdesk")]
        .map(|(id, name)| Role {
            id: role_id(id),
            name: name.into(),
            description: "".into(),
            total: None,
            privileges: None,
        })
        .into()
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) objects: BTreeMap<ObjectKey, DesiredPerson>,
    pub(crate) unreadable: Vec<Claim>,
    pub(crate) unreadable_groups: Vec<NamedClaim>,
    pub(crate) groups: BTreeMap<ObjectKey, DesiredGroup>,
    pub(crate) zoom_groups: Vec<Group>,
    pub(crate) all_objects_seen: bool,
    pub(crate) zoom: BTreeMap<Email, Person>,
    pub(crate) complete: Completeness,
    pub(crate) ledger: Ledger,
    pub(crate) suspicion: Option<&'static str>,
    pub(crate) records: Vec<Record>,
    /// The seats of the licence Licensed; absent: any number.
    pub(crate) bought: Option<usize>,
    /// Whether the app may know how many there are.
    pub(crate) knows_plan: bool,
    /// What Zoom said of seats.
    pub(crate) seats: Seats,
    /// How often it said that there is none.
    pub(crate) refused_seats: usize,
    pub(crate) now: Timestamp,
    /// Whom something was taken from, when, as what class, and whether a human had said so.
    pub(crate) taken: Vec<(Timestamp, Class, Email, bool)>,
    /// Whom any operation was about.
    pub(crate) touched: BTreeSet<Email>,
    /// Calls that put people back into a group, and how many.
    pub(crate) rejoined: Vec<(String, usize)>,
    /// Operations that took the last active Admin's role or access.
    pub(crate) left_without_admin: Vec<String>,
    ids: usize,
}

impl Default for World {
    fn default() -> Self {
        let policy = Policy { creation: Some(Creation::By(CreateMethod::Sso)), ..Policy::default() };
        Self {
            policy,
            objects: BTreeMap::new(),
            unreadable: Vec::new(),
            unreadable_groups: Vec::new(),
            groups: BTreeMap::new(),
            zoom_groups: Vec::new(),
            all_objects_seen: true,
            zoom: BTreeMap::new(),
            complete: everything(),
            ledger: Ledger::default(),
            suspicion: None,
            records: Vec::new(),
            bought: None,
            knows_plan: true,
            seats: Seats::default(),
            refused_seats: 0,
            now: start(),
            taken: Vec::new(),
            touched: BTreeSet::new(),
            rejoined: Vec::new(),
            left_without_admin: Vec::new(),
            ids: 0,
        }
    }
}

impl World {
    /// Active people, managed by one object each, named after them.
    pub(crate) fn of(count: usize) -> Self {
        let mut world = Self::default();
        for place in 0..count {
            let name = name(place);
            world.add(managed(&name));
            world.join(person(&name, State::Active));
        }
        world
    }

    pub(crate) fn add(&mut self, object: DesiredPerson) {
        self.objects.insert(object.object.clone(), object);
    }

    pub(crate) fn join(&mut self, person: Person) {
        self.zoom.insert(person.email.clone(), person);
    }

    /// An id that nobody had.
    pub(crate) fn fresh_id(&mut self) -> UserId {
        self.ids += 1;
        id(&format!("new-{}", self.ids))
    }

    pub(crate) fn object(&mut self, name: &str) -> &mut DesiredPerson {
        self.objects.get_mut(&key(name)).unwrap()
    }

    pub(crate) fn row(&mut self, name: &str) -> &mut Person {
        self.zoom.get_mut(&address(name)).unwrap()
    }

    pub(crate) fn edit(&mut self, name: &str, edit: impl FnOnce(&mut Wanted)) {
        let object = self.object(name);
        object.generation += 1;
        edit(&mut object.wanted);
    }

    /// What `kubectl delete` does: also a new generation.
    pub(crate) fn delete(&mut self, name: &str) {
        let object = self.object(name);
        object.generation += 1;
        object.deleting = true;
    }

    /// A new object of the same manifest.
    pub(crate) fn reapply(&mut self, name: &str) {
        let mut again = object(name);
        again.uid = format!("uid-{name}-again").into();
        again.created = self.now;
        self.add(again);
    }

    /// Somebody whom no object declares, with the role Admin.
    pub(crate) fn another_admin(&mut self) {
        let mut another = person("another-admin", State::Active);
        another.role = Some(role_id(RoleId::ADMIN));
        self.join(another);
    }

    pub(crate) fn pass_time(&mut self, by: SignedDuration) {
        self.now += by;
    }

    pub(crate) fn directory(&self) -> Directory {
        let mut directory = Directory::new(self.zoom.values().cloned(), roles(), self.complete.clone())
            .with_groups(self.zoom_groups.clone(), Vec::new());
        let taken = directory.taken(License::Licensed);
        let plan = self.bought.filter(|_| self.knows_plan).map(|bought| PlanSeats::new(bought, taken, taken));
        directory.set_seats(self.seats.listed(plan));
        directory
    }

    /// Whether Zoom has no seat for an operation; it is remembered then.
    fn refuses_seat(&mut self, operation: &Operation) -> bool {
        let license = match operation {
            Operation::Create(new) => Some(new.license),
            Operation::Update(_, patch) => patch.license,
            Operation::Read(_)
            | Operation::SetRole { .. }
            | Operation::SetEmail(..)
            | Operation::Activate(_)
            | Operation::Deactivate(_)
            | Operation::Unlink(..)
            | Operation::Delete(..) => None,
        };
        let mut directory = self.directory();
        let full = self.bought.is_some_and(|bought| directory.taken(License::Licensed) >= bought);
        let refuses = license == Some(License::Licensed) && full;
        if refuses {
            directory.refuse_seat(License::Licensed, "no paid seat", self.now);
            self.seats = directory.seats().clone();
            self.refused_seats += 1;
        }
        refuses
    }

    pub(crate) fn desired(&self) -> Desired {
        Desired {
            people: self.objects.values().cloned().map(Arc::new).collect(),
            unreadable: self.unreadable.clone(),
            groups: self.groups.values().cloned().collect(),
            unreadable_things: UnreadableThings {
                groups: self.unreadable_groups.clone(),
                ..UnreadableThings::default()
            },
            complete: self.all_objects_seen,
            ..Desired::default()
        }
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan_with(&self.desired(), &self.directory(), &self.records)
    }

    pub(crate) fn plan_with(&self, desired: &Desired, directory: &Directory, records: &[Record]) -> Plan {
        let records: Vec<_> = records.iter().cloned().map(Arc::new).collect();
        plan(&Input {
            connection: "team/acme",
            policy: &self.policy,
            desired,
            directory,
            records: &records,
            ledger: &self.ledger,
            suspicion: self.suspicion,
            now: self.now,
        })
    }

    pub(crate) fn verdict(&self, name: &str) -> Reason {
        verdict(&self.plan(), name).reason
    }

    pub(crate) fn record(&self, name: &str) -> &Record {
        self.records_of(name).last().copied().unwrap_or_else(|| panic!("no record of {name}: {:?}", self.records))
    }

    pub(crate) fn records_of(&self, name: &str) -> Vec<&Record> {
        let email = address(name);
        self.records.iter().filter(|record| record.person().is_some_and(|person| person.email == email)).collect()
    }

    pub(crate) fn phase(&self, name: &str) -> Phase {
        self.record(name).phase
    }

    pub(crate) fn phases(&self) -> BTreeMap<String, usize> {
        let mut phases = BTreeMap::new();
        for record in &self.records {
            *phases.entry(record.phase.to_string()).or_insert(0) += 1;
        }
        phases
    }

    pub(crate) fn approve(&mut self, which: impl Fn(&Record) -> bool) {
        self.records.iter_mut().filter(|record| which(record)).for_each(|record| record.approved = true);
    }

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
        for change in &plan.changes {
            let record = self.records.iter_mut().find(|record| record.name == change.name).unwrap();
            let lifts = record.hold.is_some() && change.phase == Phase::Cancelled;
            assert!(record.phase.is_open() || lifts, "{} had ended", record.name);
            record.phase = change.phase;
            record.reason = Some(change.reason);
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
                        written.ran_approved = approved;
                        self.taken.push((self.now, record.class, who.email.clone(), approved));
                        self.apply(&operation);
                    }
                    Next::Wait(_) => {
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

    /// What Zoom does with an operation.
    pub(crate) fn apply(&mut self, operation: &Operation) {
        let who = match operation {
            Operation::Create(new) => new.email.clone(),
            Operation::Read(person)
            | Operation::Update(person, _)
            | Operation::SetRole { person, .. }
            | Operation::SetEmail(person, _)
            | Operation::Activate(person)
            | Operation::Deactivate(person)
            | Operation::Unlink(person, _)
            | Operation::Delete(person, _) => person.email.clone(),
        };
        self.touched.insert(who.clone());
        let admins = self.admins();
        self.carry_out(operation, &who);
        if admins > 0 && self.admins() == 0 {
            self.left_without_admin.push(format!("{operation} {who}"));
        }
    }

    /// How many active people have the role Admin.
    pub(crate) fn admins(&self) -> usize {
        let is_admin = |row: &&Person| row.state == State::Active && row.role == Some(role_id(RoleId::ADMIN));
        self.zoom.values().filter(is_admin).count()
    }

    fn carry_out(&mut self, operation: &Operation, who: &Email) {
        let now = self.now;
        match operation {
            Operation::Create(new) => {
                assert!(!self.zoom.contains_key(&new.email), "{} is created twice", new.email);
                let fresh_id = self.fresh_id();
                let state = if new.method == CreateMethod::Invite { State::Pending } else { State::Active };
                self.join(Person {
                    id: (state == State::Active).then_some(fresh_id),
                    email: new.email.clone(),
                    state,
                    license: ObservedLicense::Known(new.license),
                    role: (state == State::Active).then(|| role_id(RoleId::MEMBER)),
                    groups: (state == State::Active).then(Box::default),
                    attributes: new.attributes.clone(),
                    details: None,
                    presumed: false,
                });
            }
            Operation::Read(_) => {
                self.details(who, now);
            }
            // A pending person is not changed, and it is not said.
            Operation::Update(_, patch) if self.zoom.get(who).is_some_and(|row| row.state == State::Active) => {
                let mut details = self.details(who, now);
                let row = self.zoom.get_mut(who).unwrap();
                row.license = patch.license.map_or(row.license, ObservedLicense::Known);
                for (attribute, value) in patch.attributes.iter() {
                    let texts = if attribute.is_listed() { &mut row.attributes } else { &mut details.attributes };
                    texts.set(attribute, value);
                }
                details.phones = patch.phones.clone().unwrap_or(details.phones);
                details.custom.extend(patch.custom.clone());
                row.details = Some(details.into());
            }
            Operation::Update(..) => {}
            Operation::SetRole { from, to, .. } => {
                let row = self.zoom.get_mut(who).unwrap();
                assert_eq!(row.role.as_ref(), Some(from));
                row.role = Some(to.clone());
            }
            Operation::SetEmail(_, to) => {
                assert!(!self.zoom.contains_key(to), "{to} belongs to somebody else");
                let row = self.zoom.remove(who).unwrap();
                assert_eq!(row.state, State::Active);
                self.join(Person { email: to.clone(), ..row });
            }
            // Zoom is taken to have forgotten the groups.
            Operation::Activate(_) => {
                let row = self.zoom.get_mut(who).unwrap();
                (row.state, row.groups) = (State::Active, Some(Box::default()));
            }
            Operation::Deactivate(_) if self.zoom.get(who).is_some_and(|row| row.state == State::Pending) => {
                self.zoom.remove(who);
            }
            Operation::Deactivate(_) => {
                let row = self.zoom.get_mut(who).unwrap();
                (row.state, row.groups) = (State::Inactive, None);
                row.license = ObservedLicense::Known(License::Basic);
            }
            Operation::Unlink(..) | Operation::Delete(..) => {
                self.zoom.remove(who);
            }
        }
    }

    fn details(&mut self, who: &Email, now: Timestamp) -> Details {
        let row = self.zoom.get_mut(who).unwrap();
        let known = row.details.get_or_insert_with(|| {
            let texts = Attributes::default();
            Details { read_at: now, attributes: texts, phones: Phones::default(), custom: CustomAttributes::default() }
                .into()
        });
        (**known).clone()
    }
}

/// What somebody who is back does not have yet of what they had.
fn left(had: &Restore, row: &Person) -> Option<Restore> {
    let license = had.license.filter(|license| row.license != ObservedLicense::Known(*license));
    let groups: Box<_> = had.groups.iter().filter(|group| row.is_in(&group.id) != Some(true)).cloned().collect();
    (license.is_some() || !groups.is_empty()).then_some(Restore { license, groups })
}

pub(crate) fn written(new: &NewRecord, now: Timestamp) -> Record {
    Record {
        name: new.name.as_str().into(),
        created: now,
        wave: new.wave.as_str().into(),
        class: new.class,
        subject: new.subject.clone(),
        source: new.source.clone(),
        steps: new.steps.clone(),
        not_before: new.not_before,
        hold: new.hold.clone(),
        restore: new.restore.clone(),
        approved: false,
        decided_by: None,
        phase: Phase::Settling,
        reason: None,
        started_at: None,
        ended_at: None,
        ran_approved: false,
        copied: false,
    }
}

/// A record that a human wrote.
pub(crate) fn by_hand(name: &str, step: Step) -> Record {
    Record {
        name: format!("by-hand-{name}").into(),
        created: start(),
        wave: format!("by-hand-{name}").into(),
        class: Class::Access,
        subject: Subject::Person(PersonRef { id: None, email: address(name) }),
        source: None,
        steps: vec![step],
        not_before: None,
        hold: None,
        restore: None,
        approved: false,
        decided_by: None,
        phase: Phase::Settling,
        reason: None,
        started_at: None,
        ended_at: None,
        ran_approved: false,
        copied: false,
    }
}

pub(crate) fn name(place: usize) -> String {
    format!("person{place:03}")
}

pub(crate) fn planned<'a>(plan: &'a Plan, name: &str) -> &'a PersonPlan {
    plan.people.iter().find(|planned| planned.object == key(name)).unwrap()
}

pub(crate) fn verdict<'a>(plan: &'a Plan, name: &str) -> &'a Verdict {
    &planned(plan, name).verdict
}

pub(crate) fn is_idle(plan: &Plan) -> bool {
    plan.new_records.is_empty()
        && plan.changes.is_empty()
        && plan.running.is_empty()
        && plan.let_go.is_empty()
        && !plan.people.iter().any(PersonPlan::is_runnable)
        && plan.let_go_groups.is_empty()
        && !plan.groups.iter().any(|planned| planned.runnable)
}

pub(crate) fn limits(allowed: u32) -> Limits {
    let limit = Limit { percent: 0, floor: allowed };
    Limits { access: limit, entitlement: limit, identity: limit, membership: limit, creation: limit }
}
