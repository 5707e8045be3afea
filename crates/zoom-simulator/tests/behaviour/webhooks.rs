use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::watch;
use zoom_simulator::{AccountConfig, PersonConfig, PersonEdit, Probability, RoleConfig, Status, WebhookConfig};

use crate::support::{ADA, BOB, Zoom, active, licensed, pending, unlimited};

const SECRET: &str = "webhook-secret";

fn hmac_hex(message: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message);
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An endpoint as Zoom's documentation asks for: it answers URL checks and takes events whose signature is right.
struct Endpoint {
    url: String,
    got: watch::Receiver<Vec<Value>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

#[derive(Clone)]
struct Shared {
    got: watch::Sender<Vec<Value>>,
    /// What the next events are answered with; then 204.
    answers: Arc<Mutex<VecDeque<u16>>>,
}

async fn receive(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let event: Value = serde_json::from_slice(&body).unwrap();
    if event["event"] == "endpoint.url_validation" {
        let plain = event["payload"]["plainToken"].as_str().unwrap();
        return axum::Json(json!({"plainToken": plain, "encryptedToken": hmac_hex(plain.as_bytes())})).into_response();
    }
    let time = headers["x-zm-request-timestamp"].to_str().unwrap();
    let message = [format!("v0:{time}:").as_bytes(), &body].concat();
    assert_eq!(headers["x-zm-signature"].to_str().unwrap(), format!("v0={}", hmac_hex(&message)));
    shared.got.send_modify(|got| got.push(event));
    let answer = shared.answers.lock().unwrap().pop_front().unwrap_or(204);
    StatusCode::from_u16(answer).unwrap().into_response()
}

impl Endpoint {
    async fn start() -> Self {
        let (sender, got) = watch::channel(Vec::new());
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let shared = Shared { got: sender, answers: Arc::clone(&answers) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let router = Router::new().route("/events", axum::routing::post(receive)).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, got, answers }
    }

    fn config(&self) -> WebhookConfig {
        serde_json::from_value(json!({"url": self.url, "secret": SECRET})).unwrap()
    }

    /// The names of the events, once there are so many.
    async fn names(&mut self, count: usize) -> Vec<String> {
        self.events(count).await.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    }

