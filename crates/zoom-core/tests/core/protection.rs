//! From people whom the connection protects, groups, roles and contact groups take nothing.

use std::{collections::BTreeSet, sync::Arc};

use rstest::rstest;
use zoom_core::*;

use crate::{access::granted, group_world::*, support::*, things::*};

/// Thirty people; the first three are in a group whose object wants the first alone.
fn exclusive() -> (World, GroupId) {
    let mut world = World::of(30);
    let id = world.found("Board", &["person000", "person001", "person002"]);
    world.add_group(DesiredGroup {
        members: members(&["person000"]),
        membership: Membership::Exclusive,
        ..group("Board")
    });
    (world, id)
}

/// Protects the second person.
fn protect(world: &mut World) {
    world.policy.protected.emails = vec![EmailPattern::new("person001@*")];
}

#[rstest]
#[case::by_address(protect)]
#[case::by_role(|world: &mut World| {
    world.row("person001").role = Some(role_id("long"));
    world.policy.protected.roles = vec!["Helpdesk".into()];
})]
#[case::by_a_former_address(|world: &mut World| {
    world.object("person001").previous_emails = [email("formerly@example.com")].into();
    world.policy.protected.emails = vec![EmailPattern::new("formerly")];
})]
#[case::by_another_group(|world: &mut World| {
    world.found("Founders", &["person001"]);
    world.policy.protected.groups = vec!["Founders".into()];
})]
fn a_protected_person_stays_in_a_group_and_is_told_of_and_the_others_leave(#[case] protect: fn(&mut World)) {
    let (mut world, id) = exclusive();
    protect(&mut world);
    let plan = world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person001"]);
    let verdict = &group_plan(&plan, "Board").verdict;
    assert_eq!(verdict.reason, Reason::MembersRefused);
    assert!(verdict.message.contains("person001@example.com (the connection protects"), "{}", verdict.message);
    assert!(!verdict.message.contains("person000") && !verdict.message.contains("person002"), "{}", verdict.message);
    assert!(is_idle(&plan), "{plan:?}");
}

/// Makes the second person the account's owner.
fn own(world: &mut World) {
    world.row("person001").role = Some(role_id(RoleId::OWNER));
}

#[test]
fn the_owner_stays_in_groups_and_keeps_administering_them() {
    let (mut world, id) = exclusive();
    let admins: BTreeSet<Email> = ["person000", "person001", "person002"].map(address).into();
    world.zoom_groups[0].admins = Some(admins.into());
    world.group("Board").admins = Some(users(&["person000"]));
    own(&mut world);
    let plan = world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person001"]);
    let left: Vec<_> = world.zoom_groups[0].admins.as_deref().unwrap().iter().cloned().collect();
    assert_eq!(left, ["person000", "person001"].map(address));
    let message = &group_plan(&plan, "Board").verdict.message;
    assert!(
        message.contains("person001@example.com (the account's owner): take them out by hand in Zoom"),
        "{message}"
    );
    // Beside somebody whom the connection protects.
    world.policy.protected.emails = vec![EmailPattern::new("person002@*")];
    world.enter("person002", &id);
    let message = &group_plan(&world.plan(), "Board").verdict.message.clone();
    assert!(message.contains("the owner out by hand in Zoom, and the others out of the connection's"), "{message}");
}

#[rstest]
#[case::not_permitted(|world: &mut World| {
    world.policy.access = granted("team", vec![Grant::default()]);
    ObjectKey::new("elsewhere", "impostor")
})]
#[case::younger_than_their_own(|_: &mut World| key("impostor"))]
fn an_object_that_does_not_speak_for_somebody_does_not_protect_them(#[case] place: fn(&mut World) -> ObjectKey) {
    let (mut world, id) = exclusive();
    world.policy.protected.emails = vec![EmailPattern::new("formerly")];
    let object = place(&mut world);
    let mut impostor = DesiredPerson { object, email: address("person001"), ..crate::support::object("impostor") };
    impostor.created = world.now;
    impostor.previous_emails = [email("formerly@example.com")].into();
    world.add(impostor);
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000"]);
}

/// Somebody whom Zoom does not show in any group, because they are deactivated, and whose object is deleted.
fn deactivated_before(deactivate: fn(&mut World)) -> World {
    let mut world = World::of(10);
    let id = world.found("Board", &["person000"]);
    world.policy.protected.groups = vec!["Board".into()];
    world.policy.allow.delete = true;
    deactivate(&mut world);
    world.object("person001").removal = Some(Removal::Delete(Departure::default()));
    world.object("person000").removal = Some(Removal::Delete(Departure::default()));
    world.delete("person000");
    world.delete("person001");
    world.settle();
    assert!(world.zoom.contains_key(&address("person000")), "{id}");
    world
}

