//! What a connection's access lets groups, roles and contact groups say, and of whom they may speak.

use rstest::rstest;
use zoom_core::*;

use crate::{access::granted, group_world::*, support::*};

/// Groups named sales or sales-something, with people of example.com, without administrators.
fn grant() -> Grant {
    Grant {
        email_domains: Some(["example.com".into()].into()),
        roles: Some(["helpdesk".into()].into()),
        groups: Some(["sales".into(), "sales-*".into()].into()),
        group_admins: false,
        ..Grant::default()
    }
}

fn named(emails: &[&str]) -> People {
    People { emails: emails.iter().map(|text| email(text)).collect(), ..People::default() }
}

fn matching(domain: &str) -> Option<Members> {
    let rule = MatchRule { email_domains: [domain.into()].into(), ..MatchRule::default() };
    Some(Members { matching: Some(rule), ..Members::default() })
}

#[rstest]
#[case::within(|_: &mut DesiredGroup| {}, None)]
#[case::by_a_pattern(|group: &mut DesiredGroup| group.name = "SALES-emea".into(), None)]
#[case::another_name(|group: &mut DesiredGroup| group.name = "Presales".into(), Some("spec.name is presales"))]
#[case::address(
    |group: &mut DesiredGroup| group.members.as_mut().unwrap().named = named(&["ceo@board.example.com"]),
    Some("board.example.com")
)]
#[case::address_within(|group: &mut DesiredGroup| group.members.as_mut().unwrap().named = named(&["joe@EXAMPLE.com"]), None)]
#[case::match_within(|group: &mut DesiredGroup| group.members = matching("Example.com"), None)]
#[case::match_beyond(|group: &mut DesiredGroup| group.members = matching("example.org"), Some("has example.org"))]
#[case::administrators(|group: &mut DesiredGroup| group.admins = Some(users(&["ada"])), Some("spec.admins"))]
#[case::no_administrators(|group: &mut DesiredGroup| group.admins = Some(People::default()), Some("spec.admins"))]
#[case::primary_group(
    |group: &mut DesiredGroup| group.primary_for = named(&["ceo@board.example.com"]), Some("spec.primaryFor.emails")
)]
fn a_grant_covers_a_group_or_names_what_it_does_not(
    #[case] change: fn(&mut DesiredGroup),
    #[case] expected: Option<&str>,
) {
    let mut group = group("Sales");
    group.members = members(&["ada"]);
    change(&mut group);
    let refusal = granted("team", vec![grant()]).refusal(&group);
    assert_eq!(refusal.is_some(), expected.is_some(), "{refusal:?}");
    assert!(expected.is_none_or(|expected| refusal.as_ref().unwrap().contains(expected)), "{refusal:?}");
    assert_eq!(granted("team", vec![grant(), Grant::default()]).refusal(&group), None, "one grant is enough");
    assert!(granted("elsewhere", vec![Grant::default()]).refusal(&group).unwrap().contains("team"));
}

#[test]
fn a_role_is_covered_by_its_name() {
    let mut role = crate::things::role("Helpdesk");
    assert_eq!(granted("team", vec![grant()]).refusal(&role), None);
    role.name = "Admins of rooms".into();
    assert!(granted("team", vec![grant()]).refusal(&role).unwrap().contains("spec.name is admins of rooms"));
}

