//! The examples: what the demo applies and the documentation shows.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use zoom_operator_testing::{Binaries, ControlPlane, Simulator, SimulatorOptions, project_root};

/// Not a manifest: the simulator reads it.
const ACCOUNT: &str = "examples/demo/account.yaml";

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

#[tokio::test]
async fn the_api_server_takes_every_example() -> anyhow::Result<()> {
    let cluster = ControlPlane::shared().await?;
    cluster.apply_crds().await?;
    let namespace = cluster.namespace("examples").await?;
    let root = project_root();
    let manifests = files(&root.join("examples"))?.into_iter().filter(|path| *path != root.join(ACCOUNT));
    let manifests: Vec<_> = manifests.map(|path| path.display().to_string()).collect();
    ensure!(manifests.len() > 10, "where are the examples? {manifests:?}");
    for manifest in &manifests {
        let dry = ["apply", "--server-side", "--dry-run=server", "--validate=strict"];
        cluster.kubectl(&[&dry[..], &["--namespace", &namespace, "-f", manifest]].concat()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_simulator_takes_the_example_account() -> anyhow::Result<()> {
    let binaries = Binaries::beside(env!("CARGO_BIN_EXE_zoom-operator"))?;
    let account = Some(std::fs::read_to_string(project_root().join(ACCOUNT))?);
    let zoom = Simulator::start(&binaries, SimulatorOptions { account, ..SimulatorOptions::default() }).await?;
    ensure!(zoom.person("ada@acme.example").await?.is_some(), "Ada, whom the demo adopts, is not in the account");
    Ok(())
}
