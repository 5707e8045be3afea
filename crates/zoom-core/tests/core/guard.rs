//! How many people may lose something, and who decides beyond that.

use crate::support::*;
use jiff::SignedDuration;
use rstest::rstest;
use zoom_core::*;

/// Twenty managed people, of whom five may go in a window.
fn account() -> World {
    World::of(20)
}

fn disable(world: &mut World, places: impl IntoIterator<Item = usize>) {
    places.into_iter().for_each(|place| world.edit(&name(place), |wanted| wanted.active = false));
}

fn delete(world: &mut World, places: impl IntoIterator<Item = usize>) {
    places.into_iter().for_each(|place| world.delete(&name(place)));
}

fn out(world: &World) -> usize {
    world.zoom.values().filter(|person| person.state == State::Inactive).count()
}

#[rstest]
#[case::floor(Class::Access, 2, 5, 100, 5)]
#[case::percent(Class::Access, 2, 5, 1000, 20)]
#[case::at_most_half(Class::Access, 2, 5, 6, 3)]
#[case::half_rounded_up(Class::Entitlement, 2, 5, 5, 3)]
#[case::one_of_one(Class::Access, 2, 5, 1, 1)]
#[case::nobody(Class::Access, 2, 5, 0, 0)]
#[case::percent_rounds_down(Class::Access, 2, 0, 99, 1)]
#[case::creations_start_from_nothing(Class::Creation, 10, 100, 0, 100)]
fn the_allowance(
    #[case] class: Class,
    #[case] percent: u8,
    #[case] floor: u32,
    #[case] managed: usize,
    #[case] allowed: usize,
) {
    assert_eq!(Allowance::new(class, Limit { percent, floor }, managed, 0).allowed, allowed);
}

#[test]
fn an_explicit_edit_within_the_floor_runs_at_once() {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    assert_eq!(out(&world), 5);
    assert_eq!(world.phases(), [("Done".to_owned(), 5)].into());
    world.round();
    assert_eq!(world.verdict("person000"), Reason::Deactivated);
    assert!(is_idle(&world.plan()));
}

#[test]
fn above_the_floor_explicit_edits_settle_although_the_percentage_would_allow_them() {
    let mut world = account();
    world.policy.guard.limits.access = Limit { percent: 50, floor: 2 };
    disable(&mut world, 0..3);
    world.round();
    assert_eq!(world.phases(), [("Settling".to_owned(), 3)].into());
    world.settle();
    assert_eq!(out(&world), 3);
}

#[rstest]
#[case::within_the_limit(5, 5)]
#[case::over_it(6, 0)]
fn a_wave_runs_or_is_held_whole(
    #[case] wave: usize,
    #[case] gone: usize,
    #[values(disable, delete)] how: fn(&mut World, std::ops::Range<usize>),
) {
    let mut world = account();
    how(&mut world, 0..wave);
    let plan = world.settle();
    assert_eq!(out(&world), gone);
    if gone == 0 {
        assert_eq!(world.phases(), [("Held".to_owned(), wave)].into());
        let waves: std::collections::HashSet<_> = world.records.iter().map(|record| &record.wave).collect();
        assert_eq!(waves.len(), 1);
        let held = plan.people.iter().filter(|planned| planned.verdict.reason == Reason::Held);
        assert_eq!(held.count(), world.objects.values().filter(|object| !object.wanted.active).count());
    }
}

#[test]
fn a_held_wave_is_named_with_its_numbers() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.round();
    world.pass_time(seconds(31));
    let plan = world.round();
    let change = &plan.changes[0];
    assert_eq!((change.phase, change.reason), (Phase::Held, RecordReason::OverLimit));
    assert!(
        change.message.contains("6 people are more than the 5 allowed without asking (0 used"),
        "{}",
        change.message
    );
}

#[test]
fn newcomers_prolong_the_quiet_period_and_join_the_wave() {
    let mut world = account();
    delete(&mut world, 0..3);
    world.round();
    world.pass_time(seconds(20));
    delete(&mut world, 3..6);
    world.round();
    world.pass_time(seconds(20));
    world.round();
    assert_eq!(world.phases(), [("Settling".to_owned(), 6)].into());
    assert_eq!(world.plan().wake_at, Some(world.now + seconds(10)));
    world.pass_time(seconds(10));
    world.round();
    assert_eq!(world.phases(), [("Held".to_owned(), 6)].into());
}

