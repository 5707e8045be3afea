//! What a switch, a doubt or a missing connection holds back was not counted yet: it is one wave, however many passes it was
//! written down in.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use rstest::rstest;
use zoom_core::*;

use crate::support::*;

const LEAVERS: usize = 500;

fn delete(world: &mut World, places: impl IntoIterator<Item = usize>) {
    places.into_iter().for_each(|place| world.delete(&name(place)));
}

fn out(world: &World) -> usize {
    world.zoom.values().filter(|person| person.state == State::Inactive).count()
}

fn waves(world: &World) -> BTreeSet<&str> {
    world.records.iter().map(|record| &*record.wave).collect()
}

fn mode(world: &mut World, mode: Mode) {
    world.policy.mode = mode;
}

fn groups_are_listed(world: &mut World, listed: bool) {
    world.policy.protected.groups = vec!["Board".into()];
    world.complete.groups = listed;
}

#[rstest]
#[case::removals_held(|world: &mut World| mode(world, Mode::HoldRemovals), |world: &mut World| mode(world, Mode::Enforce))]
#[case::suspended(|world: &mut World| mode(world, Mode::Suspend), |world: &mut World| mode(world, Mode::Enforce))]
#[case::not_allowed(
    |world: &mut World| world.policy.allow.deactivate = false,
    |world: &mut World| world.policy.allow.deactivate = true
)]
#[case::not_believed(|world: &mut World| world.suspicion = Some("all are missing"), |world: &mut World| world.suspicion = None)]
#[case::groups_not_listed(|world: &mut World| groups_are_listed(world, false), |world: &mut World| groups_are_listed(world, true))]
#[case::connection_missing_for_a_while(
    |world: &mut World| mode(world, Mode::HoldRemovals),
    |world: &mut World| {
        world.records.iter_mut().for_each(|record| record.reason = Some(RecordReason::WaitingForConnection));
        mode(world, Mode::Enforce);
    }
)]
fn a_deletion_of_hundreds_over_many_passes_is_held_whole(#[case] close: fn(&mut World), #[case] open: fn(&mut World)) {
    let mut world = World::of(LEAVERS + 20);
    close(&mut world);
    for first in (0..LEAVERS).step_by(10) {
        delete(&mut world, first..first + 10);
        world.round();
        world.pass_time(seconds(100));
    }
    assert_eq!((world.phases(), waves(&world).len()), ([("Held".to_owned(), LEAVERS)].into(), 1));
    assert!(is_idle(&world.plan()), "it is said once");
    open(&mut world);
    world.settle();
    let too_large = |record: &Record| record.phase == Phase::Held && record.reason == Some(RecordReason::OverLimit);
    assert!(world.records.iter().all(too_large), "{:?}", world.phases());
    assert!((out(&world), world.touched.len()) == (0, 0) && is_idle(&world.plan()));
}

#[test]
fn what_is_within_the_limit_runs_when_it_opens() {
    let mut world = World::of(20);
    mode(&mut world, Mode::HoldRemovals);
    for place in 0..5 {
        delete(&mut world, place..place + 1);
        world.settle();
    }
    mode(&mut world, Mode::Enforce);
    world.round();
    assert_eq!((out(&world), waves(&world).len()), (5, 1));
}

#[rstest]
#[case::together_within_the_limit(4, 4)]
#[case::together_too_many(6, 0)]
fn who_is_deleted_once_it_is_open_waits_a_quiet_period_and_is_counted_with_the_others(
    #[case] all: usize,
    #[case] gone: usize,
) {
    let mut world = World::of(20);
    mode(&mut world, Mode::HoldRemovals);
    delete(&mut world, 0..3);
    world.settle();
    world.pass_time(SignedDuration::from_hours(48));
    mode(&mut world, Mode::Enforce);
    for place in 3..all {
        delete(&mut world, place..place + 1);
        world.round();
        world.round();
        assert_eq!((out(&world), world.phases()), (0, [("Settling".to_owned(), place + 1)].into()));
        world.pass_time(seconds(20));
    }
    world.settle();
    assert_eq!((out(&world), waves(&world).len()), (gone, 1));
}

