//! Roles: given by name, made and changed as declared.

use serde_json::{Value, json};

use crate::faults::assert_calls;
use crate::world::{CONNECTION, ROLE, USER, World, account_of, condition, email, message};

fn help_desk() -> Value {
    json!({"name": "Help desk", "description": "Looks at people", "privileges": ["User:Read", "Group:Read"]})
}

#[tokio::test]
async fn a_custom_role_is_made_given_changed_and_kept_while_people_hold_it() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    // The person first: the role follows.
    world.edit(USER, "ada", json!({"role": "Help desk"})).await?;
    world.user_is("ada", "RoleUnknown").await?;
    world.apply(ROLE, "help-desk", help_desk()).await?;
    let role = world.reason(ROLE, "help-desk", "Synced").await?;
    assert_eq!(role["status"]["origin"], "Created");
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.role, "Help desk");

    world.edit(ROLE, "help-desk", json!({"name": "Service desk", "privileges": ["User:Read"]})).await?;
    world.reason(ROLE, "help-desk", "Synced").await?;
    let taken = world.removal_is("help-desk", "Done", "Completed").await?;
    assert_eq!(
        (&taken["spec"]["operations"][0]["action"], &taken["spec"]["count"]),
        (&json!("TakePrivileges"), &json!(1))
    );
    let spent = |connection: &Value| {
        let spent = connection["status"]["spent"].as_array().cloned().unwrap_or_default();
        spent.iter().any(|spent| spent["class"] == "Membership" && spent["people"] == 1)
    };
    world.until(CONNECTION, "default", "tells what was spent of the limits", spent).await?;
    world.person_until(&email("ada"), "has the role by its new name", |person| person.role == "Service desk").await?;

    world.edit(USER, "ada", json!({"role": "Service desk"})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete(ROLE, "help-desk").await?;
    world.gone(ROLE, "help-desk").await?;
    let removal = world.removal_is("help-desk", "Refused", "RoleInUse").await?;
    assert!(removal["status"]["message"].as_str().unwrap_or_default().contains('1'), "{}", removal["status"]);
    assert_eq!(world.person(&email("ada")).await?.role, "Service desk");

    // In one commit: the holder gets another role, and the role goes after that.
    let role = json!({"name": "Service desk", "removal": {"policy": "Delete"}});
    world.apply(ROLE, "service-desk", role).await?;
    world.reason(ROLE, "service-desk", "Synced").await?;
    world.edit(USER, "ada", json!({"role": "Member"})).await?;
    world.delete(ROLE, "service-desk").await?;
    world.removal_is("service-desk", "Done", "Completed").await?;
    assert_eq!(world.person(&email("ada")).await?.role, "Member");
    Ok(())
}

#[tokio::test]
async fn a_role_that_nobody_holds_goes_with_its_object() -> anyhow::Result<()> {
    let world = World::connected(json!({}), json!({})).await?;
    world.apply(ROLE, "help-desk", help_desk()).await?;
    world.reason(ROLE, "help-desk", "Synced").await?;
    world.delete(ROLE, "help-desk").await?;
    world.gone(ROLE, "help-desk").await?;
    world.removal_is("help-desk", "Done", "Completed").await?;
    // Made anew: so it was gone.
    world.zoom.clear_journal().await?;
    world.apply(ROLE, "help-desk", help_desk()).await?;
    world.reason(ROLE, "help-desk", "Synced").await?;
    assert!(world.zoom_writes().await?.contains(&"POST /roles".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_privilege_that_the_account_does_not_know_is_said_on_the_object() -> anyhow::Result<()> {
    let world = World::connected(json!({}), json!({})).await?;
    world.apply(ROLE, "odd", json!({"name": "Odd", "privileges": ["User:Read", "Coffee:Brew"]})).await?;
    let role = world.until(ROLE, "odd", "is stalled", |role| condition(role, "Stalled").is_some()).await?;
    assert!(message(&role).contains("Coffee:Brew"), "{}", message(&role));
    Ok(())
}

#[tokio::test]
async fn an_idle_role_costs_listings_and_one_read() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.apply(ROLE, "help-desk", help_desk()).await?;
    world.reason(ROLE, "help-desk", "Synced").await?;
    world.resync().await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    let reads = world.zoom.journal().await?.into_iter().filter(|call| call.endpoint == "GET /roles/{roleId}").count();
    assert_calls(reads.max(1), 1, "reads of the one role whose privileges are declared");
    Ok(())
}
