//! The control plane is real, quick to start, and leaves nothing behind.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::Api;
use kube::api::{DeleteParams, ObjectMeta, PostParams};
use zoom_operator_testing::{ControlPlane, eventually};

const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_control_plane_starts_within_seconds_and_stores_objects() -> anyhow::Result<()> {
    let started = Instant::now();
    let control_plane = ControlPlane::start().await?;
    let took = started.elapsed();
    println!("ready after {took:?}");
    // 5 s on an idle machine with two cores; tests of other crates may be running.
    assert!(took < DEADLINE, "{took:?}");

    let namespace = control_plane.namespace("store").await?;
    let config_maps = Api::<ConfigMap>::namespaced(control_plane.client().await?, &namespace);
    let data = BTreeMap::from([("color".to_owned(), "teal".to_owned())]);
    let metadata = ObjectMeta { name: Some("paint".to_owned()), ..ObjectMeta::default() };
    let config_map = ConfigMap { metadata, data: Some(data.clone()), ..ConfigMap::default() };
    config_maps.create(&PostParams::default(), &config_map).await?;

    assert_eq!(config_maps.get("paint").await?.data, Some(data));
    Ok(())
}

#[tokio::test]
async fn the_shared_control_plane_is_one_and_its_namespaces_are_many() -> anyhow::Result<()> {
    let (one, other) = tokio::try_join!(ControlPlane::shared(), ControlPlane::shared())?;
    assert_eq!(one.kubeconfig(), other.kubeconfig());
    assert_ne!(one.namespace("team").await?, other.namespace("team").await?);
    Ok(())
}

#[tokio::test]
async fn a_deleted_namespace_goes_with_what_is_in_it() -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    let name = control_plane.namespace("gone").await?;
    control_plane.kubectl(&["create", "configmap", "paint", "--namespace", &name]).await?;
    let namespaces = Api::<Namespace>::all(control_plane.client().await?);
    namespaces.delete(&name, &DeleteParams::default()).await?;
    eventually(DEADLINE, "the namespace is gone", || async {
        let left = namespaces.get_opt(&name).await?;
        ensure!(left.is_none(), "{left:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_service_account_has_only_the_rights_that_it_was_given() -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    let namespace = control_plane.namespace("rights").await?;
    eventually(DEADLINE, "the namespace has its service account", || async {
        control_plane.kubectl(&["get", "serviceaccount", "default", "--namespace", &namespace]).await
    })
    .await?;
    let kubeconfig = control_plane.kubeconfig_of(&namespace, "default").await?;
    let kubeconfig = kubeconfig.to_str().context("a path in UTF-8")?;
    let user = control_plane.kubectl(&["--kubeconfig", kubeconfig, "auth", "whoami", "-o", "name"]).await;
    assert!(user.is_ok(), "{user:?}");
    let refused = control_plane.kubectl(&["--kubeconfig", kubeconfig, "get", "secrets"]).await.unwrap_err();
    assert!(refused.to_string().contains("forbidden"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_failing_kubectl_names_its_arguments_and_what_the_api_server_said() -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    let error = control_plane.kubectl(&["get", "unicorns"]).await.unwrap_err().to_string();
    assert!(error.contains("`kubectl get unicorns`") && error.contains("doesn't have a resource type"), "{error}");
    assert!(control_plane.helm(&["version"]).await?.contains("v4."));
    Ok(())
}

#[tokio::test]
async fn the_crds_are_accepted_and_served() -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    tokio::try_join!(control_plane.apply_crds(), control_plane.apply_crds())?;
    let served = control_plane.kubectl(&["get", "crds", "-o", "name"]).await?;
    for entry in fs::read_dir(zoom_operator_testing::project_root().join("crds"))? {
        let file = entry?.path();
        let plural = file.file_stem().and_then(|stem| stem.to_str()).context("a file name in UTF-8")?;
        assert!(served.contains(&format!("{plural}.zoom-operator.dev")), "{plural} is not in {served}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_left_when_the_handle_is_dropped() -> anyhow::Result<()> {
    let control_plane = ControlPlane::start().await?;
    let folder = folder_of(control_plane.kubeconfig())?;
    assert!(processes_that_name(&folder)?.len() >= 4, "start, etcd, kube-apiserver, kube-controller-manager");
    drop(control_plane);
    nothing_is_left_of(&folder).await
}

/// The other half of the test below: holds a control plane until it is killed.
#[tokio::test]
#[ignore = "run by nothing_is_left_when_the_holder_is_killed, which kills it"]
async fn holds_a_control_plane_until_it_is_killed() -> anyhow::Result<()> {
    let control_plane = ControlPlane::start().await?;
    println!("\nholding {}", control_plane.kubeconfig().display());
    std::future::pending().await
}

#[tokio::test]
async fn nothing_is_left_when_the_holder_is_killed() -> anyhow::Result<()> {
    let mut holder = Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "--nocapture", "holds_a_control_plane_until_it_is_killed"])
        .stdout(Stdio::piped())
        .spawn()?;
    let output = BufReader::new(holder.stdout.take().context("piped")?);
    let kubeconfig = output
        .lines()
        .find_map(|line| line.ok()?.strip_prefix("holding ").map(str::to_owned))
        .context("the holder ended early")?;
    let folder = folder_of(Path::new(&kubeconfig))?;
    assert!(processes_that_name(&folder)?.len() >= 4, "start, etcd, kube-apiserver, kube-controller-manager");

    holder.kill()?; // SIGKILL: nothing in the holder can clean up
    holder.wait()?;

    nothing_is_left_of(&folder).await
}

fn folder_of(kubeconfig: &Path) -> anyhow::Result<String> {
    Ok(kubeconfig.parent().and_then(Path::to_str).context("a folder in UTF-8")?.to_owned())
}

async fn nothing_is_left_of(folder: &str) -> anyhow::Result<()> {
    eventually(DEADLINE, "no process and no file of the control plane is left", || async {
        let processes = processes_that_name(folder)?;
        ensure!(processes.is_empty(), "still running: {processes:#?}");
        ensure!(!Path::new(folder).exists(), "{folder} still exists");
        Ok(())
    })
    .await
}

/// The command lines of the processes that have `folder` among their arguments.
fn processes_that_name(folder: &str) -> anyhow::Result<Vec<String>> {
    let listing = Command::new("ps").args(["-eww", "-o", "args="]).output()?;
    ensure!(listing.status.success(), "ps failed");
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    Ok(listing.lines().filter(|line| line.contains(folder)).map(str::to_owned).collect())
}
