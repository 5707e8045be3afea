//! What is kept of a connection from pass to pass: nothing that could not be found out again.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use zoom_account::{Account, Scope};
use zoom_core::{Class, Contested, DesiredPerson, GroupId, Ledger, ObjectKey, Refusal};

use zoom_operator_api as api;

use super::{
    connect::Dialed,
    groups::GroupRefusals,
    translate,
    trouble::{Trouble, TroubleReason},
};

/// A removal record that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct RemovalRetry {
    /// How often.
    pub(super) attempts: u32,
    /// How often of these Zoom took it without effect.
    pub(super) in_vain: u32,
    /// When to try it again.
    pub(super) at: Timestamp,
    /// Whether somebody was there who could receive the leaver's data: once somebody is, it is tried at once.
    pub(super) heir_is_there: bool,
}

/// One connection's memory.
#[derive(Default)]
pub(super) struct Kept {
    /// The connection's uid: one made anew under the same name starts afresh.
    uid: String,
    /// What the client was made of.
    pub(super) dialed: Option<Dialed>,
    /// The account and its directory, once it could be dialed.
    pub(super) account: Option<Account>,
    /// Users whom Zoom refused something, by uid: a later object of the same name starts afresh.
    pub(super) refusals: HashMap<Box<str>, Refusal>,
    /// What Zoom refused groups and their members.
    pub(super) group_refusals: GroupRefusals,
    /// Fields of users that were put right, by uid: how often in a row, and when last.
    corrections: HashMap<Box<str>, HashMap<String, (u32, Timestamp)>>,
    /// Removal records that failed: how often, and when to try them again.
    pub(super) removal_retries: HashMap<ObjectKey, RemovalRetry>,
    /// Groups into which nobody could be put back: how often that failed, and when to try it again.
    pub(super) rejoin_retries: HashMap<GroupId, (u32, Timestamp)>,
    /// What keeps the account from being managed.
    pub(super) trouble: Option<Trouble>,
    /// How many looks at the account in a row did not end its trouble, and which.
    pub(super) looks_in_vain: Option<(TroubleReason, u32)>,
    /// How many calls in a row did not get through.
    pub(super) outages: u32,
    /// Since when more was to do than passes ended, or when it was said last how things stand meanwhile.
    pub(super) busy_since: Option<Instant>,
    /// When the last pass began.
    passed_at: Option<Timestamp>,
    /// When the Secret was read last.
    pub(super) dialed_at: Option<Timestamp>,
    /// When the last listing was begun.
    pub(super) listing_begun_at: Option<Timestamp>,
    /// What that one was to cover.
    pub(super) listing_scope: Scope,
    /// The listing for which people were last read one by one.
    pub(super) swept_for: Option<Timestamp>,
    /// What was spent of the connection's limits; absent before its status was looked at.
    pub(super) ledger: Option<Ledger>,
    /// Records that were about to run without being asked, by name: of which class, how many people, and when.
    pub(super) announced: HashMap<Box<str>, (Class, usize, Timestamp)>,
    /// Records that are in the ledger already, by uid.
    pub(super) noted: HashSet<String>,
    /// Records, by uid, of which a step was tried whose answer did not prove it: it may have been done all the same.
    pub(super) tried: HashSet<String>,
    /// The connection's status as last written.
    pub(super) status: Option<api::ZoomConnectionStatus>,
    /// The request for a pass that the listing under way answers.
    pub(super) listing_request: Option<String>,
    /// The last request for a pass that was handled.
    pub(super) handled_request: Option<String>,
    /// The last request of each object that was answered, by uid.
    pub(super) answered: HashMap<Box<str>, String>,
    /// Users, by uid, for whom a request has what Zoom took without effect tried again.
    pub(super) asked_again: HashSet<Box<str>>,
}

/// So often in a row a field is put right before somebody else is taken to want it otherwise.
const OFTEN: u32 = 3;

/// What is put right again within this time counts as in a row.
const LATELY: SignedDuration = SignedDuration::from_hours(48);

/// So far a clock may be put right without notice.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

impl Kept {
    /// Notes that people were touched without asking.
    pub(super) fn spend(&mut self, class: Class, people: usize, window: Duration) {
        self.ledger.get_or_insert_default().note(class, people, translate::whole_seconds(Timestamp::now()), window);
    }

    /// Whether something is remembered of a wish.
    pub(super) fn knows(&self, wish: &DesiredPerson) -> bool {
        self.refusals.contains_key(&wish.uid)
            || self.corrections.contains_key(&wish.uid)
            || self.asked_again.contains(&wish.uid)
    }

