//! ZoomUsers. There may be a hundred thousand, so each is kept as small as it goes.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{ResourceExt, api::DynamicObject};
use zoom_core::{Claim, DesiredPerson, Labels, ObjectKey, PersonRef, Remembered};
use zoom_operator_api as api;

use super::{
    Tables,
    table::{Pools, Referrer, Table, parse, status, text, version},
};
use crate::operator::translate;

/// A ZoomUser, as far as passes need it.
#[derive(Clone, Debug)]
pub(in crate::operator) struct User {
    /// What it wants, or why that cannot be told.
    pub(in crate::operator) wish: Result<Arc<DesiredPerson>, Box<Misfit>>,
    status: Status,
    /// Whether its status is understood. Otherwise it is left as it is.
    pub(in crate::operator) is_legible: bool,
    /// Counts its edits.
    pub(in crate::operator) generation: i64,
    /// Whether it carries our finalizer.
    pub(in crate::operator) has_finalizer: bool,
    /// Whether it is being deleted.
    pub(in crate::operator) deleting: bool,
    /// The value of the annotation that asks for a pass.
    pub(in crate::operator) requested_at: Option<Box<str>>,
    version: u64,
}

/// An object that this version cannot understand.
#[derive(Clone, Debug)]
pub(in crate::operator) struct Misfit {
    /// Whom it claims nevertheless.
    pub(in crate::operator) claim: Claim,
    /// What is wrong with it.
    pub(in crate::operator) problem: String,
    uid: Box<str>,
}

impl User {
    /// Its uid.
    pub(in crate::operator) fn uid(&self) -> &str {
        match &self.wish {
            Ok(wish) => &wish.uid,
            Err(misfit) => &misfit.uid,
        }
    }

    /// Its status as last seen or written.
    pub(in crate::operator) fn status(&self) -> api::ZoomUserStatus {
        self.status.unfold(self.remembered())
    }

    /// How the person stands, by its status.
    pub(in crate::operator) fn state(&self) -> Option<api::State> {
        self.status.common.0.state
    }

    /// The request for a pass that its status calls handled.
    pub(in crate::operator) fn handled_request(&self) -> Option<&str> {
        self.status.common.0.last_handled_requested_at.as_deref()
    }

    fn remembered(&self) -> Option<&Remembered> {
        self.wish.as_ref().ok().map(|wish| &wish.remembered)
    }

    /// What groups select by; a change of it is no new generation.
    fn labels(&self) -> Option<&Labels> {
        self.wish.as_ref().ok().map(|wish| &wish.labels)
    }

    /// Whether this is a live object that speaks for a person, understood or not.
    pub(in crate::operator) fn claims(&self, person: &PersonRef) -> bool {
        let (id, email, former) = match &self.wish {
            Ok(wish) => (&wish.remembered.id, Some(&wish.email), &*wish.previous_emails),
            Err(misfit) => (&misfit.claim.id, misfit.claim.email.as_ref(), &*misfit.claim.previous_emails),
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
        let status: Option<api::ZoomUserStatus> = status(object);
        let is_legible = status.is_some();
        let wish = parsed.and_then(|user| translate::desired(&user).map_err(|problem| problem.to_string()));
        let wish = wish.map(Arc::new).map_err(|problem| {
            let uid = meta.uid.clone().unwrap_or_default().into();
            Box::new(Misfit { claim: translate::claim(key, &object.data), problem, uid })
        });
        let user = Self {
            status: Status::fold(status.unwrap_or_default(), wish.as_ref().ok().map(|wish| &wish.remembered)),
            wish,
            is_legible,
            generation: meta.generation.unwrap_or_default(),
            has_finalizer: object.finalizers().iter().any(|finalizer| finalizer == api::FINALIZER),
            deleting: meta.deletion_timestamp.is_some(),
            requested_at: object.annotations().get(api::REQUESTED_AT_ANNOTATION).map(|value| value.as_str().into()),
            version: version(object),
        };
        (connection, user)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn asks_the_same(&self, other: &Self) -> bool {
        (self.uid(), self.generation, self.deleting, &self.requested_at, self.labels())
            == (other.uid(), other.generation, other.deleting, &other.requested_at, other.labels())
    }

    fn is_urgent(&self, _known: bool) -> bool {
        !self.deleting
    }

    fn shared(mut self, key: &ObjectKey, pools: &mut Pools) -> Self {
        if let Ok(wish) = self.wish.as_mut().map(Arc::make_mut) {
            wish.object = key.clone();
            wish.labels = std::mem::take(&mut wish.labels).shared(&mut pools.labels);
            wish.wanted.attributes.share(&mut pools.texts);
        }
        self.status.common = pools.statuses.share(self.status.common);
        self
    }

    fn table(tables: &mut Tables) -> &mut Table<Self> {
        &mut tables.users
    }
}

/// A status without what the wish remembers anyway, and with what many people's have in common held once.
#[derive(Clone, Debug)]
struct Status {
    common: Arc<Common>,
    /// Since when each condition has been as it is.
    since: Box<[Timestamp]>,
}

impl Status {
    fn fold(mut status: api::ZoomUserStatus, remembered: Option<&Remembered>) -> Self {
        let since = status.conditions.iter_mut();
        let since =
            since.map(|condition| std::mem::replace(&mut condition.last_transition_time.0, Timestamp::UNIX_EPOCH));
        let since = since.collect();
        // Parsing makes room for four.
        status.conditions.shrink_to_fit();
        if let Some(Remembered { id, email, created_at, pending_since, .. }) = remembered {
            let time = |time: &mut Time| time.0;
            status.id.take_if(|text| id.as_ref().is_some_and(|id| id.as_str() == text));
            status.email.take_if(|text| email.as_ref().is_some_and(|email| email.as_str() == text));
            status.created_at.take_if(|at| Some(time(at)) == *created_at);
            status.pending_since.take_if(|at| Some(time(at)) == *pending_since);
        }
        Self { common: Arc::new(Common(status)), since }
    }

    /// What is not there the wish remembers, if it was there at all: what is remembered was read from the same status.
    fn unfold(&self, remembered: Option<&Remembered>) -> api::ZoomUserStatus {
        let mut status = self.common.0.clone();
        for (condition, since) in status.conditions.iter_mut().zip(&self.since) {
            condition.last_transition_time = Time(*since);
        }
        if let Some(Remembered { id, email, created_at, pending_since, .. }) = remembered {
            status.id = status.id.or_else(|| id.as_ref().map(ToString::to_string));
            status.email = status.email.or_else(|| email.as_ref().map(ToString::to_string));
            status.created_at = status.created_at.or(created_at.map(Time));
            status.pending_since = status.pending_since.or(pending_since.map(Time));
        }
        status
    }
}

/// What a status says that others may say word for word.
#[derive(Debug, PartialEq)]
pub(super) struct Common(api::ZoomUserStatus);

/// Nothing in a status is unequal to itself.
impl Eq for Common {}

impl Hash for Common {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let api::ZoomUserStatus { observed_generation, access_generation, synced_generation, role, conditions, .. } =
            &self.0;
        (observed_generation, access_generation, synced_generation, role).hash(state);
        conditions.iter().for_each(|condition| (&condition.reason, &condition.message).hash(state));
    }
}
