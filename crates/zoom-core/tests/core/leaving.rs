//! What becomes of people whose object is deleted.

use crate::support::*;
use rstest::rstest;
use zoom_core::*;

fn leaver(removal: Option<Removal>) -> World {
    let mut world = World::of(3);
    world.object("person000").removal = removal;
    world.delete("person000");
    world
}

#[test]
fn a_deleted_object_is_let_go_once_its_record_is_written() {
    let mut world = leaver(None);
    let plan = world.plan();
    assert!(plan.let_go.is_empty());
    let [record] = &*plan.new_records else { panic!("{:?}", plan.new_records) };
    assert!(record.deleted_source().is_some());
    assert_eq!((record.class, &*record.steps), (Class::Access, &[Step::Deactivate][..]));
    assert_eq!(record.restore.as_ref().and_then(|had| had.license), Some(License::Basic));
    // Written, and then a crash before the object was let go.
    world.records.push(written(record, world.now));
    let plan = world.plan();
    assert_eq!((plan.let_go, plan.new_records), (vec![key("person000")], vec![]));
}

#[test]
fn a_leaver_is_deactivated_after_the_quiet_period() {
    let mut world = leaver(None);
    world.round();
    assert!(world.objects.len() == 2 && world.phase("person000") == Phase::Settling);
    assert_eq!(world.plan().wake_at, Some(world.now + seconds(30)));
    world.pass_time(seconds(30));
    world.round();
    assert_eq!(world.row("person000").state, State::Inactive);
    assert_eq!(world.phase("person000"), Phase::Done);
    assert!(is_idle(&world.plan()));
}

#[rstest]
#[case::retained(|world: &mut World| world.object("person000").removal = Some(Removal::Retain))]
#[case::never_managed(|world: &mut World| world.object("person000").remembered = Remembered::default())]
#[case::inactive_already(|world: &mut World| world.row("person000").state = State::Inactive)]
#[case::absent(|world: &mut World| drop(world.zoom.remove(&address("person000"))))]
#[case::somebody_else_has_the_address(|world: &mut World| world.row("person000").id = Some(id("another")))]
#[case::claimed_by_another(|world: &mut World| {
    let mut other = object("other");
    other.email = address("PERSON000");
    world.add(other);
})]
#[case::claimed_by_an_unreadable_one(|world: &mut World| {
    world.unreadable = vec![Claim { object: key("other"), id: Some(id("PERSON000")), email: None, previous_emails: Vec::new() }];
})]
#[case::formerly_claimed_by_an_unreadable_one(|world: &mut World| {
    let previous_emails = vec![address("PERSON000")];
    world.unreadable = vec![Claim { object: key("other"), id: None, email: Some(address("renamed")), previous_emails }];
})]
#[case::in_plan_mode(|world: &mut World| world.policy.mode = Mode::Plan)]
fn is_simply_let_go(#[case] change: fn(&mut World)) {
    let mut world = leaver(None);
    change(&mut world);
    let plan = world.round();
    assert_eq!((plan.let_go, plan.new_records), (vec![key("person000")], vec![]));
    world.settle();
    assert!(world.touched.is_empty());
}

#[rstest]
#[case::active(State::Active)]
#[case::inactive(State::Inactive)]
fn unlinking_needs_its_switch(#[case] state: State) {
    let mut world = leaver(Some(Removal::Unlink(Departure::default())));
    world.row("person000").state = state;
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::NotAllowed));
    assert!(world.zoom.contains_key(&address("person000")));
    world.policy.allow.delete = true;
    world.round();
    assert!(!world.zoom.contains_key(&address("person000")));
    assert_eq!(world.phase("person000"), Phase::Done);
}

#[rstest]
fn who_is_deleted_while_suspended_stays_as_they_are_and_is_told_to_be_released(
    #[values(Mode::Enforce, Mode::HoldRemovals, Mode::Plan, Mode::Suspend)] mode: Mode,
    #[values(Removal::Downgrade, Removal::Deactivate, Removal::Delete(Departure::default()))] removal: Removal,
    #[values(true, false)] listed: bool,
) {
    let mut world = leaver(Some(removal));
    world.object("person000").suspended = true;
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    (world.policy.mode, world.policy.allow.delete, world.complete.people) = (mode, true, listed);
    let plan = world.round();
    assert_eq!((plan.let_go, plan.new_records), (vec![key("person000")], vec![]));
    let why = plan.released[0].1;
    assert_eq!((plan.released.len(), why.to_string().as_str()), (1, "ReleasedBySwitch"));
    (world.policy.mode, world.complete.people) = (Mode::Enforce, true);
    world.settle();
    assert!(world.touched.is_empty() && world.records.is_empty());
}

