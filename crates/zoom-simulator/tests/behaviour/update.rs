use serde_json::json;
use zoom_simulator::{AccountConfig, GroupConfig, Profile, Quirks};

use crate::support::{ADA, BOB, Zoom, active, inactive, pending, unlimited};

fn ada() -> String {
    format!("/users/{ADA}")
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_leaves_the_rest() {
    let zoom = Zoom::with([active(ADA), active(BOB)]).await;
    let first = json!({
        "first_name": "Ada", "display_name": "Countess", "dept": "Research", "job_title": "Analyst", "company": "Acme",
        "location": "London", "cost_center": "42", "manager": BOB, "language": "en-GB", "timezone": "Europe/London",
        "pronouns": "she/her", "pronouns_option": 2,
        "phone_numbers": [{"code": "+44", "country": "GB", "label": "Office", "number": "2071234567"}],
        "custom_attributes": [{"key": "k", "name": "n", "value": "v"}],
    });
    zoom.patch(&ada(), first.clone()).await.succeeded(204);
    zoom.patch(&ada(), json!({"job_title": "Director", "cost_center": "", "dept": null})).await.succeeded(204);
    let read = zoom.get(&ada()).await.succeeded(200);
    for (field, value) in first.as_object().unwrap() {
        match field.as_str() {
            "job_title" => assert_eq!(read[field], "Director"),
            "cost_center" => assert_eq!(read[field], ""),
            "phone_numbers" => assert_eq!(read[field][0]["number"], "2071234567"),
            _ => assert_eq!(&read[field], value, "{field}"),
        }
    }
}

#[tokio::test]
async fn a_patch_on_a_pending_person_succeeds_without_effect() {
    let zoom = Zoom::with([pending(ADA)]).await;
    let before = zoom.person(ADA);
    zoom.patch(&ada(), json!({"first_name": "Ada", "type": 2, "dept": "Research"})).await.succeeded(204);
    assert_eq!(zoom.person(ADA), before);
}

#[rstest::rstest]
#[case::with_effect(true, &["Team"])]
#[case::without_effect(false, &[])]
#[tokio::test]
async fn group_id_puts_a_pending_person_into_a_group_or_does_nothing(
    #[case] pending_group_id_works: bool,
    #[case] expected: &[&str],
) {
    let groups = vec![GroupConfig { name: "Team".into(), id: Some("g1".into()) }];
    let quirks = Quirks { pending_group_id_works, ..Quirks::default() };
    let zoom = Zoom::start(AccountConfig { people: vec![pending(ADA)], groups, quirks, ..unlimited() }).await;
    zoom.patch(&ada(), json!({"group_id": "g1"})).await.succeeded(204);
    assert_eq!(zoom.person(ADA).unwrap().groups, expected);
    zoom.patch(&ada(), json!({"group_id": "g2"})).await.refused(404, 4130);
}

#[tokio::test]
async fn a_patch_on_an_inactive_person_is_refused() {
    let zoom = Zoom::with([inactive(ADA)]).await;
    zoom.patch(&ada(), json!({"first_name": "Ada"})).await.refused(400, 200);
    zoom.patch("/users/nobody@acme.example", json!({})).await.refused(404, 1001);
}

#[tokio::test]
async fn every_field_has_its_limit() {
    let zoom = Zoom::with([active(ADA)]).await;
    for (field, value) in [
        ("first_name", json!("x".repeat(65))),
        ("last_name", json!("六个中文字符")),
        ("display_name", json!("x".repeat(129))),
        ("type", json!(3)),
        ("type", json!("2")),
        ("job_title", json!("x".repeat(129))),
        ("company", json!("x".repeat(256))),
        ("location", json!("x".repeat(257))),
        ("manager", json!("nobody@acme.example")),
        ("language", json!("English")),
        ("timezone", json!("somewhere")),
        ("pronouns_option", json!(4)),
        ("phone_numbers", json!([{"number": "1"}, {"number": "2"}, {"number": "3"}, {"number": "4"}])),
        ("phone_numbers.label", json!([{"number": "1", "label": "Boat"}])),
        ("phone_numbers.number", json!([{"number": "one"}])),
        ("phone_numbers.country", json!([{"number": "1", "country": "Germany"}])),
        ("custom_attributes", json!(vec![json!({"key": "k"}); 6])),
        ("pmi", json!(123)),
        ("host_key", json!("12345")),
        ("division_ids", json!(["a", "b"])),
        ("about_me", json!("<b>me</b>")),
    ] {
        let name = field.split('.').next().unwrap();
        zoom.patch(&ada(), json!({name: value})).await.invalid(&[field]);
    }
    zoom.patch(&ada(), json!({"type": 1, "zoom_one_type": 16})).await.invalid(&["zoom_one_type"]);
}

#[tokio::test]
async fn a_workplace_bundle_has_no_seats() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.patch(&ada(), json!({"zoom_one_type": 16})).await.refused(400, 2038);
    zoom.patch(&ada(), json!({"plan_united_type": "none"})).await.succeeded(204);
    zoom.patch(&ada(), json!({"plan_united_type": "131072"})).await.refused(400, 2038);
    for (field, value) in [
        ("plan_united_type", json!("banana")),
        ("plan_united_type", json!("3")),
        ("plan_united_type", json!("262144")),
        ("zoom_one_type", json!(7)),
        ("zoom_one_type", json!(-16)),
        ("zoom_one_type", json!("16")),
        ("license_info_list", json!("MEETING")),
        ("license_info_list", json!([{}, {}, {}])),
        ("license_info_list", json!([{"license_type": "MEETING", "license_option": 2}])),
    ] {
        let reply = zoom.patch(&ada(), json!({field: value})).await;
        reply.refused(400, 300);
        assert!(reply.text.contains(field), "{}", reply.text);
        let own = json!({field: value});
        let own = if field == "zoom_one_type" { json!({"feature": own}) } else { own };
        let mut info = json!({"email": BOB, "type": 1});
        info.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        zoom.post("/users", json!({"action": "create", "user_info": info})).await.refused(400, 300);
    }
    let info = json!({"email": BOB, "type": 1, "feature": {"zoom_one_type": 16}});
    zoom.post("/users", json!({"action": "create", "user_info": info})).await.refused(400, 2038);
    let kinds = json!([{"license_type": "PHONE"}]);
    zoom.patch(&ada(), json!({"license_info_list": kinds})).await.invalid(&["license_info_list.license_type"]);
}

