//! The operator with the rights that its chart gives it, and no others.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use zoom_operator_testing::{ControlPlane, Operator, OperatorOptions, eventually};

use crate::uninstall::uninstall;
use crate::world::{CONNECTION, DEADLINE, USER, World, ZOOM_GROUP, account_of, binaries, email, merged};

const RELEASE: &str = "zoom-operator";
const CHART: &str = "charts/zoom-operator";

/// The container's arguments as the API server holds them, for a process on this machine: its admin server takes
/// another port, and the namespace of the Pod is filled in as the kubelet does.
async fn arguments(cluster: &ControlPlane, namespace: &str) -> anyhow::Result<Vec<String>> {
    let deployment = cluster.kubectl(&["get", "deployment", RELEASE, "--namespace", namespace, "-o", "json"]).await?;
    let deployment: Value = serde_json::from_str(&deployment)?;
    let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array().context("arguments")?;
    let mut arguments: Vec<_> = arguments
        .iter()
        .map(|argument| argument.as_str().unwrap_or_default().replace("$(POD_NAMESPACE)", namespace))
        .collect();
    ensure!(arguments[..3] == ["run", "--admin-listen", "0.0.0.0:8080"], "{arguments:?}");
    Ok(arguments.split_off(3))
}

/// Makes `user` one who has `role` in the world's namespace.
async fn grant(world: &World<'_>, user: &str, role: &str) -> anyhow::Result<()> {
    let (role, subject) = (format!("--clusterrole={role}"), format!("--user={user}"));
    world.kubectl(&["create", "rolebinding", user, &role, &subject]).await.map(drop)
}

#[tokio::test]
async fn with_the_charts_rights_a_whole_life_goes_through_and_uninstalling_removes_nobody() -> anyhow::Result<()> {
    let cluster = ControlPlane::start().await?;
    let home = cluster.namespace("home").await?;
    let allow = "allowHosts={127.0.0.1}";
    cluster.helm(&["install", RELEASE, CHART, "--namespace", &home, "--set", allow]).await?;
    cluster.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", "crds"]).await?;
    let world = World::on(&cluster, account_of(&["ada", "bob"])).await?;
    let kubeconfig = cluster.kubeconfig_of(&home, RELEASE).await?;
    let options = OperatorOptions { arguments: arguments(&cluster, &home).await?, ..OperatorOptions::default() };
    let mut operator = Operator::start(&binaries()?, &kubeconfig, options).await?;
    world.connect(json!({"guard": {"limits": {"access": {"percent": 0, "floor": 0}}}})).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    eventually(DEADLINE, "the operator is ready", || async {
        let answer = reqwest::get(format!("{}/readyz", operator.base_url())).await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    })
    .await?;

    people_with_rights_of_their_own(&world).await?;
    everything_was_told(&world).await?;

    // The operator stops and the release goes, and the people stay as they are.
    let ended = operator.terminate(Duration::from_secs(30)).await?;
    assert!(ended.success(), "{ended}");
    let log = operator.log();
    assert!(!log.to_lowercase().contains("forbidden"), "the operator lacks a right:\n{log}");
    assert!(!log.contains("\"ERROR\""), "{log}");
    world.zoom.clear_journal().await?;
    let before: Vec<_> = world.zoom.people().await?.into_iter().map(|person| person.rest).collect();
    uninstall(&cluster, &home).await?;
    cluster.kubectl(&["wait", "--for=delete", "--timeout=60s", "--namespace", &home, "deployment", RELEASE]).await?;
    assert_eq!(world.zoom.journal().await?.len(), 0);
    let after: Vec<_> = world.zoom.people().await?.into_iter().map(|person| person.rest).collect();
    assert_eq!(after, before);
    assert_eq!(world.list(USER).await?.len(), 2, "the objects of the people who are left");
    Ok(())
}

