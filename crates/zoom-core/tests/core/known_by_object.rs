//! Who is protected by an address that nothing but their object knows.

use rstest::rstest;
use zoom_core::*;

use crate::support::*;

/// Whoever stops the operator, it is between the writing of a record and what is said of it.
#[rstest]
#[case::deleted(|world: &mut World| world.delete("person000"))]
#[case::edited(|world: &mut World| world.edit("person000", |wanted| wanted.active = false))]
#[case::while_it_is_not_known_who_is_an_admin(|world: &mut World| {
    world.row("person000").role = Some(role_id(RoleId::ADMIN));
    world.complete.people = false;
    world.delete("person000");
})]
fn they_stay_although_the_operator_stops_before_their_record_says_that_it_is_refused(
    #[case] leave: fn(&mut World),
    #[values(0, 300)] others: usize,
) {
    let mut world = World::of(others + 20);
    world.policy.protected.emails = vec![EmailPattern::new("ceo@example.com")];
    world.object("person000").previous_emails = [email("ceo@example.com")].into();
    leave(&mut world);
    (1..=others).for_each(|place| world.delete(&name(place)));

    let plan = world.plan();
    world.records.extend(plan.new_records.iter().map(|new| written(new, world.now)));
    let plan = world.plan();
    assert!(!plan.let_go.contains(&key("person000")), "nothing else knows the address");
    assert!(plan.running.is_empty());
    world.write_records(&plan);
    assert_eq!(
        (world.phase("person000"), world.record("person000").reason),
        (Phase::Refused, Some(RecordReason::Protected))
    );

    let goes = world.object("person000").deleting;
    assert_eq!(world.plan().let_go.contains(&key("person000")), goes, "then it has said its piece");
    world.complete.people = true;
    world.settle();
    assert_eq!((world.row("person000").state, world.records_of("person000").len()), (State::Active, 1));
}
