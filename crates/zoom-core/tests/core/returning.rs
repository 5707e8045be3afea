//! Coming back: the groups of before.

use rstest::rstest;
use zoom_core::*;

use crate::{group_world::*, support::*};

/// Ten people; the first one is in two groups that no object speaks for, the second one in one of them.
fn team() -> (World, GroupId, GroupId) {
    let mut world = World::of(10);
    let staff = world.found("staff", &["person000", "person001"]);
    let band = world.found("band", &["person000"]);
    (world, staff, band)
}

fn leave_and_return(world: &mut World, meanwhile: impl FnOnce(&mut World)) -> Plan {
    world.edit("person000", |wanted| wanted.active = false);
    world.settle_groups();
    assert_eq!(world.row("person000").state, State::Inactive);
    meanwhile(world);
    world.edit("person000", |wanted| wanted.active = true);
    world.group_round();
    world.group_round();
    let plan = world.plan();
    world.group_round();
    plan
}

fn groups(world: &World) -> Vec<String> {
    let rows = world.zoom[&address("person000")].groups.iter().flatten();
    rows.map(ToString::to_string).collect()
}

fn former(group: &str) -> FormerGroup {
    FormerGroup { id: group_id(&group.to_uppercase()), name: Some(group.into()) }
}

#[test]
fn the_groups_are_written_down_before_somebody_is_deactivated() {
    let (mut world, ..) = team();
    world.edit("person000", |wanted| wanted.active = false);
    let plan = world.plan();
    let had = plan.new_records.first().and_then(|record| record.restore.clone()).unwrap();
    assert_eq!(had, Restore { license: Some(License::Basic), groups: [former("staff"), former("band")].into() });
}

#[test]
fn who_is_let_in_again_is_in_their_groups_as_before() {
    let (mut world, ..) = team();
    leave_and_return(&mut world, |_| {});
    assert_eq!(groups(&world), ["STAFF", "BAND"]);
    assert!(is_idle(&world.plan()) && world.plan().rejoins.is_empty());
    // Once they are in, nothing is left of it: who is taken out later stays out.
    let staff = group_id("STAFF");
    world.exit("person000", &staff);
    world.settle_groups();
    assert_eq!(groups(&world), ["BAND"]);
}

#[test]
fn who_is_declared_again_is_in_their_groups_as_before() {
    let (mut world, ..) = team();
    world.delete("person000");
    world.settle_groups();
    assert_eq!(world.phase("person000"), Phase::Done);
    world.reapply("person000");
    world.settle_groups();
    assert_eq!(groups(&world), ["STAFF", "BAND"]);
}

#[test]
fn what_they_had_is_known_as_long_as_they_are_out_although_the_record_is_gone() {
    let (mut world, ..) = team();
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    leave_and_return(&mut world, |world| world.records.clear());
    assert_eq!(groups(&world), ["STAFF", "BAND"]);
    assert_eq!(world.row("person000").license, ObservedLicense::Known(License::Licensed));
}

#[test]
fn what_was_given_back_once_is_not_given_again_after_somebody_took_it_in_zoom() {
    let (mut world, ..) = team();
    leave_and_return(&mut world, |_| {});
    world.settle_groups();
    world.exit("person000", &group_id("STAFF"));
    let row = world.row("person000");
    (row.state, row.groups) = (State::Inactive, Some([group_id("BAND")].into()));
    world.edit("person000", |wanted| wanted.active = true);
    world.settle_groups();
    assert_eq!(world.row("person000").state, State::Active);
    assert_eq!(groups(&world), [""; 0], "nobody wrote down in which groups they were then");
}

#[rstest]
#[case::covered(&[License::Basic, License::Licensed], License::Licensed)]
#[case::beyond_the_grant(&[License::Basic], License::Basic)]
fn a_licence_comes_back_as_far_as_the_connection_lets_the_namespace_give_it(
    #[case] licenses: &[License],
    #[case] expected: License,
) {
    let (mut world, ..) = team();
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    let licenses = Some(licenses.iter().copied().collect());
    world.policy.access = crate::access::granted("team", vec![Grant { licenses, ..Grant::default() }]);
    leave_and_return(&mut world, |_| {});
    assert_eq!(world.row("person000").license, ObservedLicense::Known(expected));
}

