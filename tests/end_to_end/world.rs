//! What a test has to itself: a namespace, a Zoom account, and an operator that watches only that namespace.

use std::{
    fmt::Display,
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use k8s_openapi::api::coordination::v1::Lease;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams},
    core::{ApiResource, GroupVersionKind},
    runtime::wait::await_condition,
};
use serde_json::{Value, json};
use zoom_operator_api::{GROUP, REQUESTED_AT_ANNOTATION};
use zoom_operator_testing::{
    Binaries, ControlPlane, Exchange, Operator, OperatorOptions, Person, Simulator, SimulatorOptions, eventually,
    faults_are_on, patient,
};

use crate::faults::Owners;

/// Far above what anything takes, for machines that are busy with other tests.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const CONNECTION: &str = "ZoomConnection";
pub(crate) const USER: &str = "ZoomUser";
pub(crate) const REMOVAL: &str = "ZoomRemoval";
pub(crate) const ZOOM_GROUP: &str = "ZoomGroup";
pub(crate) const ROLE: &str = "ZoomRole";
pub(crate) const CONTACT_GROUP: &str = "ZoomContactGroup";

/// The secret of the app of the simulated account.
pub(crate) const CLIENT_SECRET: &str = "simulator-secret";

pub(crate) struct World<'c> {
    pub(crate) cluster: &'c ControlPlane,
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) zoom: Simulator,
    pub(crate) operator: Option<Operator>,
    owners: Option<Owners>,
    /// Where the leader's lease is; the namespace, unless that is going to be deleted.
    pub(crate) lease_namespace: String,
    /// Other namespaces that the operator watches.
    pub(crate) also_watched: Vec<String>,
    /// Of the leader's lease, in seconds: so long a standby waits after a crash of the leader.
    pub(crate) lease: u64,
}

impl World<'static> {
    /// A namespace with a connection "default", a running operator, and an account. `account` is an account file,
    /// without limits unless it says otherwise (or holds several accounts); `connection` are changes to the spec of the connection.
    pub(crate) async fn connected(account: Value, connection: Value) -> anyhow::Result<Self> {
        let mut world = Self::bare(account).await?;
        world.start_operator().await?;
        world.connect(connection).await?;
        Ok(world)
    }

    /// As [`World::connected`], with everybody in the account and a ZoomUser for each of them that is `Synced`. Nothing
    /// was written to Zoom.
    pub(crate) async fn managed(names: &[&str], connection: Value) -> anyhow::Result<Self> {
        let world = Self::connected(account_of(names), connection).await?;
        world.users(names, &json!({})).await?;
        world.users_are(names, "Synced").await?;
        Ok(world)
    }

    /// As [`World::connected`], without an operator and without a connection.
    pub(crate) async fn bare(account: Value) -> anyhow::Result<Self> {
        Self::on(ControlPlane::shared().await?, account).await
    }
}

impl<'c> World<'c> {
    /// As [`World::bare`], in a control plane of the test's own.
    pub(crate) async fn on(cluster: &'c ControlPlane, account: Value) -> anyhow::Result<Self> {
        cluster.apply_crds().await?;
        let account = if account["accounts"].is_null() { merged(json!({"limits": "off"}), account) } else { account };
        let options = SimulatorOptions { account: Some(account.to_string()), ..SimulatorOptions::default() };
        let namespace = cluster.namespace("world").await?;
        Ok(Self {
            cluster,
            client: cluster.client().await?,
            lease_namespace: namespace.clone(),
            namespace,
            zoom: Simulator::start(&binaries()?, options).await?,
            operator: None,
            owners: None,
            also_watched: Vec::new(),
            lease: 15,
        })
    }

    /// Starts the operator. One that runs is killed first, as by a crash.
    pub(crate) async fn start_operator(&mut self) -> anyhow::Result<()> {
        self.crash().await?;
        let options = OperatorOptions { arguments: self.operator_arguments(), ..OperatorOptions::default() };
        self.operator = Some(Operator::start(&binaries()?, self.cluster.kubeconfig(), options).await?);
        let namespaces = [&self.namespace].into_iter().chain(&self.also_watched).cloned().collect();
        self.owners = Owners::of(&self.client, namespaces);
        Ok(())
    }

