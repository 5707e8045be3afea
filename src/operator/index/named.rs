//! Groups, roles and contact groups: objects that each speak for one thing with a name.

use std::fmt::Debug;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResourceExt, Resource, ResourceExt, api::DynamicObject};
use serde::{Serialize, de::DeserializeOwned};
use zoom_core::{DesiredContactGroup, DesiredGroup, DesiredRole, NamedClaim, ObjectKey};
use zoom_operator_api as api;

use super::{
    Tables,
    table::{Referrer, Table, parse, status, text, version},
};
use crate::operator::translate::{self, Unreadable};

/// A kind whose objects each speak for one thing with a name.
pub(in crate::operator) trait Named:
    Resource<DynamicType = ()> + CustomResourceExt + DeserializeOwned + Debug + Send + Sync + 'static
{
    /// What an object wants, in the core's words.
    type Wish: Clone + Debug + Send + Sync;
    /// The object's status.
    type Status: Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync;
    /// The kind.
    const KIND: &'static str;
    /// What the object wants.
    fn wish(&self) -> Result<Self::Wish, Unreadable>;
    /// What every kind's status has.
    fn head(status: &mut Self::Status) -> Head<'_>;
    /// What is odd about the object and harms nobody, for people.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
    /// Where the index keeps this kind.
    fn table(tables: &mut Tables) -> &mut Table<Thing<Self>>;
}

/// What the statuses of all kinds have.
pub(in crate::operator) struct Head<'a> {
    /// The generation that the status speaks of.
    pub(in crate::operator) observed_generation: &'a mut Option<i64>,
    /// The request for a pass that was handled last.
    pub(in crate::operator) last_handled_requested_at: &'a mut Option<String>,
    /// The thing's id in Zoom.
    pub(in crate::operator) id: &'a mut Option<String>,
    /// Whether this operator made the thing or found it.
    pub(in crate::operator) origin: &'a mut Option<api::Origin>,
    /// Whether the thing is about to be made.
    pub(in crate::operator) creating: &'a mut Option<bool>,
    /// The last generation at which the thing was there.
    pub(in crate::operator) seen_generation: &'a mut Option<i64>,
    /// The conditions.
    pub(in crate::operator) conditions: &'a mut Vec<Condition>,
}

/// An object of a kind, as far as passes need it.
#[derive(Debug)]
pub(in crate::operator) struct Thing<K: Named> {
    /// What it wants, or why that cannot be told.
    pub(in crate::operator) wish: Result<K::Wish, NamedMisfit>,
    /// Its status as last seen or written.
    pub(in crate::operator) status: K::Status,
    /// Whether its status is understood. Otherwise it is left as it is.
    pub(in crate::operator) is_legible: bool,
    /// What is odd about it.
    pub(in crate::operator) remarks: Vec<String>,
    /// Its uid.
    pub(in crate::operator) uid: String,
    /// Counts its edits.
    pub(in crate::operator) generation: i64,
    /// Whether it carries our finalizer.
    pub(in crate::operator) has_finalizer: bool,
    /// Whether it is being deleted.
    pub(in crate::operator) deleting: bool,
    /// The value of the annotation that asks for a pass.
    pub(in crate::operator) requested_at: Option<String>,
    version: u64,
}

/// An object that this version cannot understand.
#[derive(Clone, Debug)]
pub(in crate::operator) struct NamedMisfit {
    /// What it claims nevertheless.
    pub(in crate::operator) claim: NamedClaim,
    /// What is wrong with it.
    pub(in crate::operator) problem: String,
}

impl<K: Named> Referrer for Thing<K> {
    type Kind = K;
    const KIND: &'static str = K::KIND;

