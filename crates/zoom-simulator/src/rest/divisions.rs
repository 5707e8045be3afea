//! Divisions. Their calls have codes of their own, also for a token that is missing or bad (Zoom API reference, Divisions). Names
//! of fields are those of the reference as Zoom's Rivet library has them.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::{Endpoint, Reply, Request, Session, endpoint, time, without_nulls};
use crate::account::{Account, Division, Refusal, Status};
use crate::limits::Label::{Light, Medium};

pub(super) const ROOT: &str = "/divisions";
const ONE: &str = "/divisions/{divisionId}";
const USERS: &str = "/divisions/{divisionId}/users";

/// How many rows a page may have (Zoom API reference, Divisions: list).
const PAGE: usize = 300;
/// How many people one call may assign.
const ASSIGNED: usize = 30;

const READ: &[&str] = &["division:read:admin"];
/// The classic scope as the API reference spells it, and as Zoom's guide to divisions in the Contact Center does.
const WRITE: &[&str] = &["division:wirte:admin", "division:write:admin"];
const EITHER: &[&str] = &["division:wirte:admin", "division:write:admin", "division:read:admin"];

pub(super) static ENDPOINTS: [Endpoint; 7] = [
    endpoint(Method::GET, ROOT, Light, "division:read:list_divisions:admin", READ, list),
    endpoint(Method::POST, ROOT, Light, "division:write:division:admin", WRITE, create),
    endpoint(Method::GET, ONE, Light, "division:read:division:admin", EITHER, get),
    endpoint(Method::PATCH, ONE, Light, "division:update:division:admin", WRITE, update),
    endpoint(Method::DELETE, ONE, Light, "division:delete:division:admin", WRITE, delete),
    endpoint(Method::GET, USERS, Light, "division:read:member:admin", READ, members),
    endpoint(Method::POST, USERS, Medium, "division:write:member:admin", WRITE, assign),
];

fn whole(account: &Account, division: &Division) -> Map<String, Value> {
    Map::from_iter([
        ("division_id".to_owned(), json!(division.id)),
        ("division_name".to_owned(), json!(division.name)),
        ("division_description".to_owned(), json!(division.description)),
        ("is_main_division".to_owned(), json!(account.divisions.is_main(&division.id))),
    ])
}

/// Only a listing tells how many members there are.
fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let paging = request.paging(session, PAGE)?;
    let (account, size) = (&session.account, paging.size);
    let (page, next) = paging.take(account.divisions.after(paging.after), |division| division.seq);
    let row = |division: &Division| {
        let mut row = whole(account, division);
        row.insert("total_members".to_owned(), json!(account.members_of(division).len()));
        row
    };
    let divisions: Vec<_> = page.into_iter().map(row).collect();
    let total = account.divisions.len();
    let token = paging.token(session.pages, next, session.now);
    let reply = json!({"divisions": divisions, "page_size": size, "total_records": total, "next_page_token": token});
    Ok(Reply::json(200, &without_nulls(reply)))
}

/// What is wrong with a body is told under the family's own code, without a list of the fields.
fn in_own_words(refusal: &Refusal) -> Refusal {
    let fields: Vec<_> = refusal.errors().iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
    Refusal::DivisionInvalid(if fields.is_empty() { refusal.to_string() } else { fields.join(" ") })
}

/// The name and the description of a body.
fn described(request: &Request<'_>, needs_name: bool) -> Result<(Option<String>, Option<String>), Refusal> {
    let body = request.object().map_err(|refusal| in_own_words(&refusal))?;
    let mut fields = Fields::new(&body, "");
    let name = fields.text("division_name", usize::MAX);
    if name.as_ref().map_or(needs_name, |name| name.trim().is_empty()) {
        fields.reject("division_name", "This field is required.");
    }
    let description = fields.text("division_description", usize::MAX);
    fields.finish().map_err(|refusal| in_own_words(&refusal))?;
    Ok((name, description))
}

fn create(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let (name, description) = described(request, true)?;
    let (name, description) = (name.unwrap_or_default(), description.unwrap_or_default());
    let id = session.account.create_division(&name, &description)?;
    let reply = json!({"division_id": id, "division_name": name, "division_description": description});
    Ok(Reply::json(201, &reply))
}

fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::json(200, &whole(session.account, session.account.division(request.param(0))?)))
}

fn update(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let (name, description) = described(request, false)?;
    session.account.change_division(request.param(0), name, description)?;
    Ok(Reply::empty(204))
}

fn delete(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.delete_division(request.param(0))?;
    Ok(Reply::empty(204))
}

/// Pending people are listed without an id, as elsewhere.
fn members(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let paging = request.paging(session, PAGE)?;
    let size = paging.size;
    let listed = session.account.members_of(session.account.division(request.param(0))?);
    let (people, next) = paging.people(listed);
    let users: Vec<_> = people
        .into_iter()
        .map(|person| {
            let id = (person.status() != Status::Pending).then_some(&person.id);
            without_nulls(json!({"user_id": id, "user_display_name": person.shown_name(), "user_email": person.email}))
        })
        .collect();
    let total = listed.len();
    let token = paging.token(session.pages, next, session.now);
    let reply = json!({"users": users, "page_size": size, "total_records": total, "next_page_token": token});
    Ok(Reply::json(200, &without_nulls(reply)))
}

#[derive(Deserialize)]
struct Named {
    user_id: Option<String>,
    user_email: Option<String>,
}

/// The ids or addresses of those whom a body names; where both are named, the id counts.
fn named(request: &Request<'_>) -> Result<Vec<String>, Refusal> {
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let people: Vec<Named> = fields.list("users", ASSIGNED).unwrap_or_default();
    if people.is_empty() {
        fields.reject("users", "At least one is required.");
    }
    fields.finish()?;
    let filled = |key: Option<String>| key.filter(|key| !key.is_empty());
    let keys: Option<_> = people.into_iter().map(|one| filled(one.user_id).or(filled(one.user_email))).collect();
    keys.ok_or_else(|| Refusal::field("users", "A user_id or a user_email is required."))
}

fn assign(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let keys = named(request).map_err(|refusal| in_own_words(&refusal))?;
    let ids = session.account.assign_to_division(request.param(0), &keys)?;
    Ok(Reply::json(201, &json!({"ids": ids.join(","), "added_at": time(session.now)})))
}