    /// Kills the operator, if one runs, as a crash does.
    pub(crate) async fn crash(&mut self) -> anyhow::Result<()> {
        match self.operator.take() {
            Some(operator) => {
                drop(operator);
                self.take_lease_away().await
            }
            None => Ok(()),
        }
    }

    /// Spares the next operator the wait until the lease of a killed one runs out. A lease so short that the wait were short
    /// would be lost whenever the machine stalls.
    pub(crate) async fn take_lease_away(&self) -> anyhow::Result<()> {
        let leases: Api<Lease> = Api::namespaced(self.client.clone(), &self.lease_namespace);
        match leases.delete("zoom-operator", &DeleteParams::default()).await {
            Err(error) if !matches!(&error, kube::Error::Api(status) if status.is_not_found()) => {
                Err(error).context("deleting the lease")
            }
            _ => Ok(()),
        }
    }

    /// The arguments of `zoom-operator run` for this world.
    pub(crate) fn operator_arguments(&self) -> Vec<String> {
        let lease = self.lease.to_string();
        let watched = [&self.namespace].into_iter().chain(&self.also_watched);
        let watched = watched.flat_map(|namespace| ["--watch-namespace", namespace]);
        let others = [
            ["--lease-namespace", self.lease_namespace.as_str()],
            ["--lease-duration", &lease],
            ["--allow-host", "127.0.0.1"],
        ];
        watched.chain(others.concat()).map(str::to_owned).collect()
    }

    /// The operator's metrics; the sum of a counter over its labels that contain `labels`.
    pub(crate) async fn metric(&self, name: &str, labels: &str) -> anyhow::Result<f64> {
        let operator = self.operator.as_ref().context("no operator runs")?;
        let text = operator.metrics().await?;
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(labels));
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Writes the Secret "zoom" and the connection "default", with changes to its spec.
    pub(crate) async fn connect(&self, changes: Value) -> anyhow::Result<()> {
        self.write_secret(CLIENT_SECRET).await?;
        self.apply(CONNECTION, "default", self.connection(changes)).await?;
        Ok(())
    }

    /// The spec of a connection to the simulated account, with changes. Waves settle in a second and people are invited.
    pub(crate) fn connection(&self, changes: Value) -> Value {
        let url = self.zoom.url();
        let spec = json!({
            "accountId": "acme",
            "credentials": {"secretRef": {"name": "zoom"}},
            "endpoints": {"token": format!("{url}/oauth/token"), "api": format!("{url}/v2")},
            "creation": {"method": "Invite"},
            "guard": {"quietPeriod": "1s"},
            "resyncInterval": "30s",
        });
        merged(spec, changes)
    }

