//! What the cluster wants, indexed by connection: parsed once when it arrives, kept as small as the plan allows.
//!
//! One task for each kind and scope follows the API server and applies its events here; own writes are applied too, as
//! they are answered, so that a pass sees what it just wrote. Every change of what is *wanted* (not of a status) bumps
//! the counter of its connection and asks for a pass.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use kube::{
    Api,
    api::{DynamicObject, ObjectMeta},
    runtime::{WatchStreamExt, watcher},
};
use tokio::sync::{mpsc, watch};
use zoom_core::{Access, Desired, DesiredPerson, Email, NamedClaim, ObjectKey, PersonRef, Record, may_create};
use zoom_operator_api as api;

use super::translate;

mod named;
mod namespaces;
mod removal;
mod sight;
#[cfg(test)]
mod size;
mod table;
#[cfg(test)]
mod tests;
mod user;

pub(super) use named::{Head, Named, Thing};
pub(super) use removal::Removal;
use sight::Sight;
pub(super) use table::{Objects, Referrer};
use table::{Pools, Table};
pub(super) use user::User;

/// How many kinds are followed: [`User`], [`Removal`] and those that are [`Named`], and namespaces.
const KINDS: usize = 6;

/// The labels of the namespaces, by name.
pub(super) type Namespaces = BTreeMap<Box<str>, BTreeMap<String, String>>;

/// All objects.
#[derive(Debug, Default)]
pub(super) struct Tables {
    users: Table<User>,
    groups: Table<Thing<api::ZoomGroup>>,
    roles: Table<Thing<api::ZoomRole>>,
    contact_groups: Table<Thing<api::ZoomContactGroup>>,
    removals: Table<Removal>,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    tables: Tables,
    pools: Pools,
    namespaces: Arc<Namespaces>,
    changes: HashMap<ObjectKey, Changes>,
    connections: HashMap<ObjectKey, Known>,
}

/// A connection as the watch showed it.
#[derive(Debug)]
struct Known {
    version: ConnectionVersion,
    /// Absent where this version does not understand it.
    connection: Option<api::ZoomConnection>,
}

/// How often something changed that refers to a connection.
#[derive(Clone, Copy, Debug, Default)]
struct Changes {
    all: u64,
    /// Those for which somebody waits.
    urgent: u64,
}

/// What tells one state of a connection's spec from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConnectionVersion {
    uid: Option<String>,
    generation: Option<i64>,
    deleting: bool,
}

impl ConnectionVersion {
    /// The version of an object.
    pub(super) fn of(meta: &ObjectMeta) -> Self {
        Self { uid: meta.uid.clone(), generation: meta.generation, deleting: meta.deletion_timestamp.is_some() }
    }
}

/// The index. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Index {
    inner: Arc<Mutex<Inner>>,
    triggers: Arc<[(Scope, mpsc::UnboundedSender<ObjectKey>)]>,
    sight: Arc<watch::Sender<Sight>>,
}

/// One namespace, or all of them.
pub(super) type Scope = Option<String>;

/// The connections of one scope that need a pass.
pub(super) type Triggers = mpsc::UnboundedReceiver<ObjectKey>;

/// A snapshot of what refers to one connection.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The live and the deleted users.
    pub(super) users: Arc<Objects<User>>,
    /// The live and the deleted groups.
    pub(super) groups: Arc<Objects<Thing<api::ZoomGroup>>>,
    /// The live and the deleted roles.
    pub(super) roles: Arc<Objects<Thing<api::ZoomRole>>>,
    /// The live and the deleted contact groups.
    pub(super) contact_groups: Arc<Objects<Thing<api::ZoomContactGroup>>>,
    /// The removal records.
    pub(super) removals: Arc<Objects<Removal>>,
    /// When it was taken.
    pub(super) taken_at: Instant,
    connection_uid: Option<String>,
    /// Whether everything could be seen; otherwise nothing follows from what is not there.
    complete: bool,
    changes: Changes,
}

