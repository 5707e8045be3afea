//! Leaving in steps, being kept, and coming back.

use crate::support::*;
use rstest::rstest;
use zoom_core::*;

const MONTH: std::time::Duration = std::time::Duration::from_hours(30 * 24);

fn in_a_month() -> Removal {
    Removal::Delete(Departure { heir: None, after: Some(MONTH) })
}

/// What is remembered of somebody who had a licence and no groups.
fn had(license: License) -> Restore {
    Restore { license: Some(license), groups: Box::default() }
}

fn days(count: i64) -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(24 * count)
}

/// Ten people; the first one's object is deleted.
fn leaver(removal: Removal) -> World {
    let mut world = World::of(10);
    world.policy.allow.delete = true;
    world.object("person000").removal = Some(removal);
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    world.delete("person000");
    world
}

#[test]
fn who_leaves_in_a_month_is_deactivated_now_and_deleted_then() {
    let mut world = leaver(in_a_month());
    world.settle();
    assert_eq!(world.row("person000").state, State::Inactive);
    assert_eq!(
        (world.phase("person000"), world.record("person000").reason),
        (Phase::Scheduled, Some(RecordReason::NotBefore))
    );
    let due = world.record("person000").not_before.unwrap();
    assert_eq!(world.plan().wake_at, Some(due));
    world.pass_time(days(29));
    world.round();
    assert!(world.zoom.contains_key(&address("person000")));
    world.pass_time(days(2));
    world.round();
    assert!(!world.zoom.contains_key(&address("person000")));
    assert_eq!(world.phase("person000"), Phase::Done);
    assert!(is_idle(&world.plan()));
}

fn withdraw(world: &mut World, count: usize) {
    world.records.iter_mut().take(count).for_each(|record| record.approved = false);
}

#[rstest]
#[case::who_is_deactivated_first(State::Active)]
#[case::who_is_inactive_already(State::Inactive)]
fn what_was_agreed_to_a_month_ago_runs_unless_that_was_withdrawn(#[case] state: State) {
    let mut world = if state == State::Active { World::of(20) } else { inactive(20) };
    world.policy.allow.delete = true;
    for place in 0..8 {
        world.object(&name(place)).removal = Some(in_a_month());
        world.delete(&name(place));
    }
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 8)].into());
    world.approve(|_| true);
    world.round();
    assert_eq!(world.phases(), [("Scheduled".to_owned(), 8)].into());
    world.pass_time(days(10));
    // As few as the limit would take.
    withdraw(&mut world, 5);
    world.round();
    assert_eq!(world.phases(), [("Held".to_owned(), 5), ("Scheduled".to_owned(), 3)].into());
    assert_eq!(world.records[0].reason, Some(RecordReason::OverLimit));
    assert!(is_idle(&world.plan()), "it is said once");
    world.pass_time(days(31));
    world.round();
    assert_eq!((world.phases(), world.zoom.len()), ([("Done".to_owned(), 3), ("Held".to_owned(), 5)].into(), 17));
    world.approve(|_| true);
    world.round();
    assert_eq!(world.phases(), [("Done".to_owned(), 8)].into());
}

#[rstest]
#[case::running(|_: &mut World| {})]
#[case::then_held_by_a_switch(|world: &mut World| {
    world.policy.allow.deactivate = false;
    world.round();
    world.policy.allow.deactivate = true;
})]
fn what_was_approved_and_has_not_ended_runs_no_more_once_that_is_withdrawn(#[case] meanwhile: fn(&mut World)) {
    let mut world = World::of(20);
    (0..8).for_each(|place| world.delete(&name(place)));
    world.settle();
    world.approve(|_| true);
    let plan = world.plan();
    world.write_records(&plan);
    assert_eq!(plan.running.len(), 8);
    meanwhile(&mut world);
    withdraw(&mut world, 5);
    world.settle();
    assert_eq!(world.phases(), [("Done".to_owned(), 3), ("Held".to_owned(), 5)].into());
    assert!(world.touched.len() == 3 && is_idle(&world.plan()));
}

