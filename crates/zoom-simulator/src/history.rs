//! The recent past of an account: what reads show that lag behind the writes.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::Account;

/// How long after a write reads still show the account as it was, in seconds; 0: not at all.
///
/// No public source gives numbers for Zoom; clients in production read right after writing and allow for a short lag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReadDelay {
    /// Listings of people, groups, roles and the like, and counts.
    pub listings: Seconds,
    /// Reads of one thing.
    pub single_reads: Seconds,
    /// Listings of a group's, a role's or a division's members.
    pub members: Seconds,
}

/// A time span in seconds, with fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Seconds(Duration);

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        match Duration::try_from_secs_f64(seconds) {
            Ok(span) if span <= Duration::from_hours(24) => Ok(Self(span)),
            Ok(_) | Err(_) => Err(format!("found {seconds}, allowed are seconds from 0 to 86400")),
        }
    }
}

impl From<Seconds> for f64 {
    fn from(seconds: Seconds) -> Self {
        seconds.0.as_secs_f64()
    }
}

impl From<Seconds> for SignedDuration {
    fn from(seconds: Seconds) -> Self {
        Self::try_from(seconds.0).unwrap_or(Self::MAX)
    }
}

/// What a read is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadKind {
    Listing,
    Single,
    Members,
}

impl ReadKind {
    /// By the path template of a GET.
    pub(crate) fn of(template: &str) -> Self {
        let collection = ["/users", "/groups", "/Users", "/Groups", "/roles", "/divisions", "/summary"];
        let members = ["/members", "/admins", "}/users"];
        if members.iter().any(|end| template.ends_with(end)) {
            Self::Members
        } else if collection.iter().any(|end| template.ends_with(end)) {
            Self::Listing
        } else {
            Self::Single
        }
    }
}

impl ReadDelay {
    pub(crate) fn of(&self, kind: ReadKind) -> SignedDuration {
        match kind {
            ReadKind::Listing => self.listings,
            ReadKind::Single => self.single_reads,
            ReadKind::Members => self.members,
        }
        .into()
    }

    fn longest(&self) -> SignedDuration {
        [ReadKind::Listing, ReadKind::Single, ReadKind::Members]
            .map(|kind| self.of(kind))
            .into_iter()
            .max()
            .unwrap_or_default()
    }
}

/// The account as it was before each of its latest writes, oldest first.
#[derive(Default)]
pub(crate) struct History(VecDeque<(Timestamp, Account)>);

impl History {
    /// Keeps the account as it is before a write, as far as any read looks back; `latest` keeps the last one anyway.
    pub(crate) fn keep(&mut self, account: &Account, latest: bool, now: Timestamp) {
        let longest = account.config.read_delay.longest();
        while self.0.front().is_some_and(|(at, _)| now.duration_since(*at) >= longest) {
            self.0.pop_front();
        }
        if latest || !longest.is_zero() {
            self.0.push_back((now, account.clone()));
        }
    }

    /// Forgets the past, as when the clock is moved back: what was written then is in the future now.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    /// The account as such a read sees it; nothing if that is the present.
    pub(crate) fn seen(&self, delay: SignedDuration, now: Timestamp) -> Option<&Account> {
        let unseen = |(at, _): &&(Timestamp, Account)| now.duration_since(*at) < delay;
        self.0.iter().find(unseen).map(|(_, account)| account)
    }

    /// The account before its latest write.
    pub(crate) fn latest(&self) -> Option<&Account> {
        self.0.back().map(|(_, account)| account)
    }
}
