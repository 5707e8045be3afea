//! A seeded random walk over calls, edits in the portal and moves of the clock, with what must hold all the way.
//!
//! `WALK_STEPS` says how many steps (absent: 500) and `WALK_SEEDS` how many walks (absent: 4).

mod calls;
mod written;

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};

use self::calls::{address, any_call, any_division, any_group, any_role, anybody, group_name};
use super::Rig;
use crate::account::{Account, PersonEdit, Profile, Status};
use crate::config::{AccountConfig, DivisionConfig, ElsewhereConfig, GroupConfig, PersonConfig, RoleConfig, Seats};
use crate::history::{History, ReadKind};
use crate::limits::LimitsConfig;
use crate::quirks::*;
use crate::rest::{Endpoint, endpoints};

const STEPS: usize = 500;
const SEEDS: usize = 4;

/// How many steps go by between two looks at all answers of the account. After each step there is a look at its rows, and
/// after a call that wrote, a read of what it wrote.
const WHOLE_EVERY: usize = 25;

fn pick<T: Copy>(rng: &mut SmallRng, list: &[T]) -> T {
    *list.choose(rng).unwrap()
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn counts_listings_seats_roles_and_groups_agree_all_along_a_random_walk() {
    let steps = setting("WALK_STEPS", STEPS);
    let seeds = 0..setting("WALK_SEEDS", SEEDS) as u64;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let seeds = seeds.clone();
            scope.spawn(move || seeds.filter(|seed| seed % threads == thread).for_each(|seed| checked(seed, steps)));
        }
    });
}

/// Walks of the ordinary length until all were made; a dozen would do, whatever chance has in store for each of them.
#[test]
fn every_call_that_changes_something_is_made_with_success_on_the_walk() {
    let writes = endpoints().filter(|endpoint| endpoint.method != Method::GET);
    let mut missing: BTreeSet<_> = writes.map(name).collect();
    for seed in 0..40 {
        let mut walk = Walk::new(seed);
        for _ in 0..STEPS {
            let taken = walk.step();
            if let Some(endpoint) = taken.endpoint.filter(|_| taken.succeeded) {
                missing.remove(&name(endpoint));
            }
        }
        if missing.is_empty() {
            return;
        }
    }
    panic!("not on the walk, or always refused: {missing:?}");
}

fn name(endpoint: &'static Endpoint) -> (&'static str, &'static str) {
    (endpoint.method.as_str(), endpoint.template)
}

/// Walks with all checks.
fn checked(seed: u64, steps: usize) {
    let mut walk = Walk::new(seed);
    let (mut succeeded, mut refused) = (0, 0);
    for step in 0..steps {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            let taken = walk.step();
            walk.rig.check_rows();
            if step % WHOLE_EVERY == 0 {
                walk.rig.check();
            }
            taken
        }));
        match taken {
            Ok(Step { succeeded: true, .. }) => succeeded += 1,
            Ok(Step { succeeded: false, .. }) => refused += 1,
            Err(_) => panic!("seed {seed}, step {step}: {}", walk.what),
        }
    }
    walk.rig.check();
    assert!(succeeded > steps / 5 && refused > steps / 20, "{succeeded} calls succeeded and {refused} were refused");
}

/// What became of a step; an endpoint only where it was a call.
struct Step {
    endpoint: Option<&'static Endpoint>,
    succeeded: bool,
}

