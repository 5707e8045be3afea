use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use zoom_simulator::{
    AccountConfig, AccountEdit, AppConfig, ElsewhereAnswer, Fault, FaultEffect, PersonConfig, Quirks, Status,
};

use crate::support::{ADA, Reply, Zoom, read, unlimited};

/// The account acme with Ada, and beside it the account globex with nobody but its owner.
async fn acme_and_globex() -> Zoom {
    let zoom = Zoom::with([PersonConfig::new(ADA)]).await;
    let globex = AccountConfig {
        account_id: "globex".into(),
        client_secret: "globex-secret".into(),
        owner: "owner@globex.example".into(),
        ..unlimited()
    };
    zoom.add_account(globex).unwrap();
    zoom
}

async fn control(zoom: &Zoom, method: Method, path: &str, body: Value) -> Reply {
    let request = zoom.http.request(method, format!("{}/simulator{path}", zoom.url()));
    read(if body.is_null() { request } else { request.json(&body) }.send().await.unwrap()).await
}

#[tokio::test]
async fn a_token_is_for_the_account_it_was_asked_for_and_shows_that_account_alone() {
    let mut zoom = acme_and_globex().await;
    assert_eq!(zoom.get("/users").await.succeeded(200)["total_records"], 2);
    let token = zoom.fetch_token_as("simulator", "globex-secret", "account_credentials", "globex").await;
    token.body["access_token"].as_str().unwrap().clone_into(&mut zoom.token);
    assert_eq!(zoom.get("/users").await.succeeded(200)["users"][0]["email"], "owner@globex.example");
    zoom.get(&format!("/users/{ADA}")).await.refused(400, 1010);
}

#[tokio::test]
async fn one_accounts_credentials_are_no_good_for_another() {
    let zoom = acme_and_globex().await;
    let reply = zoom.fetch_token_as("simulator", "simulator-secret", "account_credentials", "globex").await;
    assert_eq!((reply.status, reply.body["error"].as_str()), (400, Some("invalid_client")));
    let reply = zoom.fetch_token_as("simulator", "globex-secret", "account_credentials", "nobody").await;
    assert_eq!((reply.status, reply.body["error"].as_str()), (400, Some("invalid_request")));
}

#[tokio::test]
async fn several_apps_of_an_account_have_scopes_of_their_own_and_share_its_limits() {
    let other = AppConfig {
        client_id: "other".into(),
        client_secret: "other-secret".into(),
        scopes: Some(vec!["user:read:list_users:admin".into()]),
        role: None,
    };
    let limits = serde_json::from_value(json!({"medium": {"perSecond": 2}})).unwrap();
    let mut zoom = Zoom::start(AccountConfig { apps: vec![other], limits, ..AccountConfig::default() }).await;
    zoom.freeze(true);
    zoom.get("/users").await.succeeded(200);
    let reply = zoom.fetch_token_as("other", "other-secret", "account_credentials", "acme").await.succeeded(200);
    assert_eq!(reply["scope"], "user:read:list_users:admin");
    let first = std::mem::replace(&mut zoom.token, reply["access_token"].as_str().unwrap().to_owned());
    zoom.get("/groups").await.refused(400, 4711);
    zoom.get("/users").await.succeeded(200);
    zoom.get("/users").await.refused(429, 429);
    zoom.advance(SignedDuration::from_secs(2));
    zoom.edit_account(AccountEdit { app_active: Some(false), ..AccountEdit::default() });
    zoom.get("/users").await.succeeded(200);
    zoom.token = first;
    zoom.get("/users").await.refused(401, 124);
    let wrong = zoom.fetch_token_as("other", "simulator-secret", "account_credentials", "acme").await;
    assert_eq!((wrong.status, wrong.body["error"].as_str()), (400, Some("invalid_client")));
}

#[tokio::test]
async fn an_address_of_another_served_account_has_an_account_elsewhere_until_they_join() {
    for (elsewhere, code) in [
        (ElsewhereAnswer::Invited, None),
        (ElsewhereAnswer::ActiveElsewhere, Some(1009)),
        (ElsewhereAnswer::AddressUsed, Some(1005)),
    ] {
        let mut zoom = Zoom::with([PersonConfig::new(ADA), PersonConfig::new("bob@acme.example")]).await;
        let globex = AccountConfig {
            account_id: "globex".into(),
            owner: "owner@globex.example".into(),
            people: vec![PersonConfig::new("eve@globex.example")],
            quirks: Quirks { elsewhere, ..Quirks::default() },
            read_delay: serde_json::from_value(json!({"singleReads": 60})).unwrap(),
            ..unlimited()
        };
        let globex = zoom.add_account(globex).unwrap();
        let token = zoom.fetch_token_as("simulator", "simulator-secret", "account_credentials", "globex").await;
        let first = std::mem::replace(&mut zoom.token, token.body["access_token"].as_str().unwrap().to_owned());
        zoom.get(&format!("/users/{ADA}")).await.refused(400, 1010);
        zoom.get("/users/nobody@acme.example").await.refused(404, 1001);
        let email = json!({"email": "BOB@acme.example"});
        zoom.put("/users/eve@globex.example/email", email).await.refused(409, 1005);
        let created = zoom.create("create", ADA, 1).await;
        if let Some(code) = code {
            created.refused(409, code);
            continue;
        }
        assert_eq!(created.succeeded(201)["id"], "");
        zoom.get("/users/bob@acme.example").await.refused(400, 1010);
        assert_eq!(
            (globex.person(ADA).unwrap().status, zoom.person(ADA).unwrap().status),
            (Status::Pending, Status::Active)
        );
        zoom.token = first;
        zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
        globex.accept_invitation(ADA).unwrap();
        assert!(zoom.person(ADA).is_none() && globex.person(ADA).unwrap().status == Status::Active);
        zoom.get(&format!("/users/{ADA}")).await.refused(400, 1010);
    }
}

