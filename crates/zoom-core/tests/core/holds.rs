//! A legal hold outlives what was done to the person when it was written down.

use crate::support::*;
use rstest::rstest;
use zoom_core::*;

/// Somebody under a hold whose object was deleted, and who was deactivated or downgraded.
fn held(removal: Removal) -> World {
    let mut world = World::of(3);
    world.policy.allow.delete = true;
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    let object = world.object("person000");
    (object.hold, object.removal) = (Some("case 12".into()), Some(removal));
    world.delete("person000");
    world.settle();
    assert_eq!(world.phase("person000"), Phase::Done);
    world
}

fn delete_by_hand(world: &mut World, id: Option<UserId>, who: &str) {
    let mut record = by_hand(who, Step::Delete(None));
    (record.approved, record.created) = (true, world.now);
    record.subject = Subject::Person(PersonRef { id, email: address(who) });
    world.records.push(record);
}

fn is_there(world: &World, who: &str) -> bool {
    world.zoom.contains_key(&address(who))
}

#[rstest]
fn it_outlives_the_record_that_it_came_with(
    #[values(Removal::Deactivate, Removal::Downgrade)] removal: Removal,
    #[values(None, Some(id("PERSON000")))] named: Option<UserId>,
) {
    let mut world = held(removal);
    world.pass_time(seconds(365 * 24 * 3600));
    delete_by_hand(&mut world, named, "person000");
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));
    assert!(is_there(&world, "person000"));
    // Whoever may lift it deletes that ZoomRemoval.
    world.records.clear();
    delete_by_hand(&mut world, None, "person000");
    world.settle();
    assert!(!is_there(&world, "person000"));
}

#[test]
fn it_follows_the_person_to_another_address_and_is_nobody_elses() {
    let mut world = held(Removal::Deactivate);
    let mut row = world.zoom.remove(&address("person000")).unwrap();
    row.email = address("renamed");
    world.join(row);
    let mut successor = person("person000", State::Active);
    successor.id = Some(id("successor"));
    world.join(successor);
    for who in ["renamed", "person000"] {
        delete_by_hand(&mut world, None, who);
    }
    world.settle();
    assert_eq!(world.record("renamed").reason, Some(RecordReason::LegalHold));
    assert!(is_there(&world, "renamed") && !is_there(&world, "person000"));
}

#[test]
fn while_the_person_is_not_seen_nobody_is_deleted_by_an_address_alone() {
    let mut world = held(Removal::Deactivate);
    let mut row = world.zoom.remove(&address("person000")).unwrap();
    row.email = address("renamed");
    world.complete.people = false;
    delete_by_hand(&mut world, None, "renamed");
    let plan = world.plan();
    assert!(plan.running.is_empty() && world.records.last().unwrap().phase.is_open(), "{plan:?}");
    world.join(row);
    world.complete.people = true;
    world.settle();
    assert_eq!(world.record("renamed").reason, Some(RecordReason::LegalHold));
}

#[test]
fn a_record_that_says_it_comes_from_an_object_does_not_pass_it() {
    let mut world = held(Removal::Deactivate);
    delete_by_hand(&mut world, None, "person000");
    world.records.last_mut().unwrap().source =
        Some(Source { object: key("forged"), uid: "forged".into(), generation: 1, deleted: true });
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));
    assert!(is_there(&world, "person000"));
}

#[rstest]
#[case::without_it(None, false, false)]
#[case::under_it(Some("case 12"), false, true)]
#[case::suspended(None, true, true)]
fn declaring_the_person_again_without_it_lifts_it(
    #[case] hold: Option<&str>,
    #[case] suspended: bool,
    #[case] stays: bool,
) {
    let mut world = held(Removal::Deactivate);
    world.reapply("person000");
    let object = world.object("person000");
    (object.hold, object.suspended) = (hold.map(Into::into), suspended);
    world.settle();
    let first = &world.records[0];
    assert_eq!((first.phase == Phase::Cancelled, first.hold.as_deref()), (!stays, Some("case 12")));
    assert!(is_idle(&world.plan()), "it is said once");
    world.object("person000").removal = Some(Removal::Delete(Departure::default()));
    world.object("person000").suspended = false;
    world.delete("person000");
    world.settle();
    let left = world.zoom.get(&address("person000")).map(|row| row.state);
    assert_eq!(left, stays.then_some(State::Inactive));
}

