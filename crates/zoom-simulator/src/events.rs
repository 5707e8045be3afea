//! What changed in an account, in the words of Zoom's webhook events (Zoom API reference, Users: webhooks).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::account::{Account, CLIENT, CLIENT_VERSION, Change, CopyOnWrite, Group, Groups, Part, Person, Role, Status};
use crate::rest::Request;

/// Why something changed, as far as events tell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cause {
    /// Whether the people themselves, or the account by itself, did it: then no operator is named.
    pub(crate) themselves: bool,
    /// Whether those who went were set free with an account of their own.
    pub(crate) disassociated: bool,
}

impl Cause {
    pub(crate) fn of(request: &Request<'_>) -> Self {
        Self { themselves: false, disassociated: request.disassociates() }
    }
}

/// An event, without its account and time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) object: Value,
    pub(crate) old_object: Option<Value>,
    /// What the payload tells besides, by its name there.
    pub(crate) also: Option<(&'static str, &'static str)>,
    /// Whether an operator is named: not of what people do in their clients.
    pub(crate) by_operator: bool,
}

/// What events tell of the account as it was before a change, besides the people whom it changed.
pub(crate) struct Before {
    groups: CopyOnWrite<Groups>,
    roles: Roles,
}

impl Before {
    pub(crate) fn of(account: &Account) -> Self {
        Self { groups: account.groups.clone(), roles: account.roles.clone() }
    }
}

/// The events of the changes that one call made.
pub(crate) fn events(
    account: &Account,
    before: &Before,
    changes: &[Change],
    cause: Cause,
    now: Timestamp,
) -> Vec<Event> {
    let (groups, mut found) = (&before.groups, Vec::new());
    group_events(groups, &account.groups, &mut found);
    let (mut members, mut admins) = (Moves::new(), Moves::new());
    for change in changes {
        person_events(account, &before.roles, change, cause, &mut found);
        own_events(change, now, &mut found);
        moved(change, |person| &person.groups, &mut members);
        moved(change, |person| &person.administers, &mut admins);
    }
    for ((group, added), members) in members {
        let object = json!({"id": group, "members": members});
        found.push(event(if added { "group.member_added" } else { "group.member_deleted" }, object, None));
    }
    for ((group, added), admins) in admins {
        let object = json!({"id": group, "admins": admins});
        found.push(event(if added { "group.admin_added" } else { "group.admin_deleted" }, object, None));
    }
    for event in &mut found {
        event.by_operator &= !cause.themselves;
    }
    found
}

fn event(name: &'static str, object: Value, old_object: Option<Value>) -> Event {
    Event { name, object, old_object, also: None, by_operator: true }
}

/// The events of a group's settings, which name what changed.
const SETTINGS: [(&str, Part); 2] =
    [("group.settings_updated", Part::Settings), ("group.lock_settings_updated", Part::Locks)];

fn group_events(before: &Groups, after: &Groups, found: &mut Vec<Event>) {
    let object = |group: &Group| json!({"id": group.id, "name": group.name});
    for group in after.all() {
        match before.get(&group.id) {
            None => found.push(event("group.created", object(group), None)),
            Some(old) => {
                if old.name != group.name {
                    found.push(event("group.updated", object(group), Some(object(old))));
                }
                for (name, part) in SETTINGS {
                    let changed = group.settings.changed(&old.settings, part);
                    found.extend(
                        changed.map(|settings| event(name, json!({"id": group.id, "settings": settings}), None)),
                    );
                }
            }
        }
    }
    for group in before.all().filter(|group| after.get(&group.id).is_none()) {
        found.push(event("group.deleted", object(group), None));
    }
}

type Roles = BTreeMap<String, Role>;

fn person_events(account: &Account, roles_before: &Roles, change: &Change, cause: Cause, found: &mut Vec<Event>) {
    match (change.before.as_deref(), change.after.as_deref()) {
        (None, Some(after)) => {
            let also = Some(("creation_type", after.creation.into()));
            let mut object = identity(after);
            if let Some(fields) = object.as_object_mut() {
                fields.insert("display_name".to_owned(), json!(after.shown_name()));
            }
            found.push(Event { also, ..event("user.created", object, None) });
        }
        (Some(before), None) => {
            let name = if cause.disassociated { "user.disassociated" } else { "user.deleted" };
            found.push(event(name, identity(before), None));
        }
        (Some(before), Some(after)) => {
            let turned = match (before.status(), after.status()) {
                (Status::Pending, Status::Active) => Some("user.invitation_accepted"),
                (Status::Active | Status::Pending, Status::Inactive) => Some("user.deactivated"),
                (Status::Inactive, Status::Active) => Some("user.activated"),
                (Status::Active | Status::Inactive | Status::Pending, Status::Pending)
                | (Status::Active, Status::Active)
                | (Status::Inactive, Status::Inactive) => None,
            };
            found.extend(turned.map(|name| event(name, identity(after), None)));
            updated(account, roles_before, before, after, found);
            operations(before, after, found);
            set_up(before, after, found);
        }
        (None, None) => {}
    }
}

/// Settings have an event of their own, which tells the sections that changed.
fn set_up(before: &Person, after: &Person, found: &mut Vec<Event>) {
    if before.settings != after.settings {
        let old = before.settings.as_deref();
        let sections: Map<String, Value> = (after.settings.iter().flat_map(|settings| settings.iter()))
            .filter(|(name, section)| old.and_then(|old| old.get(*name)) != Some(*section))
            .map(|(name, section)| (name.clone(), section.clone()))
            .collect();
        let object = json!({"id": after.id, "email": after.email, "settings": sections});
        found.push(event("user.settings_updated", object, None));
    }
}

