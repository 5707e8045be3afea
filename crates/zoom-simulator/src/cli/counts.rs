//! How often each call was made.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::Error;

/// What stands in the table after an endpoint and its rate label: calls, what was answered, and how many a fault hit.
const COLUMNS: [&str; 6] = ["calls", "below 400", "4xx", "5xx", "no answer", "faults"];

/// What of an exchange is counted.
#[derive(Deserialize)]
struct Line {
    endpoint: String,
    label: Option<String>,
    status: Option<u16>,
    fault: Option<String>,
}

/// Calls by endpoint.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<String, Row>);

#[derive(Clone, Default)]
struct Row {
    label: String,
    calls: u64,
    succeeded: u64,
    refused: u64,
    failed: u64,
    unanswered: u64,
    faults: u64,
}

impl Row {
    fn add(&mut self, line: &Line) {
        self.calls += 1;
        self.faults += u64::from(line.fault.is_some());
        *match line.status {
            None => &mut self.unanswered,
            Some(..400) => &mut self.succeeded,
            Some(400..500) => &mut self.refused,
            Some(500..) => &mut self.failed,
        } += 1;
    }

    fn join(mut self, other: &Self) -> Self {
        self.calls += other.calls;
        self.succeeded += other.succeeded;
        self.refused += other.refused;
        self.failed += other.failed;
        self.unanswered += other.unanswered;
        self.faults += other.faults;
        self
    }
}

impl Counts {
    /// Counts the exchange of one line.
    pub(super) fn add(&mut self, line: &str) -> Result<(), serde_json::Error> {
        let line: Line = serde_json::from_str(line)?;
        let row = self.0.entry(line.endpoint.clone()).or_default();
        row.label = line.label.clone().unwrap_or_else(|| "-".to_owned());
        row.add(&line);
        Ok(())
    }

    /// Counts the exchanges of a file. A last line without an end is passed over: its simulator was killed.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        let told = |error: &dyn std::fmt::Display| format!("cannot read the journal {}: {error}", path.display());
        let mut file = BufReader::new(File::open(path).map_err(|error| told(&error))?);
        let (mut line, mut number) = (String::new(), 0_u64);
        loop {
            line.clear();
            file.read_line(&mut line).map_err(|error| told(&error))?;
            if !line.ends_with('\n') {
                return Ok(());
            }
            number += 1;
            self.add(&line).map_err(|error| told(&format_args!("line {number} is no exchange: {error}")))?;
        }
    }

    /// A table for Markdown and for eyes: the most frequent calls first, then the sums by label.
    pub(super) fn table(&self) -> String {
        let mut rows: Vec<_> = self.0.iter().map(|(endpoint, row)| (endpoint.as_str(), row.clone())).collect();
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.calls));
        let mut labels: BTreeMap<&str, Row> = BTreeMap::new();
        for row in self.0.values() {
            let sum = labels.remove(row.label.as_str()).unwrap_or_default().join(row);
            labels.insert(&row.label, sum);
        }
        rows.extend(labels.iter().map(|(label, sum)| ("all", Row { label: (*label).to_owned(), ..sum.clone() })));
        let all = labels.values().fold(Row::default(), Row::join);
        rows.push(("all", Row { label: "all".to_owned(), ..all }));
        let width = rows.iter().map(|(endpoint, _)| endpoint.len()).max().unwrap_or_default();
        let mut table = format!("| {:width$} | {:<17} |", "endpoint", "label");
        let mut rule = format!("|-{:-<width$}-|-{:-<17}-|", "", "");
        for column in COLUMNS {
            let _ = write!(table, " {column:>9} |");
            rule.push_str("----------:|");
        }
        let _ = writeln!(table, "\n{rule}");
        for (endpoint, Row { label, calls, succeeded, refused, failed, unanswered, faults }) in rows {
            let _ = write!(table, "| {endpoint:width$} | {label:<17} |");
            for number in [calls, succeeded, refused, failed, unanswered, faults] {
                let _ = write!(table, " {number:>9} |");
            }
            table.push('\n');
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.add(line).unwrap());
        counts
    }

    fn cells(line: &str) -> Vec<&str> {
        line.trim_matches('|').split('|').map(str::trim).collect()
    }

    #[test]
    fn calls_are_counted_by_endpoint_and_label_with_what_came_of_them() {
        let counts = counted(&[
            r#"{"seq":1,"endpoint":"GET /users","label":"Medium","status":200,"fault":null}"#,
            r#"{"seq":2,"endpoint":"PATCH /users/{userId}","label":"Light","status":204,"fault":"delay"}"#,
            r#"{"seq":3,"endpoint":"GET /users","label":"Medium","status":429,"fault":null}"#,
            r#"{"seq":4,"endpoint":"GET /users","label":"Medium","status":null,"fault":"reset"}"#,
            r#"{"seq":5,"endpoint":"GET /groups","label":"Medium","status":502,"fault":"htmlPage"}"#,
            r#"{"seq":6,"endpoint":"POST /oauth/token","label":null,"status":200,"fault":null}"#,
        ]);
        let table = counts.table();
        let cells: Vec<_> = table.lines().map(cells).collect();
        assert_eq!(cells[2], ["GET /users", "Medium", "3", "1", "1", "0", "1", "1"]);
        assert!(cells.contains(&vec!["all", "Light", "1", "1", "0", "0", "0", "1"]), "{table}");
        assert!(cells.contains(&vec!["all", "Medium", "4", "1", "1", "1", "1", "2"]), "{table}");
        assert_eq!(cells.last().unwrap(), &["all", "all", "6", "3", "1", "1", "1", "3"]);
        let widths: std::collections::BTreeSet<_> = table.lines().map(str::len).collect();
        assert_eq!(widths.len(), 1, "{table}");
    }
}
