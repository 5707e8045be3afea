//! The switches of a connection, from everything to nothing: in each of them every object gets a status.

use serde_json::{Value, json};

use crate::world::{CONNECTION, REMOVAL, USER, World, account_of, condition, email, is_ready, merged, message};

const PEOPLE: [&str; 3] = ["same", "renamed", "leaver"];
const OBJECTS: [&str; 4] = ["same", "renamed", "leaver", "newcomer"];

/// Objects for people of whom one is as wanted, one has another name, one is to be deactivated, and one is not in Zoom.
async fn declare(world: &World<'_>) -> anyhow::Result<()> {
    for (name, spec) in [
        ("same", json!({})),
        ("renamed", json!({"firstName": "Ada"})),
        ("leaver", json!({"active": false})),
        ("newcomer", json!({})),
    ] {
        world.user(name, merged(json!({"email": email(name)}), spec)).await?;
    }
    Ok(())
}

async fn set_mode(world: &World<'_>, mode: &str) -> anyhow::Result<()> {
    world.edit(CONNECTION, "default", json!({"mode": mode})).await.map(drop)
}

#[tokio::test]
async fn enforce_carries_everything_out() -> anyhow::Result<()> {
    let world = World::connected(account_of(&PEOPLE), json!({"mode": "Enforce"})).await?;
    declare(&world).await?;
    world.user_is("same", "Synced").await?;
    world.user_is("renamed", "Synced").await?;
    world.user_is("leaver", "Deactivated").await?;
    world.user_is("newcomer", "Invited").await?;
    let connection = world.reason(CONNECTION, "default", "Connected").await?;
    assert!(is_ready(&connection), "{connection}");
    assert_eq!(world.person(&email("renamed")).await?.first_name, "Ada");
    assert_eq!(world.person(&email("leaver")).await?.status, "inactive");
    assert_eq!(world.person(&email("newcomer")).await?.status, "pending");
    Ok(())
}

#[tokio::test]
async fn hold_removals_holds_what_takes_access_and_nothing_else() -> anyhow::Result<()> {
    let world = World::connected(account_of(&PEOPLE), json!({"mode": "HoldRemovals"})).await?;
    declare(&world).await?;
    world.user_is("same", "Synced").await?;
    world.user_is("renamed", "Synced").await?;
    world.user_is("newcomer", "Invited").await?;
    world.user_is("leaver", "Held").await?;
    world.delete(USER, "same").await?;
    world.gone(USER, "same").await?;
    for name in ["leaver", "same"] {
        world.removal_is(name, "Held", "RemovalsHeld").await?;
        assert_eq!(world.person(&email(name)).await?.status, "active");
    }

    set_mode(&world, "Enforce").await?;
    for name in ["leaver", "same"] {
        world.removal_is(name, "Done", "Completed").await?;
        assert_eq!(world.person(&email(name)).await?.status, "inactive");
    }
    world.user_is("leaver", "Deactivated").await?;
    Ok(())
}

