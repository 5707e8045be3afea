//! `zoom-simulator journal`.

use std::path::PathBuf;

use clap::Parser;
use serde_json::Value;

use super::counts::Counts;
use super::remote::Remote;
use super::{Error, print};

/// Shows the calls that a running simulator answered, also as they come, or counts them.
#[derive(Debug, Parser)]
#[command(after_help = TEACHING)]
pub(super) struct Journal {
    #[command(flatten)]
    remote: Remote,
    /// The account; without it: the first one
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Goes on with the calls that come, until stopped
    #[arg(long, short)]
    follow: bool,
    /// Only calls after this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    since: u64,
    /// Only calls whose method and path template contain this, such as "POST /users"
    #[arg(long, value_name = "TEXT")]
    endpoint: Option<String>,
    /// Only calls with this HTTP status
    #[arg(long, value_name = "CODE")]
    status: Option<u16>,
    /// Only calls that a fault hit
    #[arg(long)]
    faulty: bool,
    /// Whole exchanges with bodies, as JSON lines
    #[arg(long)]
    json: bool,
    /// A table of calls by endpoint and rate label, with what came of them
    #[arg(long, conflicts_with_all = ["json", "follow"])]
    counts: bool,
    /// Counts the calls of these files, which `serve --journal-dir` wrote, and not those of a running simulator
    #[arg(requires = "counts", conflicts_with_all = ["account", "since", "endpoint", "status", "faulty"], value_name = "FILE")]
    files: Vec<PathBuf>,
}

const TEACHING: &str = r#"Examples:
  zoom-simulator journal                                  all calls, one a line
  zoom-simulator journal --follow                         and those that come
  zoom-simulator journal --endpoint "PATCH /users" --json with bodies, for jq
  zoom-simulator journal --status 429                     who was refused by a rate limit
  zoom-simulator journal --faulty                         what injected faults hit
  zoom-simulator journal --counts                         how often each call was made, and of which rate label it is
  zoom-simulator journal --counts journals/*              the same of what `serve --journal-dir journals` wrote

Secrets, tokens and passwords are never in the journal."#;

impl Journal {
    pub(super) async fn run(self) -> Result<(), Error> {
        let mut counts = Counts::default();
        self.files.iter().try_for_each(|file| counts.add_file(file))?;
        if self.files.is_empty() {
            self.read(&mut counts).await?;
        }
        if self.counts {
            print(&counts.table())?;
        }
        Ok(())
    }

    /// Shows what a running simulator has in its journal, or counts it.
    async fn read(&self, counts: &mut Counts) -> Result<(), Error> {
        let mut query = vec![("since", self.since.to_string()), ("follow", self.follow.to_string())];
        query.extend(self.endpoint.iter().map(|endpoint| ("endpoint", endpoint.clone())));
        query.extend(self.status.map(|status| ("status", status.to_string())));
        query.extend(self.faulty.then(|| ("faulty", "true".to_owned())));
        let path = match &self.account {
            Some(account) => vec!["simulator", "accounts", account, "journal", "lines"],
            None => vec!["simulator", "journal", "lines"],
        };
        let mut answer = self.remote.query(&path, &query).await?;
        let mut rest = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            rest.extend_from_slice(&chunk);
            let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else { continue };
            let lines: Vec<u8> = rest.drain(..=end).collect();
            let lines = String::from_utf8_lossy(&lines);
            if self.counts {
                lines.lines().try_for_each(|line| counts.add(line))?;
            } else if !print(&self.shown(&lines)?)? {
                break;
            }
        }
        Ok(())
    }

    fn shown(&self, lines: &str) -> Result<String, Error> {
        if self.json {
            return Ok(lines.to_owned());
        }
        lines.lines().map(|line| Ok(brief(&serde_json::from_str(line)?))).collect()
    }
}

/// One exchange in one line.
fn brief(exchange: &Value) -> String {
    let text = |name: &str| match exchange.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(value) => value.to_string(),
    };
    let query =
        Some(text("query")).filter(|query| !query.is_empty()).map_or_else(String::new, |query| format!("?{query}"));
    let code = exchange.pointer("/responseBody/code").map_or_else(String::new, |code| format!("/{code}"));
    let fault =
        Some(text("fault")).filter(|fault| fault != "-").map_or_else(String::new, |fault| format!("  fault {fault}"));
    format!(
        "{:>6}  {}  {}{code}  {:<6} {:>5} ms  {} {}{query}{fault}\n",
        text("seq"),
        text("time").get(..19).unwrap_or_default(),
        text("status"),
        text("label"),
        text("durationMs"),
        text("method"),
        text("path"),
    )
}
