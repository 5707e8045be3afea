//! The rules of the custom resources, as a real API server applies them: what is refused, with which words, and what is
//! accepted.

use kube::{
    Api,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use zoom_operator_api::{GROUP, ZoomConnection, ZoomRemoval, ZoomUser};
use zoom_operator_testing::ControlPlane;

mod connections;
mod groups;
mod removals;
mod users;

async fn control_plane() -> &'static ControlPlane {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.apply_crds().await.unwrap();
    control_plane
}

/// The objects of a kind in a namespace of their own.
async fn objects(kind: &'static str) -> Objects {
    let control_plane = control_plane().await;
    let namespace = control_plane.namespace("crds").await.unwrap();
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, "v1alpha1", kind));
    let api = Api::namespaced_with(control_plane.client().await.unwrap(), &namespace, &resource);
    Objects { kind, namespace, api }
}

/// A spec that is accepted, changed by `changes`: null takes a field away.
fn with(mut spec: Value, changes: &Value) -> Value {
    merge(&mut spec, changes);
    spec
}

fn merge(target: &mut Value, changes: &Value) {
    let (Value::Object(fields), Value::Object(changes)) = (&mut *target, changes) else {
        *target = changes.clone();
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

fn connection() -> Value {
    json!({"accountId": "example-account", "credentials": {"secretRef": {"name": "zoom"}}})
}

fn user() -> Value {
    json!({"email": "ada@example.com"})
}

fn removal() -> Value {
    json!({"class": "Access", "person": {"email": "ada@example.com"}, "operations": [{"action": "Deactivate"}]})
}

/// Objects of one kind in one namespace, without types: a test must be able to write what the types cannot.
struct Objects {
    kind: &'static str,
    namespace: String,
    api: Api<DynamicObject>,
}

impl Objects {
    fn object(&self, name: &str, spec: &Value) -> DynamicObject {
        let object = json!({
            "apiVersion": format!("{GROUP}/v1alpha1"),
            "kind": self.kind,
            "metadata": {"name": name},
            "spec": spec,
        });
        serde_json::from_value(object).unwrap()
    }

    /// What the API server would make of a new object, or why it refuses it.
    async fn dry_run(&self, spec: &Value) -> Result<DynamicObject, String> {
        let parameters = PostParams { dry_run: true, ..PostParams::default() };
        self.api.create(&parameters, &self.object("dry-run", spec)).await.map_err(|error| refusal(&error))
    }

    async fn create(&self, name: &str, spec: &Value) -> DynamicObject {
        self.api.create(&PostParams::default(), &self.object(name, spec)).await.unwrap()
    }

    /// Changes the spec of an object, or says why the API server refuses it.
    async fn change(&self, name: &str, changes: &Value) -> Result<DynamicObject, String> {
        let patch = Patch::Merge(json!({"spec": changes}));
        self.api.patch(name, &PatchParams::default(), &patch).await.map_err(|error| refusal(&error))
    }

    /// Writes a status, as an operator does.
    async fn report(&self, name: &str, status: &Value) -> DynamicObject {
        let report = Patch::Merge(json!({"status": status}));
        self.api.patch_status(name, &PatchParams::default(), &report).await.unwrap()
    }

    async fn apply(&self, name: &str, spec: &Value) -> DynamicObject {
        let parameters = PatchParams::apply("tests");
        self.api.patch(name, &parameters, &Patch::Apply(self.object(name, spec))).await.unwrap()
    }

    /// Checks a table of changes to a good spec, each with words that the refusal must hold.
    async fn assert_refused(&self, good: &Value, table: &[(Value, &[&str])]) {
        let mut wrong = vec![];
        for (changes, words) in table {
            match self.dry_run(&with(good.clone(), changes)).await {
                Ok(_) => wrong.push(format!("{changes} was accepted")),
                Err(message) => {
                    let missing: Vec<_> = words.iter().filter(|word| !message.contains(**word)).collect();
                    if !missing.is_empty() {
                        wrong.push(format!("{changes}: {missing:?} is not in: {message}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Checks changes to a good spec that are accepted, each as the whole object comes back.
    async fn assert_accepted(&self, good: &Value, table: &[Value]) {
        for changes in table {
            let spec = with(good.clone(), changes);
            let served = self.dry_run(&spec).await.unwrap_or_else(|message| panic!("{changes} was refused: {message}"));
            let kept = with(served.data["spec"].clone(), &spec);
            assert_eq!(served.data["spec"], kept, "the API server dropped a part of {changes}");
        }
    }
}

fn refusal(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error
        && status.code == 422
    {
        return status.message.clone();
    }
    panic!("neither accepted nor refused: {error}")
}

fn long(length: usize) -> String {
    "x".repeat(length)
}

#[tokio::test]
async fn a_fresh_object_says_that_nobody_has_looked_at_it() {
    for (kind, spec) in [
        ("ZoomConnection", connection()),
        ("ZoomUser", user()),
        ("ZoomGroup", json!({"name": "Sales"})),
        ("ZoomRole", json!({"name": "Help desk"})),
        ("ZoomContactGroup", json!({"name": "Sales"})),
        ("ZoomRemoval", removal()),
    ] {
        let objects = objects(kind).await;
        objects.create("fresh", &spec).await;
        let fresh = objects.api.get("fresh").await.unwrap();
        assert_eq!(fresh.data["status"], json!({"observedGeneration": -1}), "{kind}");
        assert_eq!(fresh.metadata.generation, Some(1), "{kind}");
    }
}

#[tokio::test]
async fn applying_the_same_twice_changes_nothing() {
    for (kind, spec) in [
        ("ZoomConnection", with(connection(), &json!({"guard": {"window": "12h"}, "allow": {"delete": true}}))),
        (
            "ZoomUser",
            with(
                user(),
                &json!({"profile": {
                    "phoneNumbers": [{"label": "Fax", "country": "GB", "code": "+44", "number": "2079460000"}],
                    "customAttributes": [{"key": "badge", "name": "Badge", "value": "7"}],
                }}),
            ),
        ),
        ("ZoomGroup", json!({"name": "Sales", "members": {"users": ["bob", "ada"], "selector": {}}, "admins": {}})),
        ("ZoomRole", json!({"name": "Help desk", "privileges": ["User:Read"]})),
        ("ZoomContactGroup", json!({"name": "Sales", "members": {"groups": ["sales"], "emails": []}})),
        ("ZoomRemoval", removal()),
    ] {
        let objects = objects(kind).await;
        objects.apply("same", &spec).await;
        // The API server stores the default status with the first write after the creation, whoever makes it. With an
        // operator that is its first report.
        let reported = objects.report("same", &json!({"observedGeneration": 1})).await;
        let again = objects.apply("same", &spec).await;
        assert!(again.metadata.resource_version.is_some());
        assert_eq!(again.metadata.resource_version, reported.metadata.resource_version, "{kind}");
    }
}

#[tokio::test]
async fn what_the_api_server_serves_parses_into_the_types() {
    parses::<ZoomConnection>("ZoomConnection", &connection()).await;
    parses::<ZoomUser>("ZoomUser", &user()).await;
    let steps = json!([{"action": "SetLicense", "license": "Basic"}, {"action": "Deactivate"}]);
    parses::<ZoomRemoval>("ZoomRemoval", &with(removal(), &json!({"operations": steps}))).await;
}

/// Reading into the type and writing out again loses nothing.
async fn parses<K: serde::de::DeserializeOwned + serde::Serialize>(kind: &'static str, spec: &Value) {
    let served = objects(kind).await.dry_run(spec).await.unwrap();
    let typed: K = serde_json::from_value(serde_json::to_value(&served).unwrap()).unwrap();
    let again = serde_json::to_value(&typed).unwrap();
    assert_eq!(again["spec"], served.data["spec"]);
    assert_eq!(again["status"], json!({"observedGeneration": -1}));
}

#[tokio::test]
async fn kubectl_explains_every_kind() {
    for (path, fields) in [
        ("zoomconnection.spec", ["accountId", "quietPeriod", "resyncInterval"]),
        ("zoomuser.spec", ["connectionRef", "phoneNumbers", "enum: Retain, Downgrade, Deactivate, Unlink, ...."]),
        ("zoomgroup.spec", ["selector", "emailDomains", "enum: Additive, Exclusive"]),
        ("zoomrole.spec", ["description", "privileges", "enum: Delete, Retain"]),
        ("zoomcontactgroup.spec", ["privacy", "groups", "enum: Public, Searchable, Private"]),
        ("zoomremoval.spec", ["operations", "notBefore", "decision"]),
    ] {
        let text = control_plane().await.kubectl(&["explain", path, "--recursive"]).await.unwrap();
        for field in fields {
            assert!(text.contains(field), "{field} is not in the explanation of {path}:\n{text}");
        }
    }
    let text = control_plane().await.kubectl(&["explain", "zoomuser"]).await.unwrap();
    assert!(text.contains("A ZoomUser is a person who should be in a Zoom account"), "{text}");
}

#[tokio::test]
async fn short_names_and_the_category_find_the_objects() {
    let users = objects("ZoomUser").await;
    users.create("ada", &user()).await;
    let namespace = users.namespace.as_str();
    for kind in ["zu", "zoom"] {
        let table =
            control_plane().await.kubectl(&["get", kind, "--namespace", namespace, "-o", "wide"]).await.unwrap();
        assert!(table.contains("ada@example.com"), "{table}");
        for column in ["EMAIL", "STATE", "LICENSE", "READY", "REASON", "AGE", "ID", "CONNECTION", "MESSAGE"] {
            assert!(table.contains(column), "{column} is not in\n{table}");
        }
    }
    for short in ["zconn", "zrm"] {
        control_plane().await.kubectl(&["get", short, "--namespace", namespace]).await.unwrap();
    }
}
