//! What a connection allows: how far the operator may go in one account.

use std::{collections::BTreeSet, time::Duration};

use crate::{Access, DesiredPerson, Email, Heir, License, Protected, Selector};

/// One switch, from everything to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::Display)]
pub enum Mode {
    /// Carry the plan out.
    #[default]
    Enforce,
    /// Carry it out but for what takes something away: that is written down and held.
    HoldRemovals,
    /// Show the plan, change nothing.
    Plan,
    /// Neither read nor write.
    Suspend,
}

/// Kinds of operation that may run at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Create people.
    pub create: bool,
    /// Change people who are there, also reactivate them.
    pub update: bool,
    /// Deactivate people.
    pub deactivate: bool,
    /// Unlink or delete people.
    pub delete: bool,
}

impl Default for Allow {
    fn default() -> Self {
        Self { create: true, update: true, deactivate: true, delete: false }
    }
}

/// How a person gets into Zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub enum CreateMethod {
    /// Zoom mails an invitation; the person is pending until they accept (`create`).
    Invite,
    /// A work-email login in a managed domain (`autoCreate`).
    AutoCreate,
    /// A single-sign-on user provisioned ahead (`ssoCreate`).
    Sso,
    /// A person who cannot sign in; for integrators (`custCreate`).
    NoLogin,
}

/// What to do about a person who is not in Zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// Create them this way.
    By(CreateMethod),
    /// Wait until they appear, through single sign-on for example.
    Wait,
}

/// What to do about a person who already is in Zoom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adoption {
    /// Take them over.
    #[default]
    ByEmail,
    /// Leave them alone and say so.
    Never,
}

/// What to do about a difference that nobody declared: Zoom was as declared before, and is not any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drift {
    /// Put it right.
    #[default]
    Correct,
    /// Say so.
    Report,
}

/// What people whose labels fit are given where their object does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDefault {
    /// Whom it is for.
    pub selector: Selector,
    /// Their licence.
    pub license: Option<License>,
    /// How they are created.
    pub creation: Option<Creation>,
    /// What becomes of them when their object is deleted.
    pub removal: Option<Removal>,
}

/// What becomes of a person whose object is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Nothing: they stay as they are, unmanaged.
    Retain,
    /// They stay with the licence Basic, unmanaged.
    Downgrade,
    /// They cannot sign in any more, their data stays.
    Deactivate,
    /// They leave the account with a free account of their own.
    Unlink(Departure),
    /// They and their data are deleted; what the heir does not receive is lost.
    Delete(Departure),
}

/// How somebody leaves an account for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Departure {
    /// Who receives their data.
    pub heir: Option<Box<Heir>>,
    /// They are deactivated at once and leave after so long; absent: they leave at once.
    pub after: Option<Duration>,
}

/// A removal that may be a default: never deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RemovalDefault {
    /// See [`Removal::Retain`].
    Retain,
    /// See [`Removal::Downgrade`].
    Downgrade,
    /// See [`Removal::Deactivate`].
    #[default]
    Deactivate,
    /// See [`Removal::Unlink`].
    Unlink,
}

impl From<RemovalDefault> for Removal {
    fn from(default: RemovalDefault) -> Self {
        match default {
            RemovalDefault::Retain => Self::Retain,
            RemovalDefault::Downgrade => Self::Downgrade,
            RemovalDefault::Deactivate => Self::Deactivate,
            RemovalDefault::Unlink => Self::Unlink(Departure::default()),
        }
    }
}

/// What the guard counts separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::Display, strum::EnumIter)]
pub enum Class {
    /// Deactivate, unlink, delete.
    Access,
    /// A licence or role taken away.
    Entitlement,
    /// An e-mail address changed: what a person signs in with.
    Identity,
    /// People taken out of groups, or what they lose with a group or role.
    Membership,
    /// People created: invitations cannot be recalled.
    Creation,
}

/// How many people a class may touch in a window without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Percent of the managed people.
    pub percent: u8,
    /// People who may always be touched, however small the account.
    pub floor: u32,
}

/// The limits by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// See [`Class::Access`].
    pub access: Limit,
    /// See [`Class::Entitlement`].
    pub entitlement: Limit,
    /// See [`Class::Identity`].
    pub identity: Limit,
    /// See [`Class::Membership`].
    pub membership: Limit,
    /// See [`Class::Creation`].
    pub creation: Limit,
}

impl Limits {
    /// The limit of a class.
    #[must_use]
    pub fn of(&self, class: Class) -> Limit {
        match class {
            Class::Access => self.access,
            Class::Entitlement => self.entitlement,
            Class::Identity => self.identity,
            Class::Membership => self.membership,
            Class::Creation => self.creation,
        }
    }
}

/// When the guard speaks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardPolicy {
    /// How far back people are counted.
    pub window: Duration,
    /// A wave is counted when nothing was added to it for so long.
    pub quiet_period: Duration,
    /// How many people.
    pub limits: Limits,
}

impl Default for GuardPolicy {
    fn default() -> Self {
        Self {
            window: Duration::from_hours(24),
            quiet_period: Duration::from_secs(30),
            limits: Limits {
                access: Limit { percent: 2, floor: 5 },
                entitlement: Limit { percent: 5, floor: 10 },
                identity: Limit { percent: 2, floor: 5 },
                membership: Limit { percent: 10, floor: 20 },
                creation: Limit { percent: 10, floor: 100 },
            },
        }
    }
}

/// Everything that a connection decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// How far to go.
    pub mode: Mode,
    /// Which kinds of operation may run.
    pub allow: Allow,
    /// Which objects may speak for people.
    pub access: Access,
    /// For people whose object does not say, the first that fits each; they go before what follows.
    pub user_defaults: Vec<UserDefault>,
    /// For people whose object does not say.
    pub creation: Option<Creation>,
    /// The domains in which people may be created, in lower case; absent: in all.
    pub creation_domains: Option<BTreeSet<Box<str>>>,
    /// For people who are already there.
    pub adoption: Adoption,
    /// For people whose object does not say.
    pub removal: RemovalDefault,
    /// For people whose object does not say.
    pub drift: Drift,
    /// From whom nothing is taken.
    pub protected: Protected,
    /// The guard.
    pub guard: GuardPolicy,
    /// How many people may be read one by one in this pass only to look for drift that listings do not show.
    pub sweep: usize,
}

impl Policy {
    /// Whether [`Policy::fill_in`] may change something.
    #[must_use]
    pub fn has_default_for(&self, object: &DesiredPerson) -> bool {
        self.default_for(object).is_some()
    }

    fn default_for(&self, object: &DesiredPerson) -> Option<&UserDefault> {
        self.user_defaults.iter().find(|default| default.selector.matches(&object.labels))
    }

    /// Fills in what an object does not say by the first default that fits its labels.
    pub fn fill_in(&self, object: &mut DesiredPerson) {
        let Some(default) = self.default_for(object) else { return };
        if object.wanted.license.is_none() {
            (object.wanted.license, object.default_license) = (default.license, default.license);
        }
        object.creation = object.creation.or(default.creation);
        object.removal = object.removal.take().or_else(|| default.removal.clone());
    }

    /// Whether people may be created with this address.
    pub(crate) fn creates_in_domain_of(&self, email: &Email) -> bool {
        let is_among = |domains: &BTreeSet<Box<str>>| domains.contains(&*email.domain().to_ascii_lowercase());
        self.creation_domains.as_ref().is_none_or(is_among)
    }
}