#[rstest]
#[case::in_plan_mode(Mode::Plan, None, false)]
#[case::in_plan_mode_and_approved(Mode::Plan, None, true)]
#[case::retained_while_suspended(Mode::Suspend, Some(Removal::Retain), false)]
#[case::retained_and_approved(Mode::Suspend, Some(Removal::Retain), true)]
fn who_is_let_go_as_they_are_is_not_taken_anything_later_by_an_earlier_edit(
    #[case] mode: Mode,
    #[case] removal: Option<Removal>,
    #[case] approved: bool,
) {
    let mut world = World::of(3);
    world.policy.guard.limits = limits(0);
    world.edit("person000", |wanted| wanted.active = false);
    world.settle();
    world.approve(|_| approved);
    world.policy.mode = mode;
    world.object("person000").removal = removal;
    world.delete("person000");
    world.round();
    assert_eq!((world.record("person000").phase, world.objects.len()), (Phase::Cancelled, 2));
    (world.policy.mode, world.policy.guard.limits) = (Mode::Enforce, limits(5));
    world.settle();
    assert!(world.touched.is_empty());
}

#[test]
fn an_invitation_is_withdrawn() {
    let mut world = leaver(None);
    world.join(person("person000", State::Pending));
    world.object("person000").remembered.id = None;
    world.settle();
    assert!(!world.zoom.contains_key(&address("person000")));
}

#[test]
fn without_a_whole_listing_the_person_is_removed_by_reference() {
    let mut world = leaver(None);
    world.complete.people = false;
    world.zoom.remove(&address("person000"));
    let plan = world.round();
    let reference = PersonRef { id: Some(id("PERSON000")), email: address("person000") };
    assert_eq!(plan.new_records[0].subject, Subject::Person(reference));
}

#[test]
fn a_person_who_was_renamed_in_zoom_is_not_mistaken_for_who_has_the_address_now() {
    let mut world = leaver(None);
    world.complete.people = false;
    world.row("person000").id = Some(id("another"));
    world.settle();
    assert_eq!(world.record("person000").person().unwrap().id, Some(id("PERSON000")));
    assert!(world.touched.is_empty());
}

#[rstest]
#[case::settling(|_: &mut World| {})]
#[case::held(|world: &mut World| world.policy.mode = Mode::HoldRemovals)]
fn applying_the_object_again_cancels_without_any_operation(#[case] change: fn(&mut World)) {
    let mut world = leaver(None);
    change(&mut world);
    world.round();
    world.reapply("person000");
    world.settle();
    assert!(world.touched.is_empty());
    assert_eq!(world.record("person000").reason, Some(RecordReason::Reclaimed));
    assert_eq!(world.verdict("person000"), Reason::Synced);
    assert!(is_idle(&world.plan()));
}

#[rstest]
#[case::by_address("somebody", false)]
#[case::by_the_former_address_of_a_person_renamed_in_zoom("person000", true)]
fn any_object_that_names_the_person_cancels(#[case] object_name: &str, #[case] renamed: bool) {
    let mut world = leaver(None);
    world.round();
    let mut again = object(object_name);
    again.uid = "another-uid".into();
    again.email = address("person000");
    world.add(again);
    if renamed {
        let mut row = world.zoom.remove(&address("person000")).unwrap();
        row.email = address("new-name");
        world.join(row);
    }
    world.round();
    assert_eq!(world.record("person000").reason, Some(RecordReason::Reclaimed));
}

#[rstest]
#[case::who_means_nobody_yet(None, State::Active)]
#[case::who_means_somebody_who_is_gone(Some(id("gone")), State::Inactive)]
fn by_a_former_address_only_an_object_cancels_that_never_found_its_person(
    #[case] remembered: Option<UserId>,
    #[case] then: State,
    #[values(true, false)] written_first: bool,
) {
    let mut world = leaver(None);
    if written_first {
        world.round();
    }
    let mut other = managed("other");
    other.remembered.id = remembered;
    other.previous_emails = [address("person000")].into();
    world.add(other);
    world.settle();
    let row = world.zoom.values().find(|row| row.id == Some(id("PERSON000"))).unwrap();
    assert_eq!(row.state, then, "{:?}", world.records);
}

#[test]
fn a_person_made_anew_with_the_same_address_is_not_removed_for_the_former() {
    let mut world = leaver(None);
    world.round();
    world.row("person000").id = Some(id("another"));
    world.settle();
    assert!(world.touched.is_empty());
    assert_eq!(world.record("person000").reason, Some(RecordReason::AlreadyDone));
}

#[rstest]
fn until_all_objects_were_seen_nobody_is_removed_for_want_of_one(#[values(0, 30)] quiet_period: u64) {
    let mut world = leaver(None);
    world.policy.guard.quiet_period = std::time::Duration::from_secs(quiet_period);
    world.records = vec![by_hand("person002", Step::Deactivate)];
    world.objects.remove(&key("person002"));
    world.all_objects_seen = false;
    world.settle();
    world.approve(|_| true);
    world.settle();
    assert!(world.touched.is_empty());
    assert!(!world.objects.contains_key(&key("person000")));
    world.all_objects_seen = true;
    world.settle();
    assert_eq!(world.touched.len(), 2);
}

#[test]
fn deleting_with_retain_also_ends_what_an_edit_had_asked_for() {
    let mut world = World::of(3);
    world.policy.mode = Mode::HoldRemovals;
    world.edit("person000", |wanted| wanted.active = false);
    world.round();
    world.object("person000").removal = Some(Removal::Retain);
    world.delete("person000");
    world.round();
    assert_eq!((world.phase("person000"), world.objects.len()), (Phase::Cancelled, 2));
}

