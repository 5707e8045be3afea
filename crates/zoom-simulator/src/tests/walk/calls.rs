//! The calls that a walk makes: all that change something, on people, roles and groups that may or may not be there.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::pick;
use crate::account::{License, MEMBER, OWNER, Part, Person, Seq, Status, Tree};
use crate::rest;
use crate::rest::{Endpoint, route};
use crate::tests::Rig;

/// A call below `/v2`, or under `/scim2`.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The path without its query.
    pub(super) fn bare_path(&self) -> &str {
        self.path.split_once('?').map_or(&self.path, |(path, _)| path)
    }

    pub(super) fn endpoint(&self) -> (&'static Endpoint, Vec<String>) {
        let root = if self.path.starts_with("/scim2") { "" } else { "/v2" };
        let path = format!("{root}{}", self.bare_path());
        let (method, headers, body) = (self.method.clone(), HeaderMap::new(), Bytes::new());
        route(&rest::Call { method, path, query: String::new(), headers, body }).unwrap()
    }
}

fn call(method: Method, path: impl Into<String>, body: &Value) -> Call {
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    Call { method, path: path.into(), body }
}

fn post(path: impl Into<String>, body: &Value) -> Call {
    call(Method::POST, path, body)
}

fn patch(path: impl Into<String>, body: &Value) -> Call {
    call(Method::PATCH, path, body)
}

fn put(path: impl Into<String>, body: &Value) -> Call {
    call(Method::PUT, path, body)
}

fn delete(path: impl Into<String>) -> Call {
    call(Method::DELETE, path, &Value::Null)
}

/// An upload, which now and then is no picture.
fn upload(rng: &mut SmallRng, path: impl Into<String>) -> Call {
    let file: &[u8] = pick(rng, &[b"\x89PNG 1", b"\x89PNG 2", b"\xff\xd8\xff", b"text"]);
    let head = b"--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
    Call { method: Method::POST, path: path.into(), body: [head, file, b"\r\n--part--\r\n"].concat().into() }
}

pub(super) fn any_call(rig: &Rig, rng: &mut SmallRng) -> Call {
    match rng.random_range(0..22) {
        0..3 => create(rig, rng),
        3..6 => on_a_person(rig, rng),
        6..8 => around_a_person(rig, rng),
        8..10 => on_a_role(rig, rng),
        10..12 => on_a_group(rig, rng),
        12..14 => on_a_contact_group(rig, rng),
        14..16 => on_settings(rig, rng),
        16..18 => on_pictures(rig, rng),
        18..20 => on_a_division(rig, rng),
        _ => by_scim(rig, rng),
    }
}

/// Somebody who may or may not be there, by id or address.
pub(super) fn anybody(rig: &Rig, rng: &mut SmallRng) -> String {
    if rng.random_bool(0.3) {
        return any_id(rig, rng);
    }
    let domain = pick(rng, &["acme", "acme", "other"]);
    let name = match rng.random_range(0..40) {
        0 => "owner".to_owned(),
        1 => "room".to_owned(),
        _ => format!("p{}", rng.random_range(0..14)),
    };
    let email = format!("{name}@{domain}.example");
    if rng.random_bool(0.2) { email.to_uppercase() } else { email }
}

/// Somebody who is there.
fn any_id(rig: &Rig, rng: &mut SmallRng) -> String {
    let people: Vec<_> = rig.account.people.all().collect();
    people.choose(rng).unwrap().id.clone()
}

/// Mostly somebody who is there and fits, so that rare calls succeed as well.
fn fitting(rig: &Rig, rng: &mut SmallRng, fits: impl Fn(&Person) -> bool) -> String {
    let people: Vec<_> = rig.account.people.all().filter(|person| fits(person)).collect();
    let found = people.choose(rng).filter(|_| rng.random_bool(0.7)).map(|person| person.id.clone());
    found.unwrap_or_else(|| anybody(rig, rng))
}

/// Mostly a group and somebody in it, as `groups_of` tells.
fn pair(rig: &Rig, rng: &mut SmallRng, groups_of: impl Fn(&Person) -> &[String]) -> (String, String) {
    let of = |person| groups_of(person).iter().map(move |group| (group.clone(), person.id.clone()));
    let pairs: Vec<_> = rig.account.people.all().flat_map(of).collect();
    let found = pairs.choose(rng).filter(|_| rng.random_bool(0.8)).cloned();
    found.unwrap_or_else(|| (any_group(rig, rng), anybody(rig, rng)))
}

