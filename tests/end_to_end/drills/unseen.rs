//! An operator that is not shown all objects.

use serde_json::{Value, json};
use zoom_operator_testing::{Operator, OperatorOptions};

use crate::world::{CONNECTION, USER, World, account_of, binaries, email, is_ready, message};

/// A service account with all rights to the kinds in the world's namespace, and none in the other that is watched.
async fn half_blind(world: &World<'_>) -> anyhow::Result<Operator> {
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let look = json!([{
        "apiGroups": ["", "apiextensions.k8s.io"], "resources": ["namespaces", "customresourcedefinitions"],
        "verbs": ["get", "list", "watch"],
    }]);
    let name = &world.namespace;
    let rbac = "rbac.authorization.k8s.io/v1";
    let objects = [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "operator", "namespace": name}}),
        json!({"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": format!("{name}-all")}, "rules": all}),
        json!({"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": format!("{name}-look")}, "rules": look}),
        json!({"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": format!("{name}-objects")}, "rules": [{
            "apiGroups": ["zoom-operator.dev"],
            "resources": ["zoomusers", "zoomgroups", "zoomroles", "zoomcontactgroups", "zoomremovals"],
            "verbs": ["*"],
        }]}),
        binding(world, "ClusterRoleBinding", "look", None),
        binding(world, "RoleBinding", "all", Some(name)),
    ];
    let manifests: Vec<_> = objects.iter().map(Value::to_string).collect();
    world.cluster.apply(&manifests.join("\n---\n")).await?;
    let kubeconfig = world.cluster.kubeconfig_of(name, "operator").await?;
    let options = OperatorOptions { arguments: world.operator_arguments(), ..OperatorOptions::default() };
    Operator::start(&binaries()?, &kubeconfig, options).await
}

/// Gives the service account one of its roles, in one namespace or everywhere.
fn binding(world: &World<'_>, kind: &str, role: &str, namespace: Option<&str>) -> Value {
    let name = format!("{}-{role}", world.namespace);
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": world.namespace}],
    })
}

#[tokio::test]
async fn while_a_watch_is_refused_only_those_leave_whose_own_object_says_so() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada", "bob", "eve"])).await?;
    let elsewhere = world.cluster.namespace("elsewhere").await?;
    world.also_watched = vec![elsewhere.clone()];
    let operator = half_blind(&world).await?;
    world.connect(json!({"guard": {"quietPeriod": "0s"}})).await?;
    let connection = world.reason(CONNECTION, "default", "Incomplete").await?;
    assert!(!is_ready(&connection), "{connection}");
    let told = message(&connection);
    assert!(told.contains("ZoomUsers in namespace") && told.contains("forbidden"), "{told}");
    let ready = reqwest::get(format!("{}/readyz", operator.base_url())).await?;
    assert!(!ready.status().is_success(), "not everything was listed: {}", ready.text().await?);

    world.users(&["ada", "bob", "eve"], &json!({})).await?;
    world.users_are(&["ada", "bob", "eve"], "Synced").await?;
    world.users(&["ada"], &json!({"active": false})).await?;
    world.user_is("ada", "Deactivated").await?;
    // Whether Bob is declared where nobody looks is not known. His object does not wait for that.
    world.delete(USER, "bob").await?;
    world.gone(USER, "bob").await?;
    world.removal_is("bob", "Settling", "QuietPeriod").await?;
    world.resync().await?;
    world.removal_is("bob", "Settling", "QuietPeriod").await?;
    assert_eq!(world.statuses(&["ada", "bob", "eve"]).await?, ["inactive", "active", "active"]);

    let granted = binding(&world, "RoleBinding", "all", Some(&elsewhere));
    world.cluster.apply(&granted.to_string()).await?;
    world.reason(CONNECTION, "default", "Connected").await?;
    world.removal_is("bob", "Done", "Completed").await?;
    assert_eq!(world.person(&email("bob")).await?.status, "inactive");
    Ok(())
}

#[tokio::test]
async fn while_connections_are_not_shown_nothing_is_concluded() -> anyhow::Result<()> {
    let mut world = World::bare(account_of(&["ada"])).await?;
    let elsewhere = world.cluster.namespace("elsewhere").await?;
    world.also_watched = vec![elsewhere.clone()];
    let _operator = half_blind(&world).await?;
    let objects = binding(&world, "RoleBinding", "objects", Some(&elsewhere));
    world.cluster.apply(&objects.to_string()).await?;
    world.connect(json!({"guard": {"quietPeriod": "0s"}})).await?;
    world
        .until(CONNECTION, "default", "names what is not shown", |connection| {
            let told = message(connection);
            told.contains("not shown: ZoomConnections in namespace") && !told.contains("ZoomUsers")
        })
        .await?;
    world.users(&["ada"], &json!({})).await?;
    world.user_is("ada", "Synced").await?;
    world.delete_all(&["ada"]).await?;
    world.removal_is("ada", "Settling", "QuietPeriod").await?;

    world.cluster.apply(&binding(&world, "RoleBinding", "all", Some(&elsewhere)).to_string()).await?;
    world.removal_is("ada", "Done", "Completed").await?;
    Ok(())
}