#[test]
fn whose_groups_zoom_does_not_say_goes_for_good_only_if_somebody_approves() {
    let mut world = deactivated_before(|world| {
        for who in ["person000", "person001"] {
            let row = world.row(who);
            (row.state, row.groups) = (State::Inactive, None);
        }
    });
    for who in ["person000", "person001"] {
        let record = world.record(who);
        assert_eq!((record.phase, record.reason), (Phase::Held, Some(RecordReason::Protected)), "{who}");
    }
    let mut by_hand = by_hand("person000", Step::Delete(None));
    world.records.push(by_hand.clone());
    world.settle();
    assert_eq!(world.record("person000").reason, Some(RecordReason::Protected));
    assert!(world.zoom.contains_key(&address("person000")));
    world.approve(|record| record.person().is_some_and(|person| person.email == address("person001")));
    world.settle();
    assert!(!world.zoom.contains_key(&address("person001")));
    // What they had says it, also to whoever approves.
    by_hand.name = "another".into();
    by_hand.approved = true;
    let board = FormerGroup { id: GroupId::new("Board").unwrap(), name: Some("Board".into()) };
    by_hand.restore = Some(Restore { license: None, groups: [board].into() });
    world.records.push(by_hand);
    world.settle();
    assert_eq!((world.record("person000").phase, world.zoom.len()), (Phase::Refused, 9));
}

#[test]
fn whom_this_deactivated_is_known_by_the_groups_of_then() {
    let mut world = deactivated_before(|world| {
        world.policy.protected.groups = vec!["Nobody".into()];
        for who in ["person000", "person001"] {
            world.edit(who, |wanted| wanted.active = false);
        }
        world.settle();
        world.policy.protected.groups = vec!["Board".into()];
    });
    assert_eq!(world.record("person000").phase, Phase::Refused);
    assert_eq!((world.record("person001").phase, world.zoom.len()), (Phase::Done, 9));
    world.settle();
}

#[test]
fn nobody_is_taken_out_of_the_group_that_protects_them() {
    let (mut world, id) = exclusive();
    world.policy.protected.groups = vec!["board".into()];
    world.settle_groups();
    assert_eq!(world.members_of(&id).len(), 3);
    assert!(world.records.is_empty(), "{:?}", world.records);
}

#[test]
fn who_was_protected_after_it_was_written_down_stays_also_when_it_is_approved() {
    let (mut world, id) = exclusive();
    world.policy.guard.limits.membership = Limit { percent: 0, floor: 0 };
    world.settle_groups();
    assert_eq!((world.records.len(), world.records[0].subject.people().len()), (1, 2));
    assert_eq!(world.records[0].phase, Phase::Held);
    protect(&mut world);
    world.approve(|_| true);
    world.settle_groups();
    assert_eq!(world.records[0].phase, Phase::Done);
    assert_eq!(world.members_of(&id), ["person000", "person001"]);
    // With the protection gone, it is asked for anew.
    world.policy.protected = Protected::default();
    world.settle_groups();
    world.approve(|_| true);
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000"]);
}

#[test]
fn a_record_that_names_only_people_who_were_protected_later_is_refused_and_asked_for_anew_without_protection() {
    let (mut world, id) = exclusive();
    world.exit("person002", &id);
    world.policy.guard.limits.membership = Limit { percent: 0, floor: 0 };
    world.settle_groups();
    assert_eq!(world.records[0].phase, Phase::Held);
    protect(&mut world);
    world.approve(|_| true);
    world.settle_groups();
    assert_eq!((world.records[0].phase, world.records[0].reason), (Phase::Refused, Some(RecordReason::Protected)));
    assert_eq!(group_plan(&world.plan(), "Board").verdict.reason, Reason::MembersRefused);
    world.policy.protected = Protected::default();
    world.settle_groups();
    assert_eq!((world.records.len(), world.records[1].phase), (2, Phase::Held));
    world.approve(|_| true);
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000"]);
}

#[test]
fn groups_that_are_to_leave_a_contact_group_stay_once_somebody_in_them_is_protected() {
    let mut world = World::of(40);
    let research = world.found("Research", &["person001", "person003"]);
    let found = ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::new([ContactId::User(crate::support::id("PERSON000")), ContactId::Group(research)].into())),
    };
    let directory = world.directory().with_groups(world.zoom_groups.clone(), vec![found]);
    let wish = DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000"]) };
    let desired = Desired { contact_groups: vec![wish], ..world.desired() };
    let record = written(&world.plan_with(&desired, &directory, &[]).new_records[0], world.now);
    protect(&mut world);
    let plan = world.plan_with(&desired, &directory, &[Record { approved: true, ..record }]);
    let change = &plan.changes[0];
    assert_eq!((change.phase, change.reason), (Phase::Refused, RecordReason::Protected));
    assert!(change.message.contains("person001@example.com"), "{}", change.message);
    assert_eq!((plan.new_records.len(), plan.running.len()), (0, 0));
}

