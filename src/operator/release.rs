//! Takes our finalizer off every object, touching nobody in Zoom: before an uninstall, so that nothing hangs in deletion when
//! no operator is left to let it go.

use std::time::Duration;

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::{Client, Config, api::ListParams};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::info;
use zoom_operator_api as api;

use super::{
    cluster::Cluster,
    index::{Index, Referrer, Scope, Thing, User},
    lease::{Lease, Timing},
    metrics::Metrics,
    translate,
};

/// Objects in one answer.
const PAGE: u32 = 500;

/// Writes at once.
const WRITES: usize = 8;

/// Whose objects are released, and which lease keeps operators from taking them up again.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The namespace of the lease.
    pub(crate) lease_namespace: String,
    /// The name of the lease.
    pub(crate) lease_name: String,
    /// How long a lease is good for.
    pub(crate) lease_duration: Duration,
    /// Who this process is, for people who look at the lease.
    pub(crate) identity: String,
    /// The namespaces that are released; none: all.
    pub(crate) namespaces: Vec<String>,
}

/// Takes the lease from whoever leads, waits until they have stopped, and lets go of every object. The lease is kept
/// until it runs out, so that an operator which is still there does not take the objects up again at once.
///
/// # Errors
/// The API server refuses or does not answer. Started again, it goes on where it stopped.
pub(crate) async fn release(settings: Settings) -> anyhow::Result<usize> {
    let config = Config::infer().await.context("find out how to reach the cluster")?;
    let client = Client::try_from(config.clone()).context("make a client for the cluster")?;
    let Settings { lease_namespace, lease_name, lease_duration, identity, namespaces } = settings;
    let timing = Timing::of_lease(lease_duration);
    let (mut lease, _leadership) =
        Lease::new(config, &lease_namespace, &lease_name, &identity, timing).context("make a client for the lease")?;
    let held = lease.seize().await?;
    let keeping = tokio::spawn(lease.run(CancellationToken::new()));
    if let Some(duration) = held {
        info!(?duration, "waiting until the operator that led has stopped");
        sleep(duration).await;
    }
    let scopes: Vec<Scope> = match namespaces.as_slice() {
        [] => vec![None],
        some => some.iter().cloned().map(Some).collect(),
    };
    let (index, _triggers) = Index::new(&scopes);
    let cluster = Cluster::new(client.clone(), index, Metrics::new());
    let mut released = 0_usize;
    for scope in &scopes {
        released = released
            .saturating_add(release_kind::<User>(&client, &cluster, scope.as_deref()).await?)
            .saturating_add(release_kind::<Thing<api::ZoomGroup>>(&client, &cluster, scope.as_deref()).await?)
            .saturating_add(release_kind::<Thing<api::ZoomRole>>(&client, &cluster, scope.as_deref()).await?)
            .saturating_add(release_kind::<Thing<api::ZoomContactGroup>>(&client, &cluster, scope.as_deref()).await?);
    }
    // Not given back: whoever is still there leads only after it has run out.
    keeping.abort();
    Ok(released)
}

/// Lets go of all objects of one kind.
async fn release_kind<E: Referrer>(client: &Client, cluster: &Cluster, scope: Option<&str>) -> anyhow::Result<usize> {
    let objects = Cluster::objects::<E::Kind>(client.clone(), scope);
    let (mut released, mut params) = (0_usize, ListParams::default().limit(PAGE));
    loop {
        let page = match objects.list(&params).await {
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(released),
            page => page.with_context(|| format!("list {}s", E::KIND))?,
        };
        let ours = |finalizers: &Vec<String>| finalizers.iter().any(|finalizer| finalizer == api::FINALIZER);
        let held = page.items.iter().filter(|object| object.metadata.finalizers.as_ref().is_some_and(ours));
        let held: Vec<_> = held
            .map(|object| (translate::key(&object.metadata), object.metadata.uid.clone().unwrap_or_default()))
            .collect();
        released = released.saturating_add(held.len());
        stream::iter(held)
            .map(Ok)
            .try_for_each_concurrent(WRITES, |(object, uid)| async move {
                cluster.remove_finalizer::<E>(&object, &uid).await
            })
            .await?;
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(released),
        }
    }
}
