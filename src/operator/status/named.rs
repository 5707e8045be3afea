//! What is said of groups, roles and contact groups.

use jiff::Timestamp;
use zoom_core::{Reason, Verdict};

use super::{same_conditions, set_held, set_standing};
use crate::operator::index::{Head, Named, Thing};

/// The status of an object that cannot be read, or that no plan was made for.
pub(in crate::operator) fn without_plan<K: Named>(thing: &Thing<K>, verdict: &Verdict, now: Timestamp) -> K::Status {
    let mut new = thing.status.clone();
    judge(&mut new, thing, verdict, now);
    new
}

/// Puts a verdict into the status of an object, as an answer to its present edit and request.
pub(super) fn judge<K: Named>(status: &mut K::Status, thing: &Thing<K>, verdict: &Verdict, now: Timestamp) {
    let generation = thing.generation;
    let Head { observed_generation, last_handled_requested_at, conditions } = K::head(status);
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
