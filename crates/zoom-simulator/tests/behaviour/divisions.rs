//! Divisions (Zoom API reference, Divisions; Zoom support, Creating divisions for Zoom Customer Experience).

use reqwest::Method;
use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, DivisionConfig, Quirks};

use crate::support::{ADA, BOB, OWNER, Reply, Zoom, active, inactive, pending, read, unlimited};

/// An account with Ada, Bob, and the divisions `d0` and `d1`.
async fn zoom() -> Zoom {
    Zoom::start(AccountConfig { people: vec![active(ADA), active(BOB)], divisions: divisions(2), ..unlimited() }).await
}

fn divisions(count: usize) -> Vec<DivisionConfig> {
    let named = |number| DivisionConfig {
        name: format!("D{number}"),
        id: Some(format!("d{number}")),
        description: String::new(),
    };
    (0..count).map(named).collect()
}

async fn main_division(zoom: &Zoom) -> String {
    let listed = zoom.get("/divisions").await.succeeded(200)["divisions"].take();
    let main: Vec<_> = listed.as_array().unwrap().iter().filter(|one| one["is_main_division"] == true).collect();
    assert_eq!(main.len(), 1, "{listed}");
    main[0]["division_id"].as_str().unwrap().to_owned()
}

async fn assign(zoom: &Zoom, division: &str, users: Value) -> Reply {
    zoom.post(&format!("/divisions/{division}/users"), json!({"users": users})).await
}

async fn members(zoom: &Zoom, division: &str) -> Vec<String> {
    let rows = zoom.all(&format!("/divisions/{division}/users"), "users").await;
    rows.iter().map(|row| row["user_email"].as_str().unwrap().to_owned()).collect()
}

async fn division_of(zoom: &Zoom, email: &str) -> Value {
    let read = zoom.get(&format!("/users/{email}")).await.succeeded(200)["division_ids"].take();
    let rows = zoom.all("/users", "users").await;
    let row = rows.iter().find(|row| row["email"] == email).map(|row| row["division_ids"].clone());
    assert_eq!(row.as_ref(), Some(&read), "a row shows what a read shows");
    read
}

#[tokio::test]
async fn a_division_is_created_read_changed_and_deleted() {
    let zoom = Zoom::with([]).await;
    let asked = json!({"division_name": "Support", "division_description": "First line"});
    let made = zoom.post("/divisions", asked.clone()).await.succeeded(201);
    let id = made["division_id"].as_str().unwrap();
    assert_eq!(made, json!({"division_id": id, "division_name": "Support", "division_description": "First line"}));
    let path = format!("/divisions/{id}");
    let mut whole = made.clone();
    whole["is_main_division"] = false.into();
    assert_eq!(zoom.get(&path).await.succeeded(200), whole);
    zoom.patch(&path, json!({"division_name": "Care"})).await.succeeded(204);
    zoom.patch(&path, json!({"division_description": ""})).await.succeeded(204);
    let read = zoom.get(&path).await.succeeded(200);
    assert_eq!((&read["division_name"], &read["division_description"]), (&json!("Care"), &json!("")));
    zoom.delete(&path).await.succeeded(204);
    for reply in [zoom.get(&path).await, zoom.delete(&path).await, zoom.patch(&path, asked).await] {
        reply.refused(404, 40406);
    }
}

#[tokio::test]
async fn an_account_has_a_main_division_that_holds_whoever_is_in_no_other() {
    let mut zoom = zoom().await;
    let main = main_division(&zoom).await;
    assert_eq!(members(&zoom, &main).await, [OWNER, ADA, BOB]);
    assert_eq!(division_of(&zoom, ADA).await, json!([main]));
    zoom.delete(&format!("/divisions/{main}")).await.refused(400, 42011);
    zoom.patch(&format!("/divisions/{main}"), json!({"division_name": "Acme"})).await.succeeded(204);
    zoom.create("create", "new@acme.example", 1).await.succeeded(201);
    assert!(members(&zoom, &main).await.contains(&"new@acme.example".to_owned()));

    let quirks = Quirks { main_division_in_rows: false, ..Quirks::default() };
    zoom = Zoom::start(AccountConfig { people: vec![active(ADA)], quirks, ..unlimited() }).await;
    assert_eq!(division_of(&zoom, ADA).await, json!([]));
    assert_eq!(members(&zoom, &main_division(&zoom).await).await, [OWNER, ADA]);
}