#[test]
fn the_switch_for_deleting_is_needed_only_when_the_time_has_come() {
    let mut world = leaver(in_a_month());
    world.policy.allow.delete = false;
    world.settle();
    assert_eq!(world.row("person000").state, State::Inactive);
    world.pass_time(days(31));
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::NotAllowed));
    assert!(world.zoom.contains_key(&address("person000")));
}

#[test]
fn who_is_inactive_already_only_waits() {
    let mut world = leaver(in_a_month());
    world.row("person000").state = State::Inactive;
    world.settle();
    assert_eq!(world.phase("person000"), Phase::Scheduled);
    assert!(world.touched.is_empty());
}

/// Whose people are all deactivated already, and who are to be deleted in a month.
fn inactive(count: usize) -> World {
    let mut world = World::of(count);
    world.policy.allow.delete = true;
    for place in 0..count {
        world.edit(&name(place), |wanted| wanted.active = false);
        let object = world.object(&name(place));
        object.removal = Some(in_a_month());
        object.remembered.access_generation = Some(object.generation);
        world.row(&name(place)).state = State::Inactive;
    }
    world
}

fn delete(world: &mut World, places: std::ops::Range<usize>) {
    places.for_each(|place| world.delete(&name(place)));
}

#[test]
fn hundreds_who_are_inactive_already_are_counted_whole_when_they_are_written_down() {
    let mut world = inactive(520);
    for first in (0..500).step_by(10) {
        delete(&mut world, first..first + 10);
        world.round();
        world.pass_time(seconds(20));
    }
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 500)].into());
    world.pass_time(days(40));
    world.settle();
    assert_eq!((world.phases(), world.zoom.len()), ([("Held".to_owned(), 500)].into(), 520));
    world.approve(|_| true);
    world.round();
    assert_eq!(world.zoom.len(), 20);
}

#[test]
fn in_pieces_no_more_of_them_wait_for_their_time_than_may_go_in_a_window() {
    let mut world = inactive(20);
    for place in 0..8 {
        delete(&mut world, place..place + 1);
        world.settle();
    }
    assert_eq!(world.phases(), [("Held".to_owned(), 3), ("Scheduled".to_owned(), 5)].into());
    world.approve(|record| record.phase == Phase::Held);
    world.round();
    assert_eq!(world.phases(), [("Scheduled".to_owned(), 8)].into());
    assert!(is_idle(&world.plan()));
    // Who was approved uses up nothing.
    world.pass_time(days(2));
    delete(&mut world, 8..13);
    world.settle();
    assert_eq!(world.phases(), [("Scheduled".to_owned(), 13)].into());
    world.pass_time(days(29));
    world.round();
    assert_eq!((world.phase("person012"), world.zoom.len()), (Phase::Scheduled, 12));
    world.pass_time(days(2));
    world.round();
    assert_eq!((world.phases(), world.zoom.len()), ([("Done".to_owned(), 13)].into(), 7));
}

#[test]
fn what_a_switch_held_back_for_long_uses_up_the_limit_on_the_day_when_it_is_agreed() {
    let mut world = inactive(20);
    world.policy.mode = Mode::HoldRemovals;
    delete(&mut world, 0..5);
    world.settle();
    world.pass_time(days(10));
    world.policy.mode = Mode::Enforce;
    world.settle();
    assert_eq!(world.phases(), [("Scheduled".to_owned(), 5)].into());
    delete(&mut world, 5..10);
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 5), ("Scheduled".to_owned(), 5)].into());
}

#[test]
fn what_waits_for_its_time_needs_its_switch_only_then_and_is_agreed_to_all_the_same() {
    let mut world = inactive(20);
    for _ in 0..3 {
        let first = world.records.len();
        delete(&mut world, first..first + 4);
        world.settle();
        world.pass_time(days(2));
    }
    world.policy.mode = Mode::HoldRemovals;
    world.settle();
    world.policy.mode = Mode::Enforce;
    world.settle();
    assert_eq!(world.phases(), [("Scheduled".to_owned(), 12)].into());
    world.policy.allow.delete = false;
    world.pass_time(days(25));
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 4), ("Scheduled".to_owned(), 8)].into());
    world.reapply("person011");
    world.settle();
    assert_eq!((world.record("person011").reason, world.zoom.len()), (Some(RecordReason::Reclaimed), 20));
}

