//! The faults of an account that still have calls to hit.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::account::Account;
use crate::fault::{Fault, FaultEffect};

#[derive(Default)]
pub(crate) struct Faults {
    pending: Vec<Pending>,
    last: u64,
}

struct Pending {
    /// By order of injection.
    number: u64,
    fault: Fault,
    dice: SmallRng,
    /// The account as it was when the fault was set, for stale answers.
    before: Option<Account>,
}

/// A fault that hits the present call.
pub(crate) struct Hit {
    pub(crate) number: u64,
    pub(crate) effect: FaultEffect,
    pub(crate) before: Option<Account>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault, account: &Account) {
        let stale = fault.effect == FaultEffect::StaleListing && fault.probability.is_none();
        let dice = SmallRng::seed_from_u64(fault.seed);
        // What is planned goes before what happens by chance.
        let by_chance = |pending: &Pending| pending.fault.probability.is_some();
        let place = self.pending.iter().position(by_chance).filter(|_| fault.probability.is_none());
        self.last += 1;
        let pending = Pending { number: self.last, fault, dice, before: stale.then(|| account.clone()) };
        self.pending.insert(place.unwrap_or(self.pending.len()), pending);
    }

    /// The first fault that matches and whose dice agree, counted down: planned ones before those by chance. A row can be
    /// repeated on a later page alone.
    pub(crate) fn take(&mut self, method: &str, template: &str, later_page: bool) -> Option<Hit> {
        // One that may still be given back stays.
        self.pending.retain(|pending| !pending.is_spent() || pending.fault.effect.slip().is_some());
        let matching = self.pending.iter_mut().filter(|pending| {
            !pending.is_spent()
                && pending.fault.matches(method, template)
                && (later_page || pending.fault.effect != FaultEffect::RepeatedRow)
        });
        let pending = { matching }.find_map(|pending| pending.strikes().then_some(pending))?;
        pending.count_down();
        Some(Hit { number: pending.number, effect: pending.fault.effect.clone(), before: pending.before.clone() })
    }

    /// Counts a fault up again that had nothing to hit in the call it was taken for.
    pub(crate) fn give_back(&mut self, number: u64) {
        let mut given = self.pending.iter_mut().filter(|pending| pending.number == number);
        if let Some(Pending { fault: Fault { count: Some(count), .. }, .. }) = given.next() {
            *count = count.saturating_add(1);
        }
    }

    /// Whether some fault needs the account as it was before its latest change.
    pub(crate) fn need_the_past(&self) -> bool {
        let needs = |pending: &Pending| pending.fault.effect == FaultEffect::StaleListing && pending.before.is_none();
        self.pending.iter().any(needs)
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        let left = self.pending.iter().filter(|pending| !pending.is_spent());
        left.map(|pending| pending.fault.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }
}

impl Pending {
    fn is_spent(&self) -> bool {
        self.fault.count == Some(0)
    }

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
