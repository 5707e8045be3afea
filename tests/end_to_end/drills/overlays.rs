//! One change in Git that reaches far more people than was meant.

use anyhow::ensure;
use serde_json::json;
use zoom_operator_testing::eventually;

use super::{names, texts};
use crate::faults::assert_calls;
use crate::world::{
    CONNECTION, DEADLINE, USER, World, all, condition, email, is_in_phase, merged, message, ready_reason,
};

#[tokio::test]
async fn an_overlay_that_adds_many_people_is_held_before_the_first_mail_beyond_the_limit() -> anyhow::Result<()> {
    let limits = json!({"creation": {"percent": 10, "floor": 20}});
    let world = World::managed(&["ada"], json!({"guard": {"limits": limits}})).await?;
    let newcomers = names(60);
    // They come one by one, as from a tool that applies file after file.
    let apply = |name: &String| {
        let (world, name) = (&world, name.clone());
        async move { world.user(&name, json!({"email": email(&name)})).await }
    };
    all(newcomers.iter().map(apply)).await?;
    eventually(DEADLINE, "who is over the limit is held, and the others are invited", || async {
        let users = world.list(USER).await?;
        let with = |reason| users.iter().filter(|user| ready_reason(user) == Some(reason)).count();
        let (held, invited) = (with("Held"), with("Invited"));
        ensure!(held >= 40 && held + invited == newcomers.len(), "{held} are held, {invited} invited");
        Ok(())
    })
    .await?;
    world.resync().await?;
    let users: Vec<_> = world.list(USER).await?;
    let held = users.iter().filter(|user| ready_reason(user) == Some("Held"));
    let held: Vec<_> = held.map(|user| user["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    let invited = newcomers.len() - held.len();
    assert!(invited <= 20, "{invited} people were invited");
    assert_calls(world.zoom_writes().await?.len(), invited, "everybody was invited once or is held");
    let unasked = world.zoom.people().await?;
    assert!(!unasked.iter().any(|person| held.iter().any(|name| person.email == email(name))), "{unasked:?}");

    // Most of it is taken back. One more than are left of the twenty: all of them wait.
    let (last, taken_back) = held.split_at(20 - invited + 1);
    world.delete_all(&texts(taken_back)).await?;
    world.resync().await?;
    world.users_are(&texts(last), "Held").await?;
    assert_calls(world.zoom_writes().await?.len(), invited, "all of them wait");
    // One less: they are invited without a word, twenty in all.
    let (over, within) = last.split_at(1);
    world.delete_all(&texts(over)).await?;
    world.users_are(&texts(within), "Invited").await?;
    eventually(DEADLINE, "nothing is held any more", || async {
        let removals = world.list(crate::world::REMOVAL).await?;
        ensure!(removals.iter().all(|removal| is_in_phase(removal, "Done", "Completed")), "{removals:?}");
        Ok(())
    })
    .await?;
    assert_calls(world.zoom_writes().await?.len(), 20, "as many as may be invited without asking");
    Ok(())
}

#[tokio::test]
async fn licences_taken_from_everybody_by_one_commit_are_held() -> anyhow::Result<()> {
    let names = names(30);
    let people: Vec<_> = names.iter().map(|name| json!({"email": email(name), "type": "Licensed"})).collect();
    let world = World::connected(json!({"people": people}), json!({})).await?;
    world.declare(&names, &json!({"license": {"type": "Licensed"}})).await?;
    let lower = |name: &String| {
        let (world, name) = (&world, name.clone());
        async move {
            let spec = json!({"email": email(&name), "license": {"type": "Basic"}});
            world.user(&name, spec).await
        }
    };
    all(names.iter().map(lower)).await?;
    world.removals_are(30, "Held", "OverLimit").await?;
    let connection =
        world.until(CONNECTION, "default", "says so", |connection| condition(connection, "Held").is_some());
    assert_eq!(connection.await?["status"]["people"]["held"], 30);
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.declare(&names, &json!({"license": {"type": "Licensed"}})).await?;
    world.removals_are(30, "Cancelled", "TakenBack").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_address_typed_as_a_colleagues_is_named_and_nobody_is_changed() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.users(&["ada"], &json!({"lastName": "Lovelace"})).await?;
    world.user_is("ada", "Synced").await?;
    world.zoom.clear_journal().await?;
    let spec = merged(json!({"email": email("bob")}), json!({"lastName": "Lovelace", "license": {"type": "Licensed"}}));
    world.user("ada", spec).await?;
    let user = world
        .until(USER, "ada", "names the conflict", |user| {
            condition(user, "Stalled").is_some_and(|stalled| stalled["status"] == "True")
                && message(user).contains("/bob")
        })
        .await?;
    assert!(!message(&user).is_empty());
    world.resync().await?;
    world.user_is("bob", "Synced").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.person(&email("bob")).await?.last_name, "");
    Ok(())
}

#[tokio::test]
async fn one_urgent_leaver_leaves_at_once_while_a_large_wave_is_held() -> anyhow::Result<()> {
    let names = names(100);
    let limits = json!({"access": {"percent": 2, "floor": 5}});
    // A slow machine may not see them go within a second of each other.
    let guard = json!({"guard": {"limits": limits, "quietPeriod": "5s"}});
    let world = World::managed(&texts(&names), guard).await?;
    world.delete_all(&texts(&names[..90])).await?;
    world.removals_are(90, "Held", "OverLimit").await?;
    world.zoom.clear_journal().await?;
    world.users(&[names[95].as_str()], &json!({"active": false})).await?;
    world.user_is(&names[95], "Deactivated").await?;
    assert_eq!(world.inactive(1).await?, [email(&names[95])]);
    let calls = world.zoom.journal().await?;
    let endpoints = calls.iter().map(|call| &call.endpoint);
    let about: Vec<_> = endpoints.filter(|endpoint| endpoint.contains("{userId}")).collect();
    let told = format!("a look, the deactivation, its proof, the end of the sessions: {about:?}");
    assert_calls(about.len().max(4), 4, told);
    let status = world.get(CONNECTION, "default").await?["status"].to_string();
    assert!(status.len() < 4096, "the status stays small: {} bytes", status.len());
    Ok(())
}
