//! What counts towards what may be taken in a window.

use crate::{
    guard::{account, delete, disable, out},
    support::*,
};
use jiff::SignedDuration;
use rstest::rstest;
use zoom_core::*;

#[rstest]
#[case::one(1)]
#[case::all(6)]
fn approved_ones_run_and_do_not_use_up_the_allowance(#[case] approved: usize) {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    let names: Vec<_> = world.records.iter().take(approved).map(|record| record.name.clone()).collect();
    world.approve(|record| names.contains(&record.name));
    world.settle();
    assert_eq!(out(&world), approved);
    disable(&mut world, 10..15);
    world.settle();
    assert_eq!(out(&world), approved + 5);
}

#[test]
fn the_window_is_counted_in_people_and_moves_on() {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    world.pass_time(SignedDuration::from_hours(23));
    disable(&mut world, 5..6);
    world.settle();
    assert_eq!((out(&world), world.phase("person005")), (5, Phase::Held));
    world.pass_time(SignedDuration::from_hours(2));
    disable(&mut world, 6..7);
    world.settle();
    assert_eq!((out(&world), world.phase("person006")), (6, Phase::Done));
    assert_eq!(world.phase("person005"), Phase::Held);
}

#[test]
fn a_clock_that_goes_back_lets_nobody_more_go() {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    world.pass_time(SignedDuration::from_hours(-5));
    disable(&mut world, 5..7);
    world.settle();
    assert_eq!(out(&world), 5);
}

#[test]
fn leavers_one_after_another_do_not_shrink_what_is_allowed() {
    let mut world = World::of(8);
    for place in 0..4 {
        delete(&mut world, place..place + 1);
        world.settle();
    }
    assert_eq!(out(&world), 4);
    delete(&mut world, 4..5);
    world.settle();
    assert_eq!(out(&world), 4);
}

#[test]
fn held_people_do_not_make_the_account_look_larger() {
    let mut world = World::of(20);
    delete(&mut world, 0..16);
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 16)].into());
    // Four are left: two of them may go.
    delete(&mut world, 16..19);
    world.settle();
    assert_eq!(out(&world), 0);
}

#[rstest]
#[case::refused_by_zoom(Phase::Refused, 5)]
#[case::cancelled_after_it_had_begun(Phase::Cancelled, 0)]
fn what_may_have_run_is_counted(#[case] phase: Phase, #[case] gone: usize) {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    for place in 0..5 {
        world.edit(&name(place), |wanted| wanted.active = true);
        world.row(&name(place)).state = State::Active;
    }
    world.records.iter_mut().for_each(|record| record.phase = phase);
    // What Zoom never did was never noted.
    world.ledger = Ledger::default();
    disable(&mut world, 5..10);
    world.settle();
    assert_eq!(out(&world), gone);
}

#[test]
fn a_running_record_is_counted_however_long_ago_it_was_let_run() {
    let mut world = account();
    disable(&mut world, 0..5);
    let plan = world.plan();
    world.write_records(&plan);
    world.pass_time(SignedDuration::from_hours(48));
    disable(&mut world, 5..6);
    world.settle();
    assert_eq!((out(&world), world.phase("person005")), (5, Phase::Held));
}

#[test]
fn what_was_let_run_goes_on_when_the_limit_is_lowered() {
    let mut world = account();
    disable(&mut world, 0..5);
    let plan = world.plan();
    world.write_records(&plan);
    world.policy.guard.limits = limits(0);
    world.pass_time(SignedDuration::from_hours(48));
    world.round();
    assert_eq!(out(&world), 5);
}

#[test]
fn who_was_disabled_and_is_still_declared_is_not_counted_twice_among_the_people() {
    let mut world = World::of(4);
    disable(&mut world, 0..2);
    world.round();
    disable(&mut world, 2..3);
    world.settle();
    assert_eq!((out(&world), world.phase("person002")), (2, Phase::Held));
}

#[test]
fn classes_are_counted_apart() {
    let mut world = account();
    disable(&mut world, 0..5);
    for place in 5..15 {
        world.row(&name(place)).license = ObservedLicense::Known(License::Licensed);
        world.edit(&name(place), |wanted| wanted.license = Some(License::Basic));
    }
    world.settle();
    assert_eq!(world.phases(), [("Done".to_owned(), 15)].into());
}

#[test]
fn deleting_records_that_ran_does_not_free_the_allowance() {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    assert_eq!(out(&world), 5);
    world.records.clear();
    disable(&mut world, 5..6);
    world.settle();
    assert_eq!((out(&world), world.phase("person005")), (5, Phase::Held));
    world.pass_time(SignedDuration::from_hours(26));
    disable(&mut world, 6..7);
    world.settle();
    assert_eq!(out(&world), 6);
}
