//! How long a plan takes: must be linear in the account's size, and under 250 ms for 100,000 people on one core.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a table for people")]

#[path = "../../../benches/table/mod.rs"]
mod table;

use std::{
    hint::black_box,
    process::ExitCode,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use table::Bar;
use zoom_core::*;

const ROUNDS: usize = 7;
const REMOVALS: usize = 1000;
const WAVE: usize = 10_000;
/// How many people a group has, and a department.
const IN_A_GROUP: usize = 100;

struct Account {
    policy: Policy,
    desired: Desired,
    directory: Directory,
    records: Vec<Arc<Record>>,
}

impl Account {
    /// Managed people with names, a title and a licence, as Zoom holds them.
    fn idle(people: usize) -> Self {
        let policy = Policy { creation: Some(Creation::By(CreateMethod::Sso)), sweep: 100, ..Policy::default() };
        let rows = (0..people).map(row);
        let roles = ["Owner", "Admin", "Member"].into_iter().zip(["0", "1", "2"]);
        let role = |(name, id): (&str, &str)| Role {
            id: RoleId::new(id).unwrap(),
            name: name.into(),
            description: "".into(),
            total: None,
            privileges: None,
        };
        let roles = roles.map(role).collect();
        let directory =
            Directory::new(rows, roles, Completeness { people: true, roles: true, ..Completeness::default() });
        let desired =
            Desired { people: (0..people).map(object).map(Arc::new).collect(), complete: true, ..Desired::default() };
        Self { policy, desired, directory, records: vec![] }
    }

    fn objects(&mut self) -> impl Iterator<Item = &mut DesiredPerson> {
        self.desired.people.iter_mut().map(Arc::make_mut)
    }

    fn empty(people: usize) -> Self {
        let mut account = Self::idle(people);
        account.directory = Directory::new(
            Vec::<Person>::new(),
            account.directory.roles().to_vec(),
            account.directory.complete().clone(),
        );
        account.objects().for_each(|object| object.remembered = Remembered::default());
        account.policy.guard.limits.creation.floor = u32::MAX;
        account
    }

    fn deleting(people: usize) -> Self {
        let mut account = Self::idle(people);
        account.objects().take(REMOVALS).for_each(|object| object.deleting = true);
        account
    }

    /// A mass deletion of which nothing is written down yet.
    fn wiping(people: usize) -> Self {
        let mut account = Self::idle(people);
        account.objects().take(WAVE).for_each(|object| object.deleting = true);
        account
    }

    /// The same when all of it is written down and the objects are gone.
    fn written_down(people: usize) -> Self {
        let mut account = Self::idle(people);
        account.records =
            Self::records(people, WAVE, |new| Record { wave: "one".into(), ..record(new, Phase::Settling) });
        account.desired.people.drain(..WAVE);
        account
    }

    /// Records of people who left today, as many who are held, and more leavers who settle.
    fn with_history(people: usize) -> Self {
        let mut account = Self::idle(people);
        let mut phases = [Phase::Done, Phase::Held].into_iter().cycle();
        account.records = Self::records(people, REMOVALS, |new| record(new, phases.next().unwrap()));
        account.desired.people.drain(..REMOVALS);
        account.objects().take(REMOVALS).for_each(|object| object.deleting = true);
        account
    }

    /// The records of the first leavers; a plan draws up some at a time.
    fn records(people: usize, leavers: usize, mut record: impl FnMut(&NewRecord) -> Record) -> Vec<Arc<Record>> {
        let mut account = Self::idle(people);
        let mut records = Vec::with_capacity(leavers);
        while records.len() < leavers {
            account.objects().take(leavers - records.len()).for_each(|object| object.deleting = true);
            let written = account.plan().new_records;
            records.extend(written.iter().map(|new| Arc::new(record(new))));
            account.desired.people.drain(..written.len());
        }
        records
    }

    /// One group for each hundred people, all of them in it: by label, by department, and by name in turn.
    fn with_groups(people: usize) -> Self {
        let mut account = Self::idle(people);
        let team = |place: usize| (place / IN_A_GROUP).to_string();
        let found = (0..people / IN_A_GROUP).map(|place| Group {
            id: group_id(place),
            name: format!("Group {place}").into(),
            total: None,
            admins: None,
        });
        let rows = (0..people).map(|place| {
            let mut row = row(place);
            row.groups = Some([group_id(place / IN_A_GROUP)].into());
            row.attributes.set(Attribute::Department, team(place));
            row
        });
        let complete = Completeness { groups: true, ..account.directory.complete().clone() };
        account.directory =
            Directory::new(rows, account.directory.roles().to_vec(), complete).with_groups(found.collect(), Vec::new());
        for (place, object) in account.objects().enumerate() {
            object.labels = [("team".to_owned(), team(place))].into_iter().collect();
        }
        account.desired.groups = (0..people / IN_A_GROUP).map(group).collect();
        account
    }

    fn plan(&self) -> Plan {
        let Self { policy, desired, directory, records } = self;
        let ledger = &Ledger::default();
        plan(&Input {
            connection: "team/acme",
            policy,
            desired,
            directory,
            records,
            ledger,
            suspicion: None,
            now: now(),
        })
    }
}

fn record(new: &NewRecord, phase: Phase) -> Record {
    Record {
        name: new.name.as_str().into(),
        created: now() - SignedDuration::from_hours(1),
        wave: format!("{phase}").into(),
        class: new.class,
        subject: new.subject.clone(),
        source: new.source.clone(),
        steps: new.steps.clone(),
        not_before: new.not_before,
        hold: new.hold.clone(),
        restore: new.restore.clone(),
        approved: false,
        decided_by: None,
        phase,
        reason: match phase {
            Phase::Held => Some(RecordReason::OverLimit),
            Phase::Done => Some(RecordReason::Completed),
            Phase::Settling | Phase::Scheduled | Phase::Running | Phase::Refused | Phase::Cancelled => None,
        },
        scheduled_at: None,
        started_at: (phase == Phase::Done).then(now),
        ended_at: None,
        was_approved: false,
        copied: false,
    }
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn email(place: usize) -> Email {
    Email::parse(&format!("person{place}@engines.example.com")).unwrap()
}

fn id(place: usize) -> UserId {
    UserId::new(&format!("KDcuGIm1QgePTO8WbO{place:06}")).unwrap()
}

fn texts(place: usize) -> Attributes {
    [(Attribute::FirstName, format!("Ada {place}")), (Attribute::LastName, "Lovelace".to_owned())].into_iter().collect()
}

fn row(place: usize) -> Person {
    Person {
        id: Some(id(place)),
        email: email(place),
        state: State::Active,
        license: ObservedLicense::Known(License::Licensed),
        role: RoleId::new(RoleId::MEMBER),
        groups: Some(Box::default()),
        attributes: texts(place),
        details: None,
        presumed: false,
    }
}

fn object(place: usize) -> DesiredPerson {
    let mut attributes = texts(place);
    attributes.set(Attribute::JobTitle, "Analyst");
    DesiredPerson {
        object: ObjectKey::new("team", format!("person{place:06}")),
        uid: format!("8f6c1c1e-0000-4000-8000-{place:012}").into(),
        created: now() - SignedDuration::from_hours(48),
        generation: 1,
        deleting: false,
        labels: Labels::default(),
        email: email(place),
        previous_emails: Box::default(),
        wanted: Wanted {
            license: Some(License::Licensed),
            role: Some("Member".into()),
            attributes,
            ..Wanted::default()
        },
        default_license: None,
        creation: None,
        removal: None,
        drift: None,
        ignored: Box::default(),
        suspended: false,
        hold: None,
        remembered: Remembered {
            id: Some(id(place)),
            email: Some(email(place)),
            origin: Some(Origin::Adopted),
            access_generation: Some(1),
            observed_generation: Some(1),
            ..Remembered::default()
        },
    }
}

fn group_id(place: usize) -> GroupId {
    GroupId::new(&format!("xlZHLUYtTBmeGAyyI{place:05}")).unwrap()
}

fn group(place: usize) -> DesiredGroup {
    let team = place.to_string();
    let members = match place % 3 {
        0 => Members {
            selector: Some(Selector { labels: [("team".into(), team.into())].into(), requirements: Vec::new() }),
            ..Members::default()
        },
        1 => Members {
            matching: Some(MatchRule { departments: [team.into()].into(), ..MatchRule::default() }),
            ..Members::default()
        },
        _ => {
            let named = (place * IN_A_GROUP..(place + 1) * IN_A_GROUP).map(|place| object(place).object);
            Members { named: People { users: named.collect(), ..People::default() }, ..Members::default() }
        }
    };
    DesiredGroup {
        object: Object {
            key: ObjectKey::new("team", format!("group{place:05}")),
            uid: format!("8f6c1c1e-0000-4000-9000-{place:012}").into(),
            created: now() - SignedDuration::from_hours(48),
            generation: 1,
            deleting: false,
        },
        name: format!("Group {place}").into(),
        members: Some(members),
        membership: if place.is_multiple_of(2) { Membership::Additive } else { Membership::Exclusive },
        admins: None,
        primary_for: People::default(),
        removal: None,
        memory: Memory {
            id: Some(group_id(place)),
            origin: Some(Origin::Created),
            observed_generation: Some(1),
            ..Memory::default()
        },
        added: Arc::new((place * IN_A_GROUP..(place + 1) * IN_A_GROUP).map(id).collect()),
        added_admins: Arc::default(),
        refused: Arc::default(),
    }
}

/// What this thread has computed, so that a busy machine does not count; where the system does not tell, the time.
fn cpu_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// The fastest of some plans, in milliseconds.
fn fastest(account: &Account) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = cpu_time();
        let plan = black_box(account.plan());
        let time = cpu_time() - start;
        drop(plan);
        time
    });
    times.min().unwrap_or_default().as_secs_f64() * 1000.0
}

fn main() -> ExitCode {
    type Make = fn(usize) -> Account;
    let cases: [(&str, Make); 7] = [
        ("nothing to do", Account::idle),
        ("all to be created", Account::empty),
        ("1,000 deleted", Account::deleting),
        ("10,000 deleted", Account::wiping),
        ("10,000 written down", Account::written_down),
        ("1,000 records, 1,000 deleted", Account::with_history),
        ("a group for each 100 people", Account::with_groups),
    ];
    for (people, bar) in [(10_000, Bar::None), (100_000, Bar::Under(250.0))] {
        table::about(&format!("a plan for {people} people, on one core"));
        for (name, account) in cases {
            table::row(name, fastest(&account(people)), "ms", bar);
        }
    }
    table::end()
}