#[rstest]
#[case(Mode::Suspend, RecordReason::Suspended)]
#[case(Mode::HoldRemovals, RecordReason::RemovalsHeld)]
fn in_modes_that_hold_the_record_waits_and_the_object_goes(#[case] mode: Mode, #[case] reason: RecordReason) {
    let mut world = leaver(None);
    world.policy.mode = mode;
    world.settle();
    assert!(world.touched.is_empty());
    assert_eq!((world.phase("person000"), world.record("person000").reason), (Phase::Held, Some(reason)));
    assert_eq!(world.objects.len(), 2);
    world.approve(|_| true);
    world.settle();
    assert_eq!(world.phase("person000"), Phase::Held);
    world.policy.mode = Mode::Enforce;
    world.settle();
    assert_eq!(world.phase("person000"), Phase::Done);
}

/// Zoom carried the deactivation out, and then the process was killed, before it ended any session.
fn cut_short(removal: Removal, close: fn(&mut World)) -> World {
    let mut world = leaver(Some(removal));
    world.policy.allow.delete = true;
    world.round();
    world.pass_time(seconds(30));
    let plan = world.plan();
    world.write_records(&plan);
    assert_eq!((plan.running.len(), world.phase("person000")), (1, Phase::Running));
    world.records[0].started_at = Some(world.now);
    let row = world.row("person000");
    (row.state, row.groups) = (State::Inactive, None);
    close(&mut world);
    world
}

fn in_an_hour() -> Removal {
    Removal::Delete(Departure { after: Some(std::time::Duration::from_hours(1)), ..Departure::default() })
}

/// The legal hold of another record.
fn another_holds(world: &mut World) {
    let held = Record { hold: Some("case 12".into()), phase: Phase::Done, ..by_hand("person000", Step::Deactivate) };
    world.records.insert(0, held);
}

#[rstest]
#[case::with_nothing_to_do(Removal::Deactivate, |_: &mut World| {}, RecordReason::AlreadyDone)]
#[case::until_the_rest_is_due(in_an_hour(), |_: &mut World| {}, RecordReason::NotBefore)]
#[case::by_a_hold(in_an_hour(), another_holds, RecordReason::LegalHold)]
#[case::by_a_switch(in_an_hour(), |world: &mut World| {
    world.pass_time(seconds(3600));
    world.policy.allow.delete = false;
}, RecordReason::NotAllowed)]
#[case::by_a_doubt(in_an_hour(), |world: &mut World| world.suspicion = Some("all are missing"), RecordReason::Suspicious)]
#[case::by_protection(
    Removal::Deactivate,
    |world: &mut World| world.policy.protected.emails = vec![EmailPattern::new("person000")],
    RecordReason::Protected
)]
fn what_was_cut_short_and_is_not_to_go_on_ends_the_sessions_before_it_says_so(
    #[case] removal: Removal,
    #[case] close: fn(&mut World),
    #[case] reason: RecordReason,
) {
    let mut world = cut_short(removal, close);
    let plan = world.plan();
    let [change] = &*plan.ending else { panic!("{plan:?}") };
    assert_eq!((change.reason, &change.name), (reason, &world.record("person000").name));
    assert!(plan.running.is_empty() && plan.changes.is_empty(), "{plan:?}");
    world.write_records(&plan);
    assert!(is_idle(&world.plan()), "it is said once");
}

#[rstest]
fn what_was_cut_short_says_nothing_while_the_mode_forbids_to_end_the_sessions(
    #[values(Mode::HoldRemovals, Mode::Plan, Mode::Suspend)] mode: Mode,
    #[values(Removal::Deactivate, in_an_hour())] removal: Removal,
) {
    let mut world = cut_short(removal, |_| {});
    world.policy.mode = mode;
    let plan = world.plan();
    assert!(plan.running.is_empty() && plan.changes.is_empty() && plan.ending.is_empty(), "{plan:?}");
    world.policy.mode = Mode::Enforce;
    assert_eq!(world.plan().ending.len(), 1);
}

#[rstest]
#[case::what_is_due_goes_on(in_an_hour(), |world: &mut World| world.pass_time(seconds(3600)), 1)]
#[case::who_is_active_has_nothing_that_ended(Removal::Deactivate, |world: &mut World| {
    world.row("person000").state = State::Active;
}, 1)]
#[case::who_is_declared_again_comes_back(in_an_hour(), |world: &mut World| world.reapply("person000"), 0)]
#[case::what_did_not_run_yet_did_nothing(Removal::Deactivate, |world: &mut World| world.records[0].phase = Phase::Settling, 0)]
fn what_goes_on_or_is_not_wanted_ends_no_sessions(
    #[case] removal: Removal,
    #[case] change: fn(&mut World),
    #[case] running: usize,
) {
    let plan = cut_short(removal, change).plan();
    assert_eq!((plan.ending, plan.running.len()), (vec![], running));
}