#[tokio::test]
async fn controls_name_the_account_and_without_a_name_mean_the_first() {
    let zoom = acme_and_globex().await;
    let people = async |path: &str| {
        let people = control(&zoom, Method::GET, path, Value::Null).await.succeeded(200);
        people.as_array().unwrap().len()
    };
    assert_eq!(people("/people").await, 2);
    assert_eq!(people("/accounts/acme/people").await, 2);
    assert_eq!(people("/accounts/globex/people").await, 1);
    let unknown = control(&zoom, Method::GET, "/accounts/initech/people", Value::Null).await;
    assert!(unknown.status == 404 && unknown.text.contains("initech") && unknown.text.contains("acme, globex"));
}

#[tokio::test]
async fn faults_journals_and_counters_are_each_accounts_own() {
    let mut zoom = acme_and_globex().await;
    let globex = zoom.of("globex").unwrap();
    globex.inject(Fault::on("GET", "/users", FaultEffect::HtmlPage { status: 502 }));
    zoom.get("/users").await.succeeded(200);
    let token = zoom.fetch_token_as("simulator", "globex-secret", "account_credentials", "globex").await;
    token.body["access_token"].as_str().unwrap().clone_into(&mut zoom.token);
    assert_eq!(zoom.get("/users").await.status, 502);
    assert_eq!((zoom.journal().len(), globex.journal().len()), (2, 2));
    assert_eq!(globex.counters()["GET /users"]["502"], 1);
    globex.clear_journal();
    assert!(globex.journal().is_empty() && zoom.counters()["GET /users"]["200"] == 1);
}

#[tokio::test]
async fn an_account_can_be_added_while_others_are_served_and_needs_an_id_of_its_own() {
    let zoom = Zoom::with([]).await;
    let added = control(&zoom, Method::POST, "/accounts", json!({"accountId": "globex", "users": 30})).await;
    assert_eq!(added.succeeded(200)["active"].as_u64().unwrap() / 10, 2);
    let again = control(&zoom, Method::POST, "/accounts", json!({"accountId": "globex"})).await;
    assert!(again.status == 409 && again.text.contains("globex"));
    let accounts = control(&zoom, Method::GET, "/accounts", Value::Null).await.succeeded(200);
    assert_eq!((&accounts[0]["accountId"], &accounts[1]["accountId"]), (&"acme".into(), &"globex".into()));
}

#[tokio::test]
async fn an_app_that_was_deactivated_gets_no_tokens_and_those_about_are_invalid() {
    let zoom = Zoom::with([]).await;
    control(&zoom, Method::PATCH, "/account", json!({"appActive": false})).await.succeeded(200);
    zoom.get("/users").await.refused(401, 124);
    let reply = zoom.fetch_token().await;
    assert_eq!((reply.status, reply.body["error"].as_str()), (400, Some("invalid_client")));
}

#[test]
fn an_account_file_describes_one_account_or_several() {
    let one = AccountConfig::all_from_yaml("accountId: acme\nusers: 3").unwrap();
    assert_eq!((one.len(), one[0].users), (1, 3));
    let two = AccountConfig::all_from_yaml("accounts:\n- accountId: acme\n- accountId: globex\n  plan: Pro").unwrap();
    assert_eq!((two[0].account_id.as_str(), two[1].account_id.as_str()), ("acme", "globex"));
    assert!(AccountConfig::all_from_yaml("accounts: []").unwrap_err().to_string().contains("at least one"));
}

#[rstest::rstest]
#[case("seats: {licensed: many}", &["seats.licensed", "many", "line 1"])]
#[case("people:\n- email: a@b.example\n  type: Premium", &["people[0].type", "Premium", "Basic", "Licensed", "line 3"])]
#[case("accounts:\n- accountId: a\n- accountId: b\n  plan: Gold", &["accounts[1].plan", "Gold", "Free", "Pro"])]
#[case("accounts:\n- accountid: a", &["accounts[0]", "accountid", "accountId"])]
#[case("readDelay: {listings: -1}", &["readDelay.listings", "-1", "0 to 86400"])]
fn a_mistake_in_an_account_file_is_told_with_field_finding_and_what_is_allowed(
    #[case] text: &str,
    #[case] told: &[&str],
) {
    let error = AccountConfig::all_from_yaml(text).unwrap_err().to_string();
    for part in told {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[tokio::test]
async fn a_call_with_a_token_that_is_no_good_any_more_is_booked_to_the_account_of_the_token() {
    let mut zoom = acme_and_globex().await;
    let globex = zoom.of("globex").unwrap();
    let token = zoom.fetch_token_as("simulator", "globex-secret", "account_credentials", "globex").await;
    token.body["access_token"].as_str().unwrap().clone_into(&mut zoom.token);
    globex.edit_account(AccountEdit { revoke_tokens: true, ..AccountEdit::default() });
    zoom.inject(Fault::next_call(FaultEffect::Reset));
    zoom.get("/users").await.refused(401, 124);
    assert_eq!((zoom.faults().len(), zoom.counters().get("GET /users")), (1, None));
    assert_eq!(globex.counters()["GET /users"]["401"], 1);
}
