//! How many people may be touched in a while.

use crate::{Class, Limit};

/// How many people a class may touch in the window, and how many it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Without being asked.
    pub allowed: usize,
    /// In the window so far.
    pub used: usize,
}

impl Allowance {
    /// `allowed` is the larger of the percentage of the managed people and the floor. Where people lose something
    /// the floor is at most half of them (rounded up): five of six is not a floor. People who are created are not
    /// there yet, so for them the floor stands as it is.
    #[must_use]
    pub fn new(class: Class, limit: Limit, managed: usize, used: usize) -> Self {
        let percent = managed.saturating_mul(usize::from(limit.percent)) / 100;
        Self { allowed: percent.max(floor(class, limit, managed)), used }
    }

    /// The part of it for which nobody has to wait.
    pub(crate) fn at_once(class: Class, limit: Limit, managed: usize, used: usize) -> Self {
        Self { allowed: floor(class, limit, managed), used }
    }

    pub(crate) fn takes(self, people: usize) -> bool {
        self.used.saturating_add(people) <= self.allowed
    }
}

fn floor(class: Class, limit: Limit, managed: usize) -> usize {
    let floor = usize::try_from(limit.floor).unwrap_or(usize::MAX);
    match class {
        Class::Access | Class::Entitlement | Class::Identity | Class::Membership => floor.min(managed.div_ceil(2)),
        Class::Creation => floor,
    }
}
