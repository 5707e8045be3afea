//! Groups of nearly everybody in a large account.

use std::sync::Arc;

use rstest::rstest;
use zoom_core::*;

use crate::{group_world::*, support::*};

/// A group of all active people in the domain.
fn everybody(membership: Membership) -> DesiredGroup {
    let domains = ["example.com".into()].into();
    let matching = Some(MatchRule { email_domains: domains, ..MatchRule::default() });
    DesiredGroup { members: Some(Members { matching, ..Members::default() }), membership, ..group("everybody") }
}

fn account(people: usize) -> World {
    let mut world = World::default();
    (0..people).for_each(|place| world.join(person(&format!("person{place:05}"), State::Active)));
    world
}

#[rstest]
#[case::to_be_made(false)]
#[case::there(true)]
fn an_additive_group_takes_in_as_many_as_it_can_remember_and_says_so(#[case] is_there: bool) {
    let mut world = account(REMEMBERED + 5);
    let mut wish = everybody(Membership::Additive);
    let mut room = REMEMBERED;
    if is_there {
        let found = world.found("everybody", &["person00000", "person00001", "person00002"]);
        wish.memory = Memory { id: Some(found), origin: Some(Origin::Adopted), ..Memory::default() };
        // One of the three was there before.
        wish.added = Arc::new(["PERSON00000", "PERSON00001"].map(id).into());
        room = REMEMBERED - 2;
    }
    world.add_group(wish);
    let plan = world.plan();
    let planned = group_plan(&plan, "everybody");
    assert_eq!((planned.adding().count(), planned.runnable), (room, true));
    let members = planned.members.as_ref().unwrap();
    assert_eq!((members.wanted, members.refused), (REMEMBERED + 5, if is_there { 4 } else { 5 }));
    let why = &members.missing.iter().find(|missing| missing.refused).unwrap().why;
    assert!(why.contains("membership: Exclusive"), "{why}");
    assert_eq!(added(planned), room);
}

/// How many people the calls put in.
fn added(planned: &GroupPlan) -> usize {
    let people = planned
        .operations
        .iter()
        .map(|operation| if let GroupOperation::AddMembers(_, people) = operation { people.len() } else { 0 });
    people.sum()
}

#[test]
fn an_exclusive_group_takes_everybody_in_and_remembers_only_whom_it_put_in_while_it_was_additive() {
    let mut world = account(REMEMBERED + 5);
    world.policy.guard.limits = limits(10);
    let (found, known) = (world.found("everybody", &["person00000"]), id("PERSON00000"));
    let memory = Memory { id: Some(found.clone()), origin: Some(Origin::Adopted), ..Memory::default() };
    let added_before = Arc::new([known.clone()].into());
    world.add_group(DesiredGroup { memory, added: added_before, ..everybody(Membership::Exclusive) });
    let plan = world.group_round();
    let planned = group_plan(&plan, "everybody");
    assert_eq!((planned.adding().count(), added(planned)), (0, REMEMBERED + 4));
    assert_eq!(world.members_of(&found).len(), REMEMBERED + 5);
    assert_eq!(*world.group("everybody").added, [known].into());
    // Once additive again, it still takes out whom it had put in before.
    world.edit_group("everybody", |group| {
        group.membership = Membership::Additive;
        group.members = Some(Members::default());
    });
    assert_eq!(group_plan(&world.plan(), "everybody").leaving.len(), 1);
}
