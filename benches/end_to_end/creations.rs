//! People created from nothing: what each of them costs.

use serde_json::json;
use tokio::time::Instant;

use crate::{
    stage::{Stage, number, user},
    table::{self, Bar},
};

pub(crate) async fn bench(stage: &Stage, people: usize) -> anyhow::Result<()> {
    table::about(&format!("the operator: {people} people created"));
    let scene = stage.scene(0).await?;
    let begun = Instant::now();
    // Half of them carry a field that Zoom's create call cannot set.
    let objects: anyhow::Result<Vec<_>> = (0..people)
        .map(|place| {
            let profile = if place.is_multiple_of(2) { json!({"jobTitle": "Engineer"}) } else { json!({}) };
            let spec = json!({
                "email": format!("person-{place}@acme.example"), "firstName": "Person", "lastName": format!("N{place}"),
                "profile": profile,
            });
            user(&format!("person-{place}"), &spec)
        })
        .collect();
    scene.create(objects?).await?;
    scene.connection_until("everybody is Ready", |status| status["people"]["ready"] == people).await?;
    table::row("until all are Ready", begun.elapsed().as_secs_f64().round(), "s", Bar::None);
    table::row("resident memory of the operator", scene.memory("VmRSS")?, "MiB", Bar::None);
    let counts = scene.counts().await?;
    let one =
        |what: &str| counts.since(&Default::default()).get(what).map_or(0.0, |count| *count as f64 / number(people));
    table::row("creates, each", one("POST /users Ok"), "", Bar::AtMost(1.0));
    table::row("updates, each: half need one", one("PATCH /users/{userId} Ok"), "", Bar::AtMost(0.5));
    table::row(
        "reads, each: one to prove a create, one an update",
        one("GET /users/{userId} Ok"),
        "",
        Bar::AtMost(1.55),
    );
    table::row("writes of finalizers, each", one("ZoomUser patch"), "", Bar::AtMost(1.0));
    table::row("writes of statuses, each", one("ZoomUser patch status"), "", Bar::AtMost(2.05));
    scene.end()
}
