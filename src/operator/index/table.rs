//! The objects of one kind, and how they are read.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kube::{Resource, ResourceExt, api::DynamicObject};
use serde::de::DeserializeOwned;
use serde_json::Value;
use zoom_core::{LabelPool, ObjectKey, Pool};

use super::{Tables, user::Common};

/// What objects have in common with others is held once.
#[derive(Debug, Default)]
pub(in crate::operator) struct Pools {
    pub(super) labels: LabelPool,
    pub(super) texts: Pool<str>,
    pub(super) statuses: Pool<Common>,
}

/// A kind that refers to connections.
pub(in crate::operator) trait Referrer: Sized + Send + Sync + 'static {
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
    /// Whether somebody waits for what it asks, `known` or new; what is deleted can wait a moment.
    fn is_urgent(&self, known: bool) -> bool;
    /// The same, with what it has in common with others shared with them, and under the table's own key.
    fn shared(self, _key: &ObjectKey, _pools: &mut Pools) -> Self {
        self
    }
    /// Where the index keeps this kind.
    fn table(tables: &mut Tables) -> &mut Table<Self>;
}

pub(super) fn parse<K: DeserializeOwned>(object: &DynamicObject) -> Result<K, String> {
    serde_json::to_value(object).and_then(serde_json::from_value).map_err(|problem| problem.to_string())
}

/// An object's status, also where the rest of it is not understood. `None` where the status is not understood either: what
/// another version remembers in it must not be written over.
pub(super) fn status<S: DeserializeOwned + Default>(object: &DynamicObject) -> Option<S> {
    match object.data.get("status") {
        None | Some(Value::Null) => Some(S::default()),
        Some(status) => S::deserialize(status).ok(),
    }
}

pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// Resource versions of one kind are ordered numbers, also by contract since Kubernetes 1.35; an answer to a write may
/// arrive before or after the event of the same write.
pub(super) fn version(object: &DynamicObject) -> u64 {
    object.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default()
}

/// Objects of one kind by name.
pub(in crate::operator) type Objects<E> = BTreeMap<ObjectKey, Arc<E>>;

/// The objects of one kind by connection.
#[derive(Debug)]
pub(in crate::operator) struct Table<E> {
    /// Shared with snapshots: only a change while one is in use makes a copy.
    by_connection: HashMap<ObjectKey, Arc<Objects<E>>>,
    pub(super) connections: HashMap<ObjectKey, ObjectKey>,
}

impl<E> Default for Table<E> {
    fn default() -> Self {
        Self { by_connection: HashMap::new(), connections: HashMap::new() }
    }
}

impl<E: Referrer> Table<E> {
    pub(super) fn get(&self, object: &ObjectKey) -> Option<&Arc<E>> {
        self.by_connection.get(self.connections.get(object)?)?.get(object)
    }

    /// The objects that refer to a connection.
    pub(super) fn of(&self, connection: &ObjectKey) -> Arc<Objects<E>> {
        self.by_connection.get(connection).cloned().unwrap_or_default()
    }

    /// The same, to look at them under the lock.
    pub(super) fn referring(&self, connection: &ObjectKey) -> impl Iterator<Item = (&ObjectKey, &Arc<E>)> {
        self.by_connection.get(connection).into_iter().flat_map(|objects| objects.iter())
    }

    /// Stores a reading; returns the connections for which something changed.
    pub(super) fn put(
        &mut self,
        object: ObjectKey,
        connection: ObjectKey,
        entry: E,
        pools: &mut Pools,
    ) -> Vec<ObjectKey> {
        // One text for all objects that refer to it, and for all that an object is named by.
        let connection = self.by_connection.get_key_value(&connection).map_or(connection, |(key, _)| key.clone());
        let object = match self.connections.get_key_value(&object) {
            Some((key, _)) => key.clone(),
            None => object.shared(&mut pools.texts),
        };
        let entry = entry.shared(&object, pools);
        match self.get(&object) {
            Some(known) if known.version() > entry.version() => return Vec::new(),
            Some(known) if known.asks_the_same(&entry) => {
                self.insert(object, connection, entry);
                return Vec::new();
            }
            Some(_) | None => {}
        }
        let mut changed = self.remove(&object);
        self.connections.insert(object.clone(), connection.clone());
        changed.push(connection.clone());
        self.insert(object, connection, entry);
        changed
    }

    fn insert(&mut self, object: ObjectKey, connection: ObjectKey, entry: E) {
        Arc::make_mut(self.by_connection.entry(connection).or_default()).insert(object, Arc::new(entry));
    }

    pub(super) fn remove(&mut self, object: &ObjectKey) -> Vec<ObjectKey> {
        let Some(connection) = self.connections.remove(object) else { return Vec::new() };
        if let Some(objects) = self.by_connection.get_mut(&connection) {
            Arc::make_mut(objects).remove(object);
        }
        vec![connection]
    }
}
