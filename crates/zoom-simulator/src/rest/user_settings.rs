//! Settings of people, and their virtual backgrounds.

use axum::http::Method;

use super::users::{READ, WRITE};
use super::{Endpoint, Reply, Request, Session, endpoint};
use crate::account::Refusal;
use crate::limits::Label::{Light, Medium};

const SETTINGS: &str = "/users/{userId}/settings";
const BACKGROUNDS: &str = "/users/{userId}/settings/virtual_backgrounds";

pub(super) static ENDPOINTS: [Endpoint; 4] = [
    endpoint(Method::GET, SETTINGS, Medium, "user:read:settings:admin", READ, get),
    endpoint(Method::PATCH, SETTINGS, Medium, "user:update:settings:admin", WRITE, update),
    endpoint(Method::POST, BACKGROUNDS, Medium, "user:write:virtual_background_files:admin", WRITE, add_background),
    endpoint(
        Method::DELETE,
        BACKGROUNDS,
        Light,
        "user:delete:virtual_background_files:admin",
        WRITE,
        remove_backgrounds,
    ),
];

fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    request.login_type()?;
    let query = request.settings_query()?;
    Ok(Reply::json(200, &query.pick(session.account.settings_of(request.param(0), session.now)?)))
}

fn update(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    request.login_type()?;
    let change = request.settings_query()?.reach(request.object()?);
    session.account.change_settings(request.param(0), change, session.now)?;
    Ok(Reply::empty(204))
}

fn add_background(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let background = session.account.add_user_background(request.param(0), request.background()?, session.now)?;
    Ok(Reply::json(201, &background))
}

fn remove_backgrounds(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.remove_user_backgrounds(request.param(0), &request.file_ids(), session.now)?;
    Ok(Reply::empty(204))
}