/// What people do in their clients: these events name no operator and tell the time.
fn own_events(change: &Change, now: Timestamp, found: &mut Vec<Event>) {
    let (Some(before), Some(after)) = (change.before.as_deref(), change.after.as_deref()) else { return };
    let object = |mut told: Value| {
        if let Some(fields) = told.as_object_mut() {
            fields.insert("id".to_owned(), json!(after.id));
            fields.insert("email".to_owned(), json!(after.email));
            fields.insert("date_time".to_owned(), json!(format!("{now:.0}")));
        }
        told
    };
    let mut push = |name, told, old| found.push(Event { by_operator: false, ..event(name, object(told), old) });
    let client = json!({"client_type": CLIENT, "version": CLIENT_VERSION, "login_type": after.login.number()});
    if before.sessions.begun != after.sessions.begun {
        push("user.signed_in", client.clone(), None);
    }
    if before.sessions.left != after.sessions.left {
        push("user.signed_out", client, None);
    }
    if before.presence != after.presence {
        push("user.presence_status_updated", json!({"presence_status": after.presence.in_events()}), None);
    }
    let notes = |person: &Person| json!({"personal_notes": person.profile.personal_notes});
    if notes(before) != notes(after) {
        push("user.personal_notes_updated", notes(after), Some(notes(before)));
    }
}

fn identity(person: &Person) -> Value {
    json!({
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "type": person.license().number(),
    })
}

/// Another password and the end of all sessions are updates without a field, which say what was done.
fn operations(before: &Person, after: &Person, found: &mut Vec<Event>) {
    let done = [
        (before.passwords != after.passwords, "change_password"),
        (before.sessions.ended != after.sessions.ended, "sign_out_from_all_devices"),
    ];
    for (_, operation) in done.into_iter().filter(|(done, _)| *done) {
        let object = json!({"id": after.id, "email": after.email});
        found.push(Event { also: Some(("operation", operation)), ..event("user.updated", object, None) });
    }
}

/// `user.updated` names the changed fields alone, besides the id.
fn updated(account: &Account, roles_before: &Roles, before: &Person, after: &Person, found: &mut Vec<Event>) {
    let (old, new) = (fields(account, roles_before, before), fields(account, &account.roles, after));
    let changed = |one: &Map<String, Value>, other: &Map<String, Value>| -> Map<String, Value> {
        one.iter()
            .filter(|(name, value)| other.get(*name) != Some(*value))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect()
    };
    let (mut object, mut old_object) = (changed(&new, &old), changed(&old, &new));
    if object.is_empty() && old_object.is_empty() {
        return;
    }
    object.insert("id".to_owned(), json!(after.id));
    old_object.insert("id".to_owned(), json!(before.id));
    found.push(event("user.updated", object.into(), Some(old_object.into())));
}

fn fields(account: &Account, roles: &Roles, person: &Person) -> Map<String, Value> {
    let profile = &person.profile;
    let fields = json!({
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "display_name": person.shown_name(),
        "type": person.license().number(),
        "role": roles.get(&person.role).map(|role| role.name.as_str()),
        "dept": profile.dept,
        "job_title": profile.job_title,
        "company": profile.company,
        "location": profile.location,
        "cost_center": profile.cost_center,
        "manager": profile.manager,
        "language": profile.language,
        "timezone": profile.timezone,
        "pronouns": profile.pronouns,
        "pronouns_option": profile.pronouns_option,
        "about_me": profile.about_me,
        "linkedin_url": profile.linkedin_url,
        "cms_user_id": profile.cms_user_id,
        "division_ids": account.shown_divisions(person),
        "pic_url": person.picture_url(),
        "phone_numbers": profile.phone_numbers,
        "custom_attributes": profile.custom_attributes,
        "pmi": profile.pmi,
        "use_pmi": profile.use_pmi,
        "host_key": profile.host_key,
        "vanity_name": profile.vanity_name,
        "primary_group_id": person.groups.first(),
    });
    match fields {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// People who came (true) or went, by group.
type Moves = BTreeMap<(String, bool), Vec<Value>>;

fn moved(change: &Change, groups: impl Fn(&Person) -> &Vec<String>, moves: &mut Moves) {
    let of = |person: Option<&Person>| person.map(|person| groups(person).clone()).unwrap_or_default();
    let (before, after) = (of(change.before.as_deref()), of(change.after.as_deref()));
    let Some(person) = change.after.as_deref().or(change.before.as_deref()) else { return };
    let row = json!({"id": person.id, "email": person.email});
    for group in after.iter().filter(|group| !before.contains(group)) {
        moves.entry((group.clone(), true)).or_default().push(row.clone());
    }
    for group in before.iter().filter(|group| !after.contains(group)) {
        moves.entry((group.clone(), false)).or_default().push(row.clone());
    }
}

/// The event as it is sent.
pub(crate) fn envelope(event: &Event, account: &Account, now: Timestamp) -> Value {
    let mut payload = json!({"account_id": account.config.account_id, "object": event.object});
    if let Some(payload) = payload.as_object_mut() {
        if event.by_operator
            && let Some(owner) = account.people.by_email(&account.config.owner)
        {
            payload.insert("operator".to_owned(), json!(owner.email));
            payload.insert("operator_id".to_owned(), json!(owner.id));
        }
        if let Some((name, value)) = event.also {
            payload.insert(name.to_owned(), json!(value));
        }
        if let Some(old) = &event.old_object {
            payload.insert("old_object".to_owned(), old.clone());
            payload.insert("time_stamp".to_owned(), json!(now.as_millisecond()));
        }
    }
    json!({"event": event.name, "event_ts": now.as_millisecond(), "payload": payload})
}
