//! What each call sends.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use crate::support::{Server, no_content, refusal, reply, user};
use rstest::rstest;
use serde_json::{Value, json};
use zoom_client::{
    CallRecord, CustomAttribute, ErrorKind, PhoneNumber, RateLabel, Removal, StatusAction, Transfer, TransferData,
    UserPatch, UserType, ZoomClient,
};

async fn silent() -> Server {
    Server::start(|_, _| no_content()).await
}

#[rstest]
#[case("ada+x@example.com", "GET /v2/users/ada%2Bx%40example.com")]
#[case("-a/b&c%20?#", "GET /v2/users/-a%2Fb%26c%2520%3F%23")]
#[case("ä..", "GET /v2/users/%C3%A4..")]
#[tokio::test]
async fn ids_and_addresses_are_encoded_in_paths(#[case] id: &str, #[case] expected: &str) {
    let server = Server::start(|_, _| reply(200, user("ada@example.com", "abc"))).await;
    server.client().get_user(id).await.unwrap();
    assert_eq!(server.lines(), [expected]);
}

#[rstest]
#[tokio::test]
async fn what_would_lead_to_another_resource_is_never_sent(
    #[values("", ".", "..", "me", "summary", "features", "email", "vanity_name")] id: &str,
) {
    let server = silent().await;
    let zoom = server.client();
    let removal = Removal::Delete { transfer: None };
    for error in [zoom.get_user(id).await.unwrap_err(), zoom.remove_user(id, &removal).await.unwrap_err()] {
        assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
    }
    assert!(zoom.remove_role_member("..", "abc").await.is_err());
    assert_eq!(server.lines().len() + server.token_calls().len(), 0);
}

#[tokio::test]
async fn a_patch_holds_what_it_names_and_nothing_else() {
    let server = silent().await;
    let patch = UserPatch {
        display_name: Some(String::new()),
        user_type: Some(UserType::Licensed),
        phone_numbers: Some(vec![PhoneNumber {
            code: Some("+49".into()),
            country: None,
            label: Some("Office".into()),
            number: "123".into(),
        }]),
        custom_attributes: Some(vec![CustomAttribute { key: "k".into(), name: None, value: Some("v".into()) }]),
        ..UserPatch::default()
    };
    server.client().update_user("abc", &patch).await.unwrap();
    let call = &server.calls()[0];
    assert_eq!(
        (call.call.as_str(), &call.headers["content-type"]),
        ("PATCH /v2/users/abc", &"application/json".parse().unwrap())
    );
    let expected = json!({"display_name": "", "type": 2,
        "phone_numbers": [{"code": "+49", "label": "Office", "number": "123"}],
        "custom_attributes": [{"key": "k", "value": "v"}]});
    assert_eq!(call.json(), expected);
    assert!(UserPatch::default().is_empty() && !patch.is_empty());
}

#[rstest]
#[case(StatusAction::Activate, json!({"action": "activate"}))]
#[case(StatusAction::Deactivate, json!({"action": "deactivate"}))]
#[tokio::test]
async fn a_status_is_set_whether_zoom_answers_200_or_204(#[case] action: StatusAction, #[case] body: Value) {
    let server = Server::start(|_, before| if before == 0 { no_content() } else { reply(200, json!({})) }).await;
    let zoom = server.client();
    zoom.set_status("abc", action).await.unwrap();
    zoom.set_status("abc", action).await.unwrap();
    assert_eq!((server.lines()[0].as_str(), server.calls()[1].json()), ("PUT /v2/users/abc/status", body));
}

#[rstest]
#[case(Removal::Disassociate { transfer: None }, "?action=disassociate")]
#[case(Removal::Delete { transfer: None }, "?action=delete")]
#[case(
    Removal::Delete { transfer: Some(Transfer {
        to: "heir+x@example.com".into(),
        data: [TransferData::Recordings, TransferData::Meetings, TransferData::Docs].into(),
    }) },
    "?action=delete&transfer_email=heir%2Bx%40example.com&transfer_meeting=true&transfer_recording=true&transfer_docs=true"
)]
#[tokio::test]
async fn a_removal_says_how_and_who_inherits_what(#[case] removal: Removal, #[case] query: &str) {
    let server = silent().await;
    server.client().remove_user("abc", &removal).await.unwrap();
    assert_eq!(server.lines(), [format!("DELETE /v2/users/abc{query}")]);
}

