//! An account without an Admin is in its owner's hands alone: its last active one stays.

use proptest::prelude::*;
use rstest::rstest;
use zoom_core::*;

use crate::support::*;

fn make_admin(world: &mut World, who: &str) {
    world.row(who).role = Some(role_id(RoleId::ADMIN));
}

/// Four people, the first of them an Admin.
fn account() -> World {
    let mut world = World::of(4);
    world.policy.allow.delete = true;
    let all = Limit { percent: 100, floor: 0 };
    world.policy.guard.limits = Limits { access: all, entitlement: all, ..limits(0) };
    make_admin(&mut world, "person000");
    world
}

fn demote(world: &mut World) {
    world.edit("person000", |wanted| wanted.role = Some("Member".into()));
}

fn swap(world: &mut World) {
    world.edit("person000", |wanted| wanted.role = Some("Helpdesk".into()));
}

fn deactivate(world: &mut World) {
    world.edit("person000", |wanted| wanted.active = false);
}

fn run_out(world: &mut World) {
    let now = world.now;
    world.edit("person000", |wanted| wanted.active_until = Some(now));
}

#[rstest]
#[case::demoted(demote)]
#[case::given_a_lower_role(swap)]
#[case::deactivated(deactivate)]
#[case::at_the_end_of_their_time(run_out)]
fn the_last_admin_stays_and_it_is_said_what_to_do(#[case] edit: fn(&mut World)) {
    let mut world = account();
    let row = world.row("person000").clone();
    edit(&mut world);
    world.settle();
    let plan = world.plan();
    let told = verdict(&plan, "person000");
    assert_eq!((told.reason, told.reason.standing()), (Reason::LastAdmin, Standing::Stalled));
    assert!(told.message.contains("give somebody else the role Admin first"), "{}", told.message);
    assert_eq!((world.row("person000").clone(), world.records.len()), (row, 0));
    assert!(is_idle(&plan));

    world.another_admin();
    world.settle();
    assert_eq!(world.phase("person000"), Phase::Done, "it goes on once another is there");
}

#[rstest]
#[case(None)]
#[case(Some(Removal::Unlink(Departure::default())))]
#[case(Some(Removal::Delete(Departure::default())))]
fn the_last_admin_stays_although_their_object_is_deleted(#[case] removal: Option<Removal>) {
    let mut world = account();
    world.object("person000").removal = removal;
    world.delete("person000");
    world.settle();
    assert_eq!(world.row("person000").role, Some(role_id(RoleId::ADMIN)));
    assert_eq!(
        (world.phase("person000"), world.record("person000").reason),
        (Phase::Refused, Some(RecordReason::LastAdmin))
    );
    assert_eq!((world.records.len(), world.objects.len()), (1, 3), "it is asked for once, and lets the object go");
}

#[test]
fn whom_a_human_removes_by_hand_may_not_be_the_last_admin_either() {
    let mut world = account();
    world.objects.remove(&key("person000"));
    world.records.push(by_hand("person000", Step::Deactivate));
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::LastAdmin));
    assert_eq!(world.admins(), 1);
}

#[rstest]
#[case::the_owner(State::Active, RoleId::OWNER)]
#[case::somebody_with_another_role(State::Active, "long")]
#[case::an_inactive_one(State::Inactive, RoleId::ADMIN)]
fn who_does_not_count_as_an_admin(#[case] state: State, #[case] role: &str) {
    let mut world = account();
    let other = world.row("person001");
    (other.state, other.role) = (state, Some(role_id(role)));
    world.object("person001").wanted.active = state == State::Active;
    demote(&mut world);
    assert_eq!(world.verdict("person000"), Reason::LastAdmin);
}

#[test]
fn while_it_is_not_known_who_else_is_an_admin_nothing_is_taken_and_nothing_refused() {
    let mut world = account();
    make_admin(&mut world, "person001");
    demote(&mut world);
    world.round();
    world.pass_time(seconds(31));
    world.zoom.remove(&address("person001"));
    world.complete.people = false;
    assert_eq!(world.verdict("person000"), Reason::WaitingForListing);
    world.round();
    assert_eq!((world.phase("person000"), world.admins()), (Phase::Settling, 1));
}

#[test]
fn what_is_not_about_the_role_is_taken_from_the_last_admin_all_the_same() {
    let mut world = account();
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    world.edit("person000", |wanted| wanted.license = Some(License::Basic));
    world.settle();
    assert_eq!(world.row("person000").license, ObservedLicense::Known(License::Basic));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// How several Admins can be taken away in one pass.
    #[test]
    fn of_all_admins_who_are_taken_away_at_once_one_stays(ways in prop::collection::vec(0..4_u8, 4), admins in 1..=4_usize) {
        let mut world = account();
        for (place, way) in ways.iter().enumerate() {
            let who = name(place);
            if place < admins {
                make_admin(&mut world, &who);
            }
            match way {
                0 => world.edit(&who, |wanted| wanted.role = Some("Member".into())),
                1 => world.edit(&who, |wanted| wanted.active = false),
                2 => world.delete(&who),
                _ => {}
            }
        }
        let kept = ways.iter().take(admins).filter(|way| **way == 3).count();
        world.settle();
        world.settle();
        prop_assert_eq!(world.admins(), kept.max(1));
        prop_assert_eq!(&world.left_without_admin, &[""; 0]);
        prop_assert!(is_idle(&world.plan()), "{:?}", world.plan());
    }
}
