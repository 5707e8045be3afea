use jiff::SignedDuration;
use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, GroupConfig, LimitsConfig, PersonConfig, Plan, Quirks, Sharper};

use crate::support::{ADA, Zoom, active, unlimited};

fn named(name: &str) -> GroupConfig {
    GroupConfig { name: name.into(), id: Some(name.to_lowercase()) }
}

async fn create(zoom: &Zoom, name: &str) -> Value {
    zoom.post("/groups", json!({"name": name})).await.succeeded(201)
}

#[tokio::test]
async fn groups_are_listed_with_their_member_counts_300_to_a_page() {
    let groups = (0..305).map(|number| named(&format!("Team {number}"))).collect();
    let mut ada = active(ADA);
    ada.groups = vec!["Team 0".into()];
    let zoom = Zoom::start(AccountConfig { people: vec![ada], groups, ..unlimited() }).await;
    let first = zoom.get("/groups?page_size=1000").await.succeeded(200);
    assert_eq!(first["groups"].as_array().unwrap().len(), 300);
    assert_eq!(first["groups"][0], json!({"id": "team 0", "name": "Team 0", "total_members": 1}));
    assert_eq!(first["groups"][1]["total_members"], 0);
    assert_eq!(zoom.all("/groups?page_size=1000", "groups").await.len(), 305);
}

#[tokio::test]
async fn a_group_deleted_while_pages_are_read_loses_no_other_one() {
    let groups = ["A", "B", "C", "D"].map(named).into();
    let zoom = Zoom::start(AccountConfig { groups, ..unlimited() }).await;
    let first = zoom.get("/groups?page_size=2").await.succeeded(200);
    zoom.delete("/groups/a").await.succeeded(204);
    let token = first["next_page_token"].as_str().unwrap();
    let second = zoom.get(&format!("/groups?page_size=2&next_page_token={token}")).await.succeeded(200);
    let names: Vec<_> = second["groups"].as_array().unwrap().iter().map(|group| &group["name"]).collect();
    assert_eq!(names, ["C", "D"]);
}

#[tokio::test]
async fn a_group_is_created_read_renamed_and_deleted() {
    let zoom = Zoom::with([]).await;
    let created = create(&zoom, "Design").await;
    assert_eq!(created, json!({"id": created["id"], "name": "Design", "total_members": 0}));
    let path = format!("/groups/{}", created["id"].as_str().unwrap());
    assert_eq!(zoom.get(&path).await.succeeded(200), created);
    zoom.patch(&path, json!({"name": "Research"})).await.succeeded(204);
    assert_eq!(zoom.get(&path).await.succeeded(200)["name"], "Research");
    zoom.delete(&path).await.succeeded(204);
    for reply in [
        zoom.get(&path).await,
        zoom.patch(&path, json!({"name": "X"})).await,
        zoom.delete(&path).await,
        zoom.get(&format!("{path}/members")).await,
        zoom.get(&format!("{path}/admins")).await,
        zoom.post(&format!("{path}/members"), json!({"members": [{"email": ADA}]})).await,
    ] {
        reply.refused(404, 4130);
    }
}

#[tokio::test]
async fn group_names_are_unique_without_regard_to_case_unless_a_quirk_says_otherwise() {
    let zoom = Zoom::with([]).await;
    let design = create(&zoom, "Design").await;
    create(&zoom, "Sales").await;
    zoom.post("/groups", json!({"name": "DESIGN"})).await.refused(409, 4132);
    let path = format!("/groups/{}", design["id"].as_str().unwrap());
    zoom.patch(&path, json!({"name": "sales"})).await.refused(409, 4132);
    zoom.patch(&path, json!({"name": "design"})).await.succeeded(204);

    let quirks = Quirks { case_sensitive_group_names: true, ..Quirks::default() };
    let zoom = Zoom::start(AccountConfig { quirks, ..unlimited() }).await;
    create(&zoom, "Design").await;
    create(&zoom, "DESIGN").await;
    zoom.post("/groups", json!({"name": "Design"})).await.refused(409, 4132);
}

#[tokio::test]
async fn a_group_name_has_one_to_127_characters() {
    let zoom = Zoom::with([]).await;
    create(&zoom, &"é".repeat(127)).await;
    for body in [json!({}), json!({"name": " "}), json!({"name": "x".repeat(128)}), json!({"name": 7})] {
        let reply = zoom.post("/groups", body).await;
        reply.refused(400, 300);
        assert!(reply.text.contains("name"));
    }
}

