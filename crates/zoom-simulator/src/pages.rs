//! Page tokens: opaque, good for fifteen minutes, and only for the parameters they were given under.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use crate::account::{Refusal, Seq};

const LIFE: SignedDuration = SignedDuration::from_mins(15);

#[derive(Debug)]
struct Page {
    /// The call that the token continues: endpoint and parameters.
    of: String,
    after: Seq,
    expires: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Pages(BTreeMap<String, Page>);

impl Pages {
    /// A token that continues the call `of` after `after`.
    pub(crate) fn issue(&mut self, of: String, after: Seq, now: Timestamp) -> String {
        self.0.retain(|_, page| page.expires > now);
        let token = format!("{:032x}", rand::rng().random::<u128>());
        let expires = now.saturating_add(LIFE).unwrap_or(now);
        self.0.insert(token.clone(), Page { of, after, expires });
        token
    }

    /// Where the call `of` goes on. A token may be used again, as after an answer that got lost.
    pub(crate) fn resume(&self, token: &str, of: &str, now: Timestamp) -> Result<Seq, Refusal> {
        let page = self.0.get(token).filter(|page| page.of == of && page.expires > now);
        page.map(|page| page.after).ok_or(Refusal::BadPageToken)
    }
}
