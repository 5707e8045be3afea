//! The simulator's own clock: real time plus an offset, or standing still.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// A clock that can be moved and stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    at: Timestamp,
    /// Since when time runs on from `at`; absent: it stands still.
    since: Option<Instant>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { at: Timestamp::now(), since: Some(Instant::now()) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let passed = self.since.map_or(SignedDuration::ZERO, |since| {
            SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::ZERO)
        });
        self.at.saturating_add(passed).unwrap_or(self.at)
    }

    pub(crate) fn set(&mut self, to: Timestamp) {
        self.at = to;
        self.since = self.since.map(|_| Instant::now());
    }

    pub(crate) fn freeze(&mut self, frozen: bool) {
        self.at = self.now();
        self.since = (!frozen).then(Instant::now);
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.since.is_none()
    }
}