#[test]
fn two_waves_that_settle_at_once_are_counted_together() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.round();
    // As if a lagging cache had let a second wave begin.
    world.records.iter_mut().skip(3).for_each(|record| record.wave = "second".into());
    world.pass_time(seconds(31));
    world.round();
    assert_eq!(world.phases(), [("Held".to_owned(), 6)].into());
}

#[rstest]
#[case::it_shrank(|world: &mut World| (0..3).for_each(|place| world.reapply(&name(place))))]
#[case::the_window_moved_on(|world: &mut World| world.pass_time(SignedDuration::from_hours(48)))]
#[case::the_limit_was_raised(|world: &mut World| world.policy.guard.limits = limits(100))]
#[case::suspended_for_a_while(|world: &mut World| {
    world.policy.mode = Mode::Suspend;
    world.settle();
    (0..3).for_each(|place| world.reapply(&name(place)));
    world.policy.mode = Mode::Enforce;
})]
#[case::removals_held_for_a_while(|world: &mut World| {
    world.policy.mode = Mode::HoldRemovals;
    world.settle();
    (0..3).for_each(|place| world.reapply(&name(place)));
    world.policy.mode = Mode::Enforce;
})]
#[case::the_listing_was_lost_for_a_while(|world: &mut World| {
    let zoom = std::mem::take(&mut world.zoom);
    world.complete.people = false;
    world.settle();
    (world.zoom, world.complete.people) = (zoom, true);
})]
fn held_is_held(#[case] change: fn(&mut World), #[values(true, false)] explicit: bool) {
    let mut world = account();
    if explicit {
        disable(&mut world, 0..6);
    } else {
        delete(&mut world, 0..6);
    }
    world.settle();
    change(&mut world);
    world.settle();
    world.settle();
    assert_eq!(out(&world), 0);
}

#[test]
fn other_waves_go_on_beside_a_held_one() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    delete(&mut world, 6..8);
    disable(&mut world, 8..9);
    world.settle();
    assert_eq!(out(&world), 3);
}

#[rstest]
#[case::one(1)]
#[case::all(6)]
fn approved_ones_run_and_do_not_use_up_the_allowance(#[case] approved: usize) {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    let names: Vec<_> = world.records.iter().take(approved).map(|record| record.name.clone()).collect();
    world.approve(|record| names.contains(&record.name));
    world.settle();
    assert_eq!(out(&world), approved);
    disable(&mut world, 10..15);
    world.settle();
    assert_eq!(out(&world), approved + 5);
}

#[test]
fn who_is_to_leave_at_once_and_edits_of_others_go_before_a_wave_that_runs() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    world.approve(|_| true);
    let plan = world.plan();
    world.write_records(&plan);
    assert_eq!((plan.running.len(), plan.edits), (6, 0));
    disable(&mut world, 10..11);
    world.edit("person012", |wanted| wanted.attributes.set(Attribute::LastName, "Lovelace"));
    let plan = world.plan();
    let first = plan.new_records.first().map(|record| record.name.as_str());
    assert_eq!((plan.running.len(), plan.running.first().map(AsRef::as_ref)), (7, first));
    let runs = plan.people.iter().find(|planned| planned.is_runnable()).map(|planned| &planned.object);
    assert_eq!((plan.edits, runs), (1, Some(&key("person012"))));
}

#[test]
fn the_window_is_counted_in_people_and_moves_on() {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    world.pass_time(SignedDuration::from_hours(23));
    disable(&mut world, 5..6);
    world.settle();
    assert_eq!((out(&world), world.phase("person005")), (5, Phase::Held));
    world.pass_time(SignedDuration::from_hours(2));
    disable(&mut world, 6..7);
    world.settle();
    assert_eq!((out(&world), world.phase("person006")), (6, Phase::Done));
    assert_eq!(world.phase("person005"), Phase::Held);
}

#[test]
fn a_clock_that_goes_back_lets_nobody_more_go() {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    world.pass_time(SignedDuration::from_hours(-5));
    disable(&mut world, 5..7);
    world.settle();
    assert_eq!(out(&world), 5);
}

#[test]
fn leavers_one_after_another_do_not_shrink_what_is_allowed() {
    let mut world = World::of(8);
    for place in 0..4 {
        delete(&mut world, place..place + 1);
        world.settle();
    }
    assert_eq!(out(&world), 4);
    delete(&mut world, 4..5);
    world.settle();
    assert_eq!(out(&world), 4);
}

