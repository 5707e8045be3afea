//! What was changed in Zoom, and what the connection fills in.

use serde_json::json;

use crate::world::{CONNECTION, REMOVAL, USER, World, account_of, condition, email, is_ready, merged, message};

#[tokio::test]
async fn drift_that_is_only_reported_is_named_and_left_and_an_edit_is_carried_out() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({"drift": "Report"})).await?;
    world.users(&["ada"], &json!({"lastName": "Lovelace"})).await?;
    world.user_is("ada", "Synced").await?;
    world.zoom.edit_person(&email("ada"), json!({"lastName": "Byron"})).await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    let user = world.user_is("ada", "Drifted").await?;
    assert!(is_ready(&user) && message(&user).contains("lastName"), "{user}");
    assert_eq!(user["status"]["drift"]["fields"], json!(["lastName"]));
    assert!(user["status"]["drift"]["since"].is_string(), "{user}");
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.edit(USER, "ada", json!({"lastName": "King"})).await?;
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["drift"], json!(null));
    assert_eq!(world.person(&email("ada")).await?.last_name, "King");
    Ok(())
}

#[tokio::test]
async fn a_field_that_is_changed_back_each_time_is_contested() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({})).await?;
    world.users(&["ada"], &json!({"lastName": "Lovelace"})).await?;
    world.user_is("ada", "Synced").await?;
    for _ in 0..3 {
        world.zoom.edit_person(&email("ada"), json!({"lastName": "Byron"})).await?;
        world.resync().await?;
        world.person_until(&email("ada"), "is put right", |person| person.last_name == "Lovelace").await?;
        world.resync().await?;
    }
    world.zoom.edit_person(&email("ada"), json!({"lastName": "Byron"})).await?;
    world.resync().await?;
    let user = world.user_is("ada", "Contested").await?;
    assert!(condition(&user, "Stalled").is_some() && message(&user).contains("lastName (3 times)"), "{user}");
    world.edit(USER, "ada", json!({"ignoreFields": ["lastName"]})).await?;
    world.user_is("ada", "Synced").await?;
    assert_eq!(world.person(&email("ada")).await?.last_name, "Byron");
    Ok(())
}

#[tokio::test]
async fn a_suspended_object_leaves_its_person_alone_until_it_is_not() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    world.edit(USER, "ada", json!({"suspend": true, "active": false, "firstName": "Ada"})).await?;
    world.edit(USER, "bob", json!({"suspend": true})).await?;
    world.users_are(&["ada", "bob"], "Suspended").await?;
    // Deleted, it is let go, and its person stays.
    world.delete_all(&["bob"]).await?;
    world.event("bob", "ReleasedBySwitch").await?;
    world.resync().await?;
    assert!(world.list(REMOVAL).await?.is_empty());
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.person(&email("bob")).await?.status, "active");
    world.edit(USER, "ada", json!({"suspend": false})).await?;
    world.user_is("ada", "Deactivated").await?;
    Ok(())
}

#[tokio::test]
async fn defaults_are_filled_in_by_label_and_a_changed_one_is_held_like_any_other_wave() -> anyhow::Result<()> {
    let names: Vec<String> = (0..8).map(|place| format!("person{place}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let default = |license: &str| json!({"userDefaults": [{"selector": {"matchLabels": {"team": "a"}}, "license": {"type": license}}]});
    let limits = json!({"drift": "Report", "guard": {"limits": {"entitlement": {"percent": 0, "floor": 2}}}});
    let world = World::connected(account_of(&names), merged(default("Licensed"), limits)).await?;
    world.users(&names, &json!({})).await?;
    for name in &names {
        world.patch(USER, name, json!({"metadata": {"labels": {"team": "a"}}})).await?;
        world.person_until(&email(name), "is licensed", |person| person.license == "Licensed").await?;
        let by_default = |user: &serde_json::Value| user["status"]["defaultLicense"] == "Licensed";
        world.until(USER, name, "says that its licence is the default", by_default).await?;
    }
    world.edit(CONNECTION, "default", default("Basic")).await?;
    world.removals_are(8, "Held", "OverLimit").await?;
    for name in &names {
        assert_eq!(world.person(&email(name)).await?.license, "Licensed");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_is_created_outside_the_domains_of_the_connection() -> anyhow::Result<()> {
    let creation = json!({"creation": {"method": "Invite", "domains": ["acme.example"]}});
    let world = World::connected(account_of(&[]), creation).await?;
    world.user("eve", json!({"email": "eve@elsewhere.example"})).await?;
    let user = world.user_is("eve", "AddressRefused").await?;
    assert!(message(&user).contains("creation.domains"), "{}", message(&user));
    world.users(&["ada"], &json!({})).await?;
    let user = world.user_is("ada", "Invited").await?;
    assert!(message(&user).contains("has not accepted yet"), "{}", message(&user));
    assert!(world.zoom.person("eve@elsewhere.example").await?.is_none());
    Ok(())
}

#[tokio::test]
async fn people_whose_address_has_an_account_elsewhere_are_counted() -> anyhow::Result<()> {
    let elsewhere = |name, create| json!({"email": email(name), "create": create});
    let account = json!({"elsewhere": [elsewhere("ada", "activeElsewhere"), elsewhere("bob", "invited")]});
    let world = World::connected(account, json!({})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.users_are(&["ada", "bob"], "WaitingForConsent").await?;
    let bob = world.get(USER, "bob").await?;
    assert!(message(&bob).contains("have them agree"), "{}", message(&bob));
    world
        .until(CONNECTION, "default", "counts them", |connection| {
            connection["status"]["people"]["waitingForConsent"] == 2
        })
        .await?;
    Ok(())
}
