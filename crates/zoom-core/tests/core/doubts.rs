//! What was written down stays as it is while it is not seen whether it is still wanted.

use std::{collections::BTreeSet, sync::Arc};

use rstest::rstest;
use zoom_core::*;

use crate::{group_world::*, support::*, things::*};

/// A group whose object wants one of three members and administrators: two are to leave as both, and that is held.
fn held() -> (World, GroupId) {
    let mut world = World::of(30);
    let everybody = ["person000", "person001", "person002"];
    let id = world.found("research", &everybody);
    world.zoom_groups[0].admins = Some(BTreeSet::from(everybody.map(address)).into());
    world.policy.guard.limits = limits(0);
    world.add_group(DesiredGroup {
        members: members(&["person000"]),
        admins: Some(users(&["person000"])),
        membership: Membership::Exclusive,
        ..group("research")
    });
    world.settle_groups();
    assert_eq!(held_as(&world), [(Phase::Held, Some(RecordReason::OverLimit)); 2]);
    (world, id)
}

fn held_as(world: &World) -> Vec<(Phase, Option<RecordReason>)> {
    let departures = world.records.iter().filter(|record| record.class == Class::Membership);
    departures.map(|record| (record.phase, record.reason)).collect()
}

#[rstest]
#[case::people(|world: &mut World| world.complete.people = false)]
#[case::groups(|world: &mut World| world.complete.groups = false)]
#[case::objects(|world: &mut World| world.all_objects_seen = false)]
#[case::suspicious(|world: &mut World| world.suspicion = Some("half of the people are missing"))]
#[case::administrators(|world: &mut World| world.zoom_groups[0].admins = None)]
#[case::administrators_whom_zoom_does_not_show(|world: &mut World| {
    let retry_at = start() + seconds(36_000);
    let (reason, message) = (Reason::Refused, "no".to_owned());
    let refusal = ThingRefusal { generation: 1, attempts: 1, retry_at, reason, message };
    world.zoom_groups[0].admins = None;
    world.group("research").memory.refusal = Some(refusal);
})]
#[case::an_object_that_says_nothing(|world: &mut World| {
    world.unreadable.push(Claim { object: key("broken"), id: None, email: None, previous_emails: Vec::new() });
})]
#[case::their_object_is_unreadable(|world: &mut World| {
    world.unreadable.push(Claim { object: key("broken"), id: None, email: Some(address("person001")), previous_emails: Vec::new() });
    world.unreadable.push(Claim { object: key("broken-too"), id: None, email: Some(address("person002")), previous_emails: Vec::new() });
})]
#[case::their_object_is_being_deleted(|world: &mut World| {
    world.policy.mode = Mode::HoldRemovals;
    world.delete("person001");
    world.delete("person002");
})]
#[case::an_object_of_another_namespace(|world: &mut World| {
    let elsewhere = ObjectKey::new("elsewhere", "person001");
    world.group("research").members.as_mut().unwrap().named.users.insert(elsewhere.clone());
    world.group("research").admins.as_mut().unwrap().users.insert(elsewhere);
})]
#[case::namespaces(|world: &mut World| {
    world.policy.access = Access::Granted(Default::default());
    world.all_objects_seen = false;
})]
fn a_record_of_a_departure_outlasts_what_was_not_seen_and_is_held_as_before(#[case] unsee: fn(&mut World)) {
    let (mut world, id) = held();
    let seen = world.clone();
    unsee(&mut world);
    let plan = world.plan();
    assert!(plan.running.is_empty() && plan.changes.iter().all(|change| change.phase == Phase::Held), "{plan:?}");
    for _ in 0..3 {
        world.round();
        world.pass_time(seconds(60));
    }
    // A day later all is seen again, and so much may leave that it would run if it were counted anew.
    let mut records = world.records;
    records.retain(|record| record.class == Class::Membership);
    let now = world.now + seconds(100_000);
    world = seen;
    (world.records, world.now) = (records, now);
    world.policy.guard.limits = limits(20);
    world.settle_groups();
    assert_eq!(held_as(&world), [(Phase::Held, Some(RecordReason::OverLimit)); 2], "{:?}", world.records);
    assert_eq!(world.members_of(&id).len(), 3);
    // A decision is still one about them.
    world.approve(|_| true);
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000"]);
}

#[test]
fn a_record_that_began_goes_on_when_all_is_seen_again() {
    let (mut world, _) = held();
    let began = world.now;
    world.records.iter_mut().for_each(|record| {
        (record.phase, record.started_at, record.approved) = (Phase::Running, Some(began), true);
    });
    world.complete.people = false;
    let plan = world.plan();
    assert_eq!((plan.changes.len(), plan.running.len()), (0, 0));
    world.complete.people = true;
    assert_eq!(world.plan().running.len(), 2);
}

