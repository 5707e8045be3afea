//! What the calls on groups, roles and contact groups send, and what they make of the answers.

use crate::support::{Reply, Seen, Server, broken_off, no_content, refusal, reply};
use rstest::rstest;
use serde_json::{Value, json};
use zoom_client::{
    ContactGroupPatch, ContactKind, ContactMember, ContactPrivacy, ErrorKind, Group, GroupAdmin, GroupMember,
    NewContactGroup, NewRole, RetryClass, Role, RolePatch, UserType,
};

async fn silent() -> Server {
    Server::start(|_, _| no_content()).await
}

fn group(id: &str, name: &str) -> Value {
    json!({"id": id, "name": name, "total_members": 0})
}

fn groups(rows: &[Value]) -> Reply {
    reply(200, json!({"groups": rows, "total_records": rows.len(), "next_page_token": ""}))
}

fn is_post(seen: &Seen) -> bool {
    seen.call.starts_with("POST")
}

fn many(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("id{number}")).collect()
}

fn refs(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn each_call_on_a_group_sends_what_was_asked_for() {
    let server = silent().await;
    let zoom = server.client();
    zoom.rename_group("g/1", "New").await.unwrap();
    zoom.delete_group("g1").await.unwrap();
    zoom.remove_group_member("g1", "u1").await.unwrap();
    zoom.set_primary_group("g1", "u1", "g2").await.unwrap();
    zoom.remove_group_admin("g1", "u1").await.unwrap();
    zoom.place_pending_in_group("ada@example.com", "g1").await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "PATCH /v2/groups/g%2F1",
            "DELETE /v2/groups/g1",
            "DELETE /v2/groups/g1/members/u1",
            "PATCH /v2/groups/g1/members/u1",
            "DELETE /v2/groups/g1/admins/u1",
            "PATCH /v2/users/ada%40example.com",
        ]
    );
    let calls = server.calls();
    assert_eq!(calls[0].json(), json!({"name": "New"}));
    assert_eq!(calls[3].json(), json!({"action": "set_primary", "target_group_id": "g2"}));
    assert_eq!(calls[5].json(), json!({"group_id": "g1"}));
}

