//! Settings of people.

use axum::http::Method;

use super::users::{READ, WRITE};
use super::{Endpoint, Reply, Request, Session, endpoint};
use crate::account::Refusal;
use crate::limits::Label::Medium;

const SETTINGS: &str = "/users/{userId}/settings";

pub(super) static ENDPOINTS: [Endpoint; 2] = [
    endpoint(Method::GET, SETTINGS, Medium, "user:read:settings:admin", READ, get),
    endpoint(Method::PATCH, SETTINGS, Medium, "user:update:settings:admin", WRITE, update),
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
