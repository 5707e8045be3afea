//! The guard: what comes together is counted together, held whole, and decided by a human.

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_testing::eventually;

use crate::faults::assert_calls;
use crate::world::{
    CONNECTION, DEADLINE, REMOVAL, USER, World, account_of, all, condition, email, endless, is_in_phase, is_ready,
};

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

fn wave(removal: &Value) -> &str {
    removal["metadata"]["labels"]["zoom-operator.dev/wave"].as_str().unwrap()
}

impl World<'_> {
    async fn approve(&self, removal: &Value) -> anyhow::Result<()> {
        self.edit(REMOVAL, name(removal), json!({"decision": "Approve", "decidedBy": "grace"})).await.map(drop)
    }
}

const TEAM: [&str; 14] = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1", "b2", "b3", "stays", "stays-too"];

/// Twelve of a team of fourteen deleted at once, held whole.
async fn held_team() -> anyhow::Result<(World<'static>, Vec<Value>)> {
    let world = World::managed(&TEAM, json!({"guard": {"quietPeriod": "3s"}})).await?;
    world.delete_all(&TEAM[..12]).await?;
    let removals = world.removals_are(12, "Held", "OverLimit").await?;
    Ok((world, removals))
}

#[tokio::test]
async fn a_wave_over_its_limit_is_held_whole_until_it_is_approved_one_by_one_or_all_at_once() -> anyhow::Result<()> {
    let (world, removals) = held_team().await?;
    let label = wave(&removals[0]);
    assert!(removals.iter().all(|removal| wave(removal) == label), "{removals:?}");
    let told = removals[0]["status"]["message"].as_str().unwrap();
    assert!(told.contains("12 people") && told.contains("5 allowed"), "{told}");
    let connection = world
        .until(CONNECTION, "default", "names the wave", |connection| {
            condition(connection, "Held").is_some_and(|held| held["message"].as_str().unwrap().contains(label))
        })
        .await?;
    assert!(is_ready(&connection), "what is held leaves the connection Ready: {connection}");
    assert_eq!(connection["status"]["people"]["held"], 12);
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    let first = removals[0]["spec"]["source"]["name"].as_str().unwrap();
    world.approve(&removals[0]).await?;
    world.removal_is(first, "Done", "Completed").await?;
    assert_eq!(world.person(&email(first)).await?.status, "inactive");
    world.resync().await?;
    assert_eq!(world.removals_are(11, "Held", "OverLimit").await?.len(), 11);

    all(removals[1..].iter().map(|removal| world.approve(removal))).await?;
    world.removals_are(12, "Done", "Completed").await?;
    assert_eq!(world.statuses(&TEAM[..12]).await?, ["inactive"; 12]);
    assert_eq!(world.statuses(&TEAM[12..]).await?, ["active"; 2]);
    world.until(CONNECTION, "default", "holds nothing", |connection| condition(connection, "Held").is_none()).await?;
    Ok(())
}

#[tokio::test]
async fn deleting_held_removals_rejects_them_for_good() -> anyhow::Result<()> {
    let (world, removals) = held_team().await?;
    all(removals.iter().map(|removal| world.delete(REMOVAL, name(removal)))).await?;
    world.until(CONNECTION, "default", "holds nothing", |connection| condition(connection, "Held").is_none()).await?;
    world.resync().await?;
    assert_eq!(world.list(REMOVAL).await?, [Value::Null; 0]);
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&TEAM).await?, ["active"; 14]);
    Ok(())
}

