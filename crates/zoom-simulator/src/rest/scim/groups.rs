//! SCIM's groups.

use serde_json::{Value, json};

use super::super::fields::Fields;
use super::super::{Reply, Request, Session};
use super::{Operation, available, filter, operations, page};
use crate::account::{GROUP_NAME_MAX, Group, Refusal, Seq, group_name_fits};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The longest body of a change, in characters.
const BODY_MAX: usize = 100_000;

/// Members are not shown.
fn resource(group: &Group) -> Value {
    json!({
        "schemas": [CORE],
        "id": group.id,
        "displayName": group.name,
        "meta": {"resourceType": "Group", "location": format!("https://api.zoom.us/scim2/Groups/{}", group.id)},
    })
}

pub(super) fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    let groups = &session.account.groups;
    let groups: Vec<&Group> = match filter(request, &["displayName"])? {
        Some((_, name)) => groups.all().filter(|group| group.name.eq_ignore_ascii_case(name)).collect(),
        None => groups.all().collect(),
    };
    page(request, groups, resource)
}

pub(super) fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    Ok(Reply::json(200, &resource(session.account.group(request.param(0))?)))
}

pub(super) fn create(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    let body = request.object()?;
    let mut fields = Fields::new(&body, "");
    let name = fields.text("displayName", GROUP_NAME_MAX).filter(|name| !name.trim().is_empty());
    fields.finish()?;
    let name = name.ok_or_else(|| Refusal::field("displayName", "This field is required."))?;
    let members = body.get("members").map(ids).unwrap_or_default();
    let id = session.account.create_group(&name)?;
    session.account.add_to_group(&id, &members)?;
    Ok(Reply::json(201, &resource(session.account.group(&id)?)))
}

pub(super) fn change(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    let id = request.param(0);
    if String::from_utf8_lossy(request.body).chars().count() > BODY_MAX {
        return Err(Refusal::BadRequest(format!("The body must not exceed {BODY_MAX} characters.")));
    }
    session.account.group(id)?;
    for operation in operations(&request.object()?)? {
        carry_out(session, id, &operation)?;
    }
    Ok(Reply::empty(204))
}

fn carry_out(session: &mut Session<'_>, id: &str, operation: &Operation) -> Result<(), Refusal> {
    let Operation { op, path, value } = operation;
    let unknown = || Refusal::BadRequest(format!("The operation {op} of {path} is not supported."));
    match (op.as_str(), path.as_str()) {
        ("add", "members") => session.account.add_to_group(id, &ids(value)).map(drop),
        ("remove", "members") if value.is_null() => remove(session, id, &members(session, id)),
        ("remove", "members") => remove(session, id, &ids(value)),
        ("remove", path) => {
            let one = path.strip_prefix("members[value eq \"").and_then(|rest| rest.strip_suffix("\"]"));
            remove(session, id, &[one.ok_or_else(unknown)?.to_owned()])
        }
        ("replace", "members") => {
            let wanted = ids(value);
            let others: Vec<_> = members(session, id).into_iter().filter(|member| !wanted.contains(member)).collect();
            remove(session, id, &others)?;
            session.account.add_to_group(id, &wanted).map(drop)
        }
        ("add" | "replace", "displayName") => {
            let name = value.as_str().filter(|name| group_name_fits(name));
            let name =
                name.ok_or_else(|| Refusal::field("displayName", "A name of 1 to 127 characters is required."))?;
            session.account.rename_group(id, name)
        }
        // The simulator keeps no e-mail addresses of groups.
        ("add" | "replace", "emailAlias") if value.is_string() => Ok(()),
        _ => Err(unknown()),
    }
}

fn members(session: &Session<'_>, id: &str) -> Vec<String> {
    session.account.people.in_group(id).after(Seq::default()).map(|person| person.id.clone()).collect()
}

/// Who is not in the group is passed over.
fn remove(session: &mut Session<'_>, id: &str, ids: &[String]) -> Result<(), Refusal> {
    for member in ids {
        match session.account.remove_from_group(id, member) {
            Ok(()) | Err(Refusal::NotAMember(_)) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(())
}

/// The ids in a list of members, or in one.
fn ids(value: &Value) -> Vec<String> {
    let id = |member: &Value| member.as_str().or_else(|| member.get("value")?.as_str()).map(str::to_owned);
    match value.as_array() {
        Some(members) => members.iter().filter_map(id).collect(),
        None => id(value).into_iter().collect(),
    }
}

pub(super) fn delete(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    session.account.delete_group(request.param(0))?;
    Ok(Reply::empty(204))
}
