//! What was done within the limits, remembered beside the records: who deletes a record, or an object, takes back no use of
//! the allowance.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::Class;

/// The window is remembered in so many parts, so that the ledger stays small however many people there are.
const PARTS: i32 = 24;

/// People of one class who were touched without being asked, from one time to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Which class.
    pub class: Class,
    /// When the first of them was.
    pub from: Timestamp,
    /// When the last of them was.
    pub until: Timestamp,
    /// How many.
    pub people: u32,
}

/// What was spent of the limits lately, at most [`PARTS`] entries and one more a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger(Vec<Spent>);

impl Ledger {
    /// A ledger as it was kept.
    #[must_use]
    pub fn new(entries: Vec<Spent>) -> Self {
        Self(entries)
    }

    /// What it holds, to be kept.
    #[must_use]
    pub fn entries(&self) -> &[Spent] {
        &self.0
    }

    /// Notes some more people, and forgets what lies before the window.
    pub fn note(&mut self, class: Class, people: usize, now: Timestamp, window: Duration) {
        let people = u32::try_from(people).unwrap_or(u32::MAX);
        let window = SignedDuration::try_from(window).unwrap_or(SignedDuration::MAX);
        self.0.retain(|spent| now.duration_since(spent.until) <= window);
        let open = |spent: &&mut Spent| spent.class == class && now.duration_since(spent.from) < window / PARTS;
        match self.0.iter_mut().rev().find(open) {
            Some(spent) => {
                spent.until = spent.until.max(now);
                spent.people = spent.people.saturating_add(people);
            }
            None => self.0.push(Spent { class, from: now, until: now, people }),
        }
    }

    /// How many people of a class since a time; rather too many than too few.
    pub(crate) fn since(&self, class: Class, start: Timestamp) -> usize {
        let counted = self.0.iter().filter(|spent| spent.class == class && spent.until >= start);
        counted.map(|spent| usize::try_from(spent.people).unwrap_or(usize::MAX)).fold(0, usize::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn a_ledger_counts_what_lies_in_the_window_and_stays_small() {
        let start = Timestamp::constant(1_800_000_000, 0);
        let mut ledger = Ledger::default();
        for minute in 0..3 * 24 * 60 {
            ledger.note(Class::Access, 1, start + SignedDuration::from_mins(minute), DAY);
        }
        let now = start + SignedDuration::from_hours(3 * 24);
        let counted = ledger.since(Class::Access, now - SignedDuration::from_hours(24));
        assert!((24 * 60..=25 * 60).contains(&counted), "{counted}");
        assert!(ledger.entries().len() <= 26, "{}", ledger.entries().len());
        assert_eq!(ledger.since(Class::Creation, start), 0);
        assert_eq!(ledger.since(Class::Access, now), 0);
    }

    #[test]
    fn a_clock_that_goes_back_loses_nothing() {
        let start = Timestamp::constant(1_800_000_000, 0);
        let mut ledger = Ledger::default();
        ledger.note(Class::Access, 1, start, DAY);
        ledger.note(Class::Access, 1, start - SignedDuration::from_hours(5), DAY);
        assert_eq!(ledger.since(Class::Access, start - SignedDuration::from_hours(29)), 2);
    }
}
