//! Calls on what nobody in a simulated account has: collaboration devices, templates of meetings and of their summaries, an
//! app that acts for somebody.

use axum::http::Method;
use serde_json::json;

use super::users::READ;
use super::{Endpoint, Reply, Request, Session, endpoint};
use crate::account::Refusal;
use crate::limits::Label::{Light, Medium};

const DEVICES: &str = "/users/{userId}/collaboration_devices";
const DEVICE: &str = "/users/{userId}/collaboration_devices/{collaborationDeviceId}";
const SUMMARY_TEMPLATES: &str = "/users/{userId}/meeting_summary_templates";
const TEMPLATE: &str = "/users/{userId}/meeting_templates/{meetingTemplateId}";

pub(super) static ENDPOINTS: [Endpoint; 5] = [
    endpoint(Method::GET, "/users/me/zak", Light, "user:read:zak:admin", &["user_zak:read"], zak),
    endpoint(Method::GET, DEVICES, Medium, "user:read:list_collaboration_devices:admin", READ, devices),
    endpoint(Method::GET, DEVICE, Medium, "user:read:collaboration_device:admin", READ, device),
    endpoint(
        Method::GET,
        SUMMARY_TEMPLATES,
        Medium,
        "user:read:settings:admin",
        &["user:read:admin"],
        summary_templates,
    ),
    endpoint(Method::GET, TEMPLATE, Medium, "user:read:settings:admin", READ, template),
];

/// A server-to-server app acts for the account: `me` is nobody. The reference refuses that with 400, not with 404.
fn zak(_: &mut Session<'_>, _: &Request<'_>) -> Result<Reply, Refusal> {
    Err(Refusal::NobodyIsMe)
}

fn devices(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.read(request.param(0), session.now)?;
    Ok(Reply::json(200, &json!({"total_records": 0, "collaboration_devices": []})))
}

fn device(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.read(request.param(0), session.now)?;
    Err(Refusal::DeviceMissing(request.param(1).to_owned()))
}

/// The call is Zoom's (its developer changelog of November 2025), but no public source shows its answer: this is the shape that
/// the list of meeting templates has.
fn summary_templates(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.read(request.param(0), session.now)?;
    Ok(Reply::json(200, &json!({"templates": [], "total_records": 0})))
}

/// The reference names no code for a template that is not there; 300 is what Zoom says of other missing objects.
fn template(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.read(request.param(0), session.now)?;
    Err(Refusal::BadRequest(format!("Meeting template does not exist: {}.", request.param(1))))
}
