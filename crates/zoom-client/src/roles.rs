use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::ZoomClient;
use crate::error::Error;
use crate::lenient::{filled, lenient, required};
use crate::limiter::RateLabel;
use crate::listing::{Listing, Row, list};
use crate::transport::{Call, Endpoint};

/// Zoom takes this many members in one call (Zoom API reference, Roles: assign a role).
const MEMBERS_PER_CALL: usize = 30;

static LIST: Endpoint = Endpoint::new(Method::GET, "GET /roles", RateLabel::Medium);
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

#[derive(Serialize)]
struct NewMembers<'a> {
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    id: &'a str,
}

#[derive(Deserialize)]
struct Added {
    #[serde(default, deserialize_with = "filled")]
    ids: Option<String>,
}

impl ZoomClient {
    /// All roles of the account. Needs a paid account and `role:read:list_roles:admin`.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list_roles(&self) -> Result<Listing<Role>, Error> {
        list(&self.transport, &LIST, &["roles"], &[]).await
    }

    /// Gives users a role, which takes their former one away: a user has one. Goes out 30 at a time, and ends with the first
    /// failure; those before it have the role then. Giving a role twice does no harm. Zoom refuses the owner's and the member's role.
    ///
    /// Returns the ids that Zoom says it added, which leaves out those that had the role already.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn add_role_members(&self, role_id: &str, user_ids: &[&str]) -> Result<Vec<String>, Error> {
        let mut added = Vec::new();
        for ids in user_ids.chunks(MEMBERS_PER_CALL) {
            let members = ids.iter().map(|id| Member { id }).collect();
            let call = Call::new(&ADD_MEMBERS, &["roles", role_id, "members"])?.body(&NewMembers { members })?;
            let answer: Added = self.transport.fetch(&call).await?;
            let ids = answer.ids.unwrap_or_default();
            added.extend(ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned));
        }
        Ok(added)
    }

    /// Takes a role from a user, who is a plain member then.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn remove_role_member(&self, role_id: &str, user_id: &str) -> Result<(), Error> {
        self.transport.run(&Call::new(&REMOVE_MEMBER, &["roles", role_id, "members", user_id])?).await
    }
}
