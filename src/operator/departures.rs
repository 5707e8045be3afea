//! Departures from groups, roles and contact groups that were written down: looked at once more, run, and told how they
//! ended.

use jiff::Timestamp;
use tracing::info;
use zoom_account::{Error, Retry};
use zoom_core::{
    Asked, ContactGroupId, ContactGroupPlan, ContactId, ContactOperation, ContactRef, GroupId, GroupOperation,
    GroupRef, Leaving, LeavingGroup, ObjectKey, PersonRef, Phase, Plan, Record, RecordReason, RoleId, RoleOperation,
    RolePlan, Step, ThingKind,
};
use zoom_operator_api as api;

use super::{
    apply::Turn,
    cluster::ClusterError,
    groups::Call,
    index::{Named, Removal, Snapshot},
    pass::Pass,
    removing::Look,
};

impl Pass<'_> {
    /// Runs one record whose turn has come: only those leave who are named in it *and* are still to leave by the present
    /// plan. `None`: it cannot run now.
    pub(super) async fn run_departure(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<Option<Turn>, ClusterError> {
        let Ok(record) = &removal.record else { return Ok(None) };
        let Some(leaving) = record.leaving() else { return Ok(None) };
        match self.look_at_departure(record, leaving, snapshot).await? {
            Look::Meant => {}
            Look::Later => return Ok(None),
            Look::Over(phase, reason, message) => {
                self.set_phase(object, removal, phase, reason, &message).await?;
                return Ok(Some(Turn::Over));
            }
        }
        let calls = calls(record, leaving, plan);
        let group = GroupRef { id: GroupId::new(&leaving.thing.id), name: leaving.thing.name.clone() };
        let (mut done, mut taken_out) = (0_usize, Vec::new());
        for call in &calls {
            if !self.context.may_write() {
                return Ok(Some(Turn::Stopped));
            }
            if self.is_outdated() || (done > 0 && self.is_overtaken(snapshot)) {
                let stayed = self.prove_taken_out(object, removal, &group, &taken_out).await?;
                return Ok(Some(stayed.unwrap_or(Turn::Over)));
            }
            let Some(account) = &mut self.kept.account else { return Ok(None) };
            info!(removal = %object, operation = %call, "applying");
            match call.make(account).await {
                Ok(_) => {
                    done = done.saturating_add(1);
                    self.note_spent(record, removal);
                    if let Call::Group(GroupOperation::RemoveMember(_, person)) = call {
                        taken_out.push(person.clone());
                    }
                }
                Err(error) if error.is_withheld() => return Ok(Some(Turn::Stopped)),
                Err(error) => {
                    if !self.keeps(record, leaving, call, &error, snapshot) {
                        return self.failed(object, removal, &error, "").await.map(Some);
                    }
                }
            }
        }
        if let Some(turn) = self.prove_taken_out(object, removal, &group, &taken_out).await? {
            return Ok(Some(turn));
        }
        let message = format!("{}: {done} of {} calls done", leaving.thing.name, calls.len());
        self.set_phase(object, removal, Phase::Done, RecordReason::Completed, &message).await?;
        Ok(Some(Turn::Over))
    }

    /// One look for all whom Zoom took out of a group by its own word. Returns how the turn ended if some are still in.
    async fn prove_taken_out(
        &mut self,
        object: &ObjectKey,
        removal: &Removal,
        group: &GroupRef,
        people: &[PersonRef],
    ) -> Result<Option<Turn>, ClusterError> {
        let Some(account) = self.kept.account.as_mut().filter(|_| !people.is_empty()) else { return Ok(None) };
        let stayed = match account.still_in(group, people).await {
            Ok(stayed) => stayed,
            Err(error) => return self.failed(object, removal, &error, "").await.map(Some),
        };
        let Some(first) = stayed.first() else { return Ok(None) };
        let count = stayed.len();
        let message =
            format!("Zoom accepted it, but still shows {count} of them in {:?}, such as {}", group.name, first.email);
        self.without_effect(object, removal, &message).await?;
        Ok(Some(Turn::Over))
    }

    /// One person whom Zoom keeps in does not keep the others in: whether an error is about one alone, who is remembered.
    fn keeps(&mut self, record: &Record, leaving: &Leaving, call: &Call, error: &Error, snapshot: &Snapshot) -> bool {
        let about_person = matches!(error.retry(), Retry::AfterEdit | Retry::Slowly);
        let source = record.source.as_ref().filter(|_| about_person && leaving.thing.kind == ThingKind::Group);
        let thing = source.and_then(|source| snapshot.groups.get(&source.object));
        let (Some(thing), Some((act, email))) = (thing, call.leaver()) else { return false };
        let refused = [(Asked::Person(email.clone()), error.to_string().into())];
        self.kept.group_refusals.note(&thing.uid, thing.generation, act, refused, Timestamp::now());
        true
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
        let object = &source.object;
        match leaving.thing.kind {
            ThingKind::Group => {
                let known = snapshot.groups.get(object).map(|thing| thing.generation);
                self.look_at_source::<api::ZoomGroup>(record, leaving, object, known).await
            }
            ThingKind::Role => {
                let known = snapshot.roles.get(object).map(|thing| thing.generation);
                self.look_at_source::<api::ZoomRole>(record, leaving, object, known).await
            }
            ThingKind::ContactGroup => {
                let known = snapshot.contact_groups.get(object).map(|thing| thing.generation);
                self.look_at_source::<api::ZoomContactGroup>(record, leaving, object, known).await
            }
        }
    }

    async fn look_at_source<K: Named>(
        &self,
        record: &Record,
        leaving: &Leaving,
        object: &ObjectKey,
        known: Option<i64>,
    ) -> Result<Look, ClusterError> {
        let uid = record.source.as_ref().map(|source| &*source.uid);
        let live = self.context.cluster.live_thing::<K>(object).await?;
        let ends = matches!(record.steps.as_slice(), [Step::DeleteGroup | Step::DeleteRole | Step::DeleteContactGroup]);
        Ok(match live.filter(|(connection, thing)| *connection == self.key && !thing.deleting) {
            Some(_) if ends => {
                let message = format!("{object} declares {:?} again", leaving.thing.name);
                Look::Over(Phase::Cancelled, RecordReason::Reclaimed, message)
            }
            Some((_, thing)) if Some(thing.uid.as_str()) == uid => {
                if known == Some(thing.generation) {
                    Look::Meant
                } else {
                    Look::Later
                }
            }
            None if ends => Look::Meant,
            Some(_) | None => {
                let message = format!("{object} is gone, and its edit with it");
                Look::Over(Phase::Cancelled, RecordReason::TakenBack, message)
            }
        })
    }
}

