//! What the chart does beside the operator: the hook before an uninstall, and the policy about decisions.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use zoom_operator_testing::{ControlPlane, Operator, OperatorOptions, eventually};

use crate::world::{CONNECTION, DEADLINE, REMOVAL, USER, World, ZOOM_GROUP, account_of, binaries, email, is_in_phase};

const CHART: &str = "charts/zoom-operator";
const RELEASE: &str = "zoom-operator";

/// `helm uninstall`, with the chart's hook carried out as a node would: its container as a process on this machine, with the
/// rights of its service account. Returns what the hook said.
pub(crate) async fn uninstall(cluster: &ControlPlane, namespace: &str) -> anyhow::Result<String> {
    let uninstalled = async { cluster.helm(&["uninstall", RELEASE, "--namespace", namespace]).await };
    let (uninstalled, said) = tokio::join!(uninstalled, run_hook(cluster, namespace));
    let said = said?;
    uninstalled?;
    Ok(said)
}

async fn run_hook(cluster: &ControlPlane, namespace: &str) -> anyhow::Result<String> {
    let name = format!("{RELEASE}-release");
    let job = eventually(DEADLINE, "the hook's Job is there", || async {
        let job = cluster.kubectl(&["get", "job", &name, "--namespace", namespace, "-o", "json"]).await?;
        Ok(serde_json::from_str::<Value>(&job)?)
    })
    .await?;
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let arguments = container["args"].as_array().context("arguments")?.iter();
    let arguments =
        arguments.map(|argument| argument.as_str().unwrap_or_default().replace("$(POD_NAMESPACE)", namespace));
    let kubeconfig = cluster.kubeconfig_of(namespace, RELEASE).await?;
    let output = tokio::process::Command::new(&binaries()?.operator)
        .args(arguments)
        .env("KUBECONFIG", kubeconfig)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(output.status.success(), "the hook failed: {}", String::from_utf8_lossy(&output.stderr));
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let condition = |type_: &str| json!({"type": type_, "status": "True", "reason": "CompletionsReached", "lastProbeTime": now, "lastTransitionTime": now});
    let status = json!({"status": {
        "succeeded": 1, "startTime": now, "completionTime": now,
        "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
    }});
    let patch = ["patch", "job", &name, "--namespace", namespace, "--subresource=status", "--type=merge", "-p"];
    cluster.kubectl(&[&patch[..], &[&status.to_string()]].concat()).await?;
    Ok(String::from_utf8(output.stdout)?)
}

/// Makes sure that none of the objects carries a finalizer.
async fn assert_released(world: &World<'_>) -> anyhow::Result<()> {
    for object in world.list(USER).await?.into_iter().chain(world.list(ZOOM_GROUP).await?) {
        ensure!(object["metadata"]["finalizers"] == json!(null), "{object}");
    }
    Ok(())
}

#[tokio::test]
async fn uninstalled_under_a_running_operator_everything_is_let_go_and_installed_again_nobody_is_touched()
-> anyhow::Result<()> {
    let cluster = ControlPlane::start().await?;
    let home = cluster.namespace("home").await?;
    let install = ["install", RELEASE, CHART, "--namespace", &home, "--set", "allowHosts={127.0.0.1}"];
    cluster.helm(&install).await?;
    cluster.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", "crds"]).await?;
    let names = ["ada", "bob", "eve"];
    let mut account = account_of(&names);
    account["groups"] = json!([{"name": "Team"}]);
    account["people"][0]["groups"] = json!(["Team"]);
    let world = World::on(&cluster, account).await?;
    let arguments = ["--lease-namespace", &home, "--lease-name", RELEASE, "--allow-host", "127.0.0.1"];
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let start = async || {
        let kubeconfig = cluster.kubeconfig_of(&home, RELEASE).await?;
        let options = OperatorOptions { arguments: arguments.clone(), ..OperatorOptions::default() };
        Operator::start(&binaries()?, &kubeconfig, options).await
    };
    let operator = start().await?;
    world.connect(json!({"guard": {"quietPeriod": "1h"}})).await?;
    world.users(&names, &json!({})).await?;
    world.apply(ZOOM_GROUP, "team", json!({"name": "Team", "members": {"users": ["ada"]}})).await?;
    world.users_are(&names, "Synced").await?;
    world.reason(ZOOM_GROUP, "team", "Synced").await?;
    world.delete_all(&["eve"]).await?;
    world.removal_is("eve", "Settling", "QuietPeriod").await?;

    // The operator runs on until the hook takes its lease.
    let said = uninstall(&cluster, &home).await?;
    assert!(said.contains("released 3 objects"), "{said}");
    assert_released(&world).await?;
    eventually(DEADLINE, "the operator has given up", || async {
        let log = operator.log();
        ensure!(log.contains("leadership lost"), "{log}");
        Ok(())
    })
    .await?;
    assert_released(&world).await?;
    // Without an operator nothing hangs.
    world.delete_all(&["bob"]).await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);

    cluster.helm(&install).await?;
    let _again = start().await?;
    world.users(&["bob"], &json!({})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    for (kind, name) in [(USER, "ada"), (ZOOM_GROUP, "team")] {
        world.until(kind, name, "has its finalizer again", |one| one["metadata"]["finalizers"].is_array()).await?;
    }
    world.resync().await?;
    assert_eq!(world.zoom_writes().await?, [""; 0]);
    assert_eq!(world.statuses(&names).await?, ["active"; 3]);
    Ok(())
}

