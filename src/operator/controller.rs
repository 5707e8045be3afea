//! The controller over ZoomConnections: who asks for a pass, and who gets one.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::{
    Stream, StreamExt, TryStreamExt,
    future::{join_all, pending, ready},
    stream,
};
use jiff::Timestamp;
use kube::{
    Api, Client, Resource, ResourceExt,
    core::DeserializeGuard,
    runtime::{
        Controller, PredicateConfig, WatchStreamExt,
        controller::{self, Action},
        reflector::{self, ObjectRef, Store, store::Writer},
        watcher,
    },
};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};
use zoom_core::{ObjectKey, Phase, Reason, RecordReason, Verdict};
use zoom_operator_api::{self as api, ZoomConnection};

use super::{
    bulk,
    cluster::{ClusterError, tolerate},
    index::{Named, Removal, Scope, Thing, Triggers, User, in_scope},
    kept::Kept,
    lease::Leadership,
    pass::{Context, Pass},
    status, translate,
};

/// A connection, or the news that one could not be understood.
type Guarded = DeserializeGuard<ZoomConnection>;

/// How many accounts have their pass at once.
const ACCOUNTS_AT_ONCE: u16 = 16;

/// How long to wait after the cluster failed.
const AFTER_ERROR: Duration = Duration::from_secs(5);

/// What the reconcilers share.
struct Shared {
    context: Context,
    connections: Vec<Store<Guarded>>,
    kept: Mutex<HashMap<ObjectKey, Arc<tokio::sync::Mutex<Kept>>>>,
    /// The connections whose absence is being told, and whether there is more to tell.
    mourned: Mutex<HashMap<ObjectKey, bool>>,
}

impl Shared {
    /// A connection's memory. The controller never reconciles one object twice at once, so nobody waits for it.
    fn kept(&self, key: &ObjectKey) -> Arc<tokio::sync::Mutex<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone()
    }

    /// Whether nobody tells of this missing connection yet. Whoever does will tell once more.
    fn begins_to_mourn(&self, key: &ObjectKey) -> bool {
        let mut mourned = self.mourned.lock().unwrap_or_else(PoisonError::into_inner);
        mourned.insert(key.clone(), true).is_none()
    }

    /// Whether there is more to tell.
    fn goes_on_mourning(&self, key: &ObjectKey) -> bool {
        let mut mourned = self.mourned.lock().unwrap_or_else(PoisonError::into_inner);
        let more = mourned.get_mut(key).is_some_and(std::mem::take);
        if !more {
            mourned.remove(key);
        }
        more
    }

    fn forget(&self, key: &ObjectKey) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.context.metrics.forget(&key.to_string());
    }

    /// The older connection to the same account, if there is one. It is told by its id alone, which Zoom gives once: two
    /// addresses may lead to the same account.
    fn claimed_by(&self, connection: &ZoomConnection) -> Option<ObjectKey> {
        let account = |other: &ZoomConnection| other.spec.account_id.trim().to_owned();
        let age = |other: &ZoomConnection| {
            (other.metadata.creation_timestamp.as_ref().map(|time| time.0), translate::key(&other.metadata))
        };
        let others: Vec<_> = self.connections.iter().flat_map(Store::state).collect();
        others
            .iter()
            .filter_map(|guarded| guarded.0.as_ref().ok())
            .filter(|other| account(other) == account(connection) && age(other) < age(connection))
            // Who never listed the account has not shown that it may speak for it.
            .filter(|other| other.status.as_ref().is_some_and(|status| status.last_listing.is_some()))
            .min_by_key(|other| age(other))
            .map(|other| translate::key(&other.metadata))
    }
}

/// Runs passes until the process stops: a controller for each scope, because a watch sees one namespace or all.
pub(super) async fn run(context: Context, client: Client, scopes: Vec<(Scope, Triggers)>) {
    let (stores, scopes): (Vec<_>, Vec<_>) = scopes
        .into_iter()
        .map(|(scope, triggers)| {
            let (connections, writer) = reflector::store();
            (connections.clone(), (scope, triggers, connections, writer))
        })
        .unzip();
    let shared = Arc::new(Shared { context, connections: stores, kept: Mutex::default(), mourned: Mutex::default() });
    join_all(scopes.into_iter().map(|(scope, triggers, connections, writer)| {
        let api = match &scope {
            Some(namespace) => Api::namespaced(client.clone(), namespace),
            None => Api::all(client.clone()),
        };
        control(api, scope, triggers, connections, writer, shared.clone())
    }))
    .await;
}

