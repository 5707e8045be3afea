//! The journal of exchanges, and the counters.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io::Write;

use axum::body::Bytes;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::limits::Label;
use crate::world::AccountNumber;

/// Bodies are kept up to this many bytes together; the oldest exchanges go first.
const BODY_BYTES: usize = 32 << 20;
/// Exchanges are kept up to this number.
const EXCHANGES: usize = 200_000;

/// One call and what was answered. Secrets, tokens and passwords are never in it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// Its number, from 1 upwards; all accounts count together.
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
    /// What it took from its label's budgets: 1 once it was let in, 0 if it was refused before.
    pub cost: u32,
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
    pub(crate) account: AccountNumber,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) endpoint: String,
    pub(crate) label: Option<Label>,
    pub(crate) cost: u32,
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

/// What calls took from the budgets, by rate label.
pub type Costs = BTreeMap<Label, u64>;

#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Where exchanges are written to as they come, besides.
    file: Option<File>,
    entries: VecDeque<(u64, Entry)>,
    bytes: usize,
    last: u64,
    sums: HashMap<AccountNumber, Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    counters: Counters,
    costs: Costs,
}

impl Journal {
    /// A journal that is also written to a file, if there is one, as JSON lines.
    pub(crate) fn written_to(file: Option<File>) -> Self {
        Self { file, ..Self::default() }
    }

    /// Keeps an exchange and tells its number.
    pub(crate) fn record(&mut self, entry: Entry) -> u64 {
        let sums = self.sums.entry(entry.account).or_default();
        let status = entry.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        *sums.counters.entry(entry.endpoint.clone()).or_default().entry(status).or_default() += 1;
        if let Some(label) = entry.label {
            *sums.costs.entry(label).or_default() += u64::from(entry.cost);
        }
        self.last += 1;
        self.write(&entry);
        self.bytes += entry.size();
        self.entries.push_back((self.last, entry));
        while self.bytes > BODY_BYTES || self.entries.len() > EXCHANGES {
            let Some((_, oldest)) = self.entries.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.size());
        }
        self.last
    }

    /// Writes at once, in one piece: whoever starts simulators for tests ends them without a warning.
    fn write(&mut self, entry: &Entry) {
        let Some(file) = &mut self.file else { return };
        let written = serde_json::to_vec(&exchange(self.last, entry)).map_err(Into::into).and_then(|mut line| {
            line.push(b'\n');
            file.write_all(&line)
        });
        if let Err(error) = written {
            tracing::error!(%error, "the journal is no longer written to its file");
            self.file = None;
        }
    }

    /// The exchanges of an account after number `since`, oldest first.
    pub(crate) fn since(&self, account: AccountNumber, since: u64) -> impl DoubleEndedIterator<Item = Exchange> {
        let first = self.entries.partition_point(|(seq, _)| *seq <= since);
        let entries = self.entries.range(first..).filter(move |(_, entry)| entry.account == account);
        entries.map(|(seq, entry)| exchange(*seq, entry))
    }

    /// Forgets an account's exchanges and counters; numbers go on.
    pub(crate) fn clear(&mut self, account: AccountNumber) {
        self.entries.retain(|(_, entry)| entry.account != account);
        self.bytes = self.entries.iter().map(|(_, entry)| entry.size()).sum();
        self.sums.remove(&account);
    }

    pub(crate) fn counters(&self, account: AccountNumber) -> Counters {
        self.sums.get(&account).map(|sums| sums.counters.clone()).unwrap_or_default()
    }

    pub(crate) fn costs(&self, account: AccountNumber) -> Costs {
        self.sums.get(&account).map(|sums| sums.costs.clone()).unwrap_or_default()
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
        cost: entry.cost,
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
