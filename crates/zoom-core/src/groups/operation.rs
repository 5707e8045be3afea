//! What can be done to groups in Zoom.

use std::{collections::BTreeSet, fmt};

use super::{ContactId, Privacy};
use crate::{ContactGroupId, Email, GroupId, PersonRef, RoleId};

/// A group that an operation is about. One that is created by an operation before has no id yet: it is found by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupRef {
    /// Its id, if it is known.
    pub id: Option<GroupId>,
    /// Its name as last known.
    pub name: Box<str>,
}

/// One call about a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupOperation {
    /// Look who is in it, although the listing of people shows that: somebody asked for a look.
    ReadMembers(GroupRef),
    /// Look who administers it, because the listings do not show it.
    ReadAdmins(GroupRef),
    /// Make a group of this name.
    Create(Box<str>),
    /// Give it another name.
    Rename(GroupRef, Box<str>),
    /// Put people in: at most [`GroupOperation::MEMBERS`].
    AddMembers(GroupRef, Vec<PersonRef>),
    /// Make it the group whose settings go first for a member.
    SetPrimary(GroupRef, PersonRef),
    /// Let people administer it: at most [`GroupOperation::ADMINS`].
    AddAdmins(GroupRef, Vec<PersonRef>),
    /// Take somebody out.
    RemoveMember(GroupRef, PersonRef),
    /// Let somebody administer it no more.
    RemoveAdmin(GroupRef, Email),
    /// Delete it. The people in it stay in the account.
    Delete(GroupRef),
}

impl GroupOperation {
    /// Zoom takes this many members in one call (Zoom API reference, Groups: add members).
    pub const MEMBERS: usize = 30;
    /// Zoom takes this many administrators in one call (Zoom API reference, Groups: add administrators).
    pub const ADMINS: usize = 10;

    /// The word for it in plans, events and metrics.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::ReadMembers(_) => "ReadMembers",
            Self::ReadAdmins(_) => "ReadGroupAdmins",
            Self::Create(_) => "CreateGroup",
            Self::Rename(..) => "RenameGroup",
            Self::AddMembers(..) => "AddMembers",
            Self::SetPrimary(..) => "SetPrimaryGroup",
            Self::AddAdmins(..) => "AddGroupAdmins",
            Self::RemoveMember(..) => "RemoveMember",
            Self::RemoveAdmin(..) => "RemoveGroupAdmin",
            Self::Delete(_) => "DeleteGroup",
        }
    }

    /// The word for it once it is done, in events. Nothing for what only looks.
    #[must_use]
    pub fn done(&self) -> Option<&'static str> {
        match self {
            Self::ReadMembers(_) | Self::ReadAdmins(_) => None,
            Self::Create(_) => Some("Created"),
            Self::Rename(..) => Some("Renamed"),
            Self::AddMembers(..) => Some("MembersAdded"),
            Self::SetPrimary(..) => Some("PrimaryGroupSet"),
            Self::AddAdmins(..) => Some("AdminsAdded"),
            Self::RemoveMember(..) => Some("MemberRemoved"),
            Self::RemoveAdmin(..) => Some("AdminRemoved"),
            Self::Delete(_) => Some("Deleted"),
        }
    }

    /// The group's name, for errors.
    #[must_use]
    pub fn group_name(&self) -> &str {
        match self {
            Self::Create(name) => name,
            Self::ReadMembers(group)
            | Self::ReadAdmins(group)
            | Self::Rename(group, _)
            | Self::AddMembers(group, _)
            | Self::SetPrimary(group, _)
            | Self::AddAdmins(group, _)
            | Self::RemoveMember(group, _)
            | Self::RemoveAdmin(group, _)
            | Self::Delete(group) => &group.name,
        }
    }
}

impl fmt::Display for GroupOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadMembers(_) => write!(f, "read the members"),
            Self::ReadAdmins(_) => write!(f, "read the administrators"),
            Self::Create(name) => write!(f, "create group {name:?}"),
            Self::Rename(group, name) => write!(f, "rename {:?} to {name:?}", group.name),
            Self::AddMembers(_, people) => write!(f, "add {}", Few(people)),
            Self::SetPrimary(_, person) => write!(f, "make it the primary group of {}", person.email),
            Self::AddAdmins(_, people) => write!(f, "let {} administer it", Few(people)),
            Self::RemoveMember(_, person) => write!(f, "remove {}", person.email),
            Self::RemoveAdmin(_, email) => write!(f, "let {email} administer it no more"),
            Self::Delete(_) => write!(f, "delete the group"),
        }
    }
}

/// A few people by address, and how many more there are.
struct Few<'a>(&'a [PersonRef]);

