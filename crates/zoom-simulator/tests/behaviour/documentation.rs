//! The documentation against the tests and the code that it speaks of.

use std::path::{Path, PathBuf};

use strum::VariantNames;
use zoom_simulator::FaultEffect;

fn own() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    std::fs::read_to_string(own().join("../../docs/simulator.md")).unwrap()
}

/// What stands between backticks on a line.
fn quoted(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Whether a file has a test of that name: a function right below the attributes of one.
fn has_test(file: &Path, name: &str) -> bool {
    let Ok(text) = std::fs::read_to_string(file) else { return false };
    let lines: Vec<&str> = text.lines().collect();
    let is_it = |line: &&str| line.contains(&format!("fn {name}("));
    let Some(place) = lines.iter().position(is_it) else { return false };
    let attributes = lines[..place].iter().rev().take_while(|line| line.starts_with("#["));
    let kinds = ["#[test]", "#[tokio::test", "#[rstest", "#[case"];
    attributes.into_iter().any(|line| kinds.iter().any(|kind| line.starts_with(kind)))
}

/// The tests that a column of a section's table names: a test of this crate's `behaviour`, or a file and a test.
fn check_tests(page: &str, section: &str, column: usize) -> (usize, usize) {
    let table = page.split(&format!("\n## {section}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let (mut rows, mut named) = (0, 0);
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let tests = quoted(row.split(" | ").nth(column).unwrap());
        rows += 1;
        for test in &tests {
            let (file, name) = match test.split_once(": ") {
                Some((file, name)) => (own().join(file), name),
                None => {
                    let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{test} names no test"));
                    (own().join(format!("tests/behaviour/{file}.rs")), name)
                }
            };
            assert!(has_test(&file, name), "{test} does not exist");
            named += 1;
        }
        assert!(!tests.is_empty(), "no test stands behind: {row}");
    }
    (rows, named)
}

#[test]
fn every_test_that_the_tables_of_behaviours_and_of_defaults_name_exists() {
    let page = page();
    let (rows, named) = check_tests(&page, "What is faithful", 1);
    assert!(rows > 50 && named > rows, "{rows} rows, {named} tests");
    let (rows, named) = check_tests(&page, "Where the default is the easier one", 2);
    assert!(rows > 3 && named >= rows, "{rows} rows, {named} tests");
}

#[test]
fn every_fault_quirk_and_control_is_documented_and_nothing_else() {
    let page = page();
    let section =
        |title: &str| page.split(&format!("\n## {title}\n")).nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let first_cells = |text: &str| -> Vec<String> {
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        rows.flat_map(|row| quoted(row.split('|').nth(1).unwrap())).map(str::to_owned).collect()
    };
    let mut faults = first_cells(&section("Faults"));
    let mut known: Vec<_> = FaultEffect::VARIANTS.iter().map(ToString::to_string).collect();
    faults.sort();
    known.sort();
    assert_eq!(faults, known);
    let quirks = std::fs::read_to_string(own().join("src/quirks.rs")).unwrap();
    for quirk in first_cells(&section("Quirks")) {
        let field = quirk.chars().fold(String::new(), |name, c| match c.is_ascii_uppercase() {
            true => name + "_" + &c.to_ascii_lowercase().to_string(),
            false => name + &c.to_string(),
        });
        assert!(quirks.contains(&format!("pub {field}:")), "there is no quirk {quirk}");
    }
    let fields = quirks.split("pub struct Quirks {").nth(1).unwrap().split("\n}").next().unwrap();
    assert_eq!(first_cells(&section("Quirks")).len(), fields.matches("    pub ").count());
}
