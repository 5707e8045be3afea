//! People whose address changes.

use anyhow::{Context as _, ensure};
use serde_json::json;
use zoom_operator_testing::eventually;

use crate::world::{DEADLINE, REMOVAL, USER, World, account_of, email, endless, is_in_phase, merged, message};

#[tokio::test]
async fn another_address_is_given_to_the_same_person_by_one_call() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    let before = world.person(&email("ada")).await?;
    world.edit(USER, "ada", json!({"email": email("ada.king")})).await?;
    let user = world.user_is("ada", "Synced").await?;
    assert_eq!(user["status"]["email"], email("ada.king"));
    assert_eq!(world.person(&email("ada.king")).await?.id, before.id);
    world.assert_wrote(&["PUT /users/{userId}/email"]).await?;
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Identity");
    assert_eq!(removal["spec"]["operations"], json!([{"action": "SetEmail", "email": email("ada.king")}]));
    Ok(())
}

#[tokio::test]
async fn a_manifest_renamed_together_with_its_address_keeps_its_person_who_is_not_deactivated() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], endless()).await?;
    let before = world.person(&email("ada")).await?;
    world.delete_all(&["ada"]).await?;
    world.user("ada-king", json!({"email": email("ada.king"), "previousEmails": [email("ada")]})).await?;
    world.user_is("ada-king", "Synced").await?;
    let after = world.person(&email("ada.king")).await?;
    assert_eq!((after.id, after.status.as_str()), (before.id, "active"));
    world.resync().await?;
    world.assert_wrote(&["PUT /users/{userId}/email"]).await?;
    Ok(())
}

#[tokio::test]
async fn more_addresses_than_allowed_are_held_and_changed_once_approved() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve", "joe"];
    let limits = json!({"identity": {"percent": 0, "floor": 1}});
    let world = World::managed(&names, json!({"guard": {"limits": limits}})).await?;
    for name in names {
        world.edit(USER, name, json!({"email": email(&format!("{name}.king"))})).await?;
    }
    let held = eventually(DEADLINE, "all but one are held", || async {
        let (held, others): (Vec<_>, Vec<_>) =
            world.list(REMOVAL).await?.into_iter().partition(|removal| is_in_phase(removal, "Held", "OverLimit"));
        let done = others.iter().all(|removal| is_in_phase(removal, "Done", "Completed"));
        ensure!(held.len() + others.len() == names.len() && others.len() <= 1 && done, "{held:?} {others:?}");
        Ok(held)
    })
    .await?;
    for removal in &held {
        let name = removal["metadata"]["name"].as_str().context("no name")?;
        world.edit(REMOVAL, name, json!({"decision": "Approve"})).await?;
    }
    world.users_are(&names, "Synced").await?;
    world.assert_wrote(&["PUT /users/{userId}/email"; 4]).await?;
    Ok(())
}

#[tokio::test]
async fn a_manifest_renamed_with_its_address_kept_writes_nothing_to_zoom() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    world.user("ada-lovelace", json!({"email": email("ada")})).await?;
    world.delete_all(&["ada"]).await?;
    world.user_is("ada-lovelace", "Synced").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.list(REMOVAL).await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn one_answer_that_somebody_is_gone_ends_no_change_of_their_address() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    let gone = json!({"status": 404, "body": {"code": 1001, "message": "User does not exist."}});
    let fault = json!({"method": "PUT", "path": "/users/{userId}/email", "count": 1, "effect": {"answer": gone}});
    world.zoom.inject(fault).await?;
    world.edit(USER, "ada", json!({"email": email("ada.king")})).await?;
    world.user_is("ada", "Synced").await?;
    world.person(&email("ada.king")).await?;
    Ok(())
}

