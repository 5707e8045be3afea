//! Groups: who joins, who leaves, and who speaks for a group.

use std::{collections::BTreeSet, sync::Arc};

use rstest::rstest;
use zoom_core::*;

use crate::{group_world::*, support::*};

fn people(count: usize) -> Vec<String> {
    (0..count).map(name).collect()
}

fn texts(texts: &[&str]) -> BTreeSet<Box<str>> {
    texts.iter().map(|text| (*text).into()).collect()
}

#[test]
fn a_group_from_nothing_is_created_and_filled_thirty_at_a_time() {
    let mut world = World::of(65);
    let names = people(65);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.add_group(DesiredGroup { members: members(&names), ..group("research") });
    let plan = world.group_round();
    let operations = &group_plan(&plan, "research").operations;
    assert_eq!(
        operations.iter().map(GroupOperation::verb).collect::<Vec<_>>(),
        ["CreateGroup", "AddMembers", "AddMembers", "AddMembers"]
    );
    let plan = world.group_round();
    let id = world.zoom_group("research").unwrap().id.clone();
    assert_eq!(world.members_of(&id).len(), 65);
    assert!(is_idle(&plan), "{plan:?}");
    let planned = group_plan(&plan, "research");
    assert_eq!(planned.verdict.reason, Reason::Synced);
    let members = planned.members.as_ref().unwrap();
    assert_eq!((members.wanted, members.present, members.waiting, members.refused), (65, 65, 0, 0));
    assert_eq!(world.group("research").memory.origin, Some(Origin::Created));
    assert_eq!(world.group("research").added.len(), 65);
}

#[test]
fn a_group_of_the_same_name_in_another_case_is_adopted_and_given_the_written_name() {
    let mut world = World::of(1);
    let id = world.found(" Research", &[]);
    world.add_group(group("research"));
    world.group_round();
    assert_eq!(world.zoom_groups[0].name, "research".into());
    assert_eq!(world.group("research").memory.id, Some(id));
    assert_eq!(world.group("research").memory.origin, Some(Origin::Adopted));
}

#[test]
fn a_rename_keeps_the_group_and_its_members() {
    let mut world = World::of(2);
    world.add_group(DesiredGroup { members: members(&["person000"]), ..group("research") });
    world.group_round();
    let id = world.zoom_groups[0].id.clone();
    world.edit_group("research", |group| group.name = "science".into());
    let plan = world.group_round();
    assert_eq!(group_plan(&plan, "research").operations[0].verb(), "RenameGroup");
    assert_eq!((world.zoom_groups.len(), &world.zoom_groups[0].id), (1, &id));
    assert_eq!(world.members_of(&id), ["person000"]);
}

#[test]
fn a_name_that_another_group_has_is_said_and_members_go_on() {
    let mut world = World::of(2);
    let id = world.found("research", &[]);
    world.found("science", &[]);
    world.add_group(group("research"));
    world.group_round();
    world.edit_group("research", |group| {
        group.name = "science".into();
        group.members = members(&["person001"]);
    });
    world.group_round();
    let plan = world.group_round();
    assert_eq!(group_plan(&plan, "research").verdict.reason, Reason::NameTaken);
    assert_eq!(world.members_of(&id), ["person001"]);
}

#[test]
fn of_two_objects_with_one_name_the_older_wins_and_the_other_names_it() {
    let mut world = World::of(2);
    world.add_group(DesiredGroup { members: members(&["person000"]), ..group("research") });
    let mut second = DesiredGroup { name: "RESEARCH ".into(), members: members(&["person001"]), ..group("also") };
    second.object.created = start();
    world.add_group(second);
    world.group_round();
    let plan = world.group_round();
    let verdict = &group_plan(&plan, "also").verdict;
    assert_eq!(verdict.reason, Reason::ClaimedByAnother);
    assert!(verdict.message.contains("team/research"), "{}", verdict.message);
    assert_eq!(world.zoom_groups.len(), 1);
}

#[test]
fn when_the_winner_goes_the_next_takes_over_and_nothing_is_removed() {
    let mut world = World::of(2);
    world.add_group(DesiredGroup { members: members(&["person000"]), ..group("research") });
    world.group_round();
    let mut second = DesiredGroup { name: "research".into(), members: members(&["person000"]), ..group("also") };
    second.object.created = start();
    world.add_group(second);
    world.group_round();
    world.delete_group("research");
    let plan = world.settle_groups();
    assert!(world.records.is_empty(), "{:?}", world.records);
    assert_eq!(group_plan(&plan, "also").verdict.reason, Reason::Synced);
    assert_eq!(world.members_of(&world.zoom_groups[0].id), ["person000"]);
}

