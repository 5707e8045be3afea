//! What the operator counts. Labels come from the program (`&'static str`, `bool`), never from an account or a cluster:
//! the number of series stays bounded, and no name, e-mail address or message can get into one.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PassLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ZoomCallLabels {
    endpoint: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WriteLabels {
    kind: &'static str,
    verb: &'static str,
}

/// Objects of one kind that are in one class of reasons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub(crate) struct ObjectLabels {
    /// The kind, as in `ZoomUser`.
    pub(crate) kind: &'static str,
    /// The reason of the Ready condition, or the class that it belongs to.
    pub(crate) reason: &'static str,
}

/// Operations of one sort in the last plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub(crate) struct OperationLabels {
    /// The operation, as in `deactivate`.
    pub(crate) operation: &'static str,
    /// Whether the guard holds it back.
    pub(crate) held: bool,
}

/// How one connected account stood after its last pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccountState {
    /// How many objects there are.
    pub(crate) objects: BTreeMap<ObjectLabels, u64>,
    /// How many operations the last plan held.
    pub(crate) operations: BTreeMap<OperationLabels, u64>,
    /// When the last complete listing of the account ended.
    pub(crate) listed_at: Option<Timestamp>,
}

impl AccountState {
    /// Counts an object of a kind with this reason.
    pub(crate) fn count(&mut self, kind: &'static str, reason: &'static str) {
        *self.objects.entry(ObjectLabels { kind, reason }).or_insert(0) += 1;
    }
}

/// All metrics of the process. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    passes: Family<PassLabels, Counter>,
    pass_duration: Histogram,
    zoom_calls: Family<ZoomCallLabels, Counter>,
    kubernetes_writes: Family<WriteLabels, Counter>,
    leader: Gauge,
    accounts: Accounts,
}

impl Metrics {
    /// All counters at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("zoom_operator");
        let passes = Family::default();
        registry.register("passes", "Passes over a connected account, by how they ended", passes.clone());
        // 5 ms to 5 min: an idle pass of a small account up to a wave under Zoom's rate limits.
        let pass_duration = Histogram::new(exponential_buckets(0.005, 3.0, 11));
        let help = "How long passes took";
        registry.register_with_unit("pass_duration", help, Unit::Seconds, pass_duration.clone());
        let zoom_calls = Family::default();
        registry.register("zoom_calls", "Calls to Zoom, by endpoint and how they ended", zoom_calls.clone());
        let kubernetes_writes = Family::default();
        registry.register("kubernetes_writes", "Writes to Kubernetes, by kind and verb", kubernetes_writes.clone());
        let leader = Gauge::default();
        registry.register("leader", "1 while this replica leads, 0 while it stands by", leader.clone());
        let accounts = Accounts::default();
        registry.register_collector(Box::new(accounts.clone()));
        Self { registry: Arc::new(registry), passes, pass_duration, zoom_calls, kubernetes_writes, leader, accounts }
    }

    /// Counts a pass that ended in `outcome` after `took`.
    pub(crate) fn pass(&self, outcome: &'static str, took: Duration) {
        self.passes.get_or_create(&PassLabels { outcome }).inc();
        self.pass_duration.observe(took.as_secs_f64());
    }

    /// Counts a call to Zoom; `endpoint` is the template (`GET /users/{userId}`), never a path with an id in it.
    pub(crate) fn zoom_call(&self, endpoint: &'static str, outcome: &'static str) {
        self.zoom_calls.get_or_create(&ZoomCallLabels { endpoint, outcome }).inc();
    }

    /// Counts a write to Kubernetes.
    pub(crate) fn kubernetes_write(&self, kind: &'static str, verb: &'static str) {
        self.kubernetes_writes.get_or_create(&WriteLabels { kind, verb }).inc();
    }

    /// Whether this replica leads.
    pub(crate) fn set_leader(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// Replaces what is known of one connection's account. `connection` is no label: the gauges are sums over all.
    pub(crate) fn report(&self, connection: &str, state: AccountState) {
        self.accounts.lock().insert(connection.to_owned(), state);
    }

    /// Takes a connection that is gone out of the sums.
    pub(crate) fn forget(&self, connection: &str) {
        self.accounts.lock().remove(connection);
    }

    /// Everything in the OpenMetrics text format.
    ///
    /// # Errors
    /// None that is known: writing into a string does not fail.
    pub(crate) fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The last state of every connection's account, summed up when it is asked for: a scrape never sees half a report.
#[derive(Clone, Debug, Default)]
struct Accounts(Arc<Mutex<HashMap<String, AccountState>>>);

impl Accounts {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, AccountState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Accounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let accounts = self.lock();
        let objects = sums(accounts.values().map(|state| &state.objects));
        encode_sums(&mut encoder, "objects", "Objects by kind and reason", &objects)?;
        let operations = sums(accounts.values().map(|state| &state.operations));
        let help = "Operations of the last plans, by whether the guard holds them back";
        encode_sums(&mut encoder, "plan_operations", help, &operations)?;

        let Some(oldest) = accounts.values().filter_map(|state| state.listed_at).min() else { return Ok(()) };
        let gauge = ConstGauge::new(oldest.as_second());
        let help = "When the last complete listing ended, of the account where that is longest ago";
        let name = "last_listing_timestamp";
        let metric = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), gauge.metric_type())?;
        gauge.encode(metric)
    }
}

