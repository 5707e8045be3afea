//! The faults of an account that still have calls to hit.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::account::Account;
use crate::fault::{Fault, FaultEffect};

#[derive(Default)]
pub(crate) struct Faults(Vec<Pending>);

struct Pending {
    fault: Fault,
    dice: SmallRng,
    /// The account as it was when the fault was set, for stale answers.
    before: Option<Account>,
}

/// A fault that hits the present call.
pub(crate) struct Hit {
    pub(crate) effect: FaultEffect,
    pub(crate) before: Option<Account>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault, account: &Account) {
        let stale = fault.effect == FaultEffect::StaleListing && fault.probability.is_none();
        let dice = SmallRng::seed_from_u64(fault.seed);
        // What is planned goes before what happens by chance.
        let by_chance = |pending: &Pending| pending.fault.probability.is_some();
        let place = self.0.iter().position(by_chance).filter(|_| fault.probability.is_none()).unwrap_or(self.0.len());
        self.0.insert(place, Pending { fault, dice, before: stale.then(|| account.clone()) });
    }

    /// The first fault that matches and whose dice agree, counted down: planned ones before those by chance.
    pub(crate) fn take(&mut self, method: &str, template: &str) -> Option<Hit> {
        self.0.retain(|pending| pending.fault.count != Some(0));
        let mut matching = self.0.iter_mut().filter(|pending| pending.fault.matches(method, template));
        let pending = matching.find_map(|pending| pending.strikes().then_some(pending))?;
        pending.count_down();
        Some(Hit { effect: pending.fault.effect.clone(), before: pending.before.clone() })
    }

    /// Whether some fault needs the account as it was before its latest change.
    pub(crate) fn need_the_past(&self) -> bool {
        self.0.iter().any(|pending| pending.fault.effect == FaultEffect::StaleListing && pending.before.is_none())
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        let left = self.0.iter().filter(|pending| pending.fault.count != Some(0));
        left.map(|pending| pending.fault.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Pending {
    fn strikes(&mut self) -> bool {
        self.fault.probability.is_none_or(|share| self.dice.random_bool(share.into()))
    }

    fn count_down(&mut self) {
        let count = &mut self.fault.count;
        *count = match *count {
            None if self.fault.probability.is_some() => None,
            Some(u32::MAX) => Some(u32::MAX),
            left => Some(left.unwrap_or(1).saturating_sub(1)),
        };
    }
}
