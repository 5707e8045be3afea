//! Users: listing, counting, creating, reading, updating and deleting them.

use std::str::FromStr;

use axum::http::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::user_body::{new_user, user_patch};
use super::user_rows::{Include, UserRow, detail, row};
use super::{Endpoint, Lock, Reply, Request, Session, endpoint};
use crate::account::{Deletion, Person, Refusal, Seq, Status};
use crate::limits::Label::{Light, Medium};
use crate::quirks::{EmptyText, Quirks};

/// The classic scopes of calls on users that read.
pub(super) const READ: &[&str] = &["user:read:admin", "user:write:admin"];
/// The classic scopes of calls on users that write.
pub(super) const WRITE: &[&str] = &["user:write:admin"];

pub(super) static ENDPOINTS: [Endpoint; 8] = [
    endpoint(Method::GET, "/users", Medium, "user:read:list_users:admin", READ, list),
    endpoint(Method::POST, "/users", Light, "user:write:user:admin", WRITE, create).locking(Lock::Create),
    endpoint(Method::GET, "/users/summary", Medium, "user:read:summary:admin", READ, summary),
    endpoint(Method::GET, "/users/email", Light, "user:read:email:admin", READ, email_exists),
    endpoint(Method::GET, "/users/vanity_name", Light, "user:read:pm_room:admin", READ, vanity_name_exists),
    endpoint(Method::GET, "/users/{userId}", Light, "user:read:user:admin", READ, get),
    endpoint(Method::PATCH, "/users/{userId}", Light, "user:update:user:admin", WRITE, update),
    endpoint(Method::DELETE, "/users/{userId}", Light, "user:delete:user:admin", WRITE, delete).locking(Lock::Delete),
];

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
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    users: Vec<UserRow<'a>>,
}

fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let status = Status::from_str(request.query("status").unwrap_or("active"))
        .map_err(|_| Refusal::field("status", "The value must be active, inactive or pending."))?;
    let include = match request.query("include_fields") {
        None => Include::default(),
        Some("custom_attributes") => Include { custom_attributes: true, ..Include::default() },
        Some("host_key") => Include { host_key: true, ..Include::default() },
        Some(_) => return Err(Refusal::field("include_fields", "The value must be custom_attributes or host_key.")),
    };
    // Nobody in the account has one of the licences that a listing can ask for.
    let none = match request.query("license") {
        None => false,
        Some("zoom_workforce_management" | "zoom_compliance_management") => true,
        Some(_) => {
            let allowed = "The value must be zoom_workforce_management or zoom_compliance_management.";
            return Err(Refusal::field("license", allowed));
        }
    };
    let paging = request.numbered_paging(session, session.account.config.quirks.page_size.max(1))?;
    let (size, page_number) = (paging.size, paging.page_number());
    let account = &*session.account;
    let listed = account.people.with_status(status);
    let role = request.query("role_id").filter(|role| !role.is_empty());
    let fits = |person: &&Person| !none && role.is_none_or(|role| person.role == role);
    let total_records = match role {
        None if !none => listed.len(),
        _ => listed.after(Seq::default()).filter(fits).count(),
    };
    let (people, next) = paging.take(listed.after(paging.after).filter(fits), |person| person.seq);
    let reply = UserPage {
        page_count: total_records.div_ceil(size),
        page_number,
        page_size: size,
        total_records,
        next_page_token: paging.token(session.pages, next, session.now),
        users: people.into_iter().map(|person| row(account, person, include)).collect(),
    };
    Ok(Reply::json(200, &reply))
}

fn create(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let new = new_user(&request.object()?, session.account.config.passwords)?;
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

/// Counts by licence; the total leaves out pending people.
fn summary(session: &mut Session<'_>, _: &Request<'_>) -> Result<Reply, Refusal> {
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

/// Knows only work e-mail logins of the account (Zoom API reference, Users: check a user email).
fn email_exists(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let email = request.query("email").filter(|email| !email.is_empty());
    let email = email.ok_or_else(|| Refusal::field("email", "Email is required."))?;
    let holder = session.account.people.by_email(email);
    Ok(Reply::json(200, &json!({"existed_email": holder.is_some_and(Person::logs_in_by_work_email)})))
}

fn vanity_name_exists(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let name = request.query("vanity_name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Refusal::field("vanity_name", "Vanity name is required."))?;
    Ok(Reply::json(200, &json!({"existed": session.account.people.vanity_name_holder(name).is_some()})))
}

fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    request.login_type()?;
    request.flag("encrypted_email")?;
    let key = request.param(0);
    let person = match request.flag("search_by_unique_id")? {
        true => session.account.by_unique_id(key)?,
        false => session.account.read(key, session.now)?,
    };
    Ok(Reply::json(200, &detail(session.account, person, session.now)))
}

fn update(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    request.login_type()?;
    request.flag("remove_tsp_credentials")?;
    let mut body = request.object()?;
    settle_empty_fields(&mut body, &session.account.config.quirks);
    session.account.update(request.param(0), user_patch(&body)?, session.now)?;
    Ok(Reply::empty(204))
}

/// Fields that null may clear.
const TEXTS: [&str; 10] = [
    "first_name",
    "last_name",
    "dept",
    "job_title",
    "company",
    "location",
    "cost_center",
    "manager",
    "pronouns",
    "cms_user_id",
];

/// Does with empty texts and nulls what the account's quirks say. An empty display name always means the one derived
/// from the names, as the reference says.
fn settle_empty_fields(body: &mut Map<String, Value>, quirks: &Quirks) {
    for (name, value) in body.iter_mut() {
        if value.is_null() && quirks.null == EmptyText::Clears && TEXTS.contains(&name.as_str()) {
            *value = Value::from("");
        } else if quirks.empty_text == EmptyText::Ignored && value == "" && name != "display_name" {
            *value = Value::Null;
        }
    }
}

fn delete(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let for_good = match request.query("action") {
        None | Some("disassociate") => false,
        Some("delete") => true,
        Some(_) => return Err(Refusal::field("action", "The value must be disassociate or delete.")),
    };
    let mut transfers = false;
    for name in TRANSFERS {
        transfers |= request.flag(name)?;
    }
    request.flag("encrypted_email")?;
    let transfer_email = request.query("transfer_email").filter(|email| !email.is_empty()).map(str::to_owned);
    session.account.delete(request.param(0), &Deletion { for_good, transfer_email, transfers }, session.now)?;
    Ok(Reply::empty(204))
}
