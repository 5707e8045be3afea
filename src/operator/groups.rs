//! The step that writes to Zoom, for groups: calls one after the other, many people in each, and departures that were
//! written down.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};
use zoom_account::{GroupApplied, Scope};
use zoom_core::{
    Act, Desired, Email, GroupId, GroupOperation, GroupPlan, GroupRef, Leaving, MemberRefusal, ObjectKey, PersonRef,
    Phase, Plan, Record, RecordReason, Refused, Step, ThingKind, ThingRefusal,
};
use zoom_operator_api as api;

use super::{
    apply::{Turn, retry_at, tracking},
    cluster::ClusterError,
    events::About,
    index::{Removal, Snapshot, Thing},
    pass::{Applied, Pass},
    removals::Look,
    status,
};

/// How long a person whom Zoom refused is not asked again without an edit.
const PATIENCE_WITH_PEOPLE: SignedDuration = SignedDuration::from_hours(6);

/// How often groups say how far they are while their calls run.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// What Zoom refused groups, by the uid of the object: a later object of the same name starts afresh.
#[derive(Default)]
pub(super) struct GroupRefusals {
    groups: BTreeMap<Box<str>, ThingRefusal>,
    people: BTreeMap<Box<str>, Arc<Refused>>,
}

impl GroupRefusals {
    /// Reminds the wishes.
    pub(super) fn remind(&self, desired: &mut Desired) {
        for wish in &mut desired.groups {
            wish.memory.refusal = self.groups.get(&wish.object.uid).cloned();
            wish.refused = self.people.get(&wish.object.uid).cloned().unwrap_or_default();
        }
    }

    /// Forgets objects that are gone.
    pub(super) fn retain(&mut self, snapshot: &Snapshot) {
        let is_there = |uid: &str| snapshot.groups.values().any(|thing| thing.uid == *uid);
        self.groups.retain(|uid, _| is_there(uid));
        self.people.retain(|uid, _| is_there(uid));
    }

    fn note(&mut self, thing: &Thing<api::ZoomGroup>, act: Act, refused: Vec<(Email, Box<str>)>, now: Timestamp) {
        let people = Arc::make_mut(self.people.entry(thing.uid.as_str().into()).or_default());
        let retry_at = now.saturating_add(PATIENCE_WITH_PEOPLE).unwrap_or(Timestamp::MAX);
        people.retain(|_, refusal| refusal.generation == thing.generation && refusal.retry_at > now);
        people.extend(
            refused.into_iter().map(|(email, message)| {
                ((act, email), MemberRefusal { generation: thing.generation, retry_at, message })
            }),
        );
    }
}

/// What a listing must cover for these objects.
pub(super) fn scope(snapshot: &Snapshot) -> Scope {
    let contact_groups = !snapshot.contact_groups.is_empty();
    Scope { groups: contact_groups || !snapshot.groups.is_empty(), contact_groups }
}

/// What somebody was asked into or out of.
fn act(operation: &GroupOperation) -> Act {
    match operation {
        GroupOperation::AddAdmins(..) => Act::Administer,
        GroupOperation::SetPrimary(..) => Act::Prefer,
        GroupOperation::RemoveMember(..) => Act::Leave,
        GroupOperation::RemoveAdmin(..) => Act::Resign,
        GroupOperation::ReadAdmins(_)
        | GroupOperation::Create(_)
        | GroupOperation::Rename(..)
        | GroupOperation::AddMembers(..)
        | GroupOperation::Delete(_) => Act::Join,
    }
}

/// How many people a call names.
fn size(operation: &GroupOperation) -> usize {
    match operation {
        GroupOperation::AddMembers(_, people) | GroupOperation::AddAdmins(_, people) => people.len(),
        GroupOperation::ReadAdmins(_)
        | GroupOperation::Create(_)
        | GroupOperation::Rename(..)
        | GroupOperation::SetPrimary(..)
        | GroupOperation::RemoveMember(..)
        | GroupOperation::RemoveAdmin(..)
        | GroupOperation::Delete(_) => 0,
    }
}