/// Somebody who had a licence and was downgraded when their object was deleted.
fn downgraded() -> World {
    let (mut world, ..) = team();
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    world.object("person000").removal = Some(Removal::Downgrade);
    world.delete("person000");
    world.settle_groups();
    assert_eq!((world.phase("person000"), license(&world)), (Phase::Done, License::Basic));
    world
}

fn license(world: &World) -> License {
    match world.zoom[&address("person000")].license {
        ObservedLicense::Known(license) => license,
        ObservedLicense::Other(_) | ObservedLicense::Unsaid => panic!("no other licence is given"),
    }
}

#[test]
fn who_was_downgraded_gets_the_licence_back_once() {
    let mut world = downgraded();
    world.reapply("person000");
    world.round();
    assert_eq!((license(&world), world.verdict("person000")), (License::Licensed, Reason::Synced));
    assert!(is_idle(&world.plan()));
    assert_eq!(groups(&world), ["STAFF", "BAND"]);
    // Who takes it in Zoom afterwards has decided otherwise.
    world.row("person000").license = ObservedLicense::Known(License::Basic);
    world.settle_groups();
    assert_eq!((license(&world), world.verdict("person000")), (License::Basic, Reason::Synced));
}

#[rstest]
#[case::another_one_is_declared(|world: &mut World| world.object("person000").wanted.license = Some(License::Basic))]
#[case::their_namespace_may_not_give_it(|world: &mut World| {
    let licenses = Some([License::Basic].into());
    world.policy.access = crate::access::granted("team", vec![Grant { licenses, ..Grant::default() }]);
})]
#[case::nothing_may_be_changed(|world: &mut World| world.policy.allow.update = false)]
#[case::the_plan_is_only_shown(|world: &mut World| world.policy.mode = Mode::Plan)]
#[case::the_object_is_suspended(|world: &mut World| world.object("person000").suspended = true)]
#[case::it_never_ran(|world: &mut World| world.records[0].started_at = None)]
fn who_was_downgraded_does_not_get_the_licence_back_where(#[case] change: fn(&mut World)) {
    let mut world = downgraded();
    world.reapply("person000");
    change(&mut world);
    world.settle_groups();
    assert_eq!(license(&world), License::Basic);
}

#[test]
fn who_was_downgraded_waits_for_a_seat() {
    let mut world = downgraded();
    world.row("person001").license = ObservedLicense::Known(License::Licensed);
    world.bought = Some(1);
    world.reapply("person000");
    world.settle_groups();
    assert_eq!((license(&world), world.verdict("person000")), (License::Basic, Reason::WaitingForSeat));
    world.row("person001").license = ObservedLicense::Known(License::Basic);
    world.settle_groups();
    assert_eq!(license(&world), License::Licensed);
}

#[test]
fn who_was_downgraded_and_then_deactivated_in_zoom_comes_back_with_the_licence() {
    let mut world = downgraded();
    world.row("person000").state = State::Inactive;
    world.reapply("person000");
    world.settle_groups();
    assert_eq!((license(&world), world.row("person000").state), (License::Licensed, State::Active));
}

#[test]
fn what_they_have_already_is_not_asked_for() {
    let (mut world, staff, _) = team();
    world.edit("person000", |wanted| wanted.active = false);
    world.settle_groups();
    world.edit("person000", |wanted| wanted.active = true);
    let plan = world.plan();
    world.run_people(&plan);
    world.enter("person000", &staff);
    let rejoins = world.plan().rejoins;
    let groups: Vec<_> = rejoins.iter().map(|rejoin| &*rejoin.group.name).collect();
    assert_eq!(groups, ["band"]);
}

#[test]
fn many_who_come_back_take_a_call_for_thirty_of_them() {
    let mut world = World::of(40);
    let names: Vec<_> = (0..40).map(name).collect();
    world.found("staff", &names.iter().map(String::as_str).collect::<Vec<_>>());
    world.policy.guard.limits = limits(100);
    world.policy.guard.limits.access.percent = 100;
    for name in &names {
        world.edit(name, |wanted| wanted.active = false);
    }
    world.settle_groups();
    world.settle_groups();
    assert!(world.zoom.values().all(|row| row.state == State::Inactive));
    for name in &names {
        world.edit(name, |wanted| wanted.active = true);
    }
    world.settle_groups();
    assert_eq!(world.rejoined, [("staff".to_owned(), 30), ("staff".to_owned(), 10)]);
    assert_eq!(world.members_of(&group_id("STAFF")).len(), 40);
}