#[rstest]
#[case::while_they_wait_to_be_deleted(in_a_month())]
#[case::deactivated_for_good(Removal::Deactivate)]
fn who_is_declared_again_comes_back_with_the_licence_that_they_had(#[case] removal: Removal) {
    let mut world = leaver(removal);
    world.settle();
    assert_eq!(world.row("person000").license, ObservedLicense::Known(License::Basic));
    world.reapply("person000");
    let plan = world.plan();
    assert_eq!(planned(&plan, "person000").restore, Some(had(License::Licensed)));
    world.round();
    world.settle();
    let row = world.row("person000");
    assert_eq!((row.state, row.license), (State::Active, ObservedLicense::Known(License::Licensed)));
    assert_eq!(world.records_of("person000").len(), 1);
    world.pass_time(days(40));
    world.settle();
    assert!(world.zoom.contains_key(&address("person000")));
}

#[test]
fn who_is_let_in_again_by_an_edit_gets_the_licence_that_they_had() {
    let mut world = World::of(10);
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    world.edit("person000", |wanted| wanted.active = false);
    world.settle();
    world.edit("person000", |wanted| wanted.active = true);
    world.round();
    assert_eq!(world.row("person000").license, ObservedLicense::Known(License::Licensed));
}

#[test]
fn a_licence_that_is_declared_goes_before_the_one_that_was() {
    let mut world = leaver(Removal::Deactivate);
    world.settle();
    world.reapply("person000");
    world.edit("person000", |wanted| wanted.license = Some(License::Basic));
    world.settle();
    assert_eq!(world.row("person000").license, ObservedLicense::Known(License::Basic));
}

#[test]
fn a_role_never_comes_back_from_memory() {
    let mut world = leaver(Removal::Deactivate);
    world.another_admin();
    world.row("person000").role = Some(role_id(RoleId::ADMIN));
    world.settle();
    assert_eq!(world.row("person000").role, Some(role_id(RoleId::MEMBER)));
    world.reapply("person000");
    world.settle();
    assert_eq!(world.row("person000").state, State::Active);
    assert_eq!(world.row("person000").role, Some(role_id(RoleId::MEMBER)));
}

#[test]
fn an_interrupted_return_goes_on_to_the_licence() {
    let mut world = World::of(1);
    world.object("person000").remembered.restore = Some(had(License::Licensed));
    world.round();
    assert_eq!(world.row("person000").license, ObservedLicense::Known(License::Licensed));
}

#[rstest]
#[case(Removal::Deactivate)]
#[case(Removal::Unlink(Departure::default()))]
#[case(Removal::Delete(Departure::default()))]
fn an_administrator_is_demoted_before_they_leave(#[case] removal: Removal) {
    let mut world = leaver(removal);
    world.row("person000").role = Some(role_id("long"));
    world.write_records(&world.plan());
    let record = world.record("person000").clone();
    let row = world.row("person000").clone();
    let next = record.next(Some(&row), &world.directory(), &world.policy, world.now);
    let expected = Operation::SetRole { person: row.reference(), from: role_id("long"), to: role_id(RoleId::MEMBER) };
    assert_eq!(next, Next::Run(expected));
    world.settle();
    assert_eq!(world.phase("person000"), Phase::Done);
}

#[test]
fn downgrading_a_leaver_frees_their_seat_and_counts_as_an_entitlement() {
    let mut world = leaver(Removal::Downgrade);
    world.round();
    assert!(!world.objects.contains_key(&key("person000")));
    world.settle();
    let row = world.row("person000");
    assert_eq!((row.state, row.license), (State::Active, ObservedLicense::Known(License::Basic)));
    assert_eq!((world.record("person000").class, world.phase("person000")), (Class::Entitlement, Phase::Done));
}

