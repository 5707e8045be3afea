//! Thousands of random histories: edits, deletions, renames, crashes, faults, approvals, and humans in Zoom's portal.

use std::collections::BTreeSet;

use proptest::prelude::*;
use zoom_core::*;

use crate::{
    properties::{
        Event, PEOPLE, an_admin_is_left, event, first_day, happen, no_more_than_agreed, nobody_else_is_touched, rest,
    },
    support::*,
};

/// The people whose end a history leaves open: somebody touched them in Zoom or removed them by hand, or two objects
/// were given one address.
fn left_open(event: &Event) -> Vec<usize> {
    match event {
        Event::SetEmail(who, whose) => vec![*who, *whose],
        Event::JoinsZoom(who, _)
        | Event::LeavesZoom(who)
        | Event::MadeAnewInZoom(who)
        | Event::RenamedInZoom(who)
        | Event::StateInZoom(who, _)
        | Event::LicenseInZoom(who)
        | Event::RoleInZoom(who)
        | Event::WriteByHand(who) => vec![*who],
        Event::Apply(_)
        | Event::SetActive(..)
        | Event::SetLicense(..)
        | Event::SetRole(..)
        | Event::SetTitle(_)
        | Event::SetRemoval(..)
        | Event::SetSuspended(..)
        | Event::SetHold(..)
        | Event::Moves(_)
        | Event::Inherits(..)
        | Event::ApplyHeld(_)
        | Event::LeavesForGood(_)
        | Event::Delete(_)
        | Event::Vanish(_)
        | Event::Unreadable(..)
        | Event::AcceptsInvitation(_)
        | Event::Approve(_)
        | Event::DeleteRecord(_)
        | Event::Mode(_)
        | Event::Allow(_)
        | Event::Adoption(_)
        | Event::Listed(_)
        | Event::RolesListed(_)
        | Event::AllObjectsSeen(_)
        | Event::Access(_)
        | Event::Minutes(_)
        | Event::Round
        | Event::Crash(_)
        | Event::CrashWriting(_) => Vec::new(),
    }
}

/// Of everybody in the history. What is left open of whoever had an address is so of whoever got it from them.
fn open_ends(events: &[Event]) -> BTreeSet<usize> {
    let mut open: BTreeSet<_> = events.iter().flat_map(left_open).collect();
    for _ in 0..PEOPLE {
        for event in events {
            if let Event::Inherits(who, whose) = event
                && (open.contains(who) || open.contains(whose))
            {
                open.extend([*who, *whose]);
            }
        }
    }
    open
}

/// Whoever an object declares active has access, unless a human has to decide about it.
fn who_is_declared_has_access(world: &World, open: &BTreeSet<usize>) {
    let plan = world.plan();
    for who in (0..PEOPLE).filter(|who| !open.contains(who)) {
        let Some(object) = world.objects.get(&key(&name(who))).filter(|object| object.wanted.active) else { continue };
        // Of an address that somebody else still has that is said.
        if matches!(verdict(&plan, &name(who)).reason, Reason::Held | Reason::ClaimedByAnother) {
            continue;
        }
        // Who was given another address keeps their access, and the object says so.
        let known = world.zoom.values().find(|row| row.id.is_some() && row.id == object.remembered.id);
        let state = known.or_else(|| world.zoom.get(&object.email)).map(|row| row.state);
        assert!(matches!(state, Some(State::Active | State::Pending)), "{} is {state:?}: {plan:#?}", object.email);
    }
}

/// What goes on after a mistake that nobody has noticed yet: nobody edits anything, and nobody decides.
fn aftermath() -> impl Strategy<Value = Event> {
    let mode = prop_oneof![2 => Just(Mode::Enforce), 1 => Just(Mode::HoldRemovals), 1 => Just(Mode::Suspend)];
    prop_oneof![
        1 => mode.prop_map(Event::Mode),
        1 => any::<bool>().prop_map(Event::Allow),
        1 => any::<bool>().prop_map(Event::Listed),
        1 => any::<bool>().prop_map(Event::AllObjectsSeen),
        3 => prop_oneof![4 => Just(1), 1 => 0..3000_i64].prop_map(Event::Minutes),
        6 => Just(Event::Round),
        1 => (0..4_u8).prop_map(Event::Crash),
        3 => (0..4_usize).prop_map(Event::CrashWriting),
    ]
}

/// Every object is deleted at once. The addresses of those whom that would take the access of if nothing held it back.
fn all_are_deleted(world: &mut World) -> BTreeSet<Email> {
    for object in world.objects.values_mut().filter(|object| !object.deleting) {
        object.generation += 1;
        (object.deleting, object.removal) = (true, None);
    }
    let mut open = world.clone();
    (open.complete, open.all_objects_seen) = (everything(), true);
    let plan = open.plan();
    let takes_access = plan.new_records.iter().filter(|new| new.class == Class::Access);
    let people = takes_access.flat_map(|new| new.subject.people());
    // Of whom something else is asked, too, may leave for that, and the rest may be few enough.
    let asked = |person: &PersonRef| {
        let open = world.records.iter().filter(|record| record.phase.is_open());
        open.flat_map(|record| record.subject.people())
            .any(|named| named.email == person.email || named.is_same(person))
    };
    people.filter(|person| !asked(person)).map(|person| person.email.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_removed_beyond_what_was_agreed_and_who_is_declared_active_ends_active(
        events in prop::collection::vec(event(), 1..80), approve: bool,
    ) {
        let mut world = first_day();
        let open = open_ends(&events);
        for event in events {
            happen(&mut world, event);
        }
        world.policy.adoption = Adoption::ByEmail;
        rest(&mut world, approve);
        no_more_than_agreed(&world);
        nobody_else_is_touched(&world);
        an_admin_is_left(&world);
        who_is_declared_has_access(&world, &open);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mistake_about_more_than_may_go_is_held_whole(
        before in prop::collection::vec(event(), 0..20), after in prop::collection::vec(aftermath(), 0..30),
    ) {
        let mut world = first_day();
        for who in 3..PEOPLE {
            happen(&mut world, Event::Apply(who));
        }
        for event in before {
            happen(&mut world, event);
        }
        (world.policy.mode, world.policy.access) = (Mode::Enforce, Access::Everybody);
        let deleted = all_are_deleted(&mut world);
        prop_assume!(deleted.len() > 2);
        let earlier = world.taken.len();
        for event in after {
            happen(&mut world, event);
        }
        rest(&mut world, false);
        let unasked = |(_, class, email, asked): &&(_, _, Email, bool)| {
            *class == Class::Access && deleted.contains(email) && !asked
        };
        let gone: Vec<_> = world.taken[earlier..].iter().filter(unasked).collect();
        prop_assert!(gone.is_empty(), "{gone:?} of {deleted:?}: {:#?}", world.records);
    }
}
