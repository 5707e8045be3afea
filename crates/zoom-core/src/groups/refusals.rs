//! Whom Zoom refused what.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Act, Asked, MemberRefusal, Refused};
use crate::{Email, GroupId, Person};

/// Whom Zoom refused something that is not asked for again yet.
pub(crate) struct Refusals<'a> {
    people: BTreeMap<&'a Email, &'a MemberRefusal>,
    groups: BTreeMap<&'a GroupId, &'a MemberRefusal>,
}

impl<'a> Refusals<'a> {
    /// Those that still hold: nothing was edited, and the time has not come.
    pub(super) fn standing(refused: &'a Refused, generation: i64, now: Timestamp, act: Act) -> Self {
        let mut standing = Self { people: BTreeMap::new(), groups: BTreeMap::new() };
        let stands = |refusal: &MemberRefusal| refusal.generation == generation && now < refusal.retry_at;
        for ((_, asked), refusal) in refused.iter().filter(|((known, _), refusal)| *known == act && stands(refusal)) {
            match asked {
                Asked::Person(email) => drop(standing.people.insert(email, refusal)),
                Asked::Group(group) => drop(standing.groups.insert(group, refusal)),
            }
        }
        standing
    }

    pub(super) fn of(&self, person: &Person) -> Option<&'a MemberRefusal> {
        self.people.get(&person.email).copied()
    }

    pub(super) fn of_group(&self, group: &GroupId) -> Option<&'a MemberRefusal> {
        self.groups.get(group).copied()
    }
}