#[tokio::test]
async fn who_is_assigned_to_a_division_leaves_the_one_before_and_only_those_who_moved_are_named() {
    let zoom = zoom().await;
    let id = zoom.person(ADA).unwrap().id;
    let added =
        assign(&zoom, "d0", json!([{"user_id": id}, {"user_email": "nobody@acme.example"}])).await.succeeded(201);
    assert!(added["added_at"].is_string());
    assert_eq!(added["ids"], id.as_str());
    assert_eq!(assign(&zoom, "d0", json!([{"user_email": ADA}])).await.succeeded(201)["ids"], "");
    assert_eq!(division_of(&zoom, ADA).await, json!(["d0"]));
    // Where both are named, the id counts.
    assign(&zoom, "d1", json!([{"user_id": id, "user_email": BOB}])).await.succeeded(201);
    assert_eq!((members(&zoom, "d0").await, members(&zoom, "d1").await), (vec![], vec![ADA.to_owned()]));
    let main = main_division(&zoom).await;
    assert_eq!(assign(&zoom, &main, json!([{"user_email": ADA}])).await.succeeded(201)["ids"], id.as_str());
    assert_eq!((members(&zoom, "d1").await, division_of(&zoom, ADA).await), (vec![], json!([main])));
    assign(&zoom, "nope", json!([{"user_email": ADA}])).await.refused(404, 40406);
}

#[tokio::test]
async fn people_who_are_pending_or_deactivated_are_not_moved_but_count() {
    let division = |person: zoom_simulator::PersonConfig| {
        let profile = zoom_simulator::Profile { division_ids: vec!["d0".into()], ..Default::default() };
        zoom_simulator::PersonConfig { profile, ..person }
    };
    let people = vec![division(pending(ADA)), division(inactive(BOB))];
    let zoom = Zoom::start(AccountConfig { people, divisions: divisions(2), ..unlimited() }).await;
    let listed = zoom.get("/divisions/d0/users").await.succeeded(200);
    assert_eq!((listed["users"][0].get("user_id"), &listed["total_records"]), (None, &json!(2)));
    let users = json!([{"user_email": ADA}, {"user_email": BOB}]);
    assert_eq!(assign(&zoom, "d1", users).await.succeeded(201)["ids"], "");
    zoom.delete("/divisions/d0").await.refused(400, 42012);
    zoom.delete("/divisions/d1").await.succeeded(204);
}

#[tokio::test]
async fn creating_and_changing_somebody_names_one_division_that_is_there() {
    let zoom = zoom().await;
    let create = async |divisions: Value| {
        let info = json!({"email": "new@acme.example", "type": 1, "division_ids": divisions});
        zoom.post("/users", json!({"action": "ssoCreate", "user_info": info})).await
    };
    create(json!(["d0", "d1"])).await.invalid(&["user_info.division_ids"]);
    create(json!(["nope"])).await.invalid(&["user_info.division_ids"]);
    create(json!(["d0"])).await.succeeded(201);
    assert_eq!(division_of(&zoom, "new@acme.example").await, json!(["d0"]));
    let ada = format!("/users/{ADA}");
    zoom.patch(&ada, json!({"division_ids": ["nope"]})).await.invalid(&["division_ids"]);
    zoom.patch(&ada, json!({"division_ids": ["d1"]})).await.succeeded(204);
    assert_eq!(members(&zoom, "d1").await, [ADA]);
    let main = main_division(&zoom).await;
    for back in [json!([]), json!([main])] {
        zoom.patch(&ada, json!({"division_ids": back})).await.succeeded(204);
        assert_eq!(division_of(&zoom, ADA).await, json!([main]));
        zoom.patch(&ada, json!({"division_ids": ["d1"]})).await.succeeded(204);
    }
}

