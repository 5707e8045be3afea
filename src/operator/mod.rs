//! The operator: Kubernetes on one side, Zoom accounts on the other.
//!
//! Tasks of the process: the *followers* keep the index of what the cluster wants, the *controller* gives each
//! connection its passes, the *lease* says whether this process may write, the *admin server* answers probes and
//! scrapes, and a sender publishes events. Each of them ending ends the process.

mod admin;
mod apply;
mod bulk;
mod cluster;
mod connect;
mod controller;
mod departures;
mod events;
mod groups;
mod index;
mod kept;
mod lease;
mod metrics;
mod pass;
mod release;
mod removals;
mod removing;
mod report;
mod returning;
mod spending;
mod status;
mod translate;
mod trouble;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Context as _;
use kube::{Client, Config};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::info;
use zoom_operator_api as api;

pub(crate) use connect::AllowedHosts;
pub(crate) use release::{Settings as ReleaseSettings, release};

/// How the operator is to run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where probes and scrapes are answered.
    pub(crate) admin_listen: SocketAddr,
    /// Where to write the address that was bound; for tests, which let the system choose the port.
    pub(crate) admin_address_file: Option<PathBuf>,
    /// The namespace of the lease.
    pub(crate) lease_namespace: String,
    /// The name of the lease.
    pub(crate) lease_name: String,
    /// How long a lease is good for.
    pub(crate) lease_duration: Duration,
    /// Who this process is, for people who look at the lease.
    pub(crate) identity: String,
    /// The namespaces that are watched; none: all.
    pub(crate) watch_namespaces: Vec<String>,
    /// Hosts besides Zoom's own.
    pub(crate) allowed_hosts: AllowedHosts,
}

/// How long the API server may take to answer a call.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs until a signal, or until something fails that only a restart can mend.
///
/// # Errors
/// The cluster cannot be reached at all, the admin address cannot be bound, or leadership was lost.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let config = Config::infer().await.context("find out how to reach the cluster")?;
    let client = Client::try_from(config.clone()).context("make a client for the cluster")?;
    // A watch may be silent for long, an answer may not.
    let mut calling = config.clone();
    calling.read_timeout = Some(CALL_TIMEOUT);
    let calling = Client::try_from(calling).context("make a client for calls to the cluster")?;
    let stopping = CancellationToken::new();
    let metrics = metrics::Metrics::new();

    let readiness = admin::Readiness::default();
    let listed = readiness.gate("caches");
    let admin = admin::AdminServer::bind(settings.admin_listen, readiness, metrics.clone())
        .await
        .with_context(|| format!("bind the admin server to {}", settings.admin_listen))?;
    info!(address = %admin.address(), "the admin server listens");
    if let Some(file) = &settings.admin_address_file {
        std::fs::write(file, admin.address().to_string()).with_context(|| format!("write {}", file.display()))?;
    }

    let timing = lease::Timing::of_lease(settings.lease_duration);
    let (lease, leadership) =
        lease::Lease::new(config, &settings.lease_namespace, &settings.lease_name, &settings.identity, timing)
            .context("make a client for the lease")?;

    let scopes: Vec<index::Scope> = match settings.watch_namespaces.as_slice() {
        [] => vec![None],
        some => some.iter().cloned().map(Some).collect(),
    };
    let (index, triggers) = index::Index::new(&scopes);
    let (events, sender) = events::Events::new(client.clone(), Some(settings.identity.clone()));
    let context = pass::Context {
        index: index.clone(),
        cluster: cluster::Cluster::new(calling, index.clone(), metrics.clone()),
        dialer: connect::Dialer {
            client: client.clone(),
            hosts: settings.allowed_hosts.clone(),
            metrics: metrics.clone(),
            call_timeout: timing.margin().mul_f32(0.8),
            gate: std::sync::Arc::new({
                // A process that is asked to stop ends what it has begun.
                let leadership = leadership.clone();
                move || leadership.is_leader()
            }),
        },
        events,
        metrics: metrics.clone(),
        leadership: leadership.clone(),
        stopping: stopping.clone(),
    };

    let mut tasks: JoinSet<anyhow::Result<&'static str>> = JoinSet::new();
    for scope in &scopes {
        let follow = Follow { client: &client, index: &index, scope };
        follow.kind::<index::User>(&mut tasks, "the watch of ZoomUsers");
        follow.kind::<index::Thing<api::ZoomGroup>>(&mut tasks, "the watch of ZoomGroups");
        follow.kind::<index::Thing<api::ZoomRole>>(&mut tasks, "the watch of ZoomRoles");
        follow.kind::<index::Thing<api::ZoomContactGroup>>(&mut tasks, "the watch of ZoomContactGroups");
        follow.kind::<index::Removal>(&mut tasks, "the watch of ZoomRemovals");
        let (of_namespaces, namespaces) = (scope.clone(), kube::Api::all(client.clone()));
        let for_namespaces = index.clone();
        tasks.spawn(async move {
            for_namespaces.follow_namespaces(namespaces, of_namespaces).await;
            Ok("the watch of namespaces")
        });
    }
    tasks.spawn(async move {
        sender.await;
        Ok("the sender of events")
    });
    let released = CancellationToken::new();
    tasks.spawn({
        let released = released.clone();
        async move { lease.run(released).await.map(|()| "the lease").context("lead") }
    });
    tasks.spawn({
        let stopping = stopping.clone();
        async move { admin.run(stopping).await.map(|()| "the admin server").context("serve probes") }
    });
    tasks.spawn(watch_leadership(leadership, metrics, index.clone()));

    tasks.spawn({
        let index = index.clone();
        async move {
            index.wait_until_listed().await;
            listed.done();
            std::future::pending().await
        }
    });
    let passes = tokio::spawn({
        let stopping = stopping.clone();
        async move {
            // What cannot be seen must not keep those from leaving whose objects can.
            if stopping.run_until_cancelled(index.wait_until_looked()).await.is_some() {
                controller::run(context, client, scopes.into_iter().zip(triggers).collect()).await;
            }
        }
    });
    supervise(tasks, passes, &stopping, &released).await
}

