//! What the objects of groups, roles and contact groups want, parsed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{ContactId, Privacy};
use crate::{ContactGroupId, Email, GroupId, ObjectKey, Origin, Reason, RoleId, Selector, UserId};

/// What all kinds of objects have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: ObjectKey,
    /// Tells two objects of one name apart.
    pub uid: Box<str>,
    /// When it was made: of several that claim one thing the older wins.
    pub created: Timestamp,
    /// Counts its edits.
    pub generation: i64,
    /// Whether it is being deleted.
    pub deleting: bool,
}

impl Object {
    /// Whether there was an edit since the last report. What was never reported on is new, not edited.
    pub(crate) fn is_edited(&self, observed_generation: Option<i64>) -> bool {
        observed_generation.is_some_and(|observed| observed != self.generation)
    }
}

/// A thing claimed by an object that cannot be understood. Nothing is done to the thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedClaim {
    /// The object.
    pub object: ObjectKey,
    /// The id in its status, if one could be made out.
    pub id: Option<Box<str>>,
    /// The name in its spec, if one could be made out.
    pub name: Option<Box<str>>,
}

/// People who are named one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// By the ZoomUser that declares them.
    pub users: BTreeSet<ObjectKey>,
    /// By address; for people whom no object declares.
    pub emails: BTreeSet<Email>,
}

/// Who belongs into a group: the union of what is declared. Nothing declared is nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Named one by one.
    pub named: People,
    /// The ZoomUsers in the object's own namespace with certain labels.
    pub selector: Option<Selector>,
    /// The active people of the account whom Zoom's listing shows in a certain way.
    pub matching: Option<MatchRule>,
}

/// Selects people by what Zoom's listing shows of them: what is declared must hold. Nothing declared selects nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchRule {
    /// They are in one of these departments, compared without white space around. Empty: in any.
    pub departments: BTreeSet<Box<str>>,
    /// Their address is in one of these domains, compared without case. Empty: in any.
    pub email_domains: BTreeSet<Box<str>>,
}

/// What becomes of those who are in a group and whom its object does not want there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::Display)]
pub enum Membership {
    /// They stay, unless this very object once added them.
    #[default]
    Additive,
    /// They go.
    Exclusive,
}

/// What becomes of a group, role or contact group when its object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub enum ThingRemoval {
    /// It stays as it is, unmanaged.
    Retain,
    /// It is deleted.
    Delete,
}

/// What an object's status carries over about the thing that it manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory<Id> {
    /// The thing's id, once it was found or created.
    pub id: Option<Id>,
    /// How it came to be managed; absent before anything was found or done.
    pub origin: Option<Origin>,
    /// A create call was about to be made: what is found now is ours.
    pub creating: bool,
    /// The last edit at which the thing was there. If it is missing after that, somebody deleted it in Zoom, and only a
    /// newer edit brings it back.
    pub seen_generation: Option<i64>,
    /// The last edit that was reported on.
    pub observed_generation: Option<i64>,
    /// A call to Zoom about the thing as a whole was refused. Not in the status, but kept by the operator.
    pub refusal: Option<ThingRefusal>,
}

impl<Id> Default for Memory<Id> {
    fn default() -> Self {
        Self {
            id: None,
            origin: None,
            creating: false,
            seen_generation: None,
            observed_generation: None,
            refusal: None,
        }
    }
}

/// Zoom said no to a group, role or contact group, and nothing is gained by asking again at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThingRefusal {
    /// The edit that was refused.
    pub generation: i64,
    /// How often it was asked in vain.
    pub attempts: u32,
    /// When to ask again without anything having changed.
    pub retry_at: Timestamp,
    /// What it means.
    pub reason: Reason,
    /// What was tried, what Zoom answered, what to do.
    pub message: String,
}

/// What somebody can be asked into or out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// To be a member.
    Join,
    /// To be a member no more.
    Leave,
    /// To administer.
    Administer,
    /// To administer no more.
    Resign,
    /// To have this as the primary group.
    Prefer,
}

/// Whom Zoom was asked to take into something or out of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Somebody, by their address.
    Person(Email),
    /// A group, as a member of a contact group.
    Group(GroupId),
}

/// Zoom refused one person or group, or accepted them without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRefusal {
    /// The edit of the group's object for which it was tried.
    pub generation: i64,
    /// How often it was tried for that edit.
    pub attempts: u32,
    /// When to try again without anything having changed.
    pub retry_at: Timestamp,
    /// What Zoom answered.
    pub message: Box<str>,
}

/// Whom Zoom refused what.
pub type Refused = BTreeMap<(Act, Asked), MemberRefusal>;

/// A ZoomGroup's wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredGroup {
    /// The object.
    pub object: Object,
    /// The group's name.
    pub name: Box<str>,
    /// Who belongs into it; absent: memberships are not managed.
    pub members: Option<Members>,
    /// What becomes of the others, members and administrators alike.
    pub membership: Membership,
    /// Who administers it; absent: administrators are not managed, nor read.
    pub admins: Option<People>,
    /// Members whose primary group it is.
    pub primary_for: People,
    /// What becomes of it when the object is deleted; absent: what the operator created is deleted.
    pub removal: Option<ThingRemoval>,
    /// What earlier passes found out.
    pub memory: Memory<GroupId>,
    /// The members that this object added, as far as they were not taken out again.
    pub added: Arc<BTreeSet<UserId>>,
    /// The administrators that this object added.
    pub added_admins: Arc<BTreeSet<Email>>,
    /// Whom Zoom refused what. Not in the status, but kept by the operator.
    pub refused: Arc<Refused>,
}

/// A ZoomRole's wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredRole {
    /// The object.
    pub object: Object,
    /// The role's name.
    pub name: Box<str>,
    /// What it is for; absent: not managed.
    pub description: Option<Box<str>>,
    /// What it may do, as a whole; absent: not managed.
    pub privileges: Option<BTreeSet<Box<str>>>,
    /// What becomes of it when the object is deleted; absent: what the operator created is deleted.
    pub removal: Option<ThingRemoval>,
    /// What earlier passes found out.
    pub memory: Memory<RoleId>,
}

/// Who belongs into a contact group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactMembers {
    /// People, named one by one.
    pub people: People,
    /// Groups, by the ZoomGroup that declares them.
    pub groups: BTreeSet<ObjectKey>,
}

/// A ZoomContactGroup's wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredContactGroup {
    /// The object.
    pub object: Object,
    /// The contact group's name.
    pub name: Box<str>,
    /// What it is for; absent: not managed.
    pub description: Option<Box<str>>,
    /// Who may see it; absent: Zoom's default at creation, unmanaged afterwards.
    pub privacy: Option<Privacy>,
    /// Who belongs into it; absent: memberships are not managed.
    pub members: Option<ContactMembers>,
    /// What becomes of the others.
    pub membership: Membership,
    /// What becomes of it when the object is deleted; absent: what the operator created is deleted.
    pub removal: Option<ThingRemoval>,
    /// What earlier passes found out.
    pub memory: Memory<ContactGroupId>,
    /// The members that this object added, as far as they were not taken out again.
    pub added: Arc<BTreeSet<ContactId>>,
    /// Whom Zoom refused what. Not in the status, but kept by the operator.
    pub refused: Arc<Refused>,
}
