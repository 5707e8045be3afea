//! Roles and contact groups: made, changed, and taken back.

use std::{collections::BTreeSet, sync::Arc};

use rstest::rstest;
use zoom_core::*;

use crate::{group_world::*, support::*};

fn privileges(texts: &[&str]) -> BTreeSet<Box<str>> {
    texts.iter().map(|text| (*text).into()).collect()
}

pub(crate) fn role(name: &str) -> DesiredRole {
    DesiredRole {
        object: group(name).object,
        name: name.into(),
        description: None,
        privileges: Some(privileges(&["User:Read"])),
        removal: None,
        memory: Memory::default(),
    }
}

pub(crate) fn contacts(name: &str, people: &[&str]) -> DesiredContactGroup {
    DesiredContactGroup {
        object: group(name).object,
        name: name.into(),
        description: None,
        privacy: None,
        members: Some(ContactMembers { people: users(people), groups: BTreeSet::new() }),
        membership: Membership::Additive,
        removal: None,
        memory: Memory::default(),
        added: Arc::default(),
        refused: Arc::default(),
    }
}

/// The account's roles; the owner's was read.
fn with_roles(world: &World, helpdesk: Option<&[&str]>) -> Directory {
    let mut directory = world.directory();
    for mut known in roles() {
        if known.id.is_owner() {
            known.privileges = Some(Arc::new(privileges(&["User:Read", "User:Edit", "Group:Read"])));
        }
        if &*known.name == "Helpdesk" {
            known.privileges = helpdesk.map(|texts| Arc::new(privileges(texts)));
        }
        directory.put_role(known);
    }
    directory
}

fn plan_role(world: &World, directory: &Directory, wish: DesiredRole) -> RolePlan {
    let desired = Desired { roles: vec![wish], ..world.desired() };
    world.plan_with(&desired, directory, &[]).roles.remove(0)
}

#[rstest]
#[case::made("Reviewers", None, &["User:Read"], vec!["CreateRole"], Reason::Reconciling)]
#[case::read_first("Helpdesk", None, &["User:Read"], vec!["ReadRole"], Reason::Reconciling)]
#[case::as_wanted("helpdesk ", Some(&["User:Read"][..]), &["User:Read"], vec!["UpdateRole"], Reason::Reconciling)]
#[case::nothing_to_do("Helpdesk", Some(&["User:Read"][..]), &["User:Read"], vec![], Reason::Synced)]
#[case::changed("Helpdesk", Some(&["Group:Read"][..]), &["User:Read"], vec!["UpdateRole"], Reason::Reconciling)]
#[case::unknown_privilege("Reviewers", None, &["Coffee:Brew"], vec![], Reason::InvalidValue)]
#[case::the_owners("Owner", None, &["User:Read"], vec![], Reason::InvalidValue)]
#[case::built_in("member", None, &["User:Read"], vec![], Reason::InvalidValue)]
fn a_role_is_planned(
    #[case] name: &str,
    #[case] present: Option<&[&str]>,
    #[case] wanted: &[&str],
    #[case] operations: Vec<&str>,
    #[case] reason: Reason,
) {
    let world = World::of(1);
    let wish = DesiredRole { privileges: Some(privileges(wanted)), ..role(name) };
    let planned = plan_role(&world, &with_roles(&world, present), wish);
    assert_eq!(planned.operations.iter().map(RoleOperation::verb).collect::<Vec<_>>(), operations);
    assert_eq!(planned.verdict.reason, reason, "{}", planned.verdict.message);
}

#[test]
fn unknown_privileges_are_named() {
    let world = World::of(1);
    let wish = DesiredRole { privileges: Some(privileges(&["Coffee:Brew", "User:Read"])), ..role("Odd") };
    let message = plan_role(&world, &with_roles(&world, None), wish).verdict.message;
    assert!(message.contains("Coffee:Brew") && !message.contains("User:Read,"), "{message}");
}

