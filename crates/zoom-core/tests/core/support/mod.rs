//! A small world for the tests: objects, an account that behaves like Zoom, and an operator that carries plans out.

mod account;
mod operator;

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
        scheduled_at: None,
        started_at: None,
        ended_at: None,
        was_approved: false,
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
        scheduled_at: None,
        started_at: None,
        ended_at: None,
        was_approved: false,
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
        && plan.ending.is_empty()
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
