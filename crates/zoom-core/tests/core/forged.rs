//! A record says for which object it was written. Whoever may write records may write any object into one.

use crate::support::*;
use zoom_core::*;

/// An object asks for the deactivation of its person, which is held; somebody writes a record in its name about another
/// person, and approves it.
fn forged(whom: &str) -> World {
    let mut world = World::of(6);
    world.policy.guard.limits = limits(0);
    world.join(person("undeclared", State::Active));
    world.edit("person000", |wanted| wanted.active = false);
    let mut record = by_hand(whom, Step::Deactivate);
    let DesiredPerson { object, uid, generation, .. } = world.object("person000").clone();
    record.source = Some(Source { object, uid, generation, deleted: false });
    (record.name, record.approved) = ("forged".into(), true);
    world.records.push(record);
    world
}

#[test]
fn a_record_about_somebody_else_than_its_objects_person_is_not_asked_for() {
    for whom in ["person001", "undeclared"] {
        let mut world = forged(whom);
        world.settle();
        assert_eq!(world.record(whom).reason, Some(RecordReason::TakenBack));
        assert!(world.touched.is_empty(), "{:?}", world.touched);
    }
}

#[test]
fn nor_does_it_answer_for_what_the_object_asks() {
    let mut world = forged("person001");
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::OverLimit));
    // Nor if it was refused.
    let mut world = forged("person001");
    world.records[0].phase = Phase::Refused;
    world.settle();
    assert_eq!(world.verdict("person000"), Reason::Held);
}

#[test]
fn a_person_whose_invitation_was_accepted_meanwhile_is_the_same() {
    let mut world = World::of(6);
    world.join(person("person000", State::Pending));
    world.object("person000").remembered.id = None;
    world.policy.guard.limits = limits(0);
    world.edit("person000", |wanted| wanted.active = false);
    world.settle();
    world.join(person("person000", State::Active));
    world.approve(|_| true);
    world.settle();
    assert_eq!((world.records.len(), world.row("person000").state), (1, State::Inactive));
}