#[rstest]
#[case::unlink(Removal::Unlink(Departure::default()))]
#[case::delete(Removal::Delete(Departure::default()))]
#[case::later(in_a_month())]
fn whom_a_legal_hold_keeps_is_deactivated_and_never_goes_whoever_approves(#[case] removal: Removal) {
    let mut world = leaver(removal);
    world.object("person000").hold = Some("case 12".into());
    world.round();
    world.approve(|_| true);
    world.settle();
    world.pass_time(days(40));
    world.settle();
    assert_eq!(world.row("person000").state, State::Inactive);
    assert_eq!(world.phase("person000"), Phase::Refused);
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));

    let mut by_hand = by_hand("person000", Step::Delete(None));
    by_hand.approved = true;
    world.records.push(by_hand);
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::LegalHold));
    assert!(world.zoom.contains_key(&address("person000")));
}

#[rstest]
#[case::by_address("person000@example.com")]
#[case::by_a_pattern("person*")]
#[case::by_a_former_address("formerly@*")]
#[case::by_the_declared_address("declared@example.com")]
fn from_a_protected_person_nothing_is_taken(
    #[case] pattern: &str,
    #[values(
        |world: &mut World| world.delete("person000"),
        |world: &mut World| world.edit("person000", |wanted| wanted.active = false),
        |world: &mut World| world.edit("person000", |wanted| wanted.license = Some(License::Unassigned)),
    )]
    ask: fn(&mut World),
) {
    let mut world = World::of(10);
    world.policy.protected.emails = vec![EmailPattern::new(pattern)];
    let object = world.object("person000");
    object.previous_emails = [email("formerly@example.com")].into();
    if pattern.starts_with("declared") {
        object.email = email("declared@example.com");
        object.remembered.email = Some(email("declared@example.com"));
    }
    ask(&mut world);
    if pattern.starts_with("declared") && world.plan().new_records.is_empty() {
        return; // Somebody renamed in Zoom is told of first.
    }
    world.settle();
    world.approve(|_| true);
    world.settle();
    assert!(world.touched.is_empty());
    assert!(world.records.iter().all(|record| record.reason == Some(RecordReason::Protected)), "{:?}", world.records);
    assert_eq!(world.records.len(), 1);
}

#[test]
fn a_role_protects_too_also_from_a_human() {
    let mut world = World::of(10);
    world.policy.protected.roles = vec!["helpdesk".into()];
    world.objects.remove(&key("person000"));
    world.row("person000").role = Some(role_id("long"));
    world.records = vec![by_hand("person000", Step::Deactivate)];
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::Protected));
    assert!(world.touched.is_empty());
}

#[test]
fn what_protects_nobody_is_told() {
    let mut world = World::of(2);
    let emails = ["person001@example.com", "svc-*"].map(EmailPattern::new);
    world.policy.protected = Protected {
        emails: emails.into(),
        groups: vec!["Board".into(), "Unknown".into()],
        roles: vec!["Member".into(), "Helpdesk".into(), "Typo".into()],
    };
    assert_eq!(
        world.policy.protected.idle(&world.directory()),
        ["emails: svc-*", "groups: Board", "groups: Unknown", "roles: Helpdesk", "roles: Typo"]
    );
}

#[test]
fn access_that_ends_on_a_day_ends_then_and_a_later_day_brings_it_back() {
    let mut world = World::of(10);
    let end = world.now + days(2);
    world.edit("person000", |wanted| wanted.active_until = Some(end));
    world.round();
    let plan = world.plan();
    assert_eq!(verdict(&plan, "person000").reason, Reason::Synced);
    assert!(verdict(&plan, "person000").message.contains("is deactivated at 2026-03-03"));
    assert_eq!(plan.wake_at, Some(end));
    world.pass_time(days(2));
    world.settle();
    assert_eq!(world.row("person000").state, State::Inactive);
    assert_eq!(world.verdict("person000"), Reason::Deactivated);
    world.edit("person000", |wanted| wanted.active_until = Some(end + days(30)));
    world.round();
    assert_eq!(world.row("person000").state, State::Active);
}

