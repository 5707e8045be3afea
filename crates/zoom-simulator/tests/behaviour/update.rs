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
