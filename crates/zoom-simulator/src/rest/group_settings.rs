//! A group's settings, locks, registration settings and virtual backgrounds.

use axum::http::Method;

use super::groups::{GROUP_READ, GROUP_WRITE, paid_to_write};
use super::{Endpoint, Reply, Request, Session, endpoint};
use crate::account::{Part, Refusal, SettingsQuery};
use crate::limits::Label::{Light, Medium};

pub(super) static ENDPOINTS: [Endpoint; 8] = [
    endpoint(Method::GET, "/groups/{groupId}/settings", Medium, "group:read:settings:admin", GROUP_READ, |s, r| {
        read(s, r, Part::Settings)
    }),
    endpoint(
        Method::PATCH,
        "/groups/{groupId}/settings",
        Medium,
        "group:update:settings:admin",
        GROUP_WRITE,
        |s, r| change(s, r, Part::Settings),
    ),
    endpoint(
        Method::GET,
        "/groups/{groupId}/lock_settings",
        Medium,
        "group:read:lock_settings:admin",
        GROUP_READ,
        |s, r| read(s, r, Part::Locks),
    ),
    endpoint(
        Method::PATCH,
        "/groups/{groupId}/lock_settings",
        Medium,
        "group:update:lock_settings:admin",
        GROUP_WRITE,
        |s, r| change(s, r, Part::Locks),
    ),
    endpoint(
        Method::GET,
        "/groups/{groupId}/settings/registration",
        Medium,
        "group:read:registration_settings:admin",
        GROUP_READ,
        |s, r| read(s, r, Part::Registration),
    ),
    endpoint(
        Method::PATCH,
        "/groups/{groupId}/settings/registration",
        Medium,
        "group:update:registration_settings:admin",
        GROUP_WRITE,
        |s, r| change(s, r, Part::Registration),
    ),
    endpoint(
        Method::POST,
        "/groups/{groupId}/settings/virtual_backgrounds",
        Medium,
        "group:write:virtual_background_files:admin",
        GROUP_WRITE,
        add_background,
    ),
    endpoint(
        Method::DELETE,
        "/groups/{groupId}/settings/virtual_backgrounds",
        Light,
        "group:delete:virtual_background_files:admin",
        GROUP_WRITE,
        remove_backgrounds,
    ),
];

/// What a call on settings or locks is about; registration settings are of webinars alone.
fn query(request: &Request<'_>, part: Part) -> Result<SettingsQuery, Refusal> {
    match (part, request.query("type")) {
        (Part::Settings | Part::Locks, _) => request.settings_query(),
        (Part::Registration, None | Some("" | "webinar")) => Ok(SettingsQuery::default()),
        (Part::Registration, Some(_)) => Err(Refusal::field("type", "The value must be webinar.")),
    }
}

fn read(session: &mut Session<'_>, request: &Request<'_>, part: Part) -> Result<Reply, Refusal> {
    super::roles::paid(session)?;
    let group = session.account.group(request.param(0))?;
    Ok(Reply::json(200, &query(request, part)?.pick(group.settings.tree(part))))
}

fn change(session: &mut Session<'_>, request: &Request<'_>, part: Part) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let change = query(request, part)?.reach(request.object()?);
    session.account.group_mut(request.param(0))?.settings.change(part, &change)?;
    Ok(Reply::empty(204))
}

fn add_background(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let (group, file) = (request.param(0), request.background()?);
    // The reference has another code for this call than for all others on groups.
    session.account.group(group).map_err(|_| Refusal::UserMissing(group.to_owned()))?;
    let background = session.account.add_group_background(group, file)?;
    Ok(Reply::json(201, &background))
}

fn remove_backgrounds(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    session.account.remove_group_backgrounds(request.param(0), &request.file_ids())?;
    Ok(Reply::empty(204))
}
