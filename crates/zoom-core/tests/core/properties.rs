//! What holds whatever happens: days of random edits, drift, crashes and switches.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use zoom_core::*;

use crate::{access::granted, support::*};

pub(crate) const PEOPLE: usize = 6;
const ALLOWED: u32 = 2;

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Apply(usize),
    SetActive(usize, bool),
    SetLicense(usize, License),
    SetRole(usize, bool),
    SetTitle(usize),
    SetRemoval(usize, Removal),
    SetSuspended(usize, bool),
    SetHold(usize, bool),
    /// Writes the address of another person into an object.
    SetEmail(usize, usize),
    /// Gives a person another address, or the one of before back.
    Moves(usize),
    /// Declares somebody with the address that another person's object had before it moved.
    Inherits(usize, usize),
    /// Declares a person under a legal hold, or puts them under one.
    ApplyHeld(usize),
    /// Deletes an object that says that its person is to be deleted.
    LeavesForGood(usize),
    Delete(usize),
    /// The object is gone at once, as with a finalizer that somebody removed.
    Vanish(usize),
    Unreadable(usize, bool),
    JoinsZoom(usize, State),
    AcceptsInvitation(usize),
    LeavesZoom(usize),
    MadeAnewInZoom(usize),
    RenamedInZoom(usize),
    StateInZoom(usize, bool),
    LicenseInZoom(usize),
    RoleInZoom(usize),
    WriteByHand(usize),
    Approve(usize),
    DeleteRecord(usize),
    Mode(Mode),
    Allow(bool),
    Adoption(Adoption),
    Listed(bool),
    RolesListed(bool),
    AllObjectsSeen(bool),
    /// Whether the connection's access covers the objects.
    Access(bool),
    Minutes(i64),
    Round,
    /// Rounds that end early, by how far they get.
    Crash(u8),
    /// A round that ends when so many new records are written.
    CrashWriting(usize),
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let who = || 0..PEOPLE;
    let license = prop_oneof![Just(License::Unassigned), Just(License::Basic), Just(License::Licensed)];
    let removal = prop_oneof![
        Just(Removal::Retain),
        Just(Removal::Deactivate),
        Just(Removal::Unlink(Departure::default())),
        Just(Removal::Delete(Departure::default()))
    ];
    let state = prop_oneof![Just(State::Active), Just(State::Inactive), Just(State::Pending)];
    let mode = prop_oneof![
        3 => Just(Mode::Enforce), 1 => Just(Mode::HoldRemovals), 1 => Just(Mode::Plan), 1 => Just(Mode::Suspend)
    ];
    let edits = prop_oneof![
        who().prop_map(Event::Apply),
        (who(), any::<bool>()).prop_map(|(who, active)| Event::SetActive(who, active)),
        who().prop_map(|who| Event::SetActive(who, false)),
        (who(), license).prop_map(|(who, license)| Event::SetLicense(who, license)),
        (who(), any::<bool>()).prop_map(|(who, admin)| Event::SetRole(who, admin)),
        who().prop_map(Event::SetTitle),
        (who(), removal).prop_map(|(who, removal)| Event::SetRemoval(who, removal)),
        (who(), any::<bool>()).prop_map(|(who, suspended)| Event::SetSuspended(who, suspended)),
        (who(), any::<bool>()).prop_map(|(who, held)| Event::SetHold(who, held)),
        (who(), who()).prop_map(|(who, whose)| Event::SetEmail(who, whose)),
        who().prop_map(Event::Moves),
        (who(), who()).prop_map(|(who, whose)| Event::Inherits(who, whose)),
        who().prop_map(Event::ApplyHeld),
        who().prop_map(Event::LeavesForGood),
        who().prop_map(Event::Delete),
        who().prop_map(Event::Vanish),
        (who(), any::<bool>()).prop_map(|(who, unreadable)| Event::Unreadable(who, unreadable)),
    ];
    let drift = prop_oneof![
        (who(), state).prop_map(|(who, state)| Event::JoinsZoom(who, state)),
        who().prop_map(Event::AcceptsInvitation),
        who().prop_map(Event::LeavesZoom),
        who().prop_map(Event::MadeAnewInZoom),
        who().prop_map(Event::RenamedInZoom),
        (who(), any::<bool>()).prop_map(|(who, active)| Event::StateInZoom(who, active)),
        who().prop_map(Event::LicenseInZoom),
        who().prop_map(Event::RoleInZoom),
    ];
    let administration = prop_oneof![
        who().prop_map(Event::WriteByHand),
        (0..20_usize).prop_map(Event::Approve),
        (0..20_usize).prop_map(Event::DeleteRecord),
        mode.prop_map(Event::Mode),
        any::<bool>().prop_map(Event::Allow),
        prop_oneof![2 => Just(Adoption::ByEmail), 1 => Just(Adoption::Never)].prop_map(Event::Adoption),
        any::<bool>().prop_map(Event::Listed),
        any::<bool>().prop_map(Event::RolesListed),
        any::<bool>().prop_map(Event::AllObjectsSeen),
        any::<bool>().prop_map(Event::Access),
    ];
    let time = prop_oneof![4 => Just(1), 1 => 0..3000_i64].prop_map(Event::Minutes);
    prop_oneof![
        6 => edits,
        3 => drift,
        2 => administration,
        4 => time,
        6 => Just(Event::Round),
        1 => (0..4_u8).prop_map(Event::Crash),
        1 => (0..4_usize).prop_map(Event::CrashWriting),
    ]
}

