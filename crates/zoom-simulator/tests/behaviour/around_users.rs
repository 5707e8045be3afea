//! Calls on people besides reading, changing and removing them.

use jiff::SignedDuration;
use serde_json::{Value, json};
use zoom_simulator::{AccountConfig, License, LimitsConfig, PasswordRules, PersonConfig, Plan, RoleConfig, Seats};

use crate::support::{ADA, BOB, OWNER, Zoom, active, admin, inactive, licensed, pending, unlimited};

const CY: &str = "cy@acme.example";

#[tokio::test]
async fn only_work_email_logins_of_the_account_are_known_by_address() {
    let zoom = Zoom::with([active(ADA), pending(BOB)]).await;
    zoom.create("ssoCreate", CY, 1).await.succeeded(201);
    for (email, exists) in [(ADA, true), ("ADA@acme.example", true), (BOB, false), (CY, false), ("x@y.example", false)]
    {
        let body = zoom.get(&format!("/users/email?email={email}")).await.succeeded(200);
        assert_eq!(body, json!({"existed_email": exists}), "{email}");
    }
    zoom.get("/users/email").await.invalid(&["email"]);
}

#[tokio::test]
async fn a_vanity_name_can_be_asked_for() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.patch(&format!("/users/{ADA}"), json!({"vanity_name": "ada"})).await.succeeded(204);
    assert_eq!(zoom.get("/users/vanity_name?vanity_name=Ada").await.succeeded(200), json!({"existed": true}));
    assert_eq!(zoom.get("/users/vanity_name?vanity_name=bob").await.succeeded(200), json!({"existed": false}));
    zoom.get("/users/vanity_name").await.invalid(&["vanity_name"]);
}

#[tokio::test]
async fn people_are_found_by_their_employee_id_when_asked() {
    let zoom = Zoom::with([]).await;
    zoom.create("ssoCreate", ADA, 1).await.succeeded(201);
    let found = zoom.get(&format!("/users/{ADA}?search_by_unique_id=true")).await.succeeded(200);
    assert_eq!((&found["email"], &found["employee_unique_id"]), (&ADA.into(), &ADA.into()));
    zoom.get("/users/other?search_by_unique_id=true").await.refused(404, 1001);
    zoom.get(&format!("/users/{ADA}?login_type=5")).await.invalid(&["login_type"]);
}

#[tokio::test]
async fn a_password_follows_the_rules_each_with_its_code() {
    let zoom = Zoom::with([active(ADA), admin(BOB), pending(CY)]).await;
    let set = async |who: &str, password: &str| {
        zoom.put(&format!("/users/{who}/password"), json!({"password": password})).await
    };
    for (password, code) in [
        ("Sh0rt", 1124),
        ("12345678", 1125),
        ("NoNumbers", 1126),
        ("lowercase1", 1128),
        ("Xaaaab12", 1130),
        ("Xabcd135", 1131),
    ] {
        set(ADA, password).await.refused(400, code);
    }
    set(ADA, "Sup3rSecret").await.succeeded(204);
    set(ADA, "Sup3rSecret").await.refused(400, 300);
    set(BOB, "Sup3rSecret").await.refused(400, 1117);
    set(CY, "Sup3rSecret").await.refused(400, 1123);
    zoom.put(&format!("/users/{ADA}/password"), json!({})).await.invalid(&["password"]);
    for password in ["Sup3rSecret2", "Sup3rSecret"] {
        set(ADA, password).await.succeeded(204);
    }
    assert!(!serde_json::to_string(&zoom.journal()).unwrap().contains("Sup3rSecret"));
}

#[tokio::test]
async fn a_users_token_is_given_to_active_people_and_not_shown_in_the_journal() {
    let zoom = Zoom::with([active(ADA), inactive(BOB)]).await;
    let token = zoom.get(&format!("/users/{ADA}/token?type=zak&ttl=7200")).await.succeeded(200)["token"].clone();
    assert!(!serde_json::to_string(&zoom.journal()).unwrap().contains(token.as_str().unwrap()));
    zoom.get(&format!("/users/{ADA}/token?type=gold")).await.invalid(&["type"]);
    zoom.get(&format!("/users/{ADA}/token?ttl=-1")).await.invalid(&["ttl"]);
    zoom.get(&format!("/users/{BOB}/token")).await.refused(400, 200);
}