/// Create, update, deactivate, delete; by somebody who may edit the namespace, and approved by one who may approve.
async fn people_with_rights_of_their_own(world: &World<'_>) -> anyhow::Result<()> {
    grant(world, "editor", &format!("{RELEASE}-edit")).await?;
    grant(world, "approver", &format!("{RELEASE}-approver")).await?;
    eventually(DEADLINE, "the editor may create ZoomUsers", || async {
        world.kubectl(&["auth", "can-i", "create", "zoomusers.zoom-operator.dev", "--as", "editor"]).await
    })
    .await?;
    let user = |name: &str, spec: Value| {
        json!({
            "apiVersion": "zoom-operator.dev/v1alpha1", "kind": "ZoomUser", "metadata": {"name": name},
            "spec": merged(json!({"email": email(name)}), spec),
        })
    };
    let manifests = tempfile::tempdir()?;
    for (name, spec) in [("ada", json!({"lastName": "Lovelace"})), ("bob", json!({})), ("carol", json!({}))] {
        let file = manifests.path().join(name);
        std::fs::write(&file, user(name, spec).to_string())?;
        let file = file.display().to_string();
        world.kubectl(&["apply", "--server-side", "--as", "editor", "-f", &file]).await?;
    }
    world.users_are(&["ada", "bob"], "Synced").await?;
    world.user_is("carol", "Invited").await?;
    assert_eq!(world.person(&email("ada")).await?.last_name, "Lovelace");

    let file = manifests.path().join("group");
    let group = json!({
        "apiVersion": "zoom-operator.dev/v1alpha1", "kind": "ZoomGroup", "metadata": {"name": "team"},
        "spec": {"name": "Team", "members": {"users": ["ada"]}, "admins": {"users": ["ada"]}},
    });
    std::fs::write(&file, group.to_string())?;
    world.kubectl(&["apply", "--server-side", "--as", "editor", "-f", &file.display().to_string()]).await?;
    world.reason(ZOOM_GROUP, "team", "Synced").await?;
    world.kubectl(&["delete", "--as", "editor", "zoomgroup", "team"]).await?;
    world.removal_is("team", "Done", "Completed").await?;

    world.kubectl(&["delete", "--as", "editor", "zoomuser", "bob", "--wait=false"]).await?;
    let removal = world.removal_is("bob", "Held", "OverLimit").await?;
    let removal = removal["metadata"]["name"].as_str().context("a name")?;
    world.gone(USER, "bob").await?;
    let approve = |user| {
        let decision = r#"{"spec":{"decision":"Approve","decidedBy":"the test"}}"#;
        ["patch", "zoomremoval", removal, "--type", "merge", "-p", decision, "--as", user]
    };
    let refused = world.kubectl(&approve("editor")).await;
    assert!(refused.as_ref().is_err_and(|error| error.to_string().contains("forbidden")), "{refused:?}");
    assert_eq!(world.person(&email("bob")).await?.status, "active");
    world.kubectl(&approve("approver")).await?;
    world.removal_is("bob", "Done", "Completed").await?;
    assert_eq!(world.person(&email("bob")).await?.status, "inactive");
    Ok(())
}

/// Events tell what was done, and the statuses are there.
async fn everything_was_told(world: &World<'_>) -> anyhow::Result<()> {
    for (kind, name, reason) in
        [("ZoomUser", "ada", "Updated"), ("ZoomUser", "carol", "Created"), ("ZoomRemoval", "", "Completed")]
    {
        eventually(DEADLINE, format_args!("an event {reason} about {kind} {name}"), || async {
            let events: Value =
                serde_json::from_str(&world.kubectl(&["get", "events.events.k8s.io", "-o", "json"]).await?)?;
            let events = events["items"].as_array().context("a list")?;
            let about = |event: &Value| {
                event["regarding"]["kind"] == kind
                    && event["reason"] == reason
                    && event["regarding"]["name"].as_str().is_some_and(|regarding| regarding.contains(name))
            };
            ensure!(events.iter().any(about), "{events:?}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_object_that_the_api_server_refuses_or_fails_to_change_stops_no_other() -> anyhow::Result<()> {
    let limits = json!({"access": {"percent": 0, "floor": 3}});
    let people = ["ada", "bob", "eve", "jammed", "leaver", "stuck"];
    let world = World::managed(&people, json!({"guard": {"limits": limits}})).await?;
    let policy = format!("{}-stuck", world.namespace);
    let refuse = json!({"apiVersion": "v1", "kind": "List", "items": [
        {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": policy},
            "spec": {
                "matchConstraints": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
                    "resourceRules": [{
                        "apiGroups": ["zoom-operator.dev"], "apiVersions": ["*"], "operations": ["UPDATE"],
                        "resources": ["zoomusers", "zoomusers/status"], "resourceNames": ["stuck"],
                    }],
                },
                "validations": [{"expression": "false", "message": "nobody changes this"}],
            },
        },
        {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": policy}, "spec": {"policyName": policy, "validationActions": ["Deny"]},
        },
        {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": policy},
            "webhooks": [{
                "name": "nobody.answers.example.com", "clientConfig": {"url": "https://127.0.0.1:1/"},
                "rules": [{
                    "apiGroups": ["zoom-operator.dev"], "apiVersions": ["*"], "operations": ["UPDATE"],
                    "resources": ["zoomusers", "zoomusers/status"],
                }],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
                "matchConditions": [{"name": "jammed", "expression": "request.name == 'jammed'"}],
                "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            }],
        },
    ]});
    world.cluster.apply(&refuse.to_string()).await?;
    eventually(DEADLINE, "neither can be changed", || async {
        for name in ["stuck", "jammed"] {
            let changed = world.kubectl(&["label", USER, name, "tried=yes", "--dry-run=server"]).await;
            ensure!(changed.is_err(), "the API server still takes changes of {name}");
        }
        Ok(())
    })
    .await?;
    world.kubectl(&["delete", USER, "jammed", "leaver", "stuck", "--wait=false"]).await?;
    world.removal_is("leaver", "Done", "Completed").await?;
    world.edit(USER, "ada", json!({"lastName": "Lovelace"})).await?;
    world.person_until(&email("ada"), "has her name", |person| person.last_name == "Lovelace").await?;
    world.user_is("ada", "Synced").await?;

    let kinds = "validatingadmissionpolicy,validatingadmissionpolicybinding,validatingwebhookconfiguration";
    world.cluster.kubectl(&["delete", kinds, &policy]).await?;
    world.resync().await?;
    world.gone(USER, "stuck").await?;
    world.gone(USER, "jammed").await
}
