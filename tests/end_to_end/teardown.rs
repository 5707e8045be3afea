//! Nobody is removed because a namespace, a connection or a kind goes, and nothing stays stuck.

use anyhow::ensure;
use serde_json::json;
use zoom_operator_testing::{ControlPlane, eventually};

use crate::world::{CONNECTION, DEADLINE, REMOVAL, World, account_of, endless};

const NAMES: [&str; 3] = ["ada", "bob", "eve"];

#[tokio::test]
async fn deleting_the_namespace_removes_nobody_and_nothing_stays_stuck() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&NAMES)).await?;
    world.lease_namespace = world.cluster.namespace("operator").await?;
    world.start_operator().await?;
    world.connect(json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.users(&NAMES, &json!({})).await?;
    world.users_are(&NAMES, "Synced").await?;
    world.cluster.kubectl(&["delete", "namespace", &world.namespace, "--timeout=60s"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&NAMES).await?, ["active"; 3]);
    Ok(())
}

#[tokio::test]
async fn deleting_the_connection_with_everything_in_it_removes_nobody_and_nothing_stays_stuck() -> anyhow::Result<()> {
    let world = World::managed(&NAMES, endless()).await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Settling", "QuietPeriod").await?;
    world.delete(CONNECTION, "default").await?;
    world.gone(CONNECTION, "default").await?;
    world.users_are(&["bob", "eve"], "WaitingForConnection").await?;
    eventually(DEADLINE, "the removals went with their connection", || async {
        let left = world.list(REMOVAL).await?;
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    })
    .await?;
    world.delete_all(&["bob", "eve"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&NAMES).await?, ["active"; 3]);
    Ok(())
}

#[tokio::test]
async fn deleting_the_crds_removes_nobody_and_nothing_stays_stuck() -> anyhow::Result<()> {
    // Of its own, because CRDs belong to a whole cluster.
    let cluster = ControlPlane::start().await?;
    let mut world = World::on(&cluster, account_of(&NAMES)).await?;
    world.start_operator().await?;
    world.connect(json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.users(&NAMES, &json!({})).await?;
    world.users_are(&NAMES, "Synced").await?;
    cluster.kubectl(&["delete", "--timeout=60s", "-f", "crds"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&NAMES).await?, ["active"; 3]);
    Ok(())
}
