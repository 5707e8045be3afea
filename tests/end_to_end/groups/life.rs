//! A group's way through: created, adopted, renamed, deleted, fought over.

use serde_json::json;

use super::{of, of_with};
use crate::world::{REMOVAL, USER, World, ZOOM_GROUP, account_of, condition, email, is_ready, merged, message};

#[tokio::test]
async fn everything_applied_at_once_comes_together_in_any_order() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    world.group("support", of("Support", &["ada", "newcomer", "nobody-yet"])).await?;
    world.users(&["ada"], &json!({})).await?;
    world.user("newcomer", json!({"email": email("newcomer"), "creation": {"method": "AutoCreate"}})).await?;
    world.connect(json!({})).await?;
    world.start_operator().await?;
    let group = world.group_is("support", "WaitingForMembers").await?;
    assert!(is_ready(&group), "waiting is not failing: {group}");
    assert!(message(&group).contains("nobody-yet"), "{}", message(&group));
    world.members_are("Support", &["ada", "newcomer"]).await?;

    world.users(&["nobody-yet"], &json!({"creation": {"method": "AutoCreate"}})).await?;
    world.members_are("Support", &["ada", "newcomer", "nobody-yet"]).await?;
    let group = world.group_is("support", "Synced").await?;
    assert_eq!(super::counts(&group), json!([3, 3, 0, 0]));
    assert_eq!(group["status"]["origin"], "Created");
    assert_eq!(group["status"]["id"], world.zoom.group("Support").await?.unwrap().id);
    Ok(())
}

#[tokio::test]
async fn a_group_that_is_there_is_adopted_by_name_renamed_by_id_and_left_when_its_object_goes() -> anyhow::Result<()> {
    let account = merged(
        account_of(&["ada", "bob"]),
        json!({"groups": [{"name": "Sales"}], "people": [{"email": email("ada"), "groups": ["Sales"]}, {"email": email("bob")}]}),
    );
    let world = World::connected(account, json!({})).await?;
    let before = world.zoom.group("Sales").await?.unwrap();
    world.users(&["ada", "bob"], &json!({})).await?;
    world.group("sales", of("sales", &["ada", "bob"])).await?;
    let group = world.group_is("sales", "Synced").await?;
    assert_eq!(group["status"]["origin"], "Adopted");
    assert_eq!(group["status"]["id"], before.id);
    // Only who was put in here is remembered as such.
    assert_eq!(group["status"]["added"], json!([world.person(&email("bob")).await?.id]));

    world.group("sales", of("Field sales", &["ada", "bob"])).await?;
    let renamed = world.group_until("Field sales", "is the same group", |group| group.id == before.id).await?;
    assert_eq!(renamed.members.len(), 2);
    world.group_is("sales", "Synced").await?;

    world.delete(ZOOM_GROUP, "sales").await?;
    world.gone(ZOOM_GROUP, "sales").await?;
    world.resync().await?;
    assert!(world.zoom.group("Field sales").await?.is_some(), "what was there before stays");
    Ok(())
}

#[tokio::test]
async fn a_group_that_the_operator_made_goes_with_its_object_and_its_members_are_counted() -> anyhow::Result<()> {
    let names = ["ada", "bob", "carol"];
    let limit = json!({"guard": {"limits": {"membership": {"percent": 0, "floor": 2}}}});
    let world = World::managed(&names, limit).await?;
    world.group("small", of("Small", &["ada"])).await?;
    world.group("large", of("Large", &names)).await?;
    world.group_is("large", "Synced").await?;
    world.group_is("small", "Synced").await?;

    world.delete(ZOOM_GROUP, "small").await?;
    world.gone(ZOOM_GROUP, "small").await?;
    world.removal_is("small", "Done", "Completed").await?;
    assert_eq!(world.group_names().await?, ["Large"]);

    world.delete(ZOOM_GROUP, "large").await?;
    world.gone(ZOOM_GROUP, "large").await?;
    let removal = world.removal_is("large", "Held", "OverLimit").await?;
    assert_eq!(removal["spec"]["class"], "Membership");
    assert_eq!(removal["spec"]["source"]["kind"], "ZoomGroup");
    assert!(world.zoom.group("Large").await?.is_some());

    // Applied again, as git revert would.
    world.group("large", of("Large", &names)).await?;
    world.removal_is("large", "Cancelled", "Reclaimed").await?;
    world.group_is("large", "Synced").await?;
    world.members_are("Large", &names).await?;

    // Approved long after the last object of the kind is gone: groups are listed for it all the same.
    world.group("large", of_with("Large", &names, json!({"removal": {"policy": "Delete"}}))).await?;
    world.group_is("large", "Synced").await?;
    world.delete(ZOOM_GROUP, "large").await?;
    world.gone(ZOOM_GROUP, "large").await?;
    let removal = world.removal_is("large", "Held", "OverLimit").await?;
    world.resync().await?;
    world.edit(REMOVAL, removal["metadata"]["name"].as_str().unwrap(), json!({"decision": "Approve"})).await?;
    world.removal_is("large", "Done", "Completed").await?;
    assert_eq!(world.group_names().await?, [""; 0]);
    // From then on nobody asks for groups.
    world.resync().await?;
    world.zoom.clear_journal().await?;
    world.resync().await?;
    assert!(world.zoom.journal().await?.iter().all(|call| call.endpoint != "GET /groups"));
    Ok(())
}

