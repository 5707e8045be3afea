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
    Api, Resource, ResourceExt,
    api::{DynamicObject, ObjectMeta},
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use zoom_core::{
    Access, Claim, Desired, DesiredPerson, Email, LabelPool, Labels, NamedClaim, ObjectKey, PersonRef, Record,
    may_create,
};
use zoom_operator_api as api;

use super::translate;

mod named;
mod namespaces;
mod sight;
#[cfg(test)]
mod tests;

pub(super) use named::{Head, Named, Thing};
use sight::Sight;

/// A ZoomUser, as far as passes need it.
#[derive(Clone, Debug)]
pub(super) struct User {
    /// What it wants, or why that cannot be told.
    pub(super) wish: Result<Arc<DesiredPerson>, Misfit>,
    /// Its status as last seen or written.
    pub(super) status: api::ZoomUserStatus,
    /// Whether its status is understood. Otherwise it is left as it is.
    pub(super) is_legible: bool,
    /// Its uid.
    pub(super) uid: String,
    /// Counts its edits.
    pub(super) generation: i64,
    /// Whether it carries our finalizer.
    pub(super) has_finalizer: bool,
    /// Whether it is being deleted.
    pub(super) deleting: bool,
    /// The value of the annotation that asks for a pass.
    pub(super) requested_at: Option<String>,
    version: u64,
}

impl User {
    /// What groups select by; a change of it is no new generation.
    fn labels(&self) -> Option<&Labels> {
        self.wish.as_ref().ok().map(|wish| &wish.labels)
    }

    /// Whether this is a live object that speaks for a person, understood or not.
    pub(super) fn claims(&self, person: &PersonRef) -> bool {
        let (id, email, former) = match &self.wish {
            Ok(wish) => (&wish.remembered.id, Some(&wish.email), &*wish.previous_emails),
            Err(misfit) => (&misfit.claim.id, misfit.claim.email.as_ref(), &[][..]),
        };
        let speaks = match (id, &person.id) {
            (Some(own), Some(other)) => own == other,
            // Who has found their person needs no former addresses any more.
            (Some(_), None) => email == Some(&person.email),
            (None, Some(_) | None) => email == Some(&person.email) || former.contains(&person.email),
        };
        !self.deleting && speaks
    }
}

/// An object that this version cannot understand.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    /// Whom it claims nevertheless.
    pub(super) claim: Claim,
    /// What is wrong with it.
    pub(super) problem: String,
}

/// A ZoomRemoval.
#[derive(Clone, Debug)]
pub(super) struct Removal {
    /// What it says, or what is wrong with it.
    pub(super) record: Result<Record, String>,
    /// Its status as last seen or written.
    pub(super) status: api::ZoomRemovalStatus,
    /// Whether its status is understood. Otherwise it is left as it is.
    pub(super) is_legible: bool,
    /// Its uid.
    pub(super) uid: String,
    /// Counts its edits.
    pub(super) generation: i64,
    version: u64,
}

/// A kind that refers to connections.
pub(super) trait Referrer: Sized + Send + Sync + 'static {
    /// The kind of the objects that are read.
    type Kind: Resource<DynamicType = ()>;
    /// Its name.
    const KIND: &'static str;
    /// Parses an object; also tells the connection that it refers to. Never fails: what cannot be understood is kept
    /// as such.
    fn read(object: &DynamicObject) -> (ObjectKey, Self);
    /// Orders what was read of one object.
    fn version(&self) -> u64;
    /// Whether two readings of one object ask for the same.
    fn asks_the_same(&self, other: &Self) -> bool;
    /// The same, with labels that it has in common with others shared with them.
    fn shared(self, _labels: &mut LabelPool) -> Self {
        self
    }
    /// Where the index keeps this kind.
    fn table(inner: &mut Inner) -> &mut Table<Self>;
}

impl Referrer for User {
    type Kind = api::ZoomUser;
    const KIND: &'static str = "ZoomUser";

