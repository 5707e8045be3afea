//! SCIM 2 under `/scim2`: the same people and groups by another door (Zoom API reference, SCIM2).

mod groups;
mod user_body;
mod users;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::{Endpoint, Reply, Request, Session, Slip, endpoint};
use crate::account::Refusal;
use crate::config::Plan;
use crate::limits::Label::{Light, Medium};

/// Where SCIM's paths begin; REST's begin with `/v2`.
pub(super) const ROOT: &str = "/scim2/";

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const SCOPE: &str = "scim2:admin";
const CLASSIC: &[&str] = &["scim2"];

/// The largest page; the usual one is a single row.
const PAGE_MAX: usize = 100;

pub(super) static ENDPOINTS: [Endpoint; 11] = [
    endpoint(Method::GET, "/scim2/Users", Medium, SCOPE, CLASSIC, users::list),
    endpoint(Method::POST, "/scim2/Users", Light, SCOPE, CLASSIC, users::create),
    endpoint(Method::GET, "/scim2/Users/{userId}", Light, SCOPE, CLASSIC, users::get),
    endpoint(Method::PUT, "/scim2/Users/{userId}", Light, SCOPE, CLASSIC, users::update),
    endpoint(Method::PATCH, "/scim2/Users/{userId}", Light, SCOPE, CLASSIC, users::set_active),
    endpoint(Method::DELETE, "/scim2/Users/{userId}", Light, SCOPE, CLASSIC, users::delete),
    endpoint(Method::GET, "/scim2/Groups", Medium, SCOPE, CLASSIC, groups::list),
    endpoint(Method::POST, "/scim2/Groups", Medium, SCOPE, CLASSIC, groups::create),
    endpoint(Method::GET, "/scim2/Groups/{groupId}", Light, SCOPE, CLASSIC, groups::get),
    endpoint(Method::PATCH, "/scim2/Groups/{groupId}", Medium, SCOPE, CLASSIC, groups::change),
    endpoint(Method::DELETE, "/scim2/Groups/{groupId}", Medium, SCOPE, CLASSIC, groups::delete),
];

/// A refusal in SCIM's shape: a status and a text, no code. What REST tells apart by codes is 404 for what is missing and
/// 409 for addresses, names, domains and seats that are not to be had.
pub(super) fn refusal(refusal: &Refusal) -> Reply {
    let status = match refusal.wire() {
        (_, 1001 | 4130) => 404,
        (_, 1005 | 1009 | 1107 | 1116 | 2033 | 2034 | 2038 | 3412 | 4132) => 409,
        (200, _) => 400,
        (status, _) => status,
    };
    let fields = refusal.errors().iter().map(|error| format!(" {}: {}", error.field, error.message));
    let detail = format!("{refusal}{}", fields.collect::<String>());
    Reply::json(status, &json!({"schemas": [ERROR], "detail": detail, "status": status}))
}

/// SCIM needs single sign-on, and a plan from Business on with an approved vanity URL.
fn available(session: &Session<'_>) -> Result<(), Refusal> {
    let config = &session.account.config;
    let planned = match config.plan {
        Plan::Free | Plan::Pro => false,
        Plan::Business => true,
    };
    if !config.sso {
        Err(Refusal::SsoOff)
    } else if !planned || config.vanity_url.is_none() {
        let needs = "SCIM is for Business and Education accounts with an approved vanity URL.";
        Err(Refusal::NotPermitted(needs.to_owned()))
    } else {
        Ok(())
    }
}

/// One page of `rows` by `startIndex` and `count`.
fn page<T>(request: &Request<'_>, rows: Vec<T>, resource: impl Fn(T) -> Value) -> Result<Reply, Refusal> {
    let number = |name: &str| {
        let value = request.query(name).filter(|value| !value.is_empty());
        let invalid = || Refusal::field(name, "The value must be a number.");
        value.map_or(Ok(1), |value| value.parse::<usize>().map_err(|_| invalid()))
    };
    let (start, count) = (number("startIndex")?.max(1), number("count")?.min(PAGE_MAX));
    let total = rows.len();
    let skipped = match request.slip {
        Some(Slip::Repeat) => start.saturating_sub(2),
        Some(Slip::Skip) => start,
        None => start - 1,
    };
    request.slipped.set(match request.slip {
        Some(Slip::Repeat) => start > 1 && skipped < total,
        Some(Slip::Skip) => start <= total,
        None => false,
    });
    let resources: Vec<_> = rows.into_iter().skip(skipped).take(count).map(resource).collect();
    let page = json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    Ok(Reply::json(200, &page))
}

/// Reads `filter`: one of `names`, `eq`, and a value in quotes.
fn filter<'a>(request: &'a Request<'_>, names: &[&str]) -> Result<Option<(&'a str, &'a str)>, Refusal> {
    let Some(filter) = request.query("filter").filter(|filter| !filter.trim().is_empty()) else { return Ok(None) };
    let read = || {
        let (name, rest) = filter.trim().split_once(' ')?;
        let (operator, value) = rest.trim_start().split_once(' ')?;
        let known = names.contains(&name) && operator.eq_ignore_ascii_case("eq");
        known.then_some((name, value.trim().trim_matches('"')))
    };
    let allowed = || format!("The filter must be {} eq a value.", names.join(" or "));
    read().map(Some).ok_or_else(|| Refusal::field("filter", allowed()))
}

/// One of a PATCH's operations; without a path its value is an object of what would be paths.
struct Operation {
    op: String,
    path: String,
    value: Value,
}

/// Reads the operations of a PATCH: `Operations` with a capital letter (Zoom developer forum).
fn operations(body: &Map<String, Value>) -> Result<Vec<Operation>, Refusal> {
    let wrong = || Refusal::field("Operations", "A list of operations is required.");
    let listed = body.get("Operations").and_then(Value::as_array).filter(|list| !list.is_empty()).ok_or_else(wrong)?;
    let mut operations = Vec::new();
    for operation in listed {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        let (op, path) = (text("op").to_lowercase(), text("path").to_owned());
        let value = operation.get("value").cloned().unwrap_or_default();
        match (value, path.is_empty()) {
            (Value::Object(parts), true) => {
                let part = |(path, value)| Operation { op: op.clone(), path, value };
                operations.extend(parts.into_iter().map(part));
            }
            (value, _) => operations.push(Operation { op, path, value }),
        }
    }
    Ok(operations)
}
