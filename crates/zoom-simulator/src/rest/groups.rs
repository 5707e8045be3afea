//! Groups, their members and their administrators.

use axum::http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::fields::Fields;
use super::named::named_people;
use super::roles::paid;
use super::{Endpoint, Reply, Request, Session, endpoint, time, without_nulls};
use crate::account::{Account, GROUP_NAME_MAX, Group, Refusal, Status};
use crate::config::Plan;
use crate::limits::Label::{Light, Medium};

pub(super) const GROUP_READ: &[&str] = &["group:read:admin", "group:write:admin"];
pub(super) const GROUP_WRITE: &[&str] = &["group:write:admin"];

pub(super) static ENDPOINTS: [Endpoint; 13] = [
    endpoint(Method::GET, "/groups", Medium, "group:read:list_groups:admin", GROUP_READ, list),
    endpoint(Method::POST, "/groups", Light, "group:write:group:admin", GROUP_WRITE, create),
    endpoint(Method::GET, "/groups/{groupId}", Light, "group:read:group:admin", GROUP_READ, get),
    endpoint(Method::PATCH, "/groups/{groupId}", Light, "group:update:group:admin", GROUP_WRITE, rename),
    endpoint(Method::DELETE, "/groups/{groupId}", Light, "group:delete:group:admin", GROUP_WRITE, delete),
    endpoint(Method::GET, "/groups/{groupId}/members", Medium, "group:read:list_members:admin", GROUP_READ, members),
    endpoint(Method::POST, "/groups/{groupId}/members", Medium, "group:write:member:admin", GROUP_WRITE, add_members),
    endpoint(
        Method::DELETE,
        "/groups/{groupId}/members/{memberId}",
        Light,
        "group:delete:member:admin",
        GROUP_WRITE,
        remove_member,
    ),
    endpoint(
        Method::PATCH,
        "/groups/{groupId}/members/{memberId}",
        Medium,
        "group:update:member:admin",
        GROUP_WRITE,
        update_member,
    ),
    endpoint(Method::GET, "/groups/{groupId}/admins", Medium, "group:read:administrator:admin", GROUP_READ, admins),
    endpoint(
        Method::POST,
        "/groups/{groupId}/admins",
        Medium,
        "group:write:administrator:admin",
        GROUP_WRITE,
        add_admins,
    ),
    endpoint(
        Method::DELETE,
        "/groups/{groupId}/admins/{userId}",
        Light,
        "group:delete:administrator:admin",
        GROUP_WRITE,
        remove_admin,
    ),
    endpoint(Method::GET, "/groups/{groupId}/channels", Medium, "group:read:list_channels:admin", GROUP_READ, channels),
];

/// Writes on unpaid accounts are refused with 400, reads under HTTP 200.
pub(super) fn paid_to_write(session: &Session<'_>) -> Result<(), Refusal> {
    match session.account.config.plan {
        Plan::Free => Err(Refusal::PaidPlanOnly(Plan::Free)),
        Plan::Pro | Plan::Business => Ok(()),
    }
}

fn row(account: &Account, group: &Group) -> Value {
    json!({"id": group.id, "name": group.name, "total_members": account.people.in_group(&group.id).len()})
}

fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let paging = request.paging(session, 300)?;
    let account = &session.account;
    let (page, next) = paging.take(account.groups.after(paging.after), |group| group.seq);
    let groups: Vec<_> = page.into_iter().map(|group| row(account, group)).collect();
    let total = account.groups.len();
    let token = paging.token(session.pages, next, session.now);
    Ok(Reply::json(200, &without_nulls(json!({"groups": groups, "total_records": total, "next_page_token": token}))))
}

fn name(request: &Request<'_>) -> Result<String, Refusal> {
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let name = fields.text("name", GROUP_NAME_MAX);
    if name.as_ref().is_none_or(|name| name.trim().is_empty()) {
        fields.reject("name", "Missing field: name.");
    }
    fields.finish()?;
    Ok(name.unwrap_or_default())
}

