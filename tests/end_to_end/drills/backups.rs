//! A cluster that was restored from a backup: the manifests are there, and nothing that the operator ever wrote.

use serde_json::json;

use super::{names, texts};
use crate::world::{CONNECTION, REMOVAL, USER, World};

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
        world.user(name, json!({"email": crate::world::email(name)})).await?;
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
