use jiff::SignedDuration;
use zoom_simulator::AccountConfig;

use crate::support::{Zoom, read, unlimited};

#[tokio::test]
async fn a_token_tells_its_life_scopes_and_the_api_base() {
    let zoom = Zoom::with([]).await;
    let body = zoom.fetch_token().await.succeeded(200);
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["api_url"], zoom.url());
    assert!(body["scope"].as_str().unwrap().split(' ').any(|scope| scope == "user:read:list_users:admin"));
}

#[tokio::test]
async fn the_parameters_may_stand_in_the_query() {
    let zoom = Zoom::with([]).await;
    let url = format!("{}/oauth/token?grant_type=account_credentials&account_id=acme", zoom.url());
    let reply = read(zoom.http.post(url).basic_auth("simulator", Some("simulator-secret")).send().await.unwrap()).await;
    reply.succeeded(200);
}

#[tokio::test]
async fn wrong_credentials_grant_and_account_are_refused_in_the_shape_of_oauth() {
    let zoom = Zoom::with([]).await;
    for (id, secret, grant, account, error) in [
        ("simulator", "wrong", "account_credentials", "acme", "invalid_client"),
        ("wrong", "simulator-secret", "account_credentials", "acme", "invalid_client"),
        ("simulator", "simulator-secret", "client_credentials", "acme", "unsupported_grant_type"),
        ("simulator", "simulator-secret", "account_credentials", "other", "invalid_request"),
    ] {
        let reply = zoom.fetch_token_as(id, secret, grant, account).await;
        assert_eq!((reply.status, reply.body["error"].as_str()), (400, Some(error)));
        assert!(reply.body["reason"].is_string());
    }
}

#[tokio::test]
async fn several_tokens_are_good_at_once_for_an_hour() {
    let mut zoom = Zoom::with([]).await;
    zoom.advance(SignedDuration::from_mins(30));
    let second = zoom.fetch_token().await.body["access_token"].as_str().unwrap().to_owned();
    zoom.get("/users").await.succeeded(200);
    zoom.advance(SignedDuration::from_mins(31));
    zoom.get("/users").await.refused(401, 124);
    zoom.token = second;
    zoom.get("/users").await.succeeded(200);
}

#[tokio::test]
async fn the_scheme_of_a_token_may_be_in_small_letters() {
    let zoom = Zoom::with([]).await;
    let request = zoom.http.get(format!("{}/v2/users", zoom.url()));
    read(request.header("authorization", format!("bearer {}", zoom.token)).send().await.unwrap()).await.succeeded(200);
}

#[tokio::test]
async fn a_bad_token_and_none_are_refused() {
    let mut zoom = Zoom::with([]).await;
    zoom.token = "nonsense".into();
    zoom.get("/users").await.refused(401, 124);
    let reply = read(zoom.http.get(format!("{}/v2/users", zoom.url())).send().await.unwrap()).await;
    reply.refused(401, 124);
}

#[tokio::test]
async fn a_missing_scope_is_named_and_other_calls_go_on() {
    let scopes = Some(vec!["user:read:list_users:admin".to_owned()]);
    let zoom = Zoom::start(AccountConfig { scopes, ..unlimited() }).await;
    zoom.get("/users").await.succeeded(200);
    let reply = zoom.create("create", "ada@acme.example", 1).await;
    reply.refused(400, 4711);
    assert!(reply.text.contains("user:write:user:admin"));
}

#[tokio::test]
async fn classic_scopes_cover_their_calls() {
    let scopes = Some(vec!["user:write:admin".to_owned()]);
    let zoom = Zoom::start(AccountConfig { scopes, ..unlimited() }).await;
    zoom.get("/users").await.succeeded(200);
    zoom.create("create", "ada@acme.example", 1).await.succeeded(201);
    zoom.get("/roles").await.refused(400, 4711);
}

#[tokio::test]
async fn a_scope_of_master_accounts_covers_the_calls_of_an_administrators() {
    let scopes = Some(vec!["account:read:settings:master".to_owned()]);
    let zoom = Zoom::start(AccountConfig { scopes, ..unlimited() }).await;
    zoom.get("/accounts/me/settings").await.succeeded(200);
    zoom.get("/users").await.refused(400, 4711);
}
