use zoom_simulator::{AccountConfig, License, Quirks, Status, StatusReply};

use crate::support::{ADA, BOB, OWNER, Zoom, admin, licensed, pending, unlimited};

#[tokio::test]
async fn deactivating_takes_the_licence_and_activating_does_not_give_it_back() {
    let zoom = Zoom::with([licensed(ADA)]).await;
    zoom.set_status(ADA, "deactivate").await.succeeded(200);
    let ada = zoom.person(ADA).unwrap();
    assert_eq!((ada.status, ada.license), (Status::Inactive, License::Basic));
    assert_eq!(zoom.get("/accounts/me/plans/usage").await.body["plan_base"]["usage"], 1);
    zoom.set_status(ADA, "activate").await.succeeded(200);
    let ada = zoom.person(ADA).unwrap();
    assert_eq!((ada.status, ada.license), (Status::Active, License::Basic));
}

#[tokio::test]
async fn repeating_a_status_changes_nothing() {
    let zoom = Zoom::with([licensed(ADA)]).await;
    zoom.set_status(ADA, "activate").await.succeeded(200);
    assert_eq!(zoom.person(ADA).unwrap().license, License::Licensed);
    zoom.set_status(ADA, "deactivate").await.succeeded(200);
    zoom.set_status(ADA, "deactivate").await.succeeded(200);
    zoom.set_status(ADA, "clock_in").await.succeeded(200);
    zoom.set_status(ADA, "hibernate").await.invalid(&["action"]);
}

#[tokio::test]
async fn the_answer_to_a_change_of_status_may_be_204() {
    let quirks = Quirks { status_reply: StatusReply::NoContent, ..Quirks::default() };
    let zoom = Zoom::start(AccountConfig { people: vec![licensed(ADA)], quirks, ..unlimited() }).await;
    zoom.set_status(ADA, "deactivate").await.succeeded(204);
}

#[tokio::test]
async fn the_status_of_admins_owner_rooms_and_pending_people_cannot_be_changed() {
    let rooms = vec!["room@acme.example".into()];
    let people = vec![admin(ADA), pending(BOB)];
    let zoom = Zoom::start(AccountConfig { people, rooms, ..unlimited() }).await;
    for email in [ADA, BOB, OWNER, "room@acme.example"] {
        zoom.set_status(email, "deactivate").await.refused(400, 200);
    }
    zoom.set_status("nobody@acme.example", "activate").await.refused(404, 1001);
}

#[tokio::test]
async fn somebody_can_be_signed_out() {
    let zoom = Zoom::with([licensed(ADA)]).await;
    zoom.delete(&format!("/users/{ADA}/token")).await.succeeded(204);
    zoom.delete("/users/nobody/token").await.refused(404, 1001);
}
