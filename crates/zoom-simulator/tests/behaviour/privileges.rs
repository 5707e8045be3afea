//! The role of the person who made the app caps what the app may do (Zoom API reference, Users: create, Roles, SCIM2).

use reqwest::Method;
use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, RoleConfig};

use crate::support::{ADA, Zoom, active, read, unlimited};

/// An account whose app was made by somebody who may do this.
async fn with(privileges: &[&str]) -> Zoom {
    let desk = RoleConfig {
        name: "Help desk".into(),
        id: Some("desk".into()),
        description: String::new(),
        privileges: privileges.iter().map(|privilege| (*privilege).to_owned()).collect(),
    };
    let config = AccountConfig { roles: vec![desk], app_role: Some("Help desk".into()), ..unlimited() };
    Zoom::start(AccountConfig { people: vec![active(ADA)], ..config }).await
}

#[tokio::test]
async fn an_app_may_do_what_the_role_of_its_creator_permits_and_is_told_what_is_missing() {
    let zoom = with(&["User:Read"]).await;
    zoom.get("/users").await.succeeded(200);
    let reply = zoom.create("create", "new@acme.example", 1).await;
    reply.refused(400, 200);
    assert!(reply.text.contains("User:Edit"), "{}", reply.text);
    for (method, path) in [(Method::GET, "/groups"), (Method::GET, "/accounts/me/settings")] {
        zoom.try_call(method, path, None).await.unwrap().refused(400, 200);
    }
    zoom.get("/divisions").await.succeeded(200);
    let scim = async |method: Method, path: &str| {
        let url = format!("{}/scim2{path}", zoom.url());
        read(zoom.http.request(method, url).bearer_auth(&zoom.token).send().await.unwrap()).await
    };
    scim(Method::GET, "/Users").await.succeeded(200);
    assert_eq!(scim(Method::GET, "/Groups").await.status, 403);
    assert_eq!(scim(Method::DELETE, &format!("/Users/{}", zoom.person(ADA).unwrap().id)).await.status, 403);
    assert!(zoom.person(ADA).is_some());
}

#[tokio::test]
async fn roles_are_refused_with_4700_or_under_http_200_to_an_app_whose_creator_may_not_see_them() {
    let zoom = with(&["User:Edit"]).await;
    zoom.get("/users").await.succeeded(200);
    zoom.create("create", "new@acme.example", 1).await.succeeded(201);
    zoom.get("/roles").await.refused(400, 4700);
    zoom.get("/roles/1").await.refused(200, 200);
    zoom.post("/roles", json!({"name": "R"})).await.refused(200, 200);
    zoom.post("/roles/1/members", json!({"members": [{"email": ADA}]})).await.refused(400, 200);
    assert_eq!(zoom.person(ADA).unwrap().role, "Member");
}

#[tokio::test]
async fn another_privilege_of_the_role_holds_at_once() {
    let zoom = with(&["Role:Edit"]).await;
    zoom.get("/users").await.refused(400, 200);
    zoom.patch("/roles/desk", json!({"privileges": ["User:Edit"]})).await.succeeded(200);
    zoom.get("/users").await.succeeded(200);
    zoom.patch("/roles/desk", json!({"privileges": []})).await.refused(200, 200);
}

#[test]
fn the_role_of_the_apps_creator_must_be_there() {
    let refused = |text: Value| AccountConfig::from_yaml(&text.to_string()).and_then(AccountConfig::check).unwrap_err();
    let error = refused(json!({"appRole": "Chef"})).to_string();
    assert!(["appRole", "Chef", "roles"].iter().all(|part| error.contains(part)), "{error}");
}
