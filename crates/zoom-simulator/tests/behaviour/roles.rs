use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, HeldRole, MissingRole, PersonConfig, Plan, Quirks, RoleConfig, RoleReply};

use crate::support::{ADA, BOB, OWNER, Zoom, active, inactive, pending, unlimited};

#[tokio::test]
async fn roles_are_listed_with_their_member_counts() {
    let roles = vec![RoleConfig {
        name: "Help desk".into(),
        description: "Tier 1".into(),
        id: Some("r1".into()),
        privileges: Vec::new(),
    }];
    let people = vec![active(ADA), inactive(BOB), pending("cy@acme.example")];
    let zoom = Zoom::start(AccountConfig { people, roles, ..unlimited() }).await;
    let body = zoom.get("/roles").await.succeeded(200);
    let rows: Vec<_> = body["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["name"].as_str().unwrap(), r["total_members"].as_u64().unwrap()))
        .collect();
    assert_eq!(rows, [("Owner", 1), ("Admin", 0), ("Member", 2), ("Help desk", 0)]);
    assert_eq!(body["total_records"], 4);
}

#[tokio::test]
async fn assigning_a_role_replaces_the_one_before_and_names_whom_it_was_new_for() {
    let zoom = Zoom::with([active(ADA), active(BOB)]).await;
    let id = zoom.person(ADA).unwrap().id;
    let body = zoom.post("/roles/1/members", json!({"members": [{"email": ADA}, {"id": &id}]})).await.succeeded(201);
    assert_eq!(body["ids"], id.as_str());
    let again = zoom.post("/roles/1/members", json!({"members": [{"email": ADA}]})).await.succeeded(201);
    assert_eq!(again["ids"], "");
    assert_eq!(zoom.person(ADA).unwrap().role, "Admin");
    let admins = zoom.all("/roles/1/members?page_size=1", "members").await;
    assert_eq!(admins[0]["email"], ADA);
    assert_eq!(zoom.all("/roles/2/members?page_size=1", "members").await.len(), 1);
}

#[tokio::test]
async fn taking_a_role_away_makes_a_member() {
    let zoom = Zoom::with([crate::support::admin(ADA)]).await;
    zoom.delete(&format!("/roles/1/members/{ADA}")).await.succeeded(204);
    assert_eq!(zoom.person(ADA).unwrap().role, "Member");
    zoom.delete(&format!("/roles/1/members/{ADA}")).await.refused(400, 300);
}

#[tokio::test]
async fn the_owner_and_member_roles_cannot_be_given_or_taken() {
    let zoom = Zoom::with([active(ADA)]).await;
    for role in ["0", "2"] {
        zoom.post(&format!("/roles/{role}/members"), json!({"members": [{"email": ADA}]})).await.refused(400, 300);
        zoom.delete(&format!("/roles/{role}/members/{OWNER}")).await.refused(400, 300);
    }
    zoom.post("/roles/1/members", json!({"members": [{"email": OWNER}]})).await.refused(400, 300);
}

#[tokio::test]
async fn people_who_are_not_active_are_passed_over_without_an_error() {
    let zoom = Zoom::with([pending(ADA), inactive(BOB)]).await;
    let body = zoom.post("/roles/1/members", json!({"members": [{"email": ADA}, {"email": BOB}]})).await.succeeded(201);
    assert_eq!(body["ids"], "");
    assert_eq!(zoom.person(BOB).unwrap().role, "Member");
}

#[tokio::test]
async fn unknown_roles_and_people_and_long_lists_are_refused() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.get("/roles/nope/members").await.refused(400, 1034);
    zoom.post("/roles/nope/members", json!({"members": [{"email": ADA}]})).await.refused(400, 1034);
    zoom.post("/roles/1/members", json!({"members": [{"email": "nobody@acme.example"}]})).await.refused(400, 300);
    zoom.post("/roles/1/members", json!({"members": []})).await.invalid(&["members"]);
    zoom.post("/roles/1/members", json!({"members": [{}]})).await.invalid(&["members"]);
    let many = vec![json!({"email": ADA}); 31];
    zoom.post("/roles/1/members", json!({"members": many})).await.invalid(&["members"]);
}

async fn role_named(zoom: &Zoom, name: &str) -> Option<Value> {
    let roles = zoom.get("/roles").await.succeeded(200);
    roles["roles"].as_array().unwrap().iter().find(|role| role["name"] == name).cloned()
}

async fn with_quirks(quirks: Quirks) -> Zoom {
    Zoom::start(AccountConfig { people: vec![active(ADA)], quirks, ..unlimited() }).await
}

