//! What a call wrote is what reads show.

use axum::http::Method;
use serde_json::{Value, json};

use super::calls::Call;
use crate::account::{Person, Status};
use crate::quirks::{LockedSettings, PendingPatch};
use crate::rest::Endpoint;
use crate::tests::Rig;

/// What was to be seen before the call, where that decides what the call may change: the settings of a person, or a person.
pub(super) fn before(rig: &mut Rig, endpoint: &Endpoint, call: &Call) -> Value {
    let path = match (endpoint.method.as_str(), endpoint.template) {
        ("PATCH", "/users/{userId}/settings") => call.path.clone(),
        (_, template) if template.starts_with("/users/{userId}") => person_path(&call.path),
        _ => return Value::Null,
    };
    rig.call(Method::GET, &path, &Value::Null).1
}

/// `/users/ID` of a longer path.
fn person_path(path: &str) -> String {
    path.split(['/', '?']).take(3).collect::<Vec<_>>().join("/")
}

/// Looks up what a call wrote that succeeded. A call for which nothing is said here fails.
pub(super) fn check(
    rig: &mut Rig,
    endpoint: &'static Endpoint,
    params: &[String],
    call: &Call,
    before: &Value,
    reply: &Value,
) {
    let (path, body) = (call.bare_path(), call.json());
    let first = params.first().map_or("", String::as_str);
    let second = params.get(1).map_or("", String::as_str);
    let query = call.path.split_once('?').map_or("", |(_, query)| query);
    match (endpoint.method.as_str(), endpoint.template) {
        // No read shows passwords and sign-outs.
        ("PUT", "/users/{userId}/password") | ("DELETE", "/users/{userId}/token") => {}
        ("POST", "/users") => created(rig, &body["user_info"], reply),
        ("PATCH", "/users/{userId}") => updated(rig, path, &body, before),
        ("DELETE", "/users/{userId}" | "/scim2/Users/{userId}") => gone(rig, &format!("/users/{first}"), &[1001, 1010]),
        ("PUT", "/users/{userId}/status") => {
            let status = match body["action"].as_str() {
                Some("activate") => "active",
                Some("deactivate") => "inactive",
                _ => before["status"].as_str().unwrap(),
            };
            assert_eq!(rig.get(&format!("/users/{first}"))["status"], status);
        }
        ("PUT", "/users/{userId}/email") => {
            assert_eq!(rig.get(&format!("/users/{}", body["email"].as_str().unwrap()))["id"], before["id"]);
        }
        ("POST", "/users/features") => {
            for id in reply["success_user_ids"].as_array().unwrap() {
                let kind = rig.get(&format!("/users/{}", id.as_str().unwrap()))["type"].to_string();
                assert_eq!(kind, body["feature_value"].as_str().unwrap());
            }
        }
        ("PATCH", "/users/{userId}/settings") => personal_settings(rig, first, call, before),
        ("PUT", "/users/{userId}/presence_status") => holds(&rig.get(path), &body),
        ("POST", "/users/{userId}/picture") => assert!(rig.get(&person_path(path))["pic_url"].is_string()),
        ("DELETE", "/users/{userId}/picture") => assert!(rig.get(&person_path(path)).get("pic_url").is_none()),
        ("POST", template) if template.ends_with("/virtual_backgrounds") => {
            assert!(files(rig, path).contains(&reply["id"]));
        }
        ("DELETE", template) if template.ends_with("/virtual_backgrounds") => {
            assert!(!files(rig, path).contains(&json!(query.strip_prefix("file_ids=").unwrap())));
        }
        ("POST", "/users/{userId}/assistants") => named(rig, path, "assistants", "id", reply),
        ("DELETE", "/users/{userId}/assistants") => assert_eq!(rig.get(path)["assistants"], json!([])),
        ("DELETE", "/users/{userId}/schedulers") => assert_eq!(rig.get(path)["schedulers"], json!([])),
        ("DELETE", "/users/{userId}/assistants/{assistantId}") => without(rig, path, "assistants", second),
        ("DELETE", "/users/{userId}/schedulers/{schedulerId}") => without(rig, path, "schedulers", second),
        ("PATCH", "/roles/{roleId}" | "/groups/{groupId}") => holds(&rig.get(path), &body),
        ("PATCH", "/accounts/{accountId}/settings" | "/accounts/{accountId}/lock_settings")
        | ("PATCH", "/groups/{groupId}/settings" | "/groups/{groupId}/lock_settings")
        | ("PATCH", "/groups/{groupId}/settings/registration") => holds(&rig.get(&call.path), &body),
        ("POST", "/roles") => {
            let roles = rig.get("/roles")["roles"].take();
            let role = roles.as_array().unwrap().iter().find(|role| role["name"] == body["name"]).unwrap();
            holds(&rig.get(&format!("/roles/{}", role["id"].as_str().unwrap())), &body);
        }
        ("DELETE", "/roles/{roleId}") => {
            let roles = rig.get("/roles")["roles"].take();
            assert!(roles.as_array().unwrap().iter().all(|role| role["id"] != first));
        }
        ("POST", "/roles/{roleId}/members") => {
            for id in ids(reply) {
                assert_eq!(rig.get(&format!("/users/{id}"))["role_id"], first);
            }
        }
        ("DELETE", "/roles/{roleId}/members/{memberId}") => {
            let role = rig.account.people.find(second).map(|person| person.role.as_str());
            assert_eq!(role, Some("2"), "who has no other role is a Member");
        }
        ("POST", "/groups") => holds(&rig.get(&format!("/groups/{}", reply["id"].as_str().unwrap())), &body),
        ("DELETE", "/groups/{groupId}" | "/scim2/Groups/{groupId}") => gone(rig, &format!("/groups/{first}"), &[4130]),
        ("POST", "/groups/{groupId}/members") => named(rig, path, "members", "id", reply),
        ("DELETE", "/groups/{groupId}/members/{memberId}") => assert!(!in_group(rig, second, first)),
        ("PATCH", "/groups/{groupId}/members/{memberId}") => {
            let target = body["target_group_id"].as_str().unwrap();
            let stays = body["action"] == "set_primary" || target == first;
            assert!(in_group(rig, second, target) || target == first);
            assert!(stays || !in_group(rig, second, first));
        }
        ("POST", "/groups/{groupId}/admins") => {
            let admins = rig.all(path, "admins");
            for id in ids(reply) {
                let email = rig.get(&format!("/users/{id}"))["email"].take();
                assert!(admins.iter().any(|admin| admin["email"] == email));
            }
        }
        ("DELETE", "/groups/{groupId}/admins/{userId}") => {
            let email = rig.account.people.find(second).unwrap().email.clone();
            let listed = rig.all(path.rsplit_once('/').unwrap().0, "admins");
            assert!(listed.iter().all(|admin| admin["email"] != email.as_str()));
        }
        ("POST", "/contacts/groups") => {
            let read = rig.get(&format!("/contacts/groups/{}", reply["group_id"].as_str().unwrap()));
            holds(&read, &json!({"group_name": body["group_name"], "group_privacy": body["group_privacy"]}));
        }
        ("PATCH", "/contacts/groups/{groupId}") => {
            let written = json!({
                "group_name": body["name"], "group_privacy": body["privacy"], "description": body["description"],
            });
            holds(&rig.get(path), &written);
        }
        ("DELETE", "/contacts/groups/{groupId}") => gone(rig, path, &[300]),
        ("POST", "/contacts/groups/{groupId}/members") => {
            let listed = rig.all(path, "group_members");
            let added = reply["member_ids"].as_array().unwrap();
            assert!(added.iter().all(|id| listed.iter().any(|member| member["id"] == *id)));
        }
        ("DELETE", "/contacts/groups/{groupId}/members") => {
            let gone = query.strip_prefix("member_ids=").unwrap();
            assert!(rig.all(path, "group_members").iter().all(|member| member["id"] != gone));
        }
        ("POST", "/divisions") => holds(&rig.get(&format!("{path}/{}", reply["division_id"].as_str().unwrap())), &body),
        ("PATCH", "/divisions/{divisionId}") => holds(&rig.get(path), &body),
        ("DELETE", "/divisions/{divisionId}") => gone(rig, path, &[40_406]),
        ("POST", "/divisions/{divisionId}/users") => named(rig, path, "users", "user_id", reply),
        ("POST" | "PUT", "/scim2/Users" | "/scim2/Users/{userId}") => scim_user(rig, &body, reply),
        ("PATCH", "/scim2/Users/{userId}") => {
            let active = &body["Operations"][0]["value"];
            assert_eq!(&rig.get(path)["active"], active);
            assert_eq!(&reply["active"], active);
        }
        ("POST", "/scim2/Groups") => {
            let group = rig.get(&format!("/groups/{}", reply["id"].as_str().unwrap()));
            assert_eq!(group["name"], body["displayName"]);
        }
        ("PATCH", "/scim2/Groups/{groupId}") => {
            body["Operations"].as_array().unwrap().iter().for_each(|operation| scim_operation(rig, first, operation));
        }
        (method, template) => panic!("nothing says what a read shows after {method} {template}"),
    }
}