#[test]
fn a_group_may_name_users_that_do_not_exist_yet_and_goes_on_with_the_others() {
    let mut world = World::of(1);
    world.add_group(DesiredGroup { members: members(&["person000", "later"]), ..group("research") });
    world.group_round();
    let plan = world.group_round();
    let planned = group_plan(&plan, "research");
    assert_eq!(planned.verdict.reason, Reason::WaitingForMembers);
    let attendance = planned.members.as_ref().unwrap();
    assert_eq!((attendance.wanted, attendance.present, attendance.waiting), (2, 1, 1));
    assert_eq!(&*attendance.missing[0].who, "team/later");
    world.add(managed("later"));
    world.join(person("later", State::Active));
    world.group_round();
    assert_eq!(group_plan(&world.group_round(), "research").verdict.reason, Reason::Synced);
}

#[rstest]
#[case(State::Pending, "invited")]
#[case(State::Inactive, "rests")]
fn who_cannot_join_yet_waits_and_joins_once_active(#[case] state: State, #[case] why: &str) {
    let mut world = World::of(1);
    world.row("person000").state = state;
    world.row("person000").groups = None;
    world.object("person000").wanted.active = state == State::Pending;
    world.add_group(DesiredGroup { members: members(&["person000"]), ..group("research") });
    world.group_round();
    let plan = world.group_round();
    let planned = group_plan(&plan, "research");
    assert_eq!(planned.verdict.reason, Reason::WaitingForMembers);
    assert!(planned.members.as_ref().unwrap().missing[0].why.contains(why), "{:?}", planned.members);
    *world.row("person000") = person("person000", State::Active);
    world.edit("person000", |wanted| wanted.active = true);
    world.group_round();
    world.group_round();
    let id = world.zoom_groups[0].id.clone();
    assert_eq!(world.members_of(&id), ["person000"]);
}

#[test]
fn members_are_a_union_in_which_everybody_counts_once() {
    let mut world = World::of(4);
    world.join(person("guest", State::Active));
    world.row("person002").attributes.set(Attribute::Department, " Research ");
    world.row("person003").attributes.set(Attribute::Department, "Sales");
    world.object("person001").labels = [("team", "research")].into_iter().collect();
    world.add_group(DesiredGroup {
        members: Some(Members {
            named: People {
                users: [key("person000"), key("person001")].into(),
                emails: [email("GUEST@example.com"), email("guest@example.com"), email("Person000@Example.com")].into(),
            },
            selector: Some(Selector { labels: [("team".into(), "research".into())].into(), ..Selector::default() }),
            matching: Some(MatchRule { departments: texts(&["Research"]), email_domains: texts(&["EXAMPLE.com"]) }),
        }),
        ..group("research")
    });
    world.group_round();
    let plan = world.group_round();
    assert_eq!(group_plan(&plan, "research").members.as_ref().unwrap().wanted, 4);
    assert_eq!(world.members_of(&world.zoom_groups[0].id), ["guest", "person000", "person001", "person002"]);
}

#[rstest]
#[case::domain(MatchRule { departments: texts(&[]), email_domains: texts(&["Example.COM"]) }, 3)]
#[case::other_domain(MatchRule { departments: texts(&[]), email_domains: texts(&["ample.com"]) }, 0)]
#[case::both_must_hold(MatchRule { departments: texts(&["Sales"]), email_domains: texts(&["other.example"]) }, 0)]
#[case::nothing_said(MatchRule::default(), 0)]
fn a_match_takes_who_fits_all_of_it(#[case] rule: MatchRule, #[case] wanted: usize) {
    let mut world = World::of(3);
    world.row("person000").attributes.set(Attribute::Department, "Sales");
    world.add_group(DesiredGroup {
        members: Some(Members { matching: Some(rule), ..Members::default() }),
        ..group("all")
    });
    assert_eq!(group_plan(&world.plan(), "all").members.as_ref().unwrap().wanted, wanted);
}

#[test]
fn a_selector_takes_objects_of_its_own_namespace_alone() {
    let mut world = World::of(1);
    let mut foreign = managed("foreign");
    foreign.object = ObjectKey::new("elsewhere", "foreign");
    world.add(foreign);
    world.join(person("foreign", State::Active));
    world.add_group(DesiredGroup {
        members: Some(Members { selector: Some(Selector::default()), ..Members::default() }),
        ..group("all")
    });
    assert_eq!(group_plan(&world.plan(), "all").members.as_ref().unwrap().wanted, 1);
}

