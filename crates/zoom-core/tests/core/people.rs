//! What happens to one person.

use crate::support::*;
use rstest::rstest;
use zoom_core::*;

fn one(object: DesiredPerson, row: Option<Person>) -> World {
    let mut world = World::default();
    world.add(object);
    if let Some(row) = row {
        world.join(row);
    }
    world
}

fn operations(world: &World) -> Vec<String> {
    let plan = world.plan();
    planned(&plan, "ada").operations.iter().map(ToString::to_string).collect()
}

#[test]
fn a_person_in_zoom_is_adopted_by_address_without_case() {
    let mut ada = object("ada");
    ada.email = email("Ada@EXAMPLE.com");
    let mut world = one(ada, Some(person("ada", State::Active)));
    assert_eq!(world.verdict("ada"), Reason::Synced);
    world.round();
    assert_eq!(world.object("ada").remembered.origin, Some(Origin::Adopted));
    assert!(world.touched.is_empty());
}

#[rstest]
#[case::never_seen(object("ada"), Reason::AdoptionRefused)]
#[case::ours(managed("ada"), Reason::Synced)]
#[case::created_just_before_a_crash({
    let mut ada = object("ada");
    ada.remembered.creating = true;
    ada
}, Reason::Synced)]
#[case::somebody_else_has_the_address_now({
    let mut ada = managed("ada");
    ada.remembered.id = Some(id("former"));
    ada
}, Reason::AdoptionRefused)]
fn without_adoption_only_our_own_people_are_managed(#[case] object: DesiredPerson, #[case] expected: Reason) {
    let mut world = one(object, Some(person("ada", State::Active)));
    world.policy.adoption = Adoption::Never;
    assert_eq!(world.verdict("ada"), expected);
    assert_eq!(world.plan().managed, usize::from(expected == Reason::Synced));
}

#[rstest]
#[case(CreateMethod::Invite, State::Pending, Reason::Invited)]
#[case(CreateMethod::AutoCreate, State::Active, Reason::Synced)]
#[case(CreateMethod::Sso, State::Active, Reason::Synced)]
#[case(CreateMethod::NoLogin, State::Active, Reason::Synced)]
fn people_are_created_by_each_method(#[case] method: CreateMethod, #[case] state: State, #[case] then: Reason) {
    let mut ada = object("ada");
    ada.creation = Some(Creation::By(method));
    ada.wanted.attributes.set(Attribute::FirstName, "Ada");
    ada.wanted.attributes.set(Attribute::JobTitle, "Analyst");
    let mut world = one(ada, None);
    assert_eq!(
        operations(&world),
        [format!("create by {method} with licence Basic"), "update profile.jobTitle".to_owned()]
    );
    world.round();
    assert_eq!(world.row("ada").state, state);
    assert_eq!(world.row("ada").attributes.get(Attribute::FirstName), Some("Ada"));
    assert_eq!(world.verdict("ada"), then);
    assert!(is_idle(&world.plan()));
}

#[rstest]
#[case::method_missing(None, None, Reason::CreationMethodMissing)]
#[case::wait(None, Some(Creation::Wait), Reason::NotYetJoined)]
#[case::the_object_goes_before_the_connection(
    Some(Creation::Wait),
    Some(Creation::By(CreateMethod::Sso)),
    Reason::NotYetJoined
)]
fn nobody_is_created_without_being_asked_for(
    #[case] on_object: Option<Creation>,
    #[case] on_connection: Option<Creation>,
    #[case] expected: Reason,
) {
    let mut ada = object("ada");
    ada.creation = on_object;
    let mut world = one(ada, None);
    world.policy.creation = on_connection;
    assert_eq!(world.verdict("ada"), expected);
    assert!(is_idle(&world.plan()));
}

