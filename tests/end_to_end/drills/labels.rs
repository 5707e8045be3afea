//! Labels and defaults that decide for many people at once.

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_testing::eventually;

use super::{names, texts};
use crate::world::{CONNECTION, DEADLINE, REMOVAL, USER, World, ZOOM_GROUP, all, email, is_in_phase};

/// Thirty people in an exclusive group for their label, licensed by a default for their label; everybody else has Basic.
async fn licensed_by_label() -> anyhow::Result<(World<'static>, Vec<String>)> {
    let names = names(30);
    let people: Vec<_> = names.iter().map(|name| json!({"email": email(name), "type": "Licensed"})).collect();
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.declare(&names, &json!({})).await?;
    label(&world, &names, &json!({"staff": "yes"})).await?;
    // Everybody else gets Basic only when the labels were seen.
    let mut staff = defaults("Licensed");
    staff["userDefaults"] = json!([staff["userDefaults"][0]]);
    world.apply(CONNECTION, "default", world.connection(staff)).await?;
    world.resync().await?;
    world.apply(CONNECTION, "default", world.connection(defaults("Licensed"))).await?;
    let staff = json!({"selector": {"matchLabels": {"staff": "yes"}}});
    world.apply(ZOOM_GROUP, "staff", json!({"name": "Staff", "membership": "Exclusive", "members": staff})).await?;
    world.members_are("Staff", &texts(&names)).await?;
    world.reason(ZOOM_GROUP, "staff", "Synced").await?;
    world.resync().await?;
    assert!(world.list(REMOVAL).await?.is_empty());
    world.zoom.clear_journal().await?;
    Ok((world, names))
}

fn defaults(of_staff: &str) -> Value {
    let staff = json!({"selector": {"matchLabels": {"staff": "yes"}}, "license": {"type": of_staff}});
    // The quiet period is long enough for a busy machine to take all the labels.
    json!({
        "userDefaults": [staff, {"selector": {}, "license": {"type": "Basic"}}], "guard": {"quietPeriod": "3s"},
    })
}

/// Changes the labels of everybody.
async fn label(world: &World<'_>, names: &[String], labels: &Value) -> anyhow::Result<()> {
    let labels = json!({"metadata": {"labels": labels}});
    all(names.iter().map(|name| world.patch(USER, name, labels.clone()))).await.map(drop)
}

/// Waits until everything that was written down was taken back, so many times for a ZoomUser.
async fn all_taken_back(world: &World<'_>, of_users: usize) -> anyhow::Result<()> {
    eventually(DEADLINE, "everything was taken back", || async {
        let removals = world.list(REMOVAL).await?;
        let open = removals.iter().find(|removal| !is_in_phase(removal, "Cancelled", "TakenBack"));
        ensure!(open.is_none(), "{open:?}");
        let found = removals.iter().filter(|removal| removal["spec"]["source"]["kind"] == USER).count();
        ensure!(found == of_users, "{found} of ZoomUsers");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_label_or_a_default_that_decides_for_everybody_and_is_lost_takes_no_licence_and_no_membership()
-> anyhow::Result<()> {
    let (world, names) = licensed_by_label().await?;
    label(&world, &names, &json!({"staff": null})).await?;
    world.removals_are(30, "Held", "OverLimit").await?;
    world.users_are(&texts(&names), "Held").await?;
    world.removal_is("staff", "Held", "WouldEmpty").await?;
    world.members_are("Staff", &texts(&names)).await?;
    label(&world, &names, &json!({"staff": "yes"})).await?;
    all_taken_back(&world, 30).await?;
    world.users_are(&texts(&names), "Synced").await?;
    world.reason(ZOOM_GROUP, "staff", "Synced").await?;

    // The default itself is changed.
    world.apply(CONNECTION, "default", world.connection(defaults("Basic"))).await?;
    world.removals_are(30, "Held", "OverLimit").await?;
    world.apply(CONNECTION, "default", world.connection(defaults("Licensed"))).await?;
    all_taken_back(&world, 60).await?;
    world.users_are(&texts(&names), "Synced").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    let people = world.zoom.people().await?;
    assert!(people.iter().all(|person| person.license == "Licensed"), "{people:?}");
    world.members_are("Staff", &texts(&names)).await
}
