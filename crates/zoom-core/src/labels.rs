//! Labels of objects, and what selects by them.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::Hash,
    sync::Arc,
};

type Label = (Box<str>, Box<str>);

/// Makes objects share the labels that they have in common.
pub type LabelPool = Pool<[Label]>;

/// An object's labels. A clone shares them; a [`LabelPool`] makes the objects share them that carry the
/// same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Option<Arc<[Label]>>);

impl Labels {
    /// The value of a label, if the object carries it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let labels = self.0.as_deref()?;
        let at = labels.binary_search_by(|(known, _)| (**known).cmp(key)).ok()?;
        labels.get(at).map(|(_, value)| &**value)
    }

    /// The same labels, shared with every other object in the pool that carries them.
    #[must_use]
    pub fn shared(self, pool: &mut LabelPool) -> Self {
        Self(self.0.map(|labels| pool.share(labels)))
    }
}

impl<K: Into<Box<str>>, V: Into<Box<str>>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        let labels: BTreeMap<Box<str>, Box<str>> =
            labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self((!labels.is_empty()).then(|| labels.into_iter().collect()))
    }
}

/// Values that many owners share: each is held once. What nobody else holds is let go when the pool has doubled.
#[derive(Debug)]
pub struct Pool<T: ?Sized> {
    values: HashSet<Arc<T>>,
    purge_at: usize,
}

impl<T: ?Sized> Default for Pool<T> {
    fn default() -> Self {
        Self { values: HashSet::new(), purge_at: 64 }
    }
}

impl<T: ?Sized + Hash + Eq> Pool<T> {
    /// The pool's own copy of a value.
    pub fn share<V: Borrow<T> + Into<Arc<T>>>(&mut self, value: V) -> Arc<T> {
        if let Some(known) = self.values.get(value.borrow()) {
            return Arc::clone(known);
        }
        if self.values.len() >= self.purge_at {
            self.values.retain(|value| Arc::strong_count(value) > 1);
            self.purge_at = self.values.len().saturating_mul(2).max(64);
        }
        let value = value.into();
        self.values.insert(Arc::clone(&value));
        value
    }
}

/// Selects objects by their labels, as Kubernetes does everywhere: every label and every requirement must hold. One
/// without any selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Labels that must be there with these values.
    pub labels: BTreeMap<Box<str>, Box<str>>,
    /// Further requirements.
    pub requirements: Vec<Requirement>,
}

/// One requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// It is there with one of these values.
    In(Box<str>, BTreeSet<Box<str>>),
    /// It is not there, or with another value.
    NotIn(Box<str>, BTreeSet<Box<str>>),
    /// It is there.
    Exists(Box<str>),
    /// It is not there.
    DoesNotExist(Box<str>),
}

impl Selector {
    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(&**value))
            && self.requirements.iter().all(|requirement| requirement.holds(labels))
    }
}

impl Requirement {
    fn holds(&self, labels: &Labels) -> bool {
        match self {
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Self::Exists(key) => labels.get(key).is_some(),
            Self::DoesNotExist(key) => labels.get(key).is_none(),
        }
    }
}
