//! What can be done to a person in Zoom.

use std::fmt;

use crate::{Attributes, CreateMethod, Email, License, Patch, PersonRef, RoleId};

/// What an heir may receive.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::Display, strum::EnumIter, strum::EnumString,
)]
pub enum Data {
    /// Scheduled meetings.
    Meetings,
    /// Scheduled webinars.
    Webinars,
    /// Cloud recordings.
    Recordings,
    /// Whiteboards.
    Whiteboards,
    /// Clips.
    Clips,
    /// Notes.
    Notes,
    /// Visitors.
    Visitors,
    /// Docs.
    Docs,
}

/// Who receives what a leaver leaves behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Heir {
    /// Who it is.
    pub successor: Successor,
    /// Who it is instead if the successor is not active in the account.
    pub fallback: Option<Email>,
    /// What they receive, sorted and without repeats.
    pub receives: Vec<Data>,
}

/// How an heir is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Successor {
    /// By address; not the leaver's own.
    Person(Email),
    /// The leaver's manager, as Zoom shows them when the leaver goes.
    Manager,
}

impl fmt::Display for Heir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.successor {
            Successor::Person(email) => write!(f, "{email}")?,
            Successor::Manager => f.write_str("their manager")?,
        }
        self.fallback.as_ref().map_or(Ok(()), |fallback| write!(f, " or else {fallback}"))
    }
}

/// A person as Zoom's create call takes them. Everything else follows by [`Operation::Update`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// Their address.
    pub email: Email,
    /// How they get in.
    pub method: CreateMethod,
    /// Names only: see [`crate::Attribute::is_creatable`].
    pub attributes: Attributes,
    /// Their licence from the start.
    pub license: License,
}

/// One step in Zoom. A plan is made of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Look at one person, because the listings do not show everything.
    Read(PersonRef),
    /// Bring a person in.
    Create(NewPerson),
    /// Change attributes or raise a licence.
    Update(PersonRef, Patch),
    /// Give a role.
    SetRole {
        /// Who.
        person: PersonRef,
        /// The role that they have.
        from: RoleId,
        /// The role that they get.
        to: RoleId,
    },
    /// Give another address to the same person.
    SetEmail(PersonRef, Email),
    /// Let a deactivated person in again.
    Activate(PersonRef),
    /// Keep a person out: deactivate, or withdraw the invitation of one who has not accepted it yet.
    Deactivate(PersonRef),
    /// Let a person go with a free account of their own.
    Unlink(PersonRef, Option<Heir>),
    /// Delete a person and their data.
    Delete(PersonRef, Option<Heir>),
}

impl Operation {
    /// The word for it in plans, events and metrics.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Read(_) => "Read",
            Self::Create(_) => "Create",
            Self::Update(..) => "Update",
            Self::SetRole { .. } => "SetRole",
            Self::SetEmail(..) => "SetEmail",
            Self::Activate(_) => "Activate",
            Self::Deactivate(_) => "Deactivate",
            Self::Unlink(..) => "Unlink",
            Self::Delete(..) => "Delete",
        }
    }
}

impl Operation {
    /// Whether it cannot be taken back.
    #[must_use]
    pub fn is_for_good(&self) -> bool {
        match self {
            Self::Unlink(..) | Self::Delete(..) => true,
            Self::Read(_)
            | Self::Create(_)
            | Self::Update(..)
            | Self::SetRole { .. }
            | Self::SetEmail(..)
            | Self::Activate(_)
            | Self::Deactivate(_) => false,
        }
    }

    /// The word for it once it is done, in events.
    #[must_use]
    pub fn done(&self) -> &'static str {
        match self {
            Self::Read(_) => "WasRead",
            Self::Create(_) => "Created",
            Self::Update(..) => "Updated",
            Self::SetRole { .. } => "RoleSet",
            Self::SetEmail(..) => "EmailSet",
            Self::Activate(_) => "Activated",
            Self::Deactivate(_) => "Deactivated",
            Self::Unlink(..) => "Unlinked",
            Self::Delete(..) => "Deleted",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(_) => write!(f, "read"),
            Self::Create(new) => write!(f, "create by {} with licence {}", new.method, new.license),
            Self::Update(_, patch) => write!(f, "update {patch}"),
            Self::SetRole { to, .. } => write!(f, "give role {to}"),
            Self::SetEmail(_, email) => write!(f, "change the address to {email}"),
            Self::Activate(_) => write!(f, "activate"),
            Self::Deactivate(_) => write!(f, "deactivate"),
            Self::Unlink(_, heir) => write!(f, "unlink{}", HeirNote(heir.as_ref())),
            Self::Delete(_, heir) => write!(f, "delete{}", HeirNote(heir.as_ref())),
        }
    }
}

struct HeirNote<'a>(Option<&'a Heir>);

impl fmt::Display for HeirNote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |heir| write!(f, ", {heir} receives their data"))
    }
}