#[test]
fn additive_takes_out_whom_it_put_in_and_nobody_else() {
    let mut world = World::of(3);
    let id = world.found("research", &["person002"]);
    world.add_group(DesiredGroup { members: members(&["person000", "person001"]), ..group("research") });
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person001", "person002"]);
    world.edit_group("research", |group| group.members = members(&["person000"]));
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person002"]);
}

#[test]
fn additive_forgets_nobody_whom_it_put_in_through_a_restart() {
    let mut world = World::of(2);
    world.add_group(DesiredGroup { members: members(&["person000"]), ..group("research") });
    let planned = group_plan(&world.plan(), "research").clone();
    assert_eq!(planned.adding().collect::<Vec<_>>(), [&id("PERSON000")]);
}

#[test]
fn exclusive_takes_strangers_out_after_the_quiet_period() {
    let mut world = World::of(3);
    let id = world.found("research", &["person002"]);
    world.add_group(DesiredGroup {
        members: members(&["person000"]),
        membership: Membership::Exclusive,
        ..group("research")
    });
    world.group_round();
    world.group_round();
    assert_eq!(world.members_of(&id), ["person000", "person002"]);
    assert_eq!(world.records[0].phase, Phase::Settling);
    assert_eq!(group_plan(&world.plan(), "research").verdict.reason, Reason::Settling);
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000"]);
    assert_eq!(world.records.len(), 1);
    assert_eq!(world.records[0].phase, Phase::Done);
}

#[test]
fn an_edit_that_is_taken_back_cancels_the_departure() {
    let mut world = World::of(2);
    let both = members(&["person000", "person001"]);
    let group = DesiredGroup { members: both.clone(), membership: Membership::Exclusive, ..group("research") };
    world.add_group(group);
    world.settle_groups();
    world.edit_group("research", |group| group.members = members(&["person000"]));
    world.group_round();
    assert_eq!(world.records[0].phase, Phase::Settling);
    world.edit_group("research", |group| group.members = both);
    world.settle_groups();
    assert_eq!((world.records[0].phase, world.records[0].reason), (Phase::Cancelled, Some(RecordReason::TakenBack)));
    assert_eq!(world.members_of(&world.zoom_groups[0].id), ["person000", "person001"]);
}

#[test]
fn a_departure_over_the_limit_is_held_whole_until_it_is_approved() {
    let mut world = World::of(100);
    let names = people(100);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = world.found("research", &names);
    world.add_group(DesiredGroup {
        members: members(&names[..70]),
        membership: Membership::Exclusive,
        ..group("research")
    });
    let plan = world.settle_groups();
    assert_eq!(group_plan(&plan, "research").verdict.reason, Reason::Held);
    assert_eq!((world.records.len(), world.records[0].phase), (1, Phase::Held));
    assert_eq!(world.records[0].leaving().unwrap().count, 30);
    assert_eq!(world.members_of(&id).len(), 100);
    // Rejected, while the object still asks: it is held anew.
    world.records.clear();
    world.settle_groups();
    assert_eq!((world.records.len(), world.records[0].phase), (1, Phase::Held));
    assert_eq!(world.members_of(&id).len(), 100);
    world.approve(|_| true);
    world.settle_groups();
    assert_eq!(world.members_of(&id).len(), 70);
}

#[test]
fn the_floor_counts_people_and_not_memberships() {
    let mut world = World::of(60);
    let names = people(20);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for group_name in ["one", "two", "three"] {
        world.found(group_name, &names);
        world.found(&format!("{group_name}-kept"), &[]);
        world.add_group(DesiredGroup {
            members: members(&["person050"]),
            membership: Membership::Exclusive,
            ..group(group_name)
        });
    }
    world.settle_groups();
    assert_eq!(world.phases(), [("Done".to_owned(), 3)].into());
}

