//! Who else is in a group: with Additive they stay, with Exclusive they go, within limits.

use serde_json::json;

use super::{of, of_with};
use crate::world::{REMOVAL, USER, World, ZOOM_GROUP, account_of, condition, email, is_in_phase, message};

#[tokio::test]
async fn additive_leaves_strangers_alone_and_takes_out_only_whom_it_once_put_in() -> anyhow::Result<()> {
    let account = json!({
        "people": [{"email": email("ada")}, {"email": email("bob")}, {"email": email("stranger"), "groups": ["Team"]}],
        "groups": [{"name": "Team"}],
    });
    let world = World::connected(account, json!({})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.group("team", of("Team", &["ada", "bob"])).await?;
    world.members_are("Team", &["ada", "bob", "stranger"]).await?;
    world.group_is("team", "Synced").await?;

    world.group("team", of("Team", &["ada"])).await?;
    world.removal_is("team", "Done", "Completed").await?;
    world.members_are("Team", &["ada", "stranger"]).await?;
    let group = world.group_is("team", "Synced").await?;
    assert_eq!(group["status"]["added"], json!([world.person(&email("ada")).await?.id]));
    world.resync().await?;
    world.members_are("Team", &["ada", "stranger"]).await
}

#[tokio::test]
async fn exclusive_takes_out_who_was_added_in_the_portal() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["ada", "stranger"]), json!({})).await?;
    world.users(&["ada"], &json!({})).await?;
    world.group("team", of_with("Team", &["ada"], json!({"membership": "Exclusive"}))).await?;
    world.group_is("team", "Synced").await?;
    world.zoom.add_to_group("Team", &email("stranger")).await?;
    world.resync().await?;
    let removal = world.removal_is("team", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Membership");
    assert!(removal["spec"].to_string().contains(&email("stranger")), "{}", removal["spec"]);
    world.members_are("Team", &["ada"]).await?;
    world.group_is("team", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn a_wave_of_members_over_the_limit_is_held_whole_until_approved() -> anyhow::Result<()> {
    let strangers: Vec<_> = (0..6).map(|number| format!("stranger-{number}")).collect();
    let mut people: Vec<_> = strangers.iter().map(|name| json!({"email": email(name), "groups": ["Team"]})).collect();
    people.push(json!({"email": email("ada"), "groups": ["Team"]}));
    let account = json!({"people": people, "groups": [{"name": "Team"}]});
    let limit = json!({"guard": {"limits": {"membership": {"percent": 0, "floor": 2}}}});
    let world = World::connected(account, limit).await?;
    world.users(&["ada"], &json!({})).await?;
    world.group("team", of_with("Team", &["ada"], json!({"membership": "Exclusive"}))).await?;
    let removal = world.removal_is("team", "Held", "OverLimit").await?;
    let group = world.group_is("team", "Held").await?;
    assert!(condition(&group, "Held").is_some());
    assert_eq!(world.zoom.group("Team").await?.unwrap().members.len(), 7);
    let name = removal["metadata"]["name"].as_str().unwrap();
    // Rejected, while the object still asks: it is written anew, and held.
    world.delete(REMOVAL, name).await?;
    let again = |found: &serde_json::Value| {
        found["metadata"]["uid"] != removal["metadata"]["uid"] && is_in_phase(found, "Held", "OverLimit")
    };
    world.until(REMOVAL, name, "is held anew", again).await?;
    assert_eq!(world.zoom.group("Team").await?.unwrap().members.len(), 7);
    world.edit(REMOVAL, name, json!({"decision": "Approve"})).await?;
    world.removal_is("team", "Done", "Completed").await?;
    world.members_are("Team", &["ada"]).await?;
    world.group_is("team", "Synced").await?;
    Ok(())
}

#[tokio::test]
async fn an_exclusive_group_is_never_emptied_at_once_by_a_selector_that_finds_nobody() -> anyhow::Result<()> {
    let names = ["ada", "bob"];
    let world = World::managed(&names, json!({})).await?;
    for name in names {
        world.patch(USER, name, json!({"metadata": {"labels": {"team": "support"}}})).await?;
    }
    let selector = |team: &str| json!({"name": "Team", "membership": "Exclusive", "members": {"selector": {"matchLabels": {"team": team}}}});
    world.group("team", selector("support")).await?;
    world.group_is("team", "Synced").await?;
    world.group("team", selector("suport")).await?;
    let removal = world.removal_is("team", "Held", "WouldEmpty").await?;
    assert!(condition(&removal, "Held").is_some());
    world.members_are("Team", &names).await?;
    // The slip is put right, and nothing happened.
    world.group("team", selector("support")).await?;
    world.removal_is("team", "Cancelled", "TakenBack").await?;
    world.group_is("team", "Synced").await?;
    world.members_are("Team", &names).await
}

#[tokio::test]
async fn of_two_exclusive_objects_on_one_group_one_speaks_and_the_other_says_who() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({})).await?;
    world.group("one", of_with("Team", &["ada"], json!({"membership": "Exclusive"}))).await?;
    world.group_is("one", "Synced").await?;
    world.group("two", of_with("Team", &["bob"], json!({"membership": "Exclusive"}))).await?;
    let two = world.group_is("two", "ClaimedByAnother").await?;
    assert!(message(&two).contains("one"), "{}", message(&two));
    world.resync().await?;
    world.members_are("Team", &["ada"]).await
}

#[tokio::test]
async fn nobody_leaves_a_group_because_objects_cannot_be_read_or_a_namespace_goes() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada", "bob"])).await?;
    world.lease_namespace = world.cluster.namespace("lease").await?;
    world.start_operator().await?;
    world.connect(json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.group("team", of_with("Team", &["ada", "bob"], json!({"membership": "Exclusive"}))).await?;
    world.group_is("team", "Synced").await?;
    world.zoom.clear_journal().await?;
    let namespace = world.namespace.clone();
    world.cluster.kubectl(&["delete", "namespace", &namespace, "--timeout=60s"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.members_are("Team", &["ada", "bob"]).await
}

#[tokio::test]
async fn a_group_whose_object_is_deleted_with_its_connection_stays() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({})).await?;
    world.group("team", of("Team", &["ada"])).await?;
    world.group_is("team", "Synced").await?;
    world.zoom.clear_journal().await?;
    world.delete("ZoomConnection", "default").await?;
    world.gone("ZoomConnection", "default").await?;
    world.group_is("team", "WaitingForConnection").await?;
    world.delete(ZOOM_GROUP, "team").await?;
    world.gone(ZOOM_GROUP, "team").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.members_are("Team", &["ada"]).await
}
