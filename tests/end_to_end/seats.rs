//! Paid licences when there are fewer seats than wishes.

use anyhow::Context as _;
use serde_json::json;

use crate::faults::assert_calls;
use crate::world::{CONNECTION, USER, World, email, message};

const USAGE: &str = "GET /accounts/{accountId}/plans/usage";

/// Everything but how many seats there are.
const SCOPES: [&str; 8] = [
    "user:read:list_users:admin",
    "user:read:user:admin",
    "user:write:user:admin",
    "user:update:user:admin",
    "user:update:status:admin",
    "user:delete:user:admin",
    "user:delete:token:admin",
    "role:read:list_roles:admin",
];

#[tokio::test]
async fn a_seat_that_a_downgrade_frees_goes_to_the_oldest_who_waits_in_the_same_pass() -> anyhow::Result<()> {
    // The owner has one of the seats.
    let people =
        json!([{"email": email("ada"), "type": "Licensed"}, {"email": email("bob")}, {"email": email("cleo")}]);
    let world = World::connected(json!({"people": people, "seats": {"licensed": 2}}), json!({})).await?;
    world.users(&["ada"], &json!({"license": {"type": "Licensed"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.users(&["bob", "cleo"], &json!({"license": {"type": "Licensed"}})).await?;
    world.users_are(&["bob", "cleo"], "WaitingForSeat").await?;
    let told = |text: &'static str| move |user: &serde_json::Value| message(user).contains(text);
    world.until(USER, "bob", "is told of both", told("2 of 2 are used; wanted by 2 people")).await?;
    let seats = json!({"licensed": {"bought": 2, "used": 2, "free": 0, "wanted": 2}});
    world.until(CONNECTION, "default", "counts seats", |found| found["status"]["seats"] == seats).await?;

    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0], "nobody asks in vain");
    let calls = world.zoom.journal().await?;
    assert_calls(calls.iter().filter(|call| call.endpoint == USAGE).count(), 1, "one call a listing");

    world.zoom.clear_journal().await?;
    world.edit(USER, "ada", json!({"license": {"type": "Basic"}})).await?;
    world.user_is("bob", "Synced").await?;
    let calls = world.zoom.journal().await?;
    let place = |name: &str| {
        let body = calls.iter().position(|call| call.method == "PATCH" && call.path.contains(name));
        body.with_context(|| format!("no change of {name}: {calls:?}"))
    };
    let (ada, bob) = (world.person(&email("ada")).await?, world.person(&email("bob")).await?);
    let between = calls.get(place(&ada.id)?..place(&bob.id)?).context("first freed, then taken")?;
    assert!(
        between.iter().all(|call| call.endpoint == "PATCH /users/{userId}" || call.path.contains(&ada.id)),
        "{between:?}"
    );
    world.assert_wrote(&["PATCH /users/{userId}", "PATCH /users/{userId}"]).await?;
    world.user_is("cleo", "WaitingForSeat").await?;

    world.zoom.edit_account(json!({"seats": {"licensed": 3}})).await?;
    world.resync().await?;
    world.user_is("cleo", "Synced").await?;
    assert_eq!(world.person(&email("cleo")).await?.license, "Licensed");
    Ok(())
}

#[tokio::test]
async fn who_comes_back_needs_a_seat_and_is_told_which_held_removal_could_free_one() -> anyhow::Result<()> {
    let people = json!([
        {"email": email("ada"), "type": "Licensed"}, {"email": email("bob")}, {"email": email("eve"), "status": "inactive"},
        {"email": email("fay"), "status": "inactive"},
    ]);
    let world = World::connected(json!({"people": people, "seats": {"licensed": 2}}), json!({})).await?;
    world.users(&["ada"], &json!({"license": {"type": "Licensed"}})).await?;
    world.users(&["eve", "fay"], &json!({"active": false})).await?;
    world.user_is("ada", "Synced").await?;
    world.users_are(&["eve", "fay"], "Deactivated").await?;
    let told = |text: &'static str| move |user: &serde_json::Value| message(user).contains(text);
    world.users(&["eve"], &json!({"license": {"type": "Licensed"}})).await?;
    world.until(USER, "eve", "is told the numbers", told("2 of 2 are used")).await?;
    world.user_is("eve", "WaitingForSeat").await?;
    world.edit(CONNECTION, "default", json!({"mode": "HoldRemovals"})).await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Held", "RemovalsHeld").await?;
    let user = world.user_is("eve", "WaitsForHeld").await?;
    assert!(message(&user).contains("could free seats: 1"), "{}", message(&user));
    assert_eq!(world.zoom_writes().await?, [""; 0], "nobody asks in vain: {removal}");
    assert_eq!(world.person(&email("eve")).await?.status, "inactive");

    world.edit(CONNECTION, "default", json!({"mode": "Enforce"})).await?;
    world.user_is("eve", "Synced").await?;
    let eve = world.person(&email("eve")).await?;
    assert_eq!((eve.status.as_str(), eve.license.as_str()), ("active", "Licensed"));
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");

    // Bob has the only seat of the Basic people, and Zoom alone knows that it is needed.
    world.zoom.edit_account(json!({"seats": {"licensed": 2, "basic": 1}})).await?;
    world.users(&["fay"], &json!({})).await?;
    let user = world.user_is("fay", "WaitingForSeat").await?;
    assert!(message(&user).contains("no Basic seat is free: Zoom said"), "{}", message(&user));
    assert_eq!(world.person(&email("fay")).await?.status, "inactive");
    Ok(())
}

#[tokio::test]
async fn where_the_app_may_not_know_the_seats_one_refusal_speaks_for_all() -> anyhow::Result<()> {
    let people = json!([{"email": email("bob")}, {"email": email("cleo")}]);
    let account = json!({"people": people, "seats": {"licensed": 1}, "scopes": SCOPES});
    let world = World::connected(account, json!({})).await?;
    world.users(&["bob", "cleo", "newcomer"], &json!({"license": {"type": "Licensed"}})).await?;
    world.users_are(&["bob", "cleo", "newcomer"], "WaitingForSeat").await?;
    world.resync().await?;
    assert_calls(world.zoom_writes().await?.len(), 1, "one refusal speaks for all");
    let user = world.get(USER, "cleo").await?;
    assert!(message(&user).contains("Zoom said"), "{}", message(&user));
    let connection = world.reason(CONNECTION, "default", "Connected").await?;
    assert_eq!(connection["status"]["seats"], json!({"licensed": {"used": 1, "free": 0, "wanted": 3}}));
    assert!(!world.zoom.journal().await?.iter().any(|call| call.endpoint == USAGE));
    Ok(())
}
