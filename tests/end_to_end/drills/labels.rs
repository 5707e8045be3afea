//! Labels and defaults that decide for many people at once.

use serde_json::{Value, json};

use super::{names, texts};
use crate::world::{CONNECTION, REMOVAL, USER, World, all, email};

/// Thirty people, licensed by a default for their label; everybody else has Basic.
async fn licensed_by_label() -> anyhow::Result<(World<'static>, Vec<String>)> {
    let names = names(30);
    let people: Vec<_> = names.iter().map(|name| json!({"email": email(name), "type": "Licensed"})).collect();
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.declare(&names, &json!({})).await?;
    label(&world, &names, &json!({"staff": "yes"})).await?;
    // Everybody else gets Basic only when the labels were seen.
    let staff = json!({"userDefaults": [defaults("Licensed")["userDefaults"][0]]});
    world.apply(CONNECTION, "default", world.connection(staff)).await?;
    world.resync().await?;
    world.apply(CONNECTION, "default", world.connection(defaults("Licensed"))).await?;
    world.resync().await?;
    assert!(world.list(REMOVAL).await?.is_empty());
    Ok((world, names))
}

fn defaults(of_staff: &str) -> Value {
    let staff = json!({"selector": {"matchLabels": {"staff": "yes"}}, "license": {"type": of_staff}});
    json!({"userDefaults": [staff, {"selector": {}, "license": {"type": "Basic"}}]})
}

/// Changes the labels of everybody.
async fn label(world: &World<'_>, names: &[String], labels: &Value) -> anyhow::Result<()> {
    let labels = json!({"metadata": {"labels": labels}});
    all(names.iter().map(|name| world.patch(USER, name, labels.clone()))).await.map(drop)
}

#[tokio::test]
async fn a_label_or_a_default_that_decides_for_everybody_and_is_lost_takes_no_licence() -> anyhow::Result<()> {
    let (world, names) = licensed_by_label().await?;
    label(&world, &names, &json!({"staff": null})).await?;
    world.removals_are(30, "Held", "OverLimit").await?;
    world.users_are(&texts(&names), "Held").await?;
    label(&world, &names, &json!({"staff": "yes"})).await?;
    world.removals_are(30, "Cancelled", "TakenBack").await?;
    world.users_are(&texts(&names), "Synced").await?;

    // The default itself is changed.
    world.apply(CONNECTION, "default", world.connection(defaults("Basic"))).await?;
    world.removals_are(30, "Held", "OverLimit").await?;
    world.apply(CONNECTION, "default", world.connection(defaults("Licensed"))).await?;
    world.removals_are(60, "Cancelled", "TakenBack").await?;
    world.users_are(&texts(&names), "Synced").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    let people = world.zoom.people().await?;
    assert!(people.iter().all(|person| person.license == "Licensed"), "{people:?}");
    Ok(())
}