pub(super) fn address(rng: &mut SmallRng) -> String {
    format!("{}{}@acme.example", pick(rng, &["p", "P"]), rng.random_range(0..14))
}

pub(super) fn any_group(rig: &Rig, rng: &mut SmallRng) -> String {
    let groups: Vec<_> = rig.account.groups.all().map(|group| group.id.clone()).collect();
    let there = rng.random_bool(0.9);
    groups.choose(rng).filter(|_| there).map_or_else(|| "nope".to_owned(), Clone::clone)
}

pub(super) fn group_name(rng: &mut SmallRng) -> String {
    format!("{}{}", pick(rng, &["g", "G"]), rng.random_range(0..5))
}

pub(super) fn any_role(rig: &Rig, rng: &mut SmallRng) -> String {
    let roles: Vec<_> = rig.account.roles.keys().cloned().collect();
    if rng.random_bool(0.9) { roles.choose(rng).cloned().unwrap() } else { "nope".to_owned() }
}

/// A division, at times the main one or none.
pub(super) fn any_division(rig: &Rig, rng: &mut SmallRng) -> String {
    let divisions: Vec<_> = rig.account.divisions.all().map(|division| division.id.clone()).collect();
    if rng.random_bool(0.9) { divisions.choose(rng).cloned().unwrap() } else { "nope".to_owned() }
}

fn create(rig: &Rig, rng: &mut SmallRng) -> Call {
    let domain = pick(rng, &["acme", "acme", "other"]);
    let email = format!("{}{}@{domain}.example", pick(rng, &["p", "P"]), rng.random_range(0..14));
    let action = pick(rng, &["create", "autoCreate", "ssoCreate", "custCreate"]);
    let kind = pick(rng, &[1, 1, 2, 4, 99]);
    let mut info = json!({"email": email, "type": kind, "first_name": "P", "password": "Sup3rSecret"});
    if rng.random_bool(0.3) {
        info["division_ids"] = json!([any_division(rig, rng)]);
    }
    post("/users", &json!({"action": action, "user_info": info}))
}

fn on_a_person(rig: &Rig, rng: &mut SmallRng) -> Call {
    let path = format!("/users/{}", anybody(rig, rng));
    match rng.random_range(0..12) {
        0..4 => {
            let changes = [
                json!({"type": pick(rng, &[1, 2, 4])}),
                json!({"dept": "R", "last_name": null, "job_title": ""}),
                json!({"vanity_name": format!("v{}", rng.random_range(0..4))}),
                json!({"group_id": any_group(rig, rng)}),
                json!({"division_ids": [any_division(rig, rng)], "dept": "S"}),
                json!({"division_ids": []}),
                json!({"phone_numbers": [{"label": "Office", "number": "12345"}], "pmi": 1_234_567_890}),
            ];
            patch(path, changes.choose(rng).unwrap())
        }
        4..8 => {
            let action = pick(rng, &["activate", "activate", "deactivate", "clock_in"]);
            put(format!("{path}/status"), &json!({"action": action}))
        }
        8 => delete(path),
        9 => delete(format!("{path}?action=delete")),
        10 => {
            let heir = anybody(rig, rng);
            delete(format!("{path}?action=delete&transfer_email={heir}&transfer_meeting=true"))
        }
        _ => {
            let who = fitting(rig, rng, |person| person.status() == Status::Active && !person.is_admin());
            put(format!("/users/{who}/email"), &json!({"email": address(rng)}))
        }
    }
}

