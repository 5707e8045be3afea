//! Removal records: written down before they run, and told their phases.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tracing::{error, info};
use zoom_core::{
    Class, NewRecord, ObjectKey, Phase, Plan, Record, RecordChange, RecordReason, Release, Subject, ThingKind,
};
use zoom_operator_api as api;

use super::{
    bulk,
    cluster::{ClusterError, tolerate},
    events::About,
    index::{Named, Referrer, Removal, Snapshot, Thing, User},
    pass::Pass,
    status, translate,
};

/// How long the edits of others wait in each round for what is written down.
const EDITS_WAIT: Duration = Duration::from_millis(100);

/// A kind and a namespace.
pub(super) type Place = (&'static str, Arc<str>);

impl Pass<'_> {
    /// Writes removal records before anything of them runs, tells them their phases, and lets deleted objects go whose
    /// record stands. What may run now comes first; many of the others take a while, and wait when something else is wanted.
    ///
    /// Returns whether the plan stands as it is: nothing was left undone, and there is no new record to plan with.
    pub(super) async fn write_down(
        &self,
        plan: &Plan,
        torn_down: &HashSet<Place>,
        snapshot: &Snapshot,
    ) -> Result<bool, ClusterError> {
        // One object at least, or a stream of edits could keep leavers in for ever.
        let goes_on = &bulk::at_least_one(|| self.may_go_on(), || self.goes_on(snapshot));
        // An edit of somebody else is carried out soon, and the wave goes on in the next round.
        let edits_wait = plan.edits > 0 && self.is_usable();
        let is_their_turn = || edits_wait && self.planned_at.elapsed() > EDITS_WAIT;
        let yields = &bulk::at_least_one(|| self.may_go_on(), || !is_their_turn() && self.goes_on(snapshot));
        let is_new = AtomicBool::new(false);
        let write = |record| self.write_record(record, torn_down, &is_new, snapshot);
        let (urgent, phases): (Vec<_>, Vec<_>) = plan.changes.iter().partition(|change| change.phase == Phase::Running);
        let (ended, phases): (Vec<_>, Vec<_>) = phases.into_iter().partition(|change| change.phase == Phase::Cancelled);
        let names: HashSet<&str> = urgent.iter().map(|change| &*change.name).collect();
        let (run_now, records): (Vec<_>, Vec<_>) =
            plan.new_records.iter().partition(|record| names.contains(record.name.as_str()));
        let released: HashMap<&ObjectKey, Release> = plan.released.iter().map(|(object, why)| (object, *why)).collect();
        // Without its object nobody could tell any more that a record is not asked for.
        let told = bulk::each(run_now, goes_on, write).await?
            && bulk::each(urgent, goes_on, |change| self.tell_phase(change)).await?
            && bulk::each(ended, yields, |change| self.tell_phase(change)).await?;
        let gone = if told {
            let held = plan.let_go.iter().filter_map(|object| Some((object, self.held_user(object, snapshot)?)));
            let let_go = |(object, user)| self.let_user_go(object, user, released.get(object).copied());
            bulk::each(held, yields, let_go).await
        } else {
            Ok(false)
        };
        // A wave is decided as a whole: before all its records stand none of them is told that it is held.
        let done = !matches!(gone, Ok(false))
            && bulk::each(records, yields, write).await?
            && self.report_held(plan, snapshot).await?
            && bulk::each(phases, yields, |change| self.tell_phase(change)).await?;
        for object in &plan.let_go_groups {
            self.let_go_of(object, snapshot.groups.get(object)).await?;
        }
        for object in &plan.let_go_roles {
            self.let_go_of(object, snapshot.roles.get(object)).await?;
        }
        for object in &plan.let_go_contact_groups {
            self.let_go_of(object, snapshot.contact_groups.get(object)).await?;
        }
        Ok(gone? && done && !is_new.into_inner())
    }

    /// Kinds and namespaces of new records whose objects are going as a whole.
    pub(super) async fn torn_down(&self, plan: &Plan) -> Result<HashSet<Place>, ClusterError> {
        let places: HashMap<_, &Subject> =
            plan.new_records.iter().filter_map(|record| Some((place(record)?, &record.subject))).collect();
        let going = bulk::found(places, |(place, subject)| async move {
            Ok(self.is_torn_down(subject, &place.1).await?.then_some(place))
        });
        Ok(going.await?.into_iter().collect())
    }

    async fn write_record(
        &self,
        record: &NewRecord,
        torn_down: &HashSet<Place>,
        is_new: &AtomicBool,
        snapshot: &Snapshot,
    ) -> Result<(), ClusterError> {
        if let Some(source) = &record.source
            && place(record).is_some_and(|place| torn_down.contains(&place))
        {
            info!(object = %source.object, "no removal: its namespace or its kind is being deleted");
            return self.let_go(&record.subject, &source.object, snapshot).await;
        }
        self.context.cluster.turns.next().await;
        let object = ObjectKey::new(self.key.namespace.clone(), record.name.as_str());
        match self.context.cluster.create_removal(&translate::removal_object(record, self.connection)).await {
            // One of that name that this version cannot understand is nothing to plan with, however often.
            Ok(()) if !self.is_readable(&object) => {
                self.not_written(record, &"there is one that this version does not understand", snapshot).await?;
            }
            Ok(()) => is_new.store(true, Ordering::Relaxed),
            Err(error) if error.is_refusal() => {
                error!(removal = record.name, error = &error as &dyn std::error::Error, "a removal was refused");
                self.not_written(record, &error.told(), snapshot).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn is_readable(&self, object: &ObjectKey) -> bool {
        self.context.index.removal(object).is_none_or(|removal| removal.record.is_ok())
    }

    async fn tell_phase(&self, change: &RecordChange) -> Result<(), ClusterError> {
        let object = ObjectKey::new(self.key.namespace.clone(), change.name.clone());
        let Some(removal) = self.context.index.removal(&object) else { return Ok(()) };
        // The name of a new record may be taken by one that ended: the cache was behind, and the next plan knows better.
        let lifts = |record: &Record| record.hold.is_some() && change.phase == Phase::Cancelled;
        if !removal.record.as_ref().is_ok_and(|record| record.phase.is_open() || lifts(record)) {
            return Ok(());
        }
        self.context.cluster.turns.next().await;
        // What it concerns stands in the status before it runs: so much of the limits is used up, whatever happens then.
        let mut removal = Removal::clone(&removal);
        if removal.record.as_ref().is_ok_and(|record| change.people > record.people()) {
            removal.status.people = i64::try_from(change.people).ok();
        }
        let (reason, message) = self.done_since(&removal, change.reason, &change.message);
        let written = self.set_phase(&object, &removal, change.phase, reason, message).await;
        self.tolerate_of(&object, &removal, written).map(drop)
    }

    /// What the API server refuses of one record must not stop the others. An event says it, because the status cannot.
    pub(super) fn tolerate_of<T>(
        &self,
        object: &ObjectKey,
        removal: &Removal,
        written: Result<T, ClusterError>,
    ) -> Result<Option<T>, ClusterError> {
        if let Err(refused) = &written
            && refused.is_refusal()
        {
            let about = About { key: object.clone(), uid: removal.uid.clone() };
            self.context.events.warning::<api::ZoomRemoval>(&about, "StatusNotWritten", &refused.told());
        }
        tolerate(written)
    }

    /// The object, if it is there as long as our finalizer is.
    fn held_user<'s>(&self, object: &ObjectKey, snapshot: &'s Snapshot) -> Option<&'s User> {
        let user = snapshot.users.get(object)?;
        let is_held = self.context.index.user(object).is_some_and(|now| now.has_finalizer && now.uid() == user.uid());
        is_held.then_some(user)
    }

    async fn let_user_go(
        &self,
        object: &ObjectKey,
        user: &User,
        released: Option<Release>,
    ) -> Result<(), ClusterError> {
        if let Some(why) = released {
            self.tell_released(object, user, why);
        }
        self.release::<User>(object, user.uid(), user.has_finalizer).await
    }

    /// Whether the objects that speak for what a record takes are going as a whole: then nothing is taken. Members are
    /// spoken for by users, too.
    pub(super) async fn is_torn_down(&self, subject: &Subject, namespace: &str) -> Result<bool, ClusterError> {
        let cluster = &self.context.cluster;
        if cluster.is_torn_down::<api::ZoomUser>(namespace).await? {
            return Ok(true);
        }
        let Subject::Members(leaving) = subject else { return Ok(false) };
        match leaving.thing.kind {
            ThingKind::Group => cluster.is_torn_down::<api::ZoomGroup>(namespace).await,
            ThingKind::Role => cluster.is_torn_down::<api::ZoomRole>(namespace).await,
            ThingKind::ContactGroup => cluster.is_torn_down::<api::ZoomContactGroup>(namespace).await,
        }
    }

    /// The API server does not take a record, so nothing is taken from its person; a deleted object is let go, because
    /// it would wait for ever.
    async fn not_written(
        &self,
        record: &NewRecord,
        why: &(dyn Display + Sync),
        snapshot: &Snapshot,
    ) -> Result<(), ClusterError> {
        let Some(source) = &record.source else { return Ok(()) };
        let about = About { key: source.object.clone(), uid: source.uid.to_string() };
        let note = format!("the removal cannot be written down, so nobody is removed: {why}");
        match translate::thing_kind(&record.subject) {
            None => self.context.events.warning::<api::ZoomUser>(&about, "RemovalNotWritten", &note),
            Some(ThingKind::Group) => {
                self.context.events.warning::<api::ZoomGroup>(&about, "RemovalNotWritten", &note);
            }
            Some(ThingKind::Role) => self.context.events.warning::<api::ZoomRole>(&about, "RemovalNotWritten", &note),
            Some(ThingKind::ContactGroup) => {
                self.context.events.warning::<api::ZoomContactGroup>(&about, "RemovalNotWritten", &note);
            }
        }
        if source.deleted {
            self.let_go(&record.subject, &source.object, snapshot).await?;
        }
        Ok(())
    }

    /// Tells that a person stays, unmanaged from now on, although their object was deleted.
    fn tell_released(&self, object: &ObjectKey, user: &User, why: Release) {
        let because = match why {
            Release::Switch => "the connection's mode is Plan",
            Release::Suspended => "this object was suspended",
            Release::Access => "the connection's access does not cover this object",
        };
        let note = format!("deleted, and the person stays in Zoom as they are, unmanaged from now on: {because}");
        let about = About { key: object.clone(), uid: user.uid().to_owned() };
        self.context.events.warning::<api::ZoomUser>(&about, &why.to_string(), &note);
    }

    /// Lets the object go that asked for a record, if it is being deleted.
    async fn let_go(&self, subject: &Subject, object: &ObjectKey, snapshot: &Snapshot) -> Result<(), ClusterError> {
        match translate::thing_kind(subject) {
            None => match snapshot.users.get(object).filter(|user| user.deleting) {
                Some(user) => self.release::<User>(object, user.uid(), user.has_finalizer).await,
                None => Ok(()),
            },
            Some(ThingKind::Group) => self.let_go_of(object, snapshot.groups.get(object)).await,
            Some(ThingKind::Role) => self.let_go_of(object, snapshot.roles.get(object)).await,
            Some(ThingKind::ContactGroup) => self.let_go_of(object, snapshot.contact_groups.get(object)).await,
        }
    }

    async fn let_go_of<K: Named>(&self, object: &ObjectKey, thing: Option<&Arc<Thing<K>>>) -> Result<(), ClusterError> {
        match thing.filter(|thing| thing.deleting) {
            Some(thing) => self.release::<Thing<K>>(object, &thing.uid, thing.has_finalizer).await,
            None => Ok(()),
        }
    }

    async fn release<E: Referrer>(
        &self,
        object: &ObjectKey,
        uid: &str,
        has_finalizer: bool,
    ) -> Result<(), ClusterError> {
        if has_finalizer && self.context.may_write() {
            self.context.cluster.turns.next().await;
            tolerate(self.context.cluster.remove_finalizer::<E>(object, uid).await)?;
        }
        Ok(())
    }

    /// Writes a record's phase and tells people when it changed.
    pub(super) async fn set_phase(
        &self,
        object: &ObjectKey,
        removal: &Removal,
        phase: Phase,
        reason: RecordReason,
        message: &str,
    ) -> Result<(), ClusterError> {
        if !self.context.may_write() {
            return Ok(());
        }
        let record = removal.record.as_deref().ok();
        let generation = removal.generation;
        let new = status::removal(&removal.status, phase, reason, message, record, generation, Timestamp::now());
        self.context.cluster.write_removal_status(object, &removal.uid, &new).await?;
        if removal.status.phase != new.phase {
            let about = About { key: object.clone(), uid: removal.uid.clone() };
            let events = &self.context.events;
            match new.phase {
                Some(api::Phase::Held | api::Phase::Refused) => {
                    events.warning::<api::ZoomRemoval>(&about, &reason.to_string(), message);
                }
                _ => events.done::<api::ZoomRemoval>(&about, &reason.to_string(), message),
            }
        }
        Ok(())
    }
}

/// The kind and namespace that may be going with the object of a record. Where nothing was deleted and nobody leaves a group,
/// nothing follows from that.
fn place(record: &NewRecord) -> Option<Place> {
    let source = record.source.as_ref().filter(|source| source.deleted || record.class == Class::Membership)?;
    Some((translate::source_kind(&record.subject), source.object.namespace.clone()))
}
