use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ZoomClient;
use crate::error::{Error, ErrorKind};
use crate::groups::{Added, ById};
use crate::lenient::{filled, lenient, lenient_list, required};
use crate::limiter::RateLabel;
use crate::listing::{Listing, Row, list};
use crate::transport::{Call, Endpoint};

/// Zoom takes this many members in one call (Zoom API reference, Roles: assign a role).
const MEMBERS_PER_CALL: usize = 30;

static LIST: Endpoint = Endpoint::new(Method::GET, "GET /roles", RateLabel::Medium);
static GET: Endpoint = Endpoint::new(Method::GET, "GET /roles/{roleId}", RateLabel::Light);
static CREATE: Endpoint = Endpoint::new(Method::POST, "POST /roles", RateLabel::Light);
static UPDATE: Endpoint = Endpoint::new(Method::PATCH, "PATCH /roles/{roleId}", RateLabel::Light);
static DELETE: Endpoint = Endpoint::new(Method::DELETE, "DELETE /roles/{roleId}", RateLabel::Light);
static ADD_MEMBERS: Endpoint = Endpoint::new(Method::POST, "POST /roles/{roleId}/members", RateLabel::Medium);
static REMOVE_MEMBER: Endpoint =
    Endpoint::new(Method::DELETE, "DELETE /roles/{roleId}/members/{memberId}", RateLabel::Light);

/// A role of an account. `0` is the owner, `1` admin, `2` member; others have long ids.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Role {
    /// The role's id.
    #[serde(deserialize_with = "required")]
    pub id: String,
    /// The role's name, unique in the account.
    #[serde(deserialize_with = "required")]
    pub name: String,
    /// What it is for.
    #[serde(default, deserialize_with = "filled")]
    pub description: Option<String>,
    /// How many users have it.
    #[serde(default, deserialize_with = "lenient")]
    pub total_members: Option<u64>,
}

impl Row for Role {
    fn id(&self) -> Option<&str> {
        Some(&self.id)
    }

    fn email(&self) -> Option<&str> {
        None
    }
}

/// A role with what it allows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RoleDetail {
    /// What listings show.
    #[serde(flatten)]
    pub role: Role,
    /// What it allows, such as `User:Read`. The owner's role has every privilege that the account knows.
    #[serde(default, deserialize_with = "lenient_list")]
    pub privileges: Vec<String>,
}

/// A role to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewRole {
    /// The name, unique in the account.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it allows, such as `User:Read`.
    pub privileges: Vec<String>,
}

/// A change of a role: absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RolePatch {
    /// The name, unique in the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it allows, as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileges: Option<Vec<String>>,
}

impl RolePatch {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ZoomClient {
    /// All roles of the account. Needs a paid account and `role:read:list_roles:admin`.
    ///
    /// # Errors
    /// See [`ErrorKind`].
    pub async fn list_roles(&self) -> Result<Listing<Role>, Error> {
        list(&self.transport, &LIST, &["roles"], &[]).await
    }

    /// One role, with its privileges.
    ///
    /// # Errors
    /// [`ErrorKind::RoleNotFound`] and others.
    pub async fn get_role(&self, role_id: &str) -> Result<RoleDetail, Error> {
        self.transport.fetch(&Call::new(&GET, &["roles", role_id])?).await
    }

    /// Creates a role, at most once. Zoom's documents differ on whether the answer names the new role; where it does not, or where
    /// there is no clear answer, the role is looked for by its name.
    ///
    /// # Errors
    /// [`ErrorKind::RoleNameTaken`]; [`ErrorKind::InDoubt`] when there was no clear answer and the listing shows no such role (or
    /// failed): trying again is safe then; and others.
    pub async fn create_role(&self, role: &NewRole) -> Result<Role, Error> {
        let call = Call::new(&CREATE, &["roles"])?.body(role)?;
        let doubt = match self.transport.fetch(&call).await {
            Err(error) if error.leaves_doubt() => error,
            result => return result,
        };
        tracing::debug!(%doubt, "the answer to creating a role does not name it; looking for it");
        match self.list_roles().await {
            Ok(listing) => {
                let seen_absent = listing.complete.is_ok();
                let found = listing.rows.into_iter().find(|row| row.name == role.name);
                found.ok_or_else(|| doubt.with_kind(ErrorKind::InDoubt { seen_absent }))
            }
            Err(_) => Err(doubt.with_kind(ErrorKind::InDoubt { seen_absent: false })),
        }
    }

    /// Changes what the patch names. Zoom refuses the roles of owner and member.
    ///
    /// # Errors
    /// [`ErrorKind::RoleNotFound`], [`ErrorKind::RoleNameTaken`] and others.
    pub async fn update_role(&self, role_id: &str, patch: &RolePatch) -> Result<(), Error> {
        self.transport.run(&Call::new(&UPDATE, &["roles", role_id])?.body(patch)?).await
    }

    /// Deletes a role. What becomes of users who have it is not documented: they may be plain members then, or Zoom refuses.
    ///
    /// # Errors
    /// [`ErrorKind::RoleNotFound`], also when a repeat finds that the first try did the work; and others.
    pub async fn delete_role(&self, role_id: &str) -> Result<(), Error> {
        self.transport.run(&Call::new(&DELETE, &["roles", role_id])?).await
    }

    /// Gives users a role, which takes their former one away: a user has one. Goes out 30 at a time, and ends with the first
    /// failure; those before it have the role then. Giving a role twice does no harm. Zoom refuses the owner's and the member's role.
    ///
    /// Returns the ids that Zoom says it added, which leaves out those that had the role already.
    ///
    /// # Errors
    /// [`ErrorKind::RoleNotFound`] and others.
    pub async fn add_role_members(&self, role_id: &str, user_ids: &[&str]) -> Result<Vec<String>, Error> {
        let mut added = Vec::new();
        for ids in user_ids.chunks(MEMBERS_PER_CALL) {
            let call = Call::new(&ADD_MEMBERS, &["roles", role_id, "members"])?;
            let answer: Added = self.transport.fetch(&call.body(&json!({"members": ById::all(ids)}))?).await?;
            added.extend(answer.ids());
        }
        Ok(added)
    }

    /// Takes a role from a user, who is a plain member then.
    ///
    /// # Errors
    /// [`ErrorKind::RoleNotFound`] and others.
    pub async fn remove_role_member(&self, role_id: &str, user_id: &str) -> Result<(), Error> {
        self.transport.run(&Call::new(&REMOVE_MEMBER, &["roles", role_id, "members", user_id])?).await
    }
}
