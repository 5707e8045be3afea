//! Groups and contact groups as Zoom showed them.

use std::{collections::BTreeSet, sync::Arc};

use crate::{ContactGroupId, Email, GroupId, UserId};

/// A group of the account. Who is in it stands in the people's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name, unique in the account.
    pub name: Box<str>,
    /// How many people the listing counts in it; absent where Zoom did not say.
    pub total: Option<u64>,
    /// Who administers it; absent until it was read, which is done only where an object asks for it. Zoom shows their
    /// addresses alone.
    pub admins: Option<Arc<BTreeSet<Email>>>,
}

/// Who may see a contact group and its members.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::Display, strum::EnumIter, strum::EnumString,
)]
pub enum Privacy {
    /// Anyone sees it, and anyone finds it.
    Public,
    /// Its members alone see it, and anyone finds it.
    Searchable,
    /// Its members alone see and find it.
    Private,
}

/// Somebody or something in a contact group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContactId {
    /// A person.
    User(UserId),
    /// A group, with all that are in it.
    Group(GroupId),
}

/// A contact group of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactGroup {
    /// Its id.
    pub id: ContactGroupId,
    /// Its name.
    pub name: Box<str>,
    /// What it is for.
    pub description: Box<str>,
    /// Who may see it; absent where Zoom did not say, or said something that this version does not know.
    pub privacy: Option<Privacy>,
    /// Who is in it; absent until it was read.
    pub members: Option<Arc<BTreeSet<ContactId>>>,
}
