//! How many people may lose something, and who decides beyond that.

use crate::support::*;
use jiff::SignedDuration;
use rstest::rstest;
use zoom_core::*;

/// Twenty managed people, of whom five may go in a window.
pub(crate) fn account() -> World {
    World::of(20)
}

pub(crate) fn disable(world: &mut World, places: impl IntoIterator<Item = usize>) {
    places.into_iter().for_each(|place| world.edit(&name(place), |wanted| wanted.active = false));
}

pub(crate) fn delete(world: &mut World, places: impl IntoIterator<Item = usize>) {
    places.into_iter().for_each(|place| world.delete(&name(place)));
}

pub(crate) fn out(world: &World) -> usize {
    world.zoom.values().filter(|person| person.state == State::Inactive).count()
}

#[rstest]
#[case::floor(Class::Access, 2, 5, 100, 5)]
#[case::percent(Class::Access, 2, 5, 1000, 20)]
#[case::at_most_half(Class::Access, 2, 5, 6, 3)]
#[case::half_rounded_up(Class::Entitlement, 2, 5, 5, 3)]
#[case::one_of_one(Class::Access, 2, 5, 1, 1)]
#[case::nobody(Class::Access, 2, 5, 0, 0)]
#[case::percent_rounds_down(Class::Access, 2, 0, 99, 1)]
#[case::creations_start_from_nothing(Class::Creation, 10, 100, 0, 100)]
fn the_allowance(
    #[case] class: Class,
    #[case] percent: u8,
    #[case] floor: u32,
    #[case] managed: usize,
    #[case] allowed: usize,
) {
    assert_eq!(Allowance::new(class, Limit { percent, floor }, managed, 0).allowed, allowed);
}

#[test]
fn an_explicit_edit_within_the_floor_runs_at_once() {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    assert_eq!(out(&world), 5);
    assert_eq!(world.phases(), [("Done".to_owned(), 5)].into());
    world.round();
    assert_eq!(world.verdict("person000"), Reason::Deactivated);
    assert!(is_idle(&world.plan()));
}

#[test]
fn above_the_floor_explicit_edits_settle_although_the_percentage_would_allow_them() {
    let mut world = account();
    world.policy.guard.limits.access = Limit { percent: 50, floor: 2 };
    disable(&mut world, 0..3);
    world.round();
    assert_eq!(world.phases(), [("Settling".to_owned(), 3)].into());
    world.settle();
    assert_eq!(out(&world), 3);
}

#[rstest]
#[case::within_the_limit(5, 5)]
#[case::over_it(6, 0)]
fn a_wave_runs_or_is_held_whole(
    #[case] wave: usize,
    #[case] gone: usize,
    #[values(disable, delete)] how: fn(&mut World, std::ops::Range<usize>),
) {
    let mut world = account();
    how(&mut world, 0..wave);
    let plan = world.settle();
    assert_eq!(out(&world), gone);
    if gone == 0 {
        assert_eq!(world.phases(), [("Held".to_owned(), wave)].into());
        let waves: std::collections::HashSet<_> = world.records.iter().map(|record| &record.wave).collect();
        assert_eq!(waves.len(), 1);
        let held = plan.people.iter().filter(|planned| planned.verdict.reason == Reason::Held);
        assert_eq!(held.count(), world.objects.values().filter(|object| !object.wanted.active).count());
    }
}

#[test]
fn a_held_wave_is_named_with_its_numbers() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.round();
    world.pass_time(seconds(31));
    let plan = world.round();
    let change = &plan.changes[0];
    assert_eq!((change.phase, change.reason), (Phase::Held, RecordReason::OverLimit));
    assert!(
        change.message.contains("6 people are more than the 5 allowed without asking (0 used"),
        "{}",
        change.message
    );
}

#[test]
fn newcomers_prolong_the_quiet_period_and_join_the_wave() {
    let mut world = account();
    delete(&mut world, 0..3);
    world.round();
    world.pass_time(seconds(20));
    delete(&mut world, 3..6);
    world.round();
    world.pass_time(seconds(20));
    world.round();
    assert_eq!(world.phases(), [("Settling".to_owned(), 6)].into());
    assert_eq!(world.plan().wake_at, Some(world.now + seconds(10)));
    world.pass_time(seconds(10));
    world.round();
    assert_eq!(world.phases(), [("Held".to_owned(), 6)].into());
}

#[test]
fn two_waves_that_settle_at_once_are_counted_together() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.round();
    // As if a lagging cache had let a second wave begin.
    world.records.iter_mut().skip(3).for_each(|record| record.wave = "second".into());
    world.pass_time(seconds(31));
    world.round();
    assert_eq!(world.phases(), [("Held".to_owned(), 6)].into());
}