/// Half of the people are managed already, strangers are in the account, and two people may be touched in a window.
pub(crate) fn first_day() -> World {
    let mut world = World::of(PEOPLE / 2);
    world.policy.guard.limits = limits(ALLOWED);
    world.policy.allow.delete = true;
    for (place, state) in [State::Active, State::Inactive, State::Pending].into_iter().enumerate() {
        world.join(person(&format!("stranger{place}"), state));
    }
    world
}

fn apply(world: &mut World, who: usize) {
    if !world.objects.contains_key(&key(&name(who))) {
        world.reapply(&name(who));
        let uid = format!("uid-{who}-{}-{}", world.now, world.records.len());
        world.object(&name(who)).uid = uid.into();
    }
}

/// The other address that a person can have.
fn moved(who: usize) -> Email {
    address(&format!("moved{who}"))
}

pub(crate) fn happen(world: &mut World, event: Event) {
    let row = |world: &mut World, who: usize, change: fn(&mut Person)| {
        if let Some(row) = world.zoom.get_mut(&address(&name(who))) {
            change(row);
        }
    };
    let edit = |world: &mut World, who: usize, change: &dyn Fn(&mut DesiredPerson)| {
        if let Some(object) = world.objects.get_mut(&key(&name(who))) {
            object.generation += 1;
            change(object);
        }
    };
    match event {
        Event::Apply(who) => apply(world, who),
        Event::SetActive(who, active) => edit(world, who, &|object| object.wanted.active = active),
        Event::SetLicense(who, license) => edit(world, who, &|object| object.wanted.license = Some(license)),
        Event::SetRole(who, admin) => edit(world, who, &|object| {
            object.wanted.role = Some(if admin { "Admin" } else { "Member" }.into());
        }),
        Event::SetTitle(who) => {
            edit(world, who, &|object| object.wanted.attributes.set(Attribute::JobTitle, "Analyst"));
        }
        Event::SetRemoval(who, removal) => edit(world, who, &|object| object.removal = Some(removal.clone())),
        Event::SetSuspended(who, suspended) => edit(world, who, &|object| object.suspended = suspended),
        Event::SetHold(who, held) => edit(world, who, &|object| object.hold = held.then(|| "case 12".into())),
        Event::SetEmail(who, whose) => edit(world, who, &|object| object.email = address(&name(whose))),
        Event::Moves(who) => edit(world, who, &|object| {
            let own = address(&name(who));
            object.email = if object.email == own { moved(who) } else { own };
        }),
        Event::Inherits(who, whose) => {
            let is_free = world.objects.get(&key(&name(whose))).is_some_and(|object| object.email == moved(whose));
            if is_free && !world.objects.contains_key(&key(&name(who))) {
                apply(world, who);
                world.object(&name(who)).email = address(&name(whose));
            }
        }
        Event::ApplyHeld(who) => {
            apply(world, who);
            edit(world, who, &|object| object.hold = Some("case 12".into()));
        }
        Event::LeavesForGood(who) => edit(world, who, &|object| {
            (object.removal, object.deleting) = (Some(Removal::Delete(Departure::default())), true);
        }),
        Event::Delete(who) => edit(world, who, &|object| object.deleting = true),
        Event::Vanish(who) => drop(world.objects.remove(&key(&name(who)))),
        Event::Unreadable(who, unreadable) => {
            world.unreadable.retain(|claim| claim.object != key(&format!("broken{who}")));
            if unreadable {
                let object = key(&format!("broken{who}"));
                world.unreadable.push(Claim {
                    object,
                    id: None,
                    email: Some(address(&name(who))),
                    previous_emails: Vec::new(),
                });
            }
        }
        Event::JoinsZoom(who, state) => {
            let mut newcomer = person(&name(who), state);
            newcomer.id = newcomer.id.map(|_| world.fresh_id());
            world.zoom.entry(newcomer.email.clone()).or_insert(newcomer);
        }
        Event::AcceptsInvitation(who) => {
            let fresh_id = world.fresh_id();
            if let Some(row) = world.zoom.get_mut(&address(&name(who))).filter(|row| row.state == State::Pending) {
                (row.state, row.id, row.role) = (State::Active, Some(fresh_id), Some(role_id(RoleId::MEMBER)));
            }
        }
        Event::LeavesZoom(who) => drop(world.zoom.remove(&address(&name(who)))),
        Event::MadeAnewInZoom(who) => {
            let fresh_id = world.fresh_id();
            if let Some(row) = world.zoom.get_mut(&address(&name(who))).filter(|row| row.id.is_some()) {
                row.id = Some(fresh_id);
            }
        }
        Event::RenamedInZoom(who) => {
            if let Some(mut row) = world.zoom.remove(&address(&name(who))) {
                row.email = address(&format!("renamed{who}"));
                world.join(row);
            }
        }
        Event::StateInZoom(who, true) => row(world, who, |row| {
            if row.state == State::Inactive {
                row.state = State::Active;
            }
        }),
        Event::StateInZoom(who, false) => row(world, who, |row| {
            if row.state == State::Active {
                row.state = State::Inactive;
            }
        }),
        Event::LicenseInZoom(who) => row(world, who, |row| row.license = ObservedLicense::Known(License::Licensed)),
        Event::RoleInZoom(who) => row(world, who, |row| row.role = row.role.as_ref().map(|_| role_id("long"))),
        Event::WriteByHand(who) => {
            let mut record = by_hand(&name(who), Step::Deactivate);
            record.name = format!("{}-{}", record.name, world.records.len()).into();
            if world.records.iter().all(|present| present.name != record.name) {
                world.records.push(record);
            }
        }
        Event::Approve(place) => world.records.iter_mut().skip(place).take(1).for_each(|record| record.approved = true),
        Event::DeleteRecord(place) => {
            if place < world.records.len() {
                world.records.remove(place);
            }
        }
        Event::Mode(mode) => world.policy.mode = mode,
        Event::Allow(allow) => {
            world.policy.allow = Allow { create: allow, update: allow, deactivate: allow, delete: allow };
        }
        Event::Adoption(adoption) => world.policy.adoption = adoption,
        Event::Listed(complete) => world.complete.people = complete,
        Event::RolesListed(complete) => world.complete.roles = complete,
        Event::AllObjectsSeen(all) => world.all_objects_seen = all,
        Event::Access(covered) => {
            let nobody = granted("elsewhere", vec![Grant::default()]);
            world.policy.access = if covered { Access::Everybody } else { nobody };
        }
        Event::Minutes(count) => world.pass_time(SignedDuration::from_mins(count)),
        Event::Round => drop(world.round()),
        Event::Crash(0) => {
            let mut plan = world.plan();
            plan.changes.clear();
            plan.let_go.clear();
            world.write_records(&plan);
        }
        Event::Crash(1) => {
            let plan = world.plan();
            world.write_records(&plan);
        }
        Event::Crash(2) => {
            let plan = world.plan();
            world.write_records(&plan);
            world.run_records(&plan);
        }
        Event::Crash(_) => {
            let plan = world.plan();
            world.write_records(&plan);
            world.run_records(&plan);
            world.run_people(&plan);
        }
        Event::CrashWriting(count) => {
            let mut plan = world.plan();
            plan.new_records.truncate(count);
            let is_there = |name: &str| world.records.iter().any(|record| *record.name == *name);
            plan.changes.retain(|change| is_there(&change.name));
            plan.let_go.clear();
            world.write_records(&plan);
        }
    }
}

