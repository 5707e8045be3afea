//! What takes something from one person: written down before it runs, refused, taken back.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use zoom_operator_testing::{eventually, faults_are_on};

use crate::faults::assert_calls;
use crate::world::{
    CONNECTION, DEADLINE, REMOVAL, USER, World, account_of, condition, email, endless, is_in_phase, is_ready, message,
};

impl World<'_> {
    /// The query of the only DELETE call.
    async fn removal_query(&self) -> anyhow::Result<String> {
        let calls = self.write_calls().await?;
        let deletes: Vec<_> = calls.into_iter().filter(|call| call.method == "DELETE").collect();
        assert_calls(deletes.len(), 1, "DELETE calls");
        Ok(deletes.into_iter().next_back().context("no DELETE call")?.query)
    }
}

#[tokio::test]
async fn retain_leaves_the_person_and_nothing_is_written_down() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({"removal": {"policy": "Retain"}})).await?;
    world.delete_all(&["ada"]).await?;
    world.resync().await?;
    assert_eq!(world.list(REMOVAL).await?, [Value::Null; 0]);
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn a_deleted_object_goes_at_once_and_its_person_is_deactivated_after_the_quiet_period() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    let user = world.get(USER, "ada").await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    let spec = &removal["spec"];
    assert_eq!(spec["class"], "Access");
    assert_eq!(spec["operations"], json!([{"action": "Deactivate"}]));
    assert_eq!(spec["person"], json!({"id": user["status"]["id"], "email": email("ada")}));
    assert_eq!((&spec["source"]["uid"], &spec["restore"]["license"]), (&user["metadata"]["uid"], &json!("Basic")));
    assert_eq!(removal["metadata"]["ownerReferences"][0]["kind"], CONNECTION);
    assert!(is_ready(&removal), "{removal}");
    assert_eq!(world.statuses(&["ada", "bob"]).await?, ["inactive", "active"]);
    world.assert_wrote(&["PUT /users/{userId}/status", "DELETE /users/{userId}/token"]).await?;
    Ok(())
}

#[tokio::test]
async fn an_invitation_is_withdrawn_when_its_object_is_deleted() -> anyhow::Result<()> {
    let world = World::connected(json!({}), json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Invited").await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "the invitation stands");
    Ok(())
}

#[tokio::test]
async fn unlink_lets_a_person_go_with_a_free_account() -> anyhow::Result<()> {
    // Zoom does not unlink people of a domain that the account manages.
    let account = json!({"people": [{"email": "ada@elsewhere.example"}]});
    let world = World::connected(account, json!({"allow": {"delete": true}})).await?;
    world.user("ada", json!({"email": "ada@elsewhere.example", "removal": {"policy": "Unlink"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person("ada@elsewhere.example").await?.is_none(), "still in the account");
    let query = world.removal_query().await?;
    assert!(query.contains("action=disassociate") && !query.contains("transfer"), "{query}");
    Ok(())
}

#[tokio::test]
async fn delete_hands_what_the_object_names_to_its_heir() -> anyhow::Result<()> {
    // Zoom hands nothing to somebody without a licence.
    let people = json!([{"email": email("ada")}, {"email": email("grace"), "type": "Licensed"}]);
    let world = World::connected(json!({"people": people}), json!({"allow": {"delete": true}})).await?;
    let heir = json!({"email": email("grace"), "receives": ["Meetings", "Recordings"]});
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "heir": heir}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still in the account");
    let query = world.removal_query().await?;
    for part in ["action=delete", "transfer_email=grace", "transfer_meeting=true", "transfer_recording=true"] {
        assert!(query.contains(part), "{part} is not in {query}");
    }
    assert!(!query.contains("transfer_webinar=true"), "{query}");
    Ok(())
}

#[tokio::test]
async fn delete_without_transfer_hands_nothing_to_anybody() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({"allow": {"delete": true}})).await?;
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "transfer": "None"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["transfer"], "None");
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still in the account");
    let query = world.removal_query().await?;
    assert!(query.contains("action=delete") && !query.contains("transfer"), "{query}");
    Ok(())
}

#[tokio::test]
async fn delete_waits_until_the_connection_allows_it() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.users(&["ada"], &json!({"removal": {"policy": "Delete", "transfer": "None"}})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    let removal = world.removal_is("ada", "Held", "NotAllowed").await?;
    let said = removal["status"]["message"].as_str().unwrap();
    assert!(said.contains("allow.delete"), "{said}");
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.edit(CONNECTION, "default", json!({"allow": {"delete": true}})).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    ensure!(world.zoom.person(&email("ada")).await?.is_none(), "still in the account");
    Ok(())
}