    /// Writes the Secret "zoom" with the right client id and a client secret.
    pub(crate) async fn write_secret(&self, client_secret: &str) -> anyhow::Result<()> {
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "zoom", "namespace": self.namespace},
            "stringData": {"clientId": "simulator", "clientSecret": client_secret},
        });
        self.cluster.apply(&secret.to_string()).await?;
        Ok(())
    }

    /// Applies a ZoomUser.
    pub(crate) async fn user(&self, name: &str, spec: Value) -> anyhow::Result<Value> {
        self.apply(USER, name, spec).await
    }

    /// Applies one ZoomUser for each name, `NAME@acme.example`, with the same further fields.
    pub(crate) async fn users(&self, names: &[&str], spec: &Value) -> anyhow::Result<()> {
        for name in names {
            self.user(name, merged(json!({"email": email(name)}), spec.clone())).await?;
        }
        Ok(())
    }

    /// Applies an object (server-side): what an earlier call declared and this one does not is taken back.
    pub(crate) async fn apply(&self, kind: &str, name: &str, spec: Value) -> anyhow::Result<Value> {
        let object = json!({
            "apiVersion": format!("{GROUP}/v1alpha1"), "kind": kind, "metadata": {"name": name}, "spec": spec,
        });
        let parameters = PatchParams::apply("tests").force();
        let applied = self.api(kind).patch(name, &parameters, &Patch::Apply(object)).await;
        Ok(serde_json::to_value(applied.with_context(|| format!("applying {kind} {name}"))?)?)
    }

    /// Changes the spec of an object; null takes a field away.
    pub(crate) async fn edit(&self, kind: &str, name: &str, changes: Value) -> anyhow::Result<Value> {
        self.patch(kind, name, json!({"spec": changes})).await
    }

    /// Changes an object (JSON merge patch).
    pub(crate) async fn patch(&self, kind: &str, name: &str, changes: Value) -> anyhow::Result<Value> {
        let patched = self.api(kind).patch(name, &PatchParams::default(), &Patch::Merge(changes)).await;
        Ok(serde_json::to_value(patched.with_context(|| format!("changing {kind} {name}"))?)?)
    }

    /// Deletes an object, without waiting for its end.
    pub(crate) async fn delete(&self, kind: &str, name: &str) -> anyhow::Result<()> {
        let deleted = self.api(kind).delete(name, &DeleteParams::default()).await;
        deleted.with_context(|| format!("deleting {kind} {name}")).map(drop)
    }

    /// Deletes ZoomUsers at once and waits until they are gone.
    pub(crate) async fn delete_all(&self, users: &[&str]) -> anyhow::Result<()> {
        all(users.iter().map(|user| self.delete(USER, user))).await?;
        all(users.iter().map(|user| self.gone(USER, user))).await.map(drop)
    }

    pub(crate) async fn get(&self, kind: &str, name: &str) -> anyhow::Result<Value> {
        Ok(serde_json::to_value(self.api(kind).get(name).await.with_context(|| format!("reading {kind} {name}"))?)?)
    }

    pub(crate) async fn list(&self, kind: &str) -> anyhow::Result<Vec<Value>> {
        let listed = self.api(kind).list(&ListParams::default()).await?;
        listed.items.into_iter().map(|object| Ok(serde_json::to_value(object)?)).collect()
    }

    fn api(&self, kind: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource(kind))
    }

    /// Runs kubectl in this world's namespace.
    pub(crate) async fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.cluster.kubectl(&[&["--namespace", &self.namespace], arguments].concat()).await
    }

    /// Waits until an object is as `holds` says, and returns it.
    pub(crate) async fn until(
        &self,
        kind: &str,
        name: &str,
        what: impl Display,
        holds: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let condition = |object: Option<&DynamicObject>| {
            object.and_then(|object| serde_json::to_value(object).ok()).is_some_and(|object| holds(&object))
        };
        let deadline = patient(DEADLINE);
        let Ok(found) = tokio::time::timeout(deadline, await_condition(self.api(kind), name, condition)).await else {
            anyhow::bail!("not within {deadline:?}: {kind} {name} {what}; last seen: {}", self.seen(kind, name).await);
        };
        Ok(serde_json::to_value(found?)?)
    }

    /// Waits until an object is gone.
    pub(crate) async fn gone(&self, kind: &str, name: &str) -> anyhow::Result<()> {
        let condition = |object: Option<&DynamicObject>| object.is_none();
        let deadline = patient(DEADLINE);
        let waited = tokio::time::timeout(deadline, await_condition(self.api(kind), name, condition)).await;
        ensure!(waited.is_ok(), "not within {deadline:?}: {kind} {name} is gone: {}", self.seen(kind, name).await);
        Ok(())
    }

    async fn seen(&self, kind: &str, name: &str) -> String {
        match self.get(kind, name).await {
            Ok(mut object) => {
                if let Some(metadata) = object["metadata"].as_object_mut() {
                    metadata.remove("managedFields");
                }
                object.to_string()
            }
            Err(error) => format!("{error:#}"),
        }
    }

    /// Waits until the present edit of an object was looked at and its `Ready` condition has this reason.
    pub(crate) async fn reason(&self, kind: &str, name: &str, reason: &str) -> anyhow::Result<Value> {
        self.until(kind, name, format_args!("has the reason {reason}"), |object| ready_reason(object) == Some(reason))
            .await
    }

    /// As [`World::reason`], for a ZoomUser.
    pub(crate) async fn user_is(&self, name: &str, reason: &str) -> anyhow::Result<Value> {
        self.reason(USER, name, reason).await
    }

    /// Waits until each of these ZoomUsers has the reason.
    pub(crate) async fn users_are(&self, names: &[&str], reason: &str) -> anyhow::Result<()> {
        for name in names {
            self.user_is(name, reason).await?;
        }
        Ok(())
    }

    /// The ZoomRemovals for a ZoomUser.
    pub(crate) async fn removals_of(&self, user: &str) -> anyhow::Result<Vec<Value>> {
        let mut removals = self.list(REMOVAL).await?;
        removals.retain(|removal| removal["spec"]["source"]["name"] == user);
        Ok(removals)
    }

    /// Waits for an event of this reason about a ZoomUser; what it says.
    pub(crate) async fn event(&self, user: &str, reason: &str) -> anyhow::Result<String> {
        let about = format!("--field-selector=reason={reason},regarding.name={user}");
        let arguments = ["get", "events.events.k8s.io", &about, "-o", "jsonpath={.items[*].note}"];
        eventually(DEADLINE, format_args!("an event {reason} about {user}"), || async {
            Some(self.kubectl(&arguments).await?).filter(|note| !note.is_empty()).context("none")
        })
        .await
    }

    /// Waits until one of the ZoomRemovals for a ZoomUser is in this phase for this reason.
    pub(crate) async fn removal_is(&self, user: &str, phase: &str, reason: &str) -> anyhow::Result<Value> {
        eventually(DEADLINE, format_args!("a ZoomRemoval of {user} is {phase} {reason}"), || async {
            let removals = self.removals_of(user).await?;
            let found = removals.iter().find(|removal| is_in_phase(removal, phase, reason)).cloned();
            found.with_context(|| {
                let seen: Vec<_> = removals.iter().map(|removal| (&removal["spec"], &removal["status"])).collect();
                format!("{seen:?}")
            })
        })
        .await
    }

    /// Waits until there are so many ZoomRemovals in this phase for this reason.
    pub(crate) async fn removals_are(&self, count: usize, phase: &str, reason: &str) -> anyhow::Result<Vec<Value>> {
        eventually(DEADLINE, format_args!("{count} ZoomRemovals are {phase} {reason}"), || async {
            let mut removals = self.list(REMOVAL).await?;
            let seen: Vec<_> = removals.iter().map(|removal| removal["status"].clone()).collect();
            removals.retain(|removal| is_in_phase(removal, phase, reason));
            ensure!(removals.len() == count, "{seen:?}");
            Ok(removals)
        })
        .await
    }

    /// Waits until the person with this address is in Zoom and as `holds` says.
    pub(crate) async fn person_until(
        &self,
        email: &str,
        what: impl Display,
        holds: impl Fn(&Person) -> bool,
    ) -> anyhow::Result<Person> {
        eventually(DEADLINE, format_args!("{email} in Zoom {what}"), || async {
            let person = self.zoom.person(email).await?.context("not there")?;
            ensure!(holds(&person), "{person:?}");
            Ok(person)
        })
        .await
    }

    /// The person with this address, who must be in Zoom.
    pub(crate) async fn person(&self, email: &str) -> anyhow::Result<Person> {
        self.zoom.person(email).await?.with_context(|| format!("{email} is not in Zoom"))
    }

    /// How each of these people stands in Zoom.
    pub(crate) async fn statuses(&self, names: &[&str]) -> anyhow::Result<Vec<String>> {
        all(names.iter().map(async |name| Ok(self.person(&email(name)).await?.status))).await
    }

    /// Waits until the account was listed anew and a pass has looked at that and ended. While faults hit calls: until a
    /// listing went well, or some did not.
    pub(crate) async fn resync(&self) -> anyhow::Result<()> {
        self.ask_for_listing().await?;
        for _ in 0..10 {
            if !faults_are_on() || is_ready(&self.get(CONNECTION, "default").await?) {
                break;
            }
            self.ask_for_listing().await?;
        }
        Ok(())
    }

    async fn ask_for_listing(&self) -> anyhow::Result<()> {
        static REQUESTS: AtomicU64 = AtomicU64::new(0);
        let asked = REQUESTS.fetch_add(1, Ordering::Relaxed).to_string();
        let annotations = json!({"metadata": {"annotations": {REQUESTED_AT_ANNOTATION: asked}}});
        self.patch(CONNECTION, "default", annotations).await?;
        self.until(CONNECTION, "default", "handled the request", |connection| {
            connection["status"]["lastHandledRequestedAt"] == asked.as_str()
        })
        .await?;
        Ok(())
    }

    /// The writes to Zoom since the journal was cleared, as "METHOD /path/template".
    pub(crate) async fn zoom_writes(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.write_calls().await?.into_iter().map(|call| call.endpoint).collect())
    }

    /// The writes to Zoom since the journal was cleared.
    pub(crate) async fn write_calls(&self) -> anyhow::Result<Vec<Exchange>> {
        Ok(self.zoom.journal().await?.into_iter().filter(Exchange::is_write).collect())
    }
}