/// Every deleted object is let go, or a record of it is written.
fn nobody_hangs(world: &World, plan: &Plan) {
    for object in world.objects.values().filter(|object| object.deleting) {
        let source = |record: &NewRecord| record.source.as_ref().map(|source| source.object.clone());
        let written = plan
            .new_records
            .iter()
            .any(|new| new.deleted_source().is_some() && source(new).as_ref() == Some(&object.object));
        let refused = plan.changes.iter().chain(&plan.ending).filter(|change| change.phase == Phase::Refused);
        let refused = refused.filter_map(|change| world.records.iter().find(|record| record.name == change.name));
        let mut sources = refused.filter_map(|record| record.source.as_ref());
        let is_told = sources.any(|source| source.uid == object.uid);
        let goes = plan.let_go.contains(&object.object);
        assert!(u8::from(written) + u8::from(goes) + u8::from(is_told) == 1, "{} hangs: {plan:?}", object.object);
    }
}

/// Nothing is taken from anybody by an object that is suspended or may not speak, nor for good from whom a hold keeps.
fn who_is_left_alone_is_left_alone(world: &World, plan: &Plan) {
    let is_covered = world.policy.access == Access::Everybody || !world.all_objects_seen;
    let suspended: HashSet<_> =
        world.objects.values().filter(|object| object.suspended).map(|object| &object.uid).collect();
    for new in &plan.new_records {
        let source = new.source.as_ref().map(|source| &source.uid);
        assert!(is_covered && !source.is_some_and(|uid| suspended.contains(uid)), "{new:?}");
    }
    let running = world.records.iter().filter(|record| plan.running.contains(&record.name));
    for record in running {
        let Some(source) = &record.source else { continue };
        assert!(is_covered && !suspended.contains(&source.uid), "{record:?}");
    }
}