/// The second person is to be in a protected group, and the listing does not show them there.
fn counted_to_founders(world: &mut World) {
    world.policy.protected.groups = vec!["Founders".into()];
    world.found("Founders", &[]);
    world.add_group(DesiredGroup { members: members(&["person001"]), ..group("founders") });
}

#[rstest]
#[case::by_name(|_: &mut World| {}, true)]
#[case::by_label(|world: &mut World| {
    world.object("person001").labels = [("team", "founders")].into_iter().collect();
    let selector = Selector { labels: [("team".into(), "founders".into())].into(), ..Selector::default() };
    world.group("founders").members = Some(Members { selector: Some(selector), ..Members::default() });
}, true)]
#[case::by_address(|world: &mut World| {
    let emails = [address("person001")].into();
    world.group("founders").members = Some(Members { named: People { emails, ..People::default() }, ..Members::default() });
}, true)]
#[case::of_a_group_that_is_not_made_yet(|world: &mut World| world.zoom_groups.retain(|group| &*group.name != "Founders"), true)]
#[case::of_a_group_that_is_being_renamed(|world: &mut World| world.group("founders").name = "Fathers".into(), false)]
#[case::of_a_group_that_is_being_renamed_and_known(|world: &mut World| {
    let wish = world.group("founders");
    wish.memory.id = Some(group_id("FOUNDERS"));
    wish.name = "Fathers".into();
}, true)]
#[case::in_it_when_they_were_last_seen(|world: &mut World| {
    world.row("person001").state = State::Inactive;
    world.row("person001").groups = None;
    let wish = world.group("founders");
    wish.members = members(&[]);
    wish.added = Arc::new([crate::support::id("PERSON001")].into());
}, true)]
#[case::by_an_object_that_goes(|world: &mut World| world.delete_group("founders"), false)]
#[case::by_an_object_that_another_goes_before(|world: &mut World| {
    let mut older = group("Founders");
    older.object.key = key("older");
    (older.object.uid, older.object.created) = ("older".into(), start() - seconds(7200));
    world.add_group(older);
}, false)]
#[case::by_an_object_that_is_not_permitted(|world: &mut World| {
    let wish = world.groups.remove(&key("founders")).unwrap();
    let object = Object { key: ObjectKey::new("elsewhere", "founders"), ..wish.object.clone() };
    world.add_group(DesiredGroup { object, ..wish });
    world.policy.access = crate::access::granted("team", vec![Grant::default()]);
}, false)]
fn who_is_to_be_in_a_protected_group_is_protected_as_if_they_were_in_it(
    #[case] change: fn(&mut World),
    #[case] protected: bool,
) {
    let mut world = World::of(30);
    counted_to_founders(&mut world);
    change(&mut world);
    world.object("person001").removal = Some(Removal::Unlink(Departure::default()));
    world.policy.allow.delete = true;
    world.delete("person001");
    let by_hand = by_hand("person001", Step::Unlink(None));
    let plan = world.plan_with(&world.desired(), &world.directory(), std::slice::from_ref(&by_hand));
    assert!(plan.changes.iter().any(|change| change.name != by_hand.name), "{:?}", plan.changes);
    for change in &plan.changes {
        let refused = (change.phase, change.reason) == (Phase::Refused, RecordReason::Protected);
        assert_eq!(refused, protected, "{change:?}");
    }
}

#[test]
fn who_is_to_be_in_a_protected_group_stays_in_others() {
    let (mut world, id) = exclusive();
    counted_to_founders(&mut world);
    world.row("person001").state = State::Active;
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person001"]);
}

#[test]
fn an_administrator_who_is_no_member_and_was_protected_later_is_told_of_in_the_record() {
    let (mut world, id) = exclusive();
    world.policy.guard.limits.membership = Limit { percent: 0, floor: 0 };
    ["person001", "person002"].iter().for_each(|name| world.exit(name, &id));
    let admins: BTreeSet<Email> = ["person000", "person001"].map(address).into();
    world.zoom_groups[0].admins = Some(admins.into());
    world.group("Board").members = None;
    world.group("Board").admins = Some(users(&["person000"]));
    world.settle_groups();
    assert_eq!(world.records[0].phase, Phase::Held);
    protect(&mut world);
    let change = world.plan().changes.remove(0);
    assert_eq!((change.phase, change.reason), (Phase::Refused, RecordReason::Protected));
    world.policy.protected = Protected::default();
    world.edit_group("Board", |wish| wish.admins = Some(users(&["person000", "person001"])));
    let change = world.plan().changes.remove(0);
    assert_eq!((change.phase, change.reason), (Phase::Cancelled, RecordReason::TakenBack));
}