pub(crate) fn binaries() -> anyhow::Result<Binaries> {
    Binaries::beside(env!("CARGO_BIN_EXE_zoom-operator"))
}

/// One of the kinds.
pub(crate) fn resource(kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, "v1alpha1", kind))
}

pub(crate) fn email(name: &str) -> String {
    format!("{name}@acme.example")
}

/// An account with these people, all active and without a licence, besides its owner.
pub(crate) fn account_of(names: &[&str]) -> Value {
    let people: Vec<_> = names.iter().map(|name| json!({"email": email(name)})).collect();
    json!({"people": people})
}

/// Changes of a connection: a quiet period that no test lives to see the end of.
pub(crate) fn endless() -> Value {
    json!({"guard": {"quietPeriod": "1h"}})
}

/// A value changed by another: objects are merged, null takes a field away.
pub(crate) fn merged(mut value: Value, changes: Value) -> Value {
    merge(&mut value, changes);
    value
}

fn merge(target: &mut Value, changes: Value) {
    match (target, changes) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                if change.is_null() {
                    fields.remove(&name);
                } else {
                    merge(fields.entry(name).or_insert(Value::Null), change);
                }
            }
        }
        (target, changes) => *target = changes,
    }
}

/// A condition of an object.
pub(crate) fn condition<'o>(object: &'o Value, type_: &str) -> Option<&'o Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == type_)
}