fn deleted_role() -> DesiredRole {
    let mut wish = role("Helpdesk");
    wish.object.deleting = true;
    wish.memory = Memory { id: Some(role_id("long")), origin: Some(Origin::Created), ..Memory::default() };
    wish
}

#[test]
fn a_role_that_people_hold_is_not_deleted_and_their_number_is_told() {
    let mut world = World::of(2);
    world.row("person000").role = Some(role_id("long"));
    let desired = Desired { roles: vec![deleted_role()], ..world.desired() };
    let plan = world.plan_with(&desired, &world.directory(), &[]);
    let change = &plan.changes[0];
    assert_eq!((change.phase, change.reason), (Phase::Refused, RecordReason::RoleInUse));
    assert!(change.message.starts_with("1 people"), "{}", change.message);
    let refused = Record { phase: Phase::Refused, ..written(&plan.new_records[0], world.now) };
    let plan = world.plan_with(&desired, &world.directory(), &[refused]);
    assert_eq!((plan.new_records.len(), plan.let_go_roles), (0, vec![key("Helpdesk")]));
}

#[test]
fn a_role_waits_for_those_who_are_about_to_get_another_one() {
    let mut world = World::of(2);
    world.row("person000").role = Some(role_id("long"));
    world.edit("person000", |wanted| wanted.role = Some("Member".into()));
    let desired = Desired { roles: vec![deleted_role()], ..world.desired() };
    let plan = world.plan_with(&desired, &world.directory(), &[]);
    let change = plan.changes.iter().find(|change| change.message.contains("another role")).unwrap();
    assert_eq!(change.phase, Phase::Settling);
    assert_eq!(plan.new_records.len(), 2);
}

pub(crate) fn plan_contacts(world: &World, directory: &Directory, wish: DesiredContactGroup) -> Plan {
    let desired = Desired { contact_groups: vec![wish], ..world.desired() };
    world.plan_with(&desired, directory, &[])
}

pub(crate) fn leaving_group(id: &str, name: &str) -> LeavingGroup {
    LeavingGroup { id: group_id(id), name: name.into() }
}

pub(crate) fn contact_id(text: &str) -> ContactGroupId {
    ContactGroupId::new(text).unwrap()
}

