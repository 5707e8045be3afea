//! Bad days: tokens, repeats, limits, redirects, and answers of the wrong size or kind.

use crate::support::{Reply, SECRET, Server, broken_off, granted, no_content, refusal, reply, user};
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use secrecy::SecretString;
use serde_json::json;
use zoom_client::{
    CreateAction, Credentials, ErrorKind, Limits, NewUser, Plan, RetryClass, StatusAction, UserPatch, UserStatus,
    UserType, ZoomClient,
};

fn ada() -> Reply {
    reply(200, user("ada@example.com", "abc"))
}

fn authorization(server: &Server) -> Vec<String> {
    server.calls().iter().map(|seen| seen.headers["authorization"].to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn calls_at_once_share_one_token_call_with_its_parameters_in_the_body() {
    let server = Server::start(|_, _| ada()).await;
    let zoom = server.client();
    let results = futures::future::join_all((0..8).map(|_| zoom.get_user("abc"))).await;
    assert!(results.into_iter().all(|result| result.is_ok()));
    let calls = server.token_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].body, "grant_type=account_credentials&account_id=the-account");
    assert_eq!(calls[0].headers["content-type"], "application/x-www-form-urlencoded");
    assert!(calls[0].headers["authorization"].to_str().unwrap().starts_with("Basic "));
    assert_eq!(authorization(&server)[7], "Bearer token-0");
    assert!(zoom.granted_scopes().await.unwrap().contains("user:read:user:admin"));
}

#[rstest]
#[case(401, 124)]
#[case(400, 124)]
#[tokio::test]
async fn a_refused_token_is_renewed_and_the_call_repeated_once(#[case] status: u16, #[case] code: i64) {
    let server = Server::start(move |_, before| match before {
        0 => refusal(status, code, "Access token is expired."),
        _ => ada(),
    })
    .await;
    server.client().get_user("abc").await.unwrap();
    assert_eq!(authorization(&server), ["Bearer token-0", "Bearer token-1"]);
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_no_loop() {
    let server = Server::start(|_, _| refusal(401, 124, "Invalid access token.")).await;
    let error = server.client().get_user("abc").await.unwrap_err();
    assert_eq!((error.kind(), error.retry_class()), (&ErrorKind::BadCredentials, RetryClass::Account));
    assert_eq!((server.calls().len(), server.token_calls().len()), (2, 2));
}

#[tokio::test]
async fn refused_credentials_are_named_and_nothing_else_is_called() {
    let tokens = |_: &crate::support::Seen, _| {
        reply(400, json!({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}))
    };
    let server = Server::with_tokens(tokens, |_, _| ada()).await;
    let error = server.client().get_user("abc").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::BadCredentials);
    assert_eq!(
        error.to_string(),
        "POST /oauth/token: the credentials were refused (HTTP 400): invalid_client: Invalid client_id or client_secret"
    );
    assert_eq!((server.calls().len(), server.token_calls().len()), (0, 1));
}

/// A client that may create one person a day: one percent of the fifty of a free account.
fn one_create_a_day(server: &Server) -> ZoomClient {
    let mut config = server.config();
    config.limits = Limits { plan: Plan::Free, share_percent: 1 };
    ZoomClient::new(config).unwrap()
}

fn newcomer() -> NewUser {
    NewUser {
        action: CreateAction::Create,
        email: "ada@example.com".into(),
        user_type: UserType::Basic,
        first_name: None,
        last_name: None,
        display_name: None,
    }
}

#[tokio::test]
async fn rotated_credentials_get_a_token_of_their_own_and_keep_the_counts() {
    let server = Server::start(|_, _| reply(201, user("ada@example.com", "abc"))).await;
    let old = one_create_a_day(&server);
    old.create_user(&newcomer()).await.unwrap();
    let new = old.with_credentials(Credentials { client_id: "new".into(), client_secret: "new-secret".into() });
    let error = new.create_user(&newcomer()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DailyBudget { .. }), "{error}");
    let tokens = server.token_calls();
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0].headers["authorization"], tokens[1].headers["authorization"]);
}