#[tokio::test]
async fn somebody_is_permitted_what_their_role_permits() {
    let desk = RoleConfig {
        name: "Help desk".into(),
        description: String::new(),
        id: None,
        privileges: vec!["User:Read".into(), "Dashboard:Read".into()],
    };
    let bob = PersonConfig { role: Some("Help desk".into()), ..active(BOB) };
    let people = vec![active(ADA), bob, admin(CY)];
    let zoom = Zoom::start(AccountConfig { people, roles: vec![desk], ..unlimited() }).await;
    let permissions = async |who: &str| {
        let body = zoom.get(&format!("/users/{who}/permissions")).await.succeeded(200);
        body["permissions"].as_array().unwrap().clone()
    };
    assert_eq!(permissions(ADA).await, Vec::<Value>::new());
    assert_eq!(permissions(BOB).await, ["User:Read", "Dashboard:Read"]);
    for who in [CY, OWNER] {
        let all = permissions(who).await;
        assert!(all.len() > 60 && all.contains(&"User:Edit".into()) && all.contains(&"SingleSignOn:Edit".into()));
    }
}

#[tokio::test]
async fn nobody_has_devices_or_templates_and_an_app_of_the_account_has_no_zak() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.get("/users/me/zak").await.refused(400, 1001);
    let of = |what: &str| format!("/users/{ADA}/{what}");
    let devices = zoom.get(&of("collaboration_devices")).await.succeeded(200);
    assert_eq!(devices, json!({"total_records": 0, "collaboration_devices": []}));
    zoom.get(&of("collaboration_devices/d1")).await.refused(404, 1238);
    zoom.get(&of("meeting_templates/t1")).await.refused(400, 300);
    let templates = zoom.get(&of("meeting_summary_templates")).await.succeeded(200);
    assert_eq!(templates, json!({"templates": [], "total_records": 0}));
    let devices_of = ["collaboration_devices", "collaboration_devices/d1"];
    for path in devices_of.into_iter().chain(["meeting_templates/t1", "meeting_summary_templates"]) {
        zoom.get(&format!("/users/nobody/{path}")).await.refused(404, 1001);
    }
}

#[tokio::test]
async fn an_account_may_ask_more_of_passwords() {
    let passwords = PasswordRules { special_character: true, not_easy: true, not_one_of_last: 2 };
    let zoom = Zoom::start(AccountConfig { people: vec![active(ADA)], passwords, ..unlimited() }).await;
    let set = async |password: &str| zoom.put(&format!("/users/{ADA}/password"), json!({"password": password})).await;
    set("Sup3rSecret").await.refused(400, 1127);
    set("Sup3r-PassWord").await.refused(400, 1136);
    for password in ["Sup3r-Secret", "Sup3r-Secret2"] {
        set(password).await.succeeded(204);
    }
    set("Sup3r-Secret2").await.refused(400, 300);
    set("Sup3r-Secret").await.refused(400, 1129);
    for password in ["Sup3r-Secret3", "Sup3r-Secret"] {
        set(password).await.succeeded(204);
    }
    let info = json!({"email": "new@acme.example", "type": 1, "password": "Sup3rSecret"});
    let created = zoom.post("/users", json!({"action": "autoCreate", "user_info": info})).await;
    created.invalid(&["user_info.password"]);
}

#[tokio::test]
async fn a_picture_is_a_small_png_or_jpeg() {
    let zoom = Zoom::with([active(ADA)]).await;
    let picture = format!("/users/{ADA}/picture");
    zoom.upload(&picture, b"").await.refused(400, 120);
    zoom.upload(&picture, b"GIF89a").await.refused(400, 120);
    zoom.upload(&picture, &[b"\x89PNG".as_slice(), &vec![0; 3 << 20]].concat()).await.refused(400, 120);
    assert!(zoom.get(&format!("/users/{ADA}")).await.body.get("pic_url").is_none());
    zoom.upload(&picture, b"\x89PNG\r\n\x1a\nrest").await.succeeded(201);
    assert!(zoom.get(&format!("/users/{ADA}")).await.body["pic_url"].is_string());
    zoom.delete(&picture).await.succeeded(204);
    assert!(zoom.get(&format!("/users/{ADA}")).await.body.get("pic_url").is_none());
}

#[tokio::test]
async fn presence_can_be_set_for_active_people() {
    let zoom = Zoom::with([active(ADA), inactive(BOB)]).await;
    let path = format!("/users/{ADA}/presence_status");
    assert_eq!(zoom.get(&path).await.succeeded(200), json!({"status": "Available"}));
    zoom.put(&path, json!({"status": "Do_Not_Disturb", "duration": 30})).await.succeeded(204);
    assert_eq!(zoom.get(&path).await.succeeded(200), json!({"status": "Do_Not_Disturb"}));
    for (status, told) in [("Do_No_Disturb", "Do_Not_Disturb"), ("In_A_Zoom_Meeting", "In_A_Zoom_Meeting")] {
        zoom.put(&path, json!({"status": status})).await.succeeded(204);
        assert_eq!(zoom.get(&path).await.succeeded(200), json!({"status": told}));
    }
    zoom.put(&path, json!({"status": "Asleep", "duration": 5})).await.invalid(&["status", "duration"]);
    zoom.get(&format!("/users/{BOB}/presence_status")).await.refused(400, 5301);
}

