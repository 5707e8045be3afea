//! Who gets a paid licence when there are fewer seats than wishes.

use jiff::SignedDuration;
use proptest::prelude::*;
use rstest::rstest;
use zoom_core::*;

use crate::support::*;

/// An account with so many seats, which the people named hold.
fn account(bought: usize, holders: &[&str]) -> World {
    let mut world = World::default();
    world.bought = Some(bought);
    for name in holders {
        let mut object = managed(name);
        object.wanted.license = Some(License::Licensed);
        world.add(object);
        world.join(licensed(name));
    }
    world
}

fn licensed(name: &str) -> Person {
    Person { license: ObservedLicense::Known(License::Licensed), ..person(name, State::Active) }
}

/// Somebody who is there, and is to be licensed; their object is so many minutes old.
fn wish(world: &mut World, name: &str, minutes: i64) {
    world.join(person(name, State::Active));
    let mut object = managed(name);
    object.created = start() - SignedDuration::from_mins(minutes);
    object.wanted.license = Some(License::Licensed);
    world.add(object);
}

fn holders(world: &World) -> Vec<&str> {
    let held = world.zoom.values().filter(|row| row.license == ObservedLicense::Known(License::Licensed));
    held.map(|row| row.email.as_str().split_once('@').unwrap().0).collect()
}

#[track_caller]
fn assert_waits(plan: &Plan, name: &str, told: &[&str]) {
    let Verdict { reason, message } = verdict(plan, name);
    assert_eq!(*reason, Reason::WaitingForSeat, "{name}: {message}");
    assert!(told.iter().all(|told| message.contains(told)), "{message}");
}

#[test]
fn the_oldest_object_gets_the_last_seat_and_the_others_wait_without_asking() {
    let mut world = account(2, &["boss"]);
    wish(&mut world, "young", 10);
    wish(&mut world, "old", 30);
    wish(&mut world, "middle", 20);
    let plan = world.round();
    assert_waits(&plan, "young", &["1 of 2 are used", "wanted by 3 people", "buy one"]);
    assert_eq!(planned(&plan, "old").seat, Seat::Allotted);
    assert_eq!(holders(&world), ["boss", "old"]);
    let plan = world.round();
    assert_waits(&plan, "young", &["2 of 2 are used", "wanted by 2 people"]);
    assert_waits(&plan, "middle", &["2 of 2"]);
    assert_eq!(plan.seats, Some(SeatCount { bought: Some(2), used: 2, free: Some(0), wanted: 2 }));
    assert!(is_idle(&plan) && world.refused_seats == 0);
    world.bought = Some(3);
    world.round();
    assert_eq!(holders(&world), ["boss", "middle", "old"]);
}

#[test]
fn of_the_same_age_the_first_by_name_gets_the_seat() {
    let mut world = account(1, &[]);
    for name in ["cleo", "ada", "bob"] {
        wish(&mut world, name, 10);
    }
    world.round();
    assert_eq!(holders(&world), ["ada"]);
}

#[rstest]
#[case::downgraded(|wanted: &mut Wanted| wanted.license = Some(License::Basic))]
#[case::unassigned(|wanted: &mut Wanted| wanted.license = Some(License::Unassigned))]
#[case::deactivated(|wanted: &mut Wanted| wanted.active = false)]
fn a_seat_that_is_freed_goes_to_who_waits_in_the_next_round(#[case] free: fn(&mut Wanted)) {
    let mut world = account(1, &["ada"]);
    wish(&mut world, "bob", 10);
    assert_waits(&world.round(), "bob", &["1 of 1"]);
    world.edit("ada", free);
    for _ in 0..3 {
        let free = holders(&world).is_empty();
        assert_eq!(planned(&world.plan(), "bob").is_runnable(), free, "not before the seat is free");
        world.round();
        world.pass_time(seconds(31));
    }
    assert_eq!(holders(&world), ["bob"]);
    assert_eq!(world.refused_seats, 0);
}

#[test]
fn nobody_loses_a_seat_to_an_older_object() {
    let mut world = account(1, &["ada"]);
    world.object("ada").wanted.license = None;
    wish(&mut world, "bob", 10_000);
    world.settle();
    assert_eq!(holders(&world), ["ada"]);
}

