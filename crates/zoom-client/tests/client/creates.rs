//! A create is sent once; what became of it is read back.

use crate::support::{Reply, Server, broken_off, refusal, reply, user};
use rstest::rstest;
use serde_json::json;
use zoom_client::{CreateAction, Created, ErrorKind, NewUser, RetryClass, UserType};

fn ada() -> NewUser {
    NewUser {
        action: CreateAction::Create,
        email: "ada@example.com".into(),
        user_type: UserType::Basic,
        first_name: Some("Ada".into()),
        last_name: None,
        display_name: None,
    }
}

const READ_BACK: [&str; 2] = ["POST /v2/users", "GET /v2/users/ada%40example.com"];

#[tokio::test]
async fn a_create_sends_what_was_asked_for_and_returns_the_id() {
    let server = Server::start(|_, _| reply(201, user("ada@example.com", "abc"))).await;
    let created = server.client().create_user(&ada()).await.unwrap();
    assert_eq!(created, Created { id: Some("abc".into()), email: "ada@example.com".into() });
    let expected =
        json!({"action": "create", "user_info": {"email": "ada@example.com", "type": 1, "first_name": "Ada"}});
    assert_eq!(server.calls()[0].json(), expected);
}

#[tokio::test]
async fn the_password_of_an_auto_create_is_sent_and_never_shown() {
    let server = Server::start(|_, _| reply(201, user("ada@example.com", "abc"))).await;
    let new = NewUser { action: CreateAction::AutoCreate { password: "Very-1-Secret".into() }, ..ada() };
    server.client().create_user(&new).await.unwrap();
    assert_eq!(server.calls()[0].json()["user_info"]["password"], "Very-1-Secret");
    assert!(!format!("{new:?}").contains("Very"));
}

#[rstest]
#[case(json!({"id": "", "email": "ada@example.com"}))]
#[case(json!({"id": null, "email": "ada@example.com"}))]
#[case(json!({"email": "ada@example.com"}))]
#[tokio::test]
async fn a_create_without_an_id_is_an_invitation(#[case] body: serde_json::Value) {
    let server = Server::start(move |_, _| reply(201, body.clone())).await;
    let created = server.client().create_user(&ada()).await.unwrap();
    assert_eq!(created, Created { id: None, email: "ada@example.com".into() });
}

/// The ways in which the answer to a create goes missing.
#[derive(Clone, Copy, Debug)]
enum Loss {
    NeverAnswered,
    BrokenOff,
    CutShort,
    ServerError,
    GatewayPage,
    OtherShape,
}

impl Loss {
    fn reply(self) -> Reply {
        match self {
            Loss::NeverAnswered => None,
            Loss::BrokenOff => broken_off(201, r#"{"id":"ab"#),
            Loss::CutShort => {
                Some(axum::response::IntoResponse::into_response((axum::http::StatusCode::CREATED, r#"{"id":"ab"#)))
            }
            Loss::ServerError => refusal(500, 500, "Internal error."),
            Loss::GatewayPage => Some(axum::response::IntoResponse::into_response((
                axum::http::StatusCode::BAD_GATEWAY,
                axum::response::Html("<title>Bad gateway</title>"),
            ))),
            Loss::OtherShape => reply(201, json!({"novelty": true})),
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_create_that_took_effect_but_lost_its_answer_is_found(
    #[values(
        Loss::NeverAnswered,
        Loss::BrokenOff,
        Loss::CutShort,
        Loss::ServerError,
        Loss::GatewayPage,
        Loss::OtherShape
    )]
    loss: Loss,
) {
    let server = Server::start(move |_, before| match before {
        0 => loss.reply(),
        _ => reply(200, user("ada@example.com", "abc")),
    })
    .await;
    let created = server.impatient_client().create_user(&ada()).await.unwrap();
    assert_eq!(created.id.as_deref(), Some("abc"));
    assert_eq!(server.lines(), READ_BACK);
}

#[rstest]
#[tokio::test]
async fn a_create_that_failed_before_its_effect_is_in_doubt_and_never_sent_twice(
    #[values(Loss::NeverAnswered, Loss::BrokenOff, Loss::ServerError)] loss: Loss,
) {
    let server = Server::start(move |_, before| match before {
        0 => loss.reply(),
        _ => refusal(404, 1001, "User does not exist."),
    })
    .await;
    let error = server.impatient_client().create_user(&ada()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::InDoubt { seen_absent: true });
    assert_eq!(error.retry_class(), RetryClass::Soon);
    assert_eq!(error.tried(), "POST /users");
    assert_eq!(server.lines(), READ_BACK);
}

#[tokio::test]
async fn a_create_whose_read_back_fails_stays_in_doubt() {
    let server = Server::start(|_, before| match before {
        0 => refusal(503, 503, "Unavailable."),
        _ => refusal(404, 404, "Who knows."),
    })
    .await;
    let error = server.client().create_user(&ada()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::InDoubt { seen_absent: false });
    assert_eq!(server.lines(), READ_BACK);
}

#[rstest]
#[case(409, 1005, ErrorKind::AddressTaken)]
#[case(400, 1009, ErrorKind::AccountElsewhere)]
#[case(400, 1107, ErrorKind::DomainNotAllowed)]
#[case(200, 200, ErrorKind::Refused)]
#[tokio::test]
async fn a_refused_create_leaves_no_doubt(#[case] status: u16, #[case] code: i64, #[case] kind: ErrorKind) {
    let server = Server::start(move |_, _| refusal(status, code, "No.")).await;
    let error = server.client().create_user(&ada()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.code()), (&kind, Some(status), Some(code)));
    assert_eq!(server.lines(), ["POST /v2/users"]);
}

#[tokio::test]
async fn a_create_under_a_429_is_not_repeated() {
    let server = Server::start(|_, _| refusal(429, 429, "You have reached the maximum per-second rate limit.")).await;
    let error = server.client().create_user(&ada()).await.unwrap_err();
    assert!(matches!(error.retry_class(), RetryClass::At(_)), "{error}");
    assert_eq!(server.lines(), ["POST /v2/users"]);
}

#[tokio::test]
async fn a_create_that_never_left_is_no_doubt() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::start(|_, _| None).await;
    let mut config = server.config();
    let closed = format!("http://{}/v2", free.local_addr().unwrap());
    drop(free);
    config.endpoints.api = closed.parse().unwrap();
    let error = zoom_client::ZoomClient::new(config).unwrap().create_user(&ada()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&ErrorKind::Transient, None));
    assert!(!error.message().is_empty());
}
