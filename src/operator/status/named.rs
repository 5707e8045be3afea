//! What is said of groups, roles and contact groups.

use jiff::Timestamp;
use zoom_core::{ContactGroupPlan, ContactId, GroupPlan, ObjectKey, Reason, RolePlan, UserId, Verdict};
use zoom_operator_api as api;

use super::{same_conditions, set_held, set_standing};
use crate::operator::{
    groups::Call,
    index::{Head, Named, Thing},
};

/// What a pass found out about one object.
#[derive(Clone, Copy)]
pub(in crate::operator) struct Finding<'a> {
    /// How it stands.
    pub(in crate::operator) verdict: &'a Verdict,
    /// Whether a thing that is found may be taken over; a connection that only shows its plan takes nothing.
    pub(in crate::operator) adopts: bool,
    /// The request that was answered last, if one was since the operator began.
    pub(in crate::operator) answered: Option<&'a str>,
    /// The time.
    pub(in crate::operator) now: Timestamp,
}

/// What is planned for one object of a kind: what is done for it, and what its status says.
pub(in crate::operator) trait Planned: Sync {
    /// The kind.
    type Kind: Named;
    /// Who asks.
    fn object(&self) -> &ObjectKey;
    /// How the object stands if nothing more happened than this plan says.
    fn verdict(&self) -> &Verdict;
    /// Whether the calls are to be made now.
    fn is_runnable(&self) -> bool;
    /// The calls, in this order.
    fn calls(&self) -> Vec<Call>;
    /// The status after a pass.
    fn status(&self, thing: &Thing<Self::Kind>, finding: &Finding<'_>) -> Status<Self>;
    /// The status right before the calls, if it matters: after a crash in the midst of them it is known that the thing was
    /// made here, and whom this object put in.
    fn announced(&self, thing: &Thing<Self::Kind>, now: Timestamp) -> Option<Status<Self>>;
}

type Status<P> = <<P as Planned>::Kind as Named>::Status;

impl Planned for GroupPlan {
    type Kind = api::ZoomGroup;

    fn object(&self) -> &ObjectKey {
        &self.object
    }

    fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn is_runnable(&self) -> bool {
        self.runnable
    }

    fn calls(&self) -> Vec<Call> {
        self.operations.iter().cloned().map(Call::Group).collect()
    }

    fn status(&self, thing: &Thing<api::ZoomGroup>, finding: &Finding<'_>) -> api::ZoomGroupStatus {
        let mut new = thing.status.clone();
        found(&mut new, thing, self.group.as_ref().map(AsRef::as_ref), self.presumed, finding.adopts);
        new.members = self.members.as_ref().map(attendance);
        new.admins = self.admins.as_ref().map(attendance);
        new.added = self.added.iter().map(ToString::to_string).collect();
        new.added_admins = self.added_admins.iter().map(ToString::to_string).collect();
        judge(&mut new, thing, finding);
        new
    }

    fn announced(&self, thing: &Thing<api::ZoomGroup>, now: Timestamp) -> Option<api::ZoomGroupStatus> {
        // A mere look at the administrators is nothing to write down.
        let adds = self.adding().next().is_some() || self.adding_admins().next().is_some();
        if !adds && !self.creates() {
            return None;
        }
        let mut new = announce(self, self.creates(), thing, now);
        let added = self.added.iter().chain(self.adding());
        new.added = sorted(added.map(UserId::to_string));
        new.added_admins = sorted(self.added_admins.iter().chain(self.adding_admins()).map(ToString::to_string));
        Some(new)
    }
}

impl Planned for RolePlan {
    type Kind = api::ZoomRole;

    fn object(&self) -> &ObjectKey {
        &self.object
    }

    fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn is_runnable(&self) -> bool {
        self.runnable
    }

    fn calls(&self) -> Vec<Call> {
        self.operations.iter().cloned().map(Call::Role).collect()
    }

    fn status(&self, thing: &Thing<api::ZoomRole>, finding: &Finding<'_>) -> api::ZoomRoleStatus {
        let mut new = thing.status.clone();
        found(&mut new, thing, self.role.as_ref().map(AsRef::as_ref), self.presumed, finding.adopts);
        new.holders = self.holders.map(|holders| i64::try_from(holders).unwrap_or(i64::MAX));
        judge(&mut new, thing, finding);
        new
    }

    fn announced(&self, thing: &Thing<api::ZoomRole>, now: Timestamp) -> Option<api::ZoomRoleStatus> {
        self.creates().then(|| announce(self, true, thing, now))
    }
}

impl Planned for ContactGroupPlan {
    type Kind = api::ZoomContactGroup;

    fn object(&self) -> &ObjectKey {
        &self.object
    }

    fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn is_runnable(&self) -> bool {
        self.runnable
    }

    fn calls(&self) -> Vec<Call> {
        self.operations.iter().cloned().map(Call::Contact).collect()
    }