#[test]
fn who_comes_back_is_not_let_in_without_the_seat_that_they_are_to_have() {
    let mut world = account(1, &["ada"]);
    wish(&mut world, "bob", 10);
    world.row("bob").state = State::Inactive;
    world.edit("bob", |_| {});
    assert_waits(&world.round(), "bob", &["1 of 1"]);
    assert_eq!(world.row("bob").state, State::Inactive);
    world.row("ada").license = ObservedLicense::Known(License::Basic);
    world.object("ada").wanted.license = None;
    world.round();
    assert_eq!(world.row("bob").state, State::Active);
    assert_eq!(holders(&world), ["bob"]);
}

#[test]
fn who_comes_back_with_the_licence_of_before_needs_a_seat_for_it() {
    let mut world = account(1, &["ada"]);
    world.object("ada").wanted.license = None;
    world.edit("ada", |wanted| wanted.active = false);
    world.settle();
    wish(&mut world, "bob", 10);
    world.round();
    assert_eq!(holders(&world), ["bob"]);
    world.edit("ada", |wanted| wanted.active = true);
    assert_waits(&world.round(), "ada", &["1 of 1"]);
    world.bought = Some(2);
    world.round();
    assert_eq!(holders(&world), ["ada", "bob"]);
}

#[test]
fn who_is_created_with_a_licence_needs_a_seat_and_who_is_not_does_not() {
    let mut world = account(1, &["ada"]);
    for name in ["paid", "free"] {
        world.add(object(name));
    }
    world.object("paid").wanted.license = Some(License::Licensed);
    assert_waits(&world.round(), "paid", &["1 of 1"]);
    assert!(world.zoom.contains_key(&address("free")) && !world.zoom.contains_key(&address("paid")));
}

#[test]
fn what_needs_no_seat_does_not_wait_for_one() {
    let mut world = account(1, &["ada"]);
    wish(&mut world, "bob", 10);
    world.edit("bob", |wanted| wanted.attributes.set(Attribute::LastName, "Byron"));
    let plan = world.round();
    assert_eq!(verdict(&plan, "bob").message, "update lastName");
    assert_eq!(world.row("bob").attributes.get(Attribute::LastName), Some("Byron"));
    assert_waits(&world.round(), "bob", &["1 of 1"]);
    assert_eq!(holders(&world), ["ada"]);
}

#[test]
fn a_plan_that_was_made_anew_keeps_to_the_seats_of_the_first() {
    let mut world = account(1, &["ada"]);
    wish(&mut world, "bob", 10);
    let again = |world: &World, seat: &Seat| {
        plan_person(&world.objects[&key("bob")], &world.policy, &world.directory(), world.now).seated(seat)
    };
    assert!(again(&world, &Seat::Allotted).is_runnable());
    let lacking = again(&world, &Seat::Lacking("none is free".to_owned()));
    assert_eq!(lacking.verdict, Verdict::new(Reason::WaitingForSeat, "none is free"));
    assert!(!again(&world, &Seat::NotNeeded).is_runnable(), "a need that shows later waits for its turn");
    world.edit("bob", |wanted| wanted.license = None);
    assert_eq!(again(&world, &Seat::Lacking("none is free".to_owned())).verdict.reason, Reason::Synced);
}

#[test]
fn without_the_plans_usage_one_refusal_is_enough_for_all() {
    let mut world = account(1, &["ada"]);
    world.knows_plan = false;
    for (name, minutes) in [("bob", 10), ("cleo", 20), ("dan", 30)] {
        wish(&mut world, name, minutes);
    }
    world.round();
    assert_eq!((world.refused_seats, world.plan().seats.unwrap().free), (1, Some(0)));
    for name in ["bob", "cleo", "dan"] {
        assert_waits(&world.round(), name, &["Zoom said \"no paid seat\"", "wanted by 3 people"]);
    }
    assert_eq!(world.refused_seats, 1);
    assert_eq!(world.plan().wake_at, Some(world.now + SignedDuration::from_mins(5)));
    // Asked again after a while, by one of them.
    world.pass_time(SignedDuration::from_mins(5));
    world.round();
    assert_eq!(world.refused_seats, 2);
    // A seat that is freed is known without asking.
    world.row("ada").license = ObservedLicense::Known(License::Basic);
    world.object("ada").wanted.license = None;
    world.round();
    assert_eq!(holders(&world), ["dan"]);
    // Bought meanwhile: each who gets one shows that there are more.
    world.bought = Some(10);
    world.pass_time(SignedDuration::from_mins(5));
    world.round();
    world.round();
    assert_eq!(holders(&world), ["bob", "cleo", "dan"]);
    assert_eq!(world.refused_seats, 2);
}

