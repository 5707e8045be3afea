//! ZoomRemovals.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, api::DynamicObject};
use zoom_core::{ObjectKey, Record};
use zoom_operator_api as api;

use super::{
    Tables,
    table::{Referrer, Table, parse, status, text, version},
};
use crate::operator::translate;

/// A ZoomRemoval.
#[derive(Clone, Debug)]
pub(in crate::operator) struct Removal {
    /// What it says, or what is wrong with it.
    pub(in crate::operator) record: Result<Arc<Record>, String>,
    /// Its status as last seen or written.
    pub(in crate::operator) status: api::ZoomRemovalStatus,
    /// Whether its status is understood. Otherwise it is left as it is.
    pub(in crate::operator) is_legible: bool,
    /// Its uid.
    pub(in crate::operator) uid: String,
    /// The uid of the connection that it was written for; absent where it does not say, as when a human wrote it.
    owner: Option<String>,
    /// Counts its edits.
    pub(in crate::operator) generation: i64,
    version: u64,
}

impl Removal {
    /// The record for a plan of the connection with this uid.
    pub(in crate::operator) fn record_for(&self, connection: Option<&str>) -> Option<Arc<Record>> {
        let record = self.record.as_ref().ok()?;
        // Backups bring back what a human wrote just the same; only what the operator wrote names its owner, and is decided
        // after that.
        let is_restored = self.owner.as_deref() != connection || (record.approved && self.generation == 1);
        let copied = record.source.is_some() && record.phase.is_open() && is_restored;
        Some(if copied { Arc::new(Record { copied, ..Record::clone(record) }) } else { record.clone() })
    }
}

fn owner(meta: &ObjectMeta) -> Option<String> {
    let mut owners = meta.owner_references.iter().flatten();
    owners.find(|owner| owner.kind == <api::ZoomConnection as Resource>::kind(&())).map(|owner| owner.uid.clone())
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
        let record =
            parsed.and_then(|removal| translate::record(&removal).map(Arc::new).map_err(|problem| problem.to_string()));
        let removal = Self {
            record,
            is_legible: status.is_some(),
            status: status.unwrap_or_default(),
            uid: meta.uid.clone().unwrap_or_default(),
            owner: owner(meta),
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

    /// New ones are mostly the operator's own.
    fn is_urgent(&self, known: bool) -> bool {
        known || self.record.as_ref().is_ok_and(|record| record.is_by_hand())
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.removals
    }
}
