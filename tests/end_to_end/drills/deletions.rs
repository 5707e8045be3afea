//! What is deleted that was not meant to be.

use anyhow::ensure;
use serde_json::{Value, json};
use zoom_operator_testing::{ControlPlane, eventually};

use super::{names, texts};
use crate::world::{CLIENT_SECRET, CONNECTION, DEADLINE, REMOVAL, USER, World, account_of, condition, email, endless};

#[tokio::test]
async fn all_manifests_gone_from_git_and_applied_again_everybody_is_adopted_without_a_write() -> anyhow::Result<()> {
    let names = names(12);
    let world = World::managed(&texts(&names), json!({})).await?;
    // The objects go at once, although a decision is needed about their people.
    world.delete_all(&texts(&names)).await?;
    let held = world.removals_are(12, "Held", "OverLimit").await?;
    let wave = |removal: &serde_json::Value| removal["metadata"]["labels"]["zoom-operator.dev/wave"].clone();
    assert!(held.iter().all(|removal| wave(removal) == wave(&held[0])), "{held:?}");
    world.until(CONNECTION, "default", "says so", |connection| condition(connection, "Held").is_some()).await?;
    world.everybody_is_active().await?;

    world.declare(&names, &json!({})).await?;
    world.removals_are(12, "Cancelled", "Reclaimed").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}

#[tokio::test]
async fn all_manifests_gone_one_by_one_for_longer_than_a_wave_stays_open_take_no_more_than_the_limit()
-> anyhow::Result<()> {
    let names = names(14);
    let world = World::managed(&texts(&names), json!({})).await?;
    // A listing of half a second after each: together longer than the three quiet periods after which a wave is counted.
    let slow = json!({"method": "GET", "path": "/users", "count": u32::MAX, "effect": {"delay": {"ms": 160}}});
    world.zoom.inject(slow).await?;
    let (mut written, mut settled_meanwhile) = (Vec::new(), false);
    for name in &names {
        world.delete_all(&[name]).await?;
        world.resync().await?;
        written = world.list(REMOVAL).await?;
        settled_meanwhile |= written.iter().any(|removal| removal["status"]["phase"] != "Settling");
    }
    assert_eq!(written.len(), 14, "each is written down before its object is gone");
    assert!(settled_meanwhile, "the wave waited for ever: {written:?}");
    eventually(DEADLINE, "every wave is decided, and who may go is gone", || async {
        let removals = world.list(REMOVAL).await?;
        let is_decided = |phase: &Value| phase == "Done" || phase == "Held";
        let open: Vec<_> = removals.iter().filter(|removal| !is_decided(&removal["status"]["phase"])).collect();
        ensure!(open.is_empty(), "{open:?}");
        Ok(())
    })
    .await?;
    world.resync().await?;
    let out = world.zoom.people().await?.iter().filter(|person| person.status == "inactive").count();
    assert!(out <= 5, "{out} people lost their access");
    assert_eq!(world.removals_are(14 - out, "Held", "OverLimit").await?.len(), 14 - out);
    Ok(())
}

#[tokio::test]
async fn all_manifests_gone_from_git_and_some_removals_approved_exactly_those_people_go() -> anyhow::Result<()> {
    let names = names(12);
    let world = World::managed(&texts(&names), json!({})).await?;
    world.delete_all(&texts(&names)).await?;
    let held = world.removals_are(12, "Held", "OverLimit").await?;
    let approved = &held[..4];
    world.approve_all(approved).await?;
    world.removals_are(4, "Done", "Completed").await?;
    world.resync().await?;
    let mut gone = world.inactive(4).await?;
    let mut meant: Vec<_> =
        approved.iter().map(|removal| removal["spec"]["person"]["email"].as_str().unwrap().to_owned()).collect();
    gone.sort();
    meant.sort();
    assert_eq!(gone, meant);
    assert_eq!(world.removals_are(8, "Held", "OverLimit").await?.len(), 8);
    Ok(())
}