#[test]
fn what_zoom_does_not_take_before_an_invitation_is_accepted_is_named_and_follows_later() {
    let mut ada = object("ada");
    ada.creation = Some(Creation::By(CreateMethod::Invite));
    ada.wanted.role = Some("Admin".into());
    ada.wanted.attributes.set(Attribute::JobTitle, "Analyst");
    let mut world = one(ada, None);
    world.round();
    let plan = world.plan();
    assert_eq!(verdict(&plan, "ada").reason.standing(), Standing::Ready);
    assert!(verdict(&plan, "ada").message.ends_with("waiting for that: profile.jobTitle, role"));

    let row = world.row("ada");
    (row.state, row.id, row.role) = (State::Active, Some(id("ADA")), Some(role_id(RoleId::MEMBER)));
    assert_eq!(operations(&world), ["give role 1"]);
    world.edit("ada", |_| {});
    for _ in 0..3 {
        world.round();
    }
    assert_eq!(world.verdict("ada"), Reason::Synced);
    let details = world.row("ada").details.clone().unwrap();
    assert_eq!(details.attributes.get(Attribute::JobTitle), Some("Analyst"));
}

#[rstest]
#[case::unmanaged_afterwards(None, License::Licensed, &[], &[])]
#[case::the_same(Some(License::Basic), License::Basic, &[], &[])]
#[case::a_raise_is_an_update(Some(License::Licensed), License::Basic, &["update license to Licensed"], &[])]
#[case::from_nothing(Some(License::Basic), License::Unassigned, &["update license to Basic"], &[])]
#[case::lowering_takes(Some(License::Basic), License::Licensed, &[], &[Step::SetLicense(License::Basic)])]
#[case::to_nothing(Some(License::Unassigned), License::Basic, &[], &[Step::SetLicense(License::Unassigned)])]
fn licences(
    #[case] wanted: Option<License>,
    #[case] present: License,
    #[case] updates: &[&str],
    #[case] taken: &[Step],
) {
    let mut ada = managed("ada");
    ada.wanted.license = wanted;
    let mut row = person("ada", State::Active);
    row.license = ObservedLicense::Known(present);
    let world = one(ada, Some(row));
    let plan = world.plan();
    assert_eq!(operations(&world), updates);
    assert_eq!(planned(&plan, "ada").taken(), taken);
    let classes: Vec<_> = plan.new_records.iter().map(|record| record.class).collect();
    assert_eq!(classes, vec![Class::Entitlement; taken.len()]);
}

/// What cannot be asked for may be worth more; of what Zoom does not say nothing follows.
#[rstest]
#[case::on_premises_lowered(ObservedLicense::Other(3), License::Basic, &[], &[Step::SetLicense(License::Basic)])]
#[case::on_premises_to_nothing(ObservedLicense::Other(3), License::Unassigned, &[], &[Step::SetLicense(License::Unassigned)])]
#[case::on_premises_to_paid(ObservedLicense::Other(3), License::Licensed, &["update license to Licensed"], &[])]
#[case::none_assigned(ObservedLicense::Other(99), License::Basic, &["update license to Basic"], &[])]
#[case::unsaid_lowered(ObservedLicense::Unsaid, License::Basic, &[], &[])]
#[case::unsaid_raised(ObservedLicense::Unsaid, License::Licensed, &[], &[])]
fn licences_that_are_not_understood(
    #[case] present: ObservedLicense,
    #[case] wanted: License,
    #[case] updates: &[&str],
    #[case] taken: &[Step],
) {
    let mut ada = managed("ada");
    ada.wanted.license = Some(wanted);
    let world = one(ada, Some(Person { license: present, ..person("ada", State::Active) }));
    assert_eq!(operations(&world), updates);
    let plan = world.plan();
    assert_eq!(planned(&plan, "ada").taken(), taken);
    assert_eq!(plan.new_records.len(), taken.len());
}

#[rstest]
#[case::not_managed(None, "1", Reason::Synced, &[], &[])]
#[case::already("member", "2", Reason::Synced, &[], &[])]
#[case::given("Admin", "2", Reason::Reconciling, &["give role 1"], &[])]
#[case::taken("Member", "1", Reason::Settling, &[], &[Step::SetRole("Member".into())])]
#[case::swapped("helpdesk", "1", Reason::Settling, &[], &[Step::SetRole("Helpdesk".into())])]
#[case::unknown("Wizard", "2", Reason::RoleUnknown, &[], &[])]
#[case::the_owner_stays("Member", "0", Reason::NeedsOwner, &[], &[])]
#[case::nobody_becomes_owner("Owner", "2", Reason::NeedsOwner, &[], &[])]
fn the_role(
    #[case] wanted: impl Into<Option<&'static str>>,
    #[case] present: &str,
    #[case] expected: Reason,
    #[case] updates: &[&str],
    #[case] taken: &[Step],
) {
    let mut ada = managed("ada");
    ada.wanted.role = wanted.into().map(Into::into);
    let mut row = person("ada", State::Active);
    row.role = Some(role_id(present));
    let mut world = one(ada, Some(row));
    world.another_admin();
    let plan = world.plan();
    assert_eq!(verdict(&plan, "ada").reason, expected);
    assert_eq!(operations(&world), updates);
    assert_eq!(planned(&plan, "ada").taken(), taken);
}