/// The calls that a record still needs.
fn calls(record: &Record, leaving: &Leaving, plan: &Plan) -> Vec<Call> {
    let thing = &leaving.thing;
    let group = || GroupRef { id: GroupId::new(&thing.id), name: thing.name.clone() };
    let contacts = || ContactRef { id: ContactGroupId::new(&thing.id), name: thing.name.clone() };
    let (members, admins) = still_leaving(record, leaving, plan);
    let steps = record.steps.iter().flat_map(|step| match (step, thing.kind) {
        (Step::RemoveMembers, ThingKind::Group) => leaving
            .people
            .iter()
            .filter(|person| members.contains(person))
            .map(|person| Call::Group(GroupOperation::RemoveMember(group(), person.clone())))
            .collect(),
        (Step::RemoveMembers, ThingKind::ContactGroup) => {
            let ids: Vec<ContactId> = leaving
                .people
                .iter()
                .filter(|person| members.contains(person))
                .filter_map(|person| person.id.clone())
                .map(ContactId::User)
                .collect();
            let batches = ids.chunks(ContactOperation::REMOVALS);
            batches.map(|ids| Call::Contact(ContactOperation::Remove(contacts(), ids.to_vec()))).collect()
        }
        (Step::RemoveGroups, ThingKind::ContactGroup) => {
            let left = leaving_groups(record, leaving, plan);
            let named = leaving.groups.iter().filter(|group| left.iter().any(|left| left.id == group.id));
            let ids: Vec<ContactId> = named.map(|group| ContactId::Group(group.id.clone())).collect();
            let batches = ids.chunks(ContactOperation::REMOVALS);
            batches.map(|ids| Call::Contact(ContactOperation::Remove(contacts(), ids.to_vec()))).collect()
        }
        (Step::TakePrivileges, ThingKind::Role) => {
            taking(record, leaving, plan).cloned().map(Call::Role).into_iter().collect()
        }
        (Step::RemoveAdmins, _) => leaving
            .people
            .iter()
            .filter(|person| admins.contains(person))
            .map(|person| Call::Group(GroupOperation::RemoveAdmin(group(), person.email.clone())))
            .collect(),
        (Step::DeleteGroup, _) => vec![Call::Group(GroupOperation::Delete(group()))],
        (Step::DeleteRole, _) => {
            RoleId::new(&thing.id).map(RoleOperation::Delete).map(Call::Role).into_iter().collect()
        }
        (Step::DeleteContactGroup, _) => vec![Call::Contact(ContactOperation::Delete(contacts()))],
        (Step::RemoveMembers, ThingKind::Role)
        | (Step::RemoveGroups, ThingKind::Group | ThingKind::Role)
        | (Step::TakePrivileges, ThingKind::Group | ThingKind::ContactGroup)
        | (
            Step::Deactivate
            | Step::Unlink(_)
            | Step::Delete(_)
            | Step::SetLicense(_)
            | Step::SetRole(_)
            | Step::SetEmail(_)
            | Step::Create,
            _,
        ) => Vec::new(),
    });
    steps.collect()
}