#[test]
fn what_zoom_refuses_counts_more_than_what_its_plan_says() {
    let mut world = account(5, &[]);
    wish(&mut world, "ada", 10);
    let mut directory = world.directory();
    directory.refuse_seat(License::Licensed, "a rule of the account", world.now);
    let plan = world.plan_with(&world.desired(), &directory, &[]);
    assert_waits(&plan, "ada", &["a rule of the account"]);
}

#[rstest]
#[case::used_by_people_whom_no_listing_shows(PlanSeats::new(3, 3, 1), Some(0))]
#[case::paid_by_a_bundle(PlanSeats::new(2, 0, 1), Some(2))]
#[case::more_used_than_bought(PlanSeats::new(2, 5, 1), Some(0))]
#[case::counted_while_somebody_was_changed(PlanSeats::new(3, 3, 1).counted_like(PlanSeats::new(2, 1, 1)), Some(2))]
fn free_seats_are_counted_as_zoom_counts_them(#[case] seats: PlanSeats, #[case] free: Option<usize>) {
    let mut world = account(0, &["ada"]);
    wish(&mut world, "bob", 10);
    let mut directory = world.directory();
    directory.set_seats(Seats::default().listed(Some(seats)));
    assert_eq!(world.plan_with(&world.desired(), &directory, &[]).seats.unwrap().free, free);
}

#[test]
fn a_refusal_is_forgotten_when_seats_were_bought() {
    let mut world = account(1, &[]);
    wish(&mut world, "ada", 10);
    let mut directory = world.directory();
    directory.refuse_seat(License::Licensed, "full", world.now);
    let seats = directory.seats().clone();
    assert_eq!(
        seats.listed(Some(PlanSeats::new(1, 1, 1))),
        seats.listed(seats.plan()).listed(Some(PlanSeats::new(1, 1, 1)))
    );
    directory.set_seats(seats.listed(Some(PlanSeats::new(2, 0, 0))));
    assert!(planned(&world.plan_with(&world.desired(), &directory, &[]), "ada").is_runnable());
}

#[test]
fn a_basic_seat_that_zoom_refused_is_waited_for_by_all() {
    let mut world = World::default();
    for name in ["ada", "bob"] {
        world.add(object(name));
    }
    let mut directory = world.directory();
    directory.refuse_seat(License::Basic, "no basic seat", world.now);
    let plan = world.plan_with(&world.desired(), &directory, &[]);
    assert_waits(&plan, "ada", &["no Basic seat is free", "wanted by 2 people"]);
    assert_eq!(plan.seats, None);
}

#[test]
fn people_to_create_whom_the_guard_holds_take_no_seats() {
    let mut world = account(3, &["ada"]);
    world.policy.guard.limits = limits(2);
    for place in 0..4 {
        let mut newcomer = object(&format!("new{place}"));
        newcomer.created = start() - SignedDuration::from_hours(9);
        newcomer.wanted.license = Some(License::Licensed);
        world.add(newcomer);
    }
    wish(&mut world, "bob", 10);
    let plan = world.round();
    assert_eq!(verdict(&plan, "new0").reason, Reason::Held);
    assert_eq!(holders(&world), ["ada", "bob"]);
    assert_eq!(world.plan().seats, Some(SeatCount { bought: Some(3), used: 2, free: Some(1), wanted: 4 }));
}

#[test]
fn nothing_is_said_of_seats_where_nobody_wants_one_and_none_are_known() {
    let mut world = account(1, &["ada"]);
    world.knows_plan = false;
    assert_eq!(world.round().seats, None);
}

/// Somebody in the account: whether they hold a seat, whether they are active, how old their object is, what it wants.
fn somebody() -> impl Strategy<Value = (bool, bool, i64, Option<License>)> {
    let license = prop_oneof![
        4 => Just(Some(License::Licensed)),
        1 => Just(Some(License::Basic)),
        1 => Just(Some(License::Unassigned)),
        1 => Just(None),
    ];
    (any::<bool>(), prop::bool::weighted(0.8), 0..5_i64, license)
}

