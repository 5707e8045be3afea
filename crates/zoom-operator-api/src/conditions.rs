//! Conditions as kstatus reads them, and the one function that sets them.
//!
//! `Ready` says whether the object is as declared, `Reconciling` that work is under way, `Stalled` that no work can help
//! before somebody changes something. An object is never `Reconciling` and `Stalled` at once; whoever sets one removes
//! the other.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// The object is as declared, or waits for nothing that the operator could do.
pub const READY: &str = "Ready";

/// The operator is at work on the object. Present with status `True`, or absent.
pub const RECONCILING: &str = "Reconciling";

/// The operator cannot go on before the object or its surroundings change. Present with status `True`, or absent.
pub const STALLED: &str = "Stalled";

/// The longest message in bytes. The API server would take 32 KiB; nobody reads those in a table, and 100,000 objects
/// must fit into memory.
pub const LONGEST_MESSAGE: usize = 1024;

/// The status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::Display)]
pub enum ConditionStatus {
    /// The condition holds.
    True,
    /// The condition does not hold.
    False,
    /// Nobody knows.
    Unknown,
}

/// What is to be said about one condition type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCondition {
    /// The type, such as [`READY`].
    pub type_: &'static str,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, as one CamelCase word.
    pub reason: String,
    /// Why, for a person; longer than [`LONGEST_MESSAGE`] bytes is cut.
    pub message: String,
}

/// Puts `new` among `conditions`, which stay sorted by type, one a type.
///
/// `lastTransitionTime` becomes `now` only if status, reason or message changed; `observedGeneration` is refreshed always.
pub fn set(conditions: &mut Vec<Condition>, new: NewCondition, observed_generation: i64, now: Timestamp) {
    let NewCondition { type_, status, reason, message } = new;
    let status: &str = status.into();
    let message = trimmed(message);
    let unchanged_since = get(conditions, type_)
        .filter(|old| old.status == status && old.reason == reason && old.message == message)
        .map(|old| old.last_transition_time.clone());
    remove(conditions, type_);
    conditions.push(Condition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        reason,
        message,
        observed_generation: Some(observed_generation),
        last_transition_time: unchanged_since.unwrap_or(Time(now)),
    });
    conditions.sort_by(|a, b| a.type_.cmp(&b.type_));
}

/// The condition of a type.
#[must_use]
pub fn get<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Takes the condition of a type away; does nothing if there is none.
pub fn remove(conditions: &mut Vec<Condition>, type_: &str) {
    conditions.retain(|condition| condition.type_ != type_);
}

/// Cuts at a character boundary and marks the cut.
fn trimmed(mut message: String) -> String {
    const MARK: char = '…';
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE - MARK.len_utf8()));
        message.push(MARK);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const LATER: Timestamp = Timestamp::constant(1_800_000_060, 0);

    fn ready(status: ConditionStatus, reason: &str, message: &str) -> NewCondition {
        NewCondition { type_: READY, status, reason: reason.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn the_same_again_keeps_the_time_and_refreshes_the_generation() {
        let mut conditions = vec![];
        set(&mut conditions, ready(ConditionStatus::True, "Converged", "as declared"), 1, EARLIER);
        set(&mut conditions, ready(ConditionStatus::True, "Converged", "as declared"), 2, LATER);
        let [condition] = &conditions[..] else { panic!("{conditions:?}") };
        assert_eq!((condition.last_transition_time.0, condition.observed_generation), (EARLIER, Some(2)));
    }

    #[test]
    fn a_change_of_status_reason_or_message_moves_the_time() {
        for changed in [
            ready(ConditionStatus::False, "Converged", "as declared"),
            ready(ConditionStatus::True, "Invited", "as declared"),
            ready(ConditionStatus::True, "Converged", "as declared, save the pronouns"),
        ] {
            let mut conditions = vec![];
            set(&mut conditions, ready(ConditionStatus::True, "Converged", "as declared"), 1, EARLIER);
            set(&mut conditions, changed, 1, LATER);
            assert_eq!(get(&conditions, READY).unwrap().last_transition_time.0, LATER);
        }
    }

    #[test]
    fn conditions_stay_sorted_and_one_a_type() {
        let mut conditions = vec![];
        for type_ in [STALLED, READY, RECONCILING, READY] {
            let new = NewCondition { type_, ..ready(ConditionStatus::True, "Any", "") };
            set(&mut conditions, new, 1, EARLIER);
        }
        let types: Vec<_> = conditions.iter().map(|condition| condition.type_.as_str()).collect();
        assert_eq!(types, [READY, RECONCILING, STALLED]);
        remove(&mut conditions, RECONCILING);
        assert!(get(&conditions, RECONCILING).is_none());
    }

    #[test]
    fn a_long_message_is_cut_between_characters_and_stays_the_same_message() {
        let long = "ü".repeat(LONGEST_MESSAGE);
        let mut conditions = vec![];
        set(&mut conditions, ready(ConditionStatus::False, "Refused", &long), 1, EARLIER);
        let message = get(&conditions, READY).unwrap().message.clone();
        assert!(message.len() <= LONGEST_MESSAGE && message.ends_with("ü…"), "{message}");
        set(&mut conditions, ready(ConditionStatus::False, "Refused", &long), 1, LATER);
        assert_eq!(get(&conditions, READY).unwrap().last_transition_time.0, EARLIER);
    }
}