/// The groups that are still to leave a contact group by the present plan.
fn leaving_groups<'p>(record: &Record, leaving: &Leaving, plan: &'p Plan) -> &'p [LeavingGroup] {
    let meant = |planned: &&ContactGroupPlan| is_meant(record, leaving, &planned.object, planned.group.as_ref());
    plan.contact_groups.iter().find(meant).map_or(&[], |planned| &planned.leaving_groups)
}

/// What still takes privileges from a role by the present plan.
fn taking<'p>(record: &Record, leaving: &Leaving, plan: &'p Plan) -> Option<&'p RoleOperation> {
    let meant = |planned: &&RolePlan| is_meant(record, leaving, &planned.object, planned.role.as_ref());
    plan.roles.iter().find(meant)?.taking.as_ref()
}

/// Whether a plan is about the object and the thing of a record.
fn is_meant(record: &Record, leaving: &Leaving, object: &ObjectKey, id: Option<&impl AsRef<str>>) -> bool {
    let of_object = record.source.as_ref().is_some_and(|source| source.object == *object);
    of_object && id.map(AsRef::as_ref) == Some(&*leaving.thing.id)
}

/// The members and the administrators who are to leave by the present plan.
fn still_leaving<'p>(record: &Record, leaving: &Leaving, plan: &'p Plan) -> (&'p [PersonRef], &'p [PersonRef]) {
    match leaving.thing.kind {
        ThingKind::Group => {
            let mut plans = plan.groups.iter();
            let planned = plans.find(|planned| is_meant(record, leaving, &planned.object, planned.group.as_ref()));
            planned.map_or((&[], &[]), |planned| (&planned.leaving, &planned.leaving_admins))
        }
        ThingKind::ContactGroup => {
            let mut plans = plan.contact_groups.iter();
            let planned = plans.find(|planned| is_meant(record, leaving, &planned.object, planned.group.as_ref()));
            planned.map_or((&[], &[]), |planned| (&planned.leaving, &[]))
        }
        ThingKind::Role => (&[], &[]),
    }
}