#[tokio::test]
async fn a_role_is_created_read_changed_and_deleted() {
    let zoom = Zoom::with([]).await;
    let body = json!({"name": "Help desk", "description": "Tier 1", "privileges": ["User:Read", "User:Edit"]});
    assert_eq!(zoom.post("/roles", body).await.succeeded(200), json!({}));
    let id = role_named(&zoom, "Help desk").await.unwrap()["id"].as_str().unwrap().to_owned();
    let role = zoom.get(&format!("/roles/{id}")).await.succeeded(200);
    assert_eq!((&role["description"], &role["total_members"]), (&json!("Tier 1"), &json!(0)));
    assert_eq!(role["privileges"], json!(["User:Read", "User:Edit"]));
    let change = json!({"name": "Desk", "privileges": ["User:Read"]});
    assert_eq!(zoom.patch(&format!("/roles/{id}"), change).await.succeeded(200), json!({}));
    let role = zoom.get(&format!("/roles/{id}")).await.succeeded(200);
    assert_eq!((&role["name"], &role["description"]), (&json!("Desk"), &json!("Tier 1")));
    assert_eq!(role["privileges"], json!(["User:Read"]));
    zoom.delete(&format!("/roles/{id}")).await.succeeded(204);
    assert!(role_named(&zoom, "Desk").await.is_none());
}

#[tokio::test]
async fn role_writes_may_answer_with_the_role_instead_of_nothing() {
    let zoom = with_quirks(Quirks { role_reply: RoleReply::Full, ..Quirks::default() }).await;
    let role = zoom.post("/roles", json!({"name": "Help desk"})).await.succeeded(201);
    assert_eq!((&role["name"], &role["privileges"]), (&json!("Help desk"), &json!([])));
    let path = format!("/roles/{}", role["id"].as_str().unwrap());
    zoom.patch(&path, json!({"name": "Desk"})).await.succeeded(204);
}

#[tokio::test]
async fn a_role_needs_a_new_name_and_known_privileges() {
    let zoom = Zoom::with([]).await;
    zoom.post("/roles", json!({})).await.invalid(&["name"]);
    zoom.post("/roles", json!({"name": ""})).await.invalid(&["name"]);
    zoom.post("/roles", json!({"name": "x", "privileges": ["Sky:Fall"]})).await.invalid(&["privileges"]);
    zoom.post("/roles", json!({"name": "x", "type": "iq"})).await.invalid(&["type"]);
    zoom.post("/roles", json!({"name": "Admin"})).await.refused(400, 1224);
    zoom.post("/roles", json!({"name": "Desk", "privileges": ["Dashboard:Read"]})).await.succeeded(200);
    zoom.post("/roles", json!({"name": "Other"})).await.succeeded(200);
    let id = role_named(&zoom, "Other").await.unwrap()["id"].as_str().unwrap().to_owned();
    zoom.patch(&format!("/roles/{id}"), json!({"name": "Desk"})).await.refused(400, 1224);
}

#[tokio::test]
async fn an_unknown_role_is_code_200_under_200_or_400_1034() {
    let zoom = Zoom::with([]).await;
    for reply in [zoom.get("/roles/9").await, zoom.patch("/roles/9", json!({})).await, zoom.delete("/roles/9").await] {
        reply.refused(200, 200);
        assert!(reply.text.contains("Role not found"));
    }
    let zoom = with_quirks(Quirks { missing_role: MissingRole::Refused, ..Quirks::default() }).await;
    zoom.get("/roles/9").await.refused(400, 1034);
    zoom.delete("/roles/9").await.refused(400, 1034);
}

#[tokio::test]
async fn built_in_roles_stay() {
    let zoom = Zoom::with([]).await;
    for role in ["0", "1", "2"] {
        zoom.delete(&format!("/roles/{role}")).await.refused(400, 300);
        zoom.patch(&format!("/roles/{role}"), json!({"name": "Boss"})).await.refused(400, 300);
    }
    zoom.patch("/roles/2", json!({"privileges": ["User:Read"]})).await.refused(400, 300);
    zoom.patch("/roles/1", json!({"privileges": ["User:Read"]})).await.succeeded(200);
    let admin = zoom.get("/roles/1").await.succeeded(200);
    assert_eq!((&admin["name"], &admin["privileges"]), (&json!("Admin"), &json!(["User:Read"])));
}

#[tokio::test]
async fn deleting_a_role_makes_its_holders_members_or_is_refused() {
    let roles = || {
        vec![RoleConfig { name: "Desk".into(), description: String::new(), id: Some("r".into()), privileges: vec![] }]
    };
    let people = || vec![PersonConfig { role: Some("Desk".into()), ..active(ADA) }];
    let zoom = Zoom::start(AccountConfig { people: people(), roles: roles(), ..unlimited() }).await;
    zoom.delete("/roles/r").await.succeeded(204);
    assert_eq!(zoom.person(ADA).unwrap().role, "Member");

    let quirks = Quirks { held_role: HeldRole::Refused, ..Quirks::default() };
    let zoom = Zoom::start(AccountConfig { people: people(), roles: roles(), quirks, ..unlimited() }).await;
    zoom.delete("/roles/r").await.refused(400, 300);
    zoom.delete(&format!("/roles/r/members/{ADA}")).await.succeeded(204);
    zoom.delete("/roles/r").await.succeeded(204);
}

#[tokio::test]
async fn unpaid_accounts_are_refused_roles_under_200() {
    let zoom = Zoom::start(AccountConfig { plan: Plan::Free, ..unlimited() }).await;
    zoom.get("/roles").await.refused(200, 200);
    zoom.get("/roles/1").await.refused(200, 200);
    zoom.post("/roles", json!({"name": "x"})).await.refused(200, 200);
}