/// Somebody under a hold who came back under it.
fn back_under_a_hold() -> World {
    let mut world = held(Removal::Deactivate);
    world.reapply("person000");
    world.object("person000").hold = Some("case 12".into());
    world.settle();
    assert_eq!((world.row("person000").state, world.phase("person000")), (State::Active, Phase::Done));
    world
}

#[rstest]
#[case::at_once(None, Some("case 12"))]
#[case::and_for_good_later(Some(600), Some("case 12"))]
#[case::by_an_object_that_says_nothing_of_it(None, None)]
fn who_leaves_again_under_it_is_deactivated_again(#[case] after: Option<u64>, #[case] hold: Option<&str>) {
    let mut world = back_under_a_hold();
    let object = world.object("person000");
    object.hold = hold.map(Into::into);
    let after = after.map(std::time::Duration::from_secs);
    object.removal = Some(Removal::Delete(Departure { heir: None, after }));
    world.delete("person000");
    world.round();
    world.settle();
    assert_eq!(world.row("person000").state, State::Inactive);
    world.pass_time(seconds(600));
    world.settle();
    assert_eq!((world.phase("person000"), world.row("person000").state), (Phase::Refused, State::Inactive));
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));
}

#[test]
fn of_what_a_human_writes_nothing_is_done_for_good_right_after_the_deactivation() {
    let mut world = back_under_a_hold();
    world.objects.remove(&key("person000"));
    let steps = vec![Step::Deactivate, Step::Unlink(None)];
    world.records.push(Record { steps, approved: true, ..by_hand("person000", Step::Deactivate) });
    world.round();
    assert_eq!((world.phase("person000"), world.row("person000").state), (Phase::Running, State::Inactive));
    world.round();
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));
    // Nobody is made a member for a removal that is not to come.
    let mut world = back_under_a_hold();
    world.another_admin();
    world.row("person000").role = Some(role_id(RoleId::ADMIN));
    delete_by_hand(&mut world, None, "person000");
    world.objects.remove(&key("person000"));
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));
    assert_eq!(world.row("person000").role, Some(role_id(RoleId::ADMIN)));
}

#[test]
fn who_leaves_unseen_and_without_a_known_id_is_deactivated_all_the_same() {
    let mut world = back_under_a_hold();
    let row = world.zoom.remove(&address("person000")).unwrap();
    world.complete.people = false;
    let object = world.object("person000");
    (object.hold, object.removal) = (None, Some(Removal::Unlink(Departure::default())));
    object.remembered.id = None;
    world.delete("person000");
    world.round();
    assert!(!world.objects.contains_key(&key("person000")));
    world.join(row);
    world.complete.people = true;
    world.settle();
    world.settle();
    assert_eq!((world.phase("person000"), world.row("person000").state), (Phase::Refused, State::Inactive));
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));
}

#[test]
fn two_holds_are_lifted_in_one_order_whatever_the_order_of_the_records() {
    let mut world = held(Removal::Deactivate);
    let again = Record { name: "another".into(), ..world.records[0].clone() };
    world.records.push(again);
    world.reapply("person000");
    let lifted = |records: &[Record]| world.plan_with(&world.desired(), &world.directory(), records).changes;
    let mut turned = world.records.clone();
    turned.reverse();
    assert_eq!(lifted(&world.records).len(), 2);
    assert_eq!(lifted(&world.records), lifted(&turned));
}