    fn read(object: &DynamicObject) -> (ObjectKey, Self) {
        let meta = &object.metadata;
        let key = translate::key(meta);
        let parsed = parse::<K>(object);
        let connection = text(&object.data, "/spec/connectionRef/name").unwrap_or(api::DEFAULT_CONNECTION);
        let namespace = text(&object.data, "/spec/connectionRef/namespace").unwrap_or(&key.namespace);
        let connection = ObjectKey::new(namespace, connection);
        let status = status(object);
        let remarks = parsed.as_ref().map(K::remarks).unwrap_or_default();
        let wish = parsed.and_then(|parsed| parsed.wish().map_err(|problem| problem.to_string()));
        let claim = || translate::groups::named_claim(key.clone(), &object.data);
        let thing = Self {
            wish: wish.map_err(|problem| NamedMisfit { claim: claim(), problem }),
            is_legible: status.is_some(),
            status: status.unwrap_or_default(),
            remarks,
            uid: meta.uid.clone().unwrap_or_default(),
            generation: meta.generation.unwrap_or_default(),
            has_finalizer: object.finalizers().iter().any(|finalizer| finalizer == api::FINALIZER),
            deleting: meta.deletion_timestamp.is_some(),
            requested_at: object.annotations().get(api::REQUESTED_AT_ANNOTATION).cloned(),
            version: version(object),
        };
        (connection, thing)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn asks_the_same(&self, other: &Self) -> bool {
        (&self.uid, self.generation, self.deleting, &self.requested_at)
            == (&other.uid, other.generation, other.deleting, &other.requested_at)
    }

    fn is_urgent(&self, _known: bool) -> bool {
        !self.deleting
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        K::table(tables)
    }
}

/// The same fields of different types.
macro_rules! head {
    ($status:ident) => {
        Head {
            observed_generation: &mut $status.observed_generation,
            last_handled_requested_at: &mut $status.last_handled_requested_at,
            id: &mut $status.id,
            origin: &mut $status.origin,
            creating: &mut $status.creating,
            seen_generation: &mut $status.seen_generation,
            conditions: &mut $status.conditions,
        }
    };
}

impl Named for api::ZoomGroup {
    type Wish = DesiredGroup;
    type Status = api::ZoomGroupStatus;
    const KIND: &'static str = "ZoomGroup";

    fn wish(&self) -> Result<DesiredGroup, Unreadable> {
        translate::groups::group(self)
    }

    fn head(status: &mut api::ZoomGroupStatus) -> Head<'_> {
        head!(status)
    }

    fn remarks(&self) -> Vec<String> {
        let members = self.spec.members.iter().map(|members| ("spec.members.emails", &members.emails));
        let admins = self.spec.admins.iter().map(|admins| ("spec.admins.emails", &admins.emails));
        let primary = self.spec.primary_for.iter().map(|people| ("spec.primaryFor.emails", &people.emails));
        members.chain(admins).chain(primary).filter_map(|(field, emails)| repeated(field, emails)).collect()
    }

    fn table(tables: &mut Tables) -> &mut Table<Thing<Self>> {
        &mut tables.groups
    }
}

impl Named for api::ZoomRole {
    type Wish = DesiredRole;
    type Status = api::ZoomRoleStatus;
    const KIND: &'static str = "ZoomRole";

    fn wish(&self) -> Result<DesiredRole, Unreadable> {
        translate::groups::role(self)
    }

    fn head(status: &mut api::ZoomRoleStatus) -> Head<'_> {
        head!(status)
    }

    fn table(tables: &mut Tables) -> &mut Table<Thing<Self>> {
        &mut tables.roles
    }
}

impl Named for api::ZoomContactGroup {
    type Wish = DesiredContactGroup;
    type Status = api::ZoomContactGroupStatus;
    const KIND: &'static str = "ZoomContactGroup";

    fn wish(&self) -> Result<DesiredContactGroup, Unreadable> {
        translate::groups::contact_group(self)
    }

    fn head(status: &mut api::ZoomContactGroupStatus) -> Head<'_> {
        head!(status)
    }

    fn remarks(&self) -> Vec<String> {
        let members = self.spec.members.iter();
        members.filter_map(|members| repeated("spec.members.emails", &members.emails)).collect()
    }

    fn table(tables: &mut Tables) -> &mut Table<Thing<Self>> {
        &mut tables.contact_groups
    }
}

/// Says which addresses stand more than once in a field.
fn repeated(field: &str, emails: &[String]) -> Option<String> {
    let repeated = translate::groups::repeated(emails);
    (!repeated.is_empty())
        .then(|| format!("{field} holds more than once, in different case, and counts once: {}", repeated.join(", ")))
}
