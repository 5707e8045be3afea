//! One person of an account.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backgrounds::Backgrounds;
use super::create::CreateAction;
use super::profile::Profile;
use super::settings::Tree;

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
    Inactive { since: Timestamp },
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

/// The client that everybody uses.
pub(crate) const CLIENT: &str = "mac";
/// Its version, as events tell it.
pub(crate) const CLIENT_VERSION: &str = "6.2.0.1855";
/// The same as rows tell it.
pub(crate) const LAST_CLIENT_VERSION: &str = "6.2.0.1855(mac)";

/// What a person's presence is set to (Zoom API reference, Users: presence status).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
pub(crate) enum Presence {
    #[default]
    Available,
    Away,
    /// Zoom's reference spells it in both ways.
    #[strum(to_string = "Do_Not_Disturb", serialize = "Do_No_Disturb")]
    DoNotDisturb,
    #[strum(serialize = "In_Calendar_Event")]
    InCalendarEvent,
    Presenting,
    #[strum(serialize = "In_A_Zoom_Meeting")]
    InMeeting,
    #[strum(serialize = "On_A_Call")]
    OnCall,
    #[strum(serialize = "Out_of_Office")]
    OutOfOffice,
    Busy,
}

impl Presence {
    /// As webhook events say it, which differs from what calls say (Zoom webhook reference, User's presence status updated).
    pub(crate) fn in_events(self) -> &'static str {
        match self {
            Self::InMeeting => "In_Meeting",
            Self::OnCall => "On_Phone_Call",
            Self::Available
            | Self::Away
            | Self::DoNotDisturb
            | Self::InCalendarEvent
            | Self::Presenting
            | Self::OutOfOffice
            | Self::Busy => self.into(),
        }
    }
}

/// How many times somebody signed in, signed out, and was signed out everywhere by a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sessions {
    pub(crate) begun: u32,
    pub(crate) left: u32,
    pub(crate) ended: u32,
}

/// Everything about one person; all listings, counts and seats follow from it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    pub(crate) seq: Seq,
    pub(crate) id: String,
    /// With its letters as [`Quirks::email_case`](crate::Quirks::email_case) keeps them.
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
    pub(crate) last_login: Option<Timestamp>,
    pub(crate) email_changes: Vec<Timestamp>,
    /// Digests of the passwords that are remembered, enough to know them again; the present one is the last.
    pub(crate) passwords: Vec<u64>,
    /// How they came into the account.
    pub(crate) creation: CreateAction,
    pub(crate) sessions: Sessions,
    pub(crate) has_picture: bool,
    pub(crate) presence: Presence,
    pub(crate) settings: Option<Box<Tree>>,
    /// Boxed: hardly anybody has any.
    pub(crate) backgrounds: Option<Box<Backgrounds>>,
    /// Who may schedule meetings for this person, and whether they may manage private events.
    pub(crate) assistants: Vec<(Seq, bool)>,
}

impl Person {
    pub(crate) fn status(&self) -> Status {
        match self.state {
            State::Pending { .. } => Status::Pending,
            State::Active { .. } => Status::Active,
            State::Inactive { .. } => Status::Inactive,
        }
    }

    /// The licence; deactivated people show as Basic and take no seat.
    pub(crate) fn license(&self) -> License {
        match self.state {
            State::Pending { license, .. } | State::Active { license } => license,
            State::Inactive { .. } => License::Basic,
        }
    }

    pub(crate) fn logs_in_by_sso(&self) -> bool {
        self.login == Login::Sso
    }

    pub(crate) fn logs_in_by_work_email(&self) -> bool {
        self.login == Login::WorkEmail && self.status() != Status::Pending
    }

    /// The personal meeting id; Zoom makes one up for everybody who can hold meetings.
    pub(crate) fn pmi(&self) -> Option<u64> {
        match (self.status(), self.license()) {
            (Status::Pending, _) | (_, License::Unassigned | License::None) => None,
            _ if self.profile.pmi != 0 => Some(self.profile.pmi),
            _ => Some(2_000_000_000 + self.seq.0.wrapping_mul(7_919_777) % 7_000_000_000),
        }
    }

    pub(crate) fn picture_url(&self) -> Option<String> {
        self.has_picture.then(|| format!("https://acme.zoom.example/p/{}", self.id))
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
