use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ZoomClient;
use crate::error::{Error, ErrorKind};
use crate::lenient::{filled, lenient, lenient_list, required};
use crate::limiter::RateLabel;
use crate::listing::{Listing, Row, list};
use crate::transport::{Call, Endpoint};

/// How many users one call adds (Zoom API reference, Contact groups: create, add members).
pub const CONTACT_USERS_PER_CALL: usize = 50;

/// How many groups one call adds (Zoom API reference, Contact groups: create, add members).
pub const CONTACT_GROUPS_PER_CALL: usize = 3;

/// How many members one call removes (Zoom API reference, Contact groups: remove members).
pub const CONTACT_REMOVALS_PER_CALL: usize = 20;

/// Zoom's largest page of contact groups and of their members.
const PAGE_SIZE: u32 = 50;

static LIST: Endpoint = Endpoint::of_group(Method::GET, "GET /contacts/groups", RateLabel::Medium);
static CREATE: Endpoint = Endpoint::of_group(Method::POST, "POST /contacts/groups", RateLabel::Heavy);
static GET: Endpoint = Endpoint::of_group(Method::GET, "GET /contacts/groups/{groupId}", RateLabel::Light);
static UPDATE: Endpoint = Endpoint::of_group(Method::PATCH, "PATCH /contacts/groups/{groupId}", RateLabel::Heavy);
static DELETE: Endpoint = Endpoint::of_group(Method::DELETE, "DELETE /contacts/groups/{groupId}", RateLabel::Heavy);
static MEMBERS: Endpoint = Endpoint::of_group(Method::GET, "GET /contacts/groups/{groupId}/members", RateLabel::Medium);
static ADD_MEMBERS: Endpoint =
    Endpoint::of_group(Method::POST, "POST /contacts/groups/{groupId}/members", RateLabel::Heavy);
static REMOVE_MEMBERS: Endpoint =
    Endpoint::of_group(Method::DELETE, "DELETE /contacts/groups/{groupId}/members", RateLabel::Heavy);

/// Who sees a contact group and who finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum ContactPrivacy {
    /// 1: anyone sees it, anyone finds it.
    Public,
    /// 2: members alone see it, anyone finds it.
    Searchable,
    /// 3: members alone see and find it.
    Private,
}

impl TryFrom<i64> for ContactPrivacy {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        match number {
            1 => Ok(Self::Public),
            2 => Ok(Self::Searchable),
            3 => Ok(Self::Private),
            _ => Err("an unknown privacy"),
        }
    }
}

impl From<ContactPrivacy> for i64 {
    fn from(privacy: ContactPrivacy) -> Self {
        match privacy {
            ContactPrivacy::Public => 1,
            ContactPrivacy::Searchable => 2,
            ContactPrivacy::Private => 3,
        }
    }
}

/// What a member of a contact group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum ContactKind {
    /// 1: a user.
    User,
    /// 2: a group with all its users.
    Group,
}

impl TryFrom<i64> for ContactKind {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        match number {
            1 => Ok(Self::User),
            2 => Ok(Self::Group),
            _ => Err("an unknown kind of member"),
        }
    }
}

impl From<ContactKind> for i64 {
    fn from(kind: ContactKind) -> Self {
        match kind {
            ContactKind::User => 1,
            ContactKind::Group => 2,
        }
    }
}

/// A contact group: users and groups that others find in their contacts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ContactGroup {
    /// The contact group's id.
    #[serde(rename = "group_id", deserialize_with = "required")]
    pub id: String,
    /// The contact group's name. Not known to be unique.
    #[serde(rename = "group_name", deserialize_with = "required")]
    pub name: String,
    /// Absent also when this version does not know the value.
    #[serde(rename = "group_privacy", default, deserialize_with = "lenient")]
    pub privacy: Option<ContactPrivacy>,
    /// What it is for.
    #[serde(default, deserialize_with = "filled")]
    pub description: Option<String>,
    /// How many members it has; listings do not tell.
    #[serde(default, deserialize_with = "lenient")]
    pub total_members: Option<u64>,
}

impl Row for ContactGroup {
    const COUNTED: bool = false;

    fn id(&self) -> Option<&str> {
        Some(&self.id)
    }

    fn email(&self) -> Option<&str> {
        None
    }
}

/// A user or group to be in a contact group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ContactMember {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ContactKind,
    /// The user's or the group's id.
    pub id: String,
}

/// A member of a contact group as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ContactMemberRow {
    /// The user's or the group's id.
    #[serde(deserialize_with = "required")]
    pub id: String,
    /// What it is. Absent also when this version does not know the value.
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    pub kind: Option<ContactKind>,
    /// The user's or the group's name.
    #[serde(default, deserialize_with = "filled")]
    pub name: Option<String>,
}

impl Row for ContactMemberRow {
    const COUNTED: bool = false;

    fn id(&self) -> Option<&str> {
        Some(&self.id)
    }

    fn email(&self) -> Option<&str> {
        None
    }
}

