//! How many people may be created without being asked.

use crate::support::*;
use rstest::rstest;
use zoom_core::*;

fn newcomers(count: usize, allowed: u32) -> World {
    let mut world = World::default();
    world.policy.guard.limits = limits(allowed);
    (0..count).for_each(|place| world.add(object(&name(place))));
    world
}

fn reasons(world: &World) -> Vec<(RecordReason, Phase)> {
    world.records.iter().filter_map(|record| Some((record.reason?, record.phase))).collect()
}

#[test]
fn within_the_limit_people_are_created_at_once() {
    let mut world = newcomers(5, 5);
    world.round();
    assert_eq!((world.zoom.len(), world.records.len()), (5, 0));
    world.round();
    assert!(is_idle(&world.plan()));
}

#[test]
fn over_it_all_are_held_and_asked_for_in_records_of_a_thousand() {
    let mut world = newcomers(2001, 5);
    world.round();
    assert!(world.zoom.is_empty());
    let sizes: Vec<_> = world
        .records
        .iter()
        .map(|record| match &record.subject {
            Subject::People(people) => people.len(),
            Subject::Person(_) | Subject::Members(_) => panic!("{record:?}"),
        })
        .collect();
    assert_eq!(sizes, [1000, 1000, 1]);
    assert_eq!(reasons(&world), [(RecordReason::OverLimit, Phase::Held); 3]);
    assert_eq!(world.verdict("person000"), Reason::Held);
    world.round();
    assert!(is_idle(&world.plan()));
}

#[test]
fn approved_ones_are_created_and_their_record_ends() {
    let mut world = newcomers(6, 5);
    world.round();
    world.approve(|_| true);
    let plan = world.round();
    assert_eq!((plan.changes[0].phase, world.zoom.len()), (Phase::Running, 6));
    world.round();
    assert_eq!(reasons(&world), [(RecordReason::Completed, Phase::Done)]);
    // They do not use up what may be created without being asked.
    (10..15).for_each(|place| world.add(object(&name(place))));
    world.round();
    assert_eq!(world.zoom.len(), 11);
    world.add(object("one-more"));
    world.round();
    assert_eq!((world.zoom.len(), world.verdict("one-more")), (11, Reason::Held));
}

#[test]
fn newcomers_beside_a_held_wave_are_asked_for_on_their_own() {
    let mut world = newcomers(6, 5);
    world.round();
    world.add(object("ada"));
    world.round();
    assert_eq!(world.records.len(), 2);
    assert!(matches!(&world.records[1].subject, Subject::People(people) if *people == [(key("ada"), address("ada"))]));
}

#[rstest]
#[case::a_higher_limit(|world: &mut World| world.policy.guard.limits = limits(6))]
#[case::fewer_people(|world: &mut World| drop(world.objects.remove(&key("person005"))))]
fn what_is_held_goes_on_by_itself(#[case] change: fn(&mut World)) {
    let mut world = newcomers(6, 5);
    world.round();
    change(&mut world);
    world.round();
    assert_eq!(reasons(&world), [(RecordReason::WithinLimit, Phase::Running)]);
    assert!(world.zoom.len() >= 5);
    world.round();
    assert_eq!(reasons(&world), [(RecordReason::Completed, Phase::Done)]);
}

#[test]
fn the_window_moves_on() {
    let mut world = newcomers(5, 5);
    world.round();
    world.add(object("ada"));
    world.round();
    assert_eq!(world.verdict("ada"), Reason::Held);
    world.pass_time(jiff::SignedDuration::from_hours(25));
    world.round();
    assert_eq!(world.zoom.len(), 6);
}

#[test]
fn a_record_that_was_within_the_limit_is_held_again_when_more_come() {
    let mut world = newcomers(6, 5);
    world.round();
    world.policy.guard.limits = limits(6);
    let plan = world.plan();
    world.write_records(&plan);
    (10..15).for_each(|place| world.add(object(&name(place))));
    world.round();
    assert!(world.zoom.is_empty());
    assert_eq!(reasons(&world), [(RecordReason::OverLimit, Phase::Held); 2]);
}

#[rstest]
#[case::nobody_asks(|world: &mut World| world.objects.clear())]
#[case::everybody_came_by_other_means(|world: &mut World| {
    (0..6).for_each(|place| world.join(person(&name(place), State::Active)));
})]
fn a_record_is_done_when_nobody_waits(#[case] change: fn(&mut World)) {
    let mut world = newcomers(6, 5);
    world.round();
    change(&mut world);
    world.round();
    assert_eq!(reasons(&world), [(RecordReason::Completed, Phase::Done)]);
}

#[rstest]
#[case::no_listing(|world: &mut World| world.complete.people = false)]
#[case::not_all_objects(|world: &mut World| {
    world.objects.clear();
    world.all_objects_seen = false;
})]
#[case::plan_mode(|world: &mut World| world.policy.mode = Mode::Plan)]
#[case::suspended(|world: &mut World| world.policy.mode = Mode::Suspend)]
#[case::switched_off(|world: &mut World| world.policy.allow.create = false)]
#[case::the_day_s_budget_is_spent(|world: &mut World| {
    for object in world.objects.values_mut() {
        object.remembered.refusal = Some(Box::new(Refusal {
            generation: 1,
            row: None,
            attempts: 1,
            retry_at: start() + seconds(3600),
            reason: Reason::WaitingForDailyBudget,
            message: String::new(),
        }));
    }
})]
fn an_approval_lasts_while_people_cannot_be_created(#[case] change: fn(&mut World)) {
    let mut world = newcomers(6, 5);
    world.round();
    world.approve(|_| true);
    let before = world.objects.clone();
    let mut hindered = world.clone();
    change(&mut hindered);
    hindered.round();
    hindered.round();
    assert!(hindered.zoom.is_empty());
    assert!(hindered.records[0].phase.is_open());
    (world.records, world.objects) = (hindered.records, before);
    world.round();
    assert_eq!(world.zoom.len(), 6);
}

#[test]
fn who_is_asked_for_again_later_is_asked_for_in_a_new_record() {
    let mut world = newcomers(6, 5);
    world.round();
    let objects = std::mem::take(&mut world.objects);
    world.round();
    world.objects = objects;
    world.round();
    assert_eq!(reasons(&world), [(RecordReason::Completed, Phase::Done), (RecordReason::OverLimit, Phase::Held)]);
    assert_ne!(world.records[0].name, world.records[1].name);
}

#[test]
fn deleting_objects_of_people_who_were_created_does_not_free_the_allowance() {
    let mut world = newcomers(5, 5);
    world.policy.removal = RemovalDefault::Retain;
    world.round();
    assert_eq!(world.zoom.len(), 5);
    (0..5).for_each(|place| world.delete(&name(place)));
    world.round();
    assert!(world.objects.is_empty());
    (10..15).for_each(|place| world.add(object(&name(place))));
    world.round();
    assert_eq!((world.zoom.len(), world.verdict(&name(10))), (5, Reason::Held));
}