#[test]
fn a_group_that_its_selector_empties_is_held() {
    let mut world = World::of(3);
    let id = world.found("research", &["person000", "person001"]);
    let selector = Selector { labels: [("team".into(), "reserach".into())].into(), ..Selector::default() };
    world.add_group(DesiredGroup {
        members: Some(Members { selector: Some(selector), ..Members::default() }),
        membership: Membership::Exclusive,
        ..group("research")
    });
    let plan = world.settle_groups();
    assert_eq!(group_plan(&plan, "research").verdict.reason, Reason::Held);
    assert_eq!(world.records[0].reason, Some(RecordReason::WouldEmpty));
    assert_eq!(world.members_of(&id).len(), 2);
    world.approve(|_| true);
    world.settle_groups();
    assert_eq!(world.members_of(&id), Vec::<String>::new());
}

#[rstest]
#[case::a_selector_beside_a_name(Members {
    named: users(&["person000"]),
    selector: Some(Selector { labels: [("team".into(), "reserach".into())].into(), ..Selector::default() }),
    ..Members::default()
})]
#[case::a_match_beside_a_name(Members {
    named: users(&["person000"]),
    matching: Some(MatchRule { departments: texts(&["Reserach"]), ..MatchRule::default() }),
    ..Members::default()
})]
#[case::nobody_who_is_wanted_is_in(Members { named: users(&["invited"]), ..Members::default() })]
fn an_exclusive_group_is_held_where_a_part_finds_nobody_or_none_of_the_wanted_is_in(#[case] wanted: Members) {
    let mut world = World::of(30);
    world.add(managed("invited"));
    world.join(person("invited", State::Pending));
    let everybody = ["person000", "person001", "person002"];
    let id = world.found("research", &everybody);
    world.add_group(DesiredGroup { members: Some(wanted), membership: Membership::Exclusive, ..group("research") });
    world.settle_groups();
    assert_eq!((world.records[0].phase, world.records[0].reason), (Phase::Held, Some(RecordReason::WouldEmpty)));
    assert_eq!(world.members_of(&id), everybody);
    world.edit_group("research", |group| group.members = members(&["person000"]));
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000"], "{:?}", world.records);
}

#[test]
fn who_takes_everybodys_place_in_an_exclusive_group_comes_first_and_nothing_is_held_for_it() {
    let mut world = World::of(30);
    let id = world.found("research", &["person000", "person001"]);
    world.add_group(DesiredGroup {
        members: members(&["person002"]),
        membership: Membership::Exclusive,
        ..group("research")
    });
    assert!(world.group_round().new_records.is_empty());
    assert_eq!(world.members_of(&id).len(), 3);
    let plan = world.group_round();
    assert!(plan.changes.iter().all(|change| change.phase == Phase::Settling), "{:?}", plan.changes);
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person002"]);
    // A mere plan shows both.
    world.edit_group("research", |group| group.members = members(&["person003"]));
    world.policy.mode = Mode::Plan;
    let message = &group_plan(&world.plan(), "research").verdict.message.clone();
    assert!(message.contains("1 people") && message.contains("remove 1 people"), "{message}");
}

#[rstest]
#[case::people(|world: &mut World| world.complete.people = false)]
#[case::groups(|world: &mut World| world.complete.groups = false)]
#[case::objects(|world: &mut World| world.all_objects_seen = false)]
#[case::an_object_that_says_nothing(|world: &mut World| {
    world.unreadable.push(Claim { object: key("broken"), id: None, email: None, previous_emails: Vec::new() });
})]
#[case::their_object_is_unreadable(|world: &mut World| {
    world.unreadable.push(Claim { object: key("broken"), id: None, email: Some(address("person001")), previous_emails: Vec::new() });
})]
#[case::their_object_is_being_deleted(|world: &mut World| {
    world.add(managed("person001"));
    world.policy.mode = Mode::HoldRemovals;
    world.delete("person001");
})]
fn nobody_leaves_by_what_was_not_seen(#[case] unsee: fn(&mut World)) {
    let mut world = World::of(1);
    world.join(person("person001", State::Active));
    let id = world.found("research", &["person000", "person001"]);
    world.add_group(DesiredGroup {
        members: members(&["person000"]),
        membership: Membership::Exclusive,
        ..group("research")
    });
    unsee(&mut world);
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person001"]);
    assert!(world.records.iter().all(|record| record.class != Class::Membership), "{:?}", world.records);
}

#[test]
fn who_leaves_the_account_stays_in_their_groups_until_they_are_gone() {
    let mut world = World::of(8);
    let id = world.found("research", &["person000", "person001"]);
    world.add_group(DesiredGroup {
        members: members(&["person000", "person001"]),
        membership: Membership::Exclusive,
        ..group("research")
    });
    world.settle_groups();
    world.delete("person001");
    world.group_round();
    world.group_round();
    assert_eq!(world.phase("person001"), Phase::Settling);
    assert_eq!(world.members_of(&id), ["person000", "person001"]);
    assert!(world.records.iter().all(|record| record.class == Class::Access));
    world.settle_groups();
    assert_eq!(world.row("person001").state, State::Inactive);
    assert!(world.records.iter().all(|record| record.class == Class::Access), "{:?}", world.records);
}

