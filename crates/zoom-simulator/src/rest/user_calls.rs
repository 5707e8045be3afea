//! Calls on one person besides reading, updating and deleting, and the bulk change of features.

use std::str::FromStr;

use axum::http::Method;
use serde_json::{Value, json};
use strum::VariantNames as _;

use super::fields::Fields;
use super::named::named_people;
use super::users::{READ, WRITE};
use super::{Endpoint, Reply, Request, Session, endpoint};
use crate::account::{
    Feature, FeatureChange, FeatureFailure, License, Person, Presence, Refusal, Status, StatusAction,
};
use crate::limits::Label::{Light, Medium};
use crate::quirks::StatusReply;

const TOKEN: &str = "/users/{userId}/token";
const PASSWORD: &str = "/users/{userId}/password";
const PICTURE: &str = "/users/{userId}/picture";
const PRESENCE: &str = "/users/{userId}/presence_status";

pub(super) static ENDPOINTS: [Endpoint; 11] = [
    endpoint(Method::POST, "/users/features", Medium, "user:write:feature:admin", WRITE, features),
    endpoint(Method::PUT, "/users/{userId}/status", Light, "user:update:status:admin", WRITE, status),
    endpoint(Method::PUT, "/users/{userId}/email", Light, "user:update:email:admin", WRITE, email),
    endpoint(Method::PUT, PASSWORD, Medium, "user:update:password:admin", WRITE, password),
    endpoint(Method::GET, TOKEN, Light, "user:read:token:admin", READ, token),
    endpoint(Method::DELETE, TOKEN, Light, "user:delete:token:admin", WRITE, sign_out),
    endpoint(Method::GET, "/users/{userId}/permissions", Light, "user:read:list_permissions:admin", READ, permissions),
    endpoint(Method::POST, PICTURE, Medium, "user:write:profile_picture:admin", WRITE, add_picture),
    endpoint(Method::DELETE, PICTURE, Medium, "user:delete:profile_picture:admin", WRITE, remove_picture),
    endpoint(Method::GET, PRESENCE, Medium, "user:read:presence_status:admin", READ, presence),
    endpoint(Method::PUT, PRESENCE, Medium, "user:update:presence_status:admin", WRITE, set_presence),
];

fn status(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let body = request.object()?;
    let action = body.get("action").and_then(Value::as_str).map(StatusAction::from_str);
    let Some(Ok(action)) = action else {
        return Err(Refusal::field("action", "The value must be activate, deactivate, clock_in or clock_out."));
    };
    session.account.set_status(request.param(0), action, session.now)?;
    Ok(Reply::empty(match session.account.config.quirks.status_reply {
        StatusReply::NoContent => 204,
        StatusReply::Ok => 200,
    }))
}

fn email(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let email = required_text(request, "email")?;
    session.account.change_email(request.param(0), &email, session.now)?;
    Ok(Reply::empty(204))
}

fn password(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let password = required_text(request, "password")?;
    session.account.set_password(request.param(0), &password, session.now)?;
    Ok(Reply::empty(204))
}

fn required_text(request: &Request<'_>, name: &str) -> Result<String, Refusal> {
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let text = fields.text(name, 512);
    if !fields.has(name) {
        fields.reject(name, "This field is required.");
    }
    fields.finish()?;
    Ok(text.unwrap_or_default())
}

/// A token to join meetings with; it opens nothing here.
fn token(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    match request.query("type") {
        None | Some("token" | "zak" | "onbehalf") => {}
        Some(_) => return Err(Refusal::field("type", "The value must be token, zak or onbehalf.")),
    }
    let ttl = request.query("ttl").map(str::parse::<u32>).transpose();
    if !matches!(ttl, Ok(None | Some(0..=7_776_000))) {
        return Err(Refusal::field("ttl", "The value must be a number of seconds of at most 90 days."));
    }
    let person = session.account.read(request.param(0), session.now)?;
    if person.status() != Status::Active {
        return Err(Refusal::NotPermitted(format!("The user {} is not active.", person.email)));
    }
    Ok(Reply::json(200, &json!({"token": format!("simulated-{}", person.id)})))
}

