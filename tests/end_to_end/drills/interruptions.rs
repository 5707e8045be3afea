//! What breaks off in the middle of an approved wave: exactly those who were approved go, each once.

use std::{collections::BTreeSet, ops::RangeInclusive};

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_testing::{Operator, OperatorOptions, eventually};

use super::{names, texts};
use crate::faults::assert_calls;
use crate::world::{DEADLINE, World, binaries, email};

/// A wave of twelve that is held, eight of it approved, and Zoom so slow that it can be broken off.
async fn approved_wave() -> anyhow::Result<(World<'static>, Vec<String>)> {
    let names = names(14);
    let mut world = World::bare(crate::world::account_of(&texts(&names))).await?;
    world.start_operator().await?;
    world.connect(json!({})).await?;
    world.declare(&names, &json!({})).await?;
    world.delete_all(&texts(&names[..12])).await?;
    let held = world.removals_are(12, "Held", "OverLimit").await?;
    let slow =
        json!({"method": "PUT", "path": "/users/{userId}/status", "count": 100, "effect": {"delay": {"ms": 700}}});
    world.zoom.inject(slow).await?;
    world.zoom.clear_journal().await?;
    world.approve_all(&held[..8]).await?;
    let mut approved: Vec<_> = held[..8].iter().map(person).collect();
    approved.sort();
    Ok((world, approved))
}

fn person(removal: &Value) -> String {
    removal["spec"]["person"]["email"].as_str().unwrap_or_default().to_owned()
}

async fn some_are_gone(world: &World<'_>) -> anyhow::Result<()> {
    eventually(DEADLINE, "the wave is under way", || async {
        let people = world.zoom.people().await?;
        ensure!(people.iter().any(|person| person.status == "inactive"), "nobody is inactive");
        Ok(())
    })
    .await
}

/// In the end exactly those who were approved are gone, each by one call that was answered, and so many calls were made in all.
async fn exactly_these(world: &World<'_>, approved: &[String], made: RangeInclusive<usize>) -> anyhow::Result<()> {
    let mut gone = world.inactive(8).await?;
    gone.sort();
    assert_eq!(gone, approved);
    world.resync().await?;
    world.removals_are(4, "Held", "OverLimit").await?;
    assert_eq!(world.inactive(8).await?.len(), 8);
    let calls = world.write_calls().await?;
    let calls: Vec<_> = calls.iter().filter(|call| call.endpoint == "PUT /users/{userId}/status").collect();
    let people: BTreeSet<_> = calls.iter().map(|call| &call.path).collect();
    assert_eq!(people.len(), 8);
    let answered: Vec<_> = calls.iter().filter(|call| call.status.is_some()).map(|call| &call.path).collect();
    let twice = answered.iter().collect::<BTreeSet<_>>().len() < answered.len();
    assert_calls(twice, false, format_args!("somebody was deactivated twice: {answered:?}"));
    assert_calls(made.contains(&calls.len()), true, format_args!("{} calls and not {made:?}", calls.len()));
    Ok(())
}

#[tokio::test]
async fn an_operator_killed_in_an_approved_wave_goes_on_with_exactly_those_who_were_approved() -> anyhow::Result<()> {
    let (mut world, approved) = approved_wave().await?;
    some_are_gone(&world).await?;
    world.start_operator().await?;
    // The call that was in flight may have come to nothing.
    exactly_these(&world, &approved, 8..=9).await
}

#[tokio::test]
async fn a_leader_that_changes_in_an_approved_wave_leaves_the_rest_to_the_next_one() -> anyhow::Result<()> {
    let (mut world, approved) = approved_wave().await?;
    let options = OperatorOptions { arguments: world.operator_arguments(), ..OperatorOptions::default() };
    let _standby = Operator::start(&binaries()?, world.cluster.kubeconfig(), options).await?;
    some_are_gone(&world).await?;
    if let Some(mut leader) = world.operator.take() {
        leader.kill9();
    }
    exactly_these(&world, &approved, 8..=9).await
}

#[tokio::test]
async fn a_clock_that_jumps_at_zoom_changes_nothing_about_an_approved_wave() -> anyhow::Result<()> {
    let (world, approved) = approved_wave().await?;
    some_are_gone(&world).await?;
    world.zoom.move_clock(json!({"advance": "2h"})).await?;
    exactly_these(&world, &approved, 8..=8).await?;
    world.users(&["p12"], &json!({"lastName": "Byron"})).await?;
    world.user_is("p12", "Synced").await?;
    assert_eq!(world.person(&email("p12")).await?.last_name, "Byron");
    Ok(())
}