#[rstest]
#[case::created(None, Origin::Created, true)]
#[case::adopted(None, Origin::Adopted, false)]
#[case::created_and_retained(Some(ThingRemoval::Retain), Origin::Created, false)]
#[case::adopted_and_deleted(Some(ThingRemoval::Delete), Origin::Adopted, true)]
fn a_deleted_object_takes_what_it_made_along(
    #[case] removal: Option<ThingRemoval>,
    #[case] origin: Origin,
    #[case] goes: bool,
) {
    let mut world = World::of(30);
    let id = world.found("research", &["person000", "person001"]);
    world.add_group(DesiredGroup {
        removal,
        memory: Memory { id: Some(id), origin: Some(origin), ..Memory::default() },
        ..group("research")
    });
    world.group_round();
    world.delete_group("research");
    world.group_round();
    if goes {
        assert_eq!(world.records[0].leaving().unwrap().count, 2);
    }
    assert!(!world.groups.contains_key(&key("research")), "a deleted object is let go at once");
    world.settle_groups();
    assert_eq!(world.zoom_groups.is_empty(), goes);
}

#[test]
fn a_deleted_group_that_is_applied_again_stays() {
    let mut world = World::of(30);
    world.add_group(DesiredGroup { members: members(&["person000"]), ..group("research") });
    world.settle_groups();
    world.delete_group("research");
    world.group_round();
    let mut again = DesiredGroup { members: members(&["person000"]), ..group("research") };
    again.object.uid = "uid-again".into();
    world.add_group(again);
    world.settle_groups();
    assert_eq!((world.records[0].phase, world.records[0].reason), (Phase::Cancelled, Some(RecordReason::Reclaimed)));
    assert_eq!(world.zoom_groups.len(), 1);
}

#[test]
fn a_group_that_was_deleted_in_zoom_comes_back_with_a_newer_edit_only() {
    let mut world = World::of(1);
    world.add_group(group("research"));
    world.settle_groups();
    world.zoom_groups.clear();
    let plan = world.settle_groups();
    assert_eq!(group_plan(&plan, "research").verdict.reason, Reason::RemovedInZoom);
    world.edit_group("research", |_| {});
    world.settle_groups();
    assert_eq!(world.zoom_groups.len(), 1);
}

#[test]
fn a_member_whom_zoom_refused_is_said_and_not_asked_again_before_an_edit() {
    let mut world = World::of(2);
    let refusal = MemberRefusal { generation: 1, attempts: 1, retry_at: start() + seconds(3600), message: "no".into() };
    world.add_group(DesiredGroup {
        members: members(&["person000", "person001"]),
        refused: Arc::new([((Act::Join, Asked::Person(address("person001"))), refusal)].into()),
        ..group("research")
    });
    world.group_round();
    let plan = world.group_round();
    let planned = group_plan(&plan, "research");
    assert_eq!(planned.verdict.reason, Reason::MembersRefused);
    assert_eq!(plan.wake_at, Some(start() + seconds(3600)));
    let attendance = planned.members.as_ref().unwrap();
    assert_eq!((attendance.present, attendance.refused), (1, 1));
    assert!(attendance.missing[0].refused && &*attendance.missing[0].why == "no");
    world.edit_group("research", |_| {});
    world.group_round();
    assert_eq!(group_plan(&world.group_round(), "research").verdict.reason, Reason::Synced);
}

#[test]
fn administrators_are_read_first_and_set_by_name_alone() {
    let mut world = World::of(3);
    let id = world.found("research", &["person000"]);
    world.zoom_groups[0].admins = None;
    world.add_group(DesiredGroup { admins: Some(users(&["person000"])), ..group("research") });
    let plan = world.group_round();
    assert_eq!(group_plan(&plan, "research").operations[0].verb(), "ReadGroupAdmins");
    world.settle_groups();
    assert_eq!(world.zoom_groups[0].admins.as_deref(), Some(&BTreeSet::from([address("person000")])));
    world.edit_group("research", |group| group.admins = Some(users(&["person001"])));
    world.settle_groups();
    assert_eq!(world.zoom_groups[0].admins.as_deref(), Some(&BTreeSet::from([address("person001")])));
    assert_eq!(world.members_of(&id), ["person000"]);
}

