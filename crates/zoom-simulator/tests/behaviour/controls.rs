use reqwest::Method;
use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, PersonEdit, Simulator, Status};

use crate::support::{ADA, BOB, OWNER, Reply, Zoom, active, client, inactive, licensed, pending, read, unlimited};

async fn control(zoom: &Zoom, method: Method, path: &str, body: Value) -> Reply {
    let request = zoom.http.request(method, format!("{}/simulator{path}", zoom.url()));
    read(if body.is_null() { request } else { request.json(&body) }.send().await.unwrap()).await
}

#[tokio::test]
async fn people_are_shown_with_everything_also_pending_ones_with_their_id() {
    let zoom = Zoom::with([pending(ADA)]).await;
    let people = control(&zoom, Method::GET, "/people", Value::Null).await.succeeded(200);
    assert_eq!(people.as_array().unwrap().len(), 2);
    let ada = &people[1];
    assert_eq!((&ada["status"], &ada["type"], &ada["role"]), (&"pending".into(), &"Basic".into(), &"Member".into()));
    assert_eq!(ada["id"].as_str().unwrap(), zoom.person(ADA).unwrap().id);
}

#[tokio::test]
async fn somebody_can_be_added_edited_and_deleted_as_in_the_portal() {
    let zoom = Zoom::with([]).await;
    let added =
        control(&zoom, Method::POST, "/people", json!({"email": ADA, "type": "Licensed", "role": "Admin"})).await;
    added.succeeded(200);
    let edit = json!({"lastName": "Lovelace", "email": BOB, "status": "inactive", "profile": {"jobTitle": "Analyst"}});
    let edited = control(&zoom, Method::PATCH, &format!("/people/{ADA}"), edit).await.succeeded(200);
    assert_eq!((&edited["status"], &edited["type"]), (&"inactive".into(), &"Basic".into()));
    assert_eq!((&edited["profile"]["jobTitle"], &edited["role"]), (&"Analyst".into(), &"Admin".into()));
    control(&zoom, Method::PATCH, &format!("/people/{BOB}"), json!({"delete": true})).await.succeeded(204);
    assert_eq!(control(&zoom, Method::PATCH, &format!("/people/{BOB}"), json!({})).await.status, 404);
}

#[tokio::test]
async fn the_portal_keeps_seats_addresses_and_the_owner() {
    let zoom = Zoom::with([active(ADA), active(BOB)]).await;
    let seats = json!({"seats": {"licensed": 1}});
    assert_eq!(control(&zoom, Method::PATCH, "/account", seats).await.succeeded(200)["seats"]["licensed"], 1);
    for edit in [
        json!({"type": "Licensed"}),
        json!({"email": BOB}),
        json!({"role": "Owner"}),
        json!({"profile": {"nonsense": 1}}),
    ] {
        assert_eq!(control(&zoom, Method::PATCH, &format!("/people/{ADA}"), edit).await.status, 409);
    }
    assert!(zoom.edit_person(OWNER, PersonEdit { delete: true, ..PersonEdit::default() }).is_err());
    assert!(zoom.edit_person(OWNER, PersonEdit { status: Some(Status::Inactive), ..PersonEdit::default() }).is_err());
}

#[tokio::test]
async fn an_invitation_is_accepted_once() {
    let zoom = Zoom::with([pending(ADA)]).await;
    let accepted = control(&zoom, Method::POST, &format!("/people/{ADA}/accept"), Value::Null).await.succeeded(200);
    assert_eq!(accepted["status"], "active");
    assert_eq!(control(&zoom, Method::POST, &format!("/people/{ADA}/accept"), Value::Null).await.status, 409);
    assert_eq!(control(&zoom, Method::POST, "/people/nobody/accept", Value::Null).await.status, 404);
}

#[tokio::test]
async fn only_who_is_active_and_made_to_log_in_signs_in() {
    let zoom = Zoom::start(AccountConfig { isv: true, people: vec![pending(ADA), active(BOB)], ..unlimited() }).await;
    let path = |email: &str| format!("/people/{email}/sign-in");
    let custom = "machine@acme.example";
    zoom.create("custCreate", custom, 1).await.succeeded(201);
    for (email, told) in [(ADA, "has not accepted"), (custom, "custCreate")] {
        let refused = control(&zoom, Method::POST, &path(email), Value::Null).await;
        assert!(refused.status == 409 && refused.text.contains(told), "{}", refused.text);
    }
    control(&zoom, Method::POST, &path(BOB), Value::Null).await.succeeded(200);
    zoom.set_status(BOB, "deactivate").await.succeeded(200);
    assert!(control(&zoom, Method::POST, &path(BOB), Value::Null).await.text.contains("is deactivated"));
    assert_eq!(control(&zoom, Method::POST, "/people/nobody/sign-out", Value::Null).await.status, 404);
}

