//! What a human decides or writes.

use crate::{
    guard::{account, delete},
    support::*,
};
use rstest::rstest;
use zoom_core::*;

#[rstest]
#[case::deactivate(Step::Deactivate, true)]
#[case::delete_is_switched_off(Step::Delete(None), false)]
fn a_record_written_by_hand_runs_at_once(#[case] step: Step, #[case] runs: bool) {
    let mut world = account();
    world.join(person("stranger", State::Active));
    world.records = vec![by_hand("stranger", step)];
    world.round();
    assert_eq!(world.phase("stranger"), if runs { Phase::Done } else { Phase::Held });
    assert_eq!(world.touched.len(), usize::from(runs));
    assert!(world.taken.iter().all(|(.., approved)| *approved));
}

/// Of an account whose listing is not believed, a human still knows whom they mean.
#[test]
fn whom_a_human_names_leaves_also_while_the_listing_is_not_believed_if_it_shows_them() {
    let mut world = account();
    world.join(person("stranger", State::Active));
    (world.suspicion, world.complete.people) = (Some("7 of 8 are missing"), false);
    world.records = vec![by_hand("stranger", Step::Deactivate), by_hand("nobody", Step::Deactivate)];
    world.delete("person000");
    world.settle();
    assert_eq!((world.phase("stranger"), world.row("stranger").state), (Phase::Done, State::Inactive));
    for waits in ["nobody", "person000"] {
        assert_eq!(world.record(waits).reason, Some(RecordReason::Suspicious), "{waits}");
    }
    assert_eq!(world.touched, [address("stranger")].into());
}

#[test]
fn a_record_written_by_hand_is_refused_where_an_object_declares_the_person() {
    let mut world = account();
    world.records = vec![by_hand("person000", Step::Deactivate)];
    world.round();
    assert_eq!(world.record("person000").reason, Some(RecordReason::Declared));
    assert!(world.touched.is_empty());
}

#[test]
fn who_approved_is_told() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    world.approve(|_| true);
    world.records[0].decided_by = Some("grace".into());
    let plan = world.plan();
    let told: Vec<_> = plan.changes.iter().map(|change| change.message.as_str()).collect();
    assert_eq!((told[0], told[1]), ("approved by grace", "approved"));
}
