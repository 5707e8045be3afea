use reqwest::Method;
use serde::Deserialize;

use crate::ZoomClient;
use crate::error::Error;
use crate::lenient::{lenient, required};
use crate::limiter::RateLabel;
use crate::listing::{Listing, Row, list};
use crate::transport::Endpoint;

/// Zoom's largest page of groups (Zoom API reference, Groups: list).
const PAGE_SIZE: u32 = 300;

static LIST: Endpoint = Endpoint::new(Method::GET, "GET /groups", RateLabel::Medium);

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

impl ZoomClient {
    /// All groups of the account. Needs a paid account and `group:read:list_groups:admin`.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list_groups(&self) -> Result<Listing<Group>, Error> {
        list(&self.transport, &LIST, &["groups"], &[("page_size", PAGE_SIZE.to_string())]).await
    }
}