#[tokio::test]
async fn an_edit_is_known_before_its_removal_is_held_so_that_rejecting_it_is_for_good() -> anyhow::Result<()> {
    let names: Vec<_> = (0..60).map(|place| format!("p{place:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let guard = json!({"quietPeriod": "0s", "limits": {"access": {"percent": 0, "floor": 0}}});
    let world = World::managed(&names, json!({"guard": guard})).await?;
    all(names.iter().map(|name| world.edit(USER, name, json!({"active": false})))).await?;
    loop {
        let removals = world.list(REMOVAL).await?;
        let held: Vec<_> = removals.iter().filter(|removal| is_in_phase(removal, "Held", "OverLimit")).collect();
        let users = world.list(USER).await?;
        for removal in &held {
            let user = users.iter().find(|user| name(user) == removal["spec"]["source"]["name"]).unwrap();
            assert_eq!(user["status"]["observedGeneration"], user["metadata"]["generation"], "{removal} {user}");
        }
        if held.len() == names.len() {
            return Ok(());
        }
    }
}

#[tokio::test]
async fn whoever_cannot_be_served_says_so_while_many_others_are_created() -> anyhow::Result<()> {
    let world = World::connected(account_of(&["odd"]), json!({"adoption": "Never"})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world
        .zoom
        .inject(json!({"method": "POST", "path": "/users", "count": 1000, "effect": {"delay": {"ms": 500}}}))
        .await?;
    let names: Vec<_> = (0..60).map(|place| format!("p{place:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    world.users(&names, &json!({})).await?;
    world.users(&["odd"], &json!({})).await?;
    world.reason(USER, "odd", "AdoptionRefused").await?;
    world
        .until(CONNECTION, "default", "counts them", |connection| connection["status"]["people"]["refused"] == 1)
        .await?;
    let created = world.write_calls().await?.len();
    assert!(created < names.len(), "it was said when everybody was created");
    Ok(())
}

#[tokio::test]
async fn while_a_wave_is_held_everything_else_goes_on() -> anyhow::Result<()> {
    let (world, _) = held_team().await?;
    world.users(&["stays"], &json!({"firstName": "Stay"})).await?;
    world.person_until(&email("stays"), "is named Stay", |person| person.first_name == "Stay").await?;
    world.users(&["newcomer"], &json!({})).await?;
    world.user_is("newcomer", "Invited").await?;
    world.users(&["stays-too"], &json!({"active": false})).await?;
    world.user_is("stays-too", "Deactivated").await?;
    assert_eq!(world.removals_are(12, "Held", "OverLimit").await?.len(), 12);
    Ok(())
}

#[tokio::test]
async fn a_wave_of_edits_is_counted_like_a_wave_of_deletions() -> anyhow::Result<()> {
    let names = &TEAM[..6];
    let limits = json!({"access": {"percent": 0, "floor": 1}});
    let world = World::managed(names, json!({"guard": {"limits": limits}})).await?;
    all(names[..4].iter().map(|name| world.user(name, json!({"email": email(name), "active": false})))).await?;
    // One may go at once; the others are more than that.
    eventually(DEADLINE, "the edits are held", || async {
        let removals = world.list(REMOVAL).await?;
        let held = removals.iter().filter(|removal| is_in_phase(removal, "Held", "OverLimit")).count();
        let done = removals.iter().filter(|removal| is_in_phase(removal, "Done", "Completed")).count();
        ensure!(held + done == 4 && done <= 1, "{removals:?}");
        Ok(())
    })
    .await?;
    world.resync().await?;
    let out = world.statuses(names).await?.iter().filter(|status| *status == "inactive").count();
    assert!(out <= 1, "{out} people lost their access");
    Ok(())
}

#[tokio::test]
async fn an_edit_to_active_false_within_the_limit_does_not_wait_for_the_quiet_period() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob", "eve"], endless()).await?;
    world.users(&["ada"], &json!({"active": false})).await?;
    world.user_is("ada", "Deactivated").await?;
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");
    let removal = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!(removal["spec"]["class"], "Access");
    Ok(())
}

#[tokio::test]
async fn more_people_to_create_than_allowed_are_held_together_and_created_once_approved() -> anyhow::Result<()> {
    let mut world = World::bare(json!({})).await?;
    let names = ["ada", "bob", "eve", "joe"];
    world.users(&names, &json!({})).await?;
    world.start_operator().await?;
    world.users_are(&names, "WaitingForConnection").await?;
    let limits = json!({"creation": {"percent": 0, "floor": 2}});
    world.connect(json!({"creation": {"method": "AutoCreate"}, "guard": {"limits": limits}})).await?;
    world.users_are(&names, "Held").await?;
    let removal = world.removals_are(1, "Held", "OverLimit").await?.remove(0);
    assert_eq!(removal["spec"]["class"], "Creation");
    let people = removal["spec"]["people"].as_array().unwrap();
    let mut people: Vec<_> = people.iter().map(|one| one["email"].as_str().unwrap()).collect();
    people.sort_unstable();
    assert_eq!(people, names.map(email));
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    world.approve(&removal).await?;
    world.users_are(&names, "Synced").await?;
    world.removals_are(1, "Done", "Completed").await?;
    world.assert_wrote(&["POST /users"; 4]).await?;
    Ok(())
}

#[tokio::test]
async fn a_large_wave_is_written_down_a_hundred_objects_a_second_and_nobody_waits_for_it() -> anyhow::Result<()> {
    let names: Vec<_> = (0..200).map(|place| format!("p{place:03}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let (stay, go) = names.split_at(2);
    // Long enough for a busy machine to delete them all.
    let world = World::managed(&names, json!({"guard": {"quietPeriod": "5s"}})).await?;
    all(go.iter().map(|name| world.delete(USER, name))).await?;
    world.users(&stay[..1], &json!({"lastName": "Byron"})).await?;
    world.users(&stay[1..], &json!({"active": false})).await?;
    world.person_until(&email(stay[0]), "is changed", |person| person.last_name == "Byron").await?;
    world.person_until(&email(stay[1]), "has left", |person| person.status == "inactive").await?;
    let written = world.list(REMOVAL).await?.len();
    let told = format!("the edits waited until {written} removals were written down");
    assert_calls(written < names.len() - 1, true, told);

    let removals = world.removals_are(go.len(), "Held", "OverLimit").await?;
    assert!(removals.iter().all(|removal| wave(removal) == wave(&removals[0])), "{removals:?}");
    let mut seconds = std::collections::BTreeMap::<&str, usize>::new();
    for removal in &removals {
        *seconds.entry(removal["metadata"]["creationTimestamp"].as_str().unwrap()).or_default() += 1;
    }
    assert!(seconds.values().all(|written| *written <= 101), "{seconds:?}");
    let connection = world
        .until(CONNECTION, "default", "counts them", |connection| connection["status"]["people"]["held"] == go.len())
        .await?;
    let status = connection["status"].to_string();
    assert!(status.contains(&email(go[9])) && !status.contains(&email(go[10])), "ten are named: {status}");
    assert!(status.len() < 4096, "{} bytes: {status}", status.len());
    assert_calls(world.zoom_writes().await?.len(), 2 + 1, "one change, one deactivation, one end of sessions");
    Ok(())
}