#[test]
fn held_people_do_not_make_the_account_look_larger() {
    let mut world = World::of(20);
    delete(&mut world, 0..16);
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 16)].into());
    // Four are left: two of them may go.
    delete(&mut world, 16..19);
    world.settle();
    assert_eq!(out(&world), 0);
}

#[rstest]
#[case::settling(3, |world: &mut World| world.policy.guard.limits = limits(0))]
#[case::held(6, |_: &mut World| {})]
fn taking_the_edit_back_cancels(#[case] count: usize, #[case] change: fn(&mut World)) {
    let mut world = account();
    change(&mut world);
    disable(&mut world, 0..count);
    world.round();
    (0..count).for_each(|place| world.edit(&name(place), |wanted| wanted.active = true));
    world.settle();
    assert_eq!((out(&world), world.phases()), (0, [("Cancelled".to_owned(), count)].into()));
    assert_eq!(world.record("person000").reason, Some(RecordReason::TakenBack));
    assert!(is_idle(&world.plan()));
}

#[test]
fn deleting_records_to_reject_them_lets_nobody_go() {
    let mut world = account();
    disable(&mut world, 0..6);
    world.settle();
    for _ in 0..6 {
        world.records.remove(0);
        world.settle();
    }
    assert_eq!((out(&world), world.phases()), (0, [("Held".to_owned(), 6)].into()));
    world.records.clear();
    world.settle();
    assert_eq!((out(&world), world.phases()), (0, [("Held".to_owned(), 6)].into()));
}

#[test]
fn a_record_that_a_human_deletes_while_it_settles_is_written_anew_under_the_same_name() {
    let mut world = account();
    world.policy.guard.limits.access = Limit { percent: 50, floor: 0 };
    disable(&mut world, 0..1);
    world.round();
    let former = world.records.remove(0);
    world.pass_time(seconds(29));
    world.round();
    assert_eq!(world.record("person000").name, former.name);
    world.pass_time(seconds(29));
    world.round();
    assert_eq!(world.phase("person000"), Phase::Settling);
}

#[test]
fn the_same_input_twice_gives_the_same_records() {
    let mut world = account();
    delete(&mut world, 0..3);
    disable(&mut world, 3..9);
    assert_eq!(world.plan(), world.plan());
    let lagging = world.clone();
    world.round();
    let again = lagging.plan();
    let names: Vec<Box<str>> = again.new_records.iter().map(|record| record.name.as_str().into()).collect();
    assert_eq!(names, world.records.iter().map(|record| record.name.clone()).collect::<Vec<Box<str>>>());
}

#[test]
fn drift_of_a_disabled_person_makes_a_new_record() {
    let mut world = account();
    disable(&mut world, 0..1);
    world.settle();
    world.row("person000").state = State::Active;
    world.settle();
    assert_eq!(out(&world), 1);
    let records = world.records_of("person000");
    assert_eq!(records.len(), 2);
    assert_ne!(records[0].name, records[1].name);
}

/// Refuses the first person's record, as Zoom does.
fn refuse(world: &mut World, reason: RecordReason) {
    disable(world, 0..1);
    let plan = world.plan();
    world.write_records(&plan);
    let now = world.now;
    let record = &mut world.records[0];
    (record.phase, record.reason, record.ended_at) = (Phase::Refused, Some(reason), Some(now));
    world.settle();
    world.pass_time(seconds(5 * 3600));
    world.settle();
    assert_eq!((world.records.len(), world.verdict("person000")), (1, Reason::Refused));
}

#[rstest]
#[case::the_owner_by_a_change_of_role(RecordReason::Owner, |world: &mut World| {
    world.row("person000").role = Some(role_id(RoleId::MEMBER));
})]
#[case::an_administrator_by_a_change_of_role(RecordReason::NeedsOwner, |world: &mut World| {
    world.row("person000").role = Some(role_id(RoleId::MEMBER));
})]
#[case::an_administrator_after_six_hours(RecordReason::NeedsOwner, |world: &mut World| world.pass_time(seconds(3600)))]
#[case::by_zoom_after_six_hours(RecordReason::ZoomRefused, |world: &mut World| world.pass_time(seconds(3600)))]
#[case::after_an_edit(RecordReason::ZoomRefused, |world: &mut World| world.edit("person000", |_| {}))]
fn what_was_refused_is_asked_for_again(#[case] reason: RecordReason, #[case] change: fn(&mut World)) {
    let mut world = account();
    world.another_admin();
    let role = if reason == RecordReason::Owner { RoleId::OWNER } else { RoleId::ADMIN };
    world.row("person000").role = Some(role_id(role));
    refuse(&mut world, reason);
    change(&mut world);
    world.settle();
    assert_eq!((out(&world), world.records.len()), (1, 2));
    assert_eq!(world.record("person000").phase, Phase::Done);
}

