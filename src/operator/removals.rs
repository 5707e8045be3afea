//! Removal records: written down before they run, looked at once more right before, and told how they ended.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::Timestamp;
use tracing::{error, info, warn};
use zoom_account::Retry;
use zoom_core::{
    Class, Lookup, NewRecord, Next, ObjectKey, Operation, Person, PersonRef, Phase, Plan, Reason, Record, RecordChange,
    RecordReason, Release, Restore, State, Subject, ThingKind, plan_person,
};
use zoom_operator_api as api;

use super::{
    apply::{Turn, retry_at, tracking},
    bulk,
    cluster::{ClusterError, tolerate},
    events::About,
    index::{Named, Referrer, Removal, Snapshot, Thing, User},
    kept::RemovalRetry,
    pass::Pass,
    status, translate,
};

/// A kind and a namespace.
pub(super) type Place = (&'static str, Arc<str>);

/// How often a removal that Zoom took without effect is tried again: after 5 and after another 10 seconds.
const REPEATS: u32 = 2;

const DONE_SINCE: &str = "done since it was first tried, as a read shows now";

/// What the last look before a removal showed.
pub(super) enum Look {
    Meant,
    /// The index does not know the newest edit yet.
    Later,
    Over(Phase, RecordReason, String),
}

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
        // An edit of somebody else is carried out first, and the wave goes on in the next round.
        let edits_wait = plan.edits > 0 && self.is_usable();
        let yields = &bulk::at_least_one(|| self.may_go_on(), || !edits_wait && self.goes_on(snapshot));
        let is_new = AtomicBool::new(false);
        let write = |record| self.write_record(record, torn_down, &is_new, snapshot);
        let (urgent, phases): (Vec<_>, Vec<_>) = plan.changes.iter().partition(|change| change.phase == Phase::Running);
        let (ended, phases): (Vec<_>, Vec<_>) = phases.into_iter().partition(|change| change.phase == Phase::Cancelled);
        let names: HashSet<&str> = urgent.iter().map(|change| &*change.name).collect();
        let (run_now, records): (Vec<_>, Vec<_>) =
            plan.new_records.iter().partition(|record| names.contains(record.name.as_str()));
        let released: HashMap<&ObjectKey, Release> = plan.released.iter().map(|(object, why)| (object, *why)).collect();
        // A wave is decided as a whole: before all its records stand none of them is told that it is held.
        let done = bulk::each(run_now, goes_on, write).await?
            && bulk::each(urgent, goes_on, |change| self.tell_phase(change)).await?
            // Without its object nobody could tell any more that a record is not asked for.
            && bulk::each(ended, yields, |change| self.tell_phase(change)).await?
            && bulk::each(&plan.let_go, yields, |object| {
                self.let_user_go(object, released.get(object).copied(), snapshot)
            })
            .await?
            && bulk::each(records, yields, write).await?
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
        Ok(done && !is_new.into_inner())
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
                self.not_written(record, &error, snapshot).await?;
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
        tolerate(self.set_phase(&object, &removal, change.phase, reason, message).await).map(drop)
    }

    async fn let_user_go(
        &self,
        object: &ObjectKey,
        released: Option<Release>,
        snapshot: &Snapshot,
    ) -> Result<(), ClusterError> {
        let Some(user) = snapshot.users.get(object).filter(|user| user.has_finalizer) else { return Ok(()) };
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

    /// Runs one removal record whose turn has come. `None`: its time to be tried again has not come.
    pub(super) async fn run_record(
        &mut self,
        object: &ObjectKey,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Turn>, ClusterError> {
        let now = Timestamp::now();
        let Some(removal) = self.context.index.removal(object) else { return Ok(None) };
        let Ok(record) = &removal.record else { return Ok(None) };
        let too_early =
            |retry: &RemovalRetry| retry.at > now && (retry.heir_is_there || !record.heir_is_there(self.directory()));
        if self.kept.removal_retries.get(object).is_some_and(too_early) {
            return Ok(None);
        }
        if record.phase != Phase::Running {
            return Ok(None);
        }
        if !self.context.cluster.stands(object, &removal.uid).await? {
            self.context.index.remove::<Removal>(object);
            return Ok(Some(Turn::Over));
        }
        let Some(person) = record.person() else {
            return self.run_departure(object, &removal, plan, snapshot).await;
        };
        let is_cut_short = record.is_cut_short(self.directory(), &self.policy, now);
        let look = if is_cut_short { Look::Meant } else { self.look(record).await? };
        match look {
            Look::Meant => {}
            Look::Later => return Ok(None),
            Look::Over(phase, reason, message) => {
                self.kept.removal_retries.remove(object);
                self.set_phase(object, &removal, phase, reason, &message).await?;
                return Ok(Some(Turn::Over));
            }
        }
        let Some(account) = &mut self.kept.account else { return Ok(None) };
        // Nobody is removed by what a listing said: the person is looked at right before.
        let row = match account.read(person).await {
            Ok(row) => row,
            // Zoom shows nobody whose invitation ran out, and lets it be withdrawn all the same.
            Err(error) if error.reason() == Reason::InvitationExpired => self.row(person.id.as_ref(), &person.email),
            Err(error) => return self.failed(object, &removal, &error).await.map(Some),
        };
        self.carry_out(object, Removal::clone(&removal), row, is_cut_short).await
    }

    /// Runs the steps of a record that are open, from what a fresh read of its person showed.
    async fn carry_out(
        &mut self,
        object: &ObjectKey,
        mut removal: Removal,
        mut row: Option<Person>,
        is_cut_short: bool,
    ) -> Result<Option<Turn>, ClusterError> {
        let Ok(record) = &removal.record.clone() else { return Ok(None) };
        let Some(person) = record.person() else { return Ok(None) };
        let (mut ran, mut gone, mut sessions) = (Vec::new(), false, String::new());
        if is_cut_short {
            self.kept.tried.insert(removal.uid.clone());
            sessions = self.end_sessions(person).await;
        }
        loop {
            match record.next(row.as_ref(), self.directory(), &self.policy, Timestamp::now()) {
                // Nobody looked whether that is still meant.
                Next::Run(_) if is_cut_short => return Ok(Some(Turn::Over)),
                // The next plan says whether another record keeps them.
                Next::Run(next) if next.is_for_good() && matches!(ran.last(), Some(Operation::Deactivate(_))) => break,
                Next::Run(operation) if !ran.contains(&operation) => {
                    if !self.context.may_write() {
                        return Ok(Some(Turn::Stopped));
                    }
                    if operation.takes_access() {
                        self.keep_what_they_had(object, person, &mut removal).await?;
                    }
                    info!(removal = %object, person = %person.email, %operation, "applying");
                    let Some(account) = &mut self.kept.account else { return Ok(None) };
                    match account.apply(&operation).await {
                        Ok(zoom_account::Applied::Gone) => gone = true,
                        Ok(_) => {}
                        Err(error) if error.is_withheld() => return Ok(Some(Turn::Stopped)),
                        Err(error) => return self.in_doubt(object, &removal, person, &error).await.map(Some),
                    }
                    self.note_spent(record, &removal);
                    row = self.row(person.id.as_ref(), &person.email);
                    if let Operation::Deactivate(person) = &operation {
                        sessions = self.end_sessions(person).await;
                    }
                    ran.push(operation);
                }
                Next::Run(operation) => {
                    let message = format!("Zoom accepted this without effect: {operation}; do it in Zoom by hand");
                    self.without_effect(object, &removal, &message).await?;
                    return Ok(Some(Turn::Over));
                }
                Next::Wait(at) => {
                    let at = translate::whole_seconds(at);
                    let message = format!("{}; the rest runs at {at}{sessions}", told(&ran));
                    self.set_phase(object, &removal, Phase::Scheduled, RecordReason::NotBefore, &message).await?;
                    break;
                }
                Next::End(phase, _, _) if gone => {
                    let message = "the person had gone before their data could be handed over: what became of it is not \
                                   known, ask whoever removed them";
                    self.set_phase(object, &removal, phase, RecordReason::AlreadyDone, message).await?;
                    break;
                }
                Next::End(phase, reason, message) => {
                    // Also what an earlier try turns out to have done.
                    if phase == Phase::Done && record.started_at.is_some() {
                        self.note_spent(record, &removal);
                    }
                    let (reason, message) = match (phase, ran.is_empty()) {
                        (Phase::Done, false) => (RecordReason::Completed, told(&ran)),
                        _ => (reason, message),
                    };
                    let (reason, message) = self.done_since(&removal, reason, &message);
                    self.set_phase(object, &removal, phase, reason, &format!("{message}{sessions}")).await?;
                    break;
                }
            }
        }
        self.kept.removal_retries.remove(object);
        Ok(Some(Turn::Over))
    }

    /// An operation failed, and may have been done all the same: if the person is declared again meanwhile, it must be known
    /// that this took their access, and nobody in Zoom.
    async fn in_doubt(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        person: &PersonRef,
        error: &zoom_account::Error,
    ) -> Result<Turn, ClusterError> {
        self.kept.tried.insert(removal.uid.clone());
        if error.reason() == Reason::ZoomUnavailable
            && let Some(account) = &mut self.kept.account
            && let Err(unread) = account.read(person).await
        {
            warn!(removal = %object, error = %unread, "what came of it cannot be seen yet");
        }
        self.failed(object, removal, error).await
    }

    /// What nothing tells of once it is taken is written down before: the look that this record was written by may be old,
    /// or have shown nothing.
    async fn keep_what_they_had(
        &self,
        object: &ObjectKey,
        person: &PersonRef,
        removal: &mut Removal,
    ) -> Result<(), ClusterError> {
        // Zoom may have taken some of it by a try that was in doubt.
        if removal.status.restore.is_some() || self.kept.tried.contains(&removal.uid) {
            return Ok(());
        }
        let had = Restore::of(person, self.directory());
        let known = removal.record.as_ref().ok().and_then(|record| record.restore.as_ref());
        if had.is_some() && had.as_ref() != known {
            removal.status.restore = had.as_ref().map(translate::returning::restore_out);
            self.context.cluster.write_removal_status(object, &removal.uid, &removal.status).await?;
        }
        Ok(())
    }

    /// Ends the sessions of somebody who was deactivated. Returns what to say of it: nothing, if all is well.
    async fn end_sessions(&self, person: &PersonRef) -> String {
        let is_inactive = self.row(person.id.as_ref(), &person.email).is_some_and(|row| row.state == State::Inactive);
        let Some(account) = self.kept.account.as_ref().filter(|_| is_inactive) else { return String::new() };
        match account.sign_out(person).await {
            Ok(()) => String::new(),
            Err(error) => {
                warn!(email = %person.email, %error, "deactivated, but sessions that run were not ended");
                format!("; sessions that run may go on: {error}")
            }
        }
    }

    /// The last look before something is taken from a person: is it still meant?
    async fn look(&self, record: &Record) -> Result<Look, ClusterError> {
        let (Some(source), Some(person)) = (&record.source, record.person()) else { return Ok(Look::Meant) };
        let cancelled = |reason, message| Ok(Look::Over(Phase::Cancelled, reason, message));
        let live = self.context.cluster.live_user(&source.object).await?;
        let same = live.as_ref().filter(|(_, user)| !user.deleting && *user.uid() == *source.uid);
        if let Some((_, user)) = same {
            if self.context.index.user(&source.object).is_none_or(|known| known.generation != user.generation) {
                return Ok(Look::Later);
            }
            let wish = self.wish(user);
            let named = wish.as_ref().is_some_and(|wish| match wish.find(self.directory()) {
                Lookup::Found(row) => row.reference().is_same(person),
                Lookup::Absent | Lookup::Unknown => false,
            });
            let planned = wish.map(|wish| plan_person(&wish, &self.policy, self.directory(), Timestamp::now()));
            if let Some(verdict) = planned.as_ref().map(|planned| &planned.verdict)
                && verdict.reason == Reason::LastAdmin
            {
                return Ok(Look::Over(Phase::Refused, RecordReason::LastAdmin, verdict.message.to_string()));
            }
            if named && planned.is_some_and(|planned| planned.taken().iter().any(|step| record.steps.contains(step))) {
                return Ok(Look::Meant);
            }
            return cancelled(RecordReason::TakenBack, format!("{} does not ask for this any more", source.object));
        }
        let now = self.directory().as_seen(person);
        if let Some(claimant) = self.context.index.claimant(&self.key, &now, &self.policy.access) {
            return cancelled(RecordReason::Reclaimed, format!("{claimant} declares {} again", person.email));
        }
        if self.context.cluster.is_torn_down::<api::ZoomUser>(&source.object.namespace).await? {
            let message = "the namespace of the object, or its kind, is being deleted: nobody is removed for that";
            return cancelled(RecordReason::Teardown, message.to_owned());
        }
        match live {
            Some((connection, user)) if connection == self.key && user.claims(person) => {
                cancelled(RecordReason::Reclaimed, format!("{} declares {} again", source.object, person.email))
            }
            Some(_) | None => Ok(Look::Meant),
        }
    }

    pub(super) async fn failed(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        error: &zoom_account::Error,
    ) -> Result<Turn, ClusterError> {
        if let Some(trouble) = self.account_trouble(error) {
            return Ok(Turn::Account(trouble));
        }
        warn!(removal = %object, error = %error, tracking = tracking(error), "Zoom refused");
        match error.retry() {
            Retry::AfterEdit if error.reason() == Reason::NotApplied => {
                self.without_effect(object, removal, &error.to_string()).await?;
            }
            Retry::AfterEdit => {
                let needs_owner = error.reason() == Reason::NeedsOwner;
                let reason = if needs_owner { RecordReason::NeedsOwner } else { RecordReason::ZoomRefused };
                self.kept.removal_retries.remove(object);
                self.set_phase(object, removal, Phase::Refused, reason, &error.to_string()).await?;
            }
            retry @ (Retry::Soon | Retry::At(_) | Retry::Slowly | Retry::Rarely | Retry::Account) => {
                self.try_later(object, removal, retry, &error.to_string()).await?;
            }
        }
        Ok(Turn::Over)
    }

    /// What Zoom took without effect is tried again a few times, or a leaver would keep their access for one bad answer,
    /// or because Zoom was slow to show what it did.
    pub(super) async fn without_effect(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        message: &str,
    ) -> Result<(), ClusterError> {
        let in_vain = self.kept.removal_retries.get(object).map_or(0, |retry| retry.in_vain);
        if in_vain < REPEATS {
            self.try_later(object, removal, Retry::Soon, message).await?;
            self.kept
                .removal_retries
                .entry(object.clone())
                .and_modify(|retry| retry.in_vain = in_vain.saturating_add(1));
            return Ok(());
        }
        self.kept.removal_retries.remove(object);
        self.set_phase(object, removal, Phase::Refused, RecordReason::ZoomRefused, message).await
    }

    /// What was tried here, and then found done, was most likely done here: only its answer was lost.
    fn done_since<'m>(&self, removal: &Removal, reason: RecordReason, message: &'m str) -> (RecordReason, &'m str) {
        if reason == RecordReason::AlreadyDone && self.kept.tried.contains(&removal.uid) {
            (RecordReason::Completed, DONE_SINCE)
        } else {
            (reason, message)
        }
    }

    async fn try_later(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        retry: Retry,
        message: &str,
    ) -> Result<(), ClusterError> {
        let (earlier, in_vain) =
            self.kept.removal_retries.get(object).map_or((0, 0), |retry| (retry.attempts, retry.in_vain));
        let record = removal.record.as_ref().ok();
        let retry = RemovalRetry {
            attempts: earlier.saturating_add(1),
            in_vain,
            at: retry_at(retry, earlier, Timestamp::now()),
            heir_is_there: record.is_some_and(|record| record.heir_is_there(self.directory())),
        };
        self.kept.removal_retries.insert(object.clone(), retry);
        // Why it runs stays as it was: approved, asked for by hand, or within the limit.
        let running = record.and_then(|record| record.reason).unwrap_or(RecordReason::WithinLimit);
        self.set_phase(object, removal, Phase::Running, running, &format!("tried again: {message}")).await
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
        let decided_by = removal.record.as_ref().ok().and_then(|record| record.decided_by.as_deref());
        let generation = removal.generation;
        let new = status::removal(&removal.status, phase, reason, message, decided_by, generation, Timestamp::now());
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

fn told(ran: &[Operation]) -> String {
    if ran.is_empty() {
        return DONE_SINCE.to_owned();
    }
    let done: Vec<String> = ran.iter().map(Operation::to_string).collect();
    format!("done and proved: {}", done.join("; "))
}
