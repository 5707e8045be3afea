//! What holds for groups whatever is declared and whatever Zoom holds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use zoom_core::*;

use crate::{group_world::*, support::*};

const PEOPLE: usize = 8;
const GROUPS: usize = 3;

type Who = BTreeSet<usize>;

#[derive(Clone, Debug)]
struct Scene {
    /// For each group: who is in it in Zoom, if it is there; who is wanted; whom the object once added; Exclusive or not.
    groups: Vec<(Option<Who>, Who, Who, bool)>,
    /// People in states other than active.
    pending: BTreeSet<usize>,
    inactive: BTreeSet<usize>,
}

fn scene() -> impl Strategy<Value = Scene> {
    let people = || prop::collection::btree_set(0..PEOPLE, 0..PEOPLE);
    let group = (prop::option::of(people()), people(), people(), any::<bool>());
    let few = || prop::collection::btree_set(0..PEOPLE, 0..3);
    (prop::collection::vec(group, GROUPS), few(), few()).prop_map(|(groups, pending, inactive)| Scene {
        groups,
        pending,
        inactive,
    })
}

fn group_name(place: usize) -> String {
    format!("group{place}")
}

impl Scene {
    fn world(&self) -> World {
        let mut world = World::of(PEOPLE);
        world.policy.guard.limits.membership = Limit { percent: 200, floor: 0 };
        for (place, (present, wanted, added, exclusive)) in self.groups.iter().enumerate() {
            let text = group_name(place);
            if let Some(present) = present {
                let names: Vec<String> = present.iter().copied().map(name).collect();
                world.found(&text, &names.iter().map(String::as_str).collect::<Vec<_>>());
            }
            let wanted: Vec<String> = wanted.iter().copied().map(name).collect();
            let mut object = group(&text);
            object.members = members(&wanted.iter().map(String::as_str).collect::<Vec<_>>());
            object.membership = if *exclusive { Membership::Exclusive } else { Membership::Additive };
            if present.is_some() {
                object.memory.id = Some(group_id(&text.to_uppercase()));
                object.memory.origin = Some(Origin::Adopted);
                let added = added.iter().map(|place| id(&name(*place).to_uppercase()));
                object.added = std::sync::Arc::new(added.collect());
            }
            world.add_group(object);
        }
        for place in &self.inactive {
            world.row(&name(*place)).state = State::Inactive;
            world.object(&name(*place)).wanted.active = false;
        }
        for place in self.pending.difference(&self.inactive) {
            let row = world.row(&name(*place));
            (row.state, row.groups) = (State::Pending, None);
        }
        world
    }

    fn rests(&self, place: usize) -> bool {
        self.pending.contains(&place) || self.inactive.contains(&place)
    }

    /// Who is to be in a group in the end.
    fn outcome(&self, place: usize) -> BTreeSet<String> {
        let (present, wanted, added, exclusive) = &self.groups[place];
        let present = present.clone().unwrap_or_default();
        // Nobody goes before somebody is in who is wanted.
        let is_in = |who: &usize| !self.rests(*who) || (self.inactive.contains(who) && present.contains(who));
        let held = !wanted.iter().any(is_in);
        let stays = |who: &usize| {
            let known = !self.pending.contains(who) || self.inactive.contains(who);
            let kept = if *exclusive { held } else { !added.contains(who) };
            known && (self.rests(*who) || wanted.contains(who) || kept)
        };
        let old = present.iter().copied().filter(stays);
        let new = wanted.iter().copied().filter(|who| !self.rests(*who));
        old.chain(new).map(name).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn additive_keeps_strangers_exclusive_ends_exact_and_then_nothing_is_left_to_do(scene in scene()) {
        let mut world = scene.world();
        world.settle_groups();
        let plan = world.settle_groups();
        for place in 0..GROUPS {
            let id = world.zoom_group(&group_name(place)).unwrap().id.clone();
            let members: BTreeSet<String> = world.members_of(&id).into_iter().collect();
            prop_assert_eq!(members, scene.outcome(place), "group {}", place);
        }
        prop_assert!(plan.groups.iter().all(|planned| !planned.runnable), "{:?}", plan.groups);
        prop_assert!(plan.new_records.is_empty() && plan.running.is_empty());
    }

    #[test]
    fn nobody_leaves_while_something_was_not_seen(scene in scene(), unseen in 0..3_usize) {
        let mut world = scene.world();
        match unseen {
            0 => world.complete.people = false,
            1 => world.complete.groups = false,
            _ => world.all_objects_seen = false,
        }
        world.settle_groups();
        prop_assert_eq!(&world.taken, &[]);
        for (place, (present, ..)) in scene.groups.iter().enumerate() {
            let Some(group) = world.zoom_group(&group_name(place)) else { continue };
            let members = world.members_of(&group.id);
            let known = present.iter().flatten().filter(|who| scene.inactive.contains(who) || !scene.pending.contains(who));
            for who in known {
                prop_assert!(members.contains(&name(*who)), "{} left group {}", name(*who), place);
            }
        }
    }

    #[test]
    fn a_plan_does_not_depend_on_the_order_of_its_input(scene in scene()) {
        let world = scene.world();
        let (mut desired, records) = (world.desired(), world.records.clone());
        let plan = world.plan_with(&desired, &world.directory(), &records);
        desired.groups.reverse();
        desired.people.reverse();
        let mut groups = world.zoom_groups.clone();
        groups.reverse();
        let people = world.zoom.values().rev().cloned();
        let directory = Directory::new(people, roles(), world.complete.clone()).with_groups(groups, Vec::new());
        prop_assert_eq!(plan, world.plan_with(&desired, &directory, &records));
    }

    #[test]
    fn no_call_names_more_people_than_zoom_takes_nor_anybody_twice(scene in scene()) {
        for planned in scene.world().plan().groups {
            let added: Vec<_> = planned.adding().cloned().collect();
            prop_assert_eq!(added.len(), added.iter().collect::<BTreeSet<_>>().len());
            prop_assert!(planned.leaving.iter().all(|person| !added.contains(person.id.as_ref().unwrap())));
        }
    }
}
