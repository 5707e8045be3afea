//! What the journal may show of a call: no secret, no token, no password.

use axum::body::Bytes;
use serde_json::Value;

/// The fields and parameters that are hidden wherever they stand.
const HIDDEN: [&str; 5] = ["password", "client_secret", "access_token", "refresh_token", "token"];
const MARK: &str = "(hidden)";

/// The body with what is secret in it hidden. A body that names a secret and is no JSON is not shown at all.
pub(crate) fn body(body: &Bytes) -> Bytes {
    // By words: a listing's `next_page_token` is none, and large bodies have to be looked through quickly.
    let mut words = body.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let names_secret = words.any(|word| HIDDEN.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes())));
    if !names_secret {
        return body.clone();
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        return Bytes::from_static(b"\"(not shown: it may hold a secret)\"");
    };
    hide(&mut value);
    value.to_string().into()
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match HIDDEN.iter().any(|hidden| name.eq_ignore_ascii_case(hidden)) {
                    true => *value = Value::from(MARK),
                    false => hide(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The query with what is secret in it hidden.
pub(crate) fn query(query: String) -> String {
    let secret = |pair: &str| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        HIDDEN.iter().any(|hidden| name.eq_ignore_ascii_case(hidden))
    };
    if !query.split('&').any(secret) {
        return query;
    }
    let shown = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if secret(pair) => format!("{name}={MARK}"),
        Some(_) | None => pair.to_owned(),
    };
    query.split('&').map(shown).collect::<Vec<_>>().join("&")
}
