//! Where the benchmarks play: one control plane, and for each part an account, a namespace and an operator.

use std::{collections::BTreeMap, fmt::Display, path::PathBuf, time::Duration};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use kube::{
    Api, Client, Resource,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zoom_operator_api::{ZoomConnection, ZoomUser};
use zoom_operator_testing::{
    Binaries, ControlPlane, Operator, OperatorOptions, Person, Simulator, SimulatorOptions, eventually,
};

/// How many objects are written at once from here.
const AT_ONCE: usize = 16;

pub(crate) struct Stage {
    pub(crate) control_plane: ControlPlane,
    pub(crate) client: Client,
    binaries: Binaries,
}

impl Stage {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let control_plane = ControlPlane::start().await?;
        control_plane.apply_crds().await?;
        let client = control_plane.client().await?;
        let binaries = Binaries::beside(env!("CARGO_BIN_EXE_zoom-operator"))?;
        Ok(Self { control_plane, client, binaries })
    }

    /// An account of which so many people are managed, a namespace with a connection to it, and an operator.
    pub(crate) async fn scene(&self, people: usize) -> anyhow::Result<Scene<'_>> {
        let namespace = self.control_plane.namespace("bench").await?;
        // Not all of them are active.
        let users = (people + people / 8 + 8).to_string();
        let arguments = ["--limits", "off", "--users", &users].map(str::to_owned).into();
        let options = SimulatorOptions { arguments, ..SimulatorOptions::default() };
        let zoom = Simulator::start(&self.binaries, options).await?;
        let log = std::env::temp_dir().join(format!("zoom-operator-{namespace}.log"));
        let operator = self.operator(&namespace, log.clone()).await?;
        self.control_plane.apply(&connection(&namespace, zoom.url())).await?;
        Ok(Scene { stage: self, size: people, namespace, zoom, operator, log })
    }

    async fn operator(&self, namespace: &str, log: PathBuf) -> anyhow::Result<Operator> {
        let arguments = ["--watch-namespace", namespace, "--lease-namespace", namespace, "--allow-host", "127.0.0.1"];
        let arguments = arguments.map(str::to_owned).into();
        let options = OperatorOptions { arguments, log: Some(log), ..OperatorOptions::default() };
        Operator::start(&self.binaries, self.control_plane.kubeconfig(), options).await
    }
}

pub(crate) struct Scene<'s> {
    stage: &'s Stage,
    size: usize,
    pub(crate) namespace: String,
    pub(crate) zoom: Simulator,
    pub(crate) operator: Operator,
    log: PathBuf,
}