#[rstest]
#[case::it_shrank(|world: &mut World| (0..3).for_each(|place| world.reapply(&name(place))))]
#[case::the_window_moved_on(|world: &mut World| world.pass_time(SignedDuration::from_hours(48)))]
#[case::the_limit_was_raised(|world: &mut World| world.policy.guard.limits = limits(100))]
#[case::suspended_for_a_while(|world: &mut World| {
    world.policy.mode = Mode::Suspend;
    world.settle();
    (0..3).for_each(|place| world.reapply(&name(place)));
    world.policy.mode = Mode::Enforce;
})]
#[case::removals_held_for_a_while(|world: &mut World| {
    world.policy.mode = Mode::HoldRemovals;
    world.settle();
    (0..3).for_each(|place| world.reapply(&name(place)));
    world.policy.mode = Mode::Enforce;
})]
#[case::the_listing_was_lost_for_a_while(|world: &mut World| {
    let zoom = std::mem::take(&mut world.zoom);
    world.complete.people = false;
    world.settle();
    (world.zoom, world.complete.people) = (zoom, true);
})]
fn held_is_held(#[case] change: fn(&mut World), #[values(true, false)] explicit: bool) {
    let mut world = account();
    if explicit {
        disable(&mut world, 0..6);
    } else {
        delete(&mut world, 0..6);
    }
    world.settle();
    change(&mut world);
    world.settle();
    world.settle();
    assert_eq!(out(&world), 0);
}

#[test]
fn other_waves_go_on_beside_a_held_one() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    delete(&mut world, 6..8);
    disable(&mut world, 8..9);
    world.settle();
    assert_eq!(out(&world), 3);
}

#[test]
fn who_is_to_leave_at_once_and_edits_of_others_go_before_a_wave_that_runs() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    world.approve(|_| true);
    let plan = world.plan();
    world.write_records(&plan);
    assert_eq!((plan.running.len(), plan.edits), (6, 0));
    disable(&mut world, 10..11);
    world.edit("person012", |wanted| wanted.attributes.set(Attribute::LastName, "Lovelace"));
    let plan = world.plan();
    let first = plan.new_records.first().map(|record| record.name.as_str());
    assert_eq!((plan.running.len(), plan.running.first().map(AsRef::as_ref)), (7, first));
    let runs = plan.people.iter().find(|planned| planned.is_runnable()).map(|planned| &planned.object);
    assert_eq!((plan.edits, runs), (1, Some(&key("person012"))));
}

#[test]
fn deletions_that_go_on_join_the_wave_that_was_found_too_large() {
    let mut world = World::of(100);
    for place in 0..40 {
        delete(&mut world, place..place + 1);
        world.round();
        world.pass_time(seconds(10));
    }
    world.settle();
    let waves: std::collections::HashSet<_> = world.records.iter().map(|record| &record.wave).collect();
    assert_eq!((world.phases(), waves.len(), out(&world)), ([("Held".to_owned(), 40)].into(), 1, 0));
    // Whoever leaves at once does not wait for it, nor what comes when it has ended.
    disable(&mut world, 50..51);
    world.round();
    assert_eq!(out(&world), 1);
    delete(&mut world, 51..52);
    world.settle();
    assert_eq!(out(&world), 2);
}

#[test]
fn a_switch_that_opens_again_counts_what_it_held() {
    let mut world = account();
    world.policy.allow.deactivate = false;
    disable(&mut world, 0..6);
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::NotAllowed));
    world.policy.allow.deactivate = true;
    world.settle();
    assert_eq!((out(&world), world.record("person000").reason), (0, Some(RecordReason::OverLimit)));
}

#[test]
fn who_keeps_adding_to_a_wave_does_not_keep_it_from_being_counted() {
    let mut world = World::of(100);
    let began = world.now;
    for place in 0..20 {
        delete(&mut world, place..place + 1);
        world.round();
        world.pass_time(seconds(10));
        if world.records.iter().any(|record| record.phase != Phase::Settling) {
            break;
        }
    }
    assert_eq!(
        world.now.duration_since(began),
        seconds(100),
        "three quiet periods of thirty seconds, and the ten in which it shows"
    );
    assert_eq!(world.phases(), [("Held".to_owned(), 10)].into());
    assert_eq!(out(&world), 0);
}

#[test]
fn who_waits_for_a_seat_that_something_held_would_free_says_so() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    world.edit("person010", |wanted| wanted.license = Some(License::Licensed));
    let row = world.row("person010").clone();
    let object = world.object("person010");
    object.remembered.refusal = Some(Box::new(Refusal {
        generation: object.generation,
        row: Some(row),
        attempts: 1,
        retry_at: start() + SignedDuration::from_hours(24),
        reason: Reason::WaitingForSeat,
        message: "no seat".to_owned(),
    }));
    let plan = world.plan();
    assert_eq!(verdict(&plan, "person010").reason, Reason::WaitsForHeld);
    assert!(verdict(&plan, "person010").message.contains("could free seats: 6"), "{plan:?}");
    world.records.clear();
    assert_eq!(world.verdict("person010"), Reason::WaitingForSeat);
}
