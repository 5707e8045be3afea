//! Everybody's object is deleted at once: a wave that is held. Then they are applied again.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, ensure};
use kube::api::{DeleteParams, ListParams};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use zoom_operator_api::{Phase, ZoomRemoval, ZoomUser};

use crate::{
    stage::{Scene, Stage, at_once, number, user},
    table::{self, Bar},
};

/// Somebody who stays, and whose object is edited meanwhile.
const EDITED: &str = "edited";

pub(crate) async fn bench(stage: &Stage, people: usize) -> anyhow::Result<()> {
    table::about(&format!("the operator: a held wave of {people} people"));
    let scene = stage.scene(people + 1).await?;
    let leavers: Vec<_> = scene.people().await?.into_iter().map(|person| person.email).collect();
    let (stays, leavers) = leavers.split_last().context("nobody is there")?;
    let everybody = number(leavers.len());
    let edited = user(EDITED, &json!({"email": stays}))?;
    let objects = |leavers: &[String]| -> anyhow::Result<Vec<ZoomUser>> {
        leavers.iter().enumerate().map(|(place, email)| user(&name(place), &json!({"email": email}))).collect()
    };

    let start = scene.counts().await?;
    let begun = Instant::now();
    scene.create([edited]).await?;
    scene.create(objects(leavers)?).await?;
    scene.connection_until("all are adopted", ready(leavers.len() + 1)).await?;
    let adopted = scene.counts().await?;
    seconds("until all are adopted", begun);
    let each = |count: u64| count as f64 / everybody;
    table::row("writes of ZoomUsers, each", each(adopted.writes_since(&start, "ZoomUser")), "", Bar::AtMost(2.01));
    table::row("calls to Zoom that write", number(scene.zoom_writes().await?), "", Bar::AtMost(0.0));

    let begun = Instant::now();
    let users = scene.api::<ZoomUser>();
    let mut slowest = Duration::ZERO;
    let delete = async {
        let delete = |place| {
            let users = users.clone();
            async move { users.delete(&name(place), &DeleteParams::default()).await.map(drop) }
        };
        at_once(0..leavers.len(), delete).await?;
        anyhow::Ok(begun.elapsed())
    };
    let edits = async {
        let mut edits = 0_u32;
        loop {
            edits += 1;
            slowest = slowest.max(scene.edit(EDITED, &format!("Number {edits}")).await?);
            if scene.number::<ZoomUser>().await? == 1 {
                return anyhow::Ok((edits, begun.elapsed()));
            }
            sleep(Duration::from_secs(2)).await;
        }
    };
    let (deleted, edited) = tokio::join!(delete, edits);
    let (deleted, (edits, gone)) = (deleted?, edited?);
    table::row("until all are asked to go", deleted.as_secs_f64().round(), "s", Bar::None);
    table::row("until all objects are gone", gone.as_secs_f64().round(), "s", Bar::None);
    let is_held = |status: &Value| status["people"]["held"] == leavers.len();
    let status = scene.connection_until("all are held", is_held).await?;
    seconds("until all are held, 30 s of it the quiet period", begun);
    let held = scene.counts().await?;
    table::row(
        &format!("an edit meanwhile until its call, the slowest of {edits}"),
        slowest.as_secs_f64(),
        "s",
        Bar::Under(1.0),
    );
    let slowest = scene.edit(EDITED, "Held").await?;
    table::row("an edit while all are held until its call", slowest.as_secs_f64(), "s", Bar::Under(1.0));
    tell_removals(&scene, &status, leavers.len()).await?;
    table::row("writes of ZoomUsers, each", each(held.writes_since(&adopted, "ZoomUser")), "", Bar::AtMost(1.1));
    // Written down, settling, held.
    table::row("writes of ZoomRemovals, each", each(held.writes_since(&adopted, "ZoomRemoval")), "", Bar::AtMost(3.0));
    table::row(
        "calls to Zoom that write, beyond the edits",
        number(scene.zoom_writes().await?) - f64::from(edits) - 1.0,
        "",
        Bar::AtMost(0.0),
    );
    table::row("resident memory of the operator, at most", scene.memory("VmHWM")?, "MiB", Bar::None);

    let held = scene.counts().await?;
    scene.zoom.clear_journal().await?;
    let begun = Instant::now();
    scene.create(objects(leavers)?).await?;
    let all = ready(leavers.len() + 1);
    scene.connection_until("nothing is held", |status| status["people"]["held"] == 0 && all(status)).await?;
    seconds("applied again: until all are adopted and cancelled", begun);
    let back = scene.counts().await?;
    let removals = scene.api::<ZoomRemoval>().list(&ListParams::default()).await?;
    let phase = |removal: &ZoomRemoval| removal.status.as_ref().and_then(|status| status.phase);
    ensure!(removals.iter().all(|removal| phase(removal) == Some(Phase::Cancelled)), "not all are cancelled");
    table::row("writes of ZoomUsers, each", each(back.writes_since(&held, "ZoomUser")), "", Bar::AtMost(2.01));
    table::row("writes of ZoomRemovals, each", each(back.writes_since(&held, "ZoomRemoval")), "", Bar::AtMost(1.01));
    table::row("calls to Zoom that write", number(scene.zoom_writes().await?), "", Bar::AtMost(0.0));
    scene.end()
}

/// What the API server holds of the wave.
async fn tell_removals(scene: &Scene<'_>, connection: &Value, people: usize) -> anyhow::Result<()> {
    let removals = scene.api::<ZoomRemoval>().list(&ListParams::default()).await?;
    let mut seconds = BTreeMap::<_, usize>::new();
    let mut largest = 0;
    for removal in &removals {
        let created = removal.metadata.creation_timestamp.as_ref().context("no creation time")?;
        *seconds.entry(created.0).or_default() += 1;
        let status = removal.status.as_ref().context("no status")?;
        ensure!(status.phase == Some(Phase::Held), "{:?} is {status:?}", removal.metadata.name);
        largest = largest.max(serde_json::to_vec(status)?.len());
    }
    ensure!(removals.items.len() == people, "{} ZoomRemovals", removals.items.len());
    let most = seconds.values().max().copied().unwrap_or_default();
    table::row("ZoomRemovals written in a second, at most", number(most), "", Bar::AtMost(101.0));
    table::row("the connection's status", number(connection.to_string().len()), "B", Bar::Under(4096.0));
    table::row("the largest status of a ZoomRemoval", number(largest), "B", Bar::Under(2048.0));
    Ok(())
}

fn ready(people: usize) -> impl Fn(&Value) -> bool {
    move |status| status["people"]["ready"] == people
}

fn seconds(what: &str, begun: Instant) {
    table::row(what, begun.elapsed().as_secs_f64().round(), "s", Bar::None);
}

fn name(place: usize) -> String {
    format!("person-{place:06}")
}
