//! Arbitrary calls on every endpoint are answered in Zoom's manner.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::Method;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::Rig;
use crate::config::{AccountConfig, DivisionConfig, GroupConfig, PersonConfig};
use crate::rest::endpoints;

/// Names that mean something in some body or query.
const NAMES: &[&str] = &[
    "action",
    "user_info",
    "email",
    "type",
    "first_name",
    "display_name",
    "password",
    "division_ids",
    "feature",
    "zoom_one_type",
    "plan_united_type",
    "license_info_list",
    "dept",
    "manager",
    "phone_numbers",
    "custom_attributes",
    "pmi",
    "use_pmi",
    "host_key",
    "vanity_name",
    "timezone",
    "language",
    "pronouns_option",
    "group_id",
    "about_me",
    "members",
    "admins",
    "assistants",
    "users",
    "id",
    "name",
    "privileges",
    "feature_type",
    "feature_value",
    "status",
    "duration",
    "in_meeting",
    "meeting_security",
    "meeting_authentication",
    "recording",
    "target_group_id",
    "group_name",
    "group_privacy",
    "group_members",
    "division_name",
    "division_description",
    "user_id",
    "user_email",
    "page_size",
    "next_page_token",
    "option",
    "transfer_email",
    "member_ids",
    "file_ids",
    "include_fields",
    "role_id",
    "login_type",
    "custom_query_fields",
    "page_number",
    "filter",
    "startIndex",
    "count",
    "userName",
    "userType",
    "displayName",
    "title",
    "active",
    "roles",
    "groups",
    "emails",
    "phoneNumbers",
    "Operations",
    "op",
    "path",
    "value",
    "givenName",
    "employeeNumber",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:zoom:1.0:User",
    "urn:us:zoom:scim:schemas:extension:1.0:ZoomUser",
    "loginType",
];

/// An account with Ada, Bob and a group.
fn config() -> AccountConfig {
    AccountConfig {
        people: ["ada@acme.example", "bob@acme.example"].map(PersonConfig::new).to_vec(),
        groups: vec![GroupConfig { name: "G".into(), id: Some("g".into()) }],
        divisions: vec![DivisionConfig { name: "D".into(), id: Some("d".into()), description: String::new() }],
        ..AccountConfig::default()
    }
}

/// The ids of Ada and Bob: SCIM finds nobody by address.
static IDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let rig = Rig::new(config(), 1);
    rig.account.people.all().filter(|person| !person.is_owner()).map(|person| person.id.clone()).collect()
});

fn leaf() -> impl Strategy<Value = Value> {
    let known = [
        json!(null),
        json!("create"),
        json!("ssoCreate"),
        json!("ada@acme.example"),
        json!("deactivate"),
        json!(""),
        json!("move"),
        json!("user_type"),
        json!("Away"),
        json!(2),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!("\u{0}"),
        json!("六个中文字符名"),
        json!("g"),
        json!("d"),
        json!("replace"),
        json!("add"),
        json!("remove"),
        json!("members"),
        json!("active"),
        json!("Licensed"),
        json!("new@acme.example"),
        json!(format!("members[value eq \"{}\"]", IDS[0])),
    ];
    let known: Vec<Value> = known.into_iter().chain(IDS.iter().map(|id| json!(id))).collect();
    prop_oneof![
        4 => proptest::sample::select(known),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => ".{0,40}".prop_map(Value::from),
        1 => "x{0,600}".prop_map(Value::from),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![9 => proptest::sample::select(NAMES).prop_map(|name| (*name).to_owned()), 1 => ".{0,8}"]
}

fn body() -> impl Strategy<Value = Bytes> {
    let tree = leaf().prop_recursive(3, 24, 5, |inner| {
        let object = vec((name(), inner.clone()), 0..5).prop_map(|fields| Value::Object(Map::from_iter(fields)));
        prop_oneof![object, vec(inner, 0..4).prop_map(Value::Array)]
    });
    let object = vec((name(), tree.clone()), 0..7).prop_map(|fields| Value::Object(Map::from_iter(fields)));
    prop_oneof![
        8 => object.prop_map(|object| object.to_string().into()),
        2 => tree.prop_map(|tree| tree.to_string().into()),
        1 => vec(any::<u8>(), 0..80).prop_map(Bytes::from),
    ]
}

/// What stands for a brace of a path: somebody or something that is there, or anything.
fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => proptest::sample::select(vec!["ada@acme.example", "bob@acme.example", "g", "d", "me", "1", "2", "acme"])
            .prop_map(str::to_owned),
        4 => proptest::sample::select(IDS.clone()),
        1 => "[A-Za-z0-9_-]{1,22}",
        1 => vec(any::<u8>(), 1..8).prop_map(|bytes| bytes.iter().map(|byte| format!("%{byte:02X}")).collect()),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[a-z_]{0,12}",
        "-?[0-9]{1,20}",
        Just("true".to_owned()),
        Just("delete".to_owned()),
        Just("%FF%00".to_owned()),
        Just("userName%20eq%20%22ada@acme.example%22".to_owned()),
        "[a-zA-Z]{1,8}%20(eq|co)%20%22?[a-z]{0,4}%22?",
    ];
    vec((proptest::sample::select(NAMES), value), 0..4).prop_map(|pairs| {
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    })
}

#[test]
fn arbitrary_bodies_queries_and_paths_on_every_endpoint_are_answered_and_never_panic() {
    let all: Vec<(Method, &str)> = endpoints().map(|endpoint| (endpoint.method.clone(), endpoint.template)).collect();
    let strategy = (proptest::sample::select(all), vec(segment(), 4), query(), body());
    let cases = std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let rig = std::cell::RefCell::new(Rig::new(config(), 1));
    let result = runner.run(&strategy, |((method, template), segments, query, body)| {
        let mut segments = segments.into_iter();
        let mut filled = |part: &str| match part.starts_with('{') {
            true => segments.next().unwrap_or_default(),
            false => part.to_owned(),
        };
        let path = template.split('/').map(&mut filled).collect::<Vec<_>>().join("/");
        let mut rig = rig.borrow_mut();
        let reply = rig.raw(method, &format!("{path}?{query}"), body);
        prop_assert!(reply.status < 500, "{}", reply.status);
        if reply.status >= 400 && !reply.body.is_empty() {
            let answer: Value = serde_json::from_slice(&reply.body).unwrap();
            let scim = template.starts_with("/scim2");
            let (code, text) = if scim { ("status", "detail") } else { ("code", "message") };
            prop_assert!(
                answer[code].is_u64() && answer[text].as_str().is_some_and(|text| !text.is_empty()),
                "{answer}"
            );
        }
        let there = |id: &String| rig.account.people.has_id(id);
        if !IDS.iter().all(there) || rig.account.groups.get("g").is_none() || rig.account.divisions.get("d").is_none() {
            *rig = Rig::new(config(), 1);
        }
        Ok(())
    });
    result.unwrap();
    rig.into_inner().check();
}
