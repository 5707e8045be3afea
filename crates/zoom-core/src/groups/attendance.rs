//! How many of those who are wanted are there.

use super::WaitsFor;

/// How many of those who are wanted somewhere are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attendance {
    /// How many the object wants.
    pub wanted: usize,
    /// How many of them are there.
    pub present: usize,
    /// How many of them will be there by themselves.
    pub waiting: usize,
    /// How many of them Zoom does not take.
    pub refused: usize,
    /// Some of those who are not there: at most [`Attendance::NAMED`] who wait, and as many who are refused.
    pub missing: Vec<Missing>,
}

impl Attendance {
    /// How many are named at most.
    pub const NAMED: usize = 10;

    pub(super) fn wait(&mut self, who: &str, why: WaitsFor) {
        self.waiting = self.waiting.saturating_add(1);
        if self.waiting <= Self::NAMED {
            self.missing.push(Missing { who: who.into(), refused: false, why: why.to_string().into() });
        }
    }

    pub(super) fn refuse(&mut self, who: &str, why: &str) {
        self.refused = self.refused.saturating_add(1);
        if self.refused <= Self::NAMED {
            self.missing.push(Missing { who: who.into(), refused: true, why: why.into() });
        }
    }

    /// Those who are named, in a sentence.
    pub(super) fn told(&self, refused: bool) -> String {
        let count = if refused { self.refused } else { self.waiting };
        let named = self.missing.iter().filter(|missing| missing.refused == refused);
        let mut names = named.map(|missing| format!("{} ({})", missing.who, missing.why)).collect::<Vec<_>>();
        if let Some(more) = count.checked_sub(names.len()).filter(|more| *more > 0) {
            names.push(format!("{more} more"));
        }
        names.join(", ")
    }
}

/// Somebody who is wanted and not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Their object as `namespace/name`, or their address.
    pub who: Box<str>,
    /// Whether Zoom does not take them. Otherwise they will be there by themselves.
    pub refused: bool,
    /// Why they are not there.
    pub why: Box<str>,
}
