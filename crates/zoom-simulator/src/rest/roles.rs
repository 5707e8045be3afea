//! Roles.

use axum::http::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::named::named_people;
use super::{Endpoint, Reply, Request, Session, endpoint, time};
use crate::account::{PRIVILEGES, Refusal, RoleChange};
use crate::config::Plan;
use crate::limits::Label::{Light, Medium};
use crate::quirks::RoleReply;

const READ: &[&str] = &["role:read:admin", "role:write:admin"];
const WRITE: &[&str] = &["role:write:admin"];

pub(super) static ENDPOINTS: [Endpoint; 8] = [
    endpoint(Method::GET, "/roles", Medium, "role:read:list_roles:admin", READ, list),
    endpoint(Method::POST, "/roles", Light, "role:write:role:admin", WRITE, create),
    endpoint(Method::GET, "/roles/{roleId}", Light, "role:read:role:admin", READ, get),
    endpoint(Method::PATCH, "/roles/{roleId}", Light, "role:update:role:admin", WRITE, update),
    endpoint(Method::DELETE, "/roles/{roleId}", Light, "role:delete:role:admin", WRITE, delete),
    endpoint(Method::GET, "/roles/{roleId}/members", Medium, "role:read:list_members:admin", READ, members),
    endpoint(Method::POST, "/roles/{roleId}/members", Medium, "role:write:member:admin", WRITE, assign),
    endpoint(Method::DELETE, "/roles/{roleId}/members/{memberId}", Light, "role:delete:member:admin", WRITE, unassign),
];

/// Zoom says "paid accounts only" for role calls and group reads under HTTP 200.
pub(super) fn paid(session: &Session<'_>) -> Result<(), Refusal> {
    match session.account.config.plan {
        Plan::Free => Err(Refusal::PaidPlanOnlyUnderOk),
        Plan::Pro | Plan::Business => Ok(()),
    }
}

/// The reference's other kind of role, `iq`, is of a product that the simulator does not have.
fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let iq = match request.query("type") {
        None | Some("" | "common") => false,
        Some("iq") => true,
        Some(_) => return Err(Refusal::field("type", "The value must be common or iq.")),
    };
    let account = &session.account;
    let roles: Vec<_> = account
        .roles
        .values()
        .filter(|_| !iq)
        .map(|role| {
            json!({
                "id": role.id,
                "name": role.name,
                "description": role.description,
                "type": "common",
                "total_members": account.people.with_role(&role.id).len(),
            })
        })
        .collect();
    Ok(Reply::json(200, &json!({"total_records": roles.len(), "roles": roles})))
}

fn change(body: &Map<String, Value>) -> Result<RoleChange, Refusal> {
    let mut fields = Fields::new(body, "");
    let name = fields.text("name", usize::MAX);
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        fields.reject("name", "The name field cannot be empty.");
    }
    let description = fields.text("description", usize::MAX);
    let privileges: Option<Vec<String>> = fields.list("privileges", usize::MAX);
    for unknown in privileges.iter().flatten().filter(|privilege| !PRIVILEGES.contains(&privilege.as_str())) {
        fields.reject("privileges", format!("There is no privilege {unknown}."));
    }
    if fields.text("type", 16).is_some_and(|kind| kind != "common") {
        fields.reject("type", "The value must be common: the account has no other kind of roles.");
    }
    fields.finish()?;
    Ok(RoleChange { name, description, privileges })
}

fn whole(session: &Session<'_>, id: &str) -> Result<Value, Refusal> {
    let role = session.account.role_itself(id)?;
    Ok(json!({
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "type": "common",
        "privileges": role.privileges,
        "privilege_scopes": [],
        "total_members": session.account.people.with_role(&role.id).len(),
    }))
}

fn create(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let mut change = change(&request.object()?)?;
    let name = change.name.take().ok_or_else(|| Refusal::field("name", "The name field cannot be empty."))?;
    let id = session.account.create_role(name, change)?;
    match session.account.config.quirks.role_reply {
        RoleReply::Bare => Ok(Reply::json(200, &json!({}))),
        RoleReply::Full => Ok(Reply::json(201, &whole(session, &id)?)),
    }
}

fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    Ok(Reply::json(200, &whole(session, request.param(0))?))
}

fn update(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    session.account.change_role(request.param(0), change(&request.object()?)?)?;
    Ok(match session.account.config.quirks.role_reply {
        RoleReply::Bare => Reply::json(200, &json!({})),
        RoleReply::Full => Reply::empty(204),
    })
}

fn delete(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    session.account.delete_role(request.param(0))?;
    Ok(Reply::empty(204))
}

#[derive(Serialize)]
struct MemberRow<'a> {
    id: &'a str,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    department: &'a str,
    r#type: u8,
}

#[derive(Serialize)]
struct MemberPage<'a> {
    page_count: usize,
    page_number: usize,
    page_size: usize,
    total_records: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    members: Vec<MemberRow<'a>>,
}

fn members(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let role = session.account.role(request.param(0))?;
    let paging = request.numbered_paging(session, 300)?;
    let (size, page_number) = (paging.size, paging.page_number());
    let listed = session.account.people.with_role(&role.id);
    let (people, next) = paging.people(listed);
    let rows = people.into_iter().map(|person| MemberRow {
        id: &person.id,
        email: &person.email,
        first_name: &person.first_name,
        last_name: &person.last_name,
        department: &person.profile.dept,
        r#type: person.license().number(),
    });
    let members = rows.collect();
    let total_records = listed.len();
    let reply = MemberPage {
        page_count: total_records.div_ceil(size),
        page_number,
        page_size: size,
        total_records,
        next_page_token: paging.token(session.pages, next, session.now),
        members,
    };
    Ok(Reply::json(200, &reply))
}

fn assign(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let keys = named_people(request, "members", 30)?;
    let ids = session.account.assign_role(request.param(0), &keys)?;
    let added = time(session.now);
    Ok(Reply::json(201, &json!({"ids": ids.join(","), "add_at": added})))
}

fn unassign(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    session.account.unassign_role(request.param(0), request.param(1))?;
    Ok(Reply::empty(204))
}
