use serde_json::json;
use zoom_simulator::{AccountConfig, GroupConfig, PersonConfig};

use crate::support::{ADA, BOB, Zoom, active, unlimited};

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
async fn locks_are_on_or_off_and_those_of_unknown_settings_are_ignored() {
    let zoom = zoom().await;
    assert_eq!(zoom.get("/groups/a/lock_settings").await.succeeded(200)["in_meeting"]["chat"], false);
    zoom.patch("/groups/a/lock_settings", json!({"in_meeting": {"chat": true}})).await.succeeded(204);
    let locks = zoom.get("/groups/a/lock_settings").await.succeeded(200);
    assert_eq!((&locks["in_meeting"]["chat"], &locks["in_meeting"]["polling"]), (&json!(true), &json!(false)));
    let some = json!({"in_meeting": {"no_setting": true, "stereo_audio": true}, "feature": {"webinar": true}});
    zoom.patch("/groups/a/lock_settings", some.clone()).await.succeeded(204);
    zoom.patch("/accounts/me/lock_settings", some).await.succeeded(200);
    for path in ["/groups/a/lock_settings", "/accounts/me/lock_settings"] {
        let locks = zoom.get(path).await.succeeded(200);
        assert_eq!(locks["in_meeting"]["stereo_audio"], true, "{path}");
        assert!(locks["in_meeting"].get("no_setting").is_none() && locks.get("feature").is_none(), "{path}: {locks}");
    }
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

#[tokio::test]
async fn named_settings_are_read_alone() {
    let zoom = zoom().await;
    let found = zoom.get("/groups/a/settings?custom_query_fields=chat,host_video").await.succeeded(200);
    assert_eq!(found, json!({"in_meeting": {"chat": true}, "schedule_meeting": {"host_video": true}}));
}

#[rstest::rstest]
#[case::of_a_group("/groups/a/settings", "/groups/nope/settings", 4130)]
#[case::of_a_person("/users/ada@acme.example/settings", "/users/nobody/settings", 1001)]
#[tokio::test]
async fn virtual_backgrounds_are_images_and_ten_at_most(#[case] of: &str, #[case] missing: &str, #[case] code: u64) {
    let groups = vec![GroupConfig { name: "A".into(), id: Some("a".into()) }];
    let zoom = Zoom::start(AccountConfig { groups, people: vec![active(ADA)], ..unlimited() }).await;
    let path = format!("{of}/virtual_backgrounds");
    let added = zoom.upload(&path, b"\x89PNG-and-so-on").await.succeeded(201);
    assert_eq!((&added["is_default"], &added["size"]), (&json!(false), &json!(14)));
    let files = async || {
        let settings = zoom.get(of).await.succeeded(200);
        settings["in_meeting"]["virtual_background_settings"]["files"].as_array().unwrap().clone()
    };
    assert_eq!(files().await, std::slice::from_ref(&added));
    zoom.upload(&path, b"").await.refused(400, 120);
    zoom.upload(&path, b"GIF89a").await.refused(400, 120);
    zoom.upload(&path, &[b"\x89PNG".as_slice(), &vec![0; 15 << 20]].concat()).await.refused(400, 120);
    for _ in 0..9 {
        zoom.upload(&path, b"\xff\xd8\xff-and-so-on").await.succeeded(201);
    }
    zoom.upload(&path, b"\x89PNG-and-so-on").await.refused(400, 120);
    let missing = format!("{missing}/virtual_backgrounds");
    zoom.upload(&missing, b"\x89PNG-and-so-on").await.refused(404, 1001);
    zoom.delete(&format!("{missing}?file_ids=nope")).await.refused(404, code);
    zoom.delete(&path).await.refused(400, 300);
    zoom.delete(&format!("{path}?file_ids=nope")).await.refused(400, 300);
    zoom.delete(&format!("{path}?file_ids={}", added["id"].as_str().unwrap())).await.succeeded(204);
    assert_eq!(files().await.len(), 9);
    let edit = json!({"in_meeting": {"virtual_background_settings": {"enable": false}}});
    zoom.patch(of, edit).await.succeeded(204);
    assert_eq!(files().await.len(), 9, "other settings leave them alone");
}

/// What holds for a person: their primary group's settings, and the locks of any of their groups.
#[tokio::test]
async fn the_locks_of_every_group_hold_for_its_members() {
    let groups = ["A", "B"].map(|name| GroupConfig { name: name.into(), id: Some(name.to_lowercase()) });
    let ada = PersonConfig { groups: vec!["A".into(), "B".into()], ..active(ADA) };
    let people = vec![ada, active(BOB)];
    let zoom = Zoom::start(AccountConfig { people, groups: groups.into(), ..unlimited() }).await;
    let chat = async |person: &str| {
        zoom.get(&format!("/users/{person}/settings")).await.succeeded(200)["in_meeting"]["chat"].clone()
    };
    zoom.patch("/groups/a/settings", json!({"in_meeting": {"chat": false}})).await.succeeded(204);
    assert_eq!((chat(ADA).await, chat(BOB).await), (json!(false), json!(true)));
    zoom.patch(&format!("/users/{ADA}/settings"), json!({"in_meeting": {"chat": true}})).await.succeeded(204);
    assert_eq!(chat(ADA).await, json!(true));
    zoom.patch("/groups/b/lock_settings", json!({"in_meeting": {"chat": true}})).await.succeeded(204);
    assert_eq!(chat(ADA).await, json!(false));
    zoom.patch(&format!("/users/{ADA}/settings"), json!({"in_meeting": {"chat": true}})).await.succeeded(204);
    assert_eq!(chat(ADA).await, json!(false), "what is locked is kept");
}