#[tokio::test]
async fn applying_a_deleted_object_again_takes_its_removal_back_without_a_write_to_zoom() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob", "eve"], endless()).await?;
    world.delete_all(&["ada", "bob"]).await?;
    world.removal_is("ada", "Settling", "QuietPeriod").await?;
    world.removal_is("bob", "Settling", "QuietPeriod").await?;

    world.users(&["ada"], &json!({})).await?;
    // The person counts, not the name of the object.
    world.user("robert", json!({"email": email("bob")})).await?;
    for name in ["ada", "bob"] {
        let removal = world.removal_is(name, "Cancelled", "Reclaimed").await?;
        assert!(is_ready(&removal), "{removal}");
    }
    world.users_are(&["ada", "robert"], "Synced").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn taking_back_an_edit_that_is_held_cancels_it() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({"mode": "HoldRemovals"})).await?;
    world.users(&["ada"], &json!({"active": false})).await?;
    world.removal_is("ada", "Held", "RemovalsHeld").await?;
    let user = world.user_is("ada", "Held").await?;
    assert!(condition(&user, "Held").is_some(), "{user}");

    world.users(&["ada"], &json!({})).await?;
    world.removal_is("ada", "Cancelled", "TakenBack").await?;
    let user = world.user_is("ada", "Synced").await?;
    assert!(condition(&user, "Held").is_none(), "{user}");
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_lower_licence_is_taken_by_a_record_of_entitlement() -> anyhow::Result<()> {
    let people = json!([{"email": email("ada"), "type": "Licensed"}, {"email": email("bob"), "type": "Licensed"}]);
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.users(&["ada", "bob"], &json!({"license": {"type": "Licensed"}})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.users(&["ada"], &json!({"license": {"type": "Basic"}})).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Entitlement");
    assert_eq!(removal["spec"]["operations"], json!([{"action": "SetLicense", "license": "Basic"}]));
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.license, "Basic");
    assert_eq!(world.person(&email("bob")).await?.license, "Licensed");
    Ok(())
}

#[tokio::test]
async fn another_role_is_taken_by_a_record_of_entitlement() -> anyhow::Result<()> {
    let people = json!([{"email": email("ada"), "role": "Helpdesk"}, {"email": email("bob")}]);
    let account = json!({"roles": [{"name": "Helpdesk"}], "people": people});
    let world = World::connected(account, json!({})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.users(&["ada"], &json!({"role": "Member"})).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Entitlement");
    assert_eq!(removal["spec"]["operations"], json!([{"action": "SetRole", "role": "Member"}]));
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["role"], "Member");
    assert_eq!(world.person(&email("ada")).await?.role, "Member");
    Ok(())
}