impl fmt::Display for Few<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [one] => write!(f, "{}", one.email),
            [first, others @ ..] => write!(f, "{} and {} more", first.email, others.len()),
            [] => write!(f, "nobody"),
        }
    }
}

/// One call about a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleOperation {
    /// Look what it may do, because the listing does not show it.
    Read(RoleId),
    /// Make a role.
    Create(RoleDraft),
    /// Change it.
    Update(RoleId, RoleDraft),
    /// Delete it.
    Delete(RoleId),
}

/// What a role is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDraft {
    /// Its name.
    pub name: Box<str>,
    /// What it is for; absent: left as it is.
    pub description: Option<Box<str>>,
    /// What it may do, as a whole; absent: left as it is.
    pub privileges: Option<BTreeSet<Box<str>>>,
}

impl RoleOperation {
    /// The word for it in plans, events and metrics.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Read(_) => "ReadRole",
            Self::Create(_) => "CreateRole",
            Self::Update(..) => "UpdateRole",
            Self::Delete(_) => "DeleteRole",
        }
    }

    /// The word for it once it is done, in events. Nothing for what only looks.
    #[must_use]
    pub fn done(&self) -> Option<&'static str> {
        match self {
            Self::Read(_) => None,
            Self::Create(_) => Some("Created"),
            Self::Update(..) => Some("Updated"),
            Self::Delete(_) => Some("Deleted"),
        }
    }
}

impl fmt::Display for RoleOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(_) => write!(f, "read the privileges"),
            Self::Create(draft) => write!(f, "create role {:?}", draft.name),
            Self::Update(_, draft) => write!(f, "update role {:?}", draft.name),
            Self::Delete(_) => write!(f, "delete the role"),
        }
    }
}

/// A contact group that an operation is about. One that is created by an operation before has no id yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContactRef {
    /// Its id, if it is known.
    pub id: Option<ContactGroupId>,
    /// Its name as last known.
    pub name: Box<str>,
}

/// What a contact group is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactGroupDraft {
    /// Its name.
    pub name: Box<str>,
    /// What it is for; absent: left as it is.
    pub description: Option<Box<str>>,
    /// Who may see it; absent: left as it is.
    pub privacy: Option<Privacy>,
}

/// Somebody or something to be put into a contact group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactMember {
    /// Who or what.
    pub id: ContactId,
    /// An address, or an object's name, for people.
    pub name: Box<str>,
}

/// One call about a contact group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactOperation {
    /// Look who is in it, because the listings do not show it.
    Read(ContactRef),
    /// Make one.
    Create(ContactGroupDraft),
    /// Change it.
    Update(ContactRef, ContactGroupDraft),
    /// Put members in: at most [`ContactOperation::USERS`] people, or [`ContactOperation::GROUPS`] groups.
    Add(ContactRef, Vec<ContactMember>),
    /// Take members out: at most [`ContactOperation::REMOVALS`]. One has to stay.
    Remove(ContactRef, Vec<ContactId>),
    /// Delete it.
    Delete(ContactRef),
}

impl ContactOperation {
    /// Zoom takes this many people in one call (Zoom API reference, Contact groups: add members).
    pub const USERS: usize = 50;
    /// Zoom takes this many groups in one call.
    pub const GROUPS: usize = 3;
    /// Zoom takes this many members out in one call.
    pub const REMOVALS: usize = 20;

    /// The word for it in plans, events and metrics.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Read(_) => "ReadContactGroup",
            Self::Create(_) => "CreateContactGroup",
            Self::Update(..) => "UpdateContactGroup",
            Self::Add(..) => "AddContacts",
            Self::Remove(..) => "RemoveContacts",
            Self::Delete(_) => "DeleteContactGroup",
        }
    }

    /// The word for it once it is done, in events. Nothing for what only looks.
    #[must_use]
    pub fn done(&self) -> Option<&'static str> {
        match self {
            Self::Read(_) => None,
            Self::Create(_) => Some("Created"),
            Self::Update(..) => Some("Updated"),
            Self::Add(..) => Some("MembersAdded"),
            Self::Remove(..) => Some("MembersRemoved"),
            Self::Delete(_) => Some("Deleted"),
        }
    }
}

impl fmt::Display for ContactOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(_) => write!(f, "read the members"),
            Self::Create(draft) => write!(f, "create contact group {:?}", draft.name),
            Self::Update(_, draft) => write!(f, "update contact group {:?}", draft.name),
            Self::Add(_, members) => write!(f, "add {} members", members.len()),
            Self::Remove(_, members) => write!(f, "remove {} members", members.len()),
            Self::Delete(_) => write!(f, "delete the contact group"),
        }
    }
}
