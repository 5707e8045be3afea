//! What can be wrong with an account file whose shape is right.

use std::collections::{BTreeSet, HashSet};

use crate::account::{MAIN_DIVISION, MOST_DIVISIONS, email_problem, group_name_fits, lockable};
use crate::config::{AccountConfig, ConfigError};
use crate::controls::AccountEdit;
use crate::limits::LimitsConfig;
use crate::webhooks::WebhookConfig;

const FILLED: &str = "any text that is not empty";

/// Finds the first mistake.
pub(crate) fn check(config: &AccountConfig) -> Result<(), ConfigError> {
    for (field, text) in [("accountId", &config.account_id), ("clientId", &config.client_id)] {
        require(!text.is_empty(), field, text, FILLED)?;
    }
    check_what_can_be_edited(Some(&config.client_secret), config.scopes.as_deref(), Some(&config.limits))?;
    let mut seen = HashSet::from([&config.client_id]);
    for app in &config.apps {
        let fits = !app.client_id.is_empty() && seen.insert(&app.client_id);
        require(fits, "apps.clientId", &app.client_id, "client ids that are not empty and no other app's")?;
        check_what_can_be_edited(Some(&app.client_secret), app.scopes.as_deref(), None)?;
    }
    check_addresses(config)?;
    let domains = [
        ("managedDomains", &config.managed_domains),
        ("blockedDomains", &config.blocked_domains),
        ("allowedDomains", &config.allowed_domains),
    ];
    for (field, domain) in
        domains.into_iter().flat_map(|(field, domains)| domains.iter().map(move |name| (field, name)))
    {
        require(email_problem(&format!("x@{domain}")).is_none(), field, domain, "domain names such as acme.example")?;
    }
    if let Some(name) = &config.vanity_url {
        let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        require(fits, "vanityUrl", name, "letters, digits and hyphens, such as acme; without the field there is none")?;
    }
    for locked in &config.locked_settings {
        let known = locked.split_once('.').is_some_and(|(section, name)| lockable(section, name));
        let allowed =
            "a section and one of its settings, such as in_meeting.chat, as Zoom's lock_settings call shows them";
        require(known, "lockedSettings", locked, allowed)?;
    }
    let quirks = &config.quirks;
    require(quirks.page_size > 0, "quirks.pageSize", "0", "1 or more, such as 300 or 2000")?;
    let days = "1 or more; null means never";
    require(quirks.inactive_deleted_after_days != Some(0), "quirks.inactiveDeletedAfterDays", "0", days)?;
    config.webhooks.iter().try_for_each(WebhookConfig::check)?;
    check_names(config)?;
    check_ids("roles.id", config.roles.iter().filter_map(|role| role.id.as_deref()), &["0", "1", "2"])?;
    check_ids("groups.id", config.groups.iter().filter_map(|group| group.id.as_deref()), &[])?;
    check_divisions(config)
}

/// Finds the first mistake in a change of an account.
pub(crate) fn check_edit(edit: &AccountEdit) -> Result<(), ConfigError> {
    check_what_can_be_edited(edit.client_secret.as_deref(), edit.scopes.as_deref(), edit.limits.as_ref())
}

fn check_what_can_be_edited(
    client_secret: Option<&str>,
    scopes: Option<&[String]>,
    limits: Option<&LimitsConfig>,
) -> Result<(), ConfigError> {
    let secret = client_secret.unwrap_or("absent");
    require(!secret.is_empty(), "clientSecret", secret, FILLED)?;
    for scope in scopes.unwrap_or_default() {
        let shaped = scope == "scim2" || scope.split(':').filter(|part| !part.is_empty()).count() >= 2;
        require(shaped, "scopes", scope, "scopes of Zoom's, such as user:read:list_users:admin or user:read:admin")?;
    }
    match limits.and_then(LimitsConfig::zero) {
        Some(field) => require(false, field, "0", "1 or more; without the field the plan's limit holds"),
        None => Ok(()),
    }
}

fn check_addresses(config: &AccountConfig) -> Result<(), ConfigError> {
    let people = config.people.iter().map(|person| ("people", &person.email));
    let rooms = config.rooms.iter().map(|room| ("rooms", room));
    let elsewhere = config.elsewhere.iter().map(|entry| ("elsewhere", &entry.email));
    for (field, email) in [("owner", &config.owner)].into_iter().chain(people).chain(rooms).chain(elsewhere) {
        let allowed = "an email address of at most 128 characters";
        require(email_problem(email).is_none(), field, email, allowed)?;
    }
    let own = config.people.iter().map(|person| &person.email).chain(&config.rooms).chain([&config.owner]);
    let mut seen: HashSet<String> = own.map(|email| email.to_lowercase()).collect();
    for entry in &config.elsewhere {
        let allowed = "addresses of nobody in the account, each of them once";
        require(seen.insert(entry.email.to_lowercase()), "elsewhere", &entry.email, allowed)?;
    }
    Ok(())
}

fn check_names(config: &AccountConfig) -> Result<(), ConfigError> {
    let mut seen = BTreeSet::new();
    for group in &config.groups {
        require(group_name_fits(&group.name), "groups", &group.name, "names of 1 to 127 characters")?;
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

fn check_divisions(config: &AccountConfig) -> Result<(), ConfigError> {
    let (most, found) = (MOST_DIVISIONS - 1, config.divisions.len());
    require(found <= most, "divisions", &found.to_string(), "at most 499 besides the main division")?;
    let mut seen = BTreeSet::from([MAIN_DIVISION.to_lowercase()]);
    for division in &config.divisions {
        let allowed = "names that are not empty, no main division's, and differ in more than case";
        let fits = !division.name.trim().is_empty() && seen.insert(division.name.to_lowercase());
        require(fits, "divisions", &division.name, allowed)?;
    }
    let ids = config.divisions.iter().filter_map(|division| division.id.as_deref());
    check_ids("divisions.id", ids, &[])
}

fn check_ids<'c>(
    field: &'static str,
    ids: impl Iterator<Item = &'c str>,
    built_in: &[&'c str],
) -> Result<(), ConfigError> {
    let mut seen: BTreeSet<&str> = built_in.iter().copied().collect();
    for id in ids {
        let fits = !id.trim().is_empty() && seen.insert(id);
        require(fits, field, id, "ids that are not empty, there once, and no built-in role's (0, 1, 2)")?;
    }
    Ok(())
}

fn require(holds: bool, field: &'static str, found: &str, allowed: &'static str) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError::Field { field, found: found.to_owned(), allowed }) }
}
