//! Which objects may speak for people.

use crate::{group_world::*, support::*};
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
#[case::former_address(
    |object: &mut DesiredPerson| object.previous_emails = [Email::parse("cfo@other.example").unwrap()].into(),
    Some("spec.previousEmails is in other.example")
)]
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

/// The object of a colleague that could not be understood, and whom of two it keeps from what their own object asks for.
#[rstest]
#[case::elsewhere("elsewhere", Some(address("person000")), Reason::Synced)]
#[case::limited_to_another_domain("sales", Some(address("person000")), Reason::Synced)]
#[case::says_nothing("sales", None, Reason::Synced)]
#[case::not_limited("wide", Some(address("person000")), Reason::ClaimedByAnother)]
fn what_cannot_be_understood_claims_only_whom_it_may_speak_of(
    #[case] namespace: &str,
    #[case] email: Option<Email>,
    #[case] expected: Reason,
) {
    let mut world = World::of(2);
    let (sales, wide) = (vec![limited_to("sales.example.com")], vec![Grant::default()]);
    let grants = [("team", wide.clone()), ("sales", sales), ("wide", wide)];
    world.policy.access = Access::Granted(grants.map(|(namespace, grants)| (namespace.into(), grants)).into());
    world.unreadable =
        vec![Claim { object: ObjectKey::new(namespace, "broken"), id: None, email, previous_emails: Vec::new() }];
    assert_eq!(world.verdict("person000"), expected);
    let id = world.found("research", &["person000", "person001"]);
    world.add_group(DesiredGroup {
        members: members(&["person000"]),
        membership: Membership::Exclusive,
        ..group("research")
    });
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000"], "the other one may leave");
}

fn limited_to(domain: &str) -> Grant {
    Grant { email_domains: Some([domain.into()].into()), ..Grant::default() }
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

/// The object of one is gone, and those of two others stand; what they ask for is held or approved when access is withdrawn.
#[rstest]
#[case::the_namespace(granted("elsewhere", vec![Grant::default()]), false)]
#[case::the_namespace_of_what_was_approved(granted("elsewhere", vec![Grant::default()]), true)]
#[case::its_domain(granted("team", vec![limited_to("sales.example.com")]), false)]
#[case::its_domain_of_what_was_approved(granted("team", vec![limited_to("sales.example.com")]), true)]
fn what_is_written_down_when_access_is_withdrawn_is_held_and_goes_on_when_it_is_back(
    #[case] access: Access,
    #[case] approved: bool,
) {
    let mut world = World::of(4);
    world.edit("person001", |wanted| wanted.license = Some(License::Unassigned));
    world.edit("person002", |wanted| wanted.active = false);
    let covers_namespace = access.covers("team");
    if !covers_namespace {
        world.delete("person000");
    }
    world.policy.mode = Mode::HoldRemovals;
    world.settle();
    world.approve(|_| approved);
    (world.policy.mode, world.policy.access) = (Mode::Enforce, access);
    world.settle();
    let held = (Phase::Held, Some(RecordReason::NotPermitted));
    assert!(world.records.iter().all(|record| (record.phase, record.reason) == held), "{:?}", world.records);
    assert!(world.touched.is_empty());
    world.policy.access = Access::Everybody;
    world.settle();
    let all = if covers_namespace { 2 } else { 3 };
    assert_eq!((world.phases(), world.touched.len()), ([("Done".to_owned(), all)].into(), all));
}

#[test]
fn a_wave_over_its_limit_is_held_as_before_when_access_was_withdrawn_and_is_back() {
    let mut world = World::of(10);
    (0..6).for_each(|place| world.delete(&name(place)));
    world.settle();
    world.policy.access = granted("elsewhere", vec![Grant::default()]);
    world.settle();
    world.policy.access = Access::Everybody;
    world.policy.guard.limits = limits(10);
    world.settle();
    assert!(world.records.iter().all(|record| record.reason == Some(RecordReason::OverLimit)), "{:?}", world.records);
    assert!(world.touched.is_empty());
}

#[test]
fn an_edit_whose_object_is_deleted_while_it_is_not_permitted_is_over() {
    let mut world = World::of(2);
    world.policy.guard.limits = limits(0);
    world.edit("person000", |wanted| wanted.active = false);
    world.settle();
    world.policy.access = granted("elsewhere", vec![Grant::default()]);
    world.delete("person000");
    let plan = world.round();
    assert_eq!(plan.released, [(key("person000"), Release::Access)]);
    (world.policy.access, world.policy.guard.limits) = (Access::Everybody, limits(5));
    world.settle();
    assert_eq!((world.phase("person000"), world.touched.len()), (Phase::Cancelled, 0));
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

#[test]
fn while_namespaces_cannot_be_seen_nobody_is_told_that_nothing_is_permitted_to_them() {
    let mut world = World::of(2);
    world.policy.access = Access::Granted(std::collections::BTreeMap::new());
    world.all_objects_seen = false;
    world.delete("person001");
    world.settle();
    let plan = world.plan();
    assert_eq!(verdict(&plan, "person000").reason, Reason::WaitingForListing);
    assert!(verdict(&plan, "person000").message.contains("namespace team"), "{:?}", verdict(&plan, "person000"));
    assert!(world.touched.is_empty(), "and whoever leaves waits as well");
    // A namespace that is known and has no grant is told at once.
    world.policy.access = granted("team", Vec::new());
    assert_eq!(world.verdict("person000"), Reason::NotPermitted);
}
