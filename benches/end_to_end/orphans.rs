//! The connection is deleted before the objects of its people: all are told, and then let go.

use anyhow::ensure;
use kube::api::{DeleteParams, ListParams};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use zoom_operator_api::{ZoomConnection, ZoomRemoval, ZoomUser};
use zoom_operator_testing::eventually;

use crate::{
    stage::{Scene, Stage, at_once, number, user},
    table::{self, Bar},
};

pub(crate) async fn bench(stage: &Stage, people: usize) -> anyhow::Result<()> {
    table::about(&format!("the operator: {people} people without a connection"));
    let scene = stage.scene(people).await?;
    let everybody = scene.people().await?.into_iter().enumerate();
    let objects: anyhow::Result<Vec<ZoomUser>> =
        everybody.map(|(place, person)| user(&name(place), &json!({"email": person.email}))).collect();
    scene.create(objects?).await?;
    scene.connection_until("all are adopted", |status: &Value| status["people"]["ready"] == people).await?;

    let adopted = scene.counts().await?;
    let begun = Instant::now();
    scene.api::<ZoomConnection>().delete("default", &DeleteParams::default()).await?;
    eventually(Duration::from_secs(3600), "all are told", || all_told(&scene)).await?;
    table::row("until all are told", begun.elapsed().as_secs_f64().round(), "s", Bar::None);
    let told = scene.counts().await?;
    let each = |count: u64| count as f64 / number(people);
    table::row("writes of ZoomUsers, each", each(told.writes_since(&adopted, "ZoomUser")), "", Bar::AtMost(1.01));

    let begun = Instant::now();
    let users = scene.api::<ZoomUser>();
    let delete = |place| {
        let users = users.clone();
        async move { users.delete(&name(place), &DeleteParams::default()).await.map(drop) }
    };
    at_once(0..people, delete).await?;
    let gone = || async {
        let left = scene.number::<ZoomUser>().await?;
        ensure!(left == 0, "{left} are left");
        Ok(())
    };
    eventually(Duration::from_secs(3600), "all objects are gone", gone).await?;
    table::row("deleted: until all objects are gone", begun.elapsed().as_secs_f64().round(), "s", Bar::None);
    let gone = scene.counts().await?;
    table::row("writes of ZoomUsers, each", each(gone.writes_since(&told, "ZoomUser")), "", Bar::AtMost(1.01));
    table::row("ZoomRemovals", number(scene.number::<ZoomRemoval>().await?), "", Bar::AtMost(0.0));
    table::row("calls to Zoom that write", number(scene.zoom_writes().await?), "", Bar::AtMost(0.0));
    scene.end()
}

async fn all_told(scene: &Scene<'_>) -> anyhow::Result<()> {
    let users = scene.api::<ZoomUser>().list(&ListParams::default()).await?;
    let is_told = |user: &&ZoomUser| {
        let conditions = user.status.iter().flat_map(|status| &status.conditions);
        conditions.into_iter().any(|condition| condition.reason == "WaitingForConnection")
    };
    let told = users.iter().filter(is_told).count();
    ensure!(told == users.items.len(), "{told} of {} are told", users.items.len());
    Ok(())
}

fn name(place: usize) -> String {
    format!("person-{place:06}")
}