impl Pass<'_> {
    /// Carries out what the plan lets run for groups now; nothing if there is nothing to do.
    pub(super) async fn apply_groups(
        &mut self,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Applied>, ClusterError> {
        if self.is_report_due() {
            self.reported_at = Instant::now();
            self.report_groups(plan, snapshot).await?;
        }
        let mut did_something = false;
        for planned in plan.groups.iter().filter(|planned| planned.runnable) {
            if self.is_outdated() {
                return Ok(Some(Applied::Outdated));
            }
            match self.run_group(planned, snapshot).await? {
                Turn::Over => did_something = true,
                Turn::Account(trouble) => return Ok(Some(self.give_up(trouble))),
                Turn::Stopped => return Ok(Some(Applied::Stopped)),
            }
            if self.is_overtaken(snapshot) || self.is_report_due() {
                break;
            }
        }
        Ok(did_something.then_some(Applied::PlanAgain))
    }

    /// Many groups take minutes: meanwhile they say how far they are.
    fn is_report_due(&self) -> bool {
        self.reported_at.elapsed() > REPORT_EVERY
    }

    /// One group's turn, a call after the other. It ends early when something else is wanted by now.
    async fn run_group(&mut self, planned: &GroupPlan, snapshot: &Snapshot) -> Result<Turn, ClusterError> {
        let Some(thing) = snapshot.groups.get(&planned.object) else { return Ok(Turn::Over) };
        let key = &planned.object;
        if !self.context.may_write() {
            return Ok(Turn::Stopped);
        }
        if !thing.has_finalizer && !self.context.cluster.add_finalizer::<Thing<api::ZoomGroup>>(key, &thing.uid).await?
        {
            return Ok(Turn::Over);
        }
        let announced = status::named::group_announced(thing, planned, Timestamp::now());
        // A mere look at the administrators is nothing to write down.
        let remembered =
            |status: &api::ZoomGroupStatus| (status.creating, status.added.clone(), status.added_admins.clone());
        if remembered(&thing.status) != remembered(&announced) {
            self.context.cluster.write_named_status::<api::ZoomGroup>(key, &thing.uid, &announced).await?;
        }
        let about = About { key: key.clone(), uid: thing.uid.clone() };
        for operation in &planned.operations {
            if !self.context.may_write() {
                return Ok(Turn::Stopped);
            }
            if self.is_outdated() || self.is_overtaken(snapshot) {
                return Ok(Turn::Over);
            }
            let Some(account) = &mut self.kept.account else { break };
            info!(object = %key, %operation, "applying");
            match account.apply_group(operation).await {
                Ok(GroupApplied { refused }) => {
                    self.kept.outages = 0;
                    self.kept.group_refusals.groups.remove(&*thing.uid);
                    let (count, of) = (refused.len(), size(operation));
                    if count < of.max(1)
                        && let Some(done) = operation.done()
                    {
                        self.context.events.done::<api::ZoomGroup>(&about, done, &operation.to_string());
                    }
                    self.kept.group_refusals.note(thing, act(operation), refused, Timestamp::now());
                    if count == GroupOperation::MEMBERS {
                        // Nobody of a full batch: that is more likely about the group than about each of them.
                        return Ok(Turn::Over);
                    }
                }
                Err(error) => {
                    self.refuse_group(thing, &error);
                    return Ok(self.account_trouble(&error).map_or(Turn::Over, Turn::Account));
                }
            }
        }
        Ok(Turn::Over)
    }

    fn refuse_group(&mut self, thing: &Thing<api::ZoomGroup>, error: &zoom_account::Error) {
        warn!(object = thing.uid, error = %error, tracking = tracking(error), "Zoom refused");
        let refusals = &mut self.kept.group_refusals.groups;
        let earlier = refusals.get(&*thing.uid).map_or(0, |refusal| refusal.attempts);
        let refusal = ThingRefusal {
            generation: thing.generation,
            attempts: earlier.saturating_add(1),
            retry_at: retry_at(error.retry(), earlier, Timestamp::now()),
            reason: error.reason(),
            message: error.to_string(),
        };
        refusals.insert(thing.uid.as_str().into(), refusal);
    }

    /// Runs one record of a departure whose turn has come: only those leave who are named in it *and* are still to
    /// leave by the present plan. `None`: its time to be tried again has not come.
    pub(super) async fn run_departure(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Turn>, ClusterError> {
        let Ok(record) = &removal.record else { return Ok(None) };
        let Some(leaving) = record.leaving().filter(|leaving| leaving.thing.kind == ThingKind::Group) else {
            return Ok(None);
        };
        match self.look_at_departure(record, leaving, snapshot).await? {
            Look::Meant => {}
            Look::Later => return Ok(None),
            Look::Over(phase, reason, message) => {
                self.set_phase(object, removal, phase, reason, &message).await?;
                return Ok(Some(Turn::Over));
            }
        }
        let operations = departures(record, leaving, plan);
        let mut done = 0_usize;
        for operation in &operations {
            if !self.context.may_write() {
                return Ok(Some(Turn::Stopped));
            }
            if self.is_outdated() || self.is_overtaken(snapshot) {
                return Ok(Some(Turn::Over));
            }
            let Some(account) = &mut self.kept.account else { return Ok(None) };
            info!(removal = %object, %operation, "applying");
            match account.apply_group(operation).await {
                Ok(_) => done = done.saturating_add(1),
                Err(error) => match self.refused_departure(object, removal, operation, &error, snapshot).await? {
                    None => {}
                    Some(turn) => return Ok(Some(turn)),
                },
            }
        }
        let message = format!("{}: {done} of {} done and proved", leaving.thing.name, operations.len());
        self.set_phase(object, removal, Phase::Done, RecordReason::Completed, &message).await?;
        Ok(Some(Turn::Over))
    }

    /// One person whom Zoom keeps in does not keep the others in. Returns how the turn ends, if it does.
    async fn refused_departure(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        operation: &GroupOperation,
        error: &zoom_account::Error,
        snapshot: &Snapshot,
    ) -> Result<Option<Turn>, ClusterError> {
        use zoom_account::Retry;
        let source = removal.record.as_ref().ok().and_then(|record| record.source.as_ref());
        let thing = source.and_then(|source| snapshot.groups.get(&source.object));
        let person = match operation {
            GroupOperation::RemoveMember(_, person) => Some(&person.email),
            GroupOperation::RemoveAdmin(_, email) => Some(email),
            GroupOperation::ReadAdmins(_)
            | GroupOperation::Create(_)
            | GroupOperation::Rename(..)
            | GroupOperation::AddMembers(..)
            | GroupOperation::SetPrimary(..)
            | GroupOperation::AddAdmins(..)
            | GroupOperation::Delete(_) => None,
        };
        match (error.retry(), thing, person) {
            (Retry::AfterEdit | Retry::Slowly, Some(thing), Some(person)) => {
                let refused = vec![(person.clone(), error.to_string().into())];
                self.kept.group_refusals.note(thing, act(operation), refused, Timestamp::now());
                Ok(None)
            }
            _ => self.failed(object, removal, error).await.map(Some),
        }
    }

    /// The last look before somebody is taken out: is it still meant?
    async fn look_at_departure(
        &self,
        record: &Record,
        leaving: &Leaving,
        snapshot: &Snapshot,
    ) -> Result<Look, ClusterError> {
        let Some(source) = &record.source else { return Ok(Look::Meant) };
        if self.is_torn_down(&record.subject, &source.object.namespace).await? {
            let message = "the namespace of the object, or a kind of objects that speak for members, is being deleted: \
                           nobody leaves a group for that";
            return Ok(Look::Over(Phase::Cancelled, RecordReason::Teardown, message.to_owned()));
        }
        let live = self.context.cluster.live_thing::<api::ZoomGroup>(&source.object).await?;
        let deletes = record.steps == [Step::DeleteGroup];
        Ok(match live.filter(|(connection, thing)| *connection == self.key && !thing.deleting) {
            Some(_) if deletes => {
                let message = format!("{} declares {:?} again", source.object, leaving.thing.name);
                Look::Over(Phase::Cancelled, RecordReason::Reclaimed, message)
            }
            Some((_, thing)) if thing.uid == *source.uid => {
                let known = snapshot.groups.get(&source.object);
                if known.is_some_and(|known| known.generation == thing.generation) { Look::Meant } else { Look::Later }
            }
            None if deletes => Look::Meant,
            Some(_) | None => {
                let message = format!("{} is gone, and its edit with it", source.object);
                Look::Over(Phase::Cancelled, RecordReason::TakenBack, message)
            }
        })
    }
}

/// The calls that a record still needs.
fn departures(record: &Record, leaving: &Leaving, plan: &Plan) -> Vec<GroupOperation> {
    let group = || GroupRef { id: GroupId::new(&leaving.thing.id), name: leaving.thing.name.clone() };
    let source = record.source.as_ref().map(|source| &source.object);
    let planned = plan.groups.iter().find(|planned| Some(&planned.object) == source);
    let planned = planned.filter(|planned| planned.group.as_ref().map(AsRef::as_ref) == Some(&*leaving.thing.id));
    let still = |wanted: fn(&GroupPlan) -> &[PersonRef]| {
        let leaves = move |person: &&PersonRef| planned.is_some_and(|planned| wanted(planned).contains(person));
        leaving.people.iter().filter(leaves)
    };
    let steps = record.steps.iter().flat_map(|step| match step {
        Step::RemoveMembers => still(|planned| &planned.leaving)
            .map(|person| GroupOperation::RemoveMember(group(), person.clone()))
            .collect(),
        Step::RemoveAdmins => still(|planned| &planned.leaving_admins)
            .map(|person| GroupOperation::RemoveAdmin(group(), person.email.clone()))
            .collect(),
        Step::DeleteGroup => vec![GroupOperation::Delete(group())],
        Step::Deactivate
        | Step::Unlink(_)
        | Step::Delete(_)
        | Step::SetLicense(_)
        | Step::SetRole(_)
        | Step::SetEmail(_)
        | Step::DeleteRole
        | Step::DeleteContactGroup
        | Step::Create => Vec::new(),
    });
    steps.collect()
}
