//! The controls against their own OpenAPI document.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADA, OWNER, Zoom, active, read};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

async fn document(zoom: &Zoom) -> Value {
    read(zoom.http.get(format!("{}/simulator/openapi.json", zoom.url())).send().await.unwrap()).await.succeeded(200)
}

/// A path whose braces are filled in.
fn filled(path: &str) -> String {
    path.replace("{account}", "acme").replace("{person}", ADA).replace("{group}", "Research")
}

#[tokio::test]
async fn every_documented_control_is_served_and_no_method_is_served_that_is_not_documented() {
    let zoom = Zoom::with([active(ADA)]).await;
    let document = document(&zoom).await;
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 20);
    for (path, item) in paths {
        for method in METHODS {
            let verb = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request = zoom.http.request(verb, format!("{}{}", zoom.url(), filled(path)));
            let reply = read(request.body("no JSON").send().await.unwrap()).await;
            let served = reply.status != 405 && !reply.text.contains("no such control");
            assert_eq!(served, item.get(method).is_some(), "{method} {path}: {} {}", reply.status, reply.text);
        }
    }
}

#[tokio::test]
async fn every_control_of_the_first_account_is_also_one_of_an_account_by_name() {
    let zoom = Zoom::with([]).await;
    let document = document(&zoom).await;
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/simulator/accounts/{account}/")) {
        let first = path.replace("/accounts/{account}", "");
        let methods = |item: &Value| METHODS.iter().filter(|method| item.get(**method).is_some()).count();
        assert_eq!(methods(item), methods(&paths[&first]), "{path}");
    }
}

#[tokio::test]
async fn all_references_of_the_document_lead_somewhere() {
    let zoom = Zoom::with([]).await;
    let document = document(&zoom).await;
    let text = document.to_string();
    let references: Vec<_> = text.split(r##""$ref":"#"##).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(references.len() > 20);
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
    }
    let edit = &document["components"]["schemas"]["PersonEdit"]["properties"];
    assert!(edit["lastName"]["description"].is_string(), "fields are documented: {edit}");
}