#[test]
fn an_edit_takes_back_what_is_seen_to_be_taken_back() {
    let (mut world, _) = held();
    world.edit_group("research", |group| {
        group.members = members(&["person000", "person001", "person002"]);
        group.admins = None;
    });
    // The administrators are not managed any more, so they need not be seen.
    world.zoom_groups[0].admins = None;
    world.settle_groups();
    assert_eq!(held_as(&world), [(Phase::Cancelled, Some(RecordReason::TakenBack)); 2]);
}

#[rstest]
#[case::members(|found: &mut ContactGroup, _: &mut DesiredContactGroup, _: &mut World| found.members = None)]
#[case::members_whom_zoom_does_not_show(|found: &mut ContactGroup, wish: &mut DesiredContactGroup, _: &mut World| {
    let retry_at = start() + seconds(36_000);
    let (reason, message) = (Reason::Refused, "no".to_owned());
    found.members = None;
    wish.memory.refusal = Some(ThingRefusal { generation: 1, attempts: 1, retry_at, reason, message });
})]
#[case::people(|_: &mut ContactGroup, _: &mut DesiredContactGroup, world: &mut World| world.complete.people = false)]
#[case::groups(|_: &mut ContactGroup, _: &mut DesiredContactGroup, world: &mut World| {
    world.complete.contact_groups = false;
})]
#[case::their_object(|_: &mut ContactGroup, _: &mut DesiredContactGroup, world: &mut World| {
    world.unreadable.push(Claim { object: key("broken"), id: None, email: Some(address("person001")), previous_emails: Vec::new() });
})]
#[case::a_group_of_another_namespace(|_: &mut ContactGroup, wish: &mut DesiredContactGroup, _: &mut World| {
    wish.members.as_mut().unwrap().groups.insert(ObjectKey::new("elsewhere", "research"));
})]
fn a_record_about_a_contact_group_stays_too(
    #[case] unsee: fn(&mut ContactGroup, &mut DesiredContactGroup, &mut World),
) {
    let mut world = World::of(30);
    world.policy.guard.limits = limits(0);
    let present = ["PERSON000", "PERSON001"].map(|text| ContactId::User(id(text)));
    let mut found = ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::new(present.into())),
    };
    let mut wish = DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000"]) };
    let plan = |world: &World, found: &ContactGroup, wish: &DesiredContactGroup, records: &[Record]| {
        let desired = Desired { contact_groups: vec![wish.clone()], ..world.desired() };
        world.plan_with(&desired, &world.directory().with_groups(Vec::new(), vec![found.clone()]), records)
    };
    let record = written(&plan(&world, &found, &wish, &[]).new_records[0], world.now);
    let held = Record { phase: Phase::Held, reason: Some(RecordReason::OverLimit), ..record };
    unsee(&mut found, &mut wish, &mut world);
    let plan = plan(&world, &found, &wish, &[held]);
    assert!(plan.changes.is_empty() && plan.new_records.is_empty() && plan.running.is_empty(), "{plan:?}");
}

#[test]
fn a_record_about_a_role_stays_while_something_is_given_first() {
    let world = with_holders(3);
    let take = |present: &[&str], records: &[Record]| plan_role_with(&world, present, &["User:Read"], records);
    let record = written(&take(&["User:Read", "User:Edit"], &[]).new_records[0], world.now);
    let held = [Record { phase: Phase::Held, reason: Some(RecordReason::OverLimit), ..record }];
    // Somebody took away in Zoom what the object wants.
    let plan = take(&["User:Edit"], &held);
    assert_eq!((plan.roles[0].operations.len(), plan.changes.len(), plan.new_records.len()), (1, 0, 0));
    assert_eq!(take(&["User:Read", "User:Edit"], &held).changes.len(), 0);
    assert_eq!(take(&["User:Read"], &held).changes[0].phase, Phase::Cancelled);
}

#[test]
fn a_record_about_a_person_outlasts_namespaces_that_were_not_seen_and_keeps_its_approval() {
    let mut world = World::of(10);
    world.policy.guard.limits = limits(0);
    world.edit("person000", |wanted| wanted.active = false);
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::OverLimit));
    world.approve(|_| true);
    let seen = world.clone();
    world.policy.access = Access::Granted(Default::default());
    world.all_objects_seen = false;
    let plan = world.plan();
    assert!(plan.changes.is_empty() && plan.running.is_empty(), "{plan:?}");
    world = seen;
    world.settle();
    assert_eq!((world.row("person000").state, world.records.len()), (State::Inactive, 1));
    // Seen and not covered is said.
    world.policy.guard.limits = limits(1);
    world.edit("person001", |wanted| wanted.active = false);
    let plan = world.plan();
    world.write_records(&plan);
    world.policy.access = Access::Granted(Default::default());
    world.round();
    let held = world.record("person001");
    assert_eq!((held.phase, held.reason), (Phase::Held, Some(RecordReason::NotPermitted)));
}

