//! An operator that is killed while it fills a group.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use zoom_operator_testing::eventually;

use crate::world::{CONTACT_GROUP, DEADLINE, REMOVAL, World, ZOOM_GROUP, account_of, email};

/// The next call that puts members in ends so.
async fn next_addition(world: &World<'_>, effect: Value) -> anyhow::Result<()> {
    let fault = json!({"method": "POST", "path": "/groups/{groupId}/members", "count": 1, "effect": effect});
    world.zoom.inject(fault).await.map(drop)
}

#[tokio::test]
async fn killed_while_it_fills_a_group_the_operator_puts_everybody_in_and_knows_whom() -> anyhow::Result<()> {
    let emails: Vec<_> = (0..80).map(|number| email(&format!("member-{number}"))).collect();
    let mut people: Vec<_> = emails.iter().map(|email| json!({"email": email})).collect();
    people.push(json!({"email": email("stranger"), "groups": ["Team"]}));
    let mut world = World::bare(json!({"people": people, "groups": [{"name": "Team"}]})).await?;
    world.connect(json!({})).await?;
    world.group("team", json!({"name": "Team", "members": {"emails": emails}})).await?;

    // Between the word that they are about to be put in and the first call.
    next_addition(&world, json!({"timeOutBefore": {"holdMs": 600_000}})).await?;
    world.start_operator().await?;
    let announced = |group: &Value| group["status"]["added"].as_array().is_some_and(|added| added.len() == 80);
    world.until(ZOOM_GROUP, "team", "says whom it is about to put in", announced).await?;
    world.crash().await?;
    world.members_are("Team", &["stranger"]).await?;

    // While a batch is in and the answer is not.
    world.zoom.clear_faults().await?;
    next_addition(&world, json!({"timeOutAfter": {"holdMs": 600_000}})).await?;
    world.start_operator().await?;
    world.group_until("Team", "has one batch", |group| group.members.len() == 31).await?;
    world.crash().await?;

    world.zoom.clear_faults().await?;
    world.start_operator().await?;
    let group = world.group_is("team", "Synced").await?;
    assert!(announced(&group), "nobody of them counts as a stranger: {}", group["status"]["added"]);
    let mut members = world.zoom.group("Team").await?.context("it is there")?.members;
    members.sort();
    let mut everybody = [emails, vec![email("stranger")]].concat();
    everybody.sort();
    assert_eq!(members, everybody, "everybody once");
    Ok(())
}

#[tokio::test]
async fn a_contact_group_deleted_while_the_operator_was_away_is_read_before_it_goes_and_counted() -> anyhow::Result<()>
{
    let emails = ["ada", "bob"].map(email);
    let mut world = World::bare(account_of(&["ada", "bob"])).await?;
    world.connect(json!({})).await?;
    world.start_operator().await?;
    world.apply(CONTACT_GROUP, "call", json!({"name": "Call", "members": {"emails": emails}})).await?;
    world.reason(CONTACT_GROUP, "call", "Synced").await?;
    world.crash().await?;
    world.delete(CONTACT_GROUP, "call").await?;
    world.start_operator().await?;
    world.gone(CONTACT_GROUP, "call").await?;
    // No ZoomUser manages anybody here, so nobody may lose anything unasked.
    let removal = world.removal_is("call", "Held", "OverLimit").await?;
    assert_eq!((&removal["spec"]["count"], &removal["status"]["people"]), (&json!(0), &json!(2)));
    world
        .edit(REMOVAL, removal["metadata"]["name"].as_str().context("it has a name")?, json!({"decision": "Approve"}))
        .await?;
    world.removal_is("call", "Done", "Completed").await?;
    Ok(())
}

#[tokio::test]
async fn a_group_that_somebody_made_since_the_listing_is_adopted_and_not_said_to_be_made_here() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({"resyncInterval": "1h"})).await?;
    world.apply(ZOOM_GROUP, "first", json!({"name": "First"})).await?;
    world.reason(ZOOM_GROUP, "first", "Synced").await?;
    // The operator has listed the groups, and this one is not among them.
    world.zoom.add_group("Team").await?;
    world.apply(ZOOM_GROUP, "team", json!({"name": "Team", "members": {"users": ["ada"]}})).await?;
    let group = world.reason(ZOOM_GROUP, "team", "Synced").await?;
    assert_eq!((&group["status"]["origin"], &group["status"]["creating"]), (&json!("Adopted"), &Value::Null));
    world.members_are("Team", &["ada"]).await
}

#[tokio::test]
async fn what_zoom_said_it_made_and_never_showed_is_made_again() -> anyhow::Result<()> {
    let world = World::managed(&["ada"], json!({"resyncInterval": "1h"})).await?;
    for path in ["/groups", "/contacts/groups"] {
        let fault = json!({"method": "POST", "path": path, "count": 1, "effect": "withoutEffect"});
        world.zoom.inject(fault).await?;
    }
    world.group("team", json!({"name": "Team"})).await?;
    world.apply(CONTACT_GROUP, "call", json!({"name": "Call"})).await?;
    let made = world.group_is("team", "Synced").await?;
    assert_eq!((&made["status"]["origin"], &made["status"]["seenGeneration"]), (&json!("Created"), &Value::Null));
    world.reason(CONTACT_GROUP, "call", "Synced").await?;
    assert_eq!(world.zoom.group("Team").await?, None);

    // One listing lacks them, the next one shows those that are made then.
    let call = eventually(DEADLINE, "both were made and seen", || async {
        world.resync().await?;
        for (kind, name) in [(ZOOM_GROUP, "team"), (CONTACT_GROUP, "call")] {
            ensure!(world.get(kind, name).await?["status"]["seenGeneration"] == 1, "{name} was not seen");
        }
        world.get(CONTACT_GROUP, "call").await
    })
    .await?;
    assert!(world.zoom.group("Team").await?.is_some());
    assert_eq!(call["status"]["origin"], "Created");
    Ok(())
}