#[test]
fn a_contact_group_is_made_with_fifty_people_a_call() {
    let world = World::of(70);
    let names: Vec<String> = (0..70).map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let plan = plan_contacts(&world, &world.directory(), contacts("Call", &names));
    let sizes = plan.contact_groups[0].operations.iter().map(|operation| match operation {
        ContactOperation::Add(_, members) => members.len(),
        ContactOperation::Create(_)
        | ContactOperation::Read(_)
        | ContactOperation::Update(..)
        | ContactOperation::Remove(..)
        | ContactOperation::Delete(_) => 0,
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [0, 50, 20]);
    assert_eq!(plan.contact_groups[0].members.as_ref().unwrap().wanted, 70);
}

#[test]
fn groups_go_into_a_contact_group_three_a_call_and_those_without_people_out_of_it_twenty_a_call() {
    let mut world = World::of(1);
    let names: Vec<String> = (0..25).map(|number| format!("team-{number:02}")).collect();
    for name in &names {
        world.found(name, &[]);
        world.add_group(group(name));
    }
    let sizes = |present: BTreeSet<ContactId>, named: &[String]| {
        let found = ContactGroup {
            id: contact_id("CALL"),
            name: "Call".into(),
            description: "".into(),
            privacy: None,
            members: Some(Arc::new(present)),
        };
        let directory = world.directory().with_groups(world.zoom_groups.clone(), vec![found]);
        let mut wish = DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000"]) };
        wish.members.as_mut().unwrap().groups = named.iter().map(|name| key(name)).collect();
        let plan = plan_contacts(&world, &directory, wish);
        assert_eq!(plan.new_records.len(), 0, "nobody loses anything");
        let operations = plan.contact_groups[0].operations.iter().map(|operation| match operation {
            ContactOperation::Add(_, members) => ("add", members.len()),
            ContactOperation::Remove(_, members) => ("remove", members.len()),
            ContactOperation::Create(_)
            | ContactOperation::Read(_)
            | ContactOperation::Update(..)
            | ContactOperation::Delete(_) => panic!("{operation}"),
        });
        operations.collect::<Vec<_>>()
    };
    let person = ContactId::User(crate::support::id("PERSON000"));
    assert_eq!(sizes([person.clone()].into(), &names[..7]), [("add", 3), ("add", 3), ("add", 1)]);
    let everything = world.zoom_groups.iter().map(|group| ContactId::Group(group.id.clone())).chain([person]);
    assert_eq!(sizes(everything.collect(), &[]), [("remove", 20), ("remove", 5)]);
}

#[test]
fn a_contact_group_waits_for_groups_by_name_and_holds_those_that_are_there() {
    let mut world = World::of(1);
    let id = world.found("research", &[]);
    world.add_group(group("research"));
    let mut wish = contacts("Call", &["person000"]);
    wish.members.as_mut().unwrap().groups = [key("research"), key("later")].into();
    let planned = plan_contacts(&world, &world.directory(), wish).contact_groups.remove(0);
    let members = planned.members.as_ref().unwrap();
    assert_eq!((members.wanted, members.waiting, &*members.missing[0].who), (3, 1, "team/later"));
    assert_eq!(
        planned.adding().cloned().collect::<Vec<_>>(),
        [ContactId::User(crate::support::id("PERSON000")), ContactId::Group(id)]
    );
}

#[test]
fn a_group_that_zoom_did_not_take_into_a_contact_group_is_said_and_not_asked_again_before_its_time() {
    let mut world = World::of(1);
    let id = world.found("research", &[]);
    world.add_group(group("research"));
    let found = ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::default()),
    };
    let directory = world.directory().with_groups(vec![world.zoom_groups[0].clone()], vec![found]);
    let refusal = MemberRefusal { generation: 1, attempts: 1, retry_at: start() + seconds(3600), message: "no".into() };
    let mut wish = contacts("Call", &[]);
    wish.members.as_mut().unwrap().groups = [key("research")].into();
    wish.refused = Arc::new([((Act::Join, Asked::Group(id)), refusal)].into());
    let plan = plan_contacts(&world, &directory, wish.clone());
    let planned = &plan.contact_groups[0];
    assert_eq!((planned.operations.len(), planned.verdict.reason), (0, Reason::MembersRefused));
    assert!(planned.verdict.message.contains("team/research (no)"), "{}", planned.verdict.message);
    assert_eq!(plan.wake_at, Some(start() + seconds(3600)));
    wish.object.generation += 1;
    assert_eq!(plan_contacts(&world, &directory, wish).contact_groups[0].adding().count(), 1);
}

#[test]
fn what_is_taken_from_people_in_a_contact_group_is_a_record_and_what_empties_it_is_held() {
    let world = World::of(40);
    let present = ["PERSON000", "PERSON001"].map(|text| ContactId::User(crate::support::id(text)));
    let found = ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::new(present.into())),
    };
    let directory = world.directory().with_groups(Vec::new(), vec![found]);
    let exclusive =
        |people: &[&str]| DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", people) };
    let plan = plan_contacts(&world, &directory, exclusive(&["person000"]));
    let leaving = match &plan.new_records[0].subject {
        Subject::Members(leaving) => leaving,
        other @ (Subject::Person(_) | Subject::People(_)) => panic!("{other:?}"),
    };
    assert_eq!((leaving.count, leaving.thing.kind), (1, ThingKind::ContactGroup));
    let plan = plan_contacts(&world, &directory, exclusive(&[]));
    assert_eq!((plan.changes[0].phase, plan.changes[0].reason), (Phase::Held, RecordReason::WouldEmpty));
    let swapped = plan_contacts(&world, &directory, exclusive(&["person002"]));
    assert_eq!((swapped.new_records.len(), swapped.contact_groups[0].adding().count()), (0, 1), "who comes first");
    let additive = plan_contacts(&world, &directory, contacts("Call", &["person000"]));
    assert!(additive.new_records.is_empty(), "nobody whom it added");
}