impl Snapshot {
    /// The wishes for the plan, each completed by what the connection knows.
    pub(super) fn desired(&self, completed: impl Fn(&Arc<DesiredPerson>) -> Arc<DesiredPerson>) -> Desired {
        let mut desired = Desired { complete: self.complete, ..Desired::default() };
        for user in self.users.values() {
            match &user.wish {
                Ok(wish) => desired.people.push(completed(wish)),
                Err(misfit) => desired.unreadable.push(misfit.claim.clone()),
            }
        }
        let things = &mut desired.unreadable_things;
        (desired.groups, things.groups) = wishes(&self.groups);
        (desired.roles, things.roles) = wishes(&self.roles);
        (desired.contact_groups, things.contact_groups) = wishes(&self.contact_groups);
        desired
    }

    /// The uids of all groups, roles and contact groups.
    pub(super) fn thing_uids(&self) -> impl Iterator<Item = &str> {
        let groups = self.groups.values().map(|thing| thing.uid.as_str());
        let roles = self.roles.values().map(|thing| thing.uid.as_str());
        groups.chain(roles).chain(self.contact_groups.values().map(|thing| thing.uid.as_str()))
    }

    /// The records for the plan.
    pub(super) fn records(&self) -> Vec<Arc<Record>> {
        self.removals.values().filter_map(|removal| removal.record_for(self.connection_uid.as_deref())).collect()
    }
}

/// What objects want, and what those claim that cannot be understood.
fn wishes<K: Named>(things: &Objects<Thing<K>>) -> (Vec<K::Wish>, Vec<NamedClaim>) {
    let (mut wishes, mut claims) = (Vec::with_capacity(things.len()), Vec::new());
    for thing in things.values() {
        match &thing.wish {
            Ok(wish) => wishes.push(wish.clone()),
            Err(misfit) => claims.push(misfit.claim.clone()),
        }
    }
    (wishes, claims)
}

impl Index {
    /// An empty index that will be filled by one call of [`Index::follow`] for each kind and scope, and what it
    /// triggers in each scope.
    pub(super) fn new(scopes: &[Scope]) -> (Self, Vec<Triggers>) {
        let (senders, receivers): (Vec<_>, Vec<_>) = scopes.iter().map(|_| mpsc::unbounded_channel()).unzip();
        let triggers = scopes.iter().cloned().zip(senders).collect();
        let sight = Arc::new(watch::Sender::new(Sight::of(KINDS * scopes.len())));
        (Self { inner: Arc::default(), triggers, sight }, receivers)
    }

    /// Asks for a pass over a connection.
    pub(super) fn trigger(&self, connection: &ObjectKey) {
        // Where nobody watches, whoever is asked finds no connection and tells the objects so.
        let scope = self.scope_of(&connection.namespace).or_else(|| self.triggers.first());
        if let Some((_, sender)) = scope {
            // The receiver goes when the process ends; then nobody needs the pass any more.
            let _ = sender.send(connection.clone());
        }
    }

    fn scope_of(&self, namespace: &str) -> Option<&(Scope, mpsc::UnboundedSender<ObjectKey>)> {
        self.triggers.iter().find(|(scope, _)| scope.as_deref().is_none_or(|own| own == namespace))
    }

    /// Whether the operator looks at this namespace.
    pub(super) fn watches(&self, namespace: &str) -> bool {
        self.scope_of(namespace).is_some()
    }

    /// The namespaces that exist, as they are labelled now.
    pub(super) fn namespaces(&self) -> Arc<Namespaces> {
        self.lock().namespaces.clone()
    }

    /// Asks for a pass over every connection that there is, or that something refers to or did.
    pub(super) fn trigger_all(&self) {
        let connections: Vec<ObjectKey> = {
            let inner = self.lock();
            let unnamed = inner.connections.keys().filter(|connection| !inner.changes.contains_key(*connection));
            inner.changes.keys().chain(unnamed).cloned().collect()
        };
        connections.iter().for_each(|connection| self.trigger(connection));
    }

    /// What refers to a connection now.
    pub(super) fn snapshot(&self, connection: &ObjectKey) -> Snapshot {
        let complete = self.unseen().is_none();
        let inner = self.lock();
        Snapshot {
            users: inner.tables.users.of(connection),
            groups: inner.tables.groups.of(connection),
            roles: inner.tables.roles.of(connection),
            contact_groups: inner.tables.contact_groups.of(connection),
            removals: inner.tables.removals.of(connection),
            taken_at: Instant::now(),
            connection_uid: inner.connections.get(connection).and_then(|known| known.version.uid.clone()),
            complete,
            changes: inner.changes.get(connection).copied().unwrap_or_default(),
        }
    }