/// That `shown` has everything of `written`, object by object.
fn holds(shown: &Value, written: &Value) {
    match written.as_object() {
        Some(fields) => fields.iter().for_each(|(name, value)| holds(&shown[name], value)),
        None => assert_eq!(shown, written),
    }
}

fn gone(rig: &mut Rig, path: &str, codes: &[u64]) {
    let (status, answer) = rig.call(Method::GET, path, &Value::Null);
    let code = answer["code"].as_u64().unwrap_or_default();
    assert!(matches!(status, 400 | 404) && codes.contains(&code), "GET {path}: {status} {answer}");
}

/// The ids that an answer tells in one text.
fn ids(reply: &Value) -> Vec<String> {
    let ids = reply["ids"].as_str().unwrap().split(',');
    ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// That a listing has everybody whom the answer names.
fn named(rig: &mut Rig, path: &str, rows: &str, name: &str, reply: &Value) {
    let listed =
        if rows == "assistants" { rig.get(path)[rows].as_array().unwrap().clone() } else { rig.all(path, rows) };
    assert!(ids(reply).iter().all(|id| listed.iter().any(|row| row[name] == id.as_str())), "{reply} but {listed:?}");
}

/// That the listing above `path` is without somebody.
fn without(rig: &mut Rig, path: &str, rows: &str, key: &str) {
    let id = rig.account.people.find(key).unwrap().id.clone();
    let listed = rig.get(path.rsplit_once('/').unwrap().0);
    assert!(listed[rows].as_array().unwrap().iter().all(|row| row["id"] != id.as_str()));
}

fn in_group(rig: &mut Rig, person: &str, group: &str) -> bool {
    let email = rig.account.people.find(person).unwrap().email.clone();
    rig.all(&format!("/groups/{group}/members"), "members").iter().any(|member| member["email"] == email.as_str())
}

fn in_division(rig: &mut Rig, person: &Value, division: &str) -> bool {
    rig.all(&format!("/divisions/{division}/users"), "users").iter().any(|row| row["user_email"] == person["email"])
}

/// The ids of the pictures that the settings show whose backgrounds `path` names.
fn files(rig: &mut Rig, path: &str) -> Vec<Value> {
    let settings = rig.get(path.strip_suffix("/virtual_backgrounds").unwrap());
    let files = settings["in_meeting"]["virtual_background_settings"]["files"].as_array().unwrap().clone();
    assert!(files.len() <= 10, "too many pictures");
    files.into_iter().map(|mut file| file["id"].take()).collect()
}

fn created(rig: &mut Rig, asked: &Value, reply: &Value) {
    let read = rig.get(&format!("/users/{}", asked["email"].as_str().unwrap()));
    assert!(read["email"].as_str().unwrap().eq_ignore_ascii_case(asked["email"].as_str().unwrap()));
    assert_eq!((&read["type"], &read["first_name"]), (&asked["type"], &asked["first_name"]));
    let asked_for = asked["division_ids"][0].as_str();
    assert!(asked_for.is_none_or(|division| in_division(rig, &read, division)), "{asked} but {read}");
    assert!(reply["id"] == "" || reply["id"] == read["id"], "{reply} but {read}");
    assert!(read["status"] != "inactive" && (reply["id"] != "" || read["status"] == "pending"));
}

/// A change holds for somebody active, save what an account's quirks say of empty texts and nulls. Of somebody pending only
/// the groups may have changed.
fn updated(rig: &mut Rig, path: &str, body: &Value, before: &Value) {
    let read = rig.get(path);
    let quirks = rig.account.config.quirks;
    if before["status"] == "pending" {
        let group = quirks.pending_group_id_works.then_some(&body["group_id"]).filter(|group| group.is_string());
        assert!(group.is_some() || quirks.pending_patch == PendingPatch::WithoutEffect);
        for (name, value) in before.as_object().unwrap().iter().filter(|(name, _)| *name != "created_at") {
            match group.filter(|_| name == "group_ids") {
                Some(group) => assert!(read["group_ids"].as_array().unwrap().contains(group)),
                None => assert_eq!(&read[name], value, "{name}"),
            }
        }
        return;
    }
    for name in ["type", "dept", "pmi"] {
        let possible = name != "pmi" || read.get("pmi").is_some();
        assert!(body.get(name).is_none_or(|value| !possible || read[name] == *value), "{name}: {body} but {read}");
    }
    if let Some(name) = body["vanity_name"].as_str() {
        assert!(read["vanity_url"].as_str().unwrap().ends_with(&format!("/{name}")));
    }
    if let Some(numbers) = body["phone_numbers"].as_array() {
        let read = read["phone_numbers"].as_array().unwrap();
        assert!(numbers.iter().all(|number| read.iter().any(|read| read["number"] == number["number"])));
    }
    if let Some(divisions) = body["division_ids"].as_array() {
        let main = rig.account.divisions.all().next().unwrap().id.clone();
        let wanted = divisions.first().map_or(main.as_str(), |division| division.as_str().unwrap());
        assert!(in_division(rig, &read, wanted), "{body} but {read}");
    }
    assert_eq!(read["group_ids"], before["group_ids"], "group_id is for people who are pending");
}

/// What is locked for somebody stays as it was, everything else is as written.
fn personal_settings(rig: &mut Rig, who: &str, call: &Call, before: &Value) {
    let after = rig.get(&call.path);
    let mut paths = vec!["/accounts/me/lock_settings".to_owned()];
    let groups = rig.get(&format!("/users/{who}"))["group_ids"].take();
    paths.extend(groups.as_array().unwrap().iter().map(|id| format!("/groups/{}/lock_settings", id.as_str().unwrap())));
    let query = call.path.split_once('?').map_or("", |(_, query)| query);
    let locks: Vec<Value> = paths.iter().map(|path| rig.get(&format!("{path}?{query}"))).collect();
    for (section, settings) in call.json().as_object().unwrap() {
        for (name, value) in settings.as_object().unwrap() {
            let (before, after) = (&before[section][name], &after[section][name]);
            if locks.iter().any(|locks| locks[section][name] == true) {
                assert_eq!(rig.account.config.quirks.locked_settings, LockedSettings::Kept);
                assert_eq!(after, before, "{section}.{name} is locked");
            } else {
                holds(after, value);
            }
        }
    }
}

/// SCIM's answer is what REST shows.
fn scim_user(rig: &mut Rig, asked: &Value, reply: &Value) {
    let read = rig.get(&format!("/users/{}", reply["id"].as_str().unwrap()));
    assert_eq!(reply["userName"], read["email"]);
    assert_eq!(reply["active"], read["status"] == "active");
    if let Some(email) = asked["userName"].as_str() {
        assert!(read["email"].as_str().unwrap().eq_ignore_ascii_case(email), "{asked} but {read}");
    }
    for (name, in_rest) in [("title", &read["job_title"]), ("userType", &reply["userType"])] {
        assert!(asked.get(name).is_none_or(|value| value == in_rest && value == &reply[name]), "{asked} but {reply}");
    }
    assert!(asked["roles"][0].as_str().is_none_or(|role| read["role_id"] == role), "{asked} but {read}");
}

fn scim_operation(rig: &mut Rig, group: &str, operation: &Value) {
    let listed = rig.all(&format!("/groups/{group}/members"), "members");
    let shown = &rig.get(&format!("/groups/{group}"))["name"];
    let (people, value) = (&rig.account.people, &operation["value"]);
    let given: Vec<_> =
        value.as_array().into_iter().flatten().filter_map(|one| people.find(one["value"].as_str()?)).collect();
    // Listings show pending people without an id.
    let is_member = |person: &Person| listed.iter().any(|member| member["email"] == person.email.as_str());
    match (operation["op"].as_str().unwrap(), operation["path"].as_str().unwrap()) {
        ("replace", "displayName") => assert_eq!(shown, value),
        ("replace", "") => assert_eq!(shown, &value["displayName"]),
        ("add", "members") => assert!(given.iter().all(|one| is_member(one) || one.status() != Status::Active)),
        ("replace", "members") => {
            let wanted = |member: &Value| given.iter().any(|one| member["email"] == one.email.as_str());
            assert!(listed.iter().all(wanted), "{listed:?}");
        }
        ("remove", "members") => assert!(!given.into_iter().any(is_member)),
        ("remove", filter) => {
            let one = filter.split('"').nth(1).and_then(|id| people.find(id));
            assert!(!one.is_some_and(is_member));
        }
        (op, path) => panic!("nothing says what a read shows after {op} of {path}"),
    }
}
