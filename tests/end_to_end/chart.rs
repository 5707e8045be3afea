//! The Helm chart and the image: what they contain, what the chart refuses, and what it does in a real cluster.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use k8s_openapi::{
    api::{
        apps::v1::Deployment,
        authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec},
        core::v1::Pod,
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use serde_json::{Value, json};
use zoom_operator_testing::{ControlPlane, eventually, project_root};

const CHART: &str = "charts/zoom-operator";
const RELEASE: &str = "zoom-operator";
const DEADLINE: Duration = Duration::from_secs(60);

async fn cluster() -> &'static ControlPlane {
    ControlPlane::shared().await.unwrap()
}

fn yaml(documents: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(documents).unwrap();
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

async fn template(settings: &[&str]) -> anyhow::Result<String> {
    let mut arguments = vec!["template", RELEASE, CHART, "--namespace", "identity"];
    for setting in settings {
        arguments.extend(["--set", setting]);
    }
    cluster().await.helm(&arguments).await
}

/// What the chart makes of `settings`.
struct Rendered(Vec<Value>);

impl Rendered {
    async fn with(settings: &[&str]) -> Self {
        Self(yaml(&template(settings).await.unwrap()))
    }

    fn all(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |object| object["kind"] == kind)
    }

    fn one(&self, kind: &'static str, name: &str) -> &Value {
        let mut found = self.all(kind).filter(|object| object["metadata"]["name"] == name);
        let object = found.next().unwrap_or_else(|| panic!("there is no {kind} {name}"));
        assert!(found.next().is_none(), "there is more than one {kind} {name}");
        object
    }

    fn pod(&self) -> &Value {
        &self.one("Deployment", RELEASE)["spec"]["template"]["spec"]
    }

    fn container(&self) -> &Value {
        &self.pod()["containers"][0]
    }

    fn arguments(&self) -> Vec<&str> {
        self.container()["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()).collect()
    }
}

/// Everything that rules allow, as "verb group/resource".
fn allowed(role: &Value) -> BTreeSet<String> {
    let words = |rule: &Value, field: &str| -> Vec<String> {
        rule[field].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let mut allowed = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources") {
                allowed.extend(words(rule, "verbs").iter().map(|verb| format!("{verb} {group}/{resource}")));
            }
        }
    }
    allowed
}

#[tokio::test]
async fn the_chart_passes_lint() {
    cluster().await.helm(&["lint", "--strict", CHART]).await.unwrap();
}

#[tokio::test]
async fn the_pod_keeps_to_the_restricted_standard() {
    let rendered = Rendered::with(&[]).await;
    let pod = &rendered.pod()["securityContext"];
    assert_eq!(
        *pod,
        json!({
            "runAsNonRoot": true,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        })
    );
    let container = &rendered.container()["securityContext"];
    assert_eq!(
        *container,
        json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}})
    );
    assert_eq!(rendered.pod()["volumes"], Value::Null);
}

#[tokio::test]
async fn the_operator_is_started_with_what_the_values_say() {
    let plain = Rendered::with(&[]).await;
    assert_eq!(
        plain.arguments().join(" "),
        "run --admin-listen 0.0.0.0:8080 --lease-namespace $(POD_NAMESPACE) --lease-name zoom-operator --log-format json"
    );
    let fields: Vec<_> = plain.container()["env"].as_array().unwrap().iter().map(|env| &env["name"]).collect();
    assert_eq!(fields, ["POD_NAME", "POD_NAMESPACE"]);

    let settings = ["watchNamespaces={sales,research}", "allowHosts={simulator}", "logFormat=text"];
    let changed = Rendered::with(&settings).await;
    let arguments = changed.arguments().join(" ");
    assert!(
        arguments
            .ends_with("--log-format text --watch-namespace sales --watch-namespace research --allow-host simulator"),
        "{arguments}"
    );
}

#[tokio::test]
async fn the_kubelet_asks_the_admin_server() {
    let rendered = Rendered::with(&[]).await;
    let container = rendered.container();
    assert_eq!(container["ports"], json!([{"name": "admin", "containerPort": 8080}]));
    assert_eq!(container["livenessProbe"]["httpGet"], json!({"path": "/livez", "port": "admin"}));
    assert_eq!(container["readinessProbe"]["httpGet"], json!({"path": "/readyz", "port": "admin"}));
    assert_eq!(rendered.pod()["terminationGracePeriodSeconds"], 60);
}

