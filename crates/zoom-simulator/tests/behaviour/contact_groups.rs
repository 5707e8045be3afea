use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, GroupConfig, Label, Plan};

use crate::support::{ADA, BOB, Zoom, active, inactive, unlimited};

async fn create(zoom: &Zoom, body: Value) -> String {
    let created = zoom.post("/contacts/groups", body).await.succeeded(201);
    created["group_id"].as_str().unwrap().to_owned()
}

fn person(zoom: &Zoom, email: &str) -> Value {
    json!({"type": 1, "id": zoom.person(email).unwrap().id})
}

/// Contact groups are listed without a total.
async fn rows(zoom: &Zoom, path: &str, rows: &str) -> Vec<Value> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = zoom.get(&format!("{path}?page_size=2&next_page_token={token}")).await.succeeded(200);
        assert!(page.get("total_records").is_none());
        found.extend(page[rows].as_array().unwrap().iter().cloned());
        page["next_page_token"].as_str().unwrap_or_default().clone_into(&mut token);
        if token.is_empty() {
            return found;
        }
    }
}

#[tokio::test]
async fn a_contact_group_is_created_read_changed_and_deleted() {
    let zoom = Zoom::with([active(ADA)]).await;
    let members = json!([person(&zoom, ADA)]);
    let body = json!({"group_name": "Press", "group_privacy": 2, "description": "d", "group_members": members});
    let id = create(&zoom, body).await;
    let path = format!("/contacts/groups/{id}");
    let shown = |name: &str, privacy: u8, description: &str| json!({"group_id": id, "group_name": name, "group_privacy": privacy, "description": description, "total_members": 1});
    assert_eq!(zoom.get(&path).await.succeeded(200), shown("Press", 2, "d"));
    zoom.patch(&path, json!({"name": "Media", "privacy": 3})).await.succeeded(204);
    assert_eq!(zoom.get(&path).await.succeeded(200), shown("Media", 3, "d"));
    zoom.patch(&path, json!({"privacy": 4})).await.invalid(&["privacy"]);
    zoom.delete(&path).await.succeeded(204);
    zoom.get(&path).await.refused(400, 300);
    zoom.patch(&path, json!({"name": "x"})).await.refused(400, 300);
    zoom.delete(&path).await.refused(400, 300);
    zoom.get(&format!("{path}/members")).await.refused(400, 300);
}

#[tokio::test]
async fn contact_groups_are_listed_ten_to_a_page_and_fifty_at_most() {
    let zoom = Zoom::with([]).await;
    for number in 0..51 {
        create(&zoom, json!({"group_name": format!("G{number}")})).await;
    }
    for (query, size) in [("", 10), ("?page_size=50", 50), ("?page_size=300", 50)] {
        let page = zoom.get(&format!("/contacts/groups{query}")).await.succeeded(200);
        assert_eq!((page["groups"].as_array().unwrap().len(), page["page_size"].as_u64()), (size, Some(size as u64)));
    }
    assert_eq!(rows(&zoom, "/contacts/groups", "groups").await.len(), 51);
    let first = zoom.get("/contacts/groups").await.succeeded(200)["groups"][0].clone();
    assert_eq!((&first["group_name"], &first["group_privacy"]), (&json!("G0"), &json!(1)));
    assert!(first.get("total_members").is_none());
}

#[tokio::test]
async fn a_name_is_needed_and_may_be_used_twice() {
    let zoom = Zoom::with([]).await;
    zoom.post("/contacts/groups", json!({})).await.invalid(&["group_name"]);
    zoom.post("/contacts/groups", json!({"group_name": " ", "group_privacy": 0}))
        .await
        .invalid(&["group_name", "group_privacy"]);
    let (one, other) =
        (create(&zoom, json!({"group_name": "G"})).await, create(&zoom, json!({"group_name": "G"})).await);
    assert_ne!(one, other);
}

#[tokio::test]
async fn people_and_groups_are_added_and_only_new_ones_are_named() {
    let groups = vec![GroupConfig { name: "Team".into(), id: Some("team".into()) }];
    let people = vec![active(ADA), active(BOB), inactive("cy@acme.example")];
    let zoom = Zoom::start(AccountConfig { people, groups, ..unlimited() }).await;
    let id = create(&zoom, json!({"group_name": "G", "group_members": [person(&zoom, ADA)]})).await;
    let path = format!("/contacts/groups/{id}/members");
    let (bob, team) = (person(&zoom, BOB), json!({"type": 2, "id": "team"}));
    let members = json!({"group_members": [person(&zoom, ADA), bob, team, person(&zoom, "cy@acme.example")]});
    let added = zoom.post(&path, members).await.succeeded(201);
    assert_eq!(added, json!({"member_ids": [bob["id"], "team"]}));
    let found = rows(&zoom, &path, "group_members").await;
    assert_eq!(found.len(), 3);
    assert_eq!(found[2], json!({"type": 2, "id": "team", "name": "Team"}));
    let nobody = json!({"group_members": [{"type": 1, "id": "nobody"}]});
    assert_eq!(zoom.post(&path, nobody).await.succeeded(201), json!({"member_ids": []}));
    let wrong = json!({"group_members": [{"type": 3, "id": "team"}]});
    zoom.post(&path, wrong).await.invalid(&["group_members.type"]);
}