#[test]
fn what_is_not_permitted_neither_takes_over_nor_claims_nor_takes_nor_is_stuck() {
    let mut world = World::of(3);
    let id = world.found("Finance", &["person000"]);
    let mut intruder = group("Finance");
    (intruder.membership, intruder.members) = (Membership::Exclusive, members(&["person001"]));
    world.add_group(intruder);
    world.policy.access = granted("team", vec![grant()]);
    world.settle_groups();
    let plan = world.plan();
    let planned = plan.groups.iter().find(|planned| planned.object == key("Finance")).unwrap();
    assert_eq!((planned.verdict.reason, planned.runnable), (Reason::NotPermitted, false));
    assert_eq!((world.members_of(&id), world.records.len()), (vec!["person000".to_owned()], 0));

    let mut owner = group("Finance");
    owner.object.key = ObjectKey::new("finance", "finance");
    (owner.object.uid, owner.object.created) = ("another".into(), world.now);
    world.add_group(owner);
    let grants = [("team".into(), vec![grant()]), ("finance".into(), vec![Grant::default()])];
    world.policy.access = Access::Granted(grants.into());
    let plan = world.plan();
    let of_owner = plan.groups.iter().find(|planned| &*planned.object.namespace == "finance").unwrap();
    assert_eq!(of_owner.verdict.reason, Reason::Synced, "{:?}", of_owner.verdict);

    let intruder = world.group("Finance");
    (intruder.memory.origin, intruder.memory.id) = (Some(Origin::Created), Some(id.clone()));
    world.delete_group("Finance");
    let plan = world.group_round();
    assert_eq!((plan.let_go_groups, plan.new_records), (vec![key("Finance")], vec![]));
    assert_eq!(world.members_of(&id), ["person000"]);
}

#[test]
fn who_is_beyond_the_grant_neither_joins_nor_leaves_and_is_told() {
    let mut world = World::of(3);
    for (who, domain) in [("person001", "example.org"), ("person002", "example.org")] {
        let mut row = world.zoom.remove(&address(who)).unwrap();
        row.email = email(&format!("{who}@{domain}"));
        world.object(who).email = row.email.clone();
        world.join(row);
    }
    let mut sales = group("Sales");
    (sales.membership, sales.members) = (Membership::Exclusive, members(&["person000", "person001", "person002"]));
    world.add_group(sales);
    let id = world.found("Sales", &[]);
    let row = world.zoom.get_mut(&email("person002@example.org")).unwrap();
    row.groups = Some([id.clone()].into());
    world.policy.access = Access::Granted(
        [("team".into(), vec![grant(), Grant { groups: Some(Default::default()), ..Grant::default() }])].into(),
    );
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person002"]);
    let plan = world.plan();
    let planned = &plan.groups[0];
    assert_eq!(planned.verdict.reason, Reason::MembersRefused);
    let attendance = planned.members.as_ref().unwrap();
    assert_eq!((attendance.wanted, attendance.present, attendance.refused), (3, 1, 2));
    assert!(planned.verdict.message.contains("team/person001 (spec.access"), "{}", planned.verdict.message);
    assert!(world.records.is_empty());
}

#[test]
fn an_object_that_is_not_permitted_does_not_speak_for_a_member() {
    let mut world = World::of(2);
    let mut eve = managed("person001");
    eve.object = ObjectKey::new("elsewhere", "eve");
    world.objects.remove(&key("person001"));
    world.add(eve);
    let mut sales = group("Sales");
    sales.members = members(&["person000"]);
    sales.members.as_mut().unwrap().named.users.insert(ObjectKey::new("elsewhere", "eve"));
    world.add_group(sales);
    world.policy.access = granted("team", vec![grant()]);
    world.settle_groups();
    let id = world.zoom_group("Sales").unwrap().id.clone();
    assert_eq!(world.members_of(&id), ["person000"]);

    let grants = [("team".into(), vec![grant()]), ("elsewhere".into(), vec![Grant::default()])];
    world.policy.access = Access::Granted(grants.into());
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person001"], "members of other namespaces, as access allows");

    // The other namespace is deleted: nobody leaves, since nobody knows for whom its objects spoke.
    world.objects.remove(&ObjectKey::new("elsewhere", "eve"));
    world.edit_group("Sales", |group| group.membership = Membership::Exclusive);
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000", "person001"]);
    world.edit_group("Sales", |group| group.members = members(&["person000"]));
    world.settle_groups();
    assert_eq!(world.members_of(&id), ["person000"], "an edit says who is meant");
}