#[tokio::test]
async fn licensed_people_have_licensed_assistants_whose_schedulers_they_are() {
    let zoom = Zoom::with([licensed(ADA), licensed(BOB), active(CY)]).await;
    let path = format!("/users/{ADA}/assistants");
    let add = async |email: &str| zoom.post(&path, json!({"assistants": [{"email": email}]})).await;
    let added = add(BOB).await.succeeded(201);
    assert_eq!(added["ids"], zoom.person(BOB).unwrap().id);
    assert!(added["add_at"].is_string());
    for email in [ADA, BOB, CY, "nobody@acme.example"] {
        add(email).await.refused(400, 200);
    }
    zoom.post(&format!("/users/{CY}/assistants"), json!({"assistants": [{"email": BOB}]})).await.refused(400, 200);
    zoom.post(&path, json!({"assistants": []})).await.invalid(&["assistants"]);
    let row = zoom.get(&path).await.succeeded(200)["assistants"][0].clone();
    assert_eq!((&row["email"], &row["can_manage_host_private_event"]), (&BOB.into(), &false.into()));
    let schedulers = zoom.get(&format!("/users/{BOB}/schedulers")).await.succeeded(200);
    assert_eq!(schedulers["schedulers"][0]["email"], ADA);
    zoom.delete(&format!("/users/{BOB}/schedulers/{ADA}")).await.succeeded(204);
    assert_eq!(zoom.get(&path).await.succeeded(200)["assistants"], json!([]));
    add(BOB).await.succeeded(201);
    zoom.delete(&format!("{path}/{BOB}")).await.succeeded(204);
    assert_eq!(zoom.get(&path).await.succeeded(200)["assistants"], json!([]));
}

#[tokio::test]
async fn the_bulk_call_changes_whom_it_can_and_says_why_not_the_others() {
    let seats = Seats { licensed: 2, basic: None };
    let people = vec![active(ADA), active(BOB), inactive(CY)];
    let zoom = Zoom::start(AccountConfig { seats, people, ..unlimited() }).await;
    let users = json!([{"email": ADA}, {"email": BOB}, {"email": CY}, {"id": "nobody"}]);
    let body = json!({"feature_type": "user_type", "feature_value": "2", "users": users});
    let reply = zoom.post("/users/features", body).await.succeeded(201);
    assert_eq!(reply["success_user_ids"], json!([zoom.person(ADA).unwrap().id]));
    let failed = [("Users not found", json!([CY, "nobody"])), ("Not enough seats", json!([BOB]))];
    let failed = failed.map(|(reason, ids)| json!({"reason": reason, "user_ids": ids}));
    assert_eq!(reply["fail_details"], json!(failed));
    assert_eq!(zoom.person(ADA).unwrap().license, License::Licensed);
    let wrong = json!({"feature_type": "wings", "feature_value": "2", "users": [{"id": "x"}]});
    zoom.post("/users/features", wrong).await.invalid(&["feature_type"]);
    let wrong = json!({"feature_type": "user_type", "feature_value": "gold", "users": [{"id": "x"}]});
    zoom.post("/users/features", wrong).await.invalid(&["feature_value"]);
}

#[tokio::test]
async fn the_bulk_call_can_be_made_once_in_ten_seconds() {
    let config = AccountConfig { limits: LimitsConfig::On, people: vec![active(ADA)], ..AccountConfig::default() };
    let zoom = Zoom::start(config).await;
    zoom.freeze(true);
    let body = json!({"feature_type": "webinar", "feature_value": "500", "users": [{"email": ADA}]});
    zoom.post("/users/features", body.clone()).await.succeeded(201);
    zoom.post("/users/features", body.clone()).await.refused(429, 429);
    zoom.advance(SignedDuration::from_secs(10));
    zoom.post("/users/features", body).await.succeeded(201);
}

#[tokio::test]
async fn settings_show_what_the_account_the_group_and_the_person_set() {
    let groups = vec![zoom_simulator::GroupConfig { name: "G".into(), id: Some("g".into()) }];
    let ada = zoom_simulator::PersonConfig { groups: vec!["G".into()], ..licensed(ADA) };
    let zoom = Zoom::start(AccountConfig { groups, people: vec![ada], ..unlimited() }).await;
    let path = format!("/users/{ADA}/settings");
    let chat = async || zoom.get(&path).await.succeeded(200)["in_meeting"]["chat"].clone();
    assert_eq!(chat().await, true);
    zoom.patch("/accounts/me/settings", json!({"in_meeting": {"chat": false}})).await.succeeded(204);
    assert_eq!(chat().await, false);
    zoom.patch("/groups/g/settings", json!({"in_meeting": {"chat": true}})).await.succeeded(204);
    assert_eq!(chat().await, true);
    zoom.patch(&path, json!({"in_meeting": {"chat": false}})).await.succeeded(204);
    assert_eq!(chat().await, false);
    zoom.patch("/groups/g/lock_settings", json!({"in_meeting": {"chat": true}})).await.succeeded(204);
    assert_eq!(chat().await, true);
    assert_eq!(zoom.get(&path).await.succeeded(200)["feature"]["meeting_capacity"], 300);
}

