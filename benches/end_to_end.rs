//! The operator end to end: people created through a real API server in a simulator without limits. Prints what each
//! person costs in calls and writes; times are noise on a shared machine, counts are not.

#![expect(clippy::print_stdout, reason = "the table is this program's output")]

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, ensure};
use kube::{Api, api::ListParams};
use tokio::time::Instant;
use zoom_operator_api::ZoomUser;
use zoom_operator_testing::{
    Binaries, ControlPlane, Operator, OperatorOptions, Simulator, SimulatorOptions, eventually,
};

const PEOPLE: usize = 1000;

fn main() -> anyhow::Result<()> {
    // `cargo test --benches` and filters are not for this program; `cargo bench` passes `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(bench())
}

async fn bench() -> anyhow::Result<()> {
    let control_plane = ControlPlane::start().await?;
    control_plane.apply_crds().await?;
    let namespace = control_plane.namespace("bench").await?;
    let binaries = Binaries::beside(env!("CARGO_BIN_EXE_zoom-operator"))?;
    let limits_off = SimulatorOptions { arguments: vec!["--limits".into(), "off".into()], ..Default::default() };
    let zoom = Simulator::start(&binaries, limits_off).await?;
    let log = std::env::temp_dir().join(format!("zoom-operator-bench-{}.log", std::process::id()));
    let options = OperatorOptions {
        arguments: ["--watch-namespace", &namespace, "--lease-namespace", &namespace, "--allow-host", "127.0.0.1"]
            .map(str::to_owned)
            .into(),
        log: Some(log.clone()),
        ..Default::default()
    };
    let operator = Operator::start(&binaries, control_plane.kubeconfig(), options).await?;
    control_plane.apply(&connection(&namespace, zoom.url())).await?;

    let begun = Instant::now();
    control_plane.apply(&people(&namespace)).await?;
    let applied = begun.elapsed();
    let client = control_plane.client().await?;
    let ready =
        eventually(Duration::from_secs(600), "everybody is Ready", || all_ready(client.clone(), &namespace)).await;
    ready.with_context(|| format!("the operator's log is in {}", log.display()))?;
    let took = begun.elapsed();

    println!(
        "{PEOPLE} ZoomUsers created and Ready in {:.1} s, of it {:.1} s for kubectl apply",
        took.as_secs_f64(),
        applied.as_secs_f64()
    );
    println!("resident memory of the operator: {} MiB", resident_mib(operator.pid())?);
    println!("\n{:<45} {:>8} {:>12}", "what", "count", "per person");
    for (what, count) in counted(&operator.metrics().await?) {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let per_person = count as f64 / PEOPLE as f64;
        println!("{what:<45} {count:>8} {per_person:>12.3}");
    }
    std::fs::remove_file(log)?;
    Ok(())
}

async fn all_ready(client: kube::Client, namespace: &str) -> anyhow::Result<()> {
    let users = Api::<ZoomUser>::namespaced(client, namespace).list(&ListParams::default()).await?;
    let ready = users.iter().filter(|user| is_ready(user)).count();
    ensure!(ready == PEOPLE, "{ready} of {PEOPLE} are Ready");
    Ok(())
}

fn is_ready(user: &ZoomUser) -> bool {
    let conditions = user.status.iter().flat_map(|status| &status.conditions);
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Calls and writes from the operator's own metrics.
fn counted(metrics: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in metrics.lines() {
        let call = line.strip_prefix("zoom_operator_zoom_calls_total{endpoint=\"");
        let write = line.strip_prefix("zoom_operator_kubernetes_writes_total{kind=\"");
        let Some((labels, count)) = call.or(write).and_then(|rest| rest.rsplit_once(' ')) else { continue };
        let what = labels.replace("\",verb=\"", " ").replace("\",outcome=\"", " ").replace("\"}", "");
        counts.insert(what, count.parse().unwrap_or_default());
    }
    counts
}

fn resident_mib(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("read the operator's memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024)
}

fn connection(namespace: &str, zoom: &str) -> String {
    format!(
        r#"
apiVersion: v1
kind: Secret
metadata: {{name: zoom, namespace: {namespace}}}
stringData: {{clientId: simulator, clientSecret: simulator-secret}}
---
apiVersion: zoom-operator.dev/v1alpha1
kind: ZoomConnection
metadata: {{name: default, namespace: {namespace}}}
spec:
  accountId: acme
  credentials: {{secretRef: {{name: zoom}}}}
  endpoints: {{token: "{zoom}/oauth/token", api: "{zoom}/v2"}}
  creation: {{method: AutoCreate}}
  rateLimit: {{plan: Business, sharePercent: 100}}
  guard: {{limits: {{creation: {{percent: 100, floor: 100000}}}}}}
"#
    )
}

/// Half of them carry a field that Zoom's create call cannot set.
fn people(namespace: &str) -> String {
    (0..PEOPLE)
        .map(|number| {
            let profile = if number % 2 == 0 { ", profile: {jobTitle: Engineer}" } else { "" };
            format!(
                "---\napiVersion: zoom-operator.dev/v1alpha1\nkind: ZoomUser\nmetadata: {{name: person-{number}, namespace: \
                 {namespace}}}\nspec: {{email: person-{number}@acme.example, firstName: Person, lastName: N{number}{profile}}}\n"
            )
        })
        .collect()
}