fn world_of(people: &[(bool, bool, i64, Option<License>)], bought: usize, knows_plan: bool) -> World {
    let mut world = World::default();
    world.knows_plan = knows_plan;
    world.policy.guard.limits = limits(100);
    for (place, (holds, active, age, license)) in people.iter().enumerate() {
        let name = name(place);
        wish(&mut world, &name, *age);
        let object = world.object(&name);
        object.wanted.license = *license;
        object.generation = 2;
        let row = world.row(&name);
        match (holds, active) {
            (true, true) => row.license = ObservedLicense::Known(License::Licensed),
            (false, true) => {}
            (_, false) => row.state = State::Inactive,
        }
    }
    let held = holders(&world).len();
    world.bought = Some(bought.max(held));
    world
}

fn paid(planned: &PersonPlan) -> bool {
    let raises = |operation: &Operation| match operation {
        Operation::Update(_, patch) => patch.license == Some(License::Licensed),
        Operation::Create(new) => new.license == License::Licensed,
        Operation::Read(_)
        | Operation::SetRole { .. }
        | Operation::SetEmail(..)
        | Operation::Activate(_)
        | Operation::Deactivate(_)
        | Operation::Unlink(..)
        | Operation::Delete(..) => false,
    };
    planned.operations.iter().any(raises)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// With the plan known: never more than are free, the oldest first, and whatever the order of the input.
    #[test]
    fn no_more_seats_are_given_than_are_free_and_the_oldest_get_them(
        people in prop::collection::vec(somebody(), 1..12), bought in 0..8_usize,
    ) {
        let mut world = world_of(&people, bought, true);
        for _ in 0..6 {
            let plan = world.plan();
            let free = plan.seats.unwrap().free.unwrap();
            let takers: Vec<_> = plan.people.iter().filter(|planned| planned.is_runnable() && paid(planned)).collect();
            prop_assert!(takers.len() <= free);
            let age = |planned: &PersonPlan| (world.objects[&planned.object].created, planned.object.clone());
            let waiting = plan.people.iter().filter(|planned| planned.verdict.reason == Reason::WaitingForSeat);
            let first_waiting = waiting.map(&age).min();
            prop_assert!(takers.iter().all(|taker| first_waiting.as_ref().is_none_or(|first| age(taker) < *first)));
            let mut desired = world.desired();
            desired.people.reverse();
            prop_assert_eq!(&world.plan_with(&desired, &world.directory(), &world.records), &plan);
            world.round();
            world.pass_time(seconds(31));
        }
        prop_assert_eq!(world.refused_seats, 0);
        let count = world.plan().seats.unwrap();
        prop_assert!(count.free == Some(0) || count.wanted == 0, "{:?}", count);
        prop_assert!(world.records.iter().all(|record| record.class != Class::Access));
    }

    /// Without it: as many seats are given in the end, and Zoom is asked in vain once in five minutes at most.
    #[test]
    fn seats_that_are_learned_from_refusals_end_as_seats_that_are_known(
        people in prop::collection::vec(somebody(), 1..12), bought in 0..8_usize,
    ) {
        let [mut known, mut learned] = [true, false].map(|knows| world_of(&people, bought, knows));
        for _ in 0..40 {
            for world in [&mut known, &mut learned] {
                world.round();
                world.pass_time(seconds(31));
            }
        }
        prop_assert_eq!(holders(&known).len(), holders(&learned).len());
        prop_assert!(learned.refused_seats <= 1 + 40 * 31 / 300 + 1, "{}", learned.refused_seats);
    }
}

#[test]
fn a_plan_that_is_only_shown_says_who_would_wait_for_a_seat() {
    let mut world = World::of(4);
    world.bought = Some(1);
    for (place, hours) in [(0, 3), (1, 2), (2, 1)] {
        world.object(&name(place)).created = start() - seconds(hours * 3600);
        world.edit(&name(place), |wanted| wanted.license = Some(License::Licensed));
    }
    // Somebody would give one up.
    world.bought = Some(2);
    world.row("person003").license = ObservedLicense::Known(License::Licensed);
    world.edit("person003", |wanted| wanted.license = Some(License::Basic));
    world.policy.mode = Mode::Plan;
    let plan = world.plan();
    let waits =
        |place| verdict(&plan, &name(place)).message.contains("would wait for a seat: no Licensed seat is free");
    assert_eq!([0, 1, 2].map(waits), [false, false, true]);
    assert!((0..3).all(|place| verdict(&plan, &name(place)).reason == Reason::PlanOnly));
}
