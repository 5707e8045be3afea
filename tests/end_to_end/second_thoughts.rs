//! What somebody changes while something is under way: it holds from the next person on.

use anyhow::ensure;
use serde_json::json;
use zoom_operator_testing::eventually;

use crate::world::{CONNECTION, DEADLINE, REMOVAL, USER, World, email};

const TEAM: [&str; 8] = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"];

#[tokio::test]
async fn switching_to_hold_removals_stops_a_wave_that_is_running() -> anyhow::Result<()> {
    let limits = json!({"quietPeriod": "1s", "limits": {"access": {"percent": 100, "floor": 100}}});
    let world = World::managed(&TEAM, json!({"guard": limits})).await?;
    let slow =
        json!({"method": "PUT", "path": "/users/{userId}/status", "count": 100, "effect": {"delay": {"ms": 1500}}});
    world.zoom.inject(slow).await?;
    world.delete_all(&TEAM).await?;
    eventually(DEADLINE, "the first one is being deactivated", || async {
        let statuses = world.statuses(&TEAM).await?;
        ensure!(statuses.iter().any(|status| status == "inactive"), "{statuses:?}");
        Ok(())
    })
    .await?;
    world.edit(CONNECTION, "default", json!({"mode": "HoldRemovals"})).await?;
    eventually(DEADLINE, "the rest is held", || async {
        let phases = world.list(REMOVAL).await?;
        let held = phases.iter().filter(|removal| removal["status"]["reason"] == "RemovalsHeld").count();
        let done = phases.iter().filter(|removal| removal["status"]["phase"] == "Done").count();
        ensure!(held >= 4 && held + done == TEAM.len(), "held: {held}, done: {done}");
        Ok(())
    })
    .await?;
    world.resync().await?;
    let active = world.statuses(&TEAM).await?.iter().filter(|status| *status == "active").count();
    assert!(active >= 4, "{active} are active still");
    Ok(())
}

#[tokio::test]
async fn who_leaves_is_removed_although_somebody_else_gets_the_name_of_their_object() -> anyhow::Result<()> {
    let world = World::managed(&["intern", "other"], json!({"guard": {"quietPeriod": "3s"}})).await?;
    world.delete(USER, "other").await?;
    world.gone(USER, "other").await?;
    world.delete(USER, "intern").await?;
    world.gone(USER, "intern").await?;
    world.user("intern", json!({"email": email("other")})).await?;
    world.person_until(&email("intern"), "has no access", |person| person.status == "inactive").await?;
    world.user_is("intern", "Synced").await?;
    assert_eq!(world.person(&email("other")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn a_connection_made_anew_under_its_name_gets_a_status_of_its_own() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({})).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("connection");
    let connection = json!({
        "apiVersion": "zoom-operator.dev/v1alpha1", "kind": "ZoomConnection", "metadata": {"name": "default"},
        "spec": world.connection(json!({})),
    });
    std::fs::write(&file, connection.to_string())?;
    let before = world.get(CONNECTION, "default").await?["metadata"]["uid"].clone();
    world.kubectl(&["replace", "--force", "-f", &file.display().to_string()]).await?;
    let after = world.reason(CONNECTION, "default", "Connected").await?;
    assert_ne!(after["metadata"]["uid"], before);
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    Ok(())
}