#[test]
fn the_primary_group_is_set_for_members_who_have_another_first() {
    let mut world = World::of(2);
    let other = world.found("other", &["person000"]);
    let id = world.found("research", &["person000"]);
    world.add_group(DesiredGroup { primary_for: users(&["person000", "person001"]), ..group("research") });
    world.settle_groups();
    assert_eq!(world.row("person000").groups.as_deref(), Some(&[id, other][..]));
}

#[test]
fn of_two_objects_that_choose_a_primary_group_for_one_person_the_older_wins_and_the_other_names_it() {
    let mut world = World::of(2);
    world.found("other", &["person000", "person001"]);
    let id = world.found("research", &["person000", "person001"]);
    let younger = DesiredGroup { primary_for: users(&["person000", "person001"]), ..group("other") };
    world.add_group(younger);
    let mut older = DesiredGroup { primary_for: users(&["person000"]), ..group("research") };
    older.object.created -= seconds(60);
    world.add_group(older);
    let plan = world.settle_groups();
    assert_eq!(world.row("person000").groups.as_deref().unwrap()[0], id);
    let yielded = group_plan(&plan, "other");
    assert_eq!((yielded.operations.len(), yielded.verdict.reason), (0, Reason::MembersRefused));
    let message = &yielded.verdict.message;
    assert!(
        message.contains("1 of 2 people of spec.primaryFor: person000@") && message.contains("/research"),
        "{message}"
    );
    assert_eq!(group_plan(&plan, "research").verdict.reason, Reason::Synced);
    // The older one chooses for its own members alone.
    world.exit("person000", &id);
    let plan = world.settle_groups();
    assert_eq!(group_plan(&plan, "other").verdict.reason, Reason::Synced);
}

#[rstest]
#[case::exclusive(Membership::Exclusive, Phase::Held, Some(RecordReason::WouldEmpty))]
#[case::additive_was_asked_for(Membership::Additive, Phase::Done, None)]
fn the_last_administrator_of_an_exclusive_group_is_held(
    #[case] membership: Membership,
    #[case] expected: Phase,
    #[case] reason: Option<RecordReason>,
) {
    let mut world = World::of(3);
    world.found("research", &["person000"]);
    world.zoom_groups[0].admins = Some(BTreeSet::new().into());
    world.add_group(DesiredGroup { admins: Some(users(&["person000", "person001"])), membership, ..group("research") });
    world.settle_groups();
    world.edit_group("research", |group| group.admins = Some(users(&["person001"])));
    world.settle_groups();
    assert_eq!(world.zoom_groups[0].admins.as_deref(), Some(&BTreeSet::from([address("person001")])));
    world.edit_group("research", |group| group.admins = Some(People::default()));
    world.settle_groups();
    let last = world.records.last().unwrap();
    assert_eq!(last.phase, expected);
    if let Some(reason) = reason {
        assert_eq!(last.reason, Some(reason));
        // With another administrator in sight nothing is held: they come first.
        world.edit_group("research", |group| group.admins = Some(users(&["person002"])));
        world.settle_groups();
        let held = world.records.iter().find(|record| record.reason == Some(RecordReason::WouldEmpty));
        assert_eq!(held, None, "whoever is to leave all the same is asked for anew");
        world.settle_groups();
        assert_eq!(world.zoom_groups[0].admins.as_deref(), Some(&BTreeSet::from([address("person002")])));
    }
}

#[rstest]
#[case::plan(|policy: &mut Policy| policy.mode = Mode::Plan, Reason::PlanOnly)]
#[case::suspend(|policy: &mut Policy| policy.mode = Mode::Suspend, Reason::Suspended)]
#[case::create(|policy: &mut Policy| policy.allow.create = false, Reason::NotAllowed)]
#[case::update(|policy: &mut Policy| policy.allow.update = false, Reason::NotAllowed)]
fn the_switches_of_the_connection_hold_for_groups_too(#[case] switch: fn(&mut Policy), #[case] reason: Reason) {
    let mut world = World::of(1);
    switch(&mut world.policy);
    world.add_group(DesiredGroup { members: members(&["person000"]), ..group("research") });
    let plan = world.settle_groups();
    assert_eq!(group_plan(&plan, "research").verdict.reason, reason);
    assert!(world.zoom_groups.is_empty());
}
