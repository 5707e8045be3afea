//! Users.

use std::str::FromStr;

use serde::Serialize;
use serde_json::json;

use super::user_body::{new_user, user_patch};
use super::user_rows::{Include, UserRow, detail, row};
use super::{Reply, Request, Session};
use crate::account::{Deletion, Refusal, Status, StatusAction};
use crate::config::StatusReply;

/// The parameters of a delete that ask for content to be handed over.
const TRANSFERS: [&str; 8] = [
    "transfer_meeting",
    "transfer_webinar",
    "transfer_recording",
    "transfer_whiteboard",
    "transfer_clipfiles",
    "transfer_notes",
    "transfer_visitors",
    "transfer_docs",
];

#[derive(Serialize)]
struct UserPage<'a> {
    page_count: usize,
    page_number: usize,
    page_size: usize,
    total_records: usize,
    next_page_token: String,
    users: Vec<UserRow<'a>>,
}

pub(super) fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let status = Status::from_str(request.query("status").unwrap_or("active"))
        .map_err(|_| Refusal::field("status", "The value must be active, inactive or pending."))?;
    let include = match request.query("include_fields") {
        None => Include::default(),
        Some("custom_attributes") => Include { custom_attributes: true, ..Include::default() },
        Some("host_key") => Include { host_key: true, ..Include::default() },
        Some(_) => return Err(Refusal::field("include_fields", "The value must be custom_attributes or host_key.")),
    };
    let paging = request.paging(session, session.account.config.page_size_max.max(1))?;
    let size = paging.size;
    let listed = session.account.people.with_status(status);
    let (total_records, (people, next)) = match request.query("role_id") {
        None => (listed.len(), paging.people(listed)),
        Some(role) => {
            let has_role = |person: &&crate::account::Person| person.role == role;
            let total = listed.after(crate::account::Seq::default()).filter(has_role).count();
            (total, paging.take(listed.after(paging.after).filter(has_role), |person| person.seq))
        }
    };
    let reply = UserPage {
        page_count: total_records.div_ceil(size),
        page_number: 1,
        page_size: size,
        total_records,
        next_page_token: paging.token(session.pages, next, session.now),
        users: people.into_iter().map(|person| row(person, include)).collect(),
    };
    Ok(Reply::json(200, &reply))
}

pub(super) fn create(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let new = new_user(&request.object()?)?;
    let person = session.account.create(new, session.now)?;
    let reply = json!({
        "id": if person.joins_from_elsewhere { "" } else { &person.id },
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "type": person.license().number(),
    });
    Ok(Reply::json(201, &reply))
}

pub(super) fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let person = session.account.read(request.param(0), session.now)?;
    Ok(Reply::json(200, &detail(session.account, person, session.now)))
}

pub(super) fn update(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let patch = user_patch(&request.object()?)?;
    session.account.update(request.param(0), patch, session.now)?;
    Ok(Reply::empty(204))
}

pub(super) fn delete(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let for_good = match request.query("action") {
        None | Some("disassociate") => false,
        Some("delete") => true,
        Some(_) => return Err(Refusal::field("action", "The value must be disassociate or delete.")),
    };
    let mut transfers = false;
    for name in TRANSFERS {
        transfers |= request.flag(name)?;
    }
    let transfer_email = request.query("transfer_email").filter(|email| !email.is_empty()).map(str::to_owned);
    session.account.delete(request.param(0), &Deletion { for_good, transfer_email, transfers })?;
    Ok(Reply::empty(204))
}

pub(super) fn status(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let body = request.object()?;
    let action = body.get("action").and_then(serde_json::Value::as_str).map(StatusAction::from_str);
    let Some(Ok(action)) = action else {
        return Err(Refusal::field("action", "The value must be activate, deactivate, clock_in or clock_out."));
    };
    session.account.set_status(request.param(0), action, session.now)?;
    Ok(Reply::empty(match session.account.config.quirks.status_reply {
        StatusReply::NoContent => 204,
        StatusReply::Ok => 200,
    }))
}

pub(super) fn email(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let body = request.object()?;
    let email = body.get("email").and_then(serde_json::Value::as_str);
    let email = email.ok_or_else(|| Refusal::field("email", "This field is required."))?;
    session.account.change_email(request.param(0), email, session.now)?;
    Ok(Reply::empty(204))
}

pub(super) fn sign_out(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.read(request.param(0), session.now)?;
    Ok(Reply::empty(204))
}

/// Counts by licence; the total leaves out pending people.
pub(super) fn summary(session: &mut Session<'_>, _: &Request<'_>) -> Result<Reply, Refusal> {
    let people = &session.account.people;
    let seats = people.seats();
    let active = people.with_status(Status::Active).len();
    let inactive = people.with_status(Status::Inactive).len();
    Ok(Reply::json(
        200,
        &json!({
            "licensed_users_count": seats.licensed.active,
            "basic_users_count": seats.basic.active,
            "on_prem_users_count": 0,
            "room_users_count": seats.rooms,
            "pending_users_count": people.with_status(Status::Pending).len(),
            "join_only_users_count": 0,
            "total_users_count": active + inactive,
        }),
    ))
}