/// What was not seen is not taken for absent.
fn nothing_follows_from_absence(world: &World, plan: &Plan) {
    let creates =
        plan.people.iter().flat_map(|planned| &planned.operations).any(|operation| operation.verb() == "Create");
    assert!(world.complete.people || !creates);
    let live: HashSet<_> = world.objects.values().filter(|object| !object.deleting).map(|object| &object.uid).collect();
    for name in &plan.running {
        let written =
            world.records.iter().find(|record| record.name == *name).and_then(|record| record.source.as_ref());
        let new = plan.new_records.iter().find(|record| *record.name == **name);
        let source = written.or_else(|| new.and_then(|record| record.source.as_ref()));
        let named = source.is_some_and(|source| live.contains(&source.uid));
        assert!(named || world.all_objects_seen, "{name} runs although not all objects were seen");
    }
}

fn the_order_does_not_matter(world: &World, plan: &Plan) {
    let mut desired = world.desired();
    desired.people.reverse();
    desired.unreadable.reverse();
    let mut records = world.records.clone();
    records.reverse();
    let rows: Vec<_> = world.zoom.values().rev().cloned().collect();
    let directory = Directory::new(rows, roles(), world.complete.clone());
    assert_eq!(world.plan_with(&desired, &directory, &records), *plan);
    let turn = records.len() / 2;
    records.rotate_left(turn);
    let turn = desired.people.len() / 2;
    desired.people.rotate_left(turn);
    assert_eq!(world.plan_with(&desired, &directory, &records), *plan);
}

