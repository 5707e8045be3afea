//! Contact groups.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::groups::paid_to_write;
use super::{Endpoint, Reply, Request, Session, endpoint, without_nulls};
use crate::account::{ContactMember, NewContactGroup, Refusal, Seq};
use crate::limits::Label::{Heavy, Light, Medium};

/// How many members one call may remove.
const REMOVALS: usize = 20;

const READ: &[&str] = &["contact_group:read:admin"];
const WRITE: &[&str] = &["contact_group:write:admin"];

/// Reading one group asks for the classic write scope, by Zoom's reference.
pub(super) static ENDPOINTS: [Endpoint; 8] = [
    endpoint(Method::GET, "/contacts/groups", Medium, "contact_group:read:list_groups:admin", READ, list),
    endpoint(Method::POST, "/contacts/groups", Heavy, "contact_group:write:group:admin", WRITE, create),
    endpoint(Method::GET, "/contacts/groups/{groupId}", Light, "contact_group:read:group:admin", WRITE, get),
    endpoint(Method::PATCH, "/contacts/groups/{groupId}", Heavy, "contact_group:update:group:admin", WRITE, update),
    endpoint(Method::DELETE, "/contacts/groups/{groupId}", Heavy, "contact_group:delete:group:admin", WRITE, delete),
    endpoint(
        Method::GET,
        "/contacts/groups/{groupId}/members",
        Medium,
        "contact_group:read:list_members:admin",
        READ,
        members,
    ),
    endpoint(
        Method::POST,
        "/contacts/groups/{groupId}/members",
        Heavy,
        "contact_group:write:member:admin",
        WRITE,
        add_members,
    ),
    endpoint(
        Method::DELETE,
        "/contacts/groups/{groupId}/members",
        Heavy,
        "contact_group:delete:member:admin",
        WRITE,
        remove_members,
    ),
];

/// Unlike other listings, this one has no total.
fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let paging = request.paging_by(session, 10, 50)?;
    let size = paging.size;
    let (page, next) = paging.take(session.account.contact_groups.after(paging.after), |group| group.seq);
    let groups: Vec<_> = page
        .into_iter()
        .map(|group| {
            json!({
                "group_id": group.id,
                "group_name": group.name,
                "group_privacy": group.privacy,
                "description": group.description,
            })
        })
        .collect();
    let token = paging.token(session.pages, next, session.now);
    Ok(Reply::json(200, &without_nulls(json!({"groups": groups, "page_size": size, "next_page_token": token}))))
}

fn whole(session: &Session<'_>, id: &str) -> Result<Value, Refusal> {
    let group = session.account.contact_group(id)?;
    Ok(json!({
        "group_id": group.id,
        "group_name": group.name,
        "group_privacy": group.privacy,
        "description": group.description,
        "total_members": session.account.contact_members(group, Seq::default()).count(),
    }))
}

fn privacy(fields: &mut Fields<'_>, name: &str) -> Option<u8> {
    let privacy = u8::try_from(fields.integer(name)?).ok().filter(|privacy| (1..=3).contains(privacy));
    if privacy.is_none() {
        fields.reject(name, "The value must be 1, 2 or 3.");
    }
    privacy
}

fn filled(fields: &mut Fields<'_>, name: &str) -> Option<String> {
    let text = fields.text(name, usize::MAX);
    if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
        fields.reject(name, "The value must not be empty.");
    }
    text
}

#[derive(Deserialize)]
struct Member {
    r#type: u8,
    id: String,
}

fn group_members(body: &Map<String, Value>) -> Result<Vec<ContactMember>, Refusal> {
    let mut fields = Fields::new(body, "");
    let members: Vec<Member> = fields.list("group_members", usize::MAX).unwrap_or_default();
    if members.iter().any(|member| !matches!(member.r#type, 1 | 2)) {
        fields.reject("group_members.type", "The value must be 1 or 2.");
    }
    fields.finish()?;
    let named = |Member { r#type, id }| if r#type == 2 { ContactMember::Group(id) } else { ContactMember::Person(id) };
    Ok(members.into_iter().map(named).collect())
}

fn create(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    if !fields.has("group_name") {
        fields.reject("group_name", "This field is required.");
    }
    let name = filled(&mut fields, "group_name").unwrap_or_default();
    let privacy = privacy(&mut fields, "group_privacy").unwrap_or(1);
    let description = fields.text("description", usize::MAX).unwrap_or_default();
    fields.finish()?;
    let new = NewContactGroup { name, privacy, description, members: group_members(&body)? };
    let id = session.account.create_contact_group(new)?.id.clone();
    Ok(Reply::json(201, &whole(session, &id)?))
}

fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    Ok(Reply::json(200, &whole(session, request.param(0))?))
}

/// A change names its fields otherwise than a creation does.
fn update(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let name = filled(&mut fields, "name");
    let privacy = privacy(&mut fields, "privacy");
    let description = fields.text("description", usize::MAX);
    fields.finish()?;
    session.account.change_contact_group(request.param(0), name, privacy, description)?;
    Ok(Reply::empty(204))
}

fn delete(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    session.account.delete_contact_group(request.param(0))?;
    Ok(Reply::empty(204))
}

fn members(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let group = session.account.contact_group(request.param(0))?;
    let paging = request.paging_by(session, 10, 50)?;
    let size = paging.size;
    let (page, next) = paging.take(session.account.contact_members(group, paging.after), |row| row.seq);
    let members: Vec<_> =
        page.into_iter().map(|row| json!({"type": row.kind, "id": row.id, "name": row.name})).collect();
    let token = paging.token(session.pages, next, session.now);
    Ok(Reply::json(200, &without_nulls(json!({"group_members": members, "page_size": size, "next_page_token": token}))))
}

fn add_members(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let members = group_members(&request.object()?)?;
    if members.is_empty() {
        return Err(Refusal::field("group_members", "At least one member is required."));
    }
    let ids = session.account.add_contact_members(request.param(0), &members)?;
    Ok(Reply::json(201, &json!({"member_ids": ids})))
}

fn remove_members(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    paid_to_write(session)?;
    let ids = request.query("member_ids").unwrap_or_default();
    let ids: Vec<String> = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if ids.is_empty() {
        return Err(Refusal::field("member_ids", "At least one member is required."));
    }
    if ids.len() > REMOVALS {
        return Err(Refusal::BadRequest(format!("The maximum number of memberId is {REMOVALS}.")));
    }
    session.account.remove_contact_members(request.param(0), &ids)?;
    Ok(Reply::empty(204))
}
