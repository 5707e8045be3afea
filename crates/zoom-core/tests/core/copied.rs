//! Records that a backup brought back: nobody can tell whether they ran long ago.

use rstest::rstest;
use zoom_core::*;

use crate::support::*;

/// Five people and the approved record of a sixth one's deleted object, as a backup without its status has it.
fn restored(steps: Vec<Step>) -> World {
    let mut world = World::of(5);
    world.policy.allow.delete = true;
    world.join(person("person005", State::Active));
    let subject = Subject::Person(PersonRef { id: Some(id("PERSON005")), email: address("person005") });
    let source = Source { object: key("person005"), uid: "before".into(), generation: 2, deleted: true };
    let class = if steps.iter().any(Step::takes_access) { Class::Access } else { Class::Entitlement };
    let hold = Some("case 12".into());
    let asked =
        Record { subject, class, source: Some(source), approved: true, hold, ..by_hand("person005", Step::Create) };
    world.records.push(Record { name: "restored".into(), steps, copied: true, ..asked });
    world
}

#[rstest]
#[case(vec![Step::Deactivate])]
#[case(vec![Step::Deactivate, Step::Delete(None)])]
#[case(vec![Step::SetLicense(License::Unassigned)])]
fn a_copy_takes_nothing_although_it_is_approved(#[case] steps: Vec<Step>) {
    let mut world = restored(steps);
    world.settle();
    let record = world.record("person005");
    assert_eq!((record.phase, record.reason), (Phase::Refused, Some(RecordReason::Restored)));
    assert!(world.touched.is_empty(), "{:?}", world.touched);
    assert!(is_idle(&world.plan()));
}

#[test]
fn before_anybody_was_listed_a_copy_waits() {
    let mut world = restored(vec![Step::Deactivate]);
    world.complete.people = false;
    world.zoom.remove(&address("person005"));
    world.settle();
    assert_eq!(world.phase("person005"), Phase::Settling);
    assert!(world.touched.is_empty(), "{:?}", world.touched);
    world.complete.people = true;
    world.settle();
    assert_eq!(world.record("person005").reason, Some(RecordReason::AlreadyDone));
}

#[test]
fn a_copy_of_what_is_reclaimed_or_done_says_so() {
    let mut world = restored(vec![Step::Deactivate]);
    world.reapply("person005");
    world.settle();
    assert_eq!(world.record("person005").reason, Some(RecordReason::Reclaimed));
    let mut world = restored(vec![Step::Deactivate]);
    world.row("person005").state = State::Inactive;
    world.settle();
    assert_eq!(world.record("person005").reason, Some(RecordReason::AlreadyDone));
}

#[test]
fn the_legal_hold_in_a_copy_stays_good() {
    let mut world = restored(vec![Step::Deactivate]);
    world.settle();
    world.records.push(by_hand("person005", Step::Delete(None)));
    world.settle();
    assert_eq!(world.record("person005").reason, Some(RecordReason::LegalHold));
    assert!(world.zoom.contains_key(&address("person005")));
}

#[test]
fn what_a_live_object_asks_for_is_no_copy_of_the_past() {
    let mut world = World::of(6);
    world.policy.guard.limits = limits(0);
    world.edit("person000", |wanted| wanted.active = false);
    world.settle();
    world.records[0].copied = true;
    world.approve(|_| true);
    world.settle();
    assert_eq!(world.row("person000").state, State::Inactive);
}

#[test]
fn a_group_whose_deletion_a_backup_brought_back_stays() {
    let mut world = World::of(3);
    let group = Group { id: GroupId::new("g1").unwrap(), name: "Staff".into(), total: Some(0), admins: None };
    let thing = ThingRef { kind: ThingKind::Group, id: "g1".into(), name: "Staff".into() };
    world.zoom_groups.push(group);
    let source = Source { object: key("staff"), uid: "before".into(), generation: 2, deleted: true };
    let subject = Subject::Members(Leaving { thing, people: Vec::new(), groups: Vec::new(), count: 0 });
    let deletion = by_hand("staff", Step::DeleteGroup);
    let deletion = Record { class: Class::Membership, subject, source: Some(source), approved: true, ..deletion };
    let verdict = |copied| {
        let plan = world.plan_with(&world.desired(), &world.directory(), &[Record { copied, ..deletion.clone() }]);
        (plan.changes[0].phase, plan.changes[0].reason, plan.running.len())
    };
    assert_eq!(verdict(true), (Phase::Refused, RecordReason::Restored, 0));
    assert_eq!(verdict(false), (Phase::Running, RecordReason::Approved, 1), "it would run");
}