    fn status(&self, thing: &Thing<api::ZoomContactGroup>, finding: &Finding<'_>) -> api::ZoomContactGroupStatus {
        let mut new = thing.status.clone();
        found(&mut new, thing, self.group.as_ref().map(AsRef::as_ref), self.presumed, finding.adopts);
        new.members = self.members.as_ref().map(attendance);
        put_contacts(&mut new, &Vec::from_iter(&self.added));
        judge(&mut new, thing, finding);
        new
    }

    fn announced(&self, thing: &Thing<api::ZoomContactGroup>, now: Timestamp) -> Option<api::ZoomContactGroupStatus> {
        if !self.creates() && self.adding().next().is_none() {
            return None;
        }
        let mut new = announce(self, self.creates(), thing, now);
        put_contacts(&mut new, &Vec::from_iter(self.added.iter().chain(self.adding())));
        Some(new)
    }
}

fn announce<P: Planned>(planned: &P, creates: bool, thing: &Thing<P::Kind>, now: Timestamp) -> Status<P> {
    let mut new = planned.status(thing, &Finding { verdict: planned.verdict(), adopts: true, answered: None, now });
    if creates {
        creating::<P::Kind>(&mut new);
    }
    new
}

/// The status of an object that cannot be read, or that no plan was made for.
pub(in crate::operator) fn without_plan<K: Named>(thing: &Thing<K>, verdict: &Verdict, now: Timestamp) -> K::Status {
    let mut new = thing.status.clone();
    judge(&mut new, thing, &Finding { verdict, adopts: false, answered: None, now });
    new
}

fn put_contacts(status: &mut api::ZoomContactGroupStatus, members: &[&ContactId]) {
    let (mut people, mut groups) = (Vec::new(), Vec::new());
    for member in members {
        match member {
            ContactId::User(id) => people.push(id.to_string()),
            ContactId::Group(id) => groups.push(id.to_string()),
        }
    }
    (status.added, status.added_groups) = (sorted(people.into_iter()), sorted(groups.into_iter()));
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Notes the thing that was found for an object, if the object may speak for it.
fn found<K: Named>(status: &mut K::Status, thing: &Thing<K>, found: Option<&str>, presumed: bool, adopts: bool) {
    let Head { id, origin, creating, seen_generation, .. } = K::head(status);
    let Some(found) = found.filter(|_| adopts || origin.is_some()) else { return };
    if creating.take() == Some(true) {
        *origin = Some(api::Origin::Created);
    } else if id.as_deref() != Some(found) {
        *origin = Some(api::Origin::Adopted);
    }
    *id = Some(found.to_owned());
    // What was never shown cannot be missed: if it is not there, it is made again.
    if !presumed {
        *seen_generation = Some(thing.generation);
    }
}

/// Notes that a thing is about to be made: one that was known before is gone.
fn creating<K: Named>(status: &mut K::Status) {
    let Head { id, origin, creating, .. } = K::head(status);
    (*id, *origin, *creating) = (None, None, Some(true));
}

fn attendance(attendance: &zoom_core::Attendance) -> api::Attendance {
    let zoom_core::Attendance { wanted, present, waiting, refused, missing } = attendance;
    let number = |count: &usize| i64::try_from(*count).unwrap_or(i64::MAX);
    api::Attendance {
        wanted: number(wanted),
        present: number(present),
        waiting: number(waiting),
        refused: number(refused),
        missing: missing.iter().map(absentee).collect(),
    }
}

fn absentee(missing: &zoom_core::Missing) -> api::Missing {
    api::Missing {
        who: missing.who.to_string(),
        state: if missing.refused { api::MissingState::Refused } else { api::MissingState::Waiting },
        why: missing.why.to_string(),
    }
}

/// Puts a verdict into the status of an object, as an answer to its present edit.
fn judge<K: Named>(status: &mut K::Status, thing: &Thing<K>, finding: &Finding<'_>) {
    let (Finding { verdict, answered, now, .. }, generation) = (*finding, thing.generation);
    let Head { observed_generation, last_handled_requested_at, conditions, .. } = K::head(status);
    *observed_generation = Some(generation);
    if let Some(answered) = answered {
        *last_handled_requested_at = Some(answered.to_owned());
    }
    let said = [&*verdict.message].into_iter().chain(thing.remarks.iter().map(String::as_str));
    let message = said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    set_standing(conditions, verdict.reason.standing(), &verdict.reason.to_string(), &message, generation, now);
    let held = (verdict.reason == Reason::Held).then(|| ("Guard", verdict.message.to_string()));
    set_held(conditions, held, generation, now);
}

/// Whether two statuses differ in more than times.
pub(in crate::operator) fn differs<K: Named>(old: &K::Status, new: &K::Status) -> bool {
    let (mut old, mut new) = (old.clone(), new.clone());
    let conditions = |status: &mut K::Status| std::mem::take(K::head(status).conditions);
    let (before, after) = (conditions(&mut old), conditions(&mut new));
    old != new || !same_conditions(&before, &after)
}

#[cfg(test)]
mod tests;