    fn read(object: &DynamicObject) -> (ObjectKey, Self) {
        let meta = &object.metadata;
        let key = translate::key(meta);
        let parsed = parse::<api::ZoomUser>(object);
        let connection = text(&object.data, "/spec/connectionRef/name").unwrap_or(api::DEFAULT_CONNECTION);
        let namespace = text(&object.data, "/spec/connectionRef/namespace").unwrap_or(&key.namespace);
        let connection = ObjectKey::new(namespace, connection);
        let mut status: Option<api::ZoomUserStatus> = status(object);
        if let Some(status) = &mut status {
            // Parsing makes room for four, and there may be a hundred thousand objects.
            status.conditions.shrink_to_fit();
        }
        let wish = parsed.and_then(|user| translate::desired(&user).map_err(|problem| problem.to_string()));
        let user = Self {
            wish: wish.map(Arc::new).map_err(|problem| Misfit { claim: translate::claim(key, &object.data), problem }),
            is_legible: status.is_some(),
            status: status.unwrap_or_default(),
            uid: meta.uid.clone().unwrap_or_default(),
            generation: meta.generation.unwrap_or_default(),
            has_finalizer: object.finalizers().iter().any(|finalizer| finalizer == api::FINALIZER),
            deleting: meta.deletion_timestamp.is_some(),
            requested_at: object.annotations().get(api::REQUESTED_AT_ANNOTATION).cloned(),
            version: version(object),
        };
        (connection, user)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn asks_the_same(&self, other: &Self) -> bool {
        (&self.uid, self.generation, self.deleting, &self.requested_at, self.labels())
            == (&other.uid, other.generation, other.deleting, &other.requested_at, other.labels())
    }

    fn shared(mut self, labels: &mut LabelPool) -> Self {
        if let Ok(wish) = self.wish.as_mut().map(Arc::make_mut) {
            wish.labels = std::mem::take(&mut wish.labels).shared(labels);
        }
        self
    }

    fn table(inner: &mut Inner) -> &mut Table<Self> {
        &mut inner.users
    }
}

impl Referrer for Removal {
    type Kind = api::ZoomRemoval;
    const KIND: &'static str = "ZoomRemoval";