#[rstest]
#[case(|world: &mut World| world.edit("ada", |wanted| wanted.active = false))]
#[case(|world: &mut World| world.edit("ada", |wanted| wanted.license = Some(License::Unassigned)))]
#[case(|world: &mut World| world.delete("ada"))]
fn nothing_is_taken_from_the_owner(#[case] edit: fn(&mut World)) {
    let mut world = World::of(1);
    let mut row = person("ada", State::Active);
    row.role = Some(role_id(RoleId::OWNER));
    world.join(row);
    world.add(managed("ada"));
    edit(&mut world);
    world.settle();
    assert!(world.touched.is_empty());
    assert_eq!((world.phase("ada"), world.record("ada").reason), (Phase::Refused, Some(RecordReason::Owner)));
    assert_eq!(world.records.len(), 1);
}

#[rstest]
#[case::deactivated(Some(State::Inactive), Reason::DeactivatedInZoom)]
#[case::removed(None, Reason::RemovedInZoom)]
fn access_taken_in_zoom_is_given_back_by_a_newer_edit_alone(#[case] state: Option<State>, #[case] expected: Reason) {
    let mut ada = managed("ada");
    ada.wanted.license = Some(License::Licensed);
    let mut world = one(ada, state.map(|state| person("ada", state)));
    assert_eq!(world.verdict("ada"), expected);
    world.settle();
    assert!(world.touched.is_empty());

    world.edit("ada", |wanted| wanted.attributes.set(Attribute::FirstName, "Ada"));
    world.round();
    world.round();
    assert_eq!(world.verdict("ada"), Reason::Synced);
    let row = world.row("ada");
    assert_eq!((row.state, row.license), (State::Active, ObservedLicense::Known(License::Licensed)));
}

#[test]
fn a_reactivated_person_gets_the_licence_in_the_same_turn() {
    let mut ada = managed("ada");
    ada.generation = 2;
    ada.wanted.license = Some(License::Licensed);
    let world = one(ada, Some(person("ada", State::Inactive)));
    assert_eq!(operations(&world), ["activate", "update license to Licensed"]);
}

#[test]
fn while_inactive_all_other_fields_rest() {
    let mut ada = managed("ada");
    ada.wanted.active = false;
    ada.wanted.attributes.set(Attribute::FirstName, "Ada");
    let world = one(ada, Some(person("ada", State::Inactive)));
    assert_eq!(world.verdict("ada"), Reason::Deactivated);
    assert!(is_idle(&world.plan()));
}

#[rstest]
#[case::who_holds_the_id(("a", "other-id", 9), ("b", "ADA", 5), "b")]
#[case::the_older(("a", "", 5), ("b", "", 9), "b")]
#[case::by_name(("a", "", 5), ("b", "", 5), "a")]
fn of_several_objects_one_wins(
    #[case] left: (&str, &str, i64),
    #[case] right: (&str, &str, i64),
    #[case] winner: &str,
    #[values(State::Active, State::Pending)] state: State,
) {
    let mut world = World::default();
    for (name, known, age) in [left, right] {
        let mut object = object(name);
        object.email = address("ada");
        object.remembered.id = UserId::new(known).filter(|_| state == State::Active);
        object.created = start() - seconds(60 * age);
        world.add(object);
    }
    world.join(person("ada", state));
    if state == State::Pending && left.1 != right.1 {
        return; // Nobody holds the id of a pending person.
    }
    let loser = if winner == "a" { "b" } else { "a" };
    assert_eq!(world.verdict(loser), Reason::ClaimedByAnother);
    assert_ne!(world.verdict(winner), Reason::ClaimedByAnother);
    assert!(verdict(&world.plan(), loser).message.contains(&key(winner).to_string()));
}

