//! A cluster that was restored from a backup: the manifests are there, and nothing that the operator ever wrote.

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_testing::{eventually, faults_are_on};

use super::{names, texts};
use crate::world::{CONNECTION, DEADLINE, REMOVAL, USER, World, email, is_in_phase};

#[tokio::test]
async fn objects_restored_without_status_and_ids_adopt_everybody_without_a_write() -> anyhow::Result<()> {
    let names = names(8);
    let mut world = World::managed(&texts(&names), json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.crash().await?;
    // What a backup tool brings back: the same names, other uids, no status, no finalizer.
    for name in &names {
        world.patch(USER, name, json!({"metadata": {"finalizers": null}})).await?;
    }
    world.delete_all(&texts(&names)).await?;
    world.delete(CONNECTION, "default").await?;
    world.gone(CONNECTION, "default").await?;
    for name in &names {
        world.user(name, json!({"email": email(name)})).await?;
    }
    world.connect(json!({})).await?;
    world.start_operator().await?;
    world.users_are(&texts(&names), "Synced").await?;
    let user = world.get(USER, "p00").await?;
    assert_eq!(user["status"]["origin"], "Adopted");
    assert!(user["status"]["id"].is_string(), "{user}");
    world.resync().await?;
    assert!(world.list(REMOVAL).await?.is_empty());
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}

#[tokio::test]
async fn removals_restored_without_status_take_nothing_although_they_were_approved_once() -> anyhow::Result<()> {
    let names = names(12);
    let mut world = World::managed(&texts(&names), json!({"guard": {"quietPeriod": "3s"}})).await?;
    // A mistake that somebody approved, and that was taken back afterwards. One person was let in again past the API alone.
    let (back, out) = names[..9].split_at(8);
    world.delete_all(&texts(&names[..9])).await?;
    let held = world.removals_are(9, "Held", "OverLimit").await?;
    world.approve_all(&held).await?;
    world.removals_are(9, "Done", "Completed").await?;
    world.declare(back, &json!({})).await?;
    world.zoom.edit_person(&email(&out[0]), json!({"status": "active"})).await?;
    let backup = world.list(REMOVAL).await?;

    world.crash().await?;
    for name in names.iter().filter(|name| **name != out[0]) {
        world.patch(USER, name, json!({"metadata": {"finalizers": null}})).await?;
        world.delete(USER, name).await?;
        world.gone(USER, name).await?;
    }
    world.delete(CONNECTION, "default").await?;
    world.gone(CONNECTION, "default").await?;
    world.kubectl(&["delete", "zoomremovals", "--all"]).await?;
    world.zoom.clear_journal().await?;
    world.start_operator().await?;
    world.connect(json!({"guard": {"quietPeriod": "0s"}})).await?;
    // Kind after kind in the order of the alphabet: nobody is declared yet.
    for removal in &backup {
        world.restore(removal).await?;
    }
    eventually(DEADLINE, "nothing that was restored has begun", || async {
        let removals = world.list(REMOVAL).await?;
        // A late listing may show somebody as they were: then there is nothing left to refuse.
        let ended = |removal: &Value| {
            is_in_phase(removal, "Refused", "Restored")
                || (faults_are_on() && is_in_phase(removal, "Done", "AlreadyDone"))
        };
        ensure!(removals.iter().filter(|removal| ended(removal)).count() == 9, "{removals:?}");
        Ok(())
    })
    .await?;
    world.declare(&names, &json!({})).await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}

impl World<'_> {
    /// Writes an object as backup tools do: name, labels, annotations and spec, and nothing else.
    async fn restore(&self, object: &Value) -> anyhow::Result<()> {
        let metadata = &object["metadata"];
        let restored = json!({
            "apiVersion": object["apiVersion"], "kind": object["kind"], "spec": object["spec"],
            "metadata": {
                "name": metadata["name"], "labels": metadata["labels"], "annotations": metadata["annotations"],
                "namespace": metadata["namespace"],
            },
        });
        self.cluster.apply(&restored.to_string()).await.map(drop)
    }
}
