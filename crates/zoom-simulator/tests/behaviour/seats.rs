use serde_json::json;
use zoom_simulator::{AccountConfig, License, PersonConfig, Seats};

use crate::support::{ADA, BOB, Zoom, active, inactive, licensed, unlimited};

async fn with_seats(licensed: u32, basic: Option<u32>, people: Vec<PersonConfig>) -> Zoom {
    Zoom::start(AccountConfig { seats: Seats { licensed, basic }, people, ..unlimited() }).await
}

#[tokio::test]
async fn no_licensed_seat_is_2034_on_create_and_update() {
    let zoom = with_seats(2, None, vec![licensed(ADA), active(BOB)]).await;
    zoom.create("create", "cy@acme.example", 2).await.refused(400, 2034);
    zoom.patch(&format!("/users/{BOB}"), json!({"type": 2})).await.refused(400, 2034);
    zoom.patch(&format!("/users/{ADA}"), json!({"type": 1})).await.succeeded(204);
    zoom.patch(&format!("/users/{BOB}"), json!({"type": 2})).await.succeeded(204);
    assert_eq!(zoom.person(BOB).unwrap().license, License::Licensed);
}

#[tokio::test]
async fn pending_people_take_seats_and_filling_them_so_is_3412() {
    let zoom = with_seats(2, None, vec![active(ADA)]).await;
    zoom.create("create", BOB, 2).await.succeeded(201);
    zoom.create("create", "cy@acme.example", 2).await.refused(400, 3412);
    zoom.patch(&format!("/users/{ADA}"), json!({"type": 2})).await.refused(400, 3412);
    zoom.delete(&format!("/users/{BOB}")).await.succeeded(204);
    zoom.patch(&format!("/users/{ADA}"), json!({"type": 2})).await.succeeded(204);
}

#[tokio::test]
async fn no_basic_seat_is_2033_on_create_downgrade_and_activation() {
    let zoom = with_seats(5, Some(1), vec![licensed(ADA), active(BOB), inactive("cy@acme.example")]).await;
    zoom.create("create", "dee@acme.example", 1).await.refused(400, 2033);
    zoom.patch(&format!("/users/{ADA}"), json!({"type": 1})).await.refused(400, 2033);
    zoom.set_status("cy@acme.example", "activate").await.refused(400, 2033);
    zoom.set_status(BOB, "deactivate").await.succeeded(200);
    zoom.set_status("cy@acme.example", "activate").await.succeeded(200);
}

#[tokio::test]
async fn people_without_a_meetings_licence_take_no_seat() {
    let zoom = with_seats(1, Some(0), vec![]).await;
    zoom.create("create", ADA, 4).await.succeeded(201);
}

#[tokio::test]
async fn a_zoom_room_keeps_its_licence_and_takes_no_meetings_seat() {
    let rooms = vec!["room@acme.example".into()];
    let zoom = Zoom::start(AccountConfig { rooms, ..unlimited() }).await;
    zoom.patch("/users/room@acme.example", json!({"type": 1})).await.refused(400, 200);
    let usage = zoom.get("/accounts/me/plans/usage").await.succeeded(200);
    assert_eq!((&usage["plan_base"]["usage"], &usage["plan_zoom_rooms"][0]["usage"]), (&1.into(), &1.into()));
    assert_eq!(zoom.get("/users/summary").await.body["room_users_count"], 1);
}

#[tokio::test]
async fn activating_somebody_while_pending_people_fill_the_basic_seats_is_3412() {
    let people = vec![active(ADA), inactive(BOB), crate::support::pending("cy@acme.example")];
    let zoom = with_seats(5, Some(2), people).await;
    zoom.set_status(BOB, "activate").await.refused(400, 3412);
    zoom.delete("/users/cy@acme.example").await.succeeded(204);
    zoom.set_status(BOB, "activate").await.succeeded(200);
}