fn create(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let id = session.account.create_group(&name(request)?)?;
    Ok(Reply::json(201, &row(session.account, session.account.group(&id)?)))
}

fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    Ok(Reply::json(200, &row(session.account, session.account.group(request.param(0))?)))
}

fn rename(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    session.account.rename_group(request.param(0), &name(request)?)?;
    Ok(Reply::empty(204))
}

fn delete(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    session.account.delete_group(request.param(0))?;
    Ok(Reply::empty(204))
}

#[derive(Serialize)]
struct MemberRow<'a> {
    /// Pending people have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    r#type: u8,
}

fn members(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let group = session.account.group(request.param(0))?;
    let paging = request.numbered_paging(session, session.account.config.quirks.page_size.max(1))?;
    let (size, page_number) = (paging.size, paging.page_number());
    let listed = session.account.people.in_group(&group.id);
    let (people, next) = paging.people(listed);
    let rows = people.into_iter().map(|person| MemberRow {
        id: (person.status() != Status::Pending).then_some(person.id.as_str()),
        email: &person.email,
        first_name: &person.first_name,
        last_name: &person.last_name,
        r#type: person.license().number(),
    });
    let members: Vec<_> = rows.collect();
    let total = listed.len();
    let reply = json!({
        "page_count": total.div_ceil(size),
        "page_number": page_number,
        "page_size": size,
        "total_records": total,
        "next_page_token": paging.token(session.pages, next, session.now),
        "members": members,
    });
    Ok(Reply::json(200, &without_nulls(reply)))
}

/// `ids` names only those who were added, as one text with commas between.
fn added(session: &Session<'_>, ids: &[String]) -> Reply {
    let at = time(session.now);
    Reply::json(201, &json!({"ids": ids.join(","), "added_at": at}))
}

fn add_members(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let ids = session.account.add_to_group(request.param(0), &named_people(request, "members", 30)?)?;
    Ok(added(session, &ids))
}

fn remove_member(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    session.account.remove_from_group(request.param(0), request.param(1))?;
    Ok(Reply::empty(204))
}

fn update_member(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let action = fields.text("action", 32);
    if action.as_ref().is_none_or(|action| !matches!(action.as_str(), "move" | "set_primary")) {
        fields.reject("action", "The value must be move or set_primary.");
    }
    let target = fields.text("target_group_id", 128).filter(|target| !target.is_empty());
    fields.finish()?;
    let target = target.ok_or_else(|| Refusal::BadRequest("The target_group_id can not be empty.".to_owned()))?;
    let (group, member) = (request.param(0), request.param(1));
    match action.as_deref() {
        Some("move") => session.account.move_member(group, member, &target)?,
        Some(_) | None => session.account.set_primary_group(group, member, &target)?,
    }
    Ok(Reply::empty(204))
}

/// Rows have the address and the name alone, no id.
fn admins(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let group = session.account.group(request.param(0))?;
    let paging = request.paging(session, 300)?;
    let size = paging.size;
    let listed = session.account.people.administering(&group.id);
    let (people, next) = paging.people(listed);
    let admins: Vec<_> =
        people.into_iter().map(|person| json!({"email": person.email, "name": person.shown_name()})).collect();
    let total = listed.len();
    let token = paging.token(session.pages, next, session.now);
    let reply = json!({"admins": admins, "page_size": size, "total_records": total, "next_page_token": token});
    Ok(Reply::json(200, &without_nulls(reply)))
}

fn add_admins(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let ids = session.account.add_group_admins(request.param(0), &named_people(request, "admins", 10)?)?;
    Ok(added(session, &ids))
}

fn remove_admin(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    session.account.remove_group_admin(request.param(0), request.param(1))?;
    Ok(Reply::empty(204))
}

/// The simulator has no channels.
fn channels(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let group = session.account.group(request.param(0))?;
    Ok(Reply::json(200, &json!({"group_id": group.id, "channels": []})))
}