#[rstest]
#[case::gone(|world: &mut World| world.zoom_groups.retain(|group| *group.name != *"band"), "it is gone")]
#[case::protected(|world: &mut World| world.policy.protected.groups = vec!["Band".into()], "protects whoever is in it")]
#[case::somebody_else_decides(
    |world: &mut World| {
        let exclusive = Membership::Exclusive;
        world.add_group(DesiredGroup { members: members(&["person002"]), membership: exclusive, ..group("band") });
    },
    "team/band decides who is in it"
)]
fn a_group_that_they_do_not_get_back_is_said_once_and_keeps_nobody_from_the_others(
    #[case] meanwhile: fn(&mut World),
    #[case] why: &str,
) {
    let (mut world, ..) = team();
    world.edit("person000", |wanted| wanted.active = false);
    world.settle_groups();
    meanwhile(&mut world);
    world.edit("person000", |wanted| wanted.active = true);
    let mut said = Vec::new();
    for _ in 0..5 {
        said.extend(planned(&world.group_round(), "person000").not_restored.clone());
    }
    assert!(
        matches!(said.as_slice(), [(group, message)] if *group == former("band") && message.contains(why)),
        "{said:?}"
    );
    assert_eq!(groups(&world), ["STAFF"]);
}

#[test]
fn an_object_that_names_them_adds_them_itself() {
    let (mut world, ..) = team();
    let exclusive = Membership::Exclusive;
    world.add_group(DesiredGroup { members: members(&["person000"]), membership: exclusive, ..group("band") });
    leave_and_return(&mut world, |_| {});
    assert_eq!(groups(&world).iter().filter(|group| *group == "BAND").count(), 1);
    assert_eq!(world.rejoined, [("staff".to_owned(), 1)]);
}

#[test]
fn an_object_that_once_added_them_and_does_not_name_them_any_more_decides() {
    let (mut world, ..) = team();
    world.exit("person000", &group_id("BAND"));
    world.add_group(DesiredGroup { members: members(&["person000"]), ..group("band") });
    world.settle_groups();
    assert_eq!(groups(&world), ["STAFF", "BAND"]);
    leave_and_return(&mut world, |world| world.edit_group("band", |group| group.members = members(&["person003"])));
    assert_eq!(groups(&world), ["STAFF"]);
}

#[rstest]
#[case::not_all_objects_were_seen(|world: &mut World| world.all_objects_seen = false)]
#[case::an_object_cannot_be_understood(|world: &mut World| {
    world.unreadable_groups = vec![NamedClaim { object: key("odd"), id: None, name: None }];
})]
#[case::nothing_may_be_changed(|world: &mut World| world.policy.allow.update = false)]
#[case::the_plan_is_only_shown(|world: &mut World| world.policy.mode = Mode::Plan)]
#[case::the_object_is_suspended(|world: &mut World| world.object("person000").suspended = true)]
fn while_it_cannot_be_told_who_decides_or_nothing_may_be_done_they_wait(#[case] event: fn(&mut World)) {
    let (mut world, ..) = team();
    world.edit("person000", |wanted| wanted.active = false);
    world.settle_groups();
    world.edit("person000", |wanted| wanted.active = true);
    let plan = world.plan();
    world.run_people(&plan);
    let before = world.clone();
    event(&mut world);
    world.group_round();
    assert_eq!((groups(&world), world.rejoined.len()), (Vec::new(), 0));
    let World { policy, unreadable_groups, all_objects_seen, .. } = before;
    (world.policy, world.unreadable_groups, world.all_objects_seen) = (policy, unreadable_groups, all_objects_seen);
    world.object("person000").suspended = false;
    world.group_round();
    assert_eq!(groups(&world), ["STAFF", "BAND"]);
}

#[test]
fn who_is_put_out_again_before_they_had_their_groups_does_not_get_them() {
    let (mut world, ..) = team();
    world.edit("person000", |wanted| wanted.active = false);
    world.settle_groups();
    world.edit("person000", |wanted| wanted.active = true);
    let plan = world.plan();
    world.run_people(&plan);
    world.edit("person000", |wanted| wanted.active = false);
    world.settle_groups();
    assert_eq!((world.row("person000").state, world.rejoined.len()), (State::Inactive, 0));
}