fn around_a_person(rig: &Rig, rng: &mut SmallRng) -> Call {
    let licensed = |person: &Person| person.license() == License::Licensed;
    let path = format!("/users/{}", fitting(rig, rng, licensed));
    let other = fitting(rig, rng, licensed);
    match rng.random_range(0..11) {
        0 => put(format!("{path}/password"), &json!({"password": format!("An0therSecret{}", pick(rng, &["", "X"]))})),
        1..4 => post(format!("{path}/assistants"), &json!({"assistants": [{"email": other}]})),
        4 => delete(format!("{path}/assistants/{other}")),
        5 => delete(format!("{path}/assistants")),
        6 => delete(format!("{path}/schedulers/{other}")),
        7 => delete(format!("{path}/schedulers")),
        8 => put(format!("{path}/presence_status"), &json!({"status": pick(rng, &["Away", "Busy", "Asleep"])})),
        9 => delete(format!("{path}/token")),
        _ => {
            let value = pick(rng, &["1", "2", "4"]);
            let users = [json!({"email": other}), json!({"id": any_id(rig, rng)})];
            let body = json!({"feature_type": "user_type", "feature_value": value, "users": users});
            post("/users/features", &body)
        }
    }
}

fn on_a_role(rig: &Rig, rng: &mut SmallRng) -> Call {
    let (role, who) = (any_role(rig, rng), anybody(rig, rng));
    let name = format!("R{}", rng.random_range(0..4));
    let privileges = pick(rng, &[&[][..], &["User:Read"], &["User:Read", "Group:Edit"], &["Sky:Fall"]]);
    match rng.random_range(0..10) {
        0..4 => post(format!("/roles/{role}/members"), &json!({"members": [{"email": who}, {"id": who}]})),
        4..6 => {
            let holder = fitting(rig, rng, |person| person.role != OWNER && person.role != MEMBER);
            let role = rig.account.people.find(&holder).map_or(role, |person| person.role.clone());
            delete(format!("/roles/{role}/members/{holder}"))
        }
        6 => post("/roles", &json!({"name": name, "privileges": privileges})),
        7 | 8 => {
            let changes = [json!({"name": name}), json!({"description": name, "privileges": privileges})];
            patch(format!("/roles/{role}"), changes.choose(rng).unwrap())
        }
        _ => {
            let own: Vec<_> = rig.account.roles.keys().filter(|id| id.len() > 1).collect();
            delete(format!("/roles/{}", own.choose(rng).filter(|_| rng.random_bool(0.7)).copied().unwrap_or(&role)))
        }
    }
}

fn on_a_group(rig: &Rig, rng: &mut SmallRng) -> Call {
    let (group, other) = (any_group(rig, rng), any_group(rig, rng));
    let who = fitting(rig, rng, |person| person.status() == Status::Active);
    let path = format!("/groups/{group}");
    match rng.random_range(0..15) {
        0 | 1 => post("/groups", &json!({"name": group_name(rng)})),
        2 => patch(path, &json!({"name": group_name(rng)})),
        3 => delete(path),
        4..8 => post(format!("{path}/members"), &json!({"members": [{"id": who}, {"email": anybody(rig, rng)}]})),
        8 => {
            let (group, member) = pair(rig, rng, |person| &person.groups);
            delete(format!("/groups/{group}/members/{member}"))
        }
        9..11 => {
            let body = json!({"action": pick(rng, &["move", "set_primary"]), "target_group_id": other});
            let (group, member) = pair(rig, rng, |person| &person.groups);
            patch(format!("/groups/{group}/members/{member}"), &body)
        }
        11..13 => post(format!("{path}/admins"), &json!({"admins": [{"id": who}]})),
        _ => {
            let (group, admin) = pair(rig, rng, |person| &person.administers);
            delete(format!("/groups/{group}/admins/{admin}"))
        }
    }
}

fn on_a_division(rig: &Rig, rng: &mut SmallRng) -> Call {
    let division = any_division(rig, rng);
    let path = format!("/divisions/{division}");
    let name = format!("{}{}", pick(rng, &["d", "D"]), rng.random_range(0..5));
    match rng.random_range(0..9) {
        0 | 1 => post("/divisions", &json!({"division_name": name, "division_description": "E"})),
        2 => patch(path, &json!({"division_name": name})),
        3 => patch(path, &json!({"division_description": name})),
        4 => delete(path),
        _ => {
            let who = fitting(rig, rng, |person| person.status() == Status::Active);
            let users = [json!({"user_id": who}), json!({"user_email": anybody(rig, rng)}), json!({"user_id": ""})];
            let named = if rng.random_bool(0.9) { 2 } else { 3 };
            post(format!("{path}/users"), &json!({"users": users[..named]}))
        }
    }
}

