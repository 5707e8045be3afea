//! A group's settings, locks and registration settings.

use axum::http::Method;

use super::groups::{GROUP_READ, GROUP_WRITE, paid_to_write};
use super::{Endpoint, Reply, Request, Session, endpoint};
use crate::account::{OPTIONS, Part, Refusal, Tree};
use crate::limits::Label::Medium;

pub(super) static ENDPOINTS: [Endpoint; 6] = [
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
];

/// The one section that the call asks for; without it the call is about all other sections.
fn option(request: &Request<'_>, part: Part) -> Result<Option<&'static str>, Refusal> {
    if part == Part::Registration {
        return match request.query("type") {
            None | Some("" | "webinar") => Ok(None),
            Some(_) => Err(Refusal::field("type", "The value must be webinar.")),
        };
    }
    let Some(option) = request.query("option").filter(|option| !option.is_empty()) else { return Ok(None) };
    let found = OPTIONS.into_iter().find(|name| *name == option);
    let allowed = |name: &&str| part == Part::Settings || *name == "meeting_security";
    let unknown = || Refusal::field("option", format!("There is no option {option}."));
    found.filter(allowed).map(Some).ok_or_else(unknown)
}

fn concerns(option: Option<&str>, section: &str) -> bool {
    option.map_or_else(|| !OPTIONS.contains(&section), |option| section == option)
}

fn read(session: &mut Session<'_>, request: &Request<'_>, part: Part) -> Result<Reply, Refusal> {
    super::roles::paid(session)?;
    let group = session.account.group(request.param(0))?;
    let option = option(request, part)?;
    let mut tree = group.settings.tree(part);
    tree.retain(|section, _| concerns(option, section));
    Ok(Reply::json(200, &tree))
}

fn change(session: &mut Session<'_>, request: &Request<'_>, part: Part) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let option = option(request, part)?;
    let mut change: Tree = request.object()?;
    change.retain(|section, _| concerns(option, section));
    session.account.group_mut(request.param(0))?.settings.change(part, &change)?;
    Ok(Reply::empty(204))
}