    /// Adds to a wish what is remembered of it.
    pub(super) fn recall(&self, wish: &mut DesiredPerson) {
        wish.remembered.refusal = self.refusals.get(&wish.uid).cloned().map(Box::new);
        if self.asked_again.contains(&wish.uid) {
            wish.remembered.not_applied = Default::default();
        }
        let corrections = self.corrections.get(&wish.uid).into_iter().flatten();
        let contested = corrections.filter(|(_, (times, _))| *times >= OFTEN).map(|(field, (times, last))| {
            let hours = 1_i64 << (*times - OFTEN).min(4);
            let again_at = last.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
            Contested { field: field.as_str().into(), corrections: *times, again_at }
        });
        wish.remembered.contested = contested.collect();
    }

    /// Notes that drift of these fields was put right.
    pub(super) fn corrected(&mut self, uid: &str, fields: Vec<String>, now: Timestamp) {
        let corrections = self.corrections.entry(uid.into()).or_default();
        for field in fields {
            let (times, last) = corrections.entry(field).or_insert((0, now));
            *times = if now.duration_since(*last) <= LATELY { times.saturating_add(1) } else { 1 };
            *last = now;
        }
    }

    /// Forgets objects that are gone.
    pub(super) fn forget_objects(&mut self, is_there: impl Fn(&str) -> bool) {
        self.refusals.retain(|uid, _| is_there(uid));
        self.group_refusals.retain(&is_there);
        self.corrections.retain(|uid, _| is_there(uid));
        self.answered.retain(|uid, _| is_there(uid));
        self.asked_again.retain(|uid| is_there(uid));
    }

    /// Notes the time of a pass. If the clock was put back since the last one, no time is kept to: what is due would have to
    /// wait for as long as the clock was ahead.
    pub(super) fn keep_time(&mut self, now: Timestamp) {
        if self.passed_at.replace(now).is_some_and(|before| now.duration_since(before) < -TOLERANCE) {
            (self.dialed_at, self.listing_begun_at) = (None, None);
            self.refusals.clear();
            self.group_refusals = GroupRefusals::default();
            self.removal_retries.clear();
            self.rejoin_retries.clear();
        }
    }

    /// Counts a look at the account that did not end its trouble, if it has one.
    pub(super) fn look_in_vain(&mut self) {
        if let Some(trouble) = &self.trouble {
            self.looks_in_vain = Some((trouble.reason, self.looks_in_vain(trouble).saturating_add(1)));
        }
    }

    /// How many looks in a row did not end a trouble: another one may be gone as soon as the one before was not.
    pub(super) fn looks_in_vain(&self, trouble: &Trouble) -> u32 {
        self.looks_in_vain.filter(|(reason, _)| *reason == trouble.reason).map_or(0, |(_, looks)| looks)
    }

    /// Lets go of the account: to go on with it, it is dialed and listed anew.
    pub(super) fn hang_up(&mut self) {
        (self.account, self.dialed) = (None, None);
        (self.dialed_at, self.listing_begun_at) = (None, None);
    }

    /// Forgets everything that was kept of another connection.
    pub(super) fn belong_to(&mut self, uid: &str) {
        if self.uid != uid {
            *self = Self { uid: uid.to_owned(), ..Self::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_in_vain_are_those_for_one_trouble() {
        let mut kept = Kept::default();
        kept.look_in_vain();
        let [away, incomplete] = [TroubleReason::ZoomUnavailable, TroubleReason::ListingIncomplete];
        for (reason, expected) in [(away, 1), (away, 2), (incomplete, 1), (away, 1)] {
            kept.trouble = Some(Trouble::new(reason, ""));
            kept.look_in_vain();
            assert_eq!(kept.looks_in_vain, Some((reason, expected)));
        }
    }

    #[test]
    fn nothing_waits_for_a_clock_that_was_put_back() {
        let noon = Timestamp::from_second(1_000_000).unwrap();
        for (seconds, due) in [(60, false), (-1, false), (-6 * 3600, true)] {
            let retry =
                RemovalRetry { attempts: 1, in_vain: 0, at: noon + SignedDuration::from_mins(1), heir_is_there: false };
            let record = ObjectKey::new("zoom", "remove-ada");
            let mut kept = Kept { listing_begun_at: Some(noon), dialed_at: Some(noon), ..Kept::default() };
            kept.removal_retries.insert(record, retry);
            kept.keep_time(noon);
            kept.keep_time(noon + SignedDuration::from_secs(seconds));
            let forgotten =
                [kept.listing_begun_at.is_none(), kept.dialed_at.is_none(), kept.removal_retries.is_empty()];
            assert_eq!(forgotten, [due; 3], "{seconds} s");
        }
    }
}