async fn control(
    api: Api<Guarded>,
    scope: Scope,
    triggers: Triggers,
    connections: Store<Guarded>,
    writer: Writer<Guarded>,
    shared: Arc<Shared>,
) {
    let (index, stopping) = (shared.context.index.clone(), shared.context.stopping.clone());
    let listed = connections.clone();
    let mut seen = Seen::default();
    let (sender, events) = mpsc::unbounded_channel();
    let what = in_scope("ZoomConnections", scope.as_deref());
    let watch = || watcher(api.clone(), watcher::Config::default()).default_backoff();
    // The receiver goes when the process stops.
    let followed = index.clone();
    let following = followed.follow_events(&what, watch, |event| drop(sender.send(event)));
    let events = received(events)
        .map(Ok)
        .reflect(writer)
        .inspect_ok(move |event| {
            if let watcher::Event::Apply(found) | watcher::Event::InitApply(found) = event {
                index.note_connection(found.meta(), found.0.as_ref().ok());
            }
            // The filter below would swallow it: nothing that it looks at has changed.
            for gone in seen.gone_by(event) {
                index.forget_connection(&gone);
            }
        })
        .touched_objects()
        .predicate_filter(asks_for_a_pass, PredicateConfig::default());
    let controller = Controller::for_stream(events, connections)
        .with_config(controller::Config::default().concurrency(ACCOUNTS_AT_ONCE).debounce(Duration::from_millis(20)))
        .reconcile_on(as_references(triggers))
        .reconcile_all_on(gained(shared.context.leadership.clone()))
        .graceful_shutdown_on(stopping.clone().cancelled_owned())
        .run(reconcile, after_error, shared.clone())
        .for_each(|ended| {
            note(ended, &shared);
            ready(())
        });
    // A controller that is asked to stop before its connections were listed waits for them for ever. No pass has begun then.
    tokio::select! {
        () = controller => {}
        () = following => {}
        () = stopped_before(&listed, &stopping) => {}
    }
}

/// The connections that a watch has shown. Its news that one was deleted may be lost while it is interrupted: then the next
/// list lacks it.
#[derive(Debug, Default)]
struct Seen {
    there: HashSet<ObjectKey>,
    listed: HashSet<ObjectKey>,
}

impl Seen {
    /// Those of which an event tells that they are gone.
    fn gone_by(&mut self, event: &watcher::Event<Guarded>) -> HashSet<ObjectKey> {
        match event {
            watcher::Event::Apply(found) => {
                self.there.insert(translate::key(found.meta()));
                HashSet::new()
            }
            watcher::Event::Delete(gone) => self.there.take(&translate::key(gone.meta())).into_iter().collect(),
            watcher::Event::Init => {
                self.listed.clear();
                HashSet::new()
            }
            watcher::Event::InitApply(found) => {
                self.listed.insert(translate::key(found.meta()));
                HashSet::new()
            }
            watcher::Event::InitDone => {
                let before = mem::replace(&mut self.there, mem::take(&mut self.listed));
                before.difference(&self.there).cloned().collect()
            }
        }
    }
}

/// Waits until the process is to stop, if it is before the connections were listed, and else for ever.
async fn stopped_before(listed: &Store<Guarded>, stopping: &CancellationToken) {
    tokio::select! {
        biased;
        _ = listed.wait_until_ready() => pending().await,
        () = stopping.cancelled() => {}
    }
}

/// The controller itself keeps them back until the connections were listed.
fn as_references(triggers: Triggers) -> impl Stream<Item = ObjectRef<Guarded>> {
    received(triggers).map(|key| ObjectRef::<Guarded>::new(&key.name).within(&key.namespace))
}

fn received<T>(receiver: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> {
    stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|item| (item, receiver)) })
}

/// An item for each time that this process becomes the leader.
fn gained(leadership: Leadership) -> impl Stream<Item = ()> {
    stream::unfold(leadership, |mut leadership| async {
        while !leadership.changed().await? {}
        Some(((), leadership))
    })
}

/// Status writes ask for nothing.
fn asks_for_a_pass(connection: &Guarded) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let meta = connection.meta();
    (&meta.uid, meta.generation, meta.deletion_timestamp.is_some()).hash(&mut hasher);
    connection.annotations().get(api::REQUESTED_AT_ANNOTATION).hash(&mut hasher);
    Some(hasher.finish())
}