struct Walk {
    rig: Rig,
    rng: SmallRng,
    /// The latest step, for whom it fails.
    what: String,
    past: Past,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let rig = Rig::new(account(&mut rng), seed);
        let past = Past::new(&rig);
        Self { rig, rng, what: String::new(), past }
    }

    fn step(&mut self) -> Step {
        let before = self.rig.account.clone();
        let step = match self.rng.random_range(0..100) {
            0..4 => self.clock(),
            4..20 => self.portal(),
            _ => self.call(),
        };
        self.past.goes_on(&before, &self.rig);
        step
    }

    fn call(&mut self) -> Step {
        let call = any_call(&self.rig, &mut self.rng);
        self.what = format!("{call:?}");
        let (endpoint, params) = call.endpoint();
        let before = written::before(&mut self.rig, endpoint, &call);
        let account = self.rig.account.clone();
        let reply = self.rig.raw(call.method.clone(), &call.path, call.body.clone());
        assert!(reply.status < 500, "answered {}", reply.status);
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let succeeded = reply.status < 300 && answer.get("code").is_none();
        if succeeded {
            written::check(&mut self.rig, endpoint, &params, &call, &before, &answer);
        } else {
            assert!(self.rig.account.is_as(&account), "it was refused and changed something: {answer}");
        }
        Step { endpoint: Some(endpoint), succeeded }
    }

    fn clock(&mut self) -> Step {
        const HOUR: i64 = 3_600;
        let seconds = pick(&mut self.rng, &[1, 7, -1, -HOUR, HOUR, 30 * HOUR, 24 * 8 * HOUR, 24 * 31 * HOUR]);
        self.what = format!("{seconds} seconds go by");
        self.rig.advance(SignedDuration::from_secs(seconds));
        Step { endpoint: None, succeeded: true }
    }

    /// What an administrator or the people themselves do, past the API.
    fn portal(&mut self) -> Step {
        let Self { rig, rng, .. } = self;
        let (who, group, now) = (anybody(rig, rng), any_group(rig, rng), rig.now);
        let status = pick(rng, &[Status::Active, Status::Inactive, Status::Pending]);
        let (what, succeeded) = match rng.random_range(0..20) {
            0..6 => ("accepts", rig.account.accept_invitation(&who, now).is_ok()),
            6 => {
                let edit = PersonEdit { status: Some(status), ..PersonEdit::default() };
                ("has another status", rig.account.edit_in_portal(&who, edit, now).is_ok())
            }
            7 => {
                let role = rng.random_bool(0.5).then(|| any_role(rig, rng));
                let edit = PersonEdit { email: Some(address(rng)), role, ..PersonEdit::default() };
                ("has another address", rig.account.edit_in_portal(&who, edit, now).is_ok())
            }
            8 => {
                let edit = PersonEdit { delete: true, ..PersonEdit::default() };
                ("is deleted", rig.account.edit_in_portal(&who, edit, now).is_ok())
            }
            9 => {
                let entry = PersonConfig { status, role: Some(any_role(rig, rng)), ..PersonConfig::new(address(rng)) };
                ("or another is added", rig.account.place(entry, now).is_ok())
            }
            14 => {
                let email = pick(rng, &["owner@acme.example", "p0@acme.example"]);
                let groups = vec![group.clone(), any_group(rig, rng)];
                let profile = Profile { vanity_name: link(rng), ..Profile::default() };
                let entry = PersonConfig { groups, profile, ..PersonConfig::new(email) };
                ("or another is added with groups and a link", rig.account.place(entry, now).is_ok())
            }
            15 | 16 => {
                let profile = Map::from_iter([
                    ("vanityName".to_owned(), link(rng).into()),
                    ("dept".to_owned(), "D".into()),
                    ("divisionIds".to_owned(), json!([any_division(rig, rng)])),
                ]);
                let edit = PersonEdit { profile, ..PersonEdit::default() };
                ("has another profile", rig.account.edit_in_portal(&who, edit, now).is_ok())
            }
            17 => {
                let (licensed, basic) = (rng.random_range(2..8), rng.random_range(4..11));
                rig.account.config.seats = Seats { licensed, basic: Some(basic) };
                ("sees seats bought or given back", true)
            }
            18 => ("signs in", rig.account.sign_in(&who, now).is_ok()),
            19 => ("signs out", rig.account.leave(&who, now).is_ok()),
            10 => ("joins a group", rig.account.join_in_portal(&group, &who).is_ok()),
            11 => ("sees a new group", rig.account.create_group(&group_name(rng)).is_ok()),
            12 => ("sees a group renamed", rig.account.rename_group(&group, &group_name(rng)).is_ok()),
            _ => ("sees a group deleted", rig.account.delete_group(&group).is_ok()),
        };
        self.what = format!("in the portal {who} {what}");
        Step { endpoint: None, succeeded }
    }
}

/// The name of a personal link; at times none.
fn link(rng: &mut SmallRng) -> String {
    pick(rng, &["", "v0", "V1", "v2", "v3"]).to_owned()
}

/// What lagging reads see: the account as it was so long ago.
struct Past {
    history: History,
    /// The account after each step, oldest first, and when that was.
    log: VecDeque<(Timestamp, Account)>,
}

impl Past {
    fn new(rig: &Rig) -> Self {
        Self { history: History::default(), log: VecDeque::from([(Timestamp::MIN, rig.account.clone())]) }
    }