#[tokio::test]
async fn the_connection_deleted_first_and_its_objects_later_removes_nobody_and_nothing_is_stuck() -> anyhow::Result<()>
{
    let names = ["ada", "bob", "eve"];
    let world = World::managed(&names, json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.delete(CONNECTION, "default").await?;
    world.gone(CONNECTION, "default").await?;
    world.delete_all(&names).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.connect(json!({})).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}

#[tokio::test]
async fn the_secret_deleted_first_and_its_objects_later_removes_nobody_until_it_is_back() -> anyhow::Result<()> {
    let names = ["ada", "bob", "eve"];
    let world = World::managed(&names, json!({"guard": {"quietPeriod": "0s"}})).await?;
    world.kubectl(&["delete", "secret", "zoom"]).await?;
    world.resync_fails("SecretMissing").await?;
    world.delete_all(&["ada"]).await?;
    // Written down, and not more than that.
    let written = world.removals_of("ada").await?;
    let [removal] = written.as_slice() else { anyhow::bail!("{written:?}") };
    assert_eq!(removal["spec"]["operations"], json!([{"action": "Deactivate"}]));
    ensure!(removal["status"]["phase"] != "Done", "{removal}");
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    // Declared again meanwhile, the leaver is no leaver.
    world.users(&["ada"], &json!({})).await?;
    world.write_secret(CLIENT_SECRET).await?;
    world.users_are(&names, "Synced").await?;
    world.removal_is("ada", "Cancelled", "Reclaimed").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}

#[tokio::test]
async fn deleted_while_the_operator_was_away_objects_are_let_go_when_it_is_back_and_counted_like_any()
-> anyhow::Result<()> {
    let names = names(8);
    let mut world = World::managed(&texts(&names), json!({})).await?;
    world.crash().await?;
    for name in &names {
        world.delete(USER, name).await?;
    }
    world.start_operator().await?;
    for name in &names {
        world.gone(USER, name).await?;
    }
    world.removals_are(8, "Held", "OverLimit").await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}

#[tokio::test]
async fn a_namespace_deleted_whose_connection_is_elsewhere_removes_nobody_and_is_gone_within_seconds()
-> anyhow::Result<()> {
    let names = ["ada", "bob", "eve"];
    let mut world = World::bare(account_of(&names)).await?;
    let home = world.cluster.namespace("identity").await?;
    world.also_watched = vec![home.clone()];
    world.lease_namespace = home.clone();
    world.start_operator().await?;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "zoom", "namespace": home},
        "stringData": {"clientId": "simulator", "clientSecret": CLIENT_SECRET},
    });
    world.cluster.apply(&secret.to_string()).await?;
    let access = json!([{"namespaces": {"selector": {}}}]);
    let spec = world.connection(json!({"access": access, "guard": {"quietPeriod": "0s"}}));
    let connection = json!({
        "apiVersion": "zoom-operator.dev/v1alpha1", "kind": CONNECTION,
        "metadata": {"name": "acme", "namespace": home}, "spec": spec,
    });
    world.cluster.apply(&connection.to_string()).await?;
    world.users(&names, &json!({"connectionRef": {"name": "acme", "namespace": home}})).await?;
    world.users_are(&names, "Synced").await?;

    world.cluster.kubectl(&["delete", "namespace", &world.namespace, "--timeout=60s"]).await?;
    let removals = world.cluster.kubectl(&["get", REMOVAL, "--namespace", &home, "-o", "name"]).await?;
    assert_eq!(removals, "", "nothing is written down for a namespace that goes");
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}

#[tokio::test]
async fn the_crds_deleted_and_applied_again_everybody_is_adopted_without_a_write() -> anyhow::Result<()> {
    // Of its own, because CRDs belong to a whole cluster.
    let cluster = ControlPlane::start().await?;
    let names = ["ada", "bob", "eve"];
    let mut world = World::on(&cluster, account_of(&names)).await?;
    world.start_operator().await?;
    world.connect(endless()).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    cluster.kubectl(&["delete", "--timeout=60s", "-f", "crds"]).await?;
    cluster.kubectl(&["apply", "--server-side", "-f", "crds"]).await?;
    // kubectl gives up on a CRD that has no conditions yet.
    let established = ["wait", "--for=condition=Established", "--timeout=60s", "-f", "crds"];
    eventually(DEADLINE, "the CRDs are established", || async { cluster.kubectl(&established).await }).await?;
    eventually(DEADLINE, "the connection is taken", || async { world.connect(endless()).await }).await?;
    world.users(&names, &json!({})).await?;
    world.users_are(&names, "Synced").await?;
    ensure!(world.list(REMOVAL).await?.is_empty(), "nothing was written down");
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}

impl World<'_> {
    /// Waits until the connection has looked again and says this.
    async fn resync_fails(&self, reason: &str) -> anyhow::Result<()> {
        self.ask(reason).await?;
        self.reason(CONNECTION, "default", reason).await.map(drop)
    }
}

#[tokio::test]
async fn a_manifest_renamed_in_one_commit_is_the_same_person_and_nothing_is_written() -> anyhow::Result<()> {
    let world = World::managed(&["ada", "bob"], json!({"guard": {"quietPeriod": "0s"}})).await?;
    // As a GitOps tool does it: what is new first, then what is gone.
    world.user("ada-lovelace", json!({"email": email("ada")})).await?;
    world.delete(USER, "ada").await?;
    world.gone(USER, "ada").await?;
    world.user_is("ada-lovelace", "Synced").await?;
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    world.everybody_is_active().await
}