async fn reconcile(connection: Arc<Guarded>, shared: Arc<Shared>) -> Result<Action, ClusterError> {
    let context = &shared.context;
    if !context.may_write() {
        return Ok(Action::await_change());
    }
    let connection = match &connection.0 {
        Ok(connection) => connection,
        Err(invalid) => {
            let key = translate::key(&invalid.metadata);
            let message = format!("the ZoomConnection {} cannot be understood: {}", key.name, invalid.error);
            error!(connection = %key, error = %invalid.error, "a ZoomConnection cannot be understood");
            let uid = invalid.metadata.uid.clone().unwrap_or_default();
            let generation = invalid.metadata.generation.unwrap_or_default();
            let status = status::unreadable_connection(&message, generation, Timestamp::now());
            context.cluster.write_connection_status(&key, &uid, &status).await?;
            without_connection(context, &key, &message, || context.may_write()).await?;
            return Ok(Action::await_change());
        }
    };
    let key = translate::key(&connection.metadata);
    let kept = shared.kept(&key);
    let mut kept = kept.lock().await;
    kept.belong_to(connection.metadata.uid.as_deref().unwrap_or_default());
    let claimed_by = shared.claimed_by(connection);
    let begun = Instant::now();
    let ended = Pass::new(connection, &mut kept, context).run(claimed_by.as_ref()).await;
    context.metrics.pass(if ended.is_ok() { "ok" } else { "error" }, begun.elapsed());
    let come_back = ended?;
    debug!(connection = %key, ?come_back, "pass done");
    Ok(Action::requeue(come_back))
}

/// The cluster failed: what was kept is still good, so the next pass goes on where this one stopped.
fn after_error(_: Arc<Guarded>, _: &ClusterError, _: Arc<Shared>) -> Action {
    Action::requeue(AFTER_ERROR)
}

type Ended = Result<(ObjectRef<Guarded>, Action), controller::Error<ClusterError, watcher::Error>>;

/// The only place where failures of watches and refusals of rights show.
fn note(ended: Ended, shared: &Arc<Shared>) {
    match ended {
        Ok(_) => {}
        Err(controller::Error::ObjectNotFound(reference)) => {
            let key = ObjectKey::new(reference.namespace.clone().unwrap_or_default(), reference.name.clone());
            shared.forget(&key);
            if shared.begins_to_mourn(&key) {
                tokio::spawn(mourn(key, shared.clone()));
            }
        }
        Err(failure) => error!(error = &failure as &dyn std::error::Error, "pass failed"),
    }
}

/// Tells the objects of a connection that does not exist, until they know.
async fn mourn(key: ObjectKey, shared: Arc<Shared>) {
    let ObjectKey { namespace, name } = &key;
    let message = if shared.context.index.watches(namespace) {
        format!(
            "the ZoomConnection {name} does not exist in namespace {namespace}: create it, or make the object anew with \
             another spec.connectionRef"
        )
    } else {
        format!("the operator does not watch namespace {namespace}, where the ZoomConnection {name} should be")
    };
    while shared.goes_on_mourning(&key) {
        while let Err(failure) = tell_objects(&shared.context, &key, &message).await {
            warn!(connection = %key, error = &failure as &dyn std::error::Error, "objects without a connection");
            sleep(AFTER_ERROR).await;
        }
    }
}

/// Looks once more first: the event of a new connection may come after that of its first object.
async fn tell_objects(context: &Context, connection: &ObjectKey, message: &str) -> Result<(), ClusterError> {
    if context.index.watches(&connection.namespace) && context.cluster.has_connection(connection).await? {
        return Ok(());
    }
    // Many objects take a while: a connection that comes meanwhile speaks for them itself.
    let goes_on = || context.may_write() && !context.index.has_connection(connection);
    without_connection(context, connection, message, goes_on).await
}

