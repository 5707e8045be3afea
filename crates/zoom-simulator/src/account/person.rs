//! One person of an account.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::profile::Profile;

/// The order in which people came into the account; listings follow it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Seq(pub(crate) u64);

/// A licence type (Zoom API reference, Users: `type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum License {
    /// 1: meetings with Basic limits.
    Basic,
    /// 2: takes a bought seat.
    Licensed,
    /// 4: no meetings licence.
    Unassigned,
    /// 99: none; only through `ssoCreate`.
    None,
}

impl License {
    /// Zoom's number for it.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Basic => 1,
            Self::Licensed => 2,
            Self::Unassigned => 4,
            Self::None => 99,
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        [Self::Basic, Self::Licensed, Self::Unassigned, Self::None]
            .into_iter()
            .find(|license| i64::from(license.number()) == number)
    }
}

/// The three statuses that people are listed by.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumString, strum::Display, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Status {
    /// Can log in.
    Active,
    /// Deactivated: cannot log in and has no licence.
    Inactive,
    /// Invited and not yet accepted.
    Pending,
}

/// Where a person stands, with the licence that this allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending { license: License, invited_at: Timestamp },
    Active { license: License },
    Inactive,
}

/// How a person logs in, by Zoom's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// 99: made by an API call, cannot log in.
    Api,
    /// 100: work e-mail and password.
    WorkEmail,
    /// 101: single sign-on.
    Sso,
}

impl Login {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Api => 99,
            Self::WorkEmail => 100,
            Self::Sso => 101,
        }
    }
}

/// Everything about one person; all listings, counts and seats follow from it.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) seq: Seq,
    pub(crate) id: String,
    /// In lower case.
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// Empty: derived from the names.
    pub(crate) display_name: String,
    pub(crate) state: State,
    pub(crate) login: Login,
    pub(crate) role: String,
    /// Ids of groups; the first is the primary one.
    pub(crate) groups: Vec<String>,
    /// Ids of the groups that this person administers.
    pub(crate) administers: Vec<String>,
    /// Adding this person to a group succeeds and does nothing.
    pub(crate) refuses_groups: bool,
    pub(crate) room: bool,
    /// Invited although the address has an account elsewhere: the create call told no id.
    pub(crate) joins_from_elsewhere: bool,
    pub(crate) profile: Profile,
    pub(crate) created_at: Timestamp,
    pub(crate) email_changes: Vec<Timestamp>,
}

impl Person {
    pub(crate) fn status(&self) -> Status {
        match self.state {
            State::Pending { .. } => Status::Pending,
            State::Active { .. } => Status::Active,
            State::Inactive => Status::Inactive,
        }
    }

    /// The licence; deactivated people show as Basic and take no seat.
    pub(crate) fn license(&self) -> License {
        match self.state {
            State::Pending { license, .. } | State::Active { license } => license,
            State::Inactive => License::Basic,
        }
    }

    pub(crate) fn shown_name(&self) -> String {
        if self.display_name.is_empty() {
            format!("{} {}", self.first_name, self.last_name).trim().to_owned()
        } else {
            self.display_name.clone()
        }
    }
}

/// The part of an address after its last `@`.
pub(crate) fn domain_of(email: &str) -> &str {
    email.rsplit_once('@').map_or("", |(_, domain)| domain)
}