#[test]
fn two_objects_for_an_absent_person_conflict_too() {
    let mut world = one(managed("ada"), None);
    let mut second = object("second");
    second.email = address("ada");
    world.add(second);
    assert_eq!(world.verdict("second"), Reason::ClaimedByAnother);
    assert!(is_idle(&world.plan()));
}

#[test]
fn when_the_winner_goes_the_next_takes_over_without_a_removal() {
    let mut world = one(managed("ada"), Some(person("ada", State::Active)));
    let mut second = object("second");
    second.email = address("ada");
    world.add(second);
    assert_eq!(world.verdict("second"), Reason::ClaimedByAnother);
    world.delete("ada");
    let plan = world.plan();
    assert_eq!(plan.let_go, [key("ada")]);
    assert!(plan.new_records.is_empty());
    assert_eq!(verdict(&plan, "second").reason, Reason::Synced);
}

#[rstest]
#[case::by_address(None, Some("ada"))]
#[case::by_id(Some("ADA"), None)]
#[case::by_id_with_a_new_address(Some("ADA"), Some("ada.king"))]
fn an_unreadable_object_keeps_its_claim(#[case] known: Option<&str>, #[case] named: Option<&str>) {
    let mut ada = object("ada");
    ada.wanted.active = false;
    let mut world = one(ada, Some(person("ada", State::Active)));
    world.unreadable = vec![Claim {
        object: key("broken"),
        id: known.and_then(UserId::new),
        email: named.map(address),
        previous_emails: Vec::new(),
    }];
    world.records = vec![by_hand("ada", Step::Deactivate)];
    assert_eq!(world.verdict("ada"), Reason::ClaimedByAnother);
    world.settle();
    assert!(world.touched.is_empty());
    assert_eq!(world.record("ada").reason, Some(RecordReason::Declared));
}

fn refused(at: &World) -> Refusal {
    Refusal {
        generation: 1,
        row: at.zoom.get(&address("ada")).cloned(),
        attempts: 1,
        retry_at: start() + seconds(3600),
        reason: Reason::WaitingForSeat,
        message: "no seat is free".to_owned(),
    }
}

#[rstest]
#[case::stands(|_: &mut World| {}, Reason::WaitingForSeat)]
#[case::falls_with_an_edit(|world: &mut World| world.edit("ada", |_| {}), Reason::Reconciling)]
#[case::falls_with_the_row(
    |world: &mut World| world.row("ada").attributes.set(Attribute::LastName, "King"), Reason::Reconciling
)]
#[case::falls_in_time(|world: &mut World| world.pass_time(seconds(3600)), Reason::Reconciling)]
fn a_refusal(#[case] change: fn(&mut World), #[case] expected: Reason) {
    let mut ada = managed("ada");
    ada.wanted.license = Some(License::Licensed);
    let mut world = one(ada, Some(person("ada", State::Active)));
    world.object("ada").remembered.refusal = Some(Box::new(refused(&world.clone())));
    assert_eq!(world.plan().wake_at, Some(start() + seconds(3600)));
    change(&mut world);
    assert_eq!(world.verdict("ada"), expected);
}

#[test]
fn a_change_without_effect_is_said_once_and_tried_again_after_an_edit() {
    let mut ada = managed("ada");
    ada.wanted.attributes.set(Attribute::Department, "Engines");
    ada.remembered.not_applied = ["profile.department".into()].into();
    let mut world = one(ada, Some(person("ada", State::Active)));
    assert_eq!(world.verdict("ada"), Reason::NotApplied);
    assert!(is_idle(&world.plan()));
    world.edit("ada", |_| {});
    assert_eq!(operations(&world), ["update profile.department"]);
}

#[test]
fn a_change_that_took_effect_in_the_end_is_no_complaint() {
    let mut ada = managed("ada");
    ada.wanted.attributes.set(Attribute::Department, "Engines");
    ada.remembered.not_applied = ["profile.department".into()].into();
    let mut row = person("ada", State::Active);
    row.attributes.set(Attribute::Department, "Engines");
    assert_eq!(one(ada, Some(row)).verdict("ada"), Reason::Synced);
}