pub(crate) fn plan_role_with(world: &World, present: &[&str], wanted: &[&str], records: &[Record]) -> Plan {
    let mut wish = DesiredRole { privileges: Some(privileges(wanted)), ..role("Helpdesk") };
    wish.memory = Memory { id: Some(role_id("long")), origin: Some(Origin::Created), ..Memory::default() };
    let desired = Desired { roles: vec![wish], ..world.desired() };
    world.plan_with(&desired, &with_roles(world, Some(present)), records)
}

/// Ten people, of whom some have the role.
pub(crate) fn with_holders(holders: usize) -> World {
    let mut world = World::of(10);
    world.policy.guard.limits.membership = Limit { percent: 0, floor: 2 };
    (0..holders).for_each(|place| world.row(&name(place)).role = Some(role_id("long")));
    world
}

fn draft_of(operation: &RoleOperation) -> Option<&RoleDraft> {
    match operation {
        RoleOperation::Update(_, draft) => Some(draft),
        RoleOperation::Read(_) | RoleOperation::Create(_) | RoleOperation::Delete(_) => None,
    }
}

#[rstest]
#[case::few(2, Phase::Running)]
#[case::more_than_may_lose_something_unasked(3, Phase::Held)]
fn what_people_lose_with_a_role_is_written_down_and_counted(#[case] holders: usize, #[case] expected: Phase) {
    let mut world = with_holders(holders);
    let plan = plan_role_with(&world, &["User:Read", "User:Edit"], &["User:Read"], &[]);
    assert_eq!((plan.roles[0].operations.len(), plan.roles[0].verdict.reason), (0, Reason::Settling));
    let [new] = &*plan.new_records else { panic!("{:?}", plan.new_records) };
    assert_eq!((new.class, &*new.steps), (Class::Membership, &[Step::TakePrivileges][..]));
    assert_eq!((new.subject.people().len(), written(new, world.now).people()), (holders, holders));

    let record = written(new, world.now);
    world.pass_time(seconds(60));
    let plan = plan_role_with(&world, &["User:Read", "User:Edit"], &["User:Read"], std::slice::from_ref(&record));
    assert_eq!((plan.new_records.len(), plan.changes[0].phase), (0, expected));
    let taking = draft_of(plan.roles[0].taking.as_ref().unwrap()).unwrap();
    assert_eq!(taking.privileges, Some(privileges(&["User:Read"])));

    let back = plan_role_with(&world, &["User:Read", "User:Edit"], &["User:Read", "User:Edit"], &[record]);
    assert_eq!((back.changes[0].phase, back.changes[0].reason), (Phase::Cancelled, RecordReason::TakenBack));
}

#[test]
fn a_role_is_given_what_it_lacks_before_anything_is_taken() {
    let world = with_holders(1);
    let plan = plan_role_with(&world, &["User:Edit"], &["User:Read"], &[]);
    let given = draft_of(&plan.roles[0].operations[0]).unwrap();
    assert_eq!(given.privileges, Some(privileges(&["User:Edit", "User:Read"])));
    assert!(plan.roles[0].runnable && plan.new_records.is_empty());
}

#[test]
fn while_it_is_not_known_who_has_a_role_nothing_is_taken_from_it() {
    let mut world = with_holders(0);
    world.complete.people = false;
    let plan = plan_role_with(&world, &["User:Read", "User:Edit"], &["User:Read"], &[]);
    assert_eq!((plan.roles[0].verdict.reason, plan.new_records.len()), (Reason::WaitingForListing, 0));
}

