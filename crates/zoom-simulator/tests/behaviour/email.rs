use jiff::SignedDuration;
use serde_json::json;
use zoom_simulator::{AccountConfig, ElsewhereConfig};

use crate::support::{ADA, BOB, OWNER, Reply, Zoom, active, admin, inactive, pending, unlimited};

async fn change(zoom: &Zoom, from: &str, to: &str) -> Reply {
    zoom.put(&format!("/users/{from}/email"), json!({"email": to})).await
}

#[tokio::test]
async fn an_address_changes_within_the_managed_domains_and_the_person_stays_the_same() {
    let zoom = Zoom::with([active(ADA)]).await;
    let id = zoom.person(ADA).unwrap().id;
    change(&zoom, ADA, "Countess@acme.example").await.succeeded(204);
    assert_eq!(zoom.person("countess@acme.example").unwrap().id, id);
    zoom.get(&format!("/users/{ADA}")).await.refused(404, 1001);
    change(&zoom, &id, "ada@other.example").await.refused(400, 1116);
}

#[tokio::test]
async fn a_new_address_must_be_unknown_to_zoom() {
    let elsewhere = vec![ElsewhereConfig { email: "cy@acme.example".into(), create: None }];
    let people = vec![active(ADA), active(BOB)];
    let zoom = Zoom::start(AccountConfig { people, elsewhere, ..unlimited() }).await;
    change(&zoom, ADA, BOB).await.refused(409, 1005);
    change(&zoom, ADA, "cy@acme.example").await.refused(409, 1005);
    change(&zoom, ADA, "nonsense").await.invalid(&["email"]);
    zoom.put(&format!("/users/{ADA}/email"), json!({})).await.invalid(&["email"]);
}

#[tokio::test]
async fn admins_owner_pending_and_inactive_people_keep_their_address() {
    let zoom = Zoom::with([admin(ADA), pending(BOB), inactive("cy@acme.example")]).await;
    for email in [ADA, BOB, "cy@acme.example", OWNER] {
        change(&zoom, email, "new@acme.example").await.refused(400, 1000);
    }
}

#[tokio::test]
async fn an_address_changes_three_times_in_a_day_and_not_four_times() {
    let mut zoom = Zoom::with([active(ADA)]).await;
    let id = zoom.person(ADA).unwrap().id;
    for number in 1..=3 {
        change(&zoom, &id, &format!("ada{number}@acme.example")).await.succeeded(204);
    }
    change(&zoom, &id, ADA).await.refused(429, 429);
    zoom.advance(SignedDuration::from_hours(24));
    zoom.token = zoom.fetch_token().await.body["access_token"].as_str().unwrap().to_owned();
    change(&zoom, &id, ADA).await.succeeded(204);
}

#[tokio::test]
async fn ones_own_address_in_other_letters_is_an_address_that_zoom_knows() {
    let zoom = Zoom::with([active(ADA)]).await;
    change(&zoom, ADA, "Ada@acme.example").await.refused(409, 1005);
}