fn on_a_contact_group(rig: &Rig, rng: &mut SmallRng) -> Call {
    let ids: Vec<_> = rig.account.contact_groups.after(Seq::default()).map(|group| group.id.clone()).collect();
    let path = format!("/contacts/groups/{}", ids.choose(rng).map_or("nope", String::as_str));
    let member = match rng.random_range(0..3) {
        0 => json!({"type": 2, "id": any_group(rig, rng)}),
        _ => json!({"type": 1, "id": any_id(rig, rng)}),
    };
    match rng.random_range(0..12) {
        0 | 1 if ids.len() < 4 => {
            let body = json!({"group_name": "C", "group_privacy": pick(rng, &[1, 2, 3]), "group_members": [member]});
            post("/contacts/groups", &body)
        }
        2 => patch(path, &json!({"name": "D", "privacy": pick(rng, &[1, 2, 3, 4]), "description": "E"})),
        3 => delete(path),
        4..8 => post(format!("{path}/members"), &json!({"group_members": [member]})),
        _ => {
            let group = ids.choose(rng).and_then(|id| rig.account.contact_group(id).ok());
            let members = group.into_iter().flat_map(|group| rig.account.contact_members(group, Seq::default()));
            let ids: Vec<_> = members.map(|member| member.id).collect();
            let gone = ids.choose(rng).map_or("nope", String::as_str);
            let path = group.map_or(path, |group| format!("/contacts/groups/{}", group.id));
            delete(format!("{path}/members?member_ids={gone}"))
        }
    }
}

/// Settings, some of them of the wrong type.
fn settings(rng: &mut SmallRng) -> (&'static str, Value) {
    let on = rng.random_bool(0.5);
    let some = [
        ("", json!({"in_meeting": {"chat": on}})),
        ("", json!({"in_meeting": {"chat": on, "waiting_room": !on}, "recording": {"auto_delete_cmr_days": 7}})),
        ("", json!({"schedule_meeting": {"audio_type": pick(rng, &["voip", "both", "smoke"])}})),
        ("", json!({"email_notification": {"jbh_reminder": on}, "telephony": {"audio_conference_info": "dial"}})),
        ("", json!({"schedule_meeting": {"meeting_password_requirement": {"length": 9, "have_letter": on}}})),
        ("", json!({"in_meeting": {"chat": "yes"}})),
        ("?option=meeting_security", json!({"meeting_security": {"auto_security": on}})),
    ];
    some.choose(rng).unwrap().clone()
}

fn locks(rng: &mut SmallRng) -> (&'static str, Value) {
    let locked = rng.random_bool(0.3);
    let some = [
        ("", json!({"in_meeting": {"chat": locked}})),
        ("", json!({"schedule_meeting": {"audio_type": locked}, "in_meeting": {"waiting_room": locked}})),
        ("", json!({"in_meeting": {"chat": "yes"}})),
        ("?option=meeting_security", json!({"meeting_security": {"auto_security": locked}})),
    ];
    some.choose(rng).unwrap().clone()
}

fn on_settings(rig: &Rig, rng: &mut SmallRng) -> Call {
    let who = fitting(rig, rng, |person| person.status() == Status::Active);
    let (of_person, of_group) = (format!("/users/{who}"), format!("/groups/{}", any_group(rig, rng)));
    let (whose, (query, body)) = match rng.random_range(0..9) {
        0..4 => (format!("{of_person}/settings"), settings(rng)),
        4 => ("/accounts/me/settings".to_owned(), settings(rng)),
        5 => ("/accounts/me/lock_settings".to_owned(), locks(rng)),
        6 => (format!("{of_group}/settings"), settings(rng)),
        7 => (format!("{of_group}/lock_settings"), locks(rng)),
        _ => {
            let registration = json!({"approve_type": pick(rng, &[0, 1]), "options": {"close_registration": true}});
            (format!("{of_group}/settings/registration"), ("?type=webinar", registration))
        }
    };
    patch(format!("{whose}{query}"), &body)
}

/// Ids of pictures that a tree of settings shows; at times of none.
fn files(rng: &mut SmallRng, tree: &Tree) -> String {
    let files = tree.get("in_meeting").and_then(|section| section["virtual_background_settings"]["files"].as_array());
    let file = files.and_then(|files| files.choose(rng)).and_then(|file| file["id"].as_str());
    file.unwrap_or("nope").to_owned()
}

