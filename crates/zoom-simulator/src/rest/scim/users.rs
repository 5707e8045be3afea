//! SCIM's users.

use serde_json::{Value, json};

use super::super::{Reply, Request, Session};
use super::user_body::{UserBody, truth};
use super::{available, filter, operations, page};
use crate::account::{
    Account, CreateAction, CustomAttribute, Deletion, License, NewUser, Person, Refusal, Status, StatusAction,
};

pub(super) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(super) const LOGIN: &str = "urn:us:zoom:scim:schemas:extension:1.0:ZoomUser";
pub(super) const ZOOM: &str = "urn:ietf:params:scim:schemas:extension:zoom:1.0:User";

/// How many custom attributes somebody can have (Zoom API reference, Users: update; SCIM2).
const CUSTOM_ATTRIBUTES: usize = 5;

pub(super) fn user_type(license: License) -> &'static str {
    match license {
        License::Basic => "Basic",
        License::Licensed => "Licensed",
        License::Unassigned => "Collaboration",
        License::None => "None",
    }
}

fn resource(account: &Account, person: &Person) -> Value {
    let profile = &person.profile;
    let groups = account.shown_groups(person).iter().filter_map(|id| account.groups.get(id));
    let groups: Vec<_> = groups.map(|group| json!({"value": group.id, "display": group.name})).collect();
    let role = account.roles.get(&person.role).map_or("", |role| role.name.as_str());
    let phones = profile.phone_numbers.iter().map(
        |number| json!({"type": number.label.to_lowercase(), "value": format!("{}{}", number.code, number.number)}),
    );
    let created = format!("{:.0}", person.created_at);
    let attributes: serde_json::Map<_, _> = profile
        .custom_attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), Value::from(attribute.value.as_str())))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    let mut zoom = json!({"pronouns": profile.pronouns, "personalLinkName": profile.vanity_name});
    if let Some(zoom) = zoom.as_object_mut() {
        zoom.extend(attributes);
    }
    json!({
        "schemas": [CORE, ENTERPRISE, LOGIN, ZOOM],
        "id": person.id,
        "externalId": person.id,
        "userName": person.email,
        "name": {"givenName": person.first_name, "familyName": person.last_name},
        "displayName": person.shown_name(),
        "title": profile.job_title,
        "locale": profile.location,
        "emails": [{"type": "work", "value": person.email, "primary": true}],
        "phoneNumbers": phones.collect::<Vec<_>>(),
        "roles": [{"value": role, "display": role, "primary": true}],
        "groups": groups,
        "userType": user_type(person.license()),
        "active": person.status() == Status::Active,
        ENTERPRISE: {
            "department": profile.dept,
            "organization": profile.company,
            "costCenter": profile.cost_center,
            "employeeNumber": profile.employee_unique_id,
            "manager": profile.manager,
        },
        LOGIN: {"loginType": {"workEmail": person.logs_in_by_work_email(), "sso": person.logs_in_by_sso()}},
        ZOOM: zoom,
        "meta": {
            "resourceType": "User",
            "created": created,
            "lastModified": created,
            "version": "1.0.0",
            "location": format!("https://api.zoom.us/scim2/Users/{}", person.id),
        },
    })
}

/// Pending people are not in the account yet, as far as SCIM knows.
fn is_shown(person: &Person) -> bool {
    person.status() != Status::Pending
}

fn find<'a>(account: &'a Account, id: &str) -> Result<&'a Person, Refusal> {
    let found = account.people.find(id).filter(|person| person.id == id && is_shown(person));
    found.ok_or_else(|| Refusal::UserMissing(id.to_owned()))
}

/// Administrators and Zoom Rooms can neither be switched nor deleted this way.
fn ordinary<'a>(account: &'a Account, id: &str) -> Result<&'a Person, Refusal> {
    let person = find(account, id)?;
    if person.is_admin() || person.room {
        let text = format!("Administrators and Zoom Rooms cannot be changed so: {}.", person.email);
        return Err(Refusal::NotPermitted(text));
    }
    Ok(person)
}

pub(super) fn list(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    let account = &*session.account;
    let people: Vec<&Person> = match filter(request, &["userName", "externalId"])? {
        Some(("userName", email)) => {
            account.people.by_email(email).filter(|person| is_shown(person)).into_iter().collect()
        }
        Some((_, id)) => find(account, id).into_iter().collect(),
        None => account.people.all().filter(|person| is_shown(person)).collect(),
    };
    page(request, people, |person| resource(account, person))
}

pub(super) fn get(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    Ok(Reply::json(200, &resource(session.account, find(session.account, request.param(0))?)))
}