#[tokio::test]
async fn what_becomes_of_a_group_can_be_said() -> anyhow::Result<()> {
    let world = World::connected(json!({"groups": [{"name": "Old"}]}), json!({})).await?;
    world.group("kept", json!({"name": "Kept", "removal": {"policy": "Retain"}})).await?;
    world.group("old", json!({"name": "Old", "removal": {"policy": "Delete"}})).await?;
    world.group_is("kept", "Synced").await?;
    world.group_is("old", "Synced").await?;
    for name in ["kept", "old"] {
        world.delete(ZOOM_GROUP, name).await?;
        world.gone(ZOOM_GROUP, name).await?;
    }
    world.removal_is("old", "Done", "Completed").await?;
    assert_eq!(world.group_names().await?, ["Kept"]);
    Ok(())
}

#[tokio::test]
async fn of_two_objects_with_one_name_the_older_speaks_and_the_next_takes_over() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    world.group("first", of("Sales", &["ada"])).await?;
    world.group_is("first", "Synced").await?;
    world.group("second", of("SALES", &["bob"])).await?;
    let second = world.group_is("second", "ClaimedByAnother").await?;
    assert!(condition(&second, "Stalled").is_some());
    assert!(message(&second).contains("first"), "{}", message(&second));
    world.resync().await?;
    world.members_are("Sales", &["ada"]).await?;

    world.delete(ZOOM_GROUP, "first").await?;
    world.group_is("second", "Synced").await?;
    world.group_until("SALES", "has Bob too", |group| group.members.contains(&email("bob"))).await?;
    assert_eq!(world.group_names().await?.len(), 1, "it was never deleted in between");
    Ok(())
}

#[tokio::test]
async fn a_name_that_another_group_has_is_said_and_not_fought_over() -> anyhow::Result<()> {
    let world = World::connected(json!({"groups": [{"name": "Taken"}]}), json!({})).await?;
    world.group("mine", json!({"name": "Mine"})).await?;
    world.group_is("mine", "Synced").await?;
    world.group("mine", json!({"name": "Taken"})).await?;
    let group = world.group_is("mine", "NameTaken").await?;
    assert!(message(&group).contains("another spec.name"), "{}", message(&group));
    assert_eq!(world.group_names().await?, ["Taken", "Mine"]);
    Ok(())
}

#[tokio::test]
async fn a_group_deleted_in_zoom_is_not_made_again_before_an_edit() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({})).await?;
    world.group("sales", of("Sales", &["ada"])).await?;
    world.group_is("sales", "Synced").await?;
    // What no listing has shown yet counts as not made.
    world.resync().await?;
    world.until(ZOOM_GROUP, "sales", "was seen", |group| group["status"]["seenGeneration"] == 1).await?;
    world.zoom.delete_group("Sales").await?;
    world.resync().await?;
    world.group_is("sales", "RemovedInZoom").await?;
    world.group("sales", of_with("Sales", &["ada"], json!({"removal": {"policy": "Delete"}}))).await?;
    world.group_is("sales", "Synced").await?;
    world.members_are("Sales", &["ada"]).await
}

#[tokio::test]
async fn a_plan_shows_what_would_become_of_groups_and_writes_nothing() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada"]), json!({"mode": "Plan"})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.group("sales", of("Sales", &["ada"])).await?;
    let group = world.group_is("sales", "PlanOnly").await?;
    assert!(is_ready(&group) && message(&group).contains("create group"), "{}", message(&group));
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    // Nothing was taken over, so nothing is asked back.
    world.delete(ZOOM_GROUP, "sales").await?;
    world.gone(ZOOM_GROUP, "sales").await?;
    world.delete(USER, "ada").await?;
    world.gone(USER, "ada").await
}