#[tokio::test]
async fn plan_shows_everything_on_the_objects_and_writes_nothing_to_zoom() -> anyhow::Result<()> {
    let world = World::connected(account_of(&PEOPLE), json!({"mode": "Plan"})).await?;
    declare(&world).await?;
    world.user_is("same", "Synced").await?;
    for (name, words) in
        [("renamed", "would update firstName"), ("leaver", "would deactivate"), ("newcomer", "would create")]
    {
        let user = world.user_is(name, "PlanOnly").await?;
        assert!(is_ready(&user), "{user}");
        assert!(message(&user).contains(words), "{words} is not in {}", message(&user));
    }
    let connection = world
        .until(CONNECTION, "default", "sums the plan up", |connection| {
            let plan = &connection["status"]["plan"];
            (&plan["create"], &plan["update"], &plan["deactivate"]) == (&json!(1), &json!(1), &json!(1))
        })
        .await?;
    assert!(is_ready(&connection), "{connection}");
    assert_eq!(condition(&connection, "Ready").unwrap()["reason"], "PlanOnly");

    // A deleted object goes, and its person is not managed from then on.
    world.delete(USER, "same").await?;
    world.gone(USER, "same").await?;
    world.resync().await?;
    assert_eq!(world.list(REMOVAL).await?, [Value::Null; 0]);
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    set_mode(&world, "Enforce").await?;
    world.user_is("renamed", "Synced").await?;
    world.user_is("leaver", "Deactivated").await?;
    world.user_is("newcomer", "Invited").await?;
    world.resync().await?;
    assert_eq!(world.person(&email("same")).await?.status, "active");

    // Whom the operator manages already is let go aloud, and counted as unmanaged.
    set_mode(&world, "Plan").await?;
    world.reason(CONNECTION, "default", "PlanOnly").await?;
    world.delete_all(&["renamed"]).await?;
    let told = world.event("renamed", "ReleasedBySwitch").await?;
    assert!(told.contains("mode is Plan"), "{told}");
    let counted = |connection: &Value| {
        let people = &connection["status"]["people"];
        (&people["managed"], &people["pending"], &people["unmanaged"]) == (&json!(2), &json!(1), &json!(3))
    };
    world.until(CONNECTION, "default", "counts two, one pending, and three unmanaged", counted).await?;
    assert_eq!(world.person(&email("renamed")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn suspend_makes_no_call_to_zoom_at_all() -> anyhow::Result<()> {
    let world = World::connected(account_of(&PEOPLE), json!({})).await?;
    world.users(&PEOPLE, &json!({})).await?;
    world.users_are(&PEOPLE, "Synced").await?;
    set_mode(&world, "Suspend").await?;
    let connection = world.reason(CONNECTION, "default", "Suspended").await?;
    assert!(is_ready(&connection), "{connection}");
    world.zoom.clear_journal().await?;

    declare(&world).await?;
    for name in OBJECTS {
        let user = world.user_is(name, "Suspended").await?;
        assert!(is_ready(&user), "{user}");
    }
    world.delete(USER, "same").await?;
    world.gone(USER, "same").await?;
    world.removal_is("same", "Held", "Suspended").await?;
    let calls = world.zoom.journal().await?;
    assert!(calls.is_empty(), "{calls:?}");

    set_mode(&world, "Enforce").await?;
    world.removal_is("same", "Done", "Completed").await?;
    world.user_is("renamed", "Synced").await?;
    world.user_is("leaver", "Deactivated").await?;
    world.user_is("newcomer", "Invited").await?;
    Ok(())
}

#[tokio::test]
async fn suspended_from_the_start_every_object_has_a_status_and_zoom_is_never_asked() -> anyhow::Result<()> {
    let world = World::connected(account_of(&PEOPLE), json!({"mode": "Suspend"})).await?;
    declare(&world).await?;
    world.users_are(&OBJECTS, "Suspended").await?;
    world.reason(CONNECTION, "default", "Suspended").await?;
    assert!(world.zoom.journal().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_switch_that_is_off_is_named_by_every_object_that_it_stops() -> anyhow::Result<()> {
    let allow = json!({"create": false, "update": false, "deactivate": false});
    let world = World::connected(account_of(&PEOPLE), json!({"allow": allow})).await?;
    declare(&world).await?;
    world.user_is("same", "Synced").await?;
    for (name, reason, switch) in [
        ("renamed", "NotAllowed", "allow.update"),
        ("newcomer", "NotAllowed", "allow.create"),
        ("leaver", "Held", "allow.deactivate"),
    ] {
        let user = world.user_is(name, reason).await?;
        assert!(message(&user).contains(switch), "{switch} is not in {}", message(&user));
    }
    world.removal_is("leaver", "Held", "NotAllowed").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    for (switch, name, reason) in
        [("update", "renamed", "Synced"), ("create", "newcomer", "Invited"), ("deactivate", "leaver", "Deactivated")]
    {
        world.edit(CONNECTION, "default", json!({"allow": {switch: true}})).await?;
        world.user_is(name, reason).await?;
    }
    Ok(())
}