#[tokio::test]
async fn who_accepts_just_before_the_address_of_their_invitation_is_corrected_keeps_their_access() -> anyhow::Result<()>
{
    let world = World::connected(json!({}), json!({"resyncInterval": "1h"})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Invited").await?;
    // No listing tells of it before the edit.
    world.zoom.accept_invitation(&email("ada")).await?;
    let before = world.person(&email("ada")).await?;
    world.zoom.clear_journal().await?;
    world.edit(USER, "ada", json!({"email": email("ada.king")})).await?;
    world.user_is("ada", "Synced").await?;
    let after = world.person(&email("ada.king")).await?;
    assert_eq!((after.id, after.status.as_str()), (before.id, "active"));
    world.assert_wrote(&["PUT /users/{userId}/email"]).await
}

#[tokio::test]
async fn two_people_who_swap_their_addresses_are_named_and_left_alone() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    world.edit(USER, "ada", json!({"email": email("bob")})).await?;
    world.edit(USER, "bob", json!({"email": email("ada")})).await?;
    for (name, other) in [("ada", "bob"), ("bob", "ada")] {
        let user = world.until(USER, name, "is told of the swap", |user| message(user).contains("swap")).await?;
        assert!(message(&user).contains(&format!("/{other} declares")), "{}", message(&user));
    }
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_address_outside_the_managed_domains_is_refused_with_what_zoom_asks_for() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    world.edit(USER, "ada", json!({"email": "ada@elsewhere.example"})).await?;
    let removal = world.removal_is("ada", "Refused", "ZoomRefused").await?;
    let told = removal["status"]["message"].as_str().unwrap_or_default();
    assert!(told.contains("a domain that the account manages"), "{told}");
    world.user_is("ada", "Refused").await?;
    assert_eq!(world.person(&email("ada")).await?.status, "active");
    Ok(())
}

#[tokio::test]
async fn an_address_is_refused_that_is_taken_elsewhere_and_so_is_a_fourth_one_in_a_day() -> anyhow::Result<()> {
    let names = ["ada", "bob", "cleo", "dan", "eve", "fay"];
    let account = merged(account_of(&names), json!({"elsewhere": [{"email": email("taken")}]}));
    let limits = json!({"identity": {"percent": 100, "floor": 100}});
    let world = World::connected(account, json!({"guard": {"limits": limits}})).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    world.edit(USER, "ada", json!({"email": email("taken")})).await?;
    let removal = world.removal_is("ada", "Refused", "ZoomRefused").await?;
    let told = removal["status"]["message"].as_str().unwrap_or_default();
    assert!(told.contains("belongs to a Zoom account already"), "{told}");
    world.user_is("ada", "Refused").await?;

    for address in ["ada1", "ada2", "ada3"] {
        world.edit(USER, "ada", json!({"email": email(address)})).await?;
        world.person_until(&email(address), "is there", |person| person.status == "active").await?;
        world.user_is("ada", "Synced").await?;
    }
    world.edit(USER, "ada", json!({"email": email("ada4")})).await?;
    let removal = world.removal_is("ada", "Running", "WithinLimit").await?;
    let name = removal["metadata"]["name"].as_str().unwrap_or_default();
    let told = |removal: &serde_json::Value| {
        let message = removal["status"]["message"].as_str().unwrap_or_default();
        message.contains("three changes") && message.contains("tried again")
    };
    world.until(REMOVAL, name, "says why", told).await?;
    world.person(&email("ada3")).await?;
    // A day later an edit does not wait for the next try.
    world.zoom.move_clock(json!({"advance": "25h"})).await?;
    world.edit(USER, "ada", json!({"email": email("ada5")})).await?;
    world.person_until(&email("ada5"), "is there", |person| person.status == "active").await?;
    world.user_is("ada", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn an_invitation_to_a_mistyped_address_is_withdrawn_and_sent_to_the_right_one() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["bob", "eve"]), json!({})).await?;
    world.users(&["bob", "eve"], &json!({})).await?;
    world.user("ada", json!({"email": email("adda")})).await?;
    world.users_are(&["bob", "eve"], "Synced").await?;
    world.user_is("ada", "Invited").await?;
    world.edit(USER, "ada", json!({"email": email("ada")})).await?;
    world.person_until(&email("ada"), "is invited", |person| person.status == "pending").await?;
    world.user_is("ada", "Invited").await?;
    assert!(world.zoom.person(&email("adda")).await?.is_none());
    Ok(())
}
