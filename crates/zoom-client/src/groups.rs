use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ZoomClient;
use crate::error::{Error, ErrorKind};
use crate::lenient::{filled, lenient, required};
use crate::limiter::{OwnCap, RateLabel};
use crate::listing::{Listing, Row, list};
use crate::transport::{Call, Endpoint};
use crate::user::UserType;

/// How many members one call adds (Zoom API reference, Groups: add members).
pub const GROUP_MEMBERS_PER_CALL: usize = 30;

/// How many administrators one call adds (Zoom API reference, Groups: add administrators).
pub const GROUP_ADMINS_PER_CALL: usize = 10;

/// Zoom's largest page of groups and of their administrators (Zoom API reference, Groups: list).
const PAGE_SIZE: u32 = 300;

static LIST: Endpoint = Endpoint::of_group(Method::GET, "GET /groups", RateLabel::Medium);
static CREATE: Endpoint =
    Endpoint::of_group(Method::POST, "POST /groups", RateLabel::Light).capped(OwnCap::CreateGroup);
static RENAME: Endpoint = Endpoint::of_group(Method::PATCH, "PATCH /groups/{groupId}", RateLabel::Light);
static DELETE: Endpoint = Endpoint::of_group(Method::DELETE, "DELETE /groups/{groupId}", RateLabel::Light);
static MEMBERS: Endpoint = Endpoint::of_group(Method::GET, "GET /groups/{groupId}/members", RateLabel::Medium);
static ADD_MEMBERS: Endpoint = Endpoint::of_group(Method::POST, "POST /groups/{groupId}/members", RateLabel::Medium);
static REMOVE_MEMBER: Endpoint =
    Endpoint::of_group(Method::DELETE, "DELETE /groups/{groupId}/members/{memberId}", RateLabel::Light);
static UPDATE_MEMBER: Endpoint =
    Endpoint::of_group(Method::PATCH, "PATCH /groups/{groupId}/members/{memberId}", RateLabel::Medium);
static ADMINS: Endpoint = Endpoint::of_group(Method::GET, "GET /groups/{groupId}/admins", RateLabel::Medium);
static ADD_ADMINS: Endpoint = Endpoint::of_group(Method::POST, "POST /groups/{groupId}/admins", RateLabel::Medium);
static REMOVE_ADMIN: Endpoint =
    Endpoint::of_group(Method::DELETE, "DELETE /groups/{groupId}/admins/{userId}", RateLabel::Light);

/// A group of an account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// The group's id.
    #[serde(deserialize_with = "required")]
    pub id: String,
    /// The group's name, unique in the account.
    #[serde(deserialize_with = "required")]
    pub name: String,
    /// How many users are in it.
    #[serde(default, deserialize_with = "lenient")]
    pub total_members: Option<u64>,
}

impl Row for Group {
    fn id(&self) -> Option<&str> {
        Some(&self.id)
    }

    fn email(&self) -> Option<&str> {
        None
    }
}

/// A user in a group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GroupMember {
    /// The user's id; pending users may have none here.
    #[serde(default, deserialize_with = "filled")]
    pub id: Option<String>,
    /// The user's address.
    #[serde(deserialize_with = "required")]
    pub email: String,
    /// The user's licence.
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    pub user_type: Option<UserType>,
}

impl Row for GroupMember {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn email(&self) -> Option<&str> {
        Some(&self.email)
    }
}

/// An administrator of a group. Zoom shows no id of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GroupAdmin {
    /// The user's address.
    #[serde(deserialize_with = "required")]
    pub email: String,
    /// The user's display name.
    #[serde(default, deserialize_with = "filled")]
    pub name: Option<String>,
}

impl Row for GroupAdmin {
    fn id(&self) -> Option<&str> {
        None
    }

    fn email(&self) -> Option<&str> {
        Some(&self.email)
    }
}

/// A user in the body of an add.
#[derive(Serialize)]
pub(crate) struct ById<'a> {
    id: &'a str,
}

impl<'a> ById<'a> {
    pub(crate) fn all(ids: &[&'a str]) -> Vec<Self> {
        ids.iter().map(|id| ById { id }).collect()
    }
}

/// The answer to an add: the ids of those who are new, as one text with commas between.
#[derive(Deserialize)]
pub(crate) struct Added {
    #[serde(default, deserialize_with = "filled")]
    ids: Option<String>,
}

impl Added {
    pub(crate) fn ids(self) -> Vec<String> {
        let ids = self.ids.unwrap_or_default();
        ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
    }
}

impl ZoomClient {
    /// All groups of the account. Needs a paid account and `group:read:list_groups:admin`.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn list_groups(&self) -> Result<Listing<Group>, Error> {
        list(&self.transport, &LIST, &["groups"], &[("page_size", PAGE_SIZE.to_string())]).await
    }

