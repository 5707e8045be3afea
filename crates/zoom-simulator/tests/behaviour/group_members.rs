use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, GroupConfig, PersonConfig, Quirks};

use crate::support::{ADA, BOB, Zoom, active, inactive, pending, unlimited};

async fn zoom(people: impl IntoIterator<Item = PersonConfig>) -> Zoom {
    let groups = ["A", "B"].map(|name| GroupConfig { name: name.into(), id: Some(name.to_lowercase()) });
    Zoom::start(AccountConfig { people: people.into_iter().collect(), groups: groups.into(), ..unlimited() }).await
}

async fn add(zoom: &Zoom, group: &str, members: Value) -> Value {
    zoom.post(&format!("/groups/{group}/members"), json!({"members": members})).await.succeeded(201)
}

async fn groups_of(zoom: &Zoom, person: &str) -> Value {
    zoom.get(&format!("/users/{person}")).await.succeeded(200)["group_ids"].clone()
}

#[tokio::test]
async fn adding_names_only_those_who_are_newly_in_the_group() {
    let zoom = zoom([active(ADA), active(BOB)]).await;
    let (ada, bob) = (zoom.person(ADA).unwrap().id, zoom.person(BOB).unwrap().id);
    let first = add(&zoom, "a", json!([{"email": ADA}])).await;
    assert_eq!(first["ids"], ada.as_str());
    assert!(first["added_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(add(&zoom, "a", json!([{"id": ada}, {"email": BOB.to_uppercase()}])).await["ids"], bob.as_str());
    assert_eq!(add(&zoom, "a", json!([{"id": ada}, {"id": bob}])).await["ids"], "");
    let rows = zoom.all("/groups/a/members?page_size=1", "members").await;
    assert_eq!(rows[0], json!({"id": ada, "email": ADA, "first_name": "", "last_name": "", "type": 1}));
    assert_eq!(rows.len(), 2);
    assert_eq!(groups_of(&zoom, ADA).await, json!(["a"]));
}

#[tokio::test]
async fn an_id_wins_over_an_address() {
    let zoom = zoom([active(ADA), active(BOB)]).await;
    let ada = zoom.person(ADA).unwrap().id;
    add(&zoom, "a", json!([{"id": ada, "email": BOB}])).await;
    assert_eq!(zoom.group("A").unwrap().members, [ADA]);
}

#[tokio::test]
async fn an_add_answers_201_although_it_added_nobody() {
    let stubborn = PersonConfig { refuses_groups: true, ..active("stubborn@acme.example") };
    let zoom = zoom([pending(ADA), inactive(BOB), stubborn]).await;
    let everybody = json!([
        {"email": ADA}, {"email": BOB}, {"email": "stubborn@acme.example"}, {"email": "nobody@acme.example"}
    ]);
    assert_eq!(add(&zoom, "a", everybody.clone()).await["ids"], "");
    assert_eq!(zoom.get("/groups/a").await.succeeded(200)["total_members"], 0);
    let body = json!({"admins": everybody});
    assert_eq!(zoom.post("/groups/a/admins", body).await.succeeded(201)["ids"], "");
}

#[tokio::test]
async fn at_most_30_members_and_10_administrators_are_added_at_once() {
    let zoom = zoom([active(ADA)]).await;
    for (path, field, most) in [("/groups/a/members", "members", 30), ("/groups/a/admins", "admins", 10)] {
        zoom.post(path, json!({field: vec![json!({"email": ADA}); most + 1]})).await.invalid(&[field]);
        zoom.post(path, json!({field: []})).await.invalid(&[field]);
        zoom.post(path, json!({field: [{"email": ""}]})).await.invalid(&[field]);
        zoom.post(path, json!({field: vec![json!({"email": ADA}); most]})).await.succeeded(201);
    }
    assert_eq!(zoom.group("A").unwrap().members, [ADA]);
}

#[tokio::test]
async fn removing_somebody_who_is_no_member_is_4131() {
    let zoom = zoom([active(ADA)]).await;
    add(&zoom, "a", json!([{"email": ADA}])).await;
    let id = zoom.person(ADA).unwrap().id;
    zoom.delete(&format!("/groups/a/members/{id}")).await.succeeded(204);
    zoom.delete(&format!("/groups/a/members/{id}")).await.refused(404, 4131);
    zoom.delete("/groups/a/members/nobody").await.refused(404, 4131);
    zoom.delete(&format!("/groups/nope/members/{id}")).await.refused(404, 4130);
    assert_eq!(groups_of(&zoom, ADA).await, json!([]));
}

#[tokio::test]
async fn the_first_group_is_the_primary_one_until_another_is_chosen() {
    let zoom = zoom([active(ADA)]).await;
    add(&zoom, "b", json!([{"email": ADA}])).await;
    add(&zoom, "a", json!([{"email": ADA}])).await;
    assert_eq!(groups_of(&zoom, ADA).await, json!(["b", "a"]));
    let choose = |target: &str| json!({"action": "set_primary", "target_group_id": target});
    zoom.patch(&format!("/groups/a/members/{ADA}"), choose("a")).await.refused(400, 300);
    zoom.patch(&format!("/groups/b/members/{ADA}"), choose("a")).await.succeeded(204);
    assert_eq!(groups_of(&zoom, ADA).await, json!(["a", "b"]));
    zoom.delete(&format!("/groups/b/members/{ADA}")).await.succeeded(204);
    zoom.patch(&format!("/groups/a/members/{ADA}"), choose("b")).await.refused(404, 4131);
}

#[tokio::test]
async fn the_primary_group_is_chosen_from_the_primary_one_or_from_any() {
    for (any, status) in [(false, 400), (true, 204)] {
        let quirks = Quirks { primary_from_any_group: any, ..Quirks::default() };
        let groups = ["a", "b"].map(|id| GroupConfig { name: id.into(), id: Some(id.into()) }).into();
        let people = vec![PersonConfig { groups: vec!["a".into(), "b".into()], ..active(ADA) }];
        let zoom = Zoom::start(AccountConfig { groups, people, quirks, ..unlimited() }).await;
        let choose = json!({"action": "set_primary", "target_group_id": "b"});
        assert_eq!(zoom.patch(&format!("/groups/b/members/{ADA}"), choose).await.status, status);
        assert_eq!(groups_of(&zoom, ADA).await, if any { json!(["b", "a"]) } else { json!(["a", "b"]) });
    }
}

#[tokio::test]
async fn a_member_moves_from_one_group_to_another() {
    let zoom = zoom([active(ADA), active(BOB)]).await;
    add(&zoom, "a", json!([{"email": ADA}, {"email": BOB}])).await;
    add(&zoom, "b", json!([{"email": BOB}])).await;
    let to_b = json!({"action": "move", "target_group_id": "b"});
    for person in [ADA, BOB] {
        zoom.patch(&format!("/groups/a/members/{person}"), to_b.clone()).await.succeeded(204);
        assert_eq!(groups_of(&zoom, person).await, json!(["b"]));
    }
    zoom.patch(&format!("/groups/a/members/{ADA}"), to_b).await.refused(404, 4131);
    let path = format!("/groups/b/members/{ADA}");
    zoom.patch(&path, json!({"action": "move"})).await.refused(400, 300);
    zoom.patch(&path, json!({"action": "move", "target_group_id": "nope"})).await.refused(404, 4130);
    zoom.patch(&path, json!({"action": "dance", "target_group_id": "a"})).await.invalid(&["action"]);
}

#[tokio::test]
async fn administrators_are_listed_by_address_and_name_alone() {
    let ada = PersonConfig { first_name: "Ada".into(), last_name: "Lovelace".into(), ..active(ADA) };
    let zoom = zoom([ada, active(BOB)]).await;
    let id = zoom.person(ADA).unwrap().id;
    let added = zoom.post("/groups/a/admins", json!({"admins": [{"email": ADA}]})).await.succeeded(201);
    assert_eq!(added["ids"], id.as_str());
    assert_eq!(zoom.post("/groups/a/admins", json!({"admins": [{"id": id}]})).await.succeeded(201)["ids"], "");
    assert_eq!(zoom.all("/groups/a/admins", "admins").await, [json!({"email": ADA, "name": "Ada Lovelace"})]);
    assert_eq!(zoom.get("/groups/a").await.succeeded(200)["total_members"], 0);
    zoom.delete(&format!("/groups/a/admins/{id}")).await.succeeded(204);
    zoom.delete(&format!("/groups/a/admins/{id}")).await.refused(400, 4138);
    zoom.delete(&format!("/groups/nope/admins/{id}")).await.refused(404, 4130);
}

#[tokio::test]
async fn somebody_who_leaves_the_account_leaves_their_groups() {
    let zoom = zoom([active(ADA)]).await;
    add(&zoom, "a", json!([{"email": ADA}])).await;
    zoom.post("/groups/a/admins", json!({"admins": [{"email": ADA}]})).await.succeeded(201);
    zoom.delete(&format!("/users/{ADA}?action=delete")).await.succeeded(204);
    let group = zoom.group("A").unwrap();
    assert!(group.members.is_empty() && group.admins.is_empty());
    assert!(zoom.all("/groups/a/members", "members").await.is_empty());
}

#[tokio::test]
async fn a_pending_member_is_listed_without_an_id() {
    let ada = PersonConfig { groups: vec!["A".into()], ..pending(ADA) };
    let zoom = zoom([ada]).await;
    let rows = zoom.all("/groups/a/members", "members").await;
    assert_eq!((rows[0]["email"].as_str(), rows[0].get("id")), (Some(ADA), None));
}

#[tokio::test]
async fn member_pages_are_as_large_as_the_account_file_allows() {
    let people =
        (0..5).map(|number| PersonConfig { groups: vec!["A".into()], ..active(&format!("p{number}@acme.example")) });
    let groups = vec![GroupConfig { name: "A".into(), id: Some("a".into()) }];
    let zoom = Zoom::start(AccountConfig {
        people: people.collect(),
        groups,
        quirks: Quirks { page_size: 2, ..Quirks::default() },
        ..unlimited()
    })
    .await;
    let page = zoom.get("/groups/a/members?page_size=2000").await.succeeded(200);
    assert_eq!((&page["page_size"], &page["total_records"]), (&json!(2), &json!(5)));
    assert_eq!(page["members"].as_array().unwrap().len(), 2);
}
