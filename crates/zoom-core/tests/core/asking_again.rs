//! What was refused, and when it is asked for again.

use crate::{
    guard::{account, disable, out},
    support::*,
};
use rstest::rstest;
use zoom_core::*;

/// Refuses the first person's record, as Zoom does.
fn refuse(world: &mut World, reason: RecordReason) {
    disable(world, 0..1);
    let plan = world.plan();
    world.write_records(&plan);
    let now = world.now;
    let record = &mut world.records[0];
    (record.phase, record.reason, record.ended_at) = (Phase::Refused, Some(reason), Some(now));
    world.settle();
    world.pass_time(seconds(5 * 3600));
    world.settle();
    assert_eq!((world.records.len(), world.verdict("person000")), (1, Reason::Refused));
}

#[rstest]
#[case::the_owner_by_a_change_of_role(RecordReason::Owner, |world: &mut World| {
    world.row("person000").role = Some(role_id(RoleId::MEMBER));
})]
#[case::an_administrator_by_a_change_of_role(RecordReason::NeedsOwner, |world: &mut World| {
    world.row("person000").role = Some(role_id(RoleId::MEMBER));
})]
#[case::an_administrator_after_six_hours(RecordReason::NeedsOwner, |world: &mut World| world.pass_time(seconds(3600)))]
#[case::by_zoom_after_six_hours(RecordReason::ZoomRefused, |world: &mut World| world.pass_time(seconds(3600)))]
#[case::after_an_edit(RecordReason::ZoomRefused, |world: &mut World| world.edit("person000", |_| {}))]
fn what_was_refused_is_asked_for_again(#[case] reason: RecordReason, #[case] change: fn(&mut World)) {
    let mut world = account();
    world.another_admin();
    let role = if reason == RecordReason::Owner { RoleId::OWNER } else { RoleId::ADMIN };
    world.row("person000").role = Some(role_id(role));
    refuse(&mut world, reason);
    change(&mut world);
    world.settle();
    assert_eq!((out(&world), world.records.len()), (1, 2));
    assert_eq!(world.record("person000").phase, Phase::Done);
}

#[test]
fn what_zoom_refuses_again_is_not_asked_for_at_once_by_the_same_listing() {
    let mut world = account();
    refuse_as_member(&mut world);
    for _ in 0..3 {
        world.settle();
    }
    assert_eq!(world.records.len(), 2, "{:?}", world.records);
}

/// Zoom refuses somebody twice who is a member as far as the listing shows.
fn refuse_as_member(world: &mut World) {
    disable(world, 0..1);
    for _ in 0..2 {
        let plan = world.plan();
        world.write_records(&plan);
        let now = world.now;
        let record = world.records.last_mut().unwrap();
        (record.phase, record.reason, record.ended_at) = (Phase::Refused, Some(RecordReason::NeedsOwner), Some(now));
    }
}

#[test]
fn who_is_protected_no_more_leaves_as_their_object_says() {
    let mut world = account();
    world.policy.protected.emails = vec![EmailPattern::new("person000")];
    disable(&mut world, 0..1);
    world.settle();
    world.settle();
    assert_eq!((world.records.len(), world.record("person000").reason), (1, Some(RecordReason::Protected)));
    world.policy.protected = Protected::default();
    world.settle();
    assert_eq!((out(&world), world.records.len()), (1, 2));
}