#[tokio::test]
async fn addresses_are_changed_and_sessions_ended() {
    let server = silent().await;
    server.client().change_email("abc", "new@example.com").await.unwrap();
    server.client().sign_out("abc").await.unwrap();
    assert_eq!(server.lines(), ["PUT /v2/users/abc/email", "DELETE /v2/users/abc/token"]);
    assert_eq!(server.calls()[0].json(), json!({"email": "new@example.com"}));
}

#[tokio::test]
async fn role_members_are_added_thirty_at_a_time() {
    let server = Server::start(|seen, _| {
        let ids: Vec<String> =
            seen.json()["members"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect();
        reply(201, json!({"ids": ids.join(","), "add_at": "2026-05-04T00:00:00Z"}))
    })
    .await;
    let ids: Vec<String> = (0..31).map(|number| format!("id{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(server.client().add_role_members("2/x", &ids).await.unwrap(), ids);
    assert_eq!(server.lines(), ["POST /v2/roles/2%2Fx/members"; 2]);
    assert_eq!(server.calls()[1].json(), json!({"members": [{"id": "id30"}]}));
}

#[tokio::test]
async fn a_summary_and_the_plan_usage_are_read() {
    let server = Server::start(|seen, _| match seen.call.as_str() {
        "GET /v2/users/summary" => reply(200, json!({"licensed_users_count": 7, "pending_users_count": 2})),
        _ => reply(200, json!({"plan_base": {"type": "monthly", "hosts": 10, "usage": 7}})),
    })
    .await;
    let summary = server.client().user_summary().await.unwrap();
    assert_eq!((summary.licensed, summary.pending, summary.total), (Some(7), Some(2), None));
    assert_eq!(server.client().plan_usage().await.unwrap().base[0].hosts, Some(10));
    assert_eq!(server.lines()[1], "GET /v2/accounts/me/plans/usage");
}

#[tokio::test]
async fn the_observer_is_told_of_every_exchange_by_template() {
    let server = Server::start(|_, before| match before {
        0 => refusal(503, 503, "Unavailable."),
        _ => refusal(404, 1001, "User does not exist."),
    })
    .await;
    let records = Arc::new(Mutex::new(Vec::<CallRecord>::new()));
    let mut config = server.config();
    let sink = Arc::clone(&records);
    config.observer = Some(Arc::new(move |record| sink.lock().unwrap().push(record.clone())));
    ZoomClient::new(config).unwrap().get_user("ada@example.com").await.unwrap_err();
    let records = records.lock().unwrap();
    let told: Vec<_> = records.iter().map(|r| (r.endpoint, r.label, r.status, r.code, r.outcome)).collect();
    let get = ("GET /users/{userId}", Some(RateLabel::Light));
    assert_eq!(
        told,
        [
            ("POST /oauth/token", None, Some(200), None, "Ok"),
            (get.0, get.1, Some(503), Some(503), "Transient"),
            (get.0, get.1, Some(404), Some(1001), "UserNotFound"),
        ]
    );
}

#[tokio::test]
async fn what_may_change_something_is_not_sent_while_the_gate_is_shut() {
    let server = Server::start(|seen, _| {
        if seen.call.starts_with("GET") { reply(200, user("ada@example.com", "abc")) } else { no_content() }
    })
    .await;
    let open = Arc::new(AtomicBool::new(false));
    let mut config = server.config();
    config.gate = Some(Arc::new({
        let open = Arc::clone(&open);
        move || open.load(Ordering::Relaxed)
    }));
    let zoom = ZoomClient::new(config).unwrap();

    zoom.get_user("abc").await.unwrap();
    let error = zoom.set_status("abc", StatusAction::Deactivate).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Withheld);
    assert_eq!(server.lines(), ["GET /v2/users/abc"]);

    open.store(true, Ordering::Relaxed);
    zoom.set_status("abc", StatusAction::Deactivate).await.unwrap();
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn the_gate_is_asked_again_before_a_repeat() {
    let server = Server::start(|_, _| refusal(503, 1, "busy")).await;
    let asked = Arc::new(AtomicBool::new(false));
    let mut config = server.config();
    // Open for the first call alone.
    config.gate = Some(Arc::new(move || !asked.swap(true, Ordering::Relaxed)));
    let zoom = ZoomClient::new(config).unwrap();
    let error = zoom.set_status("abc", StatusAction::Deactivate).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Withheld);
    assert_eq!(server.lines().len(), 1);
}
