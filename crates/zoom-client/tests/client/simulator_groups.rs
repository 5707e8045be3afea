//! Groups, roles and contact groups of the simulator, which knows Zoom's rules and shares no type with the client.

use rstest::rstest;
use zoom_client::{
    ContactGroupPatch, ContactKind, ContactMember, ContactPrivacy, ErrorKind, NewContactGroup, NewRole, RolePatch,
};
use zoom_simulator::{
    AccountConfig, Fault, FaultEffect, LimitsConfig, MissingRole, PersonConfig, Quirks, RoleReply, Sharper, Simulator,
    Status,
};

use crate::simulator::client;

const ADA: &str = "ada@acme.example";

fn numbered(number: usize) -> String {
    format!("p{number}@acme.example")
}

/// An account with Ada, 70 others, somebody pending and somebody whom Zoom adds to no group.
async fn account(quirks: Quirks) -> Simulator {
    let mut people: Vec<_> = (0..70).map(|number| PersonConfig::new(numbered(number))).collect();
    people.push(PersonConfig::new(ADA));
    people.push(PersonConfig { status: Status::Pending, ..PersonConfig::new("pending@acme.example") });
    people.push(PersonConfig { refuses_groups: true, ..PersonConfig::new("stubborn@acme.example") });
    let config = AccountConfig { people, quirks, limits: LimitsConfig::Off, ..AccountConfig::default() };
    Simulator::start(config).await.unwrap()
}

fn id(zoom: &Simulator, email: &str) -> String {
    zoom.person(email).unwrap().id
}

#[tokio::test]
async fn a_group_comes_fills_empties_and_goes() {
    let zoom = account(Quirks::default()).await;
    let client = client(&zoom);
    let group = client.create_group("Design").await.unwrap();
    assert_eq!(client.create_group("Design").await.unwrap_err().kind(), &ErrorKind::GroupNameTaken);

    let mut ids: Vec<_> = (0..70).map(|number| id(&zoom, &numbered(number))).collect();
    let stubborn = id(&zoom, "stubborn@acme.example");
    ids.push(stubborn.clone());
    let refs: Vec<&str> = ids.iter().map(String::as_str).collect();
    let added = client.add_group_members(&group.id, &refs).await.unwrap();
    assert!(added.len() == 70 && !added.contains(&stubborn));
    assert!(client.add_group_members(&group.id, &refs).await.unwrap().is_empty());
    let listing = client.list_group_members(&group.id, 30).await.unwrap();
    assert_eq!((listing.rows.len(), listing.complete), (70, Ok(())));

    client.remove_group_member(&group.id, &ids[0]).await.unwrap();
    let twice = client.remove_group_member(&group.id, &ids[0]).await.unwrap_err();
    assert_eq!(twice.kind(), &ErrorKind::NotAMember);
    client.rename_group(&group.id, "Research").await.unwrap();
    let groups = client.list_groups().await.unwrap();
    assert_eq!((groups.rows[0].name.as_str(), groups.rows[0].total_members), ("Research", Some(69)));
    client.delete_group(&group.id).await.unwrap();
    assert_eq!(client.delete_group(&group.id).await.unwrap_err().kind(), &ErrorKind::GroupNotFound);
}

#[tokio::test]
async fn the_primary_group_is_chosen_among_a_persons_groups() {
    let zoom = account(Quirks::default()).await;
    let client = client(&zoom);
    let (one, other) = (client.create_group("A").await.unwrap().id, client.create_group("B").await.unwrap().id);
    let ada = id(&zoom, ADA);
    for group in [&one, &other] {
        client.add_group_members(group, &[&ada]).await.unwrap();
    }
    client.set_primary_group(&one, &ada, &other).await.unwrap();
    assert_eq!(client.get_user(&ada).await.unwrap().row.group_ids, [other.clone(), one.clone()]);
    client.remove_group_member(&one, &ada).await.unwrap();
    let error = client.set_primary_group(&other, &ada, &one).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotAMember);
}

#[tokio::test]
async fn administrators_of_a_group_come_and_go() {
    let zoom = account(Quirks::default()).await;
    let client = client(&zoom);
    let group = client.create_group("Design").await.unwrap().id;
    let ids: Vec<_> = (0..12).map(|number| id(&zoom, &numbered(number))).collect();
    let refs: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(client.add_group_admins(&group, &refs).await.unwrap(), ids);
    let listing = client.list_group_admins(&group).await.unwrap();
    assert_eq!((listing.rows.len(), listing.complete), (12, Ok(())));
    client.remove_group_admin(&group, &ids[0]).await.unwrap();
    let error = client.remove_group_admin(&group, &ids[0]).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotAGroupAdmin);
}