#[rstest]
#[case::server_error(|| refusal(500, 500, "Internal error."))]
#[case::page(|| Some((StatusCode::BAD_GATEWAY, Html("<title>Bad gateway</title>")).into_response()))]
#[case::broken_off(|| broken_off(200, r#"{"id":"#))]
#[case::cut_short(|| Some(r#"{"id":"abc","em"#.into_response()))]
#[case::per_second(|| refusal(429, 429, "You have reached the maximum per-second rate limit for this API."))]
#[case::locked(|| refusal(429, 429, "Too many concurrent requests."))]
#[tokio::test]
async fn a_call_that_may_be_repeated_outlives_a_fault(#[case] fault: fn() -> Reply) {
    let server = Server::start(move |_, before| if before == 0 { fault() } else { ada() }).await;
    server.client().get_user("abc").await.unwrap();
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test]
async fn writes_that_may_be_repeated_are() {
    let server = Server::start(|_, before| match before % 2 {
        0 => refusal(502, 502, "Bad gateway."),
        _ => no_content(),
    })
    .await;
    let zoom = server.client();
    zoom.update_user("abc", &UserPatch::default()).await.unwrap();
    zoom.set_status("abc", StatusAction::Deactivate).await.unwrap();
    assert_eq!(server.calls().len(), 4);
}

#[tokio::test]
async fn repeats_end() {
    let server = Server::start(|_, _| refusal(503, 503, "Unavailable.")).await;
    let error = server.client().get_user("abc").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry_class(), error.status()),
        (&ErrorKind::Transient, RetryClass::Soon, Some(503))
    );
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn a_call_without_an_answer_times_out() {
    let server = Server::start(|_, _| None).await;
    let error = server.impatient_client().get_user("abc").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&ErrorKind::Transient, None));
    assert!(error.to_string().starts_with("GET /users/abc: no usable answer for now: "), "{error}");
    assert!(!error.to_string().contains("127.0.0.1"), "the address adds nothing: {error}");
}

fn throttled(kind: &'static str, retry_after: &str) -> Reply {
    let headers = [("x-ratelimit-type", kind), ("retry-after", retry_after)];
    let body = axum::Json(json!({"code": 429, "message": "You have reached the maximum rate limit."}));
    Some((StatusCode::TOO_MANY_REQUESTS, headers, body).into_response())
}

#[tokio::test]
async fn a_day_that_zoom_calls_spent_is_obeyed_to_its_timestamp_without_asking_again() {
    let until = Timestamp::from_second(Timestamp::now().as_second() + 3600).unwrap();
    let server = Server::start(move |_, _| throttled("Daily-limit", &until.to_string())).await;
    let zoom = server.client();
    for _ in 0..2 {
        let error = zoom.get_user("abc").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::DailyBudget { retry_at: until });
        assert_eq!(error.retry_class(), RetryClass::At(until));
    }
    assert_eq!(server.calls().len(), 1, "the second refusal is the client's own");
}

#[tokio::test]
async fn a_long_429_of_a_label_holds_that_label_for_all_clones() {
    let server = Server::start(|seen, _| match seen.call.as_str() {
        "GET /v2/users/abc" => throttled("QPS", "60"),
        _ => reply(200, json!({"licensed_users_count": 1})),
    })
    .await;
    let zoom = server.client();
    let error = zoom.get_user("abc").await.unwrap_err();
    let ErrorKind::RateLimited { retry_at } = error.kind() else { panic!("{error}") };
    assert!(*retry_at > Timestamp::now() + SignedDuration::from_secs(50));
    assert!(matches!(zoom.clone().get_user("other").await.unwrap_err().kind(), ErrorKind::RateLimited { .. }));
    zoom.user_summary().await.unwrap();
    assert_eq!(server.lines(), ["GET /v2/users/abc", "GET /v2/users/summary"]);
}