/// The reason of the `Ready` condition, if it speaks of the present edit.
pub(crate) fn ready_reason(object: &Value) -> Option<&str> {
    let generation = &object["metadata"]["generation"];
    let ready = condition(object, "Ready")?;
    (object["status"]["observedGeneration"] == *generation && ready["observedGeneration"] == *generation)
        .then(|| ready["reason"].as_str())?
}

/// The message of the `Ready` condition.
pub(crate) fn message(object: &Value) -> &str {
    condition(object, "Ready").and_then(|ready| ready["message"].as_str()).unwrap_or_default()
}

/// Whether an object's `Ready` condition is true.
pub(crate) fn is_ready(object: &Value) -> bool {
    condition(object, "Ready").is_some_and(|ready| ready["status"] == "True")
}

/// Whether a ZoomRemoval is in this phase for this reason.
pub(crate) fn is_in_phase(removal: &Value, phase: &str, reason: &str) -> bool {
    removal["status"]["phase"] == phase && removal["status"]["reason"] == reason
}

/// Runs a future for each item at once and returns all results in order, or the first failure.
pub(crate) async fn all<T>(
    futures: impl IntoIterator<Item = impl Future<Output = anyhow::Result<T>>>,
) -> anyhow::Result<Vec<T>> {
    futures::future::try_join_all(futures).await
}