#[tokio::test]
async fn members_go_out_30_at_a_time_and_the_ids_that_zoom_names_come_back() {
    let server = Server::start(|_, before| {
        let ids = ["id1, id2", "", "id60"][before];
        reply(201, json!({"ids": ids, "added_at": "2026-01-01T00:00:00Z"}))
    })
    .await;
    let people = many(61);
    let added = server.client().add_group_members("g1", &refs(&people)).await.unwrap();
    assert_eq!(added, ["id1", "id2", "id60"]);
    let sizes: Vec<_> = server.calls().iter().map(|seen| seen.json()["members"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [30, 30, 1]);
    assert_eq!(server.calls()[2].json(), json!({"members": [{"id": "id60"}]}));
}

#[tokio::test]
async fn administrators_go_out_10_at_a_time() {
    let server = Server::start(|_, _| reply(201, json!({"ids": null}))).await;
    assert!(server.client().add_group_admins("g1", &refs(&many(11))).await.unwrap().is_empty());
    assert_eq!(server.lines(), ["POST /v2/groups/g1/admins", "POST /v2/groups/g1/admins"]);
    assert_eq!(server.calls()[1].json(), json!({"admins": [{"id": "id10"}]}));
}

#[tokio::test]
async fn an_add_ends_with_the_first_failure() {
    let server = Server::start(|_, before| match before {
        0 => reply(201, json!({"ids": "id0"})),
        _ => refusal(404, 4130, "A group with this g1 does not exist."),
    })
    .await;
    let error = server.client().add_group_members("g1", &refs(&many(90))).await.unwrap_err();
    assert_eq!((error.kind(), server.calls().len()), (&ErrorKind::GroupNotFound, 2));
}

#[tokio::test]
async fn members_and_administrators_are_listed_whole() {
    let server = Server::start(|seen, _| {
        let rows = |name: &str, rows: Value, next: &str| {
            reply(200, json!({name: rows, "total_records": 2, "next_page_token": next}))
        };
        if seen.call.contains("/admins") {
            rows("admins", json!([{"email": "a@x.example", "name": "A"}, {"email": "b@x.example", "name": ""}]), "")
        } else if seen.call.contains("next_page_token") {
            rows("members", json!([{"email": "b@x.example", "type": 2}]), "")
        } else {
            rows("members", json!([{"id": "1", "email": "a@x.example", "type": 1}]), "t")
        }
    })
    .await;
    let zoom = server.client();
    let members = zoom.list_group_members("g1", 2000).await.unwrap();
    let member = |id: Option<&str>, email: &str, user_type| GroupMember {
        id: id.map(str::to_owned),
        email: email.into(),
        user_type: Some(user_type),
    };
    assert_eq!(
        (members.rows, members.complete),
        (
            vec![member(Some("1"), "a@x.example", UserType::Basic), member(None, "b@x.example", UserType::Licensed)],
            Ok(())
        )
    );
    let admins = zoom.list_group_admins("g1").await.unwrap();
    let admin = |email: &str, name: Option<&str>| GroupAdmin { email: email.into(), name: name.map(str::to_owned) };
    assert_eq!(admins.rows, [admin("a@x.example", Some("A")), admin("b@x.example", None)]);
    assert_eq!(server.lines()[0], "GET /v2/groups/g1/members?page_size=2000");
    assert_eq!(server.lines()[2], "GET /v2/groups/g1/admins?page_size=300");
}

#[tokio::test]
async fn a_group_is_created_with_one_call() {
    let server = Server::start(|_, _| reply(201, group("g1", "Design"))).await;
    let created = server.client().create_group("Design").await.unwrap();
    assert_eq!(created, Group { id: "g1".into(), name: "Design".into(), total_members: Some(0) });
    assert_eq!((server.lines(), server.calls()[0].json()), (vec!["POST /v2/groups".into()], json!({"name": "Design"})));
}

fn lost(how: u8) -> Reply {
    match how {
        0 => broken_off(201, "{\"id\":"),
        1 => refusal(500, 9999, "Something broke."),
        _ => reply(201, json!({})),
    }
}

#[rstest]
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_looked_for_and_not_repeated(#[values(0, 1, 2)] how: u8) {
    let server = Server::start(move |seen, _| match is_post(seen) {
        true => lost(how),
        false => groups(&[group("g0", "Other"), group("g1", "Design")]),
    })
    .await;
    assert_eq!(server.client().create_group("Design").await.unwrap().id, "g1");
    assert_eq!(server.lines(), ["POST /v2/groups", "GET /v2/groups?page_size=300"]);

    let server =
        Server::start(move |seen, _| if is_post(seen) { lost(how) } else { groups(&[group("g0", "Other")]) }).await;
    let error = server.client().create_group("Design").await.unwrap_err();
    assert_eq!((error.kind(), error.retry_class()), (&ErrorKind::InDoubt { seen_absent: true }, RetryClass::Soon));
}

#[tokio::test]
async fn a_create_that_cannot_be_looked_for_stays_in_doubt() {
    let server = Server::start(|seen, _| if is_post(seen) { lost(0) } else { refusal(400, 4711, "scopes") }).await;
    let zoom = server.client();
    let doubtful = ErrorKind::InDoubt { seen_absent: false };
    assert_eq!(zoom.create_group("Design").await.unwrap_err().kind(), &doubtful);
    assert_eq!(zoom.create_role(&NewRole::default()).await.unwrap_err().kind(), &doubtful);
    assert_eq!(zoom.create_contact_group(&press()).await.unwrap_err().kind(), &doubtful);
}

#[tokio::test]
async fn a_taken_name_is_told_and_nothing_is_looked_for() {
    let server = Server::start(|_, _| refusal(409, 4132, "Group name Design is already in use.")).await;
    let zoom = server.client();
    assert_eq!(zoom.create_group("Design").await.unwrap_err().kind(), &ErrorKind::GroupNameTaken);
    assert_eq!(zoom.rename_group("g1", "Design").await.unwrap_err().kind(), &ErrorKind::GroupNameTaken);
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test]
async fn a_group_of_another_account_is_no_missing_user() {
    let server = Server::start(|_, _| refusal(400, 1010, "Group does not belong to your account.")).await;
    let zoom = server.client();
    assert_eq!(zoom.remove_group_member("g1", "u1").await.unwrap_err().kind(), &ErrorKind::GroupNotFound);
    assert_eq!(zoom.get_user("u1").await.unwrap_err().kind(), &ErrorKind::UserNotFound);
}

#[tokio::test]
async fn the_groups_of_a_day_are_a_budget_of_their_own() {
    let text = "You have exceeded the daily rate limit (100) of Create a Group API request for this account. This limit \
                resets at GMT 00:00:00.";
    let server = Server::start(move |seen, _| if is_post(seen) { refusal(429, 429, text) } else { groups(&[]) }).await;
    let zoom = server.client();
    for _ in 0..2 {
        let error = zoom.create_group("Design").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::DailyBudget { .. }), "{error}");
    }
    zoom.list_groups().await.unwrap();
    assert_eq!(server.lines(), ["POST /v2/groups", "GET /v2/groups?page_size=300"]);
}

