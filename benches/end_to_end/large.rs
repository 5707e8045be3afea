//! A large account that is in order already, and an operator that starts: how much memory it needs, that it writes nothing, and
//! how soon an edit gets through.

use std::time::Duration;

use anyhow::Context as _;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::time::Instant;
use zoom_operator_api::{FINALIZER, ZoomConnection, ZoomUser};
use zoom_operator_testing::eventually;

use crate::{
    stage::{Scene, Stage, at_once, number, user},
    table::{self, Bar},
};

const TEMPLATE: &str = "template";

pub(crate) async fn bench(stage: &Stage, people: usize) -> anyhow::Result<()> {
    table::about(&format!("the operator: an account of {people} people in order"));
    let mut scene = stage.scene(people).await?;
    seed(&mut scene).await?;

    scene.zoom.clear_journal().await?;
    let begun = Instant::now();
    scene.start_operator().await?;
    let leads = || async {
        let metrics = scene.operator.metrics().await?;
        let ready = format!("reason=\"Synced\"}} {people}");
        anyhow::ensure!(metrics.lines().any(|line| line.ends_with(&ready)), "not all are Synced");
        Ok(())
    };
    eventually(Duration::from_secs(600), "everybody was planned", leads).await?;
    table::row("until everybody was planned", begun.elapsed().as_secs_f64().round(), "s", Bar::None);
    let counts = scene.counts().await?;
    table::row(
        "writes of ZoomUsers",
        number(usize::try_from(counts.writes_since(&Default::default(), "ZoomUser"))?),
        "",
        Bar::AtMost(0.0),
    );
    table::row("calls to Zoom that write", number(scene.zoom_writes().await?), "", Bar::AtMost(0.0));
    let bar = if people <= 100_000 { Bar::Under(400.0) } else { Bar::None };
    table::row("resident memory", scene.memory("VmRSS")?, "MiB", bar);
    table::row("resident memory, at most", scene.memory("VmHWM")?, "MiB", bar);
    scene.zoom.clear_journal().await?;
    let mut slowest = Duration::ZERO;
    for number in 0..5 {
        slowest = slowest.max(scene.edit(TEMPLATE, &format!("Number {number}")).await?);
    }
    table::row("an edit until its call, the slowest of 5", slowest.as_secs_f64(), "s", Bar::Under(1.0));
    for _ in 0..3 {
        resync(&scene).await?;
    }
    table::row("resident memory, after three more listings", scene.memory("VmRSS")?, "MiB", bar);
    table::row("resident memory, at most", scene.memory("VmHWM")?, "MiB", bar);
    scene.end()
}

/// Writes an object with a status for everybody, as the operator itself would: it does so for one of them, and is stopped.
async fn seed(scene: &mut Scene<'_>) -> anyhow::Result<()> {
    let people = scene.people().await?;
    let (first, others) = people.split_first().context("nobody is there")?;
    let spec = |person: &zoom_operator_testing::Person| json!({"email": person.email, "firstName": person.first_name, "lastName": person.last_name});
    scene.create([user(TEMPLATE, &spec(first))?]).await?;
    scene.connection_until("one is adopted", |status| status["people"]["ready"] == 1).await?;
    scene.operator.terminate(Duration::from_secs(60)).await?;

    let users = scene.api::<ZoomUser>();
    let template = serde_json::to_string(&users.get(TEMPLATE).await?.status)?;
    let seeded: anyhow::Result<Vec<_>> = others
        .iter()
        .enumerate()
        .map(|(place, person)| {
            let mut object = user(&format!("person-{place:06}"), &spec(person))?;
            object.metadata.finalizers = Some(vec![FINALIZER.to_owned()]);
            let status = template.replace(&first.id, &person.id).replace(&first.email, &person.email);
            let mut status: Value = serde_json::from_str(&status)?;
            status["license"] = json!(person.license);
            status["role"] = json!(person.role);
            // As many in a second as the operator writes.
            let seconds = jiff::SignedDuration::from_secs(i64::try_from(place / 100)?);
            status["conditions"][0]["lastTransitionTime"] = json!(jiff::Timestamp::UNIX_EPOCH + seconds);
            object.status = serde_json::from_value(status)?;
            Ok(object)
        })
        .collect();
    let write = |object: ZoomUser| {
        let users = users.clone();
        async move {
            let status = object.status.clone();
            let mut created = users.create(&PostParams::default(), &object).await?;
            created.status = status;
            let name = created.metadata.name.clone().unwrap_or_default();
            users.replace_status(&name, &PostParams::default(), &created).await.map(drop)
        }
    };
    Ok(at_once(seeded?, write).await?)
}

/// Waits until the account was listed anew and a pass has looked at that.
async fn resync(scene: &Scene<'_>) -> anyhow::Result<()> {
    let asked = jiff::Timestamp::now().to_string();
    let annotations = json!({"metadata": {"annotations": {zoom_operator_api::REQUESTED_AT_ANNOTATION: asked}}});
    let connections = scene.api::<ZoomConnection>();
    connections.patch("default", &PatchParams::default(), &Patch::Merge(annotations)).await?;
    scene
        .connection_until("the request is handled", |status| status["lastHandledRequestedAt"] == asked.as_str())
        .await?;
    Ok(())
}
