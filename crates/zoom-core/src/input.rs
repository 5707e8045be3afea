//! What a plan depends on.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{Desired, DesiredPerson, Directory, Ledger, Lookup, Person, Policy, Record, UserId};

/// Everything that a plan depends on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Tells this connection from others; part of the names of records.
    pub connection: &'a str,
    /// What the connection allows.
    pub policy: &'a Policy,
    /// What the objects want.
    pub desired: &'a Desired,
    /// What Zoom holds.
    pub directory: &'a Directory,
    /// The removal records of this connection, with everything that this operator itself wrote: what a lagging cache
    /// leaves out is not counted.
    pub records: &'a [Arc<Record>],
    /// What was spent of the limits lately, also where no record or object tells it any more.
    pub ledger: &'a Ledger,
    /// Why the listing is not believed, if it is not (see [`crate::suspicion`]): nobody is created and nobody removed.
    pub suspicion: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

impl<'a> Input<'a> {
    pub(crate) fn records(&self) -> impl Iterator<Item = &'a Record> + Clone + use<'a> {
        self.records.iter().map(|record| &**record)
    }

    /// Where the window that ends now began.
    pub(crate) fn window_start(&self) -> Timestamp {
        let window = SignedDuration::try_from(self.policy.guard.window).unwrap_or(SignedDuration::MAX);
        self.now.saturating_sub(window).unwrap_or(Timestamp::MIN)
    }
}

/// An object and whom it means, looked up once: an account may hold a hundred thousand.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub object: &'a DesiredPerson,
    pub lookup: Lookup<'a>,
    /// Whether the connection lets the object speak for this person.
    pub permitted: bool,
}

impl<'a> Seen<'a> {
    pub(crate) fn of(object: &'a DesiredPerson, input: &Input<'a>) -> Self {
        Self { object, lookup: object.find(input.directory), permitted: input.policy.access.permits(object) }
    }

    pub(crate) fn row(self) -> Option<&'a Person> {
        match self.lookup {
            Lookup::Found(row) => Some(row),
            Lookup::Absent | Lookup::Unknown => None,
        }
    }

    /// The id of the person whom it means, as far as one is known.
    pub(crate) fn id(self) -> Option<&'a UserId> {
        self.row().and_then(|row| row.id.as_ref()).or(self.object.remembered.id.as_ref())
    }
}

pub(crate) fn after(then: Timestamp, duration: Duration) -> Timestamp {
    then.saturating_add(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
}
