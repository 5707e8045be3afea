//! Which objects may speak for people.

use crate::support::*;
use rstest::rstest;
use zoom_core::*;

fn grant() -> Grant {
    Grant {
        email_domains: Some(["example.com".into()].into()),
        licenses: Some([License::Basic].into()),
        roles: Some(["member".into()].into()),
        ..Grant::default()
    }
}

pub(crate) fn granted(namespace: &str, grants: Vec<Grant>) -> Access {
    Access::Granted([(namespace.into(), grants)].into())
}

#[rstest]
#[case::within(|_: &mut DesiredPerson| {}, None)]
#[case::nothing_named(|object: &mut DesiredPerson| object.wanted.license = None, None)]
#[case::domain(
    |object: &mut DesiredPerson| object.email = Email::parse("ada@Sub.Example.com").unwrap(), Some("sub.example.com")
)]
#[case::licence(|object: &mut DesiredPerson| object.wanted.license = Some(License::Licensed), Some("Licensed"))]
#[case::role(|object: &mut DesiredPerson| object.wanted.role = Some("Admin".into()), Some("admin"))]
#[case::role_in_any_case(|object: &mut DesiredPerson| object.wanted.role = Some("MEMBER".into()), None)]
fn a_grant_covers_an_object_or_names_what_it_does_not(
    #[case] change: fn(&mut DesiredPerson),
    #[case] named: Option<&str>,
) {
    let mut object = object("ada");
    object.email = Email::parse("Ada@Example.com").unwrap();
    object.wanted.license = Some(License::Basic);
    change(&mut object);
    let namespace = object.object.namespace.clone();
    let refusal = granted(&namespace, vec![grant()]).refusal(&object);
    assert_eq!(refusal.is_some(), named.is_some(), "{refusal:?}");
    assert!(named.is_none_or(|named| refusal.unwrap().contains(named)));
    let wide = Grant::default();
    assert_eq!(granted(&namespace, vec![grant(), wide]).refusal(&object), None, "one grant is enough");
    assert!(granted("elsewhere", vec![Grant::default()]).refusal(&object).unwrap().contains(&*namespace));
}

/// A person who is managed until the connection's access shrinks.
fn withdrawn() -> World {
    let mut world = World::of(1);
    world.policy.access = granted("elsewhere", vec![Grant::default()]);
    world
}

#[test]
fn what_is_not_permitted_does_nothing_and_claims_nobody() {
    let mut world = withdrawn();
    world.edit("person000", |wanted| wanted.active = false);
    world.settle();
    assert_eq!((world.verdict("person000"), world.plan().managed), (Reason::NotPermitted, 0));
    assert!(world.touched.is_empty() && world.records.is_empty());
    // Somebody who is permitted takes over, though the other object holds the id.
    let mut other = object("person000");
    other.object = ObjectKey::new("elsewhere", "person000");
    other.uid = "other".into();
    world.add(other);
    let plan = world.plan();
    let verdict =
        |object: &ObjectKey| plan.people.iter().find(|planned| planned.object == *object).unwrap().verdict.reason;
    assert_eq!(verdict(&ObjectKey::new("elsewhere", "person000")), Reason::Synced);
    assert_eq!(verdict(&key("person000")), Reason::NotPermitted);
}

#[test]
fn an_object_that_is_deleted_while_it_is_not_permitted_is_let_go_and_its_person_stays() {
    let mut world = withdrawn();
    world.delete("person000");
    let plan = world.round();
    assert_eq!(plan.released, [(key("person000"), Release::Access)]);
    assert_eq!(plan.let_go, [key("person000")]);
    world.settle();
    assert!(world.touched.is_empty() && world.records.is_empty());
}

#[test]
fn a_removal_that_was_not_carried_out_before_access_was_withdrawn_is_cancelled() {
    let mut world = World::of(2);
    world.delete("person000");
    world.edit("person001", |wanted| wanted.license = Some(License::Unassigned));
    world.policy.guard.limits = limits(0);
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 2)].into());
    world.policy.access = granted("elsewhere", vec![Grant::default()]);
    world.approve(|_| true);
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::NotPermitted));
    assert_eq!(world.record("person001").reason, Some(RecordReason::TakenBack));
    assert!(world.touched.is_empty());
}

#[test]
fn a_person_whose_object_is_deleted_in_plan_mode_is_told_to_be_released() {
    let mut world = World::of(2);
    world.policy.mode = Mode::Plan;
    world.delete("person000");
    world.object("person001").removal = Some(Removal::Retain);
    world.delete("person001");
    let plan = world.round();
    assert_eq!(plan.released, [(key("person000"), Release::Switch)]);
    assert_eq!(plan.let_go.len(), 2);
}
