use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use futures::FutureExt as _;
use kube::{
    api::{DeleteParams, Patch, PatchParams},
    config::{KubeConfigOptions, Kubeconfig},
    runtime::wait::await_condition,
};
use serde_json::json;
use tokio::task::JoinHandle;
use zoom_operator_testing::ControlPlane;

use super::*;

fn record(holder: Option<&str>, since: Instant) -> Record {
    Record { holder: holder.map(str::to_owned), duration: Duration::from_secs(15), since }
}

#[test]
fn a_lease_is_taken_only_when_free_or_expired() {
    let start = Instant::now();
    let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
    let table = [
        ("no lease yet", None, start, Decision::Acquire),
        ("given back", Some(record(None, start)), start, Decision::Acquire),
        ("held by us", Some(record(Some("me"), start)), after(1.0), Decision::Renew),
        ("held by us, long ago", Some(record(Some("me"), start)), after(60.0), Decision::Renew),
        ("held by another", Some(record(Some("other"), start)), start, Decision::Wait),
        ("held by another, to its last moment", Some(record(Some("other"), start)), after(15.0), Decision::Wait),
        ("run out", Some(record(Some("other"), start)), after(15.1), Decision::Acquire),
        ("seen later than now", Some(record(Some("other"), after(20.0))), start, Decision::Wait),
    ];
    for (case, record, now, decision) in table {
        assert_eq!(evaluate(record.as_ref(), "me", now), decision, "{case}");
    }
}

#[test]
fn the_default_times_leave_a_margin_between_the_renew_deadline_and_the_end_of_the_lease() {
    let timing = Timing::default();
    assert_eq!(timing.renew_deadline(), Duration::from_secs(10));
    assert_eq!(timing.margin(), Duration::from_secs(5));
    assert_eq!(timing.retry(), Duration::from_secs(2));
    assert_eq!(timing.call(), Duration::from_secs(5));
}

#[tokio::test]
async fn a_renewal_wakes_those_who_wait_only_if_leadership_had_run_out() {
    let config = Config::new("http://127.0.0.1:1".parse().unwrap());
    let (lease, mut leadership) = Lease::new(config, "acme", "lease", "me", Timing::default()).unwrap();
    let start = Instant::now();
    let after = |seconds| Some(start + Duration::from_secs(seconds));
    lease.lead_until(after(10));
    assert_eq!(leadership.changed().now_or_never(), Some(Some(true)));
    lease.lead_until(after(12));
    assert_eq!(leadership.changed().now_or_never(), None);
    // Over by the clock.
    lease.lead_until(Some(start));
    assert_eq!(leadership.changed().now_or_never(), Some(Some(false)));
    lease.lead_until(after(22));
    assert_eq!(leadership.changed().now_or_never(), Some(Some(true)));
}

#[test]
fn durations_are_written_in_whole_seconds_rounded_up() {
    assert_eq!(whole_seconds(Duration::from_secs(15)), 15);
    assert_eq!(whole_seconds(Duration::from_millis(1_001)), 2);
    assert_eq!(whole_seconds(Duration::MAX), i32::MAX);
}

/// Short enough for a test, long enough for a busy machine: renew deadline 4 s, 2 s for a call.
const LEASE: Duration = Duration::from_secs(6);
const DEADLINE: Duration = Duration::from_secs(60);
const NAMESPACE: &str = "default";

async fn config() -> Config {
    let cluster = ControlPlane::shared().await.unwrap();
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap()
}

async fn leases() -> Api<LeaseObject> {
    Api::namespaced(Client::try_from(config().await).unwrap(), NAMESPACE)
}

struct Candidate {
    leadership: Leadership,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), Lost>>,
}

impl Candidate {
    fn start(config: Config, lease: &str, identity: &str) -> Self {
        Self::run(Lease::new(config, NAMESPACE, lease, identity, Timing::of_lease(LEASE)).unwrap())
    }

    /// One that has seen the lease before anything happens to it.
    async fn standby(config: Config, lease: &str, identity: &str) -> Self {
        let mut new = Lease::new(config, NAMESPACE, lease, identity, Timing::of_lease(LEASE)).unwrap();
        let seen = async { while new.0.step().await.is_err() {} };
        timeout(DEADLINE, seen).await.expect("does not see the lease");
        Self::run(new)
    }

    fn run((lease, leadership): (Lease, Leadership)) -> Self {
        let cancel = CancellationToken::new();
        Self { leadership, task: tokio::spawn(lease.run(cancel.clone())), cancel }
    }

    async fn leads(&mut self) {
        let led = async { while self.leadership.changed().await != Some(true) {} };
        timeout(DEADLINE, led).await.expect("does not lead");
    }

    async fn ends(self) -> Result<(), Lost> {
        timeout(DEADLINE, self.task).await.expect("does not end").unwrap()
    }
}

fn holder(lease: &LeaseObject) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref()
}

