use std::collections::BTreeSet;

use strum::IntoEnumIterator;
use zoom_core::{Reason, RecordReason};

const REASONS: &str = include_str!("../../../../docs/reasons.md");

/// The reasons in the first column of the tables under a heading.
fn documented(heading: &str) -> BTreeSet<String> {
    let section =
        REASONS.split("\n## ").find_map(|section| section.strip_prefix(heading)).expect("the section is there");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(reason, _)| reason.to_owned()).collect()
}

#[test]
fn every_reason_of_a_user_is_documented() {
    assert_eq!(documented("ZoomUser\n"), Reason::iter().map(|reason| reason.to_string()).collect());
}

#[test]
fn every_reason_of_a_removal_is_documented() {
    assert_eq!(documented("ZoomRemoval\n"), RecordReason::iter().map(|reason| reason.to_string()).collect());
}
