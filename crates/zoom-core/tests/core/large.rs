//! Large waves: what is written down bit by bit is decided as a whole, and nobody else waits for it.

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;
use rstest::rstest;
use zoom_core::*;

use crate::{group_world::*, support::*};

const LEAVERS: usize = 2_500;

/// So many objects deleted at once, beside ten that stay.
fn deleted(leavers: usize) -> World {
    let mut world = World::of(leavers + 10);
    (0..leavers).for_each(|place| world.delete(&name(place)));
    world
}

/// Writes down what each plan draws up, lets the objects go, and tells the records in the end. Gives how many plans it took.
fn write_all(world: &mut World) -> usize {
    for plans in 0.. {
        let plan = world.plan();
        if plan.new_records.is_empty() {
            let changes: HashMap<_, _> = plan.changes.iter().map(|change| (&change.name, change)).collect();
            for record in &mut world.records {
                let change = changes[&record.name];
                (record.phase, record.reason) = (change.phase, Some(change.reason));
            }
            return plans;
        }
        let is_last = world.objects.values().filter(|object| object.deleting).count() == plan.new_records.len();
        assert!(is_last || plan.changes.is_empty(), "nobody is told before all stand");
        world.records.extend(plan.new_records.iter().map(|new| written(new, world.now)));
        let gone: HashSet<_> = plan.new_records.iter().map(|new| &new.source.as_ref().unwrap().object).collect();
        world.objects.retain(|_, object| !gone.contains(&object.object));
    }
    unreachable!("there are no more plans")
}

#[test]
fn beside_thousands_of_held_removals_one_edit_is_all_there_is_to_do() {
    let mut world = deleted(LEAVERS);
    world.policy.guard.quiet_period = std::time::Duration::ZERO;
    assert_eq!((write_all(&mut world), world.records.len()), (LEAVERS / 250, LEAVERS));
    let held = |record: &&Record| record.phase == Phase::Held && record.reason == Some(RecordReason::OverLimit);
    assert_eq!(world.records.iter().filter(held).count(), LEAVERS);
    assert!(is_idle(&world.plan()));

    let edited = name(LEAVERS + 3);
    world.edit(&edited, |wanted| wanted.attributes.set(Attribute::LastName, "Lovelace"));
    world.pass_time(SignedDuration::from_mins(1));
    let plan = world.plan();
    assert!((plan.new_records.is_empty(), plan.changes.is_empty(), plan.running.is_empty()) == (true, true, true));
    assert_eq!(plan.people[0].object, key(&edited), "the edit goes first");
    assert!(plan.people[0].is_runnable());

    let urgent = name(LEAVERS + 4);
    world.edit(&urgent, |wanted| wanted.active = false);
    let plan = world.plan();
    assert_eq!(plan.new_records.len(), 1);
    assert_eq!(plan.running, [plan.new_records[0].name.as_str().into()]);
}

#[test]
fn who_is_to_leave_at_once_does_not_wait_for_a_wave_that_settles_nor_is_held_with_it() {
    let mut world = deleted(12);
    world.edit(&name(15), |wanted| wanted.active = false);
    world.round();
    assert_eq!(world.phase(&name(15)), Phase::Done);
    assert_eq!(world.phases(), [("Done".to_owned(), 1), ("Settling".to_owned(), 12)].into());
    world.settle();
    assert_eq!(world.phases(), [("Done".to_owned(), 1), ("Held".to_owned(), 12)].into());
    // Together they are no more than anybody else.
    let mut world = deleted(3);
    (5..9).for_each(|place| world.edit(&name(place), |wanted| wanted.active = false));
    world.settle();
    assert_eq!(world.phases(), [("Done".to_owned(), 4), ("Held".to_owned(), 3)].into());
}

/// The API server takes a hundred objects a second, so a large wave may be counted before all of it is written down.
#[test]
fn a_wave_that_is_written_down_bit_by_bit_is_held_whole() {
    let mut world = deleted(12);
    for round in 0..12 {
        let mut plan = world.plan();
        assert!(plan.running.is_empty(), "after {round} records: {plan:?}");
        plan.new_records.truncate(1);
        plan.changes.clear();
        plan.let_go.clear();
        world.write_records(&plan);
        world.pass_time(seconds(20));
    }
    let plan = world.round();
    assert_eq!(plan.changes.len(), 12);
    assert!(plan.changes.iter().all(|change| change.message.contains("12 people are more than the 5")), "{plan:?}");
    assert_eq!(world.phases(), [("Held".to_owned(), 12)].into());
}

