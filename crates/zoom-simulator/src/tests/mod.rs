//! Tests of the account through the real router, without a network: many calls in little time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that fails should stop")]

mod fuzz;
mod invariants;
mod labels;
mod walk;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::account::Account;
use crate::config::AccountConfig;
use crate::pages::Pages;
use crate::rest::{Call, Reply, Request, Session, route};

/// An account with a clock that stands still until it is moved.
pub(crate) struct Rig {
    pub(crate) account: Account,
    pages: Pages,
    pub(crate) now: Timestamp,
    /// The Licensed and Basic seats that were taken when the rows were looked at last.
    taken: (u32, u32),
}

impl Rig {
    pub(crate) fn new(config: AccountConfig, seed: u64) -> Self {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        Self { account: Account::new(config, seed, now).unwrap(), pages: Pages::default(), now, taken: (0, 0) }
    }

    /// Calls what `path` names below `/v2`, or under `/scim2`, with its query.
    pub(crate) fn call(&mut self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let reply = self.raw(method, path, body);
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    pub(crate) fn raw(&mut self, method: Method, path: &str, body: Bytes) -> Reply {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let root = if path.starts_with("/scim2") { "" } else { "/v2" };
        let (path, query) = (format!("{root}{path}"), query.to_owned());
        let call = Call { method, path, query, headers: HeaderMap::new(), body };
        match route(&call) {
            Ok((endpoint, params)) => {
                let Self { account, pages, now, .. } = self;
                Request::new(endpoint, &params, &call).carry_out(&mut Session { account, pages, now: *now })
            }
            // Outside of REST, what leads nowhere gets Zoom's web page.
            Err(_) if root.is_empty() => Reply::empty(404),
            Err(refusal) => Reply::refusal(&refusal),
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, &Value::Null);
        assert!(status == 200 && body.get("code").is_none(), "GET {path}: {status} {body}");
        body
    }

    /// All rows of a listing, over all its pages; they are as many as it says.
    pub(crate) fn all(&mut self, path: &str, rows: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let mut body = self.get(&format!("{path}{separator}page_size=7&next_page_token={token}"));
            found.append(body[rows].as_array_mut().unwrap());
            body["next_page_token"].as_str().unwrap_or_default().clone_into(&mut token);
            if token.is_empty() {
                if let Some(total) = body["total_records"].as_u64() {
                    assert_eq!(found.len() as u64, total, "GET {path}");
                }
                return found;
            }
        }
    }

    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.now = self.now.saturating_add(by).unwrap();
        self.account.let_time_pass(self.now);
    }
}