#[rstest]
#[case::create(Allow { create: false, ..Allow::default() }, None, |_: &mut Wanted| {})]
#[case::update(
    Allow { update: false, ..Allow::default() }, Some(State::Active),
    |wanted: &mut Wanted| wanted.license = Some(License::Licensed)
)]
#[case::activate(Allow { update: false, ..Allow::default() }, Some(State::Inactive), |_: &mut Wanted| {})]
fn a_switch_forbids(#[case] allow: Allow, #[case] state: Option<State>, #[case] edit: fn(&mut Wanted)) {
    let mut ada = object("ada");
    edit(&mut ada.wanted);
    let mut world = one(ada, state.map(|state| person("ada", state)));
    assert_eq!(world.verdict("ada"), Reason::Reconciling);
    world.policy.allow = allow;
    assert_eq!(world.verdict("ada"), Reason::NotAllowed);
    assert!(is_idle(&world.plan()));
}

#[test]
fn in_plan_mode_everything_is_shown_and_nothing_done() {
    let mut world = World::of(3);
    world.add(object("ada"));
    world.edit("person000", |wanted| wanted.active = false);
    world.delete("person001");
    world.policy.mode = Mode::Plan;
    let plan = world.plan();
    assert_eq!(verdict(&plan, "ada").reason, Reason::PlanOnly);
    assert_eq!(planned(&plan, "ada").operations.len(), 1);
    assert_eq!(verdict(&plan, "person000").reason, Reason::PlanOnly);
    assert_eq!(planned(&plan, "person000").taken(), [Step::Deactivate]);
    assert_eq!(plan.let_go, [key("person001")]);
    assert_eq!((plan.new_records, plan.changes, plan.running), (vec![], vec![], vec![]));
    assert!(!plan.people.iter().any(PersonPlan::is_runnable));
}

#[test]
fn a_suspended_connection_plans_nothing() {
    let mut world = World::of(1);
    world.add(object("ada"));
    world.policy.mode = Mode::Suspend;
    assert_eq!(world.verdict("ada"), Reason::Suspended);
    assert!(is_idle(&world.plan()));
}

#[test]
fn details_are_read_when_something_was_edited_that_no_listing_shows() {
    let mut world = World::of(1);
    world.edit("person000", |wanted| wanted.attributes.set(Attribute::JobTitle, "Analyst"));
    let plan = world.round();
    assert_eq!(planned(&plan, "person000").operations[0].verb(), "Read");
    world.edit("person000", |_| {});
    let plan = world.round();
    assert_eq!(planned(&plan, "person000").operations[0].verb(), "Update");
    assert_eq!(world.verdict("person000"), Reason::Synced);
}

#[test]
fn the_sweep_reads_those_whose_details_are_oldest() {
    let mut world = World::of(4);
    world.policy.sweep = 2;
    for place in 0..4 {
        let object = world.object(&name(place));
        object.wanted.attributes.set(Attribute::JobTitle, "Analyst");
        if place != 2 {
            let age = i64::try_from(place).unwrap();
            let attributes = [(Attribute::JobTitle, "Analyst")].into_iter().collect();
            let read_at = start() - seconds(1000 - age);
            world.row(&name(place)).details = Some(
                Details { read_at, attributes, phones: Phones::default(), custom: CustomAttributes::default() }.into(),
            );
        }
    }
    let swept: Vec<_> = world.plan().sweep.into_iter().map(|person| person.email).collect();
    assert_eq!(swept, [address("person002"), address("person000")]);
}

#[test]
fn while_the_listing_is_not_believed_nobody_is_created_and_nobody_removed() {
    let mut world = World::of(8);
    world.add(object("ada"));
    world.edit("person000", |wanted| wanted.active = false);
    world.delete("person001");
    let mut record = by_hand("stranger", Step::Deactivate);
    record.approved = true;
    world.records.push(record);
    (world.suspicion, world.complete.people) = (Some("7 of 8 are missing"), false);
    world.settle();
    assert_eq!(world.verdict("ada"), Reason::Suspicious);
    assert_eq!(world.verdict("person000"), Reason::Held);
    assert!(!world.objects.contains_key(&key("person001")), "a deleted object does not wait for it");
    let held: Vec<_> = world.records.iter().map(|record| (record.phase, record.reason)).collect();
    assert_eq!(held, [(Phase::Held, Some(RecordReason::Suspicious)); 3]);
    assert!(world.touched.is_empty());

    // What is known of the others goes on, and everything else once the listing is believed again.
    world.edit("person002", |wanted| wanted.license = Some(License::Licensed));
    world.round();
    assert_eq!(world.touched.iter().collect::<Vec<_>>(), [&address("person002")]);
    (world.suspicion, world.complete.people) = (None, true);
    world.settle();
    assert_eq!(world.phases(), [("Done".to_owned(), 3)].into());
    assert_eq!(world.verdict("ada"), Reason::Synced);
}

