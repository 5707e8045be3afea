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
        | Event::Crash(_) => Vec::new(),
    }
}

/// Whoever an object declares active has access, unless something is held that a human has not decided.
fn who_is_declared_has_access(world: &World, open: &BTreeSet<usize>) {
    let plan = world.plan();
    for who in (0..PEOPLE).filter(|who| !open.contains(who)) {
        let Some(object) = world.objects.get(&key(&name(who))).filter(|object| object.wanted.active) else { continue };
        if verdict(&plan, &name(who)).reason == Reason::Held {
            continue;
        }
        let state = world.zoom.get(&object.email).map(|row| row.state);
        assert!(matches!(state, Some(State::Active | State::Pending)), "{} is {state:?}: {plan:#?}", object.email);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_removed_beyond_what_was_agreed_and_who_is_declared_active_ends_active(
        events in prop::collection::vec(event(), 1..80), approve: bool,
    ) {
        let mut world = first_day();
        let open = events.iter().flat_map(left_open).collect();
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