/// Objects whose connection is missing say so, and are let go when they are deleted: nobody is removed for that.
async fn without_connection(
    context: &Context,
    connection: &ObjectKey,
    message: &str,
    goes_on: impl Fn() -> bool + Copy + Send + Sync,
) -> Result<(), ClusterError> {
    let verdict = &Verdict::new(Reason::WaitingForConnection, message.to_owned());
    let snapshot = context.index.snapshot(connection);
    named_without_connection::<api::ZoomGroup>(context, &snapshot.groups, verdict).await?;
    named_without_connection::<api::ZoomRole>(context, &snapshot.roles, verdict).await?;
    named_without_connection::<api::ZoomContactGroup>(context, &snapshot.contact_groups, verdict).await?;
    let told = bulk::each(snapshot.removals.iter(), goes_on, |(object, removal)| async move {
        tolerate(removal_without_connection(context, object, removal, message).await).map(drop)
    });
    if told.await? {
        let told = bulk::each(snapshot.users.iter(), goes_on, |(object, user)| async move {
            tolerate(user_without_connection(context, object, user, verdict).await).map(drop)
        });
        told.await?;
    }
    Ok(())
}

async fn removal_without_connection(
    context: &Context,
    object: &ObjectKey,
    removal: &Removal,
    message: &str,
) -> Result<(), ClusterError> {
    let open = removal.record.as_ref().is_ok_and(|record| record.phase.is_open());
    // What was held for its size stays so, whatever comes of the connection; what waits for its time was agreed to.
    let told = matches!(removal.status.reason.as_deref(), Some("WaitingForConnection" | "OverLimit" | "NotBefore"));
    if !open || told {
        return Ok(());
    }
    let reason = RecordReason::WaitingForConnection;
    let (generation, now) = (removal.generation, Timestamp::now());
    let new = status::removal(&removal.status, Phase::Held, reason, message, None, generation, now);
    context.cluster.turns.next().await;
    context.cluster.write_removal_status(object, &removal.uid, &new).await
}

async fn user_without_connection(
    context: &Context,
    object: &ObjectKey,
    user: &User,
    verdict: &Verdict,
) -> Result<(), ClusterError> {
    if user.deleting {
        if user.has_finalizer {
            context.cluster.turns.next().await;
            context.cluster.remove_finalizer::<User>(object, user.uid()).await?;
        }
        return Ok(());
    }
    let old = user.status();
    let new = status::user_without_plan(&old, verdict, user.generation, Timestamp::now());
    if user.is_legible && status::user_differs(&old, &new) {
        context.cluster.turns.next().await;
        context.cluster.write_user_status(object, user.uid(), &new).await?;
    }
    Ok(())
}

async fn named_without_connection<K: Named>(
    context: &Context,
    things: &BTreeMap<ObjectKey, Arc<Thing<K>>>,
    verdict: &Verdict,
) -> Result<(), ClusterError> {
    for (object, thing) in things {
        if !context.may_write() {
            return Ok(());
        }
        if thing.deleting {
            if thing.has_finalizer {
                tolerate(context.cluster.remove_finalizer::<Thing<K>>(object, &thing.uid).await)?;
            }
            continue;
        }
        let new = status::named::without_plan(thing, verdict, Timestamp::now());
        if thing.is_legible && status::named::differs::<K>(&thing.status, &new) {
            tolerate(context.cluster.write_named_status::<K>(object, &thing.uid, &new).await)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_connection_that_the_next_list_lacks_is_gone() {
        let guarded = |name: &str| {
            let metadata = json!({"namespace": "acme", "name": name, "uid": name});
            let object =
                json!({"apiVersion": "zoom-operator.dev/v1alpha1", "kind": "ZoomConnection", "metadata": metadata});
            serde_json::from_value::<Guarded>(object).unwrap()
        };
        let mut seen = Seen::default();
        let mut gone = |event: watcher::Event<Guarded>| {
            let mut names: Vec<_> = seen.gone_by(&event).into_iter().map(|key| key.name.to_string()).collect();
            names.sort_unstable();
            names
        };
        let nobody = Vec::<String>::new();
        for name in ["first", "second", "third"] {
            assert_eq!(gone(watcher::Event::InitApply(guarded(name))), nobody);
        }
        assert_eq!(gone(watcher::Event::InitDone), nobody);
        assert_eq!(gone(watcher::Event::Apply(guarded("fourth"))), nobody);
        assert_eq!(gone(watcher::Event::Delete(guarded("first"))), ["first"]);

        assert_eq!(gone(watcher::Event::Init), nobody);
        assert_eq!(gone(watcher::Event::InitApply(guarded("third"))), nobody);
        assert_eq!(gone(watcher::Event::InitDone), ["fourth", "second"]);
    }
}
