//! The journal of exchanges, and the counters.

use std::collections::{BTreeMap, VecDeque};

use axum::body::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::limits::Label;

/// Bodies are kept up to this many bytes together; the oldest exchanges go first.
const BODY_BYTES: usize = 64 << 20;
/// Exchanges are kept up to this number.
const EXCHANGES: usize = 200_000;

/// One call and what was answered. Secrets, tokens and passwords are never in it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// Its number, from 1 upwards.
    pub seq: u64,
    /// When it arrived, on the simulator's clock.
    pub time: Timestamp,
    /// The method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// The query as it was sent; empty: none.
    pub query: String,
    /// `METHOD /path/{template}`, or `METHOD unknown`.
    pub endpoint: String,
    /// The rate label of a known endpoint.
    pub label: Option<Label>,
    /// The body: JSON as JSON, anything else as a text; null: none.
    pub request_body: Value,
    /// The HTTP status; null: no answer was given.
    pub status: Option<u16>,
    /// The answer's body, in the same way.
    pub response_body: Value,
    /// Real milliseconds that it took.
    pub duration_ms: u64,
    /// The fault that hit it.
    pub fault: Option<&'static str>,
}

/// An exchange as it is kept: bodies are parsed when they are looked at.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) time: Timestamp,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) endpoint: String,
    pub(crate) label: Option<Label>,
    pub(crate) request_body: Bytes,
    pub(crate) status: Option<u16>,
    pub(crate) response_body: Bytes,
    pub(crate) duration_ms: u64,
    pub(crate) fault: Option<&'static str>,
}

impl Entry {
    fn size(&self) -> usize {
        self.request_body.len() + self.response_body.len()
    }
}

/// Calls by endpoint and status; `none` stands for calls that got no answer.
pub type Counters = BTreeMap<String, BTreeMap<String, u64>>;

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<(u64, Entry)>,
    bytes: usize,
    last: u64,
    counters: Counters,
}

impl Journal {
    pub(crate) fn record(&mut self, entry: Entry) {
        let status = entry.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        *self.counters.entry(entry.endpoint.clone()).or_default().entry(status).or_default() += 1;
        self.last += 1;
        self.bytes += entry.size();
        self.entries.push_back((self.last, entry));
        while self.bytes > BODY_BYTES || self.entries.len() > EXCHANGES {
            let Some((_, oldest)) = self.entries.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.size());
        }
    }

    /// The exchanges after number `since`, oldest first.
    pub(crate) fn since(&self, since: u64) -> Vec<Exchange> {
        self.entries.iter().filter(|(seq, _)| *seq > since).map(|(seq, entry)| exchange(*seq, entry)).collect()
    }

    /// Forgets exchanges and counters; numbers go on.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
        self.counters.clear();
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }
}

fn exchange(seq: u64, entry: &Entry) -> Exchange {
    let entry = entry.clone();
    Exchange {
        seq,
        time: entry.time,
        method: entry.method,
        path: entry.path,
        query: entry.query,
        endpoint: entry.endpoint,
        label: entry.label,
        request_body: readable(&entry.request_body),
        status: entry.status,
        response_body: readable(&entry.response_body),
        duration_ms: entry.duration_ms,
        fault: entry.fault,
    }
}

fn readable(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