#[tokio::test]
async fn the_journal_tells_every_exchange_and_never_a_secret() {
    let zoom = Zoom::with([licensed(ADA)]).await;
    zoom.patch(&format!("/users/{ADA}?login_type=100"), json!({"dept": "R"})).await.succeeded(204);
    let request =
        zoom.http.post(format!("{}/oauth/token?client_secret=simulator-secret&client_id=simulator", zoom.url()));
    read(request.form(&[("grant_type", "account_credentials"), ("account_id", "acme")]).send().await.unwrap())
        .await
        .succeeded(200);
    let journal = control(&zoom, Method::GET, "/journal", Value::Null).await;
    assert!(!journal.text.contains("simulator-secret") && !journal.text.contains(&zoom.token));
    let patch = &journal.body[1];
    assert_eq!((&patch["method"], &patch["endpoint"]), (&"PATCH".into(), &"PATCH /users/{userId}".into()));
    assert_eq!((&patch["query"], &patch["requestBody"]["dept"]), (&"login_type=100".into(), &"R".into()));
    assert_eq!((&patch["status"], &patch["label"], &patch["cost"]), (&204.into(), &"Light".into(), &1.into()));
    let later = control(&zoom, Method::GET, "/journal?since=2", Value::Null).await.succeeded(200);
    assert_eq!(later.as_array().unwrap().len(), 1);
    control(&zoom, Method::DELETE, "/journal", Value::Null).await.succeeded(204);
    assert!(zoom.journal().is_empty() && zoom.counters().is_empty());
}

#[tokio::test]
async fn counters_count_by_endpoint_and_status() {
    let zoom = Zoom::with([]).await;
    zoom.get("/users/nobody").await.refused(404, 1001);
    zoom.get("/users/someone").await.refused(404, 1001);
    let counters = control(&zoom, Method::GET, "/counters", Value::Null).await.succeeded(200);
    let endpoints = json!({"GET /users/{userId}": {"404": 2}, "POST /oauth/token": {"200": 1}});
    assert_eq!(counters, json!({"endpoints": endpoints, "labels": {"Light": 2}}));
}

#[tokio::test]
async fn faults_can_be_set_listed_and_cleared() {
    let zoom = Zoom::with([]).await;
    for effect in [
        json!("reset"),
        json!("staleListing"),
        json!({"timeOutAfter": {}}),
        json!({"tooManyRequests": {"retryAfter": {"isoTimeIn": 30}}}),
        json!({"answer": {"status": 503, "body": "text"}}),
    ] {
        let fault = json!({"method": "GET", "path": "/users", "count": 3, "effect": effect});
        control(&zoom, Method::POST, "/faults", fault).await.succeeded(204);
    }
    assert_eq!(control(&zoom, Method::GET, "/faults", Value::Null).await.succeeded(200).as_array().unwrap().len(), 5);
    control(&zoom, Method::DELETE, "/faults", Value::Null).await.succeeded(204);
    zoom.get("/users").await.succeeded(200);
    let wrong = control(&zoom, Method::POST, "/faults", json!({"effect": "explode"})).await;
    assert!(wrong.status == 400 && wrong.text.contains("explode"));
}

#[tokio::test]
async fn the_clock_can_be_moved_set_and_stopped() {
    let zoom = Zoom::with([]).await;
    control(&zoom, Method::POST, "/clock", json!({"freeze": true})).await.succeeded(200);
    control(&zoom, Method::POST, "/clock", json!({"set": "2030-01-01T00:00:00Z"})).await.succeeded(200);
    let clock = control(&zoom, Method::POST, "/clock", json!({"advance": "30 days 1h 30m"})).await.succeeded(200);
    assert_eq!(clock, json!({"now": "2030-01-31T01:30:00Z", "frozen": true}));
    assert_eq!(control(&zoom, Method::GET, "/clock", Value::Null).await.succeeded(200), clock);
    assert_eq!(control(&zoom, Method::POST, "/clock", json!({"advance": "soon"})).await.status, 400);
}

#[tokio::test]
async fn a_rotated_secret_and_revoked_tokens_take_effect_at_once() {
    let zoom = Zoom::with([]).await;
    control(&zoom, Method::PATCH, "/account", json!({"clientSecret": "new", "revokeTokens": true}))
        .await
        .succeeded(200);
    zoom.get("/users").await.refused(401, 124);
    assert_eq!(zoom.fetch_token().await.status, 400);
    zoom.fetch_token_as("simulator", "new", "account_credentials", "acme").await.succeeded(200);
}