/// Never more people lose something unasked than allowed, in any window.
pub(crate) fn no_more_than_agreed(world: &World) {
    for (now, class, ..) in &world.taken {
        let window = *now - SignedDuration::from_hours(24)..=*now;
        let taken = world.taken.iter().filter(|(at, of, _, approved)| window.contains(at) && of == class && !approved);
        let people: HashSet<_> = taken.map(|(_, _, email, _)| email).collect();
        assert!(people.len() <= ALLOWED as usize, "{class}: {people:?}");
    }
}

pub(crate) fn an_admin_is_left(world: &World) {
    assert_eq!(world.left_without_admin, [""; 0]);
}

pub(crate) fn nobody_else_is_touched(world: &World) {
    let named: BTreeSet<_> =
        (0..PEOPLE).flat_map(|who| [address(&name(who)), moved(who), address(&format!("renamed{who}"))]).collect();
    assert!(world.touched.is_subset(&named), "{:?}", world.touched);
}

/// Everything is switched on and seen, and goes on until nothing more happens; with a human's word for what is held.
pub(crate) fn rest(world: &mut World, approve: bool) {
    world.policy.mode = Mode::Enforce;
    world.policy.allow = Allow { create: true, update: true, deactivate: true, delete: true };
    world.policy.access = Access::Everybody;
    for object in world.objects.values_mut().filter(|object| object.suspended) {
        (object.suspended, object.generation) = (false, object.generation + 1);
    }
    // Who is claimed by an unreadable object waits for as long as that is so.
    world.unreadable.clear();
    (world.complete, world.all_objects_seen) = (everything(), true);
    for _ in 0..8 {
        if approve {
            world.approve(|_| true);
        }
        world.round();
        world.pass_time(seconds(31));
    }
}

/// In the end, with a human's word for all that is held, there is nothing left to do.
fn comes_to_rest(mut world: World, approve: bool) {
    rest(&mut world, approve);
    let plan = world.plan();
    assert!(is_idle(&plan), "{plan:#?}");
    assert!(world.objects.values().all(|object| !object.deleting));
    if approve {
        let open: Vec<_> = world.records.iter().filter(|record| record.phase.is_open()).collect();
        assert!(open.is_empty(), "{open:?}");
    }
    let touched = std::mem::take(&mut world.touched);
    world.round();
    assert!(world.touched.is_empty(), "{touched:?}");
    assert_eq!(world.plan(), plan);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promises_are_kept(events in prop::collection::vec(event(), 1..60), approve: bool) {
        let mut world = first_day();
        for event in events {
            happen(&mut world, event);
            let plan = world.plan();
            nobody_hangs(&world, &plan);
            who_is_left_alone_is_left_alone(&world, &plan);
            nothing_follows_from_absence(&world, &plan);
            the_order_does_not_matter(&world, &plan);
        }
        no_more_than_agreed(&world);
        nobody_else_is_touched(&world);
        an_admin_is_left(&world);
        comes_to_rest(world, approve);
    }

    #[test]
    fn one_plan_and_what_follows_is_enough_for_simple_edits(
        licenses in prop::collection::vec(prop_oneof![Just(None), Just(Some(License::Licensed))], 1..40),
    ) {
        let mut world = World::default();
        for (place, license) in licenses.iter().enumerate() {
            let mut object = object(&name(place));
            object.wanted.license = *license;
            world.add(object);
        }
        world.round();
        prop_assert!(is_idle(&world.plan()));
        prop_assert_eq!(world.zoom.len(), licenses.len());
    }

    #[test]
    fn addresses_and_ids_find_the_same_person(names in prop::collection::vec("[a-c]{1,2}", 1..20)) {
        let rows = names.iter().map(|name| person(name, State::Active));
        let directory = Directory::new(rows, roles(), everything());
        let known: HashMap<_, _> = names.iter().map(|name| (name.to_uppercase(), address(name))).collect();
        prop_assert_eq!(directory.people().len(), known.len());
        for (id_text, email) in known {
            let found = directory.by_id(&id(&id_text)).map(|person| person.email.clone());
            prop_assert_eq!(found, Some(email.clone()));
            prop_assert!(matches!(directory.find(None, &email), Lookup::Found(_)));
        }
    }
}