/// Follows the kinds of one scope.
struct Follow<'a> {
    client: &'a Client,
    index: &'a index::Index,
    scope: &'a index::Scope,
}

impl Follow<'_> {
    fn kind<E: index::Referrer>(&self, tasks: &mut JoinSet<anyhow::Result<&'static str>>, name: &'static str) {
        let objects = cluster::Cluster::objects::<E::Kind>(self.client.clone(), self.scope.as_deref());
        let (index, scope) = (self.index.clone(), self.scope.clone());
        tasks.spawn(async move {
            index.follow::<E>(objects, scope).await;
            Ok(name)
        });
    }
}

/// Ends the process in order: no new calls, the passes' last ones to their end, then the lease to somebody else.
async fn supervise(
    mut tasks: JoinSet<anyhow::Result<&'static str>>,
    passes: tokio::task::JoinHandle<()>,
    stopping: &CancellationToken,
    released: &CancellationToken,
) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let ended = tokio::select! {
        _ = terminate.recv() => { info!("stopping: SIGTERM"); None }
        _ = interrupt.recv() => { info!("stopping: SIGINT"); None }
        ended = tasks.join_next() => ended,
    };
    stopping.cancel();
    let passes = passes.await.context("the passes ended badly");
    released.cancel();
    if let Some(ended) = ended {
        let what = ended.context("a task ended badly")??;
        anyhow::bail!("{what} ended while the operator was running");
    }
    passes?;
    while let Some(ended) = tasks.join_next().await {
        let what = ended.context("a task ended badly")??;
        info!(task = what, "ended");
        if what == "the lease" {
            break;
        }
    }
    tasks.shutdown().await;
    Ok(())
}

async fn watch_leadership(
    mut leadership: lease::Leadership,
    metrics: metrics::Metrics,
    index: index::Index,
) -> anyhow::Result<&'static str> {
    while let Some(leads) = leadership.changed().await {
        metrics.set_leader(leads);
        if leads {
            index.trigger_all();
        }
        info!(leads, "leadership");
    }
    // The election has ended, and the lease's own task says why.
    std::future::pending().await
}