    /// Whether something is wanted otherwise than in a snapshot.
    pub(super) fn changed_since(&self, connection: &ObjectKey, snapshot: &Snapshot) -> bool {
        self.changes(connection).all != snapshot.changes.all
    }

    /// Whether something is wanted otherwise for which somebody waits: an edit, a decision, a removal by hand.
    pub(super) fn edited_since(&self, connection: &ObjectKey, snapshot: &Snapshot) -> bool {
        self.changes(connection).urgent != snapshot.changes.urgent
    }

    fn changes(&self, connection: &ObjectKey) -> Changes {
        self.lock().changes.get(connection).copied().unwrap_or_default()
    }

    /// Notes a connection as the watch showed it, understood or not.
    pub(super) fn note_connection(&self, meta: &ObjectMeta, connection: Option<&api::ZoomConnection>) {
        let known = Known { version: ConnectionVersion::of(meta), connection: connection.cloned() };
        self.lock().connections.insert(translate::key(meta), known);
    }

    /// Notes that a connection is gone.
    pub(super) fn forget_connection(&self, connection: &ObjectKey) {
        self.lock().connections.remove(connection);
        self.trigger(connection);
    }

    /// Whether the watch has shown this connection.
    pub(super) fn has_connection(&self, connection: &ObjectKey) -> bool {
        self.lock().connections.contains_key(connection)
    }

    /// Whether a connection is still as a pass took it up.
    pub(super) fn is_current(&self, connection: &ObjectKey, version: &ConnectionVersion) -> bool {
        self.lock().connections.get(connection).is_some_and(|known| known.version == *version)
    }

    /// One user as it is now.
    pub(super) fn user(&self, object: &ObjectKey) -> Option<Arc<User>> {
        self.lock().tables.users.get(object).cloned()
    }

    /// The live object that claims a person by id or by address, understood or not, if it is permitted to. Also by way of
    /// another connection to the same account, which waits for this one to go.
    pub(super) fn claimant(&self, connection: &ObjectKey, person: &PersonRef, access: &Access) -> Option<ObjectKey> {
        let inner = self.lock();
        let of_another =
            |(key, connection)| inner.claimant(key, person, &translate::access(connection, &inner.namespaces));
        inner.claimant(connection, person, access).or_else(|| inner.of_same_account(connection).find_map(of_another))
    }

    /// Whether two connections are one, or lead to the same account.
    pub(super) fn is_same_account(&self, one: &ObjectKey, other: &ObjectKey) -> bool {
        one == other || self.lock().of_same_account(one).any(|(key, _)| key == other)
    }

    /// Whether a human has said that this person may be created.
    pub(super) fn may_create(&self, connection: &ObjectKey, email: &Email) -> bool {
        let inner = self.lock();
        let removals = inner.tables.removals.referring(connection);
        may_create(removals.filter_map(|(_, removal)| removal.record.as_deref().ok()), email)
    }

    /// The removal records of a connection as they are now.
    pub(super) fn removals(&self, connection: &ObjectKey) -> Vec<Arc<Removal>> {
        let inner = self.lock();
        inner.tables.removals.referring(connection).map(|(_, removal)| removal.clone()).collect()
    }

    /// One removal record as it is now.
    pub(super) fn removal(&self, object: &ObjectKey) -> Option<Arc<Removal>> {
        self.lock().tables.removals.get(object).cloned()
    }

    /// Applies an object as the answer to an own write showed it. If it is not known any more, the event of its deletion
    /// came first, and no other event would take it out again.
    pub(super) fn answered<E: Referrer>(&self, object: &DynamicObject) {
        let (key, (connection, entry)) = (translate::key(&object.metadata), E::read(object));
        self.change(|inner| {
            if E::table(&mut inner.tables).get(&key).is_none() {
                return Vec::new();
            }
            inner.put(key, connection, entry)
        });
    }

    /// Applies an object as the watch showed it, or as it was created.
    pub(super) fn apply<E: Referrer>(&self, object: &DynamicObject) {
        let (connection, entry) = E::read(object);
        self.change(|inner| inner.put(translate::key(&object.metadata), connection, entry));
    }

