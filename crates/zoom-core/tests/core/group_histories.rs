//! Random histories of groups among those of people: nobody loses a place in a group but by what was agreed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use zoom_core::*;

use crate::{
    group_world::*,
    properties::{Event, PEOPLE, event, first_day, happen, no_more_than_agreed, nobody_else_is_touched},
    support::*,
};

const GROUPS: [&str; 2] = ["band", "staff"];

#[derive(Clone, Debug)]
enum GroupEvent {
    OfPeople(Event),
    /// Applies the object of a group: who is wanted, and whether nobody else is.
    Apply(usize, BTreeSet<usize>, bool),
    /// The object is deleted, or is gone at once.
    Delete(usize),
    Vanish(usize),
    /// A human puts somebody in, or takes them out.
    Enters(usize, usize),
    Exits(usize, usize),
    Listed(bool),
    Round,
    /// Rounds until a wave that began now would have run.
    Settle,
    /// A round that ends before anything but records was written.
    Crash,
}

fn group_event() -> impl Strategy<Value = GroupEvent> {
    let (group, who) = (|| 0..GROUPS.len(), || 0..PEOPLE);
    let wanted = prop::collection::btree_set(0..PEOPLE, 0..PEOPLE);
    prop_oneof![
        4 => event().prop_map(GroupEvent::OfPeople),
        5 => (group(), wanted, any::<bool>()).prop_map(|(group, wanted, only)| GroupEvent::Apply(group, wanted, only)),
        1 => group().prop_map(GroupEvent::Delete),
        1 => group().prop_map(GroupEvent::Vanish),
        1 => (who(), group()).prop_map(|(who, group)| GroupEvent::Enters(who, group)),
        1 => (who(), group()).prop_map(|(who, group)| GroupEvent::Exits(who, group)),
        1 => any::<bool>().prop_map(GroupEvent::Listed),
        3 => Just(GroupEvent::Round),
        3 => Just(GroupEvent::Settle),
        1 => Just(GroupEvent::Crash),
    ]
}

fn happens(world: &mut World, event: GroupEvent) {
    let is_shown = |world: &World, who: usize| {
        world.zoom.get(&address(&name(who))).is_some_and(|row| row.state == State::Active && row.groups.is_some())
    };
    match event {
        GroupEvent::OfPeople(event) => happen(world, event),
        GroupEvent::Apply(place, wanted, only) => {
            let text = GROUPS[place];
            let wanted: Vec<String> = wanted.into_iter().map(name).collect();
            let wanted = members(&wanted.iter().map(String::as_str).collect::<Vec<_>>());
            let membership = if only { Membership::Exclusive } else { Membership::Additive };
            if world.groups.get(&key(text)).is_none_or(|group| group.object.deleting) {
                let mut new = group(text);
                new.object.uid = format!("uid-{text}-{}-{}", world.now, world.records.len()).into();
                new.removal = Some(ThingRemoval::Retain);
                world.add_group(new);
            }
            world.edit_group(text, |group| (group.members, group.membership) = (wanted, membership));
        }
        GroupEvent::Delete(place) if world.groups.contains_key(&key(GROUPS[place])) => {
            world.delete_group(GROUPS[place]);
        }
        GroupEvent::Delete(_) => {}
        GroupEvent::Vanish(place) => drop(world.groups.remove(&key(GROUPS[place]))),
        GroupEvent::Enters(who, place) if is_shown(world, who) => {
            world.enter(&name(who), &group_id(&GROUPS[place].to_uppercase()));
        }
        GroupEvent::Exits(who, place) if is_shown(world, who) => {
            world.exit(&name(who), &group_id(&GROUPS[place].to_uppercase()));
        }
        GroupEvent::Enters(..) | GroupEvent::Exits(..) => {}
        GroupEvent::Listed(complete) => world.complete.groups = complete,
        GroupEvent::Round => drop(world.group_round()),
        GroupEvent::Settle => drop(world.settle_groups()),
        GroupEvent::Crash => {
            let plan = world.plan();
            world.write_records(&plan);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_loses_a_place_in_a_group_or_a_licence_beyond_what_was_agreed(
        events in prop::collection::vec(group_event(), 1..60),
    ) {
        let mut world = first_day();
        for group in GROUPS {
            world.found(group, &[&name(0), &name(1), &name(2)]);
        }
        for event in events {
            happens(&mut world, event);
        }
        no_more_than_agreed(&world);
        nobody_else_is_touched(&world);
    }
}