#[test]
fn contractors_whose_time_ends_together_are_a_wave() {
    let mut world = World::of(20);
    let end = world.now + days(2);
    (0..8).for_each(|place| world.edit(&name(place), |wanted| wanted.active_until = Some(end)));
    world.round();
    world.pass_time(days(2));
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 8)].into());
}

/// An account with one group, in which a leaver is.
fn board(members: &[&str]) -> World {
    let mut world = World::of(3);
    let board = GroupId::new("board").unwrap();
    world.zoom_groups = vec![Group { id: board.clone(), name: "Board".into(), total: None, admins: None }];
    for name in members {
        world.row(name).groups = Some([board.clone()].into());
    }
    world.policy.protected.groups = vec![" board ".into()];
    world
}

#[test]
fn from_who_is_in_a_protected_group_nothing_is_taken() {
    let mut world = board(&["person000"]);
    for name in ["person000", "person001"] {
        world.edit(name, |wanted| wanted.active = false);
    }
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::Protected));
    assert_eq!((world.row("person000").state, world.row("person001").state), (State::Active, State::Inactive));
    assert_eq!(world.policy.protected.idle(&world.directory()), [""; 0]);
}

#[test]
fn while_the_groups_are_not_known_nothing_is_taken_from_anybody_and_then_it_goes_on() {
    let mut world = board(&["person000"]);
    world.complete.groups = false;
    world.edit("person001", |wanted| wanted.active = false);
    world.settle();
    assert_eq!((world.phase("person001"), world.row("person001").state), (Phase::Held, State::Active));
    assert_eq!(world.record("person001").reason, Some(RecordReason::Suspicious));
    world.complete.groups = true;
    world.settle();
    assert_eq!(world.row("person001").state, State::Inactive);
    // Where nobody is protected by group, it does not matter.
    world.complete.groups = false;
    world.policy.protected.groups.clear();
    world.edit("person002", |wanted| wanted.active = false);
    world.settle();
    assert_eq!(world.row("person002").state, State::Inactive);
}

#[rstest]
#[case::nobody(None, &[], false)]
#[case::is_active(None, &["heir"], true)]
#[case::the_fallback(Some("fallback"), &["fallback"], true)]
#[case::somebody_else(None, &["fallback"], false)]
fn whether_an_heir_is_there(#[case] fallback: Option<&str>, #[case] present: &[&str], #[case] expected: bool) {
    let mut world = World::of(3);
    let successor = Successor::Person(address("heir"));
    let heir = Heir { successor, fallback: fallback.map(address), receives: vec![Data::Meetings] };
    let record = by_hand("person000", Step::Delete(Some(heir)));
    world.join(person("heir", State::Inactive));
    for name in present {
        world.join(person(name, State::Active));
    }
    assert_eq!(record.heir_is_there(&world.directory()), expected);
}

#[rstest]
#[case::who_goes_with_everything(Step::Delete(None), Phase::Scheduled, true)]
#[case::who_leaves_the_account_with_everything(Step::Unlink(None), Phase::Held, true)]
#[case::who_is_only_deactivated(Step::Deactivate, Phase::Running, false)]
#[case::who_stays_after_all(Step::Delete(None), Phase::Cancelled, false)]
fn nothing_is_handed_to_an_heir_who_would_take_it_along(
    #[case] step: Step,
    #[case] phase: Phase,
    #[case] expected: bool,
) {
    let mut world = World::of(3);
    for name in ["heir", "fallback"] {
        world.join(person(name, State::Active));
    }
    let heir = |name: &str| Heir {
        successor: Successor::Person(address(name)),
        fallback: Some(address("fallback")),
        receives: vec![Data::Meetings],
    };
    let records = [Record { phase, ..by_hand("heir", step) }];
    let lost = |name: &str| {
        let record = by_hand("person000", Step::Delete(Some(heir(name))));
        lost_with_heir(&record, records.iter(), &world.directory()).is_some()
    };
    assert_eq!(lost("heir"), expected);
    assert!(!lost("nobody"), "the fallback receives it, and stays");
}
