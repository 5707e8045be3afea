//! An operator that is killed while it fills a group.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::world::{World, ZOOM_GROUP, email};

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
    world.lease = 4;
    world.connect(json!({})).await?;
    world.group("team", json!({"name": "Team", "members": {"emails": emails}})).await?;

    // Between the word that they are about to be put in and the first call.
    next_addition(&world, json!({"timeOutBefore": {"holdMs": 600_000}})).await?;
    world.start_operator().await?;
    let announced = |group: &Value| group["status"]["added"].as_array().is_some_and(|added| added.len() == 80);
    world.until(ZOOM_GROUP, "team", "says whom it is about to put in", announced).await?;
    world.operator.as_mut().context("an operator runs")?.kill9();
    world.members_are("Team", &["stranger"]).await?;

    // While a batch is in and the answer is not.
    world.zoom.clear_faults().await?;
    next_addition(&world, json!({"timeOutAfter": {"holdMs": 600_000}})).await?;
    world.start_operator().await?;
    world.group_until("Team", "has one batch", |group| group.members.len() == 31).await?;
    world.operator.as_mut().context("an operator runs")?.kill9();

    world.zoom.clear_faults().await?;
    world.lease = 15;
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