#[test]
fn who_goes_on_adding_once_it_is_open_is_counted_after_three_quiet_periods() {
    let mut world = World::of(100);
    mode(&mut world, Mode::HoldRemovals);
    delete(&mut world, 0..1);
    world.settle();
    world.pass_time(SignedDuration::from_hours(48));
    mode(&mut world, Mode::Enforce);
    let began = world.now;
    for place in 1..20 {
        delete(&mut world, place..place + 1);
        world.round();
        if world.phases().contains_key("Held") {
            break;
        }
        world.pass_time(seconds(10));
    }
    assert_eq!(world.now.duration_since(began), seconds(90));
    assert_eq!((world.phases(), out(&world)), ([("Held".to_owned(), 11)].into(), 0));
}

#[test]
fn who_was_approved_meanwhile_goes_and_is_not_counted_with_the_others() {
    let mut world = World::of(20);
    mode(&mut world, Mode::HoldRemovals);
    delete(&mut world, 0..8);
    world.settle();
    let approved: BTreeSet<_> = world.records.iter().take(3).map(|record| record.name.clone()).collect();
    world.approve(|record| approved.contains(&record.name));
    mode(&mut world, Mode::Enforce);
    world.settle();
    assert_eq!((out(&world), world.phases()), (3 + 5, [("Done".to_owned(), 8)].into()));
}

#[test]
fn what_goes_on_meanwhile_of_a_wave_that_was_too_large_is_held_with_it() {
    let mut world = World::of(100);
    for place in 0..60 {
        delete(&mut world, place..place + 1);
        world.round();
        if place == 20 {
            assert_eq!(world.record(&name(0)).reason, Some(RecordReason::OverLimit));
            mode(&mut world, Mode::HoldRemovals);
        }
        world.pass_time(seconds(10));
    }
    mode(&mut world, Mode::Enforce);
    world.settle();
    assert_eq!((world.phases(), waves(&world).len(), out(&world)), ([("Held".to_owned(), 60)].into(), 1, 0));
}

/// Who approves a wave by its label must not approve what waits for something else.
#[test]
fn what_a_switch_holds_back_shares_no_wave_with_what_it_lets_pass() {
    let mut world = World::of(20);
    world.object("person000").removal = Some(Removal::Unlink(Departure::default()));
    delete(&mut world, 0..1);
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::NotAllowed));
    let mut by_hand = by_hand("stranger", Step::Delete(None));
    by_hand.created = world.now - seconds(3600);
    world.records.push(by_hand);
    world.join(person("stranger", State::Active));
    delete(&mut world, 1..2);
    world.settle();
    assert_eq!((out(&world), world.phase("person001"), waves(&world).len()), (1, Phase::Done, 3));
    let object = world.object("person002");
    object.removal = Some(Removal::Unlink(Departure::default()));
    delete(&mut world, 2..3);
    world.settle();
    assert_eq!((&world.record("person000").wave, waves(&world).len()), (&world.record("person002").wave, 3));
    assert_ne!(world.record("stranger").wave, world.record("person000").wave);
    assert!(is_idle(&world.plan()));
}

/// Who approves what a doubt held back must not approve what has waited for a switch all along.
#[test]
fn what_waits_for_a_switch_shares_no_wave_with_what_a_doubt_holds_back_later() {
    let mut world = World::of(LEAVERS + 20);
    world.object(&name(0)).removal = Some(Removal::Unlink(Departure::default()));
    delete(&mut world, 0..1);
    world.settle();
    assert_eq!(world.record(&name(0)).reason, Some(RecordReason::NotAllowed));
    let first = world.record(&name(0)).wave.clone();

    world.suspicion = Some("all are missing");
    for next in (1..LEAVERS).step_by(10) {
        delete(&mut world, next..(next + 10).min(LEAVERS));
        world.round();
        world.pass_time(seconds(100));
    }
    assert_eq!(waves(&world).len(), 2, "one, and the one of before");
    world.suspicion = None;
    world.settle();
    assert_eq!(world.record(&name(1)).reason, Some(RecordReason::OverLimit));
    world.approve(|record| record.wave != first);
    world.settle();
    let waiting = world.record(&name(0));
    assert_eq!((waiting.approved, waiting.reason, out(&world)), (false, Some(RecordReason::NotAllowed), LEAVERS - 1));
}