#[tokio::test]
async fn a_removal_that_a_human_writes_runs_at_once_for_whom_no_object_declares() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada", "eve", "fay", "gus"]), endless()).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    for name in ["eve", "ada"] {
        let spec = json!({
            "class": "Access", "person": {"email": email(name)}, "operations": [{"action": "Deactivate"}],
        });
        world.apply(REMOVAL, &format!("stop-{name}"), spec).await?;
    }
    world.until(REMOVAL, "stop-eve", "is done", |removal| is_in_phase(removal, "Done", "Completed")).await?;
    let refused =
        world.until(REMOVAL, "stop-ada", "is refused", |removal| is_in_phase(removal, "Refused", "Declared")).await?;
    let told = refused["status"]["message"].as_str().unwrap();
    assert!(told.contains("/ada"), "{told}");
    assert!(condition(&refused, "Stalled").is_some(), "{refused}");
    assert_eq!(world.statuses(&["ada", "eve"]).await?, ["active", "inactive"]);

    // While the person is read right before, an object declares them.
    let slow = json!({"method": "GET", "path": "/users/{userId}", "count": 1, "effect": {"delay": {"ms": 4000}}});
    world.zoom.inject(slow).await?;
    let spec = json!({
        "class": "Access", "person": {"email": email("fay")}, "operations": [{"action": "Deactivate"}],
    });
    world.apply(REMOVAL, "stop-fay", spec).await?;
    world.until(REMOVAL, "stop-fay", "runs", |removal| removal["status"]["phase"] == "Running").await?;
    world.users(&["fay"], &json!({})).await?;
    world.until(REMOVAL, "stop-fay", "is refused", |removal| is_in_phase(removal, "Refused", "Declared")).await?;
    assert_eq!(world.person(&email("fay")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn a_removal_that_is_rejected_while_its_person_is_read_takes_nothing() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve", "fay", "gus"];
    let world = World::connected(account_of(&names), endless()).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    for name in names {
        if is_rejected_while_read(&world, name).await? {
            assert_eq!(world.person(&email(name)).await?.license, "Basic");
            return Ok(());
        }
    }
    ensure!(faults_are_on(), "each rejection took longer than the read");
    Ok(())
}

/// Rejects a removal while the operator reads its person; false: the read was over before, or another call was the slow one.
async fn is_rejected_while_read(world: &World<'_>, name: &str) -> anyhow::Result<bool> {
    let pause = 2500;
    let slow = json!({"method": "GET", "path": "/users/{userId}", "effect": {"delay": {"ms": pause}}});
    world.zoom.inject(slow).await?;
    let removal = format!("stop-{name}");
    let spec = json!({
        "class": "Entitlement", "person": {"email": email(name)},
        "operations": [{"action": "SetLicense", "license": "Unassigned"}],
    });
    world.apply(REMOVAL, &removal, spec).await?;
    let before_the_read = Cell::new(Instant::now());
    eventually(DEADLINE, "the person is read", || async {
        let looked = Instant::now();
        let faults = world.zoom.control(Method::GET, "faults", None).await?;
        let waits = faults.as_array().context("no list")?.iter().any(|fault| fault["path"] == "/users/{userId}");
        if waits {
            before_the_read.set(looked);
        }
        ensure!(!waits, "not yet");
        Ok(())
    })
    .await?;
    world.delete(REMOVAL, &removal).await?;
    let is_in_time = before_the_read.get().elapsed() < Duration::from_millis(pause) && !faults_are_on();
    world.resync().await?;
    Ok(is_in_time)
}

#[tokio::test]
async fn an_admin_whom_zoom_protects_is_refused_with_what_to_do_and_blocks_nobody() -> anyhow::Result<()> {
    let admin = |name| json!({"email": email(name), "role": "Admin"});
    let people = json!([admin("ada"), {"email": email("bob")}, {"email": email("eve")}, admin("root")]);
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.users(&["ada", "bob", "eve"], &json!({})).await?;
    world.users_are(&["ada", "bob", "eve"], "Synced").await?;
    let refusal = json!({"code": 200, "message": "You do not have the privilege to change this role."});
    let answer = json!({"answer": {"status": 400, "headers": {}, "body": refusal}});
    world
        .zoom
        .inject(json!({"method": "DELETE", "path": "/roles/{roleId}/members/{memberId}", "effect": answer}))
        .await?;
    world.delete_all(&["ada", "bob"]).await?;
    let removal = world.removal_is("ada", "Refused", "NeedsOwner").await?;
    let told = removal["status"]["message"].as_str().unwrap();
    assert!(told.contains("role"), "it says what to do: {told}");
    world.removal_is("bob", "Done", "Completed").await?;
    assert_eq!(world.statuses(&["ada", "bob", "eve"]).await?, ["active", "inactive", "active"]);
    world.resync().await?;
    assert_eq!(world.list(REMOVAL).await?.len(), 2, "it is not asked for again and again");
    Ok(())
}

#[tokio::test]
async fn the_owner_is_never_touched() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada", "bob"]), json!({"allow": {"delete": true}})).await?;
    world.users(&["owner", "ada", "bob"], &json!({})).await?;
    world.users_are(&["owner", "ada", "bob"], "Synced").await?;
    world.users(&["owner"], &json!({"active": false})).await?;
    let user = world.user_is("owner", "Refused").await?;
    assert!(message(&user).contains("ZoomRemoval"), "{}", message(&user));
    let removal = world.removal_is("owner", "Refused", "Owner").await?;
    let told = removal["status"]["message"].as_str().unwrap();
    assert!(told.contains("change the owner in Zoom"), "{told}");

    world.users(&["owner"], &json!({"removal": {"policy": "Delete", "transfer": "None"}})).await?;
    world.user_is("owner", "Synced").await?;
    world.delete_all(&["owner"]).await?;
    world.removals_are(2, "Refused", "Owner").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.person(&email("owner")).await?.status, "active");
    Ok(())
}