#[tokio::test]
async fn an_unknown_control_says_so_and_a_shut_down_simulator_answers_nobody() {
    let zoom = Zoom::with([]).await;
    assert_eq!(control(&zoom, Method::GET, "/nonsense", Value::Null).await.status, 404);
    let simulator = Simulator::start(zoom_simulator::AccountConfig::small()).await.unwrap();
    let url = format!("{}/simulator/people", simulator.url());
    assert_eq!(client().get(&url).send().await.unwrap().status(), 200);
    simulator.shutdown().await;
    client().get(&url).send().await.unwrap_err();
}

#[tokio::test]
async fn an_owner_with_another_address_stays_the_only_owner_and_the_operator_of_events() {
    let zoom = Zoom::with([]).await;
    let edit = json!({"email": "o2@acme.example"});
    control(&zoom, Method::PATCH, "/people/owner@acme.example", edit).await.succeeded(200);
    control(&zoom, Method::POST, "/people", json!({"email": "owner@acme.example"})).await.succeeded(200);
    assert_eq!(zoom.person("o2@acme.example").unwrap().role, "Owner");
    assert_eq!(zoom.person("owner@acme.example").unwrap().role, "Member");
    assert_eq!(zoom.get("/roles").await.succeeded(200)["roles"][0]["total_members"], 1);
    zoom.delete("/users/o2@acme.example?action=delete").await.refused(400, 1117);
    zoom.delete("/users/owner@acme.example?action=delete").await.succeeded(204);
}

#[tokio::test]
async fn the_name_of_a_personal_link_is_somebodys_alone_whoever_gives_it() {
    let zoom = Zoom::with([licensed(ADA), licensed(BOB)]).await;
    let name = |name: &str| json!({"profile": {"vanityName": name}});
    let edit = async |who: &str, name: Value| control(&zoom, Method::PATCH, &format!("/people/{who}"), name).await;
    edit(ADA, name("link")).await.succeeded(200);
    edit(ADA, name("LINK")).await.succeeded(200);
    let taken = edit(BOB, name("link")).await;
    assert!(taken.status == 409 && taken.text.contains("link"), "{}", taken.text);
    let entry = json!({"email": "cy@acme.example", "profile": {"vanityName": "Link"}});
    let taken = control(&zoom, Method::POST, "/people", entry).await;
    assert!(taken.status == 409 && taken.text.contains("profile.vanityName"), "{}", taken.text);
    edit(BOB, name("")).await.succeeded(200);
    assert_eq!(zoom.get("/users/vanity_name?vanity_name=link").await.succeeded(200)["existed"], true);
}

#[tokio::test]
async fn an_edit_that_cannot_be_is_refused_with_its_field() {
    let zoom = Zoom::with([active(ADA), inactive(BOB)]).await;
    let edit = async |who: &str, edit: Value| control(&zoom, Method::PATCH, &format!("/people/{who}"), edit).await;
    for (who, body, told) in [
        (BOB, json!({"type": "Licensed"}), "type"),
        (ADA, json!({"status": "inactive", "type": "Licensed"}), "type"),
        (OWNER, json!({"status": "inactive"}), "status"),
        (OWNER, json!({"role": "Member"}), "role"),
        (ADA, json!({"profile": {"timezone": "somewhere"}}), "profile.timezone"),
        (ADA, json!({"profile": {"manager": "nobody@acme.example"}}), "profile.manager"),
        (ADA, json!({"lastName": "六个中文字符"}), "lastName"),
    ] {
        let refused = edit(who, body).await;
        assert!(refused.status == 409 && refused.text.contains(told), "{told}: {}", refused.text);
    }
    edit(OWNER, json!({"status": "active", "role": "Owner", "lastName": "King"})).await.succeeded(200);
    edit(BOB, json!({"status": "active", "type": "Licensed"})).await.succeeded(200);
}

#[tokio::test]
async fn an_account_of_many_people_is_served_by_a_control_and_bad_paths_are_told_as_json() {
    let zoom = Zoom::with([]).await;
    let profile = json!({"company": "x".repeat(255), "location": "x".repeat(256), "dept": "x".repeat(500)});
    let person = |number| json!({"email": format!("p{number}@big.example"), "profile": profile});
    let people: Vec<_> = (0..2_200).map(person).collect();
    let big = json!({"accountId": "big", "owner": "owner@big.example", "people": people});
    assert!(big.to_string().len() > 2 << 20, "more than a server takes unless it is told to");
    assert_eq!(control(&zoom, Method::POST, "/accounts", big).await.succeeded(200)["active"], 2_201);
    let bad = control(&zoom, Method::GET, "/people/%FF", Value::Null).await;
    assert!(bad.status == 400 && bad.body["error"].is_string(), "{}", bad.text);
}
