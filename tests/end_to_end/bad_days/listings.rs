//! Listings that leave people out: nobody is created or taken for gone because of them.

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use zoom_operator_testing::eventually;

use super::{assert_says, connected, lasting_fault, nudge};
use crate::world::{CONNECTION, DEADLINE, REMOVAL, USER, World, ZOOM_GROUP, account_of, all, email, is_in_phase};

/// Zoom counts more people than it shows.
fn short() -> serde_json::Value {
    let page = json!({"page_count": 1, "page_size": 2000, "total_records": 50, "next_page_token": "", "users": []});
    lasting_fault("GET", "/users", &json!({"answer": {"status": 200, "body": page}}))
}

#[tokio::test]
async fn from_an_incomplete_listing_nobody_is_created_and_nobody_taken_for_gone() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada", "carol"]), json!({})).await?;
    world.users(&["ada", "carol"], &json!({"lastName": "Byron"})).await?;
    world.users_are(&["ada", "carol"], "Synced").await?;

    world.zoom.inject(short()).await?;
    nudge(&world, "the listing is short").await?;
    let connection = world.reason(CONNECTION, "default", "ListingIncomplete").await?;
    assert_says(&connection, &["found 0 rows where Zoom counted 50"]);
    world.zoom.clear_journal().await?;
    world.user("bob", json!({"email": email("bob")})).await?;
    world.user_is("bob", "WaitingForConnection").await?;
    // Whoever leaves does so all the same: for that they are looked at themselves.
    world.delete(USER, "carol").await?;
    world.person_until(&email("carol"), "is deactivated", |carol| carol.status == "inactive").await?;
    world.gone(USER, "carol").await?;
    nudge(&world, "the listing is still short").await?;
    world
        .until(CONNECTION, "default", "looked again", |connection| {
            connection["status"]["lastHandledRequestedAt"] == "the listing is still short"
        })
        .await?;
    assert_eq!(world.get(USER, "ada").await?["status"]["state"], "Active");
    let writes = world.zoom_writes().await?;
    assert!(!writes.iter().any(|call| call == "POST /users"), "{writes:?}");

    world.zoom.clear_faults().await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.user_is("bob", "Invited").await?;
    world.user_is("ada", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn while_zoom_is_down_a_first_group_makes_it_no_busier() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada"]), json!({"resyncInterval": "1h"})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.resync().await?;
    world.zoom.inject(lasting_fault("GET", "/users", &json!({"answer": {"status": 503}}))).await?;
    world.zoom.clear_journal().await?;
    // Nobody has listed groups before.
    world.apply(ZOOM_GROUP, "team", json!({"name": "Team"})).await?;
    world.reason(CONNECTION, "default", "ZoomUnavailable").await?;
    eventually(DEADLINE, "the account is listed again after a pause", || async {
        let calls = world.zoom.journal().await?;
        let times = calls.iter().map(|call| Ok(call.time.parse::<Timestamp>()?)).collect::<anyhow::Result<Vec<_>>>()?;
        let paused = times.windows(2).any(|pair| pair[1].duration_since(pair[0]) > SignedDuration::from_secs(3));
        ensure!(paused, "{times:?}");
        Ok(())
    })
    .await?;
    world.zoom.clear_faults().await?;
    world.reason(ZOOM_GROUP, "team", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn an_operator_that_only_ever_saw_half_of_a_listing_creates_nobody() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    world.zoom.inject(short()).await?;
    world.lease = 60;
    world.start_operator().await?;
    world.connect(json!({})).await?;
    world.users(&["ada", "bob"], &json!({"lastName": "Byron"})).await?;
    for name in ["ada", "bob"] {
        let user = world.user_is(name, "WaitingForConnection").await?;
        assert_says(&user, &["ListingIncomplete"]);
    }
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.zoom.clear_faults().await?;
    world.user_is("ada", "Synced").await?;
    world.user_is("bob", "Invited").await?;
    Ok(())
}

#[tokio::test]
async fn people_who_change_sides_while_they_are_listed_cause_no_second_creation() -> anyhow::Result<()> {
    let world = connected(account_of(&["ada", "bob"]), json!({})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.zoom.clear_journal().await?;
    // The listing of inactive people shows Ada, whom the one of active people has shown already.
    let ada = world.person(&email("ada")).await?;
    let row = json!({"id": ada.id, "email": ada.email, "type": 1, "status": "active", "role_id": "2"});
    let page = json!({"page_count": 1, "page_size": 2000, "total_records": 1, "next_page_token": "", "users": [row]});
    world.zoom.inject(lasting_fault("GET", "/users", &json!({"answer": {"status": 200, "body": page}}))).await?;
    nudge(&world, "Ada is listed three times and Bob never").await?;
    world.reason(CONNECTION, "default", "ListingIncomplete").await?;
    world.zoom.clear_faults().await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn when_many_people_have_vanished_nobody_is_created_until_that_is_cleared_up() -> anyhow::Result<()> {
    let names = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];
    let world = connected(account_of(&names), json!({})).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    all(names[..7].iter().map(|name| {
        let address = email(name);
        let zoom = &world.zoom;
        async move { zoom.delete_person(&address).await }
    }))
    .await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    world.user("new", json!({"email": email("new")})).await?;
    let user = world.user_is("new", "Suspicious").await?;
    assert_says(&user, &["7 of 8", "nobody is created"]);
    assert_says(&world.reason(CONNECTION, "default", "Suspicious").await?, &["7 of 8"]);
    // An edit would bring a vanished person back, but not now.
    world.edit(USER, "p0", json!({"lastName": "Back"})).await?;
    world.user_is("p0", "Suspicious").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    // They really left: their objects go, and with them the suspicion.
    for name in &names[1..7] {
        world.delete(USER, name).await?;
        world.gone(USER, name).await?;
    }
    // The operator looks at the account by itself meanwhile, which may end the doubt before it was seen here.
    eventually(DEADLINE, "six removals wait for that or found nobody", || async {
        let removals = world.list(REMOVAL).await?;
        let said = removals.iter().map(|removal| removal["status"]["reason"].as_str().unwrap_or_default());
        let said: Vec<_> = said.collect();
        ensure!(said.len() == 6 && said.iter().all(|why| ["Suspicious", "AlreadyDone"].contains(why)), "{said:?}");
        Ok(())
    })
    .await?;
    world.resync().await?;
    world.user_is("new", "Invited").await?;
    world.user_is("p0", "Invited").await?;
    world.removals_are(6, "Done", "AlreadyDone").await?;
    assert_eq!(world.zoom_writes().await?, ["POST /users"; 2]);
    Ok(())
}

/// What a listing says may be older than what Zoom holds.
fn stale() -> serde_json::Value {
    lasting_fault("GET", "/users", &json!("staleListing"))
}

#[tokio::test]
async fn who_is_missing_from_a_late_listing_is_not_said_to_be_removed() -> anyhow::Result<()> {
    let world = connected(account_of(&[]), json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.zoom.inject(stale()).await?;
    world.user("ada", json!({"email": email("ada"), "creation": {"method": "AutoCreate"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    let user = world.get(USER, "ada").await?;
    assert_eq!(crate::world::ready_reason(&user), Some("Synced"), "{}", crate::world::message(&user));
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn who_is_missing_from_a_late_listing_is_removed_all_the_same() -> anyhow::Result<()> {
    let world = connected(account_of(&[]), json!({})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.zoom.inject(stale()).await?;
    world.user("ada", json!({"email": email("ada"), "creation": {"method": "AutoCreate"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.resync().await?;
    world.delete(USER, "ada").await?;
    world.gone(USER, "ada").await?;
    world.person_until(&email("ada"), "is deactivated", |ada| ada.status == "inactive").await?;
    Ok(())
}

#[tokio::test]
async fn who_is_to_leave_does_so_although_a_late_listing_lacks_them_meanwhile_or_lists_them_not_yet()
-> anyhow::Result<()> {
    let world = connected(account_of(&[]), json!({"mode": "HoldRemovals"})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.zoom.inject(stale()).await?;
    world.user("ada", json!({"email": email("ada"), "creation": {"method": "AutoCreate"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete(USER, "ada").await?;
    world.gone(USER, "ada").await?;
    world.removal_is("ada", "Held", "RemovalsHeld").await?;
    world.resync().await?;
    world.edit(CONNECTION, "default", json!({"mode": "Enforce"})).await?;
    world.person_until(&email("ada"), "is deactivated", |ada| ada.status == "inactive").await?;
    world.removal_is("ada", "Done", "Completed").await?;

    world.zoom.add_person(json!({"email": email("bob")})).await?;
    let by_hand = json!({
        "class": "Access", "person": {"email": email("bob")}, "operations": [{"action": "Deactivate"}],
    });
    world.apply(REMOVAL, "bob", by_hand).await?;
    world.person_until(&email("bob"), "is deactivated", |bob| bob.status == "inactive").await?;
    world.until(REMOVAL, "bob", "is done", |removal| is_in_phase(removal, "Done", "Completed")).await?;
    Ok(())
}