#[tokio::test]
async fn divisions_are_500_at_most_and_come_300_to_a_page_with_the_number_of_their_members() {
    let zoom = Zoom::start(AccountConfig { people: vec![active(ADA)], divisions: divisions(498), ..unlimited() }).await;
    zoom.post("/divisions", json!({"division_name": "the last"})).await.succeeded(201);
    zoom.post("/divisions", json!({"division_name": "one more"})).await.refused(400, 42006);
    assign(&zoom, "d0", json!([{"user_email": ADA}])).await.succeeded(201);
    let page = zoom.get("/divisions?page_size=1000").await.succeeded(200);
    assert_eq!((&page["page_size"], &page["total_records"]), (&json!(300), &json!(500)));
    assert_eq!(page["divisions"].as_array().unwrap().len(), 300);
    assert_eq!(zoom.get("/divisions").await.succeeded(200)["page_size"], 30);
    let counts: Vec<_> = zoom.all("/divisions?page_size=300", "divisions").await;
    assert_eq!(counts.iter().map(|row| row["total_members"].as_u64().unwrap()).take(3).collect::<Vec<_>>(), [1, 1, 0]);
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_told_under_the_code_of_divisions() {
    let zoom = zoom().await;
    for body in [json!({}), json!({"division_name": " "}), json!({"division_name": 1}), json!([])] {
        zoom.post("/divisions", body).await.refused(400, 40005);
    }
    zoom.post("/divisions", json!({"division_name": "d0"})).await.refused(400, 40005);
    zoom.patch("/divisions/d0", json!({"division_name": "D1"})).await.refused(400, 40005);
    zoom.patch("/divisions/d0", json!({"division_name": "d0"})).await.succeeded(204);
    let many: Vec<_> = (0..31).map(|number| json!({"user_email": format!("p{number}@acme.example")})).collect();
    for users in [json!([]), json!([{}]), json!([{"user_id": ""}]), json!(many), json!("ada")] {
        assign(&zoom, "d0", users).await.refused(400, 40005);
    }
    assign(&zoom, "d0", json!(many[..30])).await.succeeded(201);
}

#[tokio::test]
async fn a_missing_and_a_bad_token_have_codes_of_their_own_on_divisions() {
    let mut zoom = zoom().await;
    for (method, path) in [(Method::GET, "/divisions"), (Method::POST, "/divisions/d0/users")] {
        let url = format!("{}/v2{path}", zoom.url());
        let reply = read(zoom.http.request(method, url).send().await.unwrap()).await;
        reply.refused(401, 30_031_002);
    }
    zoom.token = "nonsense".into();
    zoom.get("/divisions/d0").await.refused(401, 30_031_004);
}

#[tokio::test]
async fn the_classic_scopes_of_divisions_are_those_that_are_written_and_those_that_are_meant() {
    let with = async |scope: &str| Zoom::start(AccountConfig { scopes: Some(vec![scope.into()]), ..unlimited() }).await;
    let body = json!({"division_name": "D"});
    let zoom = with("division:read:admin").await;
    zoom.get("/divisions").await.succeeded(200);
    zoom.post("/divisions", body.clone()).await.refused(400, 4711);
    for scope in ["division:wirte:admin", "division:write:admin"] {
        let zoom = with(scope).await;
        let made = zoom.post("/divisions", body.clone()).await.succeeded(201);
        zoom.get(&format!("/divisions/{}", made["division_id"].as_str().unwrap())).await.succeeded(200);
        zoom.get("/divisions").await.refused(400, 4711);
    }
    let zoom = with("division:read:list_divisions:admin").await;
    zoom.get("/divisions").await.succeeded(200);
    zoom.get("/divisions/nope/users").await.refused(400, 4711);
}