#[tokio::test]
async fn a_phone_licence_can_be_asked_for_and_there_is_none() {
    let zoom = Zoom::with([active(ADA)]).await;
    let phone = |wanted: serde_json::Value| json!({"feature": {"zoom_phone": wanted}});
    zoom.patch(&ada(), phone(json!(true))).await.refused(404, 1102);
    zoom.patch(&ada(), phone(json!(false))).await.succeeded(204);
    zoom.patch(&ada(), phone(json!("yes"))).await.invalid(&["feature.zoom_phone"]);
    zoom.patch(&ada(), json!({"feature": 5})).await.invalid(&["feature"]);
    let create = |wanted: serde_json::Value| json!({"action": "create", "user_info": {"email": BOB, "type": 1, "feature": {"zoom_phone": wanted}}});
    zoom.post("/users", create(json!(true))).await.refused(404, 1102);
    zoom.post("/users", create(json!("yes"))).await.invalid(&["user_info.feature.zoom_phone"]);
    assert!(zoom.person(BOB).is_none());
}

#[tokio::test]
async fn fields_that_a_call_does_not_know_are_ignored() {
    let zoom = Zoom::with([active(ADA)]).await;
    let info = json!({"email": BOB, "type": 1, "dept": "R", "job_title": "Analyst"});
    zoom.post("/users", json!({"action": "autoCreate", "user_info": info, "typo": 1})).await.refused(400, 300);
    zoom.post("/users", json!({"action": "create", "user_info": info, "typo": 1})).await.succeeded(201);
    let bob = zoom.person(BOB).unwrap().profile;
    assert_eq!((bob.dept.as_str(), bob.job_title.as_str()), ("", ""), "an update has to set them");
    zoom.patch(&ada(), json!({"typo": 1, "email": "x@acme.example", "role_id": "1", "status": "inactive"}))
        .await
        .succeeded(204);
    let read = zoom.get(&ada()).await.succeeded(200);
    assert_eq!((&read["email"], &read["role_id"], &read["status"]), (&json!(ADA), &json!("2"), &json!("active")));
    let settings = format!("{}/settings", ada());
    let change = json!({"feature": {"meeting_capacity": 1000}, "meeting_security": {"auto_security": false}});
    zoom.patch(&settings, change).await.succeeded(204);
    assert_eq!(zoom.get(&settings).await.succeeded(200)["feature"]["meeting_capacity"], 100);
    let secured = format!("{settings}?option=meeting_security");
    let before = zoom.get(&secured).await.succeeded(200);
    zoom.patch(&settings, json!({"meeting_security": {"auto_security": false}})).await.succeeded(204);
    assert_eq!(zoom.get(&secured).await.succeeded(200), before, "a section that only an option reaches");
}

#[tokio::test]
async fn a_vanity_name_belongs_to_one_person() {
    let profile = Profile { vanity_name: "taken".into(), ..Profile::default() };
    let bob = zoom_simulator::PersonConfig { profile, ..active(BOB) };
    let zoom = Zoom::with([active(ADA), bob]).await;
    zoom.patch(&ada(), json!({"vanity_name": "Taken"})).await.refused(400, 4100);
    zoom.patch(&format!("/users/{BOB}"), json!({"vanity_name": "taken"})).await.succeeded(204);
    zoom.patch(&ada(), json!({"vanity_name": "ada"})).await.succeeded(204);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_in_the_envelope() {
    let zoom = Zoom::with([active(ADA)]).await;
    let request = zoom.http.patch(format!("{}/v2/users/{ADA}", zoom.url())).bearer_auth(&zoom.token).body("{");
    crate::support::read(request.send().await.unwrap()).await.refused(400, 300);
}
