//! What becomes of records that were written down.

use crate::{
    guard::{account, delete, disable, out},
    support::*,
};
use rstest::rstest;
use zoom_core::*;

#[rstest]
#[case::settling(3, |world: &mut World| world.policy.guard.limits = limits(0))]
#[case::held(6, |_: &mut World| {})]
fn taking_the_edit_back_cancels(#[case] count: usize, #[case] change: fn(&mut World)) {
    let mut world = account();
    change(&mut world);
    disable(&mut world, 0..count);
    world.round();
    (0..count).for_each(|place| world.edit(&name(place), |wanted| wanted.active = true));
    world.settle();
    assert_eq!((out(&world), world.phases()), (0, [("Cancelled".to_owned(), count)].into()));
    assert_eq!(world.record("person000").reason, Some(RecordReason::TakenBack));
    assert!(is_idle(&world.plan()));
}

#[test]
fn deleting_records_to_reject_them_lets_nobody_go() {
    let mut world = account();
    disable(&mut world, 0..6);
    world.settle();
    for _ in 0..6 {
        world.records.remove(0);
        world.settle();
    }
    assert_eq!((out(&world), world.phases()), (0, [("Held".to_owned(), 6)].into()));
    world.records.clear();
    world.settle();
    assert_eq!((out(&world), world.phases()), (0, [("Held".to_owned(), 6)].into()));
}

#[test]
fn a_record_that_a_human_deletes_while_it_settles_is_written_anew_under_the_same_name() {
    let mut world = account();
    world.policy.guard.limits.access = Limit { percent: 50, floor: 0 };
    disable(&mut world, 0..1);
    world.round();
    let former = world.records.remove(0);
    world.pass_time(seconds(29));
    world.round();
    assert_eq!(world.record("person000").name, former.name);
    world.pass_time(seconds(29));
    world.round();
    assert_eq!(world.phase("person000"), Phase::Settling);
}

#[test]
fn the_same_input_twice_gives_the_same_records() {
    let mut world = account();
    delete(&mut world, 0..3);
    disable(&mut world, 3..9);
    assert_eq!(world.plan(), world.plan());
    let lagging = world.clone();
    world.round();
    let again = lagging.plan();
    let names: Vec<Box<str>> = again.new_records.iter().map(|record| record.name.as_str().into()).collect();
    assert_eq!(names, world.records.iter().map(|record| record.name.clone()).collect::<Vec<Box<str>>>());
}

#[test]
fn drift_of_a_disabled_person_makes_a_new_record() {
    let mut world = account();
    disable(&mut world, 0..1);
    world.settle();
    world.row("person000").state = State::Active;
    world.settle();
    assert_eq!(out(&world), 1);
    let records = world.records_of("person000");
    assert_eq!(records.len(), 2);
    assert_ne!(records[0].name, records[1].name);
}

#[test]
fn a_fresh_read_of_somebody_else_with_the_same_address_ends_the_record() {
    let mut world = account();
    disable(&mut world, 0..1);
    let plan = world.plan();
    world.write_records(&plan);
    let mut another = person("person000", State::Active);
    another.id = Some(id("another"));
    let next = world.record("person000").next(Some(&another), &world.directory(), &world.policy, world.now);
    assert!(matches!(next, Next::End(Phase::Done, RecordReason::AlreadyDone, _)), "{next:?}");
}

#[test]
fn a_record_with_several_steps_goes_on_after_a_crash_between_them() {
    let mut world = account();
    world.another_admin();
    world.row("person000").role = Some(role_id("1"));
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    world.edit("person000", |wanted| {
        wanted.license = Some(License::Basic);
        wanted.role = Some("Member".into());
    });
    world.round();
    world.row("person000").license = ObservedLicense::Known(License::Basic);
    world.settle();
    assert_eq!((world.records.len(), world.phase("person000")), (1, Phase::Done));
    assert_eq!(world.row("person000").role, Some(role_id("2")));
}

#[rstest]
#[case::as_written(true, Some(License::Basic), "Member")]
#[case::the_licence_was_taken_back(false, None, "Member")]
#[case::what_was_taken_back_ran_already(true, None, "Member")]
#[case::another_role(false, Some(License::Basic), "Helpdesk")]
fn the_last_look_wants_all_that_is_left_of_a_record(
    #[case] asked: bool,
    #[case] license: Option<License>,
    #[case] role: &str,
) {
    let mut world = account();
    world.another_admin();
    world.row("person000").role = Some(role_id("1"));
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    world.edit("person000", |wanted| {
        wanted.license = Some(License::Basic);
        wanted.role = Some("Member".into());
    });
    let plan = world.plan();
    world.write_records(&plan);
    if asked && license.is_none() {
        world.row("person000").license = ObservedLicense::Known(License::Basic);
    }
    world.edit("person000", |wanted| (wanted.license, wanted.role) = (license, Some(role.into())));
    let plan = world.plan();
    let taken = planned(&plan, "person000").taken();
    assert_eq!(world.record("person000").is_asked_for(taken, &world.directory()), asked, "{taken:?}");
}

#[test]
fn a_role_list_that_could_not_be_read_ends_no_record() {
    let mut world = account();
    world.another_admin();
    world.row("person000").role = Some(role_id("1"));
    world.edit("person000", |wanted| wanted.role = Some("Member".into()));
    world.round();
    let directory = Directory::new(world.zoom.values().cloned(), vec![], Completeness { roles: false, ..everything() });
    world.pass_time(seconds(60));
    let plan = world.plan_with(&world.desired(), &directory, &world.records);
    assert_eq!((plan.changes, plan.running), (vec![], vec![]));
}

#[test]
fn an_object_that_cannot_be_read_for_a_while_keeps_its_record_where_it_is() {
    let mut world = account();
    disable(&mut world, 0..6);
    world.settle();
    let former = world.objects.remove(&key("person000")).unwrap();
    world.unreadable =
        vec![Claim { object: key("person000"), id: Some(id("PERSON000")), email: None, previous_emails: Vec::new() }];
    world.approve(|_| true);
    world.settle();
    assert_eq!((out(&world), world.phase("person000")), (5, Phase::Held));
    world.unreadable.clear();
    world.add(former);
    world.settle();
    assert_eq!(out(&world), 6);
}

#[test]
fn a_scheduled_record_waits_for_its_time() {
    let mut world = account();
    delete(&mut world, 0..1);
    world.round();
    let due = world.now + seconds(600);
    world.records[0].not_before = Some(due);
    let plan = world.settle();
    assert_eq!((world.phase("person000"), plan.wake_at), (Phase::Scheduled, Some(due)));
    world.pass_time(seconds(600));
    world.settle();
    assert_eq!(out(&world), 1);
}

#[test]
fn a_namespace_made_anew_reclaims_its_people() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    (0..6).for_each(|place| world.reapply(&name(place)));
    world.settle();
    assert_eq!(world.phases(), [("Cancelled".to_owned(), 6)].into());
    assert!(world.touched.is_empty() && is_idle(&world.plan()));
}

#[test]
fn a_record_of_which_nothing_can_be_said_says_that_it_waits() {
    let mut world = account();
    world.records.push(by_hand("stranger", Step::Deactivate));
    world.join(person("stranger", State::Active));
    world.all_objects_seen = false;
    let plan = world.round();
    assert_eq!(plan.changes.len(), 1);
    assert_eq!((world.records[0].phase, world.records[0].reason), (Phase::Settling, Some(RecordReason::QuietPeriod)));
    assert!(world.plan().changes.is_empty(), "and says it once");
}