#[tokio::test]
async fn a_disruption_budget_comes_with_the_second_replica() {
    assert_eq!(Rendered::with(&[]).await.all("PodDisruptionBudget").count(), 0);
    let two = Rendered::with(&["replicas=2"]).await;
    assert_eq!(two.one("Deployment", RELEASE)["spec"]["replicas"], 2);
    assert_eq!(two.one("PodDisruptionBudget", RELEASE)["spec"]["maxUnavailable"], 1);
}

#[tokio::test]
async fn the_operator_may_do_what_it_does_and_nothing_else() {
    let rendered = Rendered::with(&[]).await;
    let group = "zoom-operator.dev";
    let mut expected = BTreeSet::from(
        [
            "create events.k8s.io/events",
            "patch events.k8s.io/events",
            "get /namespaces",
            "list /namespaces",
            "watch /namespaces",
            "get apiextensions.k8s.io/customresourcedefinitions",
        ]
        .map(str::to_owned),
    );
    for (resource, verbs) in [
        ("zoomconnections", "get list watch"),
        ("zoomusers", "get list watch patch"),
        ("zoomgroups", "get list watch patch"),
        ("zoomroles", "get list watch patch"),
        ("zoomcontactgroups", "get list watch patch"),
        ("zoomremovals", "get list watch create delete"),
        ("zoomconnections/status", "patch"),
        ("zoomusers/status", "patch"),
        ("zoomgroups/status", "patch"),
        ("zoomroles/status", "patch"),
        ("zoomcontactgroups/status", "patch"),
        ("zoomremovals/status", "patch"),
    ] {
        expected.extend(verbs.split(' ').map(|verb| format!("{verb} {group}/{resource}")));
    }
    assert_eq!(allowed(rendered.one("ClusterRole", RELEASE)), expected);

    let lease = ["create", "get", "update"].map(|verb| format!("{verb} coordination.k8s.io/leases"));
    assert_eq!(allowed(rendered.one("Role", RELEASE)), BTreeSet::from(lease));
    assert_eq!(
        allowed(rendered.one("ClusterRole", "zoom-operator-credentials")),
        BTreeSet::from(["get /secrets".to_owned()])
    );
}

#[tokio::test]
async fn secrets_are_readable_only_where_the_operator_watches() {
    let everywhere = Rendered::with(&[]).await;
    everywhere.one("ClusterRoleBinding", "zoom-operator-credentials");

    let narrowed = Rendered::with(&["watchNamespaces={sales,research}"]).await;
    let binding = "zoom-operator-credentials";
    assert!(narrowed.all("ClusterRoleBinding").all(|object| object["metadata"]["name"] != binding));
    let bindings = narrowed.all("RoleBinding").filter(|object| object["metadata"]["name"] == binding);
    let namespaces: Vec<_> = bindings.map(|object| &object["metadata"]["namespace"]).collect();
    assert_eq!(namespaces, ["sales", "research"]);
    let rules = narrowed.one("ClusterRole", RELEASE)["rules"].as_array().unwrap();
    let namespaces = rules.iter().find(|rule| rule["resources"] == json!(["namespaces"])).unwrap();
    assert_eq!(namespaces["resourceNames"], json!(["sales", "research"]));
}

#[tokio::test]
async fn only_who_is_bound_to_the_role_declares_people_and_no_more() {
    let rendered = Rendered::with(&[]).await;
    let labels = |name: &str| rendered.one("ClusterRole", name)["metadata"]["labels"].clone();
    assert_eq!(labels("zoom-operator-view")["rbac.authorization.k8s.io/aggregate-to-view"], "true");
    for role in ["zoom-operator-edit", "zoom-operator-approver"] {
        let labels = labels(role);
        assert!(labels.as_object().unwrap().keys().all(|label| !label.contains("aggregate-to")), "{role}: {labels}");
    }

    let reads = |right: &str| ["get ", "list ", "watch "].iter().any(|verb| right.starts_with(verb));
    let edit = allowed(rendered.one("ClusterRole", "zoom-operator-edit"));
    let mut written = edit.iter().filter(|right| !reads(right)).peekable();
    assert!(written.peek().is_some());
    let declared = ["zoomusers", "zoomgroups", "zoomroles", "zoomcontactgroups"];
    let declares = |right: &String| declared.iter().any(|kind| right.ends_with(&format!(" zoom-operator.dev/{kind}")));
    assert!(written.all(declares), "{edit:?}");
    let read = allowed(rendered.one("ClusterRole", "zoom-operator-view"));
    assert!(read.iter().all(|right| reads(right)), "{read:?}");
    assert!(
        !allowed(rendered.one("ClusterRole", "zoom-operator-approver"))
            .contains("create zoom-operator.dev/zoomremovals")
    );
}

