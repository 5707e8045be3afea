//! Zoom's user management over HTTP, for server-to-server OAuth apps.
//!
//! A [`ZoomClient`] stands for one Zoom account. It has a method for each operation, and takes care of what all of them need:
//!
//! - **Token.** Fetched when first needed, by one caller while the others wait; renewed before its end; fetched once more when
//!   Zoom refuses it. It goes to the configured hosts alone: redirects are not followed.
//! - **Rate limits.** One limiter for all clones of a client, by Zoom's labels and the account's plan, with the budgets of the day. Zoom
//!   counts over all apps of an account, so a client is given a share. Short waits are awaited; a long one is an error that says
//!   when to come back. A 429 is obeyed to its timestamp.
//! - **Repeats.** A few, with growing and varied pauses, and only of calls that may be repeated. A create is never sent twice: when its
//!   answer is lost, the client looks whether the user is there.
//! - **Completeness.** A [`Listing`] says whether it holds all there is, so that nobody takes a shifted page for a missing person.
//! - **Errors.** An [`Error`] says what was tried and what Zoom answered; its [`ErrorKind`] what it means, and its [`RetryClass`]
//!   when to try again.
//!
//! ```no_run
//! use zoom_client::{Config, Credentials, Endpoints, Limits, Plan, UserStatus, ZoomClient};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials { client_id: "abc".into(), client_secret: std::env::var("ZOOM_CLIENT_SECRET")?.into() };
//! let limits = Limits { plan: Plan::Pro, share_percent: 50 };
//! let zoom = ZoomClient::new(Config::new("AbC123", credentials, Endpoints::commercial(), limits))?;
//!
//! let active = zoom.list_users(UserStatus::Active, 300).await?;
//! active.complete?;
//! assert!(active.rows.iter().any(|user| user.email.eq_ignore_ascii_case("ada@example.com")));
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

mod classify;
mod config;
mod contact_groups;
mod error;
mod groups;
mod lenient;
mod limiter;
mod listing;
mod plan;
mod roles;
mod throttle;
mod token;
mod transport;
mod user;
mod users;

pub use config::{CallRecord, Config, ConfigError, Credentials, Endpoints, Gate, Limits, Observer, Plan, Timeouts};
pub use contact_groups::{
    CONTACT_GROUPS_PER_CALL, CONTACT_REMOVALS_PER_CALL, CONTACT_USERS_PER_CALL, ContactGroup, ContactGroupPatch,
    ContactKind, ContactMember, ContactMemberRow, ContactPrivacy, NewContactGroup,
};
pub use error::{Error, ErrorKind, RetryClass, Seats};
pub use groups::{GROUP_ADMINS_PER_CALL, GROUP_MEMBERS_PER_CALL, Group, GroupAdmin, GroupMember};
pub use limiter::RateLabel;
pub use listing::{Incomplete, Listing};
pub use plan::{PlanSeats, PlanUsage};
pub use roles::{NewRole, Role, RoleDetail, RolePatch};
pub use user::{CustomAttribute, PhoneNumber, PronounsOption, User, UserRow, UserStatus, UserType};
pub use users::{
    CreateAction, Created, NewUser, Removal, StatusAction, Transfer, TransferData, UserPatch, UserSummary,
};

use transport::Transport;

/// A client of one Zoom account. Clones are cheap and share the token, the connections and the limiter.
#[derive(Clone)]
pub struct ZoomClient {
    transport: Arc<Transport>,
}

impl ZoomClient {
    /// Sets a client up. Nothing is sent.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Ok(Self { transport: Arc::new(Transport::new(config)?) })
    }

    /// The id of the account that the credentials should belong to.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.transport.config().account_id
    }

    /// The same account by other credentials, as after a rotation: with a token of its own, and with the limiter and what it has
    /// counted today.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self { transport: Arc::new(self.transport.with_credentials(credentials)) }
    }

    /// The scopes of the current token, which is fetched if there is none. Scopes that are added to the app reach new tokens only.
    ///
    /// # Errors
    /// [`ErrorKind::BadCredentials`], [`ErrorKind::AppDisabled`] and others.
    pub async fn granted_scopes(&self) -> Result<BTreeSet<String>, Error> {
        Ok(self.transport.token().await?.scopes.clone())
    }
}

impl fmt::Debug for ZoomClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZoomClient").field("config", self.transport.config()).finish_non_exhaustive()
    }
}