#[tokio::test]
async fn a_standby_takes_over_from_a_leader_that_was_killed_and_never_before_its_lease_is_over() {
    let config = config().await;
    let mut first = Candidate::start(config.clone(), "killed", "first");
    first.leads().await;
    let mut second = Candidate::start(config, "killed", "second");
    // A renewal or two go by while both run.
    assert!(timeout(LEASE / 2, second.leads()).await.is_err(), "both lead");
    assert!(first.leadership.is_leader());

    first.task.abort();
    let killed = Instant::now();
    second.leads().await;
    assert!(!first.leadership.is_leader());
    let margin = Timing::of_lease(LEASE).margin();
    assert!(killed.elapsed() > margin, "after {:?}: a call to Zoom could still be under way", killed.elapsed());
    let lease = leases().await.get("killed").await.unwrap();
    assert!(holder(&lease).unwrap().starts_with("second_"));
    assert_eq!(lease.spec.unwrap().lease_transitions, Some(1));
}

#[tokio::test]
async fn of_many_that_start_at_once_one_leads() {
    let config = config().await;
    let mut candidates: Vec<_> = (0..5).map(|_| Candidate::start(config.clone(), "rush", "same-name")).collect();
    let waiting = candidates.iter_mut().map(|candidate| Box::pin(candidate.leads()));
    futures::future::select_all(waiting).await;
    let leaders = || candidates.iter().filter(|candidate| candidate.leadership.is_leader()).count();
    assert_eq!(leaders(), 1);
    let rivals = candidates.iter().map(|candidate| {
        let mut leadership = candidate.leadership.clone();
        Box::pin(async move { leadership.changed().await })
    });
    // Whoever has not noticed the first change yet reports it at once; nobody else may turn within several attempts.
    let _ = timeout(LEASE / 2, futures::future::join_all(rivals)).await;
    assert_eq!(leaders(), 1);
}

#[tokio::test]
async fn a_leader_that_is_cancelled_gives_the_lease_back() {
    let config = config().await;
    let mut first = Candidate::start(config.clone(), "cancelled", "first");
    first.leads().await;
    let leadership = first.leadership.clone();
    first.cancel.cancel();
    first.ends().await.unwrap();
    assert!(!leadership.is_leader());
    let lease = leases().await.get("cancelled").await.unwrap();
    assert_eq!(holder(&lease), None);

    let started = Instant::now();
    let mut second = Candidate::start(config, "cancelled", "second");
    second.leads().await;
    assert!(started.elapsed() < LEASE, "the lease was free and yet waited for");
}

#[tokio::test]
async fn a_leader_that_was_written_out_of_the_lease_ends() {
    let mut leader = Candidate::start(config().await, "taken", "leader");
    leader.leads().await;
    let patch = Patch::Merge(json!({"spec": {"holderIdentity": "intruder"}}));
    leases().await.patch("taken", &PatchParams::default(), &patch).await.unwrap();
    let leadership = leader.leadership.clone();
    let lost = leader.ends().await.unwrap_err();
    assert!(matches!(&lost, Lost::Taken { holder, .. } if holder == "intruder"), "{lost}");
    assert!(!leadership.is_leader());
}

#[tokio::test]
async fn a_lease_that_is_deleted_stays_with_its_leader() {
    let config = config().await;
    let mut first = Candidate::start(config.clone(), "deleted", "first");
    first.leads().await;
    let leases = leases().await;
    let before = leases.get("deleted").await.unwrap();
    let mut second = Candidate::standby(config, "deleted", "second").await;
    assert!(timeout(LEASE / 2, second.leads()).await.is_err(), "both lead");

    leases.delete("deleted", &DeleteParams::default()).await.unwrap();
    let uid = before.metadata.uid.clone();
    let again = move |lease: Option<&LeaseObject>| lease.is_some_and(|lease| lease.metadata.uid != uid);
    let made = timeout(DEADLINE, await_condition(leases, "deleted", again)).await.unwrap().unwrap().unwrap();
    assert_eq!(holder(&made), holder(&before));
    assert!(first.leadership.is_leader());
    assert!(!second.leadership.is_leader());
}

/// Between a candidate and the API server; can fall silent: connections stay open, and nothing passes any more.
struct Relay {
    silent: Arc<AtomicBool>,
    config: Config,
}

impl Relay {
    fn start(mut config: Config) -> Self {
        let target = config.cluster_url.authority().unwrap().as_str().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        config.cluster_url = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
        let silent = Arc::new(AtomicBool::new(false));
        let pumps = Arc::clone(&silent);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&target).unwrap());
                pump(client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&pumps));
                pump(server, client, Arc::clone(&pumps));
            }
        });
        Self { silent, config }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, silent: Arc<AtomicBool>) {
    thread::spawn(move || {
        let mut buffer = [0; 16_384];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if !silent.load(Ordering::SeqCst) && to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

#[tokio::test]
async fn a_leader_whose_api_server_falls_silent_stops_leading_before_another_can() {
    let config = config().await;
    let relay = Relay::start(config.clone());
    let mut first = Candidate::start(relay.config, "silent", "first");
    first.leads().await;
    let mut second = Candidate::start(config, "silent", "second");
    assert!(timeout(LEASE / 2, second.leads()).await.is_err(), "both lead");

    relay.silent.store(true, Ordering::SeqCst);
    let leadership = first.leadership.clone();
    let lost = first.ends().await.unwrap_err();
    assert!(!leadership.is_leader() && !second.leadership.is_leader());
    assert!(matches!(&lost, Lost::NotRenewed { last_error, .. } if last_error.contains("no answer")), "{lost}");
    second.leads().await;
    assert!(!leadership.is_leader());
}