#[test]
fn what_zoom_refuses_again_is_not_asked_for_at_once_by_the_same_listing() {
    let mut world = account();
    refuse_as_member(&mut world);
    for _ in 0..3 {
        world.settle();
    }
    assert_eq!(world.records.len(), 2, "{:?}", world.records);
}

/// Zoom refuses somebody twice who is a member as far as the listing shows.
fn refuse_as_member(world: &mut World) {
    disable(world, 0..1);
    for _ in 0..2 {
        let plan = world.plan();
        world.write_records(&plan);
        let now = world.now;
        let record = world.records.last_mut().unwrap();
        (record.phase, record.reason, record.ended_at) = (Phase::Refused, Some(RecordReason::NeedsOwner), Some(now));
    }
}

#[test]
fn who_is_protected_no_more_leaves_as_their_object_says() {
    let mut world = account();
    world.policy.protected.emails = vec![EmailPattern::new("person000")];
    disable(&mut world, 0..1);
    world.settle();
    world.settle();
    assert_eq!((world.records.len(), world.record("person000").reason), (1, Some(RecordReason::Protected)));
    world.policy.protected = Protected::default();
    world.settle();
    assert_eq!((out(&world), world.records.len()), (1, 2));
}

#[test]
fn deletions_that_go_on_join_the_wave_that_was_found_too_large() {
    let mut world = World::of(100);
    for place in 0..40 {
        delete(&mut world, place..place + 1);
        world.round();
        world.pass_time(seconds(10));
    }
    world.settle();
    let waves: std::collections::HashSet<_> = world.records.iter().map(|record| &record.wave).collect();
    assert_eq!((world.phases(), waves.len(), out(&world)), ([("Held".to_owned(), 40)].into(), 1, 0));
    // Whoever leaves at once does not wait for it, nor what comes when it has ended.
    disable(&mut world, 50..51);
    world.round();
    assert_eq!(out(&world), 1);
    delete(&mut world, 51..52);
    world.settle();
    assert_eq!(out(&world), 2);
}

#[rstest]
#[case::refused_by_zoom(Phase::Refused, 5)]
#[case::cancelled_after_it_had_begun(Phase::Cancelled, 0)]
fn what_may_have_run_is_counted(#[case] phase: Phase, #[case] gone: usize) {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    for place in 0..5 {
        world.edit(&name(place), |wanted| wanted.active = true);
        world.row(&name(place)).state = State::Active;
    }
    world.records.iter_mut().for_each(|record| record.phase = phase);
    // What Zoom never did was never noted.
    world.ledger = Ledger::default();
    disable(&mut world, 5..10);
    world.settle();
    assert_eq!(out(&world), gone);
}

#[test]
fn a_running_record_is_counted_however_long_ago_it_was_let_run() {
    let mut world = account();
    disable(&mut world, 0..5);
    let plan = world.plan();
    world.write_records(&plan);
    world.pass_time(SignedDuration::from_hours(48));
    disable(&mut world, 5..6);
    world.settle();
    assert_eq!((out(&world), world.phase("person005")), (5, Phase::Held));
}

#[test]
fn what_was_let_run_goes_on_when_the_limit_is_lowered() {
    let mut world = account();
    disable(&mut world, 0..5);
    let plan = world.plan();
    world.write_records(&plan);
    world.policy.guard.limits = limits(0);
    world.pass_time(SignedDuration::from_hours(48));
    world.round();
    assert_eq!(out(&world), 5);
}

#[test]
fn who_was_disabled_and_is_still_declared_is_not_counted_twice_among_the_people() {
    let mut world = World::of(4);
    disable(&mut world, 0..2);
    world.round();
    disable(&mut world, 2..3);
    world.settle();
    assert_eq!((out(&world), world.phase("person002")), (2, Phase::Held));
}

