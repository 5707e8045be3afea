//! What is said of groups, roles and contact groups.

use jiff::Timestamp;
use zoom_core::{ContactGroupPlan, ContactId, GroupPlan, Reason, RolePlan, UserId, Verdict};
use zoom_operator_api as api;

use super::{same_conditions, set_held, set_standing};
use crate::operator::index::{Head, Named, Thing};

/// The status of an object that cannot be read, or that no plan was made for.
pub(in crate::operator) fn without_plan<K: Named>(thing: &Thing<K>, verdict: &Verdict, now: Timestamp) -> K::Status {
    let mut new = thing.status.clone();
    judge(&mut new, thing, verdict, now);
    new
}

/// The status of a group after a pass. `adopts`: whether a group that is found may be taken over.
pub(in crate::operator) fn group(
    thing: &Thing<api::ZoomGroup>,
    planned: &GroupPlan,
    verdict: &Verdict,
    adopts: bool,
    now: Timestamp,
) -> api::ZoomGroupStatus {
    let mut new = thing.status.clone();
    found(&mut new, thing, planned.group.as_ref().map(AsRef::as_ref), adopts);
    new.members = planned.members.as_ref().map(attendance);
    new.admins = planned.admins.as_ref().map(attendance);
    new.added = planned.added.iter().map(ToString::to_string).collect();
    new.added_admins = planned.added_admins.iter().map(ToString::to_string).collect();
    judge(&mut new, thing, verdict, now);
    new
}

/// The status of a group right before the calls of a plan: after a crash in the midst of them it is known that the group
/// was made here, and whom this object put in.
pub(in crate::operator) fn group_announced(
    thing: &Thing<api::ZoomGroup>,
    planned: &GroupPlan,
    now: Timestamp,
) -> api::ZoomGroupStatus {
    let mut new = group(thing, planned, &planned.verdict, true, now);
    if planned.creates() {
        creating::<api::ZoomGroup>(&mut new);
    }
    let added = planned.added.iter().chain(planned.adding());
    new.added = sorted(added.map(UserId::to_string));
    new.added_admins = sorted(planned.added_admins.iter().chain(planned.adding_admins()).map(ToString::to_string));
    new
}

/// The status of a role after a pass.
pub(in crate::operator) fn role(
    thing: &Thing<api::ZoomRole>,
    planned: &RolePlan,
    verdict: &Verdict,
    adopts: bool,
    now: Timestamp,
) -> api::ZoomRoleStatus {
    let mut new = thing.status.clone();
    found(&mut new, thing, planned.role.as_ref().map(AsRef::as_ref), adopts);
    new.holders = planned.holders.map(|holders| i64::try_from(holders).unwrap_or(i64::MAX));
    judge(&mut new, thing, verdict, now);
    new
}

/// The status of a role right before the calls of a plan.
pub(in crate::operator) fn role_announced(
    thing: &Thing<api::ZoomRole>,
    planned: &RolePlan,
    now: Timestamp,
) -> api::ZoomRoleStatus {
    let mut new = role(thing, planned, &planned.verdict, true, now);
    if planned.creates() {
        creating::<api::ZoomRole>(&mut new);
    }
    new
}

/// The status of a contact group after a pass.
pub(in crate::operator) fn contact_group(
    thing: &Thing<api::ZoomContactGroup>,
    planned: &ContactGroupPlan,
    verdict: &Verdict,
    adopts: bool,
    now: Timestamp,
) -> api::ZoomContactGroupStatus {
    let mut new = thing.status.clone();
    found(&mut new, thing, planned.group.as_ref().map(AsRef::as_ref), adopts);
    new.members = planned.members.as_ref().map(attendance);
    put_contacts(&mut new, &Vec::from_iter(&planned.added));
    judge(&mut new, thing, verdict, now);
    new
}

/// The status of a contact group right before the calls of a plan.
pub(in crate::operator) fn contact_group_announced(
    thing: &Thing<api::ZoomContactGroup>,
    planned: &ContactGroupPlan,
    now: Timestamp,
) -> api::ZoomContactGroupStatus {
    let mut new = contact_group(thing, planned, &planned.verdict, true, now);
    if planned.creates() {
        creating::<api::ZoomContactGroup>(&mut new);
    }
    put_contacts(&mut new, &Vec::from_iter(planned.added.iter().chain(planned.adding())));
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
fn found<K: Named>(status: &mut K::Status, thing: &Thing<K>, found: Option<&str>, adopts: bool) {
    let Head { id, origin, creating, seen_generation, .. } = K::head(status);
    let Some(found) = found.filter(|_| adopts || origin.is_some()) else { return };
    if creating.take() == Some(true) {
        *origin = Some(api::Origin::Created);
    } else if id.as_deref() != Some(found) {
        *origin = Some(api::Origin::Adopted);
    }
    *id = Some(found.to_owned());
    *seen_generation = Some(thing.generation);
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

/// Puts a verdict into the status of an object, as an answer to its present edit and request.
fn judge<K: Named>(status: &mut K::Status, thing: &Thing<K>, verdict: &Verdict, now: Timestamp) {
    let generation = thing.generation;
    let Head { observed_generation, last_handled_requested_at, conditions, .. } = K::head(status);
    *observed_generation = Some(generation);
    last_handled_requested_at.clone_from(&thing.requested_at);
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