    /// Creates a group, at most once: a create without a clear answer is not repeated, but looked for by its name. 100 a day,
    /// 5,000 in an account, names of less than 128 characters.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNameTaken`], which ignores case on some accounts; [`ErrorKind::InDoubt`] when there was no clear answer
    /// and the listing shows no such group (or failed): trying again is safe then; [`ErrorKind::DailyBudget`] and others.
    pub async fn create_group(&self, name: &str) -> Result<Group, Error> {
        let call = Call::new(&CREATE, &["groups"])?.body(&json!({"name": name}))?;
        let doubt = match self.transport.fetch(&call).await {
            Err(error) if error.leaves_doubt() => error,
            result => return result,
        };
        tracing::debug!(%doubt, "creating a group ended in doubt; looking for it");
        match self.list_groups().await {
            Ok(listing) => {
                let seen_absent = listing.complete.is_ok();
                let found = listing.rows.into_iter().find(|group| group.name == name);
                found.ok_or_else(|| doubt.with_kind(ErrorKind::InDoubt { seen_absent }))
            }
            Err(_) => Err(doubt.with_kind(ErrorKind::InDoubt { seen_absent: false })),
        }
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`], [`ErrorKind::GroupNameTaken`] and others.
    pub async fn rename_group(&self, group_id: &str, name: &str) -> Result<(), Error> {
        self.transport.run(&Call::new(&RENAME, &["groups", group_id])?.body(&json!({"name": name}))?).await
    }

    /// Deletes a group; its users stay in the account.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`], also when a repeat finds that the first try did the work; and others.
    pub async fn delete_group(&self, group_id: &str) -> Result<(), Error> {
        self.transport.run(&Call::new(&DELETE, &["groups", group_id])?).await
    }

    /// Everybody in a group. `page_size` as for [`list_users`](Self::list_users).
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn list_group_members(&self, group_id: &str, page_size: u32) -> Result<Listing<GroupMember>, Error> {
        let query = [("page_size", page_size.to_string())];
        list(&self.transport, &MEMBERS, &["groups", group_id, "members"], &query).await
    }

    /// Adds users to a group, [`GROUP_MEMBERS_PER_CALL`] at a time; ends with the first failure, and those before it are in the
    /// group then. Adding somebody twice does no harm.
    ///
    /// Returns the ids that Zoom says it added. That leaves out those who were in the group already, and those whom it did not
    /// add although it says so of none: only a read tells.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn add_group_members(&self, group_id: &str, user_ids: &[&str]) -> Result<Vec<String>, Error> {
        let mut added = Vec::new();
        for ids in user_ids.chunks(GROUP_MEMBERS_PER_CALL) {
            let call = Call::new(&ADD_MEMBERS, &["groups", group_id, "members"])?;
            let answer: Added = self.transport.fetch(&call.body(&json!({"members": ById::all(ids)}))?).await?;
            added.extend(answer.ids());
        }
        Ok(added)
    }

    /// Takes a user out of a group.
    ///
    /// # Errors
    /// [`ErrorKind::NotAMember`], [`ErrorKind::GroupNotFound`] and others.
    pub async fn remove_group_member(&self, group_id: &str, user_id: &str) -> Result<(), Error> {
        self.transport.run(&Call::new(&REMOVE_MEMBER, &["groups", group_id, "members", user_id])?).await
    }

    /// Makes a group that a user is in their primary one, whose settings count for them. `present` is their primary group so far:
    /// the first of [`UserRow::group_ids`](crate::UserRow::group_ids).
    ///
    /// # Errors
    /// [`ErrorKind::NotAMember`], [`ErrorKind::GroupNotFound`] and others.
    pub async fn set_primary_group(&self, present: &str, user_id: &str, group_id: &str) -> Result<(), Error> {
        let body = json!({"action": "set_primary", "target_group_id": group_id});
        self.transport.run(&Call::new(&UPDATE_MEMBER, &["groups", present, "members", user_id])?.body(&body)?).await
    }

    /// All administrators of a group.
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn list_group_admins(&self, group_id: &str) -> Result<Listing<GroupAdmin>, Error> {
        let query = [("page_size", PAGE_SIZE.to_string())];
        list(&self.transport, &ADMINS, &["groups", group_id, "admins"], &query).await
    }

    /// Makes users administrators of a group, [`GROUP_ADMINS_PER_CALL`] at a time; otherwise like
    /// [`add_group_members`](Self::add_group_members).
    ///
    /// # Errors
    /// [`ErrorKind::GroupNotFound`] and others.
    pub async fn add_group_admins(&self, group_id: &str, user_ids: &[&str]) -> Result<Vec<String>, Error> {
        let mut added = Vec::new();
        for ids in user_ids.chunks(GROUP_ADMINS_PER_CALL) {
            let call = Call::new(&ADD_ADMINS, &["groups", group_id, "admins"])?;
            let answer: Added = self.transport.fetch(&call.body(&json!({"admins": ById::all(ids)}))?).await?;
            added.extend(answer.ids());
        }
        Ok(added)
    }

    /// Takes the administration of a group from a user.
    ///
    /// # Errors
    /// [`ErrorKind::NotAGroupAdmin`], [`ErrorKind::GroupNotFound`] and others.
    pub async fn remove_group_admin(&self, group_id: &str, user_id: &str) -> Result<(), Error> {
        self.transport.run(&Call::new(&REMOVE_ADMIN, &["groups", group_id, "admins", user_id])?).await
    }
}
