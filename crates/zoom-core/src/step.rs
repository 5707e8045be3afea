//! What a record does to a person or thing, and the operation that it still needs.

use std::fmt;

use crate::{
    Email, Heir, License, Operation, Patch, RoleId, State,
    directory::{Directory, Person},
};

/// One thing that a record does, frozen when it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Keep the person out; for a pending one: withdraw the invitation.
    Deactivate,
    /// Let the person go.
    Unlink(Option<Heir>),
    /// Delete the person.
    Delete(Option<Heir>),
    /// Give a lower licence.
    SetLicense(License),
    /// Take the present role away and give the one with this name.
    SetRole(Box<str>),
    /// Give the person another address.
    SetEmail(Email),
    /// Take the people out of a group or contact group.
    RemoveMembers,
    /// Let the people administer a group no more.
    RemoveAdmins,
    /// Delete a group, with everybody's membership.
    DeleteGroup,
    /// Delete a role that nobody holds.
    DeleteRole,
    /// Delete a contact group.
    DeleteContactGroup,
    /// Take groups, with all their members, out of a contact group.
    RemoveGroups,
    /// Take privileges from a role, and so from those who have it.
    TakePrivileges,
    /// Create people.
    Create,
}

impl Step {
    /// Whether it cannot be taken back.
    pub(crate) fn is_for_good(&self) -> bool {
        match self {
            Self::Unlink(_) | Self::Delete(_) => true,
            Self::Deactivate
            | Self::SetLicense(_)
            | Self::SetRole(_)
            | Self::SetEmail(_)
            | Self::RemoveMembers
            | Self::RemoveAdmins
            | Self::DeleteGroup
            | Self::DeleteRole
            | Self::DeleteContactGroup
            | Self::RemoveGroups
            | Self::TakePrivileges
            | Self::Create => false,
        }
    }

    /// Whether the person cannot sign in any more afterwards.
    #[must_use]
    pub fn takes_access(&self) -> bool {
        self.is_for_good() || *self == Self::Deactivate
    }

    /// The word for it in metrics.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Deactivate => "Deactivate",
            Self::Unlink(_) => "Unlink",
            Self::Delete(_) => "Delete",
            Self::SetLicense(_) => "SetLicense",
            Self::SetRole(_) => "SetRole",
            Self::SetEmail(_) => "SetEmail",
            Self::RemoveMembers => "RemoveMembers",
            Self::RemoveAdmins => "RemoveAdmins",
            Self::DeleteGroup => "DeleteGroup",
            Self::DeleteRole => "DeleteRole",
            Self::DeleteContactGroup => "DeleteContactGroup",
            Self::RemoveGroups => "RemoveGroups",
            Self::TakePrivileges => "TakePrivileges",
            Self::Create => "Create",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deactivate => f.write_str("deactivate"),
            Self::Unlink(_) => f.write_str("unlink"),
            Self::Delete(_) => f.write_str("delete"),
            Self::SetLicense(license) => write!(f, "lower the licence to {license}"),
            Self::SetRole(role) => write!(f, "take the role away and give role {role}"),
            Self::SetEmail(email) => write!(f, "change the address to {email}"),
            Self::RemoveMembers => f.write_str("remove members"),
            Self::RemoveAdmins => f.write_str("remove administrators"),
            Self::DeleteGroup => f.write_str("delete the group"),
            Self::DeleteRole => f.write_str("delete the role"),
            Self::DeleteContactGroup => f.write_str("delete the contact group"),
            Self::RemoveGroups => f.write_str("remove groups"),
            Self::TakePrivileges => f.write_str("take privileges"),
            Self::Create => f.write_str("create"),
        }
    }
}

/// Zoom protects administrators from losing their access (Zoom API reference, Users: status, delete), so their role goes
/// first. A role is nothing that an inactive person could lose.
pub(crate) fn demotion(step: &Step, person: &Person) -> Option<Operation> {
    let from = person.role.as_ref().filter(|role| !role.is_member())?;
    (step.takes_access() && person.state == State::Active).then(|| Operation::SetRole {
        person: person.reference(),
        from: from.clone(),
        to: RoleId::member(),
    })
}

/// The operation that a step still needs, if it needs one.
pub(crate) fn open_operation(step: &Step, person: &Person, directory: &Directory) -> Option<Operation> {
    let reference = person.reference();
    match step {
        Step::Deactivate if person.state == State::Inactive => None,
        Step::Deactivate => Some(Operation::Deactivate(reference)),
        Step::Unlink(heir) => Some(Operation::Unlink(reference, heir.clone())),
        Step::Delete(heir) => Some(Operation::Delete(reference, heir.clone())),
        // An inactive person has no licence, and a pending one cannot be changed.
        Step::SetLicense(license) => (person.state == State::Active && person.license.is_above(*license))
            .then(|| Operation::Update(reference, Patch { license: Some(*license), ..Patch::default() })),
        Step::SetRole(name) => {
            let (from, to) = (person.role.clone()?, directory.role_named(name)?.id.clone());
            (from != to && person.state == State::Active).then_some(Operation::SetRole { person: reference, from, to })
        }
        // Zoom changes the address of active people alone.
        Step::SetEmail(email) => (person.state == State::Active && person.email != *email)
            .then(|| Operation::SetEmail(reference, email.clone())),
        Step::RemoveMembers
        | Step::RemoveAdmins
        | Step::DeleteGroup
        | Step::DeleteRole
        | Step::DeleteContactGroup
        | Step::RemoveGroups
        | Step::TakePrivileges
        | Step::Create => None,
    }
}
