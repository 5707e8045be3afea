//! docs/safety.md against the tests that it names.

use std::{fs, path::Path};

/// The tables whose last column names tests.
const TABLES: [&str; 4] =
    ["Mistakes in Git", "Mistakes in the cluster", "Wrong account, wrong listing", "What is promised"];

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether there is such a test: `module::the_beginning_of_its_name…` of this binary, `file: name…` of a crate, or a whole file.
fn exists(test: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = |module: &str| {
        let file = root.join("tests/end_to_end").join(module.replace("::", "/"));
        [file.with_extension("rs"), file.join("mod.rs")].into_iter().find(|file| file.exists())
    };
    let (file, name) = match (test.split_once(": "), test.rsplit_once("::")) {
        (Some((file, name)), _) => (Some(root.join(file)), name),
        (None, Some((module, name))) => (own(module), name),
        (None, None) => (Some(root.join(test)), "…"),
    };
    let function = name.strip_suffix('…').map_or_else(|| format!("fn {name}("), |start| format!("fn {start}"));
    file.and_then(|file| fs::read_to_string(file).ok()).is_some_and(|text| text.contains(&function))
}

#[test]
fn every_test_that_the_page_about_safety_names_exists() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/safety.md")).unwrap();
    let mut named = 0;
    for title in TABLES {
        let table = page.split(&format!("\n## {title}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
            let tests: Vec<_> = quoted(row.rsplit(" | ").next().unwrap()).collect();
            assert!(!tests.is_empty(), "no test stands behind: {row}");
            for test in &tests {
                assert!(exists(test), "{test} does not exist: {row}");
            }
            named += tests.len();
        }
    }
    assert!(named > 100, "{named} tests");
    assert!(!exists("drills::account::nobody_wrote_this") && !exists("crates/zoom-core/tests/core/nothing.rs"));
}