#[tokio::test]
async fn a_read_of_settings_can_be_narrowed_and_options_stand_apart() {
    let zoom = Zoom::with([active(ADA)]).await;
    let path = format!("/users/{ADA}/settings");
    let narrow = zoom.get(&format!("{path}?custom_query_fields=host_video,waiting_room")).await.succeeded(200);
    assert_eq!(narrow, json!({"schedule_meeting": {"host_video": true}, "in_meeting": {"waiting_room": true}}));
    let security = zoom.get(&format!("{path}?option=meeting_security")).await.succeeded(200);
    assert_eq!(security.as_object().unwrap().keys().collect::<Vec<_>>(), ["meeting_security"]);
    let option = format!("{path}?option=meeting_authentication");
    let authentication = json!({"meeting_authentication": true});
    zoom.patch(&option, authentication).await.succeeded(204);
    let read = zoom.get(&option).await.succeeded(200);
    assert_eq!(read, json!({"meeting_authentication": true, "authentication_options": []}));
    assert!(zoom.get(&path).await.succeeded(200).get("meeting_security").is_none());
    zoom.get(&format!("{path}?option=weather")).await.invalid(&["option"]);
}

#[tokio::test]
async fn settings_keep_their_types_and_choices() {
    let zoom = Zoom::with([active(ADA)]).await;
    let change = json!({
        "in_meeting": {"chat": "yes", "entry_exit_chime": "gong", "virtual_background_settings": {"enable": 1}},
        "recording": true,
        "schedule_meeting": {"audio_type": "both"},
    });
    let fields = [
        "in_meeting.chat",
        "in_meeting.entry_exit_chime",
        "in_meeting.virtual_background_settings.enable",
        "recording",
    ];
    zoom.patch(&format!("/users/{ADA}/settings"), change).await.invalid(&fields);
}

#[tokio::test]
async fn features_that_need_a_licence_of_their_own_are_refused_by_the_persons_type() {
    let zoom = Zoom::with([active(ADA), licensed(BOB), pending(CY)]).await;
    let set = async |who: &str, feature: Value| {
        zoom.patch(&format!("/users/{who}/settings"), json!({"feature": feature})).await
    };
    set(ADA, json!({"large_meeting": true})).await.refused(400, 1108);
    set(ADA, json!({"webinar": true})).await.refused(400, 1122);
    set(BOB, json!({"webinar": true})).await.refused(400, 200);
    set(BOB, json!({"concurrent_meeting": "Plus"})).await.refused(400, 200);
    set(BOB, json!({"webinar": false, "concurrent_meeting": "None"})).await.succeeded(204);
    set(CY, json!({})).await.refused(400, 1000);
    zoom.get(&format!("/users/{CY}/settings")).await.refused(400, 1000);
    zoom.upload(&format!("/users/{CY}/settings/virtual_backgrounds"), b"\x89PNG").await.refused(400, 1000);
}

#[tokio::test]
async fn domains_settings_and_locks_of_the_account_can_be_read_if_it_pays() {
    let zoom = Zoom::with([]).await;
    let domains = zoom.get("/accounts/me/managed_domains").await.succeeded(200);
    assert_eq!(domains, json!({"total_records": 1, "domains": [{"domain": "acme.example", "status": "approved"}]}));
    let trusted = zoom.get("/accounts/acme/trusted_domains").await.succeeded(200);
    assert_eq!(trusted, json!({"trusted_domains": ["acme.example"]}));
    zoom.get("/accounts/other/settings").await.refused(404, 2001);
    let locks = "/accounts/me/lock_settings";
    assert_eq!(zoom.get(locks).await.succeeded(200)["in_meeting"]["chat"], false);
    zoom.patch(locks, json!({"in_meeting": {"chat": 1}})).await.invalid(&["in_meeting.chat"]);
    zoom.patch(locks, json!({"in_meeting": {"chat": true}})).await.succeeded(200);
    assert_eq!(zoom.get(locks).await.succeeded(200)["in_meeting"]["chat"], true);
    let zoom = Zoom::start(AccountConfig { plan: Plan::Free, ..unlimited() }).await;
    for path in ["managed_domains", "settings", "lock_settings"] {
        zoom.get(&format!("/accounts/me/{path}")).await.refused(200, 200);
    }
}