#[test]
fn a_fresh_read_of_somebody_else_with_the_same_address_ends_the_record() {
    let mut world = account();
    disable(&mut world, 0..1);
    let plan = world.plan();
    world.write_records(&plan);
    let mut another = person("person000", State::Active);
    another.id = Some(id("another"));
    let next = world.record("person000").next(Some(&another), &world.directory(), &world.policy, world.now);
    assert!(matches!(next, Next::End(Phase::Done, RecordReason::AlreadyDone, _)), "{next:?}");
}

#[test]
fn a_record_with_several_steps_goes_on_after_a_crash_between_them() {
    let mut world = account();
    world.another_admin();
    world.row("person000").role = Some(role_id("1"));
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    world.edit("person000", |wanted| {
        wanted.license = Some(License::Basic);
        wanted.role = Some("Member".into());
    });
    world.round();
    world.row("person000").license = ObservedLicense::Known(License::Basic);
    world.settle();
    assert_eq!((world.records.len(), world.phase("person000")), (1, Phase::Done));
    assert_eq!(world.row("person000").role, Some(role_id("2")));
}

#[test]
fn a_role_list_that_could_not_be_read_ends_no_record() {
    let mut world = account();
    world.another_admin();
    world.row("person000").role = Some(role_id("1"));
    world.edit("person000", |wanted| wanted.role = Some("Member".into()));
    world.round();
    let directory = Directory::new(world.zoom.values().cloned(), vec![], Completeness { roles: false, ..everything() });
    world.pass_time(seconds(60));
    let plan = world.plan_with(&world.desired(), &directory, &world.records);
    assert_eq!((plan.changes, plan.running), (vec![], vec![]));
}

#[test]
fn classes_are_counted_apart() {
    let mut world = account();
    disable(&mut world, 0..5);
    for place in 5..15 {
        world.row(&name(place)).license = ObservedLicense::Known(License::Licensed);
        world.edit(&name(place), |wanted| wanted.license = Some(License::Basic));
    }
    world.settle();
    assert_eq!(world.phases(), [("Done".to_owned(), 15)].into());
}

#[rstest]
#[case::deactivate(Step::Deactivate, true)]
#[case::delete_is_switched_off(Step::Delete(None), false)]
fn a_record_written_by_hand_runs_at_once(#[case] step: Step, #[case] runs: bool) {
    let mut world = account();
    world.join(person("stranger", State::Active));
    world.records = vec![by_hand("stranger", step)];
    world.round();
    assert_eq!(world.phase("stranger"), if runs { Phase::Done } else { Phase::Held });
    assert_eq!(world.touched.len(), usize::from(runs));
    assert!(world.taken.iter().all(|(.., approved)| *approved));
}

/// Of an account whose listing is not believed, a human still knows whom they mean.
#[test]
fn whom_a_human_names_leaves_also_while_the_listing_is_not_believed_if_it_shows_them() {
    let mut world = account();
    world.join(person("stranger", State::Active));
    (world.suspicion, world.complete.people) = (Some("7 of 8 are missing"), false);
    world.records = vec![by_hand("stranger", Step::Deactivate), by_hand("nobody", Step::Deactivate)];
    world.delete("person000");
    world.settle();
    assert_eq!((world.phase("stranger"), world.row("stranger").state), (Phase::Done, State::Inactive));
    for waits in ["nobody", "person000"] {
        assert_eq!(world.record(waits).reason, Some(RecordReason::Suspicious), "{waits}");
    }
    assert_eq!(world.touched, [address("stranger")].into());
}

#[test]
fn a_record_written_by_hand_is_refused_where_an_object_declares_the_person() {
    let mut world = account();
    world.records = vec![by_hand("person000", Step::Deactivate)];
    world.round();
    assert_eq!(world.record("person000").reason, Some(RecordReason::Declared));
    assert!(world.touched.is_empty());
}

#[test]
fn an_object_that_cannot_be_read_for_a_while_keeps_its_record_where_it_is() {
    let mut world = account();
    disable(&mut world, 0..6);
    world.settle();
    let former = world.objects.remove(&key("person000")).unwrap();
    world.unreadable = vec![Claim { object: key("person000"), id: Some(id("PERSON000")), email: None }];
    world.approve(|_| true);
    world.settle();
    assert_eq!((out(&world), world.phase("person000")), (5, Phase::Held));
    world.unreadable.clear();
    world.add(former);
    world.settle();
    assert_eq!(out(&world), 6);
}