    fn read(object: &DynamicObject) -> (ObjectKey, Self) {
        let meta = &object.metadata;
        let parsed = parse::<api::ZoomRemoval>(object);
        let connection = text(&object.data, "/spec/connectionRef/name").unwrap_or(api::DEFAULT_CONNECTION);
        let connection = ObjectKey::new(meta.namespace.clone().unwrap_or_default(), connection);
        let status = status(object);
        let record = parsed.and_then(|removal| translate::record(&removal).map_err(|problem| problem.to_string()));
        let removal = Self {
            record,
            is_legible: status.is_some(),
            status: status.unwrap_or_default(),
            uid: meta.uid.clone().unwrap_or_default(),
            generation: meta.generation.unwrap_or_default(),
            version: version(object),
        };
        (connection, removal)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn asks_the_same(&self, other: &Self) -> bool {
        (&self.uid, self.generation) == (&other.uid, other.generation)
    }

    fn table(inner: &mut Inner) -> &mut Table<Self> {
        &mut inner.removals
    }
}

fn parse<K: DeserializeOwned>(object: &DynamicObject) -> Result<K, String> {
    serde_json::to_value(object).and_then(serde_json::from_value).map_err(|problem| problem.to_string())
}

/// An object's status, also where the rest of it is not understood. `None` where the status is not understood either: what
/// another version remembers in it must not be written over.
fn status<S: DeserializeOwned + Default>(object: &DynamicObject) -> Option<S> {
    match object.data.get("status") {
        None | Some(Value::Null) => Some(S::default()),
        Some(status) => S::deserialize(status).ok(),
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// Resource versions of one kind are ordered numbers, also by contract since Kubernetes 1.35; an answer to a write may
/// arrive before or after the event of the same write.
fn version(object: &DynamicObject) -> u64 {
    object.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default()
}

/// The objects of one kind by connection.
#[derive(Debug)]
pub(super) struct Table<E> {
    by_connection: HashMap<ObjectKey, BTreeMap<ObjectKey, Arc<E>>>,
    connections: HashMap<ObjectKey, ObjectKey>,
}

impl<E> Default for Table<E> {
    fn default() -> Self {
        Self { by_connection: HashMap::new(), connections: HashMap::new() }
    }
}

impl<E: Referrer> Table<E> {
    fn get(&self, object: &ObjectKey) -> Option<&Arc<E>> {
        self.by_connection.get(self.connections.get(object)?)?.get(object)
    }

    /// Stores a reading; returns the connections for which something changed.
    fn put(&mut self, object: ObjectKey, connection: ObjectKey, entry: E) -> Vec<ObjectKey> {
        // One text for all objects that refer to it.
        let known = self.by_connection.get_key_value(&connection).map(|(key, _)| key.clone());
        let connection = known.unwrap_or(connection);
        match self.get(&object) {
            Some(known) if known.version() > entry.version() => return Vec::new(),
            Some(known) if known.asks_the_same(&entry) => {
                self.by_connection.entry(connection).or_default().insert(object, Arc::new(entry));
                return Vec::new();
            }
            Some(_) | None => {}
        }
        let mut changed = self.remove(&object);
        self.connections.insert(object.clone(), connection.clone());
        self.by_connection.entry(connection.clone()).or_default().insert(object, Arc::new(entry));
        changed.push(connection);
        changed
    }

    fn remove(&mut self, object: &ObjectKey) -> Vec<ObjectKey> {
        let Some(connection) = self.connections.remove(object) else { return Vec::new() };
        if let Some(objects) = self.by_connection.get_mut(&connection) {
            objects.remove(object);
        }
        vec![connection]
    }

    fn of(&self, connection: &ObjectKey) -> BTreeMap<ObjectKey, Arc<E>> {
        self.by_connection.get(connection).cloned().unwrap_or_default()
    }
}

/// How many kinds are followed: [`User`], [`Removal`] and those that are [`Named`], and namespaces.
const KINDS: usize = 6;

/// The labels of the namespaces, by name.
pub(super) type Namespaces = BTreeMap<Box<str>, BTreeMap<String, String>>;

/// What the lock protects.
#[derive(Debug, Default)]
pub(super) struct Inner {
    users: Table<User>,
    groups: Table<Thing<api::ZoomGroup>>,
    roles: Table<Thing<api::ZoomRole>>,
    contact_groups: Table<Thing<api::ZoomContactGroup>>,
    removals: Table<Removal>,
    labels: LabelPool,
    namespaces: Arc<Namespaces>,
    changes: HashMap<ObjectKey, u64>,
    connections: HashMap<ObjectKey, ConnectionVersion>,
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
    pub(super) users: BTreeMap<ObjectKey, Arc<User>>,
    /// The live and the deleted groups.
    pub(super) groups: BTreeMap<ObjectKey, Arc<Thing<api::ZoomGroup>>>,
    /// The live and the deleted roles.
    pub(super) roles: BTreeMap<ObjectKey, Arc<Thing<api::ZoomRole>>>,
    /// The live and the deleted contact groups.
    pub(super) contact_groups: BTreeMap<ObjectKey, Arc<Thing<api::ZoomContactGroup>>>,
    /// The removal records.
    pub(super) removals: BTreeMap<ObjectKey, Arc<Removal>>,
    /// When it was taken.
    pub(super) taken_at: Instant,
    /// Whether everything could be seen; otherwise nothing follows from what is not there.
    complete: bool,
    changes: u64,
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
    pub(super) fn records(&self) -> Vec<Record> {
        self.removals.values().filter_map(|removal| removal.record.clone().ok()).collect()
    }
}

/// What objects want, and what those claim that cannot be understood.
fn wishes<K: Named>(things: &BTreeMap<ObjectKey, Arc<Thing<K>>>) -> (Vec<K::Wish>, Vec<NamedClaim>) {
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
            users: inner.users.of(connection),
            groups: inner.groups.of(connection),
            roles: inner.roles.of(connection),
            contact_groups: inner.contact_groups.of(connection),
            removals: inner.removals.of(connection),
            taken_at: Instant::now(),
            complete,
            changes: inner.changes.get(connection).copied().unwrap_or_default(),
        }
    }

    /// Whether something is wanted otherwise than in a snapshot.
    pub(super) fn changed_since(&self, connection: &ObjectKey, snapshot: &Snapshot) -> bool {
        self.lock().changes.get(connection).copied().unwrap_or_default() != snapshot.changes
    }

    /// Notes a connection as the watch showed it; `None`: it is gone.
    pub(super) fn note_connection(&self, connection: ObjectKey, version: Option<ConnectionVersion>) {
        let mut inner = self.lock();
        match version {
            Some(version) => inner.connections.insert(connection, version),
            None => inner.connections.remove(&connection),
        };
    }

    /// Whether the watch has shown this connection.
    pub(super) fn has_connection(&self, connection: &ObjectKey) -> bool {
        self.lock().connections.contains_key(connection)
    }

    /// Whether a connection is still as a pass took it up.
    pub(super) fn is_current(&self, connection: &ObjectKey, version: &ConnectionVersion) -> bool {
        self.lock().connections.get(connection) == Some(version)
    }

    /// One user as it is now.
    pub(super) fn user(&self, object: &ObjectKey) -> Option<Arc<User>> {
        self.lock().users.get(object).cloned()
    }

    /// The live object that claims a person by id or by address, understood or not, if it is permitted to.
    pub(super) fn claimant(&self, connection: &ObjectKey, person: &PersonRef, access: &Access) -> Option<ObjectKey> {
        let inner = self.lock();
        let users = inner.users.by_connection.get(connection)?;
        let permitted = |user: &User| user.wish.as_ref().is_ok_and(|wish| access.permits(&**wish));
        let claims = |object: &ObjectKey, user: &User| {
            user.claims(person) && if user.wish.is_ok() { permitted(user) } else { access.covers(&object.namespace) }
        };
        users.iter().find(|(object, user)| claims(object, user)).map(|(object, _)| object.clone())
    }

    /// Whether a human has said that this person may be created.
    pub(super) fn may_create(&self, connection: &ObjectKey, email: &Email) -> bool {
        let inner = self.lock();
        let removals = inner.removals.by_connection.get(connection).into_iter().flat_map(BTreeMap::values);
        may_create(removals.filter_map(|removal| removal.record.as_ref().ok()), email)
    }

    /// The removal records of a connection as they are now.
    pub(super) fn removals(&self, connection: &ObjectKey) -> Vec<Arc<Removal>> {
        let inner = self.lock();
        inner.removals.by_connection.get(connection).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// One removal record as it is now.
    pub(super) fn removal(&self, object: &ObjectKey) -> Option<Arc<Removal>> {
        self.lock().removals.get(object).cloned()
    }

    /// Applies an object as the answer to an own write showed it. If it is not known any more, the event of its deletion
    /// came first, and no other event would take it out again.
    pub(super) fn answered<E: Referrer>(&self, object: &DynamicObject) {
        let (key, (connection, entry)) = (translate::key(&object.metadata), E::read(object));
        self.change(|inner| {
            if E::table(inner).get(&key).is_none() {
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
        self.change(|inner| E::table(inner).remove(object));
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
        let what = of(&format!("{}s", E::KIND), scope.as_deref());
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
            let known = E::table(&mut inner).connections.keys();
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
fn of(kind: &str, scope: Option<&str>) -> String {
    scope.map_or_else(|| kind.to_owned(), |namespace| format!("{kind} in namespace {namespace}"))
}

impl Inner {
    fn put<E: Referrer>(&mut self, object: ObjectKey, connection: ObjectKey, entry: E) -> Vec<ObjectKey> {
        let entry = entry.shared(&mut self.labels);
        E::table(self).put(object, connection, entry)
    }

    fn count(&mut self, changed: &[ObjectKey]) {
        for connection in changed {
            let changes = self.changes.entry(connection.clone()).or_default();
            *changes = changes.wrapping_add(1);
        }
    }
}
