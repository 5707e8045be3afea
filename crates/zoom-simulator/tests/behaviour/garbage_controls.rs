//! Whatever the controls, the page and account files are given: an answer, never a panic.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Map, Value, json};
use zoom_simulator::AccountConfig;

use crate::support::{ADA, Zoom, active};

/// Every operation that the OpenAPI document knows, with the names of its body's fields.
fn operations(document: &Value) -> Vec<(Method, String, Vec<String>)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let mut names = Vec::new();
            fields(document, schema, 0, &mut names);
            found.push((Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path.clone(), names));
        }
    }
    found
}

/// The names of a schema's fields and of those below, so that nested fields are met too.
fn fields(document: &Value, schema: &Value, depth: usize, names: &mut Vec<String>) {
    if depth > 6 {
        return;
    }
    match schema {
        Value::Object(object) => {
            if let Some(target) = object.get("$ref").and_then(Value::as_str) {
                fields(document, &document.pointer(target.trim_start_matches('#')).unwrap().clone(), depth + 1, names);
            }
            names.extend(
                object.get("properties").and_then(Value::as_object).into_iter().flat_map(|p| p.keys().cloned()),
            );
            names.extend(object.get("const").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| fields(document, value, depth + 1, names));
        }
        Value::Array(items) => items.iter().for_each(|item| fields(document, item, depth + 1, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    let known = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(2),
        json!(0.5),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{202e}<b>"),
        json!(ADA),
        json!("Licensed"),
        json!("inactive"),
        json!("Admin"),
        json!("reset"),
        json!("9999-12-30T22:00:00Z"),
        json!("-9999-01-02T01:59:59Z"),
        json!("-175307616h 10518456960m 631107417600s"),
        json!("2h"),
        json!("http://127.0.0.1:9/"),
    ];
    prop_oneof![
        6 => proptest::sample::select(known.to_vec()),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
    ]
}

/// JSON whose field names are mostly those that the schema knows.
fn like(names: Vec<String>) -> BoxedStrategy<Value> {
    let name = match names.is_empty() {
        true => any::<String>().boxed(),
        false => prop_oneof![9 => proptest::sample::select(names), 1 => any::<String>()].boxed(),
    };
    let value = scalar().prop_recursive(3, 24, 4, move |inner| {
        let object = vec((name.clone(), inner.clone()), 0..4).prop_map(|fields| Value::Object(Map::from_iter(fields)));
        prop_oneof![3 => object, 1 => vec(inner, 0..3).prop_map(Value::from)]
    });
    value.boxed()
}

#[test]
fn arbitrary_control_calls_are_answered_and_never_with_a_500() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let zoom = runtime.block_on(Zoom::with([active(ADA)]));
    let document = runtime.block_on(async {
        let answer = zoom.http.get(format!("{}/simulator/openapi.json", zoom.url())).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    });
    let call = proptest::sample::select(operations(&document)).prop_flat_map(|(method, path, names)| {
        let body = prop_oneof![
            8 => like(names).prop_map(|value| value.to_string().into_bytes()),
            1 => vec(any::<u8>(), 0..64),
        ];
        let query = "((since|status|endpoint|faulty|search)=[ -~&&[^#]]{0,8}(&[a-z]{0,4}=[0-9]{0,3})?)?";
        (Just(method), Just(path), proptest::sample::select(vec![ADA, "nobody", "%FF%00", "%2F"]), query, body)
    });
    let mut runner = TestRunner::new(Config { cases: 2000, failure_persistence: None, ..Config::default() });
    let result = runner.run(&call, |(method, path, key, query, body)| {
        let path = path.replace("{account}", "acme").replace("{person}", key).replace("{group}", key);
        let request = zoom.http.request(method, format!("{}{path}?{query}", zoom.url())).body(body);
        let status = runtime.block_on(async { request.send().await.unwrap().status().as_u16() });
        prop_assert!(status < 500, "{status}");
        Ok(())
    });
    result.unwrap();
    let page = runtime.block_on(async { zoom.http.get(format!("{}/accounts/acme", zoom.url())).send().await.unwrap() });
    assert_eq!(page.status(), 200, "the page shows whatever became of the account");
}

#[test]
fn arbitrary_forms_of_the_page_are_answered_and_never_with_a_500() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let zoom = runtime.block_on(Zoom::with([active(ADA)]));
    let names = [
        "effect",
        "method",
        "path",
        "count",
        "email",
        "first_name",
        "last_name",
        "type",
        "status",
        "role",
        "dept",
        "job_title",
    ];
    let field = (proptest::sample::select(names.to_vec()), scalar());
    let paths = [
        "",
        "/faults",
        "/faults/clear",
        "/calls",
        "/people/x",
        "/people/ada@acme.example",
        "/people/x/accept",
        "/people/x/delete",
    ];
    let form = (proptest::sample::select(paths.to_vec()), proptest::bool::ANY, vec(field, 0..12));
    let mut runner = TestRunner::new(Config { cases: 800, failure_persistence: None, ..Config::default() });
    let result = runner.run(&form, |(path, posts, fields)| {
        let url = format!("{}/accounts/acme{path}", zoom.url());
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str().map_or(value.to_string(), str::to_owned)))
            .collect();
        let request = if posts { zoom.http.post(url).form(&fields) } else { zoom.http.get(url).query(&fields) };
        let status = runtime.block_on(async { request.send().await.unwrap().status().as_u16() });
        prop_assert!(status < 500, "{status}");
        Ok(())
    });
    result.unwrap();
}

#[test]
fn arbitrary_account_files_are_read_or_refused() {
    const EXAMPLE: &str = include_str!("../../src/cli/example.yaml");
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let edits = vec((0..lines.len(), prop_oneof!["[ -~]{0,30}".prop_map(Some), Just(None)]), 0..4);
    let mut runner = TestRunner::new(Config { cases: 3000, failure_persistence: None, ..Config::default() });
    let result = runner.run(&edits, |edits| {
        let mut lines = lines.clone();
        for (index, text) in &edits {
            lines[*index] = text.as_deref().unwrap_or_default();
        }
        for account in AccountConfig::all_from_yaml(&lines.join("\n")).unwrap_or_default() {
            let _ = account.check();
        }
        Ok(())
    });
    result.unwrap();
}
