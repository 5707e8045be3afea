use serde_json::json;
use zoom_simulator::{AccountConfig, RoleConfig};

use crate::support::{ADA, BOB, OWNER, Zoom, active, inactive, pending, unlimited};

#[tokio::test]
async fn roles_are_listed_with_their_member_counts() {
    let roles = vec![RoleConfig { name: "Help desk".into(), description: "Tier 1".into(), id: Some("r1".into()) }];
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