#[rstest]
#[tokio::test]
async fn a_group_whose_creation_got_no_answer_is_found(
    #[values(FaultEffect::TimeOutAfter { hold_ms: 0 }, FaultEffect::MalformedJson, FaultEffect::CutBody)]
    effect: FaultEffect,
) {
    let zoom = account(Quirks::default()).await;
    zoom.inject(Fault::on("POST", "/groups", effect));
    let created = client(&zoom).create_group("Design").await.unwrap();
    assert_eq!(zoom.groups().iter().map(|group| &group.id).collect::<Vec<_>>(), [&created.id]);
}

#[tokio::test]
async fn the_daily_budget_of_groups_is_told() {
    let limits = LimitsConfig::Sharper(Sharper { groups_per_day: Some(1), ..Sharper::default() });
    let zoom = Simulator::start(AccountConfig { limits, ..AccountConfig::default() }).await.unwrap();
    let client = client(&zoom);
    client.create_group("A").await.unwrap();
    let error = client.create_group("B").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DailyBudget { .. }), "{error}");
}

#[rstest]
#[tokio::test]
async fn a_role_is_created_changed_and_deleted_however_zoom_answers(
    #[values(RoleReply::Bare, RoleReply::Full)] role_reply: RoleReply,
    #[values(MissingRole::UnderOk, MissingRole::Refused)] missing_role: MissingRole,
) {
    let zoom = account(Quirks { role_reply, missing_role, ..Quirks::default() }).await;
    let client = client(&zoom);
    let known = client.get_role("0").await.unwrap().privileges;
    let new = NewRole { name: "Desk".into(), description: "Tier 1".into(), privileges: known[..2].to_vec() };
    let role = client.create_role(&new).await.unwrap();
    assert_eq!(client.create_role(&new).await.unwrap_err().kind(), &ErrorKind::RoleNameTaken);
    let patch = RolePatch { name: Some("Help desk".into()), privileges: Some(vec![]), ..RolePatch::default() };
    client.update_role(&role.id, &patch).await.unwrap();
    let read = client.get_role(&role.id).await.unwrap();
    assert_eq!((read.role.name.as_str(), read.role.description.as_deref()), ("Help desk", Some("Tier 1")));
    assert!(read.privileges.is_empty());
    client.delete_role(&role.id).await.unwrap();
    assert_eq!(client.get_role(&role.id).await.unwrap_err().kind(), &ErrorKind::RoleNotFound);
    let unknown = NewRole { privileges: vec!["Sky:Fall".into()], ..new };
    assert!(matches!(client.create_role(&unknown).await.unwrap_err().kind(), ErrorKind::Invalid { .. }));
}

#[tokio::test]
async fn a_contact_group_comes_fills_empties_and_goes() {
    let zoom = account(Quirks::default()).await;
    let client = client(&zoom);
    let user = |email: &str| ContactMember { kind: ContactKind::User, id: id(&zoom, email) };
    let new = NewContactGroup {
        name: "Press".into(),
        privacy: ContactPrivacy::Private,
        description: String::new(),
        members: vec![user(ADA)],
    };
    let group = client.create_contact_group(&new).await.unwrap();
    assert_eq!((group.total_members, group.privacy), (Some(1), Some(ContactPrivacy::Private)));

    let team = client.create_group("Team").await.unwrap().id;
    let mut members: Vec<_> = (0..60).map(|number| user(&numbered(number))).collect();
    members.push(ContactMember { kind: ContactKind::Group, id: team.clone() });
    assert_eq!(client.add_contact_group_members(&group.id, &members).await.unwrap().len(), 61);
    let listing = client.list_contact_group_members(&group.id).await.unwrap();
    assert_eq!((listing.rows.len(), listing.pages, listing.complete), (62, 2, Ok(())));
    assert!(listing.rows.iter().any(|row| row.kind == Some(ContactKind::Group) && row.id == team));

    let ids: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
    client.remove_contact_group_members(&group.id, &ids).await.unwrap();
    let last = id(&zoom, ADA);
    let error = client.remove_contact_group_members(&group.id, &[&last]).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
    let error = client.remove_contact_group_members(&group.id, &ids[..1]).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotAMember);

    let patch = ContactGroupPatch { name: Some("Media".into()), ..ContactGroupPatch::default() };
    client.update_contact_group(&group.id, &patch).await.unwrap();
    assert_eq!(client.get_contact_group(&group.id).await.unwrap().name, "Media");
    assert_eq!(client.list_contact_groups().await.unwrap().rows.len(), 1);
    client.delete_contact_group(&group.id).await.unwrap();
    assert_eq!(client.get_contact_group(&group.id).await.unwrap_err().kind(), &ErrorKind::GroupNotFound);
}