fn role(id: &str, name: &str) -> Value {
    json!({"id": id, "name": name, "description": "", "type": "common", "total_members": 0})
}

#[tokio::test]
async fn a_role_is_read_with_its_privileges() {
    let server = Server::start(|_, _| {
        let mut role = role("1", "Admin");
        role["privileges"] = json!(["User:Read", "User:Edit"]);
        reply(200, role)
    })
    .await;
    let found = server.client().get_role("1").await.unwrap();
    assert_eq!((found.role.name.as_str(), found.role.description), ("Admin", None));
    assert_eq!(found.privileges, ["User:Read", "User:Edit"]);
}

#[rstest]
#[case::older(reply(201, role("r1", "Desk")), 1)]
#[case::present(reply(200, json!({})), 2)]
#[case::nothing(no_content(), 2)]
#[tokio::test]
async fn a_new_role_is_known_whether_zoom_names_it_or_not(#[case] answer: Reply, #[case] calls: usize) {
    let answer = std::sync::Mutex::new(answer);
    let server = Server::start(move |seen, _| match is_post(seen) {
        true => answer.lock().unwrap().take(),
        false => reply(200, json!({"roles": [role("2", "Member"), role("r1", "Desk")], "total_records": 2})),
    })
    .await;
    let new = NewRole { name: "Desk".into(), description: "d".into(), privileges: vec!["User:Read".into()] };
    let created: Role = server.client().create_role(&new).await.unwrap();
    assert_eq!((created.id.as_str(), server.calls().len()), ("r1", calls));
    let body = json!({"name": "Desk", "description": "d", "privileges": ["User:Read"]});
    assert_eq!(server.calls()[0].json(), body);
}

#[tokio::test]
async fn a_role_is_changed_and_deleted_under_either_status() {
    let server = Server::start(|_, before| if before == 0 { reply(200, json!({})) } else { no_content() }).await;
    let zoom = server.client();
    let patch = RolePatch { privileges: Some(vec![]), ..RolePatch::default() };
    zoom.update_role("r1", &patch).await.unwrap();
    zoom.delete_role("r1").await.unwrap();
    assert_eq!(server.lines(), ["PATCH /v2/roles/r1", "DELETE /v2/roles/r1"]);
    assert_eq!(server.calls()[0].json(), json!({"privileges": []}));
    assert!(RolePatch::default().is_empty() && !patch.is_empty());
}

#[rstest]
#[case(200, 200, "Role not found.", ErrorKind::RoleNotFound)]
#[case(400, 1034, "The role does not exist.", ErrorKind::RoleNotFound)]
#[case(400, 1224, "The role name is already in use.", ErrorKind::RoleNameTaken)]
#[case(200, 200, "You do not have the permission to create a role.", ErrorKind::Refused)]
#[tokio::test]
async fn refusals_of_roles_have_their_meaning(
    #[case] status: u16,
    #[case] code: i64,
    #[case] message: &'static str,
    #[case] expected: ErrorKind,
) {
    let server = Server::start(move |_, _| refusal(status, code, message)).await;
    let zoom = server.client();
    assert_eq!(zoom.get_role("r1").await.unwrap_err().kind(), &expected);
    assert_eq!(zoom.update_role("r1", &RolePatch::default()).await.unwrap_err().kind(), &expected);
    assert_eq!(zoom.delete_role("r1").await.unwrap_err().kind(), &expected);
    assert_eq!(zoom.create_role(&NewRole::default()).await.unwrap_err().kind(), &expected);
    assert_eq!(server.calls().len(), 4);
}

fn member(kind: ContactKind, id: &str) -> ContactMember {
    ContactMember { kind, id: id.into() }
}

fn press() -> NewContactGroup {
    NewContactGroup {
        name: "Press".into(),
        privacy: ContactPrivacy::Searchable,
        description: "d".into(),
        members: vec![member(ContactKind::User, "u1")],
    }
}

