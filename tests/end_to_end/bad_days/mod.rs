//! Days on which something is bad: the credentials, Zoom's answers, the people, the listings.

mod answers;
mod credentials;
mod everything;
mod listings;
mod people;

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_api::REQUESTED_AT_ANNOTATION;
use zoom_operator_testing::eventually;

use crate::world::{CONNECTION, DEADLINE, World, is_ready, merged, message};

/// As [`World::connected`], with a lease that outlasts a machine which is busy with other tests.
async fn connected(account: Value, connection: Value) -> anyhow::Result<World<'static>> {
    let mut world = World::bare(account).await?;
    world.lease = 60;
    world.start_operator().await?;
    world.connect(connection).await?;
    Ok(world)
}

/// Asks for a pass without waiting for what comes of it.
async fn nudge(world: &World<'_>, why: &str) -> anyhow::Result<()> {
    let annotations = json!({"metadata": {"annotations": {REQUESTED_AT_ANNOTATION: why}}});
    world.patch(CONNECTION, "default", annotations).await.map(drop)
}

/// The object is not ready, and its message names all of these.
#[track_caller]
fn assert_says(object: &Value, names: &[&str]) {
    assert!(!is_ready(object), "{object}");
    for name in names {
        assert!(message(object).contains(name), "{name:?} is not in the message {:?}", message(object));
    }
}

/// How often the simulator was asked at this endpoint, such as "PATCH /users/{userId}", since the journal was cleared.
async fn calls(world: &World<'_>, endpoint: &str) -> anyhow::Result<usize> {
    Ok(world.zoom.journal().await?.iter().filter(|call| call.endpoint == endpoint).count())
}

/// A fault at an endpoint.
fn fault(method: &str, path: &str, count: u32, effect: &Value) -> Value {
    json!({"method": method, "path": path, "count": count, "effect": effect})
}

/// A fault at an endpoint until faults are cleared.
fn lasting_fault(method: &str, path: &str, effect: &Value) -> Value {
    fault(method, path, u32::MAX, effect)
}

/// Waits until every injected fault has hit its call.
async fn faults_are_spent(world: &World<'_>) -> anyhow::Result<()> {
    eventually(DEADLINE, "every fault has hit a call", || async {
        let left = world.zoom.control(reqwest::Method::GET, "faults", None).await?;
        ensure!(left == json!([]), "left: {left}");
        Ok(())
    })
    .await
}

/// A person who is active at once.
fn active(changes: Value) -> Value {
    merged(json!({"creation": {"method": "AutoCreate"}, "license": {"type": "Basic"}}), changes)
}