    async fn events(&mut self, count: usize) -> Vec<Value> {
        let enough = self.got.wait_for(|got| got.len() >= count);
        let got = tokio::time::timeout(Duration::from_secs(20), enough).await;
        let got = got.unwrap_or_else(|_| panic!("fewer than {count} events came")).unwrap().clone();
        assert_eq!(got.len(), count, "{got:?}");
        got
    }
}

async fn subscribed(people: impl IntoIterator<Item = PersonConfig>) -> (Zoom, Endpoint) {
    let (zoom, endpoint) = (Zoom::with(people).await, Endpoint::start().await);
    zoom.add_webhook(endpoint.config()).await.unwrap();
    (zoom, endpoint)
}

#[test]
fn the_test_knows_hmac() {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
    let tag = hmac::sign(&key, b"The quick brown fox jumps over the lazy dog");
    assert_eq!(tag.as_ref()[..4], [0xf7, 0xbc, 0x83, 0xf4]);
}

#[tokio::test]
async fn every_change_of_a_person_is_an_event_signed_over_its_raw_body() {
    let (zoom, mut endpoint) = subscribed([active(ADA)]).await;
    zoom.patch(&format!("/users/{ADA}"), json!({"dept": "R", "last_name": "L"})).await.succeeded(204);
    zoom.create("autoCreate", BOB, 1).await;
    let created = zoom.post("/users", json!({"action": "create", "user_info": {"email": BOB, "type": 1}})).await;
    created.succeeded(201);
    zoom.accept_invitation(BOB).unwrap();
    zoom.set_status(BOB, "deactivate").await;
    zoom.set_status(BOB, "activate").await;
    zoom.delete(&format!("/users/{BOB}?action=delete")).await.succeeded(204);
    let names = endpoint.names(6).await;
    let expected = [
        "user.updated",
        "user.created",
        "user.invitation_accepted",
        "user.deactivated",
        "user.activated",
        "user.deleted",
    ];
    assert_eq!(names, expected);
    let events = endpoint.events(6).await;
    let updated = &events[0]["payload"];
    assert_eq!((&updated["object"]["dept"], &updated["old_object"]["dept"]), (&"R".into(), &"".into()));
    assert!(updated["object"].get("job_title").is_none(), "only changed fields are told: {updated}");
    assert_eq!((&updated["account_id"], &updated["operator"]), (&"acme".into(), &"owner@acme.example".into()));
    assert!(events[2]["payload"].get("operator").is_none(), "nobody but Bob accepted");
    assert_eq!(events[1]["payload"]["creation_type"], "create");
    assert!(events[1]["payload"]["object"]["display_name"].is_string() && events[5]["payload"]["object"]["type"] == 1);
}

#[tokio::test]
async fn another_password_and_a_sign_out_are_updates_that_say_what_was_done() {
    let (zoom, mut endpoint) = subscribed([active(ADA)]).await;
    zoom.put(&format!("/users/{ADA}/password"), json!({"password": "Sup3rSecret"})).await.succeeded(204);
    zoom.delete(&format!("/users/{ADA}/token")).await.succeeded(204);
    zoom.delete(&format!("/users/{ADA}/token")).await.succeeded(204);
    let events = endpoint.events(3).await;
    assert!(events.iter().all(|event| event["event"] == "user.updated" && event["payload"]["object"]["email"] == ADA));
    let operations: Vec<_> = events.iter().map(|event| event["payload"]["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["change_password", "sign_out_from_all_devices", "sign_out_from_all_devices"]);
    assert!(events.iter().all(|event| !event.to_string().contains("Sup3rSecret")));
}

#[tokio::test]
async fn fields_that_only_a_single_read_shows_are_told_as_well_and_the_name_of_a_role_that_is_gone() {
    let admin = PersonConfig { role: Some("Desk".into()), ..active(ADA) };
    let desk: RoleConfig = serde_json::from_value(json!({"name": "Desk", "id": "desk"})).unwrap();
    let zoom = Zoom::start(AccountConfig { people: vec![admin], roles: vec![desk], ..unlimited() }).await;
    let mut endpoint = Endpoint::start().await;
    zoom.add_webhook(endpoint.config()).await.unwrap();
    let change =
        json!({"pronouns_option": 2, "about_me": "Me", "linkedin_url": "x", "cms_user_id": "7", "host_key": "123456"});
    zoom.patch(&format!("/users/{ADA}"), change.clone()).await.succeeded(204);
    zoom.upload(&format!("/users/{ADA}/picture"), b"\x89PNG").await.succeeded(201);
    zoom.delete("/roles/desk").await.succeeded(204);
    let events = endpoint.events(3).await;
    let told = |index: usize, which: &str| events[index]["payload"][which].clone();
    assert!(change.as_object().unwrap().iter().all(|(name, value)| told(0, "object")[name] == *value), "{events:?}");
    assert!(told(1, "object")["pic_url"].is_string() && told(1, "old_object")["pic_url"].is_null());
    assert_eq!(
        (told(2, "object")["role"].clone(), told(2, "old_object")["role"].clone()),
        (json!("Member"), json!("Desk"))
    );
}

#[tokio::test]
async fn a_refused_call_that_named_several_changes_is_no_event() {
    let (zoom, mut endpoint) = subscribed([active(ADA)]).await;
    let url = format!("{}/scim2/Users", zoom.url());
    let manager = json!({"manager": {"value": "nobody@acme.example"}});
    let body = json!({"userName": BOB, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": manager});
    let refused = zoom.http.post(url).bearer_auth(&zoom.token).json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    zoom.set_status(ADA, "deactivate").await;
    assert_eq!(endpoint.names(1).await, ["user.deactivated"]);
}

/// Counts when it goes.
struct Given(watch::Sender<(usize, usize)>);

impl Drop for Given {
    fn drop(&mut self) {
        self.0.send_modify(|(_, given_up)| *given_up += 1);
    }
}

/// An endpoint that passes the URL check and answers no event. Tells how many came and how many were given up.
async fn silent() -> (WebhookConfig, watch::Receiver<(usize, usize)>) {
    let (sender, seen) = watch::channel((0, 0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answer = async move |body: Bytes| {
        let event: Value = serde_json::from_slice(&body).unwrap();
        if event["event"] != "endpoint.url_validation" {
            sender.send_modify(|(came, _)| *came += 1);
            let _given = Given(sender);
            std::future::pending::<()>().await;
        }
        let plain = event["payload"]["plainToken"].as_str().unwrap();
        axum::Json(json!({"plainToken": plain, "encryptedToken": hmac_hex(plain.as_bytes())}))
    };
    let router = Router::new().route("/", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (serde_json::from_value(json!({"url": url, "secret": SECRET})).unwrap(), seen)
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_in_time_gets_the_event_again_and_one_that_is_forgotten_does_not() {
    let zoom = Zoom::with([active(ADA)]).await;
    let (slow, mut seen) = silent().await;
    zoom.add_webhook(slow).await.unwrap();
    zoom.set_status(ADA, "deactivate").await;
    seen.wait_for(|(_, given_up)| *given_up == 1).await.unwrap();
    eventually(|| zoom.webhooks()[0].deliveries.len() == 1).await;
    let tried = zoom.webhooks()[0].deliveries[0].clone();
    assert!(tried.result.contains("did not answer") && tried.next_try.is_some(), "{tried:?}");
    zoom.set_status(ADA, "activate").await;
    seen.wait_for(|(came, _)| *came == 2).await.unwrap();
    zoom.clear_webhooks();
    let mut endpoint = Endpoint::start().await;
    zoom.add_webhook(endpoint.config()).await.unwrap();
    endpoint.answers.lock().unwrap().push_back(500);
    zoom.set_status(ADA, "deactivate").await;
    assert_eq!(endpoint.names(1).await, ["user.deactivated"]);
    eventually(|| zoom.webhooks()[0].deliveries.len() == 1).await;
    // The delivery to the endpoint that is gone ends when its time is over, and changes nothing of this one.
    seen.wait_for(|(_, given_up)| *given_up == 2).await.unwrap();
    zoom.set_status(ADA, "activate").await;
    endpoint.events(2).await;
    eventually(|| zoom.webhooks()[0].deliveries.len() == 2).await;
    assert_eq!(zoom.webhooks()[0].waiting, 1, "the event that it failed to take");
}

#[tokio::test]
async fn edits_in_the_portal_are_events_too_and_disassociating_is_told_from_deleting() {
    let (zoom, mut endpoint) = subscribed([PersonConfig::new("x@elsewhere.example"), active(ADA)]).await;
    zoom.edit_person(ADA, PersonEdit { status: Some(Status::Inactive), ..PersonEdit::default() }).unwrap();
    zoom.delete("/users/x@elsewhere.example").await.succeeded(204);
    zoom.edit_person(ADA, PersonEdit { delete: true, ..PersonEdit::default() }).unwrap();
    assert_eq!(endpoint.names(3).await, ["user.deactivated", "user.disassociated", "user.deleted"]);
}

#[tokio::test]
async fn groups_and_their_members_are_told() {
    let (zoom, mut endpoint) = subscribed([active(ADA)]).await;
    let group = zoom.create_group("Research").unwrap();
    zoom.post(&format!("/groups/{}/members", group.id), json!({"members": [{"email": ADA}]})).await.succeeded(201);
    zoom.rename_group("Research", "Science").unwrap();
    zoom.remove_group_member("Science", ADA).unwrap();
    zoom.delete_group("Science").unwrap();
    let events = endpoint.events(7).await;
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names[0], "group.created");
    assert!(names[1..3].contains(&"group.member_added") && names[1..3].contains(&"user.updated"));
    assert_eq!(names[3], "group.updated");
    assert!(names[4..6].contains(&"group.member_deleted") && names[6] == "group.deleted");
    let added = events.iter().find(|event| event["event"] == "group.member_added").unwrap();
    let ada = json!({"id": zoom.person(ADA).unwrap().id, "email": ADA});
    assert_eq!(added["payload"]["object"], json!({"id": group.id, "members": [ada]}));
    assert_eq!(events[3]["payload"]["object"], json!({"id": group.id, "name": "Science"}));
}

#[tokio::test]
async fn administrators_settings_and_locks_of_groups_are_told_with_what_changed() {
    let (zoom, mut endpoint) = subscribed([active(ADA)]).await;
    let group = zoom.create_group("Research").unwrap().id;
    let path = format!("/groups/{group}");
    zoom.post(&format!("{path}/admins"), json!({"admins": [{"email": ADA}]})).await.succeeded(201);
    zoom.delete(&format!("{path}/admins/{ADA}")).await.succeeded(204);
    let chat = |on: bool| json!({"in_meeting": {"chat": on}});
    zoom.patch(&format!("{path}/settings"), chat(true)).await.succeeded(204);
    zoom.patch(&format!("{path}/settings"), chat(false)).await.succeeded(204);
    zoom.patch(&format!("{path}/lock_settings"), chat(true)).await.succeeded(204);
    let events = endpoint.events(5).await;
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let expected = [
        "group.created",
        "group.admin_added",
        "group.admin_deleted",
        "group.settings_updated",
        "group.lock_settings_updated",
    ];
    assert_eq!(names, expected);
    let object = |index: usize| &events[index]["payload"]["object"];
    assert_eq!((&object(1)["id"], &object(1)["admins"][0]["email"]), (&json!(group), &json!(ADA)));
    assert_eq!((&object(3)["settings"], &object(4)["settings"]), (&chat(false), &chat(true)));
}

#[tokio::test]
async fn settings_and_presence_of_people_are_told() {
    let (zoom, mut endpoint) = subscribed([licensed(ADA)]).await;
    let settings = json!({"schedule_meeting": {"host_video": true}});
    zoom.patch(&format!("/users/{ADA}/settings"), settings).await.succeeded(204);
    zoom.put(&format!("/users/{ADA}/presence_status"), json!({"status": "Away"})).await.succeeded(204);
    let events = endpoint.events(2).await;
    assert_eq!(endpoint.names(2).await, ["user.settings_updated", "user.presence_status_updated"]);
    assert_eq!(events[0]["payload"]["object"]["settings"]["schedule_meeting"]["host_video"], true);
    let presence = &events[1]["payload"];
    assert_eq!(presence["object"]["presence_status"], "Away");
    assert!(presence["object"]["date_time"].is_string() && presence.get("operator").is_none(), "{presence}");
}

#[tokio::test]
async fn who_signs_in_and_out_is_told_with_client_and_time_and_no_operator() {
    let (zoom, mut endpoint) = subscribed([active(ADA)]).await;
    zoom.freeze(true);
    zoom.advance(SignedDuration::from_mins(30));
    let signed_in = zoom.sign_in(ADA).unwrap();
    zoom.sign_out(ADA).unwrap();
    let events = endpoint.events(2).await;
    assert_eq!(endpoint.names(2).await, ["user.signed_in", "user.signed_out"]);
    for event in &events {
        let payload = &event["payload"];
        let expected = json!({
            "id": signed_in.id,
            "email": ADA,
            "date_time": format!("{:.0}", zoom.now()),
            "client_type": "mac",
            "version": "6.2.0.1855",
            "login_type": 100,
        });
        assert_eq!((&payload["object"], payload.get("operator")), (&expected, None));
    }
    assert_eq!(signed_in.last_login, Some(zoom.now()));
    let row = zoom.get(&format!("/users/{ADA}")).await.succeeded(200);
    assert_eq!(row["last_login_time"], events[0]["payload"]["object"]["date_time"]);
}

#[tokio::test]
async fn another_status_message_is_told_with_the_one_before() {
    let (zoom, mut endpoint) = subscribed([active(ADA)]).await;
    for notes in ["At lunch", "Back"] {
        let profile = json!({"personalNotes": notes}).as_object().unwrap().clone();
        zoom.edit_person(ADA, PersonEdit { profile, ..PersonEdit::default() }).unwrap();
    }
    let events = endpoint.events(2).await;
    assert_eq!(endpoint.names(2).await, ["user.personal_notes_updated"; 2]);
    let payload = &events[1]["payload"];
    assert_eq!((&payload["object"]["personal_notes"], &payload["object"]["email"]), (&json!("Back"), &json!(ADA)));
    assert_eq!((&payload["old_object"], payload.get("operator")), (&json!({"personal_notes": "At lunch"}), None));
}

#[tokio::test]
async fn an_endpoint_hears_only_what_it_asked_for_and_reads_are_no_events() {
    let (zoom, mut endpoint) = (Zoom::with([active(ADA)]).await, Endpoint::start().await);
    let wanted = Some(vec!["user.deactivated".to_owned()]);
    zoom.add_webhook(WebhookConfig { events: wanted, ..endpoint.config() }).await.unwrap();
    zoom.get("/users").await.succeeded(200);
    zoom.patch(&format!("/users/{ADA}"), json!({"dept": "R"})).await.succeeded(204);
    zoom.set_status(ADA, "deactivate").await;
    assert_eq!(endpoint.names(1).await, ["user.deactivated"]);
}

#[tokio::test]
async fn a_5xx_is_tried_again_after_5_20_and_60_minutes_on_the_simulators_clock_and_a_4xx_never() {
    let (zoom, mut endpoint) = subscribed([licensed(ADA)]).await;
    zoom.freeze(true);
    endpoint.answers.lock().unwrap().extend([503, 500, 503, 500, 404]);
    zoom.patch(&format!("/users/{ADA}"), json!({"dept": "R"})).await.succeeded(204);
    endpoint.events(1).await;
    for (tries, minutes) in [(2, 5), (3, 20), (4, 60)] {
        // The next try is planned when the answer to the last one has come in.
        eventually(|| zoom.webhooks()[0].deliveries.len() == tries - 1).await;
        zoom.advance(SignedDuration::from_mins(minutes) - SignedDuration::from_secs(1));
        assert_eq!(zoom.webhooks()[0].waiting, 1);
        zoom.advance(SignedDuration::from_secs(1));
        endpoint.events(tries).await;
    }
    eventually(|| zoom.webhooks()[0].deliveries.len() == 4).await;
    assert_eq!(zoom.webhooks()[0].waiting, 0, "there is no fourth retry");
    zoom.edit_person(ADA, PersonEdit { first_name: Some("Ada".into()), ..PersonEdit::default() }).unwrap();
    endpoint.events(5).await;
    eventually(|| zoom.webhooks()[0].deliveries.len() == 5).await;
    assert_eq!((zoom.webhooks()[0].waiting, zoom.webhooks()[0].deliveries[4].next_try), (0, None));
}

async fn eventually(mut holds: impl FnMut() -> bool) {
    let poll = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), poll).await.expect("it did not come to hold");
}

#[tokio::test]
async fn events_can_come_twice_and_out_of_order() {
    let (zoom, mut endpoint) = (Zoom::with([active(ADA)]).await, Endpoint::start().await);
    let duplicates = Probability::try_from(1.0).unwrap();
    zoom.add_webhook(WebhookConfig { duplicates, ..endpoint.config() }).await.unwrap();
    zoom.set_status(ADA, "deactivate").await;
    assert_eq!(endpoint.names(2).await, ["user.deactivated", "user.deactivated"]);

    let (zoom, mut endpoint) = (Zoom::with([active(ADA)]).await, Endpoint::start().await);
    zoom.freeze(true);
    let config = WebhookConfig { disorder: Probability::try_from(0.5).unwrap(), seed: 4, ..endpoint.config() };
    zoom.add_webhook(config).await.unwrap();
    for dept in ["A", "B", "C", "D", "E", "F"] {
        zoom.patch(&format!("/users/{ADA}"), json!({"dept": dept})).await.succeeded(204);
    }
    zoom.advance(SignedDuration::from_secs(1));
    let told = endpoint.events(6).await;
    let order: Vec<_> = told.iter().map(|event| event["payload"]["object"]["dept"].as_str().unwrap()).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["A", "B", "C", "D", "E", "F"]);
    assert_ne!(order, sorted);
}

#[tokio::test]
async fn an_endpoint_that_does_not_know_its_secret_or_leads_off_the_machine_is_refused() {
    let (zoom, endpoint) = (Zoom::with([]).await, Endpoint::start().await);
    let wrong = WebhookConfig { secret: "another".into(), ..endpoint.config() };
    assert!(zoom.add_webhook(wrong).await.unwrap_err().to_string().contains("encryptedToken"));
    let far = WebhookConfig { url: "http://192.0.2.1/".parse().unwrap(), ..endpoint.config() };
    assert!(zoom.add_webhook(far).await.unwrap_err().to_string().contains("loopback"));
    assert!(zoom.webhooks().is_empty());
    let far = json!({"accountId": "far", "webhooks": [{"url": "https://hooks.example/", "secret": "s"}]});
    let refused = zoom.http.post(format!("{}/simulator/accounts", zoom.url())).json(&far).send().await.unwrap();
    assert_eq!(refused.status(), 409);
}

#[tokio::test]
async fn the_url_is_checked_again_every_72_hours_and_six_failures_disable_the_endpoint() {
    let (zoom, endpoint) = subscribed([pending(ADA)]).await;
    zoom.freeze(true);
    zoom.advance(SignedDuration::from_hours(72));
    eventually(|| zoom.webhooks()[0].deliveries.len() == 1).await;
    assert_eq!(zoom.webhooks()[0].deliveries[0].result, "passed");
    drop(endpoint);
    let gone: WebhookConfig = serde_json::from_value(json!({"url": "http://127.0.0.1:9/", "secret": "s"})).unwrap();
    let config = zoom_simulator::AccountConfig {
        account_id: "gone".into(),
        webhooks: vec![gone],
        ..zoom_simulator::AccountConfig::default()
    };
    let gone = zoom.add_account(config).unwrap();
    for checks in 1..=6 {
        assert!(gone.webhooks()[0].enabled);
        zoom.advance(SignedDuration::from_hours(72));
        eventually(|| gone.webhooks()[0].deliveries.len() == checks).await;
    }
    assert!(!gone.webhooks()[0].enabled);
}