#[tokio::test]
async fn deleting_a_group_leaves_its_people_in_the_account_without_it() {
    let mut ada = active(ADA);
    ada.groups = vec!["A".into(), "B".into()];
    let zoom =
        Zoom::start(AccountConfig { people: vec![ada], groups: ["A", "B"].map(named).into(), ..unlimited() }).await;
    zoom.delete("/groups/a").await.succeeded(204);
    let row = zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
    assert_eq!(row["group_ids"], json!(["b"]));
}

#[tokio::test]
async fn a_hundred_groups_are_created_a_day_and_the_refusal_has_no_headers() {
    let limits = LimitsConfig::Sharper(Sharper { groups_per_day: Some(2), ..Sharper::default() });
    let mut zoom = Zoom::start(AccountConfig { limits, ..AccountConfig::default() }).await;
    zoom.freeze(true);
    create(&zoom, "A").await;
    create(&zoom, "B").await;
    let spent = zoom.post("/groups", json!({"name": "C"})).await;
    spent.refused(429, 429);
    assert!(spent.text.contains("GMT 00:00:00"), "{}", spent.text);
    assert_eq!((spent.header("retry-after"), spent.header("x-ratelimit-type")), (None, None));
    zoom.get("/groups").await.succeeded(200);
    zoom.advance(SignedDuration::from_hours(24));
    zoom.token = zoom.fetch_token().await.body["access_token"].as_str().unwrap().to_owned();
    create(&zoom, "C").await;
}

#[tokio::test]
async fn an_account_has_at_most_5000_groups() {
    let groups = (0..5000).map(|number| named(&number.to_string())).collect();
    let zoom = Zoom::start(AccountConfig { groups, ..unlimited() }).await;
    let reply = zoom.post("/groups", json!({"name": "One more"})).await;
    reply.refused(400, 300);
    assert!(reply.text.contains("5000"));
}

#[tokio::test]
async fn unpaid_accounts_are_refused_group_reads_under_200_and_writes_under_400() {
    let zoom = Zoom::start(AccountConfig { plan: Plan::Free, groups: vec![named("A")], ..unlimited() }).await;
    for path in ["/groups", "/groups/a", "/groups/a/members", "/groups/a/admins", "/groups/a/settings"] {
        zoom.get(path).await.refused(200, 200);
    }
    zoom.post("/groups", json!({"name": "B"})).await.refused(400, 200);
    zoom.patch("/groups/a", json!({"name": "B"})).await.refused(400, 200);
    zoom.delete("/groups/a").await.refused(400, 200);
}

#[tokio::test]
async fn an_administrator_creates_renames_and_deletes_groups_in_the_portal() {
    let zoom = Zoom::with([active(ADA)]).await;
    let id = zoom.create_group("Design").unwrap().id;
    assert_eq!(zoom.create_group("design").unwrap_err().code, 4132);
    zoom.rename_group("Design", "Research").unwrap();
    zoom.add_group_member("Research", ADA).unwrap();
    assert_eq!(zoom.group("Research").unwrap().members, [ADA]);
    assert_eq!(zoom.get(&format!("/groups/{id}")).await.succeeded(200)["total_members"], 1);
    zoom.remove_group_member("Research", ADA).unwrap();
    assert_eq!(zoom.remove_group_member("Research", ADA).unwrap_err().code, 4131);
    zoom.delete_group(&id).unwrap();
    assert_eq!(zoom.delete_group(&id).unwrap_err().code, 4130);
    assert!(zoom.groups().is_empty() && zoom.person(ADA).unwrap().groups.is_empty());
}

#[tokio::test]
async fn nobody_is_placed_into_a_group_twice() {
    let research = GroupConfig { name: "Research".into(), id: Some("r".into()) };
    let zoom = Zoom::start(AccountConfig { groups: vec![research], ..unlimited() }).await;
    for groups in [["Research", "Research"], ["Research", "r"]] {
        let groups = groups.map(str::to_owned).to_vec();
        let refusal = zoom.add_person(PersonConfig { groups, ..active(ADA) }).unwrap_err();
        assert!(refusal.message.contains("groups: found") && refusal.message.contains("twice"), "{refusal}");
    }
    assert!(zoom.person(ADA).is_none());
}