    /// Keeps what became of the account in a step, and checks that each kind of read is late by its delay.
    fn goes_on(&mut self, before: &Account, rig: &Rig) {
        self.history.keep(before, false, rig.now);
        if self.log.back().is_some_and(|(at, _)| *at > rig.now) {
            *self = Self::new(rig);
        }
        self.log.push_back((rig.now, rig.account.clone()));
        let mut oldest = 0;
        for kind in [ReadKind::Members, ReadKind::Single, ReadKind::Listing] {
            let delay = rig.account.config.read_delay.of(kind);
            let seen = self.history.seen(delay, rig.now).unwrap_or(&rig.account);
            let shown = self.log.iter().rposition(|(at, _)| rig.now.duration_since(*at) >= delay).unwrap();
            assert!(seen.is_as(&self.log[shown].1), "a read that is {delay} late shows another account");
            oldest = if kind == ReadKind::Members { shown } else { oldest };
        }
        self.log.drain(..oldest);
    }
}

/// An account with few seats, and quirks as chance has them.
fn account(rng: &mut SmallRng) -> AccountConfig {
    let elsewhere = |name: &str, create| ElsewhereConfig { email: format!("{name}@other.example"), create };
    AccountConfig {
        seats: Seats { licensed: 6, basic: Some(9) },
        limits: LimitsConfig::Off,
        people: (0..4).map(|number| PersonConfig::new(format!("p{number}@acme.example"))).collect(),
        rooms: vec!["room@acme.example".into()],
        elsewhere: vec![elsewhere("p0", None), elsewhere("p1", Some(ElsewhereAnswer::Invited))],
        groups: vec![GroupConfig { name: "Everyone".into(), id: Some("g0".into()) }],
        roles: vec![RoleConfig {
            name: "Help desk".into(),
            id: Some("r0".into()),
            description: String::new(),
            privileges: vec![],
        }],
        divisions: vec![DivisionConfig { name: "D9".into(), id: Some("d9".into()), description: String::new() }],
        quirks: quirks(rng),
        read_delay: serde_json::from_str(r#"{"listings": 2, "singleReads": 8, "members": 40}"#).unwrap(),
        ..AccountConfig::default()
    }
}

fn quirks(rng: &mut SmallRng) -> Quirks {
    macro_rules! one_of {
        ($($value:expr),+) => { pick(rng, &[$($value),+]) };
    }
    Quirks {
        page_size: one_of!(3, 300, 2_000),
        last_page_token: one_of!(LastPageToken::Missing, LastPageToken::Empty),
        email_case: one_of!(EmailCase::Kept, EmailCase::Lowered),
        elsewhere: one_of!(ElsewhereAnswer::Invited, ElsewhereAnswer::ActiveElsewhere, ElsewhereAnswer::AddressUsed),
        foreign_user: one_of!(ForeignUser::OtherAccount, ForeignUser::Missing),
        instant_activation: one_of!(true, false),
        id_changes_on_acceptance: one_of!(true, false),
        pending_patch: one_of!(PendingPatch::WithoutEffect, PendingPatch::Refused),
        pending_group_id_works: one_of!(true, false),
        expired_invitation: one_of!(ExpiredInvitation::Deletable, ExpiredInvitation::Refused),
        empty_text: one_of!(EmptyText::Clears, EmptyText::Ignored),
        null: one_of!(EmptyText::Clears, EmptyText::Ignored),
        phone_numbers: one_of!(PhoneNumbers::Replaced, PhoneNumbers::Merged),
        locked_settings: one_of!(LockedSettings::Kept, LockedSettings::Refused),
        inactive_deletion: one_of!(InactiveDeletion::Allowed, InactiveDeletion::RefusedForSome),
        inactive_deleted_after_days: one_of!(None, Some(30), Some(365)),
        deactivation_takes_groups: one_of!(true, false),
        inactive_rows_have_groups: one_of!(true, false),
        main_division_in_rows: one_of!(true, false),
        demoting_needs_owner: one_of!(true, false),
        case_sensitive_group_names: one_of!(true, false),
        primary_from_any_group: one_of!(true, false),
        role_reply: one_of!(RoleReply::Bare, RoleReply::Full),
        missing_role: one_of!(MissingRole::UnderOk, MissingRole::Refused),
        held_role: one_of!(HeldRole::Demotes, HeldRole::Refused),
        plan_base: one_of!(PlanBase::Object, PlanBase::Array),
        ..Quirks::default()
    }
}