#[tokio::test]
async fn a_budget_spent_by_this_client_sends_nothing() {
    let server = Server::start(|_, _| reply(201, user("ada@example.com", "abc"))).await;
    let zoom = one_create_a_day(&server);
    zoom.create_user(&newcomer()).await.unwrap();
    let error = zoom.create_user(&newcomer()).await.unwrap_err();
    let ErrorKind::DailyBudget { retry_at } = error.kind() else { panic!("{error}") };
    assert_eq!(retry_at.as_second() % 86_400, 0, "midnight UTC");
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_redirect_carries_the_token_nowhere() {
    let elsewhere = Server::start(|_, _| ada()).await;
    let target = elsewhere.base.join("v2/users/abc").unwrap().to_string();
    let server = Server::start(move |_, _| Some(Redirect::temporary(&target).into_response())).await;
    let error = server.client().get_user("abc").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&ErrorKind::Unexpected, Some(307)));
    assert_eq!(elsewhere.calls().len() + elsewhere.token_calls().len(), 0);
}

#[tokio::test]
async fn a_redirected_token_call_carries_the_secret_nowhere() {
    let elsewhere = Server::start(|_, _| None).await;
    let target = elsewhere.base.join("oauth/token").unwrap().to_string();
    let tokens = move |_: &crate::support::Seen, _| Some(Redirect::temporary(&target).into_response());
    let server = Server::with_tokens(tokens, |_, _| ada()).await;
    assert!(server.client().get_user("abc").await.is_err());
    assert_eq!(elsewhere.token_calls().len(), 0);
}

/// An answer without a declared length that goes on for ever.
fn endless() -> Reply {
    let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1 << 20]));
    Some(Response::new(Body::from_stream(chunks)))
}

#[tokio::test]
async fn an_endless_answer_is_given_up() {
    let server = Server::start(|_, _| endless()).await;
    let error = server.client().list_users(UserStatus::Active, 300).await.unwrap_err();
    assert_eq!((error.kind(), server.calls().len()), (&ErrorKind::TooLarge, 1));
}

#[tokio::test]
async fn a_page_of_html_is_no_success() {
    let server = Server::start(|_, _| Some(Html("<title>Sign in to the hotel</title>").into_response())).await;
    let zoom = server.client();
    let read = zoom.get_user("abc").await.unwrap_err();
    let write = zoom.update_user("abc", &UserPatch::default()).await.unwrap_err();
    assert_eq!(write.kind(), &ErrorKind::Transient);
    assert!(write.message().contains("Sign in to the hotel"), "{write}");
    assert_eq!(read.kind(), &ErrorKind::Transient);
}

#[tokio::test]
async fn a_write_refused_under_http_200_is_an_error() {
    let server = Server::start(|_, _| refusal(200, 200, "You do not have permission.")).await;
    let error = server.client().remove_role_member("1", "abc").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Refused, Some(200)));
}

#[tokio::test]
async fn nothing_that_can_be_shown_holds_a_secret() {
    let server = Server::start(|_, _| refusal(400, 300, "No.")).await;
    let zoom = server.client();
    let error = zoom.get_user("abc").await.unwrap_err();
    let credentials = Credentials { client_id: "x".into(), client_secret: SecretString::from(SECRET) };
    for shown in [
        format!("{zoom:?}"),
        format!("{:?}", server.config()),
        format!("{credentials:?}"),
        format!("{error:?} {error}"),
    ] {
        assert!(!shown.contains(SECRET) && !shown.contains("token-0"), "{shown}");
    }
}

#[tokio::test]
async fn a_token_that_is_at_its_end_is_renewed_for_the_next_call() {
    let server = Server::with_tokens(|_, number| granted(number, 0), |_, _| ada()).await;
    let zoom = server.client();
    zoom.get_user("abc").await.unwrap();
    zoom.get_user("abc").await.unwrap();
    assert_eq!(authorization(&server), ["Bearer token-0", "Bearer token-1"]);
}
