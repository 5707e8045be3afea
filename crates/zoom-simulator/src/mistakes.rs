//! What can be wrong with an account file whose shape is right.

use std::collections::BTreeSet;

use crate::account::{GROUP_NAME_MAX, email_problem, lockable};
use crate::config::{AccountConfig, ConfigError};

/// Finds the first mistake.
pub(crate) fn check(config: &AccountConfig) -> Result<(), ConfigError> {
    for (field, text) in
        [("accountId", &config.account_id), ("clientId", &config.client_id), ("clientSecret", &config.client_secret)]
    {
        require(!text.is_empty(), field, text, "any text that is not empty")?;
    }
    check_addresses(config)?;
    for locked in &config.locked_settings {
        let known = locked.split_once('.').is_some_and(|(section, name)| lockable(section, name));
        let allowed =
            "a section and one of its settings, such as in_meeting.chat, as Zoom's lock_settings call shows them";
        require(known, "lockedSettings", locked, allowed)?;
    }
    for scope in config.scopes.iter().flatten() {
        let shaped = scope == "scim2" || scope.split(':').filter(|part| !part.is_empty()).count() >= 2;
        require(shaped, "scopes", scope, "scopes of Zoom's, such as user:read:list_users:admin or user:read:admin")?;
    }
    require(config.quirks.page_size > 0, "quirks.pageSize", "0", "1 or more, such as 300 or 2000")?;
    check_names(config)
}

fn check_addresses(config: &AccountConfig) -> Result<(), ConfigError> {
    let people = config.people.iter().map(|person| ("people", &person.email));
    let rooms = config.rooms.iter().map(|room| ("rooms", room));
    let elsewhere = config.elsewhere.iter().map(|entry| ("elsewhere", &entry.email));
    for (field, email) in [("owner", &config.owner)].into_iter().chain(people).chain(rooms).chain(elsewhere) {
        let allowed = "an email address of at most 128 characters";
        require(email_problem(email).is_none(), field, email, allowed)?;
    }
    Ok(())
}

fn check_names(config: &AccountConfig) -> Result<(), ConfigError> {
    let mut seen = BTreeSet::new();
    for group in &config.groups {
        let fits = !group.name.trim().is_empty() && group.name.chars().count() <= GROUP_NAME_MAX;
        require(fits, "groups", &group.name, "names of 1 to 127 characters")?;
        let exact = config.quirks.case_sensitive_group_names;
        let key = if exact { group.name.clone() } else { group.name.to_lowercase() };
        require(seen.insert(key), "groups", &group.name, "names that differ in more than case")?;
    }
    let mut seen = BTreeSet::from(["Owner", "Admin", "Member"]);
    for role in &config.roles {
        require(!role.name.trim().is_empty(), "roles", &role.name, "names that are not empty")?;
        require(
            seen.insert(&role.name),
            "roles",
            &role.name,
            "names that are there once, besides Owner, Admin, Member",
        )?;
    }
    Ok(())
}

fn require(holds: bool, field: &'static str, found: &str, allowed: &'static str) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError::Field { field, found: found.to_owned(), allowed }) }
}
