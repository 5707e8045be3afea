use serde_json::json;
use zoom_simulator::{AccountConfig, GroupConfig};

use crate::support::{Zoom, unlimited};

async fn zoom() -> Zoom {
    let groups = vec![GroupConfig { name: "A".into(), id: Some("a".into()) }];
    Zoom::start(AccountConfig { groups, ..unlimited() }).await
}

#[tokio::test]
async fn a_change_of_settings_is_merged_into_the_tree() {
    let zoom = zoom().await;
    let before = zoom.get("/groups/a/settings").await.succeeded(200);
    assert_eq!((&before["in_meeting"]["chat"], &before["in_meeting"]["co_host"]), (&json!(true), &json!(true)));
    let change =
        json!({"in_meeting": {"chat": false, "some_new_setting": 3}, "schedule_meeting": {"audio_type": "voip"}});
    zoom.patch("/groups/a/settings", change).await.succeeded(204);
    let after = zoom.get("/groups/a/settings").await.succeeded(200);
    let in_meeting = &after["in_meeting"];
    assert_eq!(
        (&in_meeting["chat"], &in_meeting["co_host"], &in_meeting["some_new_setting"]),
        (&json!(false), &json!(true), &json!(3))
    );
    assert_eq!(after["schedule_meeting"]["audio_type"], "voip");
    zoom.get("/groups/nope/settings").await.refused(404, 4130);
}

#[tokio::test]
async fn a_setting_keeps_its_type() {
    let zoom = zoom().await;
    let wrong = json!({"in_meeting": {"chat": "yes"}, "recording": 1});
    zoom.patch("/groups/a/settings", wrong).await.invalid(&["in_meeting.chat", "recording"]);
    assert_eq!(zoom.get("/groups/a/settings").await.succeeded(200)["in_meeting"]["chat"], true);
}

#[tokio::test]
async fn an_option_shows_and_changes_its_section_alone() {
    let zoom = zoom().await;
    assert!(zoom.get("/groups/a/settings").await.succeeded(200).get("meeting_security").is_none());
    let path = "/groups/a/settings?option=meeting_security";
    let change = json!({"meeting_security": {"waiting_room": false}, "in_meeting": {"chat": false}});
    zoom.patch(path, change).await.succeeded(204);
    let security = zoom.get(path).await.succeeded(200);
    assert_eq!(security.as_object().unwrap().keys().collect::<Vec<_>>(), ["meeting_security"]);
    assert_eq!(security["meeting_security"]["waiting_room"], false);
    assert_eq!(zoom.get("/groups/a/settings").await.succeeded(200)["in_meeting"]["chat"], true);
    zoom.get("/groups/a/settings?option=weather").await.invalid(&["option"]);
}

#[tokio::test]
async fn locks_are_on_or_off() {
    let zoom = zoom().await;
    assert_eq!(zoom.get("/groups/a/lock_settings").await.succeeded(200)["in_meeting"]["chat"], false);
    zoom.patch("/groups/a/lock_settings", json!({"in_meeting": {"chat": true}})).await.succeeded(204);
    let locks = zoom.get("/groups/a/lock_settings").await.succeeded(200);
    assert_eq!((&locks["in_meeting"]["chat"], &locks["in_meeting"]["polling"]), (&json!(true), &json!(false)));
    let wrong = json!({"in_meeting": {"some_new_setting": 1}, "telephony": true});
    zoom.patch("/groups/a/lock_settings", wrong).await.invalid(&["in_meeting.some_new_setting", "telephony"]);
}

#[tokio::test]
async fn registration_settings_are_kept_apart() {
    let zoom = zoom().await;
    let path = "/groups/a/settings/registration?type=webinar";
    assert_eq!(zoom.get(path).await.succeeded(200)["approve_type"], 0);
    let questions = json!([{"field_name": "city", "required": true, "selected": true}]);
    zoom.patch(path, json!({"approve_type": 1, "questions": questions})).await.succeeded(204);
    let after = zoom.get(path).await.succeeded(200);
    assert_eq!((&after["approve_type"], &after["questions"]), (&json!(1), &questions));
    assert_eq!(after["options"]["close_registration"], false);
    zoom.get("/groups/a/settings/registration?type=meeting").await.invalid(&["type"]);
}