#[test]
fn a_group_that_is_deleted_while_namespaces_were_not_seen_goes_once_they_are() {
    let mut world = World::of(10);
    let id = world.found("research", &[]);
    world.add_group(DesiredGroup {
        memory: Memory { id: Some(id), origin: Some(Origin::Created), ..Memory::default() },
        ..group("research")
    });
    let access = std::mem::replace(&mut world.policy.access, Access::Granted(Default::default()));
    world.all_objects_seen = false;
    world.delete_group("research");
    world.settle_groups();
    assert!(!world.groups.contains_key(&key("research")), "a deleted object is let go at once");
    assert_eq!((world.zoom_groups.len(), world.records[0].phase.is_open()), (1, true));
    world.policy.access = access;
    world.all_objects_seen = true;
    world.settle_groups();
    assert!(world.zoom_groups.is_empty(), "{:?}", world.records);
}

/// The listing is older than the call that put them in, and until they may be asked in again another shows them.
#[test]
fn whom_a_late_listing_does_not_show_is_still_known_to_have_been_put_in() {
    let mut world = World::of(2);
    let id = world.found("research", &[]);
    let admins = Some(users(&["person000"]));
    world.add_group(DesiredGroup { members: members(&["person000"]), admins, ..group("research") });
    world.settle_groups();
    world.exit("person000", &id);
    world.zoom_groups[0].admins = Some(Arc::default());
    let known = |world: &World| {
        let plan = world.plan();
        let planned = group_plan(&plan, "research");
        (planned.added.len(), planned.added_admins.len())
    };
    assert_eq!(known(&world), (1, 1));
    // Who is not wanted any more, and is not in, was taken out by somebody else.
    world.edit_group("research", |group| {
        group.members = members(&["person001"]);
        group.admins = Some(users(&["person001"]));
    });
    assert_eq!(known(&world), (0, 0));

    let found = |members: &[&str]| ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::new(members.iter().map(|text| ContactId::User(id_of(text))).collect())),
    };
    let known = |wanted: &[&str]| {
        let directory = world.directory().with_groups(Vec::new(), vec![found(&["PERSON001"])]);
        let memory = Memory { id: Some(contact_id("CALL")), origin: Some(Origin::Created), ..Memory::default() };
        let added = Arc::new([ContactId::User(id_of("PERSON000"))].into());
        let wish = DesiredContactGroup { memory, added, ..contacts("Call", wanted) };
        plan_contacts(&world, &directory, wish).contact_groups[0].added.len()
    };
    assert_eq!((known(&["person000"]), known(&["person001"])), (1, 0));
}

/// One answer said that the group is gone, and the next listing shows it.
#[test]
fn until_a_group_is_made_anew_its_object_knows_whom_it_put_into_the_one_before() {
    let (generation, attempts, retry_at) = (1, 1, start() + seconds(36_000));
    let refusal =
        ThingRefusal { generation, attempts, retry_at, reason: Reason::RemovedInZoom, message: "gone".into() };
    for (refusal, known) in [(Some(refusal), 1), (None, 0)] {
        let mut world = World::of(2);
        let origin = Some(Origin::Created);
        let memory = Memory { id: Some(group_id("G0")), origin, refusal: refusal.clone(), ..Memory::default() };
        let added = Arc::new([id_of("PERSON000")].into());
        let added_admins = Arc::new([address("person000")].into());
        world.add_group(DesiredGroup {
            memory,
            added,
            added_admins,
            members: members(&["person000"]),
            ..group("research")
        });
        let plan = world.plan();
        let planned = group_plan(&plan, "research");
        assert_eq!((planned.runnable, planned.added.len(), planned.added_admins.len()), (known == 0, known, known));

        let memory = Memory { id: Some(contact_id("CALL")), origin, refusal, ..Memory::default() };
        let added = Arc::new([ContactId::User(id_of("PERSON000"))].into());
        let wish = DesiredContactGroup { memory, added, ..contacts("Call", &["person000"]) };
        let plan = plan_contacts(&world, &world.directory(), wish);
        let planned = &plan.contact_groups[0];
        assert_eq!((planned.runnable, planned.added.len()), (known == 0, known));
    }
}

fn id_of(text: &str) -> UserId {
    crate::support::id(text)
}