fn sign_out(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.sign_out(request.param(0), session.now)?;
    Ok(Reply::empty(204))
}

/// What somebody's role permits.
fn permissions(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let person = session.account.read(request.param(0), session.now)?;
    let permissions = session.account.roles.get(&person.role).map_or(&[][..], |role| &role.privileges);
    Ok(Reply::json(200, &json!({"permissions": permissions})))
}

const PICTURE_LIMIT: usize = 2 << 20;

fn add_picture(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let seq = session.account.read(request.param(0), session.now)?.seq;
    let file = request.upload().filter(|file| !file.is_empty()).ok_or(Refusal::Upload("File is empty."))?;
    if file.len() > PICTURE_LIMIT {
        return Err(Refusal::Upload("File size cannot exceed 2M."));
    }
    if !file.starts_with(b"\x89PNG") && !file.starts_with(b"\xff\xd8\xff") {
        return Err(Refusal::Upload("Only jpg/jpeg or png image file can be uploaded."));
    }
    session.account.people.edit(seq, |person| person.has_picture = true);
    Ok(Reply::empty(201))
}

fn remove_picture(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let seq = session.account.read(request.param(0), session.now)?.seq;
    session.account.people.edit(seq, |person| person.has_picture = false);
    Ok(Reply::empty(204))
}

fn present<'a>(session: &'a Session<'_>, request: &Request<'_>) -> Result<&'a Person, Refusal> {
    let person = session.account.read(request.param(0), session.now)?;
    if person.status() == Status::Active { Ok(person) } else { Err(Refusal::PresenceFailed) }
}

fn presence(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let status: &'static str = present(session, request)?.presence.into();
    Ok(Reply::json(200, &json!({"status": status})))
}

fn set_presence(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let status = fields.text("status", 32).and_then(|status| Presence::from_str(&status).ok());
    if status.is_none() {
        let allowed = Presence::VARIANTS.join(", ");
        fields.reject("status", format!("The value must be one of {allowed}."));
    }
    if fields.integer("duration").is_some_and(|minutes| !(20..=1440).contains(&minutes)) {
        fields.reject("duration", "The value must be 20 to 1440 minutes.");
    }
    fields.finish()?;
    let seq = present(session, request)?.seq;
    session.account.people.edit(seq, |person| person.presence = status.unwrap_or_default());
    Ok(Reply::empty(204))
}

fn features(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let kind = fields.text("feature_type", 64).and_then(|kind| Feature::from_str(&kind).ok());
    if kind.is_none() {
        fields.reject("feature_type", "The value must be a feature, such as user_type.");
    }
    let value = fields.text("feature_value", 64).unwrap_or_default();
    let change = kind.and_then(|kind| feature_change(kind, &value));
    if kind.is_some() && change.is_none() {
        fields.reject("feature_value", "The value does not fit the feature.");
    }
    fields.finish()?;
    let users = named_people(request, "users", 30)?;
    let outcome = session.account.change_features(change.unwrap_or(FeatureChange::Off), &users, session.now)?;
    let row = |(reason, keys): (FeatureFailure, Vec<String>)| json!({"user_ids": keys, "reason": <&str>::from(reason)});
    let failed: Vec<_> = outcome.failed.into_iter().map(row).collect();
    let reply = json!({"success_user_ids": outcome.changed, "fail_details": failed});
    Ok(Reply::json(201, &reply))
}

fn feature_change(kind: Feature, value: &str) -> Option<FeatureChange> {
    match (kind, value) {
        (_, "") => None,
        (Feature::UserType, _) => match License::from_number(value.parse().ok()?)? {
            License::None => None,
            license @ (License::Basic | License::Licensed | License::Unassigned) => {
                Some(FeatureChange::License(license))
            }
        },
        (Feature::ConcurrentMeeting, "Basic" | "Plus") => Some(FeatureChange::On),
        (Feature::ConcurrentMeeting, "None") => Some(FeatureChange::Off),
        (Feature::ConcurrentMeeting, _) => None,
        (_, "0" | "None") => Some(FeatureChange::Off),
        _ => value.parse::<u64>().is_ok().then_some(FeatureChange::On),
    }
}