fn sums<'a, L: Ord + Clone + 'a>(states: impl Iterator<Item = &'a BTreeMap<L, u64>>) -> BTreeMap<L, u64> {
    let mut sums = BTreeMap::new();
    for (labels, count) in states.flatten() {
        *sums.entry(labels.clone()).or_insert(0) += count;
    }
    sums
}

fn encode_sums<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    sums: &BTreeMap<L, u64>,
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, ConstGauge::new(0_u64).metric_type())?;
    for (labels, count) in sums {
        ConstGauge::new(*count).encode(metric.encode_family(labels)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(reason: &'static str, count: u64) -> (ObjectLabels, u64) {
        (ObjectLabels { kind: "ZoomUser", reason }, count)
    }

    fn listed(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(seconds).unwrap())
    }

    fn line(metrics: &Metrics, start: &str) -> Option<String> {
        metrics.encode().unwrap().lines().find(|line| line.starts_with(start)).map(str::to_owned)
    }

    #[test]
    fn counters_carry_their_labels() {
        let metrics = Metrics::new();
        metrics.pass("applied", Duration::from_millis(20));
        metrics.pass("applied", Duration::from_secs(2));
        metrics.zoom_call("GET /users/{userId}", "ok");
        metrics.kubernetes_write("ZoomUser", "patch_status");
        metrics.set_leader(true);
        let text = metrics.encode().unwrap();
        for expected in [
            "zoom_operator_passes_total{outcome=\"applied\"} 2",
            "zoom_operator_pass_duration_seconds_count 2",
            "zoom_operator_zoom_calls_total{endpoint=\"GET /users/{userId}\",outcome=\"ok\"} 1",
            "zoom_operator_kubernetes_writes_total{kind=\"ZoomUser\",verb=\"patch_status\"} 1",
            "zoom_operator_leader 1",
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected} is missing in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn gauges_are_sums_over_the_connections_and_follow_the_last_report() {
        let metrics = Metrics::new();
        let state = |ready, listed_at| AccountState {
            objects: BTreeMap::from([users("Active", ready)]),
            operations: BTreeMap::from([(OperationLabels { operation: "deactivate", held: true }, 3)]),
            listed_at,
        };
        metrics.report("east", state(5, listed(2_000)));
        metrics.report("west", state(2, listed(1_000)));
        let objects = "zoom_operator_objects{kind=\"ZoomUser\",reason=\"Active\"} ";
        assert_eq!(line(&metrics, objects), Some(format!("{objects}7")));
        let held = "zoom_operator_plan_operations{operation=\"deactivate\",held=\"true\"} ";
        assert_eq!(line(&metrics, held), Some(format!("{held}6")));
        let listing = "zoom_operator_last_listing_timestamp_seconds ";
        assert_eq!(line(&metrics, listing), Some(format!("{listing}1000")));

        metrics.report("west", state(1, listed(3_000)));
        assert_eq!(line(&metrics, objects), Some(format!("{objects}6")));
        assert_eq!(line(&metrics, listing), Some(format!("{listing}2000")));

        metrics.forget("east");
        assert_eq!(line(&metrics, objects), Some(format!("{objects}1")));
        assert!(!metrics.encode().unwrap().contains("west"), "the connection's name is no label");
    }
}