fn definition(object: &Value) -> CustomResourceDefinition {
    serde_json::from_value(object.clone()).unwrap()
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| PathBuf::from(entry.unwrap().file_name())).collect()
}

#[tokio::test]
async fn the_chart_carries_the_crds_as_they_are_and_keeps_them() {
    let (generated, carried) = (project_root().join("crds"), project_root().join(CHART).join("files/crds"));
    assert_eq!(files(&carried), files(&generated), "run `make crds`");
    assert!(!files(&generated).is_empty());
    let rendered = Rendered::with(&[]).await;
    for file in files(&generated) {
        let source = fs::read_to_string(generated.join(&file)).unwrap();
        assert!(
            source == fs::read_to_string(carried.join(&file)).unwrap(),
            "{} differs: run `make crds`",
            file.display()
        );
        let source = yaml(&source).pop().unwrap();
        let rendered = rendered.one("CustomResourceDefinition", source["metadata"]["name"].as_str().unwrap());
        assert!(definition(rendered).spec == definition(&source).spec, "the template changes {}", file.display());
        assert_eq!(rendered["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    }
    assert_eq!(rendered.all("CustomResourceDefinition").count(), files(&generated).len());
    assert_eq!(Rendered::with(&["crds.install=false"]).await.all("CustomResourceDefinition").count(), 0);
}

#[tokio::test]
async fn nonsense_in_the_values_is_refused_by_name() {
    for (setting, named) in [
        ("replicas=-1", "replicas"),
        ("replicas=two", "replicas"),
        ("replica=2", "replica"),
        ("logFormat=xml", "logFormat"),
        ("watchNamespaces={Sales}", "watchNamespaces"),
        ("watchNamespaces=sales", "watchNamespaces"),
        ("allowHosts={https://simulator}", "allowHosts"),
        ("allowHosts={simulator:8080}", "allowHosts"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("image.repository=", "repository"),
        ("crds.install=perhaps", "install"),
    ] {
        let refusal = template(&[setting]).await.expect_err(setting);
        let message = refusal.to_string();
        assert!(message.contains("schema") && message.contains(named), "{setting}: {message}");
    }
}

/// The chart in the shared cluster, under the release's own name, without the CRDs.
async fn install(values: &[&str]) -> String {
    let cluster = cluster().await;
    cluster.apply_crds().await.unwrap();
    let namespace = cluster.namespace("chart").await.unwrap();
    let release = format!("zoom-operator-{namespace}");
    let mut arguments = vec!["install", &release, CHART, "--namespace", &namespace, "--set", "crds.install=false"];
    for value in values {
        arguments.extend(["--set", value]);
    }
    cluster.helm(&arguments).await.unwrap();
    namespace
}

/// Whether `user` may `verb` the `resource` (`group/resource` or `group/resource/subresource`) in `namespace`.
async fn may(client: &Client, user: &str, verb: &str, resource: &str, namespace: &str) -> bool {
    let mut parts = resource.split('/');
    let attributes = ResourceAttributes {
        group: parts.next().map(str::to_owned),
        resource: parts.next().map(str::to_owned),
        subresource: parts.next().map(str::to_owned),
        verb: Some(verb.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..ResourceAttributes::default()
    };
    let spec = SubjectAccessReviewSpec {
        user: Some(user.to_owned()),
        resource_attributes: Some(attributes),
        ..SubjectAccessReviewSpec::default()
    };
    let review = SubjectAccessReview { metadata: ObjectMeta::default(), spec, status: None };
    let reviewed = Api::all(client.clone()).create(&PostParams::default(), &review).await.unwrap();
    reviewed.status.unwrap().allowed
}

fn service_account(namespace: &str) -> String {
    format!("system:serviceaccount:{namespace}:zoom-operator-{namespace}")
}

#[tokio::test]
async fn the_api_server_grants_the_operator_its_work_and_refuses_the_rest() {
    let namespace = install(&[]).await;
    let (client, operator) = (cluster().await.client().await.unwrap(), service_account(&namespace));
    for (verb, resource, namespace, expected) in [
        ("watch", "zoom-operator.dev/zoomusers", "default", true),
        ("patch", "zoom-operator.dev/zoomusers/status", "default", true),
        ("patch", "zoom-operator.dev/zoomusers", "default", true),
        ("watch", "zoom-operator.dev/zoomgroups", "default", true),
        ("patch", "zoom-operator.dev/zoomroles", "default", true),
        ("patch", "zoom-operator.dev/zoomcontactgroups/status", "default", true),
        ("create", "zoom-operator.dev/zoomremovals", "default", true),
        // Deciding is for people.
        ("patch", "zoom-operator.dev/zoomremovals", "default", false),
        ("create", "zoom-operator.dev/zoomusers", "default", false),
        ("delete", "zoom-operator.dev/zoomusers", "default", false),
        ("delete", "zoom-operator.dev/zoomgroups", "default", false),
        ("delete", "zoom-operator.dev/zoomconnections", "default", false),
        ("get", "/secrets", "default", true),
        ("list", "/secrets", "default", false),
        ("watch", "/secrets", "default", false),
        ("create", "coordination.k8s.io/leases", &namespace, true),
        ("create", "coordination.k8s.io/leases", "default", false),
        ("update", "coordination.k8s.io/leases", &namespace, false), // others than its own
        ("get", "/configmaps", &namespace, false),
        ("create", "/serviceaccounts/token", &namespace, false),
    ] {
        let granted = may(&client, &operator, verb, resource, namespace).await;
        assert_eq!(granted, expected, "{verb} {resource} in {namespace}");
    }
}

#[tokio::test]
async fn with_namespaces_to_watch_secrets_elsewhere_are_out_of_reach() {
    let watched = cluster().await.namespace("watched").await.unwrap();
    let namespace = install(&[&format!("watchNamespaces={{{watched}}}")]).await;
    let (client, operator) = (cluster().await.client().await.unwrap(), service_account(&namespace));
    assert!(may(&client, &operator, "get", "/secrets", &watched).await);
    assert!(!may(&client, &operator, "get", "/secrets", &namespace).await);
    assert!(!may(&client, &operator, "get", "/secrets", "default").await);
}

#[tokio::test]
async fn rights_for_people_come_with_the_roles_that_they_have() {
    let namespace = install(&[]).await;
    let cluster = cluster().await;
    let client = cluster.client().await.unwrap();
    let bound = |role: &str| format!("zoom-operator-{namespace}-{role}");
    let roles = [
        ("viewer", "view".to_owned()),
        ("any", "edit".to_owned()),
        ("editor", bound("edit")),
        ("approver", bound("approver")),
    ];
    for (name, role) in roles {
        let (role, user) = (format!("--clusterrole={role}"), format!("--user={name}"));
        let arguments = ["create", "rolebinding", name, &role, &user, "--namespace", &namespace];
        cluster.kubectl(&arguments).await.unwrap();
    }
    eventually(DEADLINE, "the roles are aggregated", || async {
        let edit = may(&client, "editor", "create", "zoom-operator.dev/zoomusers", &namespace).await;
        let view = may(&client, "viewer", "get", "zoom-operator.dev/zoomusers", &namespace).await;
        anyhow::ensure!(edit && view, "edit: {edit}, view: {view}");
        Ok(())
    })
    .await
    .unwrap();
    for (user, verb, resource, expected) in [
        ("viewer", "create", "zoomusers", false),
        ("viewer", "list", "zoomconnections", true),
        ("any", "create", "zoomusers", false),
        ("any", "list", "zoomusers", true),
        ("any", "create", "zoomgroups", false),
        ("any", "list", "zoomroles", true),
        ("editor", "create", "zoomgroups", true),
        ("editor", "delete", "zoomcontactgroups", true),
        ("editor", "patch", "zoomgroups/status", false),
        ("editor", "delete", "zoomusers", true),
        ("editor", "get", "zoomremovals", true),
        ("editor", "patch", "zoomremovals", false),
        ("editor", "create", "zoomremovals", false),
        ("editor", "patch", "zoomconnections", false),
        ("editor", "patch", "zoomusers/status", false),
        ("approver", "patch", "zoomremovals", true),
        ("approver", "create", "zoomremovals", false),
        ("approver", "get", "zoomusers", false),
    ] {
        let granted = may(&client, user, verb, &format!("zoom-operator.dev/{resource}"), &namespace).await;
        assert_eq!(granted, expected, "{user}: {verb} {resource}");
    }
}

#[tokio::test]
async fn a_namespace_under_the_restricted_standard_admits_the_pod() {
    let namespace = install(&[]).await;
    let cluster = cluster().await;
    let label = "pod-security.kubernetes.io/enforce=restricted";
    cluster.kubectl(&["label", "namespace", &namespace, label]).await.unwrap();
    let client = cluster.client().await.unwrap();
    let name = format!("zoom-operator-{namespace}");
    let deployment = Api::<Deployment>::namespaced(client.clone(), &namespace).get(&name).await.unwrap();
    let template = deployment.spec.unwrap().template;
    let metadata = ObjectMeta { name: Some("probe".to_owned()), ..template.metadata.unwrap_or_default() };
    let mut pod = Pod { metadata, spec: template.spec, status: None };
    let pods = Api::<Pod>::namespaced(client, &namespace);
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    pods.create(&dry_run, &pod).await.unwrap();

    // The standard is really enforced here.
    pod.spec.as_mut().unwrap().containers[0].security_context = None;
    let refused = pods.create(&dry_run, &pod).await.unwrap_err().to_string();
    assert!(refused.contains("restricted"), "{refused}");
}

#[tokio::test]
async fn uninstalling_keeps_the_crds_and_the_objects() {
    // Of its own, because CRDs belong to a whole cluster.
    let cluster = ControlPlane::start().await.unwrap();
    let namespace = cluster.namespace("chart").await.unwrap();
    cluster.helm(&["install", RELEASE, CHART, "--namespace", &namespace]).await.unwrap();
    let established = ["wait", "--for=condition=Established", "--timeout=60s", "-f", "crds"];
    cluster.kubectl(&established).await.unwrap();
    let user = json!({
        "apiVersion": "zoom-operator.dev/v1alpha1",
        "kind": "ZoomUser",
        "metadata": {"name": "ada", "namespace": namespace},
        "spec": {"email": "ada@example.com"},
    });
    cluster.apply(&user.to_string()).await.unwrap();

    // Installing again over what is there is an upgrade that changes nothing in it.
    cluster.helm(&["upgrade", RELEASE, CHART, "--namespace", &namespace, "--set", "replicas=2"]).await.unwrap();
    crate::uninstall::uninstall(&cluster, &namespace).await.unwrap();
    cluster.kubectl(&["get", "--namespace", &namespace, "zoomuser", "ada"]).await.unwrap();
    let left =
        cluster.kubectl(&["get", "--namespace", &namespace, "deployment,serviceaccount,role", "-o", "name"]).await;
    assert_eq!(left.unwrap(), "serviceaccount/default\n");
    let left = cluster.kubectl(&["get", "clusterrole,clusterrolebinding", "-o", "name"]).await.unwrap();
    assert!(!left.contains("zoom-operator"), "{left}");

    // The kept CRDs are still the release's: it can come back.
    cluster.helm(&["install", RELEASE, CHART, "--namespace", &namespace]).await.unwrap();
}

/// Carries out the Dockerfile's steps into `out`, with the programs in `path` before all others.
fn image_steps(out: &Path, path: &Path) {
    let path = format!("{}:{}", path.display(), std::env::var("PATH").unwrap());
    let output = Command::new(project_root().join("hack/image-steps")).arg(out).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_images_hold_one_program_each_and_nothing_to_run_it_with() {
    let folder = tempfile::tempdir().unwrap();
    // Stands in for the long release build: everything else is carried out as it is.
    let cargo = folder.path().join("cargo");
    let script = "#!/bin/sh\nset -e\nmkdir -p target/any-linux-gnu/release\ncd target/any-linux-gnu/release\n\
                  echo \"$@\" >zoom-operator\necho \"$RUSTFLAGS\" >zoom-simulator\n";
    fs::write(&cargo, script).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let out = folder.path().join("out");
    image_steps(&out, folder.path());

    let list = fs::read_to_string(out.join("images.txt")).unwrap();
    assert_eq!(
        list.lines().collect::<Vec<_>>(),
        [
            "image simulator user=65532:65532 entrypoint=[\"/zoom-simulator\"]",
            "/etc/ssl/certs/ca-certificates.crt",
            "/zoom-simulator",
            "image operator user=65532:65532 entrypoint=[\"/zoom-operator\"]",
            "/etc/ssl/certs/ca-certificates.crt",
            "/zoom-operator",
        ]
    );
    let built = fs::read_to_string(out.join("operator/zoom-operator")).unwrap();
    assert!(built.starts_with("build --locked --release --target "), "{built}");
    let flags = fs::read_to_string(out.join("simulator/zoom-simulator")).unwrap();
    assert_eq!(flags, "-C target-feature=+crt-static\n");
}