fn on_pictures(rig: &Rig, rng: &mut SmallRng) -> Call {
    let who = fitting(rig, rng, |person| person.status() == Status::Active);
    let group = any_group(rig, rng);
    let (of_person, of_group) = (format!("/users/{who}"), format!("/groups/{group}"));
    match rng.random_range(0..7) {
        0 => upload(rng, format!("{of_person}/picture")),
        1 => delete(format!("{of_person}/picture")),
        2 => upload(rng, format!("{of_person}/settings/virtual_backgrounds")),
        3 => {
            let some = |person: &Person| person.backgrounds.as_deref().is_some_and(|some| *some != Default::default());
            let who = fitting(rig, rng, |person| person.status() == Status::Active && some(person));
            let ids = files(rng, &rig.account.settings_of(&who, rig.now).unwrap_or_default());
            delete(format!("/users/{who}/settings/virtual_backgrounds?file_ids={ids}"))
        }
        4 | 5 => upload(rng, format!("{of_group}/settings/virtual_backgrounds")),
        _ => {
            let trees = rig.account.groups.all().map(|group| (&group.id, group.settings.tree(Part::Settings)));
            let found: Vec<_> = trees.map(|(group, tree)| (group, files(rng, &tree))).collect();
            let with_files = found.iter().find(|(_, ids)| ids != "nope");
            let (group, ids) = with_files.map_or((&group, "nope"), |(group, ids)| (*group, ids));
            delete(format!("/groups/{group}/settings/virtual_backgrounds?file_ids={ids}"))
        }
    }
}

fn by_scim(rig: &Rig, rng: &mut SmallRng) -> Call {
    let user = format!("/scim2/Users/{}", any_id(rig, rng));
    match rng.random_range(0..10) {
        0 => post("/scim2/Users", &json!({"userName": address(rng), "userType": "Basic"})),
        1 => put(user, &json!({"title": pick(rng, &["T", "U"]), "userType": pick(rng, &["Basic", "Licensed"])})),
        2 => {
            let (role, group, title) = (any_role(rig, rng), any_group(rig, rng), pick(rng, &["T", "U"]));
            let named = json!({"active": true, "title": title, "roles": [role], "groups": [group]});
            let renamed = json!({"userName": address(rng), "active": true, "roles": [role], "groups": [group]});
            put(user, if rng.random_bool(0.5) { &named } else { &renamed })
        }
        3 => patch(user, &operations("replace", "active", &rng.random_bool(0.5).into())),
        4 => delete(user),
        _ => on_a_scim_group(rig, rng),
    }
}

fn on_a_scim_group(rig: &Rig, rng: &mut SmallRng) -> Call {
    let group = format!("/scim2/Groups/{}", any_group(rig, rng));
    let members = json!([{"value": any_id(rig, rng)}, {"value": any_id(rig, rng)}]);
    match rng.random_range(0..9) {
        0 => post("/scim2/Groups", &json!({"displayName": group_name(rng), "members": members})),
        1 => patch(group, &operations("replace", "displayName", &group_name(rng).into())),
        2 => patch(group, &operations("replace", "", &json!({"displayName": group_name(rng), "emailAlias": "g"}))),
        3 => {
            let filter = format!("members[value eq \"{}\"]", any_id(rig, rng));
            patch(group, &operations("remove", &filter, &Value::Null))
        }
        4..7 => patch(group, &operations(pick(rng, &["add", "remove", "replace"]), "members", &members)),
        7 => patch(group, &two_operations(rig, rng)),
        _ => delete(group),
    }
}

/// Two operations, of which the second is mostly one that no group knows.
fn two_operations(rig: &Rig, rng: &mut SmallRng) -> Value {
    let mut body = operations("replace", "displayName", &group_name(rng).into());
    let members = json!([{"value": any_id(rig, rng)}]);
    let (first, second) = (json!({"op": "add", "path": "members", "value": members}), json!({"op": "dance"}));
    let listed = body["Operations"].as_array_mut().unwrap();
    listed.insert(0, first);
    if rng.random_bool(0.7) {
        listed.push(second);
    }
    body
}

fn operations(op: &str, path: &str, value: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": op, "path": path, "value": value}]})
}