#[rstest::rstest]
#[case("/people", json!({"email": ADA, "type": "Gold"}), &["type", "Gold", "Basic", "Licensed"])]
#[case("/people", json!({"email": ADA, "shoeSize": 4}), &["shoeSize", "email"])]
#[case("/people", json!({"email": ADA, "role": "Chef"}), &["role", "Chef", "Owner, Admin, Member"])]
#[case("/people", json!({"email": ADA, "groups": ["Chefs"]}), &["groups", "Chefs", "Research"])]
#[case("/people", json!({"email": "ada"}), &["email", "ada"])]
#[case("/faults", json!({"effect": "explode"}), &["effect", "explode", "reset"])]
#[case("/faults", json!({"effect": "reset", "probability": 1.5}), &["probability", "1.5", "from 0 to 1"])]
#[case("/faults", json!({"effect": "reset", "method": "STEAL"}), &["method", "STEAL", "GET, POST"])]
#[case("/faults", json!({"effect": "reset", "path": "/usrs"}), &["path", "/usrs", "/users/{userId}"])]
#[case("/clock", json!({"advance": "soon"}), &["advance", "soon", "30 days"])]
#[case("/clock", json!({"advance": "1 month"}), &["advance", "1 month", "30 days"])]
#[case("/clock", json!({"rewind": 1}), &["rewind", "advance", "set", "freeze"])]
#[case("/accounts", json!({"seats": {"licensed": -1}}), &["seats.licensed", "-1"])]
#[case("/accounts", json!({"accountId": "b", "people": [{"email": ADA}, {"email": ADA}]}), &[ADA, "twice"])]
#[case(
    "/accounts",
    json!({"accountId": "b", "roles": [{"name": "Desk", "privileges": ["Sky:Fall"]}]}),
    &["roles", "Desk", "privileges", "Sky:Fall", "User:Read"],
)]
#[case("/webhooks", json!({"url": "nowhere", "secret": "s"}), &["url", "relative"])]
#[case("/webhooks", json!({"url": "http://127.0.0.1:9/", "secret": ""}), &["secret", "\"\"", "not empty"])]
#[case("/webhooks", json!({"url": "http://127.0.0.1:9/", "secret": "s", "events": [" "]}), &["events", "user.updated"])]
#[case("/accounts", json!({"accountId": "b", "limits": {"light": {"perSecond": 0}}}), &["limits.light.perSecond", "0", "1 or more"])]
#[case("/account", json!({"limits": {"light": 0}}), &["limits", "light", "0"])]
#[case("/account", json!({"limits": {"heavy": {"perSecond": 0}}}), &["limits.heavy.perSecond", "0", "1 or more"])]
#[case("/account", json!({"limits": {"createsPerDay": 0}}), &["limits.createsPerDay", "0", "1 or more"])]
#[case("/account", json!({"seats": {"basic": -1}}), &["seats.basic", "-1"])]
#[case("/account", json!({"clientSecret": ""}), &["clientSecret", "\"\"", "not empty"])]
#[case("/account", json!({"scopes": ["users"]}), &["scopes", "users", "user:read:admin"])]
#[case("/account", json!({"readDelay": {"members": 100_000}}), &["readDelay.members", "100000", "0 to 86400"])]
#[case("/groups", json!({"name": " "}), &["name", "1 to 127"])]
#[case("/groups/Research", json!({"name": ""}), &["name", "1 to 127"])]
#[case("/people/ada@acme.example", json!({"email": ""}), &["email"])]
#[case("/people/ada@acme.example", json!({"profile": {"pmi": 1}}), &["profile.pmi", "1", "ten digits"])]
#[case("/people/ada@acme.example", json!({"firstName": "x".repeat(65)}), &["firstName", "65", "at most 64"])]
#[case("/people/ada@acme.example", json!({"email": "owner@acme.example"}), &["email", "owner@acme.example", "nobody else"])]
#[case("/people/ada@acme.example", json!({"role": "Chief"}), &["role", "Chief", "allowed are Admin, Member"])]
#[case("/people/ada@acme.example", json!({"profile": {"divisionIds": ["x"]}}), &["profile.divisionIds", "\"x\"", "allowed are"])]
#[case("/people/ada@acme.example", json!({"profile": {"manager": "Zed"}}), &["profile.manager", "Zed", "display names"])]
#[case("/people/ada@acme.example", json!({"profile": {"vanityName": 7}}), &["profile.vanityName", "7", "a string"])]
#[case("/people/ada@acme.example", json!({"profile": {"shoe": 1}}), &["profile.shoe", "jobTitle"])]
#[case("/people/owner@acme.example", json!({"status": "inactive"}), &["status", "Inactive", "active, for the owner"])]
#[case("/people/owner@acme.example", json!({"role": "Admin"}), &["role", "Admin", "Owner"])]
#[case("/people/owner@acme.example", json!({"delete": true}), &["delete", "true", "not the owner"])]
#[case("/people", json!({"email": "owner@acme.example"}), &["email", "owner@acme.example", "nobody else"])]
#[case("/people", json!({"email": "bad"}), &["email", "bad", "e-mail addresses"])]
#[case("/faults", json!({"effect": "reset", "count": 0}), &["count", "0", "1 or more"])]
#[case("/faults", json!({"effect": "reset", "count": -1}), &["count", "-1"])]
#[case("/faults", json!({"effect": {"answer": {"status": 99}}}), &["effect.answer.status", "99", "200 to 599"])]
#[case("/faults", json!({"effect": {"htmlPage": {"status": 0}}}), &["effect.htmlPage.status", "0", "200 to 599"])]
#[case("/faults", json!({"effect": {"answer": {"status": 200, "headers": {"a b": "c"}}}}), &["headers", "a b", "HTTP"])]
#[case("/faults", json!({"effect": {"delay": {"ms": 3_600_001}}}), &["effect.delay.ms", "3600001", "an hour"])]
#[case("/faults", json!({"effect": "withoutEffect", "method": "GET"}), &["effect", "withoutEffect", "GET"])]
#[case("/faults", json!({"effect": "reset", "method": "PUT", "path": "/users"}), &["PUT", "/users", "no such call"])]
#[case("/clock", json!({"set": "1999-12-31T23:59:59Z"}), &["set", "1999-12-31", "2000 to 2999"])]
#[case("/clock", json!({"set": "yesterday"}), &["set", "yesterday"])]
#[case("/clock", json!({"advance": "2000 years"}), &["advance", "2000 years"])]
#[case("/clock", json!({"advance": "400000 days"}), &["advance", "2000 to 2999"])]
#[tokio::test]
async fn a_mistake_is_told_with_field_finding_and_what_is_allowed(
    #[case] path: &str,
    #[case] body: Value,
    #[case] told: &[&str],
) {
    let there = path.strip_prefix("/people/").filter(|email| *email != OWNER).map(active);
    let zoom = Zoom::with(there).await;
    zoom.create_group("Research").unwrap();
    let url = format!("{}/simulator{path}", zoom.url());
    let edits = ["/account", "/groups/Research"].contains(&path) || path.starts_with("/people/");
    let request = if edits { zoom.http.patch(url) } else { zoom.http.post(url) };
    let reply = read(request.json(&body).send().await.unwrap()).await;
    assert!(matches!(reply.status, 400 | 409), "{} {}", reply.status, reply.text);
    let error = reply.body["error"].as_str().unwrap();
    for part in told {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[tokio::test]
async fn a_parameter_that_does_not_exist_or_fit_is_named() {
    let zoom = Zoom::with([]).await;
    for (query, told) in [("sinc=1", "sinc"), ("since=-1", "since"), ("since=x", "since")] {
        let reply =
            read(zoom.http.get(format!("{}/simulator/journal?{query}", zoom.url())).send().await.unwrap()).await;
        assert!(reply.status == 400 && reply.text.contains(told), "{}", reply.text);
    }
}