/// One commit, or one slip of a label, that takes something from five hundred.
#[rstest]
#[case::the_label_is_gone(|world: &mut World| relabel(world, "guest"))]
#[case::the_default_is_lower(|world: &mut World| world.policy.user_defaults = vec![default("staff", License::Basic)])]
#[case::the_default_says_less(|world: &mut World| world.policy.user_defaults.insert(0, default("staff", License::Unassigned)))]
fn what_takes_five_hundred_licences_is_held_and_taken_back_by_git(#[case] slip: fn(&mut World)) {
    let mut world = licensed_staff();
    let before = world.clone();
    slip(&mut world);
    fill_in(&mut world);
    world.settle();
    assert_eq!(world.phases(), [("Held".to_owned(), 500)].into());
    assert!(world.touched.is_empty());
    (world.policy, world.objects) = (before.policy, before.objects);
    world.settle();
    assert_eq!(world.phases(), [("Cancelled".to_owned(), 500)].into());
    assert!(world.touched.is_empty());
}

fn licensed_staff() -> World {
    let mut world = World::of(500);
    world.policy.user_defaults = vec![default("staff", License::Licensed), default("guest", License::Basic)];
    world.zoom.values_mut().for_each(|row| row.license = ObservedLicense::Known(License::Licensed));
    relabel(&mut world, "staff");
    fill_in(&mut world);
    world.settle();
    assert!(world.records.is_empty());
    world.touched.clear();
    world
}

fn default(is: &str, license: License) -> UserDefault {
    let selector = Selector { labels: [("is".into(), is.into())].into(), ..Selector::default() };
    UserDefault { selector, license: Some(license), creation: None, removal: None }
}

fn relabel(world: &mut World, is: &str) {
    world
        .objects
        .values_mut()
        .for_each(|object| object.labels = [("is".to_owned(), is.to_owned())].into_iter().collect());
}

/// What the operator does with each object before it plans.
fn fill_in(world: &mut World) {
    let policy = world.policy.clone();
    for object in world.objects.values_mut() {
        object.wanted.license = None;
        policy.fill_in(object);
    }
}

#[test]
fn an_overlay_that_adds_five_thousand_people_is_held_before_the_first_mail() {
    let mut world = World::of(20);
    (20..5_020).for_each(|place| world.add(object(&name(place))));
    let plan = world.plan();
    let asked: usize = plan
        .new_records
        .iter()
        .map(|record| match &record.subject {
            Subject::People(people) => people.len(),
            Subject::Person(_) | Subject::Members(_) => 0,
        })
        .sum();
    assert_eq!((asked, plan.new_records.len()), (5_000, 5), "a thousand to a record");
    assert!(!plan.people.iter().any(PersonPlan::is_runnable));
}

/// Half of those who were approved are gone when the operator's clock jumps.
#[rstest]
#[case::an_hour_ahead(3600)]
#[case::two_days_ahead(2 * 86_400)]
#[case::a_year_ahead(365 * 86_400)]
#[case::an_hour_back(-3600)]
#[case::two_days_back(-2 * 86_400)]
fn a_clock_that_jumps_in_an_approved_wave_lets_exactly_those_go(#[case] jump: i64) {
    let mut world = World::of(60);
    (0..20).for_each(|place| world.delete(&name(place)));
    world.settle();
    let approved: Vec<_> = (0..10).map(|place| address(&name(place))).collect();
    let is_meant = |record: &Record| record.person().is_some_and(|person| approved.contains(&person.email));
    world.approve(is_meant);
    let mut plan = world.plan();
    assert_eq!(plan.running.len(), 10);
    world.write_records(&plan);
    plan.running.truncate(5);
    world.run_records(&plan);
    world.pass_time(seconds(jump));
    for _ in 0..4 {
        world.settle();
    }
    let gone: Vec<_> =
        world.zoom.values().filter(|row| row.state == State::Inactive).map(|row| row.email.clone()).collect();
    assert_eq!(gone, approved);
    assert_eq!(world.taken.len(), 10, "each once");
    assert_eq!(world.phases(), [("Done".to_owned(), 10), ("Held".to_owned(), 10)].into());
}

#[test]
fn a_label_puts_five_thousand_people_into_one_group_and_whom_zoom_refuses_stops_nobody() {
    let mut world = World::of(5000);
    for place in 0..5000 {
        world.object(&name(place)).labels = [("team", "everybody")].into_iter().collect();
    }
    let selector = Selector { labels: [("team".into(), "everybody".into())].into(), ..Selector::default() };
    world.add_group(DesiredGroup {
        members: Some(Members { selector: Some(selector), ..Members::default() }),
        ..group("all")
    });
    let adds = world.plan().groups[0].operations.len();
    assert_eq!(adds, 1 + 5000_usize.div_ceil(GroupOperation::MEMBERS));
    let refusal = MemberRefusal { generation: 1, attempts: 1, retry_at: start() + seconds(3600), message: "no".into() };
    let refused = (0..7).map(|place| ((Act::Join, Asked::Person(address(&name(place)))), refusal.clone()));
    world.group("all").refused = std::sync::Arc::new(refused.collect());
    world.group_round();
    let plan = world.group_round();
    let planned = &plan.groups[0];
    let attendance = planned.members.as_ref().unwrap();
    assert_eq!((attendance.wanted, attendance.present, attendance.refused), (5000, 4993, 7));
    assert_eq!((planned.operations.len(), planned.verdict.reason), (0, Reason::MembersRefused));
}
