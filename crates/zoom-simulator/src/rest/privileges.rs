//! What the person who made the app must be permitted: their role caps the app (Zoom API reference, Users: create, which names
//! the privilege that is missing; that the same holds for other calls is inferred).

use axum::http::Method;

use super::{Endpoint, scim};
use crate::account::{Account, Refusal};
use crate::token::AppNumber;

impl Endpoint {
    /// The privilege that a call needs. Nothing is known of calls on contact groups, divisions and the account's domains.
    fn privilege(&self) -> Option<&'static str> {
        const PRIVILEGES: [(&str, &str, &str); 7] = [
            ("/users", "User:Read", "User:Edit"),
            ("/scim2/Users", "User:Read", "User:Edit"),
            ("/roles", "Role:Read", "Role:Edit"),
            ("/groups", "Group:Read", "Group:Edit"),
            ("/scim2/Groups", "Group:Read", "Group:Edit"),
            ("/accounts/{accountId}/settings", "AccountSetting:Read", "AccountSetting:Edit"),
            ("/accounts/{accountId}/lock_settings", "AccountSetting:Read", "AccountSetting:Edit"),
        ];
        let (_, read, edit) = PRIVILEGES.iter().find(|(family, ..)| self.template.starts_with(family))?;
        Some(if self.method == Method::GET { read } else { edit })
    }

    /// Refuses a call that the role of the app's creator does not permit: by SCIM with 403; on roles with 4700 for the listing and
    /// under HTTP 200 for the others; else as not permitted (Zoom API reference, SCIM2, Roles, Users: create).
    pub(crate) fn check_privilege(&self, account: &Account, app: AppNumber) -> Result<(), Refusal> {
        let wire = match (self.template, &self.method) {
            (template, _) if template.starts_with(scim::ROOT) => (403, 403),
            ("/roles", &Method::GET) => (400, 4700),
            ("/roles" | "/roles/{roleId}", _) => (200, 200),
            _ => (400, 200),
        };
        let Some(role) = app.of(&account.config).and_then(|app| app.role) else { return Ok(()) };
        match self.privilege().filter(|privilege| !account.role_permits(role, privilege)) {
            Some(privilege) => Err(Refusal::NotPrivileged { privilege, wire }),
            None => Ok(()),
        }
    }
}
