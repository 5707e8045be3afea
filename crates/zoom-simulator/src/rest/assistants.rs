//! Assistants and schedulers.

use axum::http::Method;
use serde_json::{Value, json};

use super::fields::Fields;
use super::users::{READ, WRITE};
use super::{Endpoint, Reply, Request, Session, endpoint, time};
use crate::account::Refusal;
use crate::limits::Label::{Light, Medium};

const ASSISTANTS: &str = "/users/{userId}/assistants";
const ASSISTANT: &str = "/users/{userId}/assistants/{assistantId}";
const SCHEDULERS: &str = "/users/{userId}/schedulers";
const SCHEDULER: &str = "/users/{userId}/schedulers/{schedulerId}";

pub(super) static ENDPOINTS: [Endpoint; 7] = [
    endpoint(Method::GET, ASSISTANTS, Medium, "user:read:list_assistants:admin", READ, list),
    endpoint(Method::POST, ASSISTANTS, Medium, "user:write:assistant:admin", WRITE, add),
    endpoint(Method::DELETE, ASSISTANTS, Light, "user:delete:assistant:admin", WRITE, remove),
    endpoint(Method::DELETE, ASSISTANT, Light, "user:delete:assistant:admin", WRITE, remove),
    endpoint(Method::GET, SCHEDULERS, Medium, "user:read:list_schedulers:admin", READ, schedulers),
    endpoint(Method::DELETE, SCHEDULERS, Light, "user:delete:scheduler:admin", WRITE, remove_schedulers),
    endpoint(Method::DELETE, SCHEDULER, Light, "user:delete:scheduler:admin", WRITE, remove_schedulers),
];

fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let person = session.account.read(request.param(0), session.now)?;
    let rows = session.account.assistants(person).map(|(assistant, private)| {
        json!({"id": assistant.id, "email": assistant.email, "can_manage_host_private_event": private})
    });
    Ok(Reply::json(200, &json!({"assistants": rows.collect::<Vec<_>>()})))
}

fn add(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let assistants: Vec<Value> = fields.list("assistants", 30).unwrap_or_default();
    if assistants.is_empty() {
        fields.reject("assistants", "At least one assistant is required.");
    }
    let read = |assistant: &Value| {
        let key = ["id", "email"].iter().find_map(|name| assistant.get(name)?.as_str())?;
        let private = assistant.get("can_manage_host_private_event").and_then(Value::as_bool).unwrap_or(false);
        Some((key.to_owned(), private))
    };
    let keys: Option<Vec<_>> = assistants.iter().map(read).collect();
    if keys.is_none() {
        fields.reject("assistants", "An assistant needs an id or an email.");
    }
    fields.finish()?;
    let ids = session.account.add_assistants(request.param(0), &keys.unwrap_or_default(), session.now)?;
    Ok(Reply::json(201, &json!({"ids": ids.join(","), "add_at": time(session.now)})))
}

fn remove(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.remove_assistants(request.param(0), request.optional_param(1), session.now)?;
    Ok(Reply::empty(204))
}

fn schedulers(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    let person = session.account.read(request.param(0), session.now)?;
    let schedulers = session.account.schedulers(person);
    let rows = schedulers.map(|other| json!({"id": other.id, "email": other.email, "pmi": other.pmi()}));
    Ok(Reply::json(200, &json!({"schedulers": rows.collect::<Vec<_>>()})))
}

fn remove_schedulers(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    session.account.remove_schedulers(request.param(0), request.optional_param(1), session.now)?;
    Ok(Reply::empty(204))
}