/// Creates somebody who is active at once; their domain must belong to the account.
pub(super) fn create(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    let body = UserBody::read(&request.object()?)?;
    let email = body.user_name.clone().ok_or_else(|| Refusal::field("userName", "This field is required."))?;
    let (account, now) = (&mut *session.account, session.now);
    body.check_names(account)?;
    if account.people.by_email(&email).is_some() {
        return Err(Refusal::AddressUsed(email));
    }
    if !account.manages_domain_of(&email) {
        return Err(Refusal::domain_not_allowed(&email, &account.config.managed_domains));
    }
    let new = NewUser {
        action: if body.work_email { CreateAction::AutoCreate } else { CreateAction::SsoCreate },
        license: body.patch.license.unwrap_or(License::Basic),
        first_name: String::new(),
        last_name: String::new(),
        display_name: String::new(),
        division_ids: Vec::new(),
        password: None,
        email,
    };
    let id = account.create(new, now)?.id.clone();
    apply(session, &id, body)?;
    Ok(Reply::json(201, &resource(session.account, find(session.account, &id)?)))
}

/// Changes what is named and leaves the rest, although it is a PUT.
pub(super) fn update(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    let id = request.param(0);
    let body = UserBody::read(&request.object()?)?;
    let (account, now) = (&mut *session.account, session.now);
    body.check_names(account)?;
    let person = find(account, id)?;
    let email = body.user_name.clone().filter(|email| !email.eq_ignore_ascii_case(&person.email));
    if person.status() == Status::Inactive {
        if body.active != Some(true) {
            return Err(Refusal::NotPermitted(format!("The user {} is deactivated.", person.email)));
        }
        account.set_status(id, StatusAction::Activate, now)?;
    }
    if let Some(email) = email {
        account.change_email(id, &email, now)?;
    }
    apply(session, id, body)?;
    Ok(Reply::json(200, &resource(session.account, find(session.account, id)?)))
}

/// Gives an active person what the body names beside the address, the switch last.
fn apply(session: &mut Session<'_>, id: &str, mut body: UserBody) -> Result<(), Refusal> {
    let (account, now) = (&mut *session.account, session.now);
    if !body.attributes.is_empty() {
        let present = &find(account, id)?.profile.custom_attributes;
        body.patch.custom_attributes = Some(with_attributes(present.clone(), body.attributes)?);
    }
    account.update(id, body.patch, now)?;
    if let Some(role) = body.role {
        let role = account.role_by_name_or_id(&role).map(|role| role.id.clone());
        let present = find(account, id)?.role.clone();
        match role {
            Some(role) if role == present => {}
            Some(role) if role == crate::account::MEMBER => account.unassign_role(&present, id)?,
            Some(role) => drop(account.assign_role(&role, &[id.to_owned()])?),
            None => {}
        }
    }
    for name in body.groups {
        let group = account.group_by_name_or_id(&name).map(|group| group.id.clone());
        if let Some(group) = group {
            account.add_to_group(&group, &[id.to_owned()])?;
        }
    }
    if body.active == Some(false) {
        ordinary(account, id)?;
        account.set_status(id, StatusAction::Deactivate, now)?;
    }
    Ok(())
}

/// Custom attributes with those that are given by name; one that is not there gets its name as key.
fn with_attributes(
    mut present: Vec<CustomAttribute>,
    given: Vec<(String, String)>,
) -> Result<Vec<CustomAttribute>, Refusal> {
    for (name, value) in given {
        match present.iter_mut().find(|attribute| attribute.name == name) {
            Some(attribute) => attribute.value = value,
            None => present.push(CustomAttribute { key: name.clone(), name, value }),
        }
    }
    let fits = present.len() <= CUSTOM_ATTRIBUTES;
    let message = || format!("Somebody can have at most {CUSTOM_ATTRIBUTES} custom attributes.");
    if fits { Ok(present) } else { Err(Refusal::field("zoom", message())) }
}

/// A PATCH can switch somebody on and off, and nothing else.
pub(super) fn set_active(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    let (id, now) = (request.param(0), session.now);
    for operation in operations(&request.object()?)? {
        let active = truth(&operation.value).filter(|_| operation.op == "replace" && operation.path == "active");
        let active = active.ok_or_else(|| Refusal::BadRequest("Only replacing active is supported.".to_owned()))?;
        ordinary(session.account, id)?;
        let action = if active { StatusAction::Activate } else { StatusAction::Deactivate };
        session.account.set_status(id, action, now)?;
    }
    Ok(Reply::json(200, &resource(session.account, find(session.account, id)?)))
}

pub(super) fn delete(session: &mut Session<'_>, request: &Request<'_>) -> Result<Reply, Refusal> {
    available(session)?;
    ordinary(session.account, request.param(0))?;
    let deletion = Deletion { for_good: true, ..Deletion::default() };
    session.account.delete(request.param(0), &deletion, session.now)?;
    Ok(Reply::empty(204))
}