#[test]
fn what_zoom_refused_to_take_is_not_asked_for_again_before_an_edit() {
    let world = with_holders(1);
    let plan = plan_role_with(&world, &["User:Read", "User:Edit"], &["User:Read"], &[]);
    let refused = Record { phase: Phase::Refused, ..written(&plan.new_records[0], world.now) };
    let plan = plan_role_with(&world, &["User:Read", "User:Edit"], &["User:Read"], &[refused]);
    assert_eq!((plan.new_records.len(), plan.roles[0].verdict.reason), (0, Reason::Refused));
}

#[rstest]
#[case::with_people(30, 1, 0)]
#[case::without_people(0, 0, 1)]
fn a_group_that_leaves_a_contact_group_takes_its_people_along(
    #[case] people: u64,
    #[case] records: usize,
    #[case] operations: usize,
) {
    let world = World::of(40);
    let research = Group { id: group_id("RESEARCH"), name: "Research".into(), total: Some(people), admins: None };
    let present = [ContactId::Group(research.id.clone()), ContactId::User(crate::support::id("PERSON000"))];
    let found = ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::new(present.into())),
    };
    let directory = world.directory().with_groups(vec![research], vec![found]);
    let wish = DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000"]) };
    let plan = plan_contacts(&world, &directory, wish);
    assert_eq!((plan.new_records.len(), plan.contact_groups[0].operations.len()), (records, operations));
    if let Some(new) = plan.new_records.first() {
        assert_eq!((&*new.steps, written(new, world.now).people()), (&[Step::RemoveGroups][..], 30));
        assert_eq!(plan.contact_groups[0].leaving_groups, [leaving_group("RESEARCH", "Research")]);
    }
}

#[test]
fn who_leaves_several_groups_spends_one_of_the_allowance() {
    let leaving = |name: &str, people: &[&str], count| {
        let people: Vec<PersonRef> = people.iter().map(|who| PersonRef { id: None, email: address(who) }).collect();
        let thing = ThingRef { kind: ThingKind::Group, id: name.into(), name: name.into() };
        let source = Source { object: key(name), uid: name.into(), generation: 1, deleted: false };
        Record {
            name: name.into(),
            class: Class::Membership,
            subject: Subject::Members(Leaving { thing, people, groups: Vec::new(), count }),
            source: Some(source),
            phase: Phase::Done,
            started_at: Some(start()),
            ..by_hand(name, Step::RemoveMembers)
        }
    };
    let (first, second) = (leaving("a", &["ada", "bob"], 2), leaving("b", &["bob", "eve"], 5));
    assert_eq!(first.people_anew(&[&first, &second], start() + seconds(1)), 2, "before the window");
    assert_eq!(second.people_anew(&[&first, &second], start()), 4);
    let approved = Record { was_approved: true, ..first };
    assert_eq!(second.people_anew(&[&approved], start()), 5, "what a human agreed to does not count");
}