#[tokio::test]
async fn a_contact_group_is_created_and_changed_with_the_names_that_each_call_wants() {
    let shown =
        json!({"group_id": "c1", "group_name": "Press", "group_privacy": 2, "description": "d", "total_members": 1});
    let server =
        Server::start(move |seen, _| if is_post(seen) { reply(201, shown.clone()) } else { no_content() }).await;
    let zoom = server.client();
    let created = zoom.create_contact_group(&press()).await.unwrap();
    assert_eq!(
        (created.id.as_str(), created.privacy, created.total_members),
        ("c1", Some(ContactPrivacy::Searchable), Some(1))
    );
    let patch =
        ContactGroupPatch { name: Some("Media".into()), privacy: Some(ContactPrivacy::Private), description: None };
    zoom.update_contact_group("c1", &patch).await.unwrap();
    zoom.delete_contact_group("c1").await.unwrap();
    assert_eq!(
        server.lines(),
        ["POST /v2/contacts/groups", "PATCH /v2/contacts/groups/c1", "DELETE /v2/contacts/groups/c1"]
    );
    let body = json!({"group_name": "Press", "group_privacy": 2, "description": "d", "group_members": [{"type": 1, "id": "u1"}]});
    assert_eq!(server.calls()[0].json(), body);
    assert_eq!(server.calls()[1].json(), json!({"name": "Media", "privacy": 3}));
    assert!(ContactGroupPatch::default().is_empty());
}

#[tokio::test]
async fn users_and_groups_are_added_apart_and_members_removed_20_at_a_time() {
    let server = Server::start(|seen, before| match is_post(seen) {
        true => reply(201, json!({"member_ids": [format!("call{before}")]})),
        false => no_content(),
    })
    .await;
    let zoom = server.client();
    let mut members: Vec<_> = (0..4).map(|number| member(ContactKind::Group, &format!("g{number}"))).collect();
    members.extend(many(51).iter().map(|id| member(ContactKind::User, id)));
    let added = zoom.add_contact_group_members("c1", &members).await.unwrap();
    assert_eq!(added, ["call0", "call1", "call2", "call3"]);
    let sizes: Vec<_> =
        server.calls().iter().map(|seen| seen.json()["group_members"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [50, 1, 3, 1]);
    assert_eq!(server.calls()[3].json(), json!({"group_members": [{"type": 2, "id": "g3"}]}));
    zoom.remove_contact_group_members("c1", &refs(&many(21))).await.unwrap();
    assert_eq!(server.lines()[5], "DELETE /v2/contacts/groups/c1/members?member_ids=id20");
}

#[tokio::test]
async fn contact_groups_are_listed_without_a_total() {
    let row = |number: usize| json!({"group_id": format!("c{number}"), "group_name": "G", "group_privacy": 9});
    let server = Server::start(move |seen, _| {
        let page = |rows: Vec<Value>, next: &str| {
            reply(200, json!({"groups": rows, "page_size": 50, "next_page_token": next}))
        };
        match seen.call.split_once("next_page_token=").map(|(_, token)| token) {
            None => page(vec![row(1), row(2)], "a"),
            Some("a") => page(vec![row(3)], ""),
            Some(_) => None,
        }
    })
    .await;
    let listing = server.client().list_contact_groups().await.unwrap();
    assert_eq!((listing.rows.len(), listing.pages, listing.complete), (3, 2, Ok(())));
    assert_eq!((listing.rows[0].privacy, listing.rows[0].total_members), (None, None));
    assert_eq!(server.lines()[0], "GET /v2/contacts/groups?page_size=50");
}

#[tokio::test]
async fn rows_without_a_total_that_come_twice_are_not_taken_for_all() {
    let row = json!({"type": 1, "id": "u1", "name": "Ada"});
    let server = Server::start(move |seen, _| {
        let next = if seen.call.contains("next_page_token") { "" } else { "a" };
        reply(200, json!({"group_members": [row], "next_page_token": next}))
    })
    .await;
    let listing = server.client().list_contact_group_members("c1").await.unwrap();
    assert_eq!((listing.rows.len(), listing.duplicates), (1, 1));
    assert!(listing.complete.is_err());
}

#[tokio::test]
async fn unknown_contact_groups_and_members_are_told_by_their_text() {
    let missing = Server::start(|_, _| refusal(400, 300, "A group with this groupId: c1 does not exist.")).await;
    let zoom = missing.client();
    assert_eq!(zoom.get_contact_group("c1").await.unwrap_err().kind(), &ErrorKind::GroupNotFound);
    assert_eq!(zoom.delete_contact_group("c1").await.unwrap_err().kind(), &ErrorKind::GroupNotFound);
    let stranger = Server::start(|_, _| refusal(400, 300, "A member with this memberId: u1 does not exist.")).await;
    let error = stranger.client().remove_contact_group_members("c1", &["u1"]).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotAMember);
}