#[test]
fn a_protected_administrator_stays_one() {
    let (mut world, _) = exclusive();
    let admins: BTreeSet<Email> = ["person000", "person001", "person002"].map(address).into();
    world.zoom_groups[0].admins = Some(admins.into());
    world.group("Board").members = None;
    world.group("Board").admins = Some(users(&["person000"]));
    protect(&mut world);
    let plan = world.settle_groups();
    let left: Vec<_> = world.zoom_groups[0].admins.as_deref().unwrap().iter().cloned().collect();
    assert_eq!(left, ["person000", "person001"].map(address));
    let verdict = &group_plan(&plan, "Board").verdict;
    assert!(verdict.message.contains("person001@example.com (the connection"), "{}", verdict.message);
}

#[rstest]
#[case::known_at_once(true, protect)]
#[case::protected_later(false, protect)]
#[case::the_owner(true, own)]
fn a_group_with_a_protected_person_is_not_deleted_whoever_approves(
    #[case] at_once: bool,
    #[case] protect: fn(&mut World),
) {
    let (mut world, id) = exclusive();
    let wish = world.group("Board");
    wish.memory = Memory { id: Some(id.clone()), origin: Some(Origin::Created), ..Memory::default() };
    if at_once {
        protect(&mut world);
    }
    world.delete_group("Board");
    world.group_round();
    assert!(!world.groups.contains_key(&key("Board")), "a deleted object is let go at once");
    protect(&mut world);
    world.approve(|_| true);
    world.settle_groups();
    let record = &world.records[0];
    assert_eq!((record.phase, record.reason), (Phase::Refused, Some(RecordReason::Protected)));
    assert_eq!(world.members_of(&id).len(), 3);
}

#[test]
fn a_contact_group_keeps_protected_people_and_the_groups_that_they_are_in() {
    let mut world = World::of(40);
    let research = world.found("Research", &["person001", "person003"]);
    let people = ["PERSON000", "PERSON001", "PERSON002"].map(|text| ContactId::User(crate::support::id(text)));
    let present: BTreeSet<ContactId> = people.into_iter().chain([ContactId::Group(research)]).collect();
    let found = ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::new(present)),
    };
    protect(&mut world);
    let directory = world.directory().with_groups(world.zoom_groups.clone(), vec![found]);
    let wish = DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000"]) };
    let mut deleted = wish.clone();
    let planned = plan_contacts(&world, &directory, wish).contact_groups.remove(0);
    assert_eq!(planned.leaving.iter().map(|person| &person.email).collect::<Vec<_>>(), [&address("person002")]);
    assert_eq!((planned.leaving_groups.len(), planned.operations.len()), (0, 0));
    assert!(planned.kept.iter().all(|kept| kept.email == address("person001")) && !planned.kept.is_empty());
    let named =
        DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000", "person002"]) };
    let verdict = plan_contacts(&world, &directory, named).contact_groups.remove(0).verdict;
    assert!(verdict.message.contains("person001@example.com (the connection"), "{}", verdict.message);
    deleted.object.deleting = true;
    deleted.memory = Memory { id: Some(contact_id("CALL")), origin: Some(Origin::Created), ..Memory::default() };
    let plan = plan_contacts(&world, &directory, deleted);
    assert_eq!((plan.changes[0].phase, plan.changes[0].reason), (Phase::Refused, RecordReason::Protected));
}

#[test]
fn a_role_that_a_protected_person_has_loses_no_privileges() {
    let mut world = with_holders(2);
    let take =
        |world: &World, records: &[Record]| plan_role_with(world, &["User:Read", "User:Edit"], &["User:Read"], records);
    let record = Record { approved: true, ..written(&take(&world, &[]).new_records[0], world.now) };
    protect(&mut world);
    let plan = take(&world, std::slice::from_ref(&record));
    assert_eq!((&plan.roles[0].taking, plan.roles[0].verdict.reason), (&None, Reason::Refused));
    let message = &plan.roles[0].verdict.message;
    assert!(message.contains("person001@example.com (the connection") && !message.contains("person000"), "{message}");
    let change = &plan.changes[0];
    assert_eq!((plan.new_records.len(), change.phase, change.reason), (0, Phase::Refused, RecordReason::Protected));
    assert!(change.message.contains("person001@example.com (the connection"), "{}", change.message);
    // Once nobody is protected any more it is asked for anew, without an edit.
    let refused = Record { phase: Phase::Refused, reason: Some(RecordReason::Protected), ..record };
    world.policy.protected = Protected::default();
    assert_eq!(take(&world, &[refused]).new_records.len(), 1);
}