#[test]
fn a_contact_group_is_deleted_only_once_it_is_known_how_many_are_in_it_and_in_its_groups() {
    let world = World::of(40);
    let research = Group { id: group_id("RESEARCH"), name: "Research".into(), total: Some(30), admins: None };
    let present = [ContactId::Group(research.id.clone()), ContactId::User(crate::support::id("PERSON000"))];
    let unread = ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: None,
    };
    let read = ContactGroup { members: Some(Arc::new(present.into())), ..unread.clone() };
    let directory = |group: ContactGroup| world.directory().with_groups(vec![research.clone()], vec![group]);
    let mut wish = contacts("Call", &[]);
    wish.object.deleting = true;
    wish.memory = Memory { id: Some(contact_id("CALL")), origin: Some(Origin::Created), ..Memory::default() };
    let desired = Desired { contact_groups: vec![wish], ..world.desired() };
    let plan = world.plan_with(&desired, &directory(unread.clone()), &[]);
    let look = ContactRef { id: Some(contact_id("CALL")), name: "Call".into() };
    assert_eq!((plan.new_records.len(), plan.looks), (1, vec![look.clone()]));

    // Its object is gone, and the quiet period is over.
    let record = Record { created: world.now - seconds(600), ..written(&plan.new_records[0], world.now) };
    let later = |group: ContactGroup, record: &Record| {
        world.plan_with(&world.desired(), &directory(group), std::slice::from_ref(record))
    };
    for record in [record.clone(), Record { phase: Phase::Running, ..record.clone() }] {
        let plan = later(unread.clone(), &record);
        assert_eq!((plan.running.len(), plan.looks), (0, vec![look.clone()]));
    }
    let plan = later(read.clone(), &record);
    assert_eq!((plan.running.len(), plan.looks.len()), (0, 0));
    assert_eq!((plan.changes[0].phase, plan.changes[0].reason), (Phase::Held, RecordReason::OverLimit));
    assert!(plan.changes[0].message.contains("31 people"), "{}", plan.changes[0].message);
    assert_eq!(plan.changes[0].people, 31, "the record itself was written before that was known");
    let plan = later(read, &Record { approved: true, ..record });
    assert_eq!(plan.running.len(), 1);
}

#[rstest]
#[case::cannot_be_understood(|desired: &mut Desired, _: &mut Policy| {
    desired.groups.clear();
    desired.unreadable_things.groups.push(NamedClaim { object: key("research"), id: None, name: None });
}, false)]
#[case::is_not_permitted(|desired: &mut Desired, policy: &mut Policy| {
    desired.groups[0].object.key = ObjectKey::new("elsewhere", "research");
    desired.contact_groups[0].members.as_mut().unwrap().groups = [ObjectKey::new("elsewhere", "research")].into();
    policy.access = Access::default();
}, false)]
#[case::is_claimed_by_another(|desired: &mut Desired, _: &mut Policy| {
    let mut older = DesiredGroup { name: "research".into(), ..group("older") };
    older.object.created = start() - seconds(7200);
    desired.groups.push(older);
}, false)]
#[case::is_of_another_namespace_and_not_there(|desired: &mut Desired, _: &mut Policy| {
    desired.groups.clear();
    desired.contact_groups[0].members.as_mut().unwrap().groups = [ObjectKey::new("elsewhere", "research")].into();
}, false)]
#[case::does_not_exist(|desired: &mut Desired, _: &mut Policy| desired.groups.clear(), true)]
fn a_group_leaves_a_contact_group_only_if_it_is_clear_that_it_is_not_named(
    #[case] unsee: fn(&mut Desired, &mut Policy),
    #[case] leaves: bool,
) {
    let mut world = World::of(40);
    let id = world.found("research", &["person001"]);
    world.zoom_groups[0].total = Some(1);
    world.add_group(group("research"));
    let present = [ContactId::Group(id.clone()), ContactId::User(crate::support::id("PERSON000"))];
    let found = ContactGroup {
        id: contact_id("CALL"),
        name: "Call".into(),
        description: "".into(),
        privacy: None,
        members: Some(Arc::new(present.into())),
    };
    let directory = world.directory().with_groups(world.zoom_groups.clone(), vec![found]);
    let mut wish = DesiredContactGroup { membership: Membership::Exclusive, ..contacts("Call", &["person000"]) };
    wish.members.as_mut().unwrap().groups = [key("research")].into();
    let mut desired = Desired { contact_groups: vec![wish], ..world.desired() };
    unsee(&mut desired, &mut world.policy);
    let planned = world.plan_with(&desired, &directory, &[]).contact_groups.remove(0);
    let left: Vec<_> = planned.leaving_groups.iter().map(|group| &group.id).collect();
    assert_eq!(left, if leaves { vec![&id] } else { Vec::new() });
    assert!(planned.operations.is_empty(), "{:?}", planned.operations);
}