#[test]
fn a_scheduled_record_waits_for_its_time() {
    let mut world = account();
    delete(&mut world, 0..1);
    world.round();
    let due = world.now + seconds(600);
    world.records[0].not_before = Some(due);
    let plan = world.round();
    assert_eq!((world.phase("person000"), plan.wake_at), (Phase::Scheduled, Some(due)));
    world.pass_time(seconds(600));
    world.settle();
    assert_eq!(out(&world), 1);
}

#[test]
fn a_switch_that_opens_again_counts_what_it_held() {
    let mut world = account();
    world.policy.allow.deactivate = false;
    disable(&mut world, 0..6);
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::NotAllowed));
    world.policy.allow.deactivate = true;
    world.settle();
    assert_eq!((out(&world), world.record("person000").reason), (0, Some(RecordReason::OverLimit)));
}

#[test]
fn a_namespace_made_anew_reclaims_its_people() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    (0..6).for_each(|place| world.reapply(&name(place)));
    world.settle();
    assert_eq!(world.phases(), [("Cancelled".to_owned(), 6)].into());
    assert!(world.touched.is_empty() && is_idle(&world.plan()));
}

#[test]
fn deleting_records_that_ran_does_not_free_the_allowance() {
    let mut world = account();
    disable(&mut world, 0..5);
    world.round();
    assert_eq!(out(&world), 5);
    world.records.clear();
    disable(&mut world, 5..6);
    world.settle();
    assert_eq!((out(&world), world.phase("person005")), (5, Phase::Held));
    world.pass_time(SignedDuration::from_hours(26));
    disable(&mut world, 6..7);
    world.settle();
    assert_eq!(out(&world), 6);
}

#[test]
fn who_keeps_adding_to_a_wave_does_not_keep_it_from_being_counted() {
    let mut world = World::of(100);
    let began = world.now;
    for place in 0..20 {
        delete(&mut world, place..place + 1);
        world.round();
        world.pass_time(seconds(10));
        if world.records.iter().any(|record| record.phase != Phase::Settling) {
            break;
        }
    }
    assert_eq!(
        world.now.duration_since(began),
        seconds(100),
        "three quiet periods of thirty seconds, and the ten in which it shows"
    );
    assert_eq!(world.phases(), [("Held".to_owned(), 10)].into());
    assert_eq!(out(&world), 0);
}

#[test]
fn who_approved_is_told() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    world.approve(|_| true);
    world.records[0].decided_by = Some("grace".into());
    let plan = world.plan();
    let told: Vec<_> = plan.changes.iter().map(|change| change.message.as_str()).collect();
    assert_eq!((told[0], told[1]), ("approved by grace", "approved"));
}

#[test]
fn who_waits_for_a_seat_that_something_held_would_free_says_so() {
    let mut world = account();
    delete(&mut world, 0..6);
    world.settle();
    world.edit("person010", |wanted| wanted.license = Some(License::Licensed));
    let row = world.row("person010").clone();
    let object = world.object("person010");
    object.remembered.refusal = Some(Box::new(Refusal {
        generation: object.generation,
        row: Some(row),
        attempts: 1,
        retry_at: start() + SignedDuration::from_hours(24),
        reason: Reason::WaitingForSeat,
        message: "no seat".to_owned(),
    }));
    let plan = world.plan();
    assert_eq!(verdict(&plan, "person010").reason, Reason::WaitsForHeld);
    assert!(verdict(&plan, "person010").message.contains("could free seats: 6"), "{plan:?}");
    world.records.clear();
    assert_eq!(world.verdict("person010"), Reason::WaitingForSeat);
}

#[test]
fn a_record_of_which_nothing_can_be_said_says_that_it_waits() {
    let mut world = account();
    world.records.push(by_hand("stranger", Step::Deactivate));
    world.join(person("stranger", State::Active));
    world.all_objects_seen = false;
    let plan = world.round();
    assert_eq!(plan.changes.len(), 1);
    assert_eq!((world.records[0].phase, world.records[0].reason), (Phase::Settling, Some(RecordReason::QuietPeriod)));
    assert!(world.plan().changes.is_empty(), "and says it once");
}