    /// Takes an object out that is gone.
    pub(super) fn remove<E: Referrer>(&self, object: &ObjectKey) {
        self.change(|inner| E::table(&mut inner.tables).remove(object));
    }

    /// Changes a table, counts what changed, and asks for the passes that this calls for.
    fn change(&self, change: impl FnOnce(&mut Inner) -> Vec<ObjectKey>) {
        let changed = {
            let mut inner = self.lock();
            let changed = change(&mut inner);
            inner.count(&changed);
            changed
        };
        changed.iter().for_each(|connection| self.trigger(connection));
    }

    /// Follows all objects of a kind in one namespace, or in all, for as long as the process lives.
    pub(super) async fn follow<E: Referrer>(self, objects: Api<DynamicObject>, scope: Scope) {
        let what = in_scope(&format!("{}s", E::KIND), scope.as_deref());
        let watch = || watcher(objects.clone(), watcher::Config::default()).default_backoff();
        let mut listing = HashSet::new();
        let on = |event: watcher::Event<DynamicObject>| match event {
            watcher::Event::Init => listing.clear(),
            watcher::Event::InitApply(object) => {
                listing.insert(translate::key(&object.metadata));
                self.apply::<E>(&object);
            }
            watcher::Event::InitDone => self.retain::<E>(scope.as_deref(), &std::mem::take(&mut listing)),
            watcher::Event::Apply(object) => self.apply::<E>(&object),
            watcher::Event::Delete(object) => self.remove::<E>(&translate::key(&object.metadata)),
        };
        self.follow_events(&what, watch, on).await;
    }

    /// Objects that went while nobody watched leave no event.
    fn retain<E: Referrer>(&self, namespace: Option<&str>, listed: &HashSet<ObjectKey>) {
        let gone: Vec<ObjectKey> = {
            let mut inner = self.lock();
            let known = E::table(&mut inner.tables).connections.keys();
            let in_scope = known.filter(|key| namespace.is_none_or(|namespace| *key.namespace == *namespace));
            in_scope.filter(|key| !listed.contains(key)).cloned().collect()
        };
        gone.iter().for_each(|object| self.remove::<E>(object));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every critical section leaves the maps whole, so a poisoned lock is as good as another.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a watch is about, for people.
pub(super) fn in_scope(kind: &str, scope: Option<&str>) -> String {
    scope.map_or_else(|| kind.to_owned(), |namespace| format!("{kind} in namespace {namespace}"))
}

impl Inner {
    /// The other connections to the account of a connection.
    fn of_same_account(&self, connection: &ObjectKey) -> impl Iterator<Item = (&ObjectKey, &api::ZoomConnection)> {
        let account = |known: &Known| Some(known.connection.as_ref()?.spec.account_id.trim().to_owned());
        let own = self.connections.get(connection).and_then(account);
        let others = self
            .connections
            .iter()
            .filter(move |(key, known)| *key != connection && own.is_some() && account(known) == own);
        others.filter_map(|(key, known)| Some((key, known.connection.as_ref()?)))
    }

    fn claimant(&self, connection: &ObjectKey, person: &PersonRef, access: &Access) -> Option<ObjectKey> {
        let permitted = |user: &User| user.wish.as_ref().is_ok_and(|wish| access.permits(&**wish));
        let claims = |object: &ObjectKey, user: &User| {
            user.claims(person) && if user.wish.is_ok() { permitted(user) } else { access.covers(&object.namespace) }
        };
        let mut users = self.tables.users.referring(connection);
        users.find(|(object, user)| claims(object, user)).map(|(object, _)| object.clone())
    }

    fn put<E: Referrer>(&mut self, object: ObjectKey, connection: ObjectKey, entry: E) -> Vec<ObjectKey> {
        let table = E::table(&mut self.tables);
        let is_urgent = entry.is_urgent(table.get(&object).is_some());
        let changed = table.put(object, connection, entry, &mut self.pools);
        for connection in changed.iter().filter(|_| is_urgent) {
            let changes = self.changes.entry(connection.clone()).or_default();
            changes.urgent = changes.urgent.wrapping_add(1);
        }
        changed
    }

    fn count(&mut self, changed: &[ObjectKey]) {
        for connection in changed {
            let changes = self.changes.entry(connection.clone()).or_default();
            changes.all = changes.all.wrapping_add(1);
        }
    }
}