/// What was agreed to is still agreed to when the account is seen again.
#[rstest]
#[case::held(|_: &mut World| {}, 0)]
#[case::approved(|world: &mut World| world.approve(|_| true), 8)]
#[case::running(|world: &mut World| {
    world.approve(|_| true);
    let plan = world.plan();
    world.write_records(&plan);
}, 8)]
fn what_is_written_down_of_people_outlasts_a_listing_that_lacks_them_all(
    #[case] decide: fn(&mut World),
    #[case] gone: usize,
    #[values(
        |wanted: &mut Wanted| wanted.active = false,
        |wanted: &mut Wanted| wanted.license = Some(License::Unassigned),
    )]
    edit: fn(&mut Wanted),
) {
    let mut world = World::of(8);
    world.policy.guard.limits = limits(0);
    (0..8).for_each(|place| world.edit(&name(place), edit));
    world.settle();
    decide(&mut world);
    let zoom = std::mem::take(&mut world.zoom);
    (world.suspicion, world.complete.people) = (Some("the account is listed without anybody"), false);
    world.settle();
    assert!(world.records.iter().all(|record| record.phase.is_open()), "{:?}", world.records);
    assert!(world.touched.is_empty());
    (world.zoom, world.suspicion, world.complete.people) = (zoom, None, true);
    world.settle();
    assert_eq!((world.records.len(), world.touched.len()), (8, gone));
}

#[test]
fn an_edit_that_needs_a_look_first_takes_nothing_back() {
    let mut world = World::of(8);
    world.policy.guard.limits = limits(0);
    world.row("person000").license = ObservedLicense::Known(License::Licensed);
    world.edit("person000", |wanted| wanted.license = Some(License::Basic));
    world.settle();
    world.approve(|_| true);
    world.policy.mode = Mode::HoldRemovals;
    world.settle();
    // After a restart nothing is known of what no listing shows.
    world.edit("person000", |wanted| wanted.attributes.set(Attribute::JobTitle, "Analyst"));
    assert_eq!(planned(&world.plan(), "person000").operations[0].verb(), "Read");
    world.round();
    world.policy.mode = Mode::Enforce;
    world.settle();
    assert_eq!((world.records.len(), world.phase("person000")), (1, Phase::Done), "{:?}", world.records);
}

#[test]
fn without_a_whole_listing_nobody_is_taken_for_absent() {
    let mut world = one(object("ada"), None);
    world.complete.people = false;
    assert_eq!(world.verdict("ada"), Reason::WaitingForListing);
    assert!(is_idle(&world.plan()));
}

#[test]
fn edits_of_people_go_before_background_work_and_creating_comes_last() {
    let mut world = World::of(2);
    world.add(object("ada"));
    world.object("person000").wanted.license = Some(License::Licensed);
    world.edit("person001", |wanted| wanted.license = Some(License::Licensed));
    let order: Vec<_> = world.plan().people.into_iter().map(|planned| planned.object).collect();
    assert_eq!(order, [key("person001"), key("person000"), key("ada")]);
}

#[test]
fn who_was_asked_to_move_from_another_account_is_waited_for_and_not_asked_again_before_an_edit() {
    let mut ada = managed("ada");
    (ada.remembered.id, ada.remembered.elsewhere) = (None, true);
    let mut world = one(ada, Some(person("ada", State::Pending)));
    let plan = world.round();
    assert_eq!(verdict(&plan, "ada").reason, Reason::WaitingForConsent);
    assert!(verdict(&plan, "ada").message.contains("have them agree"), "{plan:?}");
    // Zoom may show nobody until they agree.
    world.zoom.remove(&address("ada"));
    assert_eq!(world.verdict("ada"), Reason::WaitingForConsent);
    world.edit("ada", |_| {});
    assert_eq!(world.verdict("ada"), Reason::Reconciling);
    world.join(person("ada", State::Active));
    world.round();
    assert_eq!(world.verdict("ada"), Reason::Synced);
}
