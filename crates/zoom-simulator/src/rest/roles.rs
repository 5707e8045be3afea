//! Roles.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::fields::Fields;
use super::{Reply, Request, Session};
use crate::account::Refusal;
use crate::config::Plan;

/// Zoom says "paid accounts only" for role and group reads under HTTP 200.
pub(super) fn paid(session: &Session<'_>) -> Result<(), Refusal> {
    match session.account.config.plan {
        Plan::Free => Err(Refusal::PaidPlanOnlyUnderOk),
        Plan::Pro | Plan::Business => Ok(()),
    }
}

pub(super) fn list(session: &mut Session<'_>, _: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let account = &session.account;
    let roles: Vec<_> = account
        .roles
        .values()
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
    next_page_token: String,
    members: Vec<MemberRow<'a>>,
}

pub(super) fn members(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let role = session.account.role(request.param(0))?;
    let paging = request.paging(session, 300)?;
    let size = paging.size;
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
        page_number: 1,
        page_size: size,
        total_records,
        next_page_token: paging.token(session.pages, next, session.now),
        members,
    };
    Ok(Reply::json(200, &reply))
}

#[derive(Deserialize)]
struct Member {
    id: Option<String>,
    email: Option<String>,
}

pub(super) fn assign(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let members: Vec<Member> = fields.list("members", 30).unwrap_or_default();
    if members.is_empty() {
        fields.reject("members", "At least one member is required.");
    }
    fields.finish()?;
    let keys: Option<Vec<String>> = members.into_iter().map(|member| member.id.or(member.email)).collect();
    let keys = keys.ok_or_else(|| Refusal::field("members", "A member needs an id or an email."))?;
    let ids = session.account.assign_role(request.param(0), &keys)?;
    let added = session.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    Ok(Reply::json(201, &json!({"ids": ids.join(","), "add_at": added})))
}

pub(super) fn unassign(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid(session)?;
    session.account.unassign_role(request.param(0), request.param(1))?;
    Ok(Reply::empty(204))
}
