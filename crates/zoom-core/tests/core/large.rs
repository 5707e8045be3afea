//! Large waves: what is written down bit by bit is decided as a whole, and nobody else waits for it.

use jiff::SignedDuration;
use zoom_core::*;

use crate::support::*;

const LEAVERS: usize = 10_000;

/// So many objects deleted at once, beside ten that stay.
fn deleted(leavers: usize) -> World {
    let mut world = World::of(leavers + 10);
    (0..leavers).for_each(|place| world.delete(&name(place)));
    world
}

/// The records of a plan, written down as they are decided, and their objects let go.
fn write(world: &mut World, plan: &Plan) {
    let mut records: std::collections::HashMap<_, _> =
        plan.new_records.iter().map(|new| (new.name.as_str(), written(new, world.now))).collect();
    for change in &plan.changes {
        let record = records.get_mut(&*change.name).unwrap();
        (record.phase, record.reason) = (change.phase, Some(change.reason));
    }
    world.records.extend(records.into_values());
    world.objects.retain(|_, object| !object.deleting);
}

#[test]
fn beside_ten_thousand_held_removals_one_edit_is_all_there_is_to_do() {
    let mut world = deleted(LEAVERS);
    world.policy.guard.quiet_period = std::time::Duration::ZERO;
    let plan = world.plan();
    assert_eq!(plan.new_records.len(), LEAVERS);
    let held = |change: &&RecordChange| change.phase == Phase::Held && change.reason == RecordReason::OverLimit;
    assert_eq!(plan.changes.iter().filter(held).count(), LEAVERS);
    write(&mut world, &plan);
    assert!(is_idle(&world.plan()));

    let edited = name(LEAVERS + 3);
    world.edit(&edited, |wanted| wanted.attributes.set(Attribute::LastName, "Lovelace"));
    world.pass_time(SignedDuration::from_mins(1));
    let plan = world.plan();
    assert!((plan.new_records.is_empty(), plan.changes.is_empty(), plan.running.is_empty()) == (true, true, true));
    assert_eq!(plan.people[0].object, key(&edited), "the edit goes first");
    assert!(plan.people[0].is_runnable());

    let urgent = name(LEAVERS + 4);
    world.edit(&urgent, |wanted| wanted.active = false);
    let plan = world.plan();
    assert_eq!(plan.new_records.len(), 1);
    assert_eq!(plan.running, [plan.new_records[0].name.as_str().into()]);
}

#[test]
fn who_is_to_leave_at_once_does_not_wait_for_a_wave_that_settles_nor_is_held_with_it() {
    let mut world = deleted(12);
    world.edit(&name(15), |wanted| wanted.active = false);
    world.round();
    assert_eq!(world.phase(&name(15)), Phase::Done);
    assert_eq!(world.phases(), [("Done".to_owned(), 1), ("Settling".to_owned(), 12)].into());
    world.settle();
    assert_eq!(world.phases(), [("Done".to_owned(), 1), ("Held".to_owned(), 12)].into());
    // Together they are no more than anybody else.
    let mut world = deleted(3);
    (5..9).for_each(|place| world.edit(&name(place), |wanted| wanted.active = false));
    world.settle();
    assert_eq!(world.phases(), [("Done".to_owned(), 4), ("Held".to_owned(), 3)].into());
}

/// The API server takes a hundred objects a second, so a large wave may be counted before all of it is written down.
#[test]
fn a_wave_that_is_written_down_bit_by_bit_is_held_whole() {
    let mut world = deleted(12);
    for round in 0..12 {
        let mut plan = world.plan();
        assert_eq!(plan.running, [Box::<str>::default(); 0], "after {round} records");
        plan.new_records.truncate(1);
        plan.changes.clear();
        plan.let_go.clear();
        world.write_records(&plan);
        world.pass_time(seconds(20));
    }
    let plan = world.round();
    assert_eq!(plan.changes.len(), 12);
    assert!(plan.changes.iter().all(|change| change.message.contains("12 people are more than the 5")), "{plan:?}");
    assert_eq!(world.phases(), [("Held".to_owned(), 12)].into());
}
