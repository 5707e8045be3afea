use zoom_simulator::AccountConfig;

use crate::support::{ADA, BOB, OWNER, Zoom, active, admin, inactive, licensed, pending, unlimited};

#[tokio::test]
async fn disassociating_is_the_default_and_leaves_an_account_elsewhere() {
    let zoom = Zoom::with([active("ada@other.example")]).await;
    zoom.delete("/users/ada@other.example").await.succeeded(204);
    zoom.get("/users/ada@other.example").await.refused(400, 1010);
    assert_eq!(zoom.create("create", "ada@other.example", 1).await.succeeded(201)["id"], "");
}

#[tokio::test]
async fn people_of_a_managed_domain_can_be_deleted_but_not_disassociated() {
    let zoom = Zoom::with([active(ADA), inactive(BOB)]).await;
    zoom.delete(&format!("/users/{ADA}")).await.refused(400, 1107);
    zoom.delete(&format!("/users/{BOB}?action=disassociate")).await.refused(400, 1107);
    zoom.delete(&format!("/users/{ADA}?action=delete")).await.succeeded(204);
    zoom.delete(&format!("/users/{ADA}?action=delete")).await.refused(404, 1001);
    zoom.create("create", ADA, 1).await.succeeded(201);
}

#[tokio::test]
async fn pending_people_can_be_disassociated_but_not_deleted() {
    let zoom = Zoom::with([pending(ADA)]).await;
    zoom.delete(&format!("/users/{ADA}?action=delete")).await.refused(400, 200);
    zoom.delete(&format!("/users/{ADA}")).await.succeeded(204);
    zoom.create("create", ADA, 1).await.succeeded(201);
}

#[tokio::test]
async fn admins_and_the_owner_are_protected() {
    let zoom = Zoom::with([admin("ada@other.example")]).await;
    zoom.delete("/users/ada@other.example").await.refused(400, 1117);
    zoom.delete(&format!("/users/{OWNER}")).await.refused(400, 1117);
    zoom.delete(&format!("/users/{OWNER}?action=delete")).await.refused(400, 1117);
    zoom.delete("/roles/1/members/ada@other.example").await.succeeded(204);
    zoom.delete("/users/ada@other.example").await.succeeded(204);
}

#[tokio::test]
async fn rooms_cannot_be_removed() {
    let rooms = vec!["room@other.example".into()];
    let zoom = Zoom::start(AccountConfig { rooms, ..unlimited() }).await;
    zoom.delete("/users/room@other.example?action=delete").await.refused(400, 200);
}

#[tokio::test]
async fn content_goes_only_to_somebody_else_who_is_licensed() {
    let zoom = Zoom::with([active(ADA), active(BOB), licensed("cy@acme.example")]).await;
    let delete = format!("/users/{ADA}?action=delete&transfer_meeting=true");
    zoom.delete(&delete).await.invalid(&["transfer_email"]);
    zoom.delete(&format!("{delete}&transfer_email={ADA}")).await.invalid(&["transfer_email"]);
    zoom.delete(&format!("{delete}&transfer_email={BOB}")).await.invalid(&["transfer_email"]);
    zoom.delete(&format!("{delete}&transfer_email=nobody@acme.example")).await.refused(404, 1001);
    assert!(zoom.person(ADA).is_some());
    zoom.delete(&format!("{delete}&transfer_email=cy@acme.example")).await.succeeded(204);
}

#[tokio::test]
async fn unknown_actions_and_flags_are_refused() {
    let zoom = Zoom::with([active(ADA)]).await;
    zoom.delete(&format!("/users/{ADA}?action=vanish")).await.invalid(&["action"]);
    zoom.delete(&format!("/users/{ADA}?action=delete&transfer_docs=maybe")).await.invalid(&["transfer_docs"]);
}