#[tokio::test]
async fn fifty_people_or_three_groups_are_added_and_twenty_members_removed_in_a_call() {
    let groups: Vec<_> =
        (0..4).map(|number| GroupConfig { name: format!("G{number}"), id: Some(format!("g{number}")) }).collect();
    let people = (0..51).map(|number| active(&format!("p{number}@acme.example"))).collect();
    let zoom = Zoom::start(AccountConfig { people, groups, ..unlimited() }).await;
    let path = format!("/contacts/groups/{}/members", create(&zoom, json!({"group_name": "G"})).await);
    let people: Vec<_> = (0..51).map(|number| person(&zoom, &format!("p{number}@acme.example"))).collect();
    let groups: Vec<_> = (0..4).map(|number| json!({"type": 2, "id": format!("g{number}")})).collect();
    zoom.post(&path, json!({"group_members": people})).await.refused(400, 300);
    zoom.post(&path, json!({"group_members": groups})).await.refused(400, 300);
    zoom.post(&path, json!({"group_members": people[..50]})).await.succeeded(201);
    zoom.post(&path, json!({"group_members": groups[..3]})).await.succeeded(201);
    let ids = |count: usize| {
        people[..count].iter().map(|person| person["id"].as_str().unwrap()).collect::<Vec<_>>().join(",")
    };
    zoom.delete(&format!("{path}?member_ids={}", ids(21))).await.refused(400, 300);
    zoom.delete(&path).await.invalid(&["member_ids"]);
    zoom.delete(&format!("{path}?member_ids={}", ids(20))).await.succeeded(204);
    assert_eq!(rows(&zoom, &path, "group_members").await.len(), 33);
}

#[tokio::test]
async fn at_least_one_member_must_remain() {
    let zoom = Zoom::with([active(ADA), active(BOB)]).await;
    let members = json!([person(&zoom, ADA), person(&zoom, BOB)]);
    let id = create(&zoom, json!({"group_name": "G", "group_members": members})).await;
    let path = format!("/contacts/groups/{id}/members");
    let (ada, bob) = (zoom.person(ADA).unwrap().id, zoom.person(BOB).unwrap().id);
    zoom.delete(&format!("{path}?member_ids={ada},{bob}")).await.refused(400, 300);
    zoom.delete(&format!("{path}?member_ids={ada},nobody")).await.refused(400, 300);
    zoom.delete(&format!("{path}?member_ids={ada}")).await.succeeded(204);
    zoom.delete(&format!("{path}?member_ids={bob}")).await.refused(400, 300);
}

#[tokio::test]
async fn who_leaves_the_account_leaves_contact_groups() {
    let groups = vec![GroupConfig { name: "Team".into(), id: Some("team".into()) }];
    let zoom = Zoom::start(AccountConfig { people: vec![active(ADA)], groups, ..unlimited() }).await;
    let members = json!([person(&zoom, ADA), {"type": 2, "id": "team"}]);
    let id = create(&zoom, json!({"group_name": "G", "group_members": members})).await;
    zoom.delete(&format!("/users/{ADA}?action=delete")).await.succeeded(204);
    zoom.delete("/groups/team").await.succeeded(204);
    assert_eq!(zoom.get(&format!("/contacts/groups/{id}")).await.succeeded(200)["total_members"], 0);
}

#[tokio::test]
async fn contact_group_writes_are_heavy_and_unpaid_accounts_have_none() {
    let zoom = Zoom::with([]).await;
    zoom.clear_journal();
    let id = create(&zoom, json!({"group_name": "G"})).await;
    zoom.get("/contacts/groups").await.succeeded(200);
    zoom.get(&format!("/contacts/groups/{id}")).await.succeeded(200);
    zoom.delete(&format!("/contacts/groups/{id}")).await.succeeded(204);
    let labels: Vec<_> = zoom.journal().into_iter().filter_map(|exchange| exchange.label).collect();
    assert_eq!(labels, [Label::Heavy, Label::Medium, Label::Light, Label::Heavy]);
    let zoom = Zoom::start(AccountConfig { plan: Plan::Free, ..unlimited() }).await;
    zoom.get("/contacts/groups").await.refused(400, 200);
}
