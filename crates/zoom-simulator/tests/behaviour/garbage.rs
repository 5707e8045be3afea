//! Whatever comes in, an answer in Zoom's manner goes out.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;

use zoom_simulator::{AccountConfig, GroupConfig};

use crate::support::{Zoom, active, unlimited};

fn segment() -> impl Strategy<Value = String> {
    let known = [
        "users",
        "roles",
        "groups",
        "accounts",
        "me",
        "members",
        "status",
        "email",
        "token",
        "summary",
        "plans",
        "usage",
        "1",
        "contacts",
        "admins",
        "settings",
        "lock_settings",
        "registration",
        "everyone",
        "Users",
        "Groups",
        "divisions",
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => Just("ada@acme.example".to_owned()),
        2 => vec(any::<u8>(), 0..12).prop_map(|bytes| bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "%{byte:02X}").unwrap();
            text
        })),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    let known = [
        "null",
        "true",
        "-1",
        "2",
        "99999999999999999999",
        "1e400",
        "[]",
        "{}",
        "[null]",
        "\"create\"",
        "\"ada@acme.example\"",
        "\"\\u0000\"",
    ];
    prop_oneof![
        proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string())
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let names = [
        "action",
        "user_info",
        "email",
        "type",
        "phone_numbers",
        "custom_attributes",
        "members",
        "pmi",
        "pronouns_option",
        "first_name",
        "name",
        "privileges",
        "target_group_id",
        "admins",
        "group_members",
        "userName",
        "displayName",
        "Operations",
        "users",
        "in_meeting",
    ];
    let object = vec((proptest::sample::select(names.to_vec()), scalar()), 0..6).prop_map(|fields| {
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    });
    let object = object.boxed();
    let nested = object.clone().prop_map(|info| format!("{{\"action\":\"create\",\"user_info\":{info}}}").into_bytes());
    prop_oneof![vec(any::<u8>(), 0..64), object.prop_map(String::into_bytes), nested]
}

#[test]
fn arbitrary_paths_queries_and_bodies_are_never_answered_with_a_500() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let zoom = runtime.block_on(Zoom::start(AccountConfig {
        people: vec![active("ada@acme.example")],
        groups: vec![GroupConfig { name: "Everyone".into(), id: Some("everyone".into()) }],
        ..unlimited()
    }));
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let strategy = (
        proptest::sample::select(methods.to_vec()),
        proptest::sample::select(vec!["/v2", "/scim2", "/oauth", "/simulator", ""]),
        vec(segment(), 0..5),
        "[a-z_]{0,12}(=[ -~&&[^#]]{0,12}(&(page_size|status|action|next_page_token|role_id)=[a-z0-9-]{0,8})?)?",
        body(),
    );
    let mut runner = TestRunner::new(Config { cases: 500, failure_persistence: None, ..Config::default() });
    let result = runner.run(&strategy, |(method, root, segments, query, body)| {
        let url = format!("{}{root}/{}?{query}", zoom.url(), segments.join("/"));
        let request = zoom.http.request(method, url).bearer_auth(&zoom.token).body(body);
        let status = runtime.block_on(async { request.send().await.unwrap().status().as_u16() });
        prop_assert!(status < 500);
        Ok(())
    });
    result.unwrap();
    assert!(zoom.counters().values().all(|statuses| statuses.keys().all(|status| !status.starts_with('5'))));
}
