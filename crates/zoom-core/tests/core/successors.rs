//! An address that passes from one person to another: what is written down of the one does not mean the other.

use std::time::Duration;

use rstest::rstest;
use zoom_core::*;

use crate::support::*;

const AFTER: i64 = 600;

/// The first of some people leaves: they are deactivated, and unlinked later.
fn leaver(hold: Option<&str>) -> World {
    let mut world = World::of(4);
    world.policy.allow.delete = true;
    let after = Some(Duration::from_secs(AFTER.unsigned_abs()));
    let object = world.object("person000");
    object.removal = Some(Removal::Unlink(Departure { heir: None, after }));
    object.hold = hold.map(Into::into);
    world.delete("person000");
    world.settle();
    assert_eq!((world.phase("person000"), world.row("person000").state), (Phase::Scheduled, State::Inactive));
    world
}

/// The first person has another address in Zoom by now.
fn rename(world: &mut World) {
    let mut row = world.zoom.remove(&address("person000")).unwrap();
    row.email = address("renamed");
    world.join(row);
}

/// Somebody else is declared with the address, and is there already or will be.
fn succeed(world: &mut World, is_there: bool) {
    rename(world);
    if is_there {
        let mut successor = person("person000", State::Active);
        successor.id = Some(id("SUCCESSOR"));
        world.join(successor);
    }
    let colleague = DesiredPerson { email: address("person000"), created: world.now, ..object("colleague") };
    world.add(colleague);
}

fn about_the_first(step: Step) -> Record {
    let subject = Subject::Person(PersonRef { id: Some(id("PERSON000")), email: address("person000") });
    Record { subject, approved: true, ..by_hand("person000", step) }
}

fn is_there(world: &World, who: &str) -> bool {
    world.zoom.contains_key(&address(who))
}

#[rstest]
fn whoever_has_their_address_now_lifts_no_hold(#[values(true, false)] is_there_already: bool) {
    let mut world = leaver(Some("case 12"));
    world.pass_time(seconds(AFTER));
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));
    succeed(&mut world, is_there_already);
    world.settle();
    assert_eq!((world.records[0].phase, world.row("person000").state), (Phase::Refused, State::Active));
    world.records.push(about_the_first(Step::Delete(None)));
    world.settle();
    assert_eq!(world.records[1].reason, Some(RecordReason::LegalHold));
    assert!(is_there(&world, "renamed") && is_idle(&world.plan()));
}

#[test]
fn while_the_person_is_not_seen_nobody_is_taken_for_them_to_lift_it() {
    let mut world = leaver(Some("case 12"));
    world.pass_time(seconds(AFTER));
    world.settle();
    world.zoom.remove(&address("person000"));
    world.complete.people = false;
    world.reapply("person000");
    world.settle();
    assert_eq!(world.records[0].phase, Phase::Refused);
}

#[test]
fn declaring_the_person_by_the_address_that_they_have_now_lifts_it() {
    let mut world = leaver(Some("case 12"));
    world.pass_time(seconds(AFTER));
    world.settle();
    rename(&mut world);
    world.add(object("renamed"));
    world.settle();
    assert_eq!((world.records[0].phase, world.row("renamed").state), (Phase::Cancelled, State::Active));
}

#[rstest]
fn what_is_scheduled_for_the_one_goes_on_though_the_other_is_declared(#[values(true, false)] is_there_already: bool) {
    let mut world = leaver(None);
    succeed(&mut world, is_there_already);
    world.settle();
    assert_eq!(world.records[0].phase, Phase::Scheduled);
    world.pass_time(seconds(AFTER));
    world.settle();
    assert!(!is_there(&world, "renamed"));
    assert_eq!(world.row("person000").state, State::Active);
}

#[test]
fn the_same_manifest_again_takes_it_back_as_long_as_nobody_else_has_the_address() {
    let mut world = leaver(None);
    rename(&mut world);
    world.reapply("person000");
    world.settle();
    assert_eq!(world.records[0].reason, Some(RecordReason::Reclaimed));
}

#[test]
fn who_is_declared_by_the_address_that_they_have_now_is_brought_back() {
    let mut world = leaver(None);
    rename(&mut world);
    world.add(object("renamed"));
    world.settle();
    assert_eq!((world.records[0].phase, world.row("renamed").state), (Phase::Cancelled, State::Active));
}

#[rstest]
#[case::understood(true)]
#[case::not_understood(false)]
fn a_human_may_remove_the_one_though_an_object_declares_the_other(#[case] readable: bool) {
    let mut world = World::of(4);
    world.objects.remove(&key("person000"));
    succeed(&mut world, true);
    world.round();
    if !readable {
        world.objects.remove(&key("colleague"));
        let claim = Claim {
            object: key("odd"),
            id: Some(id("SUCCESSOR")),
            email: Some(address("person000")),
            previous_emails: Vec::new(),
        };
        world.unreadable.push(claim);
    }
    world.records.push(about_the_first(Step::Deactivate));
    world.settle();
    assert_eq!((world.records[0].phase, world.row("renamed").state), (Phase::Done, State::Inactive));
    assert_eq!(world.row("person000").state, State::Active);
}

#[test]
fn who_was_renamed_in_zoom_is_still_declared_by_their_own_object() {
    let mut world = World::of(4);
    rename(&mut world);
    world.records.push(about_the_first(Step::Deactivate));
    world.settle();
    assert_eq!(world.records[0].reason, Some(RecordReason::Declared));
    assert_eq!(world.row("renamed").state, State::Active);
}