impl Scene<'_> {
    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::namespaced(self.stage.client.clone(), &self.namespace)
    }

    /// The people to be managed: all active, and not the owner.
    pub(crate) async fn people(&self) -> anyhow::Result<Vec<Person>> {
        let mut people = self.zoom.people().await?;
        people.retain(|person| person.role != "Owner" && person.status == "active");
        people.truncate(self.size);
        ensure!(people.len() == self.size, "only {} people are active", people.len());
        Ok(people)
    }

    /// Another operator in the place of the one before, which has stopped.
    pub(crate) async fn start_operator(&mut self) -> anyhow::Result<()> {
        self.operator = self.stage.operator(&self.namespace, self.log.clone()).await?;
        Ok(())
    }

    /// Writes objects, many at once.
    pub(crate) async fn create(&self, objects: impl IntoIterator<Item = ZoomUser>) -> anyhow::Result<()> {
        let users = self.api::<ZoomUser>();
        let create = |object| {
            let users = users.clone();
            async move { users.create(&PostParams::default(), &object).await.map(drop) }
        };
        Ok(at_once(objects, create).await?)
    }

    /// How many objects of a kind there are, without fetching them.
    pub(crate) async fn number<K>(&self) -> anyhow::Result<usize>
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned,
    {
        let first = self.api::<K>().list_metadata(&ListParams::default().limit(1)).await?;
        let others = first.metadata.remaining_item_count.unwrap_or_default();
        Ok(first.items.len() + usize::try_from(others)?)
    }

    /// Waits until the connection's status is as `holds` says.
    pub(crate) async fn connection_until(
        &self,
        what: impl Display,
        holds: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let connections = self.api::<ZoomConnection>();
        let look = || async {
            let status = serde_json::to_value(connections.get("default").await?.status)?;
            ensure!(holds(&status), "{status}");
            Ok(status)
        };
        let found = eventually(Duration::from_secs(3600), what, look).await;
        found.with_context(|| format!("the operator's log is in {}", self.log.display()))
    }

    /// Calls and writes from the operator's own metrics.
    pub(crate) async fn counts(&self) -> anyhow::Result<Counts> {
        Ok(Counts::of(&self.operator.metrics().await?))
    }

    /// How many writes Zoom was sent.
    pub(crate) async fn zoom_writes(&self) -> anyhow::Result<usize> {
        Ok(self.zoom.journal().await?.iter().filter(|call| call.is_write()).count())
    }

    /// From an edit of an object to its call at the simulator.
    pub(crate) async fn edit(&self, object: &str, last_name: &str) -> anyhow::Result<Duration> {
        let since = self.zoom.journal().await?.last().map_or(0, |call| call.seq);
        let before = Timestamp::now();
        let change = json!({"spec": {"lastName": last_name}});
        let edited = self.api::<ZoomUser>().patch(object, &PatchParams::default(), &Patch::Merge(change)).await;
        edited.context("editing")?;
        let call = eventually(Duration::from_secs(120), "the edit is in Zoom", || async {
            let calls = self.zoom.journal_since(since).await?;
            let call = calls.into_iter().find(|call| call.request_body["last_name"] == last_name);
            call.context("not there")
        });
        let at: Timestamp = call.await?.time.parse()?;
        Ok(Duration::try_from(at.duration_since(before)).unwrap_or_default())
    }

    /// A number of the operator's process in MiB, such as `VmRSS` now or `VmHWM` at most.
    pub(crate) fn memory(&self, name: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.operator.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such number")?;
        let kib: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?;
        Ok((kib / 1024.0).round())
    }

    /// Everything went well: nobody needs the log.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.log)?)
    }
}

/// Does something for each item, many at once.
pub(crate) async fn at_once<T, D>(items: impl IntoIterator<Item = T>, task: impl Fn(T) -> D) -> Result<(), kube::Error>
where
    D: Future<Output = Result<(), kube::Error>>,
{
    stream::iter(items).map(task).buffer_unordered(AT_ONCE).try_collect().await
}

/// Calls to Zoom and writes to Kubernetes so far, by what they were.
#[derive(Debug, Default)]
pub(crate) struct Counts(BTreeMap<String, u64>);

impl Counts {
    fn of(metrics: &str) -> Self {
        let mut counts = BTreeMap::new();
        for line in metrics.lines() {
            let call = line.strip_prefix("zoom_operator_zoom_calls_total{endpoint=\"");
            let write = line.strip_prefix("zoom_operator_kubernetes_writes_total{kind=\"");
            let Some((labels, count)) = call.or(write).and_then(|rest| rest.rsplit_once(' ')) else { continue };
            let what = labels.replace("\",verb=\"", " ").replace("\",outcome=\"", " ").replace("\"}", "");
            counts.insert(what, count.parse().unwrap_or_default());
        }
        Self(counts)
    }

    /// What came since then.
    pub(crate) fn since(&self, before: &Self) -> BTreeMap<&str, u64> {
        let added = |(what, count): (&String, &u64)| count - before.0.get(what).unwrap_or(&0);
        let added = self.0.iter().map(|entry| (entry.0.as_str(), added(entry)));
        added.filter(|(_, count)| *count > 0).collect()
    }

    /// Writes to a kind of object since then.
    pub(crate) fn writes_since(&self, before: &Self, kind: &str) -> u64 {
        self.since(before).iter().filter(|(what, _)| what.split(' ').next() == Some(kind)).map(|(_, count)| count).sum()
    }
}

/// The object of a person.
pub(crate) fn user(name: &str, spec: &Value) -> anyhow::Result<ZoomUser> {
    let object = json!({
        "apiVersion": "zoom-operator.dev/v1alpha1", "kind": "ZoomUser", "metadata": {"name": name}, "spec": spec,
    });
    Ok(serde_json::from_value(object)?)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
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