/// A contact group to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewContactGroup {
    /// The name.
    #[serde(rename = "group_name")]
    pub name: String,
    /// Who sees and who finds it.
    #[serde(rename = "group_privacy")]
    pub privacy: ContactPrivacy,
    /// What it is for.
    pub description: String,
    /// Its first members: at most [`CONTACT_USERS_PER_CALL`] users and [`CONTACT_GROUPS_PER_CALL`] groups.
    #[serde(rename = "group_members")]
    pub members: Vec<ContactMember>,
}

/// A change of a contact group: absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ContactGroupPatch {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who sees and who finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<ContactPrivacy>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl ContactGroupPatch {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Deserialize)]
struct Added {
    #[serde(default, deserialize_with = "lenient_list")]
    member_ids: Vec<String>,
}

impl ZoomClient {
    /// All contact groups of the account. Needs a paid account and `contact_group:read:list_groups:admin`. Zoom names no total, so
    /// [`Listing::complete`] says no more than that every row could be read and none came twice.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn list_contact_groups(&self) -> Result<Listing<ContactGroup>, Error> {
        list(&self.transport, &LIST, &["contacts", "groups"], &[("page_size", PAGE_SIZE.to_string())]).await
    }

    /// One contact group, with the number of its members.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn get_contact_group(&self, id: &str) -> Result<ContactGroup, Error> {
        self.transport.fetch(&Call::new(&GET, &["contacts", "groups", id])?).await
    }

    /// Creates a contact group; never sent twice.
    ///
    /// # Errors
    /// [`ErrorKind::InDoubt`] when there was no clear answer: names are not known to be unique, so list the contact groups before
    /// trying again, unless the error says that a listing showed none of that name. [`ErrorKind::DailyBudget`] and others.
    pub async fn create_contact_group(&self, group: &NewContactGroup) -> Result<ContactGroup, Error> {
        let call = Call::new(&CREATE, &["contacts", "groups"])?.body(group)?;
        let doubt = match self.transport.fetch(&call).await {
            Err(error) if error.leaves_doubt() => error,
            result => return result,
        };
        tracing::debug!(%doubt, "creating a contact group ended in doubt; looking for it");
        let listing = self.list_contact_groups().await;
        let absent = |listing: Listing<ContactGroup>| {
            listing.complete.is_ok() && listing.rows.iter().all(|row| row.name != group.name)
        };
        Err(doubt.with_kind(ErrorKind::InDoubt { seen_absent: listing.is_ok_and(absent) }))
    }

    /// Changes what the patch names.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn update_contact_group(&self, id: &str, patch: &ContactGroupPatch) -> Result<(), Error> {
        self.transport.run(&Call::new(&UPDATE, &["contacts", "groups", id])?.body(patch)?).await
    }

    /// Deletes a contact group; its members stay in the account.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`], also when a repeat finds that the first try did the work; and others.
    pub async fn delete_contact_group(&self, id: &str) -> Result<(), Error> {
        self.transport.run(&Call::new(&DELETE, &["contacts", "groups", id])?).await
    }

    /// All members of a contact group, without a total to check against, as for
    /// [`list_contact_groups`](Self::list_contact_groups).
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn list_contact_group_members(&self, id: &str) -> Result<Listing<ContactMemberRow>, Error> {
        let query = [("page_size", PAGE_SIZE.to_string())];
        list(&self.transport, &MEMBERS, &["contacts", "groups", id, "members"], &query).await
    }

    /// Adds members to a contact group: first users, then groups, as many at a time as Zoom takes; ends with the first failure,
    /// and those before it are in then. Returns the ids that Zoom says it added.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn add_contact_group_members(&self, id: &str, members: &[ContactMember]) -> Result<Vec<String>, Error> {
        let of = |kind| members.iter().filter(|member| member.kind == kind).collect::<Vec<_>>();
        let (users, groups) = (of(ContactKind::User), of(ContactKind::Group));
        let mut added = Vec::new();
        for members in users.chunks(CONTACT_USERS_PER_CALL).chain(groups.chunks(CONTACT_GROUPS_PER_CALL)) {
            let call = Call::new(&ADD_MEMBERS, &["contacts", "groups", id, "members"])?;
            let answer: Added = self.transport.fetch(&call.body(&json!({"group_members": members}))?).await?;
            added.extend(answer.member_ids);
        }
        Ok(added)
    }

    /// Takes members out of a contact group, [`CONTACT_REMOVALS_PER_CALL`] at a time; ends with the first failure, and those before
    /// it are out then. Zoom keeps at least one member.
    ///
    /// # Errors
    /// [`ErrorKind::NotAMember`] when one of a call's ids is no member; [`ErrorKind::Invalid`] when nobody would remain;
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn remove_contact_group_members(&self, id: &str, member_ids: &[&str]) -> Result<(), Error> {
        for ids in member_ids.chunks(CONTACT_REMOVALS_PER_CALL) {
            let call = Call::new(&REMOVE_MEMBERS, &["contacts", "groups", id, "members"])?;
            self.transport.run(&call.query("member_ids", ids.join(","))).await?;
        }
        Ok(())
    }
}
