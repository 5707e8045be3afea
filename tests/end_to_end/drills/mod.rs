//! Mistakes, one after another, as they happen: each ends as docs/safety.md says.

mod account;
mod backups;
mod deletions;
mod interruptions;
mod labels;
mod overlays;
mod unseen;

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_testing::eventually;

use crate::world::{CONNECTION, DEADLINE, REMOVAL, World, all, email, merged};

impl World<'_> {
    /// Applies ZoomUsers at once, each with the same further fields, and waits until they are in sync.
    async fn declare(&self, names: &[String], spec: &Value) -> anyhow::Result<()> {
        all(names.iter().map(|name| self.user(name, merged(json!({"email": email(name)}), spec.clone())))).await?;
        all(names.iter().map(|name| self.user_is(name, "Synced"))).await.map(drop)
    }

    /// Approves ZoomRemovals by name.
    async fn approve_all(&self, removals: &[Value]) -> anyhow::Result<()> {
        let decision = json!({"decision": "Approve", "decidedBy": "grace"});
        let name = |removal: &Value| removal["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        all(removals.iter().map(|removal| {
            let (name, decision) = (name(removal), decision.clone());
            async move { self.edit(REMOVAL, &name, decision).await }
        }))
        .await
        .map(drop)
    }

    /// Asks for a pass without waiting for what comes of it.
    async fn ask(&self, why: &str) -> anyhow::Result<()> {
        let asked = json!({"metadata": {"annotations": {zoom_operator_api::REQUESTED_AT_ANNOTATION: why}}});
        self.patch(CONNECTION, "default", asked).await.map(drop)
    }

    /// Nobody lost access: everybody in the account is active.
    async fn everybody_is_active(&self) -> anyhow::Result<()> {
        let people = self.zoom.people().await?;
        ensure!(people.iter().all(|person| person.status == "active"), "{people:?}");
        Ok(())
    }

    /// Waits until so many people are inactive in Zoom, and never sees more.
    async fn inactive(&self, count: usize) -> anyhow::Result<Vec<String>> {
        eventually(DEADLINE, format_args!("{count} people are inactive"), || async {
            let people = self.zoom.people().await?;
            let inactive: Vec<_> =
                people.into_iter().filter(|person| person.status == "inactive").map(|person| person.email).collect();
            ensure!(inactive.len() == count, "{inactive:?}");
            Ok(inactive)
        })
        .await
    }
}

/// `p00`, `p01` and so on.
fn names(count: usize) -> Vec<String> {
    (0..count).map(|place| format!("p{place:02}")).collect()
}

fn texts(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}