#[tokio::test]
async fn with_the_policy_whoever_decides_puts_their_own_name() -> anyhow::Result<()> {
    let cluster = ControlPlane::start().await?;
    let home = cluster.namespace("home").await?;
    cluster.helm(&["install", RELEASE, CHART, "--namespace", &home, "--set", "decisions.ownName=true"]).await?;
    cluster.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", "crds"]).await?;
    let mut world = World::on(&cluster, account_of(&["ada", "bob", "eve"])).await?;
    let kubeconfig = cluster.kubeconfig_of(&home, RELEASE).await?;
    let mut arguments = world.operator_arguments();
    arguments.extend(["--lease-namespace", &home, "--lease-name", RELEASE].map(str::to_owned));
    let first = arguments.iter().position(|argument| argument == "--lease-namespace").context("the lease")?;
    arguments.drain(first..first + 2);
    arguments.retain(|argument| *argument != format!("--watch-namespace={}", world.namespace));
    let options = OperatorOptions { arguments, ..OperatorOptions::default() };
    world.operator = Some(Operator::start(&binaries()?, &kubeconfig, options).await?);
    world.connect(json!({"guard": {"quietPeriod": "1s", "limits": {"access": {"percent": 0, "floor": 0}}}})).await?;
    world.users(&["ada", "bob"], &json!({})).await?;
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.delete_all(&["ada"]).await?;
    let held = world.removal_is("ada", "Held", "OverLimit").await?;
    let held = held["metadata"]["name"].as_str().context("a name")?.to_owned();
    world.kubectl(&["create", "rolebinding", "grace", "--clusterrole=cluster-admin", "--user=grace"]).await?;

    let decide = |decision: Value| {
        let patch = json!({"spec": decision}).to_string();
        let (world, held) = (&world, &held);
        async move { world.kubectl(&["patch", REMOVAL, held, "--as=grace", "--type=merge", "-p", &patch]).await }
    };
    eventually(DEADLINE, "the policy holds", || async {
        let refused = decide(json!({"decision": "Approve", "decidedBy": "ada"})).await;
        let told = refused.err().context("it was accepted")?.to_string();
        ensure!(told.contains("write your own name into spec.decidedBy: grace"), "{told}");
        Ok(())
    })
    .await?;
    decide(json!({"decision": "Approve"})).await.expect_err("without a name");
    decide(json!({"decision": "Approve", "decidedBy": "grace", "reason": "case 12"})).await?;
    let done = world.removal_is("ada", "Done", "Completed").await?;
    assert_eq!((&done["status"]["approved"], &done["status"]["decidedBy"]), (&json!(true), &json!("grace")));
    assert_eq!(world.person(&email("ada")).await?.status, "inactive");

    // Who writes one by hand says so too, and nobody passes for the operator.
    let by_hand = |decided_by: Value, source: Value| {
        let mut spec = json!({
            "class": "Access", "person": {"email": email("eve")}, "operations": [{"action": "Deactivate"}],
        });
        for (field, value) in [("decidedBy", decided_by), ("source", source)] {
            if !value.is_null() {
                spec[field] = value;
            }
        }
        let object = json!({
            "apiVersion": "zoom-operator.dev/v1alpha1", "kind": REMOVAL, "metadata": {"name": "stop-eve"}, "spec": spec,
        });
        let world = &world;
        async move {
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("removal");
            std::fs::write(&file, object.to_string())?;
            world.kubectl(&["create", "--as=grace", "-f", &file.display().to_string()]).await
        }
    };
    let source = json!({"kind": "ZoomUser", "namespace": "n", "name": "n", "uid": "u", "generation": 1});
    by_hand(Value::Null, Value::Null).await.expect_err("without a name");
    let forged = by_hand(json!("grace"), source).await.expect_err("a forged source").to_string();
    assert!(forged.contains("only the operator"), "{forged}");
    by_hand(json!("grace"), Value::Null).await?;
    world.until(REMOVAL, "stop-eve", "is done", |removal| is_in_phase(removal, "Done", "Completed")).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    Ok(())
}
